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


class LossKernel:
    """Computes a loss and its gradient by the predictions in one go, into buffers laid out once.

    Parameters
    ----------
    z
        Where the predictions are. Shape: (n, outputs).
    gradient
        Where the gradient goes, in the shape of z.
    """

    loss: Any = None  # the object whose kernel this is

    def __init__(self, z: Array, gradient: Array) -> None:
        self.z, self.gradient = z, gradient

    def __call__(self, targets: Array) -> Any:
        """The loss, a number in the dtype of z; fills ``gradient``."""
        raise NotImplementedError


class SigmoidCrossEntropy(LossKernel):
    """The row ``sigmoid_cross_entropy``; targets have the shape of z.

    With e = exp(-|z|), which never overflows, the loss is the mean of max(z, 0) - z t + log(1 + e), and
    sigmoid(z) is exp(min(z, 0)) / (1 + e).
    """

    def __init__(self, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        self.parts = np.empty((2, *z.shape), z.dtype)  # side by side, for one product to sum them all
        self.products = np.empty_like(z)
        self.sum_of = np.ones(self.parts.size, z.dtype).dot
        self.zero, self.one, self.minus_one, self.count = (
            np.array(value, z.dtype) for value in (0, 1, -1, z.size)
        )

    def __call__(self, targets: Array) -> Any:
        """The loss, a number in the dtype of z; fills ``gradient``."""
        z, d, zero, (hinge, e) = self.z, self.gradient, self.zero, self.parts
        np.copysign(z, self.minus_one, e)
        np.exp(e, e)
        np.add(e, self.one, hinge)
        np.minimum(z, zero, out=d)
        np.exp(d, d)
        np.divide(d, hinge, d)
        np.subtract(d, targets, d)
        np.divide(d, self.count, d)
        np.log1p(e, e)
        np.maximum(z, zero, out=hinge)
        np.multiply(z, targets, self.products)
        np.subtract(hinge, self.products, hinge)
        return self.sum_of(self.parts.reshape(-1)) / z.size


class SoftmaxCrossEntropy(LossKernel):
    """The row ``softmax_cross_entropy``; targets have the shape of z.

    Works on the transpose, where each operation runs along the samples, of which there are many.
    """

    def __init__(self, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        n, classes = z.shape
        self.work, self.shares = np.empty((classes, n), z.dtype), np.empty((classes, n), z.dtype)
        self.row, self.totals = np.empty(n, z.dtype), np.empty(n, z.dtype)
        self.sum_columns = np.ones(classes, z.dtype).dot
        self.count = np.array(n, z.dtype)

    def exponentials(self) -> None:
        """Let ``work`` be z less the largest of its row, ``shares`` exp of that, ``totals`` their sums."""
        work, row = self.work, self.row
        work[...] = self.z.T
        np.maximum.reduce(work, 0, out=row)
        np.subtract(work, row, work)
        np.exp(work, self.shares)
        self.sum_columns(self.shares, self.totals)

    def __call__(self, targets: Array) -> Any:
        """The loss, a number in the dtype of z; fills ``gradient``."""
        work, shares, row, totals = self.work, self.shares, self.row, self.totals
        self.exponentials()
        np.divide(shares, totals, shares)
        np.log(totals, totals)
        np.subtract(work, totals, work)  # log softmax
        t = self.gradient.reshape(work.shape)  # a place for the targets until the gradient is known
        t[...] = targets.T
        value = -t.reshape(-1).dot(work.reshape(-1)) / len(targets)
        self.sum_columns(t, row)
        np.multiply(shares, row, shares)
        np.subtract(shares, t, shares)
        np.divide(shares, self.count, shares)
        self.gradient.T[...] = shares
        return value


class LabelCrossEntropy(SoftmaxCrossEntropy):
    """The row ``label_cross_entropy``; targets are class numbers, shape (n,)."""

    def __init__(self, z: Array, gradient: Array) -> None:
        super().__init__(z, gradient)
        n = len(z)
        self.samples, self.length = np.arange(n), np.array(n)
        self.places, self.picked = np.empty(n, np.intp), np.empty(n, z.dtype)
        self.unsigned = self.places.view(np.uintp)
        self.one = np.array(1, z.dtype)

    def __call__(self, targets: Array) -> Any:
        """The loss, a number in the dtype of z; fills ``gradient``."""
        n = len(targets)
        places, picked, shares, totals = self.places, self.picked, self.shares, self.totals
        np.multiply(targets, self.length, places)
        np.add(places, self.samples, places)
        if np.maximum.reduce(self.unsigned) >= shares.size:  # what is below zero is far above all others
            row = rows.label_cross_entropy
            row.check(row, (self.z, targets))  # type: ignore[misc]
        self.exponentials()
        self.work.reshape(-1).take(places, None, picked, "clip")
        np.log(totals, self.row)
        np.subtract(self.row, picked, picked)
        value = np.add.reduce(picked) / n
        np.divide(shares, totals, shares)
        flat = shares.reshape(-1)
        flat.take(places, None, picked, "clip")
        np.subtract(picked, self.one, picked)
        flat[places] = picked
        np.divide(shares, self.count, shares)
        self.gradient.T[...] = shares
        return value


KERNELS: dict[Op, type[LossKernel]] = {
    rows.sigmoid_cross_entropy: SigmoidCrossEntropy,
    rows.softmax_cross_entropy: SoftmaxCrossEntropy,
    rows.label_cross_entropy: LabelCrossEntropy,
}
