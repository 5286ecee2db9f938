"""The layers: dense, activations, dropout, normalisation. Each names its row; the rest is ``Layer``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._numbers import FRACTION, NOT_NEGATIVE, POSITIVE, Range, count, number
from ..autodiff.op import Op
from ..autodiff.ops import arrays, elementwise
from ..errors import SettingError, ShapeError, nearest
from .initializers import Initializer, make_initializer
from .layer import Array, Layer
from .parameter import Parameter

SHARE = Range("a number from 0 to 1", lambda value: 0 <= value <= 1)


class Dense(Layer):
    """A fully connected layer: z = x W + b.

    Parameters
    ----------
    inputs, outputs
        Number of columns that come in and go out.
    initializer
        How the weights start, by name or as an :class:`Initializer`; biases start at zero.
    rng
        A NumPy generator or a seed; a fresh generator when not given.
    dtype
        float64 or float32.

    Notes
    -----
    Shape: x (n, inputs) -> z (n, outputs). Kept by name: ``x``, ``z``, and after ``backward`` ``delta``
    (∂L/∂z), ``dW``, ``db``.

    Examples
    --------
    >>> layer = Dense(3, 2, rng=0)
    >>> z = layer.forward(np.ones((5, 3)))
    >>> dx = layer.backward(np.ones((5, 2)))
    >>> z.shape, dx.shape, layer.db
    ((5, 2), (5, 3), array([5., 5.]))
    """

    op = arrays.affine

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        initializer: str | Initializer = "glorot_uniform",
        rng: np.random.Generator | int | None = None,
        dtype: Any = np.float64,
    ) -> None:
        super().__init__()
        for name, size in (("inputs", inputs), ("outputs", outputs)):
            if not isinstance(size, (int, np.integer)) or isinstance(size, bool) or size < 1:
                raise SettingError(f"Dense: {name} must be a whole number from 1", received=repr(size))
        self.takes = inputs
        generator = np.random.default_rng(rng)
        weights = make_initializer(initializer)(inputs, outputs, rng=generator, dtype=dtype)
        self.parameters = {
            "weights": Parameter(weights, "weights"),
            "bias": Parameter(np.zeros(outputs, dtype), "bias", penalized=False),
        }

    def outputs(self, inputs: int) -> int:
        """The layer's width; refuses another number of inputs than it has rows of weights."""
        rows, columns = self.weights.shape
        if inputs != rows:
            raise ShapeError(
                f"{self!r} does not fit",
                expected=f"{rows} columns in",
                received=f"{inputs} columns",
                hint=f"Dense({inputs}, {columns})",
            )
        return int(columns)

    @property
    def weights(self) -> Array:
        """W, shape (inputs, outputs)."""
        return self.parameters["weights"].data

    @weights.setter
    def weights(self, values: Any) -> None:
        self.parameters["weights"].data = values

    @property
    def bias(self) -> Array:
        """b, shape (outputs,)."""
        return self.parameters["bias"].data

    @bias.setter
    def bias(self, values: Any) -> None:
        self.parameters["bias"].data = values

    @property
    def x(self) -> Any:
        """The input of the last forward pass."""
        return self.inputs[0] if self.inputs else None

    @property
    def z(self) -> Any:
        """The output of the last forward pass, before any activation."""
        return self.output

    @property
    def delta(self) -> Any:
        """∂L/∂z of the last backward pass."""
        return self.upstream

    @property
    def dW(self) -> Array:  # noqa: N802 - as textbooks write it
        """∂L/∂W of the last backward pass."""
        return self.parameters["weights"].gradient

    @property
    def db(self) -> Array:
        """∂L/∂b of the last backward pass."""
        return self.parameters["bias"].gradient

    def describe(self) -> str:
        """Sizes."""
        return f"{self.weights.shape[0]}, {self.weights.shape[1]}"


