"""Variants side by side: means, and differences seed by seed.

What a seed fixes for all variants alike, such as rows and first weights, cancels in a difference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from ...evaluation.comparison import ROUNDING
from ...evaluation.intervals import Interval
from ..results import Curves
from . import words
from .spread import Array, Spread, spread, t_quantile, t_tails

COARSEST = 0.02  # step of scores, at most: of 50 test rows


@dataclass(frozen=True)
class Pair:
    """Two variants compared seed by seed.

    Attributes
    ----------
    mean
        Of the differences.
    count
        How many seeds both have.
    error
        Standard error of the mean; None for fewer than two seeds.
    freedom
        Degrees of freedom of the error.
    """

    mean: float
    count: int
    error: float | None
    freedom: int

    @classmethod
    def of(cls, differences: Array, typical: float, variants: int, resolution: float) -> Pair:
        """The comparison, with an error that a chance agreement of few seeds does not make small.

        √((max(s², m) + r²/6) / n), with s² the variance of these differences, m the median of those of all
        pairs, and r the step in which values are counted: two numbers, each rounded to steps of r, differ
        by r²/6 from rounding alone (Sheppard 1898). As m brings in what other pairs know, the degrees of
        freedom are doubled, as far as there are other pairs.
        """
        n = len(differences)
        found = spread(differences)
        if found.deviation is None:
            return cls(found.mean, n, None, 0)
        error = math.sqrt((max(found.deviation**2, typical) + resolution**2 / 6) / n)
        return cls(found.mean, n, error, (n - 1) * min(2, variants - 1))

    @property
    def p_value(self) -> float:
        """Whether the two differ: of the t-test, two-sided; 1 where it cannot be judged."""
        if self.error is None or self.mean == 0:
            return 1.0
        return t_tails(abs(self.mean) / self.error, self.freedom) if self.error else 0.0

    def interval(self, level: float) -> Interval | None:
        """For the mean."""
        if self.error is None:
            return None
        half = t_quantile(1 - (1 - level) / 2, self.freedom) * self.error
        return Interval(self.mean - half, self.mean + half, level)


@dataclass(frozen=True)
class Table:
    """A figure by variant and seed.

    Attributes
    ----------
    measure
        ``"test_score"`` or ``"test_loss"``.
    metric
        What scores are.
    values
        Variant -> seed -> value.
    """

    measure: str
    metric: str
    values: dict[str, dict[int, float]]

    @classmethod
    def of(cls, curves: Sequence[Curves], measure: str) -> Table:
        """How the variants end. A network that diverged counts with what it had before training."""
        values = {}
        for curve in curves:
            ends = [
                before if after is None else after
                for before, after in zip(curve.before, curve.after, strict=True)
            ]
            found = {seed: getattr(end, measure) for seed, end in zip(curve.seeds, ends, strict=True)}
            values[curve.variant] = {seed: value for seed, value in found.items() if math.isfinite(value)}
        return cls(measure, curves[0].metric, values)

    @property
    def high(self) -> bool:
        """Whether more is better."""
        return self.measure.endswith("score")

    @property
    def name(self) -> str:
        """What it is, in words."""
        return f"test {words.SCORES[self.metric]}" if self.high else "test loss"

    @property
    def resolution(self) -> float:
        """The step in which values are counted: of accuracies, as far as these numbers show it."""
        if self.measure == "epochs":
            return 1.0
        if not self.high or self.metric != "accuracy":
            return 0.0
        steps = np.diff(np.unique([value for found in self.values.values() for value in found.values()]))
        steps = steps[steps > ROUNDING]
        return min(COARSEST, float(steps.min())) if len(steps) else 0.0

    def mean(self, variant: str) -> Spread:
        """Over the seeds of a variant."""
        return spread(self.values[variant].values())

    def differences(self, one: str, other: str) -> Array:
        """``one`` minus ``other``, for each seed that both have."""
        first, second = self.values[one], self.values[other]
        return np.array([first[seed] - second[seed] for seed in sorted(first.keys() & second.keys())])

    @cached_property
    def pairs(self) -> dict[tuple[str, str], Pair]:
        """Every two variants, the better one first, in the order of :meth:`ranked`."""
        found = {both: self.differences(*both) for both in combinations(self.ranked(), 2)}
        for differences in found.values():
            differences[np.abs(differences) < ROUNDING] = 0.0
        known = [
            spread(differences).deviation or 0.0 for differences in found.values() if len(differences) > 1
        ]
        typical = float(np.median(np.square(known))) if known else 0.0
        variants = len(self.ranked())
        return {both: Pair.of(each, typical, variants, self.resolution) for both, each in found.items()}

    def texts(self, variants: Sequence[str], apart: Sequence[tuple[str, str]] = ()) -> list[str]:
        """Means with their spread, in words."""
        means = [self.mean(variant) for variant in variants]
        if not self.high:
            return [words.of(mean) for mean in means]
        return words.scores(
            self.metric, means, [(self.mean(one).mean, self.mean(two).mean) for one, two in apart]
        )

    @property
    def means(self) -> dict[str, float]:
        """The mean of each variant that has values, the best first."""
        return {variant: self.mean(variant).mean for variant in self.ranked()}

    def ranked(self) -> list[str]:
        """The variants that have a value, the best mean first; of equal ones, the first given."""
        known = [variant for variant, found in self.values.items() if found]
        return sorted(known, key=lambda variant: self.mean(variant).mean, reverse=self.high)
