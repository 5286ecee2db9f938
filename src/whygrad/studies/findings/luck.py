"""Whether learning depends on the seed: some networks of a variant learn, others do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...evaluation.intervals import wilson
from ...evaluation.rounding import percent
from ...training.troubles.course_rules import UNMOVED
from ..results import Curves
from . import words
from .courses import sound, standings
from .finding import Judgement
from .spread import Array, spread

COVERED = 0.7  # of the way from untrained to best: a network that came so far has learned
WAY = 0.1  # of the score, which the way has to be long
APART = 0.3  # of the way, between the means of those that learned and of the others
SPLIT = 0.8  # of the variance of the scores, which the two groups account for; in a normal one at most 0.64


@dataclass(frozen=True)
class Way:
    """How far networks may come.

    Attributes
    ----------
    start
        Mean training score of all networks before training; R² counts as 0 at least.
    best
        The highest training score after it.
    """

    start: float
    best: float

    @classmethod
    def of(cls, curves: Sequence[Curves]) -> Way:
        """From untrained networks to the best one of a study."""
        scores = [standings(curve, "train_score") for curve in curves]
        before, after = np.concatenate([one for one, _ in scores]), np.concatenate([end for _, end in scores])
        if curves[0].metric == "r2":
            before = np.maximum(before, 0)
        return cls(spread(before).mean, float(np.nanmax(after)) if np.isfinite(after).any() else float("nan"))

    def covered(self, scores: Array) -> Array:
        """How much of the way these scores have behind them; NaN where there is no way."""
        length = self.best - self.start
        return np.asarray((scores - self.start) / length if length >= WAY else np.full(len(scores), np.nan))


def learned(curve: Curves, way: Way) -> Array:
    """Which seeds have learned: their score came far and their loss fell.

    None has if no network of the study has. An untrained network may have a good score by luck, but then its
    loss has not fallen. Shape: (seeds,).
    """
    before, after = standings(curve, "train_loss")
    far = way.covered(standings(curve, "train_score")[1]) >= COVERED
    return np.asarray(sound(curve) & far & (after < UNMOVED * before))


def varies(curve: Curves, way: Way) -> Judgement:
    """Whether some seeds learn and some do not, with nothing much between the two."""
    rows = sound(curve)
    scores = standings(curve, "train_score", rows)[1]
    part, did = way.covered(scores), learned(curve, way)[rows]
    numbers: dict[str, Any] = {
        "seeds": len(did),
        "learned": int(did.sum()),
        "start": way.start,
        "best": way.best,
    }
    if len(did) < 2 or np.isnan(part).any():
        return Judgement("varies with the seed", None, "", numbers)
    found = False
    if did.any() and not did.all():
        gap = part[did].mean() - part[~did].mean()
        split = did.mean() * (1 - did.mean()) * gap**2 / part.var()
        found = bool(gap >= APART and split >= SPLIT)
    if not found:
        return Judgement("varies with the seed", False, "", numbers)
    interval = wilson(int(did.sum()), len(did))
    numbers |= {"share": float(did.mean()), "interval": [interval.low, interval.high]}
    ends = words.scores(curve.metric, [spread(scores[did]), spread(scores[~did])])
    good, bad = [text.removeprefix("R² ") for text in ends]
    low, high = [f"{100 * end:.0f}" for end in (interval.low, interval.high)]
    said = (
        f"varies with the seed: {did.sum()} of {words.seeds(len(did))} learn ({100 * did.mean():.0f} %, "
        f"{percent(interval.level)} interval {low} to {high} %); they end with a training "
        f"{words.SCORES[curve.metric]} of {good}, the others of {bad}"
    )
    return Judgement("varies with the seed", True, said, numbers)
