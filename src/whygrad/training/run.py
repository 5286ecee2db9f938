"""One run from a data set to a folder: split, train on one part, test on the other, write what came out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..data.sets import Dataset, load
from ..data.splitting import Split, split
from . import metrics
from .defaults import hidden_sizes
from .files import empty_folder, new_folder, write_whole
from .neural_network import NeuralNetwork
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
    parts = split(data, settings.test_size, settings.seed)
    outputs = len(data.class_names) if len(data.class_names) > 2 else 1
    hidden = hidden_sizes(len(parts.y_train)) if settings.layers is None else settings.layers
    network = NeuralNetwork(
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
    return data, parts, network


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


def figures(data: Dataset, parts: Split, network: NeuralNetwork) -> dict[str, Any]:
    """Loss and score on the training rows, score on the test rows, and what was counted."""
    metric = "r2" if data.task == "regression" else "accuracy"
    score = metrics.r2 if metric == "r2" else metrics.accuracy
    return {
        "data": data.name,
        "task": data.task,
        "test": {metric: score(network.predict(parts.X_test), parts.y_test), "rows": len(parts.y_test)},
        "train": {
            metric: score(network.predict(parts.X_train), parts.y_train),
            "rows": len(parts.y_train),
            "loss": network.history[-1].loss,
        },
        "epochs": len(network.history),
        "seconds": network.history[-1].seconds,
        "interrupted": network.history.interrupted,
        "parameters": len(network.network.flat),
    }


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
        found = figures(data, parts, network)
        if folder is not None:
            write(folder, data.name, settings, network, found)
    return RunResult(data, parts, network, found, folder)
