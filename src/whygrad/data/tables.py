"""Takes X and y in whatever form people have them, and refuses what cannot be learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, KindError, ShapeError

if TYPE_CHECKING:
    import polars as pl

Array = np.ndarray[Any, Any]


def as_matrix(X: Any, columns: int | None = None, dtype: Any = np.float64) -> Array:
    """Inputs as a matrix of floats.

    Parameters
    ----------
    X
        Lists, an array, or a data frame. Shape: (samples, features).
    columns
        How many features there must be.
    dtype
        float64 or float32.

    Raises
    ------
    ShapeError
        If it is not a matrix, or has another number of columns.
    KindError
        If it holds something else than numbers.
    DataError
        If it is empty, or holds NaN or infinity; says in which row and column.
    """
    array = _numbers(_plain(X, "X"), "X", names=getattr(X, "columns", None))
    if array.ndim != 2:
        raise ShapeError(
            "X must be a matrix: a row for each sample, a column for each feature",
            expected="shape (samples, features)",
            received=f"shape {array.shape}",
            hint="one feature: X.reshape(-1, 1); one sample: X.reshape(1, -1)",
        )
    if columns is not None and array.shape[1] != columns:
        raise ShapeError(
            "X does not have as many columns as the network has inputs",
            expected=f"{columns} columns",
            received=f"{array.shape[1]} columns, shape {array.shape}",
            hint=f"NeuralNetwork([{array.shape[1]}, …])",
        )
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite, and is named
        array = np.ascontiguousarray(array, dtype)
    _check_finite(array, "X")
    return array


def column_names(X: Any) -> tuple[str, ...]:
    """The names of a data frame's columns, if they are text and all different; of anything else none."""
    names = tuple(getattr(X, "columns", ()))
    named = all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
    return names if named else ()


def as_frame(X: Any) -> pl.DataFrame:
    """A data frame of pandas, or any other with named columns, as one of polars."""
    import polars as pl

    if isinstance(X, pl.DataFrame):
        return X
    columns = {name: _plain(X[name], name) for name in column_names(X)}
    return pl.DataFrame(
        {
            name: pl.Series(name, values.tolist() if values.dtype.kind == "O" else values, nan_to_null=True)
            for name, values in columns.items()
        }
    )


def as_targets(y: Any, samples: int) -> Array:
    """Targets as an array with one row for each sample; (n, 1) and (n,) are the same.

    Raises
    ------
    ShapeError
        If there is not one row for each sample.
    DataError
        If numbers among them are NaN or infinite.
    """
    array = _plain(y, "y")
    if array.dtype.kind == "O":
        array = _without_objects(array)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2) or len(array) != samples:
        raise ShapeError(
            "y must have one target for each row of X",
            expected=f"shape ({samples},), ({samples}, 1) or ({samples}, outputs)",
            received=f"shape {array.shape}",
        )
    if array.dtype.kind not in "fbiuUS":
        raise KindError("y holds numbers or class names", received=f"dtype {array.dtype}")
    if array.dtype.kind == "f":
        _check_finite(array, "y")
    return array


def _plain(data: Any, name: str) -> Array:
    """An array of what came: a data frame by its own conversion, lists by NumPy's."""
    if hasattr(data, "to_numpy"):
        return np.asarray(data.to_numpy())
    try:
        return np.asarray(data)
    except ValueError:
        raise ShapeError(f"{name} has rows of different lengths", received=repr(data)[:80]) from None


def _without_objects(array: Array) -> Array:
    """A column of Python objects as numbers or as text, whichever they all are."""
    items = array.ravel().tolist()
    if all(isinstance(item, (bool, int, float, np.number)) for item in items):
        return np.array(array.tolist())  # whole numbers and truth values stay what they are
    missing = np.reshape([_is_missing(item) for item in items], (len(np.atleast_1d(array)), -1))
    if missing.any():
        raise DataError(
            "y has missing values",
            received=f"{np.count_nonzero(missing)}, first in row {np.argwhere(missing)[0][0]}",
            hint="drop those rows",
        )
    return array.astype(str)


def _is_missing(item: Any) -> bool:
    """None, NaN, or pandas' NA, which has no truth value."""
    try:
        return item is None or bool(item != item)
    except TypeError:
        return True


def _numbers(array: Array, name: str, names: Any = None) -> Array:
    if array.dtype.kind in "fbiu":
        return array
    if array.dtype.kind == "O":
        try:
            return array.astype(float)
        except (TypeError, ValueError, OverflowError):
            _refuse_missing(array, name, names)
    column = _first_text(array) if array.dtype.kind in "OUS" else None
    where = ""
    if column is not None:
        title = list(names)[column] if names is not None else column
        where = f"; column {title!r} holds text"
    raise KindError(
        f"{name} must hold numbers",
        received=f"dtype {array.dtype}{where}",
        hint="give categories numbers first",
    )


def _refuse_missing(array: Array, name: str, names: Any) -> None:
    """Refuse what pandas has for missing values, which is no number."""
    gaps = np.array([_is_missing(item) for item in array.ravel().tolist()], bool).reshape(array.shape)
    if gaps.any() and array.ndim == 2:
        row, place = np.argwhere(gaps)[0]
        raise DataError(
            f"{name} holds a missing value in row {row}, column {list(names)[place]!r}"
            if names is not None
            else f"{name} holds a missing value in row {row}, column {place}",
            received=f"{np.count_nonzero(gaps)} of them",
            hint="drop those rows, or fill them in",
        )


def _first_text(array: Array) -> int | None:
    """The first column that cannot be read as numbers."""
    if array.ndim != 2:
        return None
    for column in range(array.shape[1]):
        try:
            array[:, column].astype(float)
        except (TypeError, ValueError, OverflowError):
            return column
    return None


def _check_finite(array: Array, name: str) -> None:
    if array.size == 0:
        raise DataError(f"{name} is empty", received=f"shape {array.shape}")
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
    column = f", column {place[1]}" if len(place) == 2 else ""
    raise DataError(
        f"{name} holds {array[place]} in row {place[0]}{column}",
        expected="finite numbers",
        received=f"{int((~np.isfinite(array)).sum())} that are not",
        hint="drop those rows, or fill them in: np.nan_to_num(X, nan=mean)",
    )
