"""The check of gradients: passes what is right, finds what was planted, and knows a kink when it sees one."""

import math

import numpy as np
import pytest

from whygrad import Tensor, Value, gradcheck
from whygrad.autodiff.checking import GradientReport, InputReport
from whygrad.autodiff.op import elementwise, operation
from whygrad.autodiff.ops import arrays, losses
from whygrad.autodiff.table import TABLE
from whygrad.autodiff.tensor import concatenate, where
from whygrad.errors import DataError, GraphError, KindError, SettingError

from .cases import generic, positive


@pytest.fixture
def table():
    """Rows made in a test leave with it."""
    before = dict(TABLE)
    yield
    TABLE.clear()
    TABLE.update(before)


# --- what is right -----------------------------------------------------------------------------------

RIGHT = {
    "values": (lambda a, b: (a * b).tanh() / (1 + a**2), 0.7, -1.2),
    "values with softplus": (lambda a: a.softplus() * a.silu() + a.gelu() - a.elu(0.5), -0.4),
    "nodes given": (lambda a: a.exp().sin(), Value(0.3)),
    "whole numbers": (lambda a, b: a**b, 2, 3),
    "single numbers": (lambda a: a.sigmoid(), np.float64(0.3)),
    "tensors": (lambda x, w: (x @ w).softmax().log(), generic(3, 4), generic(4, 2)),
    "lists": (lambda x: x.max(axis=1) - x.mean(), [[1.0, 2.0], [5.0, 3.0]]),
    "tensors given": (lambda x: x.log_softmax(axis=0), Tensor(generic(3, 2))),
    "an affine map": (
        lambda x, w, b: arrays.affine(x, w, b).relu().sum(),
        generic(5, 3),
        generic(3, 2),
        generic(2),
    ),
    "a loss": (lambda z: losses.label_cross_entropy(z, np.array([0, 2])), generic(2, 3)),
    "pieces": (lambda x: concatenate([x[1:], x[:1] * 2]).T @ x, generic(3, 2)),
    "a choice": (lambda x: where(np.eye(3) > 0, x, x**2), positive(3, 3)),
    "a method of its own": (lambda x: abs(x).maximum(0.5).sqrt().leaky_relu(0.1), generic(4) * 2),
    "unused": (lambda x, y: x * 2, 1.0, 2.0),
}


@pytest.mark.parametrize(("function", "inputs"), [(f, xs) for f, *xs in RIGHT.values()], ids=list(RIGHT))
def test_right_gradients_pass_with_the_complex_step(function, inputs):
    report = gradcheck(function, *inputs)
    assert report, str(report)
    assert len(report.inputs) == len(inputs)
    assert {item.method for item in report.inputs} == {"complex step"}
    assert report.error < 1e-12


def test_the_inputs_are_left_as_they_were():
    x = Tensor(generic(3))
    before = x.data.copy()
    gradcheck(lambda t: t * 2, x)
    assert x.grad is None
    np.testing.assert_array_equal(x.data, before)


# --- what complex numbers cannot do ------------------------------------------------------------------


def a_node_from_outside(x, w=Tensor([1.0, 2.0])):  # noqa: B008 - one node, shared on purpose
    return (x * w).sum()


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (lambda x: x * 2 if isinstance(x, Value) else x.no_such_method(), [1.5]),
        (a_node_from_outside, [np.array([0.5, -0.5])]),
        (lambda v: v.exp() * float(math.copysign(1.0, v.data)), [0.7]),
        (lambda v: v if type(v.data) is float else v * 2, [0.7]),
    ],
)
def test_otherwise_central_differences(function, inputs):
    report = gradcheck(function, *inputs)
    assert report, str(report)
    assert report.inputs[0].method == "central differences"
    assert report.error < 1e-7


# --- what is wrong -----------------------------------------------------------------------------------


def test_a_wrong_rule_is_found(table):
    wrong = elementwise("wrong", lambda xp, a: xp.tanh(a), d_a=lambda xp, y, a: 1 - y)
    for x in (0.7, np.array([0.7, -0.2])):
        report = gradcheck(wrong, x)
        assert not report
        assert report.error > 0.1


def test_a_forgotten_upstream_factor_is_found(table):
    forgetful = operation("forgetful", lambda xp, a: xp.sum(a * a), d_a=lambda xp, g, y, a: 2 * a)
    x = np.array([0.7, -0.2])
    assert not gradcheck(forgetful, x)
    total = forgetful(Tensor(x))
    total.backward()  # an upstream of one does not show it
    np.testing.assert_array_equal(Tensor(x).data * 2, total.parents[0].grad)


