"""One training step laid out once: every buffer, and every NumPy call of a forward and a backward pass.

A network takes thousands of steps with arrays of the same shapes. The first of them runs each layer by
itself and makes new arrays; from what the layers then hold, a :class:`TrainingStep` is laid out, and the
following ones run its calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autodiff.op import Op
from ..autodiff.ops.arrays import affine
from ..autodiff.readings.buffers import Call, Layout, NotLaidOut, Workspace
from .kernels import KERNELS, LossKernel, affine_backward, affine_forward
from .layer import Array, Layer
from .losses import Loss
from .regularizers import Regularizer

if TYPE_CHECKING:
    from .sequential import Sequential

KEPT = 4  # steps laid out for a network: a batch, the smaller last one, and two to spare
# What a rule raises that is not made for places: then it is run on arrays, as it was before.
UNFIT = (NotLaidOut, TypeError, AttributeError)


class TrainingSteps:
    """The steps that are laid out for a network, by the shapes of their arrays."""

    def __init__(self) -> None:
        self.last: TrainingStep | None = None
        self.known: dict[Any, TrainingStep | None] = {}  # None: seen once

    def run(
        self, network: Sequential, x: Any, targets: Any, loss: Loss, regularizer: Regularizer, training: bool
    ) -> float | None:
        """The loss by a step for other shapes than the last one's; None if there is none."""
        step = self.known.get(_key(network, x, targets, loss, regularizer, training))
        if step is None or step is self.last:
            return None
        self.last = step
        return step.run(network, x, targets, loss, regularizer, training)

    def learn(
        self, network: Sequential, x: Any, targets: Any, loss: Loss, regularizer: Regularizer, training: bool
    ) -> None:
        """Lay out a step when its shapes come a second time; the layers hold what it computed."""
        key = _key(network, x, targets, loss, regularizer, training)
        if key is None:
            return
        if key not in self.known:
            while len(self.known) >= KEPT:
                del self.known[next(iter(self.known))]
            self.known[key] = None
            return
        self.last = self.known[key] = TrainingStep(network, x, targets, loss, regularizer, training)


def _key(
    network: Sequential, x: Any, targets: Any, loss: Loss, regularizer: Regularizer, training: bool
) -> Any:
    """What the layout of a step depends on; None for what is never laid out."""
    if type(x) is not np.ndarray or type(targets) is not np.ndarray or x.ndim != 2 or not x.size:
        return None
    dtype = network.vector.dtype
    if x.dtype != dtype or dtype.char not in "fd" or network.flat.departures:
        return None
    rows = (type(loss), loss.op, *regularizer.rows)
    return x.shape, targets.shape, targets.dtype, bool(training), rows


