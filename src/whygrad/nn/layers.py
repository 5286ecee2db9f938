"""The layers with a computation of their own: dense, and dropout. Each names its row of the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._numbers import FRACTION, number
from ..autodiff.op import Op
from ..autodiff.ops import arrays, elementwise
from ..autodiff.readings.buffers import Workspace
from ..errors import SettingError, ShapeError
from .initializers import Initializer, make_initializer
from .layer import Array, Layer
from .parameter import Parameter


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
    same_row = True

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

    def call_into(self, x: Array, training: bool, constants: Sequence[Array], workspace: Workspace) -> None:
        """The same mask as ``call`` would draw, written over the last one."""
        keep, (self.mask,) = 1.0 - self.rate, constants
        if not training:
            self.mask.fill(1.0)
            return
        drawn = workspace.take(x.shape, np.dtype(np.float64))
        self.rng.random(out=drawn)
        np.less(drawn, keep, out=self.mask)
        np.multiply(self.mask, 1.0 / keep, out=self.mask)
        workspace.give_back(drawn)

    def describe(self) -> str:
        """The rate."""
        return f"{self.rate}"
