"""Trouble that shows in the course of a run: learning rates, overfitting, slow convergence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..defaults import weight_decay_for
from .case import USUAL, Case
from .course import SMOOTH, smoothed
from .gradient_rules import VIOLENT
from .trouble import Trouble
from .words import rate, short

Array = np.ndarray[Any, Any]

FEWEST = 3  # epochs that a statement about a course needs
ROUGH = 0.05  # mean rise of the loss per hot epoch, relative to guessing; healthy runs had up to 0.033
RESTLESS = 0.02  # the same, where steps are long and nothing is learned
STUCK = 0.95  # median loss of hot epochs, relative to guessing
PEAK = 2.0  # highest loss, relative to guessing and to the loss at the start
ABOVE = 1.5  # loss at the end, relative to the same
GROWN = 100.0  # length of all parameters, relative to that before training; healthy runs had up to 12
TINY = 7e-4  # the largest update ratio of a run; healthy ones had at least 0.0019
UNMOVED = 0.8  # loss at the end, relative to that of the first epoch
RISEN = 1.3  # validation loss at the end, relative to its minimum
RISE = 0.25  # and above it, relative to guessing; healthy runs had up to 0.17
FALL = 0.05  # of the loss in each of the last two thirds, relative to guessing
GAIN = 0.06  # further fall that is to be expected, relative to guessing
REST = 0.3  # loss at the end, relative to guessing
UPS = 0.15  # rises relative to falls, in a course that is steady


def rate_too_high(case: Case) -> Trouble | None:
    """The loss jumps, ends above where it began, or stays where guessing is, while steps are long."""
    signs, figures = _jumps(case) if len(case.course) >= FEWEST else ([], {})
    if not signs:
        signs, figures = _spoiled(case)
    if not signs:
        return None
    advice = f"{case.lower_rate}; clip=1.0 (--clip 1.0) bounds steps"
    return Trouble("learning rate too high", "; ".join(signs), figures, advice)


def _spoiled(case: Case) -> tuple[list[str], dict[str, Any]]:
    """What a run that failed leaves behind, in words and numbers."""
    vector = case.network.network.vector
    if not case.finite:
        bad = int(np.count_nonzero(~np.isfinite(vector)))
        return [f"{bad:,} of {len(vector):,} parameters are not finite any more"], {"not_finite": bad}
    if case.growth >= GROWN:
        said = f"the vector of all parameters is {short(case.growth)} times as long as before training"
        return [said], {"growth": case.growth}
    now, start = case.now, case.start
    if now is None or now.loss is None or start is None or start.loss is None or start is now:
        return [], {}
    limit = ABOVE * max(case.guess or 0.0, start.loss)
    if math.isfinite(now.loss) and (now.loss < limit or not math.isfinite(limit)):
        return [], {}
    said = f"the loss of the rows is {short(now.loss)}, and was {short(start.loss)} before training"
    return [said], {"loss": now.loss, "began": start.loss}


def _jumps(case: Case) -> tuple[list[str], dict[str, Any]]:
    """What the losses say, in words and numbers."""
    course, guess = case.course, case.guess
    hot = course.losses[course.hot]
    rises = np.maximum(np.diff(hot), 0)
    scale = course.losses[0] if guess is None else guess
    start = case.start.loss if guess is not None and case.start is not None else None
    began = float(max(scale, course.losses[0] if start is None else start))
    end, peak, middle = course.end - case.penalty, float(course.losses.max()), float(np.median(hot))
    rough = float(rises.mean() / scale) if len(rises) else 0.0
    update = course.usual_update
    restless = update >= VIOLENT and rough >= RESTLESS
    figures = {
        "roughness": rough,
        "end": course.end,
        "peak": peak,
        "began": began,
        "update_ratio": update,
    }
    signs = []
    if rough >= ROUGH:
        count = int(np.count_nonzero(rises > 0))
        than = "the loss of guessing" if guess is not None else "that of the first epoch"
        signs.append(
            f"the loss went up after {count} of {len(rises)} epochs, in the mean over all by "
            f"{short(float(rises.mean()))} an epoch, {short(rough)} times {than}"
        )
    if end >= ABOVE * began:
        signs.append(f"the loss ends at {short(course.end)}, above the {short(began)} where it began")
    if guess is not None and middle >= STUCK * guess and (peak >= PEAK * began or restless):
        signs.append(
            f"the loss had a peak of {short(peak)} and stays about {short(middle)}, where always giving the "
            f"same answer has {short(guess)}; a step changes weights by {short(update)} of their length, "
            f"about {USUAL} is usual"
        )
    return signs, figures


def rate_too_low(case: Case) -> Trouble | None:
    """Steps are tiny and the loss has hardly moved."""
    course = case.course
    if len(course) < FEWEST or not course.largest_update > 0 or not course.losses[0] > 0:
        return None
    largest, moved = course.largest_update, course.end / float(course.losses[0])
    if largest >= TINY or moved < UNMOVED or (case.guess is not None and course.end < REST * case.guess):
        return None
    known = float(course.rates.max())
    better = known * 10 ** max(1, round(math.log10(USUAL / largest)))
    return Trouble(
        "learning rate too low",
        f"the largest step of {len(course)} epochs changed a layer by {short(largest)} of its length, about "
        f"{USUAL} is usual; the loss went from {short(float(course.losses[0]))} to {short(course.end)}",
        {"update_ratio": largest, "loss_ratio": moved, "learning_rate": known},
        rate(better),
    )


def overfitting(case: Case) -> Trouble | None:
    """The loss of rows that are not trained on rises while that of the training rows falls."""
    course, history = case.course, case.network.history
    watched = course.validation
    if watched is None or len(watched) < SMOOTH or history.best_epoch is not None:
        return None
    smooth = smoothed(watched)
    best, end = int(smooth.argmin()), float(smooth[-1])
    least = float(smooth[best])
    scale = case.guess if case.guess is not None else float(course.losses[0])
    if end < RISEN * least or end - least < RISE * scale or course.end >= course.losses[best]:
        return None
    return Trouble(
        "overfitting",
        f"the validation loss was lowest, {short(least)}, about epoch {best + 1}, and rose to {short(end)}, "
        f"while the training loss fell from {short(float(course.losses[best]))} to {short(course.end)}",
        {"epoch": best + 1, "lowest": least, "end": end, "training_loss": course.end},
        f"patience=10, which keeps the weights of the best epoch; {_restraint(case)}more rows; fewer units",
    )


def _restraint(case: Case) -> str:
    """Settings that hold the weights back, and that are not in force, as an advice with a semicolon."""
    network, advice = case.network, ""
    strong, hidden = weight_decay_for(True, 2), len(network.sizes) - 2
    usual = weight_decay_for(network.scale, hidden)
    decay = network.weight_decay if network.weight_decay is not None else usual
    if str(network.optimizer).lower() == "adamw" and decay < strong:
        advice += f"weight_decay={strong} (--weight-decay {strong}); "
    return advice if network.dropout else f"{advice}dropout=0.2 (--dropout 0.2); "


def slow_convergence(case: Case) -> Trouble | None:
    """The loss is still falling steadily, where the learning rate is not what ended it."""
    course = case.course
    if len(course) < SMOOTH or case.network.history.interrupted or not course.rates.any():
        return None
    curve = course.losses if course.validation is None else course.validation
    scale = case.guess if case.guess is not None else float(course.losses[0])
    early, late = course.after(1 / 3, curve), course.after(2 / 3, curve)
    end = float(np.median(curve[-FEWEST:]))
    before, last = early - late, late - end
    way = np.cumsum(course.rates)
    changes = np.diff(curve[way >= way[-1] / 3])
    falls, rises = -float(changes[changes < 0].sum()), float(changes[changes > 0].sum())
    if min(before, last) < FALL * scale or end < REST * scale or rises > UPS * falls:
        return None
    share = end / late  # three more thirds, if what is left, or what each one gains, shrinks as it did
    gain = min(last / before, 1.0)
    expected = max(end * share**3, end - last * (gain + gain**2 + gain**3))
    if end - expected < GAIN * scale:
        return None
    update = course.usual_update
    faster = ""
    if 0 < update < USUAL:
        faster = f" or {rate(float(course.rates.max()) * min(10.0, USUAL / update))}"
    which = "training" if course.validation is None else "validation"
    return Trouble(
        "slow convergence",
        f"the {which} loss was still falling: by {short(before)} in the second third of the way and by "
        f"{short(last)} in the last, to {short(end)}; going on like this, as long again might bring it to "
        f"about {short(expected)}",
        {
            "second_third": before,
            "last_third": last,
            "end": end,
            "expected": expected,
            "update_ratio": update,
        },
        f"epochs={2 * len(course)} (--epochs {2 * len(course)}){faster}",
    )
