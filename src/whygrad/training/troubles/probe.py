"""Passes a few hundred rows through a network and back, and reads what its layers do. Nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...autodiff.readings.arrays import ARRAYS
from ...data.scaling import Scaling
from ...data.tables import as_matrix, as_targets
from ...errors import SettingError
from ...nn.activations import Activation, make_activation
from ...nn.layer import Layer
from ...nn.layers import Dense
from ..head import Head, choose
from ..neural_network import NeuralNetwork

Array = np.ndarray[Any, Any]
ROWS = 400  # a unit that answers to one row in a hundred is missed in 400 with probability 0.02


SUMS = ("squared_error",)  # losses that are sums over the rows; their gradients are taken per row


@dataclass(frozen=True)
class Sample:
    """Rows that stand for all of them.

    Attributes
    ----------
    X
        As they were given. Shape: (n, inputs).
    inputs
        As the first layer takes them: scaled, where the network scales. Shape: (n, inputs).
    head
        What the targets mean; None where there are none.
    targets
        As the loss takes them; None where there are none.
    """

    X: Array
    inputs: Array
    head: Head | None
    targets: Array | None


@dataclass(frozen=True)
class Units:
    """The units of one activation, on the sample.

    Attributes
    ----------
    layer
        Which dense layer they belong to, counted from 1.
    activation
        By name.
    outputs
        Shape: (n, units).
    slopes
        The derivative of the activation. Shape: (n, units).
    """

    layer: int
    activation: str
    outputs: Array
    slopes: Array


@dataclass(frozen=True)
class Signal:
    """How large the gradient is in one dense layer.

    Attributes
    ----------
    gradient_norm
        ‖∂L/∂θ‖ over weights and biases.
    parameter_norm
        ‖θ‖.
    """

    gradient_norm: float
    parameter_norm: float


@dataclass(frozen=True)
class Probe:
    """One pass of the sample.

    Attributes
    ----------
    outputs
        Of the last layer. Shape: (n, outputs).
    units
        The activations, from the input on; softmax, which is not elementwise, is left out.
    signals
        The dense layers, from the input on; without targets, of a random gradient by the outputs.
    loss
        Of the sample, without penalty; None where there are no targets.
    """

    outputs: Array
    units: tuple[Units, ...]
    signals: tuple[Signal, ...]
    loss: float | None


def draw(network: NeuralNetwork, X: Any, y: Any) -> Sample | None:
    """At most :data:`ROWS` of the rows, always the same ones of the same number of rows.

    Raises
    ------
    SettingError
        If there are targets without rows.
    """
    if X is None:
        if y is not None:
            raise SettingError("y was given without X", hint="diagnose(network, X, y)")
        return None
    if not isinstance(X, np.ndarray):
        X = as_matrix(X, network.sizes[0])
    total = len(X)
    rows = (
        slice(None) if total <= ROWS else np.sort(np.random.default_rng(0).choice(total, ROWS, replace=False))
    )
    data = as_matrix(X[rows], network.sizes[0])
    head = targets = None
    if y is not None:
        every = as_targets(y, total)
        head = network.head or choose(
            every, network.sizes[-1], network.loss, network.output, network.task, network.scale
        )
        targets = head.encode(every[rows], network.dtype)
    scaling = network.scaling
    if scaling is None and network.scale:  # before training: what it will do
        spread = data.std(axis=0)
        scaling = Scaling(data.mean(axis=0), np.where(spread > 0, spread, 1.0))
    inputs = data if scaling is None else scaling.apply(data)
    return Sample(data, inputs.astype(network.dtype), head, targets)


def stand_in(network: NeuralNetwork) -> Sample:
    """Rows such as a network is made for, where there are none: standard normal ones."""
    rows = np.random.default_rng(0).standard_normal((ROWS // 4, network.sizes[0]))
    return Sample(rows, rows.astype(network.dtype), None, None)


def probe(network: NeuralNetwork, sample: Sample) -> Probe:
    """Pass the sample through copies of the layers, which share nothing but the weights."""
    layers = [copy(layer) for layer in network.network.layers]
    if network.head is None and sample.head is not None and not sample.head.fused:
        last = make_activation(sample.head.output)
        layers += [] if last is None else [last]
    x = sample.inputs
    for layer in layers:
        x = layer.evaluate(x)
    loss: float | None = None
    upstream = np.asarray(np.random.default_rng(0).standard_normal(x.shape)) / len(x)
    if sample.head is not None:
        measure = copy(sample.head.loss)
        loss = measure.evaluate(x, sample.targets)
        upstream = measure.pull()
        if sample.head.loss.op.name in SUMS:
            upstream = upstream / len(x)
    return Probe(x, _units(layers), _signals(layers, upstream), loss)


def _units(layers: Sequence[Layer]) -> tuple[Units, ...]:
    found, dense = [], 0
    for layer in layers:
        dense += isinstance(layer, Dense)
        if isinstance(layer, Activation) and layer.name != "softmax":
            assert layer.ran is not None
            slopes = layer.ran.pull(0, ARRAYS, np.ones_like(layer.output), layer.output, layer.inputs)
            found.append(Units(dense, layer.name, layer.output, slopes))
    return tuple(found)


def _signals(layers: Sequence[Layer], upstream: Array) -> tuple[Signal, ...]:
    """Back through the layers, without writing into the gradients that the network holds."""
    found = []
    for layer in reversed(layers):
        layer.upstream = upstream
        assert layer.ran is not None
        if isinstance(layer, Dense):
            pulled = [layer.ran.pull(k, ARRAYS, upstream, layer.output, layer.inputs) for k in (1, 2)]
            found.append(Signal(_norm(*pulled), _norm(layer.weights, layer.bias)))
        upstream = layer.pull_input()
    return tuple(reversed(found))


def _norm(*arrays: Array) -> float:
    return float(np.sqrt(sum(float(np.square(array, dtype=np.float64).sum()) for array in arrays)))
