"""Encodings: learned from some rows of a table, applied to others, kept as text."""

import datetime
import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whygrad.data import Column, Encoding, encoding
from whygrad.errors import DataError, SettingError

FRAME = pl.DataFrame(
    {
        "age": [31.0, 58.0, 44.0],
        "sex": ["m", "f", "m"],
        "smokes": [True, False, False],
        "town": ["Oslo", "Rome", "Bonn"],
        "rooms": [1, 2, 3],
    }
)
HOLES = pl.DataFrame(
    {
        "age": [31.0, None, 58.0, float("nan"), 44.0],
        "town": ["Rome", "Oslo", None, "", "Rome"],
        "smokes": [True, False, None, False, True],
        "few": [None, None, 3, None, 3],
    }
)
COUNTED = "rows are counted from 1"


def refusal(call, *arguments, kind=DataError, **settings):
    with pytest.raises(kind) as caught:
        call(*arguments, **settings)
    assert type(caught.value) is kind
    return str(caught.value)


# ---------------------------------------------------------------------------------------------------------
# Learning
# ---------------------------------------------------------------------------------------------------------


def test_numbers_stay_and_categories_become_columns_of_0_and_1():
    learned = Encoding.learn(FRAME, FRAME.columns)
    assert learned.columns == (
        Column("age", "number"),
        Column("sex", "category", ("f", "m")),
        Column("smokes", "number"),
        Column("town", "category", ("Bonn", "Oslo", "Rome")),
        Column("rooms", "number"),
    )
    assert learned.feature_names == (
        *("age", "sex=m", "smokes", "town=Bonn", "town=Oslo", "town=Rome", "rooms"),
    )
    assert learned.text_columns == ("sex", "town")
    matrix = learned.matrix(FRAME)
    assert matrix.tolist() == [
        [31.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0],
        [58.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0],
        [44.0, 1.0, 0.0, 1.0, 0.0, 0.0, 3.0],
    ]
    assert matrix.dtype == np.float64
    assert matrix.flags.c_contiguous


def test_a_single_category_is_a_column_of_ones():
    frame = pl.DataFrame({"town": ["Oslo", "Oslo"]})
    learned = Encoding.learn(frame, ["town"])
    assert learned.feature_names == ("town=Oslo",)
    assert learned.matrix(frame).tolist() == [[1.0], [1.0]]


def test_only_the_rows_to_learn_from_are_seen():
    frame = pl.DataFrame({"x": [1.0, 2.0, 30.0, None], "c": ["a", "b", "c", None]})
    for rows in ([1, 0], np.array([True, True, False, False])):
        learned = Encoding.learn(frame, ["x", "c"], fill=True, rows=rows)
        assert learned.columns == (
            Column("x", "number", fill=1.5),
            Column("c", "category", ("a", "b"), fill="a"),
        )
        Encoding.learn(frame, ["x", "c"], rows=rows)
    text = refusal(Encoding.learn, frame, ["x", "c"], rows=[1, 3])
    assert text.startswith("row 4, column 'x', holds no value\n")


def test_missing_values_are_filled_with_what_is_usual():
    learned = Encoding.learn(HOLES, HOLES.columns, fill=True)
    assert [column.fill for column in learned.columns] == [44.0, "Rome", 1.0, 3.0]
    assert learned.matrix(HOLES).tolist() == [
        [31.0, 1.0, 1.0, 3.0],
        [44.0, 0.0, 0.0, 3.0],
        [58.0, 1.0, 1.0, 3.0],
        [44.0, 1.0, 0.0, 3.0],
        [44.0, 1.0, 1.0, 3.0],
    ]


@pytest.mark.parametrize("name", ["*", "^.*$", "count", "rows", "text", ""])
def test_names_that_mean_something_to_polars_mean_nothing_here(name):
    frame = pl.DataFrame({"x": [1.0, 2.0, None], name: ["a", "b", "a"]})
    learned = Encoding.learn(frame, [name, "x"], fill=True)
    assert learned.matrix(frame).tolist() == [[0.0, 1.0], [1.0, 2.0], [0.0, 1.5]]


def test_of_categories_equally_frequent_the_first_fills():
    assert Encoding.learn(pl.DataFrame({"c": ["b", "a", None]}), ["c"], fill=True).columns[0].fill == "a"


@pytest.mark.parametrize(("name", "row"), [("age", 2), ("town", 3), ("smokes", 3), ("few", 1)])
def test_missing_values_are_refused_unless_they_are_to_be_filled(name, row):
    more = {"age": ", and 1 more below", "town": ", and 1 more below", "few": ", and 2 more below"}
    assert refusal(Encoding.learn, HOLES, [name]) == (
        f"row {row}, column '{name}', holds no value\n  received: a missing one{more.get(name, '')}\n"
        f"  hint: remove the row, or train with missing values filled; {COUNTED}"
    )


