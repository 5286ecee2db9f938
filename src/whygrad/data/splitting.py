"""Splits a data set into a part to learn from and a part to test on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._numbers import SHRINKING, number
from ..errors import SettingError
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
    from sklearn.model_selection import train_test_split

    number("test_size", test_size, SHRINKING, hint="try 0.2")
    check_seed(seed)
    stratify = data.y if data.task == "classification" else None
    try:
        X_train, X_test, y_train, y_test = train_test_split(
            data.X, data.y, test_size=test_size, random_state=seed, stratify=stratify
        )
    except ValueError as error:
        raise SettingError(
            f"test_size {test_size} leaves too few rows", received=f"{data!r}: {error}", hint="try 0.2"
        ) from None
    return Split(X_train, y_train, X_test, y_test)


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
    except ValueError as error:
        raise SettingError(
            f"a share of {share:g} cannot be set aside of {len(rows)} rows", received=str(error)
        ) from None
    return inside, outside
