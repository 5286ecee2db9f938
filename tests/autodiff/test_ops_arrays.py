"""Rows for arrays at extremes: exact values far out, ties, infinities, and pairs that undo each other."""

import math

import numpy as np
import pytest

from whygrad import Tensor
from whygrad.autodiff.readings.arrays import ARRAYS, fit, sum_to
from whygrad.autodiff.table import TABLE

from .cases import error, generic

INF = math.inf


def value_and_gradient(row, inputs, upstream, **keywords):
    op = TABLE[row].bind(**keywords)
    inputs = [np.asarray(x) for x in inputs]
    y = np.asarray(op.forward(ARRAYS, *inputs))
    return y, op.pull(0, ARRAYS, np.asarray(upstream, float), y, inputs)


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-14, atol=0)


# --- softmax and its logarithm ---------------------------------------------------------------------


def test_softmax_of_extreme_logits():
    tail = math.exp(-700)
    y, g = value_and_gradient("softmax", [[0.0, -700.0]], [1.0, 0.0])
    close(y, [1.0, tail])
    np.testing.assert_allclose(g, [tail, -tail], rtol=1e-14, atol=1e-304)
    y, g = value_and_gradient("softmax", [[1000.0, -1000.0, 1000.0]], [1.0, 0.0, 0.0])
    close(y, [0.5, 0.0, 0.5])
    close(g, [0.25, 0.0, -0.25])
    y, g = value_and_gradient("softmax", [[1e307, -1e307]], [1.0, 0.0])
    close(y, [1.0, 0.0])
    close(g, [0.0, 0.0])
    y, g = value_and_gradient("softmax", [[1.0, -INF]], [0.0, 1.0])
    close(y, [1.0, 0.0])
    close(g, [0.0, 0.0])


def test_log_softmax_of_extreme_logits():
    y, g = value_and_gradient("log_softmax", [[0.0, -800.0]], [0.0, 1.0])
    close(y, [0.0, -800.0])
    close(g, [-1.0, 1.0])
    y, g = value_and_gradient("log_softmax", [[0.0, -40.0]], [1.0, 0.0])
    close(y[1], -40 - math.log1p(math.exp(-40)))
    np.testing.assert_allclose(g, [0.0, -math.exp(-40)], rtol=1e-14, atol=1e-16)
    y, g = value_and_gradient("log_softmax", [[1000.0, 1000.0 - 1e-3]], [0.0, 1.0])
    difference = 1000.0 - (1000.0 - 1e-3)
    close(y, [-math.log1p(math.exp(-difference)), -difference - math.log1p(math.exp(-difference))])


def test_logsumexp_of_extreme_logits():
    y, g = value_and_gradient("logsumexp", [[1000.0, 1000.0]], 1.0)
    close(y, 1000 + math.log(2))
    close(g, [0.5, 0.5])
    y, g = value_and_gradient("logsumexp", [[-1000.0, -INF]], 1.0)
    close(y, -1000.0)
    close(g, [1.0, 0.0])


def test_rows_of_a_matrix_do_not_see_each_other():
    z = np.array([[1e308, 0.0], [1.0, 2.0]])
    alone, _ = value_and_gradient("softmax", [z[1:]], np.ones((1, 2)))
    together, _ = value_and_gradient("softmax", [z], np.ones((2, 2)))
    close(together[1:], alone)


# --- reductions ------------------------------------------------------------------------------------


def test_the_largest_may_be_infinite():
    for a, shares in [
        ([INF, 1.0, INF], [1.0, 0.0, 1.0]),
        ([-INF, -INF], [1.0, 1.0]),
        ([0.0, -INF], [2.0, 0.0]),
    ]:
        with np.errstate(invalid="ignore"):  # inf - inf on the way
            y, g = value_and_gradient("max", [a], 2.0)
        assert y == max(a)
        np.testing.assert_array_equal(g, shares)


def test_sums_over_rows_keep_their_dtype():
    for dtype in (np.float32, np.float64, np.int64):
        a = np.arange(12).reshape(3, 4).astype(dtype)
        total = ARRAYS.sum(a, axis=0)
        assert total.dtype == dtype
        np.testing.assert_array_equal(total, a.sum(axis=0))


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ((5, 3), (3,)),
        ((5, 3), (1,)),
        ((5, 3), (1, 3)),
        ((5, 3), ()),
        ((2, 5, 3), (5, 1)),
        ((3,), (3,)),
        ((0, 3), (3,)),
    ],
)
def test_what_was_broadcast_is_summed_back(wide, narrow):
    g = generic(*wide)
    expected = (np.ones(g.size) @ (g.ravel()[:, None] * spread_matrix(wide, narrow))).reshape(narrow)
    assert error(sum_to(g, shape=narrow), expected) <= 1e-14
    assert error(fit(g, np.zeros(narrow)), expected) <= 1e-14


