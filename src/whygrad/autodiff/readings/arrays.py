"""The reading on NumPy arrays: a float32 array stays float32, and broadcasting is undone by ``fit``."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import isfinite
from typing import Any

import numpy as np

from . import Namespace

Array = np.ndarray[Any, Any]


def sum_to(a: Array, *, shape: tuple[int, ...], dtype: Any = None) -> Array:
    """Sum over the axes along which ``shape`` was broadcast to ``a.shape``; as ``dtype`` if one is given."""
    if dtype is not None and a.dtype != dtype:
        return sum_to(a, shape=shape).astype(dtype)
    lead = a.ndim - len(shape)
    if lead == 1 and a.ndim == 2 and a.shape[1:] == shape:
        return total(a, axis=0)
    if lead:
        a = a.sum(axis=tuple(range(lead)))
    axes = tuple([i for i, n in enumerate(shape) if n == 1 and a.shape[i] != 1])
    return a.sum(axis=axes, keepdims=True) if axes else a


@lru_cache(maxsize=16)
def kept_ones(n: int, dtype: Any) -> Array:
    """A vector of ones that nobody may write into."""
    ones = np.ones(n, dtype)
    ones.flags.writeable = False
    return ones


def _ones(n: int, dtype: np.dtype[Any]) -> Array:
    """A vector of ones, kept if it is short."""
    return kept_ones(n, dtype) if n <= 4096 else np.ones(n, dtype)


def total(a: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """The sum; of the rows of a matrix as ones.dot(a), 2 to 4 times faster than ``a.sum(axis=0)``."""
    if axis == 0 and a.ndim == 2 and not keepdims and a.dtype.kind == "f":
        return _ones(len(a), a.dtype).dot(a)  # type: ignore[no-any-return]
    return np.asarray(np.add.reduce(a, axis, None, None, keepdims))  # type: ignore[call-overload]


def matmul(a: Array, b: Array) -> Array:
    """The product; of two matrices by ``dot``, which for small ones takes half the time of ``np.matmul``."""
    product: Array = a.dot(b) if np.ndim(a) == 2 and np.ndim(b) == 2 else np.matmul(a, b)
    return product


def mean(a: Array, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean; of all entries without what ``np.mean`` does beside, which takes longer than small sums."""
    if axis is None and not keepdims and a.dtype.kind == "f" and a.size:
        return np.add.reduce(a, None) / a.size
    return np.mean(a, axis=axis, keepdims=keepdims)


def fit(contribution: Any, target: Any) -> Any:
    """Give a gradient the shape and dtype of what it is the gradient of; the one place for both."""
    if np.shape(contribution) != target.shape:
        contribution = sum_to(np.asarray(contribution), shape=target.shape)
    if type(contribution) is not np.ndarray:  # NumPy returns scalars for 0-d results
        contribution = np.asarray(contribution)
    if contribution.dtype != target.dtype:
        contribution = contribution.astype(target.dtype)
    return contribution


def keeps_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    """A Python number of Python numbers: what NumPy makes of them would widen a float32 array beside it."""

    def kept(*operands: Any) -> Any:
        y = function(*operands)
        return y.item() if all([type(x) in (float, int, bool) for x in operands]) else y

    return kept


def spread(g: Array, *, shape: tuple[int, ...], axis: Any = None, keepdims: bool = False) -> Array:
    """Repeat along the axes that a reduction summed over."""
    if axis is not None and not keepdims:
        g = np.expand_dims(g, axis)
    return np.broadcast_to(g, shape)


def strong_multiply(a: Any, b: Any) -> Any:
    """a · b, and 0 where a or b is 0, whatever the other is."""
    if _finite(a) and _finite(b):
        return np.asarray(np.multiply(a, b))
    out = np.zeros(np.broadcast_shapes(np.shape(a), np.shape(b)), np.result_type(a, b))
    return np.multiply(a, b, out=out, where=np.not_equal(a, 0) & np.not_equal(b, 0))


def _finite(a: Any) -> bool:
    """Whether every entry is finite for certain: the sum of their squares is, which one quick call gives.

    Numbers so large that it overflows are taken for infinite: who asks goes the long way, which is right too.
    """
    a = np.asarray(a)
    return a.dtype.kind in "biu" or isfinite(np.vdot(a, a).real)


def strong_product(a: Any, function: Callable[..., Any], *operands: Any) -> Any:
    """a · function(operands), and 0 where a is 0, without a warning of what the function meets there."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return strong_multiply(a, function(*operands))


def strong_log(a: Any) -> Any:
    """Natural logarithm, and 0 at 0."""
    a = np.asarray(a)
    return np.log(a, out=np.zeros(a.shape, np.result_type(a, np.float32)), where=a != 0)


def compare(a: Any, b: Any) -> Any:
    """1 where a > b, -1 where a < b, else 0: the sign of a - b, also where both are infinite."""
    return np.subtract(np.greater(a, b), np.less(a, b), dtype=np.result_type(a, b))


def scatter(g: Array, *, key: Any, shape: tuple[int, ...]) -> Array:
    """Zeros of the given shape with ``g`` added at ``key``; an element picked twice receives both."""
    out = np.zeros(shape, g.dtype)
    np.add.at(out, key, g)
    return out


def one_hot(labels: Array, z: Array) -> Array:
    """Rows of zeros with a one at the label, in the shape and dtype of ``z``."""
    out = np.zeros(z.shape, z.dtype)
    out[np.arange(len(labels)), labels] = 1
    return out


def take_label(z: Array, labels: Array) -> Array:
    """From each row the entry at that row's label."""
    return z[np.arange(len(labels)), labels]


FUNCTIONS: dict[str, Any] = dict(
    exp=np.exp,
    expm1=np.expm1,
    log=keeps_numbers(np.log),
    log1p=np.log1p,
    sqrt=np.sqrt,
    sin=np.sin,
    cos=np.cos,
    tanh=np.tanh,
    abs=np.abs,
    sign=keeps_numbers(np.sign),
    step=lambda a: (a > 0).astype(a.dtype),
    maximum=np.maximum,
    minimum=np.minimum,
    divide=keeps_numbers(np.divide),
    power=np.power,
    where=np.where,
    strong_multiply=strong_multiply,
    strong_product=strong_product,
    strong_log=keeps_numbers(strong_log),
    bounded=lambda a: np.minimum(np.maximum(a, -1000.0), 1000.0),
    compare=compare,
    sum=total,
    mean=mean,
    max=np.max,
    matmul=matmul,
    reshape=lambda a, *, shape: np.reshape(a, shape),
    transpose=lambda a, *, axes=None: np.transpose(a, axes),
    matrix_transpose=lambda a: a.mT,
    broadcast_to=lambda a, *, shape: np.broadcast_to(a, shape),
    concatenate=lambda *parts, axis=0: np.concatenate(parts, axis),
    sum_to=sum_to,
    spread=spread,
    scatter=scatter,
    one_hot=one_hot,
    take_label=take_label,
    fit=fit,
)
ARRAYS = Namespace(**FUNCTIONS)
