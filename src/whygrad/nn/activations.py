"""Activations: elementwise rows, and softmax, as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._numbers import NOT_NEGATIVE, POSITIVE, number
from ..autodiff.op import Op
from ..autodiff.ops import arrays, elementwise
from ..errors import SettingError, nearest
from .layer import Layer


class Activation(Layer):
    """An elementwise function as a layer: a = f(z), δ = upstream · f'(z).

    Parameters
    ----------
    op
        A row of the table, with its keywords bound.

    Examples
    --------
    >>> import numpy as np
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
