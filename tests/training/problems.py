"""One table of things to learn, at least one for each kind of head, for the tests that hold for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from whygrad.nn import BinaryCrossEntropy, Huber
from whygrad.training import NeuralNetwork

X = np.random.default_rng(5).normal(size=(25, 3)) * [1.0, 2.0, 0.5] + [0.0, 3.0, -1.0]
SUM = (X - X.mean(axis=0)).sum(axis=1)
LARGEST = (X - X.mean(axis=0)).argmax(axis=1)
LABELS = (X - X.mean(axis=0) > 0).astype(int)
NUMBERS = np.column_stack([SUM * 0.3 + 0.25, 50 * X[:, 0] - 7])


@dataclass(frozen=True)
class Problem:
    """Targets for ``X``, and the network that they are for."""

    name: str
    kind: str
    y: Any
    outputs: int = 1
    settings: Callable[[], dict[str, Any]] = field(default=dict)  # made anew, as a loss holds state

    def __str__(self):
        return self.name

    def network(self, **settings):
        """A new network; the settings come on top of those of the problem."""
        return NeuralNetwork([3, 5, self.outputs], **{"seed": 3, **self.settings(), **settings})

    def trained(self, epochs=3, **settings):
        """A network that has learned a little."""
        network = self.network(**settings)
        network.train(X, self.y, epochs, batch_size=10, verbose=False)
        return network


PROBLEMS = [
    Problem("two classes", "binary", (SUM > 0).astype(int)),
    Problem("column of two classes", "binary", (SUM > 0).astype(int)[:, None]),
    Problem("booleans", "binary", SUM > 0),
    Problem("two words", "binary", np.where(SUM > 0, "yes", "no")),
    Problem("two classes, mse", "binary", (SUM > 0).astype(int), 1, lambda: {"loss": "mse"}),
    Problem(
        "two classes, mse, identity",
        "binary",
        (SUM > 0).astype(int),
        1,
        lambda: {"loss": "mse", "output": "identity"},
    ),
    Problem("two classes, huber", "binary", (SUM > 0).astype(int), 1, lambda: {"loss": Huber(0.5)}),
    Problem("two classes, hinge", "binary", (SUM > 0).astype(int), 1, lambda: {"loss": "hinge"}),
    Problem(
        "two classes, hinge, tanh",
        "binary",
        np.where(SUM > 0, "yes", "no"),
        1,
        lambda: {"loss": "hinge", "output": "tanh"},
    ),
    Problem(
        "two classes, from probabilities",
        "binary",
        (SUM > 0).astype(int),
        1,
        lambda: {"loss": BinaryCrossEntropy(from_logits=False)},
    ),
    Problem("two classes, two outputs", "multiclass", (SUM > 0).astype(int), 2),
    Problem("three classes", "multiclass", LARGEST, 3),
    Problem("three floats", "multiclass", LARGEST.astype(float), 3),
    Problem("three classes with gaps", "multiclass", np.array([2, 30, 400])[LARGEST], 3),
    Problem("three words", "multiclass", np.array(["ant", "bee", "cow"])[LARGEST], 3),
    Problem("column of three words", "multiclass", np.array(["ant", "bee", "cow"])[LARGEST][:, None], 3),
    Problem("one-hot rows", "multiclass", np.eye(3, dtype=int)[LARGEST], 3),
    Problem("three classes, mse", "multiclass", LARGEST, 3, lambda: {"loss": "mse"}),
    Problem("one-hot rows, mse", "multiclass", np.eye(3)[LARGEST], 3, lambda: {"loss": "mse"}),
    Problem("three classes, hinge", "multiclass", LARGEST, 3, lambda: {"loss": "hinge"}),
    Problem(
        "three classes, a sigmoid each",
        "multiclass",
        LARGEST,
        3,
        lambda: {"loss": "binary_cross_entropy"},
    ),
    Problem(
        "three classes, from probabilities",
        "multiclass",
        LARGEST,
        3,
        lambda: {"loss": BinaryCrossEntropy(from_logits=False)},
    ),
    Problem("three labels", "multilabel", LABELS, 3),
    Problem("three labels, mse", "multilabel", LABELS, 3, lambda: {"loss": "mse"}),
    Problem("three labels, hinge", "multilabel", LABELS, 3, lambda: {"loss": "hinge"}),
    Problem("a number", "regression", NUMBERS[:, 0]),
    Problem("column of numbers", "regression", NUMBERS[:, :1]),
    Problem("two numbers", "regression", NUMBERS, 2),
    Problem("whole numbers", "regression", np.round(SUM * 3).astype(int)),
    Problem("a number, mae", "regression", NUMBERS[:, 0], 1, lambda: {"loss": "mae"}),
    Problem("a number, squared error", "regression", NUMBERS[:, 0], 1, lambda: {"loss": "squared_error"}),
    Problem("a number, softplus", "regression", np.exp(SUM / 5), 1, lambda: {"output": "softplus"}),
    Problem("two numbers, scaled", "regression", NUMBERS, 2, lambda: {"scale": True}),
    Problem("column of numbers, scaled", "regression", NUMBERS[:, 1:], 1, lambda: {"scale": True}),
    Problem("three classes, scaled", "multiclass", LARGEST, 3, lambda: {"scale": True}),
]
