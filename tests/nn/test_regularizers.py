"""Penalties: what they add to the loss and to gradients, and that biases go free."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from whygrad.errors import SettingError
from whygrad.nn import L1, L1L2, L2, Dense, LayerNorm, Parameter, Regularizer

from .numeric import error

KINDS = {
    "L1": (L1(0.3), lambda w: 0.3 * anp.sum(anp.abs(w))),
    "L2": (L2(0.2), lambda w: 0.5 * 0.2 * anp.sum(w**2)),
    "L1L2": (L1L2(0.3, 0.2), lambda w: 0.3 * anp.sum(anp.abs(w)) + 0.5 * 0.2 * anp.sum(w**2)),
    "none": (Regularizer(), lambda w: 0.0 * anp.sum(w)),
}
every_kind = pytest.mark.parametrize(("regularizer", "formula"), KINDS.values(), ids=KINDS)


def parameters(dtype=np.float64):
    """Weights, a bias, and scale and shift of a normalisation."""
    dense, norm = Dense(5, 4, rng=0, dtype=dtype), LayerNorm(4, dtype=dtype)
    for parameter in (dense.parameters["bias"], *norm.parameters.values()):
        parameter.data = [1.0, -2.0, 3.0, -4.0]
    return [*dense.parameters.values(), *norm.parameters.values()]


@every_kind
def test_value_counts_weights_only(regularizer, formula):
    weights, *others = parameters()
    assert error(regularizer.value([weights, *others]), formula(weights.data)) <= 1e-15
    assert regularizer.value(others) == 0.0


@every_kind
def test_gradients_are_added_to_weights_only(regularizer, formula):
    all_of_them = parameters()
    rng = np.random.default_rng(1)
    for parameter in all_of_them:
        parameter.grad = rng.normal(size=parameter.shape)
    before = [parameter.grad.copy() for parameter in all_of_them]
    regularizer.add_gradients(all_of_them)
    weights, *others = all_of_them
    assert error(weights.grad, before[0] + autograd.grad(formula)(weights.data)) <= 1e-15
    for parameter, grad in zip(others, before[1:], strict=True):
        np.testing.assert_array_equal(parameter.grad, grad)


@every_kind
def test_single_precision_stays(regularizer, formula):
    weights = parameters(np.float32)[0]
    buffer = weights.grad
    regularizer.add_gradients([weights])
    assert weights.grad is buffer
    assert buffer.dtype == np.float32
    assert error(regularizer.value([weights]), formula(weights.data.astype(float))) < 1e-6


def test_gradient_of_the_absolute_value_is_0_at_0():
    weight = Parameter(np.array([0.0, -0.0, 2.0, -2.0]), "weights")
    L1(0.5).add_gradients([weight])
    assert weight.grad.tolist() == [0.0, 0.0, 0.5, -0.5]


@pytest.mark.parametrize(
    ("regularizer", "rows"), [(Regularizer(), 0), (L1(0.0), 0), (L2(0.1), 1), (L1L2(0.1, 0.1), 2)]
)
def test_a_strength_of_zero_computes_nothing(regularizer, rows):
    assert len(regularizer.rows) == rows


@pytest.mark.parametrize(
    ("make", "name"), [(lambda s: L1(s), "l1"), (lambda s: L2(s), "l2"), (lambda s: L1L2(0.1, s), "l2")]
)
@pytest.mark.parametrize("strength", [-0.1, float("nan"), float("inf")])
def test_other_strengths_are_refused(make, name, strength):
    with pytest.raises(SettingError) as caught:
        make(strength)
    assert str(caught.value) == f"{name} must be a finite number of 0 or above\n  received: {strength}"


def test_it_says_its_strengths():
    assert repr(L1L2(0.1, 0.2)) == "Regularizer(l1=0.1, l2=0.2)"
