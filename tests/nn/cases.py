"""One table of layers and one of losses. Tests that hold for every layer or loss take their cases here.

Each has a formula for HIPS autograd, as books print it: it shares nothing with whygrad's own rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import autograd.numpy as anp
import numpy as np

from whygrad import nn

ROWS = 6


def leaves(kind):
    """The classes of whygrad that derive from ``kind`` and that no other derives from."""
    below = [leaf for child in kind.__subclasses__() for leaf in leaves(child)]
    return below or ([kind] if kind.__module__.startswith("whygrad.") else [])


# --- layers ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class LayerCase:
    """A layer, made anew and the same each time."""

    name: str
    make: Callable[..., nn.Layer]  # make(dtype=...) where the layer has a dtype
    formula: Callable[..., Any]  # of x, then of constants and parameters as in ``layer.inputs``
    training: bool = True
    columns: int = 4
    scalar: str | None = None  # the activation's name in scalar networks

    def __str__(self):
        return self.name

    def layer(self, dtype=np.float64):
        """The layer, with parameters and running statistics that are neither 0 nor 1."""
        rng = np.random.default_rng(7)
        layer = self.make(dtype=dtype) if self.takes_dtype else self.make()
        for parameter in layer.parameters.values():
            parameter.data = rng.normal(0.2, 1.0, parameter.shape)
        if isinstance(layer, nn.BatchNorm):
            layer.running_mean = rng.normal(size=self.columns).astype(dtype)
            layer.running_variance = rng.uniform(0.5, 2.0, self.columns).astype(dtype)
        return layer

    @property
    def takes_dtype(self):
        return self.name.split()[0] in ("Dense", "BatchNorm", "LayerNorm")

    def x(self, dtype=np.float64):
        return np.random.default_rng(8).normal(size=(ROWS, self.columns)).astype(dtype)

    def run(self, dtype=np.float64):
        """The layer after a forward pass, and a random upstream gradient for it."""
        layer = self.layer(dtype)
        output = layer.forward(self.x(dtype), self.training)
        return layer, np.random.default_rng(9).normal(size=output.shape).astype(dtype)


def _normalized(x, scale, shift, axis):
    mean = anp.mean(x, axis=axis, keepdims=True)
    variance = anp.mean((x - mean) ** 2, axis=axis, keepdims=True)
    return (x - mean) / anp.sqrt(variance + 1e-5) * scale + shift


def _softmax(z):
    return anp.exp(z) / anp.sum(anp.exp(z), axis=-1, keepdims=True)


def _gelu(z):
    return 0.5 * z * (1 + anp.tanh(anp.sqrt(2 / anp.pi) * (z + 0.044715 * z**3)))


def _elu(z, alpha):
    return anp.where(z > 0, z, alpha * (anp.exp(z) - 1))


LAYERS = [
    LayerCase("Dense", lambda dtype: nn.Dense(4, 3, rng=0, dtype=dtype), lambda x, w, b: anp.dot(x, w) + b),
    LayerCase("ReLU", nn.ReLU, lambda z: anp.where(z > 0, z, 0.0), scalar="relu"),
    LayerCase("LeakyReLU", nn.LeakyReLU, lambda z: anp.where(z > 0, z, 0.01 * z), scalar="leaky_relu"),
    LayerCase("LeakyReLU 0.3", lambda: nn.LeakyReLU(0.3), lambda z: anp.where(z > 0, z, 0.3 * z)),
    LayerCase("ELU", nn.ELU, lambda z: _elu(z, 1.0), scalar="elu"),
    LayerCase("ELU 1.7", lambda: nn.ELU(1.7), lambda z: _elu(z, 1.7)),
    LayerCase("GELU", nn.GELU, _gelu, scalar="gelu"),
    LayerCase("SiLU", nn.SiLU, lambda z: z / (1 + anp.exp(-z)), scalar="silu"),
    LayerCase("Softplus", nn.Softplus, lambda z: anp.log(1 + anp.exp(z)), scalar="softplus"),
    LayerCase("Sigmoid", nn.Sigmoid, lambda z: 1 / (1 + anp.exp(-z)), scalar="sigmoid"),
    LayerCase("Tanh", nn.Tanh, anp.tanh, scalar="tanh"),
    LayerCase("Softmax", nn.Softmax, _softmax),
    LayerCase("Dropout", lambda: nn.Dropout(0.4, rng=3), lambda x, mask: x * mask),
    LayerCase("Dropout outside training", lambda: nn.Dropout(0.4, rng=3), lambda x, mask: x, training=False),
    LayerCase(
        "BatchNorm", lambda dtype: nn.BatchNorm(4, dtype=dtype), lambda *args: _normalized(*args, axis=0)
    ),
    LayerCase(
        "BatchNorm outside training",
        lambda dtype: nn.BatchNorm(4, dtype=dtype),
        lambda x, mean, variance, scale, shift: (x - mean) / anp.sqrt(variance + 1e-5) * scale + shift,
        training=False,
    ),
    LayerCase(
        "LayerNorm", lambda dtype: nn.LayerNorm(4, dtype=dtype), lambda *args: _normalized(*args, axis=1)
    ),
]


# --- losses ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class LossCase:
    """A loss with predictions and targets for it."""

    name: str
    make: Callable[[], nn.Loss]
    formula: Callable[[Any, Any], Any]
    on_values: Callable[[Any, Any], Any]  # the same for a row of values and its target; rows are summed
    targets: Callable[[np.random.Generator], Any]
    divisor: int = 3 * ROWS  # of the sum over rows
    probabilities: bool = False

    def __str__(self):
        return self.name

    def data(self, dtype=np.float64):
        """Predictions, shape (rows, 3), and targets."""
        rng = np.random.default_rng(5)
        predictions = rng.normal(0.0, 1.5, size=(ROWS, 3))
        if self.probabilities:
            predictions = 1 / (1 + np.exp(-predictions))
        return predictions.astype(dtype), self.targets(rng)


def _numbers(rng):
    return rng.normal(size=(ROWS, 3))


def _shares(rng):
    return rng.uniform(size=(ROWS, 3))


def _signs(rng):
    return rng.choice([-1.0, 1.0], size=(ROWS, 3))


def _labels(rng):
    return rng.integers(3, size=ROWS)


def _each(entry):
    """A loss of a row from that of an entry."""
    return lambda p, t: sum(entry(a, float(b)) for a, b in zip(p, t, strict=True))


def _huber(r, delta):
    return anp.where(anp.abs(r) <= delta, 0.5 * r**2, delta * (anp.abs(r) - 0.5 * delta))


def _huber_entry(delta):
    return lambda p, t: 0.5 * (p - t) ** 2 if abs(p.data - t) <= delta else delta * (abs(p - t) - 0.5 * delta)


def _cross_entropy_row(z, shares):
    total = sum(a.exp() for a in z).log()
    return sum(float(t) * (total - a) for a, t in zip(z, shares, strict=True))


def _bce(p, t):
    return -anp.mean(t * anp.log(p) + (1 - t) * anp.log(1 - p))


def _cross_entropy(z, shares):
    return -anp.sum(shares * anp.log(_softmax(z))) / len(z)


LOSSES = [
    LossCase(
        "SquaredError",
        nn.SquaredError,
        lambda p, t: anp.sum((p - t) ** 2),
        _each(lambda p, t: (p - t) ** 2),
        _numbers,
        divisor=1,
    ),
    LossCase(
        "MeanSquaredError",
        nn.MeanSquaredError,
        lambda p, t: anp.mean((p - t) ** 2),
        _each(lambda p, t: (p - t) ** 2),
        _numbers,
    ),
    LossCase(
        "MeanAbsoluteError",
        nn.MeanAbsoluteError,
        lambda p, t: anp.mean(anp.abs(p - t)),
        _each(lambda p, t: abs(p - t)),
        _numbers,
    ),
    LossCase(
        "Huber", nn.Huber, lambda p, t: anp.mean(_huber(p - t, 1.0)), _each(_huber_entry(1.0)), _numbers
    ),
    LossCase(
        "Huber 0.3",
        lambda: nn.Huber(0.3),
        lambda p, t: anp.mean(_huber(p - t, 0.3)),
        _each(_huber_entry(0.3)),
        _numbers,
    ),
    LossCase(
        "BinaryCrossEntropy",
        nn.BinaryCrossEntropy,
        lambda z, t: _bce(1 / (1 + anp.exp(-z)), t),
        _each(lambda z, t: z.softplus() - t * z),
        _shares,
    ),
    LossCase(
        "BinaryCrossEntropy of probabilities",
        lambda: nn.BinaryCrossEntropy(from_logits=False),
        _bce,
        _each(lambda p, t: -t * p.log() - (1 - t) * (1 - p).log()),
        _shares,
        probabilities=True,
    ),
    LossCase(
        "CrossEntropy of labels",
        nn.CrossEntropy,
        lambda z, labels: _cross_entropy(z, np.eye(3)[labels]),
        lambda z, label: _cross_entropy_row(z, np.eye(3)[label]),
        _labels,
        divisor=ROWS,
    ),
    LossCase(
        "CrossEntropy of one-hot rows",
        nn.CrossEntropy,
        _cross_entropy,
        _cross_entropy_row,
        lambda rng: np.eye(3)[_labels(rng)],
        divisor=ROWS,
    ),
    LossCase(
        "CrossEntropy of shares",
        nn.CrossEntropy,
        _cross_entropy,
        _cross_entropy_row,
        lambda rng: rng.dirichlet(np.ones(3), size=ROWS),
        divisor=ROWS,
    ),
    LossCase(
        "Hinge",
        nn.Hinge,
        lambda z, t: anp.mean(anp.maximum(0.0, 1 - t * z)),
        _each(lambda z, t: (1 - t * z).relu()),
        _signs,
    ),
]
