"""Batches in buffers: the rows asked for, in the same arrays each time."""

import numpy as np
import pytest

from whygrad.errors import SettingError, ShapeError
from whygrad.nn import Batches

X = np.arange(20.0).reshape(10, 2)


@pytest.mark.parametrize("targets", [np.arange(10), np.arange(30).reshape(10, 3)])
def test_rows_are_those_asked_for(targets):
    batches, rng = Batches(X, targets, 4), np.random.default_rng(0)
    for size in (4, 4, 2, 4, 1, 2):
        rows = rng.permutation(10)[:size]
        x, t = batches.take(rows)
        np.testing.assert_array_equal(x, X[rows])
        np.testing.assert_array_equal(t, targets[rows])
        assert (x.dtype, t.dtype) == (X.dtype, targets.dtype)


def test_the_arrays_are_the_same_for_the_same_number_of_rows():
    batches = Batches(X, X, 4)
    first, short = batches.take(np.arange(4)), batches.take(np.arange(2))
    for again, earlier in ((batches.take(np.arange(4, 8)), first), (batches.take(np.array([9, 9])), short)):
        assert again[0] is earlier[0]
        assert again[1] is earlier[1]


def test_the_data_stay_as_they_are():
    before = X.copy()
    x, _ = Batches(X, X, 4).take(np.arange(4))
    x += 1
    np.testing.assert_array_equal(X, before)


def test_no_more_rows_than_there_are():
    assert Batches(X, X, 64).x.shape == (10, 2)


def test_other_numbers_of_rows_are_refused():
    with pytest.raises(ShapeError, match="do not have the same number of rows\n  received: 10, 9"):
        Batches(X, np.arange(9), 4)
    with pytest.raises(SettingError, match="size must be a whole number, 1 or above"):
        Batches(X, X, 0)
