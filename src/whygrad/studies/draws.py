"""Settings drawn at random, for when a grid would be too large."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import SettingError, nearest
from ..runs.settings import TrainSettings

RANGE = {"low": "the smallest value", "high": "the largest", "log": "true for equal shares of each decade"}
DIGITS = 3  # of a number that is drawn: enough to differ, few enough to be read


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``; on a logarithmic scale with ``log``. Whole if both ends are."""

    low: float
    high: float
    log: bool = False

    def draw(self, rng: np.random.Generator) -> float | int:
        """One number."""
        if self.log:
            value = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        elif isinstance(self.low, int) and isinstance(self.high, int):
            return int(rng.integers(self.low, self.high, endpoint=True))
        else:
            value = float(rng.uniform(self.low, self.high))
        if isinstance(self.low, int) and isinstance(self.high, int):
            return min(max(round(value), self.low), self.high)
        return min(max(float(f"{value:.{DIGITS}g}"), self.low), self.high)


@dataclass(frozen=True)
class Draws:
    """So many random settings.

    Attributes
    ----------
    count, seed
        How many; the same seed draws the same.
    ranges
        Setting -> a range, or values to choose from.
    """

    count: int
    seed: int
    ranges: Mapping[str, Range | tuple[Any, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """The settings that are drawn."""
        return tuple(self.ranges)

    def values(self) -> Iterator[dict[str, Any]]:
        """Each draw; no two are equal.

        Raises
        ------
        SettingError
            If there are not that many.
        """
        rng = np.random.default_rng(self.seed)
        seen: set[tuple[Any, ...]] = set()
        for _ in range(100 * self.count):
            if len(seen) == self.count:
                return
            drawn = {
                name: given.draw(rng) if isinstance(given, Range) else given[int(rng.integers(len(given)))]
                for name, given in self.ranges.items()
            }
            if tuple(drawn.values()) not in seen:
                seen.add(tuple(drawn.values()))
                yield drawn
        if len(seen) < self.count:
            raise SettingError(
                f"random: there are not {self.count} different draws", received=f"{len(seen)} found"
            )

    def edges(self) -> Iterator[dict[str, Any]]:
        """Every end of a range and every choice, one at a time."""
        for name, given in self.ranges.items():
            for value in (given.low, given.high) if isinstance(given, Range) else given:
                yield {name: value}


def read_draws(found: Mapping[str, Any], most_seed: int) -> Draws:
    """The draws that a table describes.

    Raises
    ------
    SettingError
        If it is without a count, or a range is none.
    """
    given = dict(found)
    count, seed = given.pop("count", None), given.pop("seed", 0)
    if type(count) is not int or count < 1:
        raise SettingError(
            "random needs a count", expected="how many to draw: count = 20", received=repr(count)
        )
    if type(seed) is not int or not 0 <= seed <= most_seed:
        raise SettingError("random: seed must be a whole number from 0", received=repr(seed))
    if not given:
        raise SettingError(
            "random draws nothing", hint="learning_rate = { low = 1e-4, high = 1, log = true }"
        )
    ranges: dict[str, Range | tuple[Any, ...]] = {}
    for name, value in given.items():
        if name in ("seed", "folds") or name not in TrainSettings.model_fields:
            known = [field for field in TrainSettings.model_fields if field not in ("seed", "folds")]
            raise SettingError(f"random: unknown setting {name!r}", hint=nearest(name, known))
        ranges[name] = _range(name, value) if isinstance(value, dict) else _choices(name, value)
    return Draws(count, seed, ranges)


def _choices(name: str, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list) or not value:
        raise SettingError(
            f"random: {name} is a range or a list",
            expected="{ low = 0.001, high = 1, log = true }, or values to choose from",
            received=repr(value),
        )
    return tuple([tuple(item) if isinstance(item, list) else item for item in value])


def _range(name: str, value: dict[str, Any]) -> Range:
    for key in value:
        if key not in RANGE:
            raise SettingError(f"random: {name} has an unknown entry {key!r}", hint=nearest(key, RANGE))
    low, high, log = value.get("low", math.nan), value.get("high", math.nan), value.get("log", False)
    numbers = all([type(end) in (int, float) and math.isfinite(end) for end in (low, high)])
    if not numbers or not isinstance(log, bool) or low >= high or (log and low <= 0):
        raise SettingError(
            f"random: {name} has no such range",
            expected="low below high" + (", both above 0 with log" if log is True else ""),
            received=repr(value),
        )
    return Range(low, high, log)
