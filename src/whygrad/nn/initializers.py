"""How weights start: functions of (fan_in, fan_out) that draw a matrix from a generator they are given.

The variance of what a layer passes on should neither grow nor shrink: forward it is multiplied by
fan_in · Var(w), backward by fan_out · Var(w).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import SettingError, nearest

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Initializer:
    """Draws a (fan_in, fan_out) matrix of weights.

    Parameters
    ----------
    name
        Its name in settings.
    std
        Standard deviation of a weight, as a function of fan_in and fan_out.
    uniform
        Draw from a uniform distribution with that standard deviation instead of a normal one.
    value
        A constant instead of random numbers.

    Examples
    --------
    >>> he_normal(200, 100, rng=np.random.default_rng(0)).std().round(2)  # sqrt(2 / 200) = 0.1
    np.float64(0.1)
    """

    name: str
    std: Callable[[int, int], float] | None = None
    uniform: bool = False
    value: float = 0.0

    def __call__(
        self, fan_in: int, fan_out: int, *, rng: np.random.Generator, dtype: Any = np.float64
    ) -> Array:
        """Draw a matrix. Shape: (fan_in, fan_out)."""
        shape = (fan_in, fan_out)
        if self.std is None:
            return np.full(shape, self.value, dtype)
        std = self.std(fan_in, fan_out)
        if self.uniform:
            limit = math.sqrt(3.0) * std
            return rng.uniform(-limit, limit, shape).astype(dtype)
        return (rng.standard_normal(shape) * std).astype(dtype)

    def __repr__(self) -> str:
        return f"<initializer {self.name}>"


def _glorot(fan_in: int, fan_out: int) -> float:
    return math.sqrt(2.0 / (fan_in + fan_out))


def _he(fan_in: int, fan_out: int) -> float:
    return math.sqrt(2.0 / fan_in)


def _lecun(fan_in: int, fan_out: int) -> float:
    return math.sqrt(1.0 / fan_in)


# Var(w) = 2 / (fan_in + fan_out), for tanh and sigmoid (Glorot and Bengio, 2010)
glorot_uniform = Initializer("glorot_uniform", _glorot, uniform=True)
glorot_normal = Initializer("glorot_normal", _glorot)
# Var(w) = 2 / fan_in, for relu and its relatives (He et al., 2015)
he_uniform = Initializer("he_uniform", _he, uniform=True)
he_normal = Initializer("he_normal", _he)
# Var(w) = 1 / fan_in (LeCun et al., 1998)
lecun_uniform = Initializer("lecun_uniform", _lecun, uniform=True)
lecun_normal = Initializer("lecun_normal", _lecun)
standard_normal = Initializer("standard_normal", lambda fan_in, fan_out: 1.0)
zeros = Initializer("zeros")
ones = Initializer("ones", value=1.0)


def random_normal(std: float = 0.01) -> Initializer:
    """Normal with a standard deviation that does not look at the layer."""
    return Initializer("random_normal", lambda fan_in, fan_out: std)


def constant(value: float) -> Initializer:
    """The same number everywhere: every neuron of a layer then learns the same."""
    return Initializer("constant", value=value)


INITIALIZERS: dict[str, Initializer] = {
    item.name: item
    for item in (
        glorot_uniform,
        glorot_normal,
        he_uniform,
        he_normal,
        lecun_uniform,
        lecun_normal,
        random_normal(),
        standard_normal,
        zeros,
        ones,
    )
}
INITIALIZERS |= {  # other names for them
    "glorot": glorot_uniform,
    "he": he_uniform,
    "lecun": lecun_uniform,
    "xavier": glorot_uniform,
    "xavier_uniform": glorot_uniform,
    "xavier_normal": glorot_normal,
}


def make_initializer(which: str | Initializer) -> Initializer:
    """An initializer by name, or the one given.

    Raises
    ------
    SettingError
        If the name is unknown; the nearest known one is suggested.
    """
    if isinstance(which, Initializer):
        return which
    name = str(which).lower().replace("-", "_")
    if name not in INITIALIZERS:
        raise SettingError(f"unknown initializer {which!r}", hint=nearest(name, INITIALIZERS))
    return INITIALIZERS[name]
