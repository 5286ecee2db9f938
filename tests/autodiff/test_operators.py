"""Operators and methods of tensors: each gives what NumPy gives, and the gradient of its row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whygrad import Tensor
from whygrad.autodiff.operators import PAIRED, UNARY
from whygrad.autodiff.table import TABLE
from whygrad.autodiff.tensor import concatenate, where
from whygrad.errors import KindError, ShapeError

from .cases import central_differences, error, generic, positive

OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "@": lambda a, b: a @ b,
}


def check(program, *arrays, **keywords):
    """The program on tensors gives NumPy's values, and gradients that fit them."""
    expected = program(*arrays, **keywords)
    leaves = [Tensor(a) for a in arrays]
    y = program(*leaves, **keywords)
    assert isinstance(y, Tensor)
    assert error(y.data, expected) <= 1e-13
    g = np.array(np.random.default_rng(0).standard_normal(y.shape))
    y.backward(g)
    for i, leaf in enumerate(leaves):
        numeric = central_differences(lambda xs: np.sum(g * program(*xs, **keywords)), arrays, i)
        assert error(leaf.grad, numeric) <= 1e-7


# --- operators -------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", OPERATORS)
def test_two_tensors_or_one_and_an_array_on_either_side(operator):
    apply, a, b = OPERATORS[operator], positive(3, 3), positive(3, 3)
    check(apply, a, b)
    for other in (b, b.tolist()):
        for y in (
            apply(Tensor(a), other),
            apply(a, Tensor(b)) if other is b else apply(Tensor(a), Tensor(b)),
        ):
            assert isinstance(y, Tensor)
            np.testing.assert_array_equal(y.data, apply(a, b))


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name != "@"])
@pytest.mark.parametrize("number", [2, 2.0, True, np.float32(2), np.int64(2), np.array(2.0)])
def test_numbers_on_either_side(operator, number):
    apply, a = OPERATORS[operator], positive(3)
    for y, expected in [
        (apply(Tensor(a), number), apply(a, number)),
        (apply(number, Tensor(a)), apply(number, a)),
    ]:
        assert isinstance(y, Tensor)
        assert error(y.data, expected) <= 1e-15


def test_signs():
    check(lambda a: -a, generic(3))
    check(abs, generic(3))
    x = Tensor([1.0, -2.0])
    assert +x is x
    check(lambda a: +a * 2, generic(3))


@pytest.mark.parametrize("name", UNARY)
def test_elementwise_methods_name_their_rows(name):
    x = Tensor(positive(2, 3))
    y = getattr(x, name)()
    assert y.op is TABLE[name]
    assert y.parents == (x,)
    assert getattr(Tensor, name).__name__ == name
    assert name in getattr(Tensor, name).__doc__


@pytest.mark.parametrize("name", PAIRED)
def test_paired_methods(name):
    a, b = generic(3), generic(3)
    np.testing.assert_array_equal(getattr(Tensor(a), name)(Tensor(b)).data, getattr(np, name)(a, b))
    np.testing.assert_array_equal(getattr(Tensor(a), name)(0.5).data, getattr(np, name)(a, 0.5))


COMPARISONS = {
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
}


@pytest.mark.parametrize("name", COMPARISONS)
@pytest.mark.parametrize(
    "other", [Tensor([2.0, 2.0, 2.0]), np.full(3, 2.0), 2.0, np.float64(2.0), np.array(2)]
)
def test_comparisons_give_plain_masks(name, other):
    a, compare = np.array([1.0, 2.0, 3.0]), COMPARISONS[name]
    for found, expected in [
        (compare(Tensor(a), other), getattr(np, name)(a, 2.0)),
        (compare(other, Tensor(a)), getattr(np, name)(2.0, a)),
    ]:
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, expected)


def test_comparisons_take_an_array_as_it_is():
    """A masked array has ``data`` too, without its mask."""
    other = np.ma.array([0.0, 5.0, 0.0], mask=[True, False, False])
    found = Tensor([1.0, 2.0, 3.0]) > other
    np.testing.assert_array_equal(found.mask, [True, False, False])
    np.testing.assert_array_equal(found.compressed(), [False, True])


def test_tensors_are_told_apart_by_identity():
    x, y = Tensor([1.0]), Tensor([1.0])
    assert x != y
    assert len({x, y, x}) == 2


# --- shapes ----------------------------------------------------------------------------------------


def test_sizes():
    x = Tensor(np.ones((2, 3, 4)))
    assert (x.shape, x.ndim, x.size, len(x)) == ((2, 3, 4), 3, 24, 2)
    assert (Tensor.plain(2.0).shape, Tensor.plain(2.0).ndim, Tensor.plain(2.0).size) == ((), 0, 1)
    with pytest.raises(TypeError, match="unsized"):
        len(Tensor(1.0))


def test_iteration_goes_over_the_first_axis_and_ends():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    first, second = x
    (first * 2 + second).sum().backward()
    np.testing.assert_array_equal(x.grad, [[2, 2], [1, 1]])
    assert sum(Tensor([1.0, 2.0, 3.0])).data == 6


def test_what_has_no_axes_cannot_be_iterated_over():
    for empty in (list, tuple, sum, lambda x: [*x]):
        with pytest.raises(KindError, match="iteration over a Tensor without axes") as error:
            empty(Tensor(1.0))
        assert "x.item()" in error.value.hint
    assert [y.data for y in Tensor(np.zeros((0, 3)))] == []
    x = Tensor([[1.0], [2.0]])
    assert [type(row) for row in x] == [Tensor, Tensor]


