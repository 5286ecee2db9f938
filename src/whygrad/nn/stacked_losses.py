"""The losses of many networks at once: the kernels of one network, with a number for each member."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autodiff.op import Op
from ..autodiff.ops.losses import label_cross_entropy, mean_squared_error, sigmoid_cross_entropy
from ..autodiff.readings.buffers import Call, Layout, Place, Workspace
from .kernels import LabelCrossEntropy, LossKernel, MeanSquaredError, SigmoidCrossEntropy
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


class _Squares(MeanSquaredError):
    """The kernel of one network, with a mean for each member."""

    def __init__(self, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        self.value: Array = np.empty(len(z), z.dtype)
        self.n, self.half_n = self.number(z[0].size), self.number(z[0].size / 2)

    def mean(self) -> list[Call]:
        column = self.value.reshape(-1, 1, 1)
        squares = (np.matmul, (self.gradient[:, None, :], self.gradient[:, :, None], column))
        return [squares, (np.divide, (self.value, self.n, self.value))]


class _Sigmoid(SigmoidCrossEntropy):
    """The kernel of one network, with a mean for each member."""

    def __init__(self, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        self.value: Array = np.empty(len(z), z.dtype)
        self.minus_n = self.number(-z[0].size)
        self.few = False  # of one network; of many together they are enough for the quicker calls
        self.shares = np.full((z[0].size, 1), 1 / z[0].size, z.dtype)

    def mean(self) -> list[Call]:
        return [(np.matmul, (self.s[:, None, :], self.shares, self.value.reshape(-1, 1, 1)))]


class _Labels(LabelCrossEntropy):
    """The kernel of one network, which goes sample by sample, with a mean for each member.

    Parameters
    ----------
    z, gradient
        As they lie in memory: (members, n, classes), or (classes, members, n) where they are ``turned``.
    """

    def __init__(self, z: Array, gradient: Array, turned: bool) -> None:
        self.copies: tuple[list[Call], list[Call]] = [], []
        logits, slopes = z, gradient
        if not turned:
            (self.members, n, classes), by_class = z.shape, (z.shape[2], *z.shape[:2])
            logits, slopes = np.empty((2, *by_class), z.dtype)
            self.copies[0].append((logits.__setitem__, (..., np.moveaxis(z, 2, 0))))
            self.copies[1].append((np.moveaxis(gradient, 2, 0).__setitem__, (..., slopes)))
        classes, self.members, n = logits.shape
        super().__init__(logits.reshape(classes, -1).T, slopes.reshape(classes, -1).T)
        self.value: Array = np.empty(self.members, z.dtype)
        self.n = self.number(n)

    def calls(self, targets: Array) -> list[Call]:
        before, after = self.copies
        return [*before, *super().calls(targets), *after]

    def mean(self) -> list[Call]:
        losses = self.picked.reshape(self.members, -1)
        return [
            (np.add.reduce, (losses, 1, None, self.value)),
            (np.divide, (self.value, self.n, self.value)),
        ]


class _Row(LossKernel):
    """A loss laid out from its row; without a place for the gradient, the loss alone."""

    def __init__(self, row: Op, z: Array, gradient: Array | None) -> None:
        super().__init__(z, z if gradient is None else gradient)
        self.value: Array = np.empty(len(z), z.dtype)
        self.targets = np.empty_like(z)
        layout = MembersLayout(z.dtype)
        places = [layout.given(z), layout.given(self.targets)]
        y = layout.store(row.forward(layout, *places), self.value)
        if gradient is not None:
            layout.store(row.pull(0, layout, 1.0, y, places), gradient)
        (self.laid_out,) = layout.calls(Workspace())

    def calls(self, targets: Array) -> list[Call]:
        return [(self.targets.__setitem__, (..., targets)), *self.laid_out]


def stacked_loss(
    loss: Loss, z: Array, targets: Array, gradient: Array | None, turned: bool
) -> tuple[Array, list[Call]]:
    """Where the loss of each member goes, and the calls that compute it and the gradients.

    Parameters
    ----------
    z, gradient
        As they lie in memory: (members, n, outputs), or (outputs, members, n) where they are ``turned``;
        without a place for the gradient, the loss alone.
    targets
        Shape: (members, n) for class numbers, or (members, n, outputs).
    """
    row, slopes = loss.row(targets[0]), gradient
    if row is label_cross_entropy:
        labels = _Labels(z, np.empty_like(z) if slopes is None else slopes, turned)
        return labels.value, labels.calls(targets.reshape(-1))
    members, before, after = len(targets), list[Call](), list[Call]()
    ordered = targets.reshape(members, -1)
    if turned and len(z) > 1:  # the order in which one network adds: output after output
        logits = np.empty((members, len(z), z.shape[2]), z.dtype)
        ordered = np.empty((members, logits[0].size), z.dtype)
        before.append((logits.__setitem__, (..., z.transpose(1, 0, 2))))
        before.append((ordered.reshape(logits.shape).__setitem__, (..., targets.mT)))
        z = logits
        if slopes is not None and gradient is not None:
            slopes = np.empty_like(logits)
            after.append((gradient.transpose(1, 0, 2).__setitem__, (..., slopes)))
    flat = z.reshape(members, -1)
    kernel: LossKernel
    if slopes is None:
        kernel = _Row(row, flat, None)
    elif row is sigmoid_cross_entropy:
        kernel = _Sigmoid(flat, slopes.reshape(flat.shape))
    elif row is mean_squared_error:
        kernel = _Squares(flat, slopes.reshape(flat.shape))
    else:
        kernel = _Row(row, flat, slopes.reshape(flat.shape))
    return kernel.value, [*before, *kernel.calls(ordered), *after]
