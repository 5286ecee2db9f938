"""A network as circles and lines: weights by width, colour and dashes; values and gradients on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Circle

from ..errors import DataError, SettingError
from ..nn.layers import Dense
from ..nn.scalar import MLP
from ..nn.sequential import Sequential
from ..training.building import layer_sizes
from ..training.neural_network import NeuralNetwork
from .activations import WORDS
from .flows import layer_activations
from .style import (
    BLUE,
    INK,
    LABEL,
    SMALL,
    SOFT,
    TEXT,
    TITLE,
    VERMILLION,
    bare,
    cut,
    describe,
    figure,
    figure_of,
    short,
)

Array = np.ndarray[Any, Any]
MOST = 10  # neurons of a layer that are drawn; of wider ones the first and the last
RADIUS = 0.34
COLUMN, ROW = 2.6, 0.92  # distances, in radii of about a third of an inch
WIDEST = 3.4  # points, of the largest weight
ROOM = 6.6  # inches, for a legend of three entries
NUMBERED = 12  # lines up to which each has its number


@dataclass(frozen=True)
class Architecture:
    """What is drawn of a network.

    Attributes
    ----------
    sizes
        Of the layers, the inputs first.
    names
        What each layer applies.
    weights
        For each layer behind the inputs. Shape: (inputs, units). None when only sizes are known.
    biases
        Shape: (units,). None likewise.
    """

    sizes: tuple[int, ...]
    names: tuple[str, ...]
    weights: tuple[Array, ...] | None
    biases: tuple[Array, ...] | None = None


def architecture_of(network: Any) -> Architecture:
    """The sizes, activations and weights of a network of any kind, or of a list of sizes.

    Raises
    ------
    SettingError
        If it is none.

    Examples
    --------
    >>> architecture_of([2, 4, 1]).sizes
    (2, 4, 1)
    >>> from whygrad import MLP
    >>> architecture_of(MLP(3, [4, 1])).names
    ('input', 'tanh', 'tanh')
    """
    if isinstance(network, Architecture):
        return network
    if isinstance(network, NeuralNetwork):
        output = network.head.output if network.head is not None else network.output or ""
        return _of_layers(network.network, output)
    if isinstance(network, Sequential):
        return _of_layers(network, "")
    if isinstance(network, MLP):
        weights = [np.array([[w.data for w in n.w] for n in layer.neurons]).T for layer in network.layers]
        biases = [np.array([n.b.data for n in layer.neurons]) for layer in network.layers]
        names = [layer.neurons[0].activation or "identity" for layer in network.layers]
        sizes = (weights[0].shape[0], *[w.shape[1] for w in weights])
        return Architecture(sizes, ("input", *names), tuple(weights), tuple(biases))
    if isinstance(network, (list, tuple)):
        sizes = layer_sizes(network)
        return Architecture(sizes, ("input", *["hidden"] * (len(sizes) - 2), "output"), None)
    raise SettingError(
        "this is no network that can be drawn",
        expected="a NeuralNetwork, Sequential or MLP, or a list of sizes",
        received=type(network).__name__,
    )


def _of_layers(network: Sequential, output: str) -> Architecture:
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    if not dense:
        raise SettingError("this network has no dense layer to draw", received=repr(network))
    names = ["input"]
    for layer in network.layers:
        if isinstance(layer, Dense):
            names.append("identity")
        elif hasattr(layer, "name"):
            names[-1] = layer.name
    names[-1] = output or names[-1]
    weights = tuple(layer.weights.copy() for layer in dense)
    return Architecture(
        (weights[0].shape[0], *[w.shape[1] for w in weights]),
        tuple(names),
        weights,
        tuple(layer.bias.copy() for layer in dense),
    )


def network_architecture(
    network: Any,
    ax: Axes | None = None,
    *,
    row: tuple[Any, Any] | None = None,
    lines: Literal["weights", "gradients"] = "weights",
    most: int = MOST,
    title: str | None = None,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
) -> Axes:
    """The layers of a network as columns of neurons, with a line for each weight.

    A line is as wide as its weight is large; blue and whole above zero, vermillion and dashed below.

    Parameters
    ----------
    network
        A ``NeuralNetwork``, ``Sequential`` or scalar ``MLP``, or a list of sizes.
    ax
        Where to draw; new axes, as large as it takes, when not given.
    row
        One row and its target: each neuron then shows its value for that row.
    lines
        What lines stand for; ``"gradients"`` (of the loss for that row) needs ``row``.
    most
        Neurons of a layer that are drawn; a wider layer is folded in the middle.
    title
        Above the picture; by default with the sizes.
    inputs, outputs
        Names beside the first and last neurons.

    Raises
    ------
    SettingError
        If it is no network, or ``lines`` cannot be.

    Examples
    --------
    >>> ax = network_architecture([2, 4, 1])
    >>> len(ax.patches), ax.get_title(loc="left")
    (7, 'Network architecture: 2 → 4 → 1')
    """
    found = architecture_of(network)
    if lines not in ("weights", "gradients") or (lines == "gradients" and row is None):
        raise SettingError("lines are 'weights', or 'gradients' of a row", received=f"{lines!r}, row={row!r}")
    if most < 3:
        raise SettingError("most must be 3 or above", received=most)
    values, slopes = (None, None) if row is None else _at_row(network, *row)
    shown = [folded(size, most) for size in found.sizes]
    places = [_column(k, rows) for k, rows in enumerate(shown)]
    ax = _room(ax, places, inputs, outputs, [max(len(name), 6) for name in found.names])
    strengths = slopes if lines == "gradients" else found.weights
    for k in range(1, len(shown)):
        _connect(
            ax,
            places[k - 1],
            places[k],
            shown[k - 1],
            shown[k],
            None if strengths is None else strengths[k - 1],
        )
    for k, rows in enumerate(shown):
        _neurons(ax, places[k], rows, found, k, None if values is None else values[k])
    _captions(ax, found, places)
    _names(ax, places[0], shown[0], inputs, "right")
    _names(ax, places[-1], shown[-1], outputs, "left")
    sizes = " → ".join(f"{size:,}" for size in found.sizes)
    words = f"Network architecture: {sizes}" if title is None else title
    ax.set_title(words, fontsize=TITLE, color=INK, loc="left")
    if strengths is not None and any(part.any() for part in strengths):
        _key(ax, lines, max(float(np.abs(part).max()) for part in strengths))
    describe(ax, _in_words(found, sizes, lines if strengths is not None else None))
    return ax


def folded(size: int, most: int) -> list[int | None]:
    """Which neurons of a layer are drawn; None stands for those between.

    Examples
    --------
    >>> folded(3, 5), folded(100, 5)
    ([0, 1, 2], [0, 1, None, 98, 99])
    """
    if size <= most:
        return list(range(size))
    above = most // 2
    below = most - above - 1
    return [*range(above), None, *range(size - below, size)]


def _column(k: int, rows: Sequence[int | None]) -> Array:
    """The centres of a layer's neurons, from the top. Shape: (rows, 2)."""
    heights = (len(rows) - 1) / 2 - np.arange(len(rows))
    return np.column_stack([np.full(len(rows), k * COLUMN), heights * ROW])


