"""Training steps of many networks of one shape at once: arrays with a leading axis of members.

A small network's step is dozens of NumPy calls that each cost more than their arithmetic. Here each call does
the arithmetic of all members: parameters lie in a matrix with a row for each, and whatever a network has as
(n, units) is (members, n, units). Products are made slice by slice with the operands and the strides that a
single network's step has, and everything else is elementwise, so that a member's numbers are those of a
network trained alone, to the last bit.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autodiff.op import Elementwise, Op
from ..autodiff.ops.arrays import softmax
from ..autodiff.ops.losses import l1_penalty, l2_penalty, label_cross_entropy, sigmoid_cross_entropy
from ..autodiff.readings.buffers import Call, Layout, Place, Workspace
from .activations import Activation
from .kernels import LabelCrossEntropy, LossKernel, SigmoidCrossEntropy
from .layer import Array, Layer
from .layers import Dense
from .losses import LOSSES, Loss
from .sequential import Sequential
from .training_step import SMALL, is_laid_out


class StackedStep:
    """The buffers and calls of one step of many networks, for arrays of given shapes.

    Parameters
    ----------
    network, loss
        Of any member: they say which layers and which rows.
    values, gradient
        A row for each member, as in its network's two vectors. Shape: (members, parameters).
    x
        The inputs, with a last column of ones beside them. Shape: (members, n, inputs + 1).
    targets
        Shape: (members, n) for class numbers, or (members, n, outputs).
    l1, l2
        Strengths of the penalties. Shape: (members,).
    workspace
        Where steps that do not run at the same time share arrays.

    Notes
    -----
    Layers and loss are to be such as :func:`unstackable` finds nothing against.

    Examples
    --------
    >>> from whygrad.nn import Dense, MeanSquaredError, Sequential
    >>> network = Sequential([Dense(1, 1, rng=0)])
    >>> values, gradient = np.array([[2.0, 0.0], [3.0, 1.0]]), np.empty((2, 2))
    >>> x, targets = np.ones((2, 4, 2)), np.zeros((2, 4, 1))
    >>> step = StackedStep(network, MeanSquaredError(), values, gradient, x, targets)
    >>> step.run()
    array([ 4., 16.])
    >>> gradient
    array([[4., 4.],
           [8., 8.]])
    """

    def __init__(
        self,
        network: Sequential,
        loss: Loss,
        values: Array,
        gradient: Array,
        x: Array,
        targets: Array,
        l1: Array | None = None,
        l2: Array | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        self.workspace = Workspace() if workspace is None else workspace
        self.dtype, (self.members, self.n, _) = x.dtype, x.shape
        self.forward: list[Call] = []
        self.backward: list[Call] = []
        source, before = x[..., :-1], None
        parts = _parts(network, values), _parts(network, gradient)
        first = network.layers[0]
        for layer, weights, slopes in zip(network.layers, *parts, strict=True):
            output, upstream = self._new(layer, source), self._new(layer, source)
            if layer is first and source[0].size <= SMALL:  # as a single network's step has it
                calls = _with_ones(x, values, gradient, weights[0].shape[1:], output, upstream)
            else:
                calls = self._calls(layer, source, weights, slopes, output, upstream, before)
            self.forward, self.backward = self.forward + calls[0], calls[1] + self.backward
            source, before = output, upstream
        self.predictions = source
        kernel = _kernel(loss, source, targets, before)
        self.value = kernel.value
        self.penalties = self._add_penalties(network, parts, l1, l2)
        self.calls = [*self.forward, *kernel.calls(_flat(targets)), *self.backward]

    def run(self) -> Array:
        """The loss of each member, penalty included, in float64; fills the matrix of gradients."""
        for function, arguments in self.calls:
            function(*arguments)
        total = self.value.astype(np.float64)
        if self.penalties:
            total += sum([penalty.astype(np.float64) for penalty in self.penalties])
        return total

    # --- laying out --------------------------------------------------------------------------------
    def _new(self, layer: Layer, source: Array) -> Array:
        return np.empty((self.members, self.n, layer.outputs(source.shape[2])), self.dtype)

    def _calls(
        self,
        layer: Layer,
        source: Array,
        weights: list[Array],
        slopes: list[Array],
        output: Array,
        upstream: Array,
        before: Array | None,
    ) -> tuple[list[Call], list[Call]]:
        """The forward and the backward calls of one layer."""
        if weights:
            forward = dense_forward(source, *weights, output)
            return forward, _dense_backward(source, weights[0], upstream, *slopes, before)
        layout = Layout(self.dtype)
        places = [layout.given(source)]
        y = layout.store(layer.op.forward(layout, *places), output)
        layout.next_phase()
        if before is not None:
            layout.store(layer.op.pull(0, layout, layout.given(upstream), y, places), before)
        lists = layout.calls(self.workspace)
        return lists[0], lists[1]

    def _add_penalties(
        self,
        network: Sequential,
        parts: tuple[list[list[Array]], list[list[Array]]],
        l1: Array | None,
        l2: Array | None,
    ) -> list[Array]:
        """Note the gradients of the penalties; their values come to stand in the arrays returned."""
        found = []
        for row, strengths in ((l1_penalty, l1), (l2_penalty, l2)):
            if strengths is None or not strengths.any():
                continue
            column = strengths.astype(self.dtype).reshape(-1, 1)
            for layer, weights, slopes in zip(network.layers, *parts, strict=True):
                for parameter, w, slope in zip(layer.parameters.values(), weights, slopes, strict=True):
                    if parameter.penalized:
                        flat = w.reshape(self.members, -1), slope.reshape(self.members, -1)
                        found.append(self._add_penalty(row, column, *flat))
        return found

    def _add_penalty(self, row: Op, strengths: Array, w: Array, slope: Array) -> Array:
        layout = MembersLayout(self.dtype)
        place, given = layout.given(w), layout.given(slope)
        value = np.empty(self.members, self.dtype)
        y = row.forward(layout, place) * layout.given(strengths[:, 0])
        layout.store(y, value)
        layout.store(given + row.pull(0, layout, layout.given(strengths), y, [place]), slope)
        self.backward += layout.calls(self.workspace)[0]
        return value


class StackedEvaluation:
    """The loss of many networks on rows that are not trained on, and their predictions.

    Parameters
    ----------
    network, loss, values, targets, workspace
        As for :class:`StackedStep`.
    x
        The inputs alone. Shape: (members, n, inputs).
    """

    def __init__(
        self, network: Sequential, loss: Loss, values: Array, x: Array, targets: Array, workspace: Workspace
    ) -> None:
        self.calls: list[Call] = []
        for layer, weights in zip(network.layers, _parts(network, values), strict=True):
            output = workspace.take((*x.shape[:2], layer.outputs(x.shape[2])), x.dtype)
            if weights:
                self.calls += dense_forward(x, *weights, output)
            else:
                layout = Layout(x.dtype)
                layout.store(layer.op.forward(layout, layout.given(x)), output)
                self.calls += layout.calls(workspace)[0]
            x = output
        self.predictions = x
        kernel = _evaluating(loss, x, targets)
        self.value = kernel.value
        self.calls += kernel.calls(_flat(targets))

    def run(self) -> Array:
        """The loss of each member, in float64."""
        for function, arguments in self.calls:
            function(*arguments)
        return self.value.astype(np.float64)


def unstackable(network: Sequential, loss: Loss) -> str | None:
    """Which layer or loss cannot be laid out for many networks at once; None if all can."""
    for layer in network.layers:
        plain = is_laid_out(layer) and type(layer).call is Layer.call
        activates = isinstance(layer, Activation) and (
            isinstance(layer.op, Elementwise) or layer.op.name == softmax.name
        )
        if not plain or not (type(layer) is Dense or activates):
            return repr(layer)
    return None if type(loss) in LOSSES.values() else repr(loss)


# --- layers --------------------------------------------------------------------------------------------
def _parts(network: Sequential, matrix: Array) -> list[list[Array]]:
    """For each layer, views of its parameters in the rows of a matrix; a bias is (members, 1, outputs)."""
    found, start = [], 0
    for layer in network.layers:
        views = []
        for parameter in layer.parameters.values():
            stop = start + parameter.data.size
            views.append(matrix[:, start:stop].reshape(len(matrix), *([1, *parameter.shape][-2:])))
            start = stop
        found.append(views)
    return found


def _with_ones(
    x: Array, values: Array, gradient: Array, shape: tuple[int, ...], z: Array, delta: Array
) -> tuple[list[Call], list[Call]]:
    """``z = [x 1] [W; b]`` and ``[dW; db] = [x 1]ᵀ δ``, as the bias lies behind the weights."""
    rows, columns = shape[0] + 1, shape[1]
    wb, dwb = [matrix[:, : rows * columns].reshape(-1, rows, columns) for matrix in (values, gradient)]
    return [(np.matmul, (x, wb, z))], [(np.matmul, (x.mT, delta, dwb))]


def dense_forward(x: Array, w: Array, b: Array, z: Array) -> list[Call]:
    """``z = x W + b`` of each member."""
    return [(np.matmul, (x, w, z)), (np.add, (z, b, z))]


def _dense_backward(
    x: Array, w: Array, delta: Array, dw: Array, db: Array, dx: Array | None
) -> list[Call]:
    """``dW = xᵀ δ``, ``db = 1ᵀ δ``, ``dx = δ Wᵀ`` of each member."""
    ones = np.ones((1, x.shape[1]), x.dtype)
    calls: list[Call] = [(np.matmul, (x.mT, delta, dw)), (np.matmul, (ones, delta, db))]
    if dx is None:
        return calls
    product = np.multiply if delta.shape[2] == 1 else np.matmul  # of one column and one row: nothing is summed
    return [*calls, (product, (delta, w.mT, dx))]


# --- losses --------------------------------------------------------------------------------------------
class MembersLayout(Layout):
    """Rules that end in one number, laid out so that they give one for each member."""

    def given(self, array: Array) -> Place:
        """The place of an array that is there already; its size is that of one member's part."""
        if id(array) not in self.places:
            self.places[id(array)] = _OfMembers(self, array.shape, array.dtype, array)
        return super().given(array)

    def sum(self, a: Place, axis: Any = None, keepdims: bool = False) -> Place:
        """The sum over a member's entries."""
        assert axis is None
        return self._note(_sum_of_each, (a,), a.shape[:1], self.dtype)

    def mean(self, a: Place, axis: Any = None, keepdims: bool = False) -> Place:
        """Their mean."""
        return self.elementwise(np.divide, self.sum(a, axis), int(np.prod(a.shape[1:])))


