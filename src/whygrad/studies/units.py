"""What is handed to a worker at a time: one trial, or several that are trained as one stack."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from .results import TrialResult
from .specification import Trial
from .trial import run_trial


@dataclass(frozen=True)
class Unit:
    """Trials that are computed together, by whoever takes them, in one go."""

    trials: tuple[Trial, ...]

    @cached_property
    def key(self) -> str:
        """Names what is computed."""
        return hashlib.sha256(" ".join([trial.key for trial in self.trials]).encode()).hexdigest()[:16]


def units(trials: Iterable[Trial]) -> list[Unit]:
    """The trials as they are handed out; it follows from them alone, whoever computes them.

    A trial that computes the same as an earlier one, under another name, is computed again.
    """
    return [Unit((trial,)) for trial in trials]


def run_unit(unit: Unit) -> list[TrialResult]:
    """Train the networks of a unit."""
    return [run_trial(trial) for trial in unit.trials]
