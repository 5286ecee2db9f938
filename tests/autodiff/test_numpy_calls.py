"""NumPy functions that meet a node: those with a row record it, the others are refused with a hint."""

import numpy as np
import pytest

from whygrad import Tensor, Value, autodiff
from whygrad.autodiff.table import TABLE
from whygrad.errors import KindError

from .cases import CASES

both = pytest.mark.parametrize("make", [Value, Tensor])
ROWS = [row for row in CASES if hasattr(TABLE[row], "local") and any(TABLE[row].flow) and hasattr(np, row)]


@both
@pytest.mark.parametrize("row", ROWS)
def test_a_function_with_a_row_records_it(make, row):
    function, x = getattr(np, row), make(0.7)
    operands = [x, make(1.5)][: len(TABLE[row].inputs)]
    y = function(*operands)
    assert y.op is TABLE[row]
    assert y.parents == tuple(operands)
    assert float(y.data) == pytest.approx(float(function(0.7, 1.5) if len(operands) == 2 else function(0.7)))


@both
def test_other_names_for_a_row(make):
    x = make(-2.0)
    for function, row in [
        (np.fabs, "abs"),
        (np.absolute, "abs"),
        (np.true_divide, "divide"),
        (np.pow, "power"),
    ]:
        operands = (x,) if row == "abs" else (x, 3.0)
        assert function(*operands).op is TABLE[row]
    assert np.float_power(x, 2).op is TABLE["power"]


def test_products():
    a, b = np.ones((2, 3)), np.arange(6.0).reshape(3, 2)
    for y in (np.matmul(a, Tensor(b)), np.matmul(Tensor(a), b), np.matmul(Tensor(a), Tensor(b))):
        assert y.op is TABLE["matmul"]
        np.testing.assert_array_equal(y.data, a @ b)


@both
def test_comparisons_look_at_the_data(make):
    x = make(2.0)
    assert np.greater(x, 1.0)
    assert np.less_equal(make(2.0), x)
    assert not np.less(x, make(1.0))
    assert np.float64(3) >= x


@both
@pytest.mark.parametrize("function", [np.arctan, np.cbrt, np.floor, np.isnan])
def test_functions_without_a_row_are_refused(make, function):
    with pytest.raises(KindError, match=f"np.{function.__name__} has no derivative here") as error:
        function(make(2.0))
    assert f"received: a {make.__name__}" in str(error.value)
    assert "known: abs, add, " in str(error.value)


def test_the_nearest_name_is_suggested():
    with pytest.raises(KindError, match='did you mean "tanh"'):
        np.arctanh(Tensor(0.5))


def test_what_works_in_place_is_refused():
    a = np.ones(2)
    for call in (lambda: a.__iadd__(Tensor([1.0, 2.0])), lambda: np.add(a, Tensor([1.0, 2.0]), out=a)):
        with pytest.raises(KindError, match="a Tensor cannot be written into an array") as error:
            call()
        assert error.value.hint == "make a new one: a = a + b"
    with pytest.raises(KindError, match="a Value cannot be written into an array"):
        a *= Value(2.0)
    with pytest.raises(KindError, match=r"np.add.reduce does not take a Tensor") as error:
        np.add.reduce(Tensor([1.0, 2.0]))
    assert "x.sum(axis=0)" in error.value.hint
    np.testing.assert_array_equal(a, 1.0)


@both
def test_keywords_are_refused_by_name(make):
    x = make(1.0)
    for keywords in ({"where": np.array(True)}, {"dtype": np.float32}, {"casting": "no"}):
        with pytest.raises(KindError, match=f"np.add of a {make.__name__} takes no keywords") as error:
            np.add(x, 1, **keywords)
        assert error.value.received == f"{next(iter(keywords))}="
        chooses = "whygrad.autodiff.where(condition, a, b) chooses entries"
        assert error.value.hint == (chooses if "where" in keywords else "leave them out")
    with pytest.raises(KindError, match=r"np\.greater of a"):
        np.greater(x, 1.0, where=True)
    with pytest.raises(KindError, match=r"np\.arctan has no derivative here"):
        np.arctan(x, where=True)


@pytest.mark.parametrize("name", ["sum", "mean", "max", "reshape", "transpose"])
def test_functions_of_arrays_name_the_method(name):
    function = getattr(np, name)
    arguments = ((2, 1),) if name == "reshape" else ()
    with pytest.raises(KindError, match=f"np.{name} does not take a Tensor") as error:
        function(Tensor([1.0, 2.0]), *arguments)
    assert f"hint: use the method: x.{name}(…)" in str(error.value)


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda x: np.concatenate([x, x]), "use whygrad.autodiff.concatenate"),
        (lambda x: np.where(x.data > 0, x, x), "use whygrad.autodiff.where"),
        (np.shape, "use the attribute: x.shape"),
        (np.ndim, "use the attribute: x.ndim"),
        (np.size, "use the attribute: x.size"),
        (np.median, "compute it from rows of the table"),
    ],
)
def test_functions_that_are_no_methods(call, hint):
    with pytest.raises(KindError, match="does not take a Tensor") as error:
        call(Tensor([1.0, 2.0]))
    assert error.value.hint == hint
    name = hint.split(".")[-1]
    assert not hint.startswith("use whygrad") or callable(getattr(autodiff, name))


@pytest.mark.parametrize("function", [np.shape, np.median, lambda x: np.concatenate([x, x])])
def test_functions_of_arrays_on_values(function):
    with pytest.raises(KindError, match="does not take a Value") as error:
        function(Value(1.0))
    assert error.value.hint == "compute it from rows of the table"


@both
@pytest.mark.parametrize("other", [np.float64(2), np.int32(2), np.full(2, 2.0)])
def test_equality_is_identity_here_too(make, other):
    x = make(2.0)
    assert (x == other) is (other == x) is False
    assert (x != other) is (other != x) is True
    assert x not in [other]
    assert x in [other, x]
