"""Observing one training step of a network of layers, with copies taken as each layer finishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..autodiff.op import Elementwise
from ..autodiff.ops import elementwise
from ..autodiff.readings.arrays import ARRAYS
from ..autodiff.table import TABLE
from ..nn.layer import Layer
from ..nn.losses import Loss
from ..nn.regularizers import NO_PENALTY, Regularizer
from ..nn.sequential import Sequential
from ..optim import Optimizer, clip_by_norm
from .builder import Builder, gradient_name
from .record import Quantity, Record, Trace
from .updates import Update

PARAMETERS = {"weights": "W", "bias": "b", "scale": "γ", "shift": "β"}
BESIDE = {"mask": "m", "mean": "running mean", "variance": "running variance"}


def observe_step(
    network: Sequential,
    loss: Loss,
    x: Any,
    targets: Any,
    *,
    optimizer: Optimizer | None = None,
    regularizer: Regularizer = NO_PENALTY,
    clip: float | None = None,
    training: bool = True,
    about: Mapping[str, Any] | None = None,
) -> Trace:
    r"""Take one training step and record it: forward, loss, backward, and the update.

    It is the step that training takes: gradients are left on the network, and with an optimizer the
    parameters move.

    Parameters
    ----------
    network, loss
        What is trained, on what.
    x, targets
        A batch, as ``network`` and ``loss`` take it. Shape: (n, inputs), and (n,) or (n, outputs).
    optimizer
        Takes the step; without one there is no update.
    regularizer
        Penalties on weights, part of what is minimised.
    clip
        Upper bound for the norm of the gradient.
    training
        Whether dropout drops and batch normalisation uses the batch.
    about
        Plain data to keep with the trace.

    Examples
    --------
    >>> from whygrad.nn import Dense, MeanSquaredError, Tanh
    >>> network = Sequential([Dense(2, 3, rng=0), Tanh(), Dense(3, 1, rng=1)])
    >>> trace = observe_step(network, MeanSquaredError(), np.ones((4, 2)), np.zeros((4, 1)))
    >>> print("\n".join(record.formula for record in trace.records))
    z1 = x W1 + b1
    a1 = tanh(z1)
    z2 = a1 W2 + b2
    L = mean((z2 − y)²)
    δ2 = 2·(z2 − y) / size(z2)
    dW2 = a1ᵀ δ2
    db2 = Σ(δ2)
    da1 = δ2 W2ᵀ
    δ1 = da1·(1 − a1²)
    dW1 = xᵀ δ1
    db1 = Σ(δ1)
    dx = δ1 W1ᵀ
    >>> trace["dW1"].shape
    (2, 3)
    """
    network.check_output(loss)
    step = _Step(network, loss, training)
    step.forward(x)
    step.measure(targets, regularizer)
    step.backward()
    step.penalize(regularizer)
    if optimizer is not None:
        step.update(optimizer, clip)
    return step.builder.trace(step.root.name, about)


class _Step:
    """One step in progress: the trace under construction, and which record each layer made."""

    def __init__(self, network: Sequential, loss: Loss, training: bool) -> None:
        self.network, self.loss, self.training = network, loss, training
        self.builder = Builder("layers")
        self.made: list[Record] = []
        self.parameters: dict[int, Quantity] = {}  # by the identity of the parameter
        self.numbers: dict[int, int] = {}
        self.penalized: set[str] = set()
        self.root: Quantity

    def forward(self, x: Any) -> None:
        """Each layer in turn."""
        number = 0
        current: Quantity | None = None
        for layer in self.network.layers:
            number += bool(layer.parameters)
            output = layer.forward(x, self.training)
            assert layer.ran is not None
            if current is None:
                current = self.builder.quantity("x", layer.inputs[0], "input", per_sample=True)
            beside = self.beside(layer, number)
            made = self.builder.quantity(f"{_symbol(layer)}{number}", output, "hidden", per_sample=True)
            self.made.append(
                self.builder.compute("forward", layer.ran, [current, *beside], made, max(number, 1))
            )
            current, x = made, output
        assert current is not None
        self.last, self.output = current, x

    def beside(self, layer: Layer, number: int) -> list[Quantity]:
        """What the row was given beside x: constants such as a mask, and the parameters."""
        assert layer.ran is not None
        first = len(layer.inputs) - len(layer.parameters)
        names = layer.ran.inputs
        found = [
            self.builder.quantity(
                f"{BESIDE.get(names[i], names[i])}{number}",
                layer.inputs[i],
                "constant",
                per_sample=np.shape(layer.inputs[i])[:1] == np.shape(layer.inputs[0])[:1]
                and np.ndim(layer.inputs[i]) == np.ndim(layer.inputs[0]),
            )
            for i in range(1, first)
        ]
        for name, parameter in layer.parameters.items():
            quantity = self.builder.quantity(
                f"{PARAMETERS.get(name, name)}{number}", parameter.data, "parameter"
            )
            self.parameters[id(parameter)] = quantity
            self.numbers[id(parameter)] = number
            found.append(quantity)
        return found

    def measure(self, targets: Any, regularizer: Regularizer) -> None:
        """The loss, the predictions it contains, and the penalties."""
        loss, builder, number = self.loss, self.builder, self.made[-1].layer
        value = loss.forward(self.output, targets)
        assert loss.ran is not None
        if loss.activation is not None:
            row = TABLE[loss.activation]
            shown = builder.quantity("p", row.forward(ARRAYS, self.last.data), "hidden", per_sample=True)
            builder.compute("loss", row, [self.last], shown, number, aside=True)
        goal = builder.quantity("y", loss.inputs[1], "target", per_sample=True)
        measured = builder.quantity("L", np.asarray(value, np.asarray(loss.value).dtype), "loss")
        self.made.append(builder.compute("loss", loss.ran, [self.last, goal], measured))
        self.root = measured
        weights = [p for p in self.network.flat.parameters.values() if p.penalized]
        penalties = [(row, parameter) for row in regularizer.rows for parameter in weights]
        self.penalized = {self.parameters[id(parameter)].name for _, parameter in penalties}
        for k, (row, parameter) in enumerate(penalties, start=1):
            total = "J" if k == len(penalties) else f"J{k}"
            self.add_penalty(row, self.parameters[id(parameter)], self.numbers[id(parameter)], total)

    def add_penalty(self, row: Any, weights: Quantity, layer: int, name: str) -> None:
        """A penalty, and the sum with it."""
        kind = row.name.split("_")[0].upper()
        costs = row.forward(ARRAYS, weights.data)
        penalty = self.builder.quantity(f"{kind}({weights.name})", costs, "loss")
        self.builder.compute("loss", row, [weights], penalty, layer)
        total = self.builder.quantity(name, self.root.data + penalty.data, "loss")
        self.builder.compute("loss", elementwise.add, [self.root, penalty], total)
        self.root = total

    def backward(self) -> None:
        """The loss, then each layer from the last to the first."""
        builder, loss = self.builder, self.loss
        start = builder.quantity("1", np.ones_like(self.root.data), "start")
        for record in builder.records:  # the loss and every sum with a penalty: each counts in full
            if record.kind == "loss" and not record.aside:
                builder.gradients[record.name] = start
        upstream = loss.backward()
        given = self.gradient(self.last, upstream)
        builder.pull(self.made[-1], 0, start, given)
        for layer, made in zip(reversed(self.network.layers), reversed(self.made[:-1]), strict=True):
            above = builder.gradients[made.name]
            upstream = layer.backward(upstream)
            for parameter in layer.parameters.values():
                quantity = self.parameters[id(parameter)]
                position = [q.name for q in made.inputs].index(quantity.name)
                given = self.gradient(quantity, parameter.gradient, made.name)
                builder.pull(made, position, above, given)
            local = None
            if isinstance(made.row, Elementwise):
                local = _local(made)
            builder.pull(made, 0, above, self.gradient(made.inputs[0], upstream), local)

    def gradient(self, of: Quantity, data: Any, by: str = "") -> Quantity:
        """A gradient under its name, or a part of it where a penalty adds another."""
        name = gradient_name(of.name)
        if of.name in self.penalized:
            name = f"{name} from {by}"
        given = self.builder.quantity(name, data, "gradient", per_sample=of.per_sample)
        self.builder.gradients[of.name] = given
        return given

    def penalize(self, regularizer: Regularizer) -> None:
        """What the penalties add to the gradients of weights, which hold those of the loss so far."""
        if not regularizer.rows:
            return
        builder = self.builder
        start = builder.gradients[self.root.name]
        penalties = [record for record in builder.records if record.op.endswith("_penalty")]
        for record in penalties:
            weights = record.inputs[0]
            share = record.row.pull(0, ARRAYS, 1.0, None, (weights.data,))
            given = builder.quantity(f"d{weights.name} from {record.name}", share, "gradient")
            builder.pull(record, 0, start, given)
        parameters = self.network.flat.parameters.values()
        regularizer.add_gradients(parameters)
        for parameter in parameters:
            if parameter.penalized:
                quantity = self.parameters[id(parameter)]
                total = builder.quantity(f"d{quantity.name}", parameter.gradient, "gradient")
                builder.gradients[quantity.name] = total

    def update(self, optimizer: Optimizer, clip: float | None) -> None:
        """Clip, step, and note what became of each parameter."""
        network = self.network
        norm = None
        if clip is not None:
            norm = clip_by_norm(network.gradient, clip)
        before = network.gradient.copy()
        step = Update(optimizer, network.vector, before, clip, norm)
        optimizer.step(network.vector, network.gradient)
        start = 0
        for parameter in network.flat.parameters.values():
            quantity = self.parameters[id(parameter)]
            part = slice(start, start + parameter.data.size)
            step.record(
                self.builder,
                quantity,
                self.builder.gradients[quantity.name],
                part,
                parameter.data,
                self.numbers[id(parameter)],
            )
            start = part.stop


def _local(made: Record) -> Any:
    """The local derivative of an elementwise row by its first input, in the shape of its output."""
    row = made.row
    assert isinstance(row, Elementwise)
    local = row.local(0, ARRAYS, made.output.data, [quantity.data for quantity in made.inputs])
    return np.array(np.broadcast_to(np.asarray(local, made.output.data.dtype), made.output.shape))


def _symbol(layer: Layer) -> str:
    """What the output of a layer is called: z before the activation, a after it."""
    row = layer.ran
    if row is None or row.name == "affine":
        return "z"
    if row.name in ("normalize", "standardize"):
        return "n"
    return "d" if row.name == "dropout" else "a" if not layer.parameters else "h"