def spread_matrix(wide, narrow):
    """Which entry of the narrow array each entry of the wide one was copied from."""
    size = int(np.prod(narrow))
    places = np.broadcast_to(np.arange(size).reshape(narrow), wide).ravel()
    return np.eye(size)[places]


def test_fit_gives_shape_and_dtype_and_an_array():
    fitted = fit(np.float64(2.0), np.zeros((), np.float32))
    assert (type(fitted), fitted.shape, fitted.dtype) == (np.ndarray, (), np.float32)
    g = np.ones(3)
    assert fit(g, np.zeros(3)) is g


# --- shapes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "undone_by", "keywords", "shape"),
    [
        ("index", "scatter", {"key": np.array([0, 0, 2])}, (3,)),
        ("spread", "sum", {"axis": 1}, (2, 3)),
        ("broadcast_to", "sum_to", {}, (2, 3)),
    ],
)
def test_each_of_a_pair_is_the_others_derivative(row, undone_by, keywords, shape):
    """⟨u, A v⟩ = ⟨Aᵀ u, v⟩ for both of a pair."""
    if row == "index":
        forward, back = TABLE[row].bind(**keywords), TABLE[undone_by].bind(shape=shape, **keywords)
        v = generic(*shape)
    elif row == "spread":
        forward, back = TABLE[row].bind(shape=shape, **keywords), TABLE[undone_by].bind(**keywords)
        v = generic(shape[0])
    else:
        forward, back = TABLE[row].bind(shape=shape), TABLE[undone_by].bind(shape=(3,))
        v = generic(3)
    y = forward.forward(ARRAYS, v)
    u = generic(*y.shape)
    np.testing.assert_allclose(forward.pull(0, ARRAYS, u, y, [v]), back.forward(ARRAYS, u), rtol=1e-15)
    x = back.forward(ARRAYS, u)
    np.testing.assert_allclose(back.pull(0, ARRAYS, v, x, [u]), y, rtol=1e-15)


def test_an_entry_picked_twice_receives_both():
    x = Tensor([1.0, 2.0, 3.0])
    x[np.array([2, 2, 0])].backward([10.0, 1.0, 5.0])
    np.testing.assert_array_equal(x.grad, [5.0, 0.0, 11.0])


def test_parts_of_different_lengths_are_cut_apart_again():
    parts = [Tensor(generic(2, n, 3)) for n in (1, 4, 2)]
    upstream = generic(2, 7, 3)
    TABLE["concatenate"](*parts, axis=-2).backward(upstream)
    np.testing.assert_array_equal(np.concatenate([part.grad for part in parts], axis=1), upstream)


# --- normalisation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, -1])
def test_what_is_normalised_has_mean_zero_and_deviation_one(axis):
    x = generic(50, 50) * 100 + 1e3
    y = TABLE["normalize"].forward(ARRAYS, x, np.ones(50), np.zeros(50), axis=axis, eps=0.0)
    np.testing.assert_allclose(y.mean(axis=axis), 0, atol=1e-13)
    np.testing.assert_allclose(y.std(axis=axis), 1, rtol=1e-13)


def test_a_constant_column_stays_finite():
    x = np.full((4, 2), 3.0)
    inputs = [x, np.ones(2), np.zeros(2)]
    op = TABLE["normalize"].bind(axis=0)
    y = op.forward(ARRAYS, *inputs)
    np.testing.assert_array_equal(y, np.zeros((4, 2)))
    g = op.pull(0, ARRAYS, generic(4, 2), y, inputs)
    assert np.isfinite(g).all()
    np.testing.assert_allclose(g.sum(axis=0), 0, atol=1e-10)


def test_given_statistics_equal_the_batchs_own():
    x, scale, shift = generic(6, 3), generic(3), generic(3)
    normal = TABLE["normalize"].forward(ARRAYS, x, scale, shift, axis=0)
    given = TABLE["standardize"].forward(ARRAYS, x, x.mean(axis=0), x.var(axis=0), scale, shift)
    assert error(given, normal) <= 1e-14
