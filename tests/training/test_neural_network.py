"""The network people use: what goes in, what comes out, and that its parts agree."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from whygrad.data.tables import as_targets
from whygrad.errors import SettingError
from whygrad.evaluation import metrics
from whygrad.nn import Dropout, Huber
from whygrad.optim import OPTIMIZERS, SCHEDULES, AdamW, GradientDescent, Momentum, Optimizer
from whygrad.training import NeuralNetwork

from .problems import LARGEST, NUMBERS, PROBLEMS, SUM, X

every_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=str)


def learned(y, outputs=1, epochs=100, **settings):
    """A network for ``X`` that has learned y well enough, and what it predicts."""
    network = NeuralNetwork([3, 16, outputs], **{"seed": 0, "scale": True, "weight_decay": 0.0, **settings})
    network.train(X, y, epochs, 0.05, verbose=False)
    return network, network.predict(X)


# --- the parts agree ---------------------------------------------------------------------------------
@every_problem
def test_predictions_have_the_shape_and_kind_of_y(problem):
    predicted, y = problem.trained().predict(X), np.asarray(problem.y)
    assert predicted.shape == y.shape
    if problem.kind == "regression":
        assert predicted.dtype == np.float64
    elif y.ndim == 1 or y.shape[1] == 1:
        assert predicted.dtype.kind == y.dtype.kind
        assert set(predicted.ravel().tolist()) <= set(y.ravel().tolist())
    else:
        assert np.isin(predicted, (0, 1)).all()


@every_problem
def test_predictions_follow_from_the_outputs(problem):
    network = problem.trained()
    outputs, predicted = network.forward(X), network.predict(X).reshape(len(X), -1)
    assert outputs.shape == (len(X), problem.outputs)
    classes = np.array(network.classes)
    threshold = 0 if network.head.loss.name == "hinge" else 0.5
    if problem.kind == "binary":
        assert np.array_equal(predicted[:, 0], classes[(outputs[:, 0] > threshold).astype(int)])
    elif problem.kind == "multilabel":
        assert np.array_equal(predicted, outputs > threshold)
    elif problem.kind == "regression":
        assert np.array_equal(predicted, outputs)
    elif network.head.targets.one_hot:
        assert np.array_equal(predicted.argmax(axis=1), outputs.argmax(axis=1))
    else:
        assert np.array_equal(predicted[:, 0], classes[outputs.argmax(axis=1)])


@pytest.mark.parametrize("problem", [p for p in PROBLEMS if p.name in ("two words", "three words")], ids=str)
def test_probabilities_are_the_outputs(problem):
    network = problem.trained()
    found, outputs = network.predict_proba(X), network.forward(X)
    assert np.array_equal(found[:, -problem.outputs :], outputs)
    assert np.array_equal(np.array(network.classes)[found.argmax(axis=1)], network.predict(X))


@every_problem
def test_evaluation_is_the_score_of_the_predictions(problem):
    network = problem.trained()
    actual = as_targets(problem.y, len(X))
    predicted = network.predict(X).reshape(actual.shape)
    if problem.kind == "regression":
        assert network.evaluate(X, problem.y) == metrics.r2(predicted, actual)
    else:
        assert network.evaluate(X, problem.y) == 100 * metrics.accuracy(predicted, actual)


@every_problem
def test_the_last_score_of_the_history_is_that_of_the_last_batches(problem):
    network = problem.network()
    history = network.train(X, problem.y, epochs=1, batch_size=25, verbose=False)
    before = problem.network()  # with one batch, the score is that of the network before its only step
    before.forward(X)
    before.backward(problem.y)
    before.scaling = network.scaling
    score = before.evaluate(X, problem.y)
    assert history.score[0] == pytest.approx(score if history.metric == "r2" else score / 100)


@every_problem
def test_every_problem_is_learned(problem):
    network = problem.network(scale=True, weight_decay=0.0)
    history = network.train(X, problem.y, epochs=150, learning_rate=0.05, verbose=False)
    assert history.loss[-1] < 0.5 * history.loss[0]
    assert network.evaluate(X, problem.y) > (0.9 if problem.kind == "regression" else 90)


@pytest.mark.parametrize("problem", [p for p in PROBLEMS if np.size(p.y) == len(X)], ids=str)
def test_a_column_of_targets_learns_the_same_as_a_flat_one(problem):
    flat, column = problem.network(), problem.network()
    flat.train(X, np.ravel(problem.y), epochs=2, verbose=False)
    column.train(X, np.reshape(problem.y, (-1, 1)), epochs=2, verbose=False)
    assert np.array_equal(flat.network.vector, column.network.vector)
    assert np.array_equal(flat.predict(X)[:, None], column.predict(X))


# --- data in every form ------------------------------------------------------------------------------
FORMS = {
    "lists": (X.tolist(), SUM.tolist()),
    "tuples": (tuple(map(tuple, X.tolist())), tuple(SUM.tolist())),
    "pandas": (pd.DataFrame(X, columns=list("abc")), pd.Series(SUM)),
    "polars": (pl.DataFrame(X, schema=list("abc")), pl.Series(SUM)),
    "columns": (np.asfortranarray(X), SUM[:, None]),
    "frames": (pd.DataFrame(X), pd.DataFrame({"y": SUM})),
    "polars frames": (pl.DataFrame(X), pl.DataFrame({"y": SUM})),
}


@pytest.mark.parametrize("form", FORMS)
def test_data_in_every_form_learn_the_same(form):
    rows, y = FORMS[form]
    first, second = NeuralNetwork([3, 4, 1], seed=0), NeuralNetwork([3, 4, 1], seed=0)
    first.train(X, SUM, epochs=2, verbose=False)
    second.train(rows, y, epochs=2, verbose=False)
    assert np.array_equal(first.network.vector, second.network.vector)
    assert first.evaluate(X, SUM) == second.evaluate(rows, y)
    assert np.array_equal(first.predict(X), np.ravel(second.predict(rows)))
    assert second.predict(rows).ndim == (2 if "frames" in form or form == "columns" else 1)


def test_words_come_back():
    network, predicted = learned(["small" if value < 0 else "large" for value in SUM])
    assert network.classes == ("large", "small")
    assert predicted.tolist() == np.where(SUM < 0, "small", "large").tolist()


def test_float32_stays_float32():
    for problem in PROBLEMS:
        network = problem.trained(dtype="float32")
        assert network.network.vector.dtype == network.network.gradient.dtype == np.float32
        assert network.forward(X).dtype == np.float32
        if problem.kind == "regression":
            assert network.predict(X).dtype == np.float32
        network.forward(X)
        assert {gradient.dtype.name for gradient in network.backward(problem.y).values()} == {"float32"}


# --- scaling -----------------------------------------------------------------------------------------
def test_a_scaled_network_takes_and_gives_the_units_of_the_data():
    y = 1000 * NUMBERS[:, 0] + 5000
    network, predicted = learned(y)
    assert np.abs(predicted - y).mean() < 100
    assert np.array_equal(network.forward(X)[:, 0], predicted)
    assert network.evaluate(X, y) > 0.95


def test_units_do_not_matter_to_a_scaled_network():
    first, predicted = learned(NUMBERS[:, 0], epochs=5)
    second = NeuralNetwork([3, 16, 1], seed=0, scale=True, weight_decay=0.0)
    second.train(X * 1024 + 4096, NUMBERS[:, 0] * 64, 5, 0.05, verbose=False)
    assert second.predict(X * 1024 + 4096) == pytest.approx(64 * predicted, rel=1e-6)
    assert first.history.loss == pytest.approx(second.history.loss)


def test_the_scaling_is_that_of_the_first_training_data():
    network, _ = learned(SUM, epochs=1)
    scaling, targets = network.scaling, network.head.scaling
    assert np.allclose(scaling.mean, X.mean(axis=0))
    network.train(X + 100, SUM + 100, epochs=1, verbose=False)
    assert network.scaling is scaling
    assert network.head.scaling is targets


def test_a_row_is_scaled_as_its_neighbours_are():
    network, predicted = learned(LARGEST, outputs=3, epochs=5)
    assert [network.predict(X[[k]])[0] for k in range(25)] == predicted.tolist()


def test_numbers_are_not_scaled_out_of_the_range_of_an_output():
    positive, shares = np.exp(SUM / 3), 1 / (1 + np.exp(SUM / 3))
    for output, y in [("softplus", positive), ("sigmoid", shares)]:
        network, predicted = learned(y, output=output, task="regression")
        assert network.evaluate(X, y) > 0.95
        assert predicted.min() < 2 * y.min()


# --- settings ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_trains_by_its_name(name):
    network = NeuralNetwork([3, 8, 1], optimizer=name, seed=0)
    history = network.train(X, SUM, epochs=60, learning_rate=0.02, verbose=False)
    assert history.loss[-1] < 0.7 * history.loss[0]


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_trains_by_its_name(name):
    network = NeuralNetwork([3, 8, 1], seed=0)
    history = network.train(X, SUM, 60, 0.02, schedule=name, verbose=False)
    rates = [epoch.learning_rate for epoch in history]
    assert history.loss[-1] < 0.7 * history.loss[0]
    assert rates[0] == 0.02
    assert rates == sorted(rates, reverse=True)


def test_a_plateau_lowers_the_rate():
    network = NeuralNetwork([1, 1], initializer="zeros", seed=0)  # starts at the best there is
    y = [-1.0, 1, -1.5, 1.5]
    history = network.train([[0.0]] * 4, y, 40, 0.02, schedule="reduce-on-plateau", verbose=False)
    assert [history[k].learning_rate for k in (0, 11, 12, 23)] == [0.02, 0.02, 0.01, 0.005]


def test_an_optimizer_of_ones_own_is_used_with_its_learning_rate():
    optimizer = Momentum(0.03)
    history = NeuralNetwork([3, 8, 1], optimizer=optimizer, seed=0).train(X, SUM, epochs=7, verbose=False)
    assert optimizer.steps_taken == 7
    assert [epoch.learning_rate for epoch in history] == [0.03] * 7
    NeuralNetwork([3, 8, 1], optimizer=optimizer, seed=0).train(X, SUM, 1, 0.25, verbose=False)
    assert optimizer.learning_rate == 0.25


def test_an_optimizer_that_somebody_wrote_is_used():
    class Signs(Optimizer):
        def _update(self, parameters, gradient, rate):
            parameters -= rate * np.sign(gradient)

    network = NeuralNetwork([3, 4, 1], optimizer=Signs(0.25), seed=0)
    before = network.network.vector.copy()
    network.train(X, SUM, epochs=1, verbose=False)
    assert set(np.abs(network.network.vector - before).round(9)) <= {0.0, 0.25}


def test_weight_decay_spares_biases_and_a_mask_of_ones_own_is_kept():
    network = NeuralNetwork([3, 4, 1], seed=0)
    mask = np.ones(len(network.network.flat))
    mine, plain = AdamW(0.1, decay_mask=mask), AdamW(0.1)
    NeuralNetwork([3, 4, 1], optimizer=mine, seed=0).train(X, SUM, epochs=1, verbose=False)
    NeuralNetwork([3, 4, 1], optimizer=plain, seed=0).train(X, SUM, epochs=1, verbose=False)
    assert np.array_equal(mine.decay_mask, mask)
    assert plain.decay_mask.tolist() == [*[1] * 12, *[0] * 4, *[1] * 4, 0]


def test_a_loss_with_settings_is_minimised():
    network = NeuralNetwork([3, 4, 1], loss=Huber(0.5), optimizer=GradientDescent(1e-9), seed=0)
    history = network.train(X, SUM, epochs=1, batch_size=25, verbose=False)
    apart = np.abs(network.predict(X) - SUM)
    expected = np.where(apart < 0.5, apart**2 / 2, 0.5 * (apart - 0.25)).mean()
    assert history.loss == [pytest.approx(expected)]


def test_dropout_drops_while_training_only():
    network = NeuralNetwork([3, 50, 1], dropout=0.5, seed=0)
    network.train(X, SUM, epochs=1, verbose=False)
    dropout = next(layer for layer in network.network.layers if isinstance(layer, Dropout))
    assert 0.3 < np.mean(dropout.mask == 0) < 0.7
    assert np.array_equal(network.predict(X), network.predict(X))
    assert (dropout.mask == 1).all()


def test_penalties_and_decay_make_weights_smaller():
    def size(**settings):
        network, _ = learned(SUM, **{"optimizer": "adamw", "weight_decay": 0.0, **settings})
        return np.abs(network.network.vector[network.network.flat.penalized == 1]).sum()

    assert size(l1=0.1) < 0.8 * size()
    assert size(l2=0.1) < 0.8 * size()
    assert size(weight_decay=0.5) < 0.8 * size()


# --- words -------------------------------------------------------------------------------------------
def test_summary_before_and_after_training():
    network = NeuralNetwork([3, 5, 2], "tanh", seed=0)
    assert network.summary().splitlines() == [
        "layer    inputs  outputs  parameters  activation",
        "1 dense       3        5          20  tanh",
        "2 dense       5        2          12  ?",
        "32 parameters in float64; output and loss follow from the targets",
    ]
    network.train(X, SUM > 0, epochs=1, verbose=False)
    assert network.summary().splitlines()[2:] == [
        "2 dense       5        2          12  softmax",
        "32 parameters in float64; y holds 2 classes: softmax output, cross-entropy loss",
    ]


def test_an_output_that_was_chosen_is_in_the_summary():
    assert "sigmoid" in NeuralNetwork([3, 1], output="sigmoid").summary()


def test_repr_tells_how_it_was_made_and_how_far_it_came():
    network = NeuralNetwork([3, 5, 1], activation="relu")
    assert repr(network) == "NeuralNetwork([3, 5, 1], activation='relu')"
    network.train(X, SUM, epochs=2, verbose=False)
    assert (
        repr(network)
        == "NeuralNetwork([3, 5, 1], activation='relu', output='identity', trained for 2 epochs)"
    )


def test_a_schedule_reaches_an_optimizer_of_ones_own():
    network = NeuralNetwork([3, 8, 1], optimizer=Momentum(0.03), seed=0)
    rates = [epoch.learning_rate for epoch in network.train(X, SUM, 8, schedule="cosine", verbose=False)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 0.02
    assert rates[-1] < 0.01


@pytest.mark.parametrize("seed", [-1, "x", 2**32, 1.5])
def test_seeds_that_cannot_work_are_refused(seed):
    with pytest.raises(SettingError, match="seed must be"):
        NeuralNetwork([2, 3, 1], seed=seed)
