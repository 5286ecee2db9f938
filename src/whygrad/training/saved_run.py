"""A run folder read back: to go on with it, to look at it, to test and to use its network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.encoding import Encoding
from ..data.files import Table, read_table
from ..data.target_choice import target_column
from ..errors import DataError, SettingError, WhygradError
from .neural_network import NeuralNetwork
from .run import CHECKPOINT, METRICS, MODEL, SETTINGS
from .settings import TrainSettings, from_toml
from .sources import is_set, open_source

if TYPE_CHECKING:
    import polars as pl

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class SavedRun:
    """What a run folder holds.

    Attributes
    ----------
    folder
        Where it is.
    data, settings
        What was learned from, and how.
    figures
        What ``metrics.json`` holds; None before the run has ended for the first time.
    resumable
        Whether there is a checkpoint to go on from.
    """

    folder: Path
    data: str
    settings: TrainSettings
    figures: dict[str, Any] | None
    resumable: bool

    @property
    def failed(self) -> str | None:
        """Why the run ended without a network."""
        return None if self.figures is None else self.figures.get("failed")

    def network(self) -> NeuralNetwork:
        """The trained network.

        Raises
        ------
        DataError
            If there is none yet, the run has failed, or its file is damaged.
        """
        if self.failed is not None or not (self.folder / MODEL).exists():
            hint = f"whygrad train --resume {self.folder}" if self.resumable else "train again"
            raise DataError(f"{self.folder} has no trained network", received=self.state, hint=hint)
        return NeuralNetwork.load(self.folder / MODEL)

    @property
    def state(self) -> str:
        """How the run stands, in words."""
        if self.failed is not None:
            return f"failed: {self.failed.splitlines()[0]}"
        if self.figures is None:
            return "not finished" if self.resumable else "ended before its first step"
        if self.figures.get("interrupted"):
            return f"stopped by Ctrl-C in epoch {self.figures['epochs']} of {self.settings.epochs}"
        return "finished"


def open_run(folder: Path) -> SavedRun:
    """Read what a run folder holds.

    Raises
    ------
    DataError
        If it is none, of another version, or damaged.
    """
    path = folder / SETTINGS
    if not path.is_file():
        if not folder.exists():
            reason = "no such folder"
        elif not folder.is_dir():
            reason = "a file"
        else:
            reason = f"a folder without {SETTINGS}"
        raise DataError(f"{folder} is not a run", expected="a folder that train wrote", received=reason)
    try:
        data, settings = from_toml(path)
    except SettingError as error:
        raise DataError(
            error.problem, expected=error.expected, received=error.received, hint=error.hint
        ) from None
    if data is None:
        raise DataError(f"{path} does not say what was learned from", expected="a line: data = …")
    figures = None
    if (folder / METRICS).exists():
        try:
            figures = json.loads((folder / METRICS).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{folder / METRICS} is damaged", received=str(error)) from None
        if not isinstance(figures, dict) or not {"epochs", "failed"} & figures.keys():
            raise DataError(f"{folder / METRICS} is damaged", received="other figures than a run's")
    return SavedRun(folder, data, settings, figures, (folder / CHECKPOINT).exists())


@dataclass(frozen=True)
class NewRows:
    """Rows for a trained network.

    Attributes
    ----------
    name
        Of the table.
    X
        Shape: (rows, inputs).
    y
        What is so, where the table has that column.
    unused
        Columns that the network does not know.
    """

    name: str
    X: Array
    y: Array | None
    unused: tuple[str, ...]


def read_rows(data: str, network: NeuralNetwork, settings: TrainSettings, with_target: bool) -> NewRows:
    """The rows of a table as the network was trained to take them.

    Parameters
    ----------
    data
        The path of a table; of a set, where its targets are wanted too.
    network, settings
        What is to take them, and how the table it learned from was read.
    with_target
        Whether there must be a column to compare with.

    Raises
    ------
    DataError
        If the table does not have the columns, or holds something training never saw; names it.
    """
    if is_set(data) and with_target and not Path(data).exists():
        source = open_source(data, TrainSettings(seed=settings.seed))
        rows = np.arange(len(source.y))
        _check_names(source.parts(rows, rows).encoding, network, data)
        return NewRows(source.problem.name, source.parts(rows, rows).rows.X_train, source.y, ())
    encoding = network.encoding
    if encoding is None:
        raise DataError("this network was not trained from a table", hint="NeuralNetwork.load(…).predict(X)")
    target, y = str(network.target), None
    named = bool(network.classes) and isinstance(network.classes[0], str)
    text = (*encoding.text_columns, target) if named else encoding.text_columns
    table = read_table(data, separator=settings.separator, decimal=settings.decimal, text=text)
    try:
        if with_target:
            if target not in table.columns:
                raise DataError(
                    f"the table has no column {target!r}, which is what the network predicts",
                    hint="whygrad predict needs no such column",
                )
            y = target_column(table, target, to_learn=False)[1]
        frame = _named_like(table, encoding)
        X = encoding.matrix(frame, network.dtype)
    except WhygradError as error:
        raise type(error)(
            f"{table.name}: {error.problem}",
            expected=error.expected,
            received=error.received,
            hint=error.hint,
        ) from None
    unused = tuple(name for name in encoding.unknown_columns(frame) if name != target)
    return NewRows(table.name, X, y, unused)


def _named_like(table: Table, encoding: Encoding) -> pl.DataFrame:
    """The table; one of arrays, whose columns have no names of their own, gets those the network knows."""
    names = [column.name for column in encoding.columns]
    given = [name for name in table.columns if name != "target"]
    if given == [f"x{k}" for k in range(1, len(given) + 1)] and len(given) == len(names):
        return table.frame.rename(dict(zip(given, names, strict=True)))
    return table.frame


def _check_names(encoding: Encoding, network: NeuralNetwork, data: str) -> None:
    if network.encoding is None or encoding.feature_names != network.encoding.feature_names:
        raise DataError(
            f"{data} has other columns than the network was trained with",
            expected=f"{network.sizes[0]} inputs",
            received=", ".join(encoding.feature_names[:6]),
        )
