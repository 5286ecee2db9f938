"""Compares a recorded graph with one made anew: what a recording cannot hold shows as a difference."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import KindError
from ..node import topological_order
from ..value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .recording import Recording


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
    # without the parameters that the loss does not depend on, which come first in the recording
    order = topological_order(recording.nodes[recording.root])
    offset = len(recording) - len(order)
    other = topological_order(fresh)
    index = {node: i + offset for i, node in enumerate(other)}
    for i, (old, new) in enumerate(zip(order, other, strict=False), start=offset):
        difference = _difference(recording, numbers, i, old, new, index)
        if difference:
            return Check(False, len(order), difference)
    if len(order) != len(other):
        return Check(
            False, len(order), f"the recorded graph has {len(order):,} nodes, a fresh one {len(other):,}"
        )
    return Check(True, len(order))


def _difference(
    recording: Recording, numbers: list[float], i: int, old: Value, new: Value, index: dict[Value, int]
) -> str:
    place = f"node {i}" + (f" ({old.label})" if old.label else "")
    if old.op is not new.op:
        return f"{place}: recorded as {_kind(old)}, now {_kind(new)}; a branch on .data went the other way"
    if recording.parents(i) != [index[parent] for parent in new.parents]:
        return f"{place}: {_kind(old)} of other operands; a branch on .data went the other way"
    if old.op is None and not _close(numbers[i], new.data):
        what = "the number" if not old.requires_grad else "the leaf"
        return (
            f"{place}: {what} was {numbers[i]:g}, now {new.data:g}; "
            "it is computed from .data, or given from outside: make it an input, or part of the graph"
        )
    if not _close(numbers[i], new.data):
        return f"{place}: {_kind(old)} gave {numbers[i]!r}, now {new.data!r}"
    return ""


def _kind(node: Value) -> str:
    return node.op.name if node.op is not None else "a leaf" if node.requires_grad else "a plain number"


def _close(a: float, b: float) -> bool:
    return a == b or (a != a and b != b) or abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1e-3)
