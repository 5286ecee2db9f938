"""Pictures of what is awkward to draw: name -> a function that draws it."""

from __future__ import annotations

import numpy as np

from whygrad import NeuralNetwork
from whygrad.evaluation.confusion_matrix import confusion
from whygrad.plots import (
    Recorder,
    activation_functions,
    backward_pass,
    boundary_film,
    boundary_snapshots,
    class_grid,
    classification_results,
    confusion_matrix,
    decision_boundary,
    first_layer,
    flow_film,
    gradient_flow,
    gradient_norms,
    gradient_spread,
    hidden_film,
    histograms,
    landscape,
    landscape_film,
    layer_flow,
    learning_rates,
    loss_and_boundary_film,
    loss_curve,
    loss_film,
    loss_landscape,
    misclassified,
    network_architecture,
    regression_fit,
    residuals,
    score_curve,
    training_results,
    trajectories,
    update_ratios,
)
from whygrad.plots.hidden import bent

from .subjects_for_tests import Halves, history

NAN = float("nan")
LONG = tuple(f"a rather long name of class number {k}" for k in range(10))


class Sectors:
    """A classifier whose classes are equal sectors around the origin; of any number of columns."""

    gives_probabilities = True

    def __init__(self, classes):
        self.classes = tuple(classes)

    def predict_proba(self, X):
        X = np.asarray(X, float)
        turn = np.arctan2(X[:, -1], X[:, 0])
        middles = 2 * np.pi * np.arange(len(self.classes)) / len(self.classes)
        strength = np.exp(4 * np.cos(turn[:, None] - middles))
        return strength / strength.sum(axis=1, keepdims=True)

    def predict(self, X):
        return np.array(self.classes)[self.predict_proba(X).argmax(axis=1)]


class Always:
    """A classifier that never decides otherwise."""

    classes = (0, 1)
    gives_probabilities = True

    def predict_proba(self, X):
        return np.tile([0.7, 0.3], (len(X), 1))

    def predict(self, X):
        return np.zeros(len(X), int)


class Level:
    """A regression that says 2, whatever the row."""

    def predict(self, X):
        return np.full(len(X), 2.0)


class Sine:
    """A regression whose numbers lie between −1 and 1."""

    def predict(self, X):
        return np.sin(np.asarray(X)[:, 0]) / np.sin(1)


def points(rows=80, columns=2, seed=0):
    """Points all over the plane, its corners included, so that no place for a legend is left."""
    X = np.random.default_rng(seed).uniform(-1, 1, (rows, columns))
    X[:4, :2] = [[-1, -1], [-1, 1], [1, -1], [1, 1]][: len(X)] if columns > 1 else X[:4, :2]
    return X


def _boundary(network, X):
    return decision_boundary(network, X, network.predict(X))


def _snapshots(network, X, moments):
    grid = class_grid(network, X, points=40)
    return boundary_snapshots(
        [grid] * moments, network.predict(X), [f"epoch {1000 * k}" for k in range(moments)]
    )


def _film(network, X):
    grids = [class_grid(network, X, points=30)] * 3
    return boundary_film(grids, network.predict(X), [0, 5, 10])


def _both(network, X):
    grids = [class_grid(network, X, points=30)] * 3
    return loss_and_boundary_film(history([1.0, NAN, 0.5]), grids, network.predict(X), [0, 2, 3])


def _zigzag(epochs=60, layers=4):
    """A history whose gradients leave no place for a legend."""
    loss = 0.5 + 0.4 * np.cos(np.arange(epochs))
    return history(loss.tolist(), (1.1 - loss).tolist(), layers=layers)


def _network(sizes, constant=False, rows=6, **options):
    """A network that has made one pass, with all weights zero if it is to be constant."""
    network = NeuralNetwork(list(sizes), "tanh", seed=0, **options)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, sizes[0]))
    y = np.arange(rows) % max(2, sizes[-1])
    network.train(X, y, epochs=1, verbose=False)
    if constant:
        network.network.vector = np.zeros_like(network.network.vector)
    return network, X, y


def _moments(network, X, y):
    """The network and its recorder after two more epochs."""
    recorder = Recorder(network, every=1)
    network.train(X, y, epochs=2, callbacks=[recorder], verbose=False)
    return recorder.finish()


def _backward(*sizes, **options):
    return backward_pass(*_network(sizes, **options))


def _architecture(*sizes, constant=False, **options):
    return network_architecture(_network(sizes, constant)[0], **options)


def _landscape(path, constant=False):
    network, X, y = _network((2, 3, 1), constant)
    return landscape(network, X, y, _moments(network, X, y).path if path else None, points=9)


def _hidden(sizes, classes=2):
    network, X, y = _network(sizes, rows=40)
    recorder = _moments(network, X, np.zeros_like(y) + (0 if classes == 1 else y))
    found = bent(recorder, X, y)
    labels = np.zeros_like(found.labels) if classes == 1 else found.labels
    return hidden_film(found.rows, labels, found.mesh, found.side, found.epochs, classes=network.classes)


