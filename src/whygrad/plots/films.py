"""Films of learning: the loss, the boundary, both, the walk on a landscape, a hidden layer, the gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from ..errors import DataError
from ..training.history import History
from .boundary import _axis_names, _labels, _right, scatter, shades
from .curves import lone_dots, loss_label
from .film import Backdrop, Film
from .flows import Flow
from .gradient_drawing import layer_ticks
from .grids import ClassGrid, margins, span
from .landscape_drawing import contours
from .landscapes import Landscape
from .legends import legend
from .style import (
    BLUE,
    GRID,
    INK,
    SHADES,
    TITLE,
    VERMILLION,
    axes,
    describe,
    figure,
    line_style,
    logarithmic,
    name,
    numbers,
    short,
)

Array = np.ndarray[Any, Any]
Show = Callable[[int], Iterable[Artist]]
SIZE = (5.0, 4.5)  # inches, at DPI
DPI = 100
LEVELS = 12  # of shading: fewer than in a figure, as each moving edge costs bytes


def boundary_film(
    grids: Sequence[ClassGrid],
    y: Any,
    epochs: Sequence[int],
    *,
    fps: float = 20.0,
    feature_names: Sequence[str] = ("x₁", "x₂"),
) -> Film:
    """The decision boundary as it forms.

    Parameters
    ----------
    grids
        What :func:`~whygrad.plots.class_grid` computed at each moment, all on the same points.
    y
        What the rows are.
    epochs
        Of the moments.
    fps
        Frames a second.
    feature_names
        Names of the axes.

    Raises
    ------
    DataError
        If there is nothing to show.
    """
    whole = figure(*SIZE)
    whole.set_dpi(DPI)
    show, above = _boundary(axes(whole.add_subplot()), grids, y, epochs, feature_names)
    describe(
        whole, f"The decision boundary as it forms, from epoch {epochs[0]} to {epochs[-1]}. {_ends(grids, y)}"
    )
    return Film(whole, len(grids), show, fps, above)


def loss_film(history: History, *, moments: Sequence[int] | None = None, fps: float = 20.0) -> Film:
    """The loss curve as it grows, with the number at its end."""
    whole = figure(*SIZE)
    whole.set_dpi(DPI)
    moments = _moments(history) if moments is None else moments
    show = _loss(axes(whole.add_subplot()), history, moments)
    known = numbers(history.loss)[np.isfinite(numbers(history.loss))]
    describe(
        whole,
        f"The loss over {len(history)} epochs, from {short(float(known[0]))} to {short(float(known[-1]))}.",
    )
    return Film(whole, len(moments), show, fps)


def loss_and_boundary_film(
    history: History, grids: Sequence[ClassGrid], y: Any, epochs: Sequence[int], *, fps: float = 20.0
) -> Film:
    """Loss and boundary side by side, in step."""
    whole = figure(2 * SIZE[0], SIZE[1])
    whole.set_dpi(DPI)
    left = _loss(axes(whole.add_subplot(1, 2, 1)), history, epochs)
    right, above = _boundary(axes(whole.add_subplot(1, 2, 2)), grids, y, epochs, ("x₁", "x₂"))
    describe(whole, f"Loss and decision boundary, from epoch {epochs[0]} to {epochs[-1]}. {_ends(grids, y)}")
    return Film(whole, len(grids), lambda k: [*left(k), *right(k)], fps, above)


def landscape_film(found: Landscape, *, fps: float = 15.0) -> Film:
    """The walk down the loss landscape.

    Raises
    ------
    DataError
        If the landscape has no path.
    """
    if found.path is None or found.path_loss is None:
        raise DataError("this landscape has no path to walk", hint="landscape(network, X, y, recorder.path)")
    path, loss = found.path, found.path_loss
    whole = figure(6.0, 4.7)
    whole.set_dpi(DPI)
    bare = Landscape(found.plane, found.a, found.b, found.loss, path[-1:], loss[-1:])
    ax = contours(bare, whole.add_subplot(), title="")
    for line in list(ax.get_lines()):
        line.remove()
    drawn = ax.get_legend()
    if drawn is not None:
        drawn.remove()
    under = ax.plot([], [], color="white", linewidth=3.6)[0]
    line = ax.plot([], [], color=VERMILLION, linewidth=1.8)[0]
    dot = ax.plot([], [], "o", color=VERMILLION, markeredgecolor="white", markersize=10)[0]
    ax.plot(*path[0], "o", color="white", markeredgecolor=INK, markersize=8)
    title = _headline(ax, "Path on the loss landscape, ")

    def show(k: int) -> list[Artist]:
        for each in (under, line):
            each.set_data(*path[: k + 1].T)
        dot.set_data(path[k : k + 1, 0], path[k : k + 1, 1])
        title.set_text(f"{k} of {len(path) - 1}: loss {short(float(loss[k]))}")
        return [under, line, dot, title]

    describe(
        whole,
        f"The walk down the loss landscape on a plane of {found.plane.sentence}; {len(path)} points, "
        f"loss from {short(float(loss[0]))} to {short(float(loss[-1]))}.",
    )
    return Film(whole, len(path), show, fps)


def hidden_film(
    activations: Sequence[Array],
    labels: Array,
    mesh: Sequence[Array],
    side: int,
    epochs: Sequence[int],
    *,
    classes: Sequence[Any] = (0, 1),
    fps: float = 20.0,
) -> Film:
    """A hidden layer bending the plane: where its first two directions put the points, and a grid of lines.

    Parameters
    ----------
    activations
        At each moment, where the layer puts the rows. Shape of each: (n, 2).
    labels
        The place of each row's class.
    mesh
        At each moment, where it puts the points of a square grid. Shape of each: (side², 2).
    side
        Of that grid.
    epochs
        Of the moments.
    classes
        Labels.
    fps
        Frames a second.
    """
    if not activations or len(activations) != len(mesh):
        raise DataError("a film of a hidden layer needs moments", received=f"{len(activations)}, {len(mesh)}")
    whole = figure(*SIZE)
    whole.set_dpi(DPI)
    ax = axes(whole.add_subplot())
    ax.grid(visible=False)
    everything = np.concatenate([*activations])
    ax.set_xlim(*span(everything[:, 0], 0.1))
    ax.set_ylim(*span(everything[:, 1], 0.1))
    lines = LineCollection([], colors="#9FB6C6", linewidths=0.7, zorder=1)
    ax.add_collection(lines, autolim=False)
    dots = scatter(ax, activations[0], labels, classes, size=0.7)
    shown = [place for place in range(len(classes)) if (labels == place).any()]
    name(ax, "", "hidden component 1", "hidden component 2")
    legend(ax, outside=True)
    title = _headline(ax, "Hidden-layer representation, epoch ")

    def show(k: int) -> list[Artist]:
        sheet = mesh[k].reshape(side, side, 2)
        lines.set_segments([*sheet, *sheet.transpose(1, 0, 2)])
        for each, place in zip(dots, shown, strict=True):
            each.set_offsets(activations[k][labels == place])
        title.set_text(f"{epochs[k]}")
        return [lines, *dots, title]

    describe(
        whole,
        f"How a hidden layer bends the plane, from epoch {epochs[0]} to {epochs[-1]}: {len(labels):,} points "
        f"of {len(shown)} classes, and a grid of {side} by {side} lines.",
    )
    return Film(whole, len(activations), show, fps, _legend_of(ax))


def flow_film(flow: Flow, *, fps: float = 15.0, most: int = 100) -> Film:
    """The gradient of each layer as a bar, epoch by epoch, with a mark where it has been."""
    whole = figure(*SIZE)
    whole.set_dpi(DPI)
    ax = axes(whole.add_subplot())
    norms = flow.gradient_norm
    known = norms[np.isfinite(norms) & (norms > 0)]
    if not len(known):
        raise DataError("every gradient in this history is zero or unknown")
    floor = float(known.min()) / 2
    logarithmic(ax, known)
    ax.set_ylim(floor, 1.6 * float(known.max()))
    places = np.arange(1, flow.layers + 1)
    bars = ax.bar(places, np.full(flow.layers, floor), width=0.55, color=BLUE)
    look: dict[str, Any] = {"color": VERMILLION, "linewidth": 2.2, "label": "first epoch"}
    marks = ax.hlines(norms[:, 0], places - 0.275, places + 0.275, **look)
    layer_ticks(ax, flow.layers)
    name(ax, "", ax.get_xlabel(), "‖∂L/∂θ‖")
    legend(ax, outside=True)
    title = _headline(ax, "Gradient norm by layer, epoch ")
    chosen = np.unique(np.linspace(0, len(flow.epochs) - 1, min(most, len(flow.epochs))).astype(int))

    def show(k: int) -> list[Artist]:
        for bar, height in zip(bars, norms[:, chosen[k]], strict=True):
            bar.set_height(height if np.isfinite(height) and height > 0 else floor)
        title.set_text(f"{flow.epochs[chosen[k]]}")
        return [*bars, marks, title]

    describe(
        whole,
        f"Gradient norms of {flow.layers} layers over {len(flow.epochs)} epochs, as bars, from "
        f"{short(float(known.min()))} to {short(float(known.max()))}.",
    )
    return Film(whole, len(chosen), show, fps)


def _ends(grids: Sequence[ClassGrid], y: Any) -> str:
    """How many points lie where they belong, at first and at last."""
    labels = _labels(y, len(grids[0].points), grids[0].classes)
    first, last = (100 * _right(grid, labels) for grid in (grids[0], grids[-1]))
    return f"Points in an area of their own class: {first:.0f} % at first, {last:.0f} % at last."


def _legend_of(ax: Axes) -> list[Artist]:
    """The legend, if there is one."""
    found = ax.get_legend()
    return [] if found is None else [found]


def _headline(ax: Axes, words: str) -> Any:
    """A title whose words stand still; what comes back stands behind them and changes.

    Drawing letters takes longer than anything else in a frame. An empty title keeps the room.
    """
    ax.set_title(" ", fontsize=TITLE)
    still = ax.text(0.0, 1.02, words, transform=ax.transAxes, fontsize=TITLE, color=INK, va="bottom")
    return ax.annotate(
        "", (1, 0), xycoords=still, fontsize=TITLE, color=INK, va="bottom", annotation_clip=False
    )


def _moments(history: History, most: int = 100) -> list[int]:
    if not len(history):
        raise DataError("the history has no epochs", hint="train first")
    epochs = [epoch.epoch for epoch in history]
    return [epochs[k] for k in np.unique(np.linspace(0, len(epochs) - 1, min(most, len(epochs))).astype(int))]


def _loss(ax: Axes, history: History, moments: Sequence[int]) -> Show:
    """The whole curve pale, what has been so far strong."""
    loss = numbers(history.loss)
    if not np.isfinite(loss).any():
        raise DataError("no epoch has a loss that is a number", received=f"{len(history)} epochs")
    epochs = np.array([epoch.epoch for epoch in history])
    validation = numbers(history.validation_loss)
    seen = np.concatenate([loss[np.isfinite(loss)], validation[np.isfinite(validation)]])
    if seen.min() > 0 and seen.max() > 30 * seen.min():
        logarithmic(ax, seen)
    ax.plot(epochs, loss, color=GRID, linewidth=2, **lone_dots(loss))
    lines = [(ax.plot([], [], linewidth=2, label="training", **line_style(0))[0], loss)]
    if np.isfinite(validation).any():
        ax.plot(epochs, validation, color=GRID, linewidth=2, **lone_dots(validation))
        lines.append((ax.plot([], [], linewidth=2, label="validation", **line_style(1))[0], validation))
    dot = ax.plot([], [], "o", color=BLUE, markeredgecolor="white", markersize=8)[0]
    name(ax, "", "epoch", loss_label(ax))
    legend(ax, avoid=[np.column_stack([epochs, values]) for _, values in lines])
    title = _headline(ax, "Loss, epoch ")

    def show(k: int) -> list[Artist]:
        until = int(np.searchsorted(epochs, moments[k], side="right"))
        for line, values in lines:
            line.set_data(epochs[:until], values[:until])
        dot.set_data(epochs[max(0, until - 1) : until], loss[max(0, until - 1) : until])
        last = f": {short(float(loss[until - 1]))}" if until and np.isfinite(loss[until - 1]) else ""
        title.set_text(f"{moments[k]}{last}")
        return [line for line, _ in lines] + [dot, title]

    return show


def _boundary(
    ax: Axes, grids: Sequence[ClassGrid], y: Any, epochs: Sequence[int], names: Sequence[str]
) -> tuple[Show, list[Artist]]:
    if not grids or len(grids) != len(epochs):
        raise DataError("an epoch for each grid", expected=f"{len(grids)}", received=f"{len(epochs)}")
    first = grids[0]
    ax.grid(visible=False)
    two = len(first.classes) == 2
    image = Backdrop(ax, _shade_of(first), SHADES(np.linspace(0, 1, LEVELS))[:, :3] if two else None)
    line = LineCollection([], colors=INK, linewidths=1.8, zorder=2)
    ax.add_collection(line, autolim=False)
    labels = _labels(y, len(first.points), first.classes)
    dots = scatter(ax, first.points, labels, first.classes)
    name(ax, "", *_axis_names(first, names))
    ax.set_xlim(first.extent[:2])
    ax.set_ylim(first.extent[2:])
    ax.plot([], [], color=INK, linewidth=1.8, label="boundary")
    legend(ax, outside=True)
    title = _headline(ax, "Decision boundary, epoch ")
    above = [*dots, *_legend_of(ax)]

    def show(k: int) -> list[Artist]:
        image.set_grid(_shade_of(grids[k]))
        line.set_segments(crossings(grids[k]))
        title.set_text(f"{epochs[k]}")
        return [image, line, title]

    return show, above


def crossings(grid: ClassGrid) -> list[Array]:
    """The lines where the decision changes, as points one after the other. Shape of each: (n, 2)."""
    from contourpy import contour_generator

    lead = margins(grid.probability)
    found: list[Array] = []
    for k in [1] if lead.shape[2] == 2 else range(lead.shape[2]):
        found += contour_generator(grid.x, grid.y, lead[:, :, k]).lines(0.0)  # type: ignore[arg-type]
    return found


def _shade_of(grid: ClassGrid) -> Array:
    """What lies behind the points: the probability of the second class of two, or colours."""
    return grid.probability[:, :, 1] if len(grid.classes) == 2 else shades(grid)
