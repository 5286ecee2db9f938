"""The reading on complex arrays, for forward rules only: f(x + ih) carries f'(x) in its imaginary part.

With h = 1e-20 nothing is subtracted, so the derivative is exact to rounding (Squire and Trapp, 1998).
What orders numbers is decided on the real part.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Namespace
from .arrays import FUNCTIONS, Array, compare


def largest(z: Array, axis: Any = None, keepdims: bool = False) -> Any:
    """The entries with the largest real part; the mean of those that tie."""
    top = z.real >= np.max(z.real, axis=axis, keepdims=True)
    return np.sum(z * top, axis=axis, keepdims=keepdims) / np.sum(top, axis=axis, keepdims=keepdims)


COMPLEXES = Namespace(
    **{
        **FUNCTIONS,
        "abs": lambda z: np.where(np.real(z) < 0, -z, z),
        "sign": lambda z: np.sign(np.real(z)),
        "step": lambda z: (np.real(z) > 0).astype(float),
        "maximum": lambda a, b: np.where(np.real(a) > np.real(b), a, b),
        "minimum": lambda a, b: np.where(np.real(a) < np.real(b), a, b),
        "bounded": lambda z: np.where(np.abs(np.real(z)) < 1000, z, 1000 * np.sign(np.real(z))),
        "compare": lambda a, b: compare(np.real(a), np.real(b)),
        "max": largest,
        "sum": np.sum,
    }
)
