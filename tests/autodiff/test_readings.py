"""Namespaces: what a name stands for on numbers, arrays, complex arrays and nodes."""

import math

import numpy as np
import pytest

from whygrad import Tensor, Value
from whygrad.autodiff.readings import NODES, Namespace, arrays, reading_of
from whygrad.autodiff.readings.arrays import ARRAYS
from whygrad.autodiff.readings.complexes import COMPLEXES
from whygrad.autodiff.readings.floats import FLOATS, FUNCTIONS
from whygrad.autodiff.table import TABLE

INF, NAN = math.inf, math.nan
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 1000.0, -1000.0, INF, -INF, NAN]
ONE = "exp expm1 log strong_log log1p sqrt sin cos tanh abs sign step bounded".split()
TWO = "divide power maximum minimum strong_multiply compare".split()


def equal(number, array):
    return number == array or (number != number and array != array)


# --- numbers and arrays agree on every base function -----------------------------------------------


def test_every_base_function_is_compared():
    assert {*ONE, *TWO, "strong_product", "where", "fit"} == set(FUNCTIONS)


@pytest.mark.parametrize("function", ONE)
@pytest.mark.parametrize("a", SPECIAL)
def test_functions_of_one_number(function, a):
    with np.errstate(all="ignore"):
        array = getattr(ARRAYS, function)(np.array(a))
    number = getattr(FLOATS, function)(a)
    assert type(number) is float
    assert equal(number, array) or number == pytest.approx(float(array), rel=1e-15)


@pytest.mark.parametrize("function", TWO)
@pytest.mark.parametrize("a", SPECIAL)
@pytest.mark.parametrize("b", SPECIAL)
def test_functions_of_two_numbers(function, a, b):
    with np.errstate(all="ignore"):
        array = getattr(ARRAYS, function)(np.array(a), np.array(b))
    number = getattr(FLOATS, function)(a, b)
    assert type(number) is float
    assert equal(number, array) or number == pytest.approx(float(array), rel=1e-15)
    if number == 0 and function in ("divide", "power"):
        assert math.copysign(1, number) == math.copysign(1, float(array))


def test_where_on_numbers():
    assert FLOATS.where(True, 1.0, 2.0) == 1.0
    assert FLOATS.where(0.0, 1.0, 2.0) == 2.0
    assert FLOATS.fit("anything", "other") == "anything"


# --- names -----------------------------------------------------------------------------------------


def test_every_other_row_is_found_by_name_and_kept():
    space = Namespace(exp=math.exp, minimum=min, abs=abs)
    assert "sigmoid" not in vars(space)
    assert space.sigmoid(0.0) == 0.5
    assert "sigmoid" in vars(space)
    for xp in (FLOATS, ARRAYS, COMPLEXES, NODES):
        with pytest.raises(AttributeError, match="no operation named 'sigmoit'"):
            _ = xp.sigmoit


def test_on_nodes_a_name_is_the_row():
    assert NODES.tanh is TABLE["tanh"]
    x = Tensor(np.ones(3))
    assert NODES.fit(x, Tensor([1.0, 2.0, 3.0])) is x
    fitted = NODES.fit(x, Tensor(1.0))
    assert (fitted.data, fitted.op.name) == (3.0, "sum_to")


def test_a_comparison_of_values_decides_at_once():
    a, b = Value(1.0), Value(2.0)
    assert NODES.where(True, a, b) is a
    assert NODES.where(False, a, b) is b
    chosen = NODES.where(np.array([True, False]), Tensor([1.0, 1.0]), 0.0)
    np.testing.assert_array_equal(chosen.data, [1.0, 0.0])


@pytest.mark.parametrize(
    ("operands", "reading"),
    [
        ([1, 2.0, True], FLOATS),
        ([np.float64(1)], FLOATS),
        ([np.float32(1)], ARRAYS),
        ([1.0, np.ones(2)], ARRAYS),
        ([[1.0]], ARRAYS),
    ],
)
def test_the_reading_follows_from_the_operands(operands, reading):
    assert reading_of(operands) is reading


# --- complex arrays --------------------------------------------------------------------------------


def test_what_orders_numbers_looks_at_the_real_part():
    z, w = np.array([1 + 5j, -2 + 1j]), np.array([2 - 1j, -3 + 0j])
    np.testing.assert_array_equal(COMPLEXES.maximum(z, w), [2 - 1j, -2 + 1j])
    np.testing.assert_array_equal(COMPLEXES.minimum(z, w), [1 + 5j, -3 + 0j])
    np.testing.assert_array_equal(COMPLEXES.abs(z), [1 + 5j, 2 - 1j])
    np.testing.assert_array_equal(COMPLEXES.sign(z), [1, -1])
    np.testing.assert_array_equal(COMPLEXES.step(z), [1, 0])
    assert COMPLEXES.max(z) == 1 + 5j
    np.testing.assert_array_equal(
        COMPLEXES.max(np.array([[1 + 2j, 1 + 4j]]), axis=1, keepdims=True), [[1 + 3j]]
    )
    assert COMPLEXES.sum(z) == -1 + 6j
    assert COMPLEXES.sigmoid(np.array([0j])) == 0.5


# --- arrays ----------------------------------------------------------------------------------------


def test_zero_wins_over_infinity_and_keeps_the_dtype():
    a = np.array([0.0, 2.0, -0.0], np.float32)
    product = arrays.strong_multiply(a, np.array([INF, INF, NAN], np.float32))
    np.testing.assert_array_equal(product, np.array([0.0, INF, 0.0], np.float32))
    for left, right in [(a, a), (2.0, a), (a, 2), (0, a), (a[:, None], a)]:
        assert arrays.strong_multiply(left, right).dtype == np.float32
    np.testing.assert_array_equal(arrays.strong_multiply(0, np.array([INF, NAN])), [0.0, 0.0])
    assert arrays.strong_multiply(np.arange(2.0)[:, None], np.ones(3)).shape == (2, 3)
