"""Whole networks beside PyTorch's: loss and gradients of random ones, and the way of some in training."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whygrad import nn, optim

from ..nn.cases import LOSSES
from ..nn.numeric import error, errors
from .test_layers_against_torch import LOSS_PEERS

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # small arrays: threads would only wait for each other

ACTIVATIONS = {
    nn.ReLU: lambda layer: torch.nn.ReLU(),
    nn.LeakyReLU: lambda layer: torch.nn.LeakyReLU(layer.op.keywords["slope"]),
    nn.ELU: lambda layer: torch.nn.ELU(layer.op.keywords["alpha"]),
    nn.GELU: lambda layer: torch.nn.GELU(approximate="tanh"),
    nn.SiLU: lambda layer: torch.nn.SiLU(),
    nn.Softplus: lambda layer: torch.nn.Softplus(threshold=100.0),
    nn.Sigmoid: lambda layer: torch.nn.Sigmoid(),
    nn.Tanh: lambda layer: torch.nn.Tanh(),
    nn.Softmax: lambda layer: torch.nn.Softmax(dim=-1),
}


class SameMask(torch.nn.Module):
    """Dropout with the mask that a layer of ours has drawn."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return x * torch.from_numpy(self.layer.mask)


def tensor(array):
    return torch.nn.Parameter(torch.tensor(array))


def peer(layer):
    """The same layer in PyTorch, with the same parameters."""
    if type(layer) in ACTIVATIONS:
        return ACTIVATIONS[type(layer)](layer)
    if isinstance(layer, nn.Dropout):
        return SameMask(layer)
    first, second = (parameter.data for parameter in layer.parameters.values())
    if isinstance(layer, nn.Dense):
        module = torch.nn.Linear(*first.shape, dtype=torch.float64)
        first = first.T
    else:
        kind = {nn.BatchNorm: torch.nn.BatchNorm1d, nn.LayerNorm: torch.nn.LayerNorm}[type(layer)]
        module = kind(layer.features, eps=layer.eps, dtype=torch.float64)
    module.weight, module.bias = tensor(first), tensor(second)
    return module


def peers(network):
    return torch.nn.Sequential(*map(peer, network.layers))


def as_ours(module, read):
    """One array for each of our parameters, read from PyTorch's module."""
    for part in module:
        if list(part.parameters(recurse=False)):
            weight, bias = read(part.weight).numpy(), read(part.bias).numpy()
            yield from (weight.T if isinstance(part, torch.nn.Linear) else weight, bias)


def penalty(module, regularizer):
    weights = [part.weight for part in module if isinstance(part, torch.nn.Linear)]
    return sum(regularizer.l1 * w.abs().sum() + regularizer.l2 / 2 * (w**2).sum() for w in weights)


@st.composite
def problems(draw):
    """A network in training, a loss with targets, a batch, and a penalty."""
    case = draw(st.sampled_from(LOSSES))
    rows = draw(st.integers(1, 9))
    inputs, *hidden = draw(st.lists(st.integers(1, 8), min_size=1, max_size=5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    norms = st.sampled_from([None, None, nn.LayerNorm, nn.BatchNorm])
    layers, width = [], inputs
    for n in hidden:
        layers.append(nn.Dense(width, n, rng=rng, initializer="he_normal"))
        norm = draw(norms)
        if norm is not None and min(n, rows) > 3:  # of fewer numbers the result hardly depends on them
            layers.append(norm(n, eps=0.01))  # where a column is constant, rounding is divided by its root
        layers.append(draw(st.sampled_from([*ACTIVATIONS]))())
        if draw(st.booleans()):
            layers.append(nn.Dropout(draw(st.sampled_from([0.1, 0.5])), rng=rng))
        width = n
    layers.append(nn.Dense(width, 3, rng=rng))
    if case.probabilities:
        layers.append(nn.Sigmoid())
    network = nn.Sequential(layers)
    network.vector += 0.1 * rng.normal(size=len(network.vector))
    strengths = st.sampled_from([0.0, 0.01, 0.3])
    x = rng.normal(size=(rows, inputs))
    targets = np.resize(case.data()[1], (rows, *case.data()[1].shape[1:]))
    return network, case, x, targets, nn.Regularizer(draw(strengths), draw(strengths))


@settings(max_examples=300, deadline=None)
@given(problems())
def test_loss_and_gradients(problem):
    network, case, x, targets, regularizer = problem
    module = peers(network)
    value = network.loss_and_gradient(x, targets, case.make(), regularizer)
    expected = LOSS_PEERS[case.name](module(torch.from_numpy(x)), torch.from_numpy(targets))
    expected = expected + penalty(module, regularizer)
    expected.backward()
    assert error(value, expected.item()) <= 1e-10
    found = [parameter.grad for parameter in network.parameters().values()]
    assert max(errors(found, [*as_ours(module, lambda p: p.grad)])) <= 1e-10


OPTIMIZERS = {
    "gradient descent": (optim.GradientDescent, lambda p, lr: torch.optim.SGD(p, lr)),
    "momentum": (optim.Momentum, lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9)),
    "nesterov": (optim.Nesterov, lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9, nesterov=True)),
    "adagrad": (optim.Adagrad, lambda p, lr: torch.optim.Adagrad(p, lr)),
    "rmsprop": (optim.RMSprop, lambda p, lr: torch.optim.RMSprop(p, lr)),
    "adam": (optim.Adam, lambda p, lr: torch.optim.Adam(p, lr)),
    "adamw": (optim.AdamW, lambda p, lr: torch.optim.AdamW(p, lr)),
}
TRAINED = {
    "regression": (lambda: [nn.Dense(4, 6, rng=0), nn.Tanh(), nn.Dense(6, 3, rng=1)], "MeanSquaredError"),
    "classification": (
        lambda: [nn.Dense(4, 8, rng=2), nn.LayerNorm(8), nn.GELU(), nn.Dropout(rng=3), nn.Dense(8, 3, rng=4)],
        "CrossEntropy of labels",
    ),
    "labels": (
        lambda: [nn.Dense(4, 5, rng=5), nn.SiLU(), nn.BatchNorm(5), nn.Dense(5, 3, rng=6)],
        "BinaryCrossEntropy",
    ),
}


def test_every_optimizer_has_a_peer():
    assert {ours for ours, _ in OPTIMIZERS.values()} == set(optim.OPTIMIZERS.values())


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("task", TRAINED)
def test_training_takes_the_same_way(task, name):
    layers, loss_name = TRAINED[task]
    network, case = nn.Sequential(layers()), next(case for case in LOSSES if case.name == loss_name)
    module = peers(network)
    ours, theirs = OPTIMIZERS[name]
    optimizer, other = ours(0.02), theirs(module.parameters(), 0.02)
    regularizer, loss, targets = nn.L1L2(0.001, 0.01), case.make(), case.data()[1]
    x = np.random.default_rng(0).normal(size=(len(targets), 4))
    values = []
    for _ in range(20):
        values.append(network.loss_and_gradient(x, targets, loss, regularizer))
        optimizer.step(network.vector, network.gradient)
        other.zero_grad()
        expected = LOSS_PEERS[loss_name](module(torch.from_numpy(x)), torch.from_numpy(targets))
        expected = expected + penalty(module, regularizer)
        expected.backward()
        other.step()
        assert error(values[-1], expected.item()) <= 1e-10
        found = [parameter.data for parameter in network.parameters().values()]
        assert max(errors(found, [*as_ours(module, lambda p: p.detach())])) <= 1e-10
    assert values[-1] < values[0]
