"""Every setting of training does what it says, in the direction it says; from the command line too."""

import itertools
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from whygrad.cli import main
from whygrad.nn import Dropout
from whygrad.nn.activations import ACTIVATIONS
from whygrad.optim import OPTIMIZERS, SCHEDULES, Optimizer
from whygrad.runs.settings import TrainSettings, from_toml
from whygrad.training import NeuralNetwork
from whygrad.training.loop import Training

from .problems import LARGEST, SUM, X


@dataclass
class Run:
    """What was seen of one call of train: the loop, and each step as (rate, gradient, before, after)."""

    loop: Training
    steps: list = field(default_factory=list)

    @property
    def rates(self):
        return [rate for rate, *_ in self.steps]

    @property
    def moves(self):
        """How far each step went."""
        return [float(np.linalg.norm(after - before)) for _, _, before, after in self.steps]


@pytest.fixture
def runs(monkeypatch):
    """Every run, step by step."""
    seen, run, step = [], Training.run, Optimizer.step

    def noted_run(self, *given):
        seen.append(Run(self))
        return run(self, *given)

    def noted_step(self, parameters, gradient):
        rate, before = self.current_learning_rate, parameters.copy()
        step(self, parameters, gradient)
        seen[-1].steps.append((rate, gradient.copy(), before, parameters.copy()))

    monkeypatch.setattr(Training, "run", noted_run)
    monkeypatch.setattr(Optimizer, "step", noted_step)
    return seen


def train(epochs=3, y=SUM, rows=X, sizes=(3, 6, 1), batch_size=10, made=None, **settings):
    """A network, made with some settings and trained with others."""
    network = NeuralNetwork(sizes, **{"seed": 1, **(made or {})})
    network.train(rows, y, epochs, batch_size=batch_size, verbose=False, **settings)
    return network


def weights(network):
    return np.concatenate([p.data.ravel() for n, p in network.parameters().items() if n.endswith("weights")])


# --- what a network is made with ---------------------------------------------------------------------
BY_THE_BOOK = {
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "elu": lambda z: np.where(z > 0, z, np.expm1(z)),
    "gelu": lambda z: z / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "silu": lambda z: z / (1 + np.exp(-z)),
    "softplus": lambda z: np.log1p(np.exp(z)),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "identity": lambda z: z,
}


@pytest.mark.parametrize("name", sorted({*ACTIVATIONS, "identity"} - {"softmax"}))  # which is for outputs
def test_activation(name):
    network = train(made={"activation": name})
    w1, b1, w2, b2 = (parameter.data for parameter in network.parameters().values())
    expected = BY_THE_BOOK[name](X @ w1 + b1) @ w2 + b2
    assert network.forward(X) == pytest.approx(
        expected, rel=2e-3 if name == "gelu" else 1e-12
    )  # may be tanh's
    others = [train(made={"activation": other, "initializer": "he_normal"}) for other in ("tanh", name)]
    assert np.array_equal(others[0].network.vector, others[1].network.vector) is (name == "tanh")


@pytest.mark.parametrize(
    ("name", "bound", "std"),
    [
        ("he_uniform", math.sqrt(6 / 300), math.sqrt(2 / 300)),
        ("he_normal", math.inf, math.sqrt(2 / 300)),
        ("glorot_uniform", math.sqrt(6 / 500), math.sqrt(2 / 500)),
        ("glorot_normal", math.inf, math.sqrt(2 / 500)),
        ("lecun_uniform", math.sqrt(3 / 300), math.sqrt(1 / 300)),
        ("lecun_normal", math.inf, math.sqrt(1 / 300)),
        ("standard_normal", math.inf, 1.0),
        ("zeros", 0, 0),
    ],
)
def test_initializer(name, bound, std):
    w = NeuralNetwork([300, 200, 1], initializer=name, seed=0).parameters()["1.weights"].data
    assert w.std() == pytest.approx(std, rel=0.02)
    assert abs(w.mean()) <= 0.02 * std
    assert np.abs(w).max() <= bound
    if name.endswith("uniform"):
        assert np.abs(w).max() > 0.99 * bound


