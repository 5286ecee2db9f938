"""``backward`` against finite differences of what is minimised, for every kind of head."""

import numpy as np
import pytest

from whygrad.data.tables import as_targets
from whygrad.errors import DataError, GraphError, ShapeError
from whygrad.training import NeuralNetwork

from .problems import PROBLEMS, SUM, X

every_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=str)


def finite_differences(network, y, step=1e-6):
    """Of the loss and the penalties, by all parameters."""
    head, vector = network.head, network.network.vector
    targets = head.encode(as_targets(y, len(X)), network.dtype)

    def value():
        out = network.network.forward(network._rows(X))
        penalty = network.regularizer.value(network.parameters().values())
        return head.loss.forward(out, targets) + penalty

    found = np.zeros_like(vector)
    for k in range(len(vector)):
        kept = vector[k]
        vector[k] = kept + step
        above = value()
        vector[k] = kept - step
        found[k] = (above - value()) / (2 * step)
        vector[k] = kept
    return found


def together(gradients):
    return np.concatenate([gradient.ravel() for gradient in gradients.values()])


@every_problem
@pytest.mark.parametrize("epochs", [0, 3])
def test_backward_is_the_slope_of_loss_and_penalties(problem, epochs):
    network = problem.trained(epochs, l1=0.02, l2=0.3) if epochs else problem.network(l1=0.02, l2=0.3)
    network.forward(X)
    gradient = together(network.backward(problem.y))
    expected = finite_differences(network, problem.y)
    assert np.abs(gradient - expected).max() <= 1e-6 * max(1, np.abs(expected).max())
    assert np.abs(gradient).max() > 0


@every_problem
def test_a_training_step_follows_the_gradient_of_backward(problem):
    network = problem.network(optimizer="sgd", l2=0.3)
    network.forward(X)
    gradient = together(network.backward(problem.y))
    if network.scale:
        return  # the scaling comes with the training
    before = network.network.vector.copy()
    network.train(X, problem.y, 1, 0.01, batch_size=25, schedule="constant", verbose=False)
    assert network.network.vector == pytest.approx(before - 0.01 * gradient, rel=1e-9, abs=1e-12)


def test_gradients_have_names_and_shapes_of_their_own():
    network = NeuralNetwork([3, 5, 1], seed=0)
    network.forward(X)
    gradients = network.backward(SUM)
    assert {name: gradient.shape for name, gradient in gradients.items()} == {
        "1.weights": (3, 5),
        "1.bias": (5,),
        "2.weights": (5, 1),
        "2.bias": (1,),
    }
    kept = together(gradients)
    network.forward(X)
    network.backward(SUM * 2)
    assert np.array_equal(together(gradients), kept)
    assert list(network.parameters()) == list(gradients)


def test_backward_alone_teaches_nothing():
    network = NeuralNetwork([3, 5, 1], seed=0)
    before = network.network.vector.copy()
    network.forward(X)
    network.backward(SUM)
    assert np.array_equal(network.network.vector, before)
    assert len(network.history) == 0


def test_a_network_can_be_trained_by_hand():
    network = NeuralNetwork([3, 5, 1], loss="mse", output="tanh", seed=0)
    y = np.tanh(SUM / 4)
    losses = []
    for _ in range(300):
        losses.append(np.mean((network.forward(X)[:, 0] - y) ** 2))
        for name, gradient in network.backward(y).items():
            network.parameters()[name].data -= 0.1 * gradient
    assert losses[-1] < 0.1 * losses[0]
    assert network.evaluate(X, y) > 0.9


def test_backward_needs_forward_first():
    with pytest.raises(GraphError, match=r"backward\(\) before forward\(\)\n  hint: call forward\(X\) first"):
        NeuralNetwork([3, 1]).backward(SUM)
    network = PROBLEMS[0].trained()
    with pytest.raises(GraphError, match=r"backward\(\) before forward\(\)"):
        network.backward(PROBLEMS[0].y)


def test_backward_twice_is_the_same_gradient():
    network = NeuralNetwork([3, 5, 1], seed=0)
    network.forward(X)
    assert np.array_equal(together(network.backward(SUM)), together(network.backward(SUM)))


@pytest.mark.parametrize("loss", [None, "mse"])
@pytest.mark.parametrize("first", [True, False])
def test_rows_that_changed_in_between_are_an_error(loss, first):
    rows, y = X.copy(), SUM > 0
    network = NeuralNetwork([3, 5, 1], loss=loss, seed=0)
    if not first:
        network.train(rows, y, epochs=1, verbose=False)
    network.forward(rows)
    rows[3, 1] += 1
    with pytest.raises(GraphError, match="chang"):
        network.backward(y)


def test_targets_that_do_not_fit_the_rows_are_an_error():
    network = NeuralNetwork([3, 5, 1], seed=0)
    network.forward(X)
    with pytest.raises(ShapeError, match="y must have one target for each row of X"):
        network.backward(SUM[:-1])
    network.backward(SUM > 0)
    with pytest.raises(DataError, match="label 2 in row 0 is out of range"):
        network.backward(np.full(25, 2))
