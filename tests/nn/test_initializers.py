"""How weights start: the spread each initializer promises, from which side it counts, and its names."""

import math

import numpy as np
import pytest

from whygrad import nn
from whygrad.errors import SettingError
from whygrad.nn import initializers
from whygrad.nn.initializers import INITIALIZERS, constant, make_initializer, random_normal

INPUTS, OUTPUTS = 400, 100
STD = {  # for 400 inputs and 100 outputs; a swap of the two would show
    "glorot_uniform": math.sqrt(2 / 500),
    "glorot_normal": math.sqrt(2 / 500),
    "he_uniform": math.sqrt(2 / 400),
    "he_normal": math.sqrt(2 / 400),
    "lecun_uniform": math.sqrt(1 / 400),
    "lecun_normal": math.sqrt(1 / 400),
    "random_normal": 0.01,
    "standard_normal": 1.0,
    "zeros": 0.0,
    "ones": 0.0,
}
ALIASES = {
    "glorot": "glorot_uniform",
    "he": "he_uniform",
    "lecun": "lecun_uniform",
    "xavier": "glorot_uniform",
    "xavier_uniform": "glorot_uniform",
    "xavier_normal": "glorot_normal",
}
RANDOM = [name for name, std in STD.items() if std]


def draw(which, seed=0, dtype=np.float64):
    return make_initializer(which)(INPUTS, OUTPUTS, rng=np.random.default_rng(seed), dtype=dtype)


def test_every_name_is_looked_at_here():
    assert {*STD, *ALIASES} == set(INITIALIZERS)


@pytest.mark.parametrize("name", RANDOM)
def test_mean_and_standard_deviation(name):
    weights = draw(name)
    assert weights.shape == (INPUTS, OUTPUTS)
    assert abs(weights.mean()) < 4 * STD[name] / math.sqrt(weights.size)
    assert abs(weights.std() / STD[name] - 1) < 0.02


@pytest.mark.parametrize("name", [name for name in RANDOM if name.endswith("uniform")])
def test_uniform_ones_fill_their_bounds(name):
    """A uniform distribution from -limit to limit has the standard deviation limit / sqrt(3)."""
    limit = math.sqrt(3) * STD[name]
    weights = draw(name)
    assert limit * 0.999 < weights.max() <= limit
    assert -limit <= weights.min() < -limit * 0.999


@pytest.mark.parametrize("name", [name for name in RANDOM if name.endswith("normal")])
def test_normal_ones_have_the_tails_of_a_normal_distribution(name):
    beyond = [np.mean(np.abs(draw(name)) > k * STD[name]) for k in (1, 2, 3)]
    np.testing.assert_allclose(beyond, [0.3173, 0.0455, 0.0027], rtol=0.25)


@pytest.mark.parametrize("name", RANDOM)
def test_same_seed_same_bits(name):
    assert draw(name, seed=3).tobytes() == draw(name, seed=3).tobytes()
    assert draw(name, seed=3).tobytes() != draw(name, seed=4).tobytes()


@pytest.mark.parametrize("name", INITIALIZERS)
def test_single_precision_is_the_same_draw_rounded(name):
    weights = draw(name, dtype=np.float32)
    assert weights.dtype == np.float32
    np.testing.assert_array_equal(weights, draw(name).astype(np.float32))


@pytest.mark.parametrize(
    ("which", "value"), [("zeros", 0.0), ("ones", 1.0), (constant(0.25), 0.25), (constant(-3), -3.0)]
)
def test_constants(which, value):
    assert (draw(which) == value).all()


def test_random_normal_has_the_standard_deviation_it_is_given():
    assert abs(draw(random_normal(0.5)).std() / 0.5 - 1) < 0.02


@pytest.mark.parametrize("alias", ALIASES)
def test_aliases(alias):
    assert make_initializer(alias) is getattr(initializers, ALIASES[alias])


@pytest.mark.parametrize("name", STD)
def test_dense_starts_with_it_and_with_zero_biases(name):
    layer = nn.Dense(INPUTS, OUTPUTS, initializer=name, rng=0)
    np.testing.assert_array_equal(layer.weights, draw(name))
    assert not layer.bias.any()


def test_dense_starts_with_glorot_by_default():
    np.testing.assert_array_equal(nn.Dense(INPUTS, OUTPUTS, rng=0).weights, draw("glorot_uniform"))


def test_upper_case_and_hyphens_do_not_matter():
    assert make_initializer("He-Normal") is initializers.he_normal


def test_an_initializer_given_is_returned():
    given = constant(2.0)
    assert make_initializer(given) is given
    assert repr(given) == "<initializer constant>"


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(SettingError) as caught:
        nn.Dense(2, 2, initializer="he_norml")
    text = str(caught.value)
    assert text.startswith(
        "unknown initializer 'he_norml'\n  hint: did you mean \"he_normal\"? known: glorot"
    )
