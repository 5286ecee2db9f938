"""Pictures of how variants learn: mean curves with their spread over seeds.

Colours come with markers and with names written beside the lines, so that nothing depends on colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...errors import DataError
from ...plots.curves import SPAN
from ...plots.style import (
    BLUE,
    DASHES,
    INK,
    TEXT,
    VERMILLION,
    class_style,
    describe,
    dress,
    figure,
    heading,
    logarithmic,
    name,
    short,
)
from ..findings import words
from ..findings.spread import Array
from ..results import Curves
from .parts import label_ends, scores_axis, shortened, unit

DIRECT = 6  # variants whose lines share axes, each named at its end
PANELS = 24  # small pictures in one figure


def learning_curves(curves: Sequence[Curves], *, measure: str = "loss", title: str = "") -> Figure:
    """The mean over seeds by epoch, within one standard deviation: training solid, other rows dashed.

    Up to six variants share axes, with training rows on the left and others on the right, and each line is
    named where it ends. More have a small picture each, on the same axes.

    Parameters
    ----------
    curves
        Of the variants, in order.
    measure
        ``"loss"`` or ``"score"``.
    title
        Above the picture; by default what is drawn.

    Raises
    ------
    DataError
        If there is no epoch to draw.
    """
    drawn = [curve for curve in curves if _finite(curve, measure).any()]
    if not drawn:
        raise DataError("there is no epoch to draw", expected=f"variants with a {measure} that is a number")
    shown = drawn[:PANELS]
    whole = _together(shown, measure) if len(shown) <= DIRECT else _panels(shown, measure)
    what = unit(measure, drawn[0].metric).name
    left = f"; the first {PANELS} of {len(drawn)} variants" if len(drawn) > PANELS else ""
    over = words.seeds(max([len(curve.seeds) for curve in drawn]))
    drawing = over if over == words.seeds(1) else f"mean ± standard deviation of {over}"
    heading(whole, title or f"{what[0].upper()}{what[1:]}: {drawing}{left}")
    ends = "; ".join([f"{curve.variant} {_ends(curve, measure)}" for curve in shown])
    rows = f"training and {drawn[0].watched} rows"
    describe(whole, f"{what[0].upper()}{what[1:]} by epoch, mean over {over}, {rows}: {ends}{left}.")
    return whole


def _finite(curve: Curves, measure: str) -> Array:
    return np.asarray(np.isfinite(_rows(curve, measure, "train")))


def _rows(curve: Curves, measure: str, rows: str) -> Array:
    """Values by seed and epoch, accuracies in per cent."""
    table: Array = getattr(curve, measure if rows == "train" else f"watched_{measure}")
    return unit(measure, curve.metric).factor * np.where(np.isfinite(table), table, np.nan)


def _band(table: Array) -> tuple[Array, Array]:
    """Mean and standard deviation by epoch over the seeds that have it; none where there is one seed."""
    known = np.isfinite(table)
    count = known.sum(axis=0)
    mean = np.where(count > 0, np.where(known, table, 0).sum(axis=0) / np.maximum(count, 1), np.nan)
    squares = np.where(known, (table - mean) ** 2, 0).sum(axis=0)
    return mean, np.where(count > 1, np.sqrt(squares / np.maximum(count - 1, 1)), 0.0)


def _line(ax: Axes, epochs: Array, table: Array, colour: str, dashed: bool, marker: str | None) -> Array:
    """A mean with its band; the mean."""
    mean, deviation = _band(table)
    low = mean - deviation
    if ax.get_yscale() == "log":
        low = np.maximum(low, ax.get_ylim()[0])
    ax.fill_between(epochs, low, mean + deviation, color=colour, alpha=0.16, linewidth=0)
    style: dict[str, Any] = {"linestyle": DASHES[1] if dashed else "-"}
    if marker is not None or len(mean) == 1:
        every = max(1, len(mean) // 6)
        style |= {
            "marker": marker or "o",
            "markersize": 5,
            "markevery": (min(every // 2, len(mean) - 1), every),
        }
    ax.plot(epochs, mean, color=colour, linewidth=1.9, **style)
    return mean


def _scale(parts: Sequence[Axes], curves: Sequence[Curves], measure: str) -> None:
    """The same vertical axis for all parts: logarithmic where losses fall far."""
    both = [_band(_rows(curve, measure, rows)) for curve in curves for rows in ("train", "test")]
    means = np.concatenate([mean for mean, _ in both])
    seen = means[np.isfinite(means)]
    low, high = float(seen.min()), float(seen.max())
    tops = np.concatenate([mean + deviation for mean, deviation in both])
    bottoms = np.concatenate([mean - deviation for mean, deviation in both])
    for ax in parts:
        if measure == "loss" and low > 0 and high > SPAN * low:
            logarithmic(ax, seen)
            ax.set_ylim(low / 1.5, float(np.nanmax(tops)) * 1.1)
        elif measure == "loss":
            ax.set_ylim(min(0.0, float(np.nanmin(bottoms))), float(np.nanmax(tops)) * 1.05 or 1.0)
        else:
            scores_axis(ax, np.concatenate([tops, bottoms]), curves[0].metric)


def _together(curves: Sequence[Curves], measure: str) -> Figure:
    """Training rows on the left, others on the right, each line named where it ends."""
    watched = curves[0].watched
    second = any(np.isfinite(_rows(curve, measure, "test")).any() for curve in curves)
    whole = figure(6.6 * (2 if second else 1) + 1.4, 4.6)
    parts = whole.subplots(1, 2 if second else 1, squeeze=False)[0].tolist()
    for ax in parts:
        dress(ax)
    _scale(parts, curves, measure)
    for rows, ax in zip(("train", "test"), parts, strict=False):
        ends = []
        for place, curve in enumerate(curves):
            look = class_style(place)
            values, dashed = _rows(curve, measure, rows), rows == "test"
            mean = _line(ax, curve.epochs, values, look["color"], dashed, look["marker"])
            known = np.flatnonzero(np.isfinite(mean))
            if len(known):
                ends.append(
                    (float(mean[known[-1]]), int(curve.epochs[known[-1]]), curve.variant, look["color"])
                )
        most = max(int(curve.epochs[-1]) for curve in curves)
        ax.set_xlim(1 if most > 1 else 0.5, most if most > 1 else 1.5)
        label_ends(ax, ends, most)
        name(
            ax,
            "training rows" if rows == "train" else f"{watched} rows",
            "epoch",
            _axis_name(ax, curves, measure),
        )
    return whole


def _axis_name(ax: Axes, curves: Sequence[Curves], measure: str) -> str:
    return unit(measure, curves[0].metric).name + (", logarithmic" if ax.get_yscale() == "log" else "")


def _panels(curves: Sequence[Curves], measure: str) -> Figure:
    """A small picture for each variant, all on the same axes."""
    columns = 4 if len(curves) > 9 else 3
    lines = -(-len(curves) // columns)
    whole = figure(3.3 * columns, 2.35 * lines + 0.7)
    grid = whole.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel().tolist()
    parts = grid[: len(curves)]
    for ax in parts:
        dress(ax)
    for ax in grid[len(curves) :]:
        ax.set_axis_off()
    _scale(parts, curves, measure)
    titles = shortened([curve.variant for curve in curves], lines=2)
    for place, (ax, curve) in enumerate(zip(parts, curves, strict=True)):
        _line(ax, curve.epochs, _rows(curve, measure, "train"), BLUE, False, None)
        if np.isfinite(_rows(curve, measure, "test")).any():
            _line(ax, curve.epochs, _rows(curve, measure, "test"), VERMILLION, True, None)
        left, below = place % columns == 0, place + columns >= len(curves)
        name(ax, "", "epoch" if below else "", _axis_name(ax, curves, measure) if left else "")
        ax.set_title(titles[place], fontsize=TEXT + 1, color=INK, loc="left")
        ax.tick_params(labelbottom=below, labelleft=left)
    parts[0].get_lines()[0].set_label("training")
    for line in parts[0].get_lines()[1:]:
        line.set_label(curves[0].watched)
    whole.legend(
        handles=parts[0].get_lines(), loc="outside lower right", ncols=2, fontsize=TEXT, frameon=False
    )
    return whole


def _ends(curve: Curves, measure: str) -> str:
    """Where the means of a variant begin and end, in words."""
    said = []
    for rows in ("train", "test"):
        mean = _band(_rows(curve, measure, rows))[0]
        known = mean[np.isfinite(mean)]
        if len(known):
            said.append(f"from {short(float(known[0]))} to {short(float(known[-1]))}")
    lost = sum(curve.diverged)
    return " and ".join(said) + (f" ({lost} diverged)" if lost else "")
