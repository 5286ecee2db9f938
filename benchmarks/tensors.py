"""How fast a graph of tensors is, made anew at each step, beside PyTorch, which does the same.

    python benchmarks/tensors.py            # three processes; PyTorch has to be installed

A step is forward (``x @ w + b``, activation, …, cross-entropy on logits), ``backward()``, the plain update
of each parameter, and the loss as a number. PyTorch takes it in two ways: by modules and ``torch.optim.SGD``,
as people train with it, and operation by operation on tensors, as our side does. Losses and gradients are
compared first; then all take steps in turn, round by round, on one thread. t is our time over theirs:
the median of the rounds, of that the median of the processes with the lowest and the highest. Time is
processor time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from whygrad import Tensor, nn

SECONDS, ROUNDS = 0.06, 15  # of a contender's turn; turns of each
RATE = 0.001  # low: tiny networks shall not saturate meanwhile
CASES = {"XOR 2-4-1": ((2, 4, 1), "tanh"), "moons 2-16-16-1": ((2, 16, 16, 1), "relu")}
TARGETS = {"XOR 2-4-1": 0.25, "moons 2-16-16-1": 0.35}  # t, beside modules and SGD
Arrays = list[np.ndarray]
Steps = Callable[[int], float]  # takes that many steps, gives the last loss
Contender = tuple[Steps, Callable[[], Arrays]]  # and the gradients of the last step


def problem(name: str) -> tuple[np.ndarray, np.ndarray, Arrays]:
    """X, y, and the weights and biases to start from."""
    sizes, rng = CASES[name][0], np.random.default_rng(0)
    start: Arrays = []
    for i, o in pairwise(sizes):
        start += [(rng.normal(size=(i, o)) * np.sqrt(2 / i)).astype(np.float32), np.zeros(o, np.float32)]
    if name.startswith("XOR"):
        X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
        return X, np.array([[0], [1], [1], [0]], np.float32), start
    X = rng.normal(size=(100, 2)).astype(np.float32)
    return X, (X[:, :1] * X[:, 1:] > 0).astype(np.float32), start


def forward(x: Any, parameters: list[Any], activation: str) -> Any:
    """The logits, operation by operation; the same code for both."""
    for i in range(0, len(parameters), 2):
        x = x @ parameters[i] + parameters[i + 1]
        if i + 2 < len(parameters):
            x = getattr(x, activation)()
    return x


def whygrad(name: str) -> Contender:
    """Tensors, and a loss on them."""
    X, y, start = problem(name)
    x, t = Tensor(X, requires_grad=False), Tensor(y, requires_grad=False)
    activation, loss_of = CASES[name][1], nn.BinaryCrossEntropy()
    parameters = [Tensor(p.copy()) for p in start]

    def steps(count: int) -> float:
        for _ in range(count):
            for p in parameters:
                p.grad = None
            loss = loss_of(forward(x, parameters, activation), t)
            loss.backward()
            for p in parameters:
                p.data -= RATE * p.grad
            number = loss.item()
        return number

    return steps, lambda: [p.grad for p in parameters]


def pytorch(name: str) -> Contender:
    """Tensors of PyTorch, in the same way."""
    import torch

    torch.set_num_threads(1)
    X, y, start = problem(name)
    x, t, activation = torch.from_numpy(X), torch.from_numpy(y), CASES[name][1]
    parameters = [torch.from_numpy(p.copy()).requires_grad_() for p in start]

    def steps(count: int) -> float:
        for _ in range(count):
            for p in parameters:
                p.grad = None
            logits = forward(x, parameters, activation)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, t)
            loss.backward()
            with torch.no_grad():
                for p in parameters:
                    p -= RATE * p.grad
            number = loss.item()
        return number

    return steps, lambda: [p.grad.numpy() for p in parameters]


def modules(name: str) -> Contender:
    """Modules and an optimizer of PyTorch."""
    import torch

    torch.set_num_threads(1)
    X, y, start = problem(name)
    x, t = torch.from_numpy(X), torch.from_numpy(y)
    activation = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[CASES[name][1]]
    layers: list[torch.nn.Module] = []
    for w, b in zip(start[::2], start[1::2], strict=True):
        linear = torch.nn.Linear(*w.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(w.T.copy()))
            linear.bias.copy_(torch.from_numpy(b))
        layers += [linear, activation()]
    network, loss_of = torch.nn.Sequential(*layers[:-1]), torch.nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(network.parameters(), RATE)

    def steps(count: int) -> float:
        for _ in range(count):
            optimizer.zero_grad()
            loss = loss_of(network(x), t)
            loss.backward()
            optimizer.step()
            number = loss.item()
        return number

    return steps, lambda: [(p.grad.T if p.ndim == 2 else p.grad).numpy() for p in network.parameters()]


CONTENDERS = {"whygrad": whygrad, "PyTorch, modules": modules, "PyTorch, tensors": pytorch}


def compare(name: str) -> None:
    """Losses and gradients of the first steps have to be the same, to float32 rounding."""
    found = {kind: make(name) for kind, make in CONTENDERS.items()}
    for number in range(1, 6):
        ours, gradients = found["whygrad"][0](1), found["whygrad"][1]()
        for kind, (steps, gradients_of) in found.items():
            theirs = steps(1) if kind != "whygrad" else ours
            far = max(
                float(np.abs(a - b).max() / np.abs(b).max())
                for a, b in zip(gradients, gradients_of(), strict=True)
            )
            if not (abs(ours - theirs) <= 1e-6 * abs(theirs) and far <= 1e-5):
                raise SystemExit(f"{name}, step {number}: {kind} has a loss of {theirs}, we {ours}; {far}")


def measure(name: str) -> dict[str, dict[str, float]]:
    """Microseconds a step of each contender, and our time over theirs: medians over the rounds."""
    compare(name)
    found, counts = {kind: make(name)[0] for kind, make in CONTENDERS.items()}, {}
    for kind, steps in found.items():
        steps(100)
        start = time.process_time()
        steps(100)
        counts[kind] = max(100, round(SECONDS / ((time.process_time() - start) / 100)))
    times: dict[str, list[float]] = {kind: [] for kind in found}
    for _ in range(ROUNDS):
        for kind, steps in found.items():
            start = time.process_time()
            steps(counts[kind])
            times[kind].append(1e6 * (time.process_time() - start) / counts[kind])
    ratios = {kind: [a / b for a, b in zip(times["whygrad"], times[kind], strict=True)] for kind in times}
    return {
        "time": {kind: statistics.median(values) for kind, values in times.items()},
        "t": {kind: statistics.median(values) for kind, values in ratios.items()},
    }


def in_process(name: str) -> Any:
    """What a process of its own measures."""
    one_core = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [sys.executable, __file__, "--worker", name]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **one_core}
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr.strip())
    return json.loads(done.stdout)


def show(values: list[float]) -> str:
    return f"{statistics.median(values):.3g} ({min(values):.3g}-{max(values):.3g})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3, help="processes for each case")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(measure(options.worker)))
        return
    try:
        import torch
    except ImportError:
        print("PyTorch is not installed: there is nothing to compare with")
        return
    print(f"PyTorch {torch.__version__}, NumPy {np.__version__}, float32, one thread")
    for name, target in TARGETS.items():
        runs = [in_process(name) for _ in range(options.runs)]
        print(f"\n{name}")
        for kind in CONTENDERS:
            line = f"  {kind:18}{show([run['time'][kind] for run in runs]):>22} µs"
            if kind != "whygrad":
                t = [run["t"][kind] for run in runs]
                line += f"   t = {show(t)}"
                if kind == "PyTorch, modules":
                    line += f"   at most {target}: {'yes' if statistics.median(t) <= target else 'NO'}"
            print(line)


if __name__ == "__main__":
    main()
