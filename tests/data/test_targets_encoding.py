"""Targets as numbers for the loss, and outputs back in the terms of y."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whygrad.data.targets import understand
from whygrad.errors import DataError, ShapeError


def hot(numbers, classes):
    """Outputs that are sure of these classes."""
    return np.eye(classes)[numbers]


@st.composite
def labelled(draw):
    """Rows of one of several kinds of label, at least two different ones, and their number."""
    labels = draw(
        st.one_of(
            st.lists(st.text("abcxyz", min_size=1, max_size=4), min_size=2, max_size=6, unique=True),
            st.lists(st.integers(1, 1000), min_size=2, max_size=6, unique=True).map(lambda k: [0, *k]),
            st.just([False, True]),
            st.integers(2, 6).map(lambda k: [float(i) for i in range(k)]),
        )
    )
    more = draw(st.lists(st.sampled_from(labels), max_size=10))
    return np.array(draw(st.permutations([*labels, *more]))), len(labels)


@settings(deadline=None)
@given(labelled())
def test_classes_come_back_from_their_numbers(drawn):
    y, count = drawn
    targets = understand(y, count)
    numbers = targets.encode(y, np.float64)
    assert numbers.dtype.kind == "i"
    assert set(numbers) == set(range(count))
    back = targets.decode(hot(numbers, count))
    assert back.dtype.kind == y.dtype.kind
    assert back.tolist() == y.tolist()


@settings(deadline=None)
@given(labelled())
def test_labels_are_in_order(drawn):
    y, count = drawn
    assert understand(y, count).classes == tuple(sorted(set(y.tolist())))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("y", [["no", "yes", "no"], [7, 9, 7], [False, True, False], [0.0, 1.0, 0.0]])
def test_two_classes_become_a_column_of_0_and_1(y, dtype):
    y = np.array(y)
    targets = understand(y, 1)
    encoded = targets.encode(y, dtype)
    assert encoded.dtype == dtype
    assert encoded.tolist() == [[0], [1], [0]]
    back = targets.decode(np.array([[0.2], [0.6], [0.5]]))
    assert back.dtype.kind == y.dtype.kind
    assert back.tolist() == y.tolist()


def test_the_threshold_moves_the_decision():
    targets = understand(np.array([0, 1]), 1)
    assert targets.decode(np.array([[-0.1], [0.1]]), threshold=0.0).tolist() == [0, 1]


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=10))
def test_one_hot_rows_come_back(numbers):
    y = hot(np.array([*numbers, 0, 1, 2, 3]), 4)
    targets = understand(y, 4)
    assert targets.encode(y, np.float64).tolist() == [*numbers, 0, 1, 2, 3]
    assert targets.decode(y * 0.6).tolist() == y.tolist()


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 1)] * 3), min_size=1, max_size=10))
def test_several_labels_come_back(rows):
    y = np.array([*rows, (1, 1, 0)])
    targets = understand(y, 3)
    assert targets.encode(y, np.float32).dtype == np.float32
    assert targets.encode(y, np.float32).tolist() == y.tolist()
    assert targets.decode(y * 0.8 + 0.1).tolist() == y.tolist()


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=10), st.booleans())
def test_numbers_come_back(values, wide):
    y = np.column_stack([values, values]) if wide else np.array(values)
    targets = understand(y, 1 + wide, "regression")
    encoded = targets.encode(y, np.float64)
    assert encoded.shape == (len(values), 1 + wide)
    assert targets.decode(encoded).tolist() == y.tolist()


# --- rows that come later ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("first", "outputs", "later", "label"),
    [
        (["cat", "dog"], 2, ["cat", "dog", "cow", "cow"], "cow"),
        (["cat", "dog"], 1, ["dog", "cat", "dogs", "x"], "dogs"),
        ([0, 1, 2], 3, [0, 1, 3, 4], "3"),
        ([0, 1], 1, [1, 0, 2, 2], "2"),
        ([10, 20, 30], 3, [10, 30, 15, 0], "15"),
    ],
)
def test_a_class_that_was_not_there_is_named_with_its_row(first, outputs, later, label):
    targets = understand(np.array(first), outputs)
    with pytest.raises(DataError, match=f"label {label} in row 2 is out of range") as caught:
        targets.encode(np.array(later), np.float64)
    assert caught.value.expected == ", ".join(map(str, first))
    assert caught.value.received == "2 rows with other labels"


@pytest.mark.parametrize(("first", "later"), [(["0", "1"], [0, 1]), ([0, 1], ["0", "1"])])
def test_text_is_no_number(first, later):
    with pytest.raises(DataError, match="label 0 in row 0 is out of range"):
        understand(np.array(first), 2).encode(np.array(later), np.float64)


def test_some_of_the_classes_are_enough_later():
    targets = understand(np.array(["a", "b", "c"]), 3)
    assert targets.encode(np.array(["c", "c"]), np.float64).tolist() == [2, 2]


def test_class_numbers_do_for_one_hot_rows_and_the_other_way_round():
    rows, numbers = hot([0, 2, 1], 3), np.array([0, 2, 1])
    assert understand(rows, 3).encode(numbers, np.float64).tolist() == [0, 2, 1]
    assert understand(numbers, 3).encode(rows, np.float64).tolist() == [0, 2, 1]


COLUMNS = {
    "numbers": ([[0.5, 1.5], [2, 3]], 2),
    "labels": ([[0, 1], [1, 1]], 2),
    "one-hot": ([[0, 1], [1, 0]], 2),
}


@pytest.mark.parametrize("later", [[[0, 1, 0]], [[1]], [[0, 1, 0, 1]]])
@pytest.mark.parametrize("name", COLUMNS)
def test_another_number_of_columns_is_refused(name, later):
    first, outputs = COLUMNS[name]
    with pytest.raises(ShapeError, match="y does not have as many columns as before") as caught:
        understand(np.array(first), outputs).encode(np.array(later), np.float64)
    assert caught.value.expected == "2 columns"
    assert caught.value.received == f"shape {np.shape(later)}"


@pytest.mark.parametrize("name", ["numbers", "labels"])
def test_a_flat_y_is_refused_where_there_were_columns(name):
    first, outputs = COLUMNS[name]
    with pytest.raises(ShapeError, match="y does not have as many columns as before"):
        understand(np.array(first), outputs).encode(np.array([0, 1]), np.float64)


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_text_are_refused(name):
    first, outputs = COLUMNS[name]
    with pytest.raises(DataError, match="y held numbers before\n  received: dtype <U1"):
        understand(np.array(first), outputs).encode(np.array([["0", "1"]]), np.float64)


@pytest.mark.parametrize(
    ("name", "later", "expected"),
    [
        ("labels", [[0, 1], [0.5, 1]], "0 and 1"),
        ("one-hot", [[0, 1], [1, 1]], "one 1, and 0 elsewhere"),
        ("one-hot", [[0, 1], [0, 0]], "one 1, and 0 elsewhere"),
        ("one-hot", [[0, 1], [2, -1]], "one 1, and 0 elsewhere"),
    ],
)
def test_a_row_that_says_no_class_is_named(name, later, expected):
    first, outputs = COLUMNS[name]
    with pytest.raises(DataError, match="row 1 of y does not say which classes it is of") as caught:
        understand(np.array(first), outputs).encode(np.array(later), np.float64)
    assert caught.value.expected == expected


def test_text_is_refused_where_numbers_were():
    with pytest.raises(DataError, match="y held numbers before"):
        understand(np.array([0.5, 1.5]), 1).encode(np.array(["a", "b"]), np.float64)