class Activation(Layer):
    """An elementwise function as a layer: a = f(z), δ = upstream · f'(z).

    Parameters
    ----------
    op
        A row of the table, with its keywords bound.

    Examples
    --------
    >>> relu = ReLU()
    >>> relu.forward(np.array([[-1.0, 2.0]]))
    array([[0., 2.]])
    >>> relu.backward(np.array([[5.0, 5.0]]))
    array([[0., 5.]])
    """

    def __init__(self, op: Op) -> None:
        super().__init__()
        self.op = op

    @property
    def z(self) -> Any:
        """The input of the last forward pass."""
        return self.inputs[0] if self.inputs else None

    @property
    def a(self) -> Any:
        """The output of the last forward pass."""
        return self.output

    @property
    def name(self) -> str:
        """Its name in settings."""
        return self.op.name

    def describe(self) -> str:
        """The row's keywords."""
        return ", ".join([f"{key}={value!r}" for key, value in self.op.keywords.items()])


class ReLU(Activation):
    """max(z, 0) (Nair and Hinton, 2010)."""

    def __init__(self) -> None:
        super().__init__(elementwise.relu)


class LeakyReLU(Activation):
    """z above 0, slope · z below (Maas et al., 2013)."""

    def __init__(self, slope: float = 0.01) -> None:
        super().__init__(elementwise.leaky_relu.bind(slope=number("LeakyReLU: slope", slope, NOT_NEGATIVE)))


class ELU(Activation):
    """z above 0, alpha · (exp(z) - 1) below (Clevert et al., 2015)."""

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__(elementwise.elu.bind(alpha=number("ELU: alpha", alpha, POSITIVE)))


class GELU(Activation):
    """z · Φ(z) in its tanh form (Hendrycks and Gimpel, 2016)."""

    def __init__(self) -> None:
        super().__init__(elementwise.gelu)


class SiLU(Activation):
    """z · sigmoid(z), also called swish (Elfwing et al., 2017)."""

    def __init__(self) -> None:
        super().__init__(elementwise.silu)


class Softplus(Activation):
    """log(1 + exp(z))."""

    def __init__(self) -> None:
        super().__init__(elementwise.softplus)


class Sigmoid(Activation):
    """1 / (1 + exp(-z))."""

    def __init__(self) -> None:
        super().__init__(elementwise.sigmoid)


class Tanh(Activation):
    """tanh(z)."""

    def __init__(self) -> None:
        super().__init__(elementwise.tanh)


class Softmax(Activation):
    """exp(z) over its sum along the row: probabilities of classes."""

    def __init__(self) -> None:
        super().__init__(arrays.softmax)


class Dropout(Layer):
    """Sets entries to zero at random while training, and scales the others up by 1 / (1 - rate).

    Nothing happens outside training, because the expected output is the same (Srivastava et al., 2014).

    Parameters
    ----------
    rate
        The share to drop, from 0 to below 1.
    rng
        A NumPy generator or a seed.
    """

    op = elementwise.dropout

    def __init__(self, rate: float = 0.5, *, rng: np.random.Generator | int | None = None) -> None:
        super().__init__()
        self.rate, self.rng = number("Dropout: rate", rate, FRACTION), np.random.default_rng(rng)
        self.mask: Array | None = None

    def call(self, x: Any, training: bool) -> tuple[Op, tuple[Any, ...]]:
        """A new mask while training; a mask of ones otherwise."""
        keep = 1.0 - self.rate
        if training:
            self.mask = ((self.rng.random(x.shape) < keep) / keep).astype(x.dtype)
        else:
            self.mask = np.ones_like(x)
        return self.op, (self.mask,)

    def describe(self) -> str:
        """The rate."""
        return f"{self.rate}"


class _Normalization(Layer):
    """Scale and shift, one of each for a column."""

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


ACTIVATIONS: dict[str, Callable[[], Activation]] = {
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "elu": ELU,
    "gelu": GELU,
    "silu": SiLU,
    "softplus": Softplus,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "softmax": Softmax,
}


def make_activation(which: str | Activation) -> Activation | None:
    """An activation by name, or the one given; None for ``"identity"`` or ``"linear"``.

    Raises
    ------
    SettingError
        If the name is unknown; the nearest known one is suggested.
    """
    if isinstance(which, Activation):
        return which
    name = str(which).lower().replace("-", "_")
    name = "silu" if name == "swish" else name
    if name in ("identity", "linear", "none"):
        return None
    if name not in ACTIVATIONS:
        raise SettingError(f"unknown activation {which!r}", hint=nearest(name, [*ACTIVATIONS, "identity"]))
    return ACTIVATIONS[name]()
