"""One table for every test that goes through the rows: at least one set of inputs for each row.

Float arrays are what gradients are taken of; numbers, labels, masks and conditions are constants.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import whygrad.autodiff.tensor  # noqa: F401 - enters every row into the table
from whygrad.autodiff.op import Op
from whygrad.autodiff.table import TABLE

rng = np.random.default_rng(7)


class Case(NamedTuple):
    inputs: tuple[Any, ...]
    keywords: dict[str, Any]


def case(*inputs: Any, **keywords: Any) -> Case:
    return Case(inputs, keywords)


def positive(*shape: int) -> Any:
    return np.array(rng.uniform(0.3, 2.0, shape))  # an array for shape (), too


def generic(*shape: int) -> Any:
    """Of both signs and away from 0, where some rows have a kink."""
    return np.array(positive(*shape) * rng.choice([-1.0, 1.0], shape))


def shares(*shape: int) -> Any:
    """Probabilities, not close to 0 and 1."""
    return rng.uniform(0.1, 0.9, shape)


UNARY = "negative exp expm1 sin cos tanh sign step abs relu leaky_relu elu sigmoid silu softplus gelu".split()
OF_POSITIVE = "log log1p sqrt".split()
BINARY = "add subtract multiply divide strong_multiply maximum minimum".split()
REDUCTIONS = "sum mean max".split()
REGRESSION = "squared_error mean_squared_error mean_absolute_error huber".split()
LABELS = np.array([0, 2, 1, 2, 2])

CASES: dict[str, list[Case]] = {
    **{row: [case(generic(3, 4))] for row in UNARY},
    **{row: [case(positive(3, 4))] for row in OF_POSITIVE},
    **{row: [case(generic(3, 4), generic(3, 4)), case(generic(3, 1), generic(4))] for row in BINARY},
    **{row: [case(generic(5, 3), generic(5, 3))] for row in REGRESSION},
    "power": [
        case(positive(3, 4), generic(3, 4)),
        case(positive(3, 1), generic(4)),
        case(generic(3, 4), 3.0),
        case(generic(3, 4), -2),
        case(2.5, generic(3, 4)),
    ],
    "dropout": [case(generic(3, 4), rng.choice([0.0, 2.0], (3, 4)))],
    "weighted_sum": [case(*[generic(3) for _ in range(5)]), case(generic(1), generic(4), generic(3, 1))],
    "matmul": [
        case(generic(3, 4), generic(4, 2)),
        case(generic(5, 3, 4), generic(4, 2)),
        case(generic(2, 1, 3, 4), generic(5, 4, 2)),
    ],
    "affine": [
        case(generic(5, 3), generic(3, 2), generic(2)),
        case(generic(2, 5, 3), generic(3, 2), generic(2)),
        case(generic(5, 3), generic(3, 2), generic(1, 2)),
        case(generic(5, 3), generic(3, 2), generic(5, 2)),
        case(generic(5, 3), generic(3, 2), generic(1)),
    ],
    **{
        row: [
            case(generic(2, 3, 4)),
            case(generic(3, 4), axis=0),
            case(generic(3, 4), axis=-1, keepdims=True),
            case(generic(2, 3, 4), axis=(0, -1)),
            case(generic(2, 3, 4), keepdims=True),
        ]
        for row in REDUCTIONS
    },
    "spread": [
        case(generic(3), shape=(3, 4), axis=1),
        case(generic(3, 1), shape=(3, 4), axis=-1, keepdims=True),
        case(generic(3), shape=(2, 3, 4), axis=(0, -1)),
        case(generic(), shape=(2, 3)),
    ],
    "sum_to": [case(generic(2, 3, 4), shape=shape) for shape in [(3, 1), (4,), (1, 1, 4), ()]],
    "broadcast_to": [
        case(generic(3, 1), shape=(2, 3, 4)),
        case(generic(4), shape=(3, 4)),
        case(generic(), shape=(2,)),
    ],
    "reshape": [
        case(generic(3, 4), shape=(2, -1)),
        case(generic(3, 4), shape=12),
        case(generic(1), shape=()),
    ],
    "matrix_transpose": [case(generic(3, 4)), case(generic(2, 3, 4))],
    "transpose": [
        case(generic(2, 3, 4)),
        case(generic(2, 3, 4), axes=(1, 2, 0)),
        case(generic(3, 4), axes=(-1, 0)),
    ],
    "index": [
        case(generic(3, 4), key=1),
        case(generic(3, 4), key=(slice(None, None, 2), -1)),
        case(generic(3, 4), key=np.array([0, 2, 0, 0])),
        case(generic(3, 4), key=(np.array([0, 1]), np.array([3, 3]))),
        case(generic(2, 2), key=np.array([[True, False], [True, True]])),
        case(generic(2, 3, 4), key=(..., None, 1)),
    ],
    "scatter": [
        case(generic(3), key=np.array([1, 1, 4]), shape=(5,)),
        case(generic(2), key=(slice(None), 1), shape=(2, 3)),
    ],
    "concatenate": [
        case(generic(3), generic(2), generic(1)),
        case(generic(2, 3), generic(1, 3)),
        case(generic(2, 3), generic(2, 1), axis=-1),
    ],
    "where": [
        case(np.array([True, False, True]), generic(2, 3), generic(2, 3)),
        case(np.array([[True], [False]]), generic(3), generic()),
    ],
    "logsumexp": [case(generic(2, 3, 4)), case(generic(3, 4), axis=0, keepdims=True)],
    "softmax": [case(generic(2, 3, 4)), case(generic(3, 4), axis=0)],
    "log_softmax": [case(generic(2, 3, 4)), case(generic(3, 4), axis=0)],
    "normalize": [
        case(generic(6, 3), generic(3), generic(3), axis=0),
        case(generic(4, 5), generic(5), generic(5), axis=-1, eps=1e-3),
    ],
    "standardize": [case(generic(6, 3), generic(3), positive(3), generic(3), generic(3))],
    "sigmoid_cross_entropy": [case(generic(5, 1), shares(5, 1))],
    "binary_cross_entropy": [case(shares(5, 1), shares(5, 1))],
    "softmax_cross_entropy": [case(generic(5, 3), shares(5, 3))],
    "label_cross_entropy": [case(generic(5, 3), LABELS)],
    "hinge": [case(generic(5, 1), rng.choice([-1.0, 1.0], (5, 1)))],
    "l1_penalty": [case(generic(3, 4)), case(generic(3, 4), strength=0.3)],
    "l2_penalty": [case(generic(3, 4)), case(generic(3, 4), strength=0.3)],
    "one_hot": [case(LABELS, generic(5, 3))],
    "take_label": [case(generic(5, 3), LABELS)],
    "bounded": [case(generic(3, 4))],
    "strong_log": [case(positive(3, 4))],
    "compare": [case(generic(3, 4), generic(3, 4)), case(generic(3, 1), generic(4))],
}


def each_case(wanted: Callable[[str], bool] = lambda row: True) -> pytest.MarkDecorator:
    """Parametrize a test of ``op`` and ``inputs`` by the cases of the wanted rows."""
    return pytest.mark.parametrize(
        ("op", "inputs"),
        [
            pytest.param(
                TABLE[row].bind(**keywords) if keywords else TABLE[row], inputs, id=f"{row}-{number}"
            )
            for row, cases in CASES.items()
            if wanted(row)
            for number, (inputs, keywords) in enumerate(cases)
        ],
    )


every_case = each_case()


def is_floats(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def differentiable(op: Op, inputs: tuple[Any, ...]) -> list[int]:
    """Positions of the inputs that have a gradient."""
    return [i for i, x in enumerate(inputs) if is_floats(x) and op.flows(i)]


def error(actual: Any, reference: Any) -> float:
    """max|a - r| / max|r|, absolute where the reference is all zero."""
    actual, reference = np.asarray(actual), np.asarray(reference)
    assert actual.shape == reference.shape
    scale = np.max(np.abs(reference), initial=0.0)
    return float(np.max(np.abs(actual - reference), initial=0.0) / (scale or 1.0))


def moved(inputs: Any, i: int, index: tuple[int, ...], by: complex) -> list[Any]:
    """The inputs with one entry of input ``i`` moved."""
    xs = list(inputs)
    xs[i] = xs[i].astype(type(by))
    xs[i][index] += by
    return xs


def central_differences(function: Any, inputs: Any, i: int, width: float = 1e-5) -> Any:
    """The gradient of a function of arrays by input ``i``."""
    out = np.zeros(inputs[i].shape)
    for index in np.ndindex(out.shape):
        right, left = (function(moved(inputs, i, index, by)) for by in (width, -width))
        out[index] = (right - left) / (2 * width)
    return out
