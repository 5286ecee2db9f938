"""What a program takes, refuses and says; which numbers it holds; what a replay costs."""

import ast
import gc
import math
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import whygrad
from whygrad import Tensor, Value, compile
from whygrad.errors import DataError, GraphError, KindError, SettingError, ShapeError
from whygrad.optim import Adam, GradientDescent, Momentum

from .graphs import HOWS, moons, network


@pytest.fixture(params=HOWS)
def how(request):
    return request.param


def line():
    """(w x + b - 2)² and its leaves."""
    x, w, b = Value(3.0, label="x"), Value(0.5, label="w"), Value(0.0, label="b")
    return (w * x + b - 2.0) ** 2, x, w, b


# --- which numbers count -----------------------------------------------------------------------------


def test_inputs_are_given_at_each_replay_and_kept(how):
    loss, x, w, b = line()
    program = compile(loss, inputs=[x, b], parameters=[w], how=how)
    assert program.inputs == (x, b)
    assert program.forward([2.0, 1.0]) == 0.0
    assert program.forward() == 0.0
    assert program.forward(np.array([4.0, 0.5])) == 0.25
    assert program.step(0.1, (2, 0)) == 1.0
    assert program[w] == pytest.approx(0.9)
    assert (x.data, w.data) == (3.0, 0.5)  # the nodes keep theirs


def test_any_leaf_can_be_set(how):
    loss, x, w, b = line()
    program = compile(loss, parameters=[w], how=how)
    program[x], program[w], program[b] = 1.0, 4.0, -1
    assert program.forward() == 1.0
    assert (program[x], program[w], program[b]) == (1.0, 4.0, -1.0)


def test_data_set_on_the_nodes_count_after_reload(how):
    loss, x, w, _ = line()
    program = compile(loss, parameters=[w], how=how)
    x.data = 5.0
    assert program.forward() == 0.25
    program.reload()
    assert program.forward() == 0.25  # (0.5 · 5 - 2)²
    assert program[x] == 5.0


def test_a_plain_number_named_as_an_input_is_one(how):
    x = Value(3.0)
    two = Value.plain(2.0)
    program = compile(x * two + 1, inputs=[two], how=how)
    assert program.forward([5.0]) == 16.0
    program.backward()
    assert program.gradient_of(x) == 5.0


def test_read_back_writes_one_pass_onto_the_nodes(how):
    loss, x, w, b = line()
    program = compile(loss, parameters=[w, b], how=how)
    program.step(0.01)
    program.read_back()
    fresh_x, fresh_w, fresh_b = Value(x.data), Value(w.data), Value(b.data)
    fresh = (fresh_w * fresh_x + fresh_b - 2.0) ** 2
    fresh.backward()
    assert w.data != 0.5
    assert loss.data == pytest.approx(fresh.data, rel=1e-13)
    for node, other in [(x, fresh_x), (w, fresh_w), (b, fresh_b)]:
        assert node.grad == pytest.approx(other.grad, rel=1e-13)


def test_backward_replaces_gradients(how):
    loss, _, w, _ = line()
    program = compile(loss, how=how)
    program.forward()
    program.backward()
    once = program.gradient_of(w)
    program.backward()
    assert program.gradient_of(w) == once == -3.0


# --- optimizers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [lambda: GradientDescent(0.05), lambda: Momentum(0.05), lambda: Adam(0.05)])
def test_an_optimizer_moves_the_parameters_as_it_moves_any_vector(how, make):
    build, parameters = network([2, 4, 1])
    program, optimizer, alike = compile(build(), parameters=parameters, how=how), make(), make()
    order = program.parameters
    assert sorted(map(id, order)) == sorted(map(id, parameters))
    vector, gradient = np.array([p.data for p in order]), np.empty(len(order))
    for _ in range(5):
        loss = build()
        loss.zero_grad()
        loss.backward()
        gradient[:] = [p.grad for p in order]
        alike.step(vector, gradient)
        assert math.isclose(program.step(optimizer), loss.data, rel_tol=1e-11)
        for p, number in zip(order, vector, strict=True):
            p.data = float(number)
    np.testing.assert_allclose([program[p] for p in order], vector, rtol=1e-10)
    assert optimizer.steps_taken == 5


# --- refusals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [3.0, None, Tensor(np.ones(2)), [Value(1.0)]])
def test_a_loss_that_is_no_value_is_refused(loss):
    with pytest.raises(KindError, match=r"compile\(\) takes a loss that is a Value"):
        compile(loss)


