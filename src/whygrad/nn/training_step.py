"""One training step laid out once: every buffer, and every NumPy call of a forward and a backward pass.

A network takes thousands of steps with arrays of the same shapes. The first of them runs each layer by
itself and makes new arrays; from what the layers then hold, a :class:`TrainingStep` is laid out, and the
following ones run its calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autodiff.op import Op
from ..autodiff.ops.arrays import affine
from ..autodiff.readings.buffers import UNFIT, Call, Layout, Workspace
from .kernels import KERNELS, LossKernel, affine_backward, affine_forward, small_affine
from .layer import Array, Layer
from .losses import CrossEntropy, Loss
from .regularizers import Regularizer

if TYPE_CHECKING:
    from .sequential import Sequential

KEPT = 4  # steps laid out for a network: a batch, the smaller last one, and two to spare
OURS = f"{__package__}."
HURRIED = ("at_most",)  # guards that a step may leave out
SMALL = 1024  # entries of x that are copied sooner than the bias is added by itself


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
            self._make_room()
            self.known[key] = None
            return
        self.last = self.known[key] = TrainingStep(network, x, targets, loss, regularizer, training)

    def add(
        self, network: Sequential, x: Any, targets: Any, loss: Loss, regularizer: Regularizer, careful: bool
    ) -> None:
        """Lay out a step of training, if it can be, and if there is none or one that is less careful.

        The layers hold what one with such shapes gave.
        """
        key = _key(network, x, targets, loss, regularizer, True)
        step = self.known.get(key)
        if key is not None and (step is None or (careful and step.without)):
            self._make_room()
            self.known[key] = TrainingStep(network, x, targets, loss, regularizer, True, careful)

    def carefully(
        self, network: Sequential, x: Any, targets: Any, loss: Loss, regularizer: Regularizer, training: bool
    ) -> float | None:
        """The loss by a careful step in place of one that was not, and has just computed for these arrays."""
        step = TrainingStep(network, x, targets, loss, regularizer, training)
        self.last = self.known[_key(network, x, targets, loss, regularizer, training)] = step
        return step.run(network, x, targets, loss, regularizer, training)

    def forget_hurry(self) -> None:
        """Drop steps that leave something out."""
        self.known = {key: step for key, step in self.known.items() if step is None or not step.without}
        if self.last is not None and self.last.without:
            self.last = None

    def _make_room(self) -> None:
        while len(self.known) >= KEPT:
            del self.known[next(iter(self.known))]


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
    careful
        False is quicker: the bounds that keep ``exp`` from overflowing are left out, until a loss is not
        finite. NumPy warns of an overflow then, where warnings are not switched off.
    """

    def __init__(
        self,
        network: Sequential,
        x: Array,
        targets: Array,
        loss: Loss,
        regularizer: Regularizer,
        training: bool,
        careful: bool = True,
    ) -> None:
        self.loss, self.regularizer, self.training = loss, regularizer, training
        self.without = () if careful or not may_hurry(network, loss) else HURRIED
        self.layers, self.departures = list(network.layers), network.flat.departures
        self.x, self.targets = x, targets
        self.dtype = x.dtype
        self.workspace = Workspace()
        self.ones = np.ones(len(x), self.dtype)
        self.forward: list[Call] = []
        self.backward: list[Call] = []
        self.held: list[tuple[Layer, Op, dict[str, Any]]] = []  # what layers are to hold after the step
        self.copies = not is_affine(self.layers[0], x) or x.size <= SMALL  # x, rather than use it as it is
        self.turned = self.copies and is_affine(self.layers[0], x)  # samples along the last axis in memory
        self.with_ones: dict[int, Array] = {}  # id of an array -> the one that is its transpose above ones
        self.blocks = parameter_blocks(network)
        output, upstream = self.add_first(x)
        for layer in self.layers[1:]:
            output, upstream = self.add(layer, output, upstream)
        self.predictions = output
        self.kernel = loss_kernel(loss, output, targets, upstream)
        loss_calls = self.kernel.calls(targets)
        self.loss_at = slice(len(self.forward), len(self.forward) + len(loss_calls))
        self.weights_at = self.loss_at.stop + len(self.backward) - 2  # computes dW of the first layer
        self.penalties = self.add_penalties(network)
        self.calls = [*self.forward, *loss_calls, *self.backward]
        self.value = self.kernel.value
        self.loss_state: dict[str, Any] = {
            "ran": loss.row(targets),
            "marks": (),
            "inputs": (output, targets),
            "value": self.value,
        }

    # --- laying out --------------------------------------------------------------------------------
    def add_first(self, x: Array) -> tuple[Array, Array]:
        """Note the calls of the first layer, which may have x for its input or a copy of it."""
        layer = self.layers[0]
        if not self.copies:
            return self.add(layer, x, None)
        copy = self.room(x, above_ones=self.turned)
        self.forward.append((copy.__setitem__, (..., x)))
        found = self.add(layer, copy, None)
        if self.turned:
            self.held[0][2]["inputs"] = (x, *layer.inputs[1:])
        return found

    def room(self, like: Array, above_ones: bool = False) -> Array:
        """A new array; with ``above_ones`` for a layer whose bias is one more row of its weights."""
        shape = like.shape
        if not self.turned or like.ndim != 2:
            return np.empty(shape, like.dtype)
        if not above_ones:
            return np.empty(shape[::-1], like.dtype).T
        with_ones = np.ones((shape[1] + 1, shape[0]), like.dtype)
        array: Array = with_ones[:-1].T
        self.with_ones[id(array)] = with_ones
        return array

    def add(self, layer: Layer, source: Array, before: Array | None) -> tuple[Array, Array]:
        """Note the calls of one layer; gives where its output is, and where the gradient by it goes.

        ``before`` is where the gradient by its input goes.
        """
        later = self.layers[self.layers.index(layer) + 1 :]
        output = self.room(layer.output, bool(later) and is_affine(later[0], layer.output))
        upstream = self.room(layer.output)
        forward, backward = self.calls_of(layer, source, output, upstream, before)
        self.forward, self.backward = self.forward + forward, backward + self.backward
        return output, upstream

    def calls_of(
        self, layer: Layer, source: Array, output: Array, upstream: Array, before: Array | None
    ) -> tuple[list[Call], list[Call]]:
        """The two lists of calls of one layer."""
        dtypes = {getattr(item, "dtype", None) for item in (*layer.inputs, output)}
        if is_laid_out(layer) and dtypes == {self.dtype}:
            values, gradients = _parameters(layer)
            if is_affine(layer, source):
                self.hold(layer, (source, *values), output, upstream)
                (w, b), (dw, db) = values, gradients
                with_ones = self.with_ones.get(id(source))
                if with_ones is not None:
                    wb, dwb = [block.reshape(-1, len(b)) for block in self.blocks[layer]]
                    return small_affine(with_ones, wb, dwb, output, upstream, before)
                return (
                    affine_forward(source, w, b, output, spare=upstream),
                    affine_backward(source, w, upstream, dw, db, before, self.ones),
                )
            constants = [np.empty_like(item) for item in layer.inputs[1 : len(layer.inputs) - len(values)]]
            inputs = (source, *constants, *values)
            wanted = [before, *[None for _ in constants], *gradients]
            try:
                forward, backward = self.lay_out(layer.ran, inputs, output, upstream, wanted)
            except UNFIT:
                pass
            else:
                self.hold(layer, inputs, output, upstream)
                if type(layer).call is not Layer.call:
                    arguments = (source, self.training, constants, self.workspace)
                    forward.insert(0, (layer.call_into, arguments))
                return forward, backward
        general = GeneralLayer(layer, source, output, upstream, before, self.training)
        return [(general.forward, ())], [(general.backward, ())]

    def hold(self, layer: Layer, inputs: tuple[Array, ...], output: Array, upstream: Array) -> None:
        """Have the layer hold these after each step."""
        state = {"ran": layer.ran, "marks": (), "inputs": inputs, "output": output, "upstream": upstream}
        self.held.append((layer, layer.op, state))

    def lay_out(
        self, op: Any, inputs: tuple[Array, ...], output: Array, upstream: Array, gradients: Sequence[Any]
    ) -> tuple[list[Call], list[Call]]:
        """The calls of a row: its forward rule, and its rules for the inputs that have a gradient."""
        layout = Layout(self.dtype, self.without)
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
        held = True  # layers hold what they are to: none has run by itself meanwhile
        for layer, op, state in self.held:
            if layer.op is not op:
                return None
            held = held and layer.inputs is state["inputs"]
        if x is not self.x:
            self.bind(x)
            held = False
        if targets is not self.targets:
            self.bind_targets(targets)
        if not held:
            for layer, _, state in self.held:
                layer.__dict__.update(state)
        if loss.inputs is not self.loss_state["inputs"]:
            loss.__dict__.update(self.loss_state)
        for function, arguments in self.calls:
            function(*arguments)
        value = float(self.value)
        if self.without and not isfinite(value):
            return network._steps.carefully(network, x, targets, loss, regularizer, training)
        if self.penalties:
            return value + sum([float(penalty) for penalty in self.penalties])
        return value

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
        if self.copies:
            calls[0] = calls[0][0], (..., x)
        else:
            calls[0] = x.dot, calls[0][1]
            calls[self.weights_at] = x.T.dot, calls[self.weights_at][1]
        first, _, state = self.held[0] if self.held else (None, None, {})
        if first is self.layers[0] and first.op is affine:
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


