"""What all optimizers share: rates, settings, checks, dtypes, and buffers laid out once."""

import copy
import gc
import tracemalloc

import numpy as np
import pytest

from whygrad.errors import KindError, SettingError, ShapeError
from whygrad.optim import (
    OPTIMIZERS,
    Adagrad,
    Adam,
    AdamW,
    GradientDescent,
    Momentum,
    Optimizer,
    RMSprop,
    cosine,
    step_decay,
)

KINDS = sorted(set(OPTIMIZERS.values()), key=lambda kind: kind.name)
every_kind = pytest.mark.parametrize("kind", KINDS)


def gradients(count, size=7, dtype=np.float64, seed=0):
    return list(np.random.default_rng(seed).normal(size=(count, size)).astype(dtype))


def message(error):
    return str(error.value)


@every_kind
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_dtype_is_kept_in_parameters_and_state(kind, dtype):
    optimizer, parameters = kind(cosine(0.1, total=9)), np.ones(7, dtype)
    for gradient in gradients(3, dtype=dtype):
        optimizer.step(parameters, gradient)
    state = optimizer.state()
    assert parameters.dtype == dtype
    assert state.pop("steps_taken") == 3
    assert [vector.dtype for vector in state.values()] == [dtype] * len(kind.state_names)


@every_kind
def test_nothing_is_wider_than_the_parameters(kind):
    optimizer, parameters = kind(0.1), np.ones(7, np.float32)
    optimizer.step(parameters, gradients(1, dtype=np.float32)[0])
    values = vars(optimizer).values()
    inside = [part for value in values for part in (value if isinstance(value, tuple) else [value])]
    dtypes = [part.dtype for part in inside if isinstance(part, np.ndarray)]
    assert len(dtypes) >= 4  # parameters and gradient as seen, scratch and rate
    assert set(dtypes) == {np.dtype(np.float32)}


@every_kind
def test_strided_vectors_move_as_contiguous_ones(kind):
    optimizer, strided_optimizer = kind(0.1), kind(0.1)
    parameters, table, others = np.ones(7), np.ones((7, 3)), np.zeros((2, 14))
    for gradient in gradients(4):
        others[1, ::2] = gradient
        optimizer.step(parameters, gradient)
        strided_optimizer.step(table[:, 1], others[1, ::2])
    np.testing.assert_array_equal(table[:, 1], parameters)
    assert (table[:, [0, 2]] == 1).all()


@every_kind
def test_updates_in_place_and_leaves_the_gradient(kind):
    parameters, gradient = np.ones(7), gradients(1)[0]
    kept = gradient.copy()
    kind(0.1).step(parameters, gradient)
    assert (parameters != 1).all()
    np.testing.assert_array_equal(gradient, kept)


@every_kind
@pytest.mark.parametrize("fresh", [False, True])
def test_no_temporaries_after_the_first_step(kind, fresh):
    size = 100_000
    mask = {"decay_mask": np.ones(size)} if kind is AdamW else {}
    optimizer, parameters = kind(step_decay(0.1, every=1), **mask), np.ones(size, np.float32)
    given = [np.ones(size, np.float32) for _ in range(6)]
    optimizer.step(parameters, given[0])
    gc.collect()
    tracemalloc.start()
    for gradient in given if fresh else given[:1] * 6:
        optimizer.step(parameters, gradient)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000  # bytes; one temporary would take 400,000


@every_kind
def test_empty_vector_is_no_trouble(kind):
    optimizer = kind(0.1)
    optimizer.step(np.empty(0), np.empty(0))
    assert optimizer.steps_taken == 1


@pytest.mark.parametrize(
    ("parameters", "gradient", "error", "text"),
    [
        ([1.0], np.ones(1), KindError, "parameters must be a NumPy array\n  received: list"),
        (np.ones(1), 1.0, KindError, "gradient must be a NumPy array\n  received: float"),
        (np.ones(2, int), np.ones(2), KindError, "parameters must be floats"),
        (np.ones(2), np.ones(2, complex), KindError, "received: complex128"),
        (np.ones(2, np.float16), np.ones(2, np.float16), KindError, "received: float16"),
        (np.ones((2, 3)), np.ones(6), ShapeError, "expected: shape (6,)\n  received: shape (2, 3)"),
        (np.ones(()), np.ones(()), ShapeError, "received: shape ()"),
        (np.ones(3), np.ones(2), ShapeError, "expected: 3 entries, as parameters\n  received: 2 entries"),
        (np.ones(3), np.ones(1), ShapeError, "received: 1 entries"),
        (
            np.ones(3, np.float32),
            np.ones(3),
            KindError,
            "expected: float32, as parameters\n  received: float64",
        ),
    ],
)
@pytest.mark.parametrize("used", [False, True])
def test_what_cannot_be_a_step_is_refused(parameters, gradient, error, text, used):
    optimizer = Momentum(0.1)
    if used:
        optimizer.step(np.ones(3), np.ones(3))
    before = copy.deepcopy(parameters)
    with pytest.raises(error) as caught:
        optimizer.step(parameters, gradient)
    assert text in message(caught)
    assert optimizer.steps_taken == used
    np.testing.assert_array_equal(parameters, before)


