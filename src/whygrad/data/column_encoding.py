"""How one column of a table becomes columns of a matrix: learned, and then applied to other rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..errors import DataError
from .columns import kind_of, like_ids, listed, read_numbers

if TYPE_CHECKING:
    import polars as pl

Array = np.ndarray[Any, Any]
MOST_CATEGORIES = 1000
COUNTED = "rows are counted from 1"


@dataclass(frozen=True)
class Column:
    """How one column of the table becomes columns of the matrix.

    Attributes
    ----------
    name
        In the table.
    kind
        ``"number"``: as it is, true and false as 1 and 0. ``"category"``: a column of 0 and 1 for each, one
        column for two of them.
    categories
        The texts that training saw, in order.
    fill
        What stands for a missing value; None refuses them.

    Raises
    ------
    DataError
        If these do not go together.
    """

    name: str
    kind: Literal["number", "category"]
    categories: tuple[str, ...] = ()
    fill: float | str | None = None
    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by from_json, never written

    def __post_init__(self) -> None:
        if self.kind == "number":
            number = isinstance(self.fill, float) and math.isfinite(self.fill)
            good = not self.categories and (number or self.fill is None)
        else:
            different = 0 < len(self.categories) == len(set(self.categories))
            good = different and (self.fill is None or self.fill in self.categories)
        if not good:
            raise DataError(f"column {self.name!r} is neither numbers nor categories", received=repr(self))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of its columns in the matrix."""
        if self.kind == "number":
            return (self.name,)
        shown = self.categories[1:] if len(self.categories) == 2 else self.categories
        return tuple(f"{self.name}={category}" for category in shown)


def learn_column(series: pl.Series, fill: bool, places: Array) -> Column:
    """One column, from the rows to learn from; ``places`` are their positions in the table.

    Raises
    ------
    DataError
        If nothing can be learned from it as it is; see :meth:`whygrad.data.Encoding.learn`.
    """
    import polars as pl

    kind = kind_of(series)
    if kind in ("date", "other"):
        raise DataError(
            f"column {series.name!r} holds {'dates or times' if kind == 'date' else 'neither'}",
            expected="numbers, categories or truth values",
            received=described(series),
            hint="remove it, or write what matters of it as numbers: the year, the hour, days since a day",
        )
    values = as_text(series) if kind == "category" else series.cast(pl.Float64).fill_nan(None)
    missing = values.is_null().arg_true()
    if len(missing) and not fill:
        raise missing_value(series.name, places[missing[0]], len(missing))
    if len(missing) == len(values):
        raise DataError(f"column {series.name!r} holds no values", hint="remove it")
    if kind == "category":
        return _learn_categories(series.name, values.drop_nulls(), fill)
    infinite = values.is_infinite().arg_true()
    if len(infinite):
        raise infinite_value(series.name, places[infinite[0]])
    if not fill:
        return Column(series.name, "number")
    known = values.drop_nulls().to_numpy()
    usual = np.mean(known) >= 0.5 if kind == "boolean" else _median(known)
    return Column(series.name, "number", fill=float(usual))


def _median(values: Array) -> float:
    """The median, also where the sum of the two in the middle is too large for a float."""
    with np.errstate(over="ignore"):
        middle = float(np.median(values))
    return middle if math.isfinite(middle) else 2 * float(np.median(values / 2))


def _learn_categories(name: str, text: pl.Series, fill: bool) -> Column:
    """Categories in order of the alphabet; the most frequent one fills, the first of several."""
    counts = text.alias("text").value_counts(name="rows").sort("rows", "text", descending=[True, False])
    if like_ids(counts.height, len(text)) or counts.height > MOST_CATEGORIES:
        raise DataError(
            f"column {name!r} holds too many different texts to be categories",
            expected=f"each in several rows, and at most {MOST_CATEGORIES:,}",
            received=f"{counts.height} in {len(text)} rows, such as {text[0][:40]!r}",
            hint="remove it if it holds names or ids; numbers are written without their unit",
        )
    categories = counts["text"].to_list()
    return Column(name, "category", tuple(sorted(categories)), categories[0] if fill else None)


