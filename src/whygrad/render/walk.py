"""One training step from data to update: each line a formula, its numbers, and what comes out."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..errors import SettingError, ShapeError
from ..trace.expression import entry_name
from ..trace.notes import first_not_finite
from ..trace.reasons import Index
from ..trace.record import Array, Quantity, Record, Trace
from .document import (
    Block,
    Cell,
    Document,
    Equation,
    Heading,
    Paragraph,
    Table,
    cell,
    equation,
    sign_before,
    table,
    words,
)
from .entries import gradient_expression, result_expression
from .numbers import DIGITS, show
from .steps import update_blocks

MOST_LINES = 24
LARGE = 400  # parameters beyond which a network is summarised


@dataclass(frozen=True)
class View:
    """What to show of a step.

    Attributes
    ----------
    layer
        Only this layer, from 1.
    neuron
        Only this neuron of the layer, from 0.
    sample
        Only this row of the batch, from 0.
    digits
        Significant digits of what is shown.
    most_lines
        How many entries of an array are written out; of a larger one the first few, and a summary.
    """

    layer: int | None = None
    neuron: int | None = None
    sample: int | None = None
    digits: int = DIGITS
    most_lines: int = MOST_LINES


def walkthrough(trace: Trace, view: View | None = None) -> Document:
    """Every number of one training step, in an order a reader can follow.

    Parameters
    ----------
    trace
        An observed step.
    view
        What to show; by default everything that is not too long.

    Raises
    ------
    SettingError, ShapeError
        If the view asks for a layer, neuron or sample that there is not; says which there are.

    Examples
    --------
    >>> from whygrad import Value
    >>> from whygrad.trace import observe
    >>> from whygrad.render.text import text
    >>> w = Value(2.0, label="w")
    >>> print(text(walkthrough(observe((w * 3.0).tanh()))))  # doctest: +ELLIPSIS
    One step, number by number
    ...
      v1 = w·3 = 2·3 = 6
      L = tanh(v1) = tanh(6) ≈ 1.000
    ...
    """
    return _Walk(trace, view or View()).document()


class _Walk:
    """A walkthrough under construction."""

    def __init__(self, trace: Trace, view: View) -> None:
        self.trace, self.view, self.digits = trace, view, view.digits
        self.check(view)
        self.size = sum(q.data.size for q in trace.quantities.values() if q.role == "parameter")
        rows = trace.samples
        self.rows = list(range(rows)) if view.sample is None else [view.sample]
        entries = max((q.data.size for q in trace.quantities.values() if q.per_sample), default=0)
        if view.sample is None and (entries > 2 * view.most_lines or rows > 8):
            self.rows = self.rows[:1]

    def check(self, view: View) -> None:
        """Refuse what this step does not have."""
        layers, samples = self.trace.layers, self.trace.samples
        if view.layer is not None and not 1 <= view.layer <= layers:
            raise ShapeError(
                f"there is no layer {view.layer}",
                expected=f"1 to {layers}" if layers else "none: this is a graph without layers",
                received=view.layer,
                hint="the input is no layer; the first with weights is layer 1",
            )
        if view.neuron is not None:
            if view.layer is None:
                if layers != 1:
                    raise SettingError("a neuron of which layer?", hint=f"--layer 1 … {layers} says which")
                view = self.view = replace(view, layer=1)
            width = self.width(view.layer or 1)
            if not 0 <= view.neuron < width:  # type: ignore[operator]
                raise ShapeError(
                    f"layer {view.layer} has no neuron {view.neuron}",
                    expected=f"0 to {width - 1}",
                    received=view.neuron,
                )
        if view.sample is not None and not 0 <= view.sample < samples:
            raise ShapeError(
                f"there is no sample {view.sample}",
                expected=f"0 to {samples - 1}" if samples else "none: this graph has no batch",
                received=view.sample,
            )

    def width(self, layer: int) -> int:
        """How many neurons a layer has."""
        record = next(r for r in self.trace.forward if r.layer == layer)
        return int(record.output.shape[-1])

    def document(self) -> Document:
        """All parts, one after the other."""
        trace = self.trace
        blocks: list[Block] = [*self.introduction()]
        if trace.kind == "layers":
            blocks += self.data()
        for title, kind in (("Forward", "forward"), ("Loss", "loss"), ("Backward", "backward")):
            inside = list(self.part(kind))
            if inside:
                blocks += [Heading(2, title), *inside]
        blocks += self.updates()
        title = str(trace.about.get("title", "One step, number by number"))
        return Document(title, tuple(blocks))

    def introduction(self) -> Iterator[Block]:
        """What the names mean, what is special, what is left out."""
        if self.trace.kind == "layers":
            yield Paragraph(
                "x goes in, z = x W + b is the weighted sum of a layer and a its activation; δ means ∂L/∂z, "
                "dW means ∂L/∂W. z1[0,1] is layer 1, sample 0, neuron 1; where only one sample is spoken of, "
                "z1[1] is enough. W1[0,1] leads from input 0 to neuron 1. Numbers are rounded for showing "
                "only: ≈ stands where the rounded ones would not give the result to the last digit."
            )
        broken = first_not_finite(self.trace)
        if broken:
            yield Paragraph(f"Careful: {broken}.", "warning")
        if self.trace.samples > len(self.rows) and self.view.sample is None:
            yield Paragraph(
                f"The batch has {self.trace.samples} rows; sample {self.rows[0]} is written out. "
                f"--sample 0 … {self.trace.samples - 1} shows another.",
                "note",
            )
        if self.size > LARGE:
            yield Paragraph(
                f"The network has {self.size:,} parameters: of large arrays the largest entry is written "
                "out, and a line says how large the others are. --layer with --neuron opens one neuron, "
                "--weight layer,input,output one weight, --format json has every number.",
                "note",
            )

    # --- data ------------------------------------------------------------------------------------------
    def data(self) -> list[Block]:
        """The rows that go in, and what should come out."""
        trace = self.trace
        x, goal = trace.quantity("x"), trace.quantity("y") if "y" in trace else None
        columns = min(x.shape[-1], 6)
        headers = ["sample", *[f"x[{i}]" for i in range(columns)]]
        if columns < x.shape[-1]:
            headers.append("…")
        if goal is not None:
            wide = goal.data.ndim > 1 and goal.shape[1] > 1
            headers += [f"y[{k}]" for k in range(min(goal.shape[1], 6))] if wide else ["y"]
        shown = self.rows if len(self.rows) < trace.samples else list(range(trace.samples))
        rows = []
        for n in shown[: self.view.most_lines]:
            row = [words(n), *[cell(v, self.digits) for v in x.data[n].ravel()[:columns].tolist()]]
            if columns < x.shape[-1]:
                row.append(words(f"{x.shape[-1] - columns} more"))
            if goal is not None:
                row += [cell(float(v), self.digits) for v in np.atleast_1d(goal.data[n]).tolist()[:6]]
            rows.append(row)
        where = trace.about.get("data")
        caption = f"{where}: " if where else ""
        caption += f"{trace.samples} rows, {x.shape[-1]} inputs"
        return [Heading(2, "Data"), table(headers, rows, caption)]

    # --- forward, loss, backward -----------------------------------------------------------------------
    def part(self, kind: str) -> Iterator[Block]:
        """The records of one kind, those of a layer under its heading."""
        wanted = [r for r in self.trace.of_kind(kind) if self.view.layer in (None, r.layer) or kind == "loss"]
        if self.trace.kind != "layers":
            for record in wanted:
                if record.output.data.ndim:
                    yield Equation(record.name, record.formula.split(" = ", 1)[1])
                yield from self.lines(record)
            return
        for layer, group in itertools.groupby(wanted, key=lambda record: record.layer):
            if layer and kind != "loss":
                yield Heading(3, f"Layer {layer}")
            for record in group:
                yield from self.record(record)

    def record(self, record: Record) -> Iterator[Block]:
        """One computation: its formula with the shapes, its parameters, its entries."""
        if record.kind == "loss" and record.output.data.size == 1:
            yield from self.loss(record)
            return
        inputs = [q for q in record.inputs if q.data.ndim]
        if record.kind == "backward" and record.output.name == "dx" and self.view.layer is None:
            return  # nobody needs it: data are not learned
        yield Equation(record.name, record.formula.split(" = ", 1)[1])
        if record.kind == "forward":
            shapes = " and ".join([f"{q.name} ({_shape(q)})" for q in inputs])
            yield Paragraph(f"{shapes} give {record.name} ({_shape(record.output)}).")
        elif record.kind == "backward" and not record.output.per_sample:
            yield Paragraph(f"One for each entry of {record.inputs[record.position or 0].name}.")
        if record.kind == "forward":
            yield from self.parameters(record)
        yield from self.lines(record)

    def parameters(self, record: Record) -> Iterator[Block]:
        """The weights of a layer as a small table."""
        for quantity in record.inputs:
            large = quantity.data.size > 48 or quantity.shape[-1] > 12
            if quantity.role != "parameter" or large:
                continue
            yield _matrix(quantity, self.digits)

    def lines(self, record: Record) -> Iterator[Block]:
        """The entries of a result, written out; of many the largest, and a summary of the others."""
        total = self.count(record)
        places = self.chosen(record, record.output.data)
        for place in places:
            yield self.line(record, place)
        left = total - len(places)
        if left > 0:
            said = _summary(record.output, self.digits)
            yield Paragraph(f"{said} {left:,} more are not written out.", "note")

    def few(self) -> int:
        """How many entries of an array are written out that has too many: one where all are large."""
        return 1 if self.size > LARGE else max(1, self.view.most_lines // 4)

    def line(self, record: Record, place: Index) -> Block:
        """One entry."""
        drop = record.output.per_sample
        name = entry_name(record.output, place, drop) if record.output.data.ndim else record.name
        if drop and len(self.rows) > 1:
            name = entry_name(record.output, place)
            drop = False
        if record.kind == "backward":
            expression = gradient_expression(record, place, drop)
        else:
            found = result_expression(record, place, drop)
            if found is None:
                value = cell(float(record.output.data[place]), self.digits)
                formula = "" if record.output.data.ndim else record.formula.split(" = ", 1)[1]
                return Equation(name, formula, "", sign_before(value), value, f"{name} = {value.full}")
            expression = found
        return equation(name, expression, self.digits)

    def chosen(self, record: Record, size: Array) -> list[Index]:
        """The entries that the view asks for; where they are too many, those with the largest ``size``."""
        if self.count(record) <= self.view.most_lines:
            return list(itertools.product(*self.axes(record)))
        axes = self.axes(record)
        sizes = np.abs(np.nan_to_num(size[np.ix_(*axes)].astype(float), nan=np.inf))
        order = np.argsort(-sizes.ravel(), kind="stable")[: self.few()]
        found = [np.unravel_index(int(k), sizes.shape) for k in np.sort(order)]
        return [tuple([axis[int(i)] for axis, i in zip(axes, at, strict=True)]) for at in found]

    def axes(self, record: Record) -> list[list[int]]:
        """The entries that the view asks for, axis by axis."""
        output = record.output
        axes: list[list[int]] = [list(range(n)) for n in output.shape]
        if output.per_sample and axes:
            axes[0] = self.rows
        neuron = self.view.neuron
        if neuron is not None and axes and self.by_neuron(record):
            axes[-1] = [neuron]
        return axes

    def by_neuron(self, record: Record) -> bool:
        """Whether the last axis counts the neurons of the record's layer."""
        if record.layer != self.view.layer:
            return False
        if record.kind != "backward":
            return True
        return record.output.shape[-1] == self.width(record.layer) and not (
            record.position == 0 and record.op == "affine"
        )

    def count(self, record: Record) -> int:
        """How many entries ``places`` has."""
        sizes = list(record.output.shape)
        if record.output.per_sample and sizes:
            sizes[0] = len(self.rows)
        if self.view.neuron is not None and sizes and self.by_neuron(record):
            sizes[-1] = 1
        return int(np.prod(sizes)) if sizes else 1

    def loss(self, record: Record) -> Iterator[Block]:
        """A loss, with what each sample costs; or a penalty, or their sum."""
        value = cell(float(record.output.data), self.digits)
        yield Equation(
            record.name, record.formula.split(" = ", 1)[1], "", "≈", value, f"{record.name} = {value.full}"
        )
        if record.op == "add" or record.op.endswith("penalty"):
            return
        each = sample_losses(record)
        if each is None or self.trace.samples < 2:
            return
        shown = self.rows[: self.view.most_lines]
        rows = [[words(n), cell(float(each[n]), self.digits)] for n in shown]
        kind = "sum" if record.op == "squared_error" else "mean"
        caption = f"What each sample costs; {record.name} is the {kind} over all {self.trace.samples}."
        yield table(["sample", "loss"], rows, caption)

    # --- update ----------------------------------------------------------------------------------------
    def updates(self) -> list[Block]:
        """What the optimizer did, and the loss afterwards."""
        records = [r for r in self.trace.update if self.view.layer in (None, r.layer)]
        if not records:
            return []
        blocks: list[Block] = [Heading(2, "Update")]
        for record in records:
            total = self.count(record)
            places = self.chosen(record, record.inputs[1].data)
            likewise = self.size > LARGE and record is not records[0]  # the same formulas again
            found = update_blocks(record, places, self.digits)
            blocks += found[-1:] if likewise else found
            if total > len(places):
                name, left = record.inputs[0].name, total - len(places)
                blocks.append(Paragraph(f"{left:,} more entries of {name} are not written out.", "note"))
        after = loss_after(self.trace)
        before = float(self.trace[self.trace.root])
        verb = "falls" if after < before else "rises" if after > before else "stays"
        blocks.append(
            Paragraph(
                f"With the new parameters the same rows have a loss of {show(after, 6)}; before the step it "
                f"was {show(before, 6)}: it {verb}."
            )
        )
        return blocks