class _OfMembers(Place):
    __slots__ = ()
    __hash__ = object.__hash__

    @property
    def size(self) -> int:
        return int(np.prod(self.shape[1:]))


def _sum_of_each(a: Array, out: Array) -> None:
    np.add.reduce(a.reshape(len(a), -1), 1, None, out)  # in the order of a sum over one member's array


class _Sigmoid(SigmoidCrossEntropy):
    """The kernel of one network, with a mean for each member."""

    def __init__(self, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        beside = np.empty((len(z), 2, *z.shape[1:]), z.dtype)
        self.parts, self.n = beside.swapaxes(0, 1), self.number(z[0].size)
        self.rows, self.value = beside.reshape(len(z), 1, -1), np.empty(len(z), z.dtype)
        self.shares = np.full((2 * z[0].size, 1), 1 / z[0].size, z.dtype)

    def mean(self) -> Call:
        return np.matmul, (self.rows, self.shares, self.value.reshape(-1, 1, 1))


class _Labels(LabelCrossEntropy):
    """The kernel of one network, which goes row by row, with a mean for each member."""

    def __init__(self, z: Array, gradient: Array) -> None:
        members, n, classes = z.shape
        super().__init__(z.reshape(-1, classes), gradient.reshape(-1, classes))
        self.n, self.value = self.number(n), np.empty(members, z.dtype)
        self.losses = self.picked.reshape(members, n)


class _Row(LossKernel):
    """A loss laid out from its row; without a place for the gradient, the loss alone."""

    def __init__(self, row: Op, z: Array, targets: Array, gradient: Array | None) -> None:
        super().__init__(z, z if gradient is None else gradient)
        self.value = np.empty(len(z), z.dtype)
        self.targets = np.empty(z.shape, z.dtype)
        layout = MembersLayout(z.dtype)
        places = [layout.given(z), layout.given(self.targets)]
        y = layout.store(row.forward(layout, *places), self.value)
        if gradient is not None:
            layout.store(row.pull(0, layout, 1.0, y, places), gradient)
        (self.laid_out,) = layout.calls(Workspace())

    def calls(self, targets: Array) -> list[Call]:
        return [(self.targets.__setitem__, (..., targets.reshape(self.targets.shape))), *self.laid_out]


def _flat(targets: Array) -> Array:
    """Class numbers of all members in one row; other targets as they are."""
    return targets.reshape(-1) if targets.ndim == 2 else targets


def _kernel(loss: Loss, z: Array, targets: Array, gradient: Array) -> LossKernel:
    """What gives the loss of each member, and fills the gradients."""
    row = loss.row(targets[0])
    if row is sigmoid_cross_entropy:
        return _Sigmoid(z, gradient)
    if row is label_cross_entropy:
        return _Labels(z, gradient)
    return _Row(row, z, targets, gradient)


def _evaluating(loss: Loss, z: Array, targets: Array) -> LossKernel:
    """What gives the loss of each member."""
    row = loss.row(targets[0])
    return _Labels(z, np.empty_like(z)) if row is label_cross_entropy else _Row(row, z, targets, None)