DAYS = "  hint: remove it, or write what matters of it as numbers: the year, the hour, days since a day"
IDS = "  hint: remove it if it holds names or ids; numbers are written without their unit"
KINDS = "  expected: numbers, categories or truth values\n"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            ["2024-05-01", "2024-05-02"],
            f"column 'c' holds dates or times\n{KINDS}  received: String, such as '2024-05-01'\n{DAYS}",
        ),
        (
            [datetime.date(2024, 5, 1)],
            f"column 'c' holds dates or times\n{KINDS}  received: Date, such as '2024-05-01'\n{DAYS}",
        ),
        ([[1]], f"column 'c' holds neither\n{KINDS}  received: List(Int64), such as '[1]'\n{DAYS}"),
        (
            [1.0, float("inf")],
            (
                "row 2, column 'c', holds infinity, or a number too large\n  expected: finite numbers\n"
                f"  hint: correct it, or leave it empty; {COUNTED}"
            ),
        ),
        (
            [f"id{place}" for place in range(30)],
            (
                "column 'c' holds too many different texts to be categories\n"
                "  expected: each in several rows, and at most 1,000\n"
                f"  received: 30 in 30 rows, such as 'id0'\n{IDS}"
            ),
        ),
        (
            [f"id{place}" for place in range(1001)] * 3,
            (
                "column 'c' holds too many different texts to be categories\n"
                "  expected: each in several rows, and at most 1,000\n"
                f"  received: 1001 in 3003 rows, such as 'id0'\n{IDS}"
            ),
        ),
    ],
)
def test_columns_that_nothing_can_be_learned_from(values, expected):
    assert refusal(Encoding.learn, pl.DataFrame({"c": values}), ["c"]) == expected


def test_columns_without_any_value():
    for dtype in (pl.Null, pl.Float64, pl.String):
        frame = pl.DataFrame({"c": pl.Series([None, None], dtype=dtype)})
        assert refusal(Encoding.learn, frame, ["c"], fill=True) == (
            "column 'c' holds no values\n  hint: remove it"
        )


def test_features_that_are_no_columns():
    assert refusal(Encoding.learn, FRAME, ["Towm"], kind=SettingError) == (
        "the table has no column 'Towm'\n"
        '  hint: did you mean "town"? columns: age, sex, smokes, town, rooms'
    )
    rule = "features must be columns of the table, each once\n  received: "
    assert refusal(Encoding.learn, FRAME, [], kind=SettingError) == f"{rule}none"
    assert refusal(Encoding.learn, FRAME, ["age", "age"], kind=SettingError) == f"{rule}age, age"


def test_no_rows_to_learn_from():
    assert refusal(Encoding.learn, FRAME, ["age"], rows=[]) == (
        "there are no rows to learn from\n  received: 3 rows in the table"
    )


# ---------------------------------------------------------------------------------------------------------
# Applying
# ---------------------------------------------------------------------------------------------------------

LEARNED = Encoding.learn(FRAME, FRAME.columns)


def test_columns_are_found_by_name_and_others_passed_over():
    other = FRAME.select("town", "rooms", pl.lit("x").alias("extra"), "smokes", "age", "sex")
    np.testing.assert_array_equal(LEARNED.matrix(other), LEARNED.matrix(FRAME))
    assert LEARNED.unknown_columns(other) == ("extra",)
    assert LEARNED.unknown_columns(FRAME) == ()


def test_a_column_that_is_missing_is_named_with_the_nearest():
    assert refusal(LEARNED.matrix, FRAME.rename({"rooms": "Room"}).drop("sex", "smokes")) == (
        "the table has no column 'sex', which the network was trained with\n  hint: columns: age, town, Room"
    )
    assert refusal(LEARNED.matrix, FRAME.rename({"rooms": "Room"})) == (
        "the table has no column 'rooms', which the network was trained with\n"
        '  hint: did you mean "Room"? columns: age, sex, smokes, town, Room'
    )


def test_some_rows_in_some_order(monkeypatch):
    whole = LEARNED.matrix(FRAME)
    for cells in (encoding.CELLS, 1):
        monkeypatch.setattr(encoding, "CELLS", cells)
        assert LEARNED.matrix(FRAME, rows=[2, 0]).tolist() == whole[[2, 0]].tolist()
        assert LEARNED.matrix(FRAME, rows=np.array([True, False, True])).tolist() == whole[[0, 2]].tolist()
        assert LEARNED.matrix(FRAME, rows=[]).shape == (0, 7)
        assert LEARNED.matrix(FRAME).tolist() == whole.tolist()
    assert LEARNED.matrix(FRAME.head(0)).shape == (0, 7)


