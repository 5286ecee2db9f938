"""Normalisation: rows or columns brought to mean 0 and variance 1, then scaled and shifted."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._numbers import NOT_NEGATIVE, Range, count, number
from ..autodiff.op import Op
from ..autodiff.ops import arrays
from ..errors import ShapeError
from .layer import Layer
from .parameter import Parameter

SHARE = Range("a number from 0 to 1", lambda value: 0 <= value <= 1)


class _Normalization(Layer):
    """Scale and shift, one of each for a column."""

    same_row = True

    def __init__(self, features: int, eps: float, dtype: Any) -> None:
        super().__init__()
        self.features = self.takes = count(f"{type(self).__name__}: features", features, least=1)
        self.eps = number(f"{type(self).__name__}: eps", eps, NOT_NEGATIVE)
        self.parameters = {
            "scale": Parameter(np.ones(features, dtype), "scale", penalized=False),
            "shift": Parameter(np.zeros(features, dtype), "shift", penalized=False),
        }

    def call(self, x: Any, training: bool) -> tuple[Op, tuple[Any, ...]]:
        """Refuses another number of columns; NumPy would stretch a single one to all."""
        self.outputs(x.shape[-1])
        return super().call(x, training)

    def outputs(self, inputs: int) -> int:
        """As many as come in."""
        if inputs != self.features:
            raise ShapeError(
                f"{self!r} does not fit",
                expected=f"{self.features} columns in",
                received=f"{inputs} columns",
                hint=f"{type(self).__name__}({inputs})",
            )
        return inputs

    def describe(self) -> str:
        """Number of columns."""
        return f"{self.features}"


class LayerNorm(_Normalization):
    """Each row brought to mean 0 and variance 1, then scaled and shifted (Ba et al., 2016).

    Parameters
    ----------
    features
        Number of columns.
    eps
        Added to the variance.
    dtype
        float64 or float32.
    """

    def __init__(self, features: int, *, eps: float = 1e-5, dtype: Any = np.float64) -> None:
        super().__init__(features, eps, dtype)
        self.op = arrays.normalize.bind(axis=-1, eps=eps)


class BatchNorm(_Normalization):
    """Each column brought to mean 0 and variance 1 over the batch (Ioffe and Szegedy, 2015).

    Outside training the running mean and variance stand in for those of the batch, so that a row's
    output does not depend on its neighbours.

    Parameters
    ----------
    features
        Number of columns.
    momentum
        Share of the newest batch in the running statistics.
    eps
        Added to the variance.
    dtype
        float64 or float32.
    """

    same_row = True

    def __init__(
        self, features: int, *, momentum: float = 0.1, eps: float = 1e-5, dtype: Any = np.float64
    ) -> None:
        super().__init__(features, eps, dtype)
        self.op = arrays.normalize.bind(axis=0, eps=eps)
        self.momentum = number("BatchNorm: momentum", momentum, SHARE)
        self.running_mean = np.zeros(features, dtype)
        self.running_variance = np.ones(features, dtype)

    def call(self, x: Any, training: bool) -> tuple[Op, tuple[Any, ...]]:
        """Normalise by the batch and update the running statistics; by these outside training."""
        if x.ndim != 2:
            raise ShapeError(f"{self!r} takes a matrix", expected="(n, features)", received=f"{x.shape}")
        row, (scale, shift) = super().call(x, training)
        if not training:
            row = arrays.standardize.bind(eps=self.eps)
            return row, (self.running_mean, self.running_variance, scale, shift)
        if len(x) < 2:
            raise ShapeError("BatchNorm needs at least two rows while training", received=f"{len(x)} row")
        m = self.momentum
        self.running_mean = (1 - m) * self.running_mean + m * x.mean(axis=0)
        self.running_variance = (1 - m) * self.running_variance + m * x.var(axis=0, ddof=1)
        return row, (scale, shift)
