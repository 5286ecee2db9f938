"""The loop: which rows make a step, what is averaged, what reaches the optimizer, and when it stops."""

import math
import re
from itertools import chain

import numpy as np
import pytest

from whygrad.errors import SettingError, TrainingError
from whygrad.nn import Dense, MeanSquaredError, Regularizer, Sequential
from whygrad.optim import GradientDescent, Optimizer, ReduceOnPlateau, cosine
from whygrad.training import History, NeuralNetwork, fit
from whygrad.training.loop import check_settings


class Watched(Sequential):
    """A network that keeps the rows of each step: the first column of X is the row's number."""

    def __init__(self):
        super().__init__([Dense(2, 1, rng=0)])
        self.batches, self.losses = [], []

    def loss_and_gradient(self, x, targets, loss, regularizer, training=True):
        assert np.array_equal(targets[:, 0], 3 * x[:, 0])
        self.batches.append(x[:, 0].astype(int).tolist())
        self.losses.append(super().loss_and_gradient(x, targets, loss, regularizer, training))
        return self.losses[-1]


class Still(Optimizer):
    """Notes each step and takes none."""

    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate)
        self.rates, self.gradients = [], []

    def _update(self, parameters, gradient, rate):
        self.rates.append(rate)
        self.gradients.append(gradient.copy())


def run(rows=10, epochs=1, batch_size=4, seed=0, optimizer=None, **settings):
    """The network, the optimizer and the history of a run."""
    X = np.column_stack([np.arange(rows), np.linspace(-1, 1, rows)])
    network, optimizer = Watched(), optimizer or Still()
    settings = {"regularizer": Regularizer(), "history": History(), "loss": MeanSquaredError(), **settings}
    history = fit(
        network,
        optimizer=optimizer,
        X=X,
        targets=3 * X[:, :1],
        epochs=epochs,
        batch_size=batch_size,
        rng=np.random.default_rng(seed),
        **settings,
    )
    return network, optimizer, history


# --- rows --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("rows", "size"), [(10, 4), (10, 5), (10, 1), (7, 3), (10, 9), (10, 10), (10, 64)])
def test_each_row_is_used_once_an_epoch(rows, size):
    network, _, _ = run(rows, epochs=3, batch_size=size)
    steps = math.ceil(rows / size)
    assert len(network.batches) == 3 * steps
    for epoch in range(3):
        batches = network.batches[epoch * steps : (epoch + 1) * steps]
        assert sorted(chain(*batches)) == list(range(rows))
        assert [len(batch) for batch in batches[:-1]] == [size] * (steps - 1)


def test_rows_are_shuffled_anew_in_each_epoch():
    batches = run(20, epochs=2, batch_size=5)[0].batches
    first, second = [*chain(*batches[:4])], [*chain(*batches[4:])]
    assert first != list(range(20)) != second
    assert first != second


def test_the_generator_fixes_the_order():
    assert run(seed=1, epochs=2)[0].batches == run(seed=1, epochs=2)[0].batches
    assert run(seed=1, epochs=2)[0].batches != run(seed=2, epochs=2)[0].batches


@pytest.mark.parametrize("size", [10, 11])
def test_a_batch_of_all_rows_is_not_shuffled(size):
    assert run(10, epochs=2, batch_size=size)[0].batches == [list(range(10))] * 2


# --- averages ----------------------------------------------------------------------------------------
def test_the_loss_of_an_epoch_is_the_mean_over_its_rows():
    network, _, history = run(10, batch_size=4)
    assert history.loss == [pytest.approx(np.average(network.losses, weights=[4, 4, 2]), rel=1e-15)]


def test_the_score_of_an_epoch_is_the_mean_over_its_rows():
    history = run(10, batch_size=4, score=lambda out, targets: float(len(out)))[2]
    assert history.score == [pytest.approx((4 * 4 + 4 * 4 + 2 * 2) / 10)]
    assert run(10)[2].score == [None]


def test_the_score_is_of_the_values_and_targets_of_the_batch():
    seen = []
    network, _, _ = run(
        10, batch_size=4, score=lambda out, targets: seen.append((out.copy(), targets.copy())) or 0.0
    )
    assert [(targets[:, 0] / 3).astype(int).tolist() for _, targets in seen] == network.batches
    assert all(out.shape == targets.shape for out, targets in seen)


def test_penalties_are_in_the_loss_and_in_the_gradient():
    plain_network, plain, plain_history = run()
    penalty = Regularizer(l1=0.25, l2=0.5)
    network, optimizer, history = run(regularizer=penalty)
    weights = network.layers[0].weights.ravel()
    assert np.array_equal(weights, plain_network.layers[0].weights.ravel())
    value = 0.25 * np.abs(weights).sum() + 0.25 * (weights**2).sum()
    assert history[0].loss - plain_history[0].loss == pytest.approx(value)
    change = optimizer.gradients[0] - plain.gradients[0]
    assert change == pytest.approx([*(0.25 * np.sign(weights) + 0.5 * weights), 0])


def test_loss_falls():
    history = run(epochs=30, optimizer=GradientDescent(0.005))[2]
    assert history.loss[-1] < 0.2 * history.loss[0]


