"""The end of a network: what follows from the targets, what goes together, what scores mean."""

import numpy as np
import pytest

from whygrad.data.tables import as_targets
from whygrad.errors import SettingError
from whygrad.evaluation import metrics
from whygrad.nn import BinaryCrossEntropy, CrossEntropy, Huber
from whygrad.training.head import choose

from .problems import PROBLEMS, X

TWO, THREE = np.array([0, 1, 1]), np.array([0, 1, 2])
HOT, LABELS = np.eye(3), np.array([[0, 1, 1], [1, 1, 0]])
NUMBER, NUMBERS = np.array([0.5, 1.25, 2.0]), np.array([[0.5, 1], [2, 3]])
every_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=str)


# --- what goes together ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("y", "outputs", "loss", "output", "expected"),
    [
        (TWO, 1, None, None, ("BinaryCrossEntropy()", "sigmoid", True)),
        (TWO, 2, None, None, ("CrossEntropy()", "softmax", True)),
        (THREE, 3, None, None, ("CrossEntropy()", "softmax", True)),
        (HOT, 3, None, None, ("CrossEntropy()", "softmax", True)),
        (LABELS, 3, None, None, ("BinaryCrossEntropy()", "sigmoid", True)),
        (NUMBER, 1, None, None, ("MeanSquaredError()", "identity", False)),
        (NUMBERS, 2, None, None, ("MeanSquaredError()", "identity", False)),
        (TWO, 1, "mse", None, ("MeanSquaredError()", "sigmoid", False)),
        (TWO, 1, "mse", "identity", ("MeanSquaredError()", "identity", False)),
        (THREE, 3, "mse", None, ("MeanSquaredError()", "softmax", False)),
        (THREE, 3, "mse", "Sigmoid", ("MeanSquaredError()", "sigmoid", False)),
        (THREE, 3, "bce", None, ("BinaryCrossEntropy()", "sigmoid", True)),
        (TWO, 1, "hinge", None, ("Hinge()", "identity", False)),
        (TWO, 1, "hinge", "tanh", ("Hinge()", "tanh", False)),
        (THREE, 3, "hinge", "linear", ("Hinge()", "linear", False)),
        (NUMBER, 1, "mae", None, ("MeanAbsoluteError()", "identity", False)),
        (NUMBER, 1, "mse", "leaky-relu", ("MeanSquaredError()", "leaky_relu", False)),
        (NUMBER, 1, Huber(0.5), None, ("Huber(delta=0.5)", "identity", False)),
        (
            TWO,
            1,
            BinaryCrossEntropy(False),
            None,
            ("BinaryCrossEntropy(from_logits=False)", "sigmoid", False),
        ),
        (
            THREE,
            3,
            BinaryCrossEntropy(False),
            None,
            ("BinaryCrossEntropy(from_logits=False)", "softmax", False),
        ),
    ],
)
def test_what_is_not_given_follows_from_the_targets(y, outputs, loss, output, expected):
    head = choose(y, outputs, loss, output)
    assert (repr(head.loss), head.output, head.fused) == expected


@pytest.mark.parametrize(
    ("y", "outputs", "loss", "output", "message"),
    [
        (
            TWO,
            1,
            None,
            "tanh",
            r"BinaryCrossEntropy\(\) goes with output='sigmoid'\n  received: output='tanh'",
        ),
        (TWO, 1, None, "softmax", r"BinaryCrossEntropy\(\) goes with output='sigmoid'"),
        (THREE, 3, None, "sigmoid", r"CrossEntropy\(\) goes with output='softmax'\n.*\n  hint: .*loss='mse'"),
        (TWO, 1, "hinge", "sigmoid", r"Hinge\(\) goes with output='identity'"),
        (TWO, 1, "hinge", "relu", r"Hinge\(\) goes with output='identity'"),
        (TWO, 1, BinaryCrossEntropy(False), "identity", r"goes with output='sigmoid'"),
        (NUMBER, 1, "cross_entropy", None, r"CrossEntropy\(\) is for classes\n  received: y holds numbers"),
        (NUMBER, 1, "bce", None, r"BinaryCrossEntropy\(\) is for classes"),
        (NUMBER, 1, "hinge", None, r"Hinge\(\) is for classes\n.*\n  hint: loss='mse', or task='binary'"),
        (NUMBER, 1, BinaryCrossEntropy(False), None, r"is for classes"),
        (TWO, 1, "cross_entropy", None, r"CrossEntropy\(\) needs an output for each class"),
        (LABELS, 3, CrossEntropy(), None, r"received: y holds 3 labels .*\n.*'binary_cross_entropy'"),
        (TWO, 1, "mse", "softmax", r"softmax of a single output is always 1\n.*\n.* output='sigmoid'"),
        (NUMBER, 1, None, "softmax", r"the softmax of a single output is always 1"),
    ],
)
def test_what_does_not_go_together_is_refused(y, outputs, loss, output, message):
    with pytest.raises(SettingError, match=message):
        choose(y, outputs, loss, output)


