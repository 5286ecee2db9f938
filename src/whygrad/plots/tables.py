"""Pictures of classification: a confusion matrix, images that were mistaken, and weights seen as images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ..errors import DataError
from ..evaluation.confusion_matrix import Confusion
from ..training.history import History
from .boundary import decision_boundary
from .curves import loss_curve, score_curve
from .grids import class_probabilities, classes_of, matrix
from .landscape_drawing import figure_bar
from .style import (
    BLUE,
    INK,
    LABEL,
    SIGNED,
    SMALL,
    SOFT,
    TEXT,
    axes,
    bare,
    cut,
    describe,
    figure,
    heading,
    name,
    short,
)

Array = np.ndarray[Any, Any]
SHARE = LinearSegmentedColormap.from_list("whygrad share", ["#FFFFFF", BLUE])
MOST_WRITTEN = 20  # classes up to which each cell has its number


def confusion_matrix(found: Confusion, ax: Axes | None = None, *, title: str = "Confusion matrix") -> Axes:
    """Rows of each class by what they were taken for; the shade is the share of the row.

    Examples
    --------
    >>> from whygrad.evaluation.confusion_matrix import confusion
    >>> ax = confusion_matrix(confusion(["a", "b", "b"], ["a", "a", "b"], ["a", "b"]))
    >>> [text.get_text() for text in ax.texts]
    ['1', '·', '1', '1']
    """
    counts = np.array(found.counts)
    classes = [cut(label) for label in found.classes]
    longest = max(map(len, classes))
    size = max(4.4, min(9.0, 1.6 + 0.46 * len(classes))) + 0.07 * longest
    ax = axes(ax, size + 0.9, size)
    ax.grid(visible=False)
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    image = ax.imshow(shares, cmap=SHARE, vmin=0, vmax=1, aspect="equal")
    if len(classes) <= MOST_WRITTEN:
        for row, column in np.ndindex(*counts.shape):
            number = counts[row, column]
            ax.text(
                column,
                row,
                f"{number:,}" if number else "·",
                ha="center",
                va="center",
                fontsize=TEXT,
                color="white" if shares[row, column] > 0.55 else INK,
                fontweight="bold" if row != column and number else "normal",
            )
    upright = longest > 3 and longest * len(classes) > 40
    ax.set_xticks(range(len(classes)), classes, rotation=90 if upright else 0)
    ax.set_yticks(range(len(classes)), classes)
    ax.set_xticks(np.arange(len(classes) - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(len(classes) - 1) + 0.5, minor=True)
    ax.grid(which="minor", color="#DDDDDD", linewidth=0.8)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)
    figure_bar(ax, image, "share of the true class")
    name(ax, title, "predicted class", "true class")
    right, rows = int(np.trace(counts)), int(counts.sum())
    most = found.most_confused
    worst = f"; most often {most.actual} is taken for {most.predicted} ({most.rows} rows)" if most else ""
    describe(ax, f"{title} of {len(classes)} classes: {right:,} of {rows:,} rows are right{worst}.")
    return ax


def _frame(ax: Axes) -> Axes:
    """Axes for an image: a thin line around it, and nothing else."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color("#CFCFCF")
    return ax


def image_side(columns: int) -> int:
    """The side of square images with so many pixels.

    Raises
    ------
    DataError
        If they are not square.

    Examples
    --------
    >>> image_side(64)
    8
    """
    side = int(columns**0.5)
    if side * side != columns or side < 2:
        raise DataError(
            "these rows are no square images",
            expected="64 or 784 columns, or another square",
            received=f"{columns} columns",
        )
    return side