KEYS = [
    1,
    -1,
    slice(1, None),
    slice(None, None, -2),
    (0, 1),
    (slice(None), 2),
    ...,
    (..., 0),
    None,
    (None, 1, None),
    np.array([2, 0, 2]),
    [0, 0, 1],
    (np.array([0, 2, 0]), np.array([1, 1, 1])),
    (np.array([[0], [2]]), np.array([1, 3])),
    np.eye(3, 4) > 0,
    np.array([True, False, True]),
    (slice(1), np.array([3, 3])),
    np.int64(2),
    np.zeros(0, int),
]


@pytest.mark.parametrize("key", KEYS, ids=map(repr, KEYS))
def test_indexing(key):
    check(lambda a: a[key], generic(3, 4))


def test_an_index_out_of_range():
    with pytest.raises(IndexError):
        Tensor([1.0])[1]


@pytest.mark.parametrize("shape", [(6,), (-1,), ((2, 3),), ([3, 2],), (3, -1), (np.int64(6),)])
def test_reshape(shape):
    check(lambda a: a.reshape(*shape), generic(2, 3))
    check(lambda a: a.reshape(()), generic(1, 1))


@pytest.mark.parametrize("axes", [(), (1, 0, 2), (2, 0, 1), (-1, 0, -2), ((1, 2, 0),)])
def test_transpose(axes):
    check(lambda a: a.transpose(*axes), generic(2, 3, 4))


def test_transposes_by_attribute():
    check(lambda a: a.T, generic(2, 3, 4))
    check(lambda a: a.mT, generic(2, 3, 4))
    check(lambda a: a.T, generic(3))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_concatenation(axis):
    a, b, c = generic(2, 3), generic(2, 3), np.ones((2, 3))
    joined = concatenate([Tensor(a), b, Tensor(c)], axis=axis)
    np.testing.assert_array_equal(joined.data, np.concatenate([a, b, c], axis))
    np.testing.assert_array_equal(concatenate([a, b], axis), np.concatenate([a, b], axis))


def test_where_chooses():
    a, b = Tensor([1.0, 2.0, 3.0]), Tensor([10.0])
    y = where(a > 1.5, a * 2, b)
    np.testing.assert_array_equal(y.data, [10.0, 4.0, 6.0])
    y.sum().backward()
    np.testing.assert_array_equal(a.grad, [0, 2, 2])
    np.testing.assert_array_equal(b.grad, [1])
    np.testing.assert_array_equal(where(np.array([True, False]), 1.0, np.zeros(2)), [1.0, 0.0])


# --- reductions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sum", "mean", "max"])
@pytest.mark.parametrize("axis", [None, 0, 2, -1, (0, 1), (-1, 0), (0, 1, 2), ()])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions(name, axis, keepdims):
    check(lambda a: getattr(a, name)(axis=axis, keepdims=keepdims), generic(2, 3, 4))


def test_a_tie_for_the_largest_is_shared():
    x = Tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    x.max(axis=1).backward([6.0, 6.0])
    np.testing.assert_array_equal(x.grad, [[0, 3, 3], [2, 2, 2]])
    x.zero_grad()
    x.max().backward(4.0)
    np.testing.assert_array_equal(x.grad, [[0, 2, 2], [0, 0, 0]])


def test_what_methods_do_unless_told_otherwise():
    x = Tensor(generic(2, 3, 4))
    for name in ("sum", "mean", "max"):
        assert getattr(x, name)().shape == ()
    for name in ("softmax", "log_softmax"):
        np.testing.assert_array_equal(getattr(x, name)().data, getattr(x, name)(axis=2).data)
    assert x.leaky_relu().op.keywords == {"slope": 0.01}
    assert x.elu().op.keywords == {"alpha": 1.0}


def test_softmax_along_an_axis():
    z = generic(3, 4)
    for axis in (0, -1):
        e = np.exp(z)
        p = e / e.sum(axis=axis, keepdims=True)
        assert error(Tensor(z).softmax(axis).data, p) <= 1e-15
        assert error(Tensor(z).log_softmax(axis).data, np.log(p)) <= 1e-15


# --- products --------------------------------------------------------------------------------------


PRODUCTS = [
    ((3,), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3,)),
    ((2, 3), (3, 4)),
    ((5, 2, 3), (3,)),
    ((3,), (5, 3, 2)),
]
PRODUCTS += [((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((4, 1, 2, 3), (5, 3, 2)), ((2, 0), (0, 3))]


@pytest.mark.parametrize(("left", "right"), PRODUCTS)
def test_products_of_vectors_and_matrices(left, right):
    a, b = generic(*left), generic(*right)
    check(lambda a, b: a @ b, a, b)
    for y in (a @ Tensor(b), Tensor(a) @ b):
        np.testing.assert_array_equal(y.data, a @ b)


@pytest.mark.parametrize("other", [2.0, np.array(2.0), Tensor(2.0)])
def test_a_product_needs_axes(other):
    for shape in [(2, 2), (3,)]:
        x = Tensor(np.ones(shape))
        for product, name, received in [
            (lambda x=x: x @ other, "b", f"a {shape}, b ()"),
            (lambda x=x: other @ x, "a", f"a (), b {shape}"),
        ]:
            with pytest.raises(ShapeError, match=f"matmul: {name} must be a matrix or a vector") as caught:
                product()
            assert caught.value.received == received
            assert caught.value.hint == "* multiplies by a single number"


@given(st.lists(st.sampled_from(["+", "-", "*", "@"]), max_size=6))
def test_chains_of_operators(chain):
    def program(a, b):
        y = a * b
        for operator in chain:
            y = OPERATORS[operator](y, b) / 2
        return (y * y).sum()

    check(program, np.array([[0.5, -1.0], [1.5, 0.3]]), np.array([[1.0, 0.2], [-0.4, 0.9]]))
