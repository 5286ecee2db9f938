"""A layer of one's own: forward and backward written by hand, checked, then used.

The activation is softsign, z / (1 + |z|). Prints what the gradient check says of a backward pass that
forgets a factor, and of the right one; the loss of a network trained with the layer in the middle; and
whether the same activation as a row of the table of operations, which a Sequential takes, gives the same
loss and gradient.
"""

import numpy as np

from whygrad import gradcheck
from whygrad.autodiff import elementwise
from whygrad.data import load
from whygrad.nn import Activation, BinaryCrossEntropy, Dense, Sequential


class Softsign:
    """a = z / (1 + |z|), with derivative 1 / (1 + |z|)²."""

    def forward(self, z):
        self.below = 1 + np.sqrt(z * z)  # |z|, which the check can run on complex numbers as well
        return z / self.below

    def backward(self, upstream):
        return upstream / self.below**2


class Forgetful(Softsign):
    """The same, with the square forgotten."""

    def backward(self, upstream):
        return upstream / self.below


def main() -> None:
    """Check, train, compare."""
    points = np.array([[-2.0, -0.5, 0.3, 1.5]])
    print("Forgetful:", gradcheck(Forgetful(), points))
    print("Softsign: ", gradcheck(Softsign(), points))

    data = load("moons", samples=200)
    x, y = data.X, data.y.reshape(-1, 1).astype(float)
    first, activation, last, loss = Dense(2, 8, rng=0), Softsign(), Dense(8, 1, rng=1), BinaryCrossEntropy()
    for step in range(501):
        value = loss.forward(last.forward(activation.forward(first.forward(x))), y)
        if step in (0, 500):
            print(f"loss after {step} steps: {value:.4f}")
        first.backward(activation.backward(last.backward(loss.backward())))
        if step < 500:
            for layer in (first, last):
                layer.weights -= layer.dW
                layer.bias -= layer.db

    row = elementwise(
        "softsign", lambda xp, z: z / (1 + xp.abs(z)), d_z=lambda xp, y, z: 1 / (1 + xp.abs(z)) ** 2
    )
    by_hand = np.concatenate([array.ravel() for array in (first.dW, first.db, last.dW, last.db)])
    network = Sequential([first, Activation(row), last])
    same = np.isclose(network.loss_and_gradient(x, y, loss), value)
    print("as a row, same loss and gradient:", bool(same and np.allclose(network.gradient, by_hand)))


if __name__ == "__main__":
    main()
