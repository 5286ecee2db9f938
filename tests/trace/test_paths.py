"""Paths to the loss: their products add up, the largest come first, and counting needs no listing."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest

from whygrad import Tensor, Value
from whygrad.errors import DataError, SettingError, ShapeError
from whygrad.runs.step import StepSettings, open_session
from whygrad.trace import observe, paths


def random_graph(seed):
    """A random expression of a few leaves, with much sharing."""
    rng = random.Random(seed)
    leaves = [Value(rng.uniform(-1.5, 1.5), label=f"x{k}") for k in range(3)]
    values = list(leaves)
    for _ in range(rng.randint(3, 12)):
        a, b = rng.choice(values), rng.choice(values)
        values.append(rng.choice([lambda a, b: a + b, lambda a, b: a * b, lambda a, b: (a - b).tanh()])(a, b))
    return leaves, values[-1] * 1.0 + leaves[0]


def every_path(node, leaf):
    """Products of local derivatives along all paths, by plain recursion."""
    if node is leaf:
        return [1.0]
    found = []
    for i, parent in enumerate(node.parents):
        if parent.requires_grad:
            found += [product * node.locals[i] for product in every_path(parent, leaf)]
    return found


@pytest.mark.parametrize("seed", range(60))
def test_paths_are_those_that_recursion_finds(seed):
    leaves, loss = random_graph(seed)
    trace = observe(loss)
    expected = sorted(every_path(loss, leaves[0]), key=abs)
    found = paths(trace, "x0", most=10**6)
    assert found.count == len(expected)
    assert found.complete
    assert np.allclose(sorted(map(abs, expected)), sorted(abs(p.product) for p in found.shown), rtol=1e-9)
    loss.backward()
    scale = max(1.0, found.total_size)
    assert abs(math.fsum(p.product for p in found.shown) - leaves[0].grad) <= 1e-12 * scale
    assert math.isclose(found.gradient, leaves[0].grad, rel_tol=1e-9, abs_tol=1e-12)
    assert math.isclose(found.total_size, sum(map(abs, expected)), rel_tol=1e-9)
    sizes = [abs(p.product) for p in found.shown]
    assert all(b <= a * (1 + 1e-12) for a, b in itertools.pairwise(sizes))
    for path in found.shown:
        assert math.isclose(math.prod(s.local.value for s in path.steps), path.product, rel_tol=1e-12)
        assert path.steps[-1].into == "L"


def test_more_paths_than_anybody_could_list():
    x = Value(1.0, label="x")
    y = x
    for _ in range(60):
        y = y * 0.5 + y * 0.25
    found = paths(observe(y), "x", most=3)
    assert found.count == 2**60
    assert len(found.shown) == 3
    assert math.isclose(found.gradient, 0.75**60, rel_tol=1e-9)
    assert math.isclose(found.total_size, 0.75**60, rel_tol=1e-9)
    assert found.shown[0].product == 0.5**60
    assert math.isclose(found.share, (0.5**60 + 2 * 0.5**59 * 0.25) / 0.75**60, rel_tol=1e-9)


def test_paths_of_layers_and_of_one_sample():
    trace = open_session("iris", StepSettings(layers=(3,))).observe()
    found = paths(trace, "W1", (0, 1), most=100)
    assert found.count == 4 * 3
    assert math.isclose(math.fsum(p.product for p in found.shown), trace["dW1"][0, 1], rel_tol=1e-9)
    one = paths(trace, "W1", (0, 1), sample=2)
    assert one.count == 3
    assert all(path.steps[0].into == "z1[2,1]" for path in one.shown)


def test_paths_through_tensors():
    w = Tensor(np.array([[0.5, -1.0]]), label="w")
    loss = ((w * w).sum() + w.mean()) ** 2
    found = paths(observe(loss), "w", (0, 1))
    loss.backward()
    assert math.isclose(math.fsum(p.product for p in found.shown), w.grad[0, 1], rel_tol=1e-12)


def test_what_has_no_paths_is_refused():
    trace = observe(Value(1e308, label="a") * 10 * 2.0)
    with pytest.raises(DataError, match=r"inf appears first in v1 = a·10"):
        paths(trace, "a")
    good = observe(Value(2.0, label="a") * 3.0)
    with pytest.raises(SettingError, match="at least one path"):
        paths(good, "a", most=0)
    with pytest.raises(SettingError, match="does not depend on 3"):
        paths(good, "3")
    big = open_session("digits", StepSettings(layers=(150, 120), batch_size=60)).observe()
    with pytest.raises(ShapeError, match="at most 50,000 edges"):
        paths(big, "W1", (1, 0))
