"""A chain of layers: its flat vectors, one pass in one go, what it refuses, what it notices."""

import copy

import numpy as np
import pytest

from whygrad import Tensor, gradcheck, nn
from whygrad.errors import GraphError, KindError, SettingError, ShapeError

from .numeric import error

ROWS = 5
LABELS = np.array([0, 2, 1, 1, 0])


def make(dtype=np.float64, dropout=0.3):
    """Every kind of layer."""
    return nn.Sequential(
        [
            nn.Dense(4, 6, rng=0, dtype=dtype),
            nn.BatchNorm(6, dtype=dtype),
            nn.SiLU(),
            nn.Dropout(dropout, rng=1),
            nn.Dense(6, 5, rng=2, dtype=dtype),
            nn.LayerNorm(5, dtype=dtype),
            nn.Tanh(),
            nn.Dense(5, 3, rng=3, dtype=dtype),
        ]
    )


def inputs(dtype=np.float64):
    return np.random.default_rng(4).normal(size=(ROWS, 4)).astype(dtype)


# --- the flat vectors --------------------------------------------------------------------------------
def test_names_count_the_layers_that_have_parameters():
    network = make()
    assert [*network.parameters()] == [name for name, _ in network.named_parameters()]
    assert [*network.parameters()] == [
        *("1.weights", "1.bias", "2.scale", "2.shift", "3.weights", "3.bias"),
        *("4.scale", "4.shift", "5.weights", "5.bias"),
    ]
    assert network.parameters()["3.weights"] is network.layers[4].parameters["weights"]


def test_vector_and_gradient_hold_all_parameters_in_order():
    network = make()
    network.gradient = np.random.default_rng(0).normal(size=network.gradient.shape)
    parameters = network.parameters().values()
    np.testing.assert_array_equal(network.vector, np.concatenate([p.data.ravel() for p in parameters]))
    np.testing.assert_array_equal(network.gradient, np.concatenate([p.grad.ravel() for p in parameters]))


def test_writing_one_changes_the_other():
    network = make()
    dense = network.layers[0]
    network.vector[0] = 7.0
    assert dense.weights[0, 0] == 7.0
    dense.weights[0, 1] = 8.0
    assert network.vector[1] == 8.0
    dense.weights = np.ones((4, 6))
    assert network.vector[:24].tolist() == [1.0] * 24
    dense.dW[0, 0] = 9.0
    assert network.gradient[0] == 9.0
    network.gradient[24] = 10.0
    assert dense.db[0] == 10.0


def test_assigning_the_vectors_writes_into_them():
    network = make()
    vector, gradient = network.vector, network.gradient
    network.vector = np.arange(len(vector))
    network.gradient = np.ones(len(vector))
    network.vector -= 2 * network.gradient
    network.gradient *= 3
    assert network.vector is vector
    assert network.gradient is gradient
    assert network.layers[0].weights[0, :3].tolist() == [-2.0, -1.0, 0.0]
    assert (network.layers[-1].db == 3.0).all()


def test_an_update_of_the_vector_changes_what_layers_compute():
    network, x = make(), inputs()
    before = network.forward(x)
    network.vector -= 0.1
    assert not np.allclose(network.forward(x), before)
    network.vector += 0.1
    np.testing.assert_allclose(network.forward(x), before, rtol=1e-12)


def test_zero_grad_clears_every_gradient():
    network = make()
    network.gradient[...] = 1.0
    network.zero_grad()
    assert not any(parameter.grad.any() for parameter in network.parameters().values())


def test_single_precision_stays():
    network, x = make(np.float32), inputs()
    loss, regularizer = nn.CrossEntropy(), nn.L1L2(0.1, 0.1)
    loss.forward(network.forward(x, training=True), LABELS)
    arrays = [network.layers[-1].output, loss.value, network.backward(loss.backward())]
    network.loss_and_gradient(inputs(np.float32), LABELS, loss, regularizer)
    arrays += [network.vector, network.gradient, network.flat.penalized, loss.value]
    for layer in network.layers:
        arrays += [*layer.inputs, layer.output, layer.upstream]
        arrays += [parameter.grad for parameter in layer.parameters.values()]
        arrays += [array for array in vars(layer).values() if isinstance(array, np.ndarray)]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


def test_a_copy_is_whole_and_independent():
    network, x = make(), inputs()
    network.loss_and_gradient(x, LABELS, nn.CrossEntropy())
    twin, vector = copy.deepcopy(network), network.vector.copy()
    np.testing.assert_array_equal(twin.gradient, network.gradient)
    np.testing.assert_array_equal(twin.forward(x), network.forward(x))
    twin.vector *= 2.0
    np.testing.assert_array_equal(twin.layers[0].weights, 2.0 * network.layers[0].weights)
    np.testing.assert_array_equal(network.vector, vector)


