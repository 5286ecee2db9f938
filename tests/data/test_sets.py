"""The data sets: their shapes, what follows from a seed, how the drawn ones look without noise, refusals."""

import math

import numpy as np
import pytest

from whygrad.data.sets import SETS, load, spirals
from whygrad.errors import SettingError

#          rows, columns, classes (0: numbers to predict)
SHAPES = {
    "digits": (1797, 64, 10),
    "iris": (150, 4, 3),
    "wine": (178, 13, 3),
    "breast_cancer": (569, 30, 2),
    "diabetes": (442, 10, 0),
    "moons": (1000, 2, 2),
    "circles": (1000, 2, 2),
    "blobs": (600, 2, 3),
    "spirals": (1000, 2, 2),
    "xor": (400, 2, 2),
    "sine": (400, 1, 0),
}
DRAWN = [name for name, source in SETS.items() if source.samples is not None]
EMBEDDED = [name for name in SETS if name not in DRAWN]
every_set = pytest.mark.parametrize("name", SETS)
every_drawn = pytest.mark.parametrize("name", DRAWN)


def test_every_set_is_in_the_table():
    assert set(SHAPES) == set(SETS)


@every_set
def test_a_set_has_its_shape(name):
    data, (rows, columns, classes) = load(name), SHAPES[name]
    assert data.name == name
    assert data.X.shape == (rows, columns)
    assert data.X.dtype == np.float64
    assert np.isfinite(data.X).all()
    assert data.y.shape == (rows,)
    assert len(data.feature_names) == columns
    assert len(data.class_names) == classes
    assert all(isinstance(text, str) for text in data.feature_names + data.class_names)


@every_set
def test_targets_are_of_the_task(name):
    data, classes = load(name), SHAPES[name][2]
    assert data.task == ("classification" if classes else "regression")
    if classes:
        assert np.unique(data.y).tolist() == list(range(classes))
    else:
        assert data.y.dtype == np.float64
        assert len(np.unique(data.y)) > classes


@every_set
def test_repr_says_what_there_is(name):
    data, (rows, columns, classes) = load(name), SHAPES[name]
    ending = f"classification, {classes} classes>" if classes else "regression>"
    assert repr(data) == f"<{name}: {rows} rows × {columns} columns, {ending}"


@every_set
def test_same_seed_gives_the_same_rows(name):
    first, second = load(name, seed=3), load(name, seed=3)
    assert np.array_equal(first.X, second.X)
    assert np.array_equal(first.y, second.y)


@every_drawn
def test_another_seed_draws_other_rows(name):
    assert not np.array_equal(load(name, seed=0).X, load(name, seed=1).X)


@pytest.mark.parametrize("name", EMBEDDED)
def test_an_embedded_set_does_not_depend_on_the_seed(name):
    assert np.array_equal(load(name, seed=0).X, load(name, seed=1).X)


@every_drawn
@pytest.mark.parametrize("samples", [4, 37, np.int64(120)])
def test_as_many_rows_as_asked_for(name, samples):
    data = load(name, samples=samples)
    assert len(data.X) == len(data.y) == samples


@every_drawn
def test_noise_moves_the_rows(name):
    calm, wild = load(name, noise=0, seed=2), load(name, noise=0.5, seed=2)
    moved = np.hypot.reduce(np.column_stack([wild.X - calm.X, wild.y - calm.y]), axis=1)
    assert 0.2 < np.median(moved) < 1.5


@pytest.mark.parametrize("written", ["Breast-Cancer", "breast cancer", "BREAST_CANCER"])
def test_spelling_of_a_name_is_free(written):
    assert load(written).name == "breast_cancer"


# --- the drawn sets without noise --------------------------------------------------------------------


def test_xor_without_noise_is_the_truth_table():
    data = load("xor", samples=4, noise=0)
    assert data.X.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert data.y.tolist() == [0, 1, 1, 0]


