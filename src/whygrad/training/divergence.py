"""What happened first when a loss is NaN or infinite: which layer, and how large its numbers were."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import TrainingError
from ..nn.layer import Layer
from ..nn.sequential import Sequential
from ..optim import Optimizer
from .history import History

Array = np.ndarray[Any, Any]
SHOWN = 3  # epochs before


def diverged(
    network: Sequential, what: str, value: float, place: str, optimizer: Optimizer, history: History
) -> TrainingError:
    """The error for a loss or a gradient that is not finite, right after the pass that gave it."""
    rate = optimizer.current_learning_rate
    notes = [_first(network, what)]
    if len(history):
        before = ", ".join([f"{loss:.4g}" for loss in history.loss[-SHOWN:]])
        notes.append(f"losses of the epochs before: {before}")
    notes.append(f"learning rate {rate:.4g}")
    return TrainingError(
        f"the {what} became {value} in {place}",
        received="; ".join(notes),
        hint=f"lower the learning rate, for example to {rate / 10:.2g}; scale the inputs; clip the gradient",
    )


def _first(network: Sequential, what: str) -> str:
    """The first layer, from the input on, that holds or gives something that is not finite."""
    number = 0  # of layers that have parameters, as in their names
    for layer in network.layers:
        number += bool(layer.parameters)
        name = f"layer {number}, {layer!r}" if layer.parameters else f"{layer!r} after layer {number}"
        for label, parameter in layer.parameters.items():
            if not np.isfinite(parameter.data).all():
                return f"{name}, was the first whose {label} were not finite: {_spoiled(parameter.data)}"
        if isinstance(layer.output, np.ndarray) and not np.isfinite(layer.output).all():
            spoiled = _spoiled(layer.output)
            return f"{name}, was the first whose outputs were not finite: {spoiled}{_sizes(layer)}"
    largest = np.abs(network.layers[-1].output).max()
    return (
        f"every layer gave finite numbers, {name} the last of them, up to {largest:.3g}: their {what} is not"
    )


def _spoiled(array: Array) -> str:
    count = int(np.count_nonzero(~np.isfinite(array)))
    return f"{count:,} of {array.size:,}"


def _sizes(layer: Layer) -> str:
    """The largest input and parameters of a layer, which are finite."""
    found = [f"inputs up to {np.abs(layer.inputs[0]).max():.3g}"]
    found += [f"{label} up to {np.abs(item.data).max():.3g}" for label, item in layer.parameters.items()]
    return f", from {', '.join(found)}"
