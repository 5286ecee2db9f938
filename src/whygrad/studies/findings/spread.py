"""Means over seeds, how sure one can be of them, and whether several differences are more than chance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from ...evaluation.intervals import Interval, check_level

Array = np.ndarray[Any, Any]
ERRORS = 2.0  # standard errors beyond which a mean is not chance
RARE = 1 - NormalDist().cdf(ERRORS)  # how often chance goes beyond that, with many seeds
LEVEL = 0.95


@dataclass(frozen=True)
class Spread:
    """Values of several seeds.

    Attributes
    ----------
    mean
        NaN if there is no value.
    deviation
        Standard deviation, with n - 1; None for fewer than two values.
    count
        How many values.
    """

    mean: float
    deviation: float | None
    count: int

    @property
    def error(self) -> float | None:
        """The standard error of the mean; None for fewer than two values."""
        return None if self.deviation is None else self.deviation / math.sqrt(self.count)

    def interval(
        self, level: float = LEVEL, low: float = -math.inf, high: float = math.inf
    ) -> Interval | None:
        """Where the mean over all seeds is, by Student's t; None for fewer than two values.

        mean ± t s / √n, cut off at ``low`` and ``high``, which no value can pass. (Student 1908)

        Examples
        --------
        >>> print(spread([0.90, 0.94, 0.92]).interval())
        0.870 to 0.970 (95 %)
        """
        check_level(level)
        if self.error is None:
            return None
        half = t_quantile(1 - (1 - level) / 2, self.count - 1) * self.error
        return Interval(max(low, self.mean - half), min(high, self.mean + half), level)


def spread(values: Iterable[float]) -> Spread:
    """Mean and standard deviation of the values that are finite.

    Examples
    --------
    >>> spread([1.0, 3.0])
    Spread(mean=2.0, deviation=1.4142135623730951, count=2)
    >>> spread([1.0])
    Spread(mean=1.0, deviation=None, count=1)
    """
    found = np.array(list(values), float)
    found = found[np.isfinite(found)]
    if not len(found):
        return Spread(math.nan, None, 0)
    same = bool((found == found[0]).all())  # rounding must not make a spread of equal numbers
    mean = float(found[0] if same else found.mean())
    deviation = None if len(found) < 2 else 0.0 if same else float(found.std(ddof=1))
    return Spread(mean, deviation, len(found))


def t_quantile(share: float, freedom: int) -> float:
    """The value that Student's t with so many degrees of freedom stays below with this probability.

    Examples
    --------
    >>> round(t_quantile(0.975, 4), 3)
    2.776
    """
    from scipy.special import stdtrit

    return float(stdtrit(freedom, share))


def t_tails(value: float, freedom: int) -> float:
    """The probability that Student's t is at least so far from 0.

    Examples
    --------
    >>> round(t_tails(2.776, 4), 3)
    0.05
    """
    from scipy.special import stdtr

    return float(2 * stdtr(freedom, -abs(value)))


def errors_needed(count: int) -> float:
    """How many standard errors a mean of so many values must be above 0 to count as above 0.

    Two for many values; for few, as many as chance exceeds just as rarely, in 1 of 44 cases (Student's t).

    Examples
    --------
    >>> [round(errors_needed(count), 1) for count in (2, 3, 5, 10, 1000)]
    [14.0, 4.5, 2.9, 2.3, 2.0]
    """
    return t_quantile(1 - RARE, count - 1)


def above_zero(values: Sequence[float] | Array) -> bool:
    """Whether the mean of two values or more is above 0 by more than :func:`errors_needed` standard errors.

    Examples
    --------
    >>> above_zero([1.0, 1.2, 0.8]), above_zero([1.0, -1.2, 0.8])
    (True, False)
    """
    found = spread(values)
    return found.error is not None and found.mean > errors_needed(found.count) * found.error


def holm(p_values: Sequence[float], level: float) -> list[bool]:
    """Which of several tests show something, if the chance that any shows what is not so shall be ``level``.

    The j-th smallest of m p-values is held against level / (m - j + 1), until one fails. (Holm 1979)

    Examples
    --------
    >>> holm([0.001, 0.04, 0.02], 0.05), holm([0.02, 0.04, 0.02], 0.05)
    ([True, True, True], [False, False, False])
    """
    shown = [False] * len(p_values)
    for place, index in enumerate(sorted(range(len(p_values)), key=lambda k: p_values[k])):
        if p_values[index] >= level / (len(p_values) - place):
            break
        shown[index] = True
    return shown
