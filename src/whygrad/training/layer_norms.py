"""How large gradient and step are in each layer, from the two flat vectors of a network."""

from __future__ import annotations

import itertools
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
        ends: dict[str, int] = {}
        place = 0
        for name, parameter in flat.parameters.items():
            place += parameter.data.size
            ends[name.partition(".")[0]] = place
        self.layers = list(itertools.starmap(slice, itertools.pairwise([0, *ends.values()])))
        self.old = np.empty_like(flat.values)
        self.gradients: list[float] = []

    @property
    def whole(self) -> float:
        """‖∂L/∂θ‖ over all layers, as it was before the step."""
        return math.hypot(*self.gradients)

    def before(self, values: Array, gradient: Array) -> None:
        """Take note of the parameters and their gradient."""
        self.old[...] = values
        self.gradients = self._norms(gradient)

    def after(self, values: Array) -> tuple[LayerEpoch, ...]:
        """What the step did, layer by layer."""
        lengths = self._norms(self.old)
        np.subtract(values, self.old, out=self.old)
        figures = zip(self.gradients, self._norms(self.old), lengths, strict=True)
        return tuple([LayerEpoch(norm, _ratio(step, length)) for norm, step, length in figures])

    def _norms(self, vector: Array) -> list[float]:
        return [norm(vector[part]) for part in self.layers]


def norm(part: Array) -> float:
    """The Euclidean norm of a flat array; in float64 where the squares are too large for float32."""
    square = float(part.dot(part))
    if not math.isfinite(square) and part.dtype == np.float32:
        part = part.astype(np.float64)
        square = float(part.dot(part))
    return math.sqrt(square)


def _ratio(step: float, length: float) -> float:
    """Their ratio as NumPy has it, where there is nothing to divide by too."""
    if length:
        return step / length
    return math.inf if step else math.nan
