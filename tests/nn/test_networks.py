"""Whole networks of random shapes: scalars, layers and tensors give the same loss and gradients."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from whygrad import MLP, SELoss, Tensor, nn
from whygrad.nn.activations import make_activation
from whygrad.nn.scalar import ACTIVATIONS

from .cases import LAYERS
from .cases import LOSSES as CASES
from .numeric import error, errors


@st.composite
def problems(draw):
    """A scalar network, rows of inputs and rows of targets."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=4))
    rng = random.Random(draw(st.integers(0, 2**32)))
    activation = draw(st.sampled_from([*ACTIVATIONS, None]))
    output = draw(st.sampled_from([*ACTIVATIONS, None]))
    network = MLP(sizes[0], sizes[1:], activation, output, rng=rng)
    for parameter in network.parameters():
        parameter.data = rng.gauss(0.0, 0.8)
    rows = draw(st.integers(1, 4))
    x, y = ([[rng.gauss(0, 1) for _ in range(n)] for _ in range(rows)] for n in (sizes[0], sizes[-1]))
    return network, x, y


def as_layers(mlp):
    """The same network as layers, with the same weights."""
    layers = []
    for number, scalars in enumerate(mlp.layers):
        dense = nn.Dense(len(scalars.neurons[0].w), len(scalars.neurons))
        dense.weights = np.transpose([[w.data for w in neuron.w] for neuron in scalars.neurons])
        dense.bias = [neuron.b.data for neuron in scalars.neurons]
        activation = make_activation(mlp.layers[number].neurons[0].activation)
        layers += [dense] if activation is None else [dense, activation]
    return nn.Sequential(layers)


def scalar_gradients(mlp):
    """By weights and bias of each layer."""
    for layer in mlp.layers:
        yield np.transpose([[w.grad for w in neuron.w] for neuron in layer.neurons])
        yield np.array([neuron.b.grad for neuron in layer.neurons])


@settings(max_examples=150, deadline=None)
@given(problems())
def test_three_apis_agree(problem):
    mlp, x, y = problem
    total = sum(SELoss()(mlp.forward(row), target) for row, target in zip(x, y, strict=True))
    total.backward()

    explicit, loss = as_layers(mlp), nn.SquaredError()
    value = loss.forward(explicit.forward(x), y)
    dx = explicit.backward(loss.backward())

    recorded, leaf = as_layers(mlp), Tensor(x)
    result = loss(recorded(leaf), y)
    result.backward()

    assert error(total.data, value) <= 1e-12
    layered = [parameter.grad for parameter in explicit.parameters().values()]
    assert max(errors([*scalar_gradients(mlp)], layered)) <= 1e-12
    assert result.item() == value
    np.testing.assert_array_equal(recorded.gradient, explicit.gradient)
    np.testing.assert_array_equal(leaf.grad, dx)


@st.composite
def chains(draw):
    """What builds a network of layers of any kind, the same each time, and data for it."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    case = draw(st.sampled_from(CASES))
    kinds = draw(st.lists(st.sampled_from(LAYERS[1:]), min_size=len(sizes), max_size=len(sizes)))
    seed = draw(st.integers(0, 2**32))
    predictions, targets = case.data()
    outputs = predictions.shape[1]

    def build():
        rng, layers = np.random.default_rng(seed), []
        for n, m, kind in zip(sizes, [*sizes[1:], outputs], kinds, strict=True):
            layers.append(nn.Dense(n, m, rng=rng))
            sized = kind.takes_dtype
            layers.append(type(kind.layer())(m) if sized else kind.make())
        if case.make().activation:  # a loss that contains the output activation follows a dense layer
            layers.append(nn.Dense(outputs, outputs, rng=rng))
        return nn.Sequential([*layers, nn.Sigmoid()] if case.probabilities else layers)

    x = np.random.default_rng(seed).normal(size=(len(predictions), sizes[0]))
    return build, case.make(), x, targets


@settings(max_examples=150, deadline=None)
@given(chains(), st.booleans())
def test_explicit_passes_and_tensors_agree(chain, training):
    build, loss, x, targets = chain
    explicit, recorded, at_once = build(), build(), build()
    value = loss.forward(explicit.forward(x, training), targets)
    dx = explicit.backward(loss.backward())
    leaf = Tensor(x)
    result = loss(recorded(leaf, training), targets)
    result.backward()
    assert result.item() == value
    np.testing.assert_array_equal(leaf.grad, dx)
    np.testing.assert_array_equal(recorded.gradient, explicit.gradient)
    assert at_once.loss_and_gradient(x, targets, loss, training=training) == value
    np.testing.assert_array_equal(at_once.gradient, explicit.gradient)
