"""The losses of many networks at once: the kernels of one network, with a number for each member."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autodiff.op import Op
from ..autodiff.ops.losses import label_cross_entropy, sigmoid_cross_entropy
from ..autodiff.readings.buffers import Call, Layout, Place, Workspace
from .kernels import FEW, LabelCrossEntropy, LossKernel, SigmoidCrossEntropy
from .layer import Array
from .losses import Loss


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
    np.add.reduce(a.reshape(len(a), -1), axis=1, out=out)  # in the order of a sum over one member's array


class _Sigmoid(SigmoidCrossEntropy):
    """The kernel of one network, with a mean for each member."""

    def __init__(self, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        members, size = len(z), z[0].size
        self.few, self.minus_n = size <= FEW, self.number(-size)
        self.value: Array = np.empty(members, z.dtype)
        self.shares = np.full((size, 1), 1 / size, z.dtype)

    def mean(self) -> list[Call]:
        rows, column = self.s.reshape(len(self.value), 1, -1), self.value.reshape(-1, 1, 1)
        return [(np.matmul, (rows, self.shares, column))]


class _Labels(LabelCrossEntropy):
    """The kernel of one network, which goes row by row, with a mean for each member."""

    def __init__(self, z: Array, gradient: Array) -> None:
        members, n, classes = z.shape
        super().__init__(z.reshape(-1, classes), gradient.reshape(-1, classes))
        self.n = self.number(n)
        self.value: Array = np.empty(members, z.dtype)

    def mean(self) -> list[Call]:
        losses = self.picked.reshape(len(self.value), -1)
        return [
            (np.add.reduce, (losses, -1, None, self.value)),
            (np.divide, (self.value, self.n, self.value)),
        ]


class _Row(LossKernel):
    """A loss laid out from its row; without a place for the gradient, the loss alone."""

    def __init__(self, row: Op, z: Array, targets: Array, gradient: Array | None) -> None:
        super().__init__(z, z if gradient is None else gradient)
        self.value: Array = np.empty(len(z), z.dtype)
        self.targets = np.empty(z.shape, z.dtype)
        layout = MembersLayout(z.dtype)
        places = [layout.given(z), layout.given(self.targets)]
        y = layout.store(row.forward(layout, *places), self.value)
        if gradient is not None:
            layout.store(row.pull(0, layout, 1.0, y, places), gradient)
        (self.laid_out,) = layout.calls(Workspace())

    def calls(self, targets: Array) -> list[Call]:
        return [(self.targets.__setitem__, (..., targets.reshape(self.targets.shape))), *self.laid_out]


def flat(targets: Array) -> Array:
    """Class numbers of all members in one row; other targets as they are."""
    return targets.reshape(-1) if targets.ndim == 2 else targets


def stacked_kernel(loss: Loss, z: Array, targets: Array, gradient: Array) -> LossKernel:
    """What gives the loss of each member, and fills the gradients."""
    row = loss.row(targets[0])
    if row is sigmoid_cross_entropy:
        return _Sigmoid(z, gradient)
    if row is label_cross_entropy:
        return _Labels(z, gradient)
    return _Row(row, z, targets, gradient)


def evaluating_kernel(loss: Loss, z: Array, targets: Array) -> LossKernel:
    """What gives the loss of each member."""
    row = loss.row(targets[0])
    return _Labels(z, np.empty_like(z)) if row is label_cross_entropy else _Row(row, z, targets, None)
