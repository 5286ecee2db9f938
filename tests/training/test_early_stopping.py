"""Patience: when training ends, and which weights it leaves."""

import math
import os
import signal

import numpy as np
import pytest

from whygrad.errors import SettingError
from whygrad.nn import Dense, MeanSquaredError, Regularizer, Sequential
from whygrad.optim import Optimizer
from whygrad.training import History, NeuralNetwork, fit
from whygrad.training.loop import Rows

from .problems import SUM, X
from .test_validation import Weights

ROWS = Rows(np.ones((4, 1)), np.zeros((4, 1)))


class Script(Optimizer):
    """Sets the only weight to a number after the other, so that the loss is what the test says."""

    def __init__(self, losses):
        super().__init__(0.1)
        self.losses = iter(losses)

    def _update(self, parameters, gradient, rate):
        parameters[...] = [math.sqrt(next(self.losses)), 0]


def run(losses, patience, validation=ROWS, epochs=None, **settings):
    """A run whose validation loss is each of these in turn."""
    network = Sequential([Dense(1, 1, rng=0)])
    history = fit(
        network,
        MeanSquaredError(),
        Script(losses),
        np.ones((4, 1)),
        np.zeros((4, 1)),
        epochs=epochs or len(losses),
        batch_size=4,
        rng=np.random.default_rng(0),
        regularizer=Regularizer(),
        history=settings.pop("history", History()),
        validation=validation,
        patience=patience,
        **settings,
    )
    return network, history


@pytest.mark.parametrize(
    ("losses", "patience", "epochs", "best"),
    [
        ([9, 4, 5, 6, 7, 1], 1, 3, 2),
        ([9, 4, 5, 6, 7, 1], 2, 4, 2),
        ([9, 4, 5, 6, 7, 1], 3, 5, 2),
        ([9, 4, 5, 6, 7, 1], 4, 6, 6),
        ([9, 4, 5, 3, 7, 8, 8, 1], 3, 7, 4),
        ([4, 4, 4, 4, 4], 2, 3, 1),  # no lower is no better
        ([9, 8, 7, 6], 1, 4, 4),
        ([1], 1, 1, 1),
        ([5, 6], 5, 2, 1),
    ],
)
def test_it_ends_after_so_many_epochs_without_a_lower_loss(losses, patience, epochs, best):
    network, history = run(losses, patience)
    assert history.validation_loss == pytest.approx(losses[:epochs])
    assert history.best_epoch == best
    assert network.vector[0] == pytest.approx(math.sqrt(losses[best - 1]))
    assert not history.interrupted


def test_without_rows_to_watch_the_loss_itself_counts():
    # the loss of an epoch is that of the weights before its step
    _, history = run([4, 9, 16, 25, 36], 2, validation=None)
    assert history.loss[1:] == pytest.approx([4, 9, 16][: len(history) - 1])
    assert len(history) == history.best_epoch + 2


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_never_the_best(bad):
    rows = Rows(np.array([[1.0]]), np.array([[0.0]]))
    losses = iter([bad, 4.0, bad, bad])

    class Told(MeanSquaredError):
        def evaluate(self, predictions, targets):
            found = super().evaluate(predictions, targets)
            return next(losses) if len(targets) == 1 else found

    network = Sequential([Dense(1, 1, rng=0)])
    history = fit(
        network,
        Told(),
        Script([1, 2, 3, 4, 5]),
        np.ones((4, 1)),
        np.zeros((4, 1)),
        epochs=5,
        batch_size=4,
        rng=np.random.default_rng(0),
        regularizer=Regularizer(),
        history=History(),
        validation=rows,
        patience=2,
    )
    assert (len(history), history.best_epoch) == (4, 2)


# --- with a network ----------------------------------------------------------------------------------
def noisy(patience=3, epochs=200, callbacks=(), seed=0, network=None, **settings):
    """Numbers that cannot be learned: the validation loss soon rises."""
    network = network or NeuralNetwork([3, 32, 1], dropout=0.1, seed=seed)
    after = Weights(network)
    y = np.random.default_rng(4).normal(size=25)
    network.train(
        X,
        y,
        epochs,
        0.05,
        batch_size=8,
        patience=patience,
        callbacks=[after, *callbacks],
        verbose=False,
        **settings,
    )
    return network, after.kept


@pytest.mark.parametrize("patience", [1, 2, 5])
@pytest.mark.parametrize("validation", [None, 0.3])
def test_the_best_weights_are_kept(patience, validation):
    network, weights = noisy(patience, validation=validation)
    history = network.history
    losses = history.validation_loss
    assert len(history) < 200
    assert history.best_epoch == int(np.argmin(losses)) + 1
    assert len(history) == history.best_epoch + patience
    assert np.array_equal(network.network.vector, weights[history.best_epoch - 1])
    assert not np.array_equal(network.network.vector, weights[-1])


def test_patience_sets_a_tenth_aside():
    network, _ = noisy(2)
    given, _ = noisy(2, validation=0.1)
    assert network.history.validation_loss == given.history.validation_loss


