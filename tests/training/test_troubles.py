"""Runs spoiled on purpose are recognised by what was done to them, and healthy ones are left alone."""

import doctest
import json
import math
import re
import signal
import time
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas
import pytest

from whygrad import NeuralNetwork
from whygrad.data import SETS, load
from whygrad.errors import DataError, SettingError, ShapeError, TrainingError
from whygrad.nn.initializers import constant, random_normal
from whygrad.runs.run import train
from whygrad.runs.settings import TrainSettings
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

# sign -> how it is planted -> (sets, run(set, seed)). What follows from the sign is listed under "explains"
# of the one trouble that is reported, so that in all of these exactly one is.
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


# ---------------------------------------------------------------------------------------------------------
# Healthy
# ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "seed"), [(name, seed) for name in SETS for seed in range(2 if name != "digits" else 1)]
)
def test_every_set_at_default_settings_is_healthy(name, seed):
    result = train(name, TrainSettings(seed=seed))
    assert seen(Run(result.network, result.parts.X_train, result.parts.y_train)) == []
    assert seen(Run(result.network, None, None)) == []


HEALTHY = {
    "relu": {"activation": "relu", "fit": {"epochs": 80}},
    "tanh": {"activation": "tanh", "fit": {"epochs": 80}},
    "sigmoid": {"activation": "sigmoid", "fit": {"epochs": 150}},
    "momentum": {"activation": "relu", "optimizer": "momentum", "fit": {"epochs": 80, "learning_rate": 0.01}},
    "constant rate": {
        "activation": "relu",
        "optimizer": "adam",
        "fit": {"epochs": 80, "schedule": "constant"},
    },
    "falling rate": {"fit": {"epochs": 80, "schedule": "step-decay"}},
    "validation": {"fit": {"epochs": 60, "validation": 0.2}},
    "patience": {"activation": "relu", "fit": {"epochs": 100, "validation": 0.2, "patience": 10}},
    "small batches": {"fit": {"epochs": 20, "batch_size": 4}},
    "full batch": {"fit": {"epochs": 300, "batch_size": "full"}},
    "float32": {"activation": "relu", "dtype": "float32", "fit": {"epochs": 60}},
    "dropout": {"activation": "relu", "dropout": 0.2, "fit": {"epochs": 80}},
    "penalty": {"optimizer": "adam", "l2": 0.001, "fit": {"epochs": 80}},
    "deep": {"hidden": (32,) * 5, "fit": {"epochs": 60}},
    "one epoch": {"activation": "relu", "fit": {"epochs": 1}},
    "before training": {"activation": "relu"},
    "deep, before training": {"activation": "tanh", "hidden": (64,) * 5},
}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", ["moons", "wine", "diabetes"])
@pytest.mark.parametrize("how", HEALTHY)
def test_healthy_runs_are_left_alone(how, name, seed):
    result = run(name, seed, **HEALTHY[how])
    assert seen(result) == []
    assert seen(Run(result.network, None, None)) == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("hidden", "activation"), [(4, "silu"), (8, "tanh")])
def test_xor_is_healthy(hidden, activation, seed):
    X, y = XOR
    network = NeuralNetwork([2, hidden, 1], activation, seed=seed)
    network.train(X, y, epochs=1000, learning_rate=0.1, verbose=False)
    assert seen(Run(network, X, y)) == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["moons", "diabetes"])
def test_a_network_of_one_layer_is_healthy(name, seed):
    assert seen(run(name, seed, hidden=(), fit={"epochs": 100})) == []
    assert seen(run(name, seed, hidden=(), initializer="zeros", fit={"epochs": 100})) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_an_interrupted_run_is_healthy(seed):
    def press(epoch):
        if epoch.epoch == 12:
            signal.raise_signal(signal.SIGINT)

    result = run("moons", seed, fit={"epochs": 100, "callbacks": [press]})
    assert result.network.history.interrupted
    assert seen(result) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_images_between_0_and_1_are_healthy_unscaled(seed):
    rng = np.random.default_rng(seed)
    y = np.arange(120) % 10
    X = rng.random((120, 28, 28)) * 0.5
    for row, label in enumerate(y):
        X[row, 2 * label + 4 : 2 * label + 7, 6:22] += 0.5
    network = NeuralNetwork([784, 128, 64, 10], seed=seed)
    assert seen(Run(network, X.reshape(120, 784), y)) == []
    network.train(X.reshape(120, 784), y, epochs=12, learning_rate=0.01, verbose=False)
    assert seen(Run(network, X.reshape(120, 784), y)) == []


