"""Single pictures: what is drawn is what the numbers are."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from whygrad import MLP, NeuralNetwork
from whygrad.errors import DataError, SettingError
from whygrad.evaluation.confusion_matrix import confusion
from whygrad.nn import Dense, Sequential, Tanh
from whygrad.plots import (
    activation_curve,
    alt_text,
    backward_pass,
    confusion_matrix,
    first_layer,
    gradient_spread,
    histograms,
    layer_activations,
    layer_flow,
    layer_gradients,
    misclassified,
    network_architecture,
    regression_fit,
    residuals,
    ridges,
)
from whygrad.plots.backward_drawing import stages
from whygrad.plots.descents import SURFACES, descend, trajectories
from whygrad.plots.histogram_drawing import densities

from .subjects_for_tests import history, recorded

CORNERS, XOR = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]


def lines_of(ax):
    return [each for each in ax.collections if isinstance(each, LineCollection)]


# --- activations -------------------------------------------------------------------------------------
def test_a_sigmoid_vanishes_where_its_slope_is_below_a_twentieth():
    curve = activation_curve("sigmoid")
    edge = np.log((1 + np.sqrt(0.8)) / (1 - np.sqrt(0.8)))  # s(1 - s) = 0.05
    (low, left), (right, high) = curve.vanishing
    assert (low, high) == (-6.0, 6.0)
    assert -left == pytest.approx(edge, abs=0.02) == right
    assert curve.slope.max() == pytest.approx(0.25)
    with pytest.raises(SettingError):
        activation_curve("softmax")


# --- architecture ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "network",
    [
        NeuralNetwork([2, 3, 1], seed=0),
        Sequential([Dense(2, 3, rng=0), Tanh(), Dense(3, 1, rng=1)]),
        MLP(2, [3, 1]),
    ],
    ids=["NeuralNetwork", "Sequential", "MLP"],
)
def test_any_network_has_a_line_for_each_weight(network):
    ax = network_architecture(network)
    assert len(ax.patches) == 6
    assert sum(len(lines.get_segments()) for lines in lines_of(ax)) == 9


def test_width_and_dashes_say_size_and_sign():
    network = Sequential([Dense(2, 2, rng=0)])
    network.layers[0].weights = [[1.0, -2.0], [0.5, 0.0]]
    above, below = lines_of(network_architecture(network))
    assert list(below.get_linewidths()) == [3.4]
    assert list(above.get_linewidths()) == pytest.approx([0.4 + 0.25 * 3.0, 0.4 + 0.5 * 3.0])
    assert above.get_linestyles()[0][1] is None
    assert below.get_linestyles()[0][1] is not None


def test_wide_layers_are_folded():
    ax = network_architecture([784, 128, 10])
    assert len(ax.patches) == 9 + 9 + 10
    assert {"775 more", "119 more"} <= {text.get_text() for text in ax.texts}


def test_values_and_gradients_of_a_row():
    network = NeuralNetwork([2, 3, 1], "tanh", seed=0)
    network.train(CORNERS, XOR, epochs=5, verbose=False)
    ax = network_architecture(network, row=([1, 0], 1), lines="gradients")
    texts = [text.get_text() for text in ax.texts]
    assert f"{network.forward([[1, 0]])[0, 0]:.2f}" in texts
    values = layer_activations(network, [[1, 0]])[0][0]
    assert {f"{v:.2f}".replace("-", "−") for v in values} <= set(texts)
    with pytest.raises(SettingError, match="gradients"):
        network_architecture(network, lines="gradients")
    with pytest.raises(SettingError, match="no network"):
        network_architecture(object())


# --- the backward pass -------------------------------------------------------------------------------
def test_the_diagram_has_the_formulas_and_norms_of_the_pass():
    network = NeuralNetwork([2, 4, 1], "tanh", seed=0)
    found = stages(network, CORNERS, XOR)
    backs = {stage.title: stage.back for stage in found}
    assert backs["z₂"] == "(σ(z₂) − t) / n"
    assert backs["a₁"] == "δ₂ W₂ᵀ"
    assert backs["z₁"] == "∂L/∂a₁ ⊙ (1 − a₁²)"
    assert found[1].shape == "4 × 4"
    delta = network.network.layers[0].delta
    assert found[1].size == pytest.approx(np.linalg.norm(delta))
    assert found[1].parameters[0] == "∂L/∂W₁ = xᵀ δ₁"
    assert "δ₂ = ∂L/∂z₂" in alt_text(backward_pass(network))


def test_too_deep_and_unknown_networks_are_refused():
    with pytest.raises(SettingError, match="the loss follows"):
        backward_pass(NeuralNetwork([2, 2, 1]))
    with pytest.raises(SettingError, match="5 dense layers"):
        backward_pass(NeuralNetwork([2, 2, 2, 2, 2, 2, 1]), CORNERS, XOR)


# --- gradients ---------------------------------------------------------------------------------------
def test_the_flow_is_that_of_the_history():
    network, _, data = recorded()
    flow = layer_flow(network.history)
    assert flow.gradient_norm.shape == (2, 20)
    assert flow.gradient_norm[1, 4] == network.history[4].layers[1].gradient_norm
    with pytest.raises(DataError, match="nothing of single layers"):
        layer_flow(history([1.0], layers=0))
    gradients = layer_gradients(network, data.X, data.y)
    assert [len(each) for each in gradients] == [16, 8]


def test_gradients_that_are_zero_are_said():
    ax = gradient_spread([np.zeros(5), np.zeros(3)])
    assert "every gradient is zero" in [text.get_text() for text in ax.texts]
    ax = gradient_spread([np.array([0.0, 1.0]), np.ones(3)])
    assert "50 % zero" in [text.get_text() for text in ax.texts]


# --- fits, tables, images ----------------------------------------------------------------------------
class Double:
    def predict(self, X):
        return 2 * np.asarray(X)[:, 0]


def test_residuals_are_actual_minus_predicted():
    ax = residuals(Double(), [[1.0], [2.0]], [2.5, 3.0])
    assert ax.collections[0].get_offsets().tolist() == [[2.0, 0.5], [4.0, -1.0]]
    fit = regression_fit(Double(), [[1.0], [2.0]], [2.5, 3.0])
    segments = lines_of(fit)[0].get_segments()
    assert [segment[:, 1].tolist() for segment in segments] == [[2.0, 2.5], [3.0, 4.0]]
    assert regression_fit(Double(), [[1.0, 5.0], [2.0, 5.0]], [2.5, 3.0]).get_xlabel() == "actual"


@pytest.mark.parametrize("y", [[1.0], [[1.0, 2.0], [3.0, 4.0]]])
def test_targets_that_do_not_fit_are_refused(y):
    with pytest.raises(DataError, match="one target for each row"):
        residuals(Double(), [[1.0], [2.0]], y)


def test_a_confusion_matrix_has_each_count_and_many_classes_none():
    found = confusion(["a", "b", "b", "b"], ["a", "a", "b", "b"], ["a", "b"])
    ax = confusion_matrix(found)
    assert [text.get_text() for text in ax.texts] == ["1", "·", "1", "2"]
    assert "3 of 4 rows are right; most often b is taken for a (1 rows)" in alt_text(ax)
    many = list(range(25))
    assert not confusion_matrix(confusion(many, many, many)).texts


class ByPixel:
    """Takes an image for the place of its brightest pixel."""

    classes = (0, 1, 2, 3)

    def predict(self, X):
        return np.asarray(X).argmax(axis=1)


def test_mistakes_are_the_images_that_were_mistaken():
    whole = misclassified(ByPixel(), np.eye(4), [0, 1, 2, 0])
    (ax,) = whole.axes
    assert ax.images[0].get_array().tolist() == [[0, 0], [0, 1]]
    assert ax.get_title() == "true 0, predicted 3\nconfidence 100 %"
    none = misclassified(ByPixel(), np.eye(4), [0, 1, 2, 3])
    assert [text.get_text() for text in none.axes[0].texts] == ["all 4 rows are right"]
    with pytest.raises(DataError, match="no square images"):
        misclassified(ByPixel(), np.ones((2, 3)), [0, 1])


def test_first_layer_weights_are_those_of_each_neuron():
    network = NeuralNetwork([4, 2, 1], seed=0)
    weights = network.parameters()["1.weights"].data
    panels = first_layer(network).axes[:2]
    for panel in panels:
        neuron = int(panel.get_title())
        assert np.array_equal(panel.images[0].get_array(), weights[:, neuron].reshape(2, 2))


# --- histograms --------------------------------------------------------------------------------------
def test_densities_have_area_one_and_leave_out_far_outliers():
    edges, found = densities([np.zeros(10), np.linspace(-1, 1, 50)])
    assert (found * np.diff(edges)).sum(axis=1) == pytest.approx([1, 1])
    far = np.concatenate([np.linspace(-1, 1, 999), [1000.0]])
    assert densities([far])[0][-1] < 2
    with pytest.raises(DataError):
        densities([np.array([np.nan])])


def test_ridges_need_a_sample_for_each_epoch():
    with pytest.raises(DataError, match="a sample for each epoch"):
        ridges([0, 1], [np.ones(3)])
    whole = histograms([0, 5], [[np.ones(4), np.zeros(4)]] * 2)
    assert len(whole.axes) == 2


# --- optimizers --------------------------------------------------------------------------------------
def test_gradient_descent_on_the_saddle_is_the_formula():
    path = descend(SURFACES["saddle"], "sgd", 0.1, steps=3)
    x, y = SURFACES["saddle"].start
    assert path[-1] == pytest.approx([x * 0.8**3, y * 1.2**3])


def test_paths_that_leave_for_infinity_end():
    path = descend(SURFACES["rosenbrock"], "sgd", 1.0, steps=50)
    assert len(path) < 5
    assert np.isfinite(path).all()
    assert "Rosenbrock" in alt_text(trajectories("rosenbrock", steps=3))
    with pytest.raises(SettingError, match="unknown surface"):
        trajectories("rosenbrok")