def _room(
    ax: Axes | None, places: Sequence[Array], inputs: Sequence[str], outputs: Sequence[str], words: list[int]
) -> Axes:
    """Axes with equal scales, large enough for all neurons and the names beside them."""
    top = max(float(column[:, 1].max()) for column in places)
    left = 0.75 + 0.11 * max((len(cut(name)) for name in inputs), default=0)
    right = 0.75 + 0.11 * max((len(cut(name)) for name in outputs), default=0)
    left, right = max(left, 0.06 * words[0]), max(right, 0.06 * words[-1])
    width = left + COLUMN * (len(places) - 1) + right
    height = 2 * top + 2.25
    if ax is None:
        ax = figure(0.8 * width + 0.2, 0.8 * height + 0.4).add_subplot()
    bare(ax)
    ax.set_xlim(-left, COLUMN * (len(places) - 1) + right)
    ax.set_ylim(-top - 1.75, top + 0.5)
    ax.set_aspect("equal")
    return ax


def _connect(
    ax: Axes,
    left: Array,
    right: Array,
    from_rows: Sequence[int | None],
    to_rows: Sequence[int | None],
    weights: Array | None,
) -> None:
    """The lines between two layers; those with small weights first, so that large ones are on top."""
    ends, sizes = [], []
    for a, i in enumerate(from_rows):
        for b, j in enumerate(to_rows):
            if i is None or j is None:
                continue
            ends.append((left[a] + [RADIUS, 0], right[b] - [RADIUS, 0]))
            sizes.append(0.0 if weights is None else float(weights[i, j]))
    strength = np.array(sizes)
    if weights is None or not weights.any():
        ax.add_collection(LineCollection(ends, colors="#B8B8B8", linewidths=0.9, zorder=1))
        return
    reach = float(np.abs(weights[np.isfinite(weights)]).max(initial=0)) or 1.0
    order = np.argsort(np.abs(strength), kind="stable")
    for sign, colour, dashes in ((1, BLUE, "solid"), (-1, VERMILLION, (0, (4, 1.6)))):
        chosen = [k for k in order if sign * strength[k] > 0]
        share = np.abs(strength[chosen]) / reach
        ax.add_collection(
            LineCollection(
                [ends[k] for k in chosen],
                colors=[(colour, 0.25 + 0.75 * float(s)) for s in share],
                linewidths=0.4 + (WIDEST - 0.4) * share,
                linestyles=[dashes],
                zorder=1,
            )
        )
    if len(ends) <= NUMBERED:
        _write_weights(ax, ends, strength)


