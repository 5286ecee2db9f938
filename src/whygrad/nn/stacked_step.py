"""Training steps of many networks of one shape at once: arrays with a leading axis of members.

A small network's step is dozens of NumPy calls that each cost more than their arithmetic. Here each call does
the arithmetic of all members: parameters lie in a matrix with a row for each, and whatever a network has as
(n, units) is (members, n, units). Products are made slice by slice with the operands and the strides that a
single network's step has, and everything else is elementwise, so that a member's numbers are those of a
network trained alone, to the last bit.
"""

from __future__ import annotations

import itertools

import numpy as np

from ..autodiff.op import Elementwise, Op
from ..autodiff.ops.arrays import softmax
from ..autodiff.ops.losses import l1_penalty, l2_penalty
from ..autodiff.readings.buffers import Call, Layout, Workspace
from .activations import Activation
from .layer import Array, Layer
from .layers import Dense
from .losses import LOSSES, Loss
from .sequential import Sequential
from .stacked_losses import MembersLayout, evaluating_kernel, flat, stacked_kernel
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
        *,
        l1: Array | None = None,
        l2: Array | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        self.workspace = Workspace() if workspace is None else workspace
        self.dtype, (self.members, self.n, _) = x.dtype, x.shape
        self.forward: list[Call] = []
        self.backward: list[Call] = []
        source, upstream, before = x[..., :-1], np.empty(0), None
        parts = _parts(network, values), _parts(network, gradient)
        upstreams = itertools.cycle(self._upstreams(network))
        for layer, weights, slopes in zip(network.layers, *parts, strict=True):
            output = np.empty((*source.shape[:2], layer.outputs(source.shape[2])), self.dtype)
            if weights:  # for an activation, the gradient by its input takes the place of that by its output
                upstream = next(upstreams)[: output.size].reshape(output.shape)
            if before is None and source[0].size <= SMALL:  # as a single network's step has it
                calls = _with_ones(x, values, gradient, weights[0].shape[1:], output, upstream)
            else:
                calls = self._calls(layer, source, weights, slopes, output, upstream, before)
            self.forward, self.backward = self.forward + calls[0], calls[1] + self.backward
            source, before = output, upstream
        self.predictions = source
        kernel = stacked_kernel(loss, source, targets, upstream)
        self.value = kernel.value
        self.penalties = self._add_penalties(network, parts, l1, l2)
        self.calls = [*self.forward, *kernel.calls(flat(targets)), *self.backward]

    def run(self) -> Array:
        """The loss of each member, penalty included, in float64; fills the matrix of gradients."""
        for function, arguments in self.calls:
            function(*arguments)
        total = self.value.astype(np.float64)
        if self.penalties:
            total += sum([penalty.astype(np.float64) for penalty in self.penalties])
        return total

    # --- laying out --------------------------------------------------------------------------------
    def _upstreams(self, network: Sequential) -> tuple[Array, Array]:
        """Two arrays, by turns for the gradients by the outputs of dense layers: nobody wants them later."""
        widest = max([layer.weights.shape[1] for layer in network.layers if isinstance(layer, Dense)])
        size = self.members * self.n * widest
        return np.empty(size, self.dtype), np.empty(size, self.dtype)

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
            (w, b), (dw, db) = weights, slopes
            return dense_forward(source, w, b, output), _dense_backward(source, w, upstream, dw, db, before)
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
                w, b = weights
                self.calls += dense_forward(x, w, b, output)
            else:
                layout = Layout(x.dtype)
                layout.store(layer.op.forward(layout, layout.given(x)), output)
                self.calls += layout.calls(workspace)[0]
            x = output
        self.predictions = x
        kernel = evaluating_kernel(loss, x, targets)
        self.value = kernel.value
        self.calls += kernel.calls(flat(targets))

    def run(self) -> Array:
        """The loss of each member, in float64."""
        for function, arguments in self.calls:
            function(*arguments)
        return self.value.astype(np.float64)


def unstackable(network: Sequential, loss: Loss | None) -> str | None:
    """Which layer or loss cannot be laid out for many networks at once; None if all can."""
    for layer in network.layers:
        plain = is_laid_out(layer) and type(layer).call is Layer.call
        activates = isinstance(layer, Activation) and (
            isinstance(layer.op, Elementwise) or layer.op.name == softmax.name
        )
        if not plain or not (type(layer) is Dense or activates):
            return repr(layer)
    return None if loss is None or type(loss) in LOSSES.values() else repr(loss)


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


def _column_by_row(column: Array, row: Array, out: Array) -> None:
    """The outer products, where nothing is summed, in less time than by matmul or multiply."""
    np.einsum("mni,moi->mno", column, row, out=out)


def _dense_backward(x: Array, w: Array, delta: Array, dw: Array, db: Array, dx: Array | None) -> list[Call]:
    """``dW = xᵀ δ``, ``db = 1ᵀ δ``, ``dx = δ Wᵀ`` of each member."""
    ones = np.ones((1, x.shape[1]), x.dtype)
    calls: list[Call] = [(np.matmul, (x.mT, delta, dw)), (np.matmul, (ones, delta, db))]
    if dx is None:
        return calls
    if delta.shape[2] == 1:
        return [*calls, (_column_by_row, (delta, w, dx))]
    if w[0].size <= SMALL:  # where a transposed operand costs more than a copy
        turned = np.empty(w.mT.shape, w.dtype)
        return [*calls, (np.copyto, (turned, w.mT)), (np.matmul, (delta, turned, dx))]
    return [*calls, (np.matmul, (delta, w.mT, dx))]
