"""Puts a trace together: copies arrays, keeps names apart, writes formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..autodiff.formulas import notation
from ..autodiff.op import Elementwise, Op
from ..errors import SettingError
from .record import Line, Quantity, Record, Trace

LONG = 12  # operands of a sum that are written out


class Builder:
    """Collects quantities and records."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.names: set[str] = set()
        self.records: list[Record] = []
        self.gradients: dict[str, Quantity] = {}

    def quantity(self, name: str, data: Any, role: str = "hidden", per_sample: bool = False) -> Quantity:
        """A copy of the array, closed to writing, under the name or the next free one."""
        array = np.array(data)
        array.flags.writeable = False
        return Quantity(self.free(name), array, role, per_sample)

    def free(self, name: str) -> str:
        """The name, with primes if it is taken."""
        free, number = name, 2
        while free in self.names:
            free, number = (f"{name}′" if number == 2 else f"{name}({number})"), number + 1
        self.names.add(free)
        return free

    def compute(
        self, kind: str, op: Op, inputs: Sequence[Quantity], output: Quantity, layer: int = 0, **more: Any
    ) -> Record:
        """A forward or loss record."""
        formula = f"{output.name} = {forward_formula(op, inputs)}"
        record = Record(
            kind, op.name, tuple(inputs), output, formula, layer, tuple(op.keywords.items()), **more
        )
        self.records.append(record)
        return record

    def pull(
        self, made: Record, position: int, upstream: Quantity, contribution: Quantity, local: Any = None
    ) -> Record:
        """A backward record for one input of a forward record."""
        op = made.row
        given = None
        if isinstance(op, Elementwise) and local is not None:
            given = self.quantity(
                f"∂{made.name}/∂{made.inputs[position].name}", local, "gradient", contribution.per_sample
            )
        right = backward_formula(op, position, made, upstream)
        summed = isinstance(op, Elementwise) or op.name in ("normalize", "standardize")
        if summed and contribution.data.size < made.output.data.size:  # what was broadcast is summed up
            right = f"Σ({right})"
        formula = f"{contribution.name} = {right}"
        record = Record(
            "backward",
            made.op,
            made.inputs,
            contribution,
            formula,
            made.layer,
            made.keywords,
            position=position,
            upstream=upstream,
            local=given,
            forward=made,
        )
        self.records.append(record)
        return record

    def update(
        self,
        name: str,
        layer: int,
        before: Quantity,
        gradient: Quantity,
        lines: Sequence[Line],
        **settings: Any,
    ) -> Record:
        """What an optimizer did to one parameter; the last line gives its new value."""
        record = Record(
            "update",
            name,
            (before, gradient),
            lines[-1].result,
            lines[-1].formula,
            layer,
            tuple(settings.items()),
            lines=tuple(lines),
        )
        self.records.append(record)
        return record

    def trace(self, root: str, about: Mapping[str, Any] | None = None) -> Trace:
        """The finished trace."""
        return Trace(self.kind, tuple(self.records), dict(self.gradients), root, dict(about or {}))


def gradient_name(name: str) -> str:
    """What the gradient of a quantity is called: ``δ1`` for ``z1``, ``dW1`` for ``W1``."""
    return f"δ{name[1:]}" if name[:1] == "z" and name[1:2].isdigit() else f"d{name}"


def written(quantity: Quantity) -> str | int:
    """A name for a formula; a constant number stands for itself."""
    if quantity.role != "constant" or quantity.data.size != 1 or quantity.data.dtype.kind not in "fi":
        return quantity.name
    number = float(quantity.data.item())
    return int(number) if number.is_integer() and abs(number) < 1e6 else f"{number:.6g}".replace("-", "−")


def forward_formula(op: Op, inputs: Sequence[Quantity]) -> str:
    """The right side of a forward rule, in the names of its inputs."""
    names = [written(quantity) for quantity in inputs]
    if op.variadic and len(names) > LONG:
        return f"{names[0]} + Σ wᵢ·xᵢ over {len(names) // 2} inputs"
    try:
        return notation(op, "y", names=_numbered(op, names))
    except SettingError:  # a row of shapes, which has no formula
        return f"{op.name}({', '.join(map(str, names))})"


def backward_formula(op: Op, position: int, made: Record, upstream: Quantity) -> str:
    """The right side of a derivative rule, in the names of a record."""
    names = [written(quantity) for quantity in made.inputs]
    start = upstream.role == "start"
    if op.variadic and len(names) > LONG:
        other = position + len(names) // 2 if position <= len(names) // 2 else position - len(names) // 2
        local = "1" if position == 0 else str(names[other])
        return local if start else upstream.name if local == "1" else f"{upstream.name}·{local}"
    keyed: dict[str, str | int] = {**_numbered(op, names), "y": made.name}
    which = f"d_{list(keyed)[position]}"
    try:
        if isinstance(op, Elementwise):
            local = notation(op, which, names=keyed)
            return local if start else product(upstream.name, local)
        return notation(op, which, names={**keyed, "g": 1 if start else upstream.name})
    except SettingError:
        given = "1" if start else upstream.name
        return f"{given} pulled back through {op.name}"


def product(upstream: str, local: str) -> str:
    """``upstream·local``, with the parentheses it needs."""
    if local in ("1", "−1"):
        return upstream if local == "1" else f"−{upstream}"
    bare = local
    depth = 0
    for before, mark in zip(" " + local, local, strict=False):
        depth += mark in "([" or -(mark in ")]")
        if depth == 0 and before == " " and mark in "+−/" and local[:1] != mark:
            bare = f"({local})"
            break
    if local.startswith("−"):
        bare = f"({local})"
    return f"{upstream}·{bare}"


def _numbered(op: Op, names: Sequence[str | int]) -> dict[str, str | int]:
    return dict(zip(op.names(len(names)), names, strict=True))
