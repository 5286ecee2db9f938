"""What pictures are made of: a run folder, or a data set that a network is trained on for the purpose.

A run folder holds no weights over time. Where a picture needs them, the run is repeated with its own data
and settings while a recorder watches; the same seed gives the same weights.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..data.splitting import Split
from ..errors import DataError, SettingError
from ..evaluation.confusion_matrix import Confusion, confusion
from ..runs import run
from ..runs.saved_run import SavedRun, open_run
from ..runs.settings import TrainSettings
from ..runs.source import Problem
from ..training.history import History
from ..training.neural_network import NeuralNetwork
from .grids import ClassGrid, class_grid
from .recording import Recorder

Array = np.ndarray[Any, Any]
MOMENTS = 100  # that are recorded at most
WHOLE = {"epoch"}  # columns of a history that are whole numbers


def read_history(path: Path, metric: str) -> History:
    """The history that a run wrote.

    Raises
    ------
    DataError
        If there is none, or it is damaged.
    """
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        columns: dict[str, list[Any]] = {
            name.replace(metric, "score"): [] for name in (rows[0] if rows else ())
        }
        for row in rows:
            for name, text in row.items():
                name = name.replace(metric, "score")
                value = None if text == "" else int(text) if name in WHOLE else float(text)
                columns[name].append(value)
        history = History.from_columns(metric, columns) if rows else History(metric)
    except OSError as error:
        raise DataError(f"cannot read {path}", received=error.strerror, hint="train again") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is damaged", received=str(error)) from None
    if not rows:
        raise DataError(f"{path} has no epochs", hint="whygrad show says how the run ended")
    return history


def metric_of(path: Path) -> str:
    """The name of the score in a history that a run wrote."""
    try:
        with path.open(encoding="utf-8") as file:
            header = file.readline().strip().split(",")
    except OSError:
        return "accuracy"
    return "r2" if "r2" in header else "accuracy"


@dataclass
class Subject:
    """Data, a trained network and its history, and what follows from them when it is asked for.

    Attributes
    ----------
    data, settings
        What is learned from, and how.
    saved
        The run folder it is of; None for a network trained here.
    say
        Called with a sentence when something takes its time.
    """

    data: str
    settings: TrainSettings
    saved: SavedRun | None = None
    say: Callable[[str], object] = lambda text: None

    @staticmethod
    def of(
        source: str, settings: TrainSettings | None = None, say: Callable[[str], object] = lambda text: None
    ) -> Subject:
        """The subject that a run folder, the name of a data set or a table stands for.

        Raises
        ------
        SettingError
            If settings are given beside a run, which has its own.
        """
        path = Path(source)
        if path.is_dir() and (path / run.SETTINGS).is_file():
            saved = open_run(path)
            if settings is not None and settings.model_fields_set:
                given = ", ".join("--" + name.replace("_", "-") for name in sorted(settings.model_fields_set))
                raise SettingError("a run has its own settings", received=given, hint="leave them out")
            return Subject(saved.data, saved.settings, saved, say)
        return Subject(source, settings or TrainSettings(), None, say)

    @property
    def title(self) -> str:
        """What it is called."""
        return self.problem.name

    @cached_property
    def prepared(self) -> run.Prepared:
        """Data, split and an untrained network, as the run had them."""
        return run.prepare(self.data, self.settings)

    @property
    def problem(self) -> Problem:
        """What is learned."""
        return self.prepared.problem

    @property
    def parts(self) -> Split:
        """Rows to learn from, and rows kept for the test."""
        return self.prepared.parts

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the inputs."""
        encoding = self.prepared.network.encoding
        names = encoding.feature_names if encoding is not None else ()
        return tuple({"x1": "x₁", "x2": "x₂"}.get(name, name) for name in names)

    @cached_property
    def history(self) -> History:
        """Of the run, or of the training done here."""
        if self.saved is not None:
            path = self.saved.folder / run.HISTORY
            return read_history(path, metric_of(path))
        return self.recorder.network.history

    @cached_property
    def network(self) -> NeuralNetwork:
        """Trained."""
        return self.recorder.network if self.saved is None else self.saved.network()

    @cached_property
    def recorder(self) -> Recorder:
        """The parameters over time, by training: again, where there is a run."""
        settings, parts = self.prepared.settings, self.parts
        again = "the same run again, to see its weights over time" if self.saved is not None else "a network"
        self.say(f"training {again}: {self.title}, {settings.epochs} epochs")
        network = run.prepare(self.data, settings).network if self.saved is None else self.prepared.network
        recorder = Recorder(network, every=max(1, settings.epochs // MOMENTS))
        run.learn(parts, network, settings, bar=False, callbacks=[recorder])
        recorder.finish()
        if self.saved is not None and not np.array_equal(
            network.network.vector, self.saved.network().network.vector
        ):
            self.say("its weights differ from those in the folder: the data, or this machine, are others now")
        return recorder

    @cached_property
    def grids(self) -> list[ClassGrid]:
        """The boundary at each moment that was recorded."""
        return [class_grid(moment, self.parts.X_train, points=100) for _, moment in self.recorder.moments()]

    @cached_property
    def confused(self) -> Confusion:
        """Which classes of the test rows are taken for which."""
        self.need_classes("a confusion matrix")
        labels = self.network.classes
        return confusion(self.parts.y_test, self.network.predict(self.parts.X_test).ravel(), labels)

    def need_classes(self, what: str) -> None:
        """Refuse numbers to predict."""
        if self.problem.task != "classification":
            raise SettingError(
                f"{what} is for classes",
                received=f"{self.title} has numbers to predict",
                hint="whygrad plot fit",
            )

    def need_numbers(self, what: str) -> None:
        """Refuse classes."""
        if self.problem.task != "regression":
            raise SettingError(
                f"{what} is for numbers to predict",
                received=f"{self.title} has classes",
                hint="whygrad plot boundary, or confusion",
            )
