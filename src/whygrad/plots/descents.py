"""Optimizers on surfaces that everybody knows: the paths they take, with gradients by whygrad itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from .._numbers import count
from ..autodiff.tensor import Tensor
from ..errors import SettingError, nearest
from ..optim import Optimizer, make_optimizer
from .legends import common_legend, legend
from .style import INK, axes, describe, figure, heading, line_style, name, short

Array = np.ndarray[Any, Any]
WORDS = {"sgd": "SGD", "nesterov": "Nesterov", "rmsprop": "RMSProp", "adagrad": "AdaGrad", "adam": "Adam"}


@dataclass(frozen=True)
class Surface:
    """A function of two variables to go down on.

    Attributes
    ----------
    name
        As books call it.
    value
        On numbers, arrays and tensors.
    start
        Where optimizers begin.
    minimum
        Where the lowest point is; None for a saddle, which has none.
    area
        Left, right, bottom and top of the picture.
    rates
        A learning rate for each optimizer that is shown.
    steps
        How many of them.
    """

    name: str
    value: Callable[[Any, Any], Any]
    start: tuple[float, float]
    minimum: tuple[float, float] | None
    area: tuple[float, float, float, float]
    rates: Mapping[str, float]
    steps: int


SURFACES: dict[str, Surface] = {
    "rosenbrock": Surface(
        "Rosenbrock",
        lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
        (-1.3, 1.6),
        (1.0, 1.0),
        (-2.0, 2.0, -1.0, 3.0),
        {"sgd": 0.0008, "momentum": 0.0005, "rmsprop": 0.02, "adam": 0.05},
        600,
    ),
    "beale": Surface(
        "Beale",
        lambda x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y * y) ** 2 + (2.625 - x + x * y * y * y) ** 2,
        (1.0, 1.6),
        (3.0, 0.5),
        (-0.6, 4.4, -1.6, 2.4),
        {"sgd": 0.008, "momentum": 0.0012, "rmsprop": 0.03, "adam": 0.08},
        400,
    ),
    "saddle": Surface(
        "Saddle",
        lambda x, y: x * x - y * y,
        (-1.6, 0.003),
        None,
        (-2.0, 2.0, -2.0, 2.0),
        {"sgd": 0.05, "momentum": 0.015, "rmsprop": 0.02, "adam": 0.04},
        140,
    ),
}


def descend(
    surface: Surface, optimizer: str | Optimizer, rate: float | None = None, steps: int = 100
) -> Array:
    """The points an optimizer visits. Shape: (steps + 1, 2), or fewer when it leaves for infinity.

    Examples
    --------
    >>> path = descend(SURFACES["rosenbrock"], "adam", 0.05, steps=600)
    >>> bool(np.abs(path[-1] - 1).max() < 0.05)
    True
    """
    count("steps", steps, least=1)
    moving = make_optimizer(optimizer) if rate is None else make_optimizer(optimizer, rate)
    point = np.array(surface.start, float)
    path = [point.copy()]
    with np.errstate(all="ignore"):
        for _ in range(steps):
            x, y = Tensor(point[0]), Tensor(point[1])
            surface.value(x, y).backward()
            gradient = np.array([float(x.grad), float(y.grad)])  # type: ignore[arg-type]
            moving.step(point, gradient)
            if not np.isfinite(point).all() or np.abs(point).max() > 1e3:
                break
            path.append(point.copy())
    return np.array(path)


def trajectories(
    which: str | Surface = "rosenbrock",
    ax: Axes | None = None,
    *,
    optimizers: Sequence[str] | None = None,
    steps: int | None = None,
) -> Axes:
    """The paths of several optimizers on one surface, from the same start.

    Parameters
    ----------
    which
        A name in ``SURFACES``, or a surface of your own.
    ax
        Where to draw; new axes when not given.
    optimizers
        By name; by default those the surface has learning rates for.
    steps
        By default as many as the surface says.

    Raises
    ------
    SettingError
        If a name is unknown.
    """
    surface = which if isinstance(which, Surface) else _named(which)
    ax = axes(ax, 6.2, 5.2)
    ax.grid(visible=False)
    left, right, bottom, top = surface.area
    x, y = np.meshgrid(np.linspace(left, right, 240), np.linspace(bottom, top, 240))
    height = surface.value(x, y)
    if surface.minimum is not None:
        levels = np.geomspace(max(1e-2, float(height.min())), float(height.max()), 18)
        ax.contour(x, y, height, levels, norm=LogNorm(), cmap="Greys_r", linewidths=0.8, alpha=0.75)
        ax.plot(
            *surface.minimum,
            "*",
            color="#E4B000",
            markersize=17,
            markeredgecolor=INK,
            label="minimum",
            zorder=3,
        )
    else:
        ax.contour(x, y, height, 18, cmap="Greys_r", linewidths=0.8, alpha=0.75)
    ended = []
    ax.plot(*surface.start, "o", color="white", markeredgecolor=INK, markersize=8, zorder=9, label="start")
    for place, kind in enumerate(surface.rates if optimizers is None else optimizers):
        path = descend(surface, kind, surface.rates.get(kind), surface.steps if steps is None else steps)
        reached = surface.value(*path[-1])
        word = WORDS.get(kind, kind)
        ax.plot(*path.T, linewidth=2, label=word, zorder=4 + place, **line_style(place))
        inside = left <= path[-1][0] <= right and bottom <= path[-1][1] <= top
        if inside:
            ax.plot(
                *path[-1],
                "X",
                color=line_style(place)["color"],
                markersize=9,
                markeredgecolor="white",
                zorder=9,
            )
        ended.append(f"{word} at {short(float(reached))} after {len(path) - 1} steps")
    ax.plot([], [], "X", color=INK, markersize=9, markeredgecolor="white", label="end")
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    name(ax, surface.name, "x", "y")
    legend(ax, outside=True)
    describe(ax, f"Paths of optimizers on the {surface.name} function: {', '.join(ended)}.")
    return ax


def optimizer_paths(whole: Figure | None = None) -> Figure:
    """All surfaces side by side."""
    whole = figure(15.0, 5.2) if whole is None else whole
    parts = [
        trajectories(which, whole.add_subplot(1, len(SURFACES), place + 1))
        for place, which in enumerate(SURFACES)
    ]
    common_legend(whole, parts)
    heading(whole, "Optimizer trajectories on three test functions")
    return whole


def _named(which: Any) -> Surface:
    if which not in SURFACES:
        raise SettingError(f"unknown surface {which!r}", hint=nearest(str(which), SURFACES))
    return SURFACES[which]
