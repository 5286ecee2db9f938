"""What is found in a graph, counted and named."""

import numpy as np
import pytest

from whygrad import MLP, Value, compile
from whygrad.autodiff.program import MatrixProduct, Operation, Sum

from .graphs import HOWS, moons, network


@pytest.mark.parametrize("how", HOWS)
def test_a_network_is_its_matrix_products(how):
    build, parameters = network([2, 16, 3, 1], "relu", points=10)
    found = compile(build(), parameters=parameters, how=how).explain()
    products = [part for part in found.parts if isinstance(part, MatrixProduct)]
    assert [part.shapes for part in products] == [
        ((10, 2), (2, 16)),
        ((10, 16), (16, 3)),
        ((10, 3), (3, 1)),
    ]
    assert [part.multiplications for part in products] == [320, 480, 30]
    assert [part.operands for part in products] == [("plain numbers", "w1"), ("(2)", "w2"), ("(4)", "w3")]
    assert [part.added for part in products] == [("b1",), ("b2",), ("b3",)]
    assert (found.how, found.nodes) == (how, len(compile(build())))
    assert "320 multiplications are one (10 × 2)(2 × 16) product: plain numbers by w1, plus b1" in str(found)


def test_the_factors_are_the_nodes_themselves():
    build, parameters = network([2, 3, 1], points=4)
    product = compile(build(), parameters=parameters).explain().parts[0]
    assert isinstance(product, MatrixProduct)
    data = [
        np.array([[node.data for node in row] for row in matrix]) for matrix in (product.left, product.right)
    ]
    model_sums = sorted(node.data for node in product.members)
    np.testing.assert_allclose(sorted((data[0] @ data[1]).ravel()), model_sums, rtol=1e-12)


def test_the_moons_program_is_recognised_from_single_values():
    build, parameters = moons(8, (2, 5, 5, 1))
    parts = compile(build(), parameters=parameters).explain().parts
    shapes = [part.shapes for part in parts if isinstance(part, MatrixProduct)]
    assert set(shapes) >= {((8, 2), (2, 5)), ((8, 5), (5, 5)), ((8, 5), (5, 1)), ((1, 51), (51, 1))}
    assert [len(part.members) for part in parts if getattr(part, "name", "") == "relu"] == [40, 40, 8]


def test_sums_that_are_no_product_are_said_to_be_sums():
    a = [Value(k, label=f"a[{k}]") for k in range(6)]
    b = [Value(k, label=f"b[{k}]") for k in range(6)]
    sums = [a[k] * b[k] + a[k + 1] * b[k + 1] + 3 for k in range(0, 6, 2)]
    loss = sums[0].exp() + sums[1].exp() + sums[2].exp() + a[0]
    parts = compile(loss).explain().parts
    assert [type(part) for part in parts] == [Sum, Operation, Sum]
    assert [part.words for part in parts] == [
        "3 sums of 2 products each: a by b, plus 3",
        "3 exp at once: of (1)",
        "1 sum of 4 terms: of (2) and a",
    ]


def test_squares_are_a_vector_by_itself():
    w = [Value(k, label=f"w[{k}]") for k in range(5)]
    text = str(compile(sum(v * v for v in w)).explain())
    assert "5 multiplications are one (1 × 5)(5 × 1) product: w by itself" in text


def test_single_operations_are_counted_in_the_singular():
    a, b, c = (Value(2.0, label=word) for word in "abc")
    assert str(compile((a * b + c).tanh() / 2).explain()).splitlines() == [
        "8 nodes, replayed as straight-line Python. On arrays they are 3 operations:",
        " (1) 1 multiplication: b by a, plus c",
        " (2) 1 tanh: of (1)",
        " (3) 1 division: of (2) and 2",
    ]


def test_of_many_parts_the_largest_are_shown():
    x = Value(0.5)
    y = x
    for _ in range(40):
        y = (y + 1).sin()
    text = str(compile(y).explain())
    assert text.splitlines()[-1] == "and 50 smaller ones"
    assert len(text.splitlines()) == 32


def test_attention_is_found_whatever_order_its_sums_are_written_in():
    model = MLP(3, [4], activation=None)
    rows = [[Value(0.1 * k) for k in range(3)] for _ in range(5)]
    outputs = [model.forward(row) for row in rows]
    scores = [[sum(q * k for q, k in zip(a, b, strict=True)) for b in outputs] for a in outputs]
    loss = sum(score.exp() for row in scores for score in row)
    shapes = [
        part.shapes
        for part in compile(loss, parameters=model.parameters()).explain().parts
        if isinstance(part, MatrixProduct)
    ]
    assert shapes == [((5, 3), (3, 4)), ((5, 4), (4, 5))]
