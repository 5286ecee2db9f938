"""Splits a data set into a part to learn from and a part to test on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._numbers import SHRINKING, number
from ..errors import DataError, SettingError
from .sets import Dataset, check_seed

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Split:
    """Training and test rows of a data set; the test rows are for the last figure only."""

    X_train: Array
    y_train: Array
    X_test: Array
    y_test: Array


def split(data: Dataset, test_size: float = 0.2, seed: int = 0) -> Split:
    """Set a share of the rows aside for testing; classes keep their shares in both parts.

    Raises
    ------
    SettingError
        If the share is not between 0 and 1, or leaves a part without rows of each class; or for a seed
        that is not a whole number from 0.

    Examples
    --------
    >>> from whygrad.data import load
    >>> parts = split(load("iris"), test_size=0.2, seed=0)
    >>> parts.X_train.shape, parts.X_test.shape
    ((120, 4), (30, 4))
    """
    inside, outside = split_rows(data.y, data.task, test_size, seed, repr(data))
    return Split(data.X[inside], data.y[inside], data.X[outside], data.y[outside])


def split_rows(y: Array, task: str, test_size: float, seed: int, name: str) -> tuple[Array, Array]:
    """Positions of the rows to learn from, and of those set aside; see :func:`split`.

    Raises
    ------
    SettingError
        As :func:`split` does.
    DataError
        If a class has a single row.
    """
    from sklearn.model_selection import train_test_split

    number("test_size", test_size, SHRINKING, hint="try 0.2")
    check_seed(seed)
    labels = y if task == "classification" else None
    if labels is not None:
        classes, rows = np.unique(labels, return_counts=True)
        if rows.min() < 2:
            lonely = classes[rows < 2]
            raise DataError(
                f"{name}: class {lonely[0]!s} has a single row, which cannot be learned from and tested on",
                received=f"{len(lonely)} such classes of {len(classes)}",
                hint="remove those rows, or add more of the kind",
            )
    try:
        inside, outside = train_test_split(
            np.arange(len(y)), test_size=test_size, random_state=seed, stratify=labels
        )
    except ValueError:
        among = "" if labels is None else f" of {len(classes)} classes"
        raise SettingError(
            f"test_size {test_size} leaves too few rows",
            expected="rows to learn from and to test on" + (", of each class" if among else ""),
            received=f"{name}: {len(y)} rows{among}",
            hint="add rows" if test_size == 0.2 else "try 0.2",
        ) from None
    return inside, outside


def held_out(targets: Array, share: float, kind: str, seed: int) -> tuple[Array, Array]:
    """Positions of the rows to keep and of a share to set aside; classes keep their shares where they can.

    Raises
    ------
    SettingError
        If one of the two would be without rows.
    """
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(targets))
    classes = kind in ("binary", "multiclass")
    labels = targets.argmax(axis=1) if targets.ndim == 2 and targets.shape[1] > 1 else targets.ravel()
    few = classes and (np.unique(labels, return_counts=True)[1].min() < 2)
    try:
        inside, outside = train_test_split(
            rows, test_size=share, random_state=seed, stratify=labels if classes and not few else None
        )
    except ValueError:
        raise SettingError(
            f"a share of {share:g} cannot be set aside of {len(rows)} rows",
            expected="some rows on either side" + (", of each class" if classes and not few else ""),
            hint="try 0.1",
        ) from None
    return inside, outside
