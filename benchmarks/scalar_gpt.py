"""A character-level GPT in plain Python, every number a value: the program that `scalar.py` runs.

It brings a small engine of its own, of the kind such programs have: slots, local derivatives kept on the
node, no closures. `train(steps)` uses it; `train(steps, engine)` is the same program with another.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any


class Value:
    """A number, what it was computed from, and the local derivative by each of these."""

    __slots__ = ("children", "data", "grad", "locals")

    def __init__(self, data: float, children: tuple[Any, ...] = (), locals: tuple[float, ...] = ()) -> None:
        self.data = data
        self.grad = 0.0
        self.children = children
        self.locals = locals

    def __add__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, exponent: float) -> Value:
        return Value(self.data**exponent, (self,), (exponent * self.data ** (exponent - 1),))

    def log(self) -> Value:
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def exp(self) -> Value:
        result = math.exp(self.data)
        return Value(result, (self,), (result,))

    def relu(self) -> Value:
        return Value(max(0.0, self.data), (self,), (1.0 if self.data > 0 else 0.0,))

    def __neg__(self) -> Value:
        return self * -1

    def __sub__(self, other: Any) -> Value:
        return self + (-other)

    def __rsub__(self, other: Any) -> Value:
        return (-self) + other

    def __truediv__(self, other: Any) -> Value:
        return self * other**-1

    def __rtruediv__(self, other: Any) -> Value:
        return self**-1 * other

    __radd__, __rmul__ = __add__, __mul__

    def backward(self) -> None:
        order: list[Value] = []
        seen: set[Value] = set()

        def visit(node: Value) -> None:
            if node not in seen:
                seen.add(node)
                for child in node.children:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for child, local in zip(node.children, node.locals, strict=True):
                child.grad += local * node.grad


NAMES = "ada alan grace edsger barbara donald frances john leslie lynn niklaus radia tony vint".split()
LETTERS = sorted(set("".join(NAMES)))
END = len(LETTERS)  # stands before and after each name
WIDTH, HEADS, LENGTH = 16, 4, 8
Numbers = list[Any]


def linear(x: Numbers, w: list[Numbers]) -> Numbers:
    return [sum(wi * xi for wi, xi in zip(row, x, strict=True)) for row in w]


def softmax(logits: Numbers) -> Numbers:
    highest = max(logit.data for logit in logits)
    exps = [(logit - highest).exp() for logit in logits]
    total = sum(exps)
    return [e / total for e in exps]


def rmsnorm(x: Numbers) -> Numbers:
    mean_square = sum(xi * xi for xi in x) / len(x)
    scale = (mean_square + 1e-5) ** -0.5
    return [xi * scale for xi in x]


class GPT:
    """One transformer layer; weights are rows of values."""

    def __init__(self, engine: Callable[[float], Any], rng: random.Random) -> None:
        def matrix(rows: int, columns: int, std: float = 0.08) -> list[Numbers]:
            return [[engine(rng.gauss(0, std)) for _ in range(columns)] for _ in range(rows)]

        self.token, self.place = matrix(END + 1, WIDTH), matrix(LENGTH, WIDTH)
        self.query, self.key, self.value, self.out = (matrix(WIDTH, WIDTH) for _ in range(4))
        self.wide, self.narrow = matrix(4 * WIDTH, WIDTH), matrix(WIDTH, 4 * WIDTH)
        self.head = matrix(END + 1, WIDTH)

    def parameters(self) -> Numbers:
        return [p for matrix in vars(self).values() for row in matrix for p in row]

    def attend(self, query: Numbers, keys: list[Numbers], values: list[Numbers]) -> Numbers:
        size, found = WIDTH // HEADS, []
        for h in range(HEADS):
            part = slice(h * size, (h + 1) * size)
            scores = [
                sum(a * b for a, b in zip(query[part], key[part], strict=True)) / size**0.5 for key in keys
            ]
            weights = softmax(scores)
            found += [sum(w * v[part][j] for w, v in zip(weights, values, strict=True)) for j in range(size)]
        return found

    def __call__(self, token: int, place: int, keys: list[Numbers], values: list[Numbers]) -> Numbers:
        x = [t + p for t, p in zip(self.token[token], self.place[place], strict=True)]
        x = rmsnorm(x)
        residual, x = x, rmsnorm(x)
        keys.append(linear(x, self.key))
        values.append(linear(x, self.value))
        attended = linear(self.attend(linear(x, self.query), keys, values), self.out)
        x = [a + b for a, b in zip(attended, residual, strict=True)]
        residual, x = x, rmsnorm(x)
        x = linear([hidden.relu() for hidden in linear(x, self.wide)], self.narrow)
        x = [a + b for a, b in zip(x, residual, strict=True)]
        return linear(x, self.head)


def loss_of(model: GPT, name: str) -> Any:
    """The mean of -log p(next letter)."""
    tokens = [END, *map(LETTERS.index, name), END][: LENGTH + 1]
    keys: list[Numbers] = []
    values: list[Numbers] = []
    losses = []
    for place, (token, following) in enumerate(pairwise(tokens)):
        probabilities = softmax(model(token, place, keys, values))
        losses.append(-probabilities[following].log())
    return (1 / len(losses)) * sum(losses)


def train(steps: int, engine: Callable[[float], Any] = Value) -> tuple[list[float], list[float]]:
    """Steps of Adam on a name each: the loss of every step, and the seconds of processor time it took."""
    rng = random.Random(42)
    model = GPT(engine, rng)
    parameters = model.parameters()
    names = rng.sample(NAMES, len(NAMES))
    first, second = [0.0] * len(parameters), [0.0] * len(parameters)
    rate, beta1, beta2, eps = 0.01, 0.85, 0.99, 1e-8
    losses, seconds = [], []
    for step in range(steps):
        start = time.process_time()
        loss = loss_of(model, names[step % len(names)])
        loss.backward()
        for i, p in enumerate(parameters):
            first[i] = beta1 * first[i] + (1 - beta1) * p.grad
            second[i] = beta2 * second[i] + (1 - beta2) * p.grad**2
            mean = first[i] / (1 - beta1 ** (step + 1))
            spread = second[i] / (1 - beta2 ** (step + 1))
            p.data -= rate * mean / (spread**0.5 + eps)
            p.grad = 0.0
        losses.append(loss.data)
        seconds.append(time.process_time() - start)
    return losses, seconds


if __name__ == "__main__":
    for number, (loss, second) in enumerate(zip(*train(10), strict=True), start=1):
        print(f"step {number}: loss {loss:.4f}, {second:.2f} s")
