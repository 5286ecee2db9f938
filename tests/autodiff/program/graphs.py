"""Graphs to compile: random expressions over shared and per-row leaves, and networks."""

import random
from itertools import pairwise

from hypothesis import strategies as st

from whygrad import MLP, Value
from whygrad.autodiff.ops import elementwise as rows

HOWS = ["python", "arrays"]


def positive(x):
    return abs(x) + 0.5


UNARY = {
    "neg": lambda a: -a,
    "abs": lambda a: abs(a),
    "exp": lambda a: a.tanh().exp(),
    "expm1": lambda a: a.sin().expm1(),
    "log": lambda a: positive(a).log(),
    "log1p": lambda a: positive(a).log1p(),
    "sqrt": lambda a: positive(a).sqrt(),
    "square": lambda a: a.tanh() ** 2,
    "cube": lambda a: a.sin() ** 3.0,
    "root": lambda a: positive(a) ** 0.5,
    "inverse": lambda a: positive(a) ** -1,
    "raise": lambda a: 1.5 ** a.cos(),
    "reflected divide": lambda a: 2.0 / positive(a),
    "reflected subtract": lambda a: 0.25 - a,
    "scaled": lambda a: 0.7 * a + 0.1,
    "zero": lambda a: a + 0,
    "leaky": lambda a: a.leaky_relu(0.2),
    "elu": lambda a: a.elu(1.3),
    "sign": lambda a: rows.sign(a) + a,
    "step": lambda a: rows.step(a) * a,
    "dropped": lambda a: rows.dropout(a, 1.25) - rows.dropout(a, 0.0),
    "strong": lambda a: rows.strong_multiply(rows.step(a), a),
    **{word: getattr(Value, word) for word in "sin cos tanh relu sigmoid silu softplus gelu".split()},
}
BINARY = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / positive(b),
    "power": lambda a, b: positive(a) ** b.tanh(),
    "maximum": Value.maximum,
    "minimum": Value.minimum,
    "sum of products": lambda a, b: a * b + b * 0.3 + a,
    "right fold": lambda a, b: a + (b + (a * b + 0.5)),
    "fold of folds": lambda a, b: (a + b * a) + (b + a * a),
}
MANY = {
    "sum": sum,
    "neuron": lambda values: sum((v * w for v, w in pairwise(values)), values[0]),
    "weighted": lambda values: Value.record(
        rows.weighted_sum, [values[0], *values[: len(values) // 2], *values[-(len(values) // 2) :]]
    ),
}

instruction = st.tuples(
    st.sampled_from([*UNARY, *BINARY, *MANY]), st.lists(st.integers(0, 99), min_size=2, max_size=5)
)
numbers = st.floats(-2, 2).map(lambda x: round(x, 3))


KINKED, SUMS = ("maximum", "minimum"), ("reflected subtract", "scaled")
NEAR = 1e-9  # below, rounding decides on which side of a kink a sum lies


def expression(steps, shared, row):
    """One row's result: each instruction works on what is there so far.

    Sums that cancel are moved away from 0: a program adds in another order, and would find another side.
    """
    pool = [*shared, *row]
    for word, picks in steps:
        picked = [pool[-1], *[pool[k % len(pool)] for k in picks]]
        if word in UNARY:
            made = UNARY[word](picked[0])
        elif word in BINARY:
            a, b = picked[1], picked[0]
            tie = word in KINKED and a is not b and abs(a.data - b.data) < NEAR
            made = BINARY["add" if tie else word](a, b)
        else:
            made = MANY[word](picked)
        if (word not in UNARY or word in SUMS) and abs(made.data) < NEAR:
            made = made + 0.37
        pool.append(made if abs(made.data) < 30 else made.tanh())
    return pool[-1]


@st.composite
def programs(draw):
    """(build, parameters, inputs): ``build()`` records the loss anew from the leaves."""
    steps = draw(st.lists(instruction, min_size=0, max_size=8))
    count, width = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    shared = [Value(draw(numbers), label=f"w{k}") for k in range(draw(st.integers(1, 4)))]
    inputs = [[Value(draw(numbers)) for _ in range(width)] for _ in range(count)]

    def build():
        results = [expression(steps, shared, row) for row in inputs]
        if len(results) == 1:
            return results[0]
        return sum((result - 0.5 * k) ** 2 for k, result in enumerate(results)) * (1 / count)

    return build, shared, [x for row in inputs for x in row]


def network(sizes, activation="tanh", output=None, points=5, seed=3):
    """(build, parameters): the mean squared error of a scalar network on random points."""
    rng = random.Random(seed)
    model = MLP(sizes[0], sizes[1:], activation, output, rng=rng)
    points = [([rng.uniform(-1, 1) for _ in range(sizes[0])], rng.uniform(-1, 1)) for _ in range(points)]

    def build():
        losses = [sum((out - target) ** 2 for out in model.forward(row)) for row, target in points]
        return sum(losses) / len(losses)

    return build, model.parameters()


def moons(points=8, sizes=(2, 5, 5, 1), seed=1):
    """(build, parameters): micrograd's demonstration, hinge loss and penalty, built from single values."""
    rng = random.Random(seed)
    layers = [
        [([Value(rng.uniform(-1, 1)) for _ in range(inputs)], Value(0)) for _ in range(outputs)]
        for inputs, outputs in pairwise(sizes)
    ]
    parameters = [p for layer in layers for ws, b in layer for p in [*ws, b]]
    data = [([rng.uniform(-1, 1), rng.uniform(-1, 1)], rng.choice([-1, 1])) for _ in range(points)]

    def score(x):
        for layer in layers:
            x = [sum((w * v for w, v in zip(ws, x, strict=True)), b) for ws, b in layer]
            x = [a.relu() for a in x] if layer is not layers[-1] else x
        return x[0]

    def build():
        losses = [(1 + -label * score(list(map(Value, row)))).relu() for row, label in data]
        return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)

    return build, parameters
