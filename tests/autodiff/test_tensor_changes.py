"""An array changed in place between forward and backward is an error, never a wrong gradient."""

import numpy as np
import pytest

from whygrad import Tensor, gradients
from whygrad.autodiff.table import TABLE
from whygrad.autodiff.tensor import where
from whygrad.errors import GraphError

SHAPES = {"small": (4, 6), "large": (40, 60), "odd": (41, 61)}
each_size = pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def numbers(shape, dtype=float):
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


def one_entry(a):
    a[1, 2] += 1e-3


def last_bit(a):
    a[-1, -1] = np.nextafter(a[-1, -1], np.inf, dtype=a.dtype)


def exchange(a):
    a[[0, 1]] = a[[1, 0]]


def permute(a):
    a[...] = np.random.default_rng(1).permutation(a.ravel()).reshape(a.shape)


def flip_signs(a):
    a *= -1


def flip_two_signs(a):
    a[0, :2] *= -1


def double(a):
    a *= 2


def to_negative_zero(a):
    a[0] = 0
    a[0] *= -1


CHANGES = [one_entry, last_bit, exchange, permute, flip_signs, flip_two_signs, double, to_negative_zero]
each_change = pytest.mark.parametrize("change", CHANGES)


def refused(y, name):
    """Both ways to gradients say what was changed."""
    for attempt in (y.backward, lambda: gradients(y, [y]), lambda: gradients(y, [y], create_graph=False)):
        with pytest.raises(GraphError, match="changed in place after the forward pass") as error:
            attempt()
        assert str(error.value).startswith(name)
        assert "hint: update parameters after backward()" in str(error.value)


@each_size
@each_dtype
@each_change
def test_a_leaf(shape, dtype, change):
    w = Tensor(numbers(shape, dtype), label="weights")
    y = (w * w).sum()
    change(w.data)
    refused(y, "weights of multiply")


@each_size
@each_change
def test_a_plain_array(shape, change):
    w, x = Tensor(numbers(shape)), numbers(shape)
    y = (w * x).sum()
    change(x)
    refused(y, "b of multiply")


@each_size
@each_change
def test_a_result_inside(shape, change):
    inner = Tensor(numbers(shape)).exp()
    y = (inner * 2.0).sum()
    change(inner.data)
    refused(y, "the result of exp")


@each_change
def test_the_result_itself(change):
    y = Tensor(numbers((40, 60))).tanh()
    change(y.data)
    with pytest.raises(GraphError, match="the result of tanh was changed"):
        y.backward(np.ones(y.shape))


@each_size
@pytest.mark.parametrize("view", [lambda a: a[::2], lambda a: a.T, lambda a: a[:, 1:-1], np.flip])
def test_views_that_are_not_contiguous(shape, view):
    whole = numbers(shape)
    w = Tensor(view(whole))
    y = (w * w).sum()
    y.backward()
    whole[2, 2] += 1.0
    refused(y, "a of multiply")


def test_a_constant_tensor_and_a_mask_and_a_condition():
    w, c = Tensor(numbers((3, 4))), Tensor(numbers((3, 4)), requires_grad=False)
    y = (w * c).sum()
    c.data[0, 0] += 1
    refused(y, "b of multiply")
    mask = np.ones((3, 4))
    y = TABLE["dropout"](w, mask).sum()
    mask[0, 0] = 0
    refused(y, "mask of dropout")
    condition = w.data > 0
    y = where(condition, w, 0.0).sum()
    condition[0, 0] ^= True
    refused(y, "condition of where")


def test_every_input_of_a_row_with_any_number_of_them():
    for i, name in enumerate(["bias", "input 1", "input 2"]):
        leaves = [Tensor([1.0]), Tensor([2.0]), Tensor([3.0])]
        y = TABLE["weighted_sum"](*leaves).sum()
        leaves[i].data += 1
        refused(y, f"{name} of weighted_sum")


def test_data_that_were_replaced_count_as_changed():
    w = Tensor([1.0, 2.0])
    y = (w * w).sum()
    w.data = w.data - 0.1
    refused(y, "a of multiply")


def test_a_leaf_changed_between_two_uses():
    w = Tensor([1.0, 2.0])
    first = w * 2.0
    w.data += 1
    y = (first * w).sum()
    refused(y, "a of multiply")


@pytest.mark.parametrize("key", [np.array([0, 1]), [0, 1], (slice(None), np.array([0, 1]))])
def test_an_index_is_kept_as_it_was(key):
    w = Tensor(numbers((3, 3)))
    y = w[key].sum()
    expected = np.zeros((3, 3))
    expected[key] = 1
    places = key[1] if isinstance(key, tuple) else key
    places[0] = 2
    y.backward()
    np.testing.assert_array_equal(w.grad, expected)


# --- no false alarm --------------------------------------------------------------------------------


@each_size
def test_nothing_changed(shape):
    special = numbers(shape)
    special.ravel()[:4] = np.nan, np.inf, -np.inf, -0.0
    w, c = Tensor(numbers(shape)), Tensor(special, requires_grad=False)
    y = where(np.isfinite(special), w, c) + where(np.ones(shape, bool), w, float("nan"))
    finite = where(np.isfinite(y.data), y, 0.0).sum()
    for _ in range(2):
        finite.backward()
    assert np.isfinite(w.grad).all()


def test_writing_the_same_contents_is_no_change():
    w = Tensor(numbers((40, 60)))
    y = (w * w).sum()
    w.data *= -1
    w.data *= -1
    y.backward()


def test_a_leaf_may_change_after_backward_and_be_used_again():
    w = Tensor([1.0, 2.0])
    for _ in range(3):
        w.grad = None
        y = (w * w).sum()
        y.backward()
        np.testing.assert_array_equal(w.grad, 2 * w.data)
        w.data -= 0.1 * w.grad
    with pytest.raises(GraphError):
        y.backward()


def test_a_change_that_does_not_concern_the_loss():
    w, other = Tensor([1.0, 2.0]), Tensor([3.0])
    unused = other * w
    y = (w * w).sum()
    other.data += 1
    unused.data += 1
    y.backward()
