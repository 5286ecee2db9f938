"""Schedules: values at chosen points, what always holds, and what is refused."""

import copy
import dataclasses
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whygrad.errors import SettingError
from whygrad.optim import (
    SCHEDULES,
    Cosine,
    ReduceOnPlateau,
    StatefulSchedule,
    constant,
    cosine,
    exponential,
    make_schedule,
    step_decay,
)

rates = st.floats(1e-6, 10.0)
EXAMPLES = {
    "Constant(rate=0.1)": constant(0.1),
    "StepDecay(rate=0.1, drop=0.5, every=3)": step_decay(0.1, every=3),
    "Exponential(rate=0.1, decay=0.9)": exponential(0.1, 0.9),
    "Cosine(rate=0.1, total=20, warmup=4, floor=0.01)": cosine(0.1, 20, warmup=4, floor=0.01),
}


@pytest.mark.parametrize("step", [0, 1, 10**9])
def test_constant_is_constant(step):
    assert constant(0.3)(step) == 0.3


def test_step_decay_is_a_staircase():
    schedule = step_decay(0.8, drop=0.1, every=3)
    expected = [0.8, 0.8, 0.8, 0.08, 0.08, 0.08, 0.008]
    assert [schedule(step) for step in range(7)] == pytest.approx(expected, rel=1e-15)
    assert step_decay(0.8, every=1)(1) == 0.4


def test_exponential_multiplies_at_every_step():
    schedule = exponential(0.8, decay=0.9)
    assert schedule(0) == 0.8
    assert [schedule(k + 1) / schedule(k) for k in range(50)] == pytest.approx([0.9] * 50, rel=1e-14)


def test_cosine_at_chosen_points():
    schedule = cosine(1.0, total=110, warmup=10, floor=0.2)
    assert schedule(0) == pytest.approx(1 / 11)
    assert schedule(9) == pytest.approx(10 / 11)
    assert schedule(10) == 1.0
    assert schedule(10 + 25) == pytest.approx(0.2 + 0.8 * (1 + math.sqrt(0.5)) / 2)
    assert schedule(10 + 50) == pytest.approx(0.6)
    assert schedule(10 + 100) == schedule(10**9) == 0.2


def test_cosine_without_a_rise_starts_at_the_rate():
    assert cosine(0.3, total=5)(0) == 0.3
    assert cosine(0.3, total=5)(5) == 0.0


@st.composite
def waves(draw):
    rate, total = draw(rates), draw(st.integers(1, 500))
    warmup = draw(st.integers(0, total - 1))
    return Cosine(rate, total, warmup, draw(st.floats(0.0, 1.0)) * rate)


@given(waves())
def test_cosine_rises_straight_then_never_rises_and_ends_at_the_floor(wave):
    values = [wave(step) for step in range(wave.total + 3)]
    rise, fall = values[: wave.warmup + 1], values[wave.warmup :]
    steps = [after - before for before, after in zip([0.0, *rise], rise, strict=False)]
    assert steps == pytest.approx([wave.rate / (wave.warmup + 1)] * len(rise), rel=1e-6)
    assert all(after <= before * (1 + 1e-15) for before, after in pairwise(fall))
    assert max(values) == pytest.approx(wave.rate, rel=1e-15)
    assert values[-3:] == [wave.floor] * 3


@given(waves())
def test_cosine_falls_as_much_before_the_middle_as_after_it(wave):
    length = wave.total - wave.warmup
    for k in range(length + 1):
        pair = wave(wave.warmup + k) + wave(wave.total - k)
        assert pair == pytest.approx(wave.rate + wave.floor, rel=1e-9)


@given(rates, st.floats(0.01, 0.99), st.integers(1, 50), st.integers(0, 500))
def test_staircase_drops_by_its_factor_every_so_many_steps(rate, drop, every, step):
    schedule = step_decay(rate, drop=drop, every=every)
    assert schedule(step + every) == pytest.approx(schedule(step) * drop, rel=1e-12, abs=1e-300)
    assert schedule(step - step % every) == schedule(step)


