"""The learning-rate schedule that goes by the losses it has seen, not by the number of the step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from whygrad.errors import SettingError
from whygrad.optim._settings import NOT_NEGATIVE, SHRINKING, count, number, rate_of


@dataclass
class ReduceOnPlateau:
    """A learning rate that is lowered when the loss has stopped falling.

    Give it the loss after each epoch by ``observe``. A loss is better than the best so far when it lies
    more than ``threshold`` times the size of the best below it. After more than ``patience`` losses in a
    row that are not better, ``rate <- max(rate * factor, minimum)``, and the count starts again. A NaN is
    never better.

    Parameters
    ----------
    rate
        Learning rate to start with.
    factor
        What it is multiplied by, above 0 and below 1.
    patience
        Losses without progress that are let pass.
    threshold
        Least progress that counts, as a fraction of the best loss.
    minimum
        The learning rate never goes below it.

    Raises
    ------
    SettingError
        A setting has a value that cannot work.

    Examples
    --------
    >>> schedule = ReduceOnPlateau(0.1, factor=0.5, patience=1)
    >>> for loss in (1.0, 0.5, 0.5, 0.5):
    ...     schedule.observe(loss)
    >>> schedule(0)
    0.05
    """

    name: ClassVar[str] = "reduce-on-plateau"
    rate: float
    factor: float = 0.5
    patience: int = 10
    threshold: float = 1e-4
    minimum: float = 0.0
    current: float = field(init=False, repr=False)
    best: float = field(init=False, repr=False, default=math.inf)
    waited: int = field(init=False, repr=False, default=0)

    def __post_init__(self) -> None:
        """Check the settings."""
        self.current = rate_of("rate", self.rate)
        number("factor", self.factor, SHRINKING)
        count("patience", self.patience, least=0)
        number("threshold", self.threshold, NOT_NEGATIVE)
        if number("minimum", self.minimum, NOT_NEGATIVE) > self.rate:
            expected = f"up to {self.rate}"
            raise SettingError("minimum must not be above rate", expected=expected, received=self.minimum)

    def __call__(self, step: int) -> float:
        """Return the learning rate as it is now, whatever the step."""
        return self.current

    def observe(self, loss: float) -> None:
        """Take note of the loss of an epoch, and lower the learning rate if it is time to."""
        margin = self.threshold * abs(self.best) if math.isfinite(self.best) else 0.0
        if loss < self.best - margin:
            self.best, self.waited = float(loss), 0
            return
        self.waited += 1
        if self.waited > self.patience:
            self.current, self.waited = max(self.current * self.factor, self.minimum), 0

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return all that changes, as arrays: rate now, best loss, losses since that were no better."""
        return {
            "current": np.array(self.current),
            "best": np.array(self.best),
            "waited": np.array(self.waited),
        }

    def load_state(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Continue from what ``state()`` returned; on an error nothing is changed.

        Raises
        ------
        SettingError
            The names are not those of this schedule.
        """
        names = ("current", "best", "waited")
        if set(state) != set(names):
            raise SettingError(
                "the state does not belong to ReduceOnPlateau",
                expected=", ".join(names),
                received=", ".join(sorted(state)) or "nothing",
                hint="load it into the kind of schedule that it was saved from",
            )
        current, best, waited = (np.asarray(state[name]).item() for name in names)
        self.current, self.best, self.waited = float(current), float(best), int(waited)
