"""Intervals against scipy's, against the equations they solve, and against what they promise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from sklearn.metrics import r2_score

from whygrad.errors import DataError, SettingError, ShapeError
from whygrad.evaluation import intervals
from whygrad.evaluation.intervals import Interval, bootstrap_difference, bootstrap_r2, mcnemar, wilson
from whygrad.evaluation.scoring import score

counts = st.integers(1, 10**6).flatmap(lambda rows: st.tuples(st.integers(0, rows), st.just(rows)))
levels = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.9999])


def draw(rows, seed, noise=0.5):
    """Targets of variance 1, and predictions with R² of 1 - noise²."""
    actual, error = np.random.default_rng(seed).normal(size=(2, rows))
    return actual + noise * error, actual


# ---------------------------------------------------------------------------------------------------------
# Wilson
# ---------------------------------------------------------------------------------------------------------


@given(counts, levels)
def test_wilson_is_that_of_scipy(count, level):
    right, rows = count
    found = wilson(right, rows, level)
    theirs = stats.binomtest(right, rows).proportion_ci(level, method="wilson")
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("right", "rows"), [(1, 2), (3, 10), (352, 360), (40, 41), (5000, 10000)])
def test_wilson_holds_what_a_score_test_does_not_reject(right, rows):
    """The ends are where |share - p| is z standard errors of p, found by bisection."""
    share, z = right / rows, stats.norm.ppf(0.975)

    def excess(p):
        return abs(share - p) - z * math.sqrt(p * (1 - p) / rows)

    found = wilson(right, rows)
    assert found.low == pytest.approx(optimize.brentq(excess, 1e-12, share, xtol=1e-15), abs=1e-12)
    assert found.high == pytest.approx(optimize.brentq(excess, share, 1 - 1e-12, xtol=1e-15), abs=1e-12)


@given(counts, levels)
def test_wilson_holds_the_share_within_0_and_1(count, level):
    right, rows = count
    found = wilson(right, rows, level)
    assert 0 <= found.low <= right / rows <= found.high <= 1
    assert found.low < found.high
    assert (found.low == 0) == (right == 0)
    assert (found.high == 1) == (right == rows)


@given(counts, levels)
def test_wilson_is_symmetric_in_right_and_wrong(count, level):
    right, rows = count
    found, mirrored = wilson(right, rows, level), wilson(rows - right, rows, level)
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-12)


@given(counts)
def test_wilson_is_wider_the_surer_it_is(count):
    narrow, wide = wilson(*count, 0.8), wilson(*count, 0.99)
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high


def test_wilson_of_one_row():
    assert str(wilson(1, 1)) == "0.207 to 1.000 (95 %)"
    assert str(wilson(0, 1)) == "0.000 to 0.793 (95 %)"


def test_wilson_covers_what_it_promises():
    """Over all shares, on average; and in each drawn case not far below, where the textbook p ± z s fails."""
    rng = np.random.default_rng(0)
    for rows in (20, 100, 360):
        ends = np.array([[(w := wilson(k, rows)).low, w.high] for k in range(rows + 1)])
        shares = rng.uniform(0.02, 0.98, 4000)
        seen = rng.binomial(rows, shares)
        held = (ends[seen, 0] <= shares) & (shares <= ends[seen, 1])
        assert 0.94 < held.mean() < 0.965
        exact = [
            stats.binom.pmf(range(rows + 1), rows, p)[(ends[:, 0] <= p) & (p <= ends[:, 1])].sum()
            for p in (0.1, 0.5, 0.9, 0.97)
        ]
        assert 0.91 < min(exact) <= max(exact) < 0.99


@pytest.mark.parametrize(
    ("right", "rows"), [(1, 0), (3, 2), (-1, 2), (0.5, 2), (1, 2.0), (True, 2), ("1", 2), (0, 0)]
)
def test_counts_that_are_none_are_refused(right, rows):
    with pytest.raises(DataError, match=r"whole numbers\n  expected: 0 <= right <= rows"):
        wilson(right, rows)


@pytest.mark.parametrize("level", [0, 1, -1, 95, math.nan, "0.95", None])
def test_levels_that_are_none_are_refused(level):
    with pytest.raises(SettingError, match="level must be between 0 and 1"):
        wilson(1, 2, level)


def test_counts_may_be_numpy_numbers():
    assert wilson(np.int64(3), np.int64(7)) == wilson(3, 7)


# ---------------------------------------------------------------------------------------------------------
# Bootstrap
# ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [None, 3])
def test_the_bootstrap_is_r2_of_each_resample(columns):
    rng = np.random.default_rng(0)
    shape = (30,) if columns is None else (30, columns)
    actual, error = rng.normal(size=(2, *shape))
    found = bootstrap_r2(actual + error, actual, rng=np.random.default_rng(1), resamples=200)
    rows = np.random.default_rng(1).integers(0, 30, size=(200, 30))
    plain = [r2_score(actual[drawn], (actual + error)[drawn]) for drawn in rows]
    assert (found.low, found.high) == pytest.approx(np.quantile(plain, [0.025, 0.975]), abs=1e-12)


def test_the_difference_is_taken_on_the_same_resamples():
    rng = np.random.default_rng(0)
    actual, one, other = rng.normal(size=(3, 40))
    found = bootstrap_difference(one, other, actual, rng=np.random.default_rng(1), resamples=200)
    rows = np.random.default_rng(1).integers(0, 40, size=(200, 40))
    plain = [r2_score(actual[k], one[k]) - r2_score(actual[k], other[k]) for k in rows]
    assert (found.low, found.high) == pytest.approx(np.quantile(plain, [0.025, 0.975]), abs=1e-12)


def test_working_in_pieces_changes_nothing(monkeypatch):
    predicted, actual = draw(50, seed=0)
    whole = bootstrap_r2(predicted, actual, rng=np.random.default_rng(1), resamples=300)
    monkeypatch.setattr(intervals, "CELLS", 7 * 50)
    assert bootstrap_r2(predicted, actual, rng=np.random.default_rng(1), resamples=300) == whole
    monkeypatch.setattr(intervals, "CELLS", 1)
    assert bootstrap_r2(predicted, actual, rng=np.random.default_rng(1), resamples=300) == whole


def test_resamples_with_constant_targets_are_left_out():
    """A single row differs; it is missing from every third resample, which then has no R²."""
    actual = np.array([0.1] * 9 + [5.1])
    predicted = actual + np.linspace(-0.5, 0.5, 10)
    found = bootstrap_r2(predicted, actual, rng=np.random.default_rng(0), resamples=500)
    rows = np.random.default_rng(0).integers(0, 10, size=(500, 10))
    plain = [r2_score(actual[k], predicted[k]) for k in rows if 9 in k and set(k) != {9}]
    assert 250 < len(plain) < 400
    assert (found.low, found.high) == pytest.approx(np.quantile(plain, [0.025, 0.975]), abs=1e-9)


@given(
    st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), min_size=2, max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_the_bootstrap_holds_the_figure_and_never_exceeds_1(rows, seed):
    predicted, actual = np.round(np.array(rows), 3).T
    if np.ptp(actual) == 0:
        with pytest.raises(DataError, match="says nothing"):
            bootstrap_r2(predicted, actual, rng=np.random.default_rng(seed), resamples=100)
        return
    found = bootstrap_r2(predicted, actual, rng=np.random.default_rng(seed), resamples=100)
    assert found.low <= score(predicted, actual, "regression").value <= found.high <= 1


def test_a_perfect_fit_has_no_width():
    actual = np.arange(10.0)
    found = bootstrap_r2(actual, actual, rng=np.random.default_rng(0))
    assert (found.low, found.high) == (1.0, 1.0)
    same = bootstrap_difference(actual + 1, actual + 1, actual, rng=np.random.default_rng(0))
    assert (same.low, same.high) == (0.0, 0.0)


def test_the_bootstrap_covers_about_what_it_promises():
    held = []
    for seed in range(400):
        predicted, actual = draw(100, seed)
        found = bootstrap_r2(predicted, actual, rng=np.random.default_rng(seed), resamples=400)
        held.append(0.75 in found)
    assert 0.91 < np.mean(held) < 0.98


def test_the_same_generator_gives_the_same_interval():
    predicted, actual = draw(20, seed=0)
    first, second = [bootstrap_r2(predicted, actual, rng=np.random.default_rng(3)) for _ in range(2)]
    assert first == second


@pytest.mark.parametrize(
    ("predicted", "actual", "settings", "error", "text"),
    [
        ([1.0, 2.0], [0.1, 0.1], {}, DataError, "says nothing.*\n.*differ\n.*2 rows in which"),
        ([1.0], [0.1], {}, DataError, "1 row in which"),
        (np.eye(2), [[1.0, 0.0], [2.0, 0.0]], {}, DataError, "column of targets is constant"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], {}, ShapeError, "one prediction for each"),
        ([1.0, math.nan], [1.0, 2.0], {}, DataError, "finite"),
        ([1.0, 2.0], [1.0, 2.0], {"resamples": 99}, SettingError, "whole number from 100"),
        ([1.0, 2.0], [1.0, 2.0], {"resamples": 1e3}, SettingError, "received: 1000.0"),
        ([1.0, 2.0], [1.0, 2.0], {"level": 95}, SettingError, "try 0.95"),
    ],
)
def test_what_cannot_be_resampled_is_refused(predicted, actual, settings, error, text):
    with pytest.raises(error, match=text):
        bootstrap_r2(predicted, actual, rng=np.random.default_rng(0), **settings)


# ---------------------------------------------------------------------------------------------------------
# McNemar
# ---------------------------------------------------------------------------------------------------------


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_mcnemar_is_the_binomial_test_of_scipy(first, second):
    expected = stats.binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(expected, rel=1e-9, abs=1e-270)
    assert mcnemar(first, second) == mcnemar(second, first)


@pytest.mark.parametrize(("first", "second"), [(0, 5), (7, 20), (499, 560), (1500, 1400)])
def test_mcnemar_sums_exactly(first, second):
    n = first + second
    total = sum(math.comb(n, k) for k in range(min(first, second) + 1))
    assert mcnemar(first, second) == min(1.0, 2 * total / 2**n)


def test_mcnemar_of_many_rows():
    assert mcnemar(60_000, 60_000) == 1.0
    assert mcnemar(59_000, 61_000) == pytest.approx(stats.binomtest(59_000, 120_000).pvalue, rel=1e-9)
    assert mcnemar(0, 5000) == 0.0
    assert mcnemar(np.int64(3), np.int64(9)) == mcnemar(3, 9)


@pytest.mark.parametrize("pair", [(-1, 3), (3, -1), (1.5, 2), (-1, 1)])
def test_mcnemar_counts_rows(pair):
    with pytest.raises(DataError, match="whole numbers"):
        mcnemar(*pair)


# ---------------------------------------------------------------------------------------------------------
# How intervals read
# ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(0.95712, 0.98871, 0.95), "0.957 to 0.989 (95 %)"),
        (Interval(0.99912, 0.99996, 0.95), "0.99912 to 0.99996 (95 %)"),
        (Interval(0.0, 1.0, 0.999), "0.000 to 1.000 (99.9 %)"),
        (Interval(-3.25, 0.5, 0.95), "-3.250 to 0.500 (95 %)"),
        (Interval(0.50001, 0.50002, 0.95), "0.50001 to 0.50002 (95 %)"),
        (Interval(1.0, 1.0, 0.95), "1.000 to 1.000 (95 %)"),
    ],
)
def test_text(interval, text):
    assert str(interval) == text


def test_ends_belong_to_it():
    interval = Interval(0.25, 0.5, 0.95)
    assert [value in interval for value in (0.2, 0.25, 0.3, 0.5, 0.6)] == [False, True, True, True, False]
