"""Pictures of how large gradients are in each layer: at the first and the last epoch, and over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ...errors import DataError
from ...plots.style import (
    INK,
    MAGNITUDE,
    TEXT,
    class_style,
    describe,
    dress,
    figure,
    heading,
    logarithmic,
    name,
    short,
)
from ..findings.spread import Array
from ..results import TrialResult, curves
from .learning import DIRECT, PANELS
from .parts import label_ends, shortened


def layer_norms(results: Iterable[TrialResult]) -> dict[str, Array]:
    """‖∂L/∂θ‖ of each layer at the end of each epoch: variant -> its geometric mean over seeds.

    Shape: (layers, epochs) each; NaN where no seed has a number above 0.

    Raises
    ------
    DataError
        If no result says anything of single layers.
    """
    of: dict[str, list[list[list[float]]]] = {}
    for result in results:
        layers: list[list[float]] = []
        while (column := result.columns.get(f"gradient_norm_{len(layers) + 1}")) is not None:
            layers.append([np.nan if value is None else float(value) for value in column])
        if layers and layers[0]:
            of.setdefault(result.variant, []).append(layers)
    if not of:
        raise DataError("no result says anything of single layers", expected="columns gradient_norm_1 …")
    return {variant: _geometric(seeds) for variant, seeds in of.items()}


def _geometric(seeds: list[list[list[float]]]) -> Array:
    shape = (len(seeds), len(seeds[0]), max(len(layers[0]) for layers in seeds))
    logs = np.full(shape, np.nan)
    for row, layers in zip(logs, seeds, strict=True):
        values = np.array(layers)
        row[:, : values.shape[1]] = np.log(np.where(np.isfinite(values) & (values > 0), values, np.nan))
    known = np.isfinite(logs)
    total, count = np.where(known, logs, 0).sum(axis=0), known.sum(axis=0)
    return np.where(count > 0, np.exp(total / np.maximum(count, 1)), np.nan)


def gradients_by_layer(results: Iterable[TrialResult], *, title: str = "Gradient by layer") -> Figure:
    """‖∂L/∂θ‖ from the input to the output, after the first and after the last epoch.

    A line for each variant; of more than six, the first six.

    Raises
    ------
    DataError
        If no result says anything of single layers.
    """
    norms = layer_norms(results)
    shown = dict(list(norms.items())[:DIRECT])
    ends = {variant: (found[:, 0], _last(found)) for variant, found in shown.items()}
    every = np.concatenate([each for both in ends.values() for each in both])
    whole = figure(14.2, 4.5)
    parts = whole.subplots(1, 2)
    for side, ax in enumerate(parts):
        dress(ax)
        if np.isfinite(every).any():
            logarithmic(ax, every)
            low, high = float(np.nanmin(every)), float(np.nanmax(every))
            ax.set_ylim(low / 1.6, high * 1.6)
        _layers(ax, {variant: both[side] for variant, both in ends.items()})
        when = "after the first epoch" if side == 0 else "after the last epoch"
        name(ax, when, "layer, from the input on", "‖∂L/∂θ‖, logarithmic")
    left = f"; the first {DIRECT} of {len(norms)} variants" if len(norms) > DIRECT else ""
    heading(whole, f"{title}: geometric mean over seeds{left}")
    said = [f"{variant} {_span(first)} and {_span(last)}" for variant, (first, last) in ends.items()]
    about = (
        "norm of the gradient of the first and of the last layer, after the first and after the last epoch"
    )
    describe(whole, f"{title}: {about}: {'; '.join(said)}{left}.")
    return whole


def _layers(ax: Axes, lines: Mapping[str, Array]) -> None:
    most = max(len(line) for line in lines.values())
    named = []
    for place, (variant, line) in enumerate(lines.items()):
        look = class_style(place)
        ax.plot(np.arange(1, len(line) + 1), line, linewidth=1.9, markersize=6, **look)
        known = np.flatnonzero(np.isfinite(line))
        if len(known):
            named.append((float(line[known[-1]]), int(known[-1]) + 1, variant, str(look["color"])))
    ax.set_xlim(0.8, most + 0.2)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    label_ends(ax, named, most)


def _last(norms: Array) -> Array:
    """The last number of each layer."""
    found = [row[np.isfinite(row)] for row in norms]
    return np.array([row[-1] if len(row) else np.nan for row in found])


def _span(line: Array) -> str:
    ends = [short(float(value)) if np.isfinite(value) else "unknown" for value in (line[0], line[-1])]
    return f"{ends[0]} to {ends[1]}"


def gradients_over_time(results: Iterable[TrialResult], *, title: str = "Gradient of each layer") -> Figure:
    """‖∂L/∂θ‖ by epoch, a small picture for each variant: from dark lines near the input to light ones.

    Raises
    ------
    DataError
        If no result says anything of single layers.
    """
    results = list(results)
    norms, epochs = layer_norms(results), _epochs(results)
    shown = dict(list(norms.items())[:PANELS])
    every = np.concatenate([found.ravel() for found in shown.values()])
    columns = min(len(shown), 3 if len(shown) <= 9 else 4)
    lines = -(-len(shown) // columns)
    whole = figure(max(5.4, 3.5 * columns + 0.8), 2.5 * lines + 0.8)
    grid = whole.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel().tolist()
    for ax in grid[len(shown) :]:
        ax.set_axis_off()
    titles = shortened(list(shown), lines=2)
    for place, (ax, (variant, found)) in enumerate(zip(grid, shown.items(), strict=False)):
        dress(ax)
        if np.isfinite(every).any():
            logarithmic(ax, every)
        _over_time(ax, epochs[variant], found)
        below, left = place + columns >= len(shown), place % columns == 0
        name(ax, "", "epoch" if below else "", "‖∂L/∂θ‖, logarithmic" if left else "")
        ax.tick_params(labelbottom=below, labelleft=left)
        ax.set_title(titles[place], fontsize=TEXT + 1, color=INK, loc="left")
    ends = [line for k, line in enumerate(grid[0].get_lines()) if k in (0, len(grid[0].get_lines()) - 1)]
    for line, label in zip(ends, ("first layer", "last layer"), strict=False):
        line.set_label(label)
    whole.legend(handles=ends, loc="outside lower right", ncols=2, fontsize=TEXT, frameon=False)
    left_out = f"; the first {PANELS} of {len(norms)} variants" if len(norms) > PANELS else ""
    heading(whole, f"{title}: geometric mean over seeds{left_out}")
    said = [f"{variant} {_span(_last(found))}" for variant, found in shown.items()]
    describe(whole, f"{title} by epoch; first to last layer at the end: {'; '.join(said)}{left_out}.")
    return whole


def _epochs(results: Iterable[TrialResult]) -> dict[str, Array]:
    """The numbers of the epochs that were kept, by variant."""
    return {each.variant: each.epochs for each in curves(results)}


def _over_time(ax: Axes, epochs: Array, norms: Array) -> None:
    """A line for each layer, the first and the last one thicker."""
    shades = colormaps[MAGNITUDE](np.linspace(0, 0.85, len(norms)))
    for place, (row, shade) in enumerate(zip(norms, shades, strict=True)):
        edge = place in (0, len(norms) - 1)
        ax.plot(epochs, row, color=shade, linewidth=2.2 if edge else 1.2, linestyle="--" if place else "-")