def test_leaves_that_cannot_be_inputs_or_parameters_are_refused():
    loss, x, w, _ = line()
    hidden, constant = loss.parents
    for given, error, text in [
        (dict(inputs=[Value(1.0)]), GraphError, r"inputs\[0\] is no part of the graph"),
        (dict(inputs=[hidden]), GraphError, r"inputs\[0\] is computed, not given"),
        (dict(parameters=[x, w, x]), SettingError, r"parameters\[2\] is given twice"),
        (dict(inputs=[x], parameters=[x]), SettingError, r"parameters\[0\] is given twice"),
        (dict(parameters=[constant]), KindError, r"parameters\[0\] is a plain number and has no gradient"),
        (dict(parameters=[2.0]), KindError, r"parameters\[0\] is no Value"),
        (dict(inputs=x), KindError, r"inputs is a list of values"),
        (dict(inputs=3), KindError, r"inputs is a list of values"),
        (dict(how="numpy"), SettingError, r"unknown how='numpy'"),
    ]:
        with pytest.raises(error, match=text):
            compile(loss, **given)


def test_numbers_that_cannot_be_inputs_are_refused(how):
    loss, x, w, b = line()
    program = compile(loss, inputs=[x, b], parameters=[w], how=how)
    for given, error, text in [
        ([1.0], ShapeError, r"expected: 2 numbers\n  received: 1"),
        ([1.0, math.nan], DataError, "number 1 for the program is nan"),
        ([1.0, "a"], KindError, "takes numbers"),
        ([[1.0], [2.0]], KindError, "rows one after the other"),
        (1.0, KindError, "takes a list of numbers"),
        (np.array(1.0), KindError, "takes a list of numbers"),
    ]:
        with pytest.raises(error, match=text):
            program.forward(given)
    assert program.forward() == 0.25


def test_what_cannot_be_set_or_read_is_refused(how):
    loss, _, w, _ = line()
    program = compile(loss, parameters=[w], how=how)
    hidden, constant = loss.parents
    with pytest.raises(GraphError, match="a computed node cannot be set"):
        program[hidden] = 1.0
    with pytest.raises(GraphError, match="a plain number is part of the program"):
        program[constant] = 1.0
    with pytest.raises(GraphError, match="no part of the recorded graph"):
        program[Value(1.0)] = 1.0
    with pytest.raises(GraphError, match="this node is not computed yet"):
        program[hidden]
    with pytest.raises(GraphError, match="gradients are not computed yet"):
        program.gradient_of(w)
    with pytest.raises(GraphError, match=r"backward\(\) before forward\(\)"):
        program.backward()
    program.forward()
    program[w] = 1.0
    with pytest.raises(GraphError, match=r"call forward\(\) first"):
        program.backward()


@pytest.mark.parametrize("rate", [0, -0.1, math.nan, math.inf])
def test_a_rate_that_cannot_work_is_refused(how, rate):
    loss, _, w, _ = line()
    program = compile(loss, parameters=[w], how=how)
    with pytest.raises(SettingError, match="learning_rate must be above 0"):
        program.step(rate)
    with pytest.raises(KindError, match="a learning rate or an optimizer"):
        program.step("fast")
    assert program[w] == 0.5


@pytest.mark.parametrize("optimizer", [0.1, GradientDescent(0.1)])
def test_a_step_without_parameters_is_refused(how, optimizer):
    program = compile(line()[0], how=how)
    with pytest.raises(SettingError, match="no parameters to move"):
        program.step(optimizer)


@pytest.mark.parametrize("optimizer", [0.1, Adam(0.1)])
def test_nan_is_refused_and_nothing_moves(how, optimizer):
    x, w = Value(1.0, label="x"), Value(2.0, label="w")
    program = compile((x.log() * w).exp(), parameters=[x, w], how=how)
    program.step(optimizer)
    program[x] = -1.0
    before = program[w]
    with pytest.raises(GraphError, match="nan appears first at log of -1"):
        program.step(optimizer)
    assert (program[x], program[w]) == (-1.0, before)
    program.forward()
    with pytest.raises(GraphError, match="nan appears first at log of -1"):
        program.backward()
    program[x] = 1.0
    assert program.step(optimizer) == 1.0


# --- what a recording cannot hold ----------------------------------------------------------------------


def test_check_agrees_with_a_graph_without_branches(how):
    build, parameters = network([2, 4, 1], "relu")
    program = compile(build(), parameters=parameters, how=how)
    for _ in range(3):
        program.step(0.05)
        found = program.check(build)
        assert found, str(found)
    assert str(found) == f"{len(program)} nodes agree"


def test_check_finds_a_branch(how):
    x = Value(1.0, label="x")

    def build():
        return (x.sin() if x.data > 0 else x.cos()) * 2

    program = compile(build(), inputs=[x], how=how)
    assert program.check(build)
    program.forward([-1.0])
    found = program.check(build)
    assert not found
    assert "recorded as sin, now cos" in str(found)
    assert "a branch on .data went the other way" in str(found)


