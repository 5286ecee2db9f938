"""The loss landscape as a surface and as contours, with the path that training took."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator
from mpl_toolkits.mplot3d import Axes3D

from ..errors import DataError
from .landscapes import Landscape
from .legends import legend
from .style import (
    GRID,
    INK,
    LABEL,
    MAGNITUDE,
    SMALL,
    SOFT,
    TEXT,
    TITLE,
    VERMILLION,
    axes,
    describe,
    figure,
    heading,
    name,
    short,
)

Array = np.ndarray[Any, Any]
HUGE = 1e100  # a loss as large as that is a gap, as infinity is
TOP = 97.0  # percentile of the loss beyond which the surface is cut off, so that the valley is seen


def contours(found: Landscape, ax: Axes | None = None, *, title: str = "Contours") -> Axes:
    """Lines of equal loss, and the path from start to end.

    Raises
    ------
    DataError
        If no loss on the grid is a number.
    """
    ax = axes(ax, 6.2, 5.0)
    ax.grid(visible=False)
    loss, norm, levels = _scale(found)
    if len(levels) > 1:
        filled = ax.contourf(found.a, found.b, loss, levels, cmap=MAGNITUDE, norm=norm, extend="both")
        ax.contour(found.a, found.b, loss, levels[::2], colors="white", linewidths=0.5, alpha=0.6)
        bar = figure_bar(ax, filled)
        ticks = _round_numbers(levels[0], levels[-1], isinstance(norm, LogNorm))
        bar.set_ticks(ticks, labels=[short(tick) for tick in ticks])
    else:
        ax.text(
            0.5,
            0.7,
            f"the loss is {short(levels[0])} everywhere",
            transform=ax.transAxes,
            ha="center",
            fontsize=LABEL,
            color=INK,
        )
    _walk(ax, found)
    ax.xaxis.set_major_locator(_few_ticks())
    ax.set_xlim(found.a[0], found.a[-1])
    ax.set_ylim(found.b[0], found.b[-1])
    name(ax, title, _direction(found, 0), _direction(found, 1))
    legend(ax)
    describe(ax, _in_words(found, loss))
    return ax


def figure_bar(ax: Axes, mappable: Any, label: str = "loss") -> Any:
    """A colour bar in our look."""
    bar = ax.figure.colorbar(mappable, ax=ax, shrink=0.95, pad=0.02)
    bar.set_label(label, fontsize=LABEL, color=INK)
    bar.ax.tick_params(labelsize=TEXT, color=SOFT, labelcolor=INK)
    bar.ax.minorticks_off()
    bar.outline.set_visible(False)
    return bar


def surface(found: Landscape, ax: Axes3D | None = None, *, title: str = "Surface") -> Axes3D:
    """The loss as a surface above the plane, flat where it is far above the valley."""
    if ax is None:
        ax = figure(6.2, 5.0).add_subplot(projection="3d")
    loss, norm, levels = _scale(found)
    a, b = np.meshgrid(found.a, found.b)
    top = levels[-1]
    height = _height(norm, np.minimum(loss, top))
    ax.plot_surface(
        a,
        b,
        height,
        cmap=MAGNITUDE,
        norm=Normalize(*_height(norm, np.array([norm.vmin, norm.vmax]))),
        rcount=len(found.b),
        ccount=len(found.a),
        linewidth=0,
        antialiased=True,
        alpha=0.92,
    )
    if found.path is not None and found.path_loss is not None:
        on = _height(norm, np.minimum(_on_plane(found), top))
        lift = 0.02 * np.nanmax(np.ptp(height[np.isfinite(height)]) if np.isfinite(height).any() else 0)
        ax.plot(found.path[:, 0], found.path[:, 1], on + lift, color=VERMILLION, linewidth=2, zorder=10)
        ax.plot(
            *found.path[0],
            on[0] + lift,
            "o",
            color="white",
            markersize=8,
            zorder=11,
            markeredgecolor=INK,
        )
        ax.plot(
            *found.path[-1],
            on[-1] + lift,
            "*",
            color=VERMILLION,
            markersize=14,
            zorder=11,
            markeredgecolor="white",
        )
    _dress_3d(ax, found, norm, title)
    describe(ax, "The same as a surface. " + _in_words(found, loss))
    return ax


def loss_landscape(found: Landscape, whole: Figure | None = None) -> Figure:
    """Surface and contours side by side, with the plane they are on.

    Parameters
    ----------
    found
        What :func:`~whygrad.plots.landscape` computed.
    whole
        The figure to draw in; a new one when not given.

    Raises
    ------
    DataError
        If no loss on the grid is a number.
    """
    whole = figure(11.2, 5.3) if whole is None else whole
    parts: Any = whole.subfigures(1, 2, width_ratios=[1, 1.12])
    left, right = parts
    surface(found, left.add_subplot(projection="3d"))
    contours(found, right.add_subplot())
    heading(whole, "Loss landscape" + ("" if found.path is None else " and the path of training"))
    whole.supxlabel(f"plane: {found.plane.sentence}", fontsize=TEXT, color=SOFT)
    describe(whole, _in_words(found, _scale(found)[0]))
    return whole


def _scale(found: Landscape) -> tuple[Array, Normalize, Array]:
    """The loss with gaps for what is no number, how to colour it, and the levels of contours."""
    loss = np.where(np.abs(found.loss) < HUGE, found.loss, np.nan)
    if not np.isfinite(loss).any():
        raise DataError("no loss on this plane is a number", hint="a smaller reach, or fewer epochs")
    low, high = float(np.nanmin(loss)), float(np.nanpercentile(loss, TOP))
    if high - low <= 1e-12 * max(1.0, abs(high)):
        return loss, Normalize(low - 1, low + 1), np.array([low])
    if low > 0 and high > 8 * low:
        return loss, LogNorm(low, high), np.geomspace(low, high, 16)
    return loss, Normalize(low, high), np.linspace(low, high, 16)


def _round_numbers(low: float, high: float, log: bool) -> list[float]:
    """Numbers that are easily read between two, on a linear or logarithmic scale."""
    if not log:
        found = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high)
    else:
        wide = np.log10(high / low) > 3
        found = LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0), numticks=8).tick_values(low, high)
    return [float(tick) for tick in found if low <= tick <= high] or [float(low), float(high)]


def _height(norm: Normalize, loss: Array) -> Array:
    """A loss as a height: its logarithm where colours are logarithmic."""
    return np.asarray(np.log10(loss) if isinstance(norm, LogNorm) else loss)


def _on_plane(found: Landscape) -> Array:
    """The loss of the surface under the path, by interpolation, so that the path lies on it."""
    assert found.path is not None
    loss = np.where(np.isfinite(found.loss), found.loss, np.nanmax(found.loss[np.isfinite(found.loss)]))
    columns = np.interp(found.path[:, 0], found.a, np.arange(len(found.a)))
    rows = np.interp(found.path[:, 1], found.b, np.arange(len(found.b)))
    left, low = (np.minimum(v.astype(int), len(found.a) - 2) for v in (columns, rows))
    right, up = columns - left, rows - low
    below = loss[low, left] * (1 - right) + loss[low, left + 1] * right
    above = loss[low + 1, left] * (1 - right) + loss[low + 1, left + 1] * right
    return np.asarray(below * (1 - up) + above * up)


def _walk(ax: Axes, found: Landscape) -> None:
    if found.path is None:
        ax.plot(
            [0], [0], "*", color=VERMILLION, markersize=14, markeredgecolor="white", label="trained network"
        )
        return
    ax.plot(*found.path.T, color="white", linewidth=3.6, zorder=3)
    ax.plot(*found.path.T, color=VERMILLION, linewidth=1.8, zorder=4, marker=".", markersize=4, label="path")
    ax.plot(*found.path[0], "o", color="white", markeredgecolor=INK, markersize=8, zorder=5, label="start")
    ax.plot(
        *found.path[-1], "*", color=VERMILLION, markeredgecolor="white", markersize=15, zorder=5, label="end"
    )


def _direction(found: Landscape, which: int) -> str:
    if found.plane.explained is None:
        return f"random direction {which + 1}"
    return f"principal component {which + 1} ({100 * found.plane.explained[which]:.1f} %)"


def _dress_3d(ax: Axes3D, found: Landscape, norm: Normalize, title: str) -> None:
    ax.set_title(title, fontsize=TITLE, color=INK, loc="left")
    ax.set_xlabel(_direction(found, 0), fontsize=TEXT, color=INK, labelpad=6)
    ax.set_ylabel(_direction(found, 1), fontsize=TEXT, color=INK, labelpad=6)
    log = isinstance(norm, LogNorm)
    ax.set_zlabel("log₁₀ loss" if log else "loss", fontsize=TEXT, color=INK, labelpad=7)
    ax.tick_params(labelsize=SMALL, color=SOFT, labelcolor=INK, pad=2)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.pane.set_facecolor("white")
        axis.pane.set_edgecolor(GRID)
        axis._axinfo["grid"].update(color=GRID, linewidth=0.6)
        axis.set_major_locator(_few_ticks())
    ax.view_init(elev=32, azim=-60)
    ax.set_box_aspect((1, 1, 0.72), zoom=0.92)


def _few_ticks() -> Any:
    return MaxNLocator(5)


def _in_words(found: Landscape, loss: Array) -> str:
    place = np.unravel_index(np.nanargmin(loss), loss.shape)
    path = ""
    if found.path_loss is not None:
        path = (
            f" The path has {len(found.path_loss)} points, its loss goes from {short(found.path_loss[0])} "
            f"to {short(found.path_loss[-1])}."
        )
    return (
        f"Loss landscape on a plane of {found.plane.sentence}: from {short(float(loss[place]))} "
        f"to {short(float(np.nanmax(loss)))} on {loss.shape[0]} × {loss.shape[1]} points.{path}"
    )
