"""What is handed to a worker at a time: one trial, or several that are trained as one stack."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..runs.run import Prepared
from ..training.stacked import stacking_key, stacking_pays, train_stacked
from .results import TrialResult
from .specification import Trial
from .trial import failed_because, prepare, result_of, run_trial

FEWEST, MOST = 8, 64  # trials of a unit that is a stack: enough to gain by it, few enough to be spread
PARTS = 8  # into which all trials are split at least, where that leaves each enough
APART = ("seed", "learning_rate", "l1", "l2", "weight_decay", "initializer", "unscaled", "noise")


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

    Trials that differ in nothing that a stack must have in common go together, a few at a time.
    """
    alike: dict[Hashable, list[Trial]] = {}
    for trial in trials:
        likeness = _likeness(trial)
        alike.setdefault(trial.key if likeness is None else likeness, []).append(trial)
    parts = -(-PARTS // max(1, len(alike)))
    return [Unit(tuple(part)) for group in alike.values() for part in _parts(group, parts)]


def _likeness(trial: Trial) -> Hashable | None:
    """What trials must agree in to be trained together, as far as settings say; None to train alone."""
    settings = trial.settings
    if settings.dropout or settings.patience is not None or settings.validation_size is not None:
        return None
    common = settings.model_dump(exclude=set(APART))
    return (trial.data, trial.content, trial.hold_out, trial.record_every, *common.values())


def _parts(group: Sequence[Trial], parts: int) -> Iterator[Sequence[Trial]]:
    """A group in so many parts of nearly one size, or as many as leave each enough and not too many."""
    size = min(max(-(-len(group) // parts), FEWEST), MOST)
    count = -(-len(group) // size)
    for place in range(count):
        yield group[place * len(group) // count : (place + 1) * len(group) // count]


def run_unit(unit: Unit) -> list[TrialResult]:
    """Train the networks of a unit, as stacks where that is faster.

    Raises
    ------
    DataError, SettingError
        If the data cannot be learned from.
    """
    if len(unit.trials) == 1:
        return [run_trial(unit.trials[0])]
    stacks: dict[Hashable, list[tuple[Trial, Prepared]]] = {}
    for trial in unit.trials:
        prepared = prepare(trial)
        key = _stacking_key(prepared)
        stacks.setdefault(trial.key if key is None else key, []).append((trial, prepared))
    found: dict[str, TrialResult] = {}
    for stack in stacks.values():
        first, batch = stack[0][1], stack[0][1].settings.batch_size
        rows = len(first.parts.X_train)
        pays = stacking_pays(first.network.sizes, rows if batch == "full" else min(batch, rows), len(stack))
        results = _run_stack(stack) if pays else [run_trial(trial) for trial, _ in stack]
        found.update({result.key: result for result in results})
    return [found[trial.key] for trial in unit.trials]


def _stacking_key(prepared: Prepared) -> Hashable | None:
    settings, parts = prepared.settings, prepared.parts
    return stacking_key(
        prepared.network,
        (parts.X_train, parts.y_train),
        (parts.X_test, parts.y_test),
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        schedule=settings.schedule,
        clip=settings.clip,
    )


def _run_stack(stack: Sequence[tuple[Trial, Prepared]]) -> list[TrialResult]:
    """Train networks that go together."""
    settings = stack[0][1].settings
    networks = [prepared.network for _, prepared in stack]
    starts = [network.network.vector.copy() for network in networks]
    failed = train_stacked(
        networks,
        [(prepared.parts.X_train, prepared.parts.y_train) for _, prepared in stack],
        [(prepared.parts.X_test, prepared.parts.y_test) for _, prepared in stack],
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        learning_rates=[prepared.settings.learning_rate for _, prepared in stack],
        schedule=settings.schedule,
        clip=settings.clip,
    )
    if any([network.history.interrupted for network in networks]):
        raise KeyboardInterrupt
    return [
        result_of(trial, prepared, start, failed_because(error))
        for (trial, prepared), start, error in zip(stack, starts, failed, strict=True)
    ]
