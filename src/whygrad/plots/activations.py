"""Activation functions with their derivatives, and where these are so small that gradients vanish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..autodiff.formulas import notation
from ..autodiff.op import Elementwise
from ..autodiff.readings.arrays import ARRAYS
from ..errors import SettingError, nearest
from ..nn.activations import ACTIVATIONS, make_activation
from .style import BLUE, INK, LABEL, SMALL, SOFT, TITLE, VERMILLION, axes, describe, figure, heading

Array = np.ndarray[Any, Any]
VANISHING = 0.05  # a slope below this passes on less than a twentieth of a gradient
REACH = 6.0
SHOWN = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "silu", "gelu", "softplus")
WORDS = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "elu": "ELU", "silu": "SiLU", "gelu": "GELU"}


@dataclass(frozen=True)
class ActivationCurve:
    """An activation and its derivative, computed from its row of the operation table.

    Attributes
    ----------
    name
        Of the activation.
    z, a, slope
        Inputs, values and derivatives.
    vanishing
        Intervals of z in which the derivative is within ``VANISHING`` of zero.
    formula
        Of the derivative.
    """

    name: str
    z: Array
    a: Array
    slope: Array
    vanishing: tuple[tuple[float, float], ...]
    formula: str


def activation_curve(which: str, reach: float = REACH) -> ActivationCurve:
    """Values and derivatives of an activation on both sides of zero.

    Raises
    ------
    SettingError
        If there is no such activation, or it is not a function of one number.

    Examples
    --------
    >>> activation_curve("relu").vanishing
    ((-6.0, 0.0),)
    """
    layer = make_activation(which)
    if layer is None or not isinstance(layer.op, Elementwise):
        known = [name for name in ACTIVATIONS if name != "softmax"]
        raise SettingError(f"{which} is no function of one number", hint=nearest(which, known))
    z = np.linspace(-reach, reach, 1201)
    a = layer.op.forward(ARRAYS, z)
    slope = np.asarray(layer.op.local(0, ARRAYS, a, [z]), float)
    small = np.abs(slope) < VANISHING
    edges = np.flatnonzero(np.diff(np.concatenate([[False], small, [False]]).astype(int)))
    intervals = tuple(
        (float(z[start]), float(z[end - 1])) for start, end in zip(edges[::2], edges[1::2], strict=True)
    )
    return ActivationCurve(layer.name, z, a, slope, intervals, notation(layer.op))


def activation_functions(names: Sequence[str] = SHOWN, whole: Figure | None = None) -> Figure:
    """Each activation in a panel: the function, its derivative dashed, and the vanishing regions hatched.

    Parameters
    ----------
    names
        Which activations.
    whole
        The figure to draw in; a new one when not given.

    Raises
    ------
    SettingError
        If there is no such activation.

    Examples
    --------
    >>> len(activation_functions(["tanh", "relu"]).axes)
    2
    """
    if not names:
        raise SettingError("there is no activation to draw", expected=", ".join(SHOWN))
    curves = [activation_curve(name) for name in names]
    columns = min(4, len(curves))
    lines = -(-len(curves) // columns)
    whole = figure(max(6.4, 3.2 * columns + 0.3), 2.75 * lines + 0.9) if whole is None else whole
    for place, curve in enumerate(curves):
        ax = axes(whole.add_subplot(lines, columns, place + 1))
        for low, high in curve.vanishing:
            ax.axvspan(
                low, high, facecolor="#F1E3DA", edgecolor="#D8B9A6", hatch="///", linewidth=0, zorder=0
            )
        ax.plot(curve.z, curve.a, color=BLUE, linewidth=2.2)
        ax.plot(curve.z, curve.slope, color=VERMILLION, linewidth=1.9, linestyle=(0, (5, 2)))
        ax.axhline(0, color=SOFT, linewidth=0.8)
        ax.set_xlim(-REACH, REACH)
        low, high = min(-0.2, float(curve.a.min())), min(2.2, max(1.15, float(curve.a.max())))
        ax.set_ylim(low - 0.1, high + 0.1)
        ax.set_xticks([-5, 0, 5])
        if place + columns >= len(curves):
            ax.set_xlabel("z", fontsize=LABEL, color=INK)
        ax.set_title(WORDS.get(curve.name, curve.name), fontsize=TITLE, color=INK, loc="left")
        formula = (
            curve.formula.removeprefix("(").removesuffix(")") if " else " in curve.formula else curve.formula
        )
        if len(formula) <= 26:
            ax.text(
                1.0,
                1.02,
                f"f′ = {formula.replace('y', 'f').replace('a', 'z')}",
                transform=ax.transAxes,
                ha="right",
                va="bottom",
                fontsize=SMALL,
                color=SOFT,
            )
    _key(whole)
    heading(whole, "Activation functions and their derivatives")
    describe(whole, _in_words(curves))
    return whole


def _key(whole: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], color=BLUE, linewidth=2.2),
        Line2D([], [], color=VERMILLION, linewidth=1.9, linestyle=(0, (5, 2))),
        Patch(facecolor="#F1E3DA", edgecolor="#D8B9A6", hatch="///", linewidth=0),
    ]
    words = ["f(z)", "f′(z)", f"|f′(z)| < {VANISHING:g}: gradients vanish"]
    whole.legend(handles, words, loc="outside lower center", ncols=3, fontsize=LABEL, frameon=False)


def _in_words(curves: Sequence[ActivationCurve]) -> str:
    said = []
    for curve in curves:
        where = " and ".join(f"from {low:.1f} to {high:.1f}" for low, high in curve.vanishing) or "nowhere"
        said.append(f"{curve.name}: slope at most {curve.slope.max():.2f}, vanishing {where}")
    return (
        f"Activation functions and their derivatives for z from {-REACH:g} to {REACH:g}; "
        f"a slope below {VANISHING:g} counts as vanishing. {'; '.join(said)}."
    )
