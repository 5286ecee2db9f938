"""How large gradients and steps are in each layer, over time and at one moment: numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataError
from ..training.history import History
from ..training.neural_network import NeuralNetwork
from .recording import Recorder, at
from .style import numbers

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Flow:
    """Gradient and step of each layer over the epochs; NaN where a history has none.

    Attributes
    ----------
    epochs
        Shape: (epochs,).
    gradient_norm, update_ratio
        Shape: (layers, epochs). ‖∂L/∂θ‖ before clipping, and ‖Δθ‖ / ‖θ‖.
    """

    epochs: Array
    gradient_norm: Array
    update_ratio: Array

    @property
    def layers(self) -> int:
        """How many layers have parameters."""
        return len(self.gradient_norm)


def layer_flow(history: History) -> Flow:
    """What a history says of each layer.

    Raises
    ------
    DataError
        If it says nothing.

    Examples
    --------
    >>> from whygrad.training import Epoch, History
    >>> from whygrad.training.history import LayerEpoch
    >>> history = History("r2", [Epoch(1, 0.5, None, 0.1, 2.0, 0.1, layers=(LayerEpoch(2.0, 0.001),))])
    >>> layer_flow(history).gradient_norm.tolist()
    [[2.0]]
    """
    most = max((len(epoch.layers) for epoch in history), default=0)
    if not most:
        raise DataError("the history says nothing of single layers", received=repr(history))
    rows: dict[str, list[Array]] = {"gradient_norm": [], "update_ratio": []}
    for place in range(most):
        for what, found in rows.items():
            values = [getattr(e.layers[place], what) if place < len(e.layers) else None for e in history]
            found.append(numbers(values))
    epochs = np.array([epoch.epoch for epoch in history])
    return Flow(epochs, np.array(rows["gradient_norm"]), np.array(rows["update_ratio"]))


def layer_gradients(network: NeuralNetwork, X: Any, y: Any) -> list[Array]:
    """The entries of the gradient of each layer's weights, for one pass over all rows."""
    network.forward(X)
    found = network.backward(y)
    return [gradient.ravel() for name, gradient in found.items() if name.endswith(".weights")]


def layer_weights(network: NeuralNetwork) -> list[Array]:
    """The weights of each layer, as flat arrays."""
    found = network.parameters().items()
    return [parameter.data.ravel().copy() for name, parameter in found if name.endswith(".weights")]


def layer_activations(network: NeuralNetwork, X: Any) -> list[Array]:
    """What each layer with parameters gives in the end, activation included. Shapes: (n, units)."""
    outputs = network.forward(X)
    found: list[Array] = []
    for layer in network.network.layers:
        if layer.parameters:
            found.append(layer.output)
        else:
            found[-1] = layer.output
    return [*[array.copy() for array in found[:-1]], outputs]


def over_time(recorder: Recorder, read: Any, most: int | None = None) -> tuple[list[int], list[list[Array]]]:
    """``read(network)`` at the moments that were recorded: their epochs, and what was read."""
    epochs, found = [], []
    for epoch, network in recorder.moments(most):
        epochs.append(epoch)
        found.append(read(network))
    return epochs, found


def gradients_at(network: NeuralNetwork, vector: Array, X: Any, y: Any) -> list[Array]:
    """The gradients of each layer where the network had these parameters."""
    with at(network, vector):
        return layer_gradients(network, X, y)
