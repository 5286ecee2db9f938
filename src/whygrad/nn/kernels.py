"""The three kernels written by hand: dense layers, and the two losses that contain their activation.

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
from ..autodiff.readings.buffers import Call

Array = np.ndarray[Any, Any]


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


def small_affine(x: Array, wb: Array, dwb: Array, z: Array, delta: Array) -> tuple[list[Call], list[Call]]:
    """``z = [x 1] [W; b]`` and ``[dW; db] = [x 1]ᵀ δ``: for a small x fewer calls count more than a copy."""
    with_ones = np.ones((len(x), len(wb)), x.dtype)
    forward: list[Call] = [(with_ones[:, :-1].__setitem__, (..., x)), (with_ones.dot, (wb, z))]
    return forward, [(with_ones.T.dot, (delta, dwb))]


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


def _at_most(a: Array, b: Array, out: Array) -> None:
    np.minimum(a, b, out=out)


def _largest(a: Array, out: Array) -> None:
    np.maximum.reduce(a, 0, out=out)


class SigmoidCrossEntropy(LossKernel):
    """The row ``sigmoid_cross_entropy``; targets have the shape of z.

    With e = exp(-|z|), which never overflows, the loss is the mean of max(z, 0) - z t + log(1 + e), and
    sigmoid(z) is exp(min(z, 0)) / (1 + e).
    """

    def __init__(self, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        self.parts = np.empty(
            (2, *z.shape), z.dtype
        )  # side by side: one call takes exp, or the mean, of both
        self.positive = np.empty_like(z)
        self.mean_of = np.full(self.parts.size, 1 / z.size, z.dtype).dot
        self.zero, self.one, self.n = map(self.number, (0, 1, z.size))

    def calls(self, targets: Array) -> list[Call]:
        """The calls for these targets."""
        z, d, positive, parts = self.z, self.gradient, self.positive, self.parts
        first, second = parts
        return [
            (_at_most, (z, self.zero, second)),
            (np.fmax, (z, self.zero, positive)),  # NaN is in the other already
            (np.subtract, (second, positive, first)),  # -|z|
            (np.exp, (parts, parts)),
            (np.add, (first, self.one, d)),
            (np.divide, (second, d, d)),
            (np.subtract, (d, targets, d)),
            (np.divide, (d, self.n, d)),
            (np.log1p, (first, first)),
            (np.multiply, (z, targets, second)),
            (np.subtract, (positive, second, second)),
            *self.mean(),
        ]

    def mean(self) -> list[Call]:
        """The mean over samples and outputs of what the parts add up to."""
        return [(self.mean_of, (self.parts.reshape(-1), self.value))]


class _Softmax(LossKernel):
    """What the two losses on softmax share.

    They work on the transpose, where each operation runs along the samples, of which there are many.
    """

    def __init__(self, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        n, classes = z.shape
        self.shifted, self.shares = np.empty((classes, n), z.dtype), np.empty((classes, n), z.dtype)
        self.row, self.totals = np.empty(n, z.dtype), np.empty(n, z.dtype)
        self.sum_columns = np.ones(classes, z.dtype).dot
        self.one, self.n, self.minus_n = map(self.number, (1, n, -n))

    def softmax(self) -> list[Call]:
        """``shifted``: z less the largest of its row; ``shares``: softmax; ``totals``: the logs of sums."""
        shifted, shares, row, totals = self.shifted, self.shares, self.row, self.totals
        return [
            (shifted.__setitem__, (..., self.z.T)),
            (_largest, (shifted, row)),
            (np.subtract, (shifted, row, shifted)),
            (np.exp, (shifted, shares)),
            (self.sum_columns, (shares, totals)),
            (np.divide, (shares, totals, shares)),
            (np.log, (totals, totals)),
        ]

    def write(self) -> list[Call]:
        """The gradient, from ``shares`` less the targets."""
        return [
            (np.divide, (self.shares, self.n, self.shares)),
            (self.gradient.T.__setitem__, (..., self.shares)),
        ]


class SoftmaxCrossEntropy(_Softmax):
    """The row ``softmax_cross_entropy``; targets have the shape of z."""

    def calls(self, targets: Array) -> list[Call]:
        """The calls for these targets."""
        shifted, shares, row = self.shifted, self.shares, self.row
        t = self.gradient.reshape(shifted.shape)  # a place for the targets until the gradient is known
        return [
            *self.softmax(),
            (np.subtract, (shifted, self.totals, shifted)),  # log softmax
            (t.__setitem__, (..., targets.T)),
            (t.reshape(-1).dot, (shifted.reshape(-1), self.value)),
            (np.divide, (self.value, self.minus_n, self.value)),
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
        self.losses = self.picked  # of each sample
        self.unsigned = self.places.view(np.uintp)  # what is below zero is far above all others

    def check(self, targets: Array) -> None:
        """Refuse class numbers out of range."""
        if int(np.maximum.reduce(self.unsigned)) >= self.z.size:
            row = rows.label_cross_entropy
            row.check(row, (self.z, targets))  # type: ignore[misc]

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
            (np.add.reduce, (self.losses, -1, None, self.value)),
            (np.divide, (self.value, self.n, self.value)),
            (flat.take, (places, None, picked, "clip")),
            (np.subtract, (picked, self.one, picked)),
            (flat.__setitem__, (places, picked)),
            *self.write(),
        ]


KERNELS: dict[Op, type[LossKernel]] = {
    rows.sigmoid_cross_entropy: SigmoidCrossEntropy,
    rows.softmax_cross_entropy: SoftmaxCrossEntropy,
    rows.label_cross_entropy: LabelCrossEntropy,
}