def test_single_precision_is_as_wide_as_it_is():
    assert LEARNED.matrix(FRAME, np.float32).dtype == np.float32
    wide = FRAME.with_columns(age=pl.Series([1.0, 1e200, 2.0]))
    assert LEARNED.matrix(wide)[1, 0] == 1e200
    assert refusal(LEARNED.matrix, wide, np.float32) == (
        "row 2, column 'age', holds infinity, or a number too large\n  expected: finite numbers\n"
        f"  hint: correct it, or leave it empty; {COUNTED}"
    )


def test_the_same_values_in_other_types():
    codes = pl.DataFrame({"code": ["1", "2", "x"], "yes": [1, 0, 1]})
    learned = Encoding.learn(codes, codes.columns)
    expected = learned.matrix(codes.head(2)).tolist()
    for code in ([1, 2], [1.0, 2.0], pl.Series(["1", "2"], dtype=pl.Categorical)):
        for yes in ([True, False], ["1", " 0"], [1.0, 0.0]):
            assert learned.matrix(pl.DataFrame({"code": code, "yes": yes})).tolist() == expected


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (
            {"town": ["Oslo", "Paris", "Bonn"]},
            (
                "row 2, column 'town', holds a category that training never saw\n"
                "  expected: one of Bonn, Oslo, Rome\n  received: 'Paris'\n"
                f"  hint: correct it, or train with such rows as well; {COUNTED}"
            ),
        ),
        (
            {"town": [7.0, 8.5, None]},
            (
                "row 1, column 'town', holds a category that training never saw\n"
                "  expected: one of Bonn, Oslo, Rome\n  received: '7'\n"
                "  hint: correct it, or train with such "
                f"rows as well, or read_table(…, text=encoding.text_columns); {COUNTED}"
            ),
        ),
        (
            {"town": ["Oslo", None, ""]},
            (
                "row 2, column 'town', holds no value\n  received: a missing one, and 1 more below\n"
                f"  hint: remove the row, or train with missing values filled; {COUNTED}"
            ),
        ),
        (
            {"town": [[1], [2], [3]]},
            "column 'town' does not hold categories, as in training\n  received: List(Int64), such as '[1]'",
        ),
        (
            {"age": ["31", "58", "4o"]},
            (
                "row 3, column 'age', holds text\n  expected: a number, as in training\n  received: '4o'\n"
                f"  hint: correct it; {COUNTED}"
            ),
        ),
        (
            {"age": [datetime.date(2024, 5, 1)] * 3},
            "column 'age' does not hold numbers, as in training\n  received: Date, such as '2024-05-01'",
        ),
        (
            {"age": ["31", "NA", "44"]},
            (
                "row 2, column 'age', holds no value\n  received: a missing one\n"
                f"  hint: remove the row, or train with missing values filled; {COUNTED}"
            ),
        ),
        (
            {"age": [None, None, None]},
            (
                "row 1, column 'age', holds no value\n  received: a missing one\n"
                f"  hint: remove the row, or train with missing values filled; {COUNTED}"
            ),
        ),
        (
            {"rooms": [1.0, float("nan"), 2.0]},
            (
                "row 2, column 'rooms', holds no value\n  received: a missing one\n"
                f"  hint: remove the row, or train with missing values filled; {COUNTED}"
            ),
        ),
        (
            {"rooms": [1.0, 2.0, float("-inf")]},
            (
                "row 3, column 'rooms', holds infinity, or a number too large\n  expected: finite numbers\n"
                f"  hint: correct it, or leave it empty; {COUNTED}"
            ),
        ),
    ],
)
def test_values_that_training_was_not_about(monkeypatch, column, expected):
    frame = FRAME.with_columns(**{name: pl.Series(values) for name, values in column.items()})
    for cells in (encoding.CELLS, 1):
        monkeypatch.setattr(encoding, "CELLS", cells)
        text = refusal(LEARNED.matrix, frame)
        assert text == expected or (cells == 1 and ", and 1 more" in expected)
    backwards = refusal(LEARNED.matrix, frame.reverse(), rows=[2, 1, 0])
    assert backwards.splitlines()[0].split(",")[1:] == expected.splitlines()[0].split(",")[1:]


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6)
numbers = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def frames(draw):
    columns = {}
    height = draw(st.integers(1, 12))
    for name in draw(st.lists(names, min_size=1, max_size=5, unique=True)):
        kind = draw(st.sampled_from([numbers, st.booleans(), names.filter(str.strip).map("t{}".format)]))
        values = draw(st.lists(st.none() | kind, min_size=height, max_size=height))
        values[0] = draw(kind)
        columns[name] = values
    return pl.DataFrame(columns, strict=False)


