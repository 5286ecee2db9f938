"""One run from data to a folder: split, train on one part, test on the other, write what came out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .._files import empty_folder, new_folder, write_new, write_whole
from ..data.encoding import Encoding
from ..data.splitting import Split
from ..errors import DataError, TrainingError
from ..evaluation.cross_validation import FoldSummary, fold_indices, fold_summary
from ..evaluation.honest import Summary, summarise
from ..evaluation.scoring import score
from ..training.checkpoint import digest
from ..training.defaults import hidden_sizes, weight_decay_for
from ..training.loop import Callback
from ..training.neural_network import NeuralNetwork
from ..training.troubles.diagnosis import diagnose
from ..training.troubles.trouble import Trouble
from .settings import TrainSettings, to_toml
from .source import Problem, Source
from .sources import is_set, open_source

Array = np.ndarray[Any, Any]
SETTINGS, CHECKPOINT, MODEL = "settings.toml", "checkpoint.safetensors", "model.safetensors"
PARAMETERS, HISTORY, METRICS = "parameters.npy", "history.csv", "metrics.json"


@dataclass(frozen=True)
class Prepared:
    """Data, split, and a network of the right size; nothing is trained yet.

    Attributes
    ----------
    data
        The name of the set, or the path, from wherever one stands.
    settings
        With what was decided for this run in place of what was left open.
    problem, parts, network
        What is learned, from which rows, by what.
    notes
        What was decided about the data, to be said aloud.
    source
        All rows, for cross-validation; None where none is asked for, so that they need no memory.
    """

    data: str
    settings: TrainSettings
    problem: Problem
    parts: Split
    network: NeuralNetwork
    notes: tuple[str, ...]
    source: Source | None


@dataclass(frozen=True)
class RunResult:
    """A finished run.

    Attributes
    ----------
    problem, parts
        What was learned, and which rows were kept for the test.
    network
        Trained.
    figures
        What ``metrics.json`` holds.
    folder
        Where the files are; None when nothing was written.
    """

    problem: Problem
    parts: Split
    network: NeuralNetwork
    figures: dict[str, Any]
    folder: Path | None


def prepare(data: str, settings: TrainSettings, hold_out: bool = True) -> Prepared:
    """Read the data, split them, and make a network.

    Parameters
    ----------
    data
        The name of a set, or the path of a table.
    settings
        How to split, and what to make.
    hold_out
        Keep rows for the test. Else all rows are learned from, and tested on: of a truth table there are
        no others.
    """
    source = open_source(data, settings)
    if settings.folds is not None:  # what cannot be is said before training, not after it
        fold_indices(source.to_fold, settings.folds, source.problem.task, settings.seed)
    everything = np.arange(len(source.to_fold))
    inside, outside = (
        source.split(settings.test_size, settings.seed) if hold_out else (everything, everything)
    )
    parts = source.parts(inside, outside)
    settings = resolved(settings, len(parts.rows.y_train))
    network = _network(source.problem, parts.rows, parts.encoding, settings)
    place = data if is_set(data) else str(Path(data).resolve())
    notes = source.notes + parts.notes
    kept = None if settings.folds is None else source
    return Prepared(place, settings, source.problem, parts.rows, network, notes, kept)


def _network(problem: Problem, rows: Split, encoding: Encoding, settings: TrainSettings) -> NeuralNetwork:
    """A network for these rows, with settings that leave nothing open."""
    network = NeuralNetwork(
        [rows.X_train.shape[1], *(settings.layers or ()), problem.outputs],
        settings.activation,
        settings.output_activation,
        settings.loss,
        settings.optimizer,
        settings.initializer,
        l1=settings.l1,
        l2=settings.l2,
        weight_decay=settings.weight_decay,
        dropout=settings.dropout,
        scale=not settings.unscaled,
        task="regression" if problem.task == "regression" else None,
        seed=settings.seed,
        dtype=settings.dtype,
    )
    network.encoding, network.target = encoding, problem.target
    return network


def learn(
    parts: Split,
    network: NeuralNetwork,
    settings: TrainSettings,
    bar: bool | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    callbacks: Iterable[Callback] = (),
) -> None:
    """Train on the training rows."""
    network.train(
        parts.X_train,
        parts.y_train,
        settings.epochs,
        settings.learning_rate,
        settings.batch_size,
        schedule=settings.schedule,
        clip=settings.clip,
        validation=settings.validation_size,
        patience=settings.patience,
        checkpoint=checkpoint,
        resume=resume,
        callbacks=callbacks,
        verbose=bar,
    )


def cross_validate(
    prepared: Prepared, on_fold: Callable[[int], None] = lambda fold: None
) -> FoldSummary | None:
    """Test scores of networks trained on all parts of the data but one, each part in turn.

    Parameters
    ----------
    prepared
        What is learned, and how.
    on_fold
        Called with the number of each fold, from 1, before it is trained.
    """
    settings, source = prepared.settings, prepared.source
    if source is None or settings.folds is None:
        return None
    scores = []
    folds = fold_indices(source.to_fold, settings.folds, prepared.problem.task, settings.seed)
    for number, (inside, outside) in enumerate(folds, start=1):
        on_fold(number)
        parts = source.parts(inside, outside)
        network = _network(prepared.problem, parts.rows, parts.encoding, settings)
        learn(parts.rows, network, settings, bar=False)
        if network.history.interrupted:
            return None
        predicted = network.predict(parts.rows.X_test)
        scores.append(score(predicted, parts.rows.y_test, prepared.problem.task).value)
    return fold_summary(scores)


def figures(prepared: Prepared, folds: FoldSummary | None = None) -> tuple[dict[str, Any], Summary]:
    """What ``metrics.json`` holds, and the judgement of the test figure that is part of it."""
    problem, parts, network = prepared.problem, prepared.parts, prepared.network
    metric = "r2" if problem.task == "regression" else "accuracy"
    predicted = network.predict(parts.X_test)
    summary = summarise(
        parts.X_train,
        parts.y_train,
        parts.X_test,
        parts.y_test,
        predicted,
        problem.task,
        seed=prepared.settings.seed,
        folds=folds,
    )
    found = {
        "data": problem.name,
        "task": problem.task,
        "target": problem.target,
        "test": {metric: score(predicted, parts.y_test, problem.task).value, "rows": len(parts.y_test)},
        "train": {
            metric: score(network.predict(parts.X_train), parts.y_train, problem.task).value,
            "rows": len(parts.y_train),
            "loss": network.history[-1].loss,
        },
        "epochs": len(network.history),
        "best_epoch": network.history.best_epoch,
        "seconds": network.history[-1].seconds,
        "interrupted": network.history.interrupted,
        "parameters": len(network.network.flat),
        "notes": list(prepared.notes),
        "troubles": [asdict(trouble) for trouble in troubles(prepared)],
        "summary": summary.to_json(),
        "digest": digest_of(parts),
    }
    return found, summary


def troubles(prepared: Prepared) -> list[Trouble]:
    """What went wrong in training, as far as it is recognised."""
    return diagnose(prepared.network, prepared.parts.X_train, prepared.parts.y_train)


def digest_of(parts: Split) -> str:
    """A short text that differs where the rows to learn from or to test on do."""
    return digest(parts.X_train, parts.y_train, parts.X_test, parts.y_test)


def resolved(settings: TrainSettings, rows: int) -> TrainSettings:
    """The settings with what is decided for so many rows to learn from in place of what was left open."""
    layers = hidden_sizes(rows) if settings.layers is None else settings.layers
    usual = weight_decay_for(not settings.unscaled, len(layers))
    decay = usual if settings.optimizer.lower() == "adamw" else None
    return settings.model_copy(
        update={
            "layers": layers,
            "weight_decay": decay if settings.weight_decay is None else settings.weight_decay,
        }
    )


@contextmanager
def run_folder(prepared: Prepared, output: Path | None) -> Iterator[Path]:
    """Where a run writes: the folder asked for, or a new one in ``runs``, with the settings in it.

    If the run fails before there is anything to go on from, what was made for it is removed; if its loss
    becomes NaN or infinite, its epochs are kept.

    Raises
    ------
    DataError
        If the folder is taken, or cannot be made.
    """
    parents = [Path("runs")] if output is None else output.parents
    above = [path for path in parents if not path.exists()]
    made = output is None or not output.exists()
    folder = new_folder(Path("runs"), prepared.problem.name) if output is None else empty_folder(output)
    try:
        mine = write_new(folder / SETTINGS, to_toml(prepared.data, prepared.settings))
    except BaseException:
        _remove([folder, *above] if made else [])
        raise
    if not mine:
        raise DataError(f"{folder} was taken by another run just now", hint="choose another --output")
    try:
        with failure_kept(folder, prepared):
            yield folder
    except BaseException:
        if not any((folder / name).exists() for name in (CHECKPOINT, METRICS)):
            with suppress(OSError):
                (folder / SETTINGS).unlink()
            _remove([folder, *above] if made else [])
        raise


def _remove(folders: list[Path]) -> None:
    """Remove folders, from the innermost on; what is not empty stays."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def write_network(folder: Path, network: NeuralNetwork) -> None:
    """What was learned, as soon as it is: nothing that comes later can lose it."""
    network.save(folder / MODEL)
    network.save_parameters(folder / PARAMETERS)
    write_whole(folder / HISTORY, network.history.to_csv())


