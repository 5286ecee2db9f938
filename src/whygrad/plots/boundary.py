"""What a classifier decides where: shaded by probability, with the boundary drawn, and the data on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..errors import DataError
from .grids import ClassGrid, class_grid, class_probabilities, classes_of, margins, matrix, span
from .legends import common_legend, legend
from .style import (
    INK,
    SHADES,
    SMALL,
    SOFT,
    axes,
    class_style,
    class_tint,
    cut,
    describe,
    figure,
    heading,
    line_style,
    name,
    short,
)

Array = np.ndarray[Any, Any]
LEVELS = 16  # of shading
MANY = 2000  # points beyond which they are drawn small and thin
MOST = 5000  # and beyond which a sample is drawn


def decision_boundary(
    network: Any,
    X: Any,
    y: Any = None,
    ax: Axes | None = None,
    *,
    title: str = "Decision boundary",
    feature_names: Sequence[str] = ("x₁", "x₂"),
    grid: ClassGrid | None = None,
) -> Axes:
    """The areas of the classes, the line between them, and the data.

    The shade says how sure the network is; classes differ in colour and marker. One column is drawn as a
    curve of probabilities. More than two are laid on their principal plane, and the axes say so: the areas
    are then those on that plane, and a point off it may lie in an area that is not its own.

    Parameters
    ----------
    network
        A trained classifier.
    X, y
        Rows and, where known, what they are.
    ax
        Where to draw; new axes when not given.
    title
        Above the picture.
    feature_names
        Names of the columns.
    grid
        What :func:`class_grid` computed already.

    Raises
    ------
    DataError
        If the network predicts numbers, or the data cannot be drawn.

    Examples
    --------
    >>> from whygrad import NeuralNetwork
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> network = NeuralNetwork([2, 4, 1], seed=0)
    >>> _ = network.train(X, y, epochs=200, learning_rate=0.1, verbose=False)
    >>> ax = decision_boundary(network, X, y)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['class 0', 'class 1', 'boundary']
    """
    rows = matrix(X)
    labels = None if y is None else _labels(y, len(rows), classes_of(network))
    if rows.shape[1] == 1 and grid is None:
        return _probability_curve(network, rows, labels, ax, title, feature_names[0])
    grid = class_grid(network, rows) if grid is None else grid
    ax = axes(ax, 5.8, 5.0)
    ax.grid(visible=False)
    shade(ax, grid)
    crossed = boundary_lines(ax, grid)
    if labels is not None:
        scatter(ax, grid.points, labels, grid.classes)
    if crossed:
        _name_line(ax)
    name(ax, title, *_axis_names(grid, feature_names))
    ax.set_xlim(grid.extent[:2])
    ax.set_ylim(grid.extent[2:])
    legend(ax)
    describe(ax, _in_words(title, grid, labels, crossed))
    return ax


def boundary_snapshots(
    grids: Sequence[ClassGrid],
    y: Any,
    titles: Sequence[str],
    whole: Figure | None = None,
    *,
    title: str = "Decision boundary during training",
    feature_names: Sequence[str] = ("x₁", "x₂"),
) -> Figure:
    """The boundary at several moments, side by side on the same scale.

    Raises
    ------
    DataError
        If there is nothing to draw, or not one title for each grid.
    """
    if not grids or len(grids) != len(titles):
        raise DataError("a title for each moment", expected=f"{len(grids)} titles", received=f"{len(titles)}")
    columns = min(3, len(grids))
    lines = -(-len(grids) // columns)
    whole = figure(max(6.0, 3.6 * columns + 0.4), 3.5 * lines + 0.9) if whole is None else whole
    labels = _labels(y, len(grids[0].points), grids[0].classes)
    parts, right = [], []
    for place, (grid, moment) in enumerate(zip(grids, titles, strict=True)):
        ax = axes(whole.add_subplot(lines, columns, place + 1))
        ax.grid(visible=False)
        shade(ax, grid)
        crossed = boundary_lines(ax, grid)
        scatter(ax, grid.points, labels, grid.classes, size=0.6)
        if crossed:
            _name_line(ax)
        x_name, y_name = _axis_names(grid, feature_names)
        name(
            ax, moment, x_name if place + columns >= len(grids) else "", y_name if not place % columns else ""
        )
        ax.set_xlim(grid.extent[:2])
        ax.set_ylim(grid.extent[2:])
        parts.append(ax)
        right.append(f"{moment} {100 * _right(grid, labels):.0f} %")
    common_legend(whole, parts)
    heading(whole, title)
    describe(
        whole, f"{title}, {len(grids)} moments; points in an area of their own class: {', '.join(right)}."
    )
    return whole


def _name_line(ax: Axes) -> None:
    """An entry for the legend."""
    ax.plot([], [], color=INK, linewidth=1.8, label="boundary")


def shade(ax: Axes, grid: ClassGrid) -> Any:
    """The areas, paler where the network is less sure."""
    image = shades(grid)
    return ax.imshow(
        image, extent=grid.extent, origin="lower", aspect="auto", interpolation="bilinear", zorder=0
    )


def shades(grid: ClassGrid) -> Array:
    """The colour of each point of the grid. Shape: (rows, columns, 3)."""
    probability = grid.probability
    if probability.shape[2] == 2:
        level = np.round(probability[:, :, 1] * (LEVELS - 1)) / (LEVELS - 1)
        return np.asarray(SHADES(level))[:, :, :3]
    tints = np.array([class_tint(k) for k in range(probability.shape[2])])
    best = probability.max(axis=2)
    sure = (best - 1 / probability.shape[2]) / (1 - 1 / probability.shape[2])
    sure = np.round(np.clip(sure, 0, 1) * (LEVELS - 1)) / (LEVELS - 1)
    weight = (0.25 + 0.75 * sure)[:, :, None]
    return np.asarray(weight * tints[grid.winner] + (1 - weight) * 0.985)


def boundary_lines(ax: Axes, grid: ClassGrid) -> bool:
    """Dark lines where the decision changes; whether there are any."""
    lead = margins(grid.probability)
    pairs = [1] if lead.shape[2] == 2 else range(lead.shape[2])
    crossed = False
    for k in pairs:
        if lead[:, :, k].min() < 0 < lead[:, :, k].max():
            ax.contour(grid.x, grid.y, lead[:, :, k], [0.0], colors=[INK], linewidths=1.8, zorder=2)
            crossed = True
    return crossed


def scatter(ax: Axes, points: Array, labels: Array, classes: Sequence[Any], size: float = 1.0) -> list[Any]:
    """The rows of data: a colour and a marker for each class, with white edges that part them."""
    drawn = []
    shown = np.arange(len(points))
    if len(points) > MOST:
        shown = np.sort(np.random.default_rng(0).permutation(len(points))[:MOST])
        note = f"{MOST:,} of {len(points):,} rows"
        ax.text(0.99, 0.01, note, transform=ax.transAxes, ha="right", va="bottom", fontsize=SMALL, color=SOFT)
    many = len(shown) > MANY
    area = size * (9 if many else 30 if len(shown) > 60 else 60)
    for place, label in enumerate(classes):
        of_class = shown[labels[shown] == place]
        if not len(of_class):
            continue
        drawn.append(
            ax.scatter(
                points[of_class, 0],
                points[of_class, 1],
                s=area,
                edgecolors="none" if many else "white",
                linewidths=0.6,
                alpha=0.55 if many else 0.95,
                label=class_name(label),
                zorder=3,
                **class_style(place),
            )
        )
    return drawn


def class_name(label: Any) -> str:
    """What a legend says: numbers get the word before them."""
    text = cut(label, 28)
    return f"class {text}" if text.lstrip("-").replace(".", "", 1).isdecimal() else text


def _labels(y: Any, rows: int, classes: Sequence[Any]) -> Array:
    """The place of each row's class."""
    given = np.asarray(y)
    if given.ndim == 2 and given.shape[1] == len(classes) > 1:
        given = np.asarray(classes)[given.argmax(axis=1)]
    given = given.ravel()
    if len(given) != rows:
        raise DataError("one label for each row", expected=f"{rows} labels", received=f"{len(given)}")
    places = np.full(rows, -1)
    for place, label in enumerate(classes):
        places[given == label] = place
    if (places < 0).any():
        unknown = given[places < 0][0]
        raise DataError(
            f"label {unknown!r} is none of the classes the network knows",
            expected=", ".join(map(str, classes)),
        )
    return places


