"""A program gives the numbers of the graph it was made from, however it is run."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whygrad import Value, compile
from whygrad.autodiff.node import topological_order
from whygrad.autodiff.op import elementwise
from whygrad.autodiff.table import TABLE

from .graphs import HOWS, moons, network, numbers, programs


def close(found, expected):
    scale = max([1.0, *map(abs, expected)])
    assert len(found) == len(expected)
    worst = max(abs(a - b) for a, b in zip(found, expected, strict=True))
    assert worst <= 1e-12 * scale, (worst, scale)


def dynamic(loss):
    """Data and gradients of every node, by the engine that records."""
    loss.zero_grad()
    loss.backward()
    order = topological_order(loss)
    return order, [node.data for node in order], [node.grad for node in order]


def made_alike(one, other):
    """Whether the builder, which keeps numbers small, took the same way for both."""
    return [node.op for node in topological_order(one)] == [node.op for node in topological_order(other)]


@pytest.mark.parametrize("how", HOWS)
@given(program=programs())
@settings(max_examples=150)
def test_every_number_and_gradient_is_that_of_the_graph(how, program):
    build, parameters, _ = program
    loss = build()
    order, data, gradients = dynamic(loss)
    compiled = compile(loss, parameters=parameters, how=how)
    assert compiled.how == how
    for _ in range(2):
        assert math.isclose(compiled.forward(), loss.data, rel_tol=1e-12, abs_tol=1e-12)
        compiled.backward()
        close([compiled[node] for node in order], data)
        close([compiled.gradient_of(node) for node in order], gradients)
    for node in order:
        node.grad = math.nan
    compiled.read_back()
    close([node.data for node in order], data)
    close([node.grad for node in order], gradients)


@pytest.mark.parametrize("how", HOWS)
@given(program=programs(), new=st.data())
@settings(max_examples=60)
def test_other_inputs_give_what_a_fresh_graph_gives(how, program, new):
    build, parameters, inputs = program
    loss = build()
    inputs = [x for x in inputs if x in topological_order(loss)]
    compiled = compile(loss, inputs=inputs, parameters=parameters, how=how)
    given_numbers = [new.draw(numbers) for _ in inputs]
    found = compiled.forward(given_numbers)
    for x, number in zip(inputs, given_numbers, strict=True):
        x.data = number
    fresh = build()
    if made_alike(fresh, loss):
        close([found], [fresh.data])


@pytest.mark.parametrize("how", HOWS)
@given(program=programs())
@settings(max_examples=60)
def test_steps_are_those_of_the_loop_that_records(how, program):
    build, parameters, _ = program
    first = build()
    compiled = compile(first, parameters=parameters, how=how)
    for _ in range(4):
        loss = build()
        if not made_alike(loss, first):
            return
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        close([compiled.step(0.01)], [loss.data])
        for p in parameters:
            p.data -= 0.01 * p.grad
        close([compiled[p] for p in parameters], [p.data for p in parameters])


SHAPES = [[1, 1], [1, 3, 1], [2, 4, 1], [3, 1, 2], [2, 4, 3, 2], [4, 8, 8, 1]]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("sizes", SHAPES, ids=str)
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "silu", "gelu", "softplus", "elu", None])
def test_networks(how, sizes, activation):
    run_beside(*network(sizes, activation), how)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(("points", "sizes"), [(1, (2, 3, 1)), (7, (2, 1, 1)), (8, (2, 5, 5, 1))])
def test_the_moons_program(how, points, sizes):
    run_beside(*moons(points, sizes), how)


def run_beside(build, parameters, how, steps=6, rate=0.05):
    compiled = compile(build(), parameters=parameters, how=how)
    for _ in range(steps):
        loss = build()
        dynamic(loss)
        assert math.isclose(compiled.forward(), loss.data, rel_tol=1e-12)
        compiled.backward()
        close([compiled.gradient_of(p) for p in parameters], [p.grad for p in parameters])
        assert math.isclose(compiled.step(rate), loss.data, rel_tol=1e-12)
        for p in parameters:
            p.data -= rate * p.grad
    close([compiled[p] for p in parameters], [p.data for p in parameters])


@pytest.mark.parametrize("graph", [lambda: network([3, 5, 4, 2], "silu"), lambda: moons()])
def test_straight_line_python_is_equal_to_the_last_bit(graph):
    build, parameters = graph()
    loss = build()
    order, data, gradients = dynamic(loss)
    compiled = compile(loss, parameters=parameters, how="python")
    compiled.forward()
    compiled.backward()
    assert [compiled[node] for node in order] == data
    assert [compiled.gradient_of(node) for node in order] == gradients
    assert compiled.step(0.1) == loss.data
    assert [compiled[p] for p in parameters] == [p.data - 0.1 * p.grad for p in parameters]


@pytest.mark.parametrize("how", HOWS)
def test_infinities_are_kept_as_on_the_graph(how):
    x, y = Value(0.0), Value(800.0)
    loss = 1 / x + y.exp() + (-1 * x).log().exp() + x.sqrt() * 0 + y**200
    compiled = compile(loss, how=how)
    assert compiled.forward() == loss.data == math.inf
    assert compiled.forward() == math.inf  # and a second time
    compiled.backward()
    loss.backward()
    assert compiled.gradient_of(y) == y.grad == math.inf


@pytest.mark.parametrize("how", HOWS)
def test_infinite_constants(how):
    x = Value(-2.0)
    loss = x * math.inf + 1.0
    compiled = compile(loss, how=how)
    assert compiled.forward() == -math.inf
    compiled.backward()
    assert compiled.gradient_of(x) == math.inf


@pytest.mark.parametrize("how", HOWS)
def test_a_row_of_ones_own(how):
    softsign = elementwise(
        "softsign",
        lambda xp, a, *, width=1.0: a / (width + xp.abs(a)),
        d_a=lambda xp, y, a, *, width=1.0: width / ((width + xp.abs(a)) * (width + xp.abs(a))),
    )
    try:
        values = [Value(0.1 * k + 0.05) for k in range(7)]
        loss = sum(softsign(v, width=2.0) + softsign(v) for v in values)
        loss.backward()
        compiled = compile(loss, how=how)
        assert math.isclose(compiled.forward(), loss.data, rel_tol=1e-13)
        compiled.backward()
        close([compiled.gradient_of(v) for v in values], [v.grad for v in values])
    finally:
        del TABLE["softsign"]


@pytest.mark.parametrize("how", HOWS)
def test_a_loss_that_is_a_leaf(how):
    w = Value(3.0)
    compiled = compile(w, parameters=[w], how=how)
    assert compiled.forward() == 3.0
    compiled.backward()
    assert compiled.gradient_of(w) == 1.0
    assert compiled.step(0.5) == 3.0
    assert compiled[w] == 2.5


@pytest.mark.parametrize("how", HOWS)
def test_a_parameter_that_the_loss_does_not_depend_on_stays(how):
    x, apart = Value(2.0), Value(7.0)
    compiled = compile(x * x, parameters=[apart, x], how=how)
    compiled.step(0.25)
    assert (compiled[x], compiled[apart]) == (1.0, 7.0)
    compiled.read_back()
    assert (x.data, x.grad, apart.data, apart.grad) == (1.0, 2.0, 7.0, 0.0)


@pytest.mark.parametrize("how", HOWS)
def test_depth_is_no_limit(how):
    x = Value(0.5)
    y = x
    for _ in range(1200):
        y = (y * 0.999).sin() + x
    expected = y.data
    compiled = compile(y, parameters=[x], how=how)
    assert math.isclose(compiled.forward(), expected, rel_tol=1e-12)
    compiled.backward()
    y.backward()
    assert math.isclose(compiled.gradient_of(x), x.grad, rel_tol=1e-12)
    assert compiled.step(1e-9) == compiled.forward() or math.isclose(
        expected, compiled.forward(), rel_tol=1e-6
    )


@pytest.mark.parametrize("how", HOWS)
def test_long_sums_and_wide_neurons_are_no_limit(how):
    from whygrad import Neuron

    neuron = Neuron(1500, "tanh", weights="ones")
    values = [Value(0.001 * (k % 7)) for k in range(1500)]
    total = sum(v * v for v in values) + neuron(values)
    compiled = compile(total, parameters=neuron.parameters(), how=how)
    assert math.isclose(compiled.step(1e-6), total.data, rel_tol=1e-12)
