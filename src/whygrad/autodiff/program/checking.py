"""Compares a recorded graph with one made anew: what a recording cannot hold shows as a difference."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import KindError
from ..node import topological_order
from ..value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .recording import Recording

BRANCH = "a branch on .data went the other way"


@dataclass(frozen=True)
class Check:
    """Whether a program and a fresh graph agree, and where they differ first."""

    agrees: bool
    nodes: int
    difference: str = ""

    def __bool__(self) -> bool:
        return self.agrees

    def __str__(self) -> str:
        return f"{self.nodes:,} nodes agree" if self.agrees else self.difference


def compare(recording: Recording, numbers: list[float], fresh: Value) -> Check:
    """Walk both graphs in the same order, to the first node that differs in kind, operands or number."""
    if not isinstance(fresh, Value):
        raise KindError("build() must return the loss, a Value", received=repr(fresh))
    order, other = topological_order(recording.nodes[recording.root]), topological_order(fresh)
    # the parameters that the loss does not depend on come first in the recording
    first = len(recording) - len(order)
    index = {node: i for i, node in enumerate(other, start=first)}
    pairs = list(zip(range(first, len(recording)), order, other, strict=False))
    for difference in (_structure, _number):
        for i, old, new in pairs:
            found = difference(recording, i, old, new, index if difference is _structure else numbers)
            if found:
                return Check(False, len(order), f"node {i}{f' ({old.label})' * bool(old.label)}: {found}")
        if len(order) != len(other):
            counts = f"the recorded graph has {len(order):,} nodes, a fresh one {len(other):,}"
            return Check(False, len(order), f"{counts}; {BRANCH}")
    return Check(True, len(order))


def _structure(recording: Recording, i: int, old: Value, new: Value, index: Any) -> str:
    """How the two nodes differ in what they are made by and of."""
    if old.op is not new.op:
        return f"recorded as {_kind(old)}, now {_kind(new)}; {BRANCH}"
    if recording.parents(i) != [index[parent] for parent in new.parents]:
        return f"{_kind(old)} of other operands; {BRANCH}"
    if old.op is None and recording.index.get(new, i) != i:
        return f"another leaf stands here now; {BRANCH}"
    return ""


def _number(recording: Recording, i: int, old: Value, new: Value, numbers: Any) -> str:
    """How the two nodes differ in their numbers."""
    if _close(numbers[i], new.data):
        return ""
    if old.op is not None:
        return f"{_kind(old)} gave {numbers[i]!r}, now {new.data!r}"
    what = "the leaf" if old.requires_grad else "the number"
    return (
        f"{what} was {numbers[i]:.10g}, now {new.data:.10g}; it is computed from .data, or given from "
        "outside: make it an input, or part of the graph"
    )


def _kind(node: Value) -> str:
    return node.op.name if node.op is not None else "a leaf" if node.requires_grad else "a plain number"


def _close(a: float, b: float) -> bool:
    return a == b or (a != a and b != b) or abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1e-3)
