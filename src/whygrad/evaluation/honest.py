"""The honest summary of a test: the figure with its interval, beside guessing and a linear model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np

from ..errors import DataError
from .comparison import Baseline, Linear, Verdict, baseline, compare, linear_model
from .confusion_matrix import Confusion, confusion
from .cross_validation import FoldSummary, most_folds
from .intervals import Interval, bootstrap_r2, wilson
from .scoring import paired, score

Array = np.ndarray[Any, Any]
FEW_ROWS = 500  # below, a single split says little
FOLDS = 5


@dataclass(frozen=True)
class Measured:
    """How good predictions are, and how sure one can be of it.

    Attributes
    ----------
    task
        ``"classification"`` or ``"regression"``.
    metric
        What scores are: ``"accuracy"``, as a fraction, or ``"r2"``.
    score
        Of the network on the test rows.
    right
        Test rows predicted right; None for numbers.
    rows
        To test on.
    interval
        For the score; None where R² says nothing, as all test rows have the same target.
    rmse, mae
        How far predictions are off, in the units of the target: root mean square, and mean absolute error;
        None for classes.
    confusion
        Which classes are taken for which; None for numbers.
    names
        Words for the classes, in the order of ``confusion``; empty for numbers.
    """

    task: str
    metric: str
    score: float
    right: int | None
    rows: int
    interval: Interval | None
    confusion: Confusion | None
    names: tuple[str, ...]
    rmse: float | None = field(default=None, kw_only=True)
    mae: float | None = field(default=None, kw_only=True)

    def to_json(self) -> dict[str, Any]:
        """Everything but the predictions, as dicts, lists, text and numbers.

        Examples
        --------
        >>> measure([1, 0, 1, 1], [1, 0, 0, 1], "classification").to_json()["confusion"]["counts"]
        [[1, 1], [0, 2]]
        """
        found: dict[str, Any] = _plain(self)
        if self.confusion is not None:
            for name in ("recall", "precision", "most_confused"):
                found["confusion"][name] = _plain(getattr(self.confusion, name))
        return found


@dataclass(frozen=True)
class Summary(Measured):
    """What a test says about a network, with everything that puts the figure in its place.

    Attributes
    ----------
    train_rows
        To learn from.
    baseline
        Always predicting the same.
    linear
        A linear model on the same split.
    verdict
        Whether the network is better than the linear model.
    folds
        What cross-validation gave, if it was done.
    folds_to_try
        How many folds to suggest; None where rows suffice, it was done, or cannot be.
    """

    train_rows: int
    baseline: Baseline
    linear: Linear
    verdict: Verdict
    folds: FoldSummary | None
    folds_to_try: int | None


def _plain(value: Any) -> Any:
    """Dataclasses as dicts without their arrays, tuples as lists."""
    if is_dataclass(value):
        items = {item.name: getattr(value, item.name) for item in fields(value)}
        return {name: _plain(item) for name, item in items.items() if not isinstance(item, np.ndarray)}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def summarise(
    X_train: Any,
    y_train: Any,
    X_test: Any,
    y_test: Any,
    predicted: Any,
    task: str,
    *,
    seed: int = 0,
    level: float = 0.95,
    classes: Sequence[Any] | None = None,
    names: Sequence[str] | None = None,
    folds: FoldSummary | None = None,
) -> Summary:
    """Judge predictions for test rows: interval, baseline, linear model, verdict, confusion.

    Parameters
    ----------
    X_train, y_train
        What the network learned from: numbers; and classes, or numbers to predict.
    X_test, y_test
        What it never saw.
    predicted
        What it predicts for ``X_test``, in the terms of y.
    task
        ``"classification"`` or ``"regression"``.
    seed
        Fixes the resampling.
    level
        Of the intervals; 1 minus it is the chance of naming a winner among equals.
    classes
        Labels of y in the order to show; by default sorted.
    names
        Words for them; by default the labels.
    folds
        What cross-validation gave, if it was done.

    Raises
    ------
    ShapeError, DataError, SettingError
        If these do not belong together, or a setting cannot work.

    Examples
    --------
    >>> from whygrad.data import load
    >>> data = load("xor", samples=200)
    >>> known, new = slice(0, 120), slice(120, 200)
    >>> predicted = data.y[new]
    >>> found = summarise(data.X[known], data.y[known], data.X[new], data.y[new], predicted, "classification")
    >>> found.score, str(found.interval), found.linear.score, found.verdict.winner
    (1.0, '0.954 to 1.000 (95 %)', 0.5375, 'network')
    """
    guessed, actual = paired(predicted, y_test, task)
    known = paired(y_train, y_train, task)[1]
    every = np.concatenate([known, actual])
    linear = linear_model(X_train, known, X_test, actual, task, seed)
    if task == "classification" and classes is None:
        classes = np.unique(np.concatenate([every, guessed])).tolist()
    measured = measure(guessed, actual, task, seed=seed, level=level, classes=classes, names=names)
    rng = np.random.default_rng([seed, 1])
    same: dict[str, Any] = {item.name: getattr(measured, item.name) for item in fields(measured)}
    return Summary(
        **same,
        train_rows=len(known),
        baseline=baseline(known, actual, task),
        linear=linear,
        verdict=compare(guessed, linear.predicted, actual, task, rng=rng, level=level),
        folds=folds,
        folds_to_try=_folds_to_try(every, task) if folds is None else None,
    )


def measure(
    predicted: Any,
    actual: Any,
    task: str,
    *,
    seed: int = 0,
    level: float = 0.95,
    classes: Sequence[Any] | None = None,
    names: Sequence[str] | None = None,
) -> Measured:
    """Score predictions, with an interval and a confusion matrix; the settings are those of `summarise`.

    Raises
    ------
    ShapeError, DataError, SettingError
        If these do not belong together, or a setting cannot work.

    Examples
    --------
    >>> found = measure(["a", "b", "b"], ["a", "b", "a"], "classification")
    >>> found.right, str(found.interval)
    (2, '0.208 to 0.939 (95 %)')
    """
    guessed, so = paired(predicted, actual, task)
    found, matrix = score(guessed, so, task), None
    words: tuple[str, ...] = ()
    if task == "classification":
        classes = np.unique(np.concatenate([so, guessed])).tolist() if classes is None else classes
        matrix = confusion(so, guessed, classes)
        words = _words(matrix.classes, names)
    interval = _interval(guessed, so, found.right, np.random.default_rng(seed), level)
    metric = "accuracy" if task == "classification" else "r2"
    off = np.abs(guessed - so) if task == "regression" else None
    rmse, mae = (None, None) if off is None else (float(np.sqrt(np.mean(off**2))), float(np.mean(off)))
    return Measured(
        task, metric, found.value, found.right, found.rows, interval, matrix, words, rmse=rmse, mae=mae
    )


def _interval(
    guessed: Array, actual: Array, right: int | None, rng: np.random.Generator, level: float
) -> Interval | None:
    if right is not None:
        return wilson(right, len(actual), level)
    try:
        return bootstrap_r2(guessed, actual, rng=rng, level=level)
    except DataError:  # all targets are the same
        return None


def _words(classes: tuple[Any, ...], names: Sequence[str] | None) -> tuple[str, ...]:
    words = tuple([str(name) for name in (classes if names is None else names)])
    if len(words) != len(classes):
        raise DataError(
            "there must be a name for each class",
            expected=f"{len(classes)}, for {classes!r}",
            received=f"{len(words)}: {words!r}",
        )
    return words


def _folds_to_try(every: Array, task: str) -> int | None:
    """How many folds to suggest where rows are few."""
    most = min(FOLDS, most_folds(every, task))
    return most if len(every) < FEW_ROWS and most >= 2 else None
