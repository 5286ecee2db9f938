"""The kernels written by hand: dense layers, the losses that contain their activation, and squared error.

Everything else is laid out from its row (see :mod:`whygrad.autodiff.readings.buffers`). These are not,
because a better order of work is known than the rule's: NumPy adds a row to a matrix at a third of the
speed at which it adds two matrices, and takes the largest of ten columns at a tenth of that of ten rows.
Tests hold each to its row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autodiff.op import Op
from ..autodiff.ops import losses as rows
from ..autodiff.readings.buffers import Call, share

Array = np.ndarray[Any, Any]

FEW = 64  # entries: below, a call takes longer than what it computes


def affine_forward(x: Array, w: Array, b: Array, z: Array, spare: Array) -> list[Call]:
    """``z = x W + b``; ``spare`` has the shape of z, and anything may be left in it."""
    if b.size == 1:
        return [(x.dot, (w, z)), (np.add, (z, b.reshape(()), z))]
    return [(x.dot, (w, z)), (spare.__setitem__, (..., b)), (np.add, (z, spare, z))]


def affine_backward(
    x: Array, w: Array, delta: Array, dw: Array, db: Array, dx: Array | None, ones: Array
) -> list[Call]:
    """``dW = xᵀ δ``, ``db = 1ᵀ δ``, ``dx = δ Wᵀ`` where wanted, each written where it belongs."""
    calls: list[Call] = [(x.T.dot, (delta, dw)), (ones.dot, (delta, db))]
    return calls if dx is None else [*calls, (delta.dot, (w.T, dx))]


def small_affine(
    with_ones: Array, wb: Array, dwb: Array, z: Array, delta: Array, dx: Array | None
) -> tuple[list[Call], list[Call]]:
    """``z = [x 1] [W; b]``, ``[dW; db] = [x 1]ᵀ δ``, and ``dx = δ Wᵀ`` where wanted.

    ``with_ones`` is xᵀ above a row of ones. The samples run along the last axis of each array in memory, so
    z, delta and dx are transposes of arrays that do not have gaps.
    """
    backward: list[Call] = [(with_ones.dot, (delta, dwb))]
    if dx is not None:
        backward.append((wb[:-1].dot, (delta.T, dx.T)))
    return [(wb.T.dot, (with_ones, z.T))], backward


class LossKernel:
    """Calls that compute a loss and its gradient by the predictions in one go.

    Parameters
    ----------
    z
        Where the predictions are. Shape: (n, outputs).
    gradient
        Where the gradient goes, in the shape of z.

    Attributes
    ----------
    value
        Where the loss goes, an array of no dimension.
    """

    def __init__(self, z: Array, gradient: Array) -> None:
        self.z, self.gradient, self.value = z, gradient, np.empty((), z.dtype)

    def calls(self, targets: Array) -> list[Call]:
        """The calls for these targets, which may have other contents each time they are run."""
        raise NotImplementedError

    def number(self, value: float) -> Array:
        """A constant as an array of no dimension, which NumPy takes in half the time of a float."""
        return np.array(value, self.z.dtype)


def _largest(a: Array, out: Array) -> None:
    np.maximum.reduce(a, 0, out=out)


class MeanSquaredError(LossKernel):
    """The row ``mean_squared_error``; targets have the shape of z.

    The differences lie where the gradient goes, and their squares are added by a product of vectors.
    """

    def __init__(self, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        self.flat, self.half_n = gradient.reshape(-1, order="A"), self.number(z.size / 2)

    def calls(self, targets: Array) -> list[Call]:
        """The calls for these targets."""
        return [
            (np.subtract, (self.z, targets, self.gradient)),
            *self.mean(),
            (np.divide, (self.gradient, self.half_n, self.gradient)),
        ]

    def mean(self) -> list[Call]:
        """The mean of the squares of what is in ``gradient``."""
        return [(self.flat.dot, (self.flat, self.value)), (share, (self.value, self.z.size, self.value))]


class SigmoidCrossEntropy(LossKernel):
    """The row ``sigmoid_cross_entropy``; targets have the shape of z.

    With s = log(1 + exp(z)) the loss is the mean of s - z t, and sigmoid(z) is 1 - exp(-s), which is exact
    in both tails.
    """

    def __init__(self, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        self.s, self.work = np.empty_like(z), np.empty_like(z)
        self.few = z.size <= FEW
        self.mean_of = np.full(z.size, 1 / z.size, z.dtype).dot
        self.zero, self.minus_one, self.minus_n = map(self.number, (0, -1, -z.size))

    def softplus(self) -> list[Call]:
        """log(1 + exp(z)): one call does it, but computes an entry at a time."""
        z, s, positive = self.z, self.s, self.work
        if self.few:
            return [(np.logaddexp, (z, self.zero, s))]
        return [
            (np.copysign, (z, self.minus_one, s)),  # -|z|
            (np.exp, (s, s)),
            (np.log1p, (s, s)),
            (np.fmax, (z, self.zero, positive)),  # NaN is in the other already
            (np.add, (s, positive, s)),
        ]

    def calls(self, targets: Array) -> list[Call]:
        """The calls for these targets."""
        z, d, s, work = self.z, self.gradient, self.s, self.work
        return [
            *self.softplus(),
            (np.negative, (s, d)),
            (np.expm1, (d, d)),  # -sigmoid(z)
            (np.add, (d, targets, d)),
            (np.divide, (d, self.minus_n, d)),
            (np.multiply, (z, targets, work)),
            (np.subtract, (s, work, s)),
            *self.mean(),
        ]

    def mean(self) -> list[Call]:
        """The mean of what each sample and output costs, which is in ``s``."""
        return [(self.mean_of, (self.s.reshape(-1, order="A"), self.value))]


class _Softmax(LossKernel):
    """What the two losses on softmax share.

    They work on the transpose, where each operation runs along the samples, of which there are many. Where
    z lies in memory like that already, so does its gradient, and neither is copied.
    """

    def __init__(self, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        n, classes = z.shape
        self.shifted, self.shares = np.empty((classes, n), z.dtype), np.empty((classes, n), z.dtype)
        self.turned = z.T.flags.c_contiguous and gradient.T.flags.c_contiguous
        self.row, self.totals = np.empty(n, z.dtype), np.empty(n, z.dtype)
        self.sum_columns = np.ones(classes, z.dtype).dot
        self.one, self.n = map(self.number, (1, n))

    def softmax(self) -> list[Call]:
        """``shifted``: z less the largest of its row; ``shares``: softmax; ``totals``: the logs of sums."""
        shifted, shares, row, totals = self.shifted, self.shares, self.row, self.totals
        z = self.z.T if self.turned else shifted
        copy: list[Call] = [] if self.turned else [(shifted.__setitem__, (..., self.z.T))]
        return [
            *copy,
            (_largest, (z, row)),
            (np.subtract, (z, row, shifted)),
            (np.exp, (shifted, shares)),
            (self.sum_columns, (shares, totals)),
            (np.divide, (shares, totals, shares)),
            (np.log, (totals, totals)),
        ]

    def write(self) -> list[Call]:
        """The gradient, from ``shares`` less the targets."""
        if self.turned:
            return [(np.divide, (self.shares, self.n, self.gradient.T))]
        return [
            (np.divide, (self.shares, self.n, self.shares)),
            (self.gradient.T.__setitem__, (..., self.shares)),
        ]


class SoftmaxCrossEntropy(_Softmax):
    """The row ``softmax_cross_entropy``; targets have the shape of z."""

    def calls(self, targets: Array) -> list[Call]:
        """The calls for these targets."""
        shifted, shares, row = self.shifted, self.shares, self.row
        t = self.gradient.reshape(-1, order="A").reshape(shifted.shape)  # room for targets till then
        return [
            *self.softmax(),
            (np.subtract, (shifted, self.totals, shifted)),  # log softmax
            (t.__setitem__, (..., targets.T)),
            (t.reshape(-1).dot, (shifted.reshape(-1), self.value)),
            (share, (self.value, -len(self.z), self.value)),
            (self.sum_columns, (t, row)),
            (np.multiply, (shares, row, shares)),
            (np.subtract, (shares, t, shares)),
            *self.write(),
        ]


class LabelCrossEntropy(_Softmax):
    """The row ``label_cross_entropy``; targets are class numbers, shape (n,)."""

    def __init__(self, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        n = len(z)
        self.samples, self.length = np.arange(n), np.array(n)
        self.places, self.picked = np.empty(n, np.intp), np.empty(n, z.dtype)
        self.unsigned = self.places.view(np.uintp)  # what is below zero is far above all others

    def check(self, targets: Array) -> None:
        """Refuse class numbers out of range."""
        if self.unsigned.item(self.unsigned.argmax()) >= self.z.size:
            row = rows.label_cross_entropy
            row.check_values(row, (self.z, targets))  # type: ignore[misc]

    def calls(self, targets: Array) -> list[Call]:
        """The calls for these targets."""
        places, picked, flat = self.places, self.picked, self.shares.reshape(-1)
        return [
            (np.multiply, (targets, self.length, places)),
            (np.add, (places, self.samples, places)),
            (self.check, (targets,)),
            *self.softmax(),
            (self.shifted.reshape(-1).take, (places, None, picked, "clip")),
            (np.subtract, (self.totals, picked, picked)),
            *self.mean(),
            (flat.take, (places, None, picked, "clip")),
            (np.subtract, (picked, self.one, picked)),
            (flat.__setitem__, (places, picked)),
            *self.write(),
        ]

    def mean(self) -> list[Call]:
        """The mean of what each sample costs, which is in ``picked``."""
        return [
            (np.add.reduce, (self.picked, None, None, self.value)),
            (share, (self.value, len(self.z), self.value)),
        ]


KERNELS: dict[Op, type[LossKernel]] = {
    rows.mean_squared_error: MeanSquaredError,
    rows.sigmoid_cross_entropy: SigmoidCrossEntropy,
    rows.softmax_cross_entropy: SoftmaxCrossEntropy,
    rows.label_cross_entropy: LabelCrossEntropy,
}
