"""What goes on beside the steps of a run: a progress bar, and checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable

from .checkpoint import Checkpoint
from .loop import Callback, Training
from .progress import INTERVAL, training_bar


def watch(
    run: Training,
    callbacks: Iterable[Callback] = (),
    checkpoint: Checkpoint | None = None,
    show: bool | None = None,
) -> None:
    """Train, and look at the run a few times a second: move the bar, write a checkpoint when one is due."""
    with training_bar(show) as advance:

        def pulse(run: Training, now: float) -> float:
            if checkpoint is not None and now >= checkpoint.due:
                checkpoint.write(run)
            if advance is not None:
                advance(run)
                return time.perf_counter() + INTERVAL
            return math.inf if checkpoint is None else checkpoint.due

        run.run(list(callbacks), None if advance is None and checkpoint is None else pulse)
        if advance is not None:
            advance(run)
