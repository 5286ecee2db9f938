"""What a column of a table holds: numbers, categories, truth values or dates; and numbers read from text."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# Ways to write "not known", in small letters. They count among numbers only: as a category, "None" or "NA"
# (Namibia) may mean what it says, and there only an empty field is missing.
MISSING = ("", "?", "-", ".", "na", "n/a", "#n/a", "nan", "null", "none")
DATE = (
    r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([T ]\d{1,2}:\d{2}.*)?$"
    r"|^\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?$"
)
# 1,500 and 1.500,25 and 1'500 and 5 % and $ 3.20: numbers to people, and to nobody else
UNREADABLE = r'^"?[+-]?[$€£]?\s?(\d{1,3}([,.\' ]\d{3})+([.,]\d+)?|\d*[.,]\d+|\d+)\s?[%$€£]?"?$'
FEW = 20  # so many different texts are categories, however short the table
LISTED = 12


def kind_of(series: pl.Series) -> str:
    """``"number"``, ``"category"``, ``"boolean"``, ``"date"`` or ``"other"``.

    Examples
    --------
    >>> import polars as pl
    >>> [kind_of(pl.Series(values)) for values in ([1.5, 2.0], ["a", "b"], [True, False], ["2024-05-01"])]
    ['number', 'category', 'boolean', 'date']
    """
    import polars as pl

    dtype = series.dtype
    if dtype.is_numeric() or dtype == pl.Null:
        return "number"
    if dtype == pl.Boolean:
        return "boolean"
    if dtype.is_temporal():
        return "date"
    if dtype not in (pl.String, pl.Categorical, pl.Enum):
        return "other"
    text = series.cast(pl.String)
    return "date" if text.count() and text.str.contains(DATE).all() else "category"


@dataclass(frozen=True)
class Numbers:
    """A column of text read as numbers.

    Attributes
    ----------
    values
        The numbers; missing where there is none.
    wrong
        Where something stands that is neither a number nor a way to say that there is none.
    """

    values: pl.Series
    wrong: pl.Series


def read_numbers(text: pl.Series, decimal: str = ".") -> Numbers:
    """Read text as numbers; with a decimal comma, a point is no part of a number.

    Examples
    --------
    >>> import polars as pl
    >>> found = read_numbers(pl.Series([" 1,5", "NA", "1.000", "x"]), decimal=",")
    >>> found.values.to_list(), found.wrong.to_list()
    ([1.5, None, None, None], [False, False, True, True])
    """
    import polars as pl

    plain = text.str.strip_chars()
    points = plain
    if decimal == ",":  # 1.000 is a thousand to some and one to others: refused
        points = plain.str.replace_all(".", "x", literal=True).str.replace_all(",", ".", literal=True)
    values = points.cast(pl.Float64, strict=False).fill_nan(None)
    missing = plain.is_null() | plain.str.to_lowercase().is_in(list(MISSING))
    return Numbers(values, values.is_null() & ~missing)


def are_numbers(good: int, wrong: pl.Series) -> bool:
    """Whether a column is numbers with mistakes in it, rather than categories.

    It is if at least nine in ten of its values are numbers; or at least half of them, and no other text
    stands there twice: a slip of the pen comes once, a category again and again.

    Examples
    --------
    >>> import polars as pl
    >>> are_numbers(3, pl.Series(["1o5"])), are_numbers(6, pl.Series(["3+", "3+"]))
    (True, False)
    """
    total = good + len(wrong)
    return 10 * good >= 9 * total or (2 * good >= total and wrong.n_unique() == len(wrong))


def unreadable_numbers(text: pl.Series) -> bool:
    """Whether at least nine in ten texts are numbers, but written in a way that has no one meaning.

    Examples
    --------
    >>> import polars as pl
    >>> unreadable_numbers(pl.Series(["1,500", "25%"])), unreadable_numbers(pl.Series(["3+", "low"]))
    (True, False)
    """
    return 10 * int(text.str.contains(UNREADABLE).sum()) >= 9 * text.count() > 0


def as_booleans(text: pl.Series) -> pl.Series | None:
    """A column of true and false, in any letters, as truth values; None if it holds anything else.

    Examples
    --------
    >>> import polars as pl
    >>> as_booleans(pl.Series(["True", "FALSE", None])).to_list()
    [True, False, None]
    >>> as_booleans(pl.Series(["true", "maybe"]))
    """
    small = text.str.to_lowercase()
    if not small.count() or not small.is_in(["true", "false"]).all():
        return None
    return small == "true"


def like_ids(distinct: int, rows: int) -> bool:
    """Whether texts are different nearly everywhere, as names and numbers of cases are.

    Examples
    --------
    >>> like_ids(90, rows=100), like_ids(3, rows=4)
    (True, False)
    """
    return distinct > FEW and 2 * distinct > rows


def near_column(name: str, columns: Iterable[str]) -> str:
    """Hint for a column that is not there: the nearest one if there is a near one, and what there is.

    Examples
    --------
    >>> near_column("Hieght", ["age", "height"])
    'did you mean "height"? columns: age, height'
    """
    known = {column.casefold(): column for column in columns}
    near = difflib.get_close_matches(str(name).casefold(), known, n=1)
    start = f'did you mean "{known[near[0]]}"? ' if near else ""
    return f"{start}columns: {listed(known.values())}"


def listed(names: Iterable[object], most: int = LISTED) -> str:
    """Names in a row, the first few of many.

    Examples
    --------
    >>> listed("abcde", most=3)
    'a, b, c and 2 more'
    """
    words = [str(name) for name in names]
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more
