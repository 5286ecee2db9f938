"""Scalar networks: neurons one can look into, the programs people have, and the same numbers as layers."""

import random
import subprocess
import sys

import numpy as np
import pytest

from whygrad import ANN, MLP, Layer, Neuron, SELoss, Value, nn
from whygrad.nn.scalar import ACTIVATIONS

from .cases import LAYERS
from .numeric import error

X = [2.0, 3.0, -1.0]


def numbers(module):
    return [parameter.data for parameter in module.parameters()]


# --- a neuron ----------------------------------------------------------------------------------------
def test_a_neuron_is_one_weighted_sum():
    neuron = Neuron(3, weights="ones")
    z = neuron(X)
    assert z.op.name == "weighted_sum"
    assert z.parents[:4] == (neuron.b, *neuron.w)
    assert len(z.ancestors()) == 1 + 4 + 3  # itself, bias and weights, inputs
    assert z.data == 4.0


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_with_an_activation_it_is_one_node_more(name):
    a = Neuron(3, name)(X)
    assert a.op.name == name
    assert len(a.ancestors()) == 9
    assert a.parents[0].op.name == "weighted_sum"


def test_every_factor_is_visible():
    neuron, inputs = Neuron(3), [Value(x) for x in X]
    a = neuron(inputs)
    weights = tuple(w.data for w in neuron.w)
    assert a.locals == (1.0, *X, *weights)  # by the bias, by each weight, by each input
    a.backward()
    assert [w.grad for w in neuron.w] == X
    assert tuple(x.grad for x in inputs) == weights
    assert neuron.b.grad == 1.0


def test_plain_inputs_are_constants():
    z = Neuron(2, weights="ones")([3.0, np.float32(4.0)])
    assert z.data == 7.0
    assert [x.requires_grad for x in z.parents[3:]] == [False, False]


def test_weights_start_between_minus_1_and_1_and_the_bias_at_0():
    neuron = Neuron(5000, rng=random.Random(0))
    weights = np.array([w.data for w in neuron.w])
    assert -1 <= weights.min() < -0.99
    assert 0.99 < weights.max() <= 1
    assert abs(weights.mean()) < 0.05
    assert neuron.b.data == 0.0


@pytest.mark.parametrize(("weights", "value"), [("ones", 1.0), ("zeros", 0.0)])
@pytest.mark.parametrize(
    "make",
    [lambda **k: Neuron(3, **k), lambda **k: Layer(3, 2, **k), lambda **k: MLP(3, [2, 1], **k),
     lambda **k: ANN([3, 2, 1], **k)],
)  # fmt: skip
def test_ones_and_zeros(make, weights, value):
    for parameter in make(weights=weights).parameters():
        assert parameter.data in (value, 0.0)
    assert numbers(make(weights=weights))[0] == value


# --- the same numbers as layers ----------------------------------------------------------------------
def test_every_activation_is_in_the_table():
    assert {case.scalar for case in LAYERS} - {None} == set(ACTIVATIONS)


@pytest.mark.parametrize("case", [case for case in LAYERS if case.scalar], ids=str)
def test_a_layer_of_neurons_is_a_dense_layer_and_an_activation(case):
    scalars, x = Layer(4, 3, case.scalar, rng=random.Random(1)), case.x()
    dense, activation = nn.Dense(4, 3), case.layer()
    for k, neuron in enumerate(scalars.neurons):
        neuron.b.data = 0.1 * k
        dense.weights[:, k], dense.bias[k] = [w.data for w in neuron.w], neuron.b.data
    a = activation.forward(dense.forward(x))
    upstream = np.random.default_rng(2).normal(size=a.shape)
    dx = dense.backward(activation.backward(upstream))

    inputs = [[Value(v) for v in row] for row in x]
    outputs = [scalars(row) for row in inputs]
    pairs = zip(outputs, upstream, strict=True)
    sum(v * float(g) for row, gs in pairs for v, g in zip(row, gs, strict=True)).backward()
    assert error([[v.data for v in row] for row in outputs], a) <= 1e-12
    assert error([[v.grad for v in row] for row in inputs], dx) <= 1e-12
    assert error(np.transpose([[w.grad for w in neuron.w] for neuron in scalars.neurons]), dense.dW) <= 1e-12
    assert error([neuron.b.grad for neuron in scalars.neurons], dense.db) <= 1e-12


def test_squared_error_is_the_loss_on_arrays():
    p, t = np.random.default_rng(3).normal(size=(2, 4))
    values, loss = [Value(v) for v in p], nn.SquaredError()
    total = SELoss()(values, t.tolist())
    total.backward()
    assert error(total.data, loss.forward(p, t)) <= 1e-12
    assert error([v.grad for v in values], loss.backward()) <= 1e-12


@pytest.mark.parametrize(
    ("prediction", "target"), [(Value(3.0), 1.0), (Value(3.0), [1.0]), ([Value(3.0)], 1.0)]
)
def test_squared_error_of_one_prediction(prediction, target):
    loss = SELoss()(prediction, target)
    loss.backward()
    value = prediction if isinstance(prediction, Value) else prediction[0]
    assert (loss.data, value.grad) == (4.0, 4.0)


