"""What progress, history and checkpoints add to the bare inner loop.

The bare loop shuffles, takes a batch, runs forward and backward, and steps: nothing else. The other is
``NeuralNetwork.train`` as people call it, with a progress bar on a terminal and a checkpoint, both as often
as they come by default. Both take the same steps, which the benchmark checks; they run in turn, so that a
slow moment of the machine hits each alike. Compared is the processor's time in the quickest round of each:
that knows nothing of waiting for the disk, which takes two per cent at most, as checkpoints are written only
that often.

python benchmarks/overhead.py
"""

from __future__ import annotations

import os
import pty
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from measuring import Row, Table, at_most, command_line, processes

from whygrad.data import load
from whygrad.nn import Batches, Regularizer
from whygrad.training import NeuralNetwork

ROUNDS = 3
TARGET = at_most(1.05, 1.02)  # for the first problem


@dataclass(frozen=True)
class Problem:
    """What is trained."""

    name: str
    layers: list[int]
    X: np.ndarray
    y: np.ndarray
    batch: int
    epochs: int


def problems() -> list[Problem]:
    """The sizes that matter: images, a table of digits, and the smallest there is."""
    rng, digits = np.random.default_rng(0), load("digits")
    images, kinds = rng.random((6_400, 784)), rng.integers(10, size=6_400)
    xor = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    return [
        Problem("784-128-64-10, batch 128", [784, 128, 64, 10], images, kinds, 128, 20),
        Problem("digits 64-64-64-10, batch 32", [64, 64, 64, 10], digits.X / 16, digits.y, 32, 100),
        Problem("XOR 2-4-1, full batch", [2, 4, 1], xor, np.array([0, 1, 1, 0]), 4, 5_000),
    ]


def prepared(problem: Problem) -> NeuralNetwork:
    """A network that knows its loss."""
    network = NeuralNetwork(problem.layers, seed=0)
    head, _ = network._understand(problem.y, len(problem.y))
    network.adopt(head, False)
    return network


def bare(problem: Problem) -> np.ndarray:
    """The weights that come of the steps alone."""
    network = prepared(problem)
    head, sequential, rng, n = network.head, network.network, network.rng, len(problem.X)
    targets, penalty = head.encode(problem.y, network.dtype), Regularizer()
    steps = problem.epochs * -(-n // problem.batch)
    optimizer = network._optimizer(None, None, steps)
    optimizer.decay_mask = sequential.flat.penalized
    batches = Batches(problem.X, targets, problem.batch)
    for size in {problem.batch, n % problem.batch or problem.batch}:
        sequential.lay_out(problem.X[:size], targets[:size], head.loss, penalty, careful=False)
    with np.errstate(all="ignore"):
        for _ in range(problem.epochs):
            order = rng.permutation(n) if problem.batch < n else None
            for begin in range(0, n, problem.batch):
                whole = order is None
                x, t = (problem.X, targets) if whole else batches.take(order[begin : begin + problem.batch])
                sequential.loss_and_gradient(x, t, head.loss, penalty)
                optimizer.step(sequential.vector, sequential.gradient)
    return sequential.vector


def whole(problem: Problem) -> np.ndarray:
    """The same by ``train``, with a bar and a checkpoint."""
    network = prepared(problem)
    with tempfile.TemporaryDirectory() as folder:
        network.train(
            problem.X,
            problem.y,
            problem.epochs,
            batch_size=problem.batch,
            checkpoint=Path(folder) / "checkpoint",
            verbose=True,
        )
    return network.network.vector


@contextmanager
def terminal() -> Iterator[None]:
    """Standard error is a terminal, whose other end is read."""
    ours, theirs = pty.openpty()
    kept = os.dup(2)

    def read() -> None:
        try:
            while os.read(ours, 65536):
                pass
        except OSError:  # the other end is closed
            pass

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    os.dup2(theirs, 2)
    os.close(theirs)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        thread.join()
        os.close(ours)


def measure(number: int) -> list[float]:
    """Microseconds a step of a problem, by ``train`` and bare, each in its quickest round."""
    problem, quickest = problems()[number], [float("inf"), float("inf")]
    steps = problem.epochs * -(-len(problem.X) // problem.batch)
    with terminal():
        for _ in range(ROUNDS):
            ends = []
            for i, loop in enumerate((whole, bare)):
                start = time.process_time()
                ends.append(loop(problem))
                quickest[i] = min(quickest[i], 1e6 * (time.process_time() - start) / steps)
            if not np.array_equal(*ends):
                raise SystemExit(f"{problem.name}: the loops do not take the same steps")
    return quickest


def rows(runs: int) -> list[Row]:
    found = []
    for number, problem in enumerate(problems()):
        ours, plain = map(list, zip(*processes(runs, measure, number), strict=True))
        found.append(Row(problem.name, "µs", ours, "bare loop", plain, None if number else TARGET))
    return found


TABLES = [
    Table(
        "overhead",
        "`NeuralNetwork.train` beside the bare inner loop",
        "With history, a progress bar on a terminal and a checkpoint; both in turn, a step in the "
        "quickest round of each. The weights at the end are the same to the bit.",
        rows,
    )
]

if __name__ == "__main__":
    command_line(__doc__, TABLES)
