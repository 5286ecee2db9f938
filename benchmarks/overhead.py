"""What progress, history and checkpoints add to the bare inner loop, in per cent.

The bare loop shuffles, takes a batch, runs forward and backward, and steps: nothing else. The other is
``NeuralNetwork.train`` as people call it, with a progress bar on a terminal and a checkpoint, both as often
as they come by default. Both take the same steps, which the benchmark checks; they run in turn, so that a
slow moment of the machine hits each alike. Given is what is added by the clock in each round, and by the
processor's time in the quickest round of each, which says more where others use the machine too. That knows
nothing of waiting for the disk, which takes two per cent at most: checkpoints are written only that often.

python benchmarks/overhead.py
"""

from __future__ import annotations

import argparse
import os
import pty
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from whygrad.data import load
from whygrad.nn import Batches, Regularizer
from whygrad.training import NeuralNetwork

BOUND = 5.0  # per cent, for the first problem


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
        Problem("784-128-64-10, batch 128", [784, 128, 64, 10], images, kinds, 128, 10),
        Problem("digits 64-64-64-10, batch 32", [64, 64, 64, 10], digits.X / 16, digits.y, 32, 25),
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
        sequential.lay_out(problem.X[:size], targets[:size], head.loss, penalty)
    with np.errstate(all="ignore"):
        for _ in range(problem.epochs):
            order = rng.permutation(n) if problem.batch < n else None
            for begin in range(0, n, problem.batch):
                whole = order is None
                x, t = (problem.X, targets) if whole else batches.take(order[begin : begin + problem.batch])
                sequential.loss_and_gradient(x, t, head.loss, penalty)
                optimizer.step(sequential.vector, sequential.gradient)
    return sequential.vector


def whole(problem: Problem, watch: bool = True) -> np.ndarray:
    """The same by ``train``; with a bar and a checkpoint, or with the history alone."""
    network = prepared(problem)
    with tempfile.TemporaryDirectory() as folder:
        settings = {"checkpoint": Path(folder) / "checkpoint" if watch else None, "verbose": watch}
        network.train(problem.X, problem.y, problem.epochs, batch_size=problem.batch, **settings)
    return network.network.vector


KINDS = {"bare": bare, "history": lambda problem: whole(problem, False), "bar, checkpoint": whole}


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


def spread(values: list[float], digits: int) -> str:
    """Median ± half the interquartile range."""
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:+.{digits}f} ± {(high - low) / 2:.{digits}f}".removeprefix("+" if digits > 1 else "")


def measure(problem: Problem, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds a step of each kind in each round: on the clock, and of the processor."""
    steps = problem.epochs * -(-len(problem.X) // problem.batch)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in KINDS}
    for number in range(rounds + 1):
        ends = []
        for name in [*KINDS][:: 1 if number % 2 else -1]:
            start = time.perf_counter(), time.process_time()
            ends.append(KINDS[name](problem))
            stop = time.perf_counter(), time.process_time()
            if number:  # the first round warms up
                times[name].append(tuple(1e3 * (b - a) / steps for a, b in zip(start, stop, strict=True)))
        if not all(np.array_equal(ends[0], end) for end in ends):
            raise SystemExit("the loops do not take the same steps")
    return times


def main() -> int:
    """Measure, print; 1 if the first problem is slowed by more than the bound."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(f"{rounds} rounds; medians ± half the quartile range")
    print(f"{'':30}{'bare':>17}{'history':>17}{'bar, checkpoint':>17}{'added, clock':>17}{'processor':>17}")
    slowed = []
    for problem in problems():
        with terminal():
            times = measure(problem, rounds)
        cells = [spread([clock for clock, _ in found], 3) for found in times.values()]
        plain, watched = times["bare"], times["bar, checkpoint"]
        cells.append(
            spread([100 * (b / a - 1) for (a, _), (b, _) in zip(plain, watched, strict=True)], 1) + " %"
        )
        slowed.append(100 * (min(b for _, b in watched) / min(a for _, a in plain) - 1))
        cells.append(f"{slowed[-1]:+.1f} %")
        print(f"{problem.name + ', ms':30}" + "".join([f"{cell:>17}" for cell in cells]))
    return int(slowed[0] > BOUND)


if __name__ == "__main__":
    raise SystemExit(main())
