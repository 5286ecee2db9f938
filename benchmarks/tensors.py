"""How fast a graph of tensors is, made anew at each step, beside PyTorch, which does the same.

A step is forward (``x @ w + b``, activation, …, cross-entropy on logits), ``backward()``, the plain update
of each parameter, and the loss as a number. PyTorch takes it in two ways: by modules and ``torch.optim.SGD``,
as people train with it, and operation by operation on tensors, as our side does. Losses and gradients are
compared first; then all take steps in turn, round by round, on one thread.

python benchmarks/tensors.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from contenders import MOONS, RATES, XOR, Case, Contenders, Data, Gradient, compare, make_data, pytorch
from measuring import (
    Row,
    Steps,
    Table,
    at_most,
    beside,
    command_line,
    in_turn,
    installed,
    medians,
    processes,
)

from whygrad import Tensor, nn

SECONDS, ROUNDS = 0.06, 9  # of a contender's turn; turns of each
RATE = RATES["plain"]
CASES = {XOR: at_most(0.25, 0.12), MOONS: at_most(0.35, 0.18)}  # beside modules and SGD


def forward(x: Any, parameters: list[Any], activation: str) -> Any:
    """The logits, operation by operation; the same code for both."""
    for i in range(0, len(parameters), 2):
        x = x @ parameters[i] + parameters[i + 1]
        if i + 2 < len(parameters):
            x = getattr(x, activation)()
    return x


def ours(case: Case, data: Data) -> tuple[Steps, Gradient]:
    """Tensors, and a loss on them."""
    x, t = Tensor(data.X, requires_grad=False), Tensor(data.y, requires_grad=False)
    parameters = [Tensor(p.copy()) for layer in data.weights for p in layer]
    loss_of = nn.BinaryCrossEntropy()

    def steps(count: int) -> float:
        for _ in range(count):
            for p in parameters:
                p.grad = None
            loss = loss_of(forward(x, parameters, case.activation), t)
            loss.backward()
            for p in parameters:
                p.data -= RATE * p.grad
            number = loss.item()
        return number

    return steps, lambda: np.concatenate([p.grad.ravel() for p in parameters])


def torch_tensors(case: Case, data: Data) -> tuple[Steps, Gradient]:
    """Tensors of PyTorch, in the same way."""
    import torch

    torch.set_num_threads(1)
    x, t = torch.from_numpy(data.X), torch.from_numpy(data.y)
    parameters = [torch.from_numpy(p.copy()).requires_grad_() for layer in data.weights for p in layer]

    def steps(count: int) -> float:
        for _ in range(count):
            for p in parameters:
                p.grad = None
            logits = forward(x, parameters, case.activation)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, t)
            loss.backward()
            with torch.no_grad():
                for p in parameters:
                    p -= RATE * p.grad
            number = loss.item()
        return number

    return steps, lambda: np.concatenate([p.grad.numpy().ravel() for p in parameters])


def measure(name: str) -> dict[str, Any]:
    """Microseconds a step of each, and their ratios."""
    case = next(case for case in CASES if case.name == name)
    data = make_data(case)
    found: Contenders = {"whygrad": ours(case, data)}
    if installed("torch"):
        found["PyTorch, modules"] = pytorch(case, data)
        found["PyTorch, tensors"] = torch_tensors(case, data)
    compare(name, found)
    return medians(in_turn({kind: steps for kind, (steps, _) in found.items()}, ROUNDS, SECONDS))


def rows(runs: int) -> list[Row]:
    found = []
    for case, target in CASES.items():
        measured = processes(runs, measure, case.name)
        found.append(beside(case.name, measured, "whygrad", "PyTorch, modules", target))
        found.append(beside(case.name, measured, "whygrad", "PyTorch, tensors"))
    return found


TABLES = [
    Table(
        "tensors",
        "Tiny networks as graphs of `Tensor`",
        "A graph made anew at each step; full batch, cross-entropy, gradient descent, float32, one "
        "thread, in turn. PyTorch by modules and its SGD, and tensor by tensor. Losses agree to 1e-5, "
        "gradients to 1e-4.",
        rows,
    )
]

if __name__ == "__main__":
    command_line(__doc__, TABLES)