@pytest.mark.parametrize(
    "values", [[1.5e308, 1.7e308], [-1.7e308, -1.7e308], [1e308] * 3, [-1e308, 1e308], [5e-324]]
)
def test_the_median_of_numbers_at_the_ends_of_floats_is_finite(values):
    column = Encoding.learn(pl.DataFrame({"x": [*values, None]}), ["x"], fill=True).columns[0]
    assert min(values) <= column.fill <= max(values)


@settings(deadline=None, max_examples=60)
@given(frames(), st.randoms(use_true_random=False), st.data())
def test_whatever_the_table_the_matrix_is_finite_and_the_order_of_columns_does_not_matter(
    frame, random, data
):
    learned = Encoding.learn(frame, frame.columns, fill=True)
    matrix = learned.matrix(frame)
    assert np.isfinite(matrix).all()
    assert matrix.shape == (frame.height, len(learned.feature_names))
    shuffled = pl.DataFrame(random.sample(frame.get_columns(), frame.width))
    np.testing.assert_array_equal(learned.matrix(shuffled), matrix)
    rows = data.draw(st.lists(st.integers(0, frame.height - 1), max_size=8))
    np.testing.assert_array_equal(learned.matrix(frame, rows=rows), matrix[rows])
    again = Encoding.from_json(learned.to_json())
    assert again == learned
    assert again.to_json() == learned.to_json()
    np.testing.assert_array_equal(again.matrix(frame), matrix)


# ---------------------------------------------------------------------------------------------------------
# As text
# ---------------------------------------------------------------------------------------------------------


def test_the_text_is_json_that_people_can_read():
    learned = Encoding((Column("größe", "number", fill=-0.1), Column("town", "category", ("Oslo", "Århus"))))
    assert json.loads(learned.to_json()) == {
        "format": "whygrad-encoding-1",
        "columns": [
            {"name": "größe", "kind": "number", "categories": [], "fill": -0.1},
            {"name": "town", "kind": "category", "categories": ["Oslo", "Århus"], "fill": None},
        ],
    }
    assert "größe" in learned.to_json()


def saved(**changes):
    column = {"name": "c", "kind": "number", "categories": [], "fill": None, **changes}
    return json.dumps({"format": "whygrad-encoding-1", "columns": [column]})


BROKEN = "columns.0: Value error, column 'c' is neither numbers nor categories"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Invalid JSON: EOF while parsing a value at line 1 column 0"),
        (saved()[:-3], "Invalid JSON: EOF while parsing an object at line 1 column 107"),
        ("[]", "Input should be an object"),
        (None, "JSON input should be string, bytes or bytearray"),
        ("{}", "format: Field required"),
        ('{"format": "other", "columns": []}', "format: Input should be 'whygrad-encoding-1'"),
        ('{"format": "whygrad-encoding-1", "columns": []}', "an encoding needs columns, each once"),
        (saved(kind="date"), "columns.0.kind: Input should be 'number' or 'category'"),
        (saved(name=5), "columns.0.name: Input should be a valid string"),
        (saved(more=5), "columns.0.more: Unexpected keyword argument"),
        (saved(fill=True), "columns.0.fill.float: Input should be a valid number"),
        (saved(fill="x"), BROKEN),
        (saved(fill=float("nan")), BROKEN),
        (saved(categories=["x"]), BROKEN),
        (saved(kind="category"), BROKEN),
        (saved(kind="category", categories=["x", "x"]), BROKEN),
        (saved(kind="category", categories=["x"], fill="y"), BROKEN),
    ],
)
def test_damaged_text_is_refused(text, problem):
    assert refusal(Encoding.from_json, text) == (
        f"the encoding of the columns is damaged\n  received: {problem}"
    )


def test_a_column_twice_is_refused():
    assert refusal(Encoding, (Column("c", "number"), Column("c", "number"))) == (
        "an encoding needs columns, each once\n  received: c, c"
    )


@settings(deadline=None)
@given(st.integers(0, 200), st.characters(codec="ascii"))
def test_text_with_any_character_changed_is_an_encoding_or_refused(place, character):
    text = Encoding.learn(HOLES, HOLES.columns[:2], fill=True).to_json()
    place %= len(text)
    try:
        Encoding.from_json(text[:place] + character + text[place + 1 :])
    except DataError as error:
        assert error.problem == "the encoding of the columns is damaged"  # noqa: PT017 - either is fine
