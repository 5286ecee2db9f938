"""What is chosen where nobody says otherwise."""

import pytest

from whygrad.optim import make_schedule
from whygrad.training import NeuralNetwork
from whygrad.training.defaults import DEFAULTS, hidden_sizes, initializer_for, schedule_settings


@pytest.mark.parametrize(
    ("rows", "sizes"), [(1, (16, 16)), (499, (16, 16)), (500, (64, 64)), (10**6, (64, 64))]
)
def test_little_data_get_a_small_network(rows, sizes):
    assert hidden_sizes(rows) == sizes


@pytest.mark.parametrize(
    ("activation", "initializer"),
    [
        ("tanh", "glorot_uniform"),
        ("Tanh", "glorot_uniform"),
        ("sigmoid", "glorot_uniform"),
        ("identity", "glorot_uniform"),
        ("relu", "he_uniform"),
        ("silu", "he_uniform"),
    ],
)
def test_weights_start_as_the_activation_wants(activation, initializer):
    assert initializer_for(activation) == initializer
    assert NeuralNetwork([2, 3, 1], activation).initializer == initializer


def test_an_initializer_that_is_given_is_taken():
    network = NeuralNetwork([2, 3, 1], initializer="ones")
    assert (network.network.layers[0].weights == 1).all()


@pytest.mark.parametrize("name", ["step-decay", "exponential", "cosine", "Step_Decay"])
def test_named_schedules_are_spread_over_the_run(name):
    schedule = make_schedule(name, 0.1, **schedule_settings(name, 1000))
    assert schedule(0) == 0.1
    assert 0 <= schedule(1000) <= 0.1 * 0.0626
    assert schedule(400) > 0.01


@pytest.mark.parametrize("name", ["constant", "reduce-on-plateau"])
def test_other_schedules_need_not_know_its_length(name):
    assert schedule_settings(name, 1000) == {}


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("name", ["step-decay", "exponential", "cosine"])
def test_the_shortest_runs_have_a_schedule(name, steps):
    assert make_schedule(name, 0.1, **schedule_settings(name, steps))(0) == 0.1


def test_cosine_ends_near_0():
    network = NeuralNetwork([1, 2, 1], seed=0)
    history = network.train([[0.0], [1.0], [2.0]], [0.5, 0.1, 0.9], epochs=100, verbose=False)
    rates = [epoch.learning_rate for epoch in history]
    assert rates[0] == DEFAULTS.learning_rate
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 0.001 * DEFAULTS.learning_rate
