"""How large gradient and step are in each layer, from the two flat vectors of a network."""

from __future__ import annotations

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
        self.old = np.empty_like(flat.values)
        self.scratch = np.empty(len(flat), np.float64)  # squares of float32 would overflow and vanish early
        self.gradient: Array = np.empty(0)

    @property
    def whole(self) -> float:
        """‖∂L/∂θ‖ over all layers, as it was before the step."""
        return float(np.sqrt(self.gradient.dot(self.gradient)))

    def before(self, values: Array, gradient: Array) -> None:
        """Take note of the parameters and their gradient."""
        self.old[...] = values
        self.gradient = self._norms(gradient)

    def after(self, values: Array) -> tuple[LayerEpoch, ...]:
        """What the step did, layer by layer."""
        lengths = self._norms(self.old)
        np.subtract(values, self.old, out=self.old)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = self._norms(self.old) / lengths
        pairs = zip(self.gradient.tolist(), ratios.tolist(), strict=True)
        return tuple([LayerEpoch(*pair) for pair in pairs])

    def _norms(self, vector: Array) -> Array:
        if not len(self.starts):
            return np.empty(0)
        np.multiply(vector, vector, out=self.scratch, dtype=np.float64)
        return np.sqrt(np.add.reduceat(self.scratch, self.starts))
