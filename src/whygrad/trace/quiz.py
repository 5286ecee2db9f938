"""Predict first: questions about one step, whether an answer is right, and why it is not."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .explanation import Explanation, explain
from .record import Trace

SIGNS = {"+": 1, "-": -1, "−": -1, "0": 0, "plus": 1, "minus": -1, "zero": 0, "positive": 1, "negative": -1}
SIZES = ("below 0.0001", "0.0001 to 0.01", "0.01 to 1", "above 1")
BOUNDS = (1e-4, 1e-2, 1.0)


@dataclass(frozen=True, eq=False)
class Question:
    """A gradient to be predicted.

    Attributes
    ----------
    explanation
        What will be revealed.
    sign
        -1, 0 or 1.
    size
        The position in :data:`SIZES`.
    """

    explanation: Explanation
    sign: int
    size: int

    @property
    def weight(self) -> str:
        """What is asked about."""
        return self.explanation.weight.of.name


def read_sign(answer: str) -> int | None:
    """The sign that an answer means; None if it means none.

    Examples
    --------
    >>> read_sign("+"), read_sign(" minus "), read_sign("perhaps")
    (1, -1, None)
    """
    return SIGNS.get(answer.strip().lower())


def read_size(answer: str) -> int | None:
    """The size class that an answer means: its letter, or a number that lies in it.

    Examples
    --------
    >>> read_size("c"), read_size("0.3"), read_size("-2"), read_size("many")
    (2, 2, 3, None)
    """
    text = answer.strip().lower()
    if len(text) == 1 and text in "abcd":
        return "abcd".index(text)
    try:
        return size_class(float(text.replace("−", "-")))
    except ValueError:
        return None


def size_class(gradient: float) -> int:
    """Where the size of a gradient falls among :data:`SIZES`."""
    if math.isnan(gradient):
        raise ValueError("nan has no size")
    return sum(abs(gradient) >= bound for bound in BOUNDS)


def questions(trace: Trace, seed: int, count: int) -> Iterator[Question]:
    """Weights of the network in an order that the seed decides, biases left out."""
    rng = np.random.default_rng(seed)
    places = [
        (name, place)
        for name, quantity in trace.quantities.items()
        if quantity.role == "parameter" and quantity.data.ndim == 2 and name in trace.gradients
        for place in np.ndindex(quantity.shape)
    ]
    for k in rng.permutation(len(places))[:count]:
        name, place = places[int(k)]
        found = explain(trace, name, place)
        if math.isnan(found.gradient):
            continue
        sign = (found.gradient > 0) - (found.gradient < 0)
        yield Question(found, sign, size_class(found.gradient))


def why_sign(question: Question) -> str:
    """How the sign follows from the signs of the factors, or of the samples."""
    e = question.explanation
    if question.sign == 0:
        return next((note for note in e.notes if "is 0" in note), "The gradient is exactly 0.")
    signs = " · ".join([_sign(factor.value) for factor in e.factors])
    names = ", ".join([factor.name for factor in e.factors])
    share = _sign(e.product)
    if len(e.shares) == 1:
        return f"{names} have the signs {signs}, which gives {share}."
    agreeing = sum(1 for s in e.shares if s.value * question.sign > 0)
    return (
        f"In the largest share {names} have the signs {signs}, which gives {share}; {agreeing} of "
        f"{len(e.shares)} shares have the sign of the sum, {_sign(e.gradient)}."
    )


def why_size(question: Question) -> str:
    """The factor that decides the size."""
    e = question.explanation
    culprit = e.culprit
    sizes = ", ".join([f"{factor.name} {abs(factor.value):.2g}" for factor in e.factors])
    said = f"The factors are {sizes} in size."
    if culprit is None:
        return said
    change = "small" if abs(culprit.value) < 1 else "large"
    return f"{said} What makes it {change} is {culprit.name}, {abs(culprit.value):.2g}."


def _sign(value: float) -> str:
    return "+" if value > 0 else "−" if value < 0 else "0"