# --- steps -------------------------------------------------------------------------------------------
def test_clip_bounds_the_gradient_of_a_step():
    _, free, history = run(epochs=2)
    _, bound, clipped = run(epochs=2, clip=0.5)
    norms = [np.linalg.norm(gradient) for gradient in free.gradients]
    assert min(norms) > 0.5
    assert [np.linalg.norm(gradient) for gradient in bound.gradients] == pytest.approx([0.5] * 6)
    # The history tells how long the gradient was before.
    assert [e.gradient_norm for e in history] == pytest.approx([norms[2], norms[5]])
    assert [e.gradient_norm for e in clipped] == pytest.approx([norms[2], norms[5]])


def test_the_schedule_reaches_each_step():
    schedule = cosine(0.4, total=9)
    _, optimizer, history = run(epochs=3, optimizer=Still(schedule))
    assert optimizer.rates == [schedule(step) for step in range(9)]
    assert [epoch.learning_rate for epoch in history] == [schedule(2), schedule(5), schedule(8)]


def test_a_schedule_on_plateaus_goes_by_the_loss_of_epochs():
    _, optimizer, history = run(epochs=6, optimizer=Still(ReduceOnPlateau(0.8, factor=0.5, patience=1)))
    rates = [0.8] * 3 + [0.4] * 2 + [0.2]  # the loss does not move: two epochs of no progress each
    assert [epoch.learning_rate for epoch in history] == rates
    assert optimizer.rates == [rate for rate in rates for _ in range(3)]


def test_epochs_are_counted_on_and_told():
    told, history = [], History()
    run(epochs=2, history=history, callbacks=[told.append])
    run(epochs=3, history=history, callbacks=[told.append])
    assert [epoch.epoch for epoch in history] == [1, 2, 3, 4, 5]
    assert told == history.epochs
    assert all(epoch.seconds > 0 for epoch in history)


# --- trouble -----------------------------------------------------------------------------------------
class Diverging(MeanSquaredError):
    """A loss that becomes something else at its seventh value."""

    def __init__(self, value):
        super().__init__()
        self.values = iter([None] * 6 + [value])

    def evaluate(self, predictions, targets):
        found = super().evaluate(predictions, targets)
        return next(self.values) or found


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_ends_the_training(value):
    history = History()
    with pytest.raises(TrainingError, match=f"the loss became {value} in epoch 3, batch 1") as caught:
        run(epochs=9, loss=Diverging(value), history=history, optimizer=Still(0.5))
    assert "every layer gave finite numbers, layer 1" in caught.value.received
    assert "losses of the epochs before: 200.9, 200.9; learning rate 0.5" in caught.value.received
    assert "for example to 0.05" in caught.value.hint
    assert len(history) == 2


def test_a_learning_rate_far_too_high_is_a_training_error_and_no_warning():
    X = np.linspace(-100, 100, 40).reshape(20, 2)
    network = NeuralNetwork([2, 8, 1], optimizer="sgd", activation="relu", seed=0)
    with pytest.raises(TrainingError, match=r"the loss became (nan|inf) in epoch \d+, batch 1") as caught:
        network.train(X, X[:, 0] + 0.5, learning_rate=100, verbose=False)
    assert re.search(
        r"layer 2, Dense\(8, 1\) the last of them, up to \d\.\d+e\+1\d\d:", caught.value.received
    )


def test_the_first_layer_that_is_not_finite_is_named():
    network = NeuralNetwork([2, 8, 8, 1], seed=0)
    network.parameters()["2.weights"].data[3, 4] = math.inf
    with pytest.raises(TrainingError, match=r"the (loss|gradient) became nan in epoch 1, batch 1") as caught:
        network.train(np.ones((4, 2)), [0.5, 1.5, 2.5, 3.5], verbose=False)
    first = "layer 2, Dense(8, 8), was the first whose weights were not finite: 1 of 64"
    assert caught.value.received.startswith(first)


def test_a_layer_whose_outputs_overflow_is_named_with_sizes():
    network = NeuralNetwork([2, 8, 8, 1], seed=0, activation="relu")
    network.parameters()["2.weights"].data[...] = 1e308
    with pytest.raises(TrainingError, match="the loss became") as caught:
        network.train(np.full((4, 2), 10.0), [0.5, 1.5, 2.5, 3.5], verbose=False)
    first = "layer 2, Dense(8, 8), was the first whose outputs were not finite: 32 of 32, from inputs up to"
    assert caught.value.received.startswith(first)
    assert "weights up to 1e+308" in caught.value.received


@pytest.mark.parametrize("value", [0, -1, 2.5, "3", None, True, math.nan])
@pytest.mark.parametrize("name", ["epochs", "batch_size"])
def test_counts_are_whole_numbers_from_1(name, value):
    with pytest.raises(
        SettingError, match=f"{name} must be a whole number, 1 or above\n  received: {value!r}"
    ):
        check_settings(**{"epochs": 1, "batch_size": 1, "clip": None, name: value})


@pytest.mark.parametrize("clip", [0, -1.0, math.nan, math.inf, "1"])
def test_a_bound_is_above_0(clip):
    with pytest.raises(SettingError, match=r"clip must be a (finite )?number"):
        check_settings(1, 1, clip)


def test_whole_numbers_of_numpy_are_counts():
    check_settings(np.int64(3), np.int32(4), np.float64(0.5))
