"""The column to predict: taken from a table, or refused."""

import datetime

import numpy as np
import polars as pl
import pytest

from whygrad.data import Table, target_column
from whygrad.errors import DataError, SettingError


def people(*values, **settings):
    return target_column(Table("people", pl.DataFrame({"y": values}, strict=False)), **settings)


def refusal(*values, kind=DataError, **settings):
    with pytest.raises(kind) as caught:
        people(*values, **settings)
    assert type(caught.value) is kind
    return str(caught.value)


def test_the_last_column_unless_another_is_named():
    table = Table("people", pl.DataFrame({"age": [31, 58], "town": ["Oslo", "Rome"]}))
    name, y = target_column(table)
    assert name == "town"
    assert y.tolist() == ["Oslo", "Rome"]
    assert target_column(table, "age")[0] == "age"
    with pytest.raises(SettingError) as caught:
        target_column(table, "Ages")
    assert str(caught.value) == (
        "people has no column 'Ages'\n  hint: did you mean \"age\"? columns: age, town"
    )


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ((1.5, 2.0), "f"),
        ((1.0, 2.0), "i"),
        ((1, 2), "i"),
        ((2**60 + 1, 2), "i"),
        ((2.0**60, 2.0), "f"),
        ((2**63, 2), "f"),
        ((True, False), "b"),
        (("a", "bc"), "U"),
    ],
)
def test_values_come_as_what_they_are(values, kind):
    name, y = people(*values)
    assert name == "y"
    assert y.dtype.kind == kind
    assert y.tolist() == list(values)


@pytest.mark.parametrize(
    "values", [("a", None, "b"), (1.5, None, 2.5), (1.5, float("nan"), 2), (True, None, False)]
)
def test_a_missing_target_is_refused(values):
    assert refusal(*values, to_learn=False) == (
        "people: the target 'y' is missing in row 2\n  received: 1 of 3 without a value\n"
        "  hint: remove those rows; rows are counted from 1"
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("a",), "has one row: there is nothing to learn from\n  hint: add more rows"),
        (
            ("a", "a"),
            (
                "holds a single value: there is nothing to learn\n  received: only 'a'\n"
                "  hint: add rows with others, or choose another target"
            ),
        ),
        (
            (2.0, 2.0),
            (
                "holds a single value: there is nothing to learn\n  received: only 2.0\n"
                "  hint: add rows with others, or choose another target"
            ),
        ),
        (
            tuple(f"i{place}" for place in range(30)),
            (
                "holds text that is different nearly everywhere\n  expected: classes, each in several rows, "
                "or numbers\n  received: 30 different texts in 30 rows, such as 'i0'\n"
                "  hint: choose another target; numbers are written without units"
            ),
        ),
    ],
)
def test_what_nothing_can_be_learned_from_may_still_be_compared_with(values, expected):
    assert refusal(*values) == f"people: the target 'y' {expected}"
    assert people(*values, to_learn=False)[1].tolist() == list(values)


@pytest.mark.parametrize(
    ("values", "received"),
    [
        (("2024-05-01", "2024-05-02"), "String, such as '2024-05-01'"),
        ((datetime.date(2024, 5, 1),), "Date, such as '2024-05-01'"),
        (([1],), "List(Int64), such as '[1]'"),
    ],
)
def test_dates_and_lists_are_no_targets(values, received):
    assert refusal(*values) == (
        f"people: the target 'y' holds neither numbers nor classes\n  received: {received}\n"
        "  hint: choose another target"
    )


def test_infinity_is_refused():
    assert refusal(1.0, np.inf) == (
        "row 2, column 'y', holds infinity, or a number too large\n  expected: finite numbers\n"
        "  hint: correct it, or leave it empty; rows are counted from 1"
    )
