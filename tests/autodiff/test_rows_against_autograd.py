"""Every row against HIPS autograd: its forward rule written a second time, differentiated by others."""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from whygrad.autodiff.readings.arrays import ARRAYS
from whygrad.autodiff.table import TABLE

from .cases import differentiable, error, every_case

ROOT = (2 / np.pi) ** 0.5


def axes_sum(a, shape):
    lead = a.ndim - len(shape)
    ones = tuple(i + lead for i, n in enumerate(shape) if n == 1)
    return anp.reshape(anp.sum(a, axis=(*range(lead), *ones)), shape)


def widen(g, shape, axis, keepdims):
    if axis is not None and not keepdims:
        g = anp.expand_dims(g, axis)
    return g + anp.zeros(shape)


def scatter(g, key, shape):
    """As a product with the matrix that index() would be."""
    places = np.arange(np.prod(shape)).reshape(shape)[key].ravel()
    matrix = np.zeros((int(np.prod(shape)), places.size))
    matrix[places, np.arange(places.size)] = 1
    return anp.reshape(anp.dot(matrix, anp.ravel(g)), shape)


def log_sum_exp(z, axis=-1, keepdims=False):
    return anp.log(anp.sum(anp.exp(z), axis=axis, keepdims=keepdims))


def log_softmax(z, axis=-1):
    return z - log_sum_exp(z, axis, keepdims=True)


def normalize(x, scale, shift, axis, eps=1e-5):
    return (x - anp.mean(x, axis=axis, keepdims=True)) * scale / anp.sqrt(
        anp.var(x, axis=axis, keepdims=True) + eps
    ) + shift


def standardize(x, mean, variance, scale, shift, eps=1e-5):
    return (x - mean) * (variance + eps) ** -0.5 * scale + shift


def huber(p, t, delta=1.0):
    far = anp.abs(p - t)
    return anp.mean(anp.where(far <= delta, 0.5 * far**2, delta * (far - 0.5 * delta)))


def binary_cross_entropy(p, t):
    return -anp.mean(t * anp.log(p) + (1 - t) * anp.log(1 - p))


def sigmoid(a):
    return 1 / (1 + anp.exp(-a))


def one_hot(labels, z):
    return np.eye(z.shape[1])[labels]


FORWARD = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "negative": lambda a: -a,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "power": lambda a, b: a**b,
    "strong_multiply": lambda a, b: a * b,
    "exp": anp.exp,
    "expm1": anp.expm1,
    "log": anp.log,
    "log1p": anp.log1p,
    "sqrt": anp.sqrt,
    "sin": anp.sin,
    "cos": anp.cos,
    "tanh": anp.tanh,
    "strong_log": anp.log,
    "bounded": lambda a: 1 * a,
    "compare": lambda a, b: anp.sign(a - b),
    "sign": anp.sign,
    "step": lambda a: (a > 0) + 0 * a,
    "abs": anp.abs,
    "maximum": anp.maximum,
    "minimum": anp.minimum,
    "relu": lambda a: a * (a > 0),
    "leaky_relu": lambda a, slope=0.01: anp.where(a > 0, a, slope * a),
    "elu": lambda a, alpha=1.0: anp.where(a > 0, a, alpha * (anp.exp(a) - 1)),
    "sigmoid": sigmoid,
    "silu": lambda a: a * sigmoid(a),
    "softplus": lambda a: anp.log(1 + anp.exp(a)),
    "gelu": lambda a: 0.5 * a * (1 + anp.tanh(ROOT * (a + 0.044715 * a**3))),
    "dropout": lambda a, mask: a * mask,
    "weighted_sum": lambda b, *v: b + sum(v[i] * v[len(v) // 2 + i] for i in range(len(v) // 2)),
    "matmul": anp.matmul,
    "affine": lambda x, w, b: anp.matmul(x, w) + b,
    "sum": anp.sum,
    "mean": anp.mean,
    "max": anp.max,
    "spread": lambda g, shape, axis=None, keepdims=False: widen(g, shape, axis, keepdims),
    "sum_to": axes_sum,
    "broadcast_to": lambda a, shape: a + anp.zeros(shape),
    "reshape": anp.reshape,
    "matrix_transpose": lambda a: anp.swapaxes(a, -1, -2),
    "transpose": lambda a, axes=None: anp.transpose(a, axes and [i % a.ndim for i in axes]),
    "index": lambda a, key: a[key],
    "scatter": scatter,
    "concatenate": lambda *parts, axis=0: anp.concatenate(parts, axis),
    "where": lambda condition, a, b: condition * a + (1 - condition) * b,
    "logsumexp": log_sum_exp,
    "softmax": lambda z, axis=-1: anp.exp(log_softmax(z, axis)),
    "log_softmax": log_softmax,
    "normalize": normalize,
    "standardize": standardize,
    "squared_error": lambda p, t: anp.sum((p - t) ** 2),
    "mean_squared_error": lambda p, t: anp.mean((p - t) ** 2),
    "mean_absolute_error": lambda p, t: anp.mean(anp.abs(p - t)),
    "huber": huber,
    "sigmoid_cross_entropy": lambda z, t: binary_cross_entropy(sigmoid(z), t),
    "binary_cross_entropy": binary_cross_entropy,
    "softmax_cross_entropy": lambda z, t: -anp.sum(t * log_softmax(z)) / len(z),
    "label_cross_entropy": lambda z, labels: -anp.mean(anp.sum(one_hot(labels, z) * log_softmax(z), axis=1)),
    "hinge": lambda z, t: anp.mean(anp.maximum(0, 1 - t * z)),
    "l1_penalty": lambda w, strength=1.0: strength * anp.sum(anp.abs(w)),
    "l2_penalty": lambda w, strength=1.0: strength / 2 * anp.sum(w**2),
    "one_hot": one_hot,
    "take_label": lambda z, labels: anp.sum(z * one_hot(labels, z), axis=1),
}


def test_every_row_is_here():
    assert set(FORWARD) == set(TABLE)


@every_case
def test_values_and_gradients_equal_autograds(op, inputs):
    forward = FORWARD[op.name]
    y = np.asarray(op.forward(ARRAYS, *inputs))
    assert error(y, forward(*inputs, **op.keywords)) <= 1e-12
    g = np.random.default_rng(3).standard_normal(y.shape)
    for i in differentiable(op, inputs):
        expected = grad(lambda *xs: anp.sum(g * forward(*xs, **op.keywords)), i)(*inputs)
        assert error(op.pull(i, ARRAYS, g, y, inputs), expected) <= 1e-10


@pytest.mark.parametrize("row", ["maximum", "minimum", "max"])
def test_ties_are_shared_as_autograd_shares_them(row):
    a = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    inputs = (a,) if row == "max" else (a, a.copy())
    y = TABLE[row].forward(ARRAYS, *inputs)
    expected = grad(lambda *xs: anp.sum(FORWARD[row](*xs)), 0)(*inputs)
    np.testing.assert_array_equal(TABLE[row].pull(0, ARRAYS, np.ones_like(y), y, inputs), expected)
