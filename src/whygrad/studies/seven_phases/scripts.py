"""The short programs that stand beside the results: phases 0 to 3 in plain NumPy, each line of them in view.

They import each other, so ``python code/training_loop.py`` runs from any folder; they write nothing. Their
gradients are written by hand for one hidden layer of tanh, and a test holds their numbers to the study's.
"""

from __future__ import annotations

from .plan import EPOCHS, LOSS_EPOCHS, Plan

SETUP = '''"""Phase 0: rows to learn from, rows for tests, and the parameters that training starts with."""

from whygrad import NeuralNetwork
from whygrad.data import load, split

SEED = {seed}
LEARNING_RATE = {learning_rate!r}
EPOCHS = {epochs}

data = split(load("moons", samples={samples}, noise={noise!r}, seed=SEED), test_size={test_size!r}, seed=SEED)
X, y = data.X_train, data.y_train.reshape(-1, 1)  # (n, 2) and (n, 1)
X_test, y_test = data.X_test, data.y_test.reshape(-1, 1)

start = NeuralNetwork({layers}, activation="tanh", seed=SEED).parameters()
W1, b1 = start["1.weights"].data, start["1.bias"].data  # (2, hidden) and (hidden,)
W2, b2 = start["2.weights"].data, start["2.bias"].data  # (hidden, 1) and (1,)

if __name__ == "__main__":
    print(f"{{len(X)}} rows to learn from, {{len(X_test)}} for tests")
    for name, values in (("W1", W1), ("b1", b1), ("W2", W2), ("b2", b2)):
        print(f"{{name}} {{values.shape}}:\\n{{values}}")
'''

FORWARD = '''"""Phase 1: the forward pass, and the loss before training."""

import numpy as np

from setup_dataset import W1, W2, X, b1, b2, y


def forward(X, W1, b1, W2, b2):
    z1 = X @ W1 + b1
    a1 = np.tanh(z1)
    z2 = a1 @ W2 + b2
    p = 1 / (1 + np.exp(-z2))  # the probability of class 1
    return z1, a1, z2, p


def cross_entropy(z2, y):
    """-mean(y ln p + (1 - y) ln(1 - p)), written with z2: so it never takes the logarithm of 0."""
    return float(np.mean(np.logaddexp(0, z2) - y * z2))


if __name__ == "__main__":
    z1, a1, z2, p = forward(X, W1, b1, W2, b2)
    print(f"probabilities of the first rows:\\n{p[:4]}")
    print(f"loss: {cross_entropy(z2, y)!r}")
'''

BACKPROP = '''"""Phase 2: gradients by the chain rule, from the loss to the first layer, and one step."""

import numpy as np

from forward_pass import cross_entropy, forward
from setup_dataset import LEARNING_RATE, W1, W2, X, b1, b2, y


def backward(X, y, a1, p, W2):
    dz2 = (p - y) / len(X)  # sigmoid and cross-entropy together; the loss is a mean over the rows
    dW2 = a1.T @ dz2
    db2 = dz2.sum(axis=0)
    da1 = dz2 @ W2.T
    dz1 = da1 * (1 - a1**2)  # the derivative of tanh
    dW1 = X.T @ dz1
    db1 = dz1.sum(axis=0)
    return dW1, db1, dW2, db2


def step(X, y, parameters, learning_rate):
    z1, a1, z2, p = forward(X, *parameters)
    gradients = backward(X, y, a1, p, parameters[2])
    return [value - learning_rate * gradient for value, gradient in zip(parameters, gradients)]


if __name__ == "__main__":
    parameters = [W1, b1, W2, b2]
    z1, a1, z2, p = forward(X, *parameters)
    norm = np.sqrt(sum([np.sum(gradient**2) for gradient in backward(X, y, a1, p, W2)]))
    after = forward(X, *step(X, y, parameters, LEARNING_RATE))[2]
    print(f"norm of the gradient: {float(norm)!r}")
    print(f"loss before the step: {cross_entropy(z2, y)!r}")
    print(f"loss after the step: {cross_entropy(after, y)!r}")
'''

TRAINING = '''"""Phase 3: the same step again and again. Epoch k is the network after k steps."""

import numpy as np

from backprop import step
from forward_pass import cross_entropy, forward
from setup_dataset import EPOCHS, LEARNING_RATE, W1, W2, X, X_test, b1, b2, y, y_test

SHOWN = {shown}

if __name__ == "__main__":
    parameters = [W1, b1, W2, b2]
    for epoch in range(EPOCHS):
        if epoch in SHOWN:
            print(f"epoch {{epoch}}: loss {{cross_entropy(forward(X, *parameters)[2], y)!r}}")
        parameters = step(X, y, parameters, LEARNING_RATE)
    print(f"after the last step: loss {{cross_entropy(forward(X, *parameters)[2], y)!r}}")
    right = (forward(X_test, *parameters)[3] > 0.5) == (y_test == 1)
    print(f"test rows right: {{np.count_nonzero(right)}} of {{len(right)}}")
'''


def setup_dataset(plan: Plan) -> str:
    """``code/setup_dataset.py``, with the settings of the study."""
    return SETUP.format(
        seed=plan.seed,
        learning_rate=plan.recipe.learning_rate,
        epochs=EPOCHS,
        samples=plan.samples,
        noise=plan.noise,
        test_size=plan.test_size,
        layers=list(plan.recipe.layers),
    )


def training_loop() -> str:
    """``code/training_loop.py``."""
    return TRAINING.format(shown=tuple(sorted({*range(0, EPOCHS, 100), *LOSS_EPOCHS})))
