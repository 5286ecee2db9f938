"""Callbacks, and what the history they see holds: norms by layer, seconds, columns."""

import csv
import io
import time

import numpy as np
import pytest

from whygrad.nn import Sequential
from whygrad.optim import GradientDescent
from whygrad.training import Epoch, NeuralNetwork

from .problems import LARGEST, SUM, X


def train(epochs=5, callbacks=(), network=None, y=SUM, **settings):
    network = network or NeuralNetwork([3, 6, 1], seed=1)
    network.train(X, y, epochs, batch_size=8, callbacks=callbacks, verbose=False, **settings)
    return network


def test_each_is_given_every_epoch_in_order():
    told = []
    network = train(
        3, [lambda epoch: told.append(("first", epoch)), lambda epoch: told.append(("second", epoch))]
    )
    assert [name for name, _ in told] == ["first", "second"] * 3
    assert [epoch for _, epoch in told] == [epoch for epoch in network.history for _ in range(2)]
    assert all(type(epoch) is Epoch for _, epoch in told)


def test_the_history_holds_the_epoch_by_then():
    network, seen = NeuralNetwork([3, 6, 1], seed=1), []
    train(3, [lambda epoch: seen.append(network.history[-1] is epoch)], network)
    assert seen == [True] * 3


def test_the_weights_are_those_after_the_epoch():
    network, losses = NeuralNetwork([3, 6, 1], seed=1), []

    def look(epoch):
        losses.append(float(np.mean((network.predict(X) - SUM) ** 2)))

    train(4, [look], network, validation=(X, SUM))
    assert losses == pytest.approx(network.history.validation_loss)


@pytest.mark.parametrize("answer", [True, np.True_, np.array([3.0])[0] > 2])
def test_true_stops(answer):
    network = train(9, [lambda epoch: answer if epoch.epoch == 4 else None])
    assert len(network.history) == 4
    assert not network.history.interrupted


@pytest.mark.parametrize("answer", [None, False, np.False_, 1, 0, "stop", [1], np.ones(2), np.float64(1)])
def test_nothing_else_stops(answer):
    assert len(train(3, [lambda epoch: answer]).history) == 3


def test_all_are_called_although_one_stops():
    told = []
    network = train(9, [lambda epoch: epoch.epoch == 2, lambda epoch: told.append(epoch.epoch)])
    assert (told, len(network.history)) == ([1, 2], 2)


def test_the_weights_are_those_at_the_stop():
    stopped = train(9, [lambda epoch: epoch.epoch == 3], schedule="constant")
    shorter = train(3, schedule="constant")
    assert np.array_equal(stopped.network.vector, shorter.network.vector)
    with_patience = train(
        9, [lambda epoch: epoch.epoch == 3], schedule="constant", patience=50, validation=(X, -SUM)
    )
    assert with_patience.history.best_epoch == 1  # the best, as always with patience
    assert len(with_patience.history) == 3


def test_errors_pass_through():
    network = NeuralNetwork([3, 6, 1], seed=1)

    def fails(epoch):
        if epoch.epoch == 2:
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match=r"^mine$"):
        train(5, [fails], network)
    assert len(network.history) == 2
    assert np.array_equal(network.network.vector, train(5, [lambda epoch: epoch.epoch == 2]).network.vector)
    assert len(train(1, network=network).history) == 3  # and it can go on


def test_any_iterable_will_do():
    told = []
    train(3, (function for function in [told.append]))
    assert len(told) == 3


# --- norms by layer ----------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("clip", [None, 0.05])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_norms_are_those_of_the_last_step(monkeypatch, optimizer, clip, dtype):
    steps, original = [], Sequential.loss_and_gradient

    def noted(self, *given):
        value = original(self, *given)
        steps.append([(p.data.copy(), p.grad.copy()) for p in self.parameters().values()])
        return value

    monkeypatch.setattr(Sequential, "loss_and_gradient", noted)
    network, after = NeuralNetwork([3, 6, 5, 3], optimizer=optimizer, l2=0.01, dtype=dtype, seed=1), []
    train(
        3, [lambda epoch: after.append([p.data.copy() for p in network.parameters().values()])], network,
        LARGEST, clip=clip,
    )  # fmt: skip
    assert len(steps) == 3 * 4  # 25 rows by 8
    exact = 1e-12 if dtype == "float64" else 2e-6
    for epoch, last, moved in zip(network.history, steps[3::4], after, strict=True):
        assert len(epoch.layers) == 3
        for place, layer in enumerate(epoch.layers):
            (w, dw), (b, db) = last[2 * place : 2 * place + 2]
            new_w, new_b = moved[2 * place : 2 * place + 2]
            assert layer.gradient_norm == pytest.approx(np.hypot(*map(np.linalg.norm, (dw, db))), rel=exact)
            step = np.hypot(np.linalg.norm(new_w - w), np.linalg.norm(new_b - b))
            size = np.hypot(np.linalg.norm(w), np.linalg.norm(b))
            assert step > 0
            assert layer.update_ratio == pytest.approx(step / size, rel=exact)
        norms = [layer.gradient_norm for layer in epoch.layers]
        assert epoch.gradient_norm == pytest.approx(np.linalg.norm(norms), rel=10 * exact)


def test_twice_the_learning_rate_is_twice_the_ratio():
    ratios = []
    for rate in (1e-5, 2e-5):
        network = NeuralNetwork([3, 6, 1], optimizer=GradientDescent(rate), seed=1)
        network.train(X, SUM, 1, batch_size="full", verbose=False)
        ratios.append([layer.update_ratio for layer in network.history[0].layers])
    assert np.divide(ratios[1], ratios[0]) == pytest.approx([2, 2], rel=1e-6)


def test_gradients_that_are_hard_to_square_in_float32_have_a_norm():
    for size in (1e-14, 1e10):
        network = NeuralNetwork([3, 1], loss="mse", optimizer=GradientDescent(1e-30), dtype="float32", seed=1)
        history = network.train(X, size * SUM.astype(np.float32), 1, batch_size="full", verbose=False)
        scale = 1.0 if size < 1 else size
        assert 0.01 < history[0].gradient_norm / scale < 100
        assert 0.01 < history[0].layers[0].gradient_norm / scale < 100
    network.network.vector = np.full(4, 1e13)
    history = network.train(1e4 * X, SUM, 1, batch_size="full", verbose=False)
    assert 1e20 < history[-1].gradient_norm < 1e24


def test_columns_of_layers():
    network = train(2)
    columns, history = network.history.columns(), network.history
    assert columns["gradient_norm_1"] == [epoch.layers[0].gradient_norm for epoch in history]
    assert columns["update_ratio_2"] == [epoch.layers[1].update_ratio for epoch in history]
    rows = list(csv.DictReader(io.StringIO(history.to_csv())))
    assert [float(row["update_ratio_1"]) for row in rows] == columns["update_ratio_1"]
    assert list(rows[0])[-4:] == ["gradient_norm_1", "update_ratio_1", "gradient_norm_2", "update_ratio_2"]


# --- seconds -----------------------------------------------------------------------------------------
def test_seconds_go_on_over_several_calls():
    network = train(3, [lambda epoch: time.sleep(0.02)])
    assert network.history[-1].seconds > 0.04
    time.sleep(0.3)  # in between nobody trains
    before = network.history[-1].seconds
    train(2, [lambda epoch: time.sleep(0.02)], network)
    seconds = [epoch.seconds for epoch in network.history]
    assert seconds == sorted(seconds)
    assert before < seconds[3] < before + 0.25
