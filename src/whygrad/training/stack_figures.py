"""Figures of an epoch for many networks at once: scores, norms by layer, clipping. A row for each member."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..optim import clip_by_norm
from .head import Head
from .layer_norms import LayerNorms, norm

Array = np.ndarray[Any, Any]
Scores = Callable[[Array, Array], Array]


def scorer_of_each(head: Head, targets: Array) -> Scores:
    """As ``head.scorer`` of each member: ``score(last values, encoded targets)``, for many batches at once.

    Both have the shape (members, batches, n, outputs), the targets also without the last axis; the scores
    have (members, batches).

    Parameters
    ----------
    head
        Of any of the members, which are all alike in what is asked of it here.
    targets
        All encoded targets. Shape: (members, n) or (members, n, outputs).
    """
    if head.targets.kind == "regression":
        spread = np.array([np.var(encoded, axis=0) for encoded in targets])
        variance = np.where(spread > 0, spread, 1)[:, None, None]
        return lambda out, batch: 1.0 - _flat((out - batch) ** 2 / variance).mean(axis=2).astype(np.float64)
    if head.targets.kind == "multiclass":
        return lambda out, batch: _shares(out.argmax(3) == (batch if batch.ndim == 3 else batch.argmax(3)))
    threshold = 0.0 if head.fused else head.threshold
    middle = 0.0 if head.margin else 0.5
    if head.targets.outputs == 1:
        return lambda out, batch: _shares(_flat((out > threshold) == (batch > middle)))
    return lambda out, batch: _shares(((out > threshold) == (batch > middle)).all(axis=3))


def _flat(array: Array) -> Array:
    return array.reshape(*array.shape[:2], -1)


def _shares(right: Array) -> Array:
    shares: Array = np.add.reduce(right, 2, np.intp) / right.shape[2]
    return shares


class NormsOfEach:
    """What :class:`~whygrad.training.layer_norms.LayerNorms` says, for each row of a matrix.

    Parameters
    ----------
    norms
        Of any member: where its layers are.
    values
        The parameters. Shape: (members, parameters).

    Attributes
    ----------
    whole
        ‖∂L/∂θ‖ of each member as it was before the step.
    """

    def __init__(self, norms: LayerNorms, values: Array) -> None:
        self.layers, self.old = norms.layers, np.empty_like(values)
        self.gradients = np.empty((len(values), len(self.layers)))
        self.whole: list[float] = []

    def before(self, values: Array, gradient: Array) -> None:
        """Take note of the parameters and their gradients."""
        self.old[...] = values
        self.gradients = self._norms(gradient)
        self.whole = [math.hypot(*norms) for norms in self.gradients.tolist()]

    def after(self, values: Array) -> Array:
        """How far the step moved each layer, relative to how large it was. Shape: (members, layers)."""
        lengths = self._norms(self.old)
        np.subtract(values, self.old, out=self.old)
        ratios: Array = self._norms(self.old) / lengths
        return ratios

    def _norms(self, matrix: Array) -> Array:
        found = np.empty((len(matrix), len(self.layers)))
        for place, part in enumerate(self.layers):
            found[:, place] = norms_of_rows(matrix[:, part])
        return found


def squares_of_rows(matrix: Array) -> Array:
    """Each row times itself, in float64; by the same product as ``row.dot(row)``."""
    products: Array = np.matmul(matrix[:, None, :], matrix[:, :, None]).reshape(-1)
    return products.astype(np.float64)


def norms_of_rows(matrix: Array) -> Array:
    """The Euclidean norm of each row."""
    norms = np.sqrt(squares_of_rows(matrix))
    if matrix.dtype == np.float32:
        for row in np.flatnonzero(~np.isfinite(norms)):
            norms[row] = norm(matrix[row])
    return norms


def clip_rows(gradient: Array, limit: float) -> Array:
    """Shorten each row as ``clip_by_norm`` does, in place; the norms before."""
    squares, bounds = squares_of_rows(gradient), np.finfo(gradient.dtype)
    norms = np.sqrt(squares)
    usual = (squares >= bounds.tiny / bounds.eps) & (squares < math.inf)
    factors = np.where(usual & (norms > limit), limit / norms, 1.0).astype(gradient.dtype)
    np.multiply(gradient, factors[:, None], out=gradient)
    for row in np.flatnonzero(~usual):
        norms[row] = clip_by_norm(gradient[row], limit)
    return norms
