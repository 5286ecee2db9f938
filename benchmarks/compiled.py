"""How fast a compiled graph of scalars replays: beside NumPy written by hand, and beside micrograd.

The program is micrograd's demonstration: MLP(2, [16, 16, 1]) on 100 points of two moons, hinge loss with a
penalty, plain gradient descent. Then a small program, and XOR beside PyTorch. Every variant takes the same
steps from the same numbers, and the losses are compared first. micrograd's steps on the moons, most of which
is Python's collector, are taken in a process of their own, all others in turn.

python benchmarks/compiled.py
"""

from __future__ import annotations

import gc
import math
import random
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from measuring import (
    Row,
    Table,
    agree,
    at_least,
    at_most,
    beside,
    command_line,
    each,
    in_turn,
    installed,
    medians,
    processes,
)

from whygrad import MLP, Value, compile

RATE, PENALTY = 0.05, 1e-4
TOLERANCE = 1e-12  # of losses, relative
SECONDS, ROUNDS = 0.02, 25  # of a variant's turn; turns of each
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
        for inputs, outputs in pairwise(sizes)
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


class Arrays:
    """Points and parameters as arrays: parameters in one vector, gradients in another, layers hold views."""

    def __init__(self, points: int, sizes: tuple[int, ...]) -> None:
        rows, labels = moons(points)
        self.x, self.y = np.array(rows), np.array(labels, float)[:, None]
        layers = [(np.array([ws for ws, _ in layer]).T, [b for _, b in layer]) for layer in weights(sizes)]
        self.vector = np.concatenate([part for w, b in layers for part in (w.ravel(), b)])
        self.gradient = np.empty_like(self.vector)
        self.w, self.b, self.dw, self.db = [], [], [], []
        start = 0
        for inputs, outputs in pairwise(sizes):
            middle, end = start + inputs * outputs, start + (inputs + 1) * outputs
            for flat, w, b in ((self.vector, self.w, self.b), (self.gradient, self.dw, self.db)):
                w.append(flat[start:middle].reshape(inputs, outputs))
                b.append(flat[middle:end])
            start = end


def by_hand(points: int, sizes: tuple[int, ...]) -> Step:
    """NumPy in float64 as one writes it."""
    a = Arrays(points, sizes)
    x, y, vector, gradient = a.x, a.y, a.vector, a.gradient
    (w1, w2, w3), (b1, b2, b3) = a.w, a.b
    (dw1, dw2, dw3), (db1, db2, db3) = a.dw, a.db

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


def by_hand_tuned(points: int, sizes: tuple[int, ...]) -> Step:
    """The same without a new array in a step, and with the quickest call for each line."""
    a = Arrays(points, sizes)
    x, vector, gradient, ones = a.x, a.vector, a.gradient, np.ones(points)
    (w1, w2, w3), (b1, b2, b3) = a.w, a.b
    (dw1, dw2, dw3), (db1, db2, _), db3 = a.dw, a.db, a.db[2].reshape(())
    hidden = sizes[1]
    a1, a2, d1, d2 = (np.empty((points, hidden)) for _ in range(4))
    mask, scratch = np.empty((points, hidden), bool), np.empty_like(vector)
    margin, hinge, d3 = (np.empty((points, 1)) for _ in range(3))
    wrong, sign, slope = np.empty((points, 1), bool), -a.y, a.y * (-1.0 / points)
    one, zero, rate, shrink = (np.array(c) for c in (1.0, 0.0, RATE, 1 - RATE * 2 * PENALTY))
    x_t, a1_t, a2_t, w2_t, w3_t = x.T, a1.T, a2.T, w2.T, w3.T
    add, multiply, maximum, greater = np.add, np.multiply, np.maximum, np.greater
    flat_hinge, flat_d3 = hinge.reshape(-1), d3.reshape(-1)

    def step() -> float:
        x.dot(w1, out=a1)
        add(a1, b1, out=a1)
        maximum(a1, zero, out=a1)
        a1.dot(w2, out=a2)
        add(a2, b2, out=a2)
        maximum(a2, zero, out=a2)
        a2.dot(w3, out=margin)
        add(margin, b3, out=margin)
        multiply(margin, sign, out=margin)
        add(margin, one, out=margin)
        maximum(margin, zero, out=hinge)
        loss = float(flat_hinge.dot(ones)) / points + PENALTY * float(vector.dot(vector))
        greater(margin, zero, out=wrong)
        multiply(slope, wrong, out=d3)
        d3.dot(w3_t, out=d2)
        greater(a2, zero, out=mask)
        multiply(d2, mask, out=d2)
        d2.dot(w2_t, out=d1)
        greater(a1, zero, out=mask)
        multiply(d1, mask, out=d1)
        a2_t.dot(d3, out=dw3)
        a1_t.dot(d2, out=dw2)
        x_t.dot(d1, out=dw1)
        db3[...] = flat_d3.dot(ones)
        ones.dot(d2, out=db2)
        ones.dot(d1, out=db1)
        multiply(gradient, rate, out=scratch)
        multiply(vector, shrink, out=vector)
        np.subtract(vector, scratch, out=vector)
        return loss

    return step


