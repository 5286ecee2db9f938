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
    """The groups of a recording.

    ``folded[i]`` is the sum that the partial sum or product i went into, and i for every other node.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.groups: list[Group] = []
        self.folded = list(range(len(recording)))
        # groups are numbered from COMPUTED on: below stand the roles of leaves
        self._kind = [role if role < COMPUTED else -1 for role in recording.roles]
        self._known: dict[Any, int] = {}
        # sums that may still grow: their terms, and the partial sums that they grew from
        self._open: dict[int, tuple[list[int], list[int]]] = {}
        self._read()

    def _read(self) -> None:
        recording, add, multiply = self.recording, rows.add, rows.multiply
        flat, starts, uses, kind = recording.flat, recording.starts, recording.uses, self._kind
        open_ = self._open
        for i, op in enumerate(recording.ops):
            if op is None:
                continue
            start = starts[i]
            if op is add:
                a, b = flat[start], flat[start + 1]
                if kind[b] < 0 and b in open_:
                    self._merge(i, a, b)
                elif uses[a] == 1 and a in open_:  # the usual case: a sum grows by a term
                    grown = open_[i] = open_.pop(a)
                    grown[0].append(b)
                    grown[1].append(a)
                else:
                    if kind[a] < 0 and a in open_:
                        self._settle(a)
                    open_[i] = [a, b], []
            elif op is multiply and uses[i] == 1:  # waits, as a sum may take it
                a, b = flat[start], flat[start + 1]
                if kind[a] < 0:
                    self._settle(a)
                if kind[b] < 0:
                    self._settle(b)
            else:
                for parent in flat[start : starts[i + 1]]:
                    if kind[parent] < 0:
                        self._settle(parent)
                if op is rows.weighted_sum:
                    weights = start + 1
                    inputs, end = (weights + starts[i + 1]) // 2, starts[i + 1]
                    self._sum(i, [flat[start]], flat[weights:inputs], flat[inputs:end])
                else:
                    self._elementwise(i)
        self._settle(recording.root)

    def _merge(self, i: int, a: int, b: int) -> None:
        """A sum whose second operand is a sum: one takes the terms of both, where nobody else uses them."""
        terms: list[int] = []
        inner: list[int] = []
        for term in (a, b):
            if term in self._open and self.recording.uses[term] == 1:
                theirs = self._open.pop(term)
                if len(theirs[0]) > len(terms):
                    terms, theirs = theirs[0], (terms, theirs[1])
                terms += theirs[0]
                inner += [term, *theirs[1]]
            else:
                if term in self._open:
                    self._settle(term)
                terms.append(term)
        self._open[i] = terms, inner

    def _settle(self, i: int) -> None:
        """Give node i its group: it is complete, as somebody uses it."""
        kind, folded = self._kind, self.folded
        if kind[i] >= 0:
            return
        if i not in self._open:
            self._elementwise(i)
            return
        flat, starts = self.recording.flat, self.recording.starts
        plain, lefts, rights = [], [], []
        terms, inner = self._open.pop(i)
        for term in terms:
            if kind[term] < 0:  # a product
                start = starts[term]
                a, b = flat[start], flat[start + 1]
                if kind[a] > kind[b]:
                    a, b = b, a
                lefts.append(a)
                rights.append(b)
                folded[term] = i
            else:
                plain.append(term)
        for part in inner:
            folded[part] = i
        self._sum(i, plain, lefts, rights)

    def _sum(self, i: int, plain: list[int], lefts: list[int], rights: list[int]) -> None:
        kind, recording = self._kind, self.recording
        if len(plain) + len(lefts) > 1:  # sum() starts from 0
            plain = [t for t in plain if kind[t] != CONSTANT or recording.nodes[t].data != 0]
        of = kind.__getitem__
        group = self._join(i, (tuple(map(of, plain)), tuple(map(of, lefts)), tuple(map(of, rights))), None)
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