FIRST_STEPS = {  # of a gradient g, at the rate 1
    "gradient-descent": lambda g: g,
    "sgd": lambda g: g,
    "momentum": lambda g: g,
    "nesterov": lambda g: 1.9 * g,
    "adagrad": np.sign,
    "rmsprop": lambda g: 10 * np.sign(g),
    "adam": np.sign,
    "adamw": np.sign,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer(runs, name):
    decay = {"weight_decay": 0.0} if name == "adamw" else {}
    train(1, y=100 * SUM, learning_rate=1e-4, made={"optimizer": name, **decay})
    _, gradient, before, after = runs[0].steps[0]
    big = np.abs(gradient) > 1e-2  # beside epsilon
    assert np.count_nonzero(big) > 20
    assert (before - after)[big] == pytest.approx(1e-4 * FIRST_STEPS[name](gradient)[big], rel=1e-4)
    assert type(runs[0].loop.optimizer) is OPTIMIZERS[name]


def test_optimizers_go_different_ways():
    ends = [train(made={"optimizer": name}).network.vector for name in OPTIMIZERS if name != "sgd"]
    for one, other in itertools.combinations(ends, 2):
        assert not np.allclose(one, other)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_learning_rate(runs, name):
    for rate in (0.001, 0.002, 0.02):
        train(1, learning_rate=rate, made={"optimizer": name})
    first = [run.moves[0] for run in runs]
    assert first[1] == pytest.approx(2 * first[0], rel=1e-3)
    assert first[2] == pytest.approx(20 * first[0], rel=1e-3)


def plateau(rate, step, steps):
    """Per epoch of one step: the loss never moves, so 1 epoch sets the best and 11 bring each halving."""
    return rate * 0.5 ** (max(0, step - 1) // 11)


FORMULAS = {
    "constant": lambda rate, step, steps: rate,
    "cosine": lambda rate, step, steps: rate * (1 + math.cos(math.pi * step / steps)) / 2,
    "step-decay": lambda rate, step, steps: rate * 0.5 ** (step // (steps // 4)),
    "exponential": lambda rate, step, steps: rate * 0.01 ** (step / steps),
    "reduce-on-plateau": plateau,
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule(runs, name):
    if name == "reduce-on-plateau":
        history = train(40, batch_size="full", schedule=name, learning_rate=1e-12).history
        rate, steps, an_epoch = 1e-12, 40, 1
    else:
        history = train(8, schedule=name, learning_rate=0.02).history
        rate, steps, an_epoch = 0.02, 24, 3
    expected = [FORMULAS[name](rate, step, steps) for step in range(steps)]
    assert runs[0].rates == pytest.approx(expected, rel=1e-12)
    assert [epoch.learning_rate for epoch in history] == runs[0].rates[an_epoch - 1 :: an_epoch]
    assert (len(set(runs[0].rates)) > 2) is (name != "constant")


# --- what holds a step or the weights back -----------------------------------------------------------
def test_clip_bounds_what_the_optimizer_gets(runs):
    train(5, y=50 * SUM, made={"optimizer": "sgd"}, learning_rate=1e-4)
    free = runs[0].steps
    for bound in (1.0, 10.0):
        train(5, y=50 * SUM, made={"optimizer": "sgd"}, learning_rate=1e-4, clip=bound)
        norms = [np.linalg.norm(gradient) for _, gradient, *_ in runs[-1].steps]
        assert max(norms) <= bound * (1 + 1e-12)
        assert norms[0] == pytest.approx(bound)
        direction = runs[-1].steps[0][1] / bound
        assert direction == pytest.approx(free[0][1] / np.linalg.norm(free[0][1]))
    assert min(np.linalg.norm(gradient) for _, gradient, *_ in free) > 10


def test_clip_keeps_early_spikes_of_the_loss_small():
    y = SUM.copy()
    y[3] = 1000  # one row far out throws the others off
    others = np.delete(X, 3, axis=0), np.delete(SUM, 3)
    spikes = []
    for clip in (None, 1e4, 1e3, 1e2):
        made = {"optimizer": "sgd"}
        network = train(20, y, batch_size=1, made=made, learning_rate=0.01, clip=clip, validation=others)
        spikes.append(max(network.history.validation_loss))
    assert all(before > 2 * after for before, after in itertools.pairwise(spikes))


def test_l1_makes_weights_vanish():
    found = []
    for strength in (0.0, 0.01, 0.1):
        made = {"l1": strength, "optimizer": "adam"}
        w = weights(train(300, sizes=(3, 16, 1), made=made, learning_rate=0.02))
        found.append((np.count_nonzero(np.abs(w) < 1e-3), np.abs(w).sum()))
    zeros, sums = zip(*found, strict=True)
    assert zeros[0] < zeros[1] < zeros[2]
    assert sums[0] > sums[1] > sums[2]


def test_l2_keeps_weights_small():
    norms = [
        np.linalg.norm(weights(train(100, made={"l2": strength, "optimizer": "adam"})))
        for strength in (0.0, 0.1, 1.0)
    ]
    assert norms[0] > norms[1] > norms[2]


def test_l1_and_l2_are_part_of_the_loss(runs):
    losses = [
        train(1, batch_size="full", made=made).history.loss[0] for made in ({}, {"l1": 0.1}, {"l2": 0.1})
    ]
    w = weights(NeuralNetwork([3, 6, 1], seed=1))
    assert losses[1] - losses[0] == pytest.approx(0.1 * np.abs(w).sum())
    assert losses[2] - losses[0] == pytest.approx(0.05 * (w**2).sum())
    _, free, *_ = runs[0].steps[0]
    for run in runs[1:]:
        biases = ~run.loop.network.flat.penalized.astype(bool)
        assert np.array_equal(run.steps[0][1][biases], free[biases])
        assert not np.array_equal(run.steps[0][1], free)


def test_weight_decay_shrinks_weights_and_no_biases(runs):
    for decay in (0.0, 0.5):
        train(1, batch_size="full", made={"weight_decay": decay}, learning_rate=0.01)
    (_, _, start, free), (_, _, same, decayed) = (run.steps[0] for run in runs)
    weight = runs[0].loop.network.flat.penalized.astype(bool)
    assert np.array_equal(start, same)
    assert np.array_equal(free[~weight], decayed[~weight])
    assert (free - decayed)[weight] == pytest.approx(0.01 * 0.5 * start[weight], rel=1e-9)


def test_weight_decay_keeps_weights_small():
    made = [{"weight_decay": decay} for decay in (0.0, 0.1, 1.0, 5.0)]
    norms = [np.linalg.norm(weights(train(100, made=settings))) for settings in made]
    assert norms == sorted(norms, reverse=True)
    assert norms[0] > 1.2 * norms[-1]


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout(monkeypatch, rate):
    masks, call = [], Dropout.call_into

    def noted(self, x, training, constants, workspace):
        call(self, x, training, constants, workspace)
        masks.append(constants[0].copy())

    monkeypatch.setattr(Dropout, "call_into", noted)
    network = train(30, sizes=(3, 64, 64, 1), made={"dropout": rate}, learning_rate=1e-9, validation=(X, SUM))
    trained, evaluated = np.mean(network.history.loss), np.mean(network.history.validation_loss)
    if not rate:
        assert not masks
        assert trained == pytest.approx(evaluated, rel=1e-6)
        return
    assert trained > 1.02 * evaluated  # the weights hardly move
    assert len(masks) == 2 * 3 * 30
    everything = np.concatenate([mask.ravel() for mask in masks])
    assert np.mean(everything == 0) == pytest.approx(rate, abs=0.01)
    assert np.unique(everything) == pytest.approx([0, 1 / (1 - rate)])


def test_more_dropout_is_a_higher_loss():
    rates = (0.1, 0.5, 0.9)
    losses = [
        np.mean(train(30, sizes=(3, 64, 1), made={"dropout": rate}, learning_rate=1e-9).history.loss)
        for rate in rates
    ]
    assert losses == sorted(losses)


# --- how long, and on what ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("size", "rows"),
    [(1, [1] * 25), (10, [10, 10, 5]), (24, [24, 1]), (25, [25]), (99, [25]), ("full", [25])],
)
def test_batch_size(monkeypatch, runs, size, rows):
    taken, original = [], Training._step
    monkeypatch.setattr(
        Training, "_step", lambda self, some: taken.append(len(self.data.X[some])) or original(self, some)
    )
    train(2, batch_size=size)
    assert taken == 2 * rows
    assert len(runs[0].steps) == 2 * len(rows)
    assert runs[0].loop.optimizer.steps_taken == 2 * len(rows)


@pytest.mark.parametrize("epochs", [1, 7])
def test_epochs(runs, epochs):
    assert len(train(epochs).history) == epochs
    assert len(runs[0].steps) == 3 * epochs


def test_more_epochs_are_a_lower_loss():
    losses = [train(epochs).history.loss[-1] for epochs in (2, 20, 200)]
    assert losses == sorted(losses, reverse=True)


def test_patience(runs):
    noise = np.random.default_rng(4).normal(size=25)
    settings = {"y": noise, "epochs": 60, "learning_rate": 0.1, "validation": 0.3, "schedule": "constant"}
    lengths = [len(train(**settings, patience=patience).history) for patience in (1, 3, 10)]
    assert lengths == sorted(set(lengths))
    assert lengths[-1] < 60


def test_validation(runs):
    for share in (None, 0.2, 0.4):
        train(1, validation=share)
    assert [len(run.loop.data.X) for run in runs] == [25, 20, 15]
    assert [run.loop.validation and len(run.loop.validation.X) for run in runs] == [None, 5, 10]


def test_seed(runs):
    for seed in (1, 2, 1):
        train(1, made={"seed": seed})
    starts = [run.steps[0][2] for run in runs]
    assert np.array_equal(starts[0], starts[2])
    assert not np.array_equal(starts[0], starts[1])
    assert runs[0].moves == runs[2].moves != runs[1].moves


@pytest.mark.parametrize("name", ["float64", "float32"])
def test_dtype(runs, name):
    network = train(1, made={"dtype": name, "scale": True})
    _, gradient, before, after = runs[0].steps[0]
    assert {array.dtype.name for array in (gradient, before, after, network.forward(X))} == {name}
    assert {array.dtype.name for array in runs[0].loop.data} == {name}


def test_scale(runs):
    for scale in (False, True):
        train(1, y=7 * SUM + 30, made={"scale": scale})
    (raw, y), (scaled, targets) = (run.loop.data for run in runs)
    assert np.array_equal(raw, X)
    assert np.array_equal(y[:, 0], 7 * SUM + 30)
    for columns in (scaled, targets):
        assert columns.mean(axis=0) == pytest.approx(np.zeros(columns.shape[1]), abs=1e-12)
        assert columns.std(axis=0) == pytest.approx(np.ones(columns.shape[1]))


def test_scaled_targets_are_learned_sooner():
    score = [train(20, y=7 * SUM + 300, made={"scale": scale}).history.score[-1] for scale in (False, True)]
    assert score[0] < 0 < score[1]


def test_loss():
    """The constant that fits best: the mean, the median, and something between."""
    y, found = np.array([0.0, 0.1, 0.2, 0.3, 10.4]), {}
    for loss in ("mse", "mae", "huber"):
        made = {"loss": loss, "optimizer": "adam"}
        network = train(800, y, np.zeros((5, 1)), (1, 1), "full", made=made, learning_rate=0.1)
        found[loss] = float(network.predict([[0.0]])[0])
    assert found["mse"] == pytest.approx(2.2, abs=1e-3)
    assert found["mae"] == pytest.approx(0.2, abs=0.02)
    assert found["mae"] + 0.1 < found["huber"] < found["mse"] - 0.1


def test_loss_of_classes():
    found = [
        train(made={"loss": loss}, y=LARGEST, sizes=(3, 6, 3)) for loss in ("cross_entropy", "mse", "hinge")
    ]
    assert [network.head.loss.name for network in found] == ["cross_entropy", "mse", "hinge"]
    for one, other in itertools.combinations(found, 2):
        assert not np.allclose(one.network.vector, other.network.vector)


# --- from the command line ---------------------------------------------------------------------------
@dataclass
class Trained:
    """What one command left, and what was seen of it."""

    code: int
    run: Run | None = None
    runs: int = 0
    network: NeuralNetwork | None = None
    figures: dict | None = None
    settings: TrainSettings | None = None

    @property
    def inputs(self):
        return self.network.encoding.feature_names


TABLES = {
    "plain.csv": ("a,b,c", lambda k: f"{k % 7},{k * k % 11},{k % 3}"),
    "gaps.csv": ("a,b,c", lambda k: f"{k % 7 if k else ''},{k * k % 11},{k % 2}"),
    "bars.csv": ("a,b|c,d", lambda k: f"{k % 7},{k % 3}|{k % 2},{k % 2}"),
    "commas.csv": ("a;b;c", lambda k: f"{k % 5},5;{k % 3},25;{k % 2}"),
}


@pytest.fixture
def command(tmp_path, monkeypatch, runs):
    """Runs ``whygrad train`` in a folder with some tables."""
    monkeypatch.chdir(tmp_path)
    for name, (head, line) in TABLES.items():
        Path(name).write_text("\n".join([head, *map(line, range(60))]) + "\n")

    def run(words):
        del runs[:]
        folder = Path(f"run {len(list(Path().glob('run *')))}")
        code = main(["train", *words, "--output", str(folder), "--quiet"])
        if code:
            return Trained(code)
        network = NeuralNetwork.load(folder / "model.safetensors")
        figures = json.loads((folder / "metrics.json").read_text())
        return Trained(code, runs[0], len(runs), network, figures, from_toml(folder / "settings.toml")[1])

    return run


def first_move(found):
    return found.run.moves[0]


def size(found):
    return float(np.abs(weights(found.network)).sum())


IRIS, NOISE = "iris --epochs 3", "moons --samples 100 --noise 2 --epochs 40 --learning-rate 0.05"
CASES = {  # setting: the command, what is added, and what must then hold of the two runs
    "target": (
        "plain.csv --epochs 1",
        "--target a",
        lambda a, b: (a.network.target, b.network.target) == ("c", "a"),
    ),
    "task": (
        "plain.csv --epochs 1",
        "--task regression",
        lambda a, b: (a.network.sizes[-1], b.network.sizes[-1], b.run.loop.loss.name) == (3, 1, "mse"),
    ),
    "ignore": (
        "plain.csv --epochs 1",
        "--ignore a",
        lambda a, b: (a.inputs, b.inputs) == (("a", "b"), ("b",)),
    ),
    "text": (
        "plain.csv --epochs 1",
        "--text a",
        lambda a, b: b.inputs == (*[f"a={k}" for k in range(7)], "b") != a.inputs,
    ),
    "fill": ("gaps.csv --epochs 1", "--fill", lambda a, b: a.code != 0 and b.code == 0),
    "separator": (
        "bars.csv --epochs 1",
        "--separator |",
        lambda a, b: b.inputs == ("a,b",) != a.inputs,
    ),
    "decimal": (
        "commas.csv --epochs 1 --decimal .",
        "--decimal ,",
        lambda a, b: a.code != 0 and b.inputs == ("a", "b") and 2.4 < b.network.scaling.mean[0] < 2.6,
    ),
    "layers": (
        IRIS,
        "--layers 7,5",
        lambda a, b: (a.network.sizes, b.network.sizes) == ((4, 16, 16, 3), (4, 7, 5, 3)),
    ),
    "activation": (
        IRIS,
        "--activation tanh",
        lambda a, b: ("SiLU" in repr(a.network.network)) and ("Tanh" in repr(b.network.network)),
    ),
    "initializer": (
        IRIS,
        "--initializer zeros",
        lambda a, b: np.abs(a.run.steps[0][2]).max() > 0.5 and not b.run.steps[0][2].any(),
    ),
    "output_activation": (
        f"{IRIS} --loss mse",
        "--output-activation sigmoid",
        lambda a, b: (a.network.head.output, b.network.head.output) == ("softmax", "sigmoid"),
    ),
    "loss": (
        IRIS,
        "--loss mse",
        lambda a, b: (a.run.loop.loss.name, b.run.loop.loss.name) == ("cross_entropy", "mse"),
    ),
    "optimizer": (IRIS, "--optimizer rmsprop", lambda a, b: first_move(b) > 5 * first_move(a)),
    "schedule": (
        IRIS,
        "--schedule constant",
        lambda a, b: set(b.run.rates) == {0.01} and a.run.rates[-1] < 0.001,
    ),
    "learning_rate": (
        IRIS,
        "--learning-rate 0.02",
        lambda a, b: math.isclose(first_move(b), 2 * first_move(a), rel_tol=1e-3),
    ),
    "batch_size": (
        IRIS,
        "--batch-size full",
        lambda a, b: (len(a.run.steps), len(b.run.steps)) == (12, 3),
    ),
    "epochs": ("iris", "--epochs 5", lambda a, b: (a.figures["epochs"], b.figures["epochs"]) == (200, 5)),
    "l1": (f"{IRIS}0", "--l1 0.1", lambda a, b: size(b) < 0.9 * size(a)),
    "l2": (f"{IRIS}0", "--l2 0.1", lambda a, b: size(b) < 0.95 * size(a)),
    "weight_decay": (f"{IRIS}0", "--weight-decay 0", lambda a, b: size(b) > 1.02 * size(a)),
    "dropout": (
        IRIS,
        "--dropout 0.5",
        lambda a, b: (
            [type(layer).__name__ for layer in b.network.network.layers].count("Dropout") == 2
            and b.run.loop.history.loss[-1] > a.run.loop.history.loss[-1]
        ),
    ),
    "clip": (
        IRIS,
        "--clip 0.1",
        lambda a, b: (
            max(np.linalg.norm(g) for _, g, *_ in b.run.steps)
            < 0.1 + 1e-9
            < max(np.linalg.norm(g) for _, g, *_ in a.run.steps)
        ),
    ),
    "patience": (
        NOISE,
        "--patience 2",
        lambda a, b: b.figures["epochs"] == b.figures["best_epoch"] + 2 < 40 == a.figures["epochs"],
    ),
    "validation_size": (
        IRIS,
        "--validation-size 0.25",
        lambda a, b: (
            a.run.loop.validation is None
            and (len(b.run.loop.validation.X), len(b.run.loop.data.X)) == (30, 90)
        ),
    ),
    "unscaled": (
        IRIS,
        "--unscaled",
        lambda a, b: (
            b.network.scaling is None
            and 5 < b.run.loop.data.X[:, 0].mean() < 7
            and abs(a.run.loop.data.X[:, 0].mean()) < 1e-9
            and (a.settings.weight_decay, b.settings.weight_decay) == (0.4, 0.01)
        ),
    ),
    "seed": (
        IRIS,
        "--seed 1",
        lambda a, b: (
            not np.array_equal(a.run.steps[0][2], b.run.steps[0][2])
            and not np.array_equal(a.run.loop.data.X, b.run.loop.data.X)
        ),
    ),
    "test_size": (
        IRIS,
        "--test-size 0.4",
        lambda a, b: (a.figures["test"]["rows"], b.figures["test"]["rows"]) == (30, 60),
    ),
    "folds": (IRIS, "--folds 3", lambda a, b: (a.runs, b.runs) == (1, 4)),
    "samples": (
        "moons --epochs 1",
        "--samples 60",
        lambda a, b: len(b.run.loop.data.X) == 48 < len(a.run.loop.data.X),
    ),
    "noise": (
        "moons --epochs 1",
        "--noise 0.7",
        lambda a, b: b.network.scaling.std[1] > 1.2 * a.network.scaling.std[1],
    ),
    "dtype": (
        IRIS,
        "--dtype float32",
        lambda a, b: (a.run.steps[0][2].dtype, b.run.steps[0][2].dtype) == (np.float64, np.float32),
    ),
}


@pytest.mark.parametrize("name", TrainSettings.model_fields)
def test_from_the_command_line(command, name):
    words, added, holds = CASES[name]
    without = command(words.split())
    given = command([*words.partition(added.split()[0])[0].split(), *added.split()])
    assert given.code == 0
    assert holds(without, given)
    default = TrainSettings()
    assert getattr(given.settings, name) != getattr(default, name)


def test_no_case_is_left_over():
    assert set(CASES) == set(TrainSettings.model_fields)
