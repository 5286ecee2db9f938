"""A run folder read back: to go on with it, to look at it, to test and to use its network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from .._files import typed
from ..data.columns import listed
from ..data.encoding import Encoding, filled
from ..data.files import Table, read_table
from ..data.target_choice import target_column
from ..errors import DataError, SettingError, WhygradError
from ..training.neural_network import NeuralNetwork
from .run import CHECKPOINT, METRICS, MODEL, SETTINGS, digest_of, prepare
from .settings import TrainSettings, from_toml
from .sources import is_set, open_source, set_name
from .table_source import placed

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
            If there is none yet, the run has failed, or its file is damaged or of another run.
        """
        if self.failed is not None or not (self.folder / MODEL).exists():
            hint = f"whygrad train --resume {typed(self.folder)}" if self.resumable else "train again"
            raise DataError(f"{self.folder} has no trained network", received=self.state, hint=hint)
        network = NeuralNetwork.load(self.folder / MODEL)
        if self.figures is not None:
            found = network.target, len(network.network.flat)
            expected = self.figures["target"], self.figures["parameters"]
            if found != expected:
                raise DataError(
                    f"{self.folder / MODEL} is not the network of this run",
                    expected="{1:,} parameters to predict {0!r}".format(*expected),
                    received="{1:,} parameters to predict {0!r}".format(*found),
                )
        return network

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
        figures = _figures(folder / METRICS)
    return SavedRun(folder, data, settings, figures, (folder / CHECKPOINT).exists())


class _Failed(BaseModel):
    """What the figures of a run whose loss was lost must hold."""

    failed: str


class _Ended(BaseModel):
    """What the figures of any other run must hold."""

    target: str
    test: dict[str, float]
    train: dict[str, float]
    epochs: int
    best_epoch: int | None
    seconds: float
    interrupted: bool
    parameters: int
    digest: str


def _figures(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = from_json(path.read_bytes())
        failed = isinstance(found, dict) and "failed" in found
        (_Failed if failed else _Ended).model_validate(found, strict=True)
    except OSError as error:
        raise DataError(f"cannot read {path}", received=error.strerror) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        reason = f"{where}: {first['msg']}" if where else first["msg"]
        raise DataError(f"{path} is damaged", received=reason) from None
    except ValueError as error:
        raise DataError(f"{path} is damaged", received=str(error)) from None
    return found


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
    filled
        A sentence on missing values that were filled, if any were.
    """

    name: str
    X: Array
    y: Array | None
    unused: tuple[str, ...]
    filled: tuple[str, ...] = ()


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
        parts = source.parts(rows, rows)
        _check_names(parts.encoding, network, data)
        _check_targets(source.y, source.problem.target, network.classes)
        return NewRows(source.problem.name, parts.rows.X_train, source.y, ())
    if is_set(data) and not Path(data).exists():
        raise DataError(
            f"{data} is a data set, not a file",
            expected="a file with the columns the network was trained with",
            hint="whygrad evaluate takes data sets too",
        )
    encoding = network.encoding
    if encoding is None:
        raise DataError("this network was not trained from a table", hint="NeuralNetwork.load(…).predict(X)")
    target, y = str(network.target), None
    named = bool(network.classes) and isinstance(network.classes[0], str)
    text = (*encoding.text_columns, *settings.ignore)
    if named or not with_target:  # what is not looked at may hold anything
        text = (*text, target)
    table = read_table(data, separator=settings.separator, decimal=settings.decimal, text=text)
    try:
        if with_target:
            if target not in table.columns:
                raise DataError(
                    f"the table has no column {target!r}, which is what the network predicts",
                    hint="whygrad predict needs no such column",
                )
            y = target_column(table, target, to_learn=False)[1]
            _check_targets(y, target, network.classes)
        frame = _named_like(table, encoding)
        X = encoding.matrix(frame, network.dtype)
    except WhygradError as error:
        raise placed(error, table.name, "train with --fill") from None
    unused = tuple(name for name in encoding.unknown_columns(frame) if name != target)
    return NewRows(table.name, X, y, unused, filled(frame, encoding))


def _check_targets(y: Array, target: str, classes: tuple[Any, ...]) -> None:
    """Refuse a class that the network does not know, and text among numbers to predict."""
    if not classes:
        if y.dtype.kind not in "fiub":
            raise DataError(
                f"column {target!r} holds text",
                expected="numbers, as in training",
                received=repr(str(y[0])[:40]),
            )
        return
    known = set(classes)
    unknown = [row for row, label in enumerate(y.tolist()) if label not in known]
    if unknown:
        more = f", and others in {len(unknown) - 1} more rows" if len(unknown) > 1 else ""
        raise DataError(
            f"row {unknown[0] + 1}, column {target!r}, holds a class that the network does not know",
            expected=f"one of {listed(classes)}",
            received=f"{y[unknown[0]].item()!r}{more}",
            hint="correct it, or train with such rows as well; rows are counted from 1",
        )


def same_data(data: str, learned: str) -> bool:
    """Whether this names what a run learned from."""
    if is_set(learned):
        return not Path(data).exists() and set_name(data) == set_name(learned)
    return str(Path(data).resolve()) == learned


def own_test_rows(saved: SavedRun, network: NeuralNetwork) -> NewRows:
    """The rows that a run kept for its test.

    Raises
    ------
    DataError
        If its data are gone, or not what they were: some of those rows may have been learned from.
    """
    prepared = prepare(saved.data, saved.settings)
    parts = prepared.parts
    if saved.figures is None or digest_of(parts) != saved.figures.get("digest"):
        raise DataError(
            f"{saved.data} is not what it was when {saved.folder} learned from it",
            hint="whygrad evaluate with a table of rows that it has not seen",
        )
    _check_targets(parts.y_test, prepared.problem.target, network.classes)
    return NewRows(f"{prepared.problem.name}, the test rows", parts.X_test, parts.y_test, ())


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