def test_new_gradient_beside_known_parameters_is_checked():
    optimizer, parameters = Momentum(0.1), np.ones(3, np.float32)
    optimizer.step(parameters, np.ones(3, np.float32))
    with pytest.raises(KindError, match="gradient and parameters have different dtypes"):
        optimizer.step(parameters, np.ones(3))
    with pytest.raises(ShapeError, match="gradient must be one flat vector"):
        optimizer.step(parameters, np.ones((1, 3), np.float32))


def test_new_parameters_beside_a_known_gradient_are_checked():
    optimizer, gradient = Momentum(0.1), np.ones(3)
    optimizer.step(np.ones(3), gradient)
    with pytest.raises(ShapeError, match="parameters must be one flat vector"):
        optimizer.step(np.ones((3, 3)), gradient)


def test_optimizer_without_state_goes_from_vector_to_vector():
    optimizer = GradientDescent(0.5)
    for size, dtype in [(3, np.float32), (5, np.float32), (5, np.float64)]:
        parameters = np.zeros(size, dtype)
        optimizer.step(parameters, np.ones(size, dtype))
        assert parameters.tolist() == [-0.5] * size
    third = np.zeros(1)
    optimizer.learning_rate = 1 / 3
    optimizer.step(third, np.ones(1))
    assert third[0] == -1 / 3  # not rounded to single precision on the way


@pytest.mark.parametrize("value", [0, 0.0, -1, -0.01])
def test_learning_rate_of_zero_or_below_explains_itself(value):
    with pytest.raises(SettingError) as caught:
        GradientDescent(value)
    assert message(caught) == (
        "learning_rate must be a finite number above 0\n"
        f"  received: {value}\n"
        "  hint: a step is the rate times the gradient: 0 learns nothing, below 0 climbs the loss; try 0.01"
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32("nan")])
def test_learning_rate_that_is_not_finite_explains_itself(value):
    with pytest.raises(SettingError, match="every parameter NaN or infinite; try"):
        GradientDescent(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.1", "received: '0.1'\n  hint: leave the quotation marks out"),
        (None, "received: None"),
        (True, "received: True"),
        ([0.1], "received: [0.1]"),
        (1j, "received: 1j"),
        (cosine, "received: <class"),
    ],
)
def test_learning_rate_that_is_no_number_explains_itself(value, text):
    with pytest.raises(SettingError) as caught:
        GradientDescent(value)
    assert message(caught).startswith("learning_rate must be a number\n")
    assert text in message(caught)


@pytest.mark.parametrize("value", [1, np.float32(0.5), np.int64(2)])
def test_learning_rate_may_be_any_real_number(value):
    rate = GradientDescent(value).current_learning_rate
    assert type(rate) is float
    assert rate == value


@every_kind
def test_learning_rate_can_be_set_between_steps_and_is_checked_again(kind):
    optimizer, parameters = kind(0.1), np.ones(2)
    optimizer.step(parameters, np.ones(2))
    optimizer.learning_rate = 0.5
    assert optimizer.current_learning_rate == 0.5
    with pytest.raises(SettingError):
        optimizer.learning_rate = -1
    assert optimizer.learning_rate == 0.5


def test_new_rate_counts_at_the_next_step():
    optimizer, parameters, gradient = GradientDescent(0.1), np.zeros(1), np.ones(1)
    optimizer.step(parameters, gradient)
    optimizer.learning_rate = 1.0
    optimizer.step(parameters, gradient)
    np.testing.assert_allclose(parameters, [-1.1])


def test_current_learning_rate_is_that_of_the_next_step():
    optimizer, parameters = GradientDescent(lambda step: 1.0 / (step + 1)), np.zeros(1)
    rates = []
    for _ in range(3):
        rates.append(optimizer.current_learning_rate)
        optimizer.step(parameters, np.ones(1))
    assert rates == [1.0, 1 / 2, 1 / 3]
    np.testing.assert_allclose(parameters, [-sum(rates)])


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "0.1", None])
def test_schedule_that_gives_no_rate_is_found_at_its_step(value):
    optimizer, parameters = GradientDescent(lambda step: value if step == 2 else 0.1), np.zeros(1)
    for _ in range(2):
        optimizer.step(parameters, np.ones(1))
    with pytest.raises(SettingError, match="the schedule's learning rate at step 2 must be a"):
        optimizer.step(parameters, np.ones(1))
    np.testing.assert_allclose(parameters, [-0.2])


