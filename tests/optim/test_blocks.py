"""What steps do beside their formula: block by block, and without numbers that slow the processor down."""

import copy
import pickle

import numpy as np
import pytest

from whygrad.optim import Adagrad, Adam, AdamW, GradientDescent, Momentum, Nesterov, RMSprop
from whygrad.optim.base import BLOCK, FLUSH_EVERY

KINDS = [GradientDescent, Momentum, Nesterov, Adagrad, RMSprop, Adam, AdamW]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def vectors(size, steps=3):
    rng = np.random.default_rng(0)
    return rng.normal(size=size), [rng.normal(size=size) for _ in range(steps)]


@every_kind
@pytest.mark.parametrize("size", [1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 7])
def test_a_long_vector_moves_as_its_parts_would(kind, size):
    parameters, gradients = vectors(size)
    whole, optimizer = parameters.copy(), kind(0.1)
    for gradient in gradients:
        optimizer.step(whole, gradient.copy())
    for part in (slice(0, size // 2), slice(size // 2, size)):
        if parameters[part].size:
            piece, optimizer = parameters[part].copy(), kind(0.1)
            for gradient in gradients:
                optimizer.step(piece, gradient[part].copy())
            np.testing.assert_array_equal(whole[part], piece)


@every_kind
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda item: pickle.loads(pickle.dumps(item))])
def test_a_copy_together_with_its_vectors_keeps_learning(kind, duplicate):
    parameters, gradients = vectors(BLOCK + 5)
    gradient, optimizer = gradients[0].copy(), kind(0.1)
    optimizer.step(parameters, gradient)
    twin, twin_parameters, twin_gradient = duplicate((optimizer, parameters, gradient))
    for values in gradients[1:]:
        gradient[...], twin_gradient[...] = values, values
        optimizer.step(parameters, gradient)
        twin.step(twin_parameters, twin_gradient)
    np.testing.assert_array_equal(twin_parameters, parameters)
    for name, vector in optimizer.state().items():
        np.testing.assert_array_equal(twin.state()[name], vector)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_a_dead_unit_left_behind_becomes_zero(dtype):
    parameters, gradient, optimizer = np.zeros(3, dtype), np.zeros(3, dtype), Momentum(0.1, momentum=0.5)
    tiny = np.finfo(dtype).tiny
    optimizer.load_state({"steps_taken": np.array(0), "velocity": np.array([tiny, -tiny, 1e30], dtype)})
    seen = []
    for _ in range(FLUSH_EVERY):
        optimizer.step(parameters, gradient)
        seen.append(optimizer.state()["velocity"])
    assert 0 < seen[3][0] < tiny
    assert seen[-1][:2].tolist() == [0.0, 0.0]
    assert seen[-1][2] == (1e30 / 2.0**FLUSH_EVERY if dtype is np.float64 else 0.0)


@pytest.mark.parametrize("kind", [Momentum, Nesterov, Adagrad, RMSprop, Adam, AdamW])
def test_what_is_large_enough_stays_in_the_state(kind):
    """A step that removes what is too small leaves all else to the last bit, NaN and infinity too."""
    parameters, (gradient, *_) = vectors(6)
    gradient[:3] = np.nan, np.inf, 1e-200
    after = {}
    for taken in (0, FLUSH_EVERY - 1):
        optimizer = kind(1e-3)
        start = {name: np.abs(parameters.copy()) for name in optimizer.state_names}
        optimizer.load_state({"steps_taken": np.array(taken), **start})
        with np.errstate(invalid="ignore"):
            optimizer.step(parameters.copy(), gradient)
        after[taken] = optimizer.state()
    for name in optimizer.state_names:
        np.testing.assert_array_equal(after[0][name], after[FLUSH_EVERY - 1][name])
