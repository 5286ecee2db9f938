"""Which variant learns in fewer epochs, and what rises or falls along a setting."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...evaluation.comparison import ROUNDING
from ...evaluation.rounding import amount
from ...training.troubles.course import smoothed
from ..results import Curves
from . import words
from .courses import sound
from .finding import Finding
from .paired import Pair, Table
from .spread import Array, holm, spread
from .varied import groups, varied

FASTER = 0.025  # chance of naming a fastest one among equals
TREND = 0.005  # chance of seeing a trend where there is none, by scores, and again by losses
COVERED = 0.7  # of the way to the lowest loss: what a variant reaches that takes part in a race
GOAL = 0.9  # of the way that all of these have behind them: at its very end, noise decides who is there
QUICKER = 1.25  # times the epochs, which the next one needs at least
MONOTONE = 0.8  # rank correlation of means and settings


def race(curves: Sequence[Curves]) -> list[Finding]:
    """Whether one variant needs fewer epochs than each other one, to a loss that all of them reach.

    The loss is that of rows that are not trained on. It is nine tenths of the way from untrained networks to
    the lowest loss of that seed that came least far, of the variants that come far enough to take part.
    """
    lines = {curve.variant: _lines(curve) for curve in curves if sound(curve).all()}
    lines = {variant: found for variant, found in lines.items() if found}
    if len(lines) < 2:
        return []
    least = {variant: max(float(line.min()) for line in found.values()) for variant, found in lines.items()}
    start = float(np.mean([before.test_loss for curve in curves for before in curve.before]))
    limit = start - COVERED * (start - min(least.values()))
    runners = [variant for variant in lines if least[variant] <= limit]
    if len(runners) < 2:
        return []
    goal = start - GOAL * (start - max(least[variant] for variant in runners))
    numbered = {curve.variant: curve.epochs for curve in curves}
    epochs = {
        variant: {
            seed: float(numbered[variant][np.argmax(line <= goal)]) for seed, line in lines[variant].items()
        }
        for variant in runners
    }
    table = Table("epochs", curves[0].metric, epochs)
    first, *others = table.ranked()
    p_values = [table.pairs[first, other].p_value for other in others]
    one, other = table.mean(first), table.mean(others[0])
    if not all(holm(p_values, FASTER)) or other.mean < QUICKER * one.mean:
        return []
    said = (
        f"{first} is fastest: it reaches a {curves[0].watched} loss of {amount(goal)} after "
        f"{words.of(one)} epochs, next is {others[0]} after {words.of(other)} "
        f"(paired over {words.seeds(one.count)})"
    )
    numbers: dict[str, Any] = {"seeds": one.count, "loss": goal, "epochs": table.means}
    return [Finding("faster", (first, *others), said, numbers)]


def _lines(curve: Curves) -> dict[int, Array]:
    """The smoothed course of the watched loss for each seed; nothing unless all have one."""
    found = {}
    for seed, row in zip(curve.seeds, curve.watched_loss, strict=True):
        line = smoothed(row[np.isfinite(row)])
        if not len(line):
            return {}
        found[seed] = line
    return found


def trends(
    curves: Sequence[Curves], settings: Mapping[str, Mapping[str, Any]], losses: bool = True
) -> list[Finding]:
    """Whether scores or losses rise or fall along a setting whose values have an order."""
    known = {curve.variant: settings[curve.variant] for curve in curves if curve.variant in settings}
    found = []
    for one in varied(known):
        of = groups(known, one)
        if of is None or len(of) < 3:
            continue
        for measure in ("test_score", "test_loss") if losses else ("test_score",):
            trend = _trend(Table.of(curves, measure), of, one.label)
            if trend is not None:
                found.append(trend)
                break
    return found


def _ranks(values: Array) -> Array:
    """The place of each value among all; equal ones share the mean of their places."""
    below, equal = values[:, None] > values, values[:, None] == values
    return np.asarray(below.sum(axis=1) + (equal.sum(axis=1) - 1) / 2)


def _trend(table: Table, of: Mapping[float, Sequence[str]], label: str) -> Finding | None:
    """A slope along the ranks of the setting that is not chance, with means that follow it."""
    common = set.intersection(*[set(table.values[name]) for names in of.values() for name in names])
    if len(common) < 2:
        return None
    rows = np.array(
        [
            [np.mean([table.values[name][seed] for name in names]) for seed in sorted(common)]
            for names in of.values()
        ]
    )
    ranks = np.arange(len(of)) - (len(of) - 1) / 2
    slopes = ranks @ rows / (ranks @ ranks)
    means = rows.mean(axis=1)
    if np.ptp(means) < ROUNDING:
        return None
    correlation = float(np.corrcoef(ranks, _ranks(means))[0, 1])
    p_value = Pair.of(slopes, 0.0, 2, table.resolution / math.sqrt(ranks @ ranks)).p_value
    if p_value >= TREND or abs(correlation) < MONOTONE or correlation * slopes.mean() <= 0:
        return None
    ends = [spread(rows[0]), spread(rows[-1])]
    start, end = words.scores(table.metric, ends) if table.high else [words.of(each) for each in ends]
    ways = "rises" if correlation > 0 else "falls"
    low, high = [f"{level:.6g}" for level in (min(of), max(of))]
    said = (
        f"{table.name} {ways} with {label}: from {start} at {low} to {end} "
        f"at {high} (rank correlation of the {len(of)} means {correlation:.2f}; {words.seeds(len(common))})"
    )
    numbers = {
        "measure": table.measure,
        "setting": label,
        "levels": list(of),
        "means": means.tolist(),
        "slope": float(slopes.mean()),
        "p_value": p_value,
        "rank_correlation": correlation,
        "seeds": len(common),
    }
    return Finding("trend", tuple(name for names in of.values() for name in names), said, numbers)
