"""``Tensor``: what it takes, dtypes, what ``backward`` needs, and whose a gradient is."""

import numpy as np
import pytest

from whygrad import Tensor, Value
from whygrad.autodiff.tensor import concatenate, where
from whygrad.errors import GraphError, KindError, ShapeError

# --- what it holds ---------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [[1, 2], np.arange(3), 1, True, np.array([True]), np.uint8(3)])
def test_integers_cannot_have_gradients(data):
    with pytest.raises(KindError, match="a Tensor that needs a gradient holds floats") as error:
        Tensor(data)
    assert "expected: float32 or float64" in str(error.value)
    assert f"received: dtype {np.asarray(data).dtype}" in str(error.value)
    assert "write 1.0 for 1" in str(error.value)
    assert Tensor(data, requires_grad=False).dtype == np.asarray(data).dtype


@pytest.mark.parametrize("data", ["3", None, [1j], [None], np.array(["a"]), 10**30])
@pytest.mark.parametrize("requires_grad", [True, False])
def test_what_is_no_number_is_refused(data, requires_grad):
    with pytest.raises(KindError, match="a Tensor holds numbers"):
        Tensor(data, requires_grad=requires_grad)


@pytest.mark.parametrize(("dtype", "other"), [(np.float16, "float32"), (np.longdouble, "float64")])
@pytest.mark.parametrize("requires_grad", [True, False])
def test_floats_have_one_of_two_sizes(dtype, other, requires_grad):
    a = np.ones(2, dtype)
    with pytest.raises(KindError, match="a Tensor holds float32 or float64") as error:
        Tensor(a, requires_grad=requires_grad)
    assert error.value.received == f"dtype {a.dtype}"
    assert f"astype(np.{other})" in error.value.hint
    with pytest.raises(KindError, match="a Tensor holds float32 or float64"):
        Tensor(1.0) * a
    assert Tensor(np.ones(2, ">f4")).dtype.itemsize == 4


def test_a_node_is_not_wrapped_again():
    with pytest.raises(KindError, match="this is part of a graph already"):
        Tensor(Tensor(1.0))
    with pytest.raises(KindError, match="the graph would be cut"):
        Tensor([Tensor(1.0), Tensor(2.0)])


def test_values_and_tensors_do_not_mix():
    for mix in (
        lambda: Tensor(Value(1.0)),
        lambda: Tensor(1.0) * Value(1.0),
        lambda: Value(1.0) * Tensor(1.0),
    ):
        with pytest.raises(KindError, match="do not mix") as error:
            mix()
        assert "use one of them throughout" in str(error.value)


def test_ragged_rows_are_refused():
    with pytest.raises(ShapeError, match="rows of different lengths"):
        Tensor([[1.0], [2.0, 3.0]])


def test_an_array_is_held_not_copied():
    a = np.ones(3)
    t = Tensor(a, label="w")
    assert t.data is a
    assert (t.label, t.grad, t.op, t.parents, t.requires_grad) == ("w", None, None, (), True)


def test_it_does_not_turn_into_an_array():
    t = Tensor([1.0, 2.0])
    for convert in (np.asarray, np.array):
        with pytest.raises(KindError, match=r"use its data: tensor\.data"):
            convert(t)
    with pytest.raises(KindError, match="would cut the graph") as error:
        float(Tensor(1.0))
    assert "hint: use x.item()" in str(error.value)


def test_as_a_truth_value_it_is_its_array():
    assert Tensor([2.0])
    assert not Tensor(0.0)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(Tensor([1.0, 2.0]))


def test_in_a_formatted_string():
    assert f"{Tensor(2.0):.3f} {Tensor([[2.5]]):g} {Tensor(2.0)}" == "2.000 2.5 Tensor(2., dtype=float64)"


def test_item():
    assert Tensor([[2.5]]).item() == 2.5
    assert type((Tensor(2.0) * 1).item()) is float


@pytest.mark.parametrize(
    ("tensor", "shown"),
    [
        (Tensor(2.0), "Tensor(2., dtype=float64)"),
        (Tensor(np.ones(2, np.float32), label="w"), "Tensor([1., 1.], dtype=float32, label='w')"),
        (Tensor([1, 2], requires_grad=False), "Tensor([1, 2], dtype=int64, requires_grad=False)"),
        (Tensor([1.0]) * 2, "Tensor([2.], dtype=float64, op='*')"),
        (Tensor.plain(2), "Tensor(2, dtype=int64, requires_grad=False)"),
    ],
)
def test_repr(tensor, shown):
    assert repr(tensor) == shown


# --- dtypes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_python_numbers_take_the_dtype_beside_them(dtype):
    x = Tensor(np.full((2, 3), 0.5, dtype))
    y = ((2 * x + 1.5) / 3 - x**2 + 2**x).maximum(0.1).leaky_relu(0.2).softmax().mean(axis=0).sum()
    y.backward()
    assert {node.dtype for node in y.ancestors() if node.op} == {np.dtype(dtype)}
    assert {node.grad.dtype for node in y.ancestors() if node.op or node is x} == {np.dtype(dtype)}


def test_a_wider_array_widens_the_result_but_not_the_gradient():
    x, w = Tensor(np.ones(3, np.float32)), Tensor(np.ones(3))
    y = (x * w).sum()
    y.backward()
    assert (y.dtype, x.grad.dtype, w.grad.dtype) == (np.float64, np.float32, np.float64)


