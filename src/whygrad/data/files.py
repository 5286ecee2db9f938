"""Reads tables that people have: CSV, TSV and other text with separators, and arrays that NumPy saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, SettingError
from .columns import kind_of, near_column
from .opening import as_path, opened

if TYPE_CHECKING:
    import polars as pl

Array = np.ndarray[Any, Any]
ARRAYS = "X (rows, features) and y (rows,), or one array with the target in its last column"


@dataclass(frozen=True)
class Table:
    """A table as it stands in a file, with nothing missing filled and nothing encoded.

    Attributes
    ----------
    name
        The file's, without its ending.
    frame
        Its columns: numbers, truth values or text; a field without a value is null.
    """

    name: str
    frame: pl.DataFrame

    def __repr__(self) -> str:
        return f"<{self.name}: {self.rows} rows × {len(self.columns)} columns>"

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.frame.columns)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.frame.height

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of the columns that hold numbers."""
        return tuple(name for name in self.columns if self.kind_of(name) == "number")

    def kind_of(self, column: str) -> str:
        """``"number"``, ``"category"``, ``"boolean"`` or ``"date"``.

        Raises
        ------
        SettingError
            If there is no such column.
        """
        self.check_column(column)
        return kind_of(self.frame[column])

    def check_column(self, column: str) -> None:
        """Refuse the name of a column that is not there.

        Raises
        ------
        SettingError
            Names the nearest one that is.
        """
        if column not in self.columns:
            raise SettingError(
                f"{self.name} has no column {column!r}", hint=near_column(column, self.columns)
            )


def read_table(
    path: Any, *, separator: str | None = None, decimal: str | None = None, text: Iterable[str] = ()
) -> Table:
    r"""Read a table from a file.

    Text in UTF-8, gzip-compressed or not: names of the columns in the first line, fields in "quotes" where
    they hold the separator. Spaces around a field do not belong to it, and empty rows at the end are no
    rows. A column is numbers if at least nine in ten of its values are, or at least half of them and every
    other value there is different: then those others are mistakes, and refused. Elsewhere it is truth values
    (true, false) or text. An empty field is missing; among numbers, so are NA, N/A, NaN, null, None, ``?``,
    ``-`` and ``.``, in any letters.

    NPZ or NPY: arrays ``X`` and ``y`` become columns x1, x2, … and ``target``; ``X`` alone is a table without
    a target; of a single other array the last column is the target.

    Parameters
    ----------
    path
        The file.
    separator
        ``","``, ``";"``, ``"\t"`` or ``"tab"``, ``"|"``; by default whichever fits the first rows.
    decimal
        ``"."`` or ``","``; by default a point, or a comma where separators are not commas and it fits.
    text
        Columns to read as text, whatever they hold: house numbers, codes. Names that are not there are
        passed over.

    Raises
    ------
    DataError
        If it cannot be read, is not a table, or holds something no network can learn from: infinity, text
        among numbers. Says in which row and column. Rows are counted from 1, below the names.
    SettingError
        If the separator or the decimal mark cannot be.
    KindError
        If ``path`` is not a path.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "people.csv"
    >>> _ = path.write_text("name;height\nIda;1,62\nOle;1,80\n")
    >>> table = read_table(path)
    >>> table, table.kind_of("name"), table.numbers
    (<people: 2 rows × 2 columns>, 'category', ('height',))
    >>> table.frame["height"].to_list()
    [1.62, 1.8]
    """
    from .delimited import read_delimited

    path = as_path(path)
    name = Path(path.name.removesuffix(".gz")).stem
    if path.suffix.lower() in (".npz", ".npy"):
        return Table(name, _read_arrays(path))
    texts = (text,) if isinstance(text, str) else tuple(text)
    return Table(name, read_delimited(path, separator, decimal, texts))


def _read_arrays(path: Path) -> pl.DataFrame:
    """The columns that the arrays in a file of NumPy's are."""
    X, y = _take_apart(path, _arrays(path))
    if X.ndim != 2 or 0 in X.shape:
        raise DataError(
            f"{path}: X must be a matrix with rows and columns",
            received=f"shape {X.shape}",
            hint="images: X.reshape(len(X), -1); one feature: X.reshape(-1, 1)",
        )
    columns = {f"x{place}": X[:, place - 1] for place in range(1, X.shape[1] + 1)}
    if y is not None:
        y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
        if y.shape != (len(X),):
            raise DataError(
                f"{path}: y must have one target for each row of X",
                expected=f"shape ({len(X)},)",
                received=f"shape {y.shape}",
            )
        columns["target"] = y
    return _frame(path, columns)


def _arrays(path: Path) -> dict[str, Array]:
    with opened(path) as file:
        magic = file.read(6)
        problem = "" if magic else "an empty file"
        if magic.startswith((b"PK", b"\x93NUMPY")):
            file.seek(0)
            try:
                found = np.load(file, allow_pickle=False)
                arrays = {"the array": found} if isinstance(found, np.ndarray) else found
                return {name: np.asarray(arrays[name]) for name in arrays}
            except Exception as error:  # zipfile, zlib and NumPy's header each have errors of their own
                problem = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(
            f"{path} is no file of arrays, or a damaged one",
            expected=f"what numpy.savez writes: {ARRAYS}",
            received=problem or "another format",
            hint="make Python objects numbers or text, then save again"
            if "allow_pickle" in problem
            else None,
        )


def _take_apart(path: Path, arrays: dict[str, Array]) -> tuple[Array, Array | None]:
    """Inputs and targets."""
    if set(arrays) in ({"X"}, {"X", "y"}):
        return arrays["X"], arrays.get("y")
    only = next(iter(arrays.values())) if len(arrays) == 1 else None
    if only is None or only.ndim != 2 or only.shape[1] < 2:
        found = ", ".join(f"{name} {array.shape}" for name, array in arrays.items()) or "no arrays"
        raise DataError(f"{path} holds other arrays than a table", expected=ARRAYS, received=found)
    return only[:, :-1], only[:, -1]


def _frame(path: Path, columns: dict[str, Array]) -> pl.DataFrame:
    import polars as pl

    series = []
    for name, column in columns.items():
        if column.dtype.kind not in "fiubU" or (name != "target" and column.dtype.kind == "U"):
            raise DataError(
                f"{path}: {'y' if name == 'target' else 'X'} must hold numbers",
                received=f"dtype {column.dtype}",
            )
        if column.dtype.kind == "f":
            infinite = np.isinf(column)
            if infinite.any():
                raise DataError(
                    f"{path}: row {int(infinite.argmax()) + 1}, column {name!r}, holds infinity",
                    expected="finite numbers",
                    hint="rows are counted from 1",
                )
            column = column.astype(np.float64 if column.itemsize > 4 else np.float32)
        plain = np.ascontiguousarray(column, column.dtype.newbyteorder("="))
        series.append(pl.Series(name, plain, nan_to_null=True))
    return pl.DataFrame(series)
