"""Every row beside PyTorch's function of the same meaning: values and gradients."""

import math

import numpy as np
import pytest

from whygrad import Tensor
from whygrad.autodiff.readings.arrays import ARRAYS
from whygrad.autodiff.table import TABLE

from ..autodiff.cases import CASES, differentiable, error, every_case

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch")
F = torch.nn.functional


def scatter(g, key, shape):
    key = key if isinstance(key, tuple) else (key,)
    places = np.arange(np.prod(shape)).reshape(shape)[key]
    return torch.zeros(math.prod(shape), dtype=g.dtype).index_add(0, torch.tensor(places), g).reshape(shape)


def spread(g, shape, axis=None, keepdims=False):
    if axis is not None and not keepdims:
        for place in sorted(a % len(shape) for a in np.atleast_1d(axis)):
            g = g.unsqueeze(int(place))
    return g.expand(shape)


def index(a, key):
    return a[tuple(map(indexable, key)) if isinstance(key, tuple) else indexable(key)]


def indexable(key):
    return torch.tensor(key) if isinstance(key, np.ndarray) else key


def reduced(function):
    def reduce(a, axis=None, keepdims=False):
        return function(a, dim=tuple(range(a.ndim)) if axis is None else axis, keepdim=keepdims)

    return reduce


def normalize(x, scale, shift, axis, eps=1e-5):
    if axis == 0:
        return F.batch_norm(x, None, None, scale, shift, training=True, eps=eps)
    return F.layer_norm(x, x.shape[-1:], scale, shift, eps)


PEERS = {
    "add": torch.add,
    "subtract": torch.subtract,
    "negative": torch.negative,
    "multiply": torch.multiply,
    "divide": torch.divide,
    "power": torch.pow,
    "strong_multiply": torch.multiply,
    "strong_log": torch.log,
    "bounded": lambda a: torch.clamp(a, -1000.0, 1000.0),
    "compare": lambda a, b: torch.sign(a - b).detach() + 0 * (a + b),
    "exp": torch.exp,
    "expm1": torch.expm1,
    "log": torch.log,
    "log1p": torch.log1p,
    "sqrt": torch.sqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "tanh": torch.tanh,
    "sign": torch.sign,
    "step": lambda a: torch.heaviside(a.detach(), torch.zeros((), dtype=a.dtype)) + 0 * a,
    "abs": torch.abs,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "relu": F.relu,
    "leaky_relu": lambda a, slope=0.01: F.leaky_relu(a, slope),
    "elu": F.elu,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "softplus": lambda a: F.softplus(a, threshold=36),  # beyond it torch takes a itself
    "gelu": lambda a: F.gelu(a, approximate="tanh"),
    "dropout": torch.multiply,
    "weighted_sum": lambda b, *v: (
        b + sum(w * x for w, x in zip(v[: len(v) // 2], v[len(v) // 2 :], strict=True))
    ),
    "matmul": torch.matmul,
    "affine": lambda x, w, b: F.linear(x, w.T) + b,
    "sum": reduced(torch.sum),
    "mean": reduced(torch.mean),
    "max": reduced(torch.amax),
    "spread": spread,
    "sum_to": lambda a, shape: a.sum_to_size(shape),
    "broadcast_to": lambda a, shape: a.broadcast_to(shape),
    "reshape": lambda a, shape: a.reshape(shape),
    "matrix_transpose": lambda a: a.mT,
    "transpose": lambda a, axes=None: a.permute(axes or tuple(reversed(range(a.ndim)))),
    "index": index,
    "scatter": scatter,
    "concatenate": lambda *parts, axis=0: torch.cat(parts, axis),
    "where": torch.where,
    "logsumexp": lambda z, axis=-1, keepdims=False: torch.logsumexp(z, axis, keepdims),
    "softmax": lambda z, axis=-1: torch.softmax(z, axis),
    "log_softmax": lambda z, axis=-1: torch.log_softmax(z, axis),
    "normalize": normalize,
    "standardize": lambda x, mean, variance, scale, shift: F.batch_norm(x, mean, variance, scale, shift),
    "squared_error": lambda p, t: F.mse_loss(p, t, reduction="sum"),
    "mean_squared_error": F.mse_loss,
    "mean_absolute_error": F.l1_loss,
    "huber": lambda p, t, delta=1.0: F.huber_loss(p, t, delta=delta),
    "sigmoid_cross_entropy": F.binary_cross_entropy_with_logits,
    "binary_cross_entropy": F.binary_cross_entropy,
    "softmax_cross_entropy": F.cross_entropy,
    "label_cross_entropy": F.cross_entropy,
    "hinge": lambda z, t: (1 - t * z).clamp(min=0).mean(),
    "l1_penalty": lambda w, strength=1.0: strength * w.norm(1),
    "l2_penalty": lambda w, strength=1.0: strength / 2 * w.norm(2) ** 2,
    "one_hot": lambda labels, z: F.one_hot(labels, z.shape[1]).to(z.dtype) + 0 * z,
    "take_label": lambda z, labels: z.gather(1, labels[:, None])[:, 0],
}


def beside_torch(op, inputs, g=None):
    """Value and gradients of both, as pairs."""
    y = np.asarray(op.forward(ARRAYS, *inputs))
    which = differentiable(op, inputs)
    theirs = [
        torch.tensor(x, requires_grad=i in which) if isinstance(x, np.ndarray) else x
        for i, x in enumerate(inputs)
    ]
    z = PEERS[op.name](*theirs, **op.keywords)
    yield y, z.detach().numpy()
    if which:
        g = np.random.default_rng(5).standard_normal(y.shape) if g is None else np.full(y.shape, g)
        z.backward(torch.tensor(g, dtype=z.dtype))
        for i in which:
            yield op.pull(i, ARRAYS, g, y, inputs), theirs[i].grad.numpy()


def test_every_row_has_a_peer():
    assert set(PEERS) == set(CASES) == set(TABLE)


@every_case
def test_values_and_gradients(op, inputs):
    for ours, theirs in beside_torch(op, inputs):
        assert error(ours, theirs) <= 1e-10


@pytest.mark.parametrize(
    ("row", "inputs"),
    [
        ("max", [np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])]),
        ("maximum", [np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 0.0])]),
        ("minimum", [np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 0.0])]),
        ("relu", [np.array([0.0, -0.0])]),
        ("abs", [np.array([0.0, -0.0])]),
        ("sign", [np.array([0.0])]),
        ("huber", [np.array([[1.0], [-1.0], [0.0]]), np.zeros((3, 1))]),
        ("mean_absolute_error", [np.ones((2, 1)), np.ones((2, 1))]),
        ("leaky_relu", [np.zeros(1)]),
        ("elu", [np.zeros(1)]),
        ("l1_penalty", [np.array([0.0, 1.0])]),
    ],
)
def test_ties_and_kinks(row, inputs):
    for ours, theirs in beside_torch(TABLE[row], inputs):
        np.testing.assert_allclose(ours, theirs, rtol=1e-14)


