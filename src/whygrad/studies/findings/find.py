"""What the numbers of a study say, in words: about each variant, and about what distinguishes them.

Nothing is said that no test on the numbers found. The tests and their thresholds are in the documentation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import DataError
from ..results import Curves
from . import words
from .contests import contest
from .courses import judgements, lost, no_learning, sound, standings
from .finding import Finding, Judgement
from .luck import Way, varies
from .spread import Spread, spread
from .trends import race, trends

__all__ = ["Finding", "describe", "find", "said"]
MOST_ALIKE = 3  # variants of which the same is said one by one


def find(curves: Sequence[Curves], settings: Mapping[str, Mapping[str, Any]] | None = None) -> list[Finding]:
    """Everything that is recognised, first what answers the question, then variant by variant.

    Parameters
    ----------
    curves
        Of all variants, in the order in which they are to be spoken of.
    settings
        Variant -> its changed settings, for trends; and where the loss itself is what varies, losses of
        different variants are not compared.

    Raises
    ------
    DataError
        If there is nothing to speak of, or variants have scores of different kinds.
    """
    _check(curves)
    given = settings or {}
    chosen = {repr(changed.get("loss")) for changed in given.values()}
    alike = len(chosen) <= 1
    stuck = [curve.variant for curve in curves if no_learning(curve).found or not sound(curve).any()]
    found = contest(curves, losses=alike, hopeless=stuck)
    found += trends(curves, given, losses=alike)
    if alike:
        found += race(curves)
    way = Way.of(curves)
    for curve in curves:
        found += [each.of(curve.variant) for each in _judged(curve, way) if each.found]
    return found


def _check(curves: Sequence[Curves]) -> None:
    if not curves:
        raise DataError("there is no result to speak of", expected="the results of one trial or more")
    metrics = sorted({curve.metric for curve in curves})
    if len(metrics) > 1:
        raise DataError("scores of different kinds cannot be compared", received=", ".join(metrics))


def _judged(curve: Curves, way: Way) -> list[Judgement]:
    return [*judgements(curve), varies(curve, way)]


def describe(curve: Curves, among: Sequence[Curves] | None = None) -> str:
    """A paragraph on one variant: where it began and ended, and what its course shows or does not show.

    Parameters
    ----------
    curve
        Of the variant.
    among
        Of all variants of the study, which say how far a network may come; by default of this one alone.
    """
    _check([curve])
    way = Way.of(among or [curve])
    sentences = [*_from_to(curve), *[each.sentence for each in _judged(curve, way) if each.sentence]]
    return " ".join([f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences])


def _from_to(curve: Curves) -> list[str]:
    """Scores before training, and losses and scores from and to; of the seeds that ended."""
    kept, count = ~lost(curve), len(curve.seeds)
    name = words.SCORES[curve.metric]
    over = f"mean ± standard deviation of {words.seeds(count)}" if count > 1 else "1 seed"
    before = _score(curve, spread(standings(curve, "test_score")[0]))
    said = [f"before training, test {name} was {before} ({over})"]
    if not kept.any():
        return said
    for measure in ("loss", "score"):
        parts = []
        for rows in ("train", "test"):
            first, last = [spread(each) for each in standings(curve, f"{rows}_{measure}", kept)]
            if measure == "score":
                start, end = [text.removeprefix("R² ") for text in words.scores(curve.metric, [first, last])]
            else:
                start, end = words.of(first), words.of(last)
            parts.append(f"from {start} to {end} on the {'training' if rows == 'train' else rows} rows")
        left = f" ({words.seeds(int(kept.sum()))} that did not diverge)" if not kept.all() else ""
        said.append(f"{'loss' if measure == 'loss' else name} went {' and '.join(parts)}{left}")
    return said


def _score(curve: Curves, value: Spread) -> str:
    return words.score(curve.metric, value).removeprefix("R² ")


def said(findings: Sequence[Finding]) -> list[str]:
    """The findings as lines for a terminal; what holds for many variants in one line.

    Examples
    --------
    >>> said([Finding("oscillation", (name,), f"{name}: oscillates") for name in "abcd"])
    ['oscillation: a, b, c and d']
    >>> said([Finding("oscillation", ("a",), "a: oscillates")])
    ['a: oscillates']
    """
    of: dict[str, list[Finding]] = {}
    for finding in findings:
        of.setdefault(finding.kind if len(finding.variants) == 1 else finding.sentence, []).append(finding)
    lines = []
    for kind, alike in of.items():
        if len(alike) > MOST_ALIKE:
            lines.append(f"{kind}: {words.listed([finding.variants[0] for finding in alike])}")
        else:
            lines += [finding.sentence for finding in alike]
    return lines