def loss_after(trace: Trace) -> float:
    """The loss of the same batch with the updated parameters."""
    with np.errstate(all="ignore"):
        return trace.result({record.inputs[0].name: record.output.data for record in trace.update})


def sample_losses(record: Record) -> Array | None:
    """What each row of the batch costs by itself; None for a loss that is not row by row."""
    predictions, goal = record.inputs
    if not predictions.per_sample:
        return None
    from ..autodiff.readings.arrays import ARRAYS

    with np.errstate(all="ignore"):
        rows = [
            float(record.row.forward(ARRAYS, predictions.data[n : n + 1], goal.data[n : n + 1]))
            for n in range(len(predictions.data))
        ]
    return np.asarray(rows)


def _shape(quantity: Quantity) -> str:
    return " × ".join(map(str, quantity.shape)) or "1"


def _matrix(quantity: Quantity, digits: int) -> Table:
    """A parameter as a table: a row for each input, a column for each neuron."""
    data = np.atleast_2d(quantity.data)
    names = [f"{quantity.name}[{i}]" if quantity.data.ndim > 1 else quantity.name for i in range(len(data))]
    rows: list[list[Cell]] = [
        [words(name), *[cell(v, digits) for v in row.tolist()]] for name, row in zip(names, data, strict=True)
    ]
    return table(["", *[f"[{k}]" for k in range(data.shape[1])]], rows)


def _summary(quantity: Quantity, digits: int) -> str:
    """How large the entries of an array are."""
    data = quantity.data
    size = np.abs(data)
    zeros = int((data == 0).sum())
    some = f", {zeros:,} of them exactly 0" if zeros else ""
    return (
        f"{quantity.name} has {data.size:,} entries{some}: from {show(float(data.min()), digits)} to "
        f"{show(float(data.max()), digits)}, {show(float(size.mean()), digits)} in size on average."
    )