def test_a_copy_without_parameters():
    assert repr(copy.deepcopy(nn.Sequential([nn.Tanh()]))) == "Sequential([Tanh()])"


# --- passes ------------------------------------------------------------------------------------------
def test_gradcheck_takes_the_network():
    report = gradcheck(make(), inputs())
    assert report, str(report)
    assert len(report.inputs) == 11


@pytest.mark.parametrize("regularizer", [nn.Regularizer(), nn.L1(0.1), nn.L2(0.2), nn.L1L2(0.1, 0.2)])
@pytest.mark.parametrize("training", [True, False])
def test_in_one_go_the_bits_are_the_same(training, regularizer):
    step_by_step, at_once, x = make(), make(), inputs()
    loss = nn.CrossEntropy()
    value = loss.forward(step_by_step.forward(x, training), LABELS)
    step_by_step.backward(loss.backward())
    parameters = step_by_step.parameters().values()
    regularizer.add_gradients(parameters)
    value += regularizer.value(parameters)
    at_once.gradient[...] = 99.0  # what was there before does not count
    assert at_once.loss_and_gradient(x, LABELS, nn.CrossEntropy(), regularizer, training) == value
    assert at_once.gradient.tobytes() == step_by_step.gradient.tobytes()


def test_penalty_is_part_of_loss_and_gradient():
    network, x, loss = make(dropout=0.0), inputs(), nn.CrossEntropy()
    bare = network.loss_and_gradient(x, LABELS, loss)
    bare_gradient = network.gradient.copy()
    total = network.loss_and_gradient(x, LABELS, loss, nn.L1L2(0.1, 0.2))
    weights = np.where(network.flat.penalized, network.vector, 0.0)
    assert error(total - bare, 0.1 * np.abs(weights).sum() + 0.1 * (weights**2).sum()) <= 1e-14
    assert error(network.gradient - bare_gradient, 0.1 * np.sign(weights) + 0.2 * weights) <= 1e-14


def test_a_single_layer_in_one_go():
    network = nn.Sequential([nn.Dense(1, 1, initializer="ones")])
    assert network.loss_and_gradient(np.array([[2.0]]), np.array([[0.0]]), nn.MeanSquaredError()) == 4.0
    assert network.gradient.tolist() == [8.0, 4.0]


def test_outside_training_nothing_is_random_or_learned():
    network, x = make(), inputs()
    norm = network.layers[1]
    first, mean = network.forward(x), norm.running_mean
    np.testing.assert_array_equal(network.forward(x), first)
    np.testing.assert_array_equal(network.evaluate(x), first)
    np.testing.assert_array_equal(network(x), first)
    assert norm.running_mean is mean
    network.forward(x, training=True)
    assert norm.running_mean is not mean


def test_in_one_go_it_trains_unless_told_otherwise():
    network, x, loss = make(), inputs(), nn.CrossEntropy()
    assert network.loss_and_gradient(x, LABELS, loss) != network.loss_and_gradient(x, LABELS, loss)


# --- what it notices ---------------------------------------------------------------------------------
def test_changes_between_forward_and_backward_are_noticed():
    network, x = make(), inputs()
    upstream = np.ones((ROWS, 3))
    changes = {
        "an input": (lambda: x.__setitem__((0, 0), 9.0), "x of Dense(4, 6)"),
        "weights by the vector": (lambda: network.vector.__isub__(0.1), "w of Dense(5, 3)"),
        "weights by the layer": (lambda: network.layers[4].bias.__iadd__(1.0), "b of Dense(6, 5)"),
        "an output": (lambda: network.layers[2].output.fill(0.0), "a of Dropout(0.3)"),
        "the last output": (lambda: network.layers[-1].z.fill(0.0), "the output of Dense(5, 3)"),
    }
    for name, (change, culprit) in changes.items():
        network.forward(x, training=True)
        change()
        with pytest.raises(GraphError) as caught:
            network.backward(upstream)
        assert f"{culprit} was changed in place" in str(caught.value), name


def test_changes_on_tensors_are_noticed():
    network = make()
    result = nn.CrossEntropy()(network(Tensor(inputs()), training=True), LABELS)
    network.vector -= 0.1
    with pytest.raises(GraphError, match="was changed in place after the forward pass"):
        result.backward()


def test_backward_needs_forward():
    with pytest.raises(GraphError) as caught:
        make().backward(np.ones((ROWS, 3)))
    assert str(caught.value) == "Dense(5, 3): backward() before forward()\n  hint: call forward(x) first"


