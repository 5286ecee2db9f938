"""One trial: from a name and settings to what came out."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data.splitting import Split
from ..errors import DataError, SettingError, TrainingError
from ..runs import run
from ..training.history import History
from ..training.neural_network import NeuralNetwork
from .results import Standing, TrialResult
from .specification import Trial

RENAMED = {"validation_loss": "watched_loss", "validation_score": "watched_score"}


Array = np.ndarray[Any, Any]


def run_trial(trial: Trial) -> TrialResult:
    """Train one network, and say how good it was before and after.

    The rows kept for the test are watched in each epoch, and have no say in anything; where the settings
    set validation rows aside, those are watched instead.

    Raises
    ------
    DataError, SettingError
        If the data cannot be learned from. A loss that is lost is no error: the result says so.
    """
    prepared = prepare(trial)
    network, parts, settings = prepared.network, prepared.parts, prepared.settings
    start = network.network.vector.copy()
    own = _watches_its_own(trial)
    failure: TrainingError | None = None
    try:
        network.train(
            parts.X_train,
            parts.y_train,
            settings.epochs,
            settings.learning_rate,
            settings.batch_size,
            schedule=settings.schedule,
            clip=settings.clip,
            validation=settings.validation_size if own else (parts.X_test, parts.y_test),
            patience=settings.patience,
            verbose=False,
        )
    except TrainingError as error:
        failure = error
    if network.history.interrupted:
        raise KeyboardInterrupt
    return result_of(trial, prepared, start, failed_because(failure))


def prepare(trial: Trial) -> run.Prepared:
    """Data, split, and an untrained network.

    Raises
    ------
    DataError, SettingError
        If there is nothing to learn from, or settings do not go together; says in which variant.
    """
    try:
        return run.prepare(trial.data, trial.settings, trial.hold_out)
    except (DataError, SettingError) as error:
        raise type(error)(
            f"{trial.variant}: {error.problem}",
            expected=error.expected,
            received=error.received,
            hint=error.hint,
        ) from None


def failed_because(error: TrainingError | None) -> str | None:
    """Why a loss was lost, in one line."""
    return None if error is None else str(error).splitlines()[0]


def _watches_its_own(trial: Trial) -> bool:
    """Whether the settings set rows aside to watch."""
    return trial.settings.validation_size is not None or trial.settings.patience is not None


def result_of(trial: Trial, prepared: run.Prepared, start: Array, failure: str | None) -> TrialResult:
    """What to keep of a network that has been trained.

    Parameters
    ----------
    trial, prepared
        What was trained, on what.
    start
        The parameters before the first step.
    failure
        Why the loss was lost, if it was.
    """
    network, parts = prepared.network, prepared.parts
    end = network.network.vector.copy()
    network.network.vector = start
    before = standing(network, parts)
    network.network.vector = end
    return TrialResult(
        trial.key,
        trial.variant,
        trial.settings.seed,
        "finished" if failure is None else "diverged",
        network.history.metric,
        "validation" if _watches_its_own(trial) else "test",
        before,
        standing(network, parts) if failure is None else None,
        _columns(network.history, trial.record_every),
        failure,
        tuple([trouble.name for trouble in run.troubles(prepared)]),
        len(network.network.flat),
    )


def standing(network: NeuralNetwork, parts: Split) -> Standing:
    """How good a network is on the rows to learn from and on those kept for the test."""
    percent = 1.0 if network.history.metric == "r2" else 100.0
    return Standing(
        network.loss_of(parts.X_train, parts.y_train),
        network.evaluate(parts.X_train, parts.y_train) / percent,
        network.loss_of(parts.X_test, parts.y_test),
        network.evaluate(parts.X_test, parts.y_test) / percent,
    )


def _columns(history: History, every: int) -> dict[str, list[int | float | None]]:
    """The history by column, at the epochs that are kept."""
    last = len(history) - 1
    kept = [place for place in range(last + 1) if place in (0, last) or (place + 1) % every == 0]
    found = {RENAMED.get(name, name): values for name, values in history.columns().items()}
    return {name: [values[place] for place in kept] for name, values in found.items() if name != "seconds"}
