"""Turns columns of a table into a matrix of numbers: learned from training rows, saved with the model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..errors import DataError, SettingError
from .column_encoding import Column, floats, infinite_value, learn_column, missing_value, one_hot
from .columns import listed, near_column

if TYPE_CHECKING:
    import polars as pl

Array = np.ndarray[Any, Any]
CELLS = 1 << 18  # of the matrix written at a time: what a processor keeps close
FORMAT: Literal["whygrad-encoding-1"] = "whygrad-encoding-1"


@dataclass(frozen=True)
class Encoding:
    """What turns a table into a matrix; made by :meth:`learn`.

    Attributes
    ----------
    columns
        The columns of the table that are used, in the order of the matrix.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"age": [31.0, 58.0, 44.0], "town": ["Oslo", "Rome", "Bonn"]})
    >>> encoding = Encoding.learn(frame, ["age", "town"])
    >>> encoding.feature_names
    ('age', 'town=Bonn', 'town=Oslo', 'town=Rome')
    >>> encoding.matrix(frame)
    array([[31.,  0.,  1.,  0.],
           [58.,  0.,  0.,  1.],
           [44.,  1.,  0.,  0.]])
    """

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if not names or len(set(names)) < len(names):
            raise DataError("an encoding needs columns, each once", received=listed(names) or "none")

    @classmethod
    def learn(
        cls, frame: pl.DataFrame, features: Sequence[str], fill: bool = False, rows: Array | None = None
    ) -> Encoding:
        """The encoding of some columns, learned from some rows.

        Parameters
        ----------
        frame
            The table.
        features
            The columns to use.
        fill
            Whether missing values are filled, now and later: numbers with the median, categories and truth
            values with the most frequent one. Otherwise they are refused.
        rows
            The positions of the rows to learn from, those that training sees; by default all.

        Raises
        ------
        DataError
            If a value is missing and not to be filled, a number is infinite, a column holds dates, or text
            that is different nearly everywhere. Says in which row, counted from 1, and column.
        SettingError
            If a feature is no column, or there is none.
        """
        for name in features:
            if name not in frame.columns:
                raise SettingError(f"the table has no column {name!r}", hint=near_column(name, frame.columns))
        if not features or len(set(features)) < len(features):
            raise SettingError(
                "features must be columns of the table, each once", received=listed(features) or "none"
            )
        places = _positions(frame, rows)
        if not len(places):
            raise DataError("there are no rows to learn from", received=f"{frame.height} rows in the table")
        series = (frame[name] if rows is None else frame[name].gather(places) for name in features)
        return cls(tuple(learn_column(column, fill, places) for column in series))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns of the matrix."""
        return tuple(name for column in self.columns for name in column.feature_names)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns to read as text, whatever they look like in another file."""
        return tuple(column.name for column in self.columns if column.kind == "category")

    def unknown_columns(self, frame: pl.DataFrame) -> tuple[str, ...]:
        """The columns of a table that are not used."""
        known = {column.name for column in self.columns}
        return tuple(name for name in frame.columns if name not in known)

    def matrix(self, frame: pl.DataFrame, dtype: Any = np.float64, rows: Array | None = None) -> Array:
        """The rows of a table as numbers, C-contiguous. Shape: (rows, features).

        Columns are found by their names, in any order; others are passed over.

        Parameters
        ----------
        frame
            The table.
        dtype
            float64 or float32.
        rows
            The positions of the rows to take; by default all.

        Raises
        ------
        DataError
            If a column is missing, a value is missing where none is filled, a number is not finite, text
            stands for a number, or a category was not there in training. Says in which row, counted from 1,
            and column.
        """
        import polars as pl

        for column in self.columns:
            if column.name not in frame.columns:
                raise DataError(
                    f"the table has no column {column.name!r}, which the network was trained with",
                    hint=near_column(column.name, frame.columns),
                )
        used = pl.DataFrame([frame[column.name] for column in self.columns])  # select() reads "*" as all
        places = _positions(frame, rows)
        matrix = np.empty((len(places), len(self.feature_names)), dtype)
        step = max(1, CELLS // matrix.shape[1])
        for start in range(0, len(places), step):
            some = places[start : start + step]
            block = used.slice(start, step) if rows is None else used[some]
            self._write(block, some, matrix[start : start + step])
        return matrix

    def _write(self, block: pl.DataFrame, places: Array, out: Array) -> None:
        """Fill some rows of the matrix."""
        right = 0
        with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite, and is named
            for column, series in zip(self.columns, block.iter_columns(), strict=True):
                left, right = right, right + len(column.feature_names)
                part = out[:, left:right]
                if column.kind == "number":
                    part[:, 0] = floats(column, series, places)
                else:
                    one_hot(column, series, places, part)
        if not np.isfinite(out).all():
            row, place = np.argwhere(~np.isfinite(out))[0]
            owner = [column.name for column in self.columns for _ in column.feature_names][place]
            raise (missing_value if np.isnan(out[row, place]) else infinite_value)(owner, places[row])

    def to_json(self) -> str:
        """The encoding as text, exactly: :meth:`from_json` gives an equal one."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Encoding:
        """An encoding from its text.

        Raises
        ------
        DataError
            If it is not what :meth:`to_json` writes.

        Examples
        --------
        >>> encoding = Encoding((Column("town", "category", ("Oslo", "Rome"), fill="Rome"),))
        >>> Encoding.from_json(encoding.to_json()) == encoding
        True
        """
        from pydantic import TypeAdapter, ValidationError

        try:
            return cls(TypeAdapter(_Saved).validate_json(text, strict=True).columns)
        except ValidationError as error:
            first = error.errors()[0]
            place, reason = ".".join(map(str, first["loc"])), first["msg"].splitlines()[0]
            problem = f"{place}: {reason}" if place else reason
        except DataError as error:
            problem = error.problem
        raise DataError("the encoding of the columns is damaged", received=problem)


def filled(frame: pl.DataFrame, encoding: Encoding) -> tuple[str, ...]:
    """A sentence on the values that are missing in a table, and what stands for them; nothing if none is.

    Examples
    --------
    >>> import polars as pl
    >>> frame = pl.DataFrame({"age": [31.0, None, 44.0]})
    >>> filled(frame, Encoding((Column("age", "number", fill=37.5),)))
    ("missing values filled: 1 of 'age' with 37.5",)
    """
    found = []
    for column in encoding.columns:
        count = frame[column.name].null_count()
        if count and column.fill is not None:
            value = column.fill if isinstance(column.fill, str) else f"{column.fill:g}"
            found.append(f"{count} of {column.name!r} with {value}")
    return (f"missing values filled: {', '.join(found)}",) if found else ()


@dataclass(frozen=True)
class _Saved:
    """What the text of an encoding holds."""

    format: Literal["whygrad-encoding-1"]
    columns: tuple[Column, ...]

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012


def _positions(frame: pl.DataFrame, rows: Array | None) -> Array:
    """The positions of the rows asked for."""
    if rows is None:
        return np.arange(frame.height)
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows
