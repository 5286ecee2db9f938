"""The order of nodes, the reverse sweep, gradients of gradients, and that nothing stays behind."""

import gc
import math
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whygrad import Tensor, Value, gradients
from whygrad.autodiff.node import Node, sweep, topological_order
from whygrad.autodiff.op import Elementwise
from whygrad.autodiff.table import TABLE
from whygrad.errors import KindError

from .cases import CASES, central_differences, error

both = pytest.mark.parametrize("make", [Value, Tensor])


# --- order -----------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=40))
def test_parents_come_before_their_children(program):
    nodes = [Value(1.0), Value(2.0)]
    for i, j in program:
        nodes.append(nodes[i % len(nodes)] + nodes[j % len(nodes)])
    root = nodes[-1]
    order = topological_order(root)
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is root
    assert root.ancestors() == order
    assert all(place[parent] < place[node] for node in order for parent in node.parents)


@both
def test_a_shared_node_is_visited_once(make):
    x = make(1.0)
    y = x
    for _ in range(60):  # 2 ** 60 paths
        y = y + y
    assert len(topological_order(y)) == 61
    y.backward()
    assert x.grad == 2.0**60


# --- sweep -----------------------------------------------------------------------------------------


@both
def test_every_factor_can_be_observed(make):
    a, b = make(3.0), make(-2.0)
    seen = []
    loss = (a * b + a) * 5
    loss.backward(observe=lambda *factors: seen.append(factors))
    assert [(node.op.name, i, float(g), float(local), float(out)) for node, i, g, local, out in seen] == [
        ("multiply", 0, 1.0, 5.0, 5.0),
        ("add", 0, 5.0, 1.0, 5.0),
        ("add", 1, 5.0, 1.0, 5.0),
        ("multiply", 0, 5.0, -2.0, -10.0),
        ("multiply", 1, 5.0, 3.0, 15.0),
    ]


@both
def test_there_is_no_factor_of_a_constant_to_observe(make):
    x, seen = make(3.0), []
    (2 * x + 1).backward(observe=lambda node, i, *factors: seen.append((node.op.name, i)))
    assert seen == [("add", 0), ("multiply", 1)]


def test_a_row_that_is_not_elementwise_has_no_local_factor_to_observe():
    seen = []
    Tensor([1.0, 2.0]).sum().backward(observe=lambda *factors: seen.append(factors))
    ((_, i, upstream, local, contribution),) = seen
    assert (i, upstream, local) == (0, 1.0, None)
    np.testing.assert_array_equal(contribution, [1.0, 1.0])


@both
def test_a_sweep_stores_nothing(make):
    x = make(2.0)
    y = x * x
    found = sweep(y, y.unit_upstream())
    assert found[x] == 4
    assert not x.grad
    assert not y.grad


@both
def test_nothing_flows_into_what_needs_no_gradient(make):
    x = make(2.0)
    y = x * 3
    constant = y.parents[1]
    assert not constant.requires_grad
    assert constant not in sweep(y, y.unit_upstream())


def test_a_node_of_no_kind_does_nothing():
    for call in (
        lambda: Node.record(TABLE["exp"], [1.0]),
        lambda: Node.plain(1.0),
        lambda: Node().reading,
    ):
        with pytest.raises(TypeError, match="Node"):
            call()
    assert Node.no_grad() is None


# --- gradients -------------------------------------------------------------------------------------


@both
def test_derivatives_of_derivatives(make):
    x = make(0.7)
    y = x.sin() * x.exp()
    for k in range(1, 9):  # the k-th derivative of e^x sin x is 2^(k/2) e^x sin(x + kπ/4)
        (y,) = gradients(y, [x])
        assert float(y.data) == pytest.approx(2 ** (k / 2) * math.exp(0.7) * math.sin(0.7 + k * math.pi / 4))
    assert not x.grad


SCALAR = [
    row for row, op in TABLE.items() if isinstance(op, Elementwise) and row in CASES and not op.variadic
]


