"""Learning-rate schedules: functions of the number of the step, counted from 0.

A schedule has no state, so it can be shown, compared, drawn and asked for any step. The one exception,
``ReduceOnPlateau``, goes by the losses it has seen, and can save and restore what it remembers of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy.typing as npt

from whygrad.errors import SettingError
from whygrad.optim._settings import NOT_NEGATIVE, SHRINKING, count, make, number, rate_of
from whygrad.optim.plateau import ReduceOnPlateau

Schedule = Callable[[int], float]


@runtime_checkable
class StatefulSchedule(Protocol):
    """A schedule that remembers something; optimizers save and restore it with their own state."""

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step."""

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all that changes."""

    def load_state(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Continue from what ``state()`` returned."""


@dataclass(frozen=True)
class Constant:
    """The same learning rate at every step: ``rate(step) = rate``.

    Raises
    ------
    SettingError
        The rate is not a finite number above 0.

    Examples
    --------
    >>> constant(0.1)(1000)
    0.1
    """

    name: ClassVar[str] = "constant"
    rate: float

    def __post_init__(self) -> None:
        """Check the settings."""
        rate_of("rate", self.rate)

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step."""
        return float(self.rate)


@dataclass(frozen=True)
class StepDecay:
    """A staircase: ``rate(step) = rate * drop ** (step // every)``.

    Parameters
    ----------
    rate
        Learning rate of the first ``every`` steps.
    drop
        What it is multiplied by at each stair, above 0 and below 1.
    every
        Length of a stair, in steps.

    Raises
    ------
    SettingError
        A setting has a value that cannot work.

    Examples
    --------
    >>> halved = step_decay(0.8, drop=0.5, every=10)
    >>> [halved(step) for step in (0, 9, 10, 25)]
    [0.8, 0.8, 0.4, 0.2]
    """

    name: ClassVar[str] = "step-decay"
    rate: float
    drop: float = 0.5
    every: int = field(kw_only=True)

    def __post_init__(self) -> None:
        """Check the settings."""
        rate_of("rate", self.rate)
        number("drop", self.drop, SHRINKING)
        count("every", self.every, least=1)

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step."""
        return float(self.rate * self.drop ** (step // self.every))


@dataclass(frozen=True)
class Exponential:
    """The same factor at every step: ``rate(step) = rate * decay ** step``.

    Parameters
    ----------
    rate
        Learning rate of step 0.
    decay
        Factor from one step to the next, above 0 and below 1. To halve in k steps, ``0.5 ** (1 / k)``.

    Raises
    ------
    SettingError
        A setting has a value that cannot work.

    Examples
    --------
    >>> exponential(0.8, decay=0.5)(3)
    0.1
    """

    name: ClassVar[str] = "exponential"
    rate: float
    decay: float

    def __post_init__(self) -> None:
        """Check the settings."""
        rate_of("rate", self.rate)
        number("decay", self.decay, SHRINKING)

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step."""
        return float(self.rate * self.decay**step)


@dataclass(frozen=True)
class Cosine:
    """Half a cosine wave from the rate down to a floor, if wanted after a straight rise.

    With ``w = warmup`` and ``p = (step - w) / (total - w)``::

        rate * (step + 1) / (w + 1)                       step < w
        floor + (rate - floor) * (1 + cos(pi * p)) / 2    w <= step < total
        floor                                             total <= step

    so step 0 already moves, and the full rate is reached at step ``w``.

    Parameters
    ----------
    rate
        The highest learning rate.
    total
        Steps of the whole run, those of the rise among them.
    warmup
        Steps of the rise, fewer than ``total``.
    floor
        The last learning rate, from 0 to ``rate``.

    Raises
    ------
    SettingError
        A setting has a value that cannot work.

    References
    ----------
    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017 (without the
    restarts); Goyal et al., "Accurate, Large Minibatch SGD", 2017 (the rise).

    Examples
    --------
    >>> wave = cosine(0.4, total=12, warmup=3, floor=0.2)
    >>> [round(wave(step), 3) for step in (0, 1, 2, 3, 6, 9, 12, 99)]
    [0.1, 0.2, 0.3, 0.4, 0.35, 0.25, 0.2, 0.2]
    """

    name: ClassVar[str] = "cosine"
    rate: float
    total: int
    warmup: int = 0
    floor: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings."""
        rate_of("rate", self.rate)
        number("floor", self.floor, NOT_NEGATIVE)
        if count("warmup", self.warmup, least=0) >= count("total", self.total, least=1):
            expected = f"below {self.total}"
            raise SettingError("warmup must be below total", expected=expected, received=self.warmup)
        if self.floor > self.rate:
            expected = f"up to {self.rate}"
            raise SettingError("floor must not be above rate", expected=expected, received=self.floor)

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step."""
        if step < self.warmup:
            return float(self.rate * (step + 1) / (self.warmup + 1))
        progress = min(1.0, (step - self.warmup) / (self.total - self.warmup))
        return float(self.floor + (self.rate - self.floor) * (1 + math.cos(math.pi * progress)) / 2)


# Called, they read as the functions that they are: cosine(0.1, total=1000)(step).
constant, step_decay, exponential, cosine = Constant, StepDecay, Exponential, Cosine

SCHEDULES: dict[str, Callable[..., Schedule]] = {
    kind.name: kind for kind in (Constant, StepDecay, Exponential, Cosine, ReduceOnPlateau)
}


def make_schedule(name: str, rate: float, **settings: Any) -> Schedule:
    """Return the schedule of that name.

    Raises
    ------
    SettingError
        An unknown name or setting, a missing one, or one with a value that cannot work.

    Examples
    --------
    >>> make_schedule("cosine", 0.1, total=100)
    Cosine(rate=0.1, total=100, warmup=0, floor=0.0)
    """
    return make("schedule", SCHEDULES, name, {"rate": rate, **settings})
