"""Rows from a table in a file: which columns are meant, what is predicted, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..data.column_encoding import as_text, missing_value
from ..data.columns import like_ids
from ..data.encoding import Encoding, filled
from ..data.files import Table, read_table
from ..data.splitting import Split
from ..data.target_choice import target_column
from ..errors import DataError, SettingError, WhygradError
from .settings import TrainSettings
from .source import Array, Parts, Problem, Source

LARGEST = {"float64": 1e150, "float32": 1e18}  # numbers whose squares, and sums of those, are finite
MOST_WHOLE_CLASSES = 20  # different whole numbers that are taken as classes, where nothing is said


def table_source(path: Path, settings: TrainSettings) -> Source:
    """The table in a file.

    Raises
    ------
    SettingError
        If a column is not there, or a setting does not go with it.
    DataError
        If it cannot be read, or nothing can be learned from it.
    """
    table = read_table(
        path,
        separator=settings.separator,
        decimal=settings.decimal,
        text=_joined((*settings.text, *settings.ignore)),  # what is ignored may hold anything
    )
    named_columns(settings.text, table)
    return TableSource(table, settings)


def _joined(names: tuple[str, ...]) -> set[str]:
    """These names, and what neighbours make with a comma, as a name with commas in it comes as several."""
    spans = [names[start:end] for start in range(len(names)) for end in range(start + 1, len(names) + 1)]
    return {mark.join(span) for span in spans for mark in (",", ", ")}


class TableSource(Source):
    """A table from a file."""

    def __init__(self, table: Table, settings: TrainSettings) -> None:
        import polars as pl

        ignored = named_columns(settings.ignore, table)
        kept = [name for name in table.columns if name not in ignored]
        if not kept:
            raise SettingError("no column is left", received=f"ignore {', '.join(ignored)}")
        if len(table.columns) == 1:
            raise DataError(
                f"{table.name} has a single column, {kept[0][:60]!r}: nothing to learn from",
                hint="--separator says what stands between fields, if there are more",
            )
        self.frame = pl.DataFrame([table.frame[name] for name in kept])  # select() reads names as patterns
        self.name, self.fill, self.dtype = table.name, settings.fill, settings.dtype
        target = settings.target
        if target is None:
            target = kept[-1]
            self.notes += (f"no --target given: {target!r}, the last column, is what is predicted",)
        elif target in ignored:
            raise SettingError(f"the target {target!r} is also ignored")
        name, self.y = target_column(Table(table.name, self.frame), target)
        self.target = name
        self.features = [column for column in kept if column != name]
        if not self.features:
            raise DataError(f"{table.name} has no column beside the target {name!r}: nothing to learn from")
        self._check_features()
        task = self._task(settings.task, name)
        classes = tuple(np.unique(self.y).tolist()) if task == "classification" else ()
        self.problem = Problem(table.name, task, name, classes, len(self.y), len(self.features))

    def _check_features(self) -> None:
        """Refuse missing values, and numbers whose squares are too large, by their rows in the file."""
        most = LARGEST[self.dtype]
        for name in self.features:
            series = self.frame[name]
            if not self.fill and series.null_count():
                raise self._placed(
                    missing_value(name, int(series.is_null().arg_true()[0]), series.null_count())
                )
            if series.dtype.is_float():
                check_size(self.name, name, series.to_numpy(), most)
        if self.y.dtype.kind == "f":
            check_size(self.name, self.target, self.y, most)

    def split(self, test_size: float, seed: int) -> tuple[Array, Array]:
        """The positions of the rows to learn from, and of those kept for the test."""
        try:
            return super().split(test_size, seed)
        except DataError as error:
            if self.y.dtype.kind in "iu":  # classes that may be none
                error = type(error)(
                    error.problem,
                    received=error.received,
                    hint=f"{error.hint}; or --task regression, if {self.target!r} is a number to predict",
                )
            raise error from None

    def _task(self, given: str | None, target: str) -> str:
        """Classes or numbers: as told, or as the column looks, which is said aloud."""
        kind = self.y.dtype.kind
        if given is not None:
            if given == "regression" and kind in "US":
                raise SettingError(
                    f"{self.name}: {target!r} holds text, which cannot be predicted as a number",
                    received="task regression",
                    hint="--task classification",
                )
            if given == "classification" and kind == "f":
                raise SettingError(
                    f"{self.name}: {target!r} holds numbers with fractions, which are no classes",
                    received="task classification",
                    hint="--task regression",
                )
            self.y = self.y.astype(float) if given == "regression" else self.y
            return given
        if kind in "USb":
            return "classification"
        different = len(np.unique(self.y))
        if kind == "f" or different > MOST_WHOLE_CLASSES:
            self.y = self.y.astype(float)
            return "regression"
        if different > 2:
            said = f"{target!r} holds {different} different whole numbers, taken as classes"
            self.notes += (f"{said}: --task regression predicts the number",)
        return "classification"

    def parts(self, inside: Array, outside: Array) -> Parts:
        """Matrices of these rows. A row to test on that has a category of its own goes to the others."""
        inside, outside, notes = self._with_rare(inside, outside)
        try:
            encoding = Encoding.learn(self.frame, self.features, self.fill, inside)
            X_train = encoding.matrix(self.frame, self.dtype, inside)
            X_test = encoding.matrix(self.frame, self.dtype, outside)
        except WhygradError as error:
            raise self._placed(error) from None
        notes += filled(self.frame, encoding)
        return Parts(Split(X_train, self.y[inside], X_test, self.y[outside]), encoding, notes)

    def _with_rare(self, inside: Array, outside: Array) -> tuple[Array, Array, tuple[str, ...]]:
        moved = np.zeros(len(outside), bool)
        found = []
        for name in self.features:
            if Table(self.name, self.frame).kind_of(name) != "category":
                continue
            text = as_text(self.frame[name])
            known = text.gather(inside).unique()
            if like_ids(len(known), len(inside)):  # refused when they are encoded
                continue
            rare = text.gather(outside).is_in(known.implode()).fill_null(True).to_numpy()
            if not rare.all():
                found.append(name)
                moved |= ~rare
        if not moved.any():
            return inside, outside, ()
        if moved.all():
            raise DataError(
                f"{self.name}: every row to test on holds a category that no row to learn from has",
                received=f"columns {', '.join(found)}",
                hint="leave such columns out with --ignore",
            )
        rows = "1 row" if moved.sum() == 1 else f"{moved.sum()} rows"
        note = f"{rows} kept for learning, not for the test: no other has that category of {', '.join(found)}"
        return np.concatenate([inside, outside[moved]]), outside[~moved], (note,)

    def _placed(self, error: WhygradError) -> WhygradError:
        return placed(error, self.name, "fill missing values with --fill")


def placed(error: WhygradError, name: str, filled: str) -> WhygradError:
    """The error, with the name of the table, and hints in terms of the command line."""
    hint, problem = error.hint, error.problem
    if hint is not None:
        hint = hint.replace("train with missing values filled", filled)
        hint = hint.replace("remove it", f"leave it out with --ignore {_column_of(problem)}")
    if not problem.startswith(f"{name}: "):
        problem = f"{name}: {problem}"
    return type(error)(problem, expected=error.expected, received=error.received, hint=hint)


def _column_of(problem: str) -> str:
    """The name of the column an error speaks of."""
    parts = problem.split("'")
    name = parts[1] if len(parts) > 2 else "COLUMN"
    return f'"{name}"' if " " in name else name


def check_size(table: str, name: str, values: Array, most: float) -> None:
    """Refuse numbers that cannot be squared.

    Raises
    ------
    DataError
        Names the first one's row.
    """
    large = np.abs(values) > most
    if large.any():
        row = int(large.argmax())
        raise DataError(
            f"{table}: row {row + 1}, column {name!r}, holds a number too large to learn from",
            expected=f"at most {most:g}",
            received=f"{values[row]:g}",
            hint="write it in larger units, or as its logarithm; rows are counted from 1",
        )


def named_columns(names: Sequence[str], table: Table) -> tuple[str, ...]:
    """The columns that are meant, where a name with commas in it came as several.

    Raises
    ------
    SettingError
        If there is no such column; names the nearest.
    """
    whole = {_pieces(column): column for column in table.columns}
    found, rest = [], tuple(names)
    while rest:
        known = [size for size in range(1, len(rest) + 1) if rest[:size] in whole]
        if not known:
            table.check_column(rest[0])
        found.append(whole[rest[: known[0]]])
        rest = rest[known[0] :]
    return tuple(found)


def _pieces(column: str) -> tuple[str, ...]:
    """A name as the settings take it apart."""
    return tuple(part.strip() for part in column.split(",") if part.strip())
