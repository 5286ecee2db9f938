"""The backward pass as a diagram: forward in the upper row, gradients back in the lower, with formulas.

Nothing here knows a derivative: the formulas come from the rows of the operation table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from ..autodiff.formulas import notation
from ..errors import SettingError
from ..nn.layers import Dense, Dropout
from ..training.neural_network import NeuralNetwork
from .style import BLUE, INK, LABEL, SMALL, SOFT, TITLE, VERMILLION, bare, describe, figure, short

Array = np.ndarray[Any, Any]
STEP, WIDE, HIGH = 3.05, 2.3, 1.12
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
MOST_LAYERS = 5


@dataclass(frozen=True)
class Stage:
    """One step of the forward pass, and what comes back to it.

    Attributes
    ----------
    title, formula
        Of the value, such as ``z₁`` and ``x W₁ + b₁``.
    shape
        Of the value, and so of its gradient; empty when no data were given.
    gradient, back
        The name of the gradient by it, and the formula that computes it; both empty for the input.
    size
        The norm of that gradient; None when no data were given.
    parameters
        For a dense layer: the lines about its parameters.
    """

    title: str
    formula: str
    shape: str
    gradient: str
    back: str
    size: float | None = None
    parameters: tuple[str, ...] = ()


def stages(network: NeuralNetwork, X: Any = None, y: Any = None) -> list[Stage]:
    """The steps of a network, from the input to the loss.

    Raises
    ------
    SettingError
        If the network has more layers than a diagram can hold, or has not been trained and X, y are missing.

    Examples
    --------
    >>> network = NeuralNetwork([2, 3, 1], "tanh", seed=0)
    >>> found = stages(network, [[0, 1], [1, 1]], [1, 0])
    >>> [stage.title for stage in found]
    ['x', 'z₁', 'a₁', 'z₂', 'L']
    >>> found[1].back
    '∂L/∂a₁ ⊙ (1 − a₁²)'
    """
    if X is not None:
        network.forward(X)
        network.backward(y)
    if network.head is None:
        raise SettingError("the loss follows from the targets: give X and y, or train first")
    layers = [layer for layer in network.network.layers if not isinstance(layer, Dropout)]
    if sum(isinstance(layer, Dense) for layer in layers) > MOST_LAYERS:
        raise SettingError(f"a diagram holds {MOST_LAYERS} dense layers", received=repr(network))
    known = X is not None
    found = [Stage("x", "input", _shape(layers[0].inputs[0]) if known else "", "", "")]
    before, number = "x", 0
    names: list[tuple[str, Any]] = []
    for layer in layers:
        number += isinstance(layer, Dense)
        sub = str(number).translate(SUBSCRIPT)
        title = f"z{sub}" if isinstance(layer, Dense) else f"a{sub}"
        names.append((title, layer))
    loss = network.head.loss
    row = loss.ran or loss.op
    for place, (title, layer) in enumerate(names):
        sub = title[1:]
        if isinstance(layer, Dense):
            formula = f"{before} W{sub} + b{sub}"
        else:
            formula = f"{layer.name}(z{sub})"
        last = place == len(names) - 1
        gradient = f"δ{sub} = ∂L/∂{title}" if isinstance(layer, Dense) else f"∂L/∂{title}"
        if last:
            back = _loss_gradient(row, title)
        elif isinstance(names[place + 1][1], Dense):
            after = names[place + 1][0][1:]
            back = f"δ{after} W{after}ᵀ"
        else:
            slope = notation(names[place + 1][1].op) if hasattr(names[place + 1][1], "op") else "f′"
            activated = names[place + 1][0]
            written = slope.replace("y", activated).replace("a)", f"{title})").replace("[a", f"[{title}")
            short_enough = len(written) <= 14
            written = written if written.startswith("[") else f"({written})"
            back = f"∂L/∂{activated} ⊙ {written}" if short_enough else f"∂L/∂{activated} ⊙ f′({title})"
        lines: tuple[str, ...] = ()
        if isinstance(layer, Dense):
            lines = (f"∂L/∂W{sub} = {before}ᵀ δ{sub}", f"∂L/∂b{sub} = Σ δ{sub}")
            if known:
                size = float(np.linalg.norm(layer.dW))
                lines = (*lines, f"{_shape(layer.dW)}, norm {short(size)}")
        norm = float(np.linalg.norm(layer.upstream)) if known else None
        found.append(
            Stage(title, formula, _shape(layer.output) if known else "", gradient, back, norm, lines)
        )
        before = title
    value = f"= {short(float(loss.value))}" if known else ""
    found.append(Stage("L", _words(row.name), value, "∂L/∂L", "1"))
    return found


def backward_pass(
    network: NeuralNetwork,
    X: Any = None,
    y: Any = None,
    ax: Axes | None = None,
    *,
    title: str = "Backpropagation: forward pass and backward pass",
) -> Axes:
    """Values from left to right, gradients from right to left, and below them those of the parameters.

    Parameters
    ----------
    network
        With at most five dense layers.
    X, y
        Rows and targets: with them the diagram has shapes, norms and the loss.
    ax
        Where to draw; new axes, as large as it takes, when not given.
    title
        Above the picture.

    Raises
    ------
    SettingError
        If the network has too many layers, or its loss is not known yet.
    """
    found = stages(network, X, y)
    width = STEP * (len(found) - 1) + WIDE
    if ax is None:
        ax = figure(max(8.0, 0.74 * width + 0.5), 4.8).add_subplot()
    bare(ax)
    ax.set_xlim(-WIDE / 2 - 0.15, STEP * (len(found) - 1) + WIDE / 2 + 0.15)
    ax.set_ylim(-2.85, 2.75)
    for place, stage in enumerate(found):
        x = place * STEP
        _box(ax, x, 1.6, [stage.title, stage.formula, stage.shape], BLUE, "#EAF3F9")
        if place:
            _arrow(ax, (x - STEP + WIDE / 2, 1.6), (x - WIDE / 2, 1.6), BLUE, "solid")
        if not stage.gradient:
            continue
        note = "" if stage.size is None else f"norm {short(stage.size)}"
        _box(ax, x, -0.3, [stage.gradient, stage.back, note], VERMILLION, "#FCEFE6")
        if place < len(found) - 1:
            _arrow(ax, (x + STEP - WIDE / 2, -0.3), (x + WIDE / 2, -0.3), VERMILLION, (0, (4, 2)))
        ax.plot(
            [x, x],
            [1.6 - HIGH / 2 - 0.06, -0.3 + HIGH / 2 + 0.06],
            color="#CFCFCF",
            linewidth=1,
            linestyle=(0, (1, 2)),
            zorder=0,
        )
        if stage.parameters:
            _box(ax, x, -2.15, list(stage.parameters), INK, "#F3F3F3", titled=False)
            _arrow(ax, (x, -0.3 - HIGH / 2), (x, -2.15 + HIGH / 2), VERMILLION, (0, (4, 2)))
    left = -WIDE / 2
    ax.text(left, 2.38, "forward →", color=BLUE, fontsize=LABEL, fontweight="bold")
    ax.text(left, -0.3, "← backward", color=VERMILLION, fontsize=LABEL, fontweight="bold", va="center")
    ax.text(
        left, -2.15, "gradients of\nthe parameters", color=INK, fontsize=LABEL, fontweight="bold", va="center"
    )
    ax.set_title(title, fontsize=TITLE, color=INK, loc="left")
    describe(
        ax,
        f"The backward pass of a network {' → '.join(map(str, network.sizes))}: forward "
        f"{', '.join(f'{s.title} = {s.formula}' for s in found[1:])}; backward "
        f"{', '.join(f'{s.gradient} = {s.back}' for s in reversed(found) if s.gradient)}.",
    )
    return ax


def _loss_gradient(row: Any, title: str) -> str:
    """The gradient that starts the backward pass, from the row of the loss."""
    first = row.inputs[0]
    text = notation(row, f"d_{first}").replace("·g", "").replace("g·", "")
    text = text.replace("one_hot(labels, z)", "t").replace("size(z)", "n").replace("size(p)", "n")
    return text.replace("(z)", f"({title})").replace("p − t", f"{title} − t")


def _words(name: str) -> str:
    known = {
        "sigmoid_cross_entropy": "binary cross-entropy",
        "label_cross_entropy": "cross-entropy",
        "softmax_cross_entropy": "cross-entropy",
    }
    return known.get(name, name.replace("_", " "))


def _shape(array: Any) -> str:
    return " × ".join(map(str, np.shape(array)))


def _box(ax: Axes, x: float, y: float, lines: list[str], edge: str, fill: str, titled: bool = True) -> None:
    ax.add_patch(
        FancyBboxPatch(
            (x - WIDE / 2, y - HIGH / 2),
            WIDE,
            HIGH,
            boxstyle="round,pad=0,rounding_size=0.12",
            facecolor=fill,
            edgecolor=edge,
            linewidth=1.5,
            zorder=2,
        )
    )
    shown = [line for line in lines if line]
    heights = y + 0.3 * ((len(shown) - 1) / 2 - np.arange(len(shown)))
    for k, (line, height) in enumerate(zip(shown, heights, strict=True)):
        first = titled and k == 0
        size = LABEL if first else SMALL if len(line) > 20 or k == 2 else 10
        ax.text(
            x,
            height,
            line,
            ha="center",
            va="center",
            zorder=3,
            fontsize=size,
            color=SOFT if k == 2 else INK,
            fontweight="bold" if first else "normal",
        )


def _arrow(ax: Axes, begin: tuple[float, float], end: tuple[float, float], colour: str, dashes: Any) -> None:
    ax.add_patch(
        FancyArrowPatch(
            begin,
            end,
            arrowstyle="-|>",
            mutation_scale=14,
            color=colour,
            linewidth=1.8,
            linestyle=dashes,
            shrinkA=1,
            shrinkB=1,
            zorder=1,
        )
    )
