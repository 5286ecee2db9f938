"""How good predictions are: accuracy for classes, R² for numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def accuracy(predicted: Array, actual: Array) -> float:
    """Share of rows that are predicted right. Shape: (n,), or (n, columns) where all have to be right.

    Examples
    --------
    >>> accuracy(np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0]))
    0.75
    """
    right = predicted == actual
    return float(np.mean(right.all(axis=1) if right.ndim == 2 else right))


def r2(predicted: Array, actual: Array) -> float:
    """1 - Σ(t - p)² / Σ(t - mean t)²: 1 is perfect, 0 as good as the mean; columns are averaged.

    Examples
    --------
    >>> r2(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.5]))
    0.9210526315789473
    """
    residual = np.sum((actual - predicted) ** 2, axis=0)
    spread = np.sum((actual - np.mean(actual, axis=0)) ** 2, axis=0)
    spread = np.where(np.ptp(actual, axis=0) > 0, spread, 0.0)  # their mean may be off by a bit
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.where(spread > 0, 1 - residual / spread, np.where(residual > 0, 0.0, 1.0))
    return float(np.mean(scores))
