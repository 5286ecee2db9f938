"""Trains two small networks: on moons, to tell two classes apart, and on a sine wave, to predict numbers.

Prints how good each is on rows that it was not trained on: accuracy for classes, and R² and the typical
error for numbers. Writes classification_results.png (loss, accuracy, decision boundary) and
training_results.png (loss, fit, residuals) into the current folder.
"""

import numpy as np

from whygrad import NeuralNetwork
from whygrad.data import load, split
from whygrad.plots import classification_results, save, training_results


def classify() -> None:
    """Two half circles that interleave: no straight line parts them."""
    rows = split(load("moons", samples=600), seed=0)
    network = NeuralNetwork([2, 16, 16, 1], seed=0)
    history = network.train(rows.X_train, rows.y_train, epochs=100, validation=0.2, verbose=False)
    accuracy = network.evaluate(rows.X_test, rows.y_test)
    print(f"moons: accuracy {accuracy:.1f} % of {len(rows.X_test)} test rows")
    picture = classification_results(history, network, rows.X_test, rows.y_test, title="Moons, test rows")
    print("wrote", save(picture, "classification_results.png"))


def predict_numbers() -> None:
    """One period of a sine wave, with noise of standard deviation 0.1 on it."""
    rows = split(load("sine", samples=400, noise=0.1), seed=0)
    network = NeuralNetwork([1, 16, 16, 1], activation="tanh", seed=0)
    history = network.train(rows.X_train, rows.y_train, epochs=300, validation=0.2, verbose=False)
    r2 = network.evaluate(rows.X_test, rows.y_test)
    error = float(np.sqrt(np.mean((network.predict(rows.X_test) - rows.y_test) ** 2)))
    print(f"sine: R² {r2:.3f}, typical error {error:.3f}; that of the noise alone is 0.1")
    picture = training_results(history, network, rows.X_test, rows.y_test, title="Sine wave, test rows")
    print("wrote", save(picture, "training_results.png"))


if __name__ == "__main__":
    classify()
    predict_numbers()