def test_the_run_is_the_same_as_without_but_shorter():
    stopped, weights = noisy(3, validation=0.3, schedule="constant")
    network = NeuralNetwork([3, 32, 1], dropout=0.1, seed=0)
    after = Weights(network)
    y = np.random.default_rng(4).normal(size=25)
    network.train(
        X,
        y,
        len(weights) + 5,
        0.05,
        batch_size=8,
        validation=0.3,
        schedule="constant",
        callbacks=[after],
        verbose=False,
    )
    assert np.array_equal(after.kept[: len(weights)], weights)
    assert stopped.history.loss == network.history.loss[: len(weights)]


def test_if_it_does_not_end_early_the_best_is_kept_nevertheless():
    network, weights = noisy(50, epochs=12, validation=0.3)
    history = network.history
    assert len(history) == 12
    assert history.best_epoch == int(np.argmin(history.validation_loss)) + 1 < 12
    assert np.array_equal(network.network.vector, weights[history.best_epoch - 1])


def test_the_best_weights_share_no_memory_with_anything():
    network, _ = noisy(2)
    vector = network.network.vector
    before = vector.copy()
    parameter = network.parameters()["1.weights"]
    assert np.shares_memory(parameter.data, vector)  # the layers see what was kept
    predicted = network.predict(X)
    vector += 1
    assert not np.array_equal(network.predict(X), predicted)
    vector -= 1
    other, _ = noisy(2)
    other.network.vector[...] = 0
    assert np.allclose(network.network.vector, before)


def test_the_weights_that_are_kept_are_a_copy():
    class Kept(Sequential):
        """Sees what is assigned."""

        @property
        def vector(self):
            return self.flat.values

        @vector.setter
        def vector(self, values):
            assigned.append(values)
            self.flat.values[...] = values

    assigned, network = [], Kept([Dense(1, 1, rng=0)])
    fit(
        network,
        MeanSquaredError(),
        Script([4, 1, 9, 16]),
        *ROWS,
        epochs=4,
        batch_size=4,
        rng=np.random.default_rng(0),
        regularizer=Regularizer(),
        history=History(),
        validation=ROWS,
        patience=2,
    )
    assert not np.shares_memory(assigned[0], network.flat.values)
    assert assigned[0].tolist() == network.vector.tolist() == [1, 0]


def test_predictions_are_those_of_the_best_weights():
    network, weights = noisy(2, validation=(X[:8], SUM[:8]))
    best = network.history.best_epoch
    same = NeuralNetwork([3, 32, 1], dropout=0.1, seed=0)
    same.network.vector = weights[best - 1]
    same.train(X, np.random.default_rng(4).normal(size=25), 1, 1e-300, verbose=False)
    assert np.allclose(same.predict(X), network.predict(X), rtol=1e-12)
    mean = float(np.mean((network.predict(X[:8]) - SUM[:8]) ** 2))
    assert network.history[best - 1].validation_loss == pytest.approx(mean, rel=1e-12)


def test_ctrl_c_keeps_the_best():
    def press(epoch):
        if epoch.epoch == 12:
            os.kill(os.getpid(), signal.SIGINT)

    network, weights = noisy(50, callbacks=[press], validation=0.3)
    history = network.history
    assert history.interrupted
    assert len(history) == 12
    assert history.best_epoch == int(np.argmin(history.validation_loss)) + 1 < 12
    assert np.array_equal(network.network.vector, weights[history.best_epoch - 1])


def test_ctrl_c_in_the_first_epoch_keeps_what_there_is():
    class Pressing(Script):
        def _update(self, parameters, gradient, rate):
            os.kill(os.getpid(), signal.SIGINT)
            super()._update(parameters, gradient, rate)

    network = Sequential([Dense(1, 1, rng=0)])
    history = fit(
        network,
        MeanSquaredError(),
        Pressing([4, 1]),
        *ROWS,
        epochs=5,
        batch_size=2,
        rng=np.random.default_rng(0),
        regularizer=Regularizer(),
        history=History(),
        validation=ROWS,
        patience=2,
    )
    assert (history.interrupted, history.best_epoch, len(history)) == (True, None, 1)
    assert network.vector.tolist() == [2, 0]


def test_a_later_call_has_a_best_of_its_own():
    network, _ = noisy(2)
    first = len(network.history)
    network, weights = noisy(3, network=network)
    losses = network.history.validation_loss[first:]
    assert network.history.best_epoch == first + int(np.argmin(losses)) + 1
    assert np.array_equal(network.network.vector, weights[network.history.best_epoch - first - 1])
    network.train(X, SUM, 1, verbose=False)
    assert network.history.best_epoch is None  # of a run without patience


def test_without_patience_there_is_no_best():
    network = NeuralNetwork([3, 4, 1], seed=0)
    assert network.train(X, SUM, 3, validation=0.3, verbose=False).best_epoch is None


@pytest.mark.parametrize("patience", [0, -1, 2.5, "3", True, math.nan])
def test_patience_is_a_whole_number_from_1(patience):
    with pytest.raises(SettingError, match="patience must be a whole number, 1 or above"):
        NeuralNetwork([3, 1]).train(X, SUM, 1, patience=patience, verbose=False)
