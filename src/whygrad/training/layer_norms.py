"""How large gradient and step are in each layer, from the two flat vectors of a network."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..nn.parameter import ParameterVector
from .history import LayerEpoch

Array = np.ndarray[Any, Any]


class LayerNorms:
    """Norms by layer around one step: of the gradient before it, and of how far it moved the parameters.

    Parameters
    ----------
    flat
        The network's parameters, named as in ``"1.weights"``: what stands before the point is the layer.

    Attributes
    ----------
    whole
        ‖∂L/∂θ‖ over all layers, as it was before the step.

    Examples
    --------
    >>> from whygrad.nn import Dense, Sequential
    >>> network = Sequential([Dense(1, 1, rng=0)])
    >>> network.vector, network.gradient = [3.0, 4.0], [0.3, 0.4]
    >>> norms = LayerNorms(network.flat)
    >>> norms.before(network.vector, network.gradient)
    >>> network.vector -= 0.1 * network.gradient
    >>> [(layer.gradient_norm, round(layer.update_ratio, 6)) for layer in norms.after(network.vector)]
    [(0.5, 0.01)]
    """

    def __init__(self, flat: ParameterVector) -> None:
        starts, place, layer = [], 0, None
        for name, parameter in flat.parameters.items():
            owner = name.partition(".")[0]
            if owner != layer:
                starts.append(place)
                layer = owner
            place += parameter.data.size
        self.starts = np.array(starts, np.intp)
        self.rows = np.zeros((3, len(flat)))  # gradient, parameters, step; squares of float32 would overflow
        self.whole = 0.0

    def before(self, values: Array, gradient: Array) -> None:
        """Take note of the parameters and their gradient."""
        self.rows[0], self.rows[1] = gradient, values
        self.whole = math.sqrt(self.rows[0].dot(self.rows[0]))

    def after(self, values: Array) -> tuple[LayerEpoch, ...]:
        """What the step did, layer by layer."""
        rows = self.rows
        np.subtract(values, rows[1], out=rows[2])
        if not len(self.starts):
            return ()
        np.multiply(rows, rows, out=rows)
        gradients, lengths, steps = np.sqrt(np.add.reduceat(rows, self.starts, axis=1))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = steps / lengths
        return tuple([LayerEpoch(*pair) for pair in zip(gradients.tolist(), ratios.tolist(), strict=True)])
