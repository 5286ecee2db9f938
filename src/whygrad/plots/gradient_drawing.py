"""How gradients flow through layers: how large they are, how spread, and how far they move weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..errors import DataError
from .flows import Flow
from .legends import common_legend, legend
from .style import (
    BLUE,
    INK,
    LABEL,
    SMALL,
    SOFT,
    VERMILLION,
    axes,
    describe,
    figure,
    heading,
    line_style,
    logarithmic,
    name,
    short,
)

Array = np.ndarray[Any, Any]
USUAL = (3e-4, 3e-3)  # update ratios about 0.001 are usual


def gradient_norms(flow: Flow, ax: Axes | None = None, *, title: str = "Gradient norm by layer") -> Axes:
    """‖∂L/∂θ‖ of each layer over the epochs."""
    ax = axes(ax)
    _lines(ax, flow, flow.gradient_norm)
    name(ax, title, "epoch", "‖∂L/∂θ‖")
    legend(ax)
    ends = ", ".join(f"layer {k + 1} {_last(row)}" for k, row in enumerate(flow.gradient_norm))
    describe(
        ax, f"Norm of the gradient of {flow.layers} layers over {len(flow.epochs)} epochs; last: {ends}."
    )
    return ax


def update_ratios(
    flow: Flow, ax: Axes | None = None, *, title: str = "Update-to-weight ratio by layer"
) -> Axes:
    """‖Δθ‖ / ‖θ‖ of each layer over the epochs, with the usual range shaded."""
    ax = axes(ax)
    ax.axhspan(*USUAL, color="#E4E4E4", zorder=0, label="usual ratio: about 0.001")
    _lines(ax, flow, flow.update_ratio)
    name(ax, title, "epoch", "‖Δθ‖ / ‖θ‖")
    legend(ax)
    ends = ", ".join(f"layer {k + 1} {_last(row)}" for k, row in enumerate(flow.update_ratio))
    describe(
        ax, f"Length of each step relative to the weights, by layer; last: {ends}; about 0.001 is usual."
    )
    return ax


def gradient_spread(
    gradients: Sequence[Array], ax: Axes | None = None, *, title: str = "Distribution of gradient entries"
) -> Axes:
    """The distribution of ``|∂L/∂w|`` in each layer, as boxes from the lower to the upper quartile.

    Parameters
    ----------
    gradients
        For each layer, the entries of its gradient.
    ax
        Where to draw; new axes when not given.
    title
        Above the picture.

    Raises
    ------
    DataError
        If there is no layer.
    """
    if not gradients:
        raise DataError("there are no gradients to draw")
    ax = axes(ax)
    sizes = [np.abs(entries) for entries in gradients]
    above = [entries[np.isfinite(entries) & (entries > 0)] for entries in sizes]
    zeros = [float(np.mean(entries == 0)) for entries in sizes]
    places = np.arange(1, len(sizes) + 1)
    known = [k for k, entries in enumerate(above) if len(entries)]
    if known:
        logarithmic(ax, np.concatenate(above))
        ax.set_ymargin(0.15)  # for what is written above the boxes
        drawn = ax.boxplot(
            [above[k] for k in known],
            positions=places[known],
            widths=0.5,
            whis=(5, 95),
            showfliers=False,
            patch_artist=True,
            medianprops={"color": VERMILLION, "linewidth": 2},
            whiskerprops={"color": SOFT},
            capprops={"color": SOFT},
        )
        for box in drawn["boxes"]:
            box.set(facecolor="#CFE3F0", edgecolor=BLUE)
    else:
        ax.text(
            0.5, 0.5, "every gradient is zero", transform=ax.transAxes, ha="center", color=INK, fontsize=LABEL
        )
    layer_ticks(ax, len(sizes))
    ax.set_xlim(0.4, len(sizes) + 0.6)
    for k, share in enumerate(zeros):
        if share > 0.005:
            ax.annotate(
                f"{100 * share:.0f} % zero",
                (places[k], 1.0),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="top",
                fontsize=SMALL,
                color=SOFT,
            )
    name(ax, title, ax.get_xlabel(), "|∂L/∂w|")
    middle = ", ".join(
        f"layer {k + 1} {short(float(np.median(entries)))}" for k, entries in enumerate(sizes) if len(entries)
    )
    describe(ax, f"Distribution of single gradients in {len(sizes)} layers; medians: {middle}.")
    return ax


def gradient_flow(
    flow: Flow, gradients: Sequence[Array] | None = None, whole: Figure | None = None
) -> Figure:
    """Gradients and steps of each layer over time and, where given, how gradients are spread at one moment.

    Parameters
    ----------
    flow
        What :func:`~whygrad.plots.layer_flow` found in a history.
    gradients
        For each layer, the entries of its gradient, such as those of the trained network.
    whole
        The figure to draw in; a new one when not given.
    """
    parts = 2 if gradients is None else 3
    whole = figure(4.9 * parts, 4.6) if whole is None else whole
    norms = gradient_norms(flow, whole.add_subplot(1, parts, 1))
    ratios = update_ratios(flow, whole.add_subplot(1, parts, 2))
    if gradients is not None:
        title = "Gradient entries at the end of training"
        gradient_spread(gradients, whole.add_subplot(1, parts, 3), title=title)
    common_legend(whole, [norms, ratios])
    heading(whole, "Gradient flow through the layers")
    return whole


def layer_ticks(ax: Axes, layers: int) -> None:
    """A tick for each layer: its name where there is room, else its number."""
    places = list(range(1, layers + 1))
    if layers <= 5:
        ax.set_xticks(places, [f"layer {k}" for k in places])
        return
    ax.set_xticks(places[:: 1 + layers // 20], [str(k) for k in places[:: 1 + layers // 20]])
    ax.set_xlabel("layer", fontsize=LABEL, color=INK)


def _lines(ax: Axes, flow: Flow, rows: Array) -> None:
    """A line for each layer, from the input on; zeros are gaps on the logarithmic axis."""
    shown = np.where(rows > 0, rows, np.nan)
    if np.isfinite(shown).any():
        logarithmic(ax, shown)
    else:
        shown = rows
    single: dict[str, Any] = {"marker": "o", "markersize": 6} if len(flow.epochs) == 1 else {}
    for place, row in enumerate(shown):
        ends = {0: " (input)", len(rows) - 1: " (output)"} if len(rows) > 1 else {}
        ax.plot(
            flow.epochs,
            row,
            linewidth=1.9,
            label=f"layer {place + 1}{ends.get(place, '')}",
            **line_style(place),
            **single,
        )


def _last(row: Array) -> str:
    known = row[np.isfinite(row)]
    return short(float(known[-1])) if len(known) else "unknown"
