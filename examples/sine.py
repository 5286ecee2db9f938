"""Fits a sine wave twice, with and without an activation between the layers.

Without one, two layers are a single straight line, however many neurons they have. Prints R² of both on
rows that they were not trained on, and the learned wave beside the true one at five places.
"""

import numpy as np

from whygrad import NeuralNetwork
from whygrad.data import load, split


def main() -> None:
    """The same sizes, data and seed; only the activation differs."""
    rows = split(load("sine", noise=0.0), seed=0)
    networks = {}
    for activation in ("identity", "tanh"):
        network = NeuralNetwork([1, 16, 16, 1], activation=activation, seed=0)
        network.train(rows.X_train, rows.y_train, epochs=300, verbose=False)
        print(f"{activation:8}: R² {network.evaluate(rows.X_test, rows.y_test):.4f}")
        networks[activation] = network

    places = np.linspace(-3, 3, 5).reshape(-1, 1)
    line, wave = (networks[name].predict(places) for name in ("identity", "tanh"))
    print("     x   sin(x)   line    wave")
    for x, straight, curved in zip(places[:, 0], line, wave, strict=True):
        print(f"{x:6.2f}  {np.sin(x):6.3f}  {straight:6.3f}  {curved:6.3f}")


if __name__ == "__main__":
    main()
