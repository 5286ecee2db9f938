"""What scalar networks refuse, and how they say it."""

import numpy as np
import pytest

from whygrad import ANN, MLP, Layer, Neuron, SELoss, Value
from whygrad.errors import KindError, SettingError, ShapeError
from whygrad.nn.scalar import Module


def refused(kind, call):
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    "module", [Neuron(3), Layer(3, 2), MLP(3, [2]), ANN([3, 1])], ids=lambda module: type(module).__name__
)
def test_inputs_that_do_not_fit(module):
    owner = type(module).__name__
    assert refused(ShapeError, lambda: module([1.0, 2.0])) == (
        f"{owner} has another number of inputs\n  expected: 3 numbers\n  received: 2"
    )
    assert refused(KindError, lambda: module(1.0)) == (
        f"{owner} takes a list of numbers\n  received: 1.0\n  hint: {owner}([1.0])"
    )
    assert "a Value holds one number" in refused(KindError, lambda: module("abc"))


@pytest.mark.parametrize("make", [lambda a: Neuron(2, a), lambda a: Layer(2, 2, a), lambda a: MLP(2, [2], a)])
def test_unknown_activation_suggests_the_nearest(make):
    assert refused(SettingError, lambda: make("tahn")) == (
        "unknown activation 'tahn'\n"
        '  hint: did you mean "tanh"? known: elu, gelu, identity, leaky_relu, relu, sigmoid, silu, '
        "softplus, tanh"
    )


def test_unknown_weights_suggest_the_nearest():
    assert refused(SettingError, lambda: MLP(2, [2], weights="one")) == (
        "unknown weights 'one'\n  hint: did you mean \"ones\"? known: ones, random, zeros"
    )


@pytest.mark.parametrize("rate", [0, -0.1, float("nan")])
def test_learning_rates_are_above_0(rate):
    assert refused(SettingError, lambda: ANN([2, 1]).update(rate)) == (
        f"learning_rate must be above 0\n  received: {rate}\n  hint: try 0.05"
    )


@pytest.mark.parametrize("layers", [4, []])
def test_layers_are_a_list_of_sizes(layers):
    assert refused(ShapeError, lambda: MLP(3, layers)) == (
        f"MLP takes a list of layer sizes\n  expected: MLP(3, [4, 4, 1])\n  received: {layers}"
    )


@pytest.mark.parametrize(
    ("make", "name", "size"),
    [
        (lambda: MLP(0, [2]), "inputs", 0),
        (lambda: MLP(2, [2, 0, 1]), "outputs", 0),
        (lambda: ANN([2, 1.5]), "outputs", 1.5),
        (lambda: Neuron(True), "inputs", True),
        (lambda: Layer("2", 1), "inputs", "2"),
    ],
)
def test_sizes_are_whole_numbers(make, name, size):
    assert refused(SettingError, make) == f"{name} must be a whole number from 1\n  received: {size!r}"


def test_sizes_may_come_from_numpy():
    assert len(MLP(np.int64(3), np.array([4, 4, 1])).parameters()) == 41


def test_ann_takes_at_least_two_sizes():
    assert refused(ShapeError, lambda: ANN([2])) == (
        "ANN takes at least two sizes\n  expected: ANN([2, 8, 1])\n  received: [2]"
    )


@pytest.mark.parametrize(("predictions", "targets"), [([1.0, 2.0], [1.0]), ([1.0], [1.0, 2.0]), ([], [])])
def test_squared_error_takes_a_target_for_each_prediction(predictions, targets):
    text = refused(ShapeError, lambda: SELoss()([Value(p) for p in predictions], targets))
    assert text == (
        f"SELoss: one target for each prediction\n"
        f"  expected: {len(predictions)} targets\n  received: {len(targets)}"
    )


def test_a_module_of_ones_own_lists_its_parameters():
    with pytest.raises(NotImplementedError):
        Module().zero_grad()
