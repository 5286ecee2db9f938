"""Tables in whatever form people have them, and what is said of those that cannot be learned from."""

import datetime
import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whygrad.data.tables import as_matrix, as_targets
from whygrad.errors import DataError, KindError, ShapeError

ROWS = [[1, 2], [3, 4], [5, 6]]
FRAME = {"height": [1, 3, 5], "width": [2, 4, 6]}
NUMBERS = [*"?bBhHiIlLqQefdg"]  # every dtype of truth values, whole numbers and floats


# --- X -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "X",
    [
        ROWS,
        tuple(map(tuple, ROWS)),
        [np.array(row) for row in ROWS],
        np.array(ROWS, order="F"),
        np.array(ROWS, dtype=object),
        np.array([[1, 9, 2], [3, 9, 4], [5, 9, 6]])[:, ::2],
        pd.DataFrame(FRAME),
        pd.DataFrame(FRAME, dtype="Int64"),
        pd.DataFrame(FRAME, dtype=object),
        pl.DataFrame(FRAME),
    ],
    ids=[
        "lists",
        "tuples",
        "rows",
        "fortran",
        "objects",
        "view",
        "pandas",
        "nullable",
        "object frame",
        "polars",
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_tables_become_a_matrix_of_floats(X, dtype):
    matrix = as_matrix(X, columns=2, dtype=dtype)
    assert matrix.dtype == dtype
    assert matrix.flags.c_contiguous
    assert matrix.tolist() == ROWS


@pytest.mark.parametrize("code", NUMBERS)
def test_every_dtype_of_numbers_is_taken(code):
    assert as_matrix(np.array(ROWS).astype(code)).tolist() == np.array(ROWS).astype(code).tolist()


def test_columns_of_several_kinds_are_taken():
    frame = {"on": [True, False], "count": [1, 2], "size": [0.5, 1.5]}
    for table in (pd.DataFrame(frame), pl.DataFrame(frame)):
        assert as_matrix(table).tolist() == [[1, 1, 0.5], [0, 2, 1.5]]


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(-1e9, 1e9), min_size=3, max_size=3), min_size=1, max_size=8))
def test_values_are_kept_exactly(rows):
    assert as_matrix(rows).tolist() == rows


@pytest.mark.parametrize(
    "X", [[1, 2, 3], np.arange(3.0), pd.Series([1, 2, 3]), pl.Series([1, 2, 3]), 5, None]
)
def test_what_is_no_matrix_is_refused_with_both_remedies(X):
    with pytest.raises(ShapeError, match=r"X must be a matrix") as caught:
        as_matrix(X)
    assert caught.value.expected == "shape (samples, features)"
    assert "X.reshape(-1, 1)" in caught.value.hint
    assert "X.reshape(1, -1)" in caught.value.hint


def test_three_dimensions_are_refused():
    with pytest.raises(ShapeError, match=r"received: shape \(5, 8, 8\)"):
        as_matrix(np.zeros((5, 8, 8)))


def test_another_number_of_columns_is_refused():
    with pytest.raises(
        ShapeError, match=r"expected: 3 columns\n  received: 2 columns, shape \(3, 2\)"
    ) as caught:
        as_matrix(ROWS, columns=3)
    assert caught.value.hint == "NeuralNetwork([2, …])"


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_a_column_of_text_is_named(make):
    with pytest.raises(KindError, match=r"X must hold numbers\n.*column 'name' holds text"):
        as_matrix(make({"size": [1.5, 2.5], "name": ["ann", "bob"]}))


@pytest.mark.parametrize("dtype", [object, str])
def test_a_column_of_text_is_numbered_where_it_has_no_name(dtype):
    with pytest.raises(KindError, match=r"column 1 holds text\n  hint: give categories numbers first"):
        as_matrix(np.array([[1, "ann"], [2, "bob"]], dtype))


@pytest.mark.parametrize(
    "X",
    [
        np.array([[1j, 2]]),
        np.array([["2020-01-01"]], "datetime64[D]"),
        [[{"a": 1}, 2]],
        [[10**400, 1]],
        "1, 2",
        {"a": 1},
        np.array(["text"]),
        np.array([["1", "2"]]),
    ],
    ids=["complex", "dates", "dicts", "beyond floats", "text", "dict", "column of text", "numbers as text"],
)
def test_what_is_no_numbers_is_refused(X):
    with pytest.raises(KindError, match="X must hold numbers"):
        as_matrix(X)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [(0, 0), (1, 2), (3, 1)])
def test_a_value_that_is_not_finite_is_named_by_row_and_column(value, place):
    X = np.ones((4, 3))
    X[place] = value
    with pytest.raises(DataError, match=f"X holds {value} in row {place[0]}, column {place[1]}"):
        as_matrix(X)


def test_values_that_are_not_finite_are_counted():
    with pytest.raises(DataError, match=r"X holds nan in row 1, column 0\n.*\n  received: 3 that are not"):
        as_matrix([[1, 2], [math.nan, math.inf], [None, 3]])


