"""What a curve of losses did: five answers, by fixed tests on its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]
Bend = Literal["diverged", "above its start", "oscillated", "learned nothing", "fell"]
UNLEARNED = 0.01  # a loss that falls by less than this share of where it began has learned nothing
OSCILLATING = 0.25  # of all that the loss falls, at least this share is lost again in rises
STILL_FALLING = 0.01  # share of the loss that goes in the last tenth of the epochs
TESTS = (
    "The first that holds is said: a loss diverged if it became infinite or no number; it did harm if it"
    f" ended above its start; it oscillated if it moved by {100 * UNLEARNED:.0f} % or more and its rises"
    f" together took back at least {100 * OSCILLATING:.0f} % of its falls; it learned next to nothing if less"
    f" than {100 * UNLEARNED:.0f} % of it went."
)


def bend(losses: Sequence[float] | Array, planned: int) -> Bend:
    """Which of :data:`TESTS` holds first; ``"fell"`` if none does.

    Parameters
    ----------
    losses
        One for each epoch that there was.
    planned
        How many there should have been.

    Examples
    --------
    >>> bend([0.7, 0.5, 0.3, 0.2], 4), bend([0.7, 0.2, 0.6, 0.3], 4), bend([0.7, 0.6995, 0.699], 3)
    ('fell', 'oscillated', 'learned nothing')
    >>> bend([0.7, 0.9], 2), bend([0.7, 0.9], 3)
    ('above its start', 'diverged')
    """
    curve = np.asarray(losses, float)
    if len(curve) < planned or not np.isfinite(curve).all():
        return "diverged"
    steps = np.diff(curve)
    rises, falls = float(steps[steps > 0].sum()), -float(steps[steps < 0].sum())
    if curve[-1] > curve[0]:
        return "above its start"
    if np.ptp(curve) >= UNLEARNED * curve[0] and rises >= OSCILLATING * falls:
        return "oscillated"
    return "learned nothing" if curve[0] - curve[-1] < UNLEARNED * curve[0] else "fell"