# --- XOR: four rows, four hidden neurons ------------------------------------------------------------------

ROWS, TARGETS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]


def xor_compiled() -> Step:
    network = MLP(2, [4, 1], rng=random.Random(1))
    loss = sum((network(row) - target) ** 2 for row, target in zip(ROWS, TARGETS, strict=True))
    program = compile(loss, parameters=network.parameters())
    return lambda: program.step(RATE)


def xor_torch(torch) -> Step:
    """The same network, loss and update, as one writes them with PyTorch."""
    torch.set_num_threads(1)
    scalar = MLP(2, [4, 1], rng=random.Random(1))
    x, y = torch.tensor(ROWS, dtype=torch.float64), torch.tensor(TARGETS, dtype=torch.float64)[:, None]
    network = torch.nn.Sequential(
        torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1), torch.nn.Tanh()
    ).double()
    with torch.no_grad():
        for layer, linear in zip(scalar.layers, (network[0], network[2]), strict=True):
            linear.weight[:] = torch.tensor(
                [[w.data for w in neuron.w] for neuron in layer.neurons], dtype=torch.float64
            )
            linear.bias[:] = torch.tensor([neuron.b.data for neuron in layer.neurons], dtype=torch.float64)
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE)

    def step() -> float:
        loss = ((network(x) - y) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


# --- measuring --------------------------------------------------------------------------------------------


def in_turns(variants: dict[str, Step]) -> dict[str, Any]:
    """Compare the losses of five steps, then measure."""
    losses = {name: [step() for _ in range(5)] for name, step in variants.items()}
    for name, found in losses.items():
        agree(name, found, next(iter(losses.values())), TOLERANCE)
    return medians(in_turn({name: each(step) for name, step in variants.items()}, ROUNDS, SECONDS))


def compiling(points: int, sizes: tuple[int, ...], rounds: int) -> tuple[int, float]:
    """Nodes, and milliseconds from a recorded loss to a program that has taken a step: the median."""
    times = []
    for _ in range(rounds):
        loss, parameters = scalar_program(Value, points, sizes)
        recorded = loss()
        gc.collect()
        start = time.process_time()
        program = compile(recorded, parameters=parameters)
        program.step(1e-9)
        times.append(1e3 * (time.process_time() - start))
    return len(program), statistics.median(times)


def micrograd_steps(points: int, sizes: tuple[int, ...], steps: int) -> dict[str, Any]:
    """Its losses, and microseconds a step."""
    from micrograd.engine import Value as Micrograd

    step = dynamic(Micrograd, points, sizes)
    start = time.process_time()
    losses = [step() for _ in range(steps)]
    return {"losses": losses, "time": 1e6 * (time.process_time() - start) / steps}


def measure_moons() -> dict[str, Any]:
    nodes, milliseconds = compiling(*MOONS, 5)
    step = compiled(*MOONS)
    losses = [step() for _ in range(5)]
    variants = {"whygrad": compiled, "NumPy by hand": by_hand, "NumPy by hand, tuned": by_hand_tuned}
    found = in_turns({name: make(*MOONS) for name, make in variants.items()})
    return {"nodes": nodes, "compiling": milliseconds, "losses": losses, "step": found}


def measure_small() -> dict[str, Any]:
    nodes, milliseconds = compiling(*SMALL, 25)
    variants = {"whygrad": compiled(*SMALL), "as NumPy calls": compiled(*SMALL, "arrays")}
    if installed("micrograd"):
        from micrograd.engine import Value as Micrograd

        variants["micrograd"] = dynamic(Micrograd, *SMALL)
    return {"nodes": nodes, "compiling": milliseconds, "step": in_turns(variants)}


def measure_xor() -> dict[str, Any]:
    variants = {"whygrad": xor_compiled()}
    if installed("torch"):
        import torch

        variants["PyTorch"] = xor_torch(torch)
    return in_turns(variants)


def moons_rows(runs: int) -> list[Row]:
    found = processes(runs, measure_moons)
    steps, micrograd = [run["step"] for run in found], None
    if installed("micrograd"):
        peers = processes(runs, micrograd_steps, *MOONS, 5)
        for peer in peers:
            agree("micrograd", peer["losses"], found[0]["losses"], TOLERANCE)
        micrograd = [peer["time"] for peer in peers]
    ours, step = [run["whygrad"]["time"] for run in steps], f"a step, {found[0]['nodes']:,} nodes"
    return [
        beside(step, steps, "whygrad", "NumPy by hand", at_most(1.6, 1.3)),
        beside(step, steps, "whygrad", "NumPy by hand, tuned"),
        Row(step, "µs", ours, "micrograd, D", micrograd, at_least(None, 25_000)),
        Row("compiling", "ms", [run["compiling"] for run in found], target=at_most(150, 100)),
    ]


def small_rows(runs: int) -> list[Row]:
    found = processes(runs, measure_small)
    steps, step = [run["step"] for run in found], f"a step, {found[0]['nodes']:,} nodes"
    repaid = []
    if installed("micrograd"):
        repaid = [
            1e3 * run["compiling"] / (run["step"]["micrograd"]["time"] - run["step"]["whygrad"]["time"])
            for run in found
        ]
    return [
        beside(step, steps, "whygrad", "micrograd", at_least(80, 120)),
        beside(step, steps, "whygrad", "as NumPy calls"),
        Row("compiling", "ms", [run["compiling"] for run in found]),
        Row("compiling, in steps that micrograd takes longer", "steps", repaid, target=at_most(5, 2)),
    ]


def xor_rows(runs: int) -> list[Row]:
    return [beside("XOR 2-4-1", processes(runs, measure_xor), "whygrad", "PyTorch", at_most(0.03, 0.02))]


TABLES = [
    Table(
        "compiled",
        "`compile(loss)` on micrograd's demonstration",
        "The same program, points and rate in float64, in turn in one process; micrograd, with the "
        "collector as Python has it, in one of its own. Compiling ends with the first step. Losses agree "
        "to 1e-12.",
        moons_rows,
    ),
    Table(
        "compiled-small",
        "`compile(loss)` below 1,000 nodes",
        "The same on 2 points with a perceptron 2-6-6-1, in turn. Losses agree to 1e-12.",
        small_rows,
    ),
    Table(
        "compiled-xor",
        "XOR as a compiled scalar program",
        "Full batch, tanh, squares, gradient descent in float64; PyTorch eager, on one thread, in turn. "
        "Losses agree to 1e-12.",
        xor_rows,
    ),
]

if __name__ == "__main__":
    command_line(__doc__, TABLES)