@pytest.mark.parametrize("row", SCALAR)
@pytest.mark.parametrize("point", [(0.6, 1.9), (-0.6, 1.2), (1.9, -0.6)])
def test_second_derivatives_of_numbers(row, point):
    op = TABLE[row]
    point = [
        abs(x) if row in ("log", "strong_log", "log1p", "sqrt", "power") else x
        for x in point[: len(op.inputs)]
    ]

    def slopes(xs, create_graph=False):
        """The sum of the first derivatives."""
        leaves = [Value(float(x)) for x in xs]
        return leaves, sum(gradients(op(*leaves), leaves, create_graph=create_graph))

    leaves, total = slopes(point, create_graph=True)
    for i, second in enumerate(gradients(total, leaves, create_graph=False)):
        numeric = central_differences(lambda xs: slopes(xs)[1], [*map(np.array, point)], i)
        assert error(second, numeric) <= 1e-7


@both
def test_what_an_output_does_not_depend_on_has_gradient_zero(make):
    x, other = make(2.0), make(math.inf)
    for create_graph in (True, False):
        found = gradients(x * x, [x, other], create_graph=create_graph)
        assert [float(d.data if create_graph else d) for d in found] == [4.0, 0.0]


@both
def test_plain_results_are_numbers_or_arrays(make):
    x = make(2.0)
    (slope,) = gradients(x * x, [x], create_graph=False)
    assert type(slope) is type(x.data)


def test_gradients_keep_shape_and_dtype():
    x, y = Tensor(np.ones((2, 3), np.float32)), Tensor(np.ones((3, 1)))
    for d, leaf in zip(gradients((x @ y).sum(), [x, y], create_graph=False), (x, y), strict=True):
        assert (d.shape, d.dtype) == (leaf.shape, leaf.dtype)
    for create_graph in (True, False):
        for d in gradients(x.sum(), [x, Tensor(np.ones((2, 3), np.float32))], create_graph=create_graph):
            assert (d.shape, d.dtype) == (x.shape, x.dtype)


@pytest.mark.parametrize("create_graph", [True, False])
def test_gradients_have_the_dtype_of_their_leaf_among_others(create_graph):
    narrow, wide = Tensor(np.full((2, 3), 0.5, np.float32)), Tensor(np.full((2, 1), 1.5))
    y = (narrow * wide + narrow).exp().sum()
    for d, leaf in zip(gradients(y, [narrow, wide], create_graph=create_graph), (narrow, wide), strict=True):
        assert (d.shape, d.dtype) == (leaf.shape, leaf.dtype)
    (first,) = gradients(y, [narrow])
    for d, leaf in zip(gradients(first.sum(), [narrow, wide]), (narrow, wide), strict=True):
        assert (d.shape, d.dtype) == (leaf.shape, leaf.dtype)
    expected = (2.5**2 * np.exp(1.25)) * np.ones((2, 3))  # ∂²y/∂narrow² = (wide + 1)² y
    np.testing.assert_allclose(gradients(first.sum(), [narrow])[0].data, expected, rtol=1e-6)


@both
def test_inputs_come_in_a_list(make):
    x = make(2.0)
    with pytest.raises(KindError, match="takes a list of nodes") as error:
        gradients(x * x, x)
    assert "hint: (dx,) = gradients(y, [x])" in str(error.value)


# --- depth and memory ------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "length"), [(Value, 100_000), (Tensor, 10_000)])
def test_long_chains(make, length):
    x = make(1.0)
    y = x
    for _ in range(length):
        y = y + 1e-3
    y.backward()
    assert x.grad == 1
    y.zero_grad()
    assert not x.grad


@pytest.mark.slow
def test_a_million_nodes_are_freed_without_recursion():
    y = leaf = Value(1.0)
    for _ in range(1_000_000):
        y = -y
    gone = weakref.ref(y.parents[0])
    y.backward()
    assert leaf.grad == 1.0
    del y
    assert gone() is None


def a_day_of_work(make):
    x = make(2.0)
    y = (x * x + 3 / x).tanh() ** 2
    y.backward()
    y.backward()
    (first,) = gradients(y, [x])
    gradients(first, [x])
    y.zero_grad()


@both
def test_no_cyclic_garbage(make):
    a_day_of_work(make)  # what is imported or cached on first use
    gc.collect()
    gc.disable()
    try:
        a_day_of_work(make)
        assert gc.collect() == 0
    finally:
        gc.enable()


@both
def test_a_graph_is_freed_with_its_last_reference(make):
    x = make(2.0)
    y = x * x
    inner = weakref.ref(y)
    z = y.exp()
    z.backward()
    del y
    assert inner() is not None
    del z
    assert inner() is None
