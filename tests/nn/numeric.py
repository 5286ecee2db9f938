"""Gradients from forward computations alone, and how far two gradients are apart."""

from __future__ import annotations

import numpy as np

COMPLEX_STEP = 1e-20  # nothing is subtracted, so it may be as small as it likes
WIDTH = 1e-5  # of central differences
SMALL = 1e-3  # of the largest gradient of a network: below, terms that cancel leave only rounding


def error(found, reference, scale=0.0):
    """max|found - reference| / max|reference|, absolute where the reference is all zero."""
    found, reference = np.asarray(found), np.asarray(reference)
    assert found.shape == reference.shape
    scale = max(scale, np.abs(reference).max(initial=0.0))
    return float(np.abs(found - reference).max(initial=0.0) / (scale or 1.0))


def errors(found, reference):
    """The error of each tensor of a network."""
    assert len(found) == len(reference)
    largest = max(np.abs(r).max(initial=0.0) for r in reference)
    return [error(a, r, SMALL * largest) for a, r in zip(found, reference, strict=True)]


def _moved(arrays, i, index, by):
    moved = list(arrays)
    moved[i] = moved[i].astype(np.result_type(moved[i], by))
    moved[i][index] += by
    return moved


def _gradients(arrays, slope):
    found = [np.empty(array.shape) for array in arrays]
    for i, gradient in enumerate(found):
        for index in np.ndindex(gradient.shape):
            gradient[index] = slope(i, index)
    return found


def complex_step(function, arrays):
    """The gradient of ``function(arrays)``, a single number, by each array, exact to rounding."""
    return _gradients(
        arrays,
        lambda i, index: function(_moved(arrays, i, index, 1j * COMPLEX_STEP)).imag / COMPLEX_STEP,
    )


def central_differences(function, arrays):
    """The same, to about ten digits, of a function that complex numbers cannot enter."""
    return _gradients(
        arrays,
        lambda i, index: (
            (function(_moved(arrays, i, index, WIDTH)) - function(_moved(arrays, i, index, -WIDTH)))
            / (2 * WIDTH)
        ),
    )
