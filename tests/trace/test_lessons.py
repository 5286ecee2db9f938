"""Lessons: the effect is there, with any seed, and the remedy removes it."""

from __future__ import annotations

import json

import pytest

from whygrad.errors import SettingError
from whygrad.trace.lessons import LESSONS, lesson

SEEDS = range(5)


def column(part, header):
    return [row[part.headers.index(header)] for row in part.rows]


@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_lesson_explains_a_weight_in_each_half(name, seed):
    found = lesson(name, seed)
    assert found.name == name
    assert len(found.parts) >= 2
    assert all(len(row) == len(part.headers) for part in found.parts for row in part.rows)
    for part in found.parts:
        if part.explanation is not None:
            assert (
                part.explanation.check.agrees
                or part.explanation.check.corner
                or part.explanation.gradient > 1e3
            )
    json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_vanish_through_sigmoids_and_not_through_relus(seed):
    trouble, remedy = lesson("vanishing", seed).parts
    assert column(trouble, "beside the last")[0] < 1e-2
    assert column(remedy, "beside the last")[0] > 10 * column(trouble, "beside the last")[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_large_weights_make_large_gradients_and_clipping_bounds_the_step(seed):
    trouble, remedy, clipping = lesson("exploding", seed).parts
    gradient = "gradient, root mean square"
    assert column(trouble, gradient)[0] > 1e3 * column(remedy, gradient)[0]
    for bound, length in zip(column(clipping, "bound"), column(clipping, "length after"), strict=True):
        assert bound == "none" or length <= bound * (1 + 1e-12)
    assert column(clipping, "loss after it")[0] > column(clipping, "loss after it")[-1]


@pytest.mark.parametrize("seed", SEEDS)
def test_dead_neurons_have_no_gradient_and_leaky_ones_do(seed):
    dead, leaky, _ = lesson("dead-relu", seed).parts
    assert column(dead, "gradient, root mean square") == [0.0] * 4
    assert min(column(leaky, "gradient, root mean square")) > 0
    assert "4 of 4" in dead.said[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_small_step_keeps_its_promise_and_a_large_one_does_not(seed):
    rates, halving = lesson("learning-rate", seed).parts
    promised, real = column(rates, "promised fall"), column(rates, "real fall")
    assert abs(real[0] / promised[0] - 1) < 0.05
    assert real[-1] < 0.5 * promised[-1]
    assert column(halving, "share kept")[-1] >= 0.5
    assert all(share < 0.5 for share in column(halving, "share kept")[:-1])


@pytest.mark.parametrize("seed", SEEDS)
def test_equal_neurons_stay_equal_and_random_ones_differ(seed):
    equal, random = lesson("symmetry", seed).parts
    assert len({row[1:] for row in equal.rows}) == 1
    assert len({row[1:] for row in random.rows}) == 3


@pytest.mark.parametrize("seed", SEEDS)
def test_large_inputs_saturate(seed):
    trouble, remedy = lesson("saturation", seed).parts
    flat = "rows with slope below 0.1"
    assert sum(column(trouble, flat)) > 4 * max(1, sum(column(remedy, flat))) / 2


@pytest.mark.parametrize("seed", SEEDS)
def test_cross_entropy_keeps_the_gradient_that_softmax_loses(seed):
    squared, entropy = lesson("softmax-cross-entropy", seed).parts
    assert column(entropy, "∂L/∂z") == pytest.approx(column(entropy, "p − y"))
    assert max(map(abs, column(squared, "∂L/∂z"))) < 0.01 * max(map(abs, column(entropy, "∂L/∂z")))


def test_an_unknown_lesson_is_answered_with_the_nearest():
    with pytest.raises(SettingError, match='did you mean "vanishing"'):
        lesson("vanish")
    assert lesson("DEAD_RELU").name == "dead-relu"
