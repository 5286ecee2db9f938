"""What lessons are made of: parts with figures, small networks, and figures by layer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..nn.activations import make_activation
from ..nn.layer import Layer
from ..nn.layers import Dense
from ..nn.losses import Loss, make_loss
from ..nn.sequential import Sequential
from .explanation import Explanation, explain
from .layers import observe_step
from .record import Trace
from .saving import explanation_json, plain

Array = np.ndarray[Any, Any]
Cell = str | int | float
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, eq=False)
class Part:
    """One half of a lesson: the effect, or what a remedy makes of it.

    Attributes
    ----------
    title, said
        In words; numbers in them come from ``rows``.
    headers, rows
        The figures.
    explanation
        Of one weight, where following it shows the effect.
    """

    title: str
    said: tuple[str, ...]
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    explanation: Explanation | None = None


@dataclass(frozen=True, eq=False)
class Lesson:
    """An effect, seen in numbers. Its name is what ``--lesson`` takes.

    Attributes
    ----------
    title
        What it is about.
    question
        What to look out for.
    parts
        Trouble, then remedy.
    closing
        What to take along.
    """

    name: str
    title: str
    question: str
    parts: tuple[Part, ...]
    closing: str

    def to_json(self) -> dict[str, Any]:
        """Plain data with every digit."""
        parts = [
            {
                "title": part.title,
                "said": list(part.said),
                "headers": list(part.headers),
                "rows": [[plain(c) if isinstance(c, float) else c for c in row] for row in part.rows],
                "explanation": None if part.explanation is None else explanation_json(part.explanation),
            }
            for part in self.parts
        ]
        return {
            "lesson": self.name,
            "title": self.title,
            "question": self.question,
            "parts": parts,
            "closing": self.closing,
        }


def network_of(
    sizes: Sequence[int], activation: str, initializer: str, seed: int, gain: float = 1.0
) -> Sequential:
    """Dense layers with an activation after all but the last; weights times ``gain``."""
    rng = np.random.default_rng(seed)
    layers: list[Layer] = []
    for n, m in itertools.pairwise(sizes):
        if layers:
            between = make_activation(activation)
            layers += [between] if between is not None else []
        dense = Dense(n, m, initializer=initializer, rng=rng)
        dense.weights = dense.weights * gain
        layers.append(dense)
    return Sequential(layers)


def points(seed: int, rows: int = 8, columns: int = 2) -> tuple[Array, Array]:
    """Points around 0, and whether the product of the first two coordinates is positive."""
    rng = np.random.default_rng(seed + 1000)
    x = rng.normal(size=(rows, columns))
    return x, (x[:, :1] * x[:, 1:2] > 0).astype(float)


def take_step(network: Sequential, loss: str | Loss, x: Array, y: Array, **more: Any) -> Trace:
    """One observed step, with the loss by name."""
    return observe_step(network, make_loss(loss), x, y, **more)


def by_layer(trace: Trace) -> tuple[tuple[Cell, ...], ...]:
    """For each layer: how steep its activation is on average, and how large its gradient."""
    rows: list[tuple[Cell, ...]] = []
    last = trace.layers
    end = root_mean_square(trace[f"dW{last}"])
    for number in range(1, last + 1):
        slope = next(
            (r.local for r in trace.backward if r.name == f"δ{number}" and r.local is not None), None
        )
        steep: Cell = "none" if slope is None else float(np.mean(np.abs(slope.data)))
        size = root_mean_square(trace[f"dW{number}"])
        rows.append(
            (number, root_mean_square(trace[f"W{number}"]), steep, size, size / end if end else float("nan"))
        )
    return tuple(rows)


BY_LAYER = (
    "layer",
    "weights, root mean square",
    "mean slope",
    "gradient, root mean square",
    "beside the last",
)


def root_mean_square(array: Array) -> float:
    """How large the entries are."""
    return float(np.sqrt(np.mean(array * array)))


def short(x: float) -> str:
    """Three digits, for prose."""
    text = f"{x:.3g}".replace("-", "−")
    digits, _, exponent = text.partition("e")
    if not exponent:
        return text
    if 1e3 <= abs(x) < 1e6:
        return f"{float(f'{x:.3g}'):,.0f}".replace("-", "−")
    power = str(int(exponent.replace("−", "-"))).translate(SUPERSCRIPT)
    return f"{digits}·10{power}"


def times(a: float, b: float) -> str:
    """How many times larger a is than b."""
    return short(a / b) if b else "infinitely many"


def largest(trace: Trace, name: str = "W1") -> Explanation:
    """The explanation of the weight with the largest gradient."""
    gradient = np.abs(trace[f"d{name}"])
    return explain(trace, name, np.unravel_index(int(gradient.argmax()), gradient.shape))  # type: ignore[arg-type]
