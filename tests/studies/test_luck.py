"""XOR by luck: which networks learn, against plain gradient descent written out in NumPy."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from whygrad.studies.library import shipped
from whygrad.studies.trial import prepare
from whygrad.studies.units import run_unit, units

DOCS = Path(__file__).parents[2] / "docs" / "studies.md"
SEEDS = 200
X, Y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])


def trials(variant, seeds):
    study = replace(shipped("xor-luck"), seeds=tuple(range(seeds)))
    return [trial for trial in study.trials() if trial.variant == variant]


def learned(chosen):
    """Whether each network has all four rows right at the end, and its loss."""
    results = {result.key: result for unit in units(chosen) for result in run_unit(unit)}
    after = [results[trial.key].after for trial in chosen]
    return [standing.train_score == 1.0 for standing in after], [standing.train_loss for standing in after]


def in_numpy(chosen, epochs=5000):
    """The same from the same weights, by the formulas for a hidden layer of tanh and cross-entropy."""
    vectors = np.array([prepare(trial).network.network.vector for trial in chosen])
    rate, hidden = chosen[0].settings.learning_rate, (vectors.shape[1] - 1) // 4
    w1, b1, w2, b2 = np.split(vectors, np.cumsum([2 * hidden, hidden, hidden]), axis=1)
    w1, b1, w2, b2 = w1.reshape(-1, 2, hidden), b1[:, None], w2[:, :, None], b2[:, None]
    for _ in range(epochs):
        a = np.tanh(X @ w1 + b1)
        z = a @ w2 + b2
        dz = (1 / (1 + np.exp(-z)) - Y) / len(X)
        da = dz @ w2.mT * (1 - a * a)
        w2 = w2 - rate * a.mT @ dz
        b2 = b2 - rate * dz.sum(1, keepdims=True)
        w1, b1 = w1 - rate * X.T @ da, b1 - rate * da.sum(1, keepdims=True)
    z = np.tanh(X @ w1 + b1) @ w2 + b2
    losses = (np.logaddexp(0, z) - z * Y).mean(axis=(1, 2))
    return ((z > 0) == (Y > 0.5)).all(axis=(1, 2)).tolist(), losses


@pytest.mark.slow
@pytest.mark.parametrize("rate", ["0.1", "1"])
def test_the_networks_that_learn_are_those_that_learn_in_plain_numpy(rate):
    chosen = trials(f"tanh, cross-entropy, layers 2, learning rate {rate}", 40)
    right, losses = learned(chosen)
    expected, by_hand = in_numpy(chosen)
    assert right == expected
    assert 0 < sum(right) < 40
    np.testing.assert_allclose(losses, by_hand, rtol=1e-6)


@pytest.mark.slow
def test_the_documented_counts():
    rows = dict(
        re.findall(r"^\| (\w+, [\w-]+(?: error)?) \| (.+) \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    )
    assert len(rows) == 4
    counts = [int(number) for number in re.findall(r"\d+", rows["sigmoid, squared error"])]
    found = [
        sum(learned(trials(f"sigmoid, squared error, layers 2, learning rate {rate}", SEEDS))[0])
        for rate in ("0.1", "1")
    ]
    # what ends in the balance may fall to the other side where NumPy rounds otherwise
    assert np.abs(np.subtract(found, counts[:2])).max() <= 2
