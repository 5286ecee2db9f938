"""A neuron of values: one node for its weighted sum and its activation, with the numbers of both rows."""

from __future__ import annotations

from math import isfinite
from operator import mul

from .ops import elementwise as rows
from .readings.floats import FLOATS
from .value import Value, new, take_apart
from .value_methods import PAIRS
from .value_sweep import Group, Inputs, WeightedSum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# From Python 3.12 on, sum() of floats makes up for rounding; the row rounds after each addition.
SUM_IS_PLAIN = sum([1e16, 1.0, -1e16]) == 0.0


def neuron(weights: Group, inputs: Inputs, activation: Any = None) -> Value:
    """One node for f(b + Σ wᵢ xᵢ), with the numbers that the rows of both give.

    Parameters
    ----------
    weights
        The bias, then the weights; one object for all uses of the neuron.
    inputs
        One object for all neurons of a layer.
    activation
        The row of f; None for no activation.

    Examples
    --------
    >>> b, w, x = Value(1.0), Value(2.0), Value(3.0)
    >>> y = neuron(Group([b, w]), Inputs([x]), rows.relu)
    >>> y.backward()
    >>> y.data, b.grad, w.grad, x.grad
    (7.0, 1.0, 3.0, 2.0)
    """
    data = [node.data for node in weights.nodes]
    factors = iter(data)
    y = next(factors)
    if SUM_IS_PLAIN:
        y = sum(map(mul, factors, inputs.data), y)
    else:
        for w, x in zip(factors, inputs.data):  # noqa: B905 - strict costs time here
            y = y + w * x
    kept = new(WeightedSum)
    kept.weights = weights
    kept.inputs = inputs
    kept.data = data
    kept.total = y
    node = new(Value)
    node.op = rows.weighted_sum
    node.da = 1.0
    if activation is not None:
        node.op = activation
        pair: Any = PAIRS.get(activation)
        y, node.da = pair(y) if pair is not None else _pair(activation, y)
    node.data = y
    node.grad = 0.0
    node.a = node.db = node.seen = None
    node.b = kept
    node.label = ""
    if node.da is None and not isfinite(kept.total):
        take_apart(node)  # the sum has gradient 0 then, and 0 times an infinite weight is no number
    return node


def _pair(row: Any, a: float) -> tuple[float, float | None]:
    """The result of a row with one input, and its local derivative."""
    y = row.forward(FLOATS, a)
    local = float(row.local(0, FLOATS, y, [a]))
    return y, None if row.gate and local == 0 else local
