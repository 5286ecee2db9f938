"""Scaling: mean 0 and standard deviation 1, and back to the units that came in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.preprocessing import StandardScaler

from whygrad.data.scaling import Scaling

tables = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 12), st.integers(1, 4)),
    elements=st.floats(-1e6, 1e6).map(lambda value: round(value, 3)),
)


@settings(deadline=None)
@given(tables)
def test_undo_gives_back_what_apply_took(table):
    scaling = Scaling.of(table)
    back = scaling.undo(scaling.apply(table))
    assert np.allclose(back, table, rtol=1e-9, atol=1e-9 * (1 + np.abs(table).max()))


@settings(deadline=None)
@given(tables)
def test_scaled_columns_have_mean_0_and_standard_deviation_1(table):
    scaled = Scaling.of(table).apply(table)
    constant = np.ptp(table, axis=0) == 0
    assert np.allclose(scaled.mean(axis=0), 0, atol=1e-6)
    assert np.allclose(scaled.std(axis=0)[~constant], 1, atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 3.0, -1e9, 0.1])
def test_a_constant_column_is_only_shifted(value):
    scaling = Scaling.of(np.full((5, 1), value))
    assert scaling.std.tolist() == [1]
    assert np.allclose(scaling.apply(np.array([[value], [value + 2]])), [[0], [2]], atol=1e-6)


def test_other_rows_are_scaled_by_the_same_numbers():
    learned = np.array([[0.0, 10.0], [2.0, 30.0]])
    scaling = Scaling.of(learned)
    assert scaling.apply(np.array([[4.0, 0.0]])).tolist() == [[3.0, -2.0]]


def test_it_is_the_scaling_that_scikit_learn_finds():
    table = np.random.default_rng(0).gamma(2, 3, (40, 3))
    assert np.array_equal(Scaling.of(table).apply(table), StandardScaler().fit_transform(table))


def test_whole_numbers_can_be_scaled():
    assert Scaling.of(np.array([[1], [3]])).apply(np.array([[5]])).tolist() == [[3.0]]
