"""Notices arrays that were changed in place between a forward and a backward pass.

NumPy keeps no version of an array, so its contents are summed up: a short array as its bytes, a long
one as a product of its 64-bit words with odd random weights, modulo 2 ** 64. Odd numbers have an inverse
there, so one changed word always shows. Where only top bits change, several changes could cancel (two
flipped signs always would: each adds 2 ** 63), so the upper halves of the words are summed up once more;
several changes escape together with a chance below 2 ** -30.

The weights are a table of one size: a long array is read in chunks, each sum multiplied by an odd number
before the next is added, so that chunks which change places show as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GraphError

SHORT = 1 << 14  # bytes: a copy and a comparison are quicker than sums, but take room
CHUNK = 1 << 15  # words: a table of 256 kB
STEP = 0x9E3779B97F4A7C13  # 3 modulo 8: no power of it is close to 1 or -1 modulo a high power of two
_weights: Any = None


def fingerprint(array: Any, short: int = SHORT) -> Any:
    """Something that is equal for equal contents; NaN too, in arrays and in plain numbers.

    Up to ``short`` bytes it is the contents themselves.
    """
    if type(array) is not np.ndarray:
        array = np.asarray(array)
    if array.nbytes <= short:
        return array.tobytes()
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    words = flat[: flat.size // 8 * 8].view(np.uint64)
    table = _table()
    lower = upper = 0
    for start in range(0, words.size, CHUNK):
        chunk = words[start : start + CHUNK]
        weights = table[: chunk.size]
        lower = (lower * STEP + int(chunk.dot(weights))) % 2**64
        upper = (upper * STEP + int((chunk >> np.uint64(32)).dot(weights))) % 2**64
    return lower, upper, flat[8 * words.size :].tobytes()


def _table() -> Any:
    """Odd random weights, made on first use."""
    global _weights
    if _weights is None:
        _weights = np.random.default_rng(0).integers(0, 2**64, size=CHUNK, dtype=np.uint64) | np.uint64(1)
    return _weights


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
