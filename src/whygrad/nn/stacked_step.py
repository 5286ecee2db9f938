"""Training steps of many networks of one shape at once: arrays with a leading axis of members.

A small network's step is dozens of NumPy calls that each cost more than their arithmetic. Here each call does
the arithmetic of all members: parameters lie in a matrix with a row for each, and whatever a network has as
(n, units) is (members, n, units). Products are made slice by slice with the operands that a single network's
step has, and everything else goes entry by entry, so that a member's numbers are those of a network trained
alone, to the last bit; only batches of fewer than 16 rows, and the cross-entropy of at most 64 logits, round
otherwise. As there, where inputs are few the samples run along the last axis, and the biases are one more
row of the weights. Such an array lies in memory as (units, members, n). Where a product needs a row of ones,
it is one more unit at the end, so that the units alone are one piece, and nothing is copied for it.
"""

from __future__ import annotations

import itertools

import numpy as np

from ..autodiff.op import Elementwise, Op
from ..autodiff.ops.arrays import softmax
from ..autodiff.ops.losses import l1_penalty, l2_penalty
from ..autodiff.readings import GUARDS
from ..autodiff.readings.buffers import Call, Layout, Workspace
from .activations import Activation
from .layer import Array, Layer
from .layers import Dense
from .losses import LOSSES, Loss
from .sequential import Sequential
from .stacked_losses import MembersLayout, stacked_loss
from .training_step import SMALL, is_laid_out

Calls = tuple[list[Call], list[Call]]  # forward and backward


