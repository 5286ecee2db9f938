"""What a network says on a grid of points: the numbers behind pictures of boundaries. No drawing here.

Data with another number of columns than two are laid on the plane of their first two principal components.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..errors import DataError

Array = np.ndarray[Any, Any]
POINTS = 160
MARGIN = 0.12
SETTLED = 12.0  # logits beyond this are as good as certain; keeps margins finite


class Classifier(Protocol):
    """What a boundary can be drawn of: a ``NeuralNetwork``, or anything that predicts labels as it does."""

    def predict(self, X: Any) -> Array:
        """A label for each row."""


@dataclass(frozen=True)
class Projection:
    """A plane in the space of the inputs.

    Attributes
    ----------
    mean
        The point of the plane at (0, 0). Shape: (features,).
    axes
        Two directions of length 1. Shape: (2, features).
    explained
        The share of the variance along each.
    """

    mean: Array
    axes: Array
    explained: Array

    def flat(self, X: Array) -> Array:
        """Where rows fall on the plane. Shape: (n, 2)."""
        return np.asarray((X - self.mean) @ self.axes.T)

    def lift(self, points: Array) -> Array:
        """The rows that points of the plane stand for. Shape: (n, features)."""
        return np.asarray(points @ self.axes + self.mean)


@dataclass(frozen=True)
class ClassGrid:
    """The probability of each class on a grid.

    Attributes
    ----------
    x, y
        The coordinates of columns and rows.
    probability
        Shape: (rows, columns, classes); rows from low y to high. Where a network gives no probabilities,
        1 for the class that is predicted.
    classes
        Labels, in the order of the last axis.
    points
        Where the rows of data lie. Shape: (n, 2).
    projection
        The plane, for data with another number of columns than two; else None.
    """

    x: Array
    y: Array
    probability: Array
    classes: tuple[Any, ...]
    points: Array
    projection: Projection | None = None

    @property
    def winner(self) -> Array:
        """The place of the most probable class at each point of the grid."""
        return np.asarray(self.probability.argmax(axis=2))

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top of the area."""
        return float(self.x[0]), float(self.x[-1]), float(self.y[0]), float(self.y[-1])


def matrix(X: Any) -> Array:
    """Rows of finite numbers, or an error that says what they are instead.

    Raises
    ------
    DataError
        If there are no rows, they are not a table, or hold NaN or infinity.
    """
    rows = np.asarray(X, float)
    if rows.ndim == 1:
        rows = rows[:, None]
    if rows.ndim != 2 or not rows.size:
        raise DataError(
            "a picture of data needs rows", expected="shape (n, features)", received=f"shape {rows.shape}"
        )
    if not np.isfinite(rows).all():
        raise DataError("the data hold NaN or infinity", hint="leave those rows out")
    return rows


def principal_plane(X: Any) -> Projection:
    """The plane along which rows differ most, by principal component analysis (Pearson, 1901).

    Examples
    --------
    >>> X = np.array([[0.0, 0, 0], [2, 0, 0], [0, 1, 0], [2, 1, 0]])
    >>> np.round(principal_plane(X).explained, 2).tolist()
    [0.8, 0.2]
    """
    rows = matrix(X)
    mean = rows.mean(axis=0)
    _, strengths, directions = np.linalg.svd(rows - mean, full_matrices=False)
    total = float((strengths**2).sum())
    axes = np.zeros((2, rows.shape[1]))
    axes[: min(2, len(directions))] = directions[:2]
    axes *= np.where(axes[np.arange(2), np.abs(axes).argmax(axis=1)] < 0, -1, 1)[
        :, None
    ]  # same way each time
    explained = np.zeros(2)
    if total > 0:
        explained[: min(2, len(strengths))] = strengths[:2] ** 2 / total
    return Projection(mean, axes, explained)


def class_probabilities(network: Any, X: Array) -> Array:
    """Probability of each class; 1 for the predicted class where there are no probabilities.

    Shape: (n, classes).
    """
    classes = classes_of(network)
    if getattr(network, "gives_probabilities", hasattr(network, "predict_proba")):
        return np.asarray(network.predict_proba(X), float)
    predicted = np.asarray(network.predict(X)).ravel()
    return np.stack([(predicted == label).astype(float) for label in classes], axis=1)


def classes_of(network: Any) -> tuple[Any, ...]:
    """The labels a classifier tells apart.

    Raises
    ------
    DataError
        If it predicts numbers, or has not been trained.
    """
    if getattr(network, "history", None) is not None and getattr(network, "head", network) is None:
        raise DataError("the network has not been trained, so it has no classes yet", hint="train(X, y)")
    found = getattr(network, "classes", None)
    classes = tuple(getattr(network, "classes_", ()) if found is None else found)
    if not classes:
        raise DataError("only a network that tells classes apart has a boundary", received="a regression")
    return classes


def span(values: Array, margin: float = MARGIN) -> tuple[float, float]:
    """Lowest and highest value with some room; around a single value, one unit."""
    low, high = float(values.min()), float(values.max())
    room = margin * (high - low) if high > low else 0.5
    return low - room, high + room


def class_grid(network: Classifier, X: Any, points: int = POINTS) -> ClassGrid:
    """The probability of each class on a grid around rows of data.

    Parameters
    ----------
    network
        A trained classifier.
    X
        Rows; with another number of columns than two they are laid on their principal plane.
    points
        Of the grid, along each side.

    Examples
    --------
    >>> from whygrad import NeuralNetwork
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> network = NeuralNetwork([2, 4, 1], seed=0)
    >>> _ = network.train(X, y, epochs=5, verbose=False)
    >>> grid = class_grid(network, X, points=30)
    >>> grid.probability.shape, grid.projection is None
    ((30, 30, 2), True)
    """
    rows = matrix(X)
    if rows.shape[1] < 2:
        raise DataError("a plane needs two columns", received="1", hint="decision_boundary draws a curve")
    projection = None if rows.shape[1] == 2 else principal_plane(rows)
    flat = rows if projection is None else projection.flat(rows)
    x = np.linspace(*span(flat[:, 0]), points)
    y = np.linspace(*span(flat[:, 1]), points)
    mesh = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    probability = class_probabilities(network, mesh if projection is None else projection.lift(mesh))
    return ClassGrid(x, y, probability.reshape(points, points, -1), classes_of(network), flat, projection)


def margins(probability: Array) -> Array:
    """By how much each class leads the best other one, in log-odds; 0 is where the decision changes.

    Shape: (…, classes) -> (…, classes).
    """
    tiny = np.exp(-2 * SETTLED)
    logs = np.log(np.clip(probability, tiny, 1.0))
    if logs.shape[-1] == 2:
        return np.asarray(logs - logs[..., ::-1])
    ranked = np.sort(logs, axis=-1)
    best, second = ranked[..., -1:], ranked[..., -2:-1]
    return np.asarray(logs - np.where(logs == best, second, best))