def test_a_missing_term_is_found():
    assert not gradcheck(lambda x: (x * x.data).sum(), np.array([1.0, 2.0]))
    assert not gradcheck(lambda v: v * v.data, 3.0)
    assert not gradcheck(lambda a, b: a * b.data, 3.0, 2.0)


def test_a_small_error_in_one_entry_is_found(table):
    def rule(xp, g, y, a):
        gradient = 2 * a * g
        gradient[1, 2] *= 1 + 1e-6
        return gradient

    almost = operation("almost", lambda xp, a: xp.sum(a * a), d_a=rule)
    report = gradcheck(almost, generic(3, 4))
    assert not report
    index, analytic, numeric = report.inputs[0].worst
    assert index == (1, 2)
    assert analytic == pytest.approx(numeric * (1 + 1e-6), rel=1e-9)
    assert gradcheck(almost, generic(3, 4), tolerance=1e-5)


def test_a_gradient_that_is_not_finite_is_wrong(table):
    broken = operation("broken", lambda xp, a: xp.sum(a), d_a=lambda xp, g, y, a: a * float("nan"))
    report = gradcheck(broken, np.ones(2))
    assert not report
    assert report.error == math.inf


# --- layers and losses -------------------------------------------------------------------------------


class Parameter:
    def __init__(self, data):
        self.data, self.grad = data, np.zeros_like(data)


class Scaled:
    """A layer y = w·x², forward and backward by hand; ``fault`` names what its backward gets wrong."""

    def __init__(self, fault="", dtype=float):
        self.fault = fault
        self.w = Parameter(np.array([0.5, -2.0, 1.5], dtype))

    def named_parameters(self):
        yield "w", self.w

    def forward(self, x, training=False):
        assert training
        self.x = x
        return self.w.data * x * x

    def backward(self, upstream):
        if self.fault == "upstream":
            upstream = np.ones_like(upstream)
        self.w.grad[...] = (upstream * self.x**2).sum(axis=0) * (1.01 if self.fault == "w" else 1)
        return 2 * self.w.data * self.x * upstream * (-1 if self.fault == "x" else 1)

    def replay(self, xp, x, parameters):
        return parameters[0] * x * x


class SquaredDistance:
    """A loss by hand."""

    def forward(self, predictions, targets):
        self.targets, self.difference = targets, predictions - targets
        return float((self.difference**2).sum())

    def backward(self, upstream=1.0):
        return 2 * self.difference * upstream

    def replay(self, xp, predictions, parameters=()):
        return xp.sum((predictions - self.targets) ** 2)


def test_a_layer_that_is_right():
    report = gradcheck(Scaled(), generic(4, 3))
    assert report
    assert [item.name for item in report.inputs] == ["x", "w"]
    assert report.error < 1e-14


def test_gradients_in_single_precision_are_allowed_its_rounding():
    layer = Scaled(dtype=np.float32)
    report = gradcheck(layer, generic(4, 3))
    assert report
    assert report.error < 1e-6
    assert not gradcheck(layer, generic(4, 3), tolerance=1e-12)
    assert not gradcheck(Scaled("w", np.float32), generic(4, 3))


@pytest.mark.parametrize(("fault", "wrong"), [("w", {"w"}), ("x", {"x"}), ("upstream", {"x", "w"})])
def test_a_layer_with_a_wrong_backward(fault, wrong):
    report = gradcheck(Scaled(fault), generic(4, 3))
    assert not report
    assert {item.name for item in report.inputs if not item.passed} == wrong


def test_the_worst_entry_is_shown_as_backward_gave_it():
    layer, x = Scaled("x"), generic(4, 3)
    index, analytic, numeric = gradcheck(layer, x, rng=3).inputs[0].worst
    layer.forward(x, training=True)
    given = layer.backward(np.random.default_rng(3).standard_normal((4, 3)))
    assert analytic == given[index]
    assert numeric == pytest.approx(-given[index])


class Cubed:
    """A layer of somebody else's: nothing but forward and backward."""

    def __init__(self, factor=3.0, forward=np.power):
        self.factor, self.power = factor, forward

    def forward(self, x):
        self.x = x
        return self.power(x, 3)

    def backward(self, upstream):
        return self.factor * self.x**2 * upstream


def test_a_layer_of_ones_own():
    assert gradcheck(Cubed(), generic(2, 3)).inputs[0].method == "complex step"
    assert gradcheck(Cubed(), generic(2, 3))
    assert not gradcheck(Cubed(2.0), generic(2, 3))
    in_reals = Cubed(forward=lambda x, n: np.linalg.norm(x[..., None], axis=-1) ** n * np.sign(np.real(x)))
    report = gradcheck(in_reals, generic(2, 3))
    assert report
    assert report.inputs[0].method == "central differences"


def test_a_loss():
    report = gradcheck(SquaredDistance(), generic(4, 1), np.ones((4, 1)))
    assert report
    assert [item.name for item in report.inputs] == ["predictions"]