# ---------------------------------------------------------------------------------------------------------
# What is said
# ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_is_printed_and_names_every_sign():
    page = Path(__file__).parents[2] / "docs" / "troubles.md"
    assert doctest.testfile(str(page), module_relative=False) == (0, 6)
    table = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    assert {line.split(" | ")[0].strip("| ") for line in table} >= PLANTED.keys()


@pytest.mark.parametrize("sign", PLANTED)
def test_evidence_gives_its_numbers_and_advice_a_setting(sign):
    for how, (sets, make) in PLANTED[sign].items():
        first, other = diagnose(*make(sets[0], 0))[0], diagnose(*make(sets[-1], 1))[0]
        assert re.search(r"\d", first.evidence), how
        if sign not in ("identical neurons", "dead units"):  # those count what is planted alike
            assert first.evidence != other.evidence, how
        assert re.search(r'\w+=["\w.]|initializer|anew|layers', first.advice), how
        assert json.loads(json.dumps(first.figures, allow_nan=False)) == first.figures, how
        assert str(first) == f"{sign}: {first.evidence}\n  try: {first.advice}"


def test_vanishing_gradients_are_those_of_the_history():
    network, X, y = PLANTED["vanishing gradients"]["nine sigmoid layers"][1]("moons", 0)
    found = diagnose(network, X, y)[0]
    norms = np.array([[layer.gradient_norm for layer in epoch.layers] for epoch in network.history])
    ratio = np.median(norms[:, 0] / norms[:, -1])
    assert found.figures["ratio"] == pytest.approx(ratio)
    assert found.figures["layer"] == 1
    assert found.figures["per_layer"] == pytest.approx(ratio ** (1 / 8))
    assert f"{ratio:.3g}" in found.evidence


@pytest.mark.parametrize(("sign", "measure"), [("exploding gradients", LARGE), ("vanishing gradients", DEEP)])
def test_gradients_before_training_are_those_of_the_rows(sign, measure):
    network, X, y = run("moons", 0, **measure, scale=False)
    found = diagnose(network, X, y)[0]
    network.forward(X)
    gradients = network.backward(y)
    parameters = network.parameters()
    norms, lengths = [
        [
            math.hypot(*[np.linalg.norm(values[f"{k}.{part}"]) for part in ("weights", "bias")])
            for k in range(1, 10)
        ]
        for values in (gradients, {name: item.data for name, item in parameters.items()})
    ]
    assert found.name == sign
    if sign == "exploding gradients":
        wanted = max(norm / length for norm, length in zip(norms, lengths, strict=True))
    else:
        wanted = min(norms[:-1]) / norms[-1]
    assert found.figures["ratio"] == pytest.approx(wanted)


def test_dead_units_are_counted_layer_by_layer():
    network, X, y = run("moons", 0, activation="relu", spoil=switch_off)
    found = diagnose(network, X, y)[0]
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    first = network.network.layers[0]
    dead = np.mean((scaled @ first.weights + first.bias <= 0).all(axis=0))
    assert found.figures["dead"]["1"] == dead >= 28 / 32
    assert f"{100 * dead:.0f} % in layer 1" in found.evidence
    assert "200 rows" in found.evidence


