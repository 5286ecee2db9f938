"""Runs that were spoiled on purpose are recognised by what was done to them, and healthy ones are left alone."""

import json
import math
import warnings
from copy import deepcopy
from typing import NamedTuple

import numpy as np
import pytest

from whygrad import NeuralNetwork
from whygrad.data import SETS, load
from whygrad.errors import DataError, SettingError, ShapeError, TrainingError
from whygrad.nn.initializers import constant, random_normal
from whygrad.training.run import train
from whygrad.training.settings import TrainSettings
from whygrad.training.troubles import Trouble, diagnose
from whygrad.training.troubles.probe import ROWS

SEEDS = range(5)
XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])


class Run(NamedTuple):
    network: NeuralNetwork
    X: np.ndarray
    y: np.ndarray


def table(name, seed):
    """Rows, targets, number of outputs and task of a set; drawn ones are small."""
    drawn = SETS[name].samples is not None
    data = load(name, samples=200 if drawn else None, seed=seed)
    outputs = len(data.class_names) if len(data.class_names) > 2 else 1
    return data.X, data.y, outputs, "regression" if data.task == "regression" else None


def run(
    name,
    seed,
    hidden=(32, 32),
    activation="silu",
    change=lambda X, y: (X, y),
    spoil=None,
    fit=None,
    **settings,
):
    """A network for a set, trained as ``fit`` says, or not trained if it says nothing."""
    X, y, outputs, task = table(name, seed)
    X, y = change(X, y)
    settings = {"scale": True, "task": task, "seed": seed} | settings
    network = NeuralNetwork([X.shape[1], *hidden, outputs], activation, **settings)
    if spoil is not None:
        spoil(network)
    if fit is not None:
        network.train(X, y, verbose=False, **fit)
    return Run(network, X, y)


def names(found):
    return [trouble.name for trouble in found]


def seen(result):
    return names(diagnose(*result))


# ---------------------------------------------------------------------------------------------------------
# Planted
# ---------------------------------------------------------------------------------------------------------


def uneven(X, y):
    return X / X.std(axis=0) * np.geomspace(3, 3000, X.shape[1]), y


def standard(X, y):
    return X / X.std(axis=0), (y - y.mean()) / y.std()


def far(X, y):
    return X / X.std(axis=0), 500 + 77 * y


def switch_off(network):
    network.network.layers[0].bias[:28] = -30  # 28 of 32


def noisy(name, seed):
    """60 rows, of which a third have a random target, and 100 others to watch."""
    X, y, outputs, task = table(name, seed)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(X))
    wrong = rng.random(len(y)) < 1 / 3
    y[wrong] = rng.permutation(y[wrong])
    known, new = order[:60], order[60:160]
    network = NeuralNetwork([X.shape[1], 64, 64, outputs], scale=True, weight_decay=0.0, task=task, seed=seed)
    network.train(X[known], y[known], 150, validation=(X[new], y[new]), verbose=False)
    return Run(network, X[known], y[known])


DEEP = {"hidden": (16,) * 8, "activation": "sigmoid"}
LARGE = {"hidden": (64,) * 8, "activation": "relu", "initializer": random_normal(0.6)}
STEEP = {"initializer": random_normal(5)}
SGD = {"optimizer": "sgd"}