class TrainingStep:
    """The buffers and calls of one training step of a network, for arrays of given shapes.

    Parameters
    ----------
    network
        After a step that ran each layer by itself: what its layers hold has the shapes to lay out.
    x, targets, loss, regularizer, training
        Of that step.
    """

    def __init__(
        self,
        network: Sequential,
        x: Array,
        targets: Array,
        loss: Loss,
        regularizer: Regularizer,
        training: bool,
    ) -> None:
        self.loss, self.regularizer, self.training = loss, regularizer, training
        self.layers, self.departures = list(network.layers), network.flat.departures
        self.x, self.targets = x, targets
        self.dtype = x.dtype
        self.workspace = Workspace()
        self.ones = np.ones(len(x), self.dtype)
        self.forward: list[Call] = []
        self.backward: list[Call] = []
        self.held: list[tuple[Layer, Op, dict[str, Any]]] = []  # what layers are to hold after the step
        self.feeds = is_affine(self.layers[0], x)  # whether x itself is multiplied by, or a copy
        source = x
        if not self.feeds:
            source = np.empty_like(x)
            self.forward.append((source.__setitem__, (..., x)))
        before: Array | None = None  # where the gradient by the layer's input goes: none for x
        for layer in self.layers:
            output = np.empty(layer.output.shape, layer.output.dtype)
            upstream = np.empty_like(output)
            self.add(layer, source, output, upstream, before)
            source, before = output, upstream
        self.predictions = source
        self.weights_at = len(self.backward) - 2  # where the first layer's weights get their gradient
        assert before is not None
        self.kernel = loss_kernel(loss, source, targets, before)
        self.penalties = self.add_penalties(network)
        loss_calls = self.kernel.calls(targets)
        self.loss_at = slice(len(self.forward), len(self.forward) + len(loss_calls))
        self.weights_at = self.loss_at.stop + self.weights_at  # of the first layer
        self.calls = [*self.forward, *loss_calls, *self.backward]
        self.value = self.kernel.value
        self.loss_state: dict[str, Any] = {
            "ran": loss.row(targets),
            "marks": (),
            "inputs": (source, targets),
            "value": self.value,
        }

    # --- laying out --------------------------------------------------------------------------------
    def add(self, layer: Layer, source: Array, output: Array, upstream: Array, before: Array | None) -> None:
        """Note the calls of one layer."""
        forward, backward = self.calls_of(layer, source, output, upstream, before)
        self.forward += forward
        self.backward = backward + self.backward

    def calls_of(
        self, layer: Layer, source: Array, output: Array, upstream: Array, before: Array | None
    ) -> tuple[list[Call], list[Call]]:
        """The two lists of calls of one layer."""
        if is_plain(layer) and all(array.dtype == self.dtype for array in (*layer.inputs, output)):
            inputs = (source, *[parameter.values for parameter in layer.parameters.values()])
            gradients: list[Any] = [before, *[parameter.gradient for parameter in layer.parameters.values()]]
            state = {"ran": layer.op, "marks": (), "inputs": inputs, "output": output, "upstream": upstream}
            try:
                if is_affine(layer, source):
                    _, w, b = inputs
                    _, dw, db = gradients
                    lists = (
                        affine_forward(source, w, b, output, spare=upstream),
                        affine_backward(source, w, upstream, dw, db, before, self.ones),
                    )
                else:
                    lists = self.lay_out(layer.op, inputs, output, upstream, gradients)
                self.held.append((layer, layer.op, state))
                return lists
            except UNFIT:
                pass
        general = GeneralLayer(layer, source, output, upstream, before, self.training)
        return [(general.forward, ())], [(general.backward, ())]

    def lay_out(
        self, op: Op, inputs: tuple[Array, ...], output: Array, upstream: Array, gradients: Sequence[Any]
    ) -> tuple[list[Call], list[Call]]:
        """The calls of a row: its forward rule, and its rules for the inputs that have a gradient."""
        layout = Layout(self.dtype)
        places = [layout.given(array) for array in inputs]
        y = layout.store(op.forward(layout, *places), output)
        layout.next_phase()
        g = layout.given(upstream)
        for i, gradient in enumerate(gradients):
            if gradient is not None:
                layout.store(op.pull(i, layout, g, y, places), gradient)
        forward, backward = layout.calls(self.workspace)
        return forward, backward

    def add_penalties(self, network: Sequential) -> list[Array]:
        """Note the gradients of the penalties; their values come to stand in the arrays returned."""
        values = []
        for row in self.regularizer.rows:
            for parameter in network.flat.parameters.values():
                if parameter.penalized:
                    layout = Layout(parameter.values.dtype)
                    w, gradient = layout.given(parameter.values), layout.given(parameter.gradient)
                    value = np.empty((), parameter.values.dtype)
                    y = layout.store(row.forward(layout, w), value)
                    layout.store(gradient + row.pull(0, layout, 1.0, y, [w]), parameter.gradient)
                    self.backward += layout.calls(self.workspace)[0]
                    values.append(value)
        return values

    # --- running -----------------------------------------------------------------------------------
    def run(
        self, network: Sequential, x: Any, targets: Any, loss: Loss, regularizer: Regularizer, training: bool
    ) -> float | None:
        """The loss, penalty included; fills the gradient vector. None, and nothing done, if the step does
        not fit the network, the shapes and the settings.
        """
        if self.departures or training != self.training or network.layers != self.layers:
            return None
        if x is not self.x and not _alike(x, self.x):
            return None
        if targets is not self.targets and not _alike(targets, self.targets):
            return None
        if regularizer is not self.regularizer and regularizer.rows != self.regularizer.rows:
            return None
        if loss is not self.loss and not self.take_loss(loss):
            return None
        for layer, op, _ in self.held:
            if layer.op is not op:
                return None
        if x is not self.x:
            self.bind(x)
        if targets is not self.targets:
            self.bind_targets(targets)
        for layer, _, state in self.held:
            if layer.inputs is not state["inputs"]:  # it has run by itself meanwhile
                layer.__dict__.update(state)
        if loss.inputs is not self.loss_state["inputs"]:
            loss.__dict__.update(self.loss_state)
        for function, arguments in self.calls:
            function(*arguments)
        if self.penalties:
            return float(self.value) + sum([float(penalty) for penalty in self.penalties])
        return float(self.value)

    def take_loss(self, loss: Loss) -> bool:
        """Use another loss object if it is of the same kind."""
        if type(loss) is not type(self.loss) or loss.op is not self.loss.op:
            return False
        self.loss = loss
        if isinstance(self.kernel, GeneralLoss):
            self.kernel.loss = loss
        return True

    def bind_targets(self, targets: Array) -> None:
        """Use another array of targets."""
        self.targets = targets
        self.calls[self.loss_at] = self.kernel.calls(targets)
        self.loss_state["inputs"] = self.predictions, targets

    def bind(self, x: Array) -> None:
        """Use another array as input."""
        self.x, calls = x, self.calls
        if not self.feeds:
            calls[0] = calls[0][0], (..., x)
            return
        calls[0] = x.dot, calls[0][1]
        calls[self.weights_at] = x.T.dot, calls[self.weights_at][1]
        state = self.held[0][2]
        state["inputs"] = (x, *state["inputs"][1:])