def test_single_numbers_and_their_gradients_are_arrays():
    x = Tensor(2.0)
    y = x * x + x
    assert [type(node.data) for node in y.ancestors()] == [np.ndarray] * 3
    for _ in range(2):
        y.backward()
        assert [type(node.grad) for node in y.ancestors()] == [np.ndarray] * 3
    assert x.grad == 10


# --- backward --------------------------------------------------------------------------------------


def test_backward_starts_from_a_single_number():
    with pytest.raises(ShapeError, match="starts from a single number") as error:
        (Tensor([1.0, 2.0]) * 2).backward()
    assert "received: shape (2,)" in str(error.value)
    assert "hint: reduce it first" in str(error.value)
    x = Tensor([[3.0]])
    (x * x).backward()
    assert x.grad == [[6.0]]


def test_backward_takes_an_upstream_gradient_of_the_same_shape():
    x = Tensor(np.ones((2, 3), np.float32))
    (x * 2).backward([[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(x.grad, [[2, 4, 6], [8, 10, 12]])
    assert x.grad.dtype == np.float32
    for upstream in (1.0, np.ones(3), np.ones((3, 2))):
        with pytest.raises(ShapeError, match="the shapes differ") as error:
            (x * 2).backward(upstream)
        assert "expected: (2, 3)" in str(error.value)
        assert f"received: {np.shape(upstream)}" in str(error.value)


@pytest.mark.parametrize("upstream", [None, 1.0])
def test_backward_from_what_needs_no_gradient(upstream):
    for y in (Tensor(1.0, requires_grad=False), Tensor(1.0, requires_grad=False) * 2):
        with pytest.raises(GraphError, match="nothing that this was computed from needs a gradient"):
            y.backward(upstream)
        assert y.grad is None


def test_backward_from_nan_names_the_first():
    x = Tensor([-1.0, 1.0])
    with np.errstate(invalid="ignore"):
        y = (x.log() * 2).sum()
    with pytest.raises(GraphError, match="starts from nan") as error:
        y.backward()
    assert "nan appears first in Tensor([nan,  0.], dtype=float64, op='log')" in str(error.value)


def test_a_second_backward_accumulates_on_leaves_and_is_right_inside():
    x = Tensor([1.0, 2.0])
    inner = x * 3
    y = (inner * inner).sum()
    y.backward()
    first = x.grad
    np.testing.assert_array_equal(first, [18.0, 36.0])
    y.backward()
    np.testing.assert_array_equal(x.grad, [36.0, 72.0])
    np.testing.assert_array_equal(inner.grad, [6.0, 12.0])
    np.testing.assert_array_equal(first, [18.0, 36.0])
    y.zero_grad()
    assert [node.grad for node in y.ancestors()] == [None] * len(y.ancestors())


def test_a_leaf_is_its_own_gradient():
    x = Tensor(5.0)
    x.backward()
    assert x.grad == 1


def test_constants_get_no_gradient_and_cut_the_graph():
    x, c = Tensor([1.0, 2.0]), Tensor([3.0, 4.0], requires_grad=False)
    inner = c * 2
    assert (inner.op, inner.parents, inner.requires_grad) == (None, (), False)
    (x * inner + np.array([1.0, 1.0])).sum().backward()
    np.testing.assert_array_equal(x.grad, [6.0, 8.0])
    assert c.grad is None
    assert inner.grad is None


# --- whose a gradient is ---------------------------------------------------------------------------

ALIASES = {
    "sum of leaves": lambda a, b: (a + b).sum(),
    "difference": lambda a, b: (a - b + a).sum(),
    "reshaped": lambda a, b: (a.reshape(6) + b.reshape(-1)).sum(),
    "transposed": lambda a, b: (a.T + b.T).sum(),
    "concatenated": lambda a, b: concatenate([a, b]).sum(),
    "picked": lambda a, b: (a[0] + b[:1]).sum(),
    "means": lambda a, b: a.mean() + b.mean(axis=0).sum(),
    "chosen": lambda a, b: where(a.data > 0, a, b).sum(),
    "products": lambda a, b: (a * b).sum(),
    "broadcast": lambda a, b: (a.sum(axis=0, keepdims=True) + b).sum(),
}


@pytest.mark.parametrize("program", ALIASES.values(), ids=list(ALIASES))
@pytest.mark.parametrize("times", [1, 2])
def test_a_leaf_has_its_gradient_to_itself(program, times):
    a, b = Tensor(np.ones((2, 3))), Tensor(np.ones((2, 3)))
    y = program(a, b)
    for _ in range(times):
        y.backward()
    others = [node.grad for node in y.ancestors() if node is not a and node.grad is not None]
    before = [grad.copy() for grad in others]
    assert a.grad.base is None
    a.grad += 100.0  # writable, and nobody else's
    for grad, kept in zip(others, before, strict=True):
        np.testing.assert_array_equal(grad, kept)


def test_an_upstream_gradient_stays_the_callers():
    for program in (lambda x: x, lambda x: x + 0, lambda x: x[:], lambda x: 0 - (-x)):
        x, upstream = Tensor(np.ones(3)), np.ones(3)
        program(x).backward(upstream)
        x.grad *= 5
        np.testing.assert_array_equal(upstream, np.ones(3))


def test_gradients_take_the_shape_of_a_scalar_leaf():
    bias = Tensor(0.5)
    (Tensor(np.ones((3, 2))) + bias).sum().backward()
    assert (bias.grad.shape, bias.grad) == ((), 6)
