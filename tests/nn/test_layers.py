"""What is particular to a layer: names in Dense, masks of Dropout, statistics of normalisation, makers."""

import numpy as np
import pytest

from whygrad import Tensor, nn
from whygrad.errors import KindError, SettingError, ShapeError
from whygrad.nn.activations import ACTIVATIONS, make_activation

from .numeric import error

X = np.array([[1.0, 2.0], [3.0, -4.0], [0.5, 0.0]])


# --- Dense -------------------------------------------------------------------------------------------
def test_dense_names_are_those_of_textbooks():
    layer = nn.Dense(2, 2)
    layer.weights, layer.bias = [[1.0, 2.0], [3.0, 4.0]], [10.0, 20.0]
    assert (layer.x, layer.z, layer.delta) == (None, None, None)
    z, delta = layer.forward(X), np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]])
    dx = layer.backward(delta)
    assert layer.x is X
    assert layer.z is z
    assert z.tolist() == [[17.0, 30.0], [1.0, 10.0], [10.5, 21.0]]
    assert layer.delta is delta
    assert layer.dW.tolist() == (X.T @ delta).tolist() == [[0.5, 6.5], [2.0, -8.0]]
    assert layer.db.tolist() == [0.0, 3.0]
    assert dx.tolist() == (delta @ layer.weights.T).tolist() == [[1.0, 3.0], [4.0, 8.0], [1.0, 1.0]]


def test_dense_gradients_are_those_of_its_parameters():
    layer = nn.Dense(2, 3, rng=0)
    layer.forward(X)
    layer.backward(np.ones((3, 3)))
    assert layer.dW is layer.parameters["weights"].grad
    assert layer.db is layer.parameters["bias"].grad


def test_dense_setters_keep_the_arrays_and_copy():
    layer = nn.Dense(2, 3, rng=0)
    weights, values = layer.weights, np.arange(6.0).reshape(2, 3)
    layer.weights = values
    assert layer.weights is weights
    values[0, 0] = 99.0
    assert weights[0, 0] == 0.0
    layer.bias = [1, 2, 3]
    assert layer.bias.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("name", "values", "expected"), [("weights", np.ones((3, 2)), "(2, 3)"), ("bias", [1.0], "(3,)")]
)
def test_dense_setters_refuse_another_shape(name, values, expected):
    layer = nn.Dense(2, 3, rng=0)
    with pytest.raises(ShapeError) as caught:
        setattr(layer, name, values)
    assert str(caught.value) == (
        f"{name} cannot take these values\n  expected: shape {expected}\n  received: shape {np.shape(values)}"
    )


@pytest.mark.parametrize("size", [0, -1, 2.0, "2", True, None])
@pytest.mark.parametrize("name", ["inputs", "outputs"])
def test_dense_sizes_are_whole_numbers(name, size):
    sizes = {"inputs": 2, "outputs": 3, name: size}
    with pytest.raises(SettingError) as caught:
        nn.Dense(**sizes)
    assert str(caught.value) == f"Dense: {name} must be a whole number from 1\n  received: {size!r}"


def test_dense_takes_sizes_from_numpy_and_says_them():
    assert repr(nn.Dense(np.int64(2), np.int32(3))) == "Dense(2, 3)"


def test_dense_refuses_whole_numbers_for_weights():
    with pytest.raises(KindError, match="holds floats"):
        nn.Dense(2, 3, dtype=int)


def test_dense_says_which_dimension_disagrees():
    with pytest.raises(ShapeError) as caught:
        nn.Dense(3, 2).forward(np.ones((5, 4)))
    assert str(caught.value) == (
        "affine: i is 4 in x but 3 in w\n"
        "  expected: x (n, i), w (i, o), b (o)\n"
        "  received: x (5, 4), w (3, 2), b (2,)\n"
        "  hint: the rows of w must be as many as the columns of x"
    )


def test_dense_asks_for_a_row_instead_of_a_vector():
    with pytest.raises(ShapeError, match=r"hint: one sample is a row: x\.reshape\(1, -1\)"):
        nn.Dense(3, 2).forward(np.ones(3))