class GeneralLayer:
    """A layer whose row is not laid out: it runs by itself, and its results are copied."""

    def __init__(
        self,
        layer: Layer,
        source: Array,
        output: Array,
        upstream: Array,
        before: Array | None,
        training: bool,
    ) -> None:
        self.layer, self.source, self.output, self.training = layer, source, output, training
        self.upstream, self.before = upstream, before

    def forward(self) -> None:
        """Compute the output."""
        self.output[...] = self.layer.evaluate(self.source, self.training)

    def backward(self) -> None:
        """Compute the gradients."""
        self.layer.pull_parameters(self.upstream)
        if self.before is not None:
            self.before[...] = self.layer.pull_input()


def _alike(a: Any, b: Array) -> bool:
    return type(a) is np.ndarray and a.shape == b.shape and a.dtype == b.dtype


def is_plain(layer: Layer) -> bool:
    """Whether a layer is its row and its parameters, and computes nothing else."""
    kind = type(layer)
    return all(
        getattr(kind, name) is getattr(Layer, name)
        for name in ("call", "evaluate", "pull_parameters", "pull_input")
    )


def is_affine(layer: Layer, x: Array) -> bool:
    """Whether a layer is x W + b for a matrix x."""
    return is_plain(layer) and layer.op is affine and x.ndim == 2 and x.dtype == layer.output.dtype


def loss_kernel(loss: Loss, z: Array, targets: Array, gradient: Array) -> LossKernel:
    """What gives the loss for targets, and fills the gradient."""
    row = loss.row(targets)
    plain = type(loss).evaluate is Loss.evaluate and type(loss).pull is Loss.pull
    if plain and row in KERNELS:
        return KERNELS[row](z, gradient)
    if plain and z.shape == targets.shape:
        try:
            return RowLoss(row, z, targets, gradient)
        except UNFIT:
            pass
    return GeneralLoss(loss, z, gradient)


class RowLoss(LossKernel):
    """A loss laid out from its row."""

    def __init__(self, row: Op, z: Array, targets: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        self.targets = np.empty(targets.shape, z.dtype)
        layout = Layout(z.dtype)
        places = [layout.given(z), layout.given(self.targets)]
        y = layout.store(row.forward(layout, *places), self.value)
        layout.store(row.pull(0, layout, 1.0, y, places), gradient)
        (self.laid_out,) = layout.calls(Workspace())

    def calls(self, targets: Array) -> list[Call]:
        """The calls for these targets."""
        return [(self.targets.__setitem__, (..., targets)), *self.laid_out]


class GeneralLoss(LossKernel):
    """A loss that is not laid out: it runs by itself, and its gradient is copied."""

    def __init__(self, loss: Loss, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        self.loss = loss

    def calls(self, targets: Array) -> list[Call]:
        """The calls for these targets."""
        return [(self.compute, (targets,))]

    def compute(self, targets: Array) -> None:
        """Compute the loss and its gradient."""
        self.value[...] = self.loss.evaluate(self.z, targets)
        self.gradient[...] = self.loss.pull()
