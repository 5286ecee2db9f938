"""Elementwise rows: broadcasting, and what holds at corners, in far tails and beyond the range of floats."""

import math

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whygrad import Tensor, Value, gradients
from whygrad.autodiff import value_methods
from whygrad.autodiff.readings import NODES
from whygrad.autodiff.readings.arrays import ARRAYS
from whygrad.autodiff.readings.complexes import COMPLEXES
from whygrad.autodiff.readings.floats import FLOATS
from whygrad.autodiff.table import TABLE

from .cases import differentiable, error, moved

INF, NAN = math.inf, math.nan


# --- broadcasting ----------------------------------------------------------------------------------


def shapes(count):
    return hnp.mutually_broadcastable_shapes(num_shapes=count, min_side=0, max_dims=3, max_side=3)


@pytest.mark.parametrize(
    ("row", "count"),
    [(row, 2) for row in "add subtract multiply divide power strong_multiply maximum minimum dropout".split()]
    + [("where", 3), ("weighted_sum", 3), ("weighted_sum", 5)],
)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_broadcasting_is_undone(row, count, data):
    op, rng = TABLE[row], np.random.default_rng(0)
    inputs = [np.array(rng.uniform(0.3, 2.0, shape)) for shape in data.draw(shapes(count)).input_shapes]
    if row == "where":
        inputs[0] = inputs[0] > 1
    y = np.asarray(op.forward(ARRAYS, *inputs))
    g = np.array(rng.standard_normal(y.shape))
    for i in differentiable(op, inputs):
        exact = np.zeros(inputs[i].shape)
        for index in np.ndindex(exact.shape):
            exact[index] = (
                np.sum(g * np.imag(op.forward(COMPLEXES, *moved(inputs, i, index, 1e-20j)))) / 1e-20
            )
        assert error(op.pull(i, ARRAYS, g, y, inputs), exact) <= 1e-12


# --- corners ---------------------------------------------------------------------------------------

