"""What numbers show, in sentences. Each function takes figures and says what follows from them.

A sentence may stand in a page without its figures being looked at again, so none says more than they do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...evaluation.intervals import wilson
from ...evaluation.rounding import amount, counted, decimals, write
from .curves import STILL_FALLING, Bend, bend

Array = np.ndarray[Any, Any]
NEAR_LN2 = 0.01  # a first loss within this of ln 2 is that of guessing
LINEAR = 0.1  # how far from 1 the ratio of real to predicted change may be for a step to count as short
RIGHT_GRADIENT = 1e-6  # largest error, relative to the largest gradient, that central differences may leave
RISEN = 0.05  # rise of the test loss above its minimum, relative to it, that counts as overfitting


def apart(first: float, second: float, least: int = 4) -> tuple[str, str]:
    """Two numbers with as many decimals as it takes that they read differently if they differ.

    Examples
    --------
    >>> apart(0.693147, 0.693146)
    ('0.693147', '0.693146')
    """
    places = decimals([first, second], least, apart=[(first, second)])
    return write(first, places), write(second, places)


def signed(value: float) -> str:
    """Three digits that count, with a minus sign that is one.

    Examples
    --------
    >>> signed(-0.27849)
    '−0.278'
    """
    return amount(value).replace("-", "−")


def share(value: float) -> str:
    """A share in per cent, which reads as none or all only where it is.

    Examples
    --------
    >>> share(0.5), share(1.0), share(0.9996)
    ('50.0 %', '100.0 %', '99.96 %')
    """
    figure = 100 * value
    return f"{write(figure, decimals([figure], 1, (0.0, 100.0)), (0.0, 100.0))} %"


def tested(right: int, rows: int) -> str:
    """A test accuracy with its interval.

    Examples
    --------
    >>> tested(96, 100)
    '96 of 100 test rows are right: 96.0 %, with a 95 % interval from 90.2 % to 98.4 %'
    """
    found = wilson(right, rows)
    figure = f"{share(right / rows)}, with a 95 % interval from {share(found.low)} to {share(found.high)}"
    return f"{right} of {counted(rows, 'test row')} {'is' if right == 1 else 'are'} right: {figure}"


def first_loss(loss: float, classes: Sequence[int]) -> str:
    """The loss before training beside that of giving every row the same probability.

    Examples
    --------
    >>> first_loss(0.6931, [150, 150])
    'The first loss is 0.69310; 0.5 for every row would cost ln 2 = 0.69315. It is 0.00005 below that:
     the untrained network is about as good as guessing.'
    """
    total = sum(classes)
    guess = -sum([count / total * math.log(count / total) for count in classes if count])
    even = len(classes) == 2 and classes[0] == classes[1]
    what = "0.5 for every row would cost ln 2 =" if even else "the classes' shares for every row would cost"
    gap = loss - guess
    size = f"{abs(gap):.5f}"
    by = "It is the same to five digits" if float(size) == 0 else f"It is {size} {_side(gap)} that"
    if abs(gap) <= NEAR_LN2:
        verdict = "the untrained network is about as good as guessing"
    elif gap > 0:
        verdict = "the random weights make it sure of answers that are wrong"
    else:
        verdict = "the random weights happen to lean the right way"
    return f"The first loss is {loss:.5f}; {what} {guess:.5f}. {by}: {verdict}."


def _side(gap: float) -> str:
    return "above" if gap > 0 else "below"


def one_step(before: float, after: float, learning_rate: float, norm: float) -> list[str]:
    """Whether a step lowered the loss, and whether by as much as the slope alone promised."""
    first, second = apart(before, after, 6)
    if norm == 0:
        return [f"The gradient is zero: the step moved nothing, and the loss stays {first}."]
    if not math.isfinite(after):
        return [f"The loss was {first}, and after the step it is {after}: the step was far too long."]
    predicted, change = -learning_rate * norm**2, after - before
    if change < 0:
        said = f"One step lowered the loss from {first} to {second}, by {amount(-change)}."
    elif change > 0:
        said = f"One step did not lower the loss: it rose from {first} to {second}, by {amount(change)}."
    else:
        said = f"One step left the loss as it was, {first}."
    ratio = change / predicted
    slope = (
        f"The slope alone promises a change of −lr·‖g‖² = −{learning_rate:g} · {amount(norm)}² ="
        f" {signed(predicted)}; the real change is {signed(change)}, {100 * ratio:z.0f} % of that"
    )
    return [said, f"{slope}: {_why(ratio)}."]


def _why(ratio: float) -> str:
    if abs(ratio - 1) <= LINEAR:
        return "over so short a step the loss is nearly a straight line"
    if ratio <= 0:
        return "the loss bends up along the way, and the step was too long"
    if ratio < 1:
        return "the slope flattens along the way"
    return "the slope gets steeper along the way"


def gradient_check(error: float, numbers: int) -> str:
    """Whether backpropagation agrees with nudging each parameter.

    Examples
    --------
    >>> gradient_check(2e-10, 65)
    'Backpropagation agrees with nudging each parameter and looking at the loss: over 65 parameters the
     largest difference is 2.0e-10 of the largest gradient.'
    """
    how = (
        f"over {counted(numbers, 'parameter')} the largest difference is {error:.1e} of the largest gradient"
    )
    verdict = "agrees" if error < RIGHT_GRADIENT else "does not agree"
    return f"Backpropagation {verdict} with nudging each parameter and looking at the loss: {how}."


def training(losses: Array, planned: int) -> list[str]:
    """From where to where the loss went, how steadily, and whether it had come to rest."""
    if not len(losses):
        return ["Training broke down in its first step: there is no loss to speak of."]
    first, last = apart(float(losses[0]), float(losses[-1]))
    verdict = bend(losses, planned)
    ending: dict[Bend, str] = {
        "diverged": ", and then it was no longer a number: training diverged",
        "above its start": ": it ended above its start, so these steps did harm",
        "oscillated": ", but in jumps: rises took back at least a quarter of what falls gained",
        "learned nothing": ": less than 1 % of it went, so next to nothing was learned",
        "fell": "",
    }
    said = [f"Over {counted(len(losses), 'epoch')} the loss went from {first} to {last}{ending[verdict]}."]
    if len(losses) > 1:
        said.append(_rises(np.diff(losses)))
    if verdict == "fell" and len(losses) >= 10:
        said.append(_rest(losses))
    return said


def _rises(steps: Array) -> str:
    rises = int((steps > 0).sum())
    if rises:
        return f"It rose from one epoch to the next {counted(rises, 'time')}, of {len(steps)}."
    return "It fell in every step." if (steps < 0).all() else "It never rose, but stood still at times."


def _rest(losses: Array) -> str:
    before, last = float(losses[-1 - len(losses) // 10]), float(losses[-1])
    gone = (before - last) / before
    if gone < 0:
        return f"In the last tenth of the epochs it rose by {-100 * gone:.1f} %."
    what = f"In the last tenth of the epochs it lost {100 * gone:.1f} %"
    rest = "more epochs would lower it further" if gone >= STILL_FALLING else "it has nearly come to rest"
    return f"{what}: {rest}."


def overfitting(loss: Array, test_loss: Array) -> str:
    """Where the loss on test rows was lowest, and whether it rose since while that in training fell on."""
    lowest = int(test_loss.argmin())
    low, end = apart(float(test_loss[lowest]), float(test_loss[-1]))
    if lowest == len(test_loss) - 1:
        return (
            f"The loss on test rows was lowest in the last epoch, {lowest}, at {end}: no overfitting so far."
        )
    where = f"The loss on test rows was lowest in epoch {lowest}, at {low}, and ended at {end}"
    risen = (test_loss[-1] - test_loss[lowest]) / test_loss[lowest]
    if loss[-1] >= loss[lowest]:
        return f"{where}; that on training rows did not fall since then either."
    if risen > RISEN:
        return f"{where}, {100 * risen:.0f} % higher, while that on training rows fell: it overfits."
    return f"{where}: {100 * risen:.1f} % higher, too little to call it overfitting."


def compared_rates(curves: dict[float, Array], planned: int) -> list[str]:
    """What each learning rate did, and which ended lowest."""
    said = [f"Learning rate {rate:g} {_of_rate(losses, planned)}." for rate, losses in curves.items()]
    ends = {rate: float(losses[-1]) for rate, losses in curves.items() if bend(losses, planned) != "diverged"}
    if not ends:
        return [*said, "No learning rate came through."]
    low = min(ends.values())
    best = [rate for rate, end in ends.items() if end == low]
    names = " and ".join([f"{rate:g}" for rate in best])
    lead = f"In epoch {planned - 1} the loss is lowest with {names}: {amount(low)}"
    jumps = [rate for rate in best if bend(curves[rate], planned) in ("oscillated", "above its start")]
    if jumps:
        lead += ", but as it jumps, another epoch may say otherwise"
    return [*said, f"{lead}. This is one run for each rate, and the loss on the rows learned from."]


def _of_rate(losses: Array, planned: int) -> str:
    verdict = bend(losses, planned)
    if verdict == "diverged":
        last = f"no loss after epoch {len(losses) - 1}" if len(losses) else "no loss at all"
        return f"diverged: {last}"
    first, last = apart(float(losses[0]), float(losses[-1]))
    return {
        "above its start": f"did harm: from {first} the loss went up to {last}",
        "oscillated": f"oscillated: from {first} to {last}, in jumps that took back a quarter or more",
        "learned nothing": f"learned next to nothing: from {first} to {last}",
        "fell": f"brought the loss from {first} to {last}",
    }[verdict]


def moments(epochs: Sequence[int], losses: Sequence[float], rights: Sequence[float]) -> list[str]:
    """Loss and accuracy at the epochs that are shown, and between which of them most was gained."""
    said = [
        f"Epoch {epoch}: loss {amount(loss)}, {share(right)} of the training rows right."
        for epoch, loss, right in zip(epochs, losses, rights, strict=True)
    ]
    gains = np.diff(rights)
    if not len(gains):
        return said
    fell = [f"{epochs[k]} to {epochs[k + 1]}" for k in np.flatnonzero(gains < 0).tolist()]
    lost = f"it fell from epoch {' and from '.join(fell)}" if fell else ""
    most = int(gains.argmax())
    if gains[most] <= 0:
        return [*said, f"Accuracy rose in none of these intervals{'; ' + lost if lost else ''}."]
    from_to = f"from epoch {epochs[most]} to {epochs[most + 1]}"
    points = f"by {100 * gains[most]:.1f} percentage points"
    return [*said, f"Accuracy rose most {from_to}, {points}{'; ' + lost if lost else ''}."]
