"""The kernels written by hand, each against its row."""

import numpy as np
import pytest

from whygrad.autodiff.ops.arrays import affine
from whygrad.autodiff.readings.arrays import ARRAYS
from whygrad.autodiff.readings.buffers import run
from whygrad.errors import DataError
from whygrad.nn.kernels import KERNELS, affine_backward, affine_forward, small_affine

from .numeric import error

TOLERANCE = {np.float64: 1e-14, np.float32: 1e-6}
both_dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def normal(*shape, dtype=np.float64, seed=0, scale=1.0):
    return np.random.default_rng(seed).normal(0, scale, shape).astype(dtype)


# --- dense layers ------------------------------------------------------------------------------------
@both_dtypes
@pytest.mark.parametrize(("n", "i", "o"), [(1, 1, 1), (5, 3, 1), (5, 1, 4), (7, 6, 5), (64, 33, 20)])
def test_affine_is_its_row(n, i, o, dtype):
    x, w, b, delta = (
        normal(*shape, dtype=dtype, seed=k) for k, shape in enumerate([(n, i), (i, o), (o,), (n, o)])
    )
    z, spare, dx, dw, db = (np.full(like.shape, 9, dtype) for like in (delta, delta, x, w, b))
    ones = np.ones(n, dtype)
    run(affine_forward(x, w, b, z, spare))
    run(affine_backward(x, w, delta, dw, db, dx, ones))
    y = affine.forward(ARRAYS, x, w, b)
    np.testing.assert_array_equal(z, y)
    for position, found in enumerate((dx, dw, db)):
        np.testing.assert_array_equal(found, affine.pull(position, ARRAYS, delta, y, (x, w, b)))
    assert len(affine_backward(x, w, delta, dw, db, None, ones)) == 2


@both_dtypes
@pytest.mark.parametrize(("n", "i", "o"), [(1, 1, 1), (4, 2, 4), (100, 2, 16), (32, 30, 3)])
def test_small_affine_is_its_row(n, i, o, dtype):
    with_ones, wb = np.ones((i + 1, n), dtype), normal(i + 1, o, dtype=dtype)
    x, delta = with_ones[:-1].T, normal(o, n, dtype=dtype).T
    x[...] = normal(n, i, dtype=dtype)
    z, dwb, dx = np.empty((o, n), dtype).T, np.empty((i + 1, o), dtype), np.empty((i, n), dtype).T
    forward, backward = small_affine(with_ones, wb, dwb, z, delta, dx)
    for _ in range(2):
        run(forward)
        run(backward)
        inputs = (x, wb[:-1], wb[-1])
        y = affine.forward(ARRAYS, *inputs)
        assert error(z, y) <= TOLERANCE[dtype]
        assert error(dx, affine.pull(0, ARRAYS, delta, y, inputs)) <= TOLERANCE[dtype]
        assert error(dwb[:-1], affine.pull(1, ARRAYS, delta, y, inputs)) <= TOLERANCE[dtype]
        assert error(dwb[-1], affine.pull(2, ARRAYS, delta, y, inputs)) <= 10 * TOLERANCE[dtype]
        x *= 0.5  # read anew each time
    assert [len(calls) for calls in (forward, backward)] == [1, 2]
    assert len(small_affine(with_ones, wb, dwb, z, delta, None)[1]) == 1


# --- losses ------------------------------------------------------------------------------------------
def targets_for(name, z, rng):
    n, outputs = z.shape
    if name == "label_cross_entropy":
        return rng.integers(outputs, size=n)
    if name == "mean_squared_error":
        return rng.normal(size=z.shape)
    if name == "sigmoid_cross_entropy":
        return np.where(rng.random(z.shape) < 0.5, rng.integers(2, size=z.shape), rng.random(z.shape))
    return rng.dirichlet(np.ones(outputs), size=n)


@both_dtypes
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (4, 1), (100, 1), (1, 3), (5, 3), (40, 10)])
@pytest.mark.parametrize("scale", [1.0, 30.0, 1e4])
@pytest.mark.parametrize("row", KERNELS, ids=lambda row: row.name)
def test_a_loss_kernel_is_its_row(row, scale, shape, turned, dtype):
    rng = np.random.default_rng(1)
    z = np.array(normal(*shape, dtype=dtype, scale=scale), order="F" if turned else "C")
    targets = targets_for(row.name, z, rng)
    if targets.dtype.kind == "f":
        targets = targets.astype(dtype)
    gradient = np.empty_like(z)
    kernel = KERNELS[row](z, gradient)
    calls = kernel.calls(targets)
    for _ in range(2):
        z -= dtype(0.25)
        run(calls)
        y = np.asarray(row.forward(ARRAYS, z, targets))
        assert error(kernel.value, y) <= 10 * TOLERANCE[dtype]
        expected = row.pull(0, ARRAYS, 1.0, y, (z, targets))
        assert error(gradient, expected, scale=1 / z.size) <= 10 * TOLERANCE[dtype]
        assert (kernel.value.dtype, gradient.dtype) == (dtype, dtype)


@pytest.mark.parametrize("row", KERNELS, ids=lambda row: row.name)
def test_whole_numbers_are_taken_for_targets(row):
    z, gradient = normal(4, 3), np.empty((4, 3))
    labels = np.array([0, 2, 1, 1], np.int8)
    targets = labels if row.name == "label_cross_entropy" else np.eye(3, dtype=int)[labels]
    kernel = KERNELS[row](z, gradient)
    run(kernel.calls(targets))
    y = row.forward(ARRAYS, z, targets)
    assert error(kernel.value, y) <= 1e-14
    assert error(gradient, row.pull(0, ARRAYS, 1.0, y, (z, targets))) <= 1e-14


@pytest.mark.parametrize("z", [[[800.0]], [[-800.0]], [[np.inf]], [[0.0]]])
@pytest.mark.parametrize("t", [0.0, 1.0])
def test_certain_logits_neither_overflow_nor_lose_the_gradient(z, t):
    row = next(row for row in KERNELS if row.name == "sigmoid_cross_entropy")
    z, targets, gradient = np.array(z), np.array([[t]]), np.empty((1, 1))
    kernel = KERNELS[row](z, gradient)
    with np.errstate(invalid="ignore"):  # inf - inf, in both
        run(kernel.calls(targets))
        np.testing.assert_array_equal(kernel.value, row.forward(ARRAYS, z, targets))
        np.testing.assert_array_equal(gradient, row.pull(0, ARRAYS, 1.0, kernel.value, (z, targets)))


@pytest.mark.parametrize("row", KERNELS, ids=lambda row: row.name)
def test_nan_is_not_hidden(row):
    z, gradient = normal(4, 3), np.empty((4, 3))
    z[2, 1] = np.nan
    targets = targets_for(row.name, z, np.random.default_rng(0))
    kernel = KERNELS[row](z, gradient)
    with np.errstate(invalid="ignore"):  # logaddexp says so
        run(kernel.calls(targets))
    assert np.isnan(kernel.value)
    assert np.isnan(gradient[2, 1])


@pytest.mark.parametrize("wrong", [-1, 3, 10**12, -(10**12)])
def test_labels_out_of_range_are_refused_whenever_they_come(wrong):
    row = next(row for row in KERNELS if row.name == "label_cross_entropy")
    z, labels = normal(4, 3), np.array([0, 1, 2, 0])
    calls = KERNELS[row](z, np.empty((4, 3))).calls(labels)
    run(calls)
    labels[3] = wrong
    with pytest.raises(DataError, match=rf"label {wrong} is out of range"):
        run(calls)
