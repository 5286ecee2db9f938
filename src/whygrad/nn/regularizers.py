"""Penalties that keep weights small. They are added to the loss, for weights only: biases go free."""

from __future__ import annotations

from collections.abc import Iterable

from .._numbers import NOT_NEGATIVE, number
from ..autodiff.ops import losses as rows
from ..autodiff.readings.arrays import ARRAYS
from ..autodiff.tensor import evaluate
from .parameter import Parameter


class Regularizer:
    """l1 · Σ|w| + l2 / 2 · Σw² over all weights.

    Parameters
    ----------
    l1, l2
        Strengths, from 0. The gradient of the second part is l2 · w, which frameworks call weight decay.

    Raises
    ------
    SettingError
        If a strength is negative.

    Examples
    --------
    >>> import numpy as np
    >>> w = Parameter(np.array([[3.0, -4.0]]), "weights")
    >>> Regularizer(l1=0.5, l2=0.25).value([w])
    6.625
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        for name, strength in (("l1", l1), ("l2", l2)):
            number(name, strength, NOT_NEGATIVE)
        self.l1, self.l2 = l1, l2
        pairs = ((rows.l1_penalty, l1), (rows.l2_penalty, l2))
        self.rows = [row.bind(strength=strength) for row, strength in pairs if strength]

    def value(self, parameters: Iterable[Parameter]) -> float:
        """What is added to the loss."""
        weights = [parameter.data for parameter in parameters if parameter.penalized]
        return float(sum(float(evaluate(row, (w,))) for row in self.rows for w in weights))

    def add_gradients(self, parameters: Iterable[Parameter]) -> None:
        """Add the gradient of the penalty to that of each weight, in place."""
        if not self.rows:
            return
        for parameter in parameters:
            if parameter.penalized:
                for row in self.rows:
                    parameter.gradient += row.pull(0, ARRAYS, 1.0, None, (parameter.data,))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(l1={self.l1}, l2={self.l2})"


NO_PENALTY = Regularizer()


def L1(strength: float) -> Regularizer:  # noqa: N802 - the name in the literature
    """The lasso penalty, strength · Σ|w| (Tibshirani, 1996)."""
    return Regularizer(l1=strength)


def L2(strength: float) -> Regularizer:  # noqa: N802 - the name in the literature
    """The ridge penalty, strength / 2 · Σw² (Hoerl and Kennard, 1970)."""
    return Regularizer(l2=strength)


def L1L2(l1: float, l2: float) -> Regularizer:  # noqa: N802 - the name in the literature
    """Both, the elastic net (Zou and Hastie, 2005)."""
    return Regularizer(l1, l2)
