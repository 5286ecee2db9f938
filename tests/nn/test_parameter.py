"""Parameters and the two flat vectors that their arrays are views into."""

import copy

import numpy as np
import pytest

from whygrad.errors import ShapeError
from whygrad.nn import Dense, Parameter, ParameterVector, Sequential


def parameters(dtype=np.float64):
    return {
        "weights": Parameter(np.arange(6, dtype=dtype).reshape(2, 3), "weights"),
        "bias": Parameter(np.array([6, 7, 8], dtype), "bias", penalized=False),
    }


def test_gradients_accumulate_in_one_array():
    w = parameters()["weights"]
    gradient = w.grad
    for _ in range(2):
        (w * w).sum().backward()
    assert w.grad is gradient
    np.testing.assert_array_equal(gradient, 4 * w.data)
    w.grad = None
    assert not gradient.any()
    w.grad = np.ones((2, 3))
    assert gradient.tolist() == [[1.0] * 3] * 2


def test_assign_writes_in_place():
    w = parameters(np.float32)["weights"]
    data = w.data
    w.data = [[1, 2, 3], [4, 5, 6]]
    assert w.data is data
    assert data.dtype == np.float32
    assert data.tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


def test_assign_does_not_broadcast():
    with pytest.raises(ShapeError) as caught:
        parameters()["weights"].data = [1.0, 2.0, 3.0]
    assert str(caught.value) == (
        "weights cannot take these values\n  expected: shape (2, 3)\n  received: shape (3,)"
    )


def test_values_stay_and_become_views():
    items = parameters()
    vector = ParameterVector(items)
    assert vector.values.tolist() == list(range(9))
    assert len(vector) == 9
    vector.values[:] = range(10, 19)
    assert items["weights"].data.tolist() == [[10, 11, 12], [13, 14, 15]]
    items["bias"].data[0] = -1.0
    assert vector.values[6] == -1.0
    for item in items.values():
        assert np.shares_memory(item.data, vector.values)
        assert np.shares_memory(item.grad, vector.gradient)


def test_gradients_stay_and_become_views():
    items = parameters()
    items["bias"].grad = np.array([1.0, 2.0, 3.0])
    vector = ParameterVector(items)
    assert vector.gradient.tolist() == [0.0] * 6 + [1.0, 2.0, 3.0]
    items["weights"].grad[1, 2] = 5.0
    assert vector.gradient[5] == 5.0
    (items["bias"] * 2.0).sum().backward()
    assert vector.gradient[6:].tolist() == [3.0, 4.0, 5.0]


def test_penalized_marks_weights():
    vector = ParameterVector(parameters(np.float32))
    assert vector.penalized.tolist() == [1.0] * 6 + [0.0] * 3
    assert {vector.penalized.dtype, vector.values.dtype, vector.gradient.dtype} == {np.dtype(np.float32)}


def test_without_parameters_the_vectors_are_empty():
    vector = ParameterVector({})
    assert len(vector) == len(vector.gradient) == 0
    assert vector.values.dtype == np.float64


def test_a_copy_has_vectors_of_its_own():
    vector = ParameterVector(parameters())
    vector.gradient[:] = 1.0
    twin = copy.deepcopy(vector)
    np.testing.assert_array_equal(twin.values, vector.values)
    np.testing.assert_array_equal(twin.gradient, vector.gradient)
    twin.values[:] = 0.0
    assert not twin.parameters["weights"].data.any()
    assert vector.parameters["weights"].data.any()
    assert twin.penalized.tolist() == vector.penalized.tolist()


def test_assigning_data_writes_into_the_network_s_vector():
    network = Sequential([Dense(2, 3, rng=0)])
    for parameter in network.parameters().values():
        parameter.data = parameter.data * 0 + 7.0
        parameter.data -= 1.0
    assert (network.vector == 6.0).all()
    with pytest.raises(ShapeError, match=r"weights cannot take these values"):
        network.parameters()["1.weights"].data = np.ones((3, 2))
