"""Pictures of how variants end: scores with intervals, by variant and along settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from ...errors import DataError
from ...plots.landscape_drawing import figure_bar
from ...plots.style import (
    BLUE,
    INK,
    MAGNITUDE,
    SMALL,
    SOFT,
    TEXT,
    VERMILLION,
    axes,
    describe,
    name,
    short,
)
from ..findings import words
from ..findings.courses import standings
from ..findings.paired import Table
from ..findings.spread import LEVEL, Array, Spread, spread
from ..findings.varied import Varied, text
from ..results import Curves
from .parts import Unit, scores_axis, shortened, unit

WRITTEN = 12  # rows and columns up to which a heat map has its numbers


def final_scores(
    curves: Sequence[Curves], ax: Axes | None = None, *, measure: str = "test_score", title: str = ""
) -> Axes:
    """One row for each variant: a dot for the mean, its 95 % interval, and pale dots for the seeds.

    Parameters
    ----------
    curves
        Of the variants, from top to bottom.
    ax
        Where to draw; new axes when not given.
    measure
        ``"test_score"``, ``"test_loss"`` or another figure of :class:`~whygrad.studies.results.Standing`.
    title
        Above the picture; by default what is drawn.

    Raises
    ------
    DataError
        If there is no variant.
    """
    if not curves:
        raise DataError("there is no variant to draw")
    metric = curves[0].metric
    ax = axes(ax, 7.6, 1.5 + 0.34 * len(curves))
    one = unit(measure, metric)
    said, reach, lost = [], [], []
    for place, curve in enumerate(curves):
        ends = one.factor * standings(curve, measure)[1]
        ends = ends[np.isfinite(ends)]
        found = spread(ends)
        gone = sum(curve.diverged)
        if gone:
            lost.append((place, f"{gone} of {len(curve.seeds)} diverged"))
        if not found.count:
            said.append(f"{curve.variant} diverged in all {words.seeds(len(curve.seeds))}")
            continue
        reach.append(_dot(ax, place, ends, found, one.limits))
        said.append(
            f"{curve.variant} {short(found.mean)}{_between(found, one)}{f', {gone} diverged' if gone else ''}"
        )
    _fit(ax, np.array(reach), measure, metric)
    for place, note in lost:
        ax.text(
            0.01, place, note, transform=ax.get_yaxis_transform(), va="center", fontsize=SMALL, color=SOFT
        )
    ax.set_yticks(range(len(curves)), shortened([curve.variant for curve in curves], lines=2))
    ax.set_ylim(len(curves) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")
    what = one.name
    count = words.seeds(max([len(curve.seeds) for curve in curves]))
    bars = "mean, 95 % interval, and each seed" if count != "1 seed" else "1 seed"
    name(ax, title or f"{what[0].upper()}{what[1:]} at the end", f"{what} ({bars})", "")
    describe(
        ax,
        f"{what[0].upper()}{what[1:]} at the end, mean over {count} with 95 % interval: {'; '.join(said)}.",
    )
    return ax


def _between(found: Spread, one: Unit) -> str:
    interval = found.interval(LEVEL, *one.limits)
    return "" if interval is None else f" ({short(interval.low)} to {short(interval.high)})"


def _dot(ax: Axes, place: int, ends: Array, found: Spread, limits: Sequence[float]) -> tuple[float, float]:
    """One row; from where to where it reaches."""
    spots = np.linspace(-0.16, 0.16, len(ends)) if len(ends) > 1 else np.zeros(1)
    ax.plot(ends, place + spots, "o", color=BLUE, alpha=0.35, markersize=4, markeredgewidth=0)
    interval = found.interval(LEVEL, *limits)
    low, high = (found.mean, found.mean) if interval is None else (interval.low, interval.high)
    ax.plot([low, high], [place, place], color=INK, linewidth=1.6, solid_capstyle="butt")
    ax.plot([found.mean], [place], "D", color=VERMILLION, markersize=6.5, markeredgecolor="white", zorder=4)
    return min(low, float(ends.min())), max(high, float(ends.max()))


def _fit(ax: Axes, reach: Array, measure: str, metric: str) -> None:
    """A horizontal axis that holds what was drawn."""
    if not len(reach):
        return
    if measure.endswith("score"):
        scores_axis(ax, reach, metric, horizontal=True)
        return
    low, high = float(reach.min()), float(reach.max())
    room = 0.05 * (high - low) or 0.05 * abs(high) or 0.1
    ax.set_xlim(low - room, high + room)


def along_setting(
    curves: Sequence[Curves],
    one: Varied,
    ax: Axes | None = None,
    *,
    measure: str = "test_score",
    title: str = "",
) -> Axes:
    """The mean along a setting whose values are numbers, with 95 % interval.

    The axis is logarithmic where the values are spaced so. Where other settings vary too, the mean is over
    them, seed by seed. Networks that diverged count with what they had before training.

    Raises
    ------
    DataError
        If the values have no order.
    """
    numbers = _numbers(one)
    ax = axes(ax, 6.8, 4.4)
    table, metric = Table.of(curves, measure), curves[0].metric
    what, factor, limits = astuple(unit(measure, metric))
    places, means, lows, highs, said = [], [], [], [], []
    for level in one.levels:
        of = [table.values[curve.variant] for curve in curves if numbers.get(curve.variant) == level]
        common = sorted(set.intersection(*map(set, of))) if of else []
        if not common:
            continue
        values = [factor * float(np.mean([found[seed] for found in of])) for seed in common]
        found = spread(values)
        interval = found.interval(LEVEL, *limits)
        places.append(level)
        means.append(found.mean)
        lows.append(found.mean if interval is None else interval.low)
        highs.append(found.mean if interval is None else interval.high)
        said.append(f"{short(found.mean)} at {text(level)}")
    at = _along(ax, one, places)
    ax.fill_between(at, lows, highs, color=BLUE, alpha=0.16, linewidth=0)
    ax.errorbar(
        at, means, np.abs([np.subtract(means, lows), np.subtract(highs, means)]), fmt="none", ecolor=SOFT
    )
    ax.plot(at, means, "o-", color=BLUE, linewidth=1.9, markersize=6)
    if measure.endswith("score"):
        scores_axis(ax, np.array([lows, highs]), metric)
    label = one.label.replace("_", " ")
    spaced = ", logarithmic" if one.axis == "logarithmic" else ""
    name(ax, title or f"{what[0].upper()}{what[1:]} by {label}", label + spaced, what)
    over = words.seeds(max([len(curve.seeds) for curve in curves]))
    describe(
        ax, f"{what[0].upper()}{what[1:]} by {label}, mean over {over} with 95 % interval: {', '.join(said)}."
    )
    return ax


def _numbers(one: Varied) -> dict[str, float]:
    if one.numbers is None:
        raise DataError(
            f"the values of {one.name} have no order", received=", ".join(map(text, one.values.values()))
        )
    return one.numbers


def _along(ax: Axes, one: Varied, levels: Sequence[float]) -> Array:
    """Where the levels stand on the horizontal axis, each with its number while there is room."""
    if one.axis == "even":
        at = np.arange(len(levels), dtype=float)
        ax.set_xticks(at, [text(level) for level in levels])
        return at
    if one.axis == "logarithmic":
        ax.set_xscale("log")
    if len(levels) <= WRITTEN:
        ax.xaxis.set_major_locator(FixedLocator(list(levels)))
        ax.set_xticks(list(levels), [text(level) for level in levels])
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_minor_formatter(NullFormatter())
    return np.array(levels)


def score_map(
    curves: Sequence[Curves],
    across: Varied,
    down: Varied,
    ax: Axes | None = None,
    *,
    measure: str = "test_score",
    title: str = "",
) -> Axes:
    """The mean for each pair of values of two settings, as a heat map with its numbers.

    A pair that nothing was trained for stays empty. Other settings, if any vary, are averaged over. Networks
    that diverged count with what they had before training.

    Raises
    ------
    DataError
        If the values of one have no order.
    """
    columns, rows = _numbers(across), _numbers(down)
    table, metric = Table.of(curves, measure), curves[0].metric
    what, factor, _ = astuple(unit(measure, metric))
    cells = np.full((len(down.levels), len(across.levels)), np.nan)
    for row, column in np.ndindex(*cells.shape):
        found = [
            table.mean(curve.variant).mean
            for curve in curves
            if columns.get(curve.variant) == across.levels[column]
            and rows.get(curve.variant) == down.levels[row]
        ]
        if found:
            cells[row, column] = factor * np.mean(found)
    labels = [each.label.replace("_", " ") for each in (across, down)]
    title = title or f"{what[0].upper()}{what[1:]} by {labels[0]} and {labels[1]}"
    width = max(2.3 + 0.72 * cells.shape[1], 1.2 + 0.1 * len(title))
    ax = axes(ax, width, max(3.2, 1.7 + 0.5 * cells.shape[0]))
    ax.grid(visible=False)
    image = ax.imshow(cells, cmap=MAGNITUDE, aspect="auto", origin="lower")
    low, high = float(np.nanmin(cells)), float(np.nanmax(cells))
    for (row, column), number in np.ndenumerate(cells):
        value = float(number)
        if max(cells.shape) <= WRITTEN and np.isfinite(value):
            dark = (value - low) < 0.55 * (high - low)
            written, colour = f"{value:.1f}" if factor == 100.0 else short(value), "white" if dark else INK
            ax.text(column, row, written, ha="center", va="center", fontsize=TEXT, color=colour)
    ax.set_xticks(range(cells.shape[1]), [text(level) for level in across.levels])
    ax.set_yticks(range(cells.shape[0]), [text(level) for level in down.levels])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    figure_bar(ax, image, what)
    name(ax, title, *labels)
    place = np.nanargmax(cells) if measure.endswith("score") else np.nanargmin(cells)
    row, column = divmod(int(place), cells.shape[1])
    at = f"{labels[0]} {text(across.levels[column])} and {labels[1]} {text(down.levels[row])}"
    over = words.seeds(max([len(curve.seeds) for curve in curves]))
    span = f"from {short(low)} to {short(high)}"
    both = f"{what[0].upper()}{what[1:]} by {labels[0]} and {labels[1]}"
    describe(ax, f"{both}, mean over {over}: {span}; best at {at}.")
    return ax


def by_settings(
    curves: Sequence[Curves], found: Sequence[Varied], *, measure: str = "test_score"
) -> list[Axes]:
    """What suits the settings that vary: a heat map for two with numbers, a line for each one otherwise."""
    ordered = [one for one in found if one.numbers is not None and len(one.levels) > 1]
    if len(ordered) == 2:
        return [score_map(curves, ordered[0], ordered[1], measure=measure)]
    return [along_setting(curves, one, measure=measure) for one in ordered]