def _axis_names(grid: ClassGrid, names: Sequence[str]) -> tuple[str, str]:
    if grid.projection is None:
        return str(names[0]), str(names[1]) if len(names) > 1 else "x₂"
    first, second = 100 * grid.projection.explained
    return f"component 1 ({first:.0f} % of variance)", f"component 2 ({second:.0f} %)"


def _probability_curve(
    network: Any, rows: Array, labels: Array | None, ax: Axes | None, title: str, feature: str
) -> Axes:
    """For a single column: the probability of each class, and the data as a strip below and above."""
    ax = axes(ax)
    classes = classes_of(network)
    x = np.linspace(*span(rows[:, 0]), 400)
    probability = class_probabilities(network, x[:, None])
    known = range(len(classes)) if labels is None else sorted(set(labels.tolist()))
    handles = []
    for place, label in enumerate(classes):
        line = place > 0 or len(classes) != 2  # of two classes one probability says it all
        style = class_style(place) | {"linestyle": line_style(place)["linestyle"] if line else "none"}
        if line:
            ax.plot(x, probability[:, place], linewidth=2, color=style["color"], linestyle=style["linestyle"])
        if line or place in known:
            marker = style["marker"] if labels is not None and place in known else None
            words = class_name(label) + (" and its probability" if len(classes) == 2 and line else "")
            handles.append(Line2D([], [], linewidth=2, **style | {"marker": marker}, label=words))
    crossings = x[:-1][np.diff(probability.argmax(axis=1)) != 0]
    for crossing in crossings:
        ax.axvline(crossing, color=INK, linewidth=1.4)
    if len(crossings):
        handles.append(Line2D([], [], color=INK, linewidth=1.4, label="boundary"))
    if labels is not None:
        noise = np.random.default_rng(len("jitter")).uniform(-0.02, 0.02, len(rows))
        height = np.where(labels == 0, -0.08, 1.08) if len(classes) == 2 else -0.08 - 0.06 * labels
        scatter(ax, np.column_stack([rows[:, 0], height + noise]), labels, classes)
    ax.set_yticks(np.linspace(0, 1, 6))
    name(ax, title, feature, "probability")
    legend(ax, handles)
    where = ", ".join(short(float(crossing)) for crossing in crossings)
    changes = f"the decision changes at {where}" if where else "the decision is the same everywhere"
    describe(
        ax,
        f"{title}: probability of {len(classes)} classes over {feature}, for {len(rows):,} rows with one "
        f"column; {changes}.",
    )
    return ax


