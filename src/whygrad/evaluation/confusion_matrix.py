"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataError
from .scoring import paired

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Confused:
    """``rows`` of class ``actual`` that were taken for ``predicted``."""

    actual: Any
    predicted: Any
    rows: int


@dataclass(frozen=True)
class Confusion:
    """Counts of test rows by what they are and what they were taken for.

    Attributes
    ----------
    classes
        Labels, in the order of rows and columns.
    counts
        A row for each class that is, a column for each that was predicted.
    """

    classes: tuple[Any, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def recall(self) -> tuple[float | None, ...]:
        """Of the rows of each class, the share that was found; None for a class without rows."""
        return _shares(self.counts)

    @property
    def precision(self) -> tuple[float | None, ...]:
        """Of the rows taken for each class, the share that is of it; None if none was."""
        return _shares(tuple(zip(*self.counts, strict=True)))

    @property
    def most_confused(self) -> Confused | None:
        """The most frequent mistake, the first of equals; None if all rows are right."""
        wrong = np.array(self.counts)
        np.fill_diagonal(wrong, 0)
        actual, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
        rows = int(wrong[actual, predicted])
        return Confused(self.classes[actual], self.classes[predicted], rows) if rows else None


def _shares(counts: tuple[tuple[int, ...], ...]) -> tuple[float | None, ...]:
    """What stands on the diagonal, as a share of its row."""
    return tuple([row[k] / sum(row) if sum(row) else None for k, row in enumerate(counts)])


def confusion(actual: Any, predicted: Any, classes: Sequence[Any]) -> Confusion:
    """Counts of rows by actual and predicted class.

    Raises
    ------
    DataError
        If a label is none of the classes, or a class is named twice.
    ShapeError
        If there is not one prediction for each target.

    Examples
    --------
    >>> found = confusion(["cat", "cat", "dog"], ["cat", "dog", "dog"], ["cat", "dog"])
    >>> found.counts
    ((1, 1), (0, 1))
    >>> found.recall, found.precision
    ((0.5, 1.0), (1.0, 0.5))
    >>> found.most_confused
    Confused(actual='cat', predicted='dog', rows=1)
    """
    from sklearn.metrics import confusion_matrix

    labels = tuple([item.item() if isinstance(item, np.generic) else item for item in classes])
    if len(set(labels)) < len(labels):
        raise DataError("a class is named twice", received=repr(labels))
    guessed, known = paired(predicted, actual, "classification")
    numbers = [_numbers(known, labels, "actual"), _numbers(guessed, labels, "predicted")]
    # One label more than there are, as scikit-learn warns of a matrix of a single one.
    counts = confusion_matrix(*numbers, labels=range(len(labels) + 1))[:-1, :-1]
    return Confusion(labels, tuple([tuple(row) for row in counts.tolist()]))


def _numbers(values: Array, labels: tuple[Any, ...], which: str) -> Array:
    """The position of each label among the classes."""
    place = {label: number for number, label in enumerate(labels)}
    found, inverse = np.unique(values, return_inverse=True)
    unknown = [label for label in found.tolist() if label not in place]
    if unknown:
        raise DataError(
            f"{which} label {unknown[0]!r} is none of the classes",
            expected=", ".join(map(repr, labels[:6])) + (" …" if len(labels) > 6 else ""),
        )
    return np.array([place[label] for label in found.tolist()])[inverse]
