"""A neuron of values: one node for its weighted sum and its activation, with the numbers of both rows."""

from __future__ import annotations

from math import isfinite

from . import value_methods
from .ops import elementwise as rows
from .readings.floats import FLOATS
from .value import Value, new, take_apart
from .value_sweep import Inputs, WeightedSum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def neuron(bias: Value, weights: Sequence[Value], inputs: Inputs, activation: Any = None) -> Value:
    """One node for f(b + Σ wᵢ xᵢ), with the numbers that the rows of both give.

    Parameters
    ----------
    bias, weights
        Of the neuron.
    inputs
        One object for all neurons of a layer.
    activation
        The row of f; None for no activation.

    Examples
    --------
    >>> b, w, x = Value(1.0), Value(2.0), Value(3.0)
    >>> y = neuron(b, [w], Inputs([x]), rows.relu)
    >>> y.backward()
    >>> y.data, b.grad, w.grad, x.grad
    (7.0, 1.0, 3.0, 2.0)
    """
    w = tuple(weights)
    w_data = [weight.data for weight in w]
    y = bias.data
    for a, b in zip(w_data, inputs.data):  # noqa: B905 - strict costs time here
        y = y + a * b
    kept = new(WeightedSum)
    kept.bias, kept.inputs, kept.total, kept.w, kept.w_data = bias, inputs, y, w, w_data
    node = new(Value)
    if activation is None:
        node.op, node.da = rows.weighted_sum, 1.0
    else:
        node.op = activation
        pair: Any = None if activation.keywords else value_methods.PAIRS.get(activation.name)
        y, node.da = pair(y) if pair else _pair(activation, y)
    node.data, node.grad, node.a, node.b, node.db, node.seen, node.label = y, 0.0, None, kept, None, None, ""
    if node.da is None and not isfinite(kept.total):
        take_apart(node)  # the sum has gradient 0 then, and 0 times an infinite weight is no number
    return node


def _pair(row: Any, a: float) -> tuple[float, float | None]:
    """The result of a row with one input, and its local derivative."""
    y = row.forward(FLOATS, a)
    local = float(row.local(0, FLOATS, y, [a]))
    return y, None if row.gate and local == 0 else local
