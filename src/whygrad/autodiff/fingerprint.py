"""Notices arrays that were changed in place between a forward and a backward pass.

NumPy keeps no version of an array, so its contents are summed up: a short array as its bytes, a long
one as a product of its 64-bit words with odd random weights, modulo 2 ** 64. Odd numbers have an inverse
there, so one changed word always shows. Where only top bits change, several changes could cancel (two
flipped signs always would: each adds 2 ** 63), so the upper halves of the words are summed up once more;
several changes escape together with a chance below 2 ** -30.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GraphError

SHORT = 4096  # bytes
_weights = np.empty(0, np.uint64)


def fingerprint(array: Any) -> Any:
    """Something that is equal for equal contents; NaN too, in arrays and in plain numbers."""
    array = np.asarray(array)
    if array.nbytes <= SHORT:
        return array.tobytes()
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    whole = flat.size // 8
    words, weights = flat[: 8 * whole].view(np.uint64), _weights_of(whole)
    upper = words >> np.uint64(32)
    return int(words.dot(weights)), int(upper.dot(weights)), flat[8 * whole :].tobytes()


def _weights_of(length: int) -> Any:
    global _weights
    if _weights.size < length:
        rng = np.random.default_rng(0)
        _weights = rng.integers(0, 2**64, size=2 * length, dtype=np.uint64) | np.uint64(1)
    return _weights[:length]


def refuse_changed(array: Any, before: Any, name: str, where: str) -> None:
    """Raise when ``array`` is not what it was.

    Raises
    ------
    GraphError
        Naming the array and the operation that needs it as it was.
    """
    if fingerprint(array) != before:
        raise GraphError(
            f"{name} of {where} was changed in place after the forward pass",
            expected="the values that the forward pass used; the gradient depends on them",
            hint="update parameters after backward(), or make a new array: x = x * 2 instead of x *= 2",
        )