def _parameters(layer: Layer) -> tuple[list[Array], list[Array]]:
    """Values and gradients of the layer's parameters."""
    parameters = layer.parameters.values()
    return [parameter.values for parameter in parameters], [parameter.gradient for parameter in parameters]


def may_hurry(network: Sequential, loss: Loss) -> bool:
    """Whether a step that leaves guards out can go by its loss: whether NaN always gets there.

    It does through the package's own rows; somebody else's may make a number of it. And the step must be one
    that can be taken again: what was drawn, as in dropout, cannot.
    """
    return type(loss).__module__.startswith(OURS) and all(
        [
            layer.op.is_ours and type(layer).__module__.startswith(OURS) and type(layer).call is Layer.call
            for layer in network.layers
        ]
    )


def parameter_blocks(network: Sequential) -> dict[Layer, tuple[Array, Array]]:
    """For each layer its parts of the flat vectors, of the parameters and of their gradients."""
    blocks, start = {}, 0
    for layer in network.layers:
        stop = start + sum([parameter.data.size for parameter in layer.parameters.values()])
        blocks[layer] = network.vector[start:stop], network.gradient[start:stop]
        start = stop
    return blocks


def is_laid_out(layer: Layer) -> bool:
    """Whether a layer computes its row and nothing else, and the same row each time."""
    kind = type(layer)
    decides = next(base for base in kind.__mro__ if "call" in vars(base) or "same_row" in vars(base))
    return vars(decides).get("same_row", False) and all(
        getattr(kind, name) is getattr(Layer, name) for name in ("evaluate", "pull_parameters", "pull_input")
    )


