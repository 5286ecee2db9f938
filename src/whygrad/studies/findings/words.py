"""Numbers of a study as its sentences write them: with their spread, never rounded to what is not so."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ...evaluation.intervals import Interval
from ...evaluation.rounding import amount, counted, decimals, percent, write
from .spread import Spread

MOST_NAMES = 6
SCORES = {"accuracy": "accuracy", "r2": "R²"}


def pair(mean: float, deviation: float | None) -> str:
    """A mean and its standard deviation, with the digits that the deviation leaves a meaning.

    Examples
    --------
    >>> pair(0.31415, 0.0213), pair(0.31415, None), pair(12.0, 0.0), pair(0.3, 0.52), pair(3e-6, 1e-6)
    ('0.314 ± 0.021', '0.314', '12.0 ± 0', '0.30 ± 0.52', '3e-06 ± 1e-06')
    """
    if deviation is None:
        return amount(mean)
    if deviation == 0 or not 1e-4 <= abs(mean) < 1e6 or deviation >= 1e6:
        return f"{amount(mean)} ± {amount(deviation) if deviation else 0}"
    digits = 1 - math.floor(math.log10(deviation))
    places = max(0, min(digits, 3 - math.floor(math.log10(abs(mean)))))
    small = write(deviation, places, (0.0,))
    return f"{write(mean, places)} ± {small}"


def of(values: Spread) -> str:
    """A loss, or another number, over seeds.

    Examples
    --------
    >>> from whygrad.studies.findings.spread import spread
    >>> of(spread([0.1, 0.2, 0.3]))
    '0.20 ± 0.10'
    """
    return pair(values.mean, values.deviation) if values.count else "unknown"


def scores(metric: str, values: Sequence[Spread], apart: Iterable[tuple[float, float]] = ()) -> list[str]:
    """Accuracies in per cent, or R², over seeds: all with the same decimals.

    Examples
    --------
    >>> from whygrad.studies.findings.spread import spread
    >>> scores("accuracy", [spread([0.9, 1.0]), spread([0.99996])])
    ['95.000 ± 7.071 %', '99.996 %']
    >>> scores("r2", [spread([0.9, 0.8])])
    ['R² 0.850 ± 0.071']
    """
    factor, marks, least = (100.0, (0.0, 100.0), 1) if metric == "accuracy" else (1.0, (1.0,), 3)
    known = [factor * value.mean for value in values if value.count]
    places = decimals(known, least, marks, [(factor * one, factor * other) for one, other in apart])
    said = []
    for value in values:
        text = write(factor * value.mean, places, marks) if value.count else "unknown"
        if value.deviation is not None:
            text += f" ± {write(factor * value.deviation, places)}"
        said.append(f"{text} %" if metric == "accuracy" else f"R² {text}")
    return said


def score(metric: str, value: Spread) -> str:
    """One accuracy or R² over seeds.

    Examples
    --------
    >>> score("accuracy", Spread(0.975, 0.012, 5))
    '97.5 ± 1.2 %'
    """
    return scores(metric, [value])[0]


def between(measure: str, metric: str, interval: Interval) -> str:
    """An interval of differences, in points of per cent where scores are accuracies.

    Examples
    --------
    >>> between("test_score", "accuracy", Interval(0.012, 0.034, 0.95))
    '95 % interval 1.2 to 3.4 points'
    """
    points = measure.endswith("score") and metric == "accuracy"
    ends = [100 * end if points else end for end in (interval.low, interval.high)]
    marks = [end for end in (0.0,) if end not in ends]
    places = decimals(ends, 1 if points else _places(ends), marks, apart=[(ends[0], ends[1])])
    low, high = [write(end, places, marks) for end in ends]
    return f"{percent(interval.level)} interval {low} to {high}{' points' if points else ''}"


def difference(measure: str, metric: str, value: float) -> str:
    """A difference of scores or losses.

    Examples
    --------
    >>> difference("test_score", "accuracy", 0.113), difference("test_loss", "accuracy", -0.113)
    ('11.3 points', '-0.113')
    """
    if measure.endswith("score") and metric == "accuracy":
        return f"{write(100 * value, decimals([100 * value], 1, (0.0,)), (0.0,))} points"
    return amount(value)


def _places(values: Sequence[float]) -> int:
    """Decimals at which the smallest of the values has two digits, as far as six."""
    small = min([abs(value) for value in values if value] or [1.0])
    return max(0, min(6, 1 - math.floor(math.log10(small))))


def seeds(count: int) -> str:
    """How many seeds.

    Examples
    --------
    >>> seeds(1), seeds(5)
    ('1 seed', '5 seeds')
    """
    return counted(count, "seed")


def listed(names: Sequence[str]) -> str:
    """Names in a row; of many the first.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"]), listed(list("abcdefgh"))
    ('a', 'a, b and c', 'a, b, c, d, e, f and 2 more')
    """
    shown = list(names[:MOST_NAMES])
    if len(names) > MOST_NAMES:
        return f"{', '.join(shown)} and {len(names) - MOST_NAMES} more"
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else "".join(shown)


def share(value: float) -> str:
    """A share in per cent, two digits of it.

    Examples
    --------
    >>> share(0.0412), share(1e-4), share(0.998), share(1.0), share(0.0)
    ('4.1 %', '0.01 %', '99.8 %', '100 %', '0 %')
    """
    part = 100 * value
    if 99 <= abs(part) < 1e6:
        return f"{write(part, decimals([part], 0, (100.0,)), (100.0,))} %"
    return f"{part:.2g} %" if not 0 < abs(part) < 1e-4 else f"{part:.0e} %"
