"""Gradient clipping: keep a step small when the gradient is suddenly large, in place on the flat gradient.

Neither function hides a gradient that has gone wrong: NaN stays NaN, to be seen in the next loss.
"""

from __future__ import annotations

import math

import numpy as np

from whygrad.optim._settings import POSITIVE, number
from whygrad.optim._vectors import FloatVector, check_flat


def clip_by_value(gradient: FloatVector, limit: float) -> None:
    """Bring each entry into the range from ``-limit`` to ``limit``, in place.

    ``g_i <- max(-limit, min(limit, g_i))``. The direction changes. An infinite entry becomes ``limit`` with
    its sign; NaN stays NaN.

    Shape: ``gradient`` (n,).

    Raises
    ------
    SettingError
        The limit is not a finite number above 0.
    KindError, ShapeError
        The gradient is not a flat array of floats.

    Examples
    --------
    >>> gradient = np.array([0.5, -3.0, np.nan])
    >>> clip_by_value(gradient, 1.0)
    >>> gradient
    array([ 0.5, -1. ,  nan])
    """
    limit = number("limit", limit, POSITIVE)
    check_flat("gradient", gradient)
    limit = min(limit, float(np.finfo(gradient.dtype).max))  # the largest that the dtype can compare with
    np.clip(gradient, -limit, limit, out=gradient)


def clip_by_norm(gradient: FloatVector, limit: float) -> float:
    """Shorten the gradient to the length ``limit`` if it is longer, in place; return its length before.

    ``g <- g * min(1, limit / ||g||)`` with the Euclidean norm over all entries. The direction stays. A
    gradient with NaN or an infinite entry has no direction to keep: it is left as it is, and the norm
    returned is NaN or infinite.

    Shape: ``gradient`` (n,).

    Raises
    ------
    SettingError
        The limit is not a finite number above 0.
    KindError, ShapeError
        The gradient is not a flat array of floats.

    References
    ----------
    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013.

    Examples
    --------
    >>> gradient = np.array([3.0, -4.0])
    >>> clip_by_norm(gradient, 1.0)
    5.0
    >>> gradient
    array([ 0.6, -0.8])
    """
    limit = number("limit", limit, POSITIVE)
    check_flat("gradient", gradient)
    with np.errstate(over="ignore"):  # answered below
        squares = float(gradient.dot(gradient))
    peak = 1.0
    bounds = np.finfo(gradient.dtype)
    # Entries too large or too small to square are first divided by the largest; NaN comes here too.
    if not bounds.tiny / bounds.eps <= squares < math.inf:
        peak = float(np.abs(gradient).max(initial=0.0))
        if peak == 0 or not math.isfinite(peak):
            return peak
        scaled = gradient / peak
        squares = float(scaled.dot(scaled))
    norm = peak * math.sqrt(squares)
    if norm > limit:
        if peak != 1.0:  # in two steps, as limit / norm may be too small for the dtype
            np.divide(gradient, peak, out=gradient)
        np.multiply(gradient, limit / math.sqrt(squares), out=gradient)
    return norm
