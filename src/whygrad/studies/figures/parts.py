"""What the pictures of a study share: units, axes for scores, names beside lines that do not overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes

from ...plots.style import INK, TEXT
from ..findings.spread import Array
from ..tables import bounds

LONG = 28  # letters of a name


@dataclass(frozen=True)
class Unit:
    """How a figure is drawn.

    Attributes
    ----------
    name
        What stands at the axis.
    factor
        Accuracies are drawn in per cent.
    limits
        What no drawn value can pass.
    """

    name: str
    factor: float
    limits: tuple[float, float]


def unit(measure: str, metric: str) -> Unit:
    """The unit of a measure such as ``"score"`` or ``"test_loss"``.

    Examples
    --------
    >>> unit("test_score", "accuracy")
    Unit(name='test accuracy in %', factor=100.0, limits=(0.0, 100.0))
    >>> unit("loss", "r2").name
    'loss'
    """
    rows, _, kind = measure.rpartition("_")
    name = "loss" if kind == "loss" else "accuracy in %" if metric == "accuracy" else "R²"
    factor = 100.0 if name == "accuracy in %" else 1.0
    low, high = [factor * end if math.isfinite(end) else end for end in bounds(measure, metric)]
    return Unit(f"{rows.replace('train', 'training')} {name}".strip(), factor, (low, high))


def scores_axis(ax: Axes, values: Array, metric: str, horizontal: bool = False) -> None:
    """From a little below the lowest to the highest that there can be, or a little above what there is."""
    top = 100.0 if metric == "accuracy" else 1.0
    high, low = min(top, float(np.nanmax(values))), float(np.nanmin(values))
    low = max(low, 0.0) if metric == "accuracy" else max(low, -1.0)
    room = 0.05 * max(high - low, 0.02 * top)
    (ax.set_xlim if horizontal else ax.set_ylim)(low - room, high + room)


def label_ends(ax: Axes, ends: Sequence[tuple[float, int, str, str]], most: int) -> None:
    """Names to the right of the axes, moved apart where lines end close together."""
    low, high = [ax.transData.transform((0, y))[1] for y in ax.get_ylim()]
    heights = [(ax.transData.transform((0, value))[1] - low) / (high - low) for value, *_ in ends]
    names = shortened([label for *_, label, _ in ends])
    for (value, epoch, _, colour), shown, height in zip(ends, names, apart(heights, 0.062), strict=True):
        ax.annotate(
            shown,
            (epoch, value),
            xytext=(1.035, height),
            textcoords="axes fraction",
            va="center",
            fontsize=TEXT,
            color=INK,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": colour,
                "linewidth": 1.0 if epoch == most else 0.6,
                "shrinkA": 2,
                "shrinkB": 0,
            },
        )


def apart(places: Sequence[float], least: float) -> list[float]:
    """Places from 0 to 1 moved as little as brings neighbours so far apart, as long as there is room.

    Examples
    --------
    >>> [round(place, 2) for place in apart([0.5, 0.5, 0.9], 0.1)]
    [0.45, 0.55, 0.9]
    """
    order = sorted(range(len(places)), key=lambda k: places[k])
    groups: list[list[float]] = []  # of each: mean place, how many
    for k in order:
        groups.append([min(1.0, max(0.0, places[k])), 1])
        while len(groups) > 1 and _edge(groups[-1], -least) < _edge(groups[-2], least) + least - 1e-12:
            (one, n), (two, m) = groups[-2:]
            groups[-2:] = [[(one * n + two * m) / (n + m), n + m]]
    found = [centre + least * (k - (count - 1) / 2) for centre, count in groups for k in range(int(count))]
    over = max(0.0, found[-1] - 1) if found else 0.0
    moved = [0.0] * len(places)
    for k, place in zip(order, found, strict=True):
        moved[k] = place - over
    return moved


def _edge(group: Sequence[float], least: float) -> float:
    centre, count = group
    return centre + least * (count - 1) / 2


def shortened(labels: Sequence[str], lines: int = 1) -> list[str]:
    r"""Names that are not too long to stand beside a line or above a small picture, and are told apart.

    Examples
    --------
    >>> shortened(["short", "sigmoid, squared error, layers 2"])
    ['short', 'sigmoid, squared error, lay…']
    >>> both = ["sigmoid, squared error, layers 2", "sigmoid, squared error, layers 4"]
    >>> shortened(both)
    ['sigmoid, …ed error, layers 2', 'sigmoid, …ed error, layers 4']
    >>> shortened(both, lines=2)
    ['sigmoid, squared error,\nlayers 2', 'sigmoid, squared error,\nlayers 4']
    """
    ways = [_begun, _folded, _ends] if lines > 1 else [_begun, _ends]
    for way in ways:
        found = [way(label) for label in labels]
        if len(set(found)) == len(set(labels)):
            break
    return found


def _begun(label: str) -> str:
    return label if len(label) <= LONG else f"{label[: LONG - 1]}…"


def _ends(label: str) -> str:
    return label if len(label) <= LONG else f"{label[: LONG // 3]}…{label[LONG // 3 + 1 - LONG :]}"


def _folded(label: str) -> str:
    comma = label.rfind(", ", 0, LONG + 1)
    if len(label) > LONG and comma > 0 and len(label) - comma - 2 <= LONG:  # between two settings
        return f"{label[: comma + 1]}\n{label[comma + 2 :]}"
    first, *rest = wrap(label, LONG)
    return "\n".join([first, _begun(" ".join(rest))] if rest else [first])