def test_a_missing_value_of_a_data_frame_is_named():
    for frame in (pl.DataFrame({"a": [1, None]}), pd.DataFrame({"a": pd.array([1, None], "Int64")})):
        with pytest.raises(DataError, match="X holds nan in row 1, column 0"):
            as_matrix(frame)


def test_what_float32_cannot_hold_is_named():
    assert as_matrix([[1e300]]).tolist() == [[1e300]]
    with pytest.raises(DataError, match="X holds inf in row 0, column 1"):
        as_matrix([[1, 1e300]], dtype=np.float32)


@pytest.mark.parametrize("shape", [(0, 2), (3, 0), (0, 0)])
def test_an_empty_table_is_refused(shape):
    with pytest.raises(DataError, match="X is empty"):
        as_matrix(np.zeros(shape))


@pytest.mark.parametrize(
    ("read", "name"), [(as_matrix, "X"), (lambda rows: as_targets(rows, len(rows)), "y")], ids=["X", "y"]
)
def test_rows_of_different_lengths_are_refused(read, name):
    with pytest.raises(
        ShapeError, match=rf"{name} has rows of different lengths\n  received: \[\[1, 2\], \[3\]\]"
    ):
        read([[1, 2], [3]])


# --- y -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "y",
    [
        [0, 1, 1],
        (0, 1, 1),
        [[0], [1], [1]],
        np.array([0, 1, 1]),
        np.array([[0], [1], [1]]),
        np.array([0, 1, 1], object),
        pd.Series([0, 1, 1]),
        pd.Series([0, 1, 1], index=[7, 3, 5]),
        pd.DataFrame({"y": [0, 1, 1]}),
        pl.Series([0, 1, 1]),
        pl.DataFrame({"y": [0, 1, 1]}),
    ],
)
def test_a_column_of_targets_is_flat_and_of_its_own_kind(y):
    targets = as_targets(y, 3)
    assert targets.dtype.kind == "i"
    assert targets.tolist() == [0, 1, 1]


@pytest.mark.parametrize("code", NUMBERS)
def test_targets_keep_their_dtype(code):
    assert as_targets(np.array([0, 1, 1]).astype(code), 3).dtype == np.dtype(code)


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (["cat", "dog", "cat"], "U"),
        ([b"cat", b"dog", b"cat"], "S"),
        (np.array(["cat", "dog", "cat"], object), "U"),
        (pd.Series(["cat", "dog", "cat"]), "U"),
        (pd.Series(["cat", "dog", "cat"], dtype="category"), "U"),
        (pl.Series(["cat", "dog", "cat"]), "U"),
        (pl.Series(["cat", "dog", "cat"], dtype=pl.Categorical), "U"),
        (np.array([True, False, True], object), "b"),
        (pl.Series([True, False, True]), "b"),
        (np.array([1, 2.5, 3], object), "f"),
        (pd.Series([1, 2, 3], dtype="Int64"), "i"),
        ([[0.5, 1], [1, 2], [3, 4]], "f"),
    ],
)
def test_targets_are_numbers_or_text_whichever_they_all_are(y, kind):
    targets = as_targets(y, 3)
    assert targets.dtype.kind == kind
    assert targets.tolist() == np.asarray(y).tolist()


@pytest.mark.parametrize(
    ("y", "row"),
    [
        (["a", None, "b"], 1),
        ([1, 0, None], 2),
        (pd.Series([None, "a", "b"]), 0),
        (pd.Series(["a", "b", pd.NA], dtype="string"), 2),
        (pl.Series(["a", None, "b"]), 1),
        (np.array(["a", math.nan, "b"], object), 1),
        ([["a", "b"], ["c", "d"], ["e", None]], 2),
        (None, 0),
    ],
)
def test_a_missing_target_is_named_by_its_row(y, row):
    with pytest.raises(DataError, match=f"y has missing values\n  received: 1, first in row {row}"):
        as_targets(y, 3)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("y", [[0.5, None, 1.5], [[0.5], [None], [1.5]]], ids=["flat", "column"])
def test_a_target_that_is_not_finite_is_named_by_its_row(y, value):
    y = np.array(y, float)
    y[1] = value
    with pytest.raises(DataError, match=f"y holds {value} in row 1"):
        as_targets(y, 3)


@pytest.mark.parametrize("y", [[0, 1], [0, 1, 1, 0], 5, np.zeros((3, 1, 1)), [[0, 1, 1]], []])
def test_targets_that_are_not_one_for_each_row_are_refused(y):
    with pytest.raises(ShapeError, match="y must have one target for each row of X") as caught:
        as_targets(y, 3)
    assert caught.value.expected == "shape (3,), (3, 1) or (3, outputs)"
    assert caught.value.received == f"shape {np.shape(y)}"


def test_targets_of_no_known_kind_are_refused():
    for y in (np.array([1j, 2, 3]), np.array(["2020-01-01"] * 3, "datetime64[D]")):
        with pytest.raises(KindError, match="y holds numbers or class names\n  received: dtype"):
            as_targets(y, 3)


def test_objects_of_another_kind_are_named_by_their_text():
    days = [datetime.date(2024, 5, day) for day in (1, 2, 1)]
    assert as_targets(days, 3).tolist() == ["2024-05-01", "2024-05-02", "2024-05-01"]
