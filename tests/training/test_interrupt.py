"""Ctrl-C while training: the batch is finished, what was learned is kept, the signal is given back."""

import os
import signal
import threading

import numpy as np
import pytest

from whygrad.nn import Dense, MeanSquaredError, Regularizer, Sequential
from whygrad.optim import GradientDescent
from whygrad.training import History, NeuralNetwork, fit
from whygrad.training.interrupt import interruptible

X = np.linspace(-1, 1, 10)[:, None]
Y = 3 * X + 1


def press():
    """Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


class Pressed(Sequential):
    """A network during whose steps Ctrl-C is pressed."""

    def __init__(self, *steps):
        super().__init__([Dense(1, 1, rng=0)])
        self.steps, self.taken = steps, 0

    def loss_and_gradient(self, *arguments):
        self.taken += 1
        if self.taken in self.steps:
            press()
        return super().loss_and_gradient(*arguments)


def run(network, epochs=5):
    history = History()
    optimizer, rng = GradientDescent(0.1), np.random.default_rng(0)
    settings = {"epochs": epochs, "batch_size": 2, "rng": rng, "regularizer": Regularizer()}
    return fit(network, MeanSquaredError(), optimizer, X, Y, history=history, **settings)


def test_training_stops_after_the_current_batch():
    network = Pressed(7)
    history = run(network)
    assert network.taken == 7
    assert len(history) == 2
    assert history.interrupted


def test_what_was_learned_is_kept():
    stopped, unbroken = Pressed(10), Pressed()
    history, expected = run(stopped), run(unbroken, epochs=2)
    assert np.array_equal(stopped.vector, unbroken.vector)
    assert history.loss == expected.loss
    assert (history.interrupted, expected.interrupted) == (True, False)


def test_a_broken_epoch_has_the_loss_of_its_batches():
    network = Pressed(3)
    losses = []
    evaluate = network.loss_and_gradient
    network.loss_and_gradient = lambda *arguments: losses.append(evaluate(*arguments)) or losses[-1]
    assert run(network).loss == [pytest.approx(np.mean(losses))]
    assert len(losses) == 3


@pytest.mark.parametrize("steps", [(), (3,), (3, 4)])
def test_the_signal_is_given_back(steps):
    def mine(number, frame):
        raise AssertionError

    before = signal.signal(signal.SIGINT, mine)
    try:
        run(Pressed(*steps))
        assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_signal_is_given_back_after_an_error():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), interruptible():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is before


def test_pressed_again_it_interrupts_at_once():
    before, heard = signal.getsignal(signal.SIGINT), []

    def press_twice():
        with interruptible() as stop:
            heard.append(stop())
            press()
            heard.append(stop())
            press()

    with pytest.raises(KeyboardInterrupt):
        press_twice()
    assert heard == [False, True]
    assert signal.getsignal(signal.SIGINT) is before


def test_pressed_by_somebody_else_while_a_network_trains():
    network = NeuralNetwork([1, 4, 1], seed=0)
    start = network.network.vector.copy()
    timer = threading.Timer(0.2, press)
    timer.start()
    history = network.train(X, Y, epochs=10**9, verbose=False)
    timer.join()
    assert history.interrupted
    assert 0 < len(history) < 10**9
    assert not np.array_equal(network.network.vector, start)
    assert network.predict(X).shape == Y.shape


def test_a_later_run_that_ends_by_itself_was_not_interrupted():
    network = NeuralNetwork([1, 4, 1], seed=0)
    timer = threading.Timer(0.1, press)
    timer.start()
    interrupted = network.train(X, Y, epochs=10**9, verbose=False).interrupted
    timer.join()
    assert interrupted
    assert not network.train(X, Y, epochs=2, verbose=False).interrupted


def test_outside_the_main_thread_training_goes_on_without():
    before, found = signal.getsignal(signal.SIGINT), []

    def work():
        network = NeuralNetwork([1, 4, 1], seed=0)
        history = network.train(X, Y, epochs=5, verbose=False)
        found.append((len(history), history.interrupted, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [(5, False, before)]
