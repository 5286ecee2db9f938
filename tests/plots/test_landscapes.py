"""Loss landscapes: many sets of weights at once give what each gives alone; planes and paths."""

import numpy as np
import pytest

from whygrad import NeuralNetwork
from whygrad.errors import DataError, SettingError
from whygrad.plots import alt_text, contours, landscape, loss_landscape, path_plane, random_plane
from whygrad.plots.landscapes import losses_at
from whygrad.plots.recording import at

from .subjects_for_tests import recorded

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 3))
TARGETS = {
    "binary": ((X[:, 0] > 0).astype(int), 1, {}),
    "hinge": ((X[:, 0] > 0).astype(int), 1, {"loss": "hinge"}),
    "mse": (X[:, 0], 1, {}),
    "huber": (X[:, 0], 1, {"loss": "huber"}),
    "mae": (X[:, :2], 2, {"loss": "mae"}),
    "squared error": (X[:, 0], 1, {"loss": "squared_error", "scale": True}),
    "classes": (X.argmax(axis=1), 3, {}),
    "classes, mse": (X.argmax(axis=1), 3, {"loss": "mse"}),
    "dropout": ((X[:, 0] > 0).astype(int), 1, {"dropout": 0.3}),
    "float32": (X[:, 0], 1, {"dtype": "float32"}),
}


def alone(network, vector, X, y):
    with at(network, vector.astype(network.dtype)):
        head = network.head
        network.forward(X)
        rows = network.network.layers[0].inputs[0]
        return head.loss.evaluate(network.network.evaluate(rows), head.encode(np.asarray(y), network.dtype))


@pytest.mark.parametrize("activation", ["silu", "tanh", "relu", "gelu", "sigmoid", "softplus"])
def test_at_once_as_alone_for_each_activation(activation):
    network = NeuralNetwork([3, 6, 5, 1], activation, seed=0)
    network.train(X, X[:, 0] > 0, epochs=2, verbose=False)
    vectors = network.network.vector + 0.5 * RNG.normal(size=(40, len(network.network.vector)))
    expected = [alone(network, vector, X, X[:, 0] > 0) for vector in vectors]
    assert losses_at(network, X, X[:, 0] > 0, vectors) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", TARGETS)
def test_at_once_as_alone_for_each_loss(name):
    y, outputs, settings = TARGETS[name]
    network = NeuralNetwork([3, 6, outputs], seed=0, **settings)
    network.train(X, y, epochs=2, verbose=False)
    vectors = network.network.vector + 0.5 * RNG.normal(size=(7, len(network.network.vector)))
    expected = [alone(network, vector, X, y) for vector in vectors]
    assert losses_at(network, X, y, vectors) == pytest.approx(
        expected, rel=1e-5 if name == "float32" else 1e-12
    )


def test_the_network_is_as_before():
    network, recorder, data = recorded()
    before = network.network.vector.copy()
    landscape(network, data.X, data.y, recorder.path, points=5)
    assert np.array_equal(network.network.vector, before)


def test_the_plane_of_a_path_holds_its_end_and_most_of_it():
    network, recorder, data = recorded()
    plane = path_plane(recorder.path)
    walked = plane.coordinates(recorder.path)
    assert walked[-1] == pytest.approx([0, 0], abs=1e-12)
    centred = recorder.path - recorder.path.mean(axis=0)
    shadow = walked - walked.mean(axis=0)
    assert sum(plane.explained) == pytest.approx((shadow**2).sum() / (centred**2).sum())
    assert abs(plane.first @ plane.second) < 1e-12
    found = landscape(network, data.X, data.y, recorder.path, points=7)
    assert found.path_loss[-1] == pytest.approx(alone(network, recorder.vectors[-1], data.X, data.y))
    assert f"{100 * sum(plane.explained):.1f} % of its variance" in plane.sentence


def test_random_directions_are_as_long_as_each_neurons_weights():
    network, _, _ = recorded()
    plane = random_plane(network, seed=3)
    place = 0
    for name, parameter in network.parameters().items():
        size = parameter.data.size
        drawn = plane.first[place : place + size].reshape(parameter.data.shape)
        if name.endswith("bias"):
            assert not drawn.any()
        else:
            assert np.linalg.norm(drawn, axis=0) == pytest.approx(np.linalg.norm(parameter.data, axis=0))
        place += size
    assert not np.array_equal(plane.first, random_plane(network, seed=4).first)


def test_a_path_of_two_moments_or_of_none():
    plane = path_plane(np.array([[0.0, 0, 0], [1.0, 2.0, 0]]))
    assert plane.explained == (1.0, 0.0)
    assert abs(plane.first @ plane.second) < 1e-12
    with pytest.raises(DataError, match="never moved"):
        path_plane(np.ones((4, 3)))
    with pytest.raises(DataError, match="two moments"):
        path_plane(np.ones((1, 3)))


def test_errors_say_what_is_missing():
    network, _, data = recorded()
    with pytest.raises(SettingError, match="needs a path"):
        landscape(network, data.X, data.y, plane="path")
    with pytest.raises(SettingError, match="'path' or 'random'"):
        landscape(network, data.X, data.y, plane="somewhere")
    with pytest.raises(DataError, match="has not been trained"):
        losses_at(NeuralNetwork([2, 2, 1]), data.X, data.y, np.ones((1, 9)))


def test_a_flat_landscape_and_one_with_infinities_are_drawn():
    network, recorder, data = recorded()
    found = landscape(network, data.X, data.y, recorder.path, points=6)
    found.loss[...] = 0.7
    assert "the loss is 0.7 everywhere" in [text.get_text() for text in contours(found).texts]
    found = landscape(network, data.X, data.y, recorder.path, points=6)
    found.loss[0, :3] = [np.inf, np.nan, 1e300]
    assert "6 × 6 points" in alt_text(loss_landscape(found))
    found.loss[...] = np.nan
    with pytest.raises(DataError, match="no loss on this plane"):
        contours(found)
