"""The generated methods of Value, a plain reading of the rows, and Tensor: three ways to the same numbers."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whygrad import Tensor, Value
from whygrad.autodiff.generate import METHODS
from whygrad.autodiff.node import sweep
from whygrad.autodiff.table import TABLE

UNARY = [row for row, names in METHODS.items() if TABLE[row].inputs == ("a",)]
BINARY = [row for row in METHODS if row not in UNARY]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 1 / 3, 1e-308, 1e308, -1e308, 720.0, -750.0]
SPECIAL += [math.inf, -math.inf, math.nan]
numbers = st.sampled_from(SPECIAL) | st.floats(-50, 50)


def bits(*floats):
    """The bytes of floats; which of the many NaNs it is does not matter."""
    assert all(type(x) is float for x in floats)
    return [b"nan" if x != x else struct.pack("<d", x) for x in floats]


def method(row):
    """What an operator or a method calls."""
    return getattr(Value, METHODS[row][0])


def alike(actual, expected):
    if math.isnan(expected) or math.isinf(expected):
        return bits(float(actual)) == bits(expected)
    return abs(actual - expected) <= 1e-12 * max(1.0, abs(expected))


@pytest.mark.parametrize("row", UNARY)
@given(a=numbers)
@settings(max_examples=40, deadline=None)
def test_one_operand(row, a):
    agree(row, [a], method(row)(Value(a)))


@pytest.mark.parametrize("row", BINARY)
@given(a=numbers, b=numbers)
@settings(max_examples=60, deadline=None)
def test_two_operands(row, a, b):
    agree(row, [a, b], method(row)(Value(a), Value(b)))


@pytest.mark.parametrize("row", BINARY)
@given(a=numbers, b=numbers)
@settings(max_examples=40, deadline=None)
def test_a_plain_number_beside_a_value(row, a, b):
    on_the_right = method(row)(Value(a), b)
    plain = Value.record(TABLE[row], (Value(a), b))
    assert bits(on_the_right.data, *on_the_right.locals) == bits(plain.data, *plain.locals)
    if METHODS[row][1]:
        on_the_left = getattr(Value, METHODS[row][1])(Value(b), a)
        plain = Value.record(TABLE[row], (a, Value(b)))
        assert bits(on_the_left.data, *on_the_left.locals) == bits(plain.data, *plain.locals)


def agree(row, operands, generated):
    plain = Value.record(TABLE[row], [Value(x) for x in operands])
    assert bits(generated.data, *generated.locals) == bits(plain.data, *plain.locals)
    if operands[0] == -math.inf and operands[-1] in (0.5, 1.5):
        return  # NumPy takes the square root for a power 0.5: NaN, where the power is inf
    leaves = [Tensor(x) for x in operands]
    with np.errstate(all="ignore"):
        node = TABLE[row](*leaves)
        found = sweep(node, np.ones(()))
    assert alike(float(node.data), generated.data)
    for leaf, local in zip(leaves, generated.locals, strict=True):
        assert alike(float(found[leaf]), local)


# A program: each step takes the results of two earlier ones.
steps = st.lists(st.tuples(st.sampled_from([*METHODS]), st.integers(0, 99), st.integers(0, 99)), max_size=25)


def run(program, leaves, call):
    nodes = list(leaves)
    for row, i, j in program:
        operands = [nodes[i % len(nodes)], nodes[j % len(nodes)]]
        nodes.append(call(row, operands[: len(TABLE[row].inputs)]))
    return sum(nodes[1:], nodes[0])


@given(program=steps, inputs=st.lists(numbers, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_whole_programs(program, inputs):
    leaves, others = [Value(x) for x in inputs], [Value(x) for x in inputs]
    loss = run(program, leaves, lambda row, operands: method(row)(*operands))
    plain = run(program, others, lambda row, operands: Value.record(TABLE[row], operands))
    assert bits(loss.data) == bits(plain.data)
    if math.isnan(loss.data):
        return
    loss.backward()
    found = sweep(plain, 1.0)
    # grad starts from 0.0, which makes a lone -0.0 positive
    assert bits(*[leaf.grad for leaf in leaves]) == bits(*[0.0 + found[leaf] for leaf in others])


@given(program=steps, inputs=st.lists(st.floats(0.3, 1.5), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_whole_programs_on_tensors(program, inputs):
    values, tensors = [Value(x) for x in inputs], [Tensor(x) for x in inputs]
    loss = run(program, values, lambda row, operands: method(row)(*operands))
    with np.errstate(all="ignore"):
        other = run(program, tensors, lambda row, operands: TABLE[row](*operands))
        sizes = [node.data for node in loss.ancestors()]
        if not all(1e-3 < abs(size) < 1e3 for size in sizes):
            return  # beyond it, one rounding more or less decides many digits
        loss.backward()
        other.backward()
    assert float(other.data) == pytest.approx(loss.data, rel=1e-12)
    slopes = [
        abs(value.grad) for value in values if not math.isnan(value.grad)
    ]  # by an exponent, of a base < 0
    largest = max(slopes, default=0.0)
    for value, tensor in zip(values, tensors, strict=True):
        near = pytest.approx(value.grad, rel=1e-12, abs=1e-12 * max(1.0, largest), nan_ok=True)
        assert float(tensor.grad) == near