@given(rates, st.floats(0.01, 0.99), st.integers(0, 200), st.integers(0, 200))
def test_exponential_turns_sums_of_steps_into_products(rate, decay, first, second):
    schedule = exponential(rate, decay)
    expected = schedule(first) * schedule(second) / rate
    assert schedule(first + second) == pytest.approx(expected, rel=1e-9, abs=1e-290)


@pytest.mark.parametrize("shown", EXAMPLES)
def test_schedules_can_be_shown_compared_saved_and_not_changed(shown):
    schedule = EXAMPLES[shown]
    assert repr(schedule) == shown
    twin = copy.deepcopy(schedule)
    assert twin is not schedule
    assert (twin, hash(twin)) == (schedule, hash(schedule))
    assert make_schedule(schedule.name, **dataclasses.asdict(schedule)) == schedule
    assert dataclasses.replace(schedule, rate=0.2) != schedule
    with pytest.raises(dataclasses.FrozenInstanceError):
        schedule.rate = 1.0
    assert not isinstance(schedule, StatefulSchedule)


@pytest.mark.parametrize("schedule", [constant(1), step_decay(1, every=3), cosine(1, 5, floor=0)], ids=repr)
def test_rate_is_a_float_even_of_integers(schedule):
    assert [type(schedule(step)) for step in (0, 4, 99)] == [float] * 3


@pytest.mark.parametrize(
    ("name", "settings", "made"),
    [
        ("constant", {}, constant(0.1)),
        ("step-decay", {"every": 5}, step_decay(0.1, drop=0.5, every=5)),
        ("Step_Decay", {"every": 5, "drop": 0.2}, step_decay(0.1, drop=0.2, every=5)),
        ("exponential", {"decay": 0.9}, exponential(0.1, decay=0.9)),
        ("cosine", {"total": 9}, cosine(0.1, total=9, warmup=0, floor=0.0)),
        ("reduce-on-plateau", {"patience": 2}, ReduceOnPlateau(0.1, patience=2)),
    ],
)
def test_name_makes_its_schedule(name, settings, made):
    assert make_schedule(name, 0.1, **settings) == made


def test_table_has_every_schedule():
    assert sorted(SCHEDULES) == ["constant", "cosine", "exponential", "reduce-on-plateau", "step-decay"]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: make_schedule("cosin", 0.1), 'unknown schedule "cosin"\n  hint: did you mean "cosine"?'),
        (lambda: make_schedule("cosine", 0.1), 'schedule "cosine" needs a value for total'),
        (lambda: make_schedule("cosine", 0.1, totl=3), 'no setting "totl"\n  hint: did you mean "total"?'),
        (
            lambda: constant(0),
            "rate must be a finite number above 0\n  received: 0\n  hint: a step is the rate",
        ),
        (lambda: constant(math.nan), "rate must be a finite number above 0\n  received: nan"),
        (lambda: constant("0.1"), "rate must be a number"),
        (lambda: step_decay(-1, every=3), "rate must be a finite number above 0"),
        (
            lambda: step_decay(0.1, drop=1.0, every=3),
            "drop must be a number above 0 and below 1\n  received: 1.0",
        ),
        (lambda: step_decay(0.1, drop=0, every=3), "drop must be a number above 0 and below 1"),
        (lambda: step_decay(0.1, every=0), "every must be a whole number, 1 or above\n  received: 0"),
        (lambda: step_decay(0.1, every=2.5), "every must be a whole number, 1 or above\n  received: 2.5"),
        (lambda: step_decay(0.1, every=True), "every must be a whole number"),
        (lambda: exponential(0.1, decay=1.5), "decay must be a number above 0 and below 1"),
        (lambda: cosine(0.1, total=0), "total must be a whole number, 1 or above"),
        (
            lambda: cosine(0.1, total=5, warmup=5),
            "warmup must be below total\n  expected: below 5\n  received: 5",
        ),
        (lambda: cosine(0.1, total=5, warmup=-1), "warmup must be a whole number, 0 or above"),
        (lambda: cosine(0.1, total=5, floor=0.2), "floor must not be above rate\n  expected: up to 0.1"),
        (lambda: cosine(0.1, total=5, floor=-0.1), "floor must be a finite number of 0 or above"),
    ],
)
def test_settings_that_cannot_work_are_refused(make, text):
    with pytest.raises(SettingError) as caught:
        make()
    assert text in str(caught.value)
