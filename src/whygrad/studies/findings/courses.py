"""What the course of one variant shows: each thing that may happen in training, by a test on its numbers.

Thresholds that :mod:`whygrad.training.troubles` has are taken from there. A test looks at the *sound* seeds:
those that neither were lost to NaN nor end far above where they began.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...evaluation.rounding import amount
from ...training.troubles.course import SMOOTH, smoothed
from ...training.troubles.course_rules import ABOVE, FEWEST, RESTLESS, RISE, RISEN, UNMOVED
from ..results import Curves
from . import words
from .finding import Judgement
from .spread import Array, above_zero, errors_needed, spread

GAIN = 0.05  # of the score, below which it is no better than before
NOISE = 2.0  # times the noise of the loss from epoch to epoch, which a single seed has to exceed
TURNS = 1 / 3  # of neighbouring changes of the loss with opposite signs; random ones have 2/3
BACK = 0.2  # rises relative to all changes; without a trend they are half
VISIBLE = 0.01  # a rise of the test loss, relative to its minimum
STILL = 0.15  # of the whole fall, in the last third of the epochs
FALLING = 0.02  # the same, relative to the loss before training


def lost(curve: Curves) -> Array:
    """Which seeds ended in NaN or infinity. Shape: (seeds,)."""
    return np.array(curve.diverged, bool)


def risen(curve: Curves) -> Array:
    """Which seeds ended with a training loss far above that before training. Shape: (seeds,)."""
    found = np.zeros(len(curve.seeds), bool)
    for row, (before, after) in enumerate(zip(curve.before, curve.after, strict=True)):
        if after is not None:
            losses = _known(curve.loss[row])
            with np.errstate(over="ignore"):  # the sum of two that are almost infinite
                last = float(np.median(losses[-FEWEST:])) if len(losses) else after.train_loss
            found[row] = min(last, after.train_loss) >= ABOVE * before.train_loss
    return found


def sound(curve: Curves) -> Array:
    """Which seeds can be judged by their course. Shape: (seeds,)."""
    return np.asarray(~(lost(curve) | risen(curve)))


def standings(curve: Curves, name: str, rows: Array | None = None) -> tuple[Array, Array]:
    """A figure before and after training. Shape: (seeds,) and (seeds,); NaN after where a seed was lost."""
    before = np.array([getattr(standing, name) for standing in curve.before], float)
    after = np.array([np.nan if each is None else getattr(each, name) for each in curve.after], float)
    return (before, after) if rows is None else (before[rows], after[rows])


def divergence(curve: Curves) -> Judgement:
    """Whether a seed was lost to NaN or infinity, or ends far above where it began."""
    gone, high, count = lost(curve), risen(curve), len(curve.seeds)
    ratios = [
        float(after / before) for before, after in zip(*standings(curve, "train_loss", high), strict=True)
    ]
    ended = [len(_known(curve.loss[row])) for row in np.flatnonzero(gone)]
    epochs = [int(curve.epochs[kept - 1]) if kept else 0 for kept in ended]
    numbers = {
        "seeds": count,
        "not_finite": int(gone.sum()),
        "epochs": epochs,
        "ends_above": int(high.sum()),
        "ratios": ratios,
    }
    said = []
    if gone.any():
        least, most = min(epochs), max(epochs)
        span = f"{least}" if least == most else f"{least} to {most}"
        ends = f"became NaN or infinite after {span} epoch{'' if most == 1 else 's'}"
        said.append(f"in {gone.sum()} of {words.seeds(count)} the loss {ends}")
    if high.any():
        ends = f"{amount(min(ratios))} times what it was before training, or more"
        said.append(f"in {high.sum()} of {words.seeds(count)} the training loss ends at {ends}")
    return Judgement("divergence", bool(said), f"diverges: {'; '.join(said)}" if said else "", numbers)


def no_learning(curve: Curves) -> Judgement:
    """Whether the training loss hardly fell in any seed, and scores are no better than before."""
    rows = sound(curve)
    before, after = standings(curve, "train_loss", rows)
    score_before, score_after = standings(curve, "train_score", rows)
    if curve.metric == "r2":  # below 0 is worse than always giving the mean
        score_before, score_after = np.maximum(score_before, 0), np.maximum(score_after, 0)
    if not len(before):
        return Judgement("no learning", None, "")
    noise = np.array([_noise(losses) for losses in curve.loss[rows]])
    still = before - after <= np.maximum((1 - UNMOVED) * before, NOISE * noise)
    gain = spread(score_after - score_before)
    limit = max(GAIN, errors_needed(gain.count) * gain.error if gain.error is not None else 0.0)
    fall = spread(1 - after / before)
    numbers = {
        "seeds": len(before),
        "loss_before": spread(before).mean,
        "loss_after": spread(after).mean,
        "fall": fall.mean,
        "gain": gain.mean,
        "gain_needed": limit,
    }
    found = bool(still.all()) and gain.mean <= limit
    if not found:
        return Judgement("no learning", False, "", numbers)
    start, end = words.scores(curve.metric, [spread(score_before), spread(score_after)])
    name = words.SCORES[curve.metric]
    said = (
        f"does not learn: the training loss goes from {words.of(spread(before))} to "
        f"{words.of(spread(after))}, {_percents(fall.mean)}, and {name} on the training rows from {start} "
        f"to {end} ({words.seeds(len(before))})"
    )
    return Judgement("no learning", True, said, numbers)


def oscillation(curve: Curves) -> Judgement:
    """Whether the training loss goes up and down by much, in the median over seeds."""
    rows = sound(curve)
    losses = [_known(row) for row in curve.loss[rows]]
    starts = standings(curve, "train_loss", rows)[0]
    kept = [(line, start) for line, start in zip(losses, starts, strict=True) if len(line) >= SMOOTH]
    if not kept:
        return Judgement("oscillation", None, "")
    turns, rises, backs = np.array([_swing(line, start) for line, start in kept]).T
    found = np.median(turns) >= TURNS and np.median(rises) >= RESTLESS and np.median(backs) >= BACK
    swinging = int(((turns >= TURNS) & (rises >= RESTLESS) & (backs >= BACK)).sum())
    numbers = {
        "seeds": len(kept),
        "turns": float(np.median(turns)),
        "rise": float(np.median(rises)),
        "back": float(np.median(backs)),
        "oscillating": swinging,
    }
    rise, turn = [words.share(float(np.median(values))) for values in (rises, turns)]
    measured = (
        f"in the mean over the epochs the training loss rises by {rise} of what it was before training, and "
        f"{turn} of its changes turn back"
    )
    many = f"median of {words.seeds(len(kept))}" if len(kept) > 1 else "1 seed"
    if found:
        said = f"oscillates: {measured} ({many}; {swinging} of {len(kept)} oscillate)"
    else:
        said = (
            f"no oscillation: {measured} ({many}; it takes {words.share(RESTLESS)} and {words.share(TURNS)})"
        )
    return Judgement("oscillation", bool(found), said, numbers)


def _swing(losses: Array, start: float) -> tuple[float, float, float]:
    """Share of turns, mean rise relative to the start, and rises relative to all changes."""
    changes = np.diff(losses)
    turned = np.sign(changes[1:]) * np.sign(changes[:-1]) < 0
    rises, moved = np.maximum(changes, 0), float(np.abs(changes).sum())
    back = float(rises.sum()) / moved if moved else 0.0
    return float(turned.mean()), float(rises.mean() / start) if start > 0 else 0.0, back


def overfitting(curve: Curves) -> Judgement:
    """Whether the watched loss ends above its minimum by more than chance, while the training loss falls.

    Over seeds, the epoch of the minimum is taken for each seed from the mean of the *others*: a minimum of
    noise is always below what follows it, and so would be found to be overfitting.
    """
    rows = np.flatnonzero(sound(curve))
    watched = [smoothed(_known(curve.watched_loss[row])) for row in rows]
    losses = [smoothed(_known(curve.loss[row])) for row in rows]
    if not watched or min(map(len, watched)) < SMOOTH or min(map(len, losses)) < SMOOTH:
        return Judgement("overfitting", None, "")
    if len(watched) == 1:
        return _overfitting_of_one(curve, watched[0], losses[0], curve.before[rows[0]].train_loss)
    tests, trains = _carried_on(watched), _carried_on(losses)
    total = tests.sum(axis=0)
    best = [int((total - row).argmin()) for row in tests]
    lowest = np.array([row[k] for row, k in zip(tests, best, strict=True)])
    at_lowest = np.array([row[k] for row, k in zip(trains, best, strict=True)])
    rises, ends = tests[:, -1] - lowest, trains[:, -1]
    falls = 1 - np.divide(ends, at_lowest, out=np.ones_like(ends), where=at_lowest > 0)
    rise, fall, least = spread(rises), spread(falls), spread(lowest)
    error = rise.error or 0.0
    found = above_zero(rises) and rise.mean > VISIBLE * least.mean and above_zero(falls)
    epoch, needed = int(curve.epochs[total.argmin()]), errors_needed(len(rises))
    numbers = {
        "seeds": len(rises),
        "epoch": epoch,
        "lowest": least.mean,
        "end": spread(tests[:, -1]).mean,
        "rise": rise.mean,
        "rise_error": error,
        "errors_needed": needed,
        "training_loss_fall": fall.mean,
    }
    count, which = words.seeds(len(rises)), curve.watched
    errors = f"{amount(rise.mean / error)} standard errors" if error else "with no spread over the seeds"
    above = f"{amount(rise.mean)} above its minimum"
    if found:
        trained = f"{words.of(spread(at_lowest))} to {words.of(spread(ends))}"
        said = (
            f"overfits: the {which} loss was lowest, {words.of(least)}, about epoch {epoch} and ends at "
            f"{words.of(spread(tests[:, -1]))}, {above} ({errors}; {count}), while the training loss "
            f"fell from {trained}"
        )
        return Judgement("overfitting", True, said, numbers)
    if rise.mean <= 0:
        said = f"no sign of overfitting: the {which} loss ends at its minimum, {words.of(least)} ({count})"
    elif above_zero(rises) and rise.mean > VISIBLE * least.mean:
        said = (
            f"no overfitting as it is meant here: the {which} loss ends {above} ({errors}; {count}), but the "
            f"training loss does not fall meanwhile"
        )
    else:
        floor = f"{amount(needed)} and {words.share(VISIBLE)} of the minimum"
        said = (
            f"no sign of overfitting: the {which} loss ends {above} of {words.of(least)}, {errors} "
            f"({count}; it takes {floor})"
        )
    return Judgement("overfitting", False, said, numbers)


def _overfitting_of_one(curve: Curves, watched: Array, losses: Array, scale: float) -> Judgement:
    """One seed has no standard error: the thresholds are those for the validation loss of a single run."""
    best, end = int(watched.argmin()), float(watched[-1])
    least = float(watched[best])
    found = end >= RISEN * least and end - least >= RISE * scale and losses[-1] < losses[best]
    numbers = {
        "seeds": 1,
        "epoch": int(curve.epochs[best]),
        "lowest": least,
        "end": end,
        "rise": end - least,
        "training_loss_fall": float(1 - losses[-1] / losses[best]) if losses[best] > 0 else 0.0,
    }
    rule = (
        f"1 seed has no standard error; instead it takes {amount(RISEN)} times the minimum, and "
        f"{amount(RISE)} of the loss before training above it"
    )
    if found:
        said = (
            f"overfits: the {curve.watched} loss was lowest, {amount(least)}, about epoch "
            f"{curve.epochs[best]} and ends at {amount(end)}, while the training loss fell from "
            f"{amount(losses[best])} to {amount(losses[-1])} ({rule})"
        )
    else:
        above = f"{amount(end - least)} above its minimum of {amount(least)}"
        said = f"no sign of overfitting: the {curve.watched} loss ends {above} ({rule})"
    return Judgement("overfitting", bool(found), said, numbers)


def not_finished(curve: Curves) -> Judgement:
    """Whether a good part of what the training loss fell by was in the last third of the epochs."""
    rows = np.flatnonzero(sound(curve))
    losses = [smoothed(_known(curve.loss[row])) for row in rows]
    if not losses or min(map(len, losses)) < 2 * FEWEST:
        return Judgement("not finished", None, "")
    starts = np.array([curve.before[row].train_loss for row in rows])
    ends = np.array([line[-1] for line in losses])
    last = np.array([line[2 * len(line) // 3 - 1] for line in losses]) - ends
    noise = np.array([_noise(curve.loss[row]) for row in rows])
    whole, late = spread(starts - ends), spread(last)
    part = late.mean / whole.mean if whole.mean > 0 else 0.0
    sure = above_zero(last) if len(last) > 1 else bool(last[0] > NOISE * noise[0])
    found = sure and part >= STILL and late.mean >= FALLING * spread(starts).mean
    numbers = {"seeds": len(rows), "last_third": late.mean, "whole": whole.mean, "part": part}
    said = (
        f"is not finished: in the last third of the epochs the training loss fell by {words.of(late)}, "
        f"{words.share(part)} of its whole fall ({words.seeds(len(rows))})"
    )
    return Judgement("not finished", bool(found), said if found else "", numbers)


def _known(values: Array) -> Array:
    """What there is of a row, up to the first epoch that has no number."""
    gaps = np.flatnonzero(~np.isfinite(values))
    return values[: gaps[0]] if len(gaps) else values


def _noise(losses: Array) -> float:
    """Standard deviation of the loss about its course, in the second half: from its second differences."""
    known = _known(losses)
    late = known[len(known) // 2 :] if len(known) >= 2 * SMOOTH else known
    if len(late) < FEWEST:
        return 0.0
    bends = np.diff(late, 2)
    return float(np.sqrt(np.mean(bends**2) / 6))  # of noise e, that of eₖ₋₁ - 2eₖ + eₖ₊₁ is 1 + 4 + 1


def _carried_on(rows: list[Array]) -> Array:
    """Rows side by side, each carried on at its last value. Shape: (rows, the most epochs)."""
    most = max(map(len, rows))
    return np.array([np.append(row, np.full(most - len(row), row[-1])) for row in rows])


def _percents(fall: float) -> str:
    return f"down {words.share(fall)}" if fall >= 0 else f"up {words.share(-fall)}"


def judgements(curve: Curves) -> list[Judgement]:
    """Everything that is looked for in the course of a variant."""
    no = no_learning(curve)
    rules: list[Any] = [oscillation] if no.found else [oscillation, overfitting, not_finished]
    return [divergence(curve), no, *(rule(curve) for rule in rules)]
