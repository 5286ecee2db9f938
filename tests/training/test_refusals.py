"""What a network refuses, in which words, and that a refused call leaves everything as it was."""

import copy
import math

import numpy as np
import pytest

from whygrad.errors import DataError, GraphError, KindError, SettingError, ShapeError
from whygrad.optim import Adam, Momentum
from whygrad.training import NeuralNetwork

from .problems import LABELS, LARGEST, SUM, X


# --- making one --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activation": "rleu"}, "unknown activation 'rleu'\n  hint: did you mean \"relu\"[?] known: "),
        ({"output": "sigmod"}, "unknown activation 'sigmod'\n  hint: did you mean \"sigmoid\"[?] known: "),
        ({"loss": "cross_entrpy"}, "unknown loss 'cross_entrpy'\n  hint: did you mean \"cross_entropy\"[?]"),
        ({"optimizer": "adma"}, 'unknown optimizer "adma"\n  hint: did you mean "adam"[?] known: '),
        (
            {"initializer": "he_norml"},
            "unknown initializer 'he_norml'\n  hint: did you mean \"he_normal\"[?]",
        ),
        (
            {"optimizer": 5},
            "optimizer must be a name or an instance\n  received: 5\n  hint: known: adagrad, ",
        ),
        ({"optimizer": None}, "optimizer must be a name or an instance\n  received: None"),
        ({"dtype": "float16"}, "dtype must be float32 or float64\n  received: 'float16'"),
        ({"l1": -0.1}, r"l1 must be a .*\n  received: -0.1"),
        ({"l2": math.nan}, r"l2 must be a .*\n  received: nan"),
        ({"weight_decay": -1}, "weight_decay must be a finite number of 0 or above\n  received: -1"),
        ({"weight_decay": 0.1, "optimizer": "sgd"}, 'optimizer "sgd" has no setting "weight_decay"'),
        ({"weight_decay": 0.1, "optimizer": Adam()}, "settings beside an optimizer that has its own"),
        ({"dropout": 1}, r"Dropout: rate must be .*from 0 to below 1\n  received: 1"),
        ({"dropout": -0.5}, "Dropout: rate must be .*from 0 to below 1"),
    ],
)
def test_settings_of_a_network_that_cannot_work_are_named(settings, message):
    with pytest.raises(SettingError, match=message):
        NeuralNetwork([3, 4, 1], **settings)


def test_before_the_first_targets_there_is_nothing_to_predict():
    network = NeuralNetwork([3, 4, 1])
    for ask in (network.predict, network.predict_proba, lambda rows: network.evaluate(rows, SUM)):
        with pytest.raises(GraphError, match=r"the network has not seen any targets yet") as caught:
            ask(X)
        assert "call train(X, y) first" in caught.value.hint
    assert network.forward(X).shape == (25, 1)
    assert network.classes == ()


# --- training ----------------------------------------------------------------------------------------
RATE = "learning_rate must be a"
CALLS = {
    "no epochs": ({"epochs": 0}, SettingError, "epochs must be a whole number, 1 or above\n  received: 0"),
    "half an epoch": (
        {"epochs": 2.5},
        SettingError,
        "epochs must be a whole number, 1 or above\n  received: 2.5",
    ),
    "no batch": ({"batch_size": 0}, SettingError, "batch_size must be a whole number, 1 or above"),
    "rate 0": ({"learning_rate": 0}, SettingError, f"{RATE} finite number above 0\n  received: 0\n  hint: "),
    "rate below 0": ({"learning_rate": -0.1}, SettingError, f"{RATE} finite number above 0"),
    "rate nan": ({"learning_rate": math.nan}, SettingError, f"{RATE} finite number above 0\n  received: nan"),
    "rate inf": ({"learning_rate": math.inf}, SettingError, f"{RATE} finite number above 0"),
    "rate text": ({"learning_rate": "0.1"}, SettingError, f"{RATE} number\n.*\n.*\n  hint: leave the quot"),
    "rate true": ({"learning_rate": True}, SettingError, f"{RATE} number"),
    "schedule": ({"schedule": "cosin"}, SettingError, 'unknown schedule "cosin"\n  hint: .* "cosine"'),
    "clip": ({"clip": 0}, SettingError, "clip must be a finite number above 0\n  received: 0"),
    "clip text": ({"clip": "1"}, SettingError, "clip must be a number\n  expected: a finite number above 0"),
    "flat X": ({"X": X[:, 0]}, ShapeError, r"X must be a matrix.*\n.*\n  received: shape \(25,\)"),
    "columns": ({"X": X[:, :2]}, ShapeError, r"expected: 3 columns\n  received: 2 columns, shape \(25, 2\)"),
    "deep X": ({"X": np.zeros((25, 3, 1))}, ShapeError, "X must be a matrix"),
    "ragged X": ({"X": [[1, 2, 3], [4, 5]]}, ShapeError, "X has rows of different lengths"),
    "text in X": ({"X": [["a", "b", "c"]]}, KindError, "X must hold numbers\n.*column 0 holds text"),
    "nan in X": (
        {"X": np.where(np.isin(X, X[4, 2]), np.nan, X)},
        DataError,
        "X holds nan in row 4, column 2",
    ),
    "no rows": ({"X": X[:0], "y": []}, DataError, "X is empty"),
    "rows of y": ({"y": SUM[:-1]}, ShapeError, r"y must have one target for each row of X\n  expected: .*25"),
    "nan in y": ({"y": np.where(np.isin(SUM, SUM[7]), np.nan, SUM)}, DataError, "y holds nan in row 7"),
    "no y": ({"y": [None] * 25}, DataError, "y has missing values\n  received: 25, first in row 0"),
    "outputs": ({"y": LABELS}, ShapeError, "the last layer does not have one output for each column of y"),
    "classes": (
        {"y": list("abcde" * 5)},
        ShapeError,
        "the last layer does not have one output for each class",
    ),
    "one class": ({"y": ["a"] * 25}, DataError, "y holds a single class: there is nothing to learn"),
}


