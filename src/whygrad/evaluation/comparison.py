"""What a network has to beat: guessing, and a linear model; and whether it did."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ..data.sets import check_seed
from ..errors import DataError
from .intervals import Interval, bootstrap_difference, check_level, mcnemar
from .scoring import check_task, paired, score

Array = np.ndarray[Any, Any]
Winner = Literal["network", "linear", "no clear difference"]
FEWEST_ROWS = 30  # with fewer, resampling names a winner among equals in more than 8 of 100 cases
ROUNDING = 1e-9  # a difference below is none
STEPS, FEWEST_STEPS = 1000, 50  # scikit-learn's 100 are few for wide tables
WORK = 4e10  # products of an input and a weight: half a minute; larger tables get fewer steps, and it is said
PIECE = 2**16  # rows


@dataclass(frozen=True)
class Baseline:
    """What comes of always predicting the same.

    Attributes
    ----------
    guess
        The most frequent class of the training rows, or the mean of their targets.
    score
        Accuracy as a fraction, or R², on the test rows.
    right
        Test rows that are of that class; None for numbers.
    """

    guess: Any
    score: float
    right: int | None


def baseline(y_train: Any, y_test: Any, task: str) -> Baseline:
    """The score of always predicting the most frequent training class, or the training mean.

    Of classes that are equally frequent the first in order counts.

    Raises
    ------
    DataError
        If there are no rows.

    Examples
    --------
    >>> baseline(["cat", "cat", "dog"], ["cat", "dog"], "classification")
    Baseline(guess='cat', score=0.5, right=1)
    >>> baseline([1.0, 3.0], [0.0, 4.0], "regression")
    Baseline(guess=2.0, score=0.0, right=None)
    """
    known, actual = paired(y_train, y_train, task)[1], paired(y_test, y_test, task)[1]
    if task == "classification":
        labels, counts = np.unique(known, return_counts=True)
        guess = labels[counts.argmax()]
    else:
        guess = known.mean(axis=0)
    found = score(np.broadcast_to(guess, actual.shape), actual, task)
    return Baseline(guess.tolist(), found.value, found.right)


@dataclass(frozen=True)
class Linear:
    """A linear model that saw the same rows.

    Attributes
    ----------
    name
        ``"logistic regression"`` or ``"ridge regression"``.
    score
        Accuracy as a fraction, or R², on the test rows.
    right
        Test rows predicted right; None for numbers.
    converged
        Whether its training came to an end.
    predicted
        For each test row.
    """

    name: str
    score: float
    right: int | None
    converged: bool
    predicted: Array = field(repr=False, compare=False)


def linear_model(X_train: Any, y_train: Any, X_test: Any, y_test: Any, task: str, seed: int = 0) -> Linear:
    """Logistic regression for classes, ridge regression for numbers, with scikit-learn's settings.

    Inputs are scaled to mean 0 and standard deviation 1 as the training rows have it.

    Raises
    ------
    DataError
        If the training rows are of a single class.
    SettingError
        If the task is unknown, or the seed is not a whole number from 0.

    Examples
    --------
    >>> x = np.arange(20.0)[:, None]
    >>> linear_model(x[::2], x[::2, 0] > 9, x[1::2], x[1::2, 0] > 9, "classification")
    Linear(name='logistic regression', score=0.9, right=9, converged=True)
    """
    from sklearn.linear_model import LogisticRegression, Ridge

    known = paired(y_train, y_train, task)[1]
    seed, scaler = check_seed(seed), _scaler(np.asarray(X_train))
    if task == "regression":
        model, name = Ridge(random_state=seed, copy_X=False), "ridge regression"
        converged = _fit(model, scaler.transform(X_train), known)
        predicted = model.predict(scaler.transform(X_test))
    else:
        labels, numbers = np.unique(known, return_inverse=True)
        if len(labels) < 2:
            raise DataError(
                "the training rows are of a single class: there is nothing to learn",
                received=f"only {labels[0].item()!r}",
            )
        model, name = (
            LogisticRegression(max_iter=_steps(X_train, len(labels)), random_state=seed),
            "logistic regression",
        )
        converged = _fit(model, scaler.transform(X_train), numbers)
        predicted = labels[model.predict(scaler.transform(X_test))]
    found = score(predicted, y_test, task)
    return Linear(name, found.value, found.right, converged, predicted)


def _steps(X: Any, classes: int) -> int:
    """How many steps logistic regression may take."""
    products = np.size(X) * (classes if classes > 2 else 1)
    return max(FEWEST_STEPS, min(STEPS, int(WORK / products)))


def _scaler(X: Array) -> Any:
    """Mean and standard deviation of the columns, read a piece at a time: no second copy of a large table."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler()
    for start in range(0, len(X), PIECE):
        scaler.partial_fit(X[start : start + PIECE])
    return scaler


