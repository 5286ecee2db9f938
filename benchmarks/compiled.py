"""How fast a compiled graph of scalars replays: beside NumPy written by hand, and beside micrograd.

The program is micrograd's demonstration: MLP(2, [16, 16, 1]) on 100 points of two moons, hinge loss with a
penalty, plain gradient descent. Every variant takes the same steps from the same numbers, and the losses are
compared. micrograd takes part where it is installed: python benchmarks/compiled.py
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import math
import random
import statistics
import time
from collections.abc import Callable

import numpy as np

from whygrad import Value, compile

RATE, PENALTY = 0.05, 1e-4
MOONS, SMALL = (100, (2, 16, 16, 1)), (2, (2, 6, 6, 1))  # points, sizes of the layers
Step = Callable[[], float]


def moons(points: int) -> tuple[list[list[float]], list[int]]:
    rng = random.Random(1337)
    rows, labels = [], []
    for k in range(points):
        angle, upper = math.pi * rng.random(), k % 2
        x, y = math.cos(angle), math.sin(angle)
        rows.append([x, y] if upper else [1 - x, 0.5 - y])
        labels.append(1 if upper else -1)
    return rows, labels


def weights(sizes: tuple[int, ...]) -> list[list[tuple[list[float], float]]]:
    rng = random.Random(1337)
    return [
        [([rng.uniform(-1, 1) for _ in range(inputs)], 0.0) for _ in range(outputs)]
        for inputs, outputs in zip(sizes, sizes[1:], strict=False)
    ]


# --- one number at a time ---------------------------------------------------------------------------------


def scalar_program(engine, points: int, sizes: tuple[int, ...]):
    """The loss as a function, and the parameters, in micrograd's way."""
    layers = [[([engine(w) for w in ws], engine(b)) for ws, b in layer] for layer in weights(sizes)]
    parameters = [p for layer in layers for ws, b in layer for p in [*ws, b]]
    rows, labels = moons(points)

    def score(x):
        for number, layer in enumerate(layers, 1):
            x = [sum((w * v for w, v in zip(ws, x, strict=True)), b) for ws, b in layer]
            x = [a.relu() for a in x] if number < len(layers) else x
        return x[0]

    def loss():
        scores = [score([engine(v) for v in row]) for row in rows]
        losses = [(1 + -label * s).relu() for label, s in zip(labels, scores, strict=True)]
        return sum(losses) * (1.0 / len(losses)) + PENALTY * sum(p * p for p in parameters)

    return loss, parameters


def dynamic(engine, points: int, sizes: tuple[int, ...]) -> Step:
    loss, parameters = scalar_program(engine, points, sizes)

    def step() -> float:
        total = loss()
        for p in parameters:
            p.grad = 0.0
        total.backward()
        for p in parameters:
            p.data -= RATE * p.grad
        return total.data

    return step


def compiled(points: int, sizes: tuple[int, ...], how: str | None = None) -> Step:
    loss, parameters = scalar_program(Value, points, sizes)
    program = compile(loss(), parameters=parameters, how=how)
    return lambda: program.step(RATE)


# --- by hand ----------------------------------------------------------------------------------------------


def by_hand(points: int, sizes: tuple[int, ...]) -> Step:
    """NumPy in float64 as one writes it: parameters in one vector, layers hold views of it."""
    rows, labels = moons(points)
    x, y = np.array(rows), np.array(labels, float)[:, None]
    vector = np.concatenate(
        [
            np.concatenate([np.array([ws for ws, _ in layer]).T.ravel(), np.array([b for _, b in layer])])
            for layer in weights(sizes)
        ]
    )
    gradient = np.empty_like(vector)
    views, start = [], 0
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        middle, end = start + inputs * outputs, start + (inputs + 1) * outputs
        views.append([(a[start:middle].reshape(inputs, outputs), a[middle:end]) for a in (vector, gradient)])
        start = end
    ((w1, b1), (dw1, db1)), ((w2, b2), (dw2, db2)), ((w3, b3), (dw3, db3)) = views

    def step() -> float:
        a1 = np.maximum(x @ w1 + b1, 0.0)
        a2 = np.maximum(a1 @ w2 + b2, 0.0)
        margin = 1.0 - y * (a2 @ w3 + b3)
        loss = float(np.maximum(margin, 0.0).sum() / points + PENALTY * (vector @ vector))
        d3 = (margin > 0.0) * y * (-1.0 / points)
        d2 = (d3 @ w3.T) * (a2 > 0.0)
        d1 = (d2 @ w2.T) * (a1 > 0.0)
        np.matmul(a2.T, d3, out=dw3)
        np.matmul(a1.T, d2, out=dw2)
        np.matmul(x.T, d1, out=dw1)
        db3[:], db2[:], db1[:] = d3.sum(axis=0), d2.sum(axis=0), d1.sum(axis=0)
        vector[:] -= RATE * (gradient + 2 * PENALTY * vector)
        return loss

    return step