def test_sine_without_noise_is_the_sine_of_one_period():
    data = load("sine", noise=0)
    assert np.array_equal(data.y, np.sin(data.X[:, 0]))
    assert -math.pi <= data.X.min() < -3
    assert 3 < data.X.max() <= math.pi


def test_circles_without_noise_lie_inside_each_other():
    data = load("circles", noise=0)
    radius = np.hypot(*data.X.T)
    assert np.allclose(radius, np.where(data.y == 0, 1.0, 0.5))


def test_moons_without_noise_are_half_circles():
    data = load("moons", noise=0)
    centre = np.where(data.y[:, None] == 0, [0.0, 0.0], [1.0, 0.5])
    offset = data.X - centre
    assert np.allclose(np.hypot(*offset.T), 1)
    assert (np.where(data.y == 0, offset[:, 1], -offset[:, 1]) > -1e-9).all()


def test_blobs_without_noise_are_three_points():
    data = load("blobs", noise=0)
    assert [np.unique(data.X[data.y == k], axis=0).tolist() for k in range(3)] == [
        [[0, 4]],
        [[-4, -3]],
        [[4, -3]],
    ]


@pytest.mark.parametrize("turns", [1.0, 1.5, 3.0])
def test_arms_of_the_spirals_alternate_one_apart(turns):
    X, y = spirals(2000, 0, seed=4, turns=turns)
    radius, direction = np.hypot(*X.T), np.arctan2(X[:, 1], X[:, 0])
    # On a ray from the middle, an arm comes every 2 and the other arm halfway: radius = direction / π - y.
    apart = (radius - direction / np.pi + y) % 2
    assert np.minimum(apart, 2 - apart).max() < 1e-9
    assert radius.max() <= 2 * turns
    assert radius.max() > 1.95 * turns


def test_points_lie_evenly_along_the_spirals():
    X, y = spirals(4000, 0, seed=4)
    share = (np.hypot(*X.T) / 3) ** 2  # of the way along the arm, nearly
    counts = np.histogram(share, bins=4, range=(0, 1))[0]
    assert abs(counts - 1000).max() < 150
    assert np.bincount(y).tolist() == [2000, 2000]


# --- what is refused ---------------------------------------------------------------------------------


def test_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(SettingError, match="unknown data set 'digit'\n  hint: did you mean \"digits\""):
        load("digit")


@pytest.mark.parametrize("setting", ["samples", "noise"])
@pytest.mark.parametrize("name", EMBEDDED)
def test_a_fixed_table_cannot_be_drawn(name, setting):
    with pytest.raises(SettingError, match=f"{name} is a fixed table: {setting} cannot be chosen"):
        load(name, **{setting: 100})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"samples": 3}, "samples must be a whole number, 4 or above"),
        ({"samples": 10.5}, "samples must be a whole number, 4 or above"),
        ({"samples": "100"}, "samples must be a whole number, 4 or above\n  received: '100'"),
        ({"samples": True}, "samples must be a whole number, 4 or above"),
        ({"noise": -0.1}, "noise must be a finite number of 0 or above\n  received: -0.1"),
        ({"noise": math.nan}, "noise must be a finite number of 0 or above\n  received: nan"),
        ({"noise": math.inf}, "noise must be a finite number of 0 or above\n  received: inf"),
        ({"noise": "a lot"}, r"noise must be a number\n.*\n  received: 'a lot'"),
        ({"seed": -1}, "seed must be a whole number, 0 or above\n  received: -1"),
        ({"seed": 2**32}, "seed must be at most 4294967295\n  received: 4294967296"),
        ({"seed": 0.5}, "seed must be a whole number, 0 or above"),
        ({"seed": None}, "seed must be a whole number, 0 or above"),
    ],
)
@every_drawn
def test_values_that_cannot_work_are_named(name, settings, message):
    with pytest.raises(SettingError, match=message):
        load(name, **settings)
