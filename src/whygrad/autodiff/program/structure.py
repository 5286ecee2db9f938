"""What a graph is made of: chains of additions folded into sums, and parts that are alike put into groups.

Two nodes are alike when they apply the same row to operands that are alike. So all neurons of a layer, for
all samples, fall into one group, and groups come in an order in which they can be computed one after another.
"""

from __future__ import annotations

from ..op import Elementwise
from ..ops import elementwise as rows
from .recording import COMPUTED, CONSTANT, Recording

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INTERCHANGEABLE = frozenset(["multiply", "subtract"])  # rows for which one constant is as good as another


class Group:
    """Nodes that are alike. For each member in order, a row of numbers of nodes in each list.

    Attributes
    ----------
    op
        The row of the table, or None for a sum.
    members
        The nodes.
    terms
        The operands of the row; for a sum, the terms that are no products.
    lefts, rights
        The factors of the products that a sum adds up.
    """

    def __init__(self, op: Elementwise | None) -> None:
        self.op = op
        self.members: list[int] = []
        self.terms: list[tuple[int, ...]] = []
        self.lefts: list[tuple[int, ...]] = []
        self.rights: list[tuple[int, ...]] = []


class Structure:
    """The groups of a recording, and which sum each folded node went into."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.groups: list[Group] = []
        self.folded: dict[int, int] = {}  # a partial sum or product -> the sum it is part of
        # groups are numbered from COMPUTED on: below stand the roles of leaves
        self._kind = [role if role < COMPUTED else -1 for role in recording.roles]
        self._known: dict[Any, int] = {}
        self._open: dict[int, list[int]] = {}  # sums that may still grow, with their terms
        self._inner: dict[int, list[int]] = {}  # the partial sums below each of them
        self._read()

    def _read(self) -> None:
        recording = self.recording
        flat, starts, uses, kind = recording.flat, recording.starts, recording.uses, self._kind
        for i, op in enumerate(recording.ops):
            if op is None:
                continue
            start = starts[i]
            if op is rows.add:
                self._add(i, flat[start], flat[start + 1])
                continue
            for parent in flat[start : starts[i + 1]]:
                if kind[parent] < 0:
                    self._settle(parent)
            if op is rows.weighted_sum:
                half = (starts[i + 1] - start) // 2
                weights = flat[start + 1 : start + 1 + half]
                inputs = flat[start + 1 + half : starts[i + 1]]
                self._sum(i, [flat[start]], weights, inputs)
            elif op is not rows.multiply or uses[i] > 1:  # a product used once waits: a sum may take it
                self._elementwise(i)
        self._settle(recording.root)

    def _add(self, i: int, a: int, b: int) -> None:
        """Let the sum grow that one of the operands is, where nobody else uses it."""
        kind, uses = self._kind, self.recording.uses
        grown: list[int] | None = None
        for term in (a, b):
            if term in self._open and uses[term] == 1:
                terms = self._open.pop(term)
                self._inner.setdefault(i, []).append(term)
                self._inner[i] += self._inner.pop(term, ())
            else:
                if kind[term] < 0 and term in self._open:
                    self._settle(term)
                terms = [term]
            if grown is None:
                grown = terms
            else:
                grown += terms
        assert grown is not None
        self._open[i] = grown

    def _settle(self, i: int) -> None:
        """Give node i its group: it is complete, as somebody uses it."""
        if self._kind[i] >= 0:
            return
        if i not in self._open:
            self._elementwise(i)
            return
        recording, kind = self.recording, self._kind
        flat, starts = recording.flat, recording.starts
        plain, lefts, rights = [], [], []
        for term in self._open.pop(i):
            if kind[term] < 0:  # a product
                a, b = flat[starts[term]], flat[starts[term] + 1]
                if kind[a] > kind[b]:
                    a, b = b, a
                lefts.append(a)
                rights.append(b)
                self.folded[term] = i
            else:
                plain.append(term)
        for part in self._inner.pop(i, ()):
            self.folded[part] = i
        self._sum(i, plain, lefts, rights)

    def _sum(self, i: int, plain: list[int], lefts: list[int], rights: list[int]) -> None:
        kind, recording = self._kind, self.recording
        if len(plain) + len(lefts) > 1:  # sum() starts from 0
            plain = [t for t in plain if kind[t] != CONSTANT or recording.nodes[t].data != 0]
        key = (
            tuple([kind[t] for t in plain]),
            tuple([kind[t] for t in lefts]),
            tuple([kind[t] for t in rights]),
        )
        group = self._join(i, key, None)
        group.terms.append(tuple(plain))
        group.lefts.append(tuple(lefts))
        group.rights.append(tuple(rights))

    def _elementwise(self, i: int) -> None:
        recording, kind = self.recording, self._kind
        op = recording.ops[i]
        assert isinstance(op, Elementwise)
        operands = tuple(recording.parents(i))
        if op.name in INTERCHANGEABLE:
            key: Any = (op, *[kind[t] for t in operands])
        else:  # exponents and the like are told apart
            key = (op, *[kind[t] if kind[t] != CONSTANT else (recording.nodes[t].data,) for t in operands])
        self._join(i, key, op).terms.append(operands)

    def _join(self, i: int, key: Any, op: Elementwise | None) -> Group:
        number = self._known.setdefault(key, len(self.groups) + COMPUTED)
        self._kind[i] = number
        if number == len(self.groups) + COMPUTED:
            self.groups.append(Group(op))
        group = self.groups[number - COMPUTED]
        group.members.append(i)
        return group
