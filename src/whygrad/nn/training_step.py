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
from ..autodiff.readings.buffers import Call, Layout, NotLaidOut, Workspace, run
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

    def find(
        self, network: Sequential, x: Any, targets: Any, loss: Loss, regularizer: Regularizer, training: bool
    ) -> TrainingStep | None:
        """The step for these arrays and settings, ready to run; None if there is none."""
        step = self.last
        if step is not None and step.ready(network, x, targets, loss, regularizer, training):
            return step
        step = self.known.get(_key(network, x, targets, loss, regularizer, training))
        if step is None or not step.ready(network, x, targets, loss, regularizer, training):
            return None
        self.last = step
        return step

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
        self.place_of_x = len(self.backward) - 2  # where the first layer's weights get their gradient
        assert before is not None
        self.compute_loss = loss_kernel(loss, source, targets, before)
        self.penalties = self.add_penalties(network)
        self.loss_inputs = (source, targets)

    # --- laying out --------------------------------------------------------------------------------
    def add(self, layer: Layer, source: Array, output: Array, upstream: Array, before: Array | None) -> None:
        """Note the calls of one layer."""
        forward, backward = self.calls(layer, source, output, upstream, before)
        self.forward += forward
        self.backward = backward + self.backward

    def calls(
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
    def ready(
        self, network: Sequential, x: Any, targets: Any, loss: Loss, regularizer: Regularizer, training: bool
    ) -> bool:
        """Whether the step is one of this network, these shapes and settings; then it is made ready."""
        if self.departures or training != self.training or network.layers != self.layers:
            return False
        if x is not self.x and not _alike(x, self.x):
            return False
        if targets is not self.targets and not _alike(targets, self.targets):
            return False
        if loss is not self.loss:
            if type(loss) is not type(self.loss) or loss.op is not self.loss.op:
                return False
            self.loss = self.compute_loss.loss = loss
        if regularizer is not self.regularizer and regularizer.rows != self.regularizer.rows:
            return False
        for layer, op, state in self.held:
            if layer.op is not op:
                return False
            if layer.inputs is not state["inputs"]:
                layer.__dict__.update(state)
        return True

    def run(self, x: Array, targets: Array) -> float:
        """The loss, penalty included; fills the gradient vector."""
        if x is not self.x:
            self.bind(x)
        loss = self.loss
        for function, arguments in self.forward:
            function(*arguments)
        value = self.compute_loss(targets)
        if loss.inputs is not self.loss_inputs or targets is not self.targets:
            self.targets, self.loss_inputs = targets, (self.predictions, targets)
            loss.ran, loss.marks, loss.inputs = loss.row(targets), (), self.loss_inputs
        loss.value = value
        for function, arguments in self.backward:
            function(*arguments)
        if self.penalties:
            return float(value) + float(sum([float(penalty) for penalty in self.penalties]))
        return float(value)

    def bind(self, x: Array) -> None:
        """Use another array as input."""
        self.x = x
        if not self.feeds:
            self.forward[0] = (self.forward[0][0], (..., x))
            return
        self.forward[0] = (x.dot, self.forward[0][1])
        self.backward[self.place_of_x] = (x.T.dot, self.backward[self.place_of_x][1])
        layer, _, state = self.held[0]
        state["inputs"] = (x, *state["inputs"][1:])
        layer.inputs = state["inputs"]


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
        self.targets, self.value = np.empty(targets.shape, z.dtype), np.empty((), z.dtype)
        layout = Layout(z.dtype)
        places = [layout.given(z), layout.given(self.targets)]
        y = layout.store(row.forward(layout, *places), self.value)
        layout.store(row.pull(0, layout, 1.0, y, places), gradient)
        (self.calls,) = layout.calls(Workspace())

    def __call__(self, targets: Array) -> Any:
        """The loss, a number in the dtype of z; fills ``gradient``."""
        self.targets[...] = targets
        run(self.calls)
        return self.value[()]


class GeneralLoss(LossKernel):
    """A loss that is not laid out: it runs by itself, and its gradient is copied."""

    def __init__(self, loss: Loss, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        self.loss = loss

    def __call__(self, targets: Array) -> Any:
        """The loss, a number in the dtype of z; fills ``gradient``."""
        value = self.loss.evaluate(self.z, targets)
        self.gradient[...] = self.loss.pull()
        return value
