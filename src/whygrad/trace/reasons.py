"""The gradient of one number, taken apart: a sum over everything it flows through, each term
upstream · local derivative, and each upstream gradient taken apart in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autodiff.formulas import notation
from ..autodiff.op import Elementwise
from ..autodiff.ops.elementwise import sigmoid
from ..autodiff.readings import NODES
from ..autodiff.readings.arrays import ARRAYS
from ..autodiff.tensor import Tensor
from ..errors import SettingError, ShapeError
from .builder import written
from .expression import (
    Entry,
    Expression,
    constant,
    entry,
    entry_name,
    from_text,
    marks,
    row_slope,
    single,
)
from .record import Array, Quantity, Record, Trace

Index = tuple[int, ...]
SOFTMAX_LOSSES = ("softmax_cross_entropy", "label_cross_entropy")


@dataclass(frozen=True, eq=False)
class Term:
    """One way the gradient came: through one result of one operation.

    Attributes
    ----------
    through
        The gradient of that result, taken apart in its turn.
    local
        How much the result moves when this number moves.
    product
        upstream · local.
    record
        The operation.
    """

    through: Reason
    local: Expression
    product: float
    record: Record


@dataclass(frozen=True, eq=False)
class Reason:
    """The gradient of the loss by one number.

    Attributes
    ----------
    of
        The number.
    quantity, index
        Where it stands.
    value
        The gradient, from full precision.
    terms
        What it is the sum of; empty for the loss itself, and where it is not opened further.
    opened
        Whether ``terms`` is complete.
    """

    of: Entry
    quantity: Quantity
    index: Index
    value: float
    terms: tuple[Term, ...] = ()
    opened: bool = True

    @property
    def gradient(self) -> str:
        """``∂L/∂a1[0]``."""
        return f"∂L/∂{self.of.name}"

    @property
    def running(self) -> tuple[float, ...]:
        """The sum of the terms so far, after each."""
        return tuple(np.cumsum([term.product for term in self.terms]).tolist())


def reason(
    trace: Trace, name: str, index: Sequence[int] = (), depth: int = 1, drop_sample: bool = False
) -> Reason:
    """Take the gradient of one number apart.

    Parameters
    ----------
    trace
        An observed step.
    name, index
        The quantity, and the place in it; counted from 0.
    depth
        How many times to open upstream gradients; 1 gives the sum for this number alone.
    drop_sample
        Leave the row of the batch out of names.

    Raises
    ------
    SettingError, ShapeError
        If there is no such quantity or place; says which there are.

    Examples
    --------
    >>> from whygrad import Value
    >>> from whygrad.trace import observe
    >>> w = Value(3.0, label="w")
    >>> taken = reason(observe(w * w + w), "w")
    >>> [(term.through.of.name, term.local.names(), term.product) for term in taken.terms]
    [('v1', 'w', 3.0), ('v1', 'w', 3.0), ('L', '1', 1.0)]
    >>> taken.value
    7.0
    """
    quantity = trace.quantity(name)
    place = check_index(quantity, index)
    return _Opening(trace, drop_sample).reason(quantity, place, depth)


def check_index(quantity: Quantity, index: Sequence[int]) -> Index:
    """The index as a tuple; refuses one that is not inside.

    Raises
    ------
    ShapeError
        Saying the valid range.
    """
    place = tuple([int(i) for i in index])
    shape = quantity.shape
    inside = len(place) == len(shape) and all(0 <= i < n for i, n in zip(place, shape, strict=True))
    if not inside:
        ranges = " and ".join([f"0 to {n - 1}" for n in shape]) or "no index: it is a single number"
        raise ShapeError(
            f"{quantity.name} has no place {', '.join(map(str, place)) or 'without an index'}",
            expected=ranges,
            received=", ".join(map(str, place)) or "none",
            hint=f"{quantity.name} has shape {shape}; places are counted from 0",
        )
    return place


class _Opening:
    """Gradients being taken apart; one that is met again, on another way, is not taken apart again."""

    def __init__(self, trace: Trace, drop: bool) -> None:
        self.trace, self.drop = trace, drop
        self.known: dict[tuple[str, Index, int], Reason] = {}

    def reason(self, quantity: Quantity, index: Index, depth: int) -> Reason:
        """The gradient of one number, opened so many times."""
        key = quantity.name, index, depth
        if key not in self.known:
            self.known[key] = self.open(quantity, index, depth)
        return self.known[key]

    def open(self, quantity: Quantity, index: Index, depth: int) -> Reason:
        """The same, taken apart now."""
        trace, name = self.trace, quantity.name
        of = entry(quantity, index, self.drop)
        if name not in trace.gradients:
            return Reason(of, quantity, index, 0.0)  # a constant, or nothing that the loss depends on
        value = float(trace.gradients[name].data[index])
        if name == trace.root or (quantity.role == "loss" and trace.kind == "layers"):
            return Reason(of, quantity, index, value)
        if depth <= 0:
            return Reason(of, quantity, index, value, opened=False)
        terms = []
        for record, position in trace.uses.get(name, ()):
            if not record.row.flows(position):
                continue
            for place, local in locals_of(record, position, index, self.drop):
                above = self.reason(record.output, place, depth - 1)
                terms.append(Term(above, local, above.value * local.value, record))
        return Reason(of, quantity, index, value, tuple(terms))


def locals_of(
    record: Record, position: int, index: Index, drop: bool = False
) -> Iterator[tuple[Index, Expression]]:
    """Every result entry that an input entry reaches, with the local derivative."""
    op, inputs, output = record.row, record.inputs, record.output
    if op.name in ("affine", "matmul") and inputs[0].data.ndim == inputs[1].data.ndim == 2:
        yield from _through_product(record, position, index, drop)
    elif isinstance(op, Elementwise):
        yield from _through_elementwise(record, op, position, index, drop)
    else:
        row = jacobian_row(record, position, index)
        for place in reached(record, position, index, row):
            value = float(row[place])
            text = _scalar_local(record, position, index, value, drop) if output.data.size == 1 else None
            name = f"∂{entry_name(output, place, drop)}/∂{entry_name(inputs[position], index, drop)}"
            yield place, text or single(Entry(name, value))


def _through_product(
    record: Record, position: int, index: Index, drop: bool
) -> Iterator[tuple[Index, Expression]]:
    """z = x W + b: an input moves z by its weight, a weight by its input."""
    x, w = record.inputs[:2]
    rows, columns = record.output.shape
    if position == 0:
        n, i = index
        for k in range(columns):
            yield (n, k), single(entry(w, (i, k), drop))
    elif position == 1:
        i, k = index
        for n in range(rows):
            yield (n, k), single(entry(x, (n, i), drop))
    else:
        for n in range(rows):
            yield (n, index[-1]), constant(1.0)


def _through_elementwise(
    record: Record, op: Elementwise, position: int, index: Index, drop: bool
) -> Iterator[tuple[Index, Expression]]:
    given = record.inputs
    constants = {k: written(q) for k, q in enumerate(given) if is_number(q)}
    for place in _spread(given[position].shape, index, record.output.shape):
        at = [_inside(place, q.shape) for q in given]
        entries = [entry(q, i, drop) for q, i in zip(given, at, strict=True)]
        result = entry(record.output, place, drop)
        xs = [np.asarray(q.data[i]) for q, i in zip(given, at, strict=True)]
        local = float(op.local(position, ARRAYS, np.asarray(record.output.data[place]), xs))
        yield place, row_slope(op, position, entries, result, local, constants)


def is_number(quantity: Quantity) -> bool:
    """Whether this is a constant that a formula writes as a number."""
    return quantity.role == "constant" and quantity.data.ndim == 0


def _inside(place: Index, shape: tuple[int, ...]) -> Index:
    """The entry of a broadcast input that an entry of the result came from."""
    last = place[len(place) - len(shape) :]
    return tuple([0 if n == 1 else i for i, n in zip(last, shape, strict=True)])


def _spread(shape: tuple[int, ...], index: Index, result: tuple[int, ...]) -> Iterator[Index]:
    """The entries of the result that an entry of a broadcast input reaches."""
    lead = len(result) - len(shape)
    axes: list[Any] = [range(n) for n in result[:lead]]
    axes += [range(m) if n == 1 else [i] for i, n, m in zip(index, shape, result[lead:], strict=True)]
    grid = np.meshgrid(*axes, indexing="ij") if axes else []
    if not grid:
        yield ()
        return
    yield from (tuple(map(int, place)) for place in zip(*[axis.ravel() for axis in grid], strict=True))


def jacobian_row(record: Record, position: int, index: Index) -> Array:
    """Derivative of every entry of the result by one entry of an input.

    A rule is linear in its upstream gradient g. Run on nodes, it is recorded, and the derivative of one
    entry of what it gives, by g, is the row that is wanted: no rule has to be stated a second time.
    """
    op = record.row
    xs = [Tensor(q.data, requires_grad=False) for q in record.inputs]
    y = Tensor(record.output.data, requires_grad=False)
    if record.output.data.size == 1:
        g = np.ones_like(record.output.data)
        pulled = op.pull(position, ARRAYS, g, y.data, [x.data for x in xs])
        return np.full(record.output.shape, pulled[index])
    upstream = Tensor(np.ones_like(record.output.data))
    pulled = op.pull(position, NODES, upstream, y, xs)
    picked = pulled[index]
    picked.backward()
    assert upstream.grad is not None
    return upstream.grad


def reached(record: Record, position: int, index: Index, row: Array) -> list[Index]:
    """The entries of a result that an entry of an input can reach, in their order."""
    result = record.output.shape
    axis = dict(record.keywords).get("axis", -1)
    rowwise = record.op in ("softmax", "log_softmax", "normalize", "standardize")
    if rowwise and record.inputs[position].shape == result and isinstance(axis, int):
        along = axis % len(result)
        return [(*index[:along], k, *index[along + 1 :]) for k in range(result[along])]
    if record.output.data.size == 1:
        return [(0,) * len(result)]
    return [tuple(map(int, place)) for place in np.argwhere(row != 0)]


def _scalar_local(record: Record, position: int, index: Index, value: float, drop: bool) -> Expression | None:
    """The local derivative of a loss, a mean or a penalty, with its formula where it is entry by entry."""
    op, given = record.row, record.inputs
    if op.name in SOFTMAX_LOSSES:
        return _softmax_local(record, index, value, drop)
    if any(q.shape != given[0].shape for q in given):
        return None
    entries = [entry(q, index, drop) for q in given]
    signs = marks(len(entries))
    names: dict[str, str | int] = {**dict(zip(op.inputs, signs, strict=True)), "y": record.name, "g": 1}
    try:
        text = notation(op, f"d_{op.inputs[position]}", names=names)
    except SettingError:
        return None
    count = given[0].data.size
    for sign in signs:
        text = text.replace(f"size({sign})", str(count))
    text = text.replace(f"size({record.name})", "1")

    def compute(values: Sequence[float]) -> float:
        xs = [np.full(given[0].shape, v, np.float64) for v in values]
        pulled = op.pull(position, ARRAYS, np.ones(()), np.zeros(()), xs)
        return float(pulled.ravel()[0])

    if not np.isclose(compute([e.value for e in entries]), value, rtol=1e-5, atol=0, equal_nan=True):
        return None  # entries depend on each other
    if op.name == "sigmoid_cross_entropy":
        p = Entry(entries[0].name.replace(given[0].name, "p"), float(sigmoid(entries[0].value)))
        return _with_probability(text.replace(f"σ({signs[0]})", signs[0]), p, entries[1], value, count)
    return from_text(text, entries, value, compute)


def _softmax_local(record: Record, index: Index, value: float, drop: bool) -> Expression:
    """(p − y) / n: what softmax and cross-entropy leave together."""
    op, (z, goal) = record.row, record.inputs
    signs = marks(2)
    names: dict[str, str | int] = {**dict(zip(op.inputs, signs, strict=True)), "g": 1}
    text = notation(op, f"d_{op.inputs[0]}", names=names)
    n = z.shape[0]
    shares = np.asarray(ARRAYS.softmax(z.data[index[0] : index[0] + 1]))
    p = Entry(entry_name(z, index, drop).replace(z.name, "p"), float(shares[0, index[1]]))
    if goal.data.ndim == 1:
        t = Entry(
            f"[{entry_name(goal, index[:1], drop)} = {index[1]}]", float(goal.data[index[0]] == index[1])
        )
        text = text.replace(f"one_hot({signs[1]}, {signs[0]})", signs[1])
    else:
        t = entry(goal, index, drop)
        whole = float(goal.data[index[0]].sum())
        text = text.replace(f"·Σ({signs[1]})", "" if whole == 1 else f"·{whole:.6g}")
    text = text.replace(f"softmax({signs[0]})", signs[0])
    return _with_probability(text.replace(" / n", f" / {n}"), p, t, value, n)


def _with_probability(text: str, p: Entry, t: Entry, value: float, count: int) -> Expression:
    if count == 1:
        text = text.removesuffix(" / 1").removeprefix("(").removesuffix(")")
    whole = value * count if not np.isfinite(value) else None

    def compute(values: Sequence[float]) -> float:
        return (values[0] - values[1]) / count if whole is None else value

    return from_text(text, [p, t], value, compute)
