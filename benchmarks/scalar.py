"""How fast single values are, beside the engines that people know; losses have to agree.

Two programs, each with only its engine replaced:

- the demonstration of micrograd: two moons, 100 points, a perceptron 2-16-16-1 of single operations, 65,619
  nodes a step. Also with our MLP, which makes one node for each neuron.
- a GPT in plain Python (scalar_gpt.py), with the engine it brings and with ours.

Most of the time of such a program is Python's garbage collector, which now and then looks at everything
there is. So there are two bases: D, the collector as Python has it, and C, the collector off, for the first
three steps of a process (micrograd's reference cycles pile up then). And the moons are run twice: alone in
memory, and beside scikit-learn, which the demonstration loads for its points: 115,000 objects more.

Every figure is processor time, a mean over the steps of a process; the median, printed beside it, is a step
without a look at everything where those are rare. Each comes from processes of its own, all kinds in turn; a
ratio of means is taken within a round, and printed as the median of the rounds with the lowest and highest.

python benchmarks/scalar.py      # pip install micrograd first; else an engine of its kind stands in
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import subprocess
import sys
import time
from contextlib import nullcontext
from itertools import pairwise
from typing import Any

import scalar_gpt

from whygrad import MLP, Value
from whygrad.autodiff import paused_collector

TOLERANCE = 1e-12  # of losses, relative
BASES = {"moons": ["micrograd, D", "micrograd, C"], "gpt": ["GPT's own"]}
MOONS = {  # kind: (engine, collector, steps)
    "micrograd, D": ("micrograd", "on", 10),
    "micrograd, C": ("micrograd", "off", 3),
    "Value": ("Value", "on", 24),
    "Value, paused": ("Value", "paused", 15),
    "MLP": ("MLP", "on", 100),
    "MLP, paused": ("MLP", "paused", 50),
}
GPT = {
    "GPT's own": ("own", "on", 8),
    "GPT, Value": ("Value", "on", 8),
    "GPT, Value, paused": ("Value", "paused", 8),
}
TABLES = {  # title: (program, whether scikit-learn is loaded, kinds)
    "moons": ("moons", False, MOONS),
    "moons, beside scikit-learn": ("moons", True, MOONS),
    "a small GPT": ("gpt", False, GPT),
}


# --- the programs, each run in a process of its own ------------------------------------------------


class Closures:
    """Stands in for micrograd where it is not installed: a closure and a set of parents in every node."""

    def __init__(self, data: float, parents: tuple[Any, ...] = ()) -> None:
        self.data, self.grad, self.parents = data, 0.0, set(parents)
        self.hand_back = lambda: None

    def through(self, data: float, other: Any, by_self: Any, by_other: Any) -> Closures:
        out = Closures(data, (self, other))

        def hand_back() -> None:
            self.grad += by_self * out.grad
            other.grad += by_other * out.grad

        out.hand_back = hand_back
        return out

    def __add__(self, other: Any) -> Closures:
        other = other if isinstance(other, Closures) else Closures(other)
        return self.through(self.data + other.data, other, 1.0, 1.0)

    def __mul__(self, other: Any) -> Closures:
        other = other if isinstance(other, Closures) else Closures(other)
        return self.through(self.data * other.data, other, other.data, self.data)

    def relu(self) -> Closures:
        return self.through(max(self.data, 0.0), Closures(0.0), 1.0 if self.data > 0 else 0.0, 0.0)

    __radd__, __rmul__ = __add__, __mul__

    def backward(self) -> None:
        order: list[Closures] = []
        seen: set[Closures] = set()

        def visit(node: Closures) -> None:
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            node.hand_back()


def baseline() -> tuple[Any, str]:
    """Micrograd's engine and its name, or what stands in for it."""
    try:
        from micrograd.engine import Value as Micrograd
    except ImportError:
        return Closures, "an engine of micrograd's kind (it is not installed)"
    return Micrograd, "micrograd"


class Neurons:
    """A layer of neurons made of single operations, as the demonstration has them."""

    def __init__(self, engine: Any, inputs: int, outputs: int, activated: bool) -> None:
        self.activated = activated
        self.neurons = [
            ([engine(random.uniform(-1, 1)) for _ in range(inputs)], engine(0)) for _ in range(outputs)
        ]

    def __call__(self, x: list[Any]) -> list[Any]:
        sums = [sum((wi * xi for wi, xi in zip(w, x, strict=True)), b) for w, b in self.neurons]
        return [z.relu() for z in sums] if self.activated else sums


