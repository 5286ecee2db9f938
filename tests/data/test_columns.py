"""What a column holds, and which words and marks are numbers."""

import datetime

import polars as pl
import pytest

from whygrad.data.columns import (
    are_numbers,
    as_booleans,
    kind_of,
    like_ids,
    listed,
    near_column,
    read_numbers,
    unreadable_numbers,
)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "number"),
        ([1.5, None], "number"),
        ([None, None], "number"),
        ([True, None], "boolean"),
        (["a", None], "category"),
        (pl.Series(["a", "b"], dtype=pl.Categorical), "category"),
        (pl.Series([None, None], dtype=pl.String), "category"),
        ([datetime.date(2024, 5, 1)], "date"),
        ([datetime.timedelta(1)], "date"),
        (["2024-05-01", "2024-05-02 12:30"], "date"),
        (["01.05.2024", "2/5/24"], "date"),
        (["12:30", "12:30:05.5"], "date"),
        (["2024-05-01", "later"], "category"),
        (["1.2", "1.2.3"], "category"),
        ([[1], [2]], "other"),
        ([b"x"], "other"),
    ],
)
def test_kinds(values, kind):
    assert kind_of(pl.Series(values)) == kind


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1.5", ".", 1.5),
        (" -2e3 ", ".", -2000.0),
        ("+.5", ".", 0.5),
        ("5.", ".", 5.0),
        ("1,5", ",", 1.5),
        ("1,5e-1", ",", 0.15),
        ("12345678901234567890", ".", 12345678901234567890.0),
        ("inf", ".", float("inf")),
    ],
)
def test_numbers(text, decimal, value):
    found = read_numbers(pl.Series([text]), decimal)
    assert found.values.to_list() == [value]
    assert not found.wrong.any()


@pytest.mark.parametrize("text", [None, "", " ", "?", "-", ".", "NA", "n/a", "#N/A", "NaN", "Null", "None"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_missing_numbers(text, decimal):
    found = read_numbers(pl.Series([text], dtype=pl.String), decimal)
    assert found.values.to_list() == [None]
    assert not found.wrong.any()


@pytest.mark.parametrize(
    ("text", "decimal"),
    [("x", "."), ("1,5", "."), ("1.5", ","), ("1.500,5", ","), ("0x10", "."), ("1 2", ".")],
)
def test_what_is_no_number(text, decimal):
    assert read_numbers(pl.Series([text]), decimal).wrong.to_list() == [True]


@pytest.mark.parametrize(
    ("good", "wrong", "numbers"),
    [
        (9, ["x"], True),
        (90, ["x"] * 10, True),
        (89, ["x"] * 11, False),
        (1, ["x"], True),
        (5, ["x", "y"], True),
        (2, ["x", "y", "z"], False),
        (5, ["x", "x"], False),
        (0, [], True),
        (0, ["x"], False),
    ],
)
def test_when_a_column_is_numbers_with_mistakes(good, wrong, numbers):
    assert are_numbers(good, pl.Series(wrong, dtype=pl.String)) is numbers


@pytest.mark.parametrize(
    "text", ["1,500", "1.500,25", "1'500", "1 500 000", "5%", "5.5 %", "$3.20", "€ 3", '"2.5"']
)
def test_numbers_that_cannot_be_read(text):
    assert unreadable_numbers(pl.Series([text]))


@pytest.mark.parametrize(
    "text", ["+", "-", "%", "$", "3+", "1.2.3", "01.05.2024", "192.168.0.1", "12 kg", "a1", None]
)
def test_text_that_is_no_number_in_any_way(text):
    assert not unreadable_numbers(pl.Series([text], dtype=pl.String))


def test_truth_values():
    assert as_booleans(pl.Series(["TRUE", None, "false"])).to_list() == [True, None, False]
    assert as_booleans(pl.Series(["true", "yes"])) is None
    assert as_booleans(pl.Series([None], dtype=pl.String)) is None


def test_ids():
    assert like_ids(21, 41)
    assert not like_ids(21, 42)
    assert not like_ids(20, 20)


def test_names_are_listed_in_their_order_the_first_of_many():
    assert listed(range(14), most=12) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more"
    assert near_column("zzz", ["b", "a"]) == "columns: b, a"
    assert near_column("PRICE", ["b", "Price"]) == 'did you mean "Price"? columns: b, Price'