# --- the programs people have ------------------------------------------------------------------------
def test_the_training_loop_runs_and_the_loss_falls():
    random.seed(1337)
    n = MLP(3, [4, 4, 1])
    inputs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    targets = [1.0, -1.0, -1.0, 1.0]
    losses = []
    for _epoch in range(10):
        predictions = [n(x) for x in inputs]
        loss = sum((pred - target) ** 2 for pred, target in zip(predictions, targets, strict=True))
        [setattr(param, "grad", 0.0) for param in n.parameters()]
        loss.backward()
        for param in n.parameters():
            param.data += -0.05 * param.grad
        losses.append(loss.data)
    assert losses[-1] < 0.5 * losses[0]


def micrograd(network, x):
    """micrograd's MLP, written out on floats: relu in hidden layers, and none after the last."""
    for number, layer in enumerate(network.layers, start=1):
        z = [sum((w.data * v for w, v in zip(n.w, x, strict=True)), n.b.data) for n in layer.neurons]
        x = z if number == len(network.layers) else [max(0.0, v) for v in z]
    return x


def test_micrograds_network():
    network = MLP(3, [16, 16, 2], activation="relu", output=None, rng=random.Random(5))
    assert error([v.data for v in network(X)], micrograd(network, X)) <= 1e-15
    assert [layer.neurons[0].activation for layer in network.layers] == ["relu", "relu", None]


def test_mlp_has_tanh_in_every_layer_by_default():
    x = X
    network = MLP(3, [4, 2])
    for layer in network.layers:
        x = [np.tanh(np.dot([w.data for w in n.w], x) + n.b.data) for n in layer.neurons]
    assert error([v.data for v in network(X)], x) <= 1e-15


def test_ann_has_tanh_in_hidden_layers_only():
    network = ANN([3, 4, 4, 2])
    assert isinstance(network, MLP)
    assert [layer.neurons[0].activation for layer in network.layers] == ["tanh", "tanh", None]
    assert [len(layer.neurons) for layer in network.layers] == [4, 4, 2]


@pytest.mark.parametrize("output", ["relu", "identity", "linear", None])
def test_the_output_activation_can_be_chosen(output):
    network = MLP(2, [3, 1], output=output)
    assert [layer.neurons[0].activation for layer in network.layers] == ["tanh", output]
    assert (network.layers[-1].neurons[0].row is None) == (output != "relu")


def test_one_output_is_a_value_and_forward_always_a_list():
    assert isinstance(MLP(3, [4, 1])(X), Value)
    assert isinstance(Layer(3, 1)(X), Value)
    for module in (MLP(3, [4, 2]), Layer(3, 2)):
        assert [type(v) for v in module(X)] == [Value, Value]
    for module in (MLP(3, [4, 1]), Layer(3, 1)):
        assert [type(v) for v in module.forward(X)] == [Value]


def test_ann_learns_by_forward_update_and_zero_grad():
    network, loss = ANN([2, 8, 1], rng=random.Random(0)), SELoss()
    values = []
    for _ in range(30):
        total = loss.forward(network.forward([0.5, -0.5]), [1.0])
        network.zero_grad()
        total.backward()
        network.update(learning_rate=0.02)
        values.append(total.data)
    assert values[-1] < 0.01 * values[0]


def test_update_is_a_step_of_gradient_descent():
    network = ANN([2, 3, 1])
    before = numbers(network)
    for k, parameter in enumerate(network.parameters()):
        parameter.grad = float(k)
    network.update(0.5)
    assert numbers(network) == [data - 0.5 * k for k, data in enumerate(before)]
    network.zero_grad()
    assert {parameter.grad for parameter in network.parameters()} == {0.0}


# --- randomness, names -------------------------------------------------------------------------------
def test_random_seed_fixes_the_weights():
    random.seed(7)
    first = numbers(MLP(3, [4, 1]))
    random.seed(7)
    assert numbers(MLP(3, [4, 1])) == first
    assert numbers(MLP(3, [4, 1])) != first


def test_a_generator_leaves_the_global_one_alone():
    random.seed(7)
    state = random.getstate()
    first, second = (numbers(MLP(3, [4, 1], rng=random.Random(3))) for _ in range(2))
    assert first == second
    assert random.getstate() == state


def test_labels_say_layer_input_and_neuron():
    labels = [[p.label for p in layer.parameters()] for layer in MLP(2, [2, 1]).layers]
    assert labels == [
        ["w1[0,0]", "w1[1,0]", "b1[0]", "w1[0,1]", "w1[1,1]", "b1[1]"],
        ["w2[0,0]", "w2[1,0]", "b2[0]"],
    ]
    assert {p.label for p in [*Neuron(2).parameters(), *Layer(2, 2).parameters()]} == {""}


def test_reprs():
    assert repr(Neuron(2, "relu")) == "Neuron(2, activation='relu')"
    assert repr(ANN([1, 1])) == "ANN of [Layer of [Neuron(1, activation=None)]]"
    assert repr(MLP(1, [1])) == "MLP of [Layer of [Neuron(1, activation='tanh')]]"


def test_importing_a_scalar_network_leaves_numpy_out():
    program = (
        "import sys; from whygrad import ANN, MLP, SELoss; MLP(2, [1])([1, 2]); print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