def test_check_finds_a_frozen_number(how):
    x = Value(1.0, label="x")

    def build():
        return (x - x.data / 2).exp()

    program = compile(build(), inputs=[x], how=how)
    program.forward([2.0])
    assert "the number was 0.5, now 1; it is computed from .data" in str(program.check(build))


def test_check_finds_other_operands_and_another_length(how):
    x, y = Value(1.0), Value(2.0)

    def build():
        high, low = (x, y) if x.data > y.data else (y, x)
        return high - low * 3

    program = compile(build(), inputs=[x], how=how)
    assert program.check(build)
    program.forward([5.0])
    assert "another leaf stands here now" in str(program.check(build))
    program.forward([1.0])
    assert "the recorded graph has 5 nodes, a fresh one 6" in str(program.check(lambda: build().exp()))
    with pytest.raises(KindError, match=r"build\(\) must return the loss"):
        program.check(lambda: 3.0)


def test_check_finds_other_operands(how):
    x = Value(1.0)
    e = x.exp()
    program = compile(e * x, inputs=[x], how=how)
    assert program.check(lambda: x.exp() * x)
    e = x.exp()
    assert str(program.check(lambda: e * e)).startswith("node 2: multiply of other operands")


# --- what a replay costs ---------------------------------------------------------------------------------


def test_replaying_makes_no_node(how):
    build, parameters = moons()
    program = compile(build(), parameters=parameters, how=how)

    def run():
        program.step(0.01)
        program.forward()
        program.backward()

    run()
    gc.collect()
    before = sum(isinstance(thing, Value) for thing in gc.get_objects())
    gc.disable()
    try:
        run()
        assert sum(isinstance(thing, Value) for thing in gc.get_objects()) == before
    finally:
        gc.enable()


def test_a_step_takes_as_many_calls_for_many_points_as_for_few():
    steps = []
    for points in (4, 40):
        build, parameters = moons(points, (2, 16, 16, 1))
        program = compile(build(), parameters=parameters, how="arrays")
        steps.append(program.explain().calls)
        body = next(
            node
            for node in ast.parse(program.source).body
            if isinstance(node, ast.FunctionDef) and node.name == "step"
        )
        assert steps[-1] - 2 <= len(body.body) <= steps[-1]
    assert steps[0] == steps[1] <= 42


def test_a_replay_on_arrays_holds_at_most_one_array_that_was_not_laid_out():
    build, parameters = moons(100, (2, 16, 16, 1))
    program = compile(build(), parameters=parameters, how="arrays")

    def run():
        program.step(0.01)
        program.forward()
        program.backward()

    run()
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 100 * 16 + 2_500  # the slopes of a layer's ReLU, chosen by `where`, are copied


def test_size_and_regularity_choose_the_form():
    build, parameters = network([2, 4, 1])
    assert compile(build(), parameters=parameters).how == "python"
    build, parameters = moons(20, (2, 8, 8, 1))
    assert compile(build(), parameters=parameters).how == "arrays"
    x = Value(0.5)
    y = x
    for _ in range(600):
        y = (y * 0.9).sin()
    assert len(compile(y)) > 1000
    assert compile(y).how == "python"  # nothing in it is alike
    assert repr(compile(y)) == "<program of 1,801 nodes, how='python': 0 inputs, 0 parameters>"


def test_without_numpy_a_program_is_python():
    program = """
import sys
sys.modules["numpy"] = None
from whygrad import compile, MLP, Value
network = MLP(2, [30, 30, 1])
loss = (network([0.5, 0.25]) - 1) ** 2 + sum(p * p for p in network.parameters())
from whygrad.errors import SettingError
class Optimizer:
    def step(self, vector, gradient):
        raise AssertionError
program = compile(loss, parameters=network.parameters())
first = program.step(0.01)
program.explain()
assert program.step(0.01) < first
assert len(program) > 1000 and program.how == "python"
for refused in (lambda: compile(loss, how="arrays"), lambda: program.step(Optimizer())):
    try:
        refused()
    except SettingError as error:
        print(error)
"""
    source = str(Path(whygrad.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {source!r}){program}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "how='arrays' needs NumPy" in done.stdout
    assert "an optimizer needs NumPy" in done.stdout


def test_the_source_can_be_read(how):
    loss, x, w, b = line()
    source = compile(loss, inputs=[x], parameters=[w, b], how=how).source
    ast.parse(source)
    assert "def forward(" in source
    assert "def step(" in source
    if how == "python":
        assert "(w, b) = parameters" in source
        assert "w * x" in source
