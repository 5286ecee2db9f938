"""Takes the column to predict out of a table, and refuses what nothing can be learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from .column_encoding import COUNTED, described, infinite_value
from .columns import like_ids

if TYPE_CHECKING:
    import polars as pl

    from .files import Table

Array = np.ndarray[Any, Any]
WHOLE = 2.0**53  # up to here every whole number is a float64


def target_column(table: Table, name: str | None = None, to_learn: bool = True) -> tuple[str, Array]:
    """The column to predict, and what it holds.

    Parameters
    ----------
    table
        The table.
    name
        The column; by default the last.
    to_learn
        Whether a network is to learn from it; otherwise a single row, or a single class, is enough.

    Returns
    -------
    The name of the column and its values: text, truth values or whole numbers as they are, else floats.

    Raises
    ------
    SettingError
        If there is no such column.
    DataError
        If a target is missing, or there is nothing to learn: one row, one value, dates, text that is
        different nearly everywhere.

    Examples
    --------
    >>> import polars as pl
    >>> from whygrad.data.files import Table
    >>> table = Table("people", pl.DataFrame({"age": [31.0, 58.0], "town": ["Oslo", "Rome"]}))
    >>> target_column(table)
    ('town', array(['Oslo', 'Rome'], dtype='<U4'))
    >>> target_column(table, "age")
    ('age', array([31, 58]))
    """
    import polars as pl

    name = table.columns[-1] if name is None else name
    kind, series = table.kind_of(name), table.frame[name]
    where = f"{table.name}: the target {name!r}"
    if kind in ("date", "other"):
        raise DataError(
            f"{where} holds neither numbers nor classes",
            received=described(series),
            hint="choose another target",
        )
    values = series.to_numpy() if kind != "number" else series.cast(pl.Float64).to_numpy()
    missing = np.isnan(values) if kind == "number" else series.is_null().to_numpy()
    if missing.any():
        raise DataError(
            f"{where} is missing in row {missing.argmax() + 1}",
            received=f"{missing.sum()} of {len(series)} without a value",
            hint=f"remove those rows; {COUNTED}",
        )
    if to_learn:
        _check_learnable(series, kind, where)
    if kind == "number":
        return name, _whole(series, values, name)
    return name, values.astype(bool if kind == "boolean" else str)


def _whole(series: pl.Series, values: Array, name: str) -> Array:
    """Numbers as integers, if they are whole."""
    import polars as pl

    infinite = np.isinf(values)
    if infinite.any():
        raise infinite_value(name, int(infinite.argmax()))
    if series.dtype.is_integer() and not (exact := series.cast(pl.Int64, strict=False)).null_count():
        return exact.to_numpy()
    whole = (values == np.round(values)) & (np.abs(values) < WHOLE)
    return values.astype(np.int64) if whole.all() else values


def _check_learnable(series: pl.Series, kind: str, where: str) -> None:
    distinct = series.n_unique()
    if len(series) < 2:
        raise DataError(f"{where} has one row: there is nothing to learn from", hint="add more rows")
    if distinct < 2:
        raise DataError(
            f"{where} holds a single value: there is nothing to learn",
            received=f"only {str(series[0])[:40]!r}" if kind == "category" else f"only {series[0]!r}",
            hint="add rows with others, or choose another target",
        )
    if kind == "category" and like_ids(distinct, len(series)):
        raise DataError(
            f"{where} holds text that is different nearly everywhere",
            expected="classes, each in several rows, or numbers",
            received=f"{distinct} different texts in {len(series)} rows, such as {series[0][:40]!r}",
            hint="choose another target; numbers are written without units",
        )