# --- measuring --------------------------------------------------------------------------------------------


def measure(variants: dict[str, Step], rounds: int, budget: float) -> dict[str, list[float]]:
    """Microseconds a step, for each variant and round; variants in turn within each round."""
    counts = {}
    for label, step in variants.items():
        start = time.perf_counter()
        step()
        counts[label] = max(1, int(budget / (time.perf_counter() - start)))
    times: dict[str, list[float]] = {label: [] for label in variants}
    for _ in range(rounds):
        for label, step in variants.items():
            start = time.perf_counter()
            for _ in range(counts[label]):
                step()
            times[label].append(1e6 * (time.perf_counter() - start) / counts[label])
    return times


def same_losses(variants: dict[str, Step], steps: int = 5) -> None:
    losses = {label: [step() for _ in range(steps)] for label, step in variants.items()}
    first = next(iter(losses.values()))
    for label, found in losses.items():
        worst = max(abs(a - b) / abs(b) for a, b in zip(found, first, strict=True))
        if not worst <= 1e-12:
            raise SystemExit(f"{label}: losses differ by {worst:.1e}")


def show(title: str, times: dict[str, list[float]], base: str) -> None:
    print(f"\n{title}\n{'':34}{'µs a step':>12}{'spread':>14}{'ratio to ' + base:>34}{'spread':>16}")
    for label, found in times.items():
        middle = statistics.median(found)
        ratios = sorted(a / b for a, b in zip(found, times[base], strict=True))
        spread = f"{min(found) / middle:.2f}-{max(found) / middle:.2f}"
        print(
            f"{label:34}{middle:12.1f}{spread:>14}{statistics.median(ratios):34.4g}"
            f"{f'{ratios[0]:.4g}-{ratios[-1]:.4g}':>16}"
        )


def compiling(points: int, sizes: tuple[int, ...], rounds: int) -> tuple[int, list[float]]:
    """Nodes, and milliseconds from a recorded loss to a program that has taken a step."""
    times = []
    for _ in range(rounds):
        loss, parameters = scalar_program(Value, points, sizes)
        recorded = loss()
        gc.collect()
        start = time.perf_counter()
        program = compile(recorded, parameters=parameters)
        program.step(1e-9)
        times.append(1e3 * (time.perf_counter() - start))
    return len(program), times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--budget", type=float, default=0.1, help="seconds for each variant in each round")
    options = parser.parse_args()
    micrograd = None
    if importlib.util.find_spec("micrograd"):
        from micrograd.engine import Value as micrograd
    else:
        print("micrograd is not installed: left out")

    for title, (points, sizes) in {"moons": MOONS, "small": SMALL}.items():
        nodes, times = compiling(points, sizes, options.rounds)
        variants: dict[str, Step] = {}
        if title == "moons":
            variants["NumPy by hand"] = by_hand(points, sizes)
        variants["compiled"] = compiled(points, sizes)
        if title == "small":
            variants["compiled, as arrays"] = compiled(points, sizes, "arrays")
        variants["Value"] = dynamic(Value, points, sizes)
        if micrograd is not None:
            variants["micrograd"] = dynamic(micrograd, points, sizes)
        same_losses(variants)
        found = measure(variants, options.rounds, options.budget)
        base = "NumPy by hand" if title == "moons" else "compiled"
        show(f"{title}: {points} points, {nodes:,} nodes", found, base)
        middle = statistics.median(times)
        print(f"compiling: {middle:.1f} ms ({min(times):.1f}-{max(times):.1f})")
        if micrograd is not None:
            theirs = statistics.median(found["micrograd"])
            print(f"repaid within {math.ceil(1e3 * middle / theirs)} steps of micrograd")


if __name__ == "__main__":
    main()