class Perceptron:
    """Layers of such neurons."""

    def __init__(self, engine: Any, *sizes: int) -> None:
        pairs = list(pairwise(sizes))
        self.layers = [Neurons(engine, n, m, i < len(pairs) - 1) for i, (n, m) in enumerate(pairs)]

    def __call__(self, x: list[Any]) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x[0]

    def parameters(self) -> list[Any]:
        return [p for layer in self.layers for w, b in layer.neurons for p in (*w, b)]


def moons(kind: str, steps: int, X: list[list[float]], y: list[int]) -> tuple[list[float], list[float]]:
    """The loss of every step, and its seconds."""
    random.seed(1337)
    engine = baseline()[0] if kind == "micrograd" else Value
    model: Any = MLP(2, [16, 16, 1], "relu", None) if kind == "MLP" else Perceptron(engine, 2, 16, 16, 1)
    losses, seconds = [], []
    for step in range(steps):
        start = time.process_time()
        inputs = [list(map(engine, row)) for row in X]
        scores = list(map(model, inputs))
        hinges = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
        loss = sum(hinges) * (1.0 / len(hinges)) + 1e-4 * sum(p * p for p in model.parameters())
        for p in model.parameters():
            p.grad = 0.0
        loss.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.009 * step) * p.grad
        losses.append(loss.data)
        seconds.append(time.process_time() - start)
    return losses, seconds


def run(title: str, kind: str) -> None:
    """Run one kind and print what it gave, for the process that asked and that sends the points."""
    program, beside, kinds = TABLES[title]
    engine, collector, steps = kinds[kind]
    points = json.load(sys.stdin)
    if beside:
        import sklearn.datasets  # noqa: F401 - to be there
    if collector == "off":
        gc.disable()
    with paused_collector() if collector == "paused" else nullcontext():
        if program == "moons":
            losses, seconds = moons(engine, steps, *points)
        else:
            losses, seconds = scalar_gpt.train(steps, Value if engine == "Value" else scalar_gpt.Value)
    found = {"losses": losses, "seconds": statistics.mean(seconds), "median": statistics.median(seconds)}
    print(json.dumps(found))


# --- comparing -------------------------------------------------------------------------------------


def points() -> str:
    """The demonstration's points and labels, as text for another process."""
    from numpy.random import RandomState
    from sklearn.datasets import make_moons

    X, y = make_moons(n_samples=100, noise=0.1, random_state=RandomState(1337))
    return json.dumps([X.tolist(), (y * 2 - 1).tolist()])


def measured(title: str, kind: str, text: str) -> Any:
    """What a process of its own prints for one kind."""
    command = [sys.executable, __file__, "--run", title, kind]
    done = subprocess.run(command, check=True, capture_output=True, text=True, input=text)
    return json.loads(done.stdout)


def disagreement(found: list[float], expected: list[float]) -> float:
    """The largest relative difference of the losses that both have."""
    return max(abs(a - b) / abs(b) for a, b in zip(found, expected, strict=False))


def ratio(rounds: list[Any], base: str, kind: str) -> str:
    """How many times as fast as the base: median, lowest and highest round."""
    found = [r[base]["seconds"] / r[kind]["seconds"] for r in rounds]
    return f"{statistics.median(found):6.1f} ({min(found):.1f} to {max(found):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="processes of each kind (default: 5)")
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        run(*arguments.run)
        return
    text = points()
    rounds = [
        {
            title: {kind: measured(title, kind, text) for kind in kinds}
            for title, (_, _, kinds) in TABLES.items()
        }
        for _ in range(arguments.rounds)
    ]
    print(f"base of the moons: {baseline()[1]}")
    worst = max(show(title, [r[title] for r in rounds]) for title in TABLES)
    print(f"losses agree to {worst:.0e}")
    if worst > TOLERANCE:
        raise SystemExit(f"that is more than {TOLERANCE:.0e}: something is computed differently")


def show(title: str, rounds: list[Any]) -> float:
    """Print a table; gives the largest disagreement of losses in it."""
    program, _, kinds = TABLES[title]
    bases, worst = BASES[program], 0.0
    heads = "".join([f"{'times ' + base:24}" for base in bases])
    print(f"\n{title}, ms a step".ljust(45) + f"{'mean':>8}{'median':>9}   {heads}")
    for kind in kinds:
        mean, median = (
            1e3 * statistics.median(r[kind][key] for r in rounds) for key in ("seconds", "median")
        )
        ratios = "".join([f"{ratio(rounds, base, kind):24}" for base in bases])
        print(f"  {kind:42}{mean:8.1f}{median:9.1f}   {ratios}")
        worst = max(worst, disagreement(rounds[0][kind]["losses"], rounds[0][bases[0]]["losses"]))
    return worst


if __name__ == "__main__":
    main()
