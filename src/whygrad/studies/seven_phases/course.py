"""What happened in each epoch of one training run, epochs counted from 0; kept as a table in a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ...data.splitting import Split
from ...errors import TrainingError
from ...plots.recording import Recorder, at
from ...training.history import Epoch, History
from ...training.neural_network import NeuralNetwork
from ..results import Standing

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Course:
    """A run, epoch by epoch; epoch k is the network after k steps, before the next one.

    Attributes
    ----------
    loss, accuracy
        On the rows that are learned from. Shape: (epochs,).
    test_loss, test_accuracy
        On rows that training never sees.
    gradient_norm
        Of all parameters together.
    """

    loss: Array
    accuracy: Array
    test_loss: Array
    test_accuracy: Array
    gradient_norm: Array

    @classmethod
    def of_losses(cls, losses: Sequence[float] | Array) -> Course:
        """A course of which nothing but the losses is known."""
        unknown = np.full(len(losses), np.nan)
        return cls(np.array(losses, float), unknown, unknown, unknown, unknown)

    def __len__(self) -> int:
        return len(self.loss)

    def history(self, until: int | None = None) -> History:
        """As plots take it, up to and with an epoch."""
        last = len(self) if until is None else until + 1
        columns = [values[:last].tolist() for values in (self.loss, self.accuracy, self.gradient_norm)]
        rows = enumerate(zip(*columns, strict=True))
        return History(
            "accuracy", [Epoch(k, loss, score, np.nan, norm, 0.0) for k, (loss, score, norm) in rows]
        )

    def to_csv(self) -> str:
        """A table that reads back the same."""
        names = [item.name for item in fields(self)]
        lines = [",".join(["epoch", *names])]
        columns = [getattr(self, name).tolist() for name in names]
        for epoch, values in enumerate(zip(*columns, strict=True)):
            lines.append(",".join([str(epoch), *map(repr, values)]))
        return "\n".join(lines) + "\n"

    @classmethod
    def from_csv(cls, text: str) -> Course:
        """The course that :meth:`to_csv` wrote.

        Raises
        ------
        ValueError
            If the text is something else.

        Examples
        --------
        >>> course = Course(*np.arange(10.0).reshape(5, 2))
        >>> Course.from_csv(course.to_csv()).test_loss.tolist()
        [4.0, 5.0]
        """
        head, *lines = text.splitlines() or [""]
        names = [item.name for item in fields(cls)]
        if head != ",".join(["epoch", *names]) or not lines:
            raise ValueError("the first line, or all others, are missing")
        table = np.array([[float(cell) for cell in line.split(",")] for line in lines])
        if table.shape[1:] != (1 + len(names),) or (table[:, 0] != np.arange(len(table))).any():
            raise ValueError("lines are missing, or cut off")
        return cls(*table.T[1:])


@dataclass(frozen=True)
class Run:
    """A course, and the parameters that were passed through.

    Attributes
    ----------
    course
        Epoch by epoch; shorter than was asked for if training diverged.
    vectors
        Row k holds the parameters at epoch k, and the last row those after the last step; where training
        diverged, those of the last epoch that had a loss, again. Shape: (epochs + 1, parameters).
    failure
        Why training ended early, in one line.
    """

    course: Course
    vectors: Array
    failure: str | None = None


def learn(network: NeuralNetwork, data: Split, learning_rate: float, epochs: int) -> Run:
    """Train with all rows in each step, and keep the parameters of every epoch."""
    recorder = Recorder(network, every=1)
    failure = trained(network, data, learning_rate, epochs, [recorder])
    history = network.history
    vectors = recorder.path
    if failure is not None:
        vectors = vectors[[*range(len(history)), len(history) - 1]]
    standings = [_standing(network, vector, data) for vector in vectors[: len(history)]]
    columns = {
        "loss": history.loss,
        "accuracy": history.score,
        "test_loss": [found.test_loss for found in standings],
        "test_accuracy": [found.test_score for found in standings],
        "gradient_norm": [epoch.gradient_norm for epoch in history],
    }
    course = Course(**{name: np.array(values, float) for name, values in columns.items()})
    return Run(course, vectors, failure)


def trained(
    network: NeuralNetwork,
    data: Split,
    learning_rate: float,
    epochs: int,
    callbacks: list[Callable[[Epoch], object]] | None = None,
) -> str | None:
    """Train with all rows in each step, at the same rate throughout; why it ended early, if it did.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C: training keeps what it has, but half a run is no result of a study.
    """
    try:
        network.train(
            data.X_train,
            data.y_train,
            epochs=epochs,
            learning_rate=learning_rate,
            batch_size="full",
            schedule="constant",
            callbacks=callbacks or (),
            verbose=False,
        )
    except TrainingError as error:
        return str(error).splitlines()[0]
    if network.history.interrupted:
        raise KeyboardInterrupt
    return None


def standing(network: NeuralNetwork, data: Split) -> Standing:
    """Loss and accuracy of a network as it is, on both parts of the data."""
    train = loss_and_score(network, data.X_train, data.y_train)
    return Standing(*train, *loss_and_score(network, data.X_test, data.y_test))


def loss_and_score(network: NeuralNetwork, X: Array, y: Array) -> tuple[float, float]:
    """Mean loss and share of rows that are right."""
    head = network.head
    assert head is not None  # ``untrained`` gave it one
    targets = head.encode(y, np.float64)
    out = network.network.evaluate(X)
    return head.loss.evaluate(out, targets), head.scorer(targets)(out, targets)


def _standing(network: NeuralNetwork, vector: Array, data: Split) -> Standing:
    with at(network, vector):
        return standing(network, data)
