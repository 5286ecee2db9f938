"""Every row's derivatives on arrays, against numbers that come from its forward rule alone."""

import numpy as np
import pytest

from whygrad import Tensor, gradients
from whygrad.autodiff.readings.arrays import ARRAYS
from whygrad.autodiff.readings.complexes import COMPLEXES
from whygrad.autodiff.table import TABLE

from .cases import (
    BINARY,
    CASES,
    central_differences,
    differentiable,
    each_case,
    error,
    every_case,
    is_floats,
    moved,
)


def upstream_for(y):
    return np.array(np.random.default_rng(1).standard_normal(np.shape(y)))


def pulled(op, inputs):
    """Output, upstream and the gradient by each differentiable input, from the rules themselves."""
    y = np.asarray(op.forward(ARRAYS, *inputs))
    g = upstream_for(y)
    return g, {i: op.pull(i, ARRAYS, g, y, inputs) for i in differentiable(op, inputs)}


def test_every_row_has_a_case():
    assert set(CASES) == set(TABLE)
    assert all(CASES.values())


@every_case
def test_gradients_equal_the_complex_step(op, inputs):
    g, found = pulled(op, inputs)
    for i, gradient in found.items():
        exact = np.zeros(inputs[i].shape)
        for index in np.ndindex(exact.shape):
            y = op.forward(COMPLEXES, *moved(inputs, i, index, 1e-20j))
            exact[index] = np.sum(g * np.imag(y)) / 1e-20
        assert error(gradient, exact) <= 1e-12


@every_case
def test_gradients_equal_central_differences(op, inputs):
    g, found = pulled(op, inputs)
    for i, gradient in found.items():
        numeric = central_differences(lambda xs: np.sum(g * op.forward(ARRAYS, *xs)), inputs, i)
        assert error(gradient, numeric) <= 1e-7


@every_case
def test_backward_on_tensors_equals_the_rules_bit_for_bit(op, inputs):
    g, found = pulled(op, inputs)
    leaves = [Tensor(x) if is_floats(x) else x for x in inputs]
    y = op(*leaves)
    np.testing.assert_array_equal(y.data, op.forward(ARRAYS, *inputs))
    assert y.requires_grad == bool(found)
    if found:
        y.backward(g)
    for i, leaf in enumerate(leaves):
        if i in found:
            np.testing.assert_array_equal(leaf.grad, found[i])
        else:
            assert getattr(leaf, "grad", None) is None


@every_case
def test_single_precision_stays_single(op, inputs):
    inputs = tuple([x.astype(np.float32) if is_floats(x) else x for x in inputs])
    y = op.forward(ARRAYS, *inputs)
    assert y.dtype == np.float32
    for i in differentiable(op, inputs):
        raw = op._pull(i, ARRAYS, np.ones_like(y), y, inputs)  # what pull() makes fit
        assert raw.dtype == np.float32


@pytest.mark.parametrize("row", [*BINARY, "compare", "power"])
@pytest.mark.parametrize("number", [2.5, 2, True])
@pytest.mark.parametrize("place", [0, 1])
def test_single_precision_stays_single_beside_a_number(row, number, place):
    op, x = TABLE[row], np.full((2, 3), 1.5, np.float32)
    inputs = (number, x) if place == 0 else (x, number)
    y = op.forward(ARRAYS, *inputs)
    assert y.dtype == np.float32
    if op.flows(1 - place):
        assert op._pull(1 - place, ARRAYS, np.ones_like(y), y, inputs).dtype == np.float32


@each_case(lambda row: any(TABLE[row].flow))
def test_second_derivatives_equal_differences_of_the_first(op, inputs):
    which = differentiable(op, inputs)
    rng = np.random.default_rng(2)
    weights = {i: rng.standard_normal(inputs[i].shape) for i in which}
    g = upstream_for(op.forward(ARRAYS, *inputs))

    def first(xs, create_graph):
        """Gradients of Σ g·sin(y), whose second derivatives go through every rule once more."""
        leaves = [Tensor(x) if i in which else x for i, x in enumerate(xs)]
        y = op(*leaves)
        chosen = [leaves[i] for i in which]
        return chosen, gradients((g * y.sin()).sum(), chosen, create_graph=create_graph)

    def along(xs):
        _, found = first(xs, create_graph=False)
        return sum(np.sum(weights[i] * d) for i, d in zip(which, found, strict=True))

    leaves, found = first(inputs, create_graph=True)
    total = sum((weights[i] * d).sum() for i, d in zip(which, found, strict=True))
    if not total.requires_grad:
        assert all(not np.any(central_differences(along, inputs, i)) for i in which)
        return
    for i, second in zip(which, gradients(total, leaves, create_graph=False), strict=True):
        assert error(second, central_differences(along, inputs, i)) <= 1e-7


@each_case(lambda row: TABLE[row].textbook is not TABLE[row].forward)
def test_the_textbook_form_computes_the_same(op, inputs):
    assert error(op.textbook(ARRAYS, *inputs), op.forward(ARRAYS, *inputs)) <= 1e-12