EXTREME = np.array([-math.inf, -1000.0, -750.0, -40.0, -0.0, 0.0, 40.0, 750.0, 1000.0, math.inf, math.nan])


@pytest.mark.parametrize("row", "exp expm1 log log1p sqrt sin cos tanh abs relu sigmoid softplus elu".split())
def test_special_values(row):
    """Where conventions agree: overflow, logarithms of nothing, saturation, NaN."""
    inputs = [EXTREME[:-1] if row in ("abs", "relu", "elu") else EXTREME]  # their slopes at NaN differ
    with np.errstate(all="ignore"):
        (value, theirs), *gradients = beside_torch(TABLE[row], inputs, g=1.0)
    np.testing.assert_allclose(value, theirs, rtol=1e-14, atol=1e-300)
    for ours, expected in gradients:
        np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-15)


def test_powers_at_corners():
    a, b = map(
        np.array,
        zip(*[(0.0, 0.0), (0.0, 1.0), (0.0, 2.0), (5.0, 0.0), (-2.0, 3.0), (-2.0, 0.0)], strict=True),
    )
    with np.errstate(all="ignore"):
        (value, theirs), (ours, expected), _ = beside_torch(TABLE["power"], [a, b])
    np.testing.assert_allclose(value, theirs, rtol=1e-14)
    np.testing.assert_allclose(ours, expected, rtol=1e-14)


@pytest.mark.parametrize("row", ["sigmoid_cross_entropy", "softmax_cross_entropy", "label_cross_entropy"])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0, 1e3])
def test_losses_of_extreme_logits(row, scale):
    z = np.random.default_rng(0).normal(size=(50, 4)) * scale
    labels = np.arange(50) % 4
    targets = {"sigmoid_cross_entropy": (z > 0) * 1.0, "softmax_cross_entropy": np.eye(4)[labels]}.get(
        row, labels
    )
    for ours, theirs in beside_torch(TABLE[row], [z, targets], g=1.0):
        assert error(ours, theirs) <= 1e-10


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_graph_of_many_rows(dtype):
    rng = np.random.default_rng(6)
    arrays = [rng.normal(size=shape).astype(dtype) for shape in [(6, 5), (5, 4), (4,), (4, 3)]]

    def program(x, w, b, v, xp):
        h = xp["tanh"](x @ w + b)
        p = xp["softmax"](h @ v)
        return (
            (xp["log"](p[::2]) * (h @ v)[1::2]).sum() / (1 + (w**2).mean())
            + (2**b).max()
            - abs(v).sum() ** 0.5
        )

    ours = [Tensor(a) for a in arrays]
    y = program(*ours, {"tanh": Tensor.tanh, "softmax": Tensor.softmax, "log": Tensor.log})
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    softmax = torch.nn.Softmax(dim=-1)
    z = program(*theirs, {"tanh": torch.tanh, "softmax": softmax, "log": torch.log})
    y.backward()
    z.backward()
    tolerance = 1e-10 if dtype == np.float64 else 1e-5
    assert error(y.data, z.detach().numpy()) <= tolerance
    for a, b in zip(ours, theirs, strict=True):
        assert a.grad.dtype == dtype
        assert error(a.grad, b.grad.numpy()) <= tolerance
