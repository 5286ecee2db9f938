"""Grids behind boundaries: where they lie, what they hold, and data that are no plane."""

import numpy as np
import pytest

from whygrad import NeuralNetwork
from whygrad.errors import DataError
from whygrad.plots import alt_text, class_grid, decision_boundary, principal_plane
from whygrad.plots.films import crossings
from whygrad.plots.grids import margins

from .subjects_for_tests import Halves, recorded

SQUARE = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]])
SIDES = [0, 0, 1, 1]


def test_the_grid_holds_what_the_network_says():
    grid = class_grid(Halves(), SQUARE, points=5)
    assert grid.extent == (-1.24, 1.24, -1.24, 1.24)
    assert grid.probability[2, 2].tolist() == [0.5, 0.5]
    right = Halves().predict_proba([[1.24, 0]])[0]
    assert grid.probability[0, -1] == pytest.approx(right)
    assert (grid.winner[:, :2] == 0).all()
    assert (grid.winner[:, 3:] == 1).all()


def test_the_boundary_is_where_the_decision_changes():
    lines = crossings(class_grid(Halves(), SQUARE, points=40))
    assert np.abs(np.concatenate(lines)[:, 0]).max() < 1e-9


def test_margins_are_log_odds():
    found = margins(np.array([[0.25, 0.75], [0.5, 0.5]]))
    assert found[:, 1] == pytest.approx([np.log(3), 0])
    assert np.isfinite(margins(np.array([[0.0, 1.0]]))).all()


def test_five_columns_are_laid_on_their_principal_plane():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 5)) * [5, 3, 0.1, 0.1, 0.1]
    plane = principal_plane(X)
    assert np.abs(plane.axes @ plane.axes.T - np.eye(2)).max() < 1e-12
    assert plane.explained.sum() > 0.99
    assert plane.flat(plane.lift(np.array([[1.0, 2.0]]))) == pytest.approx(np.array([[1.0, 2.0]]))
    network = NeuralNetwork([5, 4, 1], seed=0)
    network.train(X, X[:, 0] > 0, epochs=3, verbose=False)
    ax = decision_boundary(network, X, X[:, 0] > 0)
    assert "% of variance" in ax.get_xlabel()
    assert "principal components" in alt_text(ax)


def test_one_column_is_a_curve_of_probabilities():
    X = np.linspace(-1, 1, 30)
    network = NeuralNetwork([1, 4, 1], seed=0)
    network.train(X[:, None], X > 0, epochs=3, verbose=False)
    ax = decision_boundary(network, X, X > 0)
    assert ax.get_ylabel() == "probability"


def test_a_constant_network_has_areas_and_no_boundary():
    class Constant(Halves):
        def predict_proba(self, X):
            return np.tile([0.3, 0.7], (len(X), 1))

    ax = decision_boundary(Constant(), SQUARE, SIDES)
    assert "The decision is the same everywhere" in alt_text(ax)
    assert "boundary" not in [text.get_text() for text in ax.get_legend().get_texts()]


def test_data_of_one_class_show_that_class():
    ax = decision_boundary(Halves(), SQUARE, [0, 0, 0, 0])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class 0", "boundary"]


def test_of_many_points_a_sample_is_drawn_and_said():
    X = np.random.default_rng(0).normal(size=(10_000, 2))
    ax = decision_boundary(Halves(), X, X[:, 0] > 0)
    assert "5,000 of 10,000 rows" in [text.get_text() for text in ax.texts]
    assert sum(len(dots.get_offsets()) for dots in ax.collections[-2:]) == 5_000


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.empty((0, 2)), [], "needs rows"),
        (np.full((3, 2), np.nan), [0, 0, 1], "NaN"),
        (SQUARE, [0, 1], "one label for each row"),
        (SQUARE, [0, 0, 1, 7], "none of the classes"),
        (np.ones((2, 2, 2)), None, "needs rows"),
    ],
)
def test_what_cannot_be_drawn_is_refused(X, y, message):
    with pytest.raises(DataError, match=message):
        decision_boundary(Halves(), X, y)


def test_networks_without_classes_are_refused():
    with pytest.raises(DataError, match="has not been trained"):
        decision_boundary(NeuralNetwork([2, 2, 1]), SQUARE)
    network = NeuralNetwork([2, 2, 1], seed=0)
    network.train(SQUARE, [0.5, 1.5, 2.5, 3.7], epochs=2, verbose=False)
    with pytest.raises(DataError, match="tells classes apart"):
        decision_boundary(network, SQUARE)


def test_a_network_without_probabilities_has_a_boundary_too():
    network = NeuralNetwork([2, 4, 1], loss="hinge", seed=0)
    network.train(SQUARE, SIDES, epochs=50, verbose=False)
    grid = class_grid(network, SQUARE, points=10)
    assert set(np.unique(grid.probability)) == {0.0, 1.0}


def test_recording_keeps_the_weights_of_each_moment():
    network, recorder, _ = recorded()
    assert recorder.epochs == list(range(21))
    assert np.array_equal(recorder.vectors[-1], network.network.vector)
    kept = network.network.vector.copy()
    seen = [moment.network.vector.copy() for _, moment in recorder.moments(3)]
    assert [np.array_equal(a, recorder.vectors[k]) for a, k in zip(seen, (0, 10, 20), strict=True)] == [
        True
    ] * 3
    assert np.array_equal(network.network.vector, kept)
