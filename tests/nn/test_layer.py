"""What holds for every layer: right gradients, the same on tensors, dtype kept, changed arrays noticed."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from whygrad import Tensor, gradcheck, nn
from whygrad.autodiff.readings.complexes import COMPLEXES
from whygrad.errors import GraphError, KindError, ShapeError
from whygrad.nn.activations import ACTIVATIONS

from .cases import LAYERS, leaves
from .numeric import central_differences, complex_step, error

every_layer = pytest.mark.parametrize("case", LAYERS, ids=str)


def gradients(layer, upstream):
    """By the input, then by each parameter."""
    return [layer.backward(upstream), *[p.grad.copy() for p in layer.parameters.values()]]


def differentiable(layer):
    """The arrays that have a gradient, and ``fill``, which completes them to ``layer.inputs``."""
    first = len(layer.inputs) - len(layer.parameters)
    constants = layer.inputs[1:first]
    return [layer.inputs[0], *layer.inputs[first:]], lambda arrays: [arrays[0], *constants, *arrays[1:]]


def test_every_layer_is_in_the_table():
    listed = {type(case.layer()) for case in LAYERS}
    assert listed == set(leaves(nn.Layer))
    assert listed <= {getattr(nn, name) for name in nn.__all__}


def test_every_activation_has_a_name():
    assert set(ACTIVATIONS.values()) == set(leaves(nn.Activation))


@every_layer
def test_output_is_the_formula(case):
    layer, _ = case.run()
    assert error(layer.output, case.formula(*layer.inputs)) <= 1e-14


@every_layer
def test_gradients_against_the_complex_step(case):
    layer, upstream = case.run()
    arrays, _ = differentiable(layer)
    numeric = complex_step(
        lambda points: np.sum(upstream * layer.replay(COMPLEXES, points[0], points[1:])), arrays
    )
    for found, reference in zip(gradients(layer, upstream), numeric, strict=True):
        assert error(found, reference) <= 1e-12


@every_layer
def test_gradients_against_autograd(case):
    layer, upstream = case.run()
    arrays, fill = differentiable(layer)
    reference = autograd.grad(lambda points: anp.sum(upstream * case.formula(*fill(points))))(arrays)
    for found, expected in zip(gradients(layer, upstream), reference, strict=True):
        assert error(found, expected) <= 1e-10


@every_layer
def test_gradients_against_central_differences(case):
    """A layer made anew at each point: nothing that the first one kept takes part."""
    layer, upstream = case.run()

    def weighted_sum(points):
        fresh = case.layer()
        for parameter, values in zip(fresh.parameters.values(), points[1:], strict=True):
            parameter.data = values
        return np.sum(upstream * fresh.forward(points[0], case.training))

    numeric = central_differences(weighted_sum, differentiable(layer)[0])
    for found, reference in zip(gradients(layer, upstream), numeric, strict=True):
        assert error(found, reference) <= 1e-7


@every_layer
def test_gradcheck_takes_the_layer(case):
    report = gradcheck(case.layer(), case.x(), tolerance=1e-12)
    assert report, str(report)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@every_layer
def test_on_a_tensor_the_bits_are_the_same(case, dtype):
    layer, upstream = case.run(dtype)
    explicit = gradients(layer, upstream)
    again, x = case.layer(dtype), Tensor(case.x(dtype))
    output = again(x, case.training)
    output.backward(upstream)
    np.testing.assert_array_equal(output.data, layer.output)
    recorded = [x.grad, *[p.grad for p in again.parameters.values()]]
    for found, expected in zip(recorded, explicit, strict=True):
        np.testing.assert_array_equal(found, expected)


@every_layer
def test_called_on_an_array_it_is_forward(case):
    np.testing.assert_array_equal(case.layer()(case.x(), case.training), case.run()[0].output)


@every_layer
def test_single_precision_stays(case):
    layer, upstream = case.run(np.float32)
    arrays = [layer.output, *layer.inputs, *gradients(layer, upstream.astype(float)), layer.upstream]
    arrays += [array for array in vars(layer).values() if isinstance(array, np.ndarray)]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    double = case.run()[0]
    assert error(layer.output, double.output) < 1e-5


@every_layer
def test_a_second_backward_gives_the_same(case):
    layer, upstream = case.run()
    first = gradients(layer, upstream)
    for found, expected in zip(gradients(layer, upstream), first, strict=True):
        np.testing.assert_array_equal(found, expected)


@every_layer
def test_an_array_changed_in_place_is_noticed(case):
    for place in range(len(case.run()[0].inputs) + 1):
        layer, upstream = case.run()
        name, array = [*zip(layer.ran.inputs, layer.inputs, strict=True), ("the output", layer.output)][place]
        array.flat[-1] += 1e-9
        with pytest.raises(GraphError) as caught:
            layer.backward(upstream)
        text = str(caught.value)
        assert text.startswith(f"{name} of {layer!r} was changed in place after the forward pass")
        assert "x = x * 2 instead of x *= 2" in text


def test_a_change_in_a_large_array_is_noticed():
    layer = nn.Dense(100, 50, rng=0)
    layer.forward(np.ones((200, 100)))
    layer.weights[99, 49] += 1e-12
    with pytest.raises(GraphError, match=r"^w of Dense\(100, 50\) was changed in place"):
        layer.backward(np.ones((200, 50)))


@every_layer
def test_backward_needs_forward(case):
    layer = case.layer()
    with pytest.raises(GraphError) as caught:
        layer.backward(np.ones((2, 3)))
    assert str(caught.value) == f"{layer!r}: backward() before forward()\n  hint: call forward(x) first"


@every_layer
def test_backward_refuses_what_only_evaluate_computed(case):
    layer, upstream = case.run()
    layer.evaluate(case.x() + 1, case.training)
    with pytest.raises(GraphError, match="call forward"):
        layer.backward(upstream)


@every_layer
def test_upstream_has_the_shape_of_the_output(case):
    layer, upstream = case.run()
    with pytest.raises(ShapeError) as caught:
        layer.backward(upstream[:-1])
    assert str(caught.value) == (
        f"{layer!r}: the upstream gradient does not have the shape of the output\n"
        f"  expected: {upstream.shape}\n"
        f"  received: {upstream[:-1].shape}"
    )


@every_layer
def test_another_number_of_columns_is_refused_where_it_matters(case):
    layer = case.layer()
    if not layer.parameters:
        return
    for columns in (1, case.columns + 1):
        with pytest.raises(ShapeError, match=f"{columns}"):
            layer.forward(np.ones((5, columns)), case.training)


@every_layer
def test_lists_and_whole_numbers_are_taken(case):
    numbers = np.random.default_rng(1).integers(-3, 4, size=(5, case.columns))
    as_floats = case.layer().forward(numbers.astype(float), case.training)
    for x in (numbers, numbers.tolist()):
        np.testing.assert_array_equal(case.layer().forward(x, case.training), as_floats)


@every_layer
def test_text_is_refused(case):
    layer = case.layer()
    with pytest.raises(KindError) as caught:
        layer.forward([["a"] * case.columns] * 3)
    assert str(caught.value) == f"{layer!r} takes numbers\n  received: dtype <U1"


def test_forward_sends_a_tensor_to_the_other_api():
    layer = nn.Tanh()
    with pytest.raises(KindError) as caught:
        layer.forward(Tensor([[1.0]]))
    assert str(caught.value) == (
        "forward() works on arrays\n  received: a Tensor\n  hint: call the layer on it: Tanh()(x)"
    )


def test_the_input_takes_the_dtype_of_the_parameters():
    layer = nn.Dense(2, 1, rng=0, dtype=np.float32)
    assert layer.forward(np.ones((3, 2))).dtype == np.float32
    assert layer.x.dtype == np.float32


def test_a_new_layer_is_its_row_and_nothing_else():
    """A layer of one's own needs a row and its parameters."""
    from whygrad.autodiff.ops.elementwise import multiply

    class Gain(nn.Layer):
        op = multiply

        def __init__(self):
            super().__init__()
            self.parameters = {"gain": nn.Parameter(np.array([2.0, 3.0]), "gain")}

    layer, x = Gain(), np.array([[1.0, 10.0], [5.0, 7.0]])
    assert layer.forward(x).tolist() == [[2.0, 30.0], [10.0, 21.0]]
    assert layer.backward(np.ones((2, 2))).tolist() == [[2.0, 3.0], [2.0, 3.0]]
    assert layer.parameters["gain"].grad.tolist() == [6.0, 17.0]
    assert (repr(layer), layer.outputs(2), dict(layer.named_parameters())) == ("Gain()", 2, layer.parameters)
