"""Losses: exact for extreme logits, and strict about shapes, labels and kinds."""

import math

import numpy as np
import pytest

from whygrad import Tensor
from whygrad.autodiff.readings.arrays import ARRAYS
from whygrad.autodiff.table import TABLE
from whygrad.autodiff.tensor import evaluate
from whygrad.errors import DataError, KindError, ShapeError

log1p, exp = math.log1p, math.exp


def loss_and_gradient(row, predictions, targets):
    op, inputs = TABLE[row], [np.asarray(predictions, float), np.asarray(targets)]
    y = evaluate(op, inputs)
    return float(y), op.pull(0, ARRAYS, np.ones(()), y, inputs)


# --- logits far out --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("z", "t", "loss", "slope"),
    [
        (1000.0, 1.0, 0.0, 0.0),
        (1000.0, 0.0, 1000.0, 1.0),
        (-1000.0, 1.0, 1000.0, -1.0),
        (-1000.0, 0.0, 0.0, 0.0),
        (-40.0, 0.0, exp(-40), exp(-40)),
        (40.0, 1.0, exp(-40), None),  # 1 - sigmoid(40) rounds to 0
        (-700.0, 0.0, exp(-700), exp(-700)),
        (2.0, 0.25, 1.5 + log1p(exp(-2)), 1 / (1 + exp(-2)) - 0.25),
    ],
)
def test_sigmoid_cross_entropy(z, t, loss, slope):
    found, g = loss_and_gradient("sigmoid_cross_entropy", [[z]], [[t]])
    assert found == pytest.approx(loss, rel=1e-14, abs=0)
    if slope is not None:
        assert g == pytest.approx(slope, rel=1e-14, abs=0)


@pytest.mark.parametrize("row", ["softmax_cross_entropy", "label_cross_entropy"])
@pytest.mark.parametrize(
    ("z", "label", "loss", "gradient"),
    [
        ([1000.0, 0.0], 0, 0.0, [0.0, 0.0]),
        ([1000.0, 0.0], 1, 1000.0, [1.0, -1.0]),
        ([-1000.0, 0.0, 0.0], 0, 1000 + math.log(2), [-1.0, 0.5, 0.5]),
        ([0.0, -30.0], 0, log1p(exp(-30)), [-exp(-30) / (1 + exp(-30)), exp(-30) / (1 + exp(-30))]),
        ([1e4, 1e4 + math.log(3)], 1, None, None),
    ],
)
def test_cross_entropies(row, z, label, loss, gradient):
    targets = np.array([label]) if row == "label_cross_entropy" else np.eye(len(z))[[label]]
    found, g = loss_and_gradient(row, [z], targets)
    assert np.isfinite(found)
    assert found >= 0
    if loss is not None:
        assert found == pytest.approx(loss, rel=1e-14, abs=1e-15)
        np.testing.assert_allclose(g, [gradient], rtol=1e-12, atol=3e-16)


def test_a_certain_prediction_that_is_wrong_costs_infinity():
    with np.errstate(divide="ignore"):
        assert loss_and_gradient("binary_cross_entropy", [[0.0]], [[1.0]])[0] == math.inf
        found, g = loss_and_gradient("binary_cross_entropy", [[0.0], [1.0]], [[0.0], [1.0]])
    assert found == 0.0
    np.testing.assert_array_equal(g, [[0.5], [-0.5]])


def test_huber_is_quadratic_near_and_linear_far():
    op = TABLE["huber"].bind(delta=2.0)
    p, t = np.array([[1.0], [-5.0], [2.0]]), np.zeros((3, 1))
    y = op.forward(ARRAYS, p, t)
    assert y == pytest.approx((0.5 + 2 * (5 - 1) + 2) / 3)
    np.testing.assert_allclose(op.pull(0, ARRAYS, np.ones(()), y, [p, t]), np.array([[1], [-2], [2]]) / 3)


def test_kinks_have_slope_zero():
    for row, p in [("mean_absolute_error", 2.0), ("hinge", 1.0)]:
        _, g = loss_and_gradient(row, [[p]], [[2.0 if row == "mean_absolute_error" else 1.0]])
        assert g == 0
    w = np.array([0.0, -2.0, 3.0])
    g = TABLE["l1_penalty"].bind(strength=0.5).pull(0, ARRAYS, np.ones(()), np.array(2.5), [w])
    np.testing.assert_array_equal(g, [0.0, -0.5, 0.5])


# --- what is refused -------------------------------------------------------------------------------

COMPARING = "squared_error mean_squared_error mean_absolute_error huber sigmoid_cross_entropy".split()
COMPARING += "binary_cross_entropy softmax_cross_entropy hinge".split()


@pytest.mark.parametrize("row", COMPARING)
def test_targets_have_the_shape_of_predictions(row):
    with pytest.raises(ShapeError, match=f"{row}: the targets do not have the shape") as error:
        TABLE[row](Tensor(np.ones((5, 1))), np.ones(5))
    assert "expected: targets (5, 1)" in str(error.value)
    assert "received: predictions (5, 1), targets (5,)" in str(error.value)
    assert "would compare every prediction with every target; use y.reshape(-1, 1)" in str(error.value)
    with pytest.raises(ShapeError, match="hint: one target for each prediction"):
        TABLE[row](Tensor(np.ones((5, 2))), np.ones((5, 3)))
    with pytest.raises(ShapeError):
        TABLE[row](Tensor(np.ones((5, 2))), 1.0)


@pytest.mark.parametrize("labels", [np.zeros((5, 1), int), np.zeros(4, int), 1])
def test_one_label_for_each_row(labels):
    with pytest.raises(ShapeError, match="one label for each row of logits") as error:
        TABLE["label_cross_entropy"](Tensor(np.ones((5, 3))), labels)
    assert "expected: logits (n, classes), labels (n,)" in str(error.value)
    assert f"labels {np.shape(labels) or labels}" in str(error.value)


def test_logits_are_a_matrix():
    with pytest.raises(ShapeError, match="one label for each row"):
        TABLE["label_cross_entropy"](Tensor(np.ones(3)), np.zeros(3, int))


def test_labels_are_integers():
    with pytest.raises(KindError, match="labels must be integers") as error:
        TABLE["label_cross_entropy"](Tensor(np.ones((5, 3))), np.zeros(5))
    assert "received: dtype float64" in str(error.value)


@pytest.mark.parametrize(("wrong", "low", "high"), [(3, 0, 3), (-1, -1, 2), (300, 0, 300)])
def test_labels_are_in_range(wrong, low, high):
    with pytest.raises(DataError, match=f"label {wrong} is out of range") as error:
        TABLE["label_cross_entropy"](Tensor(np.ones((3, 3))), np.array([0, wrong, 2 if wrong < 0 else 0]))
    assert "expected: 0 to 2, one for each of the 3 outputs" in str(error.value)
    assert f"received: labels from {low} to {high}" in str(error.value)