def _write_weights(ax: Axes, ends: Sequence[Any], strength: Array) -> None:
    """The number of each weight on its line, at a place along it where fewest others are."""
    taken: list[Array] = []
    for k in np.argsort(-np.abs(strength), kind="stable"):
        begin, end = ends[k]
        options = [begin + t * (end - begin) for t in (0.28, 0.72, 0.16, 0.84, 0.4, 0.6, 0.5)]
        room = [min((_apart(spot, other) for other in taken), default=9.0) for spot in options]
        spot = options[int(np.argmax(np.minimum(room, 1.0)))]
        taken.append(spot)
        if strength[k] == 0:  # no line, so no number either
            continue
        ax.text(
            float(spot[0]),
            float(spot[1]),
            f"{strength[k]:.2g}".replace("-", "−"),
            fontsize=SMALL,
            color=INK,
            ha="center",
            va="center",
            zorder=3,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
        )


def _apart(one: Array, other: Array) -> float:
    """The distance between two labels, which are wider than high; 1 is enough."""
    return float(np.hypot((one[0] - other[0]) / 0.62, (one[1] - other[1]) / 0.24))


def _neurons(
    ax: Axes, places: Array, rows: Sequence[int | None], found: Architecture, k: int, values: Array | None
) -> None:
    for (x, y), row in zip(places, rows, strict=True):
        if row is None:
            hidden = found.sizes[k] - len(rows) + 1
            ax.text(x, y, "⋮", ha="center", va="center", fontsize=16, color=SOFT)
            ax.text(
                x + 0.24,
                y,
                f"{hidden:,} more",
                ha="left",
                va="center",
                fontsize=SMALL,
                color=SOFT,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.9},
                zorder=3,
            )
            continue
        edge = SOFT if k == 0 else INK
        ax.add_patch(
            Circle(
                (x, y), RADIUS, facecolor="#F4F7FA" if k else "white", edgecolor=edge, linewidth=1.4, zorder=2
            )
        )
        if values is not None:
            ax.text(
                x,
                y,
                _value(float(values[row])),
                ha="center",
                va="center",
                fontsize=SMALL,
                color=INK,
                zorder=4,
            )