def test_fewer_dead_units_are_trouble_while_little_is_learned():
    def switch_off_some(network):
        network.network.layers[0].bias[:20] = -30

    untrained = run("blobs", 0, hidden=(32,), activation="relu", spoil=switch_off_some)
    assert seen(untrained) == ["dead units"]
    untrained.network.train(untrained.X, untrained.y, 10, verbose=False)
    assert seen(untrained) == []
    already = diagnose(*run("moons", 0, activation="gelu", spoil=switch_off))[0]
    assert already.advice == 'activation="leaky_relu", with a slope below zero'


def test_saturated_units_are_counted_layer_by_layer():
    network, X, y = run("moons", 0, activation="tanh", initializer=random_normal(5))
    found = diagnose(network, X, y)[0]
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    outputs = np.tanh(scaled @ network.network.layers[0].weights)
    stuck = np.mean((1 - outputs**2 < 0.05).mean(axis=0) > 0.5)
    assert found.figures["saturated"]["1"] == stuck
    assert f"{100 * stuck:.0f} % of layer 1" in found.evidence


def test_identical_neurons_are_counted():
    result = run("moons", 0, hidden=(8, 6), spoil=lambda network: network.network.layers[0].weights.fill(1.0))
    assert seen(result) == []  # the weights that go out still differ
    network = result.network
    network.network.layers[2].weights[:] = 0.5
    found = diagnose(*result)[0]
    assert found.figures["layers"] == [{"layer": 1, "different": 1, "units": 8}]
    assert "layer 1: 1 different of 8" in found.evidence


def test_the_reach_of_an_output_is_that_of_the_targets():
    X = np.linspace(-1, 1, 100)[:, None]
    y = 3 * X[:, 0]
    found = diagnose(NeuralNetwork([1, 8, 1], output="tanh", task="regression", seed=0), X, y)[0]
    assert found.figures["outside"] == np.mean(np.abs(y) > 1)
    lost = np.mean(np.maximum(np.abs(y) - 1, 0) ** 2) / y.var()
    assert found.figures["unreachable_variance"] == pytest.approx(lost)
    assert f"R² is at most {1 - lost:.3g}" in found.evidence
    for output in ("relu", "softplus"):
        wanted = NeuralNetwork([1, 8, 1], output=output, task="regression", seed=0)
        assert seen(Run(wanted, X, y)) == ["targets out of range"]
        assert seen(Run(wanted, X, y + 3)) == []
    assert seen(Run(NeuralNetwork([1, 8, 1], task="regression", seed=0), X, y)) == []


def test_targets_on_the_edge_of_the_output_are_within_reach():
    X, y = XOR
    for output, labels in (("sigmoid", y), ("tanh", 2 * y - 1)):
        network = NeuralNetwork([2, 4, 1], output=output, loss="mse", task="regression", seed=0)
        assert seen(Run(network, X, labels.astype(float))) == []


def test_unscaled_inputs_are_measured_column_by_column():
    X = np.random.default_rng(0).normal(size=(100, 3)) * [1.0, 50.0, 2.0]
    y = (X[:, 0] > 0).astype(int)
    found = diagnose(NeuralNetwork([3, 8, 1], seed=0), X, y)[0]
    rms = np.sqrt(np.mean(X[:, 1] ** 2))
    assert found.figures["column"] == 1
    assert found.figures["largest_rms"] == pytest.approx(rms)
    assert f"column 1 of X is {rms:.3g}" in found.evidence
    assert seen(Run(NeuralNetwork([3, 8, 1], seed=0), X * 1e-5, y)) == ["unscaled inputs"]
    assert seen(Run(NeuralNetwork([3, 8, 1], seed=0), X * [1, 1 / 50, 1e-5], y)) == ["unscaled inputs"]
    assert seen(Run(NeuralNetwork([3, 8, 1], scale=True, seed=0), X, y)) == []


def test_overfitting_is_read_from_the_history():
    network, X, y = noisy("moons", 0)
    watched = np.array(network.history.validation_loss)
    found = diagnose(network, X, y)[0]
    assert abs(found.figures["epoch"] - 1 - watched.argmin()) <= 5
    assert found.figures["lowest"] == pytest.approx(watched.min(), rel=0.1)
    assert found.figures["end"] == pytest.approx(watched[-1], rel=0.1)


