"""How fast layers train, beside the bare matrix products, plain NumPy, PyTorch, scikit-learn, jax and thinc.

Each process first compares losses, from the same weights on the same batches, and gradients where they can
be had. Then all contenders take steps in turn, round by round, on one thread, and each round gives a ratio to
every other. Shown is the median of the processes, each the median of its rounds, with the lowest and the
highest. Time is of the processor, which leaves out when others had it; what they do to its cache it does not.
PyTorch 2.13.0 is what our targets compare with.

python benchmarks/layers.py
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
from contenders import (
    MOONS,
    SIZES,
    XOR,
    Case,
    Contenders,
    Data,
    blog,
    compare,
    jax,
    make_data,
    products,
    pytorch,
    scikit_learn,
    scikit_loss,
    thinc,
    whygrad,
)
from measuring import (
    Row,
    Table,
    agree,
    at_least,
    at_most,
    beside,
    command_line,
    in_turn,
    installed,
    medians,
    processes,
)

SECONDS, ROUNDS = 0.06, 5  # of a contender's turn; turns of each
TIMES = at_least(None)


def large(kind: str, batch: int) -> Case:
    label = {"sgd": "SGD with momentum", "adam": "Adam"}[kind]
    return Case(f"{label}, batch {batch}", SIZES, "relu", "softmax", kind, batch)


LARGE = {  # case: targets beside PyTorch, the bare matrix products, scikit-learn
    large("sgd", 32): (at_most(0.48, 0.43), at_most(1.95), at_least(2, 2.3)),
    large("sgd", 64): (at_most(0.57, 0.52), at_most(1.78), TIMES),
    large("sgd", 128): (at_most(0.67, 0.64), at_most(1.58), TIMES),
    large("sgd", 512): (at_most(0.82, 0.79), at_most(1.42), at_least(1.4, 1.5)),
    large("adam", 32): (at_most(0.46, 0.42), None, at_least(2.4, 2.8)),
    large("adam", 64): (at_most(0.50, 0.47), None, TIMES),
    large("adam", 128): (at_most(0.60, 0.56), None, TIMES),
    large("adam", 512): (at_most(0.79, 0.72), None, at_least(1.4, 1.5)),
}
TINY = {  # case: target beside PyTorch
    XOR: at_most(0.06, 0.045),
    Case("XOR 2-4-1, sigmoid", (2, 4, 1), "sigmoid", "mse", "plain", 4): at_most(0.06, 0.045),
    MOONS: at_most(0.11, 0.095),
}
OTHERS = (
    "NumPy as in a blog",
    "products, batch, update",
    "PyTorch, fused optimizer",
    "thinc",
    "jax.jit",
    "jax, many steps in a call",
)


# --- in a process of its own ------------------------------------------------------------------------------


def contenders(case: Case, data: Data) -> Contenders:
    """Those that are installed; those without a target take part with two batches only."""
    large, others = case in LARGE, case in TINY or case.batch in (32, 512)
    found: Contenders = {"whygrad": whygrad(case, data)}
    if installed("torch"):
        found["PyTorch"] = pytorch(case, data)
    if others:
        found["NumPy as in a blog"] = blog(case, data)
        if large and installed("torch"):
            found["PyTorch, fused optimizer"] = pytorch(case, data, fused=True)
        if case.optimizer == "adam" and installed("thinc"):
            found["thinc"] = thinc(case, data), None
        if installed("jax"):
            found["jax.jit"] = jax(case, data), None
            found["jax, many steps in a call"] = jax(case, data, looped=True), None
    return found


def measure(*names: str) -> dict[str, Any]:
    """Each of these cases, one after the other: what peers take to be loaded is taken once."""
    return {case.name: measure_case(case) for case in [*LARGE, *TINY] if case.name in names}


def measure_case(case: Case) -> dict[str, Any]:
    """Microseconds a step of each contender, and their ratios."""
    data = make_data(case)
    found = contenders(case, data)
    losses = compare(case.name, found)
    steps = {name: steps for name, (steps, _) in found.items()}
    if case in LARGE:
        expected = scikit_loss(case, data, len(losses))
        agree(f"{case.name}, scikit-learn", [float(np.mean(losses))], [expected], 1e-5)
        steps["scikit-learn"] = scikit_learn(case, data)
        steps["matrix products"] = products(case, data)
        steps["products, batch, update"] = products(case, data, floor=True)
    return medians(in_turn(steps, ROUNDS, SECONDS, longer={"scikit-learn": 4}))


# --- tables -----------------------------------------------------------------------------------------------


@cache
def in_processes(names: tuple[str, ...], runs: int) -> list[Any]:
    """What each process found, for all tables that tell of it."""
    return processes(runs, measure, *names)


def measured(case: Case, runs: int) -> list[Any]:
    """The same for one case; those of an optimizer, and the tiny ones, share their processes."""
    group = [other.name for other in [*LARGE, *TINY] if other.optimizer == case.optimizer]
    return [found[case.name] for found in in_processes(tuple(group), runs)]


def large_rows(peer: int, runs: int) -> list[Row]:
    """Every large case beside PyTorch, the products or scikit-learn."""
    names = ("PyTorch", "matrix products", "scikit-learn")
    return [
        beside(case.name, measured(case, runs), "whygrad", names[peer], target[peer])
        for case, target in LARGE.items()
    ]


def other_rows(runs: int) -> list[Row]:
    """What has no target."""
    return [
        beside(case.name, measured(case, runs), "whygrad", peer)
        for case in LARGE
        if case.batch in (32, 512)
        for peer in OTHERS
        if peer != "thinc" or case.optimizer == "adam"
    ]


def tiny_rows(runs: int) -> list[Row]:
    """Every tiny case beside PyTorch and the others."""
    return [
        beside(case.name, measured(case, runs), "whygrad", peer, target if peer == "PyTorch" else None)
        for case, target in TINY.items()
        for peer in ("PyTorch", "NumPy as in a blog", "jax.jit", "jax, many steps in a call")
    ]


TABLES = [
    Table(
        "layers",
        "Layers beside PyTorch",
        "784-128-64-10, ReLU, softmax with cross-entropy, float32, one thread. A step gathers its batch, "
        "computes loss and gradient, updates, and gives the loss as a number; all take steps in turn. "
        "PyTorch is eager, with its optimizer as it comes. Losses agree to 1e-5, gradients to 1e-4.",
        partial(large_rows, 0),
    ),
    Table(
        "products",
        "Layers beside the bare matrix products",
        "The same steps, beside the matrix products of a step in NumPy and nothing else.",
        partial(large_rows, 1),
    ),
    Table(
        "scikit-learn",
        "Layers beside scikit-learn",
        "The same steps, beside `MLPClassifier.fit`: what it does around its steps is spread over them. "
        "Losses agree to 1e-5.",
        partial(large_rows, 2),
    ),
    Table(
        "others",
        "Layers beside others",
        "The same steps. Products, batch and update are what NumPy cannot do without. jax donates its "
        "state; many steps in a call give one loss, the last. thinc has no SGD with momentum. Losses "
        "agree to 1e-5.",
        other_rows,
    ),
    Table(
        "tiny",
        "Tiny networks as layers",
        "Full batch, gradient descent, float32, one thread, in turn. XOR with cross-entropy, or a sigmoid "
        "and squares; moons, 100 rows, with ReLU. Losses agree to 1e-5, gradients of PyTorch and NumPy "
        "to 1e-4.",
        tiny_rows,
    ),
]

if __name__ == "__main__":
    command_line(__doc__, TABLES)
