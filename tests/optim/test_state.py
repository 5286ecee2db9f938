"""State of the optimizers: a restored run goes on to the last bit, and what does not fit is refused."""

import copy

import numpy as np
import pytest

from whygrad.errors import KindError, SettingError, ShapeError
from whygrad.optim import (
    OPTIMIZERS,
    Adam,
    GradientDescent,
    Momentum,
    ReduceOnPlateau,
    cosine,
)

KINDS = sorted(set(OPTIMIZERS.values()), key=lambda kind: kind.name)
every_kind = pytest.mark.parametrize("kind", KINDS)


def gradients(count, size=7, dtype=np.float64, seed=0):
    return list(np.random.default_rng(seed).normal(size=(count, size)).astype(dtype))


def message(error):
    return str(error.value)


@every_kind
@pytest.mark.parametrize("at", [0, 1, 6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_restored_run_equals_an_unbroken_one_bit_for_bit(kind, at, dtype):
    given = gradients(12, dtype=dtype)
    schedule = cosine(0.1, total=10, warmup=3)
    whole, parameters = kind(schedule), np.ones(7, dtype)
    for step, gradient in enumerate(given):
        if step == at:
            state, kept = whole.state(), parameters.copy()
        whole.step(parameters, gradient)
    resumed = kind(schedule)
    resumed.load_state(state)
    for gradient in given[at:]:
        resumed.step(kept, gradient)
    assert kept.tobytes() == parameters.tobytes()
    assert resumed.steps_taken == whole.steps_taken == 12
    ends = [{name: vector.tobytes() for name, vector in one.state().items()} for one in (whole, resumed)]
    assert ends[0] == ends[1]


@every_kind
def test_state_is_a_copy_both_ways(kind):
    optimizer, parameters = kind(0.1), np.ones(7)
    first, second = gradients(2)
    optimizer.step(parameters, first)
    state = optimizer.state()
    kept = copy.deepcopy(state)
    optimizer.step(parameters, second)
    for name, vector in state.items():
        np.testing.assert_array_equal(vector, kept[name])
    optimizer.load_state(state)
    optimizer.step(parameters, second)
    for name, vector in state.items():
        np.testing.assert_array_equal(vector, kept[name])


def test_state_is_all_that_matters():
    """Without the restored state the run goes another way, so the test of equal bits can fail."""
    given = gradients(6)
    whole, parameters = Adam(0.1), np.ones(7)
    for gradient in given[:3]:
        whole.step(parameters, gradient)
    other = parameters.copy()
    forgetful = Adam(0.1)
    for gradient in given[3:]:
        whole.step(parameters, gradient)
        forgetful.step(other, gradient)
    assert np.abs(other - parameters).max() > 0.01


def test_loading_into_a_used_optimizer_forgets_its_own_steps():
    start, used, parameters = Momentum(0.1).state(), Momentum(0.1), np.zeros(2)
    used.step(parameters, np.ones(2))
    used.load_state(start)
    parameters[:] = 0
    used.step(parameters, np.ones(2))
    np.testing.assert_allclose(parameters, [-0.1, -0.1])
    assert used.steps_taken == 1


def test_state_names_and_first_values():
    optimizer, parameters = Adam(0.1), np.zeros(2)
    optimizer.step(parameters, np.array([2.0, -3.0]))
    state = optimizer.state()
    assert list(state) == ["steps_taken", "decayed_sum", "decayed_square_sum"]
    assert state["decayed_sum"].tolist() == [2.0, -3.0]
    assert state["decayed_square_sum"].tolist() == [4.0, 9.0]


def test_state_of_a_schedule_is_saved_with_the_optimizer():
    schedule = ReduceOnPlateau(0.8, factor=0.5, patience=0)
    optimizer = GradientDescent(schedule)
    for loss in (1.0, 2.0, 2.0):
        schedule.observe(loss)
    state = optimizer.state()
    assert sorted(state) == ["schedule.best", "schedule.current", "schedule.waited", "steps_taken"]
    restored = GradientDescent(ReduceOnPlateau(0.8, factor=0.5, patience=0))
    restored.load_state(state)
    assert restored.current_learning_rate == 0.2


@pytest.mark.parametrize(
    ("optimizer", "state", "error", "text"),
    [
        (
            Momentum(),
            {"steps_taken": np.array(1), "square_sum": np.ones(2)},
            SettingError,
            "does not belong to Momentum",
        ),
        (Momentum(), {"velocity": np.ones(2)}, SettingError, "expected: steps_taken, velocity"),
        (Momentum(), {}, SettingError, "received: nothing"),
        (Adam(), {"steps_taken": np.array(1), "decayed_sum": np.ones(2)}, SettingError, "decayed_square_sum"),
        (Momentum(), {"steps_taken": np.array(1), "schedule.best": np.array(1.0)}, SettingError, "schedule"),
        (Momentum(ReduceOnPlateau(0.1)), {"steps_taken": np.array(1)}, SettingError, "ReduceOnPlateau"),
        (Momentum(), {"steps_taken": np.array(-1), "velocity": np.ones(2)}, SettingError, "0 or above"),
        (Momentum(), {"steps_taken": np.array(1.5), "velocity": np.ones(2)}, SettingError, "whole number"),
        (
            Momentum(),
            {"steps_taken": np.array(1), "velocity": np.ones((2, 1))},
            ShapeError,
            "velocity must be one flat",
        ),
        (
            Momentum(),
            {"steps_taken": np.array(1), "velocity": np.ones(2, int)},
            KindError,
            "velocity must be floats",
        ),
        (
            Adam(),
            {"steps_taken": np.array(1), "decayed_sum": np.ones(2), "decayed_square_sum": np.ones(3)},
            ShapeError,
            "decayed_square_sum and decayed_sum have different sizes",
        ),
    ],
)
def test_state_that_does_not_fit_is_refused_and_changes_nothing(optimizer, state, error, text):
    before = optimizer.state()
    with pytest.raises(error) as caught:
        optimizer.load_state(state)
    assert text in message(caught)
    assert optimizer.state() == before


def test_state_of_another_size_or_dtype_is_refused_at_the_step():
    optimizer = Momentum(0.1)
    optimizer.load_state({"steps_taken": np.array(3), "velocity": np.ones(4)})
    with pytest.raises(ShapeError) as caught:
        optimizer.step(np.ones(5), np.ones(5))
    assert message(caught) == (
        "parameters and the optimizer's velocity have different sizes\n"
        "  expected: 4 entries, as the optimizer's velocity\n"
        "  received: 5 entries\n"
        "  hint: an optimizer goes with one vector of parameters; make a new optimizer for another"
    )
    with pytest.raises(KindError, match="float64, as the optimizer's velocity"):
        optimizer.step(np.ones(4, np.float32), np.ones(4, np.float32))
    assert optimizer.steps_taken == 3
