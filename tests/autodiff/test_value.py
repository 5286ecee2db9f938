"""``Value``: what it takes, what it refuses and says, what it shows, and when gradients are whose."""

import math
from fractions import Fraction

import numpy as np
import pytest

from whygrad import Value
from whygrad.autodiff.table import TABLE
from whygrad.autodiff.value import Constant, constant, zero_grad
from whygrad.errors import KindError

SCALARS = [
    *[getattr(np, name) for name in "int8 int16 int32 int64 uint8 uint16 uint32 uint64".split()],
    *[np.float16, np.float32, np.float64, np.longdouble, np.bool_, bool, int, float, Fraction],
]
OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
}


# --- numbers on either side ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SCALARS)
@pytest.mark.parametrize("operator", OPERATORS)
def test_any_kind_of_number_on_either_side(kind, operator):
    apply = OPERATORS[operator]
    x, n = Value(2.5), kind(1)
    for result, expected in [(apply(x, n), apply(2.5, 1.0)), (apply(n, x), apply(1.0, 2.5))]:
        assert type(result) is Value
        assert type(result.data) is float
        assert result.data == expected
        result.backward()
    assert type(x.grad) is float
    assert type(Value(n).data) is float


@pytest.mark.parametrize("kind", SCALARS)
def test_comparisons_look_at_the_data(kind):
    x, one = Value(2.5), kind(1)
    assert x > one
    assert x >= one
    assert not x < one
    assert not x <= one
    assert one < x
    assert one <= x
    assert not one > x
    assert not one >= x
    assert x > Value(1.0)
    assert x >= Value(2.5)
    assert x <= Value(2.5)
    assert not x < Value(2.5)


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("array", [np.ones(2), np.array(1.0), np.ones((1, 1), int)])
def test_arrays_are_refused_on_either_side(operator, array):
    for pair in [(Value(1.0), array), (array, Value(1.0))]:
        with pytest.raises(KindError, match=r"for arrays use whygrad\.Tensor"):
            OPERATORS[operator](*pair)


def test_sum_starts_from_a_plain_zero():
    values = [Value(1.0), Value(2.0), Value(3.0)]
    total = sum(values)
    total.backward()
    assert total.data == 6.0
    assert [v.grad for v in values] == [1.0, 1.0, 1.0]


def test_arithmetic():
    x, y = Value(-3.0), Value(2.0)
    assert (-x).data == 3.0
    assert +x is x
    assert abs(x).data == x.abs().data == 3.0
    assert pow(x, y).data == 9.0
    assert pow(x, 2).data == 9.0
    assert pow(2, y).data == 4.0
    assert x.maximum(y).data == y.maximum(x).data == x.maximum(2).data == 2.0
    assert x.minimum(0).data == -3.0


def test_both_operands_of_a_power_have_a_gradient():
    x, y = Value(3.0), Value(2.0)
    (x**y).backward()
    assert x.grad == pytest.approx(6.0)
    assert y.grad == pytest.approx(9 * math.log(3))


def test_values_are_told_apart_by_identity():
    x, y = Value(1.0), Value(1.0)
    assert x != y
    assert len({x, y, x}) == 2
    assert {x: "first", y: "second"}[x] == "first"


@pytest.mark.parametrize("row", ["relu", "abs", "maximum", "exp", "softplus"])
def test_results_are_floats(row):
    operands = [Value(-1)] * len(TABLE[row].inputs)
    y = getattr(Value, row)(*operands)
    y.backward()
    assert [type(n) for n in (y.data, y.grad, operands[0].data, operands[0].grad)] == [float] * 4


# --- backward --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [int, np.float32, np.float64, np.int64])
def test_data_may_be_replaced_by_any_number(kind):
    x = Value(1.0)
    x.data = kind(3)
    (x * x).backward()
    assert x.grad == 6


def test_a_second_backward_accumulates_on_leaves_and_is_right_inside():
    x = Value(3.0)
    inner = x * x
    y = inner * inner
    y.backward()
    assert (inner.grad, x.grad) == (18.0, 108.0)
    y.backward()
    assert (y.grad, inner.grad, x.grad) == (1.0, 18.0, 216.0)
    inner.backward()
    assert x.grad == 222.0


def test_zero_grad_reaches_the_whole_graph():
    x, w = Value(3.0), Value(2.0)
    inner = x * w
    y = inner.tanh() + 1
    y.backward()
    y.zero_grad()
    assert {node.grad for node in y.ancestors()} == {0.0}
    y.backward()
    zero_grad([x, w])
    assert (x.grad, w.grad) == (0.0, 0.0)
    assert inner.grad != 0


def test_a_gradient_belongs_to_the_forward_pass_that_was_run():
    w = Value(3.0)
    y = w * w
    w.data = 100.0
    y.backward()
    assert (y.data, w.grad) == (9.0, 6.0)
    w.grad = 0.0
    (w * w).backward()
    assert w.grad == 200.0


def test_a_leaf_is_its_own_gradient():
    x = Value(5.0)
    x.backward()
    assert x.grad == 1.0


# --- names of other engines ------------------------------------------------------------------------


def test_names_that_programs_know():
    a, b = Value(2.0, label="a"), Value(3.0)
    c = a * b
    d = c.relu() + 1
    assert c._prev == {a, b}
    assert (a._prev, a._op) == (set(), "")
    assert [node._op for node in (c, d, a**2, a / b, a - b, -a, a.tanh())] == "* + ** / - neg tanh".split()
    assert Value.backwardpass is Value.backward
    assert a.label == "a"


def test_backward_step_by_step_equals_backward():
    def program():
        a, b = Value(2.0), Value(-3.0)
        return a, b, (a * b + a).tanh() / b

    a, b, y = program()
    y.backward()
    a2, b2, y2 = program()
    y2.grad = 1.0
    for node in reversed(y2.ancestors()):
        node._backward()
    assert (a2.grad, b2.grad) == (a.grad, b.grad)


# --- constants, and what is shown ------------------------------------------------------------------


def test_a_constant_is_a_node_without_a_gradient():
    x = Value(3.0)
    two = constant(2)
    y = x * two + two
    y.backward()
    two.grad = 7.0
    assert (two.grad, two.requires_grad, two.data) == (0.0, False, 2.0)
    assert isinstance(two, Constant)
    assert type((two + 1) * x) is Value
    assert repr(two) == "Constant(2.0)"
    assert Value.plain(2).data == 2.0


def test_in_a_formatted_string():
    assert f"{Value(2.0):.3f} {Value(2.0)}" == "2.000 Value(data=2.0, grad=0.0)"


@pytest.mark.parametrize("operator", OPERATORS)
def test_other_kinds_of_values_take_part(operator):
    class Named(Value):
        __slots__ = ()

    apply, x = OPERATORS[operator], Value(2.5)
    for other in (constant(2), Named(2.0)):
        for result, expected in [(apply(x, other), apply(2.5, 2.0)), (apply(other, x), apply(2.0, 2.5))]:
            assert type(result) is Value
            assert result.data == expected
            result.backward()
    assert x.maximum(constant(2)).data == x.minimum(constant(3)).data == 2.5


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Value(2), "Value(data=2.0, grad=0.0)"),
        (Value(0.1) + 0.2, "Value(data=0.3, grad=0.0, op='+')"),
        (Value(1e-300, label="tiny"), "Value(data=1e-300, grad=0.0, label='tiny')"),
        (Value(math.inf), "Value(data=inf, grad=0.0)"),
        (Value(1.0).leaky_relu(), "Value(data=1.0, grad=0.0, op='leaky_relu')"),
    ],
)
def test_repr(value, shown):
    assert repr(value) == shown
