"""A neuron of values: one node for its weighted sum and its activation, with the numbers of both rows."""

from __future__ import annotations

from math import isfinite
from operator import mul

from .ops import elementwise as rows
from .readings.floats import FLOATS
from .value import Value, new, take_apart
from .value_methods import PAIRS
from .value_sweep import SUM_IS_PLAIN, Inputs, Weights, weighted_sum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def neuron(weights: Weights, inputs: Inputs, activation: Any = None) -> Value:
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
    >>> y = neuron(Weights([b, w]), Inputs.of([x]), rows.relu)
    >>> y.backward()
    >>> y.data, b.grad, w.grad, x.grad
    (7.0, 1.0, 3.0, 2.0)
    """
    # All in one place, without calls: most of a step of training by scalars is spent here.
    data = [node.data for node in weights.nodes]
    if data == weights.data:
        data = weights.data
    else:
        weights.data = data if all(data) else None
    plain = SUM_IS_PLAIN  # then it is what weighted_sum does
    y = total = sum(map(mul, data, inputs.data), -0.0) if plain else weighted_sum(data, inputs.data)
    node = new(Value)
    if activation is None:
        node.op, node.da = rows.weighted_sum, 1.0
    else:
        node.op = activation
        pair: Any = PAIRS.get(activation)
        y, node.da = pair(total) if pair is not None else _pair(activation, total)
    node.data = y
    node.grad = 0.0
    node.a = node.seen = None
    node.b = weights
    node.db = data
    node.inputs = inputs
    node.label = ""
    if node.da is None and not isfinite(total):
        take_apart(node)  # the sum has gradient 0 then, and 0 times an infinite weight is no number
    return node


def _pair(row: Any, a: float) -> tuple[float, float | None]:
    """The result of a row with one input, and its local derivative."""
    y = row.forward(FLOATS, a)
    local = float(row.local(0, FLOATS, y, [a]))
    return y, None if row.gate and local == 0 else local
