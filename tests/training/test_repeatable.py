"""A seed fixes everything, to the last bit; a second call goes on where the first ended."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from whygrad.training import NeuralNetwork

from .problems import LARGEST, PROBLEMS, SUM, X


def trained(seed, epochs=5, **settings):
    network = NeuralNetwork([3, 8, 1], seed=seed, **{"dropout": 0.25, **settings})
    network.train(X, SUM, epochs, batch_size=8, verbose=False)
    return network


@pytest.mark.parametrize("problem", PROBLEMS, ids=str)
def test_same_seed_same_bits(problem):
    first, second = problem.trained(dropout=0.25), problem.trained(dropout=0.25)
    assert np.array_equal(first.network.vector, second.network.vector)
    assert first.history.loss == second.history.loss
    assert np.array_equal(first.forward(X), second.forward(X))


PROGRAM = """
import hashlib, sys
import numpy as np
from whygrad import NeuralNetwork
X = np.random.default_rng(0).normal(size=(40, 3))
network = NeuralNetwork([3, 16, 1], seed=7, dropout=0.1, scale=True)
settings = dict(clip=5.0, validation=0.3, patience=4, batch_size=8, verbose=False)
checkpoint, *rest = sys.argv[1:]
network.train(X, X.sum(axis=1), 15, 0.05, checkpoint=checkpoint, resume=bool(rest), **settings)
history = network.history.columns()
del history["seconds"]
text = repr((history, network.history.best_epoch, network.rng.bit_generator.state))
print(hashlib.sha256(network.network.vector.tobytes() + text.encode()).hexdigest())
"""


def test_same_seed_same_bits_in_another_process(tmp_path):
    """With dropout, a validation share, patience and checkpoints; and when it goes on from one of those."""

    def run(*arguments):
        command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    rows = np.random.default_rng(0).normal(size=(40, 3))
    network = NeuralNetwork([3, 16, 1], seed=7, dropout=0.1, scale=True)
    settings = {"clip": 5.0, "validation": 0.3, "patience": 4, "batch_size": 8, "verbose": False}
    network.train(rows, rows.sum(axis=1), 15, 0.05, **settings)
    history = network.history.columns()
    del history["seconds"]
    text = repr((history, network.history.best_epoch, network.rng.bit_generator.state))
    here = hashlib.sha256(network.network.vector.tobytes() + text.encode()).hexdigest()
    assert run(tmp_path / "run") == here
    assert run(tmp_path / "run", "resume") == here


def test_another_seed_gives_another_network():
    assert not np.array_equal(trained(0).network.vector, trained(1).network.vector)
    start = [NeuralNetwork([3, 8, 1], seed=seed).network.vector for seed in (0, 1)]
    assert not np.array_equal(*start)


def test_without_a_seed_no_two_are_alike():
    assert not np.array_equal(trained(None).network.vector, trained(None).network.vector)


def test_the_seed_fixes_the_shuffling_too():
    # One weight, the same start: only the order of the rows can differ.
    networks = [NeuralNetwork([3, 1], initializer="zeros", seed=seed) for seed in (0, 1, 0)]
    for network in networks:
        network.train(X, SUM, epochs=1, batch_size=5, verbose=False)
    assert not np.array_equal(networks[0].network.vector, networks[1].network.vector)
    assert np.array_equal(networks[0].network.vector, networks[2].network.vector)


def test_the_global_generator_is_left_alone():
    np.random.seed(3)  # noqa: NPY002 - that it does not matter is the point
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    trained(0)
    assert np.random.random() == expected  # noqa: NPY002


def test_a_second_call_goes_on():
    network = NeuralNetwork([3, 8, 3], seed=0)
    first = network.train(X, LARGEST, epochs=20, verbose=False)
    loss = first.loss[-1]
    second = network.train(X, LARGEST, epochs=20, verbose=False)
    assert second is first is network.history
    assert [epoch.epoch for epoch in second] == list(range(1, 41))
    assert second.loss[20] < 1.2 * loss
    assert second.loss[-1] < loss


def test_a_second_call_makes_another_shuffle():
    network = NeuralNetwork([3, 1], initializer="zeros", seed=0)
    network.train(X, SUM, epochs=1, batch_size=5, verbose=False)
    once = network.network.vector.copy()
    network.network.vector[...] = 0
    network.train(X, SUM, epochs=1, batch_size=5, verbose=False)
    assert not np.array_equal(network.network.vector, once)


def test_training_does_not_change_the_data():
    rows, y = X.copy(), SUM.copy()
    for scale in (False, True):
        NeuralNetwork([3, 4, 1], scale=scale).train(rows, y, epochs=2, verbose=False)
    assert np.array_equal(rows, X)
    assert np.array_equal(y, SUM)
