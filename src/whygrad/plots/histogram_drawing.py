"""Distributions over the epochs: weights and activations as ridges, the oldest at the back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from ..errors import DataError
from .style import BLUE, SOFT, axes, describe, figure, heading, name, short

Array = np.ndarray[Any, Any]
BINS = 60
FAR = 1.6  # times the range of the inner 99 per cent
OVERLAP = 2.6  # how many ridges the highest one reaches across


def densities(samples: Sequence[Array], bins: int | None = None) -> tuple[Array, Array]:
    """The edges of bins, and the density of each sample in them.

    The bins hold all samples; where a few numbers lie far out they end at the percentiles 0.5 and 99.5. By
    default there are as many as the smallest sample can fill.

    Raises
    ------
    DataError
        If no sample holds a finite number.

    Examples
    --------
    >>> edges, found = densities([np.zeros(4), np.array([0.0, 1.0])], bins=2)
    >>> edges.tolist(), (found * np.diff(edges)).sum(axis=1).tolist()
    ([0.0, 0.5, 1.0], [1.0, 1.0])
    """
    finite = [sample[np.isfinite(sample)] for sample in samples]
    together = np.concatenate(finite) if finite else np.empty(0)
    if not len(together):
        raise DataError("there is no number to count", received=f"{len(samples)} samples")
    low, high = float(together.min()), float(together.max())
    inner = np.quantile(together, [0.005, 0.995])
    if high - low > FAR * (inner[1] - inner[0]) > 0:
        low, high = float(inner[0]), float(inner[1])
    if bins is None:
        bins = int(np.clip(1.5 * min(map(len, finite)) ** 0.5, 8, BINS))
    if high - low < 1e-12:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, bins + 1)
    counts = [np.histogram(sample, edges)[0] / max(1, len(sample)) for sample in finite]
    return edges, np.array(counts) / np.diff(edges)


def ridges(
    epochs: Sequence[int], samples: Sequence[Array], ax: Axes | None = None, *, title: str = "", x: str = ""
) -> Axes:
    """How a distribution changes: a ridge for each epoch, from the first at the top to the last below.

    Parameters
    ----------
    epochs
        Of the ridges.
    samples
        What is counted at each.
    ax
        Where to draw; new axes when not given.
    title, x
        Above the picture, and below it.

    Raises
    ------
    DataError
        If there is nothing to count.
    """
    if len(epochs) != len(samples):
        raise DataError("a sample for each epoch", expected=f"{len(epochs)}", received=f"{len(samples)}")
    ax = axes(ax)
    edges, found = densities(samples)
    middles = (edges[:-1] + edges[1:]) / 2
    top = float(np.quantile(found.max(axis=1), 0.8)) or 1.0
    begin, end = np.array(to_rgb(SOFT)), np.array(to_rgb(BLUE))
    for place, density in enumerate(found):
        floor = len(found) - 1 - place
        share = place / max(1, len(found) - 1)
        height = floor + OVERLAP * np.minimum(density / top, 1.25)
        colour = tuple(begin + share * (end - begin))
        ax.fill_between(middles, floor, height, color="white", zorder=2 * place + 2, linewidth=0)
        ax.fill_between(middles, floor, height, color=colour, alpha=0.35, zorder=2 * place + 2, linewidth=0)
        ax.plot(middles, height, color=colour, linewidth=1.1, zorder=2 * place + 3)
    shown = sorted({0, len(epochs) - 1, *range(0, len(epochs), max(1, len(epochs) // 6))})
    if len(shown) > 1 and shown[-1] - shown[-2] < len(epochs) / 12:
        shown.pop(-2)
    ax.set_yticks([len(epochs) - 1 - k for k in shown], [f"{epochs[k]}" for k in shown])
    ax.set_ylim(-0.3, len(epochs) - 1 + 1.3 * OVERLAP)
    ax.set_xlim(edges[0], edges[-1])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False, axis="y")
    name(ax, title, x, "epoch")
    first, last = (np.asarray(samples[k]) for k in (0, -1))
    describe(
        ax,
        f"{title or 'Distribution'} over {len(epochs)} moments: standard deviation "
        f"{short(float(np.nanstd(first)))} at epoch {epochs[0]}, {short(float(np.nanstd(last)))} at epoch "
        f"{epochs[-1]}.",
    )
    return ax


def histograms(
    epochs: Sequence[int],
    weights: Sequence[Sequence[Array]],
    activations: Sequence[Sequence[Array]] | None = None,
    whole: Figure | None = None,
) -> Figure:
    """Weights of each layer over the epochs and, below, the activations of each layer.

    Parameters
    ----------
    epochs
        Moments.
    weights, activations
        For each moment, an array for each layer.
    whole
        The figure to draw in; a new one when not given.
    """
    rows = [("Weights", "w", weights)]
    if activations is not None:
        rows.append(("Activations", "a", activations))
    layers = len(weights[0]) if len(weights) else 0
    if not layers:
        raise DataError("there are no layers to count the weights of")
    whole = figure(max(6.4, 3.7 * layers + 0.4), 3.5 * len(rows) + 0.6) if whole is None else whole
    for row, (what, letter, found) in enumerate(rows):
        for layer in range(layers):
            ax = whole.add_subplot(len(rows), layers, row * layers + layer + 1)
            samples = [np.ravel(moment[layer]) for moment in found]
            ridges(epochs, samples, ax, title=f"{what}, layer {layer + 1}", x=letter)
            if layer:
                ax.set_ylabel("")
    heading(whole, " and ".join(what.lower() for what, _, _ in rows).capitalize() + " over the epochs")
    return whole
