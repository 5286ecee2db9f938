"""How many times faster networks train as a stack than one after the other, on one core.

First the case that stacks are made for: many seeds of moons, 2-16-16-1, batches of 32, with the 100 points
that the other comparisons have and with more, three times as fast at least. Then a grid of sizes,
batches and numbers of members; a star marks where ``stacking_pays`` says so, and nowhere there may a stack be
slower. Both sides take the same steps, which is checked. They run in turn, piece by piece, so that a slow
moment of the machine hits both alike. A ratio is of the processor's time, which knows less of others on the
machine than the clock does: the median over rounds, and from the lowest to the highest.

python benchmarks/stacked.py [--rounds 5] [--seeds 200] [--case | --grid]
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sklearn.datasets import make_moons

from whygrad.training import NeuralNetwork, stacking_pays, train_stacked

BOUND = 3.0  # for each case
ALONE = 4  # networks that train by themselves in a round: one is like another


@dataclass(frozen=True)
class Problem:
    """What is trained."""

    layers: tuple[int, ...]
    rows: int
    batch: int
    members: int
    epochs: int
    settings: dict[str, str] = field(default_factory=dict)
    watch: bool = True
    moons: bool = False

    def network(self, seed: int) -> NeuralNetwork:
        """A new one."""
        return NeuralNetwork(self.layers, seed=seed, **self.settings)

    def data(self, seed: int) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """Rows to learn from, four of five, and rows to watch."""
        if self.moons:
            X, y = make_moons(self.rows, noise=0.2, random_state=seed)
        else:
            rng = np.random.default_rng(seed)
            X = rng.normal(size=(self.rows, self.layers[0]))
            y = np.arange(self.rows) % max(2, self.layers[-1])
        k = self.rows * 4 // 5
        return (X[:k], y[:k]), (X[k:], y[k:])


def measure(problem: Problem, rounds: int) -> list[float]:
    """By how much a stack is faster, in each round."""
    data = [problem.data(seed) for seed in range(problem.members)]
    found = []
    for number in range(rounds + 1):
        together = [problem.network(seed) for seed in range(problem.members)]
        chosen = [(number * ALONE + k) % problem.members for k in range(min(ALONE, problem.members))]
        alone = {place: problem.network(place) for place in chosen}
        half = len(chosen) // 2
        one_by_one = sum(train(problem, alone[place], *data[place]) for place in chosen[:half])
        start = time.process_time()
        train_stacked(
            together,
            [rows for rows, _ in data],
            [watched for _, watched in data] if problem.watch else None,
            epochs=problem.epochs,
            batch_size=problem.batch,
            learning_rates=[None] * problem.members,
            schedule=None,
        )
        stacked = time.process_time() - start
        one_by_one += sum(train(problem, alone[place], *data[place]) for place in chosen[half:])
        for place, network in alone.items():
            if not np.allclose(network.history.loss, together[place].history.loss, rtol=1e-9, atol=1e-9):
                raise SystemExit("the losses are not the same")
        if number:  # the first round warms up
            found.append(one_by_one / len(chosen) / (stacked / problem.members))
    return found


def train(problem: Problem, network: NeuralNetwork, rows: tuple, watched: tuple) -> float:
    """Train it by itself; how long that took."""
    start = time.process_time()
    validation = watched if problem.watch else None
    network.train(*rows, problem.epochs, None, problem.batch, validation=validation, verbose=False)
    return time.process_time() - start


def spread(found: list[float]) -> str:
    """Median, lowest and highest."""
    return f"{statistics.median(found):5.2f}  ({min(found):.2f} to {max(found):.2f})"


def cases(seeds: int) -> Iterator[tuple[str, Problem]]:
    """Seeds of moons."""
    for rows, optimizer, activation in itertools.product(
        (100, 400, 1000), ("adamw", "sgd"), ("silu", "tanh", "relu")
    ):
        settings = {"optimizer": optimizer, "activation": activation}
        problem = Problem((2, 16, 16, 1), rows, 32, seeds, 50, settings, moons=True)
        yield f"moons, {rows} rows, {optimizer}, {activation}", problem


def grid() -> Iterator[Problem]:
    """Sizes, batches, members; few epochs, as each of their steps is like the others."""
    sizes = [
        (2, 4, 1),
        (2, 16, 16, 1),
        (8, 32, 3),
        (2, 64, 64, 1),
        (13, 64, 64, 1),
        (64, 64, 10),
        (30, 128, 128, 1),
        (784, 128, 64, 10),
    ]
    for layers, batch, members in itertools.product(sizes, (1, 4, 16, 32, 64, 128, 512), (2, 4, 8, 32)):
        weights = sum(n * m for n, m in itertools.pairwise(layers))
        steps = max(3, min(100, 10_000_000 // (weights * batch + 20_000)))
        yield Problem(layers, (batch * steps * 5 + 3) // 4, batch, members, 2, watch=False)


def main() -> int:
    """Measure, print; 1 if the case is below its bound, or a stack that is chosen is slower."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--case", action="store_true", help="the seeds of moons alone")
    parser.add_argument("--grid", action="store_true", help="the grid alone")
    asked = parser.parse_args()
    bad = 0
    for name, problem in () if asked.grid else cases(asked.seeds):
        found = measure(problem, asked.rounds)
        bad += statistics.median(found) < BOUND
        print(f"{name + f', {asked.seeds} seeds':50}{spread(found)}", flush=True)
    for problem in () if asked.case else grid():
        found = measure(problem, asked.rounds)
        pays = stacking_pays(problem.layers, problem.batch, problem.members)
        bad += pays and statistics.median(found) < 1
        name = f"{'-'.join(map(str, problem.layers))}, batch {problem.batch}, {problem.members} members"
        print(f"{name:50}{spread(found)}{' *' if pays else ''}", flush=True)
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
