"""Predictions beside what was so: checked to belong together, and scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataError, SettingError, ShapeError, nearest
from . import metrics

Array = np.ndarray[Any, Any]
TASKS = ("classification", "regression")


@dataclass(frozen=True)
class Score:
    """How good predictions are.

    Attributes
    ----------
    value
        Accuracy as a fraction, or R².
    right
        Rows that are predicted right; None for numbers.
    rows
        Rows in all.
    """

    value: float
    right: int | None
    rows: int


def check_task(task: str) -> None:
    """Refuse what is neither classification nor regression.

    Raises
    ------
    SettingError
        Naming both.

    Examples
    --------
    >>> check_task("regression")
    """
    if task not in TASKS:
        raise SettingError(f"unknown task {task!r}", hint=nearest(str(task), TASKS))


def paired(predicted: Any, actual: Any, task: str) -> tuple[Array, Array]:
    """Predictions and targets as arrays of one shape; a single column becomes flat.

    Shape: (n,) and (n,); for regression also (n, columns) and (n, columns).

    Raises
    ------
    ShapeError
        If there is not one prediction for each target, or a class does not stand in a single column.
    DataError
        If there are no rows, numbers to predict are NaN or infinite, or text meets numbers.
    SettingError
        If the task is unknown.

    Examples
    --------
    >>> paired([[1], [0]], [1, 1], "classification")
    (array([1, 0]), array([1, 1]))
    """
    check_task(task)
    first, second = _flat(predicted), _flat(actual)
    if first.shape != second.shape:
        raise ShapeError(
            "there must be one prediction for each target",
            expected=f"shape {second.shape}",
            received=f"shape {first.shape}",
        )
    if first.size == 0:
        raise DataError("there are no rows to score", received=f"shape {first.shape}")
    if task == "classification":
        if first.ndim != 1:
            raise ShapeError("classes stand in a single column", received=f"shape {first.shape}")
        if _is_text(first) != _is_text(second):
            raise DataError(
                "predictions and targets must both be text, or both numbers",
                received=f"predictions of dtype {first.dtype}, targets of dtype {second.dtype}",
            )
        return first, second
    first, second = first.astype(np.float64), second.astype(np.float64)
    for name, array in (("predictions", first), ("targets", second)):
        if not np.isfinite(array).all():
            count = int(np.count_nonzero(~np.isfinite(array)))
            raise DataError(f"{name} must be finite numbers", received=f"{count} that are not")
    return first, second


def _flat(data: Any) -> Array:
    array = np.asarray(data)
    if array.ndim not in (1, 2):
        raise ShapeError("expected a value or a row for each sample", received=f"shape {array.shape}")
    if array.dtype.kind == "O":  # as data frames keep text
        array = np.array(array.tolist())
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _is_text(array: Array) -> bool:
    return array.dtype.kind in "US"


def score(predicted: Any, actual: Any, task: str) -> Score:
    """Accuracy of classes, R² of numbers.

    Raises
    ------
    ShapeError, DataError, SettingError
        As :func:`paired` does.

    Examples
    --------
    >>> score(["a", "b", "b"], ["a", "b", "a"], "classification")
    Score(value=0.6666666666666666, right=2, rows=3)
    >>> score([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], "regression")
    Score(value=1.0, right=None, rows=3)
    """
    first, second = paired(predicted, actual, task)
    if task == "regression":
        return Score(metrics.r2(first, second), None, len(second))
    right = int(np.count_nonzero(first == second))
    return Score(right / len(second), right, len(second))