@pytest.mark.parametrize(
    ("y", "outputs", "loss", "sentence"),
    [
        (TWO, 1, None, "y holds two classes, 0, 1: sigmoid output, binary cross-entropy loss"),
        (THREE, 3, None, "y holds 3 classes: softmax output, cross-entropy loss"),
        (NUMBER, 1, None, "y holds numbers with fractions: identity output, mean squared error loss"),
        (TWO, 1, "hinge", "y holds two classes, 0, 1: identity output, hinge loss"),
        (LABELS, 3, "mse", "y holds 3 labels of 0 or 1 at once: sigmoid output, mean squared error loss"),
    ],
)
def test_what_was_decided_is_a_sentence(y, outputs, loss, sentence):
    assert choose(y, outputs, loss).sentence == sentence


def test_a_task_decides_where_y_alone_would_mean_something_else():
    assert choose(TWO, 1, task="regression").sentence == (
        "y holds numbers: identity output, mean squared error loss"
    )


# --- targets for the loss ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("y", "outputs", "loss", "expected"),
    [
        (TWO, 1, None, [[0], [1], [1]]),
        (TWO, 1, "hinge", [[-1], [1], [1]]),
        (THREE, 3, None, [0, 1, 2]),
        (THREE, 3, "mse", np.eye(3).tolist()),
        (THREE, 3, "hinge", (2 * np.eye(3) - 1).tolist()),
        (HOT, 3, None, [0, 1, 2]),
        (HOT, 3, "bce", np.eye(3).tolist()),
        (LABELS, 3, "hinge", [[-1, 1, 1], [1, 1, -1]]),
        (NUMBER, 1, None, [[0.5], [1.25], [2.0]]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_targets_are_as_the_loss_takes_them(y, outputs, loss, expected, dtype):
    encoded = choose(y, outputs, loss).encode(y, dtype)
    assert encoded.tolist() == expected
    assert encoded.dtype.kind == "i" if encoded.ndim == 1 else encoded.dtype == dtype


def test_numbers_are_scaled_if_asked_for_and_classes_are_not():
    encoded = choose(NUMBER, 1, scale=True).encode(NUMBER, np.float32)
    assert encoded.dtype == np.float32
    assert np.allclose([encoded.mean(), encoded.std()], [0, 1], atol=1e-6)
    assert choose(TWO, 1, scale=True).scaling is None


# --- scores ------------------------------------------------------------------------------------------
@every_problem
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_score_while_training_is_that_of_the_predictions(problem, dtype):
    network = problem.trained(dtype=dtype)
    head, actual = network.head, as_targets(problem.y, len(X))
    encoded = head.encode(actual, network.dtype)
    out = network.network.evaluate(network._rows(X))
    predicted = network.predict(X).reshape(actual.shape)
    metric = metrics.r2 if problem.kind == "regression" else metrics.accuracy
    assert head.metric == ("r2" if problem.kind == "regression" else "accuracy")
    assert head.scorer(encoded)(out, encoded) == pytest.approx(metric(predicted, actual), abs=1e-5)


@every_problem
def test_scores_of_batches_have_that_of_all_rows_as_their_mean(problem):
    network = problem.trained()
    encoded = network.head.encode(as_targets(problem.y, len(X)), network.dtype)
    out = network.network.evaluate(network._rows(X))
    score = network.head.scorer(encoded)
    batches = [slice(0, 10), slice(10, 20), slice(20, 25)]
    mean = sum(score(out[rows], encoded[rows]) * len(out[rows]) for rows in batches) / len(X)
    assert mean == pytest.approx(score(out, encoded), abs=1e-12)


def test_constant_numbers_have_a_finite_score():
    head = choose(np.full(4, 2.5), 1)
    encoded = head.encode(np.full(4, 2.5), np.float64)
    assert head.scorer(encoded)(encoded, encoded) == 1
    assert head.scorer(encoded)(encoded + 1, encoded) == 0


# --- probabilities -----------------------------------------------------------------------------------
@every_problem
def test_probabilities_are_there_where_the_outputs_are_such(problem):
    network = problem.trained()
    if problem.kind == "regression" or network.head.output not in ("sigmoid", "softmax"):
        with pytest.raises(
            SettingError, match=r"this network gives no probabilities\n.*\n  hint: use predict"
        ):
            network.predict_proba(X)
        return
    found = network.predict_proba(X)
    assert found.shape == (len(X), max(2, problem.outputs))
    assert (found > 0).all()
    assert (found < 1).all()
    if problem.kind == "binary" or network.head.output == "softmax":
        assert np.allclose(found.sum(axis=1), 1)
