"""Rounding that never says what is not so, for any numbers."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from whygrad.evaluation.rounding import MOST, counted, decimals, percent, write

numbers = st.floats(-1e9, 1e9, allow_nan=False)
shares = st.integers(1, 10**7).flatmap(
    lambda rows: st.integers(0, rows).map(lambda right: 100 * right / rows)
)


@given(numbers, numbers, st.integers(0, MOST), st.sampled_from([(), (0.0,), (1.0,), (0.0, 100.0)]))
def test_what_is_larger_never_reads_as_smaller(first, second, places, marks):
    low, high = sorted([first, second])
    assert float(write(low, places, marks)) <= float(write(high, places, marks))


@given(st.floats(-2, 102), st.integers(0, MOST))
def test_a_value_reads_as_a_mark_only_if_it_is_one(value, places):
    written = float(write(value, places, (0.0, 100.0)))
    for mark in (0.0, 100.0):
        assert (written == mark) == (value == mark)


@given(shares)
def test_decimals_are_the_fewest_that_tell_a_value_from_the_marks(value):
    assume(value not in (0, 100))
    places = decimals([value], 1, (0.0, 100.0))
    assert 0 < float(f"{value:.{places}f}") < 100
    assert places == 1 or float(f"{value:.{places - 1}f}") in (0, 100)
    assert abs(float(write(value, places, (0.0, 100.0))) - value) <= 0.5 * 10**-places * (1 + 1e-6)


def test_pairs_read_apart_only_if_they_differ():
    assert decimals([], 1, apart=[(97.78, 97.76)]) == 2
    assert decimals([], 1, apart=[(97.7, 97.7)]) == 1
    assert decimals([], 1, apart=[(0.5, 0.5 + 1e-15)]) == MOST


@pytest.mark.parametrize(
    ("value", "places", "marks", "expected"),
    [
        (97.7777, 1, (), "97.8"),
        (-0.0001, 3, (), "0.000"),
        (-0.0, 3, (0.0,), "0.000"),
        (0.0, 3, (0.0,), "0.000"),
        (1 - 1e-12, MOST, (1.0,), "0.9999999999"),
        (1e-12, MOST, (0.0,), "0.0000000001"),
        (-1e-12, MOST, (0.0,), "-0.0000000001"),
        (-123456789.0, 3, (), "-1.235e+08"),
    ],
)
def test_how_it_reads(value, places, marks, expected):
    assert write(value, places, marks) == expected


def test_a_chosen_share_keeps_its_digits():
    assert [percent(share) for share in (0.95, 0.57, 0.975, 0.9999999)] == [
        "95 %",
        "57 %",
        "97.5 %",
        "99.99999 %",
    ]


def test_counting():
    assert [counted(n, "row") for n in (0, 1, 2, 12345)] == ["0 rows", "1 row", "2 rows", "12,345 rows"]