def test_early_stopping_is_no_overfitting():
    X, y, *_ = table("moons", 0)
    network = NeuralNetwork([2, 64, 64, 1], scale=True, weight_decay=0.0, seed=0)
    network.train(X[:60], y[:60], 150, validation=(X[60:], y[60:]), patience=10, verbose=False)
    assert "overfitting" not in seen(Run(network, X[:60], y[:60]))


def test_the_rates_in_the_evidence_are_those_of_the_history():
    network, X, y = PLANTED["learning rate too low"]["adamw"][1]("moons", 0)
    found = diagnose(network, X, y)[0]
    largest = max(layer.update_ratio for epoch in network.history for layer in epoch.layers)
    assert found.figures["update_ratio"] == pytest.approx(largest)
    assert f"{largest:.3g}" in found.evidence
    assert f"{network.history[0].loss:.3g}" in found.evidence


# ---------------------------------------------------------------------------------------------------------
# Causes, and what follows from them
# ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("sign", "how", "name", "follows"),
    [
        ("unscaled inputs", "tanh", "iris", "saturation"),
        ("unscaled inputs", "relu, gradient descent", "iris", "dead units"),
        ("unscaled targets", "regression", "sine", "exploding gradients"),
        ("learning rate too high", "gradient descent", "moons", "saturation"),
        ("saturation", "tanh, large weights", "iris", "slow convergence"),
        ("identical neurons", "ones", "iris", "saturation"),
    ],
)
def test_what_follows_is_named_under_its_cause(sign, how, name, follows, seed):
    found = diagnose(*PLANTED[sign][how][1](name, seed))
    assert follows in found[0].figures["explains"]


def test_troubles_with_causes_of_their_own_are_all_reported():
    X, y, *_ = table("sine", 0)
    network = NeuralNetwork([1, 16, 1], "relu", "tanh", initializer="zeros", task="regression", seed=0)
    assert seen(Run(network, X * 100, y * 5)) == [
        "targets out of range",
        "identical neurons",
        "unscaled inputs",
    ]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sign", ["learning rate too high", "learning rate too low"])
@pytest.mark.parametrize("name", ["moons", "iris"])
def test_the_advised_learning_rate_helps(name, sign, seed):
    settings = {"activation": "tanh", "optimizer": "sgd"}
    rate = {"learning rate too high": 20.0, "learning rate too low": 1e-5}[sign]
    tried = []
    for _ in range(3):
        result = run(name, seed, **settings, fit={"epochs": 30, "learning_rate": rate})
        found = [trouble for trouble in diagnose(*result) if trouble.name.startswith("learning rate")]
        tried.append((rate, names(found)))
        if not found:
            break
        rate = float(re.search(r"learning_rate=([\d.e-]+)", found[0].advice)[1])
    assert tried[0][1] == [sign]
    assert tried[-1][1] == [], tried


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("sign", "settings", "repair"),
    [
        ("vanishing gradients", DEEP, {"activation": "silu"}),
        ("exploding gradients", LARGE, {"initializer": "he_uniform"}),
        (
            "dead units",
            {"activation": "relu", "initializer": "he_uniform", "spoil": switch_off},
            {"activation": "leaky_relu"},
        ),
        ("saturation", {"activation": "tanh", **STEEP}, {"initializer": "glorot_uniform"}),
        ("identical neurons", {"initializer": "zeros"}, {"initializer": "he_uniform"}),
        ("unscaled inputs", {"activation": "tanh", "change": uneven, "scale": False}, {"scale": True}),
    ],
)
def test_what_is_advised_helps(sign, settings, repair, seed):
    before, after = [run("iris", seed, **wanted) for wanted in (settings, settings | repair)]
    found = diagnose(*before)
    assert names(found) == [sign]
    for name, value in repair.items():
        assert f'{name}="{value}"' in found[0].advice or f"{name}={value}" in found[0].advice
    assert seen(after) == []