def test_schedule_may_give_zero_and_integers():
    optimizer, parameters = GradientDescent(lambda step: [0, 0.0, 1][step]), np.zeros(1)
    for expected in (0, 0, -1):
        optimizer.step(parameters, np.ones(1))
        assert parameters[0] == expected


@pytest.mark.parametrize("kind", [Momentum, RMSprop, Adam])
@pytest.mark.parametrize("value", [1, -0.1, 1.5, float("nan")])
def test_settings_out_of_range_are_refused(kind, value):
    name = {"momentum": "momentum", "rmsprop": "alpha", "adam": "beta2"}[kind.name]
    with pytest.raises(SettingError) as caught:
        kind(**{name: value})
    assert message(caught) == f"{name} must be a number from 0 to below 1\n  received: {value}"


@pytest.mark.parametrize("value", [0, -1e-8, float("inf")])
def test_epsilon_must_be_above_zero(value):
    with pytest.raises(SettingError, match="epsilon must be a finite number above 0"):
        Adam(epsilon=value)


def test_setting_of_the_sums_cannot_change_after_the_first_step_and_others_can():
    optimizer, parameters = Adam(0.1), np.zeros(1)
    optimizer.beta1 = 0.5
    optimizer.step(parameters, np.ones(1))
    with pytest.raises(SettingError, match="beta1 cannot change after the first step"):
        optimizer.beta1 = 0.9
    assert optimizer.beta1 == 0.5
    optimizer.epsilon = 1e9
    before = parameters.copy()
    optimizer.step(parameters, np.ones(1))
    assert 0 < before[0] - parameters[0] < 1e-9


def test_setting_counts_from_the_next_step_beside_the_same_arrays():
    optimizer, parameters, gradient = Adagrad(1.0), np.zeros(1), np.ones(1)
    optimizer.step(parameters, gradient)
    optimizer.epsilon = 1e9
    optimizer.step(parameters, gradient)
    np.testing.assert_allclose(parameters, [-1.0], atol=1e-8)


@every_kind
def test_settings_make_the_same_optimizer_again(kind):
    first = kind(cosine(0.1, total=5))
    second = kind(**first.settings())
    assert repr(second) == repr(first)
    given, one, two = gradients(3), np.ones(7), np.ones(7)
    for gradient in given:
        first.step(one, gradient)
        second.step(two, gradient)
    assert one.tobytes() == two.tobytes()


@pytest.mark.parametrize(
    ("optimizer", "text"),
    [
        (GradientDescent(0.1), "GradientDescent(learning_rate=0.1)"),
        (Momentum(1), "Momentum(learning_rate=1.0, momentum=0.9)"),
        (RMSprop(), "RMSprop(learning_rate=0.01, alpha=0.99, epsilon=1e-08)"),
        (Adam(), "Adam(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08)"),
        (
            AdamW(step_decay(0.1, every=5), weight_decay=0, decay_mask=[True, False, True]),
            (
                "AdamW(learning_rate=StepDecay(rate=0.1, drop=0.5, every=5), beta1=0.9, beta2=0.999, "
                "epsilon=1e-08, weight_decay=0.0, decay_mask=<2 of 3 decay>)"
            ),
        ),
    ],
)
def test_repr_shows_the_settings(optimizer, text):
    assert repr(optimizer) == text


def test_subclass_needs_nothing_but_the_formula():
    class Half(Optimizer):
        def _update(self, parameters, gradient, rate):
            parameters -= 0.5 * rate * gradient

    optimizer, parameters = Half(0.2), np.zeros(1)
    optimizer.step(parameters, np.ones(1))
    np.testing.assert_allclose(parameters, [-0.1])
    assert repr(optimizer) == "Half(learning_rate=0.2)"


def test_base_without_a_formula_says_so():
    with pytest.raises(NotImplementedError, match="Optimizer has no _update"):
        Optimizer().step(np.ones(1), np.ones(1))


def test_deep_copy_goes_its_own_way():
    optimizer, parameters = Momentum(0.1), np.zeros(1)
    optimizer.step(parameters, np.ones(1))
    twin = copy.deepcopy(optimizer)
    twin.step(np.zeros(1), np.ones(1))
    assert optimizer.state()["velocity"].tolist() == [1.0]
    assert twin.state()["velocity"].tolist() == [1.9]