# sign -> how it is planted -> (sets, run(set, seed)). What follows from the sign is listed under "explains" of
# the one trouble that is reported, so that in all of these exactly one is.
PLANTED = {
    "vanishing gradients": {
        "nine sigmoid layers": (
            ("moons", "iris"),
            lambda s, k: run(s, k, **DEEP, **SGD, fit={"epochs": 15, "learning_rate": 0.1}),
        ),
        "before training": (("moons", "iris", "sine", "digits"), lambda s, k: run(s, k, **DEEP)),
    },
    "exploding gradients": {
        "large weights, clipped": (
            ("moons", "iris", "sine"),
            lambda s, k: run(s, k, **LARGE, **SGD, fit={"epochs": 5, "learning_rate": 0.01, "clip": 1.0}),
        ),
        "before training": (("moons", "iris", "sine", "digits"), lambda s, k: run(s, k, **LARGE)),
    },
    "dead units": {
        "biases far below zero": (
            ("moons", "spirals", "iris"),
            lambda s, k: run(s, k, activation="relu", spoil=switch_off, fit={"epochs": 8}),
        ),
        "before training": (
            ("moons", "iris", "digits"),
            lambda s, k: run(s, k, activation="relu", spoil=switch_off),
        ),
    },
    "saturation": {
        "tanh, large weights": (
            ("iris", "spirals"),
            lambda s, k: run(s, k, activation="tanh", **STEEP, fit={"epochs": 8}),
        ),
        "sigmoid, large weights": (
            ("iris", "spirals"),
            lambda s, k: run(s, k, activation="sigmoid", **STEEP, fit={"epochs": 8}),
        ),
        "before training": (("iris", "moons", "sine"), lambda s, k: run(s, k, activation="tanh", **STEEP)),
    },
    "learning rate too high": {
        "gradient descent": (
            ("moons", "iris", "spirals"),
            lambda s, k: run(s, k, activation="tanh", **SGD, fit={"epochs": 30, "learning_rate": 20}),
        ),
        "adam": (
            ("moons", "spirals"),
            lambda s, k: run(
                s, k, activation="tanh", optimizer="adam", fit={"epochs": 30, "learning_rate": 3}
            ),
        ),
    },
    "learning rate too low": {
        "gradient descent": (
            ("moons", "iris"),
            lambda s, k: run(s, k, activation="tanh", **SGD, fit={"epochs": 10, "learning_rate": 1e-5}),
        ),
        "adamw": (("moons", "iris"), lambda s, k: run(s, k, fit={"epochs": 10, "learning_rate": 1e-6})),
    },
    "slow convergence": {
        "adamw": (("wine",), lambda s, k: run(s, k, fit={"epochs": 10, "learning_rate": 5e-4})),
        "gradient descent": (
            ("wine",),
            lambda s, k: run(
                s,
                k,
                activation="tanh",
                **SGD,
                fit={"epochs": 8, "learning_rate": 0.01},
            ),
        ),
    },
    "overfitting": {"a third of the labels wrong": (("moons", "wine", "breast_cancer"), noisy)},
    "identical neurons": {
        "zeros": (("moons", "iris"), lambda s, k: run(s, k, initializer="zeros", fit={"epochs": 8})),
        "ones": (
            ("moons", "iris"),
            lambda s, k: run(s, k, activation="tanh", initializer="ones", fit={"epochs": 8}),
        ),
        "constant": (
            ("moons", "iris"),
            lambda s, k: run(s, k, activation="relu", initializer=constant(0.1), fit={"epochs": 8}),
        ),
        "before training": (("sine", "digits"), lambda s, k: run(s, k, initializer=constant(0.1))),
    },
    "targets out of range": {
        "tanh": (
            ("sine", "diabetes"),
            lambda s, k: run(s, k, change=standard, output="tanh", scale=False, fit={"epochs": 10}),
        ),
        "relu": (
            ("sine", "diabetes"),
            lambda s, k: run(s, k, change=standard, output="relu", scale=False, fit={"epochs": 10}),
        ),
        "before training": (
            ("sine", "diabetes"),
            lambda s, k: run(s, k, change=standard, output="sigmoid", loss="mse", scale=False),
        ),
    },
    "unscaled inputs": {
        "tanh": (
            ("moons", "iris"),
            lambda s, k: run(s, k, activation="tanh", change=uneven, scale=False, fit={"epochs": 8}),
        ),
        "relu, gradient descent": (
            ("moons", "iris"),
            lambda s, k: run(s, k, activation="relu", change=uneven, scale=False, **SGD, fit={"epochs": 8}),
        ),
        "before training": (("wine", "breast_cancer"), lambda s, k: run(s, k, scale=False)),
    },
    "unscaled targets": {
        "regression": (
            ("sine", "diabetes"),
            lambda s, k: run(s, k, change=far, scale=False, fit={"epochs": 8}),
        )
    },
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("sign", "how", "name"),
    [(sign, how, name) for sign, ways in PLANTED.items() for how, (sets, _) in ways.items() for name in sets],
)
def test_what_was_planted_is_found_and_nothing_else(sign, how, name, seed):
    assert seen(PLANTED[sign][how][1](name, seed)) == [sign]