def _histograms(constant):
    rng = np.random.default_rng(0)
    weights = [[np.full(9, 0.5) if constant else rng.normal(size=9) * k] for k in (1, 2, 3)]
    return histograms([0, 1000, 2000], weights, weights)


def _flow(run):
    return gradient_flow(layer_flow(run), [np.zeros(4), np.array([0.0, 1e-9, 3.0]), np.full(5, 2.0)])


def _results(classes):
    network, X = Sectors(classes), points()
    actual = network.predict(X)
    found = confusion(actual, actual, network.classes)
    return classification_results(history([1.0]), network, X, actual, found if len(classes) > 4 else None)


def _mistaken(classes):
    X = np.random.default_rng(0).uniform(0, 1, (30, 64))
    network = Sectors(classes)
    wrong = np.roll(np.array(network.classes), 1)[network.predict_proba(X).argmax(axis=1)]
    return misclassified(network, X, wrong)


TEN = Sectors(range(10))
NAMED = Sectors(LONG)

AWKWARD = {
    "activations: one": lambda: activation_functions(["gelu"]),
    "activations: all": lambda: activation_functions(
        ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "silu", "gelu", "softplus", "tanh"]
    ),
    "boundary: constant": lambda: decision_boundary(Always(), points(), np.arange(80) % 2),
    "boundary: constant, one class": lambda: decision_boundary(Always(), points(), np.zeros(80, int)),
    "boundary: one point": lambda: decision_boundary(Halves(), [[0.5, 0.5]], [1]),
    "boundary: no labels": lambda: decision_boundary(Halves(), points()),
    "boundary: points everywhere": lambda: _boundary(Halves(), points(400)),
    "boundary: 10,000 points": lambda: _boundary(Halves(), points(10_000)),
    "boundary: 10,000 points, 10 classes": lambda: _boundary(TEN, points(10_000)),
    "boundary: 10 classes": lambda: _boundary(TEN, points()),
    "boundary: long names": lambda: _boundary(NAMED, points()),
    "boundary: 4 classes": lambda: _boundary(Sectors("abcd"), points()),
    "boundary: 1 column": lambda: _boundary(Halves(), points(columns=1)),
    "boundary: 1 column, 10 classes": lambda: decision_boundary(TEN, points(columns=1), np.arange(80) % 10),
    "boundary: 1 column, long names": lambda: decision_boundary(
        NAMED, points(columns=1), np.array(LONG)[np.arange(80) % 10]
    ),
    "boundary: 5 columns": lambda: _boundary(Halves(), points(columns=5)),
    "boundary: large numbers": lambda: decision_boundary(
        Sectors(range(2)),
        1e6 * points(),
        np.arange(80) % 2,
        feature_names=("a long name of a column, in metres",) * 2,
    ),
    "snapshots: one": lambda: _snapshots(Halves(), points(), 1),
    "snapshots: ten classes": lambda: _snapshots(TEN, points(), 4),
    "snapshots: long names": lambda: _snapshots(NAMED, points(), 2),
    "boundary film: points everywhere": lambda: _film(Halves(), points(400)),
    "boundary film: ten classes": lambda: _film(TEN, points()),
    "boundary film: long names": lambda: _film(NAMED, points()),
    "both films: gap, long names": lambda: _both(NAMED, points()),
    "hidden film: wide layer": lambda: _hidden((2, 8, 1)),
    "hidden film: one unit": lambda: _hidden((2, 1, 1)),
    "hidden film: three classes": lambda: _hidden((2, 5, 3)),
    "hidden film: one class": lambda: _hidden((2, 2, 1), classes=1),
    "loss: one epoch": lambda: loss_curve(history([0.5], [0.6])),
    "loss: gap": lambda: loss_curve(history([1.0, NAN, 0.5, 0.4])),
    "loss: ends as NaN": lambda: loss_curve(history([1.0, 30.0, NAN, NAN], [1.0, 2.0, NAN, NAN])),
    "loss: zigzag": lambda: loss_curve(_zigzag()),
    "loss: rising": lambda: loss_curve(history([float(k) for k in range(1, 30)])),
    "loss: snapshots": lambda: loss_curve(history([3.0, 2.0, 1.0, 0.5]), snapshots=[1, 2, 4]),
    "loss: zero": lambda: loss_curve(history([0.0, 0.0])),
    "loss: huge": lambda: loss_curve(history([1e30, 1e-30])),
    "score: one epoch": lambda: score_curve(history([0.5], [0.6])),
    "score: all right": lambda: score_curve(history([0.0] * 20)),
    "score: zigzag": lambda: score_curve(_zigzag()),
    "score: R² below zero": lambda: score_curve(history([1.0, 0.5], metric="r2")),
    "learning rates: ten": lambda: learning_rates(
        {10.0**-k: history([1.0, 0.5 * k, 0.4]) for k in range(10)}
    ),
    "learning rates: diverging": lambda: learning_rates(
        {0.1: history([1.0, 0.5]), 10.0: history([9.0, NAN])}
    ),
    "learning rates: long names": lambda: learning_rates({name: _zigzag() for name in LONG[:4]}),
    "loss film: gap": lambda: loss_film(history([1.0, NAN, 0.5])),
    "loss film: one epoch": lambda: loss_film(history([1.0])),
    "loss film: rising": lambda: loss_film(history([float(k) for k in range(1, 30)])),
    "loss film: zigzag": lambda: loss_film(_zigzag()),
    "gradients: one epoch": lambda: _flow(history([1.0], layers=3)),
    "gradients: zigzag": lambda: _flow(_zigzag()),
    "gradients: eight layers": lambda: gradient_flow(layer_flow(history([1.0, 0.5], layers=8))),
    "gradients: norms alone": lambda: gradient_norms(layer_flow(_zigzag())),
    "gradients: ratios alone": lambda: update_ratios(layer_flow(_zigzag())),
    "gradients: all zero": lambda: gradient_spread([np.zeros(5), np.zeros(3)]),
    "gradient film: one epoch": lambda: flow_film(layer_flow(history([1.0], layers=8))),
    "gradient film: 12 layers": lambda: flow_film(layer_flow(history([1.0, 2.0], layers=12))),
    "histograms: constant": lambda: _histograms(True),
    "histograms: few numbers": lambda: _histograms(False),
    "architecture: 784-128-64-10": lambda: _architecture(
        784, 128, 64, 10, outputs=[str(k) for k in range(10)]
    ),
    "architecture: long names": lambda: _architecture(3, 4, 10, inputs=LONG[:3], outputs=LONG),
    "architecture: 1-1": lambda: _architecture(1, 1),
    "architecture: 1-1, a row": lambda: _architecture(1, 1, row=([-123456.0], [1])),
    "architecture: sizes alone": lambda: network_architecture([1, 1]),
    "architecture: constant": lambda: _architecture(2, 3, 1, constant=True),
    "architecture: large values": lambda: _architecture(2, 3, 1, row=([-1234.5, 1e6], [1])),
    "architecture: gradients": lambda: _architecture(4, 5, 3, row=([1.0, 2, 3, 4], 1), lines="gradients"),
    "backward: 784-128-64-10": lambda: _backward(784, 128, 64, 10, rows=1200),
    "backward: 1-1": lambda: _backward(1, 1),
    "backward: five layers": lambda: _backward(2, 3, 4, 5, 6, 2),
    "backward: constant": lambda: _backward(2, 3, 1, constant=True),
    "landscape: constant": lambda: loss_landscape(_landscape(False, constant=True)),
    "landscape: short path": lambda: loss_landscape(_landscape(True)),
    "landscape film: short path": lambda: landscape_film(_landscape(True)),
    "fit: 10,000 rows": lambda: regression_fit(Level(), points(10_000, 1), points(10_000, 1)[:, 0]),
    "fit: several columns": lambda: regression_fit(Level(), points(), points()[:, 0]),
    "fit: points everywhere": lambda: regression_fit(Level(), points(300, 1), points(300, 1, 1)[:, 0]),
    "fit: one row": lambda: regression_fit(Level(), [[1.0]], [2.0]),
    "fit: all of it": lambda: training_results(
        history([1.0]), Level(), points(columns=1), 1e6 * points()[:, 0]
    ),
    "fit: narrow panels": lambda: training_results(
        history([1.0, 0.5]), Sine(), points(60, 1), np.sin(1.05 * points(60, 1)[:, 0]) / 0.8
    ),
    "residuals: none left": lambda: residuals(Level(), points(), np.full(80, 2.0)),
    "confusion: one class": lambda: confusion_matrix(confusion([0, 0], [0, 0], [0])),
    "confusion: long names": lambda: confusion_matrix(confusion(LONG, LONG, LONG)),
    "confusion: 25 classes": lambda: confusion_matrix(confusion(range(25), range(25), range(25))),
    "confusion: large counts": lambda: confusion_matrix(
        confusion(np.repeat(range(20), 1500), np.repeat(range(20), 1500), range(20))
    ),
    "results: two classes": lambda: _results("ab"),
    "results: long names": lambda: _results(LONG),
    "mistakes: ten classes": lambda: _mistaken(range(10)),
    "mistakes: long names": lambda: _mistaken(LONG),
    "first layer: one neuron": lambda: first_layer(_network((4, 1))[0]),
    "first layer: constant": lambda: first_layer(_network((784, 40, 2), constant=True)[0]),
    "trajectories: one step": lambda: trajectories("beale", steps=1),
}