def _value(value: float) -> str:
    """A value that fits into a neuron."""
    size = abs(value)
    text = f"{value:.2f}" if size < 100 else f"{value:.0f}" if size < 1000 else f"{value:.0e}"
    text = text.replace("-0.00", "0.00")
    return text.replace("e+0", "e").replace("e+", "e").replace("-", "−")


def _captions(ax: Axes, found: Architecture, places: Sequence[Array]) -> None:
    """Below each column: what the layer is."""
    floor = min(float(column[:, 1].min()) for column in places) - 0.55
    for k, (size, name) in enumerate(zip(found.sizes, found.names, strict=True)):
        what = "input" if k == 0 else "output" if k == len(found.sizes) - 1 else f"hidden {k}"
        under = (
            f"{size:,}" if name in ("input", "hidden", "output") else f"{size:,} × {WORDS.get(name, name)}"
        )
        ax.text(k * COLUMN, floor, what, ha="center", va="top", fontsize=LABEL, color=INK)
        ax.text(k * COLUMN, floor - 0.34, under, ha="center", va="top", fontsize=TEXT, color=SOFT)


def _names(ax: Axes, places: Array, rows: Sequence[int | None], names: Sequence[str], side: str) -> None:
    if not names:
        return
    shift = -RADIUS - 0.12 if side == "right" else RADIUS + 0.12
    for (x, y), row in zip(places, rows, strict=True):
        if row is not None and row < len(names):
            ax.text(x + shift, y, cut(names[row]), ha=side, va="center", fontsize=TEXT, color=INK)


def _key(ax: Axes, lines: str, reach: float) -> None:
    from matplotlib.lines import Line2D

    what = "weight" if lines == "weights" else "gradient"
    handles = [
        Line2D([], [], color=BLUE, linewidth=2.4),
        Line2D([], [], color=VERMILLION, linewidth=2.4, linestyle=(0, (4, 1.6))),
    ]
    words = [f"positive {what}", f"negative {what}"]
    if figure_of(ax).get_figwidth() > ROOM:
        handles.append(Line2D([], [], color=SOFT, linewidth=WIDEST))
        words.append(f"width: size, at most {short(reach)}")
    ax.legend(
        handles,
        words,
        loc="lower center",
        ncols=len(words),
        frameon=False,
        fontsize=TEXT,
        labelcolor=INK,
        borderaxespad=0,
    )


def _at_row(network: Any, x: Any, target: Any) -> tuple[list[Array], list[Array] | None]:
    """Values of all neurons for one row, and the gradients of all weights."""
    if not isinstance(network, NeuralNetwork):
        raise SettingError(
            "values and gradients are shown of a NeuralNetwork", received=type(network).__name__
        )
    one = np.asarray(x, float).reshape(1, -1)
    values = [one[0], *[layer[0] for layer in layer_activations(network, one)]]
    if target is None:
        return values, None
    if network.head is None:
        raise DataError("the network has not been trained, so it has no loss yet", hint="train(X, y) first")
    network.forward(one)
    found = network.backward(np.asarray(target).reshape(1, -1) if network.column else [target])
    return values, [gradient for name, gradient in found.items() if name.endswith(".weights")]


def _in_words(found: Architecture, sizes: str, lines: str | None) -> str:
    count = sum(a * b + b for a, b in zip(found.sizes, found.sizes[1:], strict=False))
    hidden = ", ".join(dict.fromkeys(found.names[1:-1])) or "no hidden layer"
    text = f"Network {sizes}: {hidden}, {found.names[-1]} at the output, {count:,} parameters."
    if lines == "weights" and found.weights is not None:
        largest = max(float(np.abs(part).max()) for part in found.weights)
        below = np.mean(np.concatenate([part.ravel() < 0 for part in found.weights]))
        text += f" The largest weight is {short(largest)}; {100 * below:.0f} % of them are below zero."
    return text + (" Lines stand for gradients." if lines == "gradients" else "")
