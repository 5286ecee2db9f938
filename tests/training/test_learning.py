"""What people type, as they type it, and that it does what it promises."""

import numpy as np
import pytest

from whygrad import NeuralNetwork


def digits(rows, seed):
    """Images of the size of MNIST's: a bright bar for each class, at another height, under noise."""
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % 10
    images = rng.random((rows, 28, 28)) * 0.5
    for row, label in enumerate(y):
        images[row, 2 * label + 4 : 2 * label + 7, 6:22] += 0.5
    return images.reshape(rows, 784), y


@pytest.fixture
def images():
    return [*digits(120, seed=1), *digits(60, seed=2)]


def test_training_on_images(images, capsys):
    X_train, y_train, X_test, y_test = images

    nn = NeuralNetwork(layers=[784, 128, 64, 10])
    nn.train(X_train, y_train, epochs=12, learning_rate=0.01)
    predictions = nn.predict(X_test)
    accuracy = nn.evaluate(X_test, y_test)
    print(f"Test Accuracy: {accuracy:.2f}%")

    assert capsys.readouterr().out == f"Test Accuracy: {accuracy:.2f}%\n"
    assert accuracy == 100 * np.mean(predictions == y_test) > 90
    assert predictions.shape == y_test.shape


@pytest.mark.parametrize("epochs", [50, 100])
def test_training_for_as_many_epochs_as_written(images, epochs):
    X_train, y_train = images[0][:30], images[1][:30]
    nn = NeuralNetwork(layers=[784, 128, 64, 10])
    history = nn.train(X_train, y_train, epochs=epochs, learning_rate=0.01)
    assert len(history) == epochs
    assert nn.evaluate(X_train, y_train) == 100


def test_one_hot_labels_of_images(images):
    X_train, y_train, X_test, y_test = images
    nn = NeuralNetwork(layers=[784, 32, 10], seed=0)
    nn.train(X_train, np.eye(10)[y_train], epochs=12, learning_rate=0.01)
    assert nn.predict(X_test).shape == (60, 10)
    assert nn.evaluate(X_test, np.eye(10)[y_test]) > 90


def test_xor_is_learned_whatever_the_seed():
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([[0], [1], [1], [0]])
    learned = []
    for seed in range(100):
        network = NeuralNetwork([2, 4, 1], seed=seed)
        network.train(X, y, epochs=1000, learning_rate=0.1)
        learned.append(np.array_equal(network.predict(X), y))
    assert sum(learned) >= 99, f"not with the seeds {np.flatnonzero(~np.array(learned))}"


def test_xor_without_a_seed():
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([[0], [1], [1], [0]])

    nn = NeuralNetwork([2, 4, 1])
    nn.train(X, y, epochs=1000, learning_rate=0.1)

    assert nn.predict(X).tolist() == y.tolist()
    assert nn.evaluate(X, y) == 100
    assert (nn.forward(X) > 0.5).tolist() == (y == 1).tolist()
