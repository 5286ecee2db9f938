"""Accuracy and R² against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, r2_score

from whygrad.evaluation.metrics import accuracy, r2

pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30)
numbers = st.floats(-100, 100).map(lambda value: round(value, 3))


@settings(deadline=None)
@given(pairs)
def test_accuracy_is_the_share_of_right_rows(rows):
    predicted, actual = np.array(rows).T
    assert accuracy(predicted, actual) == accuracy_score(actual, predicted)


def test_accuracy_of_text():
    assert accuracy(np.array(["a", "b", "c", "c"]), np.array(["a", "b", "b", "c"])) == 0.75


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 1)] * 6), min_size=1, max_size=20))
def test_a_row_of_labels_is_right_if_all_are(rows):
    table = np.array(rows)
    assert accuracy(table[:, :3], table[:, 3:]) == accuracy_score(table[:, 3:], table[:, :3])


@settings(deadline=None)
@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=30))
def test_r2_is_scikit_learns(rows):
    predicted, actual = np.array(rows).T
    assume(np.ptp(actual) > 0)  # scikit-learn's mean of equal numbers may be another number
    assert r2(predicted, actual) == pytest.approx(r2_score(actual, predicted), rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.tuples(*[numbers] * 4), min_size=2, max_size=30))
def test_r2_of_columns_is_their_mean(rows):
    table = np.array(rows)
    assume((np.ptp(table[:, 2:], axis=0) > 0).all())
    expected = r2_score(table[:, 2:], table[:, :2])
    assert r2(table[:, :2], table[:, 2:]) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("value", [2.0, 42.938, 0.1, 1e9 + 0.1])
def test_r2_of_constant_targets_is_all_or_nothing(value):
    actual = np.full(3, value)
    assert r2(actual.copy(), actual) == 1
    assert r2(np.array([value, value, value + 0.5]), actual) == 0


def test_the_mean_scores_0_and_worse_is_below():
    actual = np.array([1.0, 2.0, 6.0])
    assert r2(np.full(3, 3.0), actual) == 0
    assert r2(np.full(3, 9.0), actual) < 0
