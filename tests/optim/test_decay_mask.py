"""Weight decay of AdamW for some of the parameters: what the mask spares, scales and refuses."""

import numpy as np
import pytest

from whygrad.errors import SettingError, ShapeError
from whygrad.optim import Adam, AdamW


def test_masked_decay_spares_the_masked_exactly():
    start, gradient = np.array([2.0, -3.0, 4.0]), np.array([0.1, 0.2, -0.3])
    plain, masked = start.copy(), start.copy()
    adam_, adamw_ = Adam(0.1), AdamW(0.1, weight_decay=0.5, decay_mask=[True, False, True])
    for _ in range(10):
        adam_.step(plain, gradient)
        adamw_.step(masked, gradient)
    assert masked[1] == plain[1]
    assert abs(masked[0]) < abs(plain[0])
    assert abs(masked[2]) < abs(plain[2])


@pytest.mark.parametrize("rates", [[0.1] * 6, [0.1, 0.2, 0.2, 0.05, 0.0, 0.3]])
def test_float_mask_scales_the_decay(rates):
    mask = [0.0, 0.25, 1.0]
    optimizer = AdamW(lambda step: rates[step], weight_decay=0.5, decay_mask=mask)
    parameters, expected = np.array([1.0, 2.0, 3.0]), [1.0, 2.0, 3.0]
    for rate in rates:
        optimizer.step(parameters, np.full(3, 0.4))
        for i in range(3):  # under a steady gradient g the step of Adam is lr g / (|g| + eps)
            expected[i] = expected[i] * (1 - rate * 0.5 * mask[i]) - rate * 0.4 / (0.4 + 1e-8)
        np.testing.assert_allclose(parameters, expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("mask", "text"),
    [
        ([[True]], "flat vector of numbers"),
        (True, "flat vector of numbers"),
        (["bias"], "flat vector of numbers"),
        ([0.5, 1.5], "received: from 0.5 to 1.5"),
        ([-1, 0], "received: from -1 to 0"),
        ([0.5, float("nan")], "numbers from 0 to 1"),
    ],
)
def test_decay_mask_that_cannot_work_is_refused(mask, text):
    with pytest.raises(SettingError) as caught:
        AdamW(decay_mask=mask)
    assert text in str(caught.value)


def test_decay_mask_of_another_size_is_refused_every_time():
    optimizer, parameters, gradient = AdamW(decay_mask=[True, False]), np.ones(3), np.ones(3)
    for _ in range(2):
        with pytest.raises(ShapeError, match="decay_mask and parameters have different sizes"):
            optimizer.step(parameters, gradient)
    assert (parameters == 1).all()
    optimizer.decay_mask = None
    optimizer.step(parameters, gradient)
    assert (parameters != 1).all()


def test_decay_mask_is_a_copy_that_cannot_be_written():
    mask = np.array([True, False])
    optimizer = AdamW(decay_mask=mask)
    mask[1] = True
    assert optimizer.decay_mask.tolist() == [True, False]
    with pytest.raises(ValueError, match="read-only"):
        optimizer.decay_mask[0] = False


def test_changed_mask_and_decay_count_at_the_next_step():
    optimizer, parameters, gradient = AdamW(0.1, weight_decay=1.0), np.ones(2), np.zeros(2)
    optimizer.step(parameters, gradient)
    np.testing.assert_allclose(parameters, [0.9, 0.9])
    optimizer.decay_mask = [True, False]
    optimizer.step(parameters, gradient)
    np.testing.assert_allclose(parameters, [0.81, 0.9])
    optimizer.weight_decay = 5.0
    optimizer.step(parameters, gradient)
    np.testing.assert_allclose(parameters, [0.405, 0.9])


def test_settings_of_a_mask_come_along():
    made = AdamW(**AdamW(decay_mask=[True, False]).settings())
    assert made.decay_mask.tolist() == [True, False]