# row, inputs, value, local derivatives (None: not looked at)
CORNERS = [
    ("relu", (0.0,), 0.0, (0.0,)),
    ("abs", (0.0,), 0.0, (0.0,)),
    ("sign", (0.0,), 0.0, (0.0,)),
    ("sign", (NAN,), NAN, (0.0,)),
    ("step", (0.0,), 0.0, (0.0,)),
    ("elu", (0.0,), 0.0, (1.0,)),
    ("leaky_relu", (0.0,), 0.0, (0.01,)),
    ("maximum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("minimum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("maximum", (INF, INF), INF, (0.5, 0.5)),
    ("maximum", (-INF, -INF), -INF, (0.5, 0.5)),
    ("maximum", (INF, -INF), INF, (1.0, 0.0)),
    ("maximum", (-INF, 3.0), 3.0, (0.0, 1.0)),
    ("minimum", (INF, INF), INF, (0.5, 0.5)),
    ("minimum", (-INF, -INF), -INF, (0.5, 0.5)),
    ("minimum", (INF, -INF), -INF, (0.0, 1.0)),
    ("maximum", (2.0, NAN), NAN, None),
    ("minimum", (NAN, 2.0), NAN, None),
    ("exp", (1000.0,), INF, (INF,)),
    ("expm1", (1000.0,), INF, (INF,)),
    ("log", (0.0,), -INF, (INF,)),
    ("log", (-1.0,), NAN, None),
    ("log1p", (-1.0,), -INF, (INF,)),
    ("log1p", (-2.0,), NAN, None),
    ("sqrt", (0.0,), 0.0, (INF,)),
    ("sqrt", (-1.0,), NAN, (NAN,)),
    ("sin", (INF,), NAN, (NAN,)),
    ("cos", (-INF,), NAN, (NAN,)),
    ("tanh", (INF,), 1.0, (0.0,)),
    ("divide", (1.0, 0.0), INF, (INF, -INF)),
    ("divide", (-1.0, 0.0), -INF, (INF, INF)),
    ("divide", (1.0, -0.0), -INF, (-INF, -INF)),
    ("divide", (0.0, 0.0), NAN, (INF, NAN)),
    ("divide", (NAN, 0.0), NAN, (INF, NAN)),
    ("power", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("power", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("power", (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("power", (0.0, -1.0), INF, (-INF, 0.0)),
    ("power", (-0.0, -1.0), -INF, None),
    ("power", (0.0, -0.5), INF, (-INF, 0.0)),
    ("power", (0.5, INF), 0.0, (0.0, 0.0)),
    ("power", (2.0, -INF), 0.0, (0.0, 0.0)),
    ("power", (INF, -1.0), 0.0, (0.0, 0.0)),
    ("power", (INF, 0.0), 1.0, (0.0, INF)),
    ("power", (5.0, 0.0), 1.0, (0.0, math.log(5.0))),
    ("power", (-8.0, 1 / 3), NAN, (NAN, NAN)),
    ("power", (-2.0, 3.0), -8.0, (12.0, NAN)),
    ("power", (1e300, 1.5), INF, None),
    ("power", (-10.0, 1001.0), -INF, None),
    ("power", (-10.0, 1000.0), INF, None),
    ("subtract", (INF, INF), NAN, (1.0, -1.0)),
    ("multiply", (INF, 0.0), NAN, (0.0, INF)),
    ("strong_multiply", (0.0, INF), 0.0, (INF, 0.0)),
    ("sigmoid", (1000.0,), 1.0, (0.0,)),
    ("sigmoid", (-1000.0,), 0.0, (0.0,)),
    ("sigmoid", (-40.0,), math.exp(-40), (math.exp(-40),)),
    ("sigmoid", (-700.0,), math.exp(-700), (math.exp(-700),)),
    ("sigmoid", (INF,), 1.0, (0.0,)),
    ("sigmoid", (-INF,), 0.0, (0.0,)),
    ("sigmoid", (NAN,), NAN, (NAN,)),
    ("sigmoid", (30.0,), 1 / (1 + math.exp(-30)), (math.exp(-30),)),
    ("sigmoid", (41.0,), 1.0, (0.0,)),
    ("softplus", (1000.0,), 1000.0, (1.0,)),
    ("softplus", (-1000.0,), 0.0, (0.0,)),
    ("softplus", (-40.0,), math.exp(-40), (math.exp(-40),)),
    ("softplus", (40.0,), 40.0, (1.0,)),
    ("softplus", (INF,), INF, (1.0,)),
    ("silu", (-40.0,), -40 * math.exp(-40), (-39 * math.exp(-40),)),
    ("silu", (1000.0,), 1000.0, (1.0,)),
    ("silu", (INF,), INF, (1.0,)),
    ("silu", (-INF,), 0.0, (0.0,)),
    ("silu", (1e308,), 1e308, (1.0,)),
    ("silu", (-1e308,), 0.0, (0.0,)),
    ("elu", (-INF,), -1.0, (0.0,)),
    ("elu", (-40.0,), -1.0, (math.exp(-40),)),
    ("elu", (INF,), INF, (1.0,)),
    ("gelu", (1000.0,), 1000.0, (1.0,)),
    ("gelu", (-1000.0,), 0.0, (0.0,)),
    ("gelu", (1e154,), 1e154, (1.0,)),
    ("gelu", (-1e155,), 0.0, (0.0,)),
    ("gelu", (1e308,), 1e308, (1.0,)),
    ("gelu", (INF,), INF, (1.0,)),
    ("gelu", (-INF,), 0.0, (0.0,)),
    ("strong_multiply", (INF, 0.0), 0.0, (0.0, INF)),
    ("strong_log", (0.0,), 0.0, None),
    ("bounded", (INF,), 1000.0, (0.0,)),
    ("bounded", (-1e6,), -1000.0, (0.0,)),
    ("compare", (INF, INF), 0.0, None),
    ("compare", (INF, -INF), 1.0, None),
]


@pytest.mark.parametrize(("row", "inputs", "value", "locals_"), CORNERS)
def test_corners_are_the_same_for_numbers_and_arrays(row, inputs, value, locals_):
    v = Value.record(TABLE[row], [Value(x) for x in inputs])
    assert v.data == pytest.approx(value, rel=1e-14, abs=1e-16, nan_ok=True)
    leaves = [Tensor(x) for x in inputs]
    with np.errstate(all="ignore"):
        t = TABLE[row](*leaves)
        assert t.data == pytest.approx(value, rel=1e-14, abs=1e-16, nan_ok=True)
        for i, expected in enumerate(locals_ or ()):
            assert v.locals[i] == pytest.approx(expected, rel=1e-14, abs=1e-16, nan_ok=True)
            local = TABLE[row].pull(i, ARRAYS, np.ones(()), t.data, [leaf.data for leaf in leaves])
            assert local == pytest.approx(expected, rel=1e-14, abs=1e-16, nan_ok=True)


@pytest.mark.parametrize("make", [Value, Tensor])
def test_powers_keep_finite_gradients_at_zero(make):
    x = make(0.0)
    (x**0 + x**1 + x**2 + x * 3).backward()
    assert x.grad == 4
    for power, expected in {1: 0, 2: 2, 3: 0}.items():
        (second,) = gradients(gradients(x**power, [x])[0], [x], create_graph=False)
        assert second == expected
    exponent = make(0.0)
    (make(0.0) ** exponent + 0**exponent).backward()
    assert exponent.grad == 0


QUIET = {
    "max over infinities": lambda x: x.max() + x.max(axis=0).sum(),
    "larger of infinities": lambda x: (x.maximum(x * 1) + x.minimum(x * 1)).sum(),
    "gelu": lambda x: x.gelu().sum(),
    "silu": lambda x: x.silu().sum(),
    "relu": lambda x: x.relu().sum(),
    "sigmoid": lambda x: x.sigmoid().sum(),
}


@pytest.mark.parametrize("program", QUIET.values(), ids=list(QUIET))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sign", [1, -1])
def test_infinities_give_slopes_without_a_warning(program, dtype, sign):
    x = Tensor(np.array([sign * INF, 1.0, 2.0], dtype))
    program(x).backward()
    assert np.isfinite(x.grad).all()


# --- masks -----------------------------------------------------------------------------------------

# where the row lets nothing through
SHUT = [
    ("relu", (-1.0,), 0),
    ("relu", (0.0,), 0),
    ("maximum", (1.0, 2.0), 0),
    ("maximum", (2.0, 1.0), 1),
    ("minimum", (1.0, 2.0), 1),
    ("dropout", (1.0, 0.0), 0),
    ("bounded", (2000.0,), 0),
]


@pytest.mark.parametrize(("row", "inputs", "i"), SHUT)
@pytest.mark.parametrize("g", [INF, -INF, NAN])
def test_nothing_passes_a_mask_not_even_infinity(row, inputs, i, g):
    op = TABLE[row]
    y = op(*inputs)
    assert op.pull(i, FLOATS, g, y, inputs) == 0.0
    arrays = [np.array([x, x]) for x in inputs]
    np.testing.assert_array_equal(op.pull(i, ARRAYS, np.array([g, 1.0]), op(*arrays), arrays), [0.0, 0.0])
    values = [Value(x) for x in inputs]
    node = op(*values)
    node.grad = g
    node._backward()
    assert values[i].grad == 0.0
    tensors = [Tensor(x) for x in inputs]
    assert op.pull(i, NODES, Tensor(g), op(*tensors), tensors).data == 0.0


def test_masks_of_larger_arrays_and_losses():
    z = Tensor([[1.0, 5.0, 5.0], [2.0, -1.0, 0.0]])
    z.max(axis=1).backward([INF, INF])
    np.testing.assert_array_equal(z.grad, [[0, INF, INF], [INF, 0, 0]])
    z.zero_grad()
    TABLE["take_label"](z, np.array([1, 0])).backward([INF, 1.0])
    np.testing.assert_array_equal(z.grad, [[0, INF, 0], [1, 0, 0]])
    p, t = Tensor([[3.0], [-3.0]]), np.array([[1.0], [1.0]])
    TABLE["hinge"](p, t).backward(INF)
    np.testing.assert_array_equal(p.grad, [[0], [-INF]])


def test_sure_probabilities_have_gradients_without_a_warning():
    p, t = Tensor([0.0, 1.0, 0.5]), np.array([0.0, 1.0, 1.0])
    loss = TABLE["binary_cross_entropy"](p, t)
    loss.backward()
    assert loss.data == pytest.approx(math.log(2) / 3)
    np.testing.assert_allclose(p.grad, [1 / 3, -1 / 3, -2 / 3])


@pytest.mark.parametrize("make", [Value, Tensor])
def test_an_infinite_gradient_behind_a_relu_that_is_off(make):
    """1 / relu(x) is infinite left of 0, and constant there."""
    x = make(-1.0)
    with np.errstate(divide="ignore"):
        (1 / x.relu()).backward()
    assert x.grad == 0
    x = make(1.0)
    with np.errstate(divide="ignore"):
        (1 / (x - 1).maximum(0.5).minimum(0.25)).backward()
    assert x.grad == 0


# --- constants -------------------------------------------------------------------------------------


def refuse(*_):
    raise AssertionError("the derivative by a constant was evaluated")


def test_the_derivative_by_a_constant_is_never_evaluated(monkeypatch):
    power = TABLE["power"]
    monkeypatch.setattr(power, "rules", (power.rules[0], refuse))
    v, t = Value(-1.0), Tensor(-1.0)
    for y in [Value.record(power, (v, 2)), t**2, t ** Tensor(2.0, requires_grad=False)]:
        y.backward()
    assert v.grad == -2
    assert t.grad == -4
    gradients(t**2, [t])
    with pytest.raises(AssertionError):
        Value.record(power, (v, Value(2.0)))


def test_nor_is_it_in_the_generated_methods(monkeypatch):
    monkeypatch.setattr(value_methods, "strong_log", refuse)
    x = Value(-1.0)
    y = x**2
    y.backward()
    assert (y.data, x.grad) == (1.0, -2.0)
    with pytest.raises(AssertionError):
        x ** Value(2.0)


# --- keywords --------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [Value, Tensor])
def test_slopes_and_alphas(make):
    for method, keyword in {"leaky_relu": "slope", "elu": "alpha"}.items():
        x = make(-2.0)
        y = getattr(x, method)(0.3)
        y.backward()
        assert y.data == pytest.approx(0.3 * (-2 if method == "leaky_relu" else math.expm1(-2)), rel=1e-15)
        assert x.grad == pytest.approx(0.3 * (1 if method == "leaky_relu" else math.exp(-2)), rel=1e-15)
        assert y.op.keywords == {keyword: 0.3}
        assert getattr(make(-2.0), method)(**{keyword: 0.3}).data == y.data