class StackedStep:
    """The buffers and calls of one step of many networks, for arrays of given shapes.

    Parameters
    ----------
    network, loss
        Of any member: they say which layers and which rows.
    values, gradient
        A row for each member, as in its network's two vectors. Shape: (members, parameters).
    x
        The inputs of the first run. Shape: (members, n, inputs).
    targets
        Other contents may be written into it between runs. Shape: (members, n) for class numbers, or
        (members, n, outputs).
    l1, l2
        Strengths of the penalties. Shape: (members,).
    workspace
        Where steps that do not run at the same time share arrays.
    careful
        False is quicker, and may give NaN where numbers are so large that ``exp`` overflows, though the
        loss is finite: a careful step then says so.

    Attributes
    ----------
    inputs
        Where those of the next run are to be written. Shape: (members, n, inputs).
    predictions
        What the last run gave. Shape: (members, n, outputs).

    Notes
    -----
    Layers and loss are to be such as :func:`unstackable` finds nothing against.

    Examples
    --------
    >>> from whygrad.nn import Dense, MeanSquaredError, Sequential
    >>> network = Sequential([Dense(1, 1, rng=0)])
    >>> values, gradient = np.array([[2.0, 0.0], [3.0, 1.0]]), np.empty((2, 2))
    >>> x, targets = np.ones((2, 4, 1)), np.zeros((2, 4, 1))
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
        careful: bool = True,
    ) -> None:
        self.workspace, self.careful = Workspace() if workspace is None else workspace, careful
        self.dtype, (self.members, self.n, _) = x.dtype, x.shape
        self.turned = x[0].size <= SMALL  # as a single network's step has it
        self.forward: list[Call] = []
        self.backward: list[Call] = []
        blocks = zip(_parts(network, values), _parts(network, gradient), strict=True)
        followers = [*network.layers[1:], None]
        whole = self._room(x.shape[2], network.layers[0]) if self.turned else x
        source, upstream, before = whole[: x.shape[2]] if self.turned else x, np.empty(0), None
        self.inputs = _members_first(source) if self.turned else x
        self.inputs[...] = x
        upstreams = itertools.cycle(self._upstreams(network))
        passing = False
        for layer, following, (wb, dwb) in zip(network.layers, followers, blocks, strict=True):
            passed, passing = passing, bool(layer.parameters and following and not following.parameters)
            width = layer.outputs(source.shape[0 if self.turned else 2])
            room = self._room(width, following, passing)
            output = room[:width] if self.turned else room
            if layer.parameters:
                # For an activation, the gradient by its input takes the place of that by its output.
                upstream, below = self._upstream(next(upstreams), output)
                dense = _turned_dense if self.turned else _dense
                calls = dense(whole, wb, dwb, output, below, before)
            elif self.turned and layer.op.name == softmax.name:
                self.turned = False  # from here on: it goes along the outputs
                room = output = self._room(width)
                calls, upstream = self._softmax(layer, source, output, upstream)
            else:
                calls = self._activation(layer, source, output, upstream)
                if passed and not any([item is source for _, arguments in calls[1] for item in arguments]):
                    self.workspace.give_back(source)
            self.forward, self.backward = self.forward + calls[0], calls[1] + self.backward
            whole, source, before = room, output, upstream
        self.predictions = _members_first(source) if self.turned else source
        self.value, loss_calls = stacked_loss(loss, source, targets, upstream, self.turned)
        self.penalties: list[Array] = []
        for row, strengths in ((l1_penalty, l1), (l2_penalty, l2)):
            if strengths is not None and strengths.any():
                self._add_penalty(row, strengths, network, values, gradient)
        self.calls = [*self.forward, *loss_calls, *self.backward]

    def run(self) -> Array:
        """The loss of each member, penalty included, in float64; fills the matrix of gradients."""
        for function, arguments in self.calls:
            function(*arguments)
        total = self.value.astype(np.float64)
        if self.penalties:
            total += sum([penalty.astype(np.float64) for penalty in self.penalties])
        return total

    # --- laying out --------------------------------------------------------------------------------
    def _room(self, width: int, following: Layer | None = None, passing: bool = False) -> Array:
        """An array as it lies in memory, with a row of ones below where the layer that follows needs it.

        It is a new one, or for sums on their way, one that may be given back.
        """
        if self.turned and following is not None and following.parameters:
            return np.ones((width + 1, self.members, self.n), self.dtype)
        shape = (width, self.members, self.n) if self.turned else (self.members, self.n, width)
        return self.workspace.take(shape, self.dtype) if passing else np.empty(shape, self.dtype)

    def _upstreams(self, network: Sequential) -> tuple[Array, Array]:
        """Two arrays, by turns for the gradients by the outputs of dense layers: nobody wants them later."""
        widest = max([layer.weights.shape[1] for layer in network.layers if isinstance(layer, Dense)])
        size = self.members * self.n * widest
        return np.empty(size, self.dtype), np.empty(size, self.dtype)

    def _upstream(self, room: Array, output: Array) -> tuple[Array, Array]:
        """Where the gradient by an output goes, and the same as a product takes it (see ``_product``)."""
        if self.turned and len(output) == 1:
            padded = np.zeros((2, *output.shape[1:]), self.dtype)
            return padded[:1], padded
        upstream = room[: output.size].reshape(output.shape)
        return upstream, upstream

    def _activation(self, layer: Layer, source: Array, output: Array, upstream: Array) -> Calls:
        """The calls of a row; the gradient by its input is written over that by its output."""
        layout = Layout(self.dtype, () if self.careful else GUARDS)
        places = [layout.given(source)]
        y = layout.store(layer.op.forward(layout, *places), output)
        layout.next_phase()
        layout.store(layer.op.pull(0, layout, layout.given(upstream), y, places), upstream)
        forward, backward = layout.calls(self.workspace)
        return forward, backward

    def _softmax(self, layer: Layer, source: Array, output: Array, before: Array) -> tuple[Calls, Array]:
        """The same on copies in which the outputs run along the last axis, and where its gradient goes."""
        logits, upstream = np.empty_like(output), np.empty_like(output)
        forward, backward = self._activation(layer, logits, output, upstream)
        forward.insert(0, (logits.__setitem__, (..., _members_first(source))))
        backward.append((_members_first(before).__setitem__, (..., upstream)))
        return (forward, backward), upstream

    def _add_penalty(
        self, row: Op, strengths: Array, network: Sequential, values: Array, gradient: Array
    ) -> None:
        """Note the gradients of a penalty; its values come to stand in ``penalties``."""
        strengths = strengths.astype(self.dtype)
        start = 0
        for parameter in network.flat.parameters.values():
            part = slice(start, start + parameter.data.size)
            start = part.stop
            if parameter.penalized:
                layout = MembersLayout(self.dtype)
                w, given = layout.given(values[:, part]), layout.given(gradient[:, part])
                value = np.empty(self.members, self.dtype)
                y = row.forward(layout, w)
                layout.store(y * layout.given(strengths), value)
                g = layout.given(strengths.reshape(-1, 1))
                assert given.array is not None
                layout.store(given + row.pull(0, layout, g, y, [w]), given.array)
                self.backward += layout.calls(self.workspace)[0]
                self.penalties.append(value)


class StackedEvaluation:
    """The loss of many networks on rows that are not trained on, and their predictions.

    Parameters
    ----------
    network, loss, values, targets, workspace, careful
        As for :class:`StackedStep`.
    x
        The inputs alone. Shape: (members, n, inputs).

    Notes
    -----
    Evaluations with one workspace write into the same arrays: read what one says before the next runs.
    """

    def __init__(
        self,
        network: Sequential,
        loss: Loss,
        values: Array,
        x: Array,
        targets: Array,
        workspace: Workspace,
        careful: bool = True,
    ) -> None:
        self.calls: list[Call] = []
        self.careful = careful
        members, n, inputs = x.shape
        whole = np.ones((inputs + 1, members, n), x.dtype)  # x as a layer's product wants it
        source, taken = whole[:-1], list[Array]()
        source[...] = np.moveaxis(x, 2, 0)
        followers = [*network.layers[1:], None]
        for layer, following, wb in zip(network.layers, followers, _parts(network, values), strict=True):
            width = layer.outputs(source.shape[0])
            ones = following is not None and bool(following.parameters)
            room = workspace.take((width + ones, members, n), x.dtype)
            taken.append(room)
            output = room[:width]
            if ones:
                self.calls.append((room[-1].fill, (1,)))
            if layer.parameters:
                self.calls += _weighted(whole, wb, output)
            elif layer.op.name == softmax.name:  # which goes along the outputs
                logits, shares = np.empty((2, members, n, width), x.dtype)
                self.calls.append((logits.__setitem__, (..., _members_first(source))))
                self._activate(layer, logits, shares, workspace)
                self.calls.append((_members_first(output).__setitem__, (..., shares)))
            else:
                self._activate(layer, source, output, workspace)
            whole, source = room, output
        self.predictions = _members_first(source)
        self.value, loss_calls = stacked_loss(loss, source, targets, None, turned=True)
        self.calls += loss_calls
        for array in taken:
            workspace.give_back(array)

    def _activate(self, layer: Layer, source: Array, output: Array, workspace: Workspace) -> None:
        layout = Layout(source.dtype, () if self.careful else GUARDS)
        layout.store(layer.op.forward(layout, layout.given(source)), output)
        self.calls += layout.calls(workspace)[0]

    def run(self) -> Array:
        """The loss of each member, in float64."""
        for function, arguments in self.calls:
            function(*arguments)
        return self.value.astype(np.float64)


def unstackable(network: Sequential, loss: Loss | None) -> str | None:
    """Which layer or loss cannot be laid out for many networks at once; None if all can."""
    if network.layers and type(network.layers[0]) is not Dense:
        return f"{network.layers[0]!r} as the first layer"
    for layer in network.layers:
        plain = is_laid_out(layer) and type(layer).call is Layer.call
        activates = isinstance(layer, Activation) and (
            isinstance(layer.op, Elementwise) or layer.op.name == softmax.name
        )
        if not plain or not (type(layer) is Dense or activates):
            return repr(layer)
    return None if loss is None or type(loss) in LOSSES.values() else repr(loss)


# --- layers --------------------------------------------------------------------------------------------
def _parts(network: Sequential, matrix: Array) -> list[Array]:
    """For each layer, its part of the rows of a matrix, the biases as the last row of the weights.

    Shape: (members, inputs + 1, outputs); without parameters anything.
    """
    found, start = [], 0
    for layer in network.layers:
        stop = start + sum([parameter.data.size for parameter in layer.parameters.values()])
        width = layer.weights.shape[1] if isinstance(layer, Dense) else 1
        found.append(matrix[:, start:stop].reshape(len(matrix), -1, width))
        start = stop
    return found


def _members_first(array: Array) -> Array:
    """What lies as (units, members, n), as (members, n, units)."""
    return array.transpose(1, 2, 0)


def _weighted(x: Array, wb: Array, z: Array) -> list[Call]:
    """``z = [W; b]ᵀ [x; 1]``, where the ones lie below x: samples run along the last axis."""
    return [(np.matmul, (wb.mT, x.transpose(1, 0, 2), z.transpose(1, 0, 2)))]


def _turned_dense(x: Array, wb: Array, dwb: Array, z: Array, below: Array, dx: Array | None) -> Calls:
    """The same with ``[dW; db] = [x; 1] δᵀ`` and ``dx = W δ``; ``below`` is δ, with zeros under it or not."""
    delta, outputs = below[: len(z)], len(z)
    backward: list[Call] = [(np.matmul, (x.transpose(1, 0, 2), _members_first(delta), dwb))]
    if dx is not None:
        weights = wb[:, :-1]
        if len(below) > outputs:
            weights = np.zeros((*weights.shape[:2], len(below)), x.dtype)
            backward.append((weights[:, :, :outputs].__setitem__, (..., wb[:, :-1])))
        backward.append((np.matmul, (weights, below.transpose(1, 0, 2), dx.transpose(1, 0, 2))))
    return _weighted(x, wb, z), backward


def _dense(x: Array, wb: Array, dwb: Array, z: Array, delta: Array, dx: Array | None) -> Calls:
    """``z = x W + b``, ``dW = xᵀ δ``, ``db = 1ᵀ δ``, ``dx = δ Wᵀ`` of each member."""
    ones = np.ones((1, x.shape[1]), x.dtype)
    backward: list[Call] = [(np.matmul, (x.mT, delta, dwb[:, :-1])), (np.matmul, (ones, delta, dwb[:, -1:]))]
    if dx is not None:
        backward += _product(delta, wb[:, :-1].mT, dx)
    return [(np.matmul, (x, wb[:, :-1], z)), (np.add, (z, wb[:, -1:], z))], backward


def _product(a: Array, b: Array, out: Array) -> list[Call]:
    """The product of each pair. Outer products, where one number times one is all, NumPy makes entry by entry
    and slowly: with a zero beside each they are left to BLAS.
    """
    if a.shape[2] > 1:
        return [(np.matmul, (a, b, out))]
    members, rows, columns = out.shape
    left, right = np.zeros((members, rows, 2), a.dtype), np.zeros((members, 2, columns), a.dtype)
    copies: list[Call] = [(left[:, :, :1].__setitem__, (..., a)), (right[:, :1].__setitem__, (..., b))]
    return [*copies, (np.matmul, (left, right, out))]
