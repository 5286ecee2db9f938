"""What ``Value`` refuses, and the words it finds for it."""

import math
from fractions import Fraction

import numpy as np
import pytest

from whygrad import Tensor, Value
from whygrad.autodiff.table import TABLE
from whygrad.errors import GraphError, KindError


@pytest.mark.parametrize(
    ("data", "received", "hint"),
    [
        ("3", "'3' (str)", "convert text first: Value(float('3'))"),
        ([1], "[1] (list)", "one Value for each number"),
        (np.ones(2), "array([1., 1.]) (ndarray)", "for arrays use whygrad.Tensor"),
        (None, "None (NoneType)", "only numbers can be differentiated"),
        (1j, "1j (complex)", "only numbers"),
        (np.complex64(1j), "np.complex64(1j) (complex64)", "only numbers"),
        (np.datetime64("2020-01-01"), "(datetime64)", "only numbers"),
        (Value(1.0), "Value(data=1.0, grad=0.0) (Value)", "use it as it is"),
        (Tensor(1.0), "(Tensor)", "a Value and a Tensor do not mix"),
    ],
)
def test_what_is_not_one_number(data, received, hint):
    with pytest.raises(KindError, match="a Value holds one number") as error:
        Value(data)
    assert received in str(error.value)
    assert hint in str(error.value)
    assert "expected: an int or a float" in str(error.value)


def test_a_value_is_made_of_a_number_alone():
    a, b = Value(1.0), Value(2.0)
    with pytest.raises(KindError, match="a Value is made of one number") as error:
        Value(3.0, (a, b), "+")
    assert error.value.received.startswith("Value(3.0, (Value(data=1.0")
    assert "recorded by operators and methods: c = a + b" in error.value.hint
    with pytest.raises(KindError, match="a Value is made of one number") as error:
        Value(1.0, "b")
    assert error.value.hint == "Value(1.0, label='b')"
    assert Value(1.0, label="b").label == "b"


@pytest.mark.parametrize("huge", [10**400, -(10**400), Fraction(10**400)])
def test_numbers_beyond_a_float(huge):
    for make in (Value, lambda n: Value(1.0) + n, lambda n: n * Value(1.0)):
        with pytest.raises(KindError, match="received: a number of 1329 bits") as error:
            make(huge)
        assert "hint: at most 1.8e308" in str(error.value)


def test_text_beside_a_value():
    with pytest.raises(KindError, match=r"convert text first: Value\(float\('3'\)\)"):
        Value(1.0) + "3"
    with pytest.raises(TypeError):
        Value(1.0) > "3"  # noqa: B015


def test_a_row_for_arrays_says_where_it_belongs():
    with pytest.raises(KindError, match="softmax works on arrays") as error:
        TABLE["softmax"](Value(1.0))
    assert "hint: use whygrad.Tensor" in str(error.value)


def test_backward_from_nan_names_the_first():
    x = Value(-1.0, label="x")
    y = x.log() * 3
    with pytest.raises(GraphError, match="backward\\(\\) starts from nan") as error:
        y.backward()
    assert "nan appears first at Value(data=nan, grad=0.0, op='log')" in str(error.value)
    assert "hint: look at its inputs: -1" in str(error.value)
    with pytest.raises(GraphError, match="it was given as nan"):
        Value(math.nan).backward()


@pytest.mark.parametrize("data", ["3", None, [1.0], np.ones(2), 1j])
def test_backward_from_what_is_no_number(data):
    y = Value(1.0) * 2
    y.data = data
    with pytest.raises(KindError, match=r"backward\(\) starts from a number") as error:
        y.backward()
    assert repr(data) in str(error.value)
    assert repr(data) in repr(y)


def test_the_functions_of_math_would_cut_the_graph():
    for function in (float, math.exp, math.sqrt):
        with pytest.raises(KindError, match="would cut the graph") as error:
            function(Value(2.0))
        assert "use x.data for the number; for functions x.exp()" in str(error.value)