def test_dense_is_fixed_by_its_seed():
    first, second = (nn.Dense(5, 4, rng=11).weights for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert nn.Dense(5, 4, rng=12).weights.tobytes() != first.tobytes()
    assert nn.Dense(5, 4).weights.tobytes() != nn.Dense(5, 4).weights.tobytes()


def test_layers_that_share_a_generator_differ():
    rng = np.random.default_rng(0)
    assert nn.Dense(3, 3, rng=rng).weights.tobytes() != nn.Dense(3, 3, rng=rng).weights.tobytes()


# --- activations -------------------------------------------------------------------------------------
def test_activation_names_are_those_of_textbooks():
    tanh, z = nn.Tanh(), np.array([[0.5, -1.0]])
    assert (tanh.z, tanh.a) == (None, None)
    a = tanh.forward(z)
    assert tanh.z is z
    assert tanh.a is a
    assert tanh.name == "tanh"


@pytest.mark.parametrize("kind", [nn.ReLU, nn.LeakyReLU])
def test_slope_at_the_corner_is_that_of_the_left_side(kind):
    layer = kind()
    layer.forward([[0.0, -0.0]])
    left = layer.op.keywords.get("slope", 0.0)
    assert layer.backward([[1.0, 1.0]]).tolist() == [[left, left]]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_stand_extreme_inputs(name, dtype):
    layer, z = make_activation(name), np.array([[-1000.0, -50.0, 0.0, 50.0, 1000.0]], dtype)
    a = layer.forward(z)
    gradient = layer.backward(np.ones_like(z))
    assert np.isfinite(a).all()
    assert np.isfinite(gradient).all()


def test_softmax_rows_are_probabilities():
    a = nn.Softmax().forward(np.random.default_rng(0).normal(0, 300, size=(20, 5)))
    assert (a >= 0).all()
    np.testing.assert_allclose(a.sum(axis=1), 1.0, rtol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_by_name(name):
    assert make_activation(name).name == name
    assert type(make_activation(name.upper().replace("_", "-"))) is ACTIVATIONS[name]


@pytest.mark.parametrize("name", ["identity", "linear", "None", None])
def test_no_activation_has_names_too(name):
    assert make_activation(name) is None


def test_an_activation_given_is_returned():
    given = nn.ELU(2.0)
    assert make_activation(given) is given
    assert repr(given) == "ELU(alpha=2.0)"


def test_unknown_activation_suggests_the_nearest():
    with pytest.raises(SettingError) as caught:
        make_activation("sigmiod")
    assert str(caught.value) == (
        "unknown activation 'sigmiod'\n"
        '  hint: did you mean "sigmoid"? known: elu, gelu, identity, leaky_relu, relu, sigmoid, silu, '
        "softmax, softplus, tanh"
    )


# --- Dropout -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.9])
def test_dropout_keeps_the_expected_output(rate):
    layer, n = nn.Dropout(rate, rng=0), 200_000
    output = layer.forward(np.full((n // 10, 10), 3.0), training=True)
    assert set(np.unique(output)) <= {0.0, 3.0 / (1.0 - rate)}
    deviation = 3.0 * np.sqrt(rate / (1 - rate) / n)
    assert abs(output.mean() - 3.0) <= 4 * deviation
    assert abs((output == 0).mean() - rate) <= 4 * np.sqrt(rate * (1 - rate) / n)


def test_dropout_does_nothing_outside_training():
    layer, x = nn.Dropout(0.9, rng=0), np.random.default_rng(1).normal(size=(50, 4))
    state = layer.rng.bit_generator.state
    assert layer.evaluate(x).tobytes() == layer.forward(x).tobytes() == x.tobytes()
    assert layer.backward(x).tobytes() == x.tobytes()
    assert layer.rng.bit_generator.state == state


def test_dropout_sends_the_gradient_through_the_same_mask():
    layer, x = nn.Dropout(0.5, rng=0), np.ones((20, 5))
    first = layer.forward(x, training=True)
    np.testing.assert_array_equal(layer.backward(np.ones_like(x)), first)
    second = layer.forward(x, training=True)
    np.testing.assert_array_equal(layer.backward(np.ones_like(x)), second)
    assert first.tobytes() != second.tobytes()


def test_dropout_is_fixed_by_its_seed():
    first, second = (nn.Dropout(0.5, rng=4).forward(np.ones((9, 9)), training=True) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("rate", [1.0, -0.1, 2, float("nan")])
def test_dropout_refuses_other_rates(rate):
    with pytest.raises(SettingError) as caught:
        nn.Dropout(rate)
    assert str(caught.value) == f"Dropout: rate must be a number from 0 to below 1\n  received: {rate}"


def test_dropout_says_its_rate():
    assert [repr(nn.Dropout(0.25)), repr(nn.Dropout())] == ["Dropout(0.25)", "Dropout(0.5)"]


# --- normalisation -----------------------------------------------------------------------------------
def test_batch_norm_output_has_mean_0_and_variance_1():
    x = np.random.default_rng(0).normal(5.0, 3.0, size=(40, 3))
    output = nn.BatchNorm(3, eps=0.0).forward(x, training=True)
    np.testing.assert_allclose(output.mean(axis=0), 0.0, atol=1e-14)
    np.testing.assert_allclose(output.std(axis=0), 1.0, rtol=1e-14)


def test_batch_norm_running_statistics():
    rng, layer = np.random.default_rng(1), nn.BatchNorm(2, momentum=0.25)
    mean, variance = np.zeros(2), np.ones(2)
    for _ in range(3):
        x = rng.normal(2.0, 3.0, size=(7, 2))
        layer.forward(x, training=True)
        mean = 0.75 * mean + 0.25 * x.mean(axis=0)
        variance = 0.75 * variance + 0.25 * x.var(axis=0, ddof=1)  # unbiased, as a guess for other rows
    assert error(layer.running_mean, mean) <= 1e-15
    assert error(layer.running_variance, variance) <= 1e-15
    before = layer.running_mean
    layer.forward(x)
    layer(Tensor(x))
    assert layer.running_mean is before
    layer(Tensor(x), training=True)
    assert layer.running_mean.tolist() != before.tolist()


def test_batch_norm_statistics_come_to_those_of_the_data():
    rng, layer = np.random.default_rng(2), nn.BatchNorm(1)
    for _ in range(400):
        layer.forward(rng.normal(4.0, 3.0, size=(200, 1)), training=True)
    assert abs(layer.running_mean[0] - 4.0) < 0.2
    assert abs(layer.running_variance[0] - 9.0) < 0.4


@pytest.mark.parametrize("kind", [nn.BatchNorm, nn.LayerNorm])
def test_output_of_a_row_does_not_depend_on_its_neighbours(kind):
    rng, layer = np.random.default_rng(3), kind(3)
    layer.forward(rng.normal(2.0, 2.0, size=(30, 3)), training=True)
    x = rng.normal(size=(10, 3))
    together, alone = layer.forward(x), np.vstack([layer.forward(row.reshape(1, -1)) for row in x])
    np.testing.assert_array_equal(together, alone)


def test_batch_norm_refuses_one_row_while_training():
    layer = nn.BatchNorm(3)
    with pytest.raises(ShapeError) as caught:
        layer.forward(np.ones((1, 3)), training=True)
    assert str(caught.value) == "BatchNorm needs at least two rows while training\n  received: 1 row"
    assert layer.running_mean.tolist() == [0.0, 0.0, 0.0]
    layer.forward(np.ones((1, 3)))
    layer.forward(np.ones((2, 3)), training=True)


def test_batch_norm_refuses_a_vector():
    with pytest.raises(ShapeError) as caught:
        nn.BatchNorm(3).forward(np.ones(3), training=True)
    assert str(caught.value) == ("BatchNorm(3) takes a matrix\n  expected: (n, features)\n  received: (3,)")


def test_layer_norm_brings_each_row_to_mean_0_and_variance_1():
    x = np.random.default_rng(4).normal(5.0, 3.0, size=(6, 50))
    output = nn.LayerNorm(50, eps=0.0).forward(x)
    np.testing.assert_allclose(output.mean(axis=1), 0.0, atol=1e-14)
    np.testing.assert_allclose(output.std(axis=1), 1.0, rtol=1e-14)


@pytest.mark.parametrize("kind", [nn.BatchNorm, nn.LayerNorm])
def test_normalisation_refuses_another_number_of_columns(kind):
    for columns in (1, 4):
        with pytest.raises(ShapeError) as caught:
            kind(3).forward(np.ones((5, columns)), training=True)
        assert str(caught.value) == (
            f"{kind.__name__}(3) does not fit\n  expected: 3 columns in\n  received: {columns} columns\n"
            f"  hint: {kind.__name__}({columns})"
        )


@pytest.mark.parametrize("kind", [nn.BatchNorm, nn.LayerNorm])
def test_equal_numbers_are_normalised_to_the_shift(kind):
    layer = kind(3)
    layer.parameters["shift"].data = [1.0, 2.0, 3.0]
    assert layer.forward(np.full((4, 3), 7.0), training=True).tolist() == [[1.0, 2.0, 3.0]] * 4
    assert np.isfinite(layer.backward(np.ones((4, 3)))).all()