def _fit(model: Any, X: Array, y: Array) -> bool:
    """Train it; whether it converged. Warnings of another kind are passed on."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        model.fit(X, y)
    for item in heard:
        if not issubclass(item.category, ConvergenceWarning):
            warnings.warn_explicit(item.message, item.category, item.filename, item.lineno)
    return not any(issubclass(item.category, ConvergenceWarning) for item in heard)


@dataclass(frozen=True)
class Verdict:
    """Whether the network is better than the linear model on the test rows.

    Attributes
    ----------
    winner
        ``"network"``, ``"linear"`` or ``"no clear difference"``.
    difference
        Score of the network minus score of the linear model.
    rows
        Test rows.
    level
        How sure a winner had to be.
    method
        How it was decided.
    only_network, only_linear
        Rows that one of the two has right and the other wrong; None for numbers.
    p_value
        Of the exact McNemar test; None for numbers.
    interval
        For the difference in R²; None for classes, and where R² says nothing.
    """

    winner: Winner
    difference: float
    rows: int
    level: float
    method: str
    only_network: int | None = None
    only_linear: int | None = None
    p_value: float | None = None
    interval: Interval | None = None


def compare(
    network: Any,
    linear: Any,
    actual: Any,
    task: str,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2000,
) -> Verdict:
    """Whether the network is better than the linear model on these rows, or the difference may be chance.

    Both are judged on the same rows: classes by the exact McNemar test, numbers by the paired bootstrap
    of the difference in R², which needs 30 rows to name a winner. What is held against chance here is
    the choice of the test rows; another training run may differ by more. (Dietterich 1998)

    Parameters
    ----------
    network, linear
        Predictions for each row.
    actual
        What was so.
    task
        ``"classification"`` or ``"regression"``.
    rng
        For the bootstrap.
    level
        1 minus the probability of naming a winner among equals.
    resamples
        Of the bootstrap.

    Raises
    ------
    ShapeError, DataError, SettingError
        If the predictions do not belong to the targets, or a setting cannot work.

    Examples
    --------
    >>> actual = np.zeros(20, int)
    >>> worse = np.repeat([1, 0], 10)
    >>> found = compare(actual, worse, actual, "classification", rng=np.random.default_rng(0))
    >>> found.winner, found.only_network, found.only_linear, found.p_value
    ('network', 10, 0, 0.001953125)
    """
    check_task(task)
    check_level(level)
    if task == "classification":
        return _compare_classes(network, linear, actual, level)
    ours, theirs = score(network, actual, task), score(linear, actual, task)
    difference = ours.value - theirs.value
    try:
        interval = bootstrap_difference(network, linear, actual, rng=rng, level=level, resamples=resamples)
    except DataError:
        interval = None
    clear = interval is not None and 0.0 not in interval
    clear = clear and ours.rows >= FEWEST_ROWS and abs(difference) > ROUNDING
    winner = _winner(clear, difference)
    return Verdict(winner, difference, ours.rows, level, "paired bootstrap of R²", interval=interval)


def _compare_classes(network: Any, linear: Any, actual: Any, level: float) -> Verdict:
    ours, theirs = paired(network, actual, "classification"), paired(linear, actual, "classification")
    right, also_right = ours[0] == ours[1], theirs[0] == theirs[1]
    only_network = int(np.count_nonzero(right & ~also_right))
    only_linear = int(np.count_nonzero(also_right & ~right))
    p_value, rows = mcnemar(only_network, only_linear), len(right)
    difference = (only_network - only_linear) / rows
    winner = _winner(p_value < round(1 - level, 12), difference)
    method = "exact McNemar test"
    return Verdict(winner, difference, rows, level, method, only_network, only_linear, p_value)


def _winner(clear: bool, difference: float) -> Winner:
    if not clear:
        return "no clear difference"
    return "network" if difference > 0 else "linear"