# --- what it refuses ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("layers", "culprit", "takes", "fits"),
    [
        ([nn.Dense(2, 3), nn.Tanh(), nn.Dense(4, 1)], "layer 3, Dense(4, 1)", 4, "Dense(3, 1)"),
        ([nn.Dense(2, 3), nn.BatchNorm(2)], "layer 2, BatchNorm(2)", 2, "BatchNorm(3)"),
        (
            [nn.Tanh(), nn.LayerNorm(3), nn.ReLU(), nn.Dense(2, 1)],
            "layer 4, Dense(2, 1)",
            2,
            "Dense(3, 1)",
        ),
    ],
)
def test_sizes_have_to_fit(layers, culprit, takes, fits):
    with pytest.raises(ShapeError) as caught:
        nn.Sequential(layers)
    assert str(caught.value) == (
        f"{culprit} does not fit\n  expected: {takes} columns in\n  received: 3 columns\n  hint: {fits}"
    )


def test_no_layers_are_refused():
    with pytest.raises(SettingError, match="Sequential needs at least one layer"):
        nn.Sequential([])


@pytest.mark.parametrize("layer", [nn.Tanh, "tanh", nn.Sequential([nn.Tanh()])])
def test_what_is_not_a_layer_is_refused(layer):
    with pytest.raises(KindError) as caught:
        nn.Sequential([nn.Dense(2, 2), layer])
    assert str(caught.value) == (
        f"layer 2 is not a layer\n  expected: Dense(2, 1), Tanh() …\n  received: {layer}"
    )


def test_one_layer_in_two_places_is_refused():
    tanh = nn.Tanh()
    with pytest.raises(SettingError) as caught:
        nn.Sequential([nn.Dense(2, 2), tanh, nn.Dense(2, 2), tanh])
    assert str(caught.value) == (
        "layer 4 is layer 2 again: a layer keeps what it computed in one place only\n"
        "  received: Tanh()\n"
        "  hint: make a second one; to share weights, call the layer on Tensors"
    )


def test_shared_weights_work_on_tensors():
    layer, x = nn.Dense(2, 2, rng=0), np.array([[1.0, 2.0]])
    layer(layer(Tensor(x)).tanh()).sum().backward()
    w, b = layer.weights, layer.bias
    hidden = np.tanh(x @ w + b)
    before = (1 - hidden**2) * (np.ones((1, 2)) @ w.T)
    assert error(layer.dW, hidden.T @ np.ones((1, 2)) + x.T @ before) <= 1e-15
    assert error(layer.db, 1 + before[0]) <= 1e-15


@pytest.mark.parametrize("last", [nn.Sigmoid(), nn.Softmax()])
@pytest.mark.parametrize("loss", [nn.BinaryCrossEntropy(), nn.CrossEntropy()])
def test_an_output_activation_twice_is_refused(last, loss):
    with pytest.raises(GraphError) as caught:
        nn.Sequential([nn.Dense(2, 3), last]).check_output(loss)
    assert str(caught.value) == (
        f"{loss!r} contains the {loss.activation}: {last!r} before it would apply it twice\n"
        "  hint: leave the last activation out, or use a loss on probabilities"
    )


@pytest.mark.parametrize(
    ("last", "loss"),
    [
        (nn.Sigmoid(), nn.BinaryCrossEntropy(from_logits=False)),
        (nn.Sigmoid(), nn.MeanSquaredError()),
        (nn.Tanh(), nn.CrossEntropy()),
        (nn.Dense(3, 3), nn.BinaryCrossEntropy()),
    ],
)
def test_an_output_activation_once_is_taken(last, loss):
    nn.Sequential([nn.Dense(2, 3), last]).check_output(loss)


def test_it_says_its_layers():
    assert repr(nn.Sequential([nn.Dense(2, 3), nn.ELU(2.0), nn.BatchNorm(3), nn.Dropout(0.5)])) == (
        "Sequential([Dense(2, 3), ELU(alpha=2.0), BatchNorm(3), Dropout(0.5)])"
    )


def test_vectors_of_another_size_are_refused():
    network = nn.Sequential([nn.Dense(2, 3, rng=0)])
    for name in ("vector", "gradient"):
        with pytest.raises(ShapeError, match=rf"the network's {name} cannot take"):
            setattr(network, name, np.ones(1))


def test_an_activation_that_the_loss_contains_is_refused_in_training():
    network = nn.Sequential([nn.Dense(2, 1, rng=0), nn.Sigmoid()])
    with pytest.raises(GraphError, match="would apply it twice"):
        network.loss_and_gradient(np.ones((3, 2)), np.ones((3, 1)), nn.BinaryCrossEntropy())
