"""Cross-validation: every row is tested on once, by a network that was trained without it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.sets import check_seed
from ..errors import DataError, SettingError
from .scoring import paired

Array = np.ndarray[Any, Any]


def most_folds(y: Any, task: str) -> int:
    """How many folds these rows can be cut into.

    Each fold needs a row of each class; for numbers two rows, as R² of one row says nothing.

    Examples
    --------
    >>> most_folds(["cat"] * 5 + ["dog"] * 3, "classification"), most_folds(np.arange(9.0), "regression")
    (3, 4)
    """
    known = paired(y, y, task)[1]
    if task == "regression":
        return len(known) // 2
    return int(np.unique(known, return_counts=True)[1].min())


def fold_indices(y: Any, folds: int, task: str, seed: int = 0) -> tuple[tuple[Array, Array], ...]:
    """Training and test rows of each fold, shuffled; classes keep their shares in every fold.

    Parameters
    ----------
    y
        Targets of all rows.
    folds
        How many.
    task
        ``"classification"`` or ``"regression"``.
    seed
        Fixes the shuffling.

    Raises
    ------
    SettingError
        If folds is not a whole number from 2, or more than the rows allow; says how many work.

    Examples
    --------
    >>> for train, test in fold_indices([0, 0, 0, 1, 1, 1], 3, "classification", seed=0):
    ...     print(train, test)
    [0 1 3 5] [2 4]
    [0 2 3 4] [1 5]
    [1 2 4 5] [0 3]
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    if not isinstance(folds, (int, np.integer)) or isinstance(folds, bool) or folds < 2:
        raise SettingError("folds must be a whole number from 2", received=repr(folds), hint="try 5")
    known = paired(y, y, task)[1]
    if folds > (most := most_folds(y, task)):
        raise _too_many(int(folds), most, known, task)
    kind = StratifiedKFold if task == "classification" else KFold
    # Classes by their numbers: whole, whatever the labels are.
    kinds = np.unique(known, return_inverse=True)[1] if task == "classification" else known
    cut = kind(n_splits=int(folds), shuffle=True, random_state=check_seed(seed))
    return tuple([(train, test) for train, test in cut.split(np.zeros(len(known)), kinds)])


def _too_many(folds: int, most: int, known: Array, task: str) -> SettingError:
    hint = f"folds {most} works" if most >= 2 else None
    if task == "regression":
        problem = f"{folds} folds need {2 * folds} rows: R² of a single row says nothing"
        return SettingError(problem, received=f"{len(known)} rows", hint=hint or "add rows")
    labels, counts = np.unique(known, return_counts=True)
    return SettingError(
        f"{folds} folds need {folds} rows of each class",
        received=f"{most} of class {labels[counts.argmin()].item()!r}",
        hint=hint or "add rows of that class, or leave it out",
    )


@dataclass(frozen=True)
class FoldSummary:
    """What came out of the folds.

    The folds' scores are not independent, as any two of their training sets share rows, and no unbiased
    estimate of the variance of their mean exists (Bengio and Grandvalet 2004). So ``low`` and ``high``
    are what was seen, the worst and the best fold, rather than an interval that claims a probability.

    Attributes
    ----------
    scores
        Of each fold.
    mean
        Of the scores.
    standard_error
        Of the mean: s √(1/k + 1/(k - 1)) for k folds with standard deviation s. The second term makes
        up for the shared rows in part (Nadeau and Bengio 2003); s/√k alone is too small.
    low, high
        The worst and the best score.
    """

    scores: tuple[float, ...]
    mean: float
    standard_error: float
    low: float
    high: float


def fold_summary(scores: Sequence[float]) -> FoldSummary:
    """Mean, standard error and range of the folds' scores.

    Raises
    ------
    DataError
        If there are fewer than two, or one is not finite.

    Examples
    --------
    >>> found = fold_summary([0.9, 0.95, 1.0])
    >>> round(found.mean, 3), round(found.standard_error, 3), found.low, found.high
    (0.95, 0.046, 0.9, 1.0)
    """
    values = tuple([float(value) for value in scores])
    if len(values) < 2 or not all(map(math.isfinite, values)):
        raise DataError("expected a finite score for each of two or more folds", received=repr(values))
    low, high, k = min(values), max(values), len(values)
    mean = min(high, max(low, statistics.fmean(values)))
    error = statistics.stdev(values) * math.sqrt(1 / k + 1 / (k - 1))
    return FoldSummary(values, mean, error, low, high)