def misclassified(network: Any, X: Any, y: Any, whole: Figure | None = None, *, most: int = 20) -> Figure:
    """The images a network got wrong, the most certain mistakes first, with what they are and were taken for.

    Raises
    ------
    DataError
        If the rows are no square images, or the network tells no classes apart.
    """
    rows = matrix(X)
    side = image_side(rows.shape[1])
    classes = np.asarray(classes_of(network))
    probability = class_probabilities(network, rows)
    guess, truth = classes[probability.argmax(axis=1)], np.asarray(y).ravel()
    wrong = np.flatnonzero(guess != truth)
    order = wrong[np.argsort(-probability[wrong].max(axis=1), kind="stable")][:most]
    named = [f"true {cut(truth[row], 14)}, predicted {cut(guess[row], 14)}" for row in order]
    if max(map(len, named), default=0) > 20:
        named = [text.replace(", ", "\n") for text in named]
    columns = min(5, max(1, len(order)))
    lines = max(1, -(-len(order) // columns))
    high = 2.0 + 0.17 * max((text.count("\n") for text in named), default=0)
    whole = figure(max(6.4, 1.9 * columns), high * lines + 0.7) if whole is None else whole
    for place, row in enumerate(order):
        ax = _frame(whole.add_subplot(lines, columns, place + 1))
        ax.imshow(rows[row].reshape(side, side), cmap="Greys", interpolation="nearest")
        sure = f"confidence {100 * probability[row].max():.0f} %"
        ax.set_title(f"{named[place]}\n{sure}", fontsize=TEXT, color=INK)
    if not len(order):
        ax = bare(whole.add_subplot())
        ax.text(0.5, 0.5, f"all {len(rows):,} rows are right", ha="center", fontsize=LABEL, color=INK)
    shown = f", the {len(order)} most confident" if len(order) < len(wrong) else ""
    heading(whole, f"Misclassified images: {len(wrong):,} of {len(rows):,}{shown}")
    pairs = ", ".join(f"{truth[row]} for {guess[row]}" for row in order)
    describe(whole, f"{len(wrong)} of {len(rows):,} images are mistaken; taken wrongly: {pairs or 'none'}.")
    return whole


def first_layer(network: Any, whole: Figure | None = None, *, most: int = 32) -> Figure:
    """The weights of the first layer's neurons as images: blue where a pixel speaks for, vermillion against.

    Raises
    ------
    DataError
        If the inputs are no square images.
    """
    weights = network.parameters()["1.weights"].data
    side = image_side(weights.shape[0])
    strongest = np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")[:most]
    columns = min(8, len(strongest))
    lines = -(-len(strongest) // columns)
    whole = figure(max(6.4, 1.2 * columns + 1.3), 1.25 * lines + 0.9) if whole is None else whole
    reach = float(np.abs(weights[:, strongest]).max()) or 1.0
    panels = [_frame(whole.add_subplot(lines, columns, k + 1)) for k in range(len(strongest))]
    for ax, neuron in zip(panels, strongest, strict=True):
        image = ax.imshow(weights[:, neuron].reshape(side, side), cmap=SIGNED, vmin=-reach, vmax=reach)
        ax.set_title(f"{neuron}", fontsize=SMALL, color=SOFT, pad=2)
    bar = whole.colorbar(image, ax=panels, shrink=0.8, pad=0.015)
    bar.set_label("weight", fontsize=LABEL, color=INK)
    bar.ax.tick_params(labelsize=TEXT, labelcolor=INK)
    bar.outline.set_visible(False)
    neurons = weights.shape[1]
    counted = "1 neuron" if neurons == 1 else f"{neurons} neurons"
    part = f"{len(strongest)} of {counted}" if len(strongest) < neurons else counted
    heading(whole, f"First-layer weights: {part}" + (", largest norms first" if neurons > 1 else ""))
    describe(
        whole,
        f"Weights of {len(strongest)} neurons of the first layer as {side} × {side} images, "
        f"from {short(-reach)} to {short(reach)}.",
    )
    return whole


def classification_results(
    history: History,
    network: Any,
    X: Any,
    y: Any,
    found: Confusion | None = None,
    whole: Figure | None = None,
    *,
    title: str = "Classification",
    feature_names: Sequence[str] = ("x₁", "x₂"),
) -> Figure:
    """Loss, accuracy, and the boundary, or the confusion matrix where one is given."""
    whole = figure(13.8, 4.6) if whole is None else whole
    loss_curve(history, whole.add_subplot(1, 3, 1))
    score_curve(history, whole.add_subplot(1, 3, 2))
    last = whole.add_subplot(1, 3, 3)
    if found is None:
        decision_boundary(network, X, y, last, feature_names=feature_names)
    else:
        confusion_matrix(found, last)
    heading(whole, title)
    return whole
