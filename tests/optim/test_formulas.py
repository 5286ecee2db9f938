"""Each optimizer against its formula, written out in plain Python, one parameter and one step at a time."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from whygrad.optim import (
    Adagrad,
    Adam,
    AdamW,
    GradientDescent,
    Momentum,
    Nesterov,
    Optimizer,
    RMSprop,
    cosine,
    make_optimizer,
)

Path = Callable[
    [float, list[float], list[float]], Iterator[float]
]  # start, gradients and rates to parameters


def gradient_descent(theta, gradients, rates):
    for g, lr in zip(gradients, rates, strict=True):
        theta = theta - lr * g
        yield theta


def momentum(theta, gradients, rates, mu=0.9):
    v = 0.0
    for g, lr in zip(gradients, rates, strict=True):
        v = mu * v + g
        theta = theta - lr * v
        yield theta


def nesterov(theta, gradients, rates, mu=0.9):
    v = 0.0
    for g, lr in zip(gradients, rates, strict=True):
        v = mu * v + g
        theta = theta - lr * (g + mu * v)
        yield theta


def adagrad(theta, gradients, rates, eps=1e-10):
    s = 0.0
    for g, lr in zip(gradients, rates, strict=True):
        s = s + g * g
        theta = theta - lr * g / (math.sqrt(s) + eps)
        yield theta


def rmsprop(theta, gradients, rates, alpha=0.99, eps=1e-8):
    s = 0.0
    for g, lr in zip(gradients, rates, strict=True):
        s = alpha * s + (1 - alpha) * g * g
        theta = theta - lr * g / (math.sqrt(s) + eps)
        yield theta


def adam(theta, gradients, rates, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.0):
    m = v = 0.0
    for t, (g, lr) in enumerate(zip(gradients, rates, strict=True), start=1):
        theta = theta * (1 - lr * decay)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        theta = theta - lr * m_hat / (math.sqrt(v_hat) + eps)
        yield theta


def adamw(theta, gradients, rates):
    return adam(theta, gradients, rates, decay=0.01)


FORMULAS: dict[type[Optimizer], Path] = {
    GradientDescent: gradient_descent,
    Momentum: momentum,
    Nesterov: nesterov,
    Adagrad: adagrad,
    RMSprop: rmsprop,
    Adam: adam,
    AdamW: adamw,
}
OTHER_SETTINGS = [
    (Momentum(0.05, momentum=0.3), lambda *run: momentum(*run, mu=0.3)),
    (Momentum(0.05, momentum=0.0), gradient_descent),
    (Nesterov(0.05, momentum=0.3), lambda *run: nesterov(*run, mu=0.3)),
    (Nesterov(0.05, momentum=0.0), gradient_descent),
    (Adagrad(0.05, epsilon=0.1), lambda *run: adagrad(*run, eps=0.1)),
    (RMSprop(0.05, alpha=0.5, epsilon=0.1), lambda *run: rmsprop(*run, alpha=0.5, eps=0.1)),
    (RMSprop(0.05, alpha=0.0), lambda *run: rmsprop(*run, alpha=0.0)),
    (Adam(0.05, 0.5, 0.7, 0.1), lambda *run: adam(*run, beta1=0.5, beta2=0.7, eps=0.1)),
    (Adam(0.05, beta1=0.0, beta2=0.0), lambda *run: adam(*run, beta1=0.0, beta2=0.0)),
    (AdamW(0.05, epsilon=0.1, weight_decay=0.5), lambda *run: adam(*run, eps=0.1, decay=0.5)),
]


def follows(optimizer: Optimizer, formula: Path, rates: list[float]) -> None:
    """Compare every parameter after every step; sizes of gradients differ by ten orders of magnitude."""
    rng = np.random.default_rng(3)
    start = rng.normal(size=5)
    gradients = rng.normal(size=(len(rates), 5)) * 10.0 ** rng.integers(-6, 4, size=5)
    gradients[:, 4] *= rng.random(len(rates)) < 0.3  # one parameter mostly without a gradient
    expected = np.array(
        [list(formula(start[i], gradients[:, i].tolist(), rates)) for i in range(len(start))]
    ).T
    parameters = start.copy()
    for gradient, row in zip(gradients, expected, strict=True):
        optimizer.step(parameters, gradient)
        np.testing.assert_allclose(parameters, row, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("kind", FORMULAS)
def test_follows_its_formula(kind):
    follows(kind(0.05), FORMULAS[kind], [0.05] * 60)


@pytest.mark.parametrize("kind", FORMULAS)
def test_follows_its_formula_under_a_schedule(kind):
    schedule = cosine(0.3, total=40, warmup=7, floor=0.01)
    follows(kind(schedule), FORMULAS[kind], [schedule(step) for step in range(60)])


@pytest.mark.parametrize(("optimizer", "formula"), OTHER_SETTINGS, ids=lambda part: repr(part)[:60])
def test_follows_its_formula_with_other_settings(optimizer, formula):
    follows(optimizer, formula, [0.05] * 40)


@pytest.mark.parametrize("kind", FORMULAS)
def test_defaults_are_those_of_the_formula(kind):
    optimizer = kind()
    follows(optimizer, FORMULAS[kind], [0.001 if kind in (Adam, AdamW) else 0.01] * 20)


def test_no_formula_is_that_of_another():
    gradients = [0.3, -0.2, 0.5, 0.5, 0.1]
    ends = [list(formula(1.0, gradients, [0.1] * 5))[-1] for formula in FORMULAS.values()]
    assert min(abs(a - b) for i, a in enumerate(ends) for b in ends[:i]) > 1e-4


def test_steady_gradient_brings_momentum_to_ten_times_the_step():
    optimizer, parameters = Momentum(0.1, momentum=0.9), np.zeros(1)
    for _ in range(400):
        before = parameters.copy()
        optimizer.step(parameters, np.array([2.0]))
    np.testing.assert_allclose(before - parameters, 0.1 * 2.0 / (1 - 0.9), rtol=1e-12)


@pytest.mark.parametrize("size", [1e-5, 1.0, 1e5])
def test_first_step_of_adam_has_the_size_of_the_rate(size):
    parameters = np.zeros(2)
    Adam(0.25).step(parameters, np.array([size, -size]))
    np.testing.assert_allclose(parameters, [-0.25, 0.25], rtol=2e-3)


@pytest.mark.parametrize("kind", [Adagrad, RMSprop, Adam])
def test_parameter_without_gradient_stays_exactly(kind):
    optimizer, parameters = kind(0.1), np.array([1.5, 2.5])
    for _ in range(5):
        optimizer.step(parameters, np.array([0.0, 1.0]))
    assert parameters[0] == 1.5
    assert parameters[1] < 2.5


@pytest.mark.parametrize("kind", FORMULAS)
def test_descends_a_quadratic(kind):
    curvature = np.array([1.0, 10.0])
    optimizer, parameters = kind(0.05), np.array([1.0, -1.0])
    for _ in range(2000):
        optimizer.step(parameters, curvature * parameters)
    assert np.abs(parameters).max() < 0.05


@pytest.mark.parametrize("kind", FORMULAS)
def test_nan_gradient_shows_in_its_parameter_and_no_other(kind):
    parameters = np.zeros(3)
    kind(0.1).step(parameters, np.array([1.0, np.nan, 1.0]))
    np.testing.assert_array_equal(np.isnan(parameters), [False, True, False])


@pytest.mark.parametrize("kind", [Adam, RMSprop])
def test_single_precision_stays_near_double_over_a_long_run(kind):
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(2000, 50))
    wide, narrow = np.ones(50), np.ones(50, np.float32)
    in_wide, in_narrow = kind(0.001), kind(0.001)
    for gradient in gradients:
        in_wide.step(wide, gradient)
        in_narrow.step(narrow, gradient.astype(np.float32))
    np.testing.assert_allclose(narrow, wide, atol=2e-4)


def test_make_optimizer_makes_what_follows_the_formula():
    follows(make_optimizer("nesterov", learning_rate=0.05, momentum=0.3), OTHER_SETTINGS[2][1], [0.05] * 10)
