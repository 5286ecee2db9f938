"""The schedule that goes by the losses: when it lowers the rate, when it does not, and its state."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whygrad.errors import SettingError
from whygrad.optim import ReduceOnPlateau, StatefulSchedule

losses = st.lists(st.one_of(st.floats(-5, 5), st.just(math.nan), st.just(math.inf)), max_size=60)


def rates(schedule, observed):
    values = []
    for epoch, loss in enumerate(observed):
        schedule.observe(loss)
        values.append(schedule(epoch))
    return values


def test_rate_falls_after_more_losses_without_progress_than_patience():
    schedule = ReduceOnPlateau(0.8, factor=0.5, patience=2)
    assert rates(schedule, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]) == [0.8] * 3 + [0.4] * 3 + [0.2] * 2


def test_progress_starts_the_count_again():
    schedule = ReduceOnPlateau(0.8, factor=0.5, patience=1)
    assert rates(schedule, [1.0, 1.0, 0.9, 0.9, 0.8, 0.8, 0.8]) == [0.8] * 6 + [0.4]


def test_progress_below_the_threshold_does_not_count():
    assert rates(ReduceOnPlateau(0.8, patience=0, threshold=0.1), [1.0, 0.91]) == [0.8, 0.4]
    assert rates(ReduceOnPlateau(0.8, patience=0, threshold=0.1), [1.0, 0.89]) == [0.8, 0.8]


def test_losses_below_zero_must_fall_too():
    assert rates(ReduceOnPlateau(0.8, patience=0, threshold=0.1), [-1.0, -1.05]) == [0.8, 0.4]
    assert rates(ReduceOnPlateau(0.8, patience=0, threshold=0.1), [-1.0, -1.2]) == [0.8, 0.8]


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_loss_that_is_not_finite_is_no_progress(loss):
    assert rates(ReduceOnPlateau(0.8, factor=0.5, patience=1), [loss, loss, loss, loss]) == [
        0.8,
        0.4,
        0.4,
        0.2,
    ]
    assert rates(ReduceOnPlateau(0.8, factor=0.5, patience=0), [1.0, loss, 0.5]) == [0.8, 0.4, 0.4]


@given(losses, st.floats(0.1, 0.9), st.integers(0, 5), st.floats(0.0, 0.5))
def test_rate_never_rises_nor_passes_the_minimum(observed, factor, patience, minimum):
    values = rates(ReduceOnPlateau(0.5, factor, patience, minimum=minimum), observed)
    assert all(after <= before for before, after in zip([0.5, *values], values, strict=False))
    assert all(value >= minimum for value in values)
    assert 0.5 * factor ** (len(values) // (patience + 1)) <= min([0.5, *values]) * (1 + 1e-12)


@given(losses, losses)
def test_restored_schedule_goes_on_as_an_unbroken_one(before, after):
    whole = ReduceOnPlateau(0.5, patience=1, minimum=0.01)
    rates(whole, before)
    resumed = ReduceOnPlateau(0.5, patience=1, minimum=0.01)
    resumed.load_state(whole.state())
    assert resumed == whole
    assert rates(resumed, after) == rates(whole, after)
    assert resumed.state() == whole.state()


def test_state_is_arrays_of_no_dimension():
    schedule = ReduceOnPlateau(0.5, patience=0)
    rates(schedule, [2.0, 3.0])
    state = schedule.state()
    assert {name: value.item() for name, value in state.items()} == {
        "current": 0.25,
        "best": 2.0,
        "waited": 0,
    }
    assert all(isinstance(value, np.ndarray) for value in state.values())
    assert isinstance(schedule, StatefulSchedule)


def test_repr_shows_the_settings():
    expected = "ReduceOnPlateau(rate=0.1, factor=0.5, patience=10, threshold=0.0001, minimum=0.0)"
    assert repr(ReduceOnPlateau(0.1)) == expected


def test_state_of_another_kind_is_refused_and_changes_nothing():
    schedule = ReduceOnPlateau(0.1)
    with pytest.raises(SettingError) as caught:
        schedule.load_state({"current": np.array(1.0), "velocity": np.ones(2)})
    assert str(caught.value) == (
        "the state does not belong to ReduceOnPlateau\n"
        "  expected: current, best, waited\n"
        "  received: current, velocity\n"
        "  hint: load it into the kind of schedule that it was saved from"
    )
    assert schedule == ReduceOnPlateau(0.1)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"rate": 0}, "rate must be a finite number above 0"),
        ({"factor": 1}, "factor must be a number above 0 and below 1"),
        ({"patience": -1}, "patience must be a whole number, 0 or above"),
        ({"threshold": -0.1}, "threshold must be a finite number of 0 or above"),
        ({"minimum": 0.2}, "minimum must not be above rate\n  expected: up to 0.1\n  received: 0.2"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings, text):
    with pytest.raises(SettingError) as caught:
        ReduceOnPlateau(**{"rate": 0.1, **settings})
    assert text in str(caught.value)
