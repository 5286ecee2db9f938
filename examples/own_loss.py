"""A loss of one's own: forward and backward by hand, checked, then used in training.

Quantile loss: with q = 0.9, predicting too little costs nine times as much as predicting too much, so a
network learns the level below which 90 % of the targets lie. Prints the gradient check, and for q = 0.1,
0.5 and 0.9 the share of targets below what the network predicts.
"""

import numpy as np

from whygrad import gradcheck
from whygrad.data import load
from whygrad.nn import Dense, Sequential, Tanh
from whygrad.optim import Adam, cosine


class QuantileLoss:
    """Mean of q·(t - p) where the prediction p is below the target t, and of (1 - q)·(p - t) above."""

    def __init__(self, q):
        self.q = q

    def forward(self, predictions, targets):
        self.low = targets > predictions
        short = targets - predictions
        return np.mean(np.where(self.low, self.q * short, (self.q - 1) * short))

    def backward(self, upstream=1.0):
        return upstream * np.where(self.low, -self.q, 1 - self.q) / self.low.size


def main() -> None:
    """Check the loss, then train three networks that differ in q alone."""
    data = load("sine", samples=500, noise=0.3)
    x, t = data.X, data.y.reshape(-1, 1)
    print(gradcheck(QuantileLoss(0.9), np.array([[1.0], [2.0], [5.0]]), np.array([[1.5], [0.5], [4.0]])))
    for q in (0.1, 0.5, 0.9):
        network = Sequential([Dense(1, 16, rng=0), Tanh(), Dense(16, 16, rng=1), Tanh(), Dense(16, 1, rng=2)])
        loss, optimizer = QuantileLoss(q), Adam(cosine(0.02, total=1500))
        for _ in range(1500):
            value = loss.forward(network.forward(x), t)
            network.backward(loss.backward())
            optimizer.step(network.vector, network.gradient)
        below = np.mean(t < network.forward(x))
        print(f"q = {q}: loss {value:.4f}, {below:.1%} of the targets lie below the prediction")


if __name__ == "__main__":
    main()
