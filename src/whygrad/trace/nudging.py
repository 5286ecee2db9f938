"""The plain check of a gradient: move the weight a little each way, and see how the loss moves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .reasons import check_index
from .record import Trace


@dataclass(frozen=True)
class Nudge:
    """Loss with the number moved down and up.

    Attributes
    ----------
    step
        How far.
    below, above
        The loss there.
    estimate
        (above - below) / (2 · step).
    left, right
        The slopes to each side, which differ at a corner.
    tolerance
        How far the estimate may be from the gradient.
    agrees
        Whether it is within.
    corner
        Whether the loss has a corner here, as at 0 of a relu.
    """

    step: float
    below: float
    above: float
    estimate: float
    left: float
    right: float
    tolerance: float
    agrees: bool
    corner: bool


def nudge(trace: Trace, name: str, index: Sequence[int] = (), step: float = 1e-6) -> Nudge:
    """Compute the loss of a step anew with one number moved, to each side, in float64.

    Examples
    --------
    >>> from whygrad import Value
    >>> from whygrad.trace import observe
    >>> w = Value(3.0, label="w")
    >>> checked = nudge(observe(w * w), "w")
    >>> round(checked.estimate, 6), checked.agrees
    (6.0, True)
    """
    quantity = trace.quantity(name)
    place = check_index(quantity, index)
    gradient = float(trace.gradients[name].data[place]) if name in trace.gradients else 0.0
    value = quantity.data.astype(np.float64)
    step *= max(1.0, abs(float(value[place])))
    with np.errstate(all="ignore"):
        losses = []
        for direction in (-1, 0, 1):
            moved = value.copy()
            moved[place] += direction * step
            losses.append(trace.result({name: moved}))
        below, here, above = losses
        estimate = (above - below) / (2 * step)
        left, right = (here - below) / step, (above - here) / step
    single = quantity.data.dtype == np.float32
    scale = max(1.0, abs(gradient), abs(here))
    tolerance = (1e-4 if single else 1e-7) * scale
    agrees = math.isfinite(estimate) and abs(estimate - gradient) <= tolerance
    corner = not agrees and abs(left - right) > 1e-4 * max(abs(left), abs(right)) + 1e-8 * scale
    return Nudge(step, below, above, estimate, left, right, tolerance, agrees, corner)
