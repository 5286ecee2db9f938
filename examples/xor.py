"""Teaches a network XOR: 1 where exactly one of two inputs is 1.

No single neuron can do it, as no line parts (0,1) and (1,0) from (0,0) and (1,1). Prints the loss as it
falls, then what the hidden neurons say for each row, which is what the last neuron can part by a line,
and the accuracy.
"""

import numpy as np

from whygrad import NeuralNetwork
from whygrad.plots import layer_activations

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([[0], [1], [1], [0]])


def main() -> None:
    """Train, then look inside."""
    network = NeuralNetwork([2, 4, 1], seed=0)
    history = network.train(X, y, epochs=1000, learning_rate=0.1, verbose=False)
    for epoch in (1, 10, 100, 1000):
        print(f"epoch {epoch:4}: loss {history[epoch - 1].loss:.4f}")

    probabilities = network.predict_proba(X)[:, 1]
    hidden, _ = layer_activations(network, X)
    for row, values, p in zip(X, hidden, probabilities, strict=True):
        inside = " ".join([f"{value:6.2f}" for value in values])
        print(f"{row[0]} xor {row[1]}: hidden neurons {inside}; probability of 1: {p:.3f}")
    print("predicted", network.predict(X).ravel(), "accuracy", network.evaluate(X, y), "%")


if __name__ == "__main__":
    main()