def is_affine(layer: Layer, x: Array) -> bool:
    """Whether a layer is x W + b and nothing else, for a matrix x of the same dtype."""
    plain = is_laid_out(layer) and type(layer).call is Layer.call and layer.op is affine
    return plain and x.ndim == 2 and x.dtype == layer.output.dtype


def loss_kernel(loss: Loss, z: Array, targets: Array, gradient: Array) -> LossKernel:
    """What gives the loss for targets, and fills the gradient."""
    row, kind = loss.row(targets), type(loss)
    own = kind.evaluate is Loss.evaluate and kind.pull is Loss.pull
    if own and kind.row in (Loss.row, CrossEntropy.row) and z.ndim == 2:
        if row in KERNELS and (z.shape == targets.shape or np.can_cast(targets.dtype, np.intp)):
            return KERNELS[row](z, gradient)
        if z.shape == targets.shape:
            try:
                return RowLoss(row, z, targets, gradient)
            except UNFIT:
                pass
    return GeneralLoss(loss, z, gradient)


class RowLoss(LossKernel):
    """A loss laid out from its row."""

    def __init__(self, row: Op, z: Array, targets: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        self.targets = np.empty_like(z)
        layout = Layout(z.dtype)
        places = [layout.given(z), layout.given(self.targets)]
        y = layout.store(row.forward(layout, *places), self.value)
        layout.store(row.pull(0, layout, 1.0, y, places), gradient)
        (self.laid_out,) = layout.calls(Workspace())

    def calls(self, targets: Array) -> list[Call]:
        """The calls for these targets; those of another dtype or order of entries are copied first."""
        ours = self.targets
        if targets.dtype != ours.dtype or targets.strides != ours.strides:
            return [(ours.__setitem__, (..., targets)), *self.laid_out]
        return [
            (function, tuple([targets if argument is ours else argument for argument in arguments]))
            for function, arguments in self.laid_out
        ]


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