def state(network):
    """Everything about a network that learning could change."""
    return {
        "vector": network.network.vector.copy().tolist(),
        "layers": repr(network.network),
        "head": network.head,
        "scaling": network.scaling,
        "column": network.column,
        "history": copy.deepcopy(network.history),
        "random": copy.deepcopy(network.rng.bit_generator.state),
        "optimizer": repr(network.optimizer),
    }


REFUSED = [
    (name, settings) for name in CALLS for settings in ({}, {"scale": True}, {"optimizer": Momentum(0.5)})
]
REFUSED = [pair for pair in REFUSED if pair[0] != "schedule" or "optimizer" not in pair[1]]  # it has its own


@pytest.mark.parametrize(("name", "settings"), REFUSED, ids=str)
def test_a_call_that_is_refused_changes_nothing(name, settings, capsys):
    call, kind, message = CALLS[name]
    network = NeuralNetwork([3, 4, 1], seed=0, **settings)
    before = state(network)
    with pytest.raises(kind, match=message):
        network.train(**{"X": X, "y": SUM, "learning_rate": 0.1, **call})
    assert state(network) == before
    assert capsys.readouterr().err == ""
    network.train(X, LARGEST > 0, epochs=1, verbose=False)
    assert network.head.targets.kind == "binary"


LATER = {
    "label": (
        {"y": LARGEST + 1},
        DataError,
        "label 3 in row .* is out of range: it is none of the network's",
    ),
    "text": ({"y": list("abcde" * 5)}, DataError, "label a in row 0 is out of range"),
    "one-hot": ({"y": np.eye(4)[LARGEST]}, ShapeError, "y does not have as many columns as before"),
    "no label": ({"y": np.zeros((25, 3))}, DataError, "row 0 of y does not say which classes it is of"),
    "fractions": ({"y": SUM}, DataError, "is out of range"),
    "columns": ({"X": X[:, 1:]}, ShapeError, "X does not have as many columns as the network has inputs"),
    "rate": ({"learning_rate": -1}, SettingError, "learning_rate must be a finite number above 0"),
}


@pytest.mark.parametrize("name", LATER)
def test_a_later_call_that_is_refused_changes_nothing(name):
    call, kind, message = LATER[name]
    network = NeuralNetwork([3, 4, 3], seed=0, scale=True)
    network.train(X, LARGEST, epochs=2, verbose=False)
    before = state(network)
    with pytest.raises(kind, match=message):
        network.train(**{"X": X, "y": LARGEST, "verbose": False, **call})
    assert state(network) == before


@pytest.mark.parametrize(
    ("labels", "outputs", "message"),
    [
        (
            [0, 1, 10],
            10,
            "label 10 is out of range\n  expected: 0 to 9, for 10 outputs\n  received: labels from 0 to 10",
        ),
        ([0, 1, 2], 2, "the last layer does not have one output for each class\n  expected: 3 outputs\n"),
        ([-1, 0, 0], 3, "label -1 is out of range\n  expected: 0 to 2, for 3 outputs"),
    ],
)
def test_labels_out_of_range_are_named(labels, outputs, message):
    with pytest.raises((DataError, ShapeError), match=message):
        NeuralNetwork([1, outputs]).train([[0.0], [1.0], [2.0]], labels)


# --- using one ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("ask", ["forward", "predict", "predict_proba"])
@pytest.mark.parametrize(
    ("rows", "kind", "message"),
    [
        (X[0], ShapeError, "X must be a matrix"),
        (X[:, :2], ShapeError, "expected: 3 columns"),
        ([[1, 2, math.inf]], DataError, "X holds inf in row 0, column 2"),
        ([["a", 1, 2]], KindError, "X must hold numbers"),
    ],
)
def test_rows_that_do_not_fit_are_refused(ask, rows, kind, message):
    network = NeuralNetwork([3, 4, 3], seed=0)
    network.train(X, LARGEST, epochs=1, verbose=False)
    with pytest.raises(kind, match=message):
        getattr(network, ask)(rows)


@pytest.mark.parametrize(
    ("first", "outputs", "later", "kind", "message"),
    [
        (SUM, 1, ["a"] * 25, DataError, "y held numbers before"),
        (
            SUM,
            1,
            np.zeros((25, 2)),
            ShapeError,
            "y does not have as many columns as before\n  expected: 1 columns",
        ),
        (SUM, 1, SUM[1:], ShapeError, "y must have one target for each row of X"),
        (LABELS, 3, LABELS[:, 0], ShapeError, "y does not have as many columns as before"),
        (LABELS, 3, LABELS * 2, DataError, "does not say which classes it is of\n  expected: 0 and 1"),
        (LARGEST, 3, LARGEST + 1, DataError, "label 3 in row"),
        (LARGEST, 3, np.eye(7)[LARGEST], ShapeError, "y does not have as many columns as before"),
        (LARGEST > 0, 1, ["yes"] * 25, DataError, "label yes in row 0"),
    ],
)
def test_targets_that_cannot_be_compared_are_refused(first, outputs, later, kind, message):
    network = NeuralNetwork([3, 4, outputs], seed=0)
    network.train(X, first, epochs=1, verbose=False)
    with pytest.raises(kind, match=message):
        network.evaluate(X, later)
