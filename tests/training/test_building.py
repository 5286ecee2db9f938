"""Sizes and names that a network is made of, and the table that shows it."""

import numpy as np
import pytest

from whygrad.errors import SettingError, ShapeError
from whygrad.training import NeuralNetwork
from whygrad.training.building import dense_network, float_dtype, layer_sizes, summary


@pytest.mark.parametrize(
    "layers", [[2, 4, 1], (2, 4, 1), np.array([2, 4, 1]), iter([2, 4, 1]), [np.int8(2), 4, 1]]
)
def test_sizes_are_a_tuple_of_whole_numbers(layers):
    sizes = layer_sizes(layers)
    assert sizes == (2, 4, 1)
    assert all(type(size) is int for size in sizes)


@pytest.mark.parametrize("layers", [5, 2.5, "2, 4, 1", None, True])
def test_what_is_no_list_is_refused(layers):
    with pytest.raises(ShapeError, match="layers is a list of sizes\n  expected: such as"):
        layer_sizes(layers)


@pytest.mark.parametrize("layers", [[], [3]])
def test_too_few_sizes_are_refused(layers):
    with pytest.raises(ShapeError, match="a network needs at least the number of inputs and of outputs"):
        layer_sizes(layers)


@pytest.mark.parametrize("size", [0, -1, 2.0, 2.5, "4", None, True, [4], np.float64(4)])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_size_that_is_no_whole_number_from_1_is_named(size, place):
    sizes = [2, 4, 1]
    sizes[place] = size
    with pytest.raises(ShapeError, match=f"layer size {place} must be a whole number from 1") as caught:
        NeuralNetwork(sizes)
    assert caught.value.received == f"{size!r} in {sizes!r}"


@pytest.mark.parametrize("dtype", ["float64", "float32", np.float32, np.dtype("f8"), float])
def test_floats_of_two_sizes_are_taken(dtype):
    assert float_dtype(dtype) in (np.float32, np.float64)
    assert NeuralNetwork([2, 3, 1], dtype=dtype).network.vector.dtype == np.dtype(dtype)


@pytest.mark.parametrize("dtype", ["float16", "int", "float65", complex, 7, object()])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(SettingError, match="dtype must be float32 or float64"):
        float_dtype(dtype)


@pytest.mark.parametrize(
    ("sizes", "activation", "dropout", "expected"),
    [
        ((2, 1), "relu", 0.5, "Sequential([Dense(2, 1)])"),
        ((2, 3, 1), "tanh", 0.0, "Sequential([Dense(2, 3), Tanh(), Dense(3, 1)])"),
        ((2, 3, 1), "identity", 0.0, "Sequential([Dense(2, 3), Dense(3, 1)])"),
        (
            (2, 3, 4, 1),
            "gelu",
            0.5,
            "Sequential([Dense(2, 3), GELU(), Dropout(0.5), Dense(3, 4), GELU(), Dropout(0.5), Dense(4, 1)])",
        ),
    ],
)
def test_layers_follow_from_sizes_and_names(sizes, activation, dropout, expected):
    network = dense_network(
        sizes, activation, "he_normal", dropout, np.random.default_rng(0), np.dtype(np.float64)
    )
    assert repr(network) == expected


def test_the_table_is_aligned():
    assert summary((784, 100, 10), "relu", "softmax", "the end").splitlines() == [
        "layer    inputs  outputs  parameters  activation",
        "1 dense     784      100      78,500  relu",
        "2 dense     100       10       1,010  softmax",
        "the end",
    ]


def test_what_no_memory_holds_is_refused_before_it_is_made():
    with pytest.raises(ShapeError, match=r"a network of 800,000,003 parameters is too large"):
        NeuralNetwork([4, 100_000_000, 3])
