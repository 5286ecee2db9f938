"""Walks through one training step of XOR: every number of the forward and the backward pass, layer by layer.

Prints the data, then for each layer the weighted sums and activations, the loss, and on the way back the
gradient by every sum, weight and bias, each line as formula, numbers and result; last the update of every
parameter, the loss after it, and what the network says when it has been trained to the end.
"""

import numpy as np

from whygrad import observe_step
from whygrad.nn import BinaryCrossEntropy, Dense, Sequential, Tanh
from whygrad.optim import GradientDescent
from whygrad.render import View, walkthrough, write

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array([[0.0], [1.0], [1.0], [0.0]])


def main() -> None:
    """One step in all its numbers, then the rest of the way without."""
    network = Sequential([Dense(2, 2, rng=3), Tanh(), Dense(2, 1, rng=4)])
    loss, optimizer = BinaryCrossEntropy(), GradientDescent(0.5)

    trace = observe_step(network, loss, X, y, optimizer=optimizer, about={"data": "XOR"})
    print(write(walkthrough(trace, View(most_lines=100))))
    before, after = float(trace["L"]), loss.forward(network.forward(X), y)
    print(f"loss before the step {before:.6f}, after it {after:.6f}")

    for _ in range(2000):
        loss.forward(network.forward(X), y)
        network.backward(loss.backward())
        optimizer.step(network.vector, network.gradient)
    probabilities = 1 / (1 + np.exp(-network.forward(X)))
    print(f"loss after 2,000 more {loss.forward(network.forward(X), y):.6f}")
    for (first, second), target, p in zip(X.astype(int), y.astype(int), probabilities, strict=True):
        print(f"{first} xor {second} is {target[0]}; the network gives 1 the probability {p[0]:.3f}")


if __name__ == "__main__":
    main()