def _in_words(title: str, grid: ClassGrid, labels: Array | None, crossed: bool) -> str:
    shares = [float((grid.winner == k).mean()) for k in range(len(grid.classes))]
    areas = ", ".join(
        f"{class_name(label)} on {100 * share:.0f} % of the area"
        for label, share in zip(grid.classes, shares, strict=True)
    )
    known = ""
    if labels is not None:
        right = 100 * _right(grid, labels)
        known = f" {len(labels):,} points, {right:.0f} % of them in an area of their own class."
    plane = (
        " Drawn on the plane of the first two principal components." if grid.projection is not None else ""
    )
    line = "" if crossed else " The decision is the same everywhere."
    return f"{title}: {areas}.{known}{plane}{line}"


def _right(grid: ClassGrid, labels: Array) -> float:
    """The share of points that lie in an area of their own class."""
    return float((_places_of(grid) == labels).mean())


def _places_of(grid: ClassGrid) -> Array:
    """The class of the area each point lies in."""
    columns = np.clip(np.searchsorted(grid.x, grid.points[:, 0]), 0, len(grid.x) - 1)
    rows = np.clip(np.searchsorted(grid.y, grid.points[:, 1]), 0, len(grid.y) - 1)
    return np.asarray(grid.winner[rows, columns])
