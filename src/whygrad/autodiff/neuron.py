"""A neuron of values: one node for its weighted sum and its activation, with the numbers of both rows."""

from __future__ import annotations

from . import value_methods
from .ops import elementwise as rows
from .readings.floats import FLOATS
from .value import Value, new
from .value_sweep import WeightedSum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def neuron(
    bias: Value, w: Sequence[Value], x: Sequence[Value], x_data: Sequence[float], inputs_vary: bool, row: Any
) -> Value:
    """One node for f(b + Σ wᵢ xᵢ), with the numbers that the rows of both give.

    Parameters
    ----------
    bias, w, x
        The parents; what is handed over must not change afterwards.
    x_data
        The data of the inputs, and ``inputs_vary`` whether one has a gradient: the same for all neurons of
        a layer.
    row
        The row of the activation f; None for no activation.
    """
    w_data = [weight.data for weight in w]
    y = bias.data
    for a, b in zip(w_data, x_data):  # noqa: B905 - strict costs time here
        y = y + a * b
    node = new(Value)
    node.b = WeightedSum(bias, w, x, w_data, x_data, inputs_vary, y)
    node.op, node.da = rows.weighted_sum, 1.0
    if row is not None:
        node.op = row
        pair: Any = None if row.keywords else value_methods.PAIRS.get(row.name)
        y, node.da = pair(y) if pair else _pair(row, y)
    node.data, node.grad, node.a, node.db, node.seen, node.label = y, 0.0, None, None, None, ""
    return node


def _pair(row: Any, a: float) -> tuple[float, float]:
    """The result of a row with one input, and its local derivative."""
    y = row.forward(FLOATS, a)
    return y, float(row.local(0, FLOATS, y, [a]))