def floats(column: Column, series: pl.Series, places: Array) -> Array:
    """A column of numbers; NaN where one is missing and not filled.

    Raises
    ------
    DataError
        If it holds something else.
    """
    import polars as pl

    if series.dtype == pl.String:
        numbers = read_numbers(series)
        wrong = numbers.wrong.arg_true()
        if len(wrong):
            raise DataError(
                f"row {places[wrong[0]] + 1}, column {column.name!r}, holds text",
                expected="a number, as in training",
                received=repr(series[wrong[0]][:40]),
                hint=f"correct it; {COUNTED}",
            )
        series = numbers.values
    elif kind_of(series) not in ("number", "boolean"):
        raise DataError(
            f"column {column.name!r} does not hold numbers, as in training", received=described(series)
        )
    values = series.cast(pl.Float64).to_numpy()
    if column.fill is None or not np.isnan(values).any():
        return values
    return np.where(np.isnan(values), float(column.fill), values)


def one_hot(column: Column, series: pl.Series, places: Array, out: Array) -> None:
    """A column of categories as 0 and 1, into the part of the matrix that is its own.

    Raises
    ------
    DataError
        If it holds a category that training never saw, or no value where none is filled.
    """
    import polars as pl

    text = as_text(series)
    codes = text.cast(pl.Enum(column.categories), strict=False).to_physical().cast(pl.Int64)
    unseen = (codes.is_null() & text.is_not_null()).arg_true()
    if len(unseen):
        kept = "" if series.dtype == pl.String else ", or read_table(…, text=encoding.text_columns)"
        raise DataError(
            f"row {places[unseen[0]] + 1}, column {column.name!r}, holds a category that training never saw",
            expected=f"one of {listed(column.categories)}",
            received=repr(text[unseen[0]][:40]),
            hint=f"correct it, or train with such rows as well{kept}; {COUNTED}",
        )
    missing = codes.is_null().arg_true()
    if len(missing):
        if column.fill is None:
            raise missing_value(column.name, places[missing[0]], len(missing))
        codes = codes.fill_null(column.categories.index(str(column.fill)))
    if len(column.categories) == 2:
        out[:, 0] = codes.to_numpy()
    else:
        out[:] = codes.to_numpy()[:, None] == np.arange(len(column.categories))


def as_text(series: pl.Series) -> pl.Series:
    """Categories as text, whole numbers without a point; an empty text is missing.

    Raises
    ------
    DataError
        If they have no text.
    """
    import polars as pl

    if kind_of(series) == "other":
        raise DataError(
            f"column {series.name!r} does not hold categories, as in training", received=described(series)
        )
    if series.dtype.is_float():
        known = series.fill_nan(None)
        whole = known.cast(pl.Int64, strict=False)
        series = whole.cast(pl.String).zip_with(whole == known, known.cast(pl.String))
    return series.cast(pl.String).replace("", None)


def missing_value(name: str, place: int, count: int = 1) -> DataError:
    """The error for a value that is not there; ``place`` is the row's position in the table."""
    return DataError(
        f"row {place + 1}, column {name!r}, holds no value",
        received="a missing one" + (f", and {count - 1} more below" if count > 1 else ""),
        hint=f"remove the row, or train with missing values filled; {COUNTED}",
    )


def infinite_value(name: str, place: int) -> DataError:
    """The error for a number that is not finite."""
    return DataError(
        f"row {place + 1}, column {name!r}, holds infinity, or a number too large",
        expected="finite numbers",
        hint=f"correct it, or leave it empty; {COUNTED}",
    )


def described(series: pl.Series) -> str:
    """What a column holds, by its type and its first value."""
    first = series.drop_nulls().head(1).to_list()
    return f"{series.dtype}" + (f", such as {str(first[0])[:40]!r}" if first else "")