# ---------------------------------------------------------------------------------------------------------
# After an error, without rows, and whatever the network and the rows are
# ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("sign", "settings", "rate"),
    [
        ("exploding gradients", LARGE, 0.01),
        ("learning rate too high", {"activation": "relu"}, 20.0),
    ],
)
def test_after_a_run_that_ended_in_an_error(sign, settings, rate, seed):
    X, y, *_ = table("sine", seed)
    network = run("sine", seed, **settings, optimizer="sgd").network
    with pytest.raises(TrainingError):
        network.train(X, y, 30, rate, verbose=False)
    assert names(diagnose(network, X, y)) == [sign]
    assert names(diagnose(network)) in (["learning rate too high"], [])


def test_weights_that_are_not_finite_are_counted():
    network, X, y = run("moons", 0, fit={"epochs": 5})
    network.network.vector[3:7] = math.nan
    found = diagnose(network, X, y)
    assert names(found) == ["learning rate too high"] == seen(Run(network, None, None))
    assert f"4 of {len(network.network.vector):,} parameters" in found[0].evidence


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("sign", "how", "name"),
    [
        ("vanishing gradients", "nine sigmoid layers", "moons"),
        ("vanishing gradients", "before training", "moons"),
        ("exploding gradients", "large weights, clipped", "iris"),
        ("learning rate too high", "gradient descent", "iris"),
        ("learning rate too low", "adamw", "iris"),
        ("overfitting", "a third of the labels wrong", "wine"),
        ("identical neurons", "ones", "moons"),
        ("identical neurons", "before training", "digits"),
        ("slow convergence", "adamw", "wine"),
    ],
)
def test_history_and_weights_alone_show_it(sign, how, name, seed):
    assert seen(Run(PLANTED[sign][how][1](name, seed).network, None, None)) == [sign]


def state(network):
    """Everything that diagnose must leave as it is: which objects there are, and what is in the arrays."""
    layers = [vars(layer) for layer in network.network.layers]
    arrays = [item for layer in layers for item in (*layer["inputs"], layer["output"], layer["upstream"])]
    generators = [network.rng, *[layer["rng"] for layer in layers if "rng" in layer]]
    return (
        [{name: id(value) for name, value in held.items()} for held in (*layers, vars(network))],
        [item.tobytes() for item in arrays if isinstance(item, np.ndarray)],
        network.network.vector.tobytes(),
        network.network.gradient.tobytes(),
        [generator.bit_generator.state for generator in generators],
        deepcopy(network.history),
        repr(network.head),
        repr(network.scaling),
    )


@pytest.mark.parametrize("trained", [True, False])
def test_the_network_is_left_as_it_was(trained):
    network, X, y = run(
        "iris", 0, dropout=0.3, output="softmax", loss="mse", fit={"epochs": 3} if trained else None
    )
    if trained:
        network.forward(X)
    before, given, labels = state(network), X.copy(), y.copy()
    first = diagnose(network, X, y)
    diagnose(network)
    diagnose(network, X)
    assert state(network) == before
    assert np.array_equal(X, given)
    assert np.array_equal(y, labels)
    assert diagnose(network, X, y) == first
    if trained:
        network.backward(y)  # the pass that was under way goes on


def test_random_draws_of_others_are_not_touched():
    result = run("moons", 0, fit={"epochs": 3})
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - that nobody draws from it is what is tested
    diagnose(*result)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_only_some_hundred_rows_are_looked_at():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(5000, 3)), rng.integers(0, 2, 5000)
    network = NeuralNetwork([3, 8, 1], "relu", scale=True, seed=0)
    network.network.layers[0].bias[:] = -30
    found = diagnose(network, X, y)[0]
    assert found.figures["rows"] == ROWS <= 500
    assert f"{ROWS} rows" in found.evidence


