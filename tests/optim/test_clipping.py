"""Clipping: what it keeps, what it limits, and that it hides nothing."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whygrad.errors import KindError, SettingError, ShapeError
from whygrad.optim import clip_by_norm, clip_by_value

entries = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20)
limits = st.floats(1e-3, 1e3)
both = pytest.mark.parametrize("clip", [clip_by_value, clip_by_norm])


@given(entries, limits)
def test_value_limits_each_entry_and_touches_no_other(values, limit):
    gradient = np.array(values)
    clip_by_value(gradient, limit)
    assert gradient.tolist() == [min(limit, max(-limit, value)) for value in values]


@given(entries, limits)
def test_norm_is_limited_and_the_direction_stays(values, limit):
    gradient, before = np.array(values), np.array(values)
    norm = clip_by_norm(gradient, limit)
    assert norm == pytest.approx(math.hypot(*values), rel=1e-14, abs=0)
    assert math.hypot(*gradient) == pytest.approx(min(norm, limit), rel=1e-14, abs=0)
    scale = min(1.0, limit / norm) if norm else 1.0
    np.testing.assert_allclose(gradient, before * scale, rtol=1e-13, atol=1e-307)


@given(entries)
def test_norm_within_the_limit_changes_no_bit(values):
    gradient = np.array(values)
    clip_by_norm(gradient, math.hypot(*values) * 1.000001 + 1e-9)
    assert gradient.tobytes() == np.array(values).tobytes()


@given(entries, limits)
def test_clipping_again_does_nothing_more(values, limit):
    gradient = np.array(values)
    clip_by_norm(gradient, limit)
    once = gradient.copy()
    clip_by_norm(gradient, limit)
    np.testing.assert_allclose(gradient, once, rtol=1e-14)


def test_norm_of_three_and_four():
    gradient = np.array([3.0, 4.0])
    assert clip_by_norm(gradient, 10.0) == 5.0
    assert gradient.tolist() == [3.0, 4.0]
    assert clip_by_norm(gradient, 4.9) == 5.0
    np.testing.assert_allclose(gradient, [2.94, 3.92], rtol=1e-15)
    assert clip_by_norm(gradient, 0.5) == pytest.approx(4.9, rel=1e-15)
    np.testing.assert_allclose(gradient, [0.3, 0.4], rtol=1e-15)


def test_norm_of_nothing_and_of_zeros():
    assert clip_by_norm(np.empty(0), 1.0) == 0.0
    zeros = np.zeros(3)
    assert clip_by_norm(zeros, 1.0) == 0.0
    assert zeros.tolist() == [0.0, 0.0, 0.0]


def test_value_keeps_nan_and_bounds_infinity():
    gradient = np.array([np.nan, np.inf, -np.inf, 0.5])
    clip_by_value(gradient, 2.0)
    np.testing.assert_array_equal(gradient, [np.nan, 2.0, -2.0, 0.5])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_norm_leaves_a_gradient_that_is_not_finite_and_tells(bad, dtype):
    gradient = np.array([1.0, bad, 1e30], dtype)
    before = gradient.copy()
    norm = clip_by_norm(gradient, 1.0)
    assert math.isnan(norm) == math.isnan(bad)
    assert not math.isfinite(norm)
    np.testing.assert_array_equal(gradient, before)


def test_nan_beside_infinity_is_told_as_nan():
    assert math.isnan(clip_by_norm(np.array([np.inf, np.nan]), 1.0))


@pytest.mark.parametrize(("dtype", "large"), [(np.float32, 3e38), (np.float64, 1.7e308)])
def test_norm_of_entries_too_large_to_square(dtype, large):
    gradient = np.array([large, -large, 0.0, large], dtype)
    norm = clip_by_norm(gradient, 3.0)
    if dtype is np.float32:
        assert norm == pytest.approx(float(np.float32(large)) * math.sqrt(3), rel=1e-6)
    np.testing.assert_allclose(gradient, np.array([1, -1, 0, 1]) * math.sqrt(3), rtol=1e-6)


@pytest.mark.parametrize(("dtype", "small"), [(np.float32, 1e-30), (np.float64, 1e-200)])
def test_norm_of_entries_too_small_to_square(dtype, small):
    gradient = np.array([3 * small, 4 * small], dtype)
    assert clip_by_norm(gradient, small) == pytest.approx(5 * small, rel=1e-6, abs=0)
    np.testing.assert_allclose(gradient, [0.6 * small, 0.8 * small], rtol=1e-6)


@both
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_dtype_and_place_are_kept(clip, dtype):
    table = np.full((4, 3), 5.0, dtype)
    clip(table[:, 1], 0.5)
    assert table.dtype == dtype
    assert (table[:, [0, 2]] == 5).all()
    assert (table[:, 1] == table[0, 1]).all()
    assert float(table[0, 1]) == (0.5 if clip is clip_by_value else 0.25)


@both
def test_limit_beyond_the_dtype_clips_nothing(clip):
    gradient = np.array([1e30, -2e30], np.float32)
    before = gradient.copy()
    clip(gradient, 1e300)
    assert gradient.tobytes() == before.tobytes()


@both
@pytest.mark.parametrize("limit", [0, -1.0, math.nan, math.inf, "1", None])
def test_limit_that_cannot_work_is_refused(clip, limit):
    gradient = np.ones(2)
    with pytest.raises(SettingError, match="limit must be a"):
        clip(gradient, limit)
    assert gradient.tolist() == [1.0, 1.0]


@both
@pytest.mark.parametrize(
    ("gradient", "error", "text"),
    [
        ([1.0], KindError, "gradient must be a NumPy array"),
        (np.ones(2, int), KindError, "gradient must be floats"),
        (np.ones((2, 2)), ShapeError, "gradient must be one flat vector"),
    ],
)
def test_gradient_that_is_no_flat_vector_of_floats_is_refused(clip, gradient, error, text):
    with pytest.raises(error, match=text):
        clip(gradient, 1.0)
