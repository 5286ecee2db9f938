"""How fast single values are, beside the engines that people know; losses have to agree.

Two programs, each with only its engine replaced:

- the demonstration of micrograd: two moons, 100 points, a perceptron 2-16-16-1 of single operations, 65,619
  nodes a step. Also with our MLP, which makes one node for each neuron.
- a GPT in plain Python (scalar_gpt.py), with the engine it brings and with ours.

Most of the time of such a program is Python's garbage collector, which now and then looks at everything
there is. So there are two bases: D, the collector as Python has it, and C, the collector off, for the first
three steps of a process (micrograd's reference cycles pile up then). And the moons are run twice: alone in
memory, and beside scikit-learn, which the demonstration loads for its points: 115,000 objects more.

Every kind of run has processes of its own, all kinds in turn. Figures are means over the steps of a process,
in time of the processor; a ratio is taken within a round.

python benchmarks/scalar.py
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from contextlib import nullcontext
from functools import partial
from itertools import pairwise
from typing import Any

import scalar_gpt
from measuring import Row, Table, agree, at_least, command_line, in_process, installed

from whygrad import MLP, Value
from whygrad.autodiff import paused_collector

TOLERANCE = 1e-12  # of losses, relative
MOONS = {  # kind: (engine, collector, steps)
    "micrograd, D": ("micrograd", "on", 10),
    "micrograd, C": ("micrograd", "off", 3),
    "`Value`": ("Value", "on", 24),
    "`Value`, collector paused": ("Value", "paused", 15),
    "`MLP`": ("MLP", "on", 100),
    "`MLP`, collector paused": ("MLP", "paused", 50),
}
GPT = {
    "its own engine": ("own", "on", 8),
    "`Value`": ("Value", "on", 8),
    "`Value`, collector paused": ("Value", "paused", 8),
}
TARGETS = {
    ("`Value`", "micrograd, D"): at_least(8, 12),
    ("`Value`, collector paused", "micrograd, D"): at_least(15, 25),
    ("`Value`, collector paused", "micrograd, C"): at_least(2, 3),
    ("`MLP`", "micrograd, D"): at_least(90, 250),
    ("`MLP`", "micrograd, C"): at_least(10, 25),
    ("`Value`", "its own engine"): at_least(1, 2),
}
TIMES = at_least(None)  # without a target: told all the same as how many times as fast

# --- the programs, each run in a process of its own ------------------------------------------------


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
    engine: Any = Value
    if kind == "micrograd":
        from micrograd.engine import Value as engine
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


def run(program: str, beside: bool, kind: str, points: Any) -> dict[str, Any]:
    """The losses of one kind, and the mean of its steps in milliseconds."""
    engine, collector, steps = (MOONS if program == "moons" else GPT)[kind]
    if beside:
        import sklearn.datasets  # noqa: F401 - to be there
    if collector == "off":
        gc.disable()
    with paused_collector() if collector == "paused" else nullcontext():
        if program == "moons":
            losses, seconds = moons(engine, steps, *points)
        else:
            losses, seconds = scalar_gpt.train(steps, Value if engine == "Value" else scalar_gpt.Value)
    return {"losses": losses, "time": 1e3 * statistics.mean(seconds)}


# --- comparing -------------------------------------------------------------------------------------


def points() -> tuple[list[list[float]], list[int]]:
    """The demonstration's points and labels, made here so that what makes them is not in those processes."""
    from numpy.random import RandomState
    from sklearn.datasets import make_moons

    X, y = make_moons(n_samples=100, noise=0.1, random_state=RandomState(1337))
    return X.tolist(), (y * 2 - 1).tolist()


def rows(program: str, beside: bool, runs: int) -> list[Row]:
    """Each kind of ours beside each base."""
    data = points() if program == "moons" else None
    kinds = MOONS if program == "moons" else GPT
    there = [kind for kind in kinds if "micrograd" not in kind or installed("micrograd")]
    rounds = [{kind: in_process(run, program, beside, kind, data) for kind in there} for _ in range(runs)]
    for kind in there:
        agree(f"{program}, {kind}", rounds[0][kind]["losses"], rounds[0][there[0]]["losses"], TOLERANCE)
    figures = {kind: [found[kind]["time"] for found in rounds] for kind in there}
    bases = [kind for kind in kinds if "`" not in kind]
    return [
        Row(kind, "ms", figures[kind], base, figures.get(base), TARGETS.get((kind, base), TIMES))
        for kind in kinds
        for base in bases
        if kind not in bases
    ]


TABLES = [
    Table(
        "value",
        "Micrograd's demonstration with `Value`, alone in memory",
        "100 points, a perceptron 2-16-16-1 of single operations, only the import replaced; also with our "
        "`MLP`. Mean time of a step, each kind in a process of its own, all in turn. D: micrograd with "
        "Python's collector as it is; C: with the collector off, the first three steps. Losses agree to "
        "1e-12.",
        partial(rows, "moons", False),
    ),
    Table(
        "value-beside",
        "The same beside scikit-learn, which the demonstration loads",
        "115,000 objects more for the collector to look at.",
        partial(rows, "moons", True),
    ),
    Table(
        "gpt",
        "A GPT in plain Python with `Value`",
        "Its own engine (slots, no closures) replaced by ours, 8 steps of Adam; mean time of a step, each "
        "kind in a process of its own, in turn. Losses agree to 1e-12.",
        partial(rows, "gpt", False),
    ),
]

if __name__ == "__main__":
    command_line(__doc__, TABLES)