def write_figures(folder: Path, network: NeuralNetwork, found: dict[str, Any]) -> None:
    """How good it is: the run has ended, and needs its checkpoint only if it was stopped."""
    write_whole(folder / METRICS, json.dumps(found, indent=2) + "\n")
    if not network.history.interrupted:
        with suppress(OSError):
            (folder / CHECKPOINT).unlink()


@contextmanager
def failure_kept(folder: Path, prepared: Prepared) -> Iterator[None]:
    """If the loss becomes NaN or infinite within the block, its epochs and why it ended are written."""
    try:
        yield
    except TrainingError as error:
        write_whole(folder / HISTORY, prepared.network.history.to_csv())
        write_whole(
            folder / METRICS,
            json.dumps(
                {"failed": str(error), "troubles": [asdict(item) for item in troubles(prepared)]}, indent=2
            )
            + "\n",
        )
        with suppress(OSError):
            (folder / CHECKPOINT).unlink()
        raise


def train(data: str, settings: TrainSettings | None = None, output: Path | None = None) -> RunResult:
    """Everything in one call, quietly.

    Parameters
    ----------
    data
        One of :data:`whygrad.data.SETS`, or the path of a table.
    settings
        Defaults when not given.
    output
        Folder to write to; nothing is written when not given.

    Examples
    --------
    >>> result = train("iris", TrainSettings(epochs=50))
    >>> result.figures["test"]["accuracy"] > 0.8
    True
    """
    prepared = prepare(data, settings or TrainSettings())
    with nullcontext() if output is None else run_folder(prepared, output) as folder:
        checkpoint = None if folder is None else folder / CHECKPOINT
        learn(prepared.parts, prepared.network, prepared.settings, False, checkpoint)
        if folder is not None:
            write_network(folder, prepared.network)
        found, _ = figures(prepared, cross_validate(prepared))
        if folder is not None:
            write_figures(folder, prepared.network, found)
    return RunResult(prepared.problem, prepared.parts, prepared.network, found, folder)