@pytest.mark.slow
def test_large_data_are_diagnosed_in_less_than_a_second():
    rng = np.random.default_rng(0)
    X, y = rng.random((60_000, 784)), rng.integers(0, 10, 60_000)
    network = NeuralNetwork([784, 128, 64, 10], seed=0)
    network.train(X[:1000], y[:1000], 2, verbose=False)
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        diagnose(network, X, y)
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.5


def test_rows_in_any_form_and_targets_of_any_kind():
    X, y, *_ = table("iris", 0)
    text = np.array(["setosa", "versicolor", "virginica"])[y]
    one_hot, several = np.eye(3)[y], np.column_stack([y == 0, y > 0]).astype(int)
    numbers = np.column_stack([X[:, 0], X[:, 1] / 3])
    for targets, outputs in (
        (text, 3),
        (text.tolist(), 3),
        (one_hot, 3),
        (several, 2),
        (numbers, 2),
        (y == 0, 1),
    ):
        network = NeuralNetwork([4, 16, outputs], scale=True, seed=0)
        assert seen(Run(network, X.tolist(), targets)) == []
        network.train(X, targets, 60, verbose=False)
        assert seen(Run(network, X.tolist(), targets)) == []
        assert seen(Run(network, pandas.DataFrame(X), targets)) == []
        assert seen(Run(network, X, None)) == seen(Run(network, None, None)) == []


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "squared_error"])
@pytest.mark.parametrize("seed", range(3))
def test_every_loss_for_numbers_is_healthy(loss, seed):
    for name in ("sine", "diabetes"):
        assert seen(run(name, seed, loss=loss, fit={"epochs": 80})) == []


@pytest.mark.parametrize("loss", ["hinge", "mse", "squared_error"])
@pytest.mark.parametrize("seed", range(3))
def test_every_loss_for_classes_is_healthy(loss, seed):
    assert seen(run("moons", seed, loss=loss, fit={"epochs": 80})) == []


def test_a_network_from_a_file_has_no_history_and_is_healthy(tmp_path):
    network, X, y = run("moons", 0, fit={"epochs": 60})
    network.save(tmp_path / "model.safetensors")
    loaded = NeuralNetwork.load(tmp_path / "model.safetensors")
    assert seen(Run(loaded, X, y)) == []


def test_an_epoch_that_was_broken_off_has_no_layers():
    network, X, y = run("moons", 0, fit={"epochs": 12})
    epochs = network.history.epochs
    for place in (12, 5, 0):
        epochs.insert(place, epochs[place - 1]._replace(layers=()))
        assert seen(Run(network, X, y)) == []
    network.history.epochs = epochs[:1]
    assert seen(Run(network, X, y)) == []


def test_training_that_goes_on_is_one_run():
    network, X, y = run("moons", 0, fit={"epochs": 40})
    network.train(X, y, 40, verbose=False)
    assert seen(Run(network, X, y)) == []


def test_constant_targets_and_constant_columns_are_no_reason_to_fail():
    X = np.column_stack([np.ones(50), np.linspace(0, 1, 50)])
    network = NeuralNetwork([2, 8, 1], scale=True, task="regression", seed=0)
    network.train(X, np.full(50, 0.5), 10, verbose=False)
    assert seen(Run(network, X, np.full(50, 0.5))) == []
    assert seen(Run(NeuralNetwork([1, 8, 1], task="regression"), np.ones((9, 1)), np.arange(9) / 9)) == []


def test_rows_that_do_not_fit_are_refused():
    network, X, y = run("moons", 0, fit={"epochs": 1})
    with pytest.raises(SettingError, match="y was given without X"):
        diagnose(network, None, y)
    with pytest.raises(ShapeError, match="as many columns"):
        diagnose(network, X[:, :1], y)
    with pytest.raises(ShapeError, match="one target for each row"):
        diagnose(network, X, y[:-1])
    with pytest.raises(DataError, match="nan"):
        diagnose(network, np.where(X > 1, math.nan, X), y)


def test_a_trouble_cannot_be_changed():
    trouble = Trouble("dead units", "all of them", {}, "others")
    with pytest.raises(AttributeError):
        trouble.name = "none"