def test_the_upstream_gradient_is_random_and_reproducible():
    seen = []

    class Spy(Scaled):
        def backward(self, upstream):
            seen.append(upstream)
            return super().backward(upstream)

    x = generic(4, 3)
    for rng in (0, 0, 1, np.random.default_rng(0)):
        assert gradcheck(Spy(), x, rng=rng)
    np.testing.assert_array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(seen[0], seen[3])
    assert not np.array_equal(seen[0], seen[2])


# --- kinks -------------------------------------------------------------------------------------------


def test_at_a_kink_any_slope_between_the_two_sides_is_right():
    for function in (
        abs,
        lambda x: x.relu(),
        lambda x: x.maximum(0.0),
        lambda x: x.leaky_relu(),
        lambda x: -abs(x),
    ):
        for zero in (0.0, np.array([1.0, 0.0])):
            assert gradcheck(function, zero), str(gradcheck(function, zero))
    report = gradcheck(lambda x: x.relu(), np.array([1.0, 0.0, -2.0, 0.0]))
    assert report.inputs[0].kinks == ((1,), (3,))
    assert "2 at a kink" in str(report)
    tie = gradcheck(lambda x: x.max(), np.array([1.0, 3.0, 3.0]))
    assert tie
    assert tie.inputs[0].kinks in ((), ((1,), (2,)))


def test_a_slope_outside_the_two_sides_is_wrong_at_a_kink_too(table):
    steep = elementwise(
        "steep", lambda xp, a: xp.abs(a), d_a=lambda xp, y, a: xp.sign(a) + 3 * (1 - xp.step(xp.abs(a)))
    )
    assert gradcheck(steep, np.array([1.0, -1.0]))
    report = gradcheck(steep, np.array([1.0, 0.0]))
    assert not report
    assert report.inputs[0].worst[0] == (1,)


def test_curvature_is_no_kink(table):
    """Slopes to the two sides differ where a function bends; a wrong gradient between them stays wrong."""
    bent = elementwise("bent", lambda xp, a: 1e4 * a * a, d_a=lambda xp, y, a: 2e4 * a + 0.05)
    report = gradcheck(bent, 5e-5)
    assert not report
    assert report.inputs[0].kinks == ()


def test_a_kink_close_by_is_recognised_by_central_differences():
    def function(x):
        return abs(x) if isinstance(x, Tensor) else x.no_such_method()

    report = gradcheck(function, np.array([4e-6, 1.0]))
    assert report
    assert report.inputs[0].method == "central differences"
    assert report.inputs[0].kinks == ((0,),)


# --- words -------------------------------------------------------------------------------------------


def test_reports_read_line_by_line():
    report = gradcheck(lambda a, b: a * a * b.data, 3.0, 2.0)
    ok, wrong = str(report).splitlines()
    assert ok == f"ok    input 0: error {report.inputs[0].error:.1e} (complex step)"
    assert wrong == "WRONG input 1: error 1.0e+00 (complex step); the gradient is 0, numerically 9"
    report = gradcheck(lambda x: (x * x.data).sum(), np.array([0.0, 2.0]))
    assert str(report).endswith("; at [1] the gradient is 2, numerically 4")
    assert isinstance(report, GradientReport)
    assert GradientReport(()).error == 0.0
    item = InputReport("x", "complex step", 0.0, ((), 0.0, 0.0), ((0,),), True)
    assert str(item) == "ok    x: error 0.0e+00 (complex step), 1 at a kink"


def restless(x, rng=np.random.default_rng(0)):  # noqa: B008 - goes on from call to call
    return x * rng.random()


@pytest.mark.parametrize(
    ("check", "kind", "words"),
    [
        (
            lambda: gradcheck(lambda: Value(1.0)),
            KindError,
            "needs the point to check at\n  hint: gradcheck(f, 2.0",
        ),
        (
            lambda: gradcheck(lambda x: x.data, 2.0),
            KindError,
            "must return a Value or a Tensor\n  received: float",
        ),
        (lambda: gradcheck("tanh", 2.0), KindError, "takes a function, or a layer"),
        (lambda: gradcheck(lambda x: x.sum(), np.zeros((2, 0))), KindError, "there is nothing to check"),
        (lambda: gradcheck(lambda x: 1 / x, 0.0), DataError, "the function is inf at this point"),
        (lambda: gradcheck(restless, 1.0), GraphError, "gives another value each time"),
        (lambda: gradcheck(abs, 1.0, tolerance=0.0), SettingError, "tolerance must be above 0"),
    ],
)
def test_what_cannot_be_checked(check, kind, words):
    with pytest.raises(kind) as error:
        check()
    assert words in str(error.value)
