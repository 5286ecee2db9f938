"""Regression: what a network predicts beside what is so, and what is left over."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..errors import DataError
from ..evaluation.metrics import r2
from ..training.history import History
from .curves import loss_curve
from .grids import matrix, span
from .legends import legend
from .style import (
    BLUE,
    INK,
    SOFT,
    VERMILLION,
    axes,
    describe,
    figure,
    heading,
    name,
    short,
)

Array = np.ndarray[Any, Any]
MANY = 2000


def regression_fit(
    network: Any, X: Any, y: Any, ax: Axes | None = None, *, title: str = "Fit", feature: str = "x"
) -> Axes:
    """One column: the curve through the data, residuals as thin lines. More: predicted against actual.

    Parameters
    ----------
    network
        Anything with ``predict``, trained on numbers.
    X, y
        Rows and targets.
    ax
        Where to draw; new axes when not given.
    title
        Above the picture.
    feature
        The name of the column.

    Raises
    ------
    DataError
        If the data cannot be drawn, or there is more than one target.

    Examples
    --------
    >>> from whygrad import NeuralNetwork
    >>> x = np.linspace(-1, 1, 20)
    >>> network = NeuralNetwork([1, 8, 1], seed=0)
    >>> _ = network.train(x[:, None], x**2, epochs=5, verbose=False)
    >>> regression_fit(network, x, x**2).get_xlabel()
    'x'
    """
    rows, actual = matrix(X), _targets(y)
    predicted = np.asarray(network.predict(rows), float).ravel()
    _same(actual, predicted)
    ax = axes(ax)
    many = len(rows) > MANY
    dots: dict[str, Any] = {
        "s": 8 if many else 22,
        "alpha": 0.4 if many else 0.85,
        "edgecolors": "none" if many else "white",
    }
    if rows.shape[1] == 1:
        x = np.linspace(*span(rows[:, 0], 0.04), 400)
        if not many:
            ax.vlines(
                rows[:, 0],
                np.minimum(actual, predicted),
                np.maximum(actual, predicted),
                color=SOFT,
                linewidth=0.7,
                alpha=0.6,
                label="residuals",
            )
        ax.scatter(rows[:, 0], actual, color=BLUE, linewidths=0.5, label="data", zorder=3, **dots)
        curve = np.asarray(network.predict(x[:, None])).ravel()
        ax.plot(x, curve, color=VERMILLION, linewidth=2.4, label="prediction", zorder=4)
        name(ax, title, feature, "y")
    else:
        low, high = span(np.concatenate([actual, predicted]), 0.05)
        ax.plot([low, high], [low, high], color=INK, linewidth=1.2, linestyle=(0, (4, 2)), label="exact")
        ax.scatter(actual, predicted, color=BLUE, linewidths=0.5, label="rows", zorder=3, **dots)
        ax.set_xlim(low, high)
        ax.set_ylim(low, high)
        name(ax, title, "actual", "predicted")
    legend(ax)
    describe(ax, f"{title}: {len(actual):,} rows, {_quality(actual, predicted)}.")
    return ax


def residuals(network: Any, X: Any, y: Any, ax: Axes | None = None, *, title: str = "Residuals") -> Axes:
    """Actual minus predicted, against what was predicted: no pattern should be left."""
    rows, actual = matrix(X), _targets(y)
    predicted = np.asarray(network.predict(rows), float).ravel()
    _same(actual, predicted)
    ax = axes(ax)
    left = actual - predicted
    many = len(rows) > MANY
    ax.axhline(0, color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
    ax.scatter(
        predicted,
        left,
        s=8 if many else 22,
        color=BLUE,
        alpha=0.4 if many else 0.85,
        edgecolors="none" if many else "white",
        linewidths=0.5,
        zorder=3,
    )
    reach = 1.15 * float(np.abs(left).max()) or 1.0
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.set_ylim(-reach, reach)
    name(ax, title, "predicted", "actual − predicted")
    describe(
        ax,
        f"{title}: mean {short(float(left.mean()))}, standard deviation {short(float(left.std()))}, "
        f"largest {short(float(np.abs(left).max()))}.",
    )
    return ax


def training_results(
    history: History, network: Any, X: Any, y: Any, whole: Figure | None = None, *, title: str = "Regression"
) -> Figure:
    """Loss, fit and residuals of a regression, side by side."""
    whole = figure(14.0, 4.6) if whole is None else whole
    loss_curve(history, whole.add_subplot(1, 3, 1))
    regression_fit(network, X, y, whole.add_subplot(1, 3, 2))
    residuals(network, X, y, whole.add_subplot(1, 3, 3))
    heading(whole, title)
    return whole


def _targets(y: Any) -> Array:
    found = np.asarray(y, float)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim != 1:
        raise DataError("one target for each row", received=f"shape {found.shape}", hint="choose a column")
    return found


def _same(actual: Array, predicted: Array) -> None:
    if len(actual) != len(predicted):
        raise DataError("one target for each row", expected=f"{len(predicted)}", received=f"{len(actual)}")
    if not np.isfinite(predicted).all():
        raise DataError("the network predicts what is not a number", hint="train with a lower learning rate")


def _quality(actual: Array, predicted: Array) -> str:
    error = f"root mean squared error {short(float(np.sqrt(np.mean((actual - predicted) ** 2))))}"
    return f"R² {r2(predicted[:, None], actual[:, None]):.3f}, {error}" if np.ptp(actual) > 0 else error
