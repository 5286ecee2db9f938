"""One run from a data set to a folder: split, train on one part, test on the other, write what came out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..data.sets import Dataset, load
from ..data.splitting import Split, split
from .cross_validation import FoldSummary, fold_indices, fold_summary
from .defaults import hidden_sizes, weight_decay_for
from .files import empty_folder, new_folder, write_whole
from .honest import Summary, summarise
from .neural_network import NeuralNetwork
from .scoring import score
from .settings import TrainSettings, to_toml

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class RunResult:
    """A finished run.

    Attributes
    ----------
    data, parts
        What was learned from, and which rows were kept for the test.
    network
        Trained.
    figures
        What ``metrics.json`` holds.
    folder
        Where the files are; None when nothing was written.
    """

    data: Dataset
    parts: Split
    network: NeuralNetwork
    figures: dict[str, Any]
    folder: Path | None


def prepare(name: str, settings: TrainSettings) -> tuple[Dataset, Split, NeuralNetwork]:
    """The data, split, and a network of the right size; nothing is trained yet."""
    data = load(name, samples=settings.samples, noise=settings.noise, seed=settings.seed)
    parts = _by_name(data, split(data, settings.test_size, settings.seed))
    return data, parts, _network(data, len(parts.y_train), settings)


def _network(data: Dataset, rows: int, settings: TrainSettings) -> NeuralNetwork:
    """A network for that many rows to learn from."""
    outputs = len(data.class_names) if len(data.class_names) > 2 else 1
    hidden = hidden_sizes(rows) if settings.layers is None else settings.layers
    return NeuralNetwork(
        [data.X.shape[1], *hidden, outputs],
        settings.activation,
        loss=settings.loss,
        optimizer=settings.optimizer,
        l1=settings.l1,
        l2=settings.l2,
        weight_decay=settings.weight_decay,
        dropout=settings.dropout,
        scale=True,
        task="regression" if data.task == "regression" else None,
        seed=settings.seed,
        dtype=settings.dtype,
    )


def _by_name(data: Dataset, parts: Split) -> Split:
    """Class names for class numbers, so that a saved network answers in names."""
    if not data.class_names:
        return parts
    names = np.asarray(data.class_names)
    return replace(parts, y_train=names[parts.y_train], y_test=names[parts.y_test])


def learn(parts: Split, network: NeuralNetwork, settings: TrainSettings, bar: bool | None = None) -> None:
    """Train on the training rows."""
    network.train(
        parts.X_train,
        parts.y_train,
        settings.epochs,
        settings.learning_rate,
        settings.batch_size,
        schedule=settings.schedule,
        clip=settings.clip,
        verbose=bar,
    )


def cross_validate(
    data: Dataset, settings: TrainSettings, on_fold: Callable[[int], None] = lambda fold: None
) -> FoldSummary | None:
    """Test scores of networks trained on all parts of the data but one, each part in turn.

    Parameters
    ----------
    data
        All rows.
    settings
        How to train; how many folds.
    on_fold
        Called with the number of each fold, from 1, before it is trained.
    """
    if settings.folds is None:
        return None
    scores = []
    for number, (inside, outside) in enumerate(
        fold_indices(data.y, settings.folds, data.task, settings.seed), start=1
    ):
        on_fold(number)
        parts = _by_name(data, Split(data.X[inside], data.y[inside], data.X[outside], data.y[outside]))
        network = _network(data, len(inside), settings)
        learn(parts, network, settings, bar=False)
        scores.append(score(network.predict(parts.X_test), parts.y_test, data.task).value)
    return fold_summary(scores)


def figures(
    data: Dataset, parts: Split, network: NeuralNetwork, seed: int, folds: FoldSummary | None = None
) -> tuple[dict[str, Any], Summary]:
    """What ``metrics.json`` holds, and the judgement of the test figure that is part of it."""
    metric = "r2" if data.task == "regression" else "accuracy"
    predicted = network.predict(parts.X_test)
    summary = summarise(
        parts.X_train,
        parts.y_train,
        parts.X_test,
        parts.y_test,
        predicted,
        data.task,
        seed=seed,
        folds=folds,
    )
    found = {
        "data": data.name,
        "task": data.task,
        "test": {metric: score(predicted, parts.y_test, data.task).value, "rows": len(parts.y_test)},
        "train": {
            metric: score(network.predict(parts.X_train), parts.y_train, data.task).value,
            "rows": len(parts.y_train),
            "loss": network.history[-1].loss,
        },
        "epochs": len(network.history),
        "seconds": network.history[-1].seconds,
        "interrupted": network.history.interrupted,
        "parameters": len(network.network.flat),
        "summary": summary.to_json(),
    }
    return found, summary


def resolved(settings: TrainSettings, network: NeuralNetwork) -> TrainSettings:
    """The settings with what was decided for this run in place of what was left open."""
    decay = weight_decay_for(True) if settings.optimizer.lower() == "adamw" else None
    return settings.model_copy(
        update={
            "layers": network.sizes[1:-1],
            "weight_decay": decay if settings.weight_decay is None else settings.weight_decay,
        }
    )


@contextmanager
def run_folder(name: str, output: Path | None) -> Iterator[Path]:
    """Where a run writes: the folder asked for, or a new one in ``runs``; removed if the run fails."""
    made = output is None or not output.exists()
    folder = new_folder(Path("runs"), name) if output is None else empty_folder(output)
    try:
        yield folder
    except BaseException:
        if made:
            with suppress(OSError):  # what has been written by then stays
                folder.rmdir()
        raise


def write(
    folder: Path, name: str, settings: TrainSettings, network: NeuralNetwork, found: dict[str, Any]
) -> None:
    """The four files of a run, each whole or not at all."""
    write_whole(folder / "settings.toml", to_toml(name, settings))
    network.save(folder / "model.safetensors")
    write_whole(folder / "history.csv", network.history.to_csv())
    write_whole(folder / "metrics.json", json.dumps(found, indent=2) + "\n")


def train(name: str, settings: TrainSettings | None = None, output: Path | None = None) -> RunResult:
    """Everything in one call, quietly.

    Parameters
    ----------
    name
        A data set of :data:`whygrad.data.SETS`.
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
    settings = settings or TrainSettings()
    data, parts, network = prepare(name, settings)
    with nullcontext() if output is None else run_folder(data.name, output) as folder:
        learn(parts, network, settings, bar=False)
        found, _ = figures(data, parts, network, settings.seed, cross_validate(data, settings))
        if folder is not None:
            write(folder, data.name, resolved(settings, network), network, found)
    return RunResult(data, parts, network, found, folder)
