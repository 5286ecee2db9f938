"""The networks that `layers.py` trains, by whygrad and by others: all take the same steps.

A step gathers its batch, computes loss and gradient, updates, and gives the loss as a number.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from measuring import Steps, agree

from whygrad import nn, optim
from whygrad.nn.batches import Batches

SIZES = (784, 128, 64, 10)
F32 = np.float32
ROWS = 20_000
EPS_BEFORE = 1e-8 * 0.001**0.5  # of Adam, where it is added before the second moment's bias is taken out
Gradient = Callable[[], np.ndarray]  # of the last step, all of it in one vector
Contenders = dict[str, tuple[Steps, Gradient | None]]  # by name, "whygrad" among them


@dataclass(frozen=True)
class Case:
    """A network, its data and its optimizer."""

    name: str
    sizes: tuple[int, ...]
    activation: str
    loss: str  # "softmax", "sigmoid" (both on logits) or "mse", after an output activation of its own
    optimizer: str  # "sgd" (with momentum 0.9), "plain" or "adam"
    batch: int

    @property
    def tiny(self) -> bool:
        return self.sizes != SIZES


XOR = Case("XOR 2-4-1, tanh", (2, 4, 1), "tanh", "sigmoid", "plain", 4)
MOONS = Case("moons 2-16-16-1", (2, 16, 16, 1), "relu", "sigmoid", "plain", 100)
RATES = {"sgd": 0.01, "plain": 0.001, "adam": 0.001}  # low: tiny networks shall not saturate meanwhile


@dataclass(frozen=True)
class Data:
    """Rows, targets, an order to take them in, and weights to start from."""

    X: np.ndarray
    y: np.ndarray
    order: np.ndarray
    weights: list[tuple[np.ndarray, np.ndarray]]


def make_data(case: Case) -> Data:
    rng = np.random.default_rng(0)
    weights = [
        ((rng.normal(size=(i, o)) * np.sqrt(2 / i)).astype(F32), np.zeros(o, F32))
        for i, o in zip(case.sizes, case.sizes[1:], strict=False)
    ]
    if case.name.startswith("XOR"):
        X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], F32)
        return Data(X, np.array([[0], [1], [1], [0]], F32), np.arange(4), weights)
    if case.tiny:
        X = rng.normal(size=(case.batch, 2)).astype(F32)
        return Data(X, (X[:, :1] * X[:, 1:] > 0).astype(F32), np.arange(case.batch), weights)
    # Like digits: most pixels empty, classes that can be learned, and a fifth of the labels wrong.
    y, shapes = rng.integers(SIZES[-1], size=ROWS), rng.random((SIZES[-1], SIZES[0])) < 0.2
    X = rng.random((ROWS, SIZES[0]), dtype=F32) * shapes[y]
    y = np.where(rng.random(ROWS) < 0.2, rng.integers(SIZES[-1], size=ROWS), y)
    return Data(X, y, rng.permutation(ROWS), weights)


def batches(data: Data, batch: int) -> list[np.ndarray]:
    """The rows of each step of an epoch."""
    return [data.order[i : i + batch] for i in range(0, len(data.order) - batch + 1, batch)]


# --- contenders ------------------------------------------------------------------------------------------
def whygrad(case: Case, data: Data) -> tuple[Steps, Gradient]:
    """Layers and an optimizer, as the training loop calls them."""
    layers: list[nn.Layer] = []
    for w, b in data.weights:
        dense = nn.Dense(*w.shape, dtype=F32)
        dense.weights, dense.bias = w, b
        layers += [dense, {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[case.activation]()]
    network = nn.Sequential(layers if case.loss == "mse" else layers[:-1])
    loss = {"softmax": nn.CrossEntropy, "sigmoid": nn.BinaryCrossEntropy, "mse": nn.MeanSquaredError}[
        case.loss
    ]()
    kind = {"sgd": optim.Momentum, "plain": optim.GradientDescent, "adam": optim.Adam}[case.optimizer]
    optimizer, regularizer = kind(RATES[case.optimizer]), nn.Regularizer()
    rows, gather, at = batches(data, case.batch), Batches(data.X, data.y, case.batch), 0
    network.lay_out(data.X[: case.batch], data.y[: case.batch], loss, regularizer, careful=False)

    def steps(count: int) -> float:
        nonlocal at
        x, t = data.X, data.y
        with np.errstate(all="ignore"):
            for _ in range(count):
                if not case.tiny:
                    x, t = gather.take(rows[at % len(rows)])
                    at += 1
                value = network.loss_and_gradient(x, t, loss, regularizer)
                optimizer.step(network.vector, network.gradient)
        return value

    return steps, lambda: network.gradient.copy()


def blog(case: Case, data: Data) -> tuple[Steps, Gradient]:
    """NumPy as in a blog: a list of weights, a new array for each result."""
    W, B = [w.copy() for w, _ in data.weights], [b.copy() for _, b in data.weights]
    M, V = [np.zeros_like(p) for p in W + B], [np.zeros_like(p) for p in W + B]
    rows, at, taken = batches(data, case.batch), 0, 0
    rate, layers = RATES[case.optimizer], len(W)
    gradients: list[np.ndarray] = []

    def activate(z: np.ndarray) -> np.ndarray:
        if case.activation == "relu":
            return np.maximum(0, z)
        return np.tanh(z) if case.activation == "tanh" else 1 / (1 + np.exp(-z))

    def slope(z: np.ndarray, a: np.ndarray) -> np.ndarray:
        if case.activation == "relu":
            return z > 0
        return 1 - a**2 if case.activation == "tanh" else a * (1 - a)

    def step(x: np.ndarray, y: np.ndarray) -> float:
        nonlocal gradients, taken
        a, z = [x], []
        for i in range(layers):
            z.append(np.dot(a[-1], W[i]) + B[i])
            a.append(z[-1] if i == layers - 1 and case.loss != "mse" else activate(z[-1]))
        if case.loss == "softmax":
            e = np.exp(a[-1] - a[-1].max(axis=1, keepdims=True))
            p = e / e.sum(axis=1, keepdims=True)
            one_hot = np.eye(p.shape[1], dtype=F32)[y]
            loss = -np.sum(one_hot * np.log(p)) / len(y)
            d = (p - one_hot) / len(y)
        elif case.loss == "sigmoid":
            p = 1 / (1 + np.exp(-a[-1]))
            loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
            d = (p - y) / y.size
        else:
            loss = np.mean((a[-1] - y) ** 2)
            d = 2 * (a[-1] - y) / y.size * slope(z[-1], a[-1])
        dW, dB = [None] * layers, [None] * layers
        for i in reversed(range(layers)):
            dW[i], dB[i] = np.dot(a[i].T, d), np.sum(d, axis=0)
            if i:
                d = np.dot(d, W[i].T) * slope(z[i - 1], a[i])
        gradients, taken = [g for pair in zip(dW, dB, strict=True) for g in pair], taken + 1
        for j, (p, g) in enumerate(zip(W + B, dW + dB, strict=True)):
            if case.optimizer == "plain":
                p -= rate * g
            elif case.optimizer == "sgd":
                M[j] = 0.9 * M[j] + g
                p -= rate * M[j]
            else:
                M[j], V[j] = 0.9 * M[j] + 0.1 * g, 0.999 * V[j] + 0.001 * g**2
                p -= rate * (M[j] / (1 - 0.9**taken)) / (np.sqrt(V[j] / (1 - 0.999**taken)) + 1e-8)
        return float(loss)

    def steps(count: int) -> float:
        nonlocal at
        for _ in range(count):
            chosen = rows[at % len(rows)]
            at += 1
            value = step(data.X, data.y) if case.tiny else step(data.X[chosen], data.y[chosen])
        return value

    return steps, lambda: np.concatenate([g.ravel() for g in gradients])


def products(case: Case, data: Data, floor: bool = False) -> Steps:
    """The matrix products of a step, and nothing else; ``floor`` adds the batch and one update."""
    W, n = [w for w, _ in data.weights], case.batch
    x = data.X[:n].copy()
    A = [x, *[np.full((n, w.shape[1]), 0.1, F32) for w in W]]
    D = [np.full((n, w.shape[1]), 1e-3, F32) for w in W]
    G, Wt, At = [np.empty_like(w) for w in W], [w.T for w in W], [a.T for a in A]
    rows, at, dot = batches(data, n), 0, np.dot
    size = sum(w.size + b.size for w, b in data.weights)
    vector, gradient, velocity, work = np.zeros((4, size), F32)
    momentum, rate = np.array(0.9, F32), np.array(0.01, F32)

    def steps(count: int) -> float:
        nonlocal at
        for _ in range(count):
            if floor:
                data.X.take(rows[at % len(rows)], 0, x, "clip")
                at += 1
            for i in range(len(W)):
                dot(A[i], W[i], A[i + 1])
            for i in reversed(range(len(W))):
                dot(At[i], D[i], G[i])
                if i:
                    dot(D[i], Wt[i], D[i - 1])
            if floor:
                np.multiply(velocity, momentum, velocity)
                np.add(velocity, gradient, velocity)
                np.multiply(velocity, rate, work)
                np.subtract(vector, work, vector)
        return 0.0

    return steps


def pytorch(case: Case, data: Data, **settings: bool) -> tuple[Steps, Gradient]:
    """Modules, a loss and an optimizer of PyTorch, eager, on one thread."""
    import torch

    torch.set_num_threads(1)
    modules: list[torch.nn.Module] = []
    for w, b in data.weights:
        linear = torch.nn.Linear(*w.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(w.T.copy()))
            linear.bias.copy_(torch.from_numpy(b))
        activation = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid}
        modules += [linear, activation[case.activation]()]
    network = torch.nn.Sequential(*(modules if case.loss == "mse" else modules[:-1]))
    loss = {
        "softmax": torch.nn.CrossEntropyLoss,
        "sigmoid": torch.nn.BCEWithLogitsLoss,
        "mse": torch.nn.MSELoss,
    }[case.loss]()
    rate, parameters = RATES[case.optimizer], list(network.parameters())
    if case.optimizer == "adam":
        optimizer: torch.optim.Optimizer = torch.optim.Adam(parameters, rate, **settings)
    else:
        momentum = 0.9 if case.optimizer == "sgd" else 0.0
        optimizer = torch.optim.SGD(parameters, rate, momentum=momentum, **settings)
    X, y = torch.from_numpy(data.X), torch.from_numpy(data.y)
    rows, at = [torch.from_numpy(chosen) for chosen in batches(data, case.batch)], 0

    def steps(count: int) -> float:
        nonlocal at
        x, t = X, y
        for _ in range(count):
            if not case.tiny:
                chosen = rows[at % len(rows)]
                at += 1
                x, t = X[chosen], y[chosen]
            optimizer.zero_grad()
            value = loss(network(x), t)
            value.backward()
            optimizer.step()
            number = value.item()
        return number

    def gradient() -> np.ndarray:
        return np.concatenate([(p.grad.T if p.ndim == 2 else p.grad).numpy().ravel() for p in parameters])

    return steps, gradient


def scikit_learn(case: Case, data: Data) -> Steps:
    """``MLPClassifier``; a fit also checks its input and draws its weights, spread over the steps."""
    from sklearn.neural_network import MLPClassifier

    epochs, most = 4, len(data.X) // case.batch

    def steps(count: int) -> float:
        while count > 0:
            rows = min(max(1, round(count / epochs)), most) * case.batch
            model = MLPClassifier(max_iter=epochs, **scikit_settings(case))
            with warnings.catch_warnings(action="ignore"):  # it has not converged
                loss = float(model.fit(data.X[:rows], data.y[:rows]).loss_)
            count -= rows // case.batch * epochs
        return loss

    return steps


def scikit_settings(case: Case) -> dict[str, Any]:
    """What makes ``MLPClassifier`` take the steps that the others take."""
    return {
        "hidden_layer_sizes": SIZES[1:-1],
        "solver": case.optimizer,
        "alpha": 0.0,
        "epsilon": EPS_BEFORE,
        "batch_size": case.batch,
        "learning_rate_init": RATES[case.optimizer],
        "momentum": 0.9,
        "nesterovs_momentum": False,
        "tol": 0.0,
        "n_iter_no_change": 10**6,
        "random_state": 0,
    }


def scikit_loss(case: Case, data: Data, count: int) -> float:
    """The mean of the first losses of ``MLPClassifier``, from the weights and batches of the others."""
    from sklearn.neural_network import MLPClassifier

    rows = data.order[: count * case.batch]
    model = MLPClassifier(max_iter=1, warm_start=True, shuffle=False, **scikit_settings(case))
    with warnings.catch_warnings(action="ignore"):
        model.fit(data.X[rows], data.y[rows])  # makes what it needs; then it begins anew
        del model._optimizer
        model.coefs_ = [w.copy() for w, _ in data.weights]
        model.intercepts_ = [b.copy() for _, b in data.weights]
        return float(model.fit(data.X[rows], data.y[rows]).loss_)


def jax(case: Case, data: Data, looped: bool = False) -> Steps:
    """A step compiled by ``jax.jit``, its state donated; ``looped`` has all the steps in one call."""
    import jax
    import jax.numpy as jnp

    activate = {"relu": jax.nn.relu, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}[case.activation]
    rate, each = RATES[case.optimizer], jax.tree.map

    def loss_of(weights, x, t):
        for number, (w, b) in enumerate(weights, 1):
            x = x @ w + b
            x = activate(x) if number < len(weights) or case.loss == "mse" else x
        if case.loss == "softmax":
            return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), t[:, None], 1))
        if case.loss == "sigmoid":
            return jnp.mean(jnp.logaddexp(0, x) - t * x)
        return jnp.mean((x - t) ** 2)

    def step(state, x, t, chosen):
        weights, m, v, taken = state
        x, t = (x, t) if case.tiny else (x[chosen], t[chosen])
        loss, gradient = jax.value_and_grad(loss_of)(weights, x, t)
        taken = taken + 1
        if case.optimizer == "adam":
            m = each(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
            v = each(lambda v, g: 0.999 * v + 0.001 * g**2, v, gradient)
            first, second = 1 - 0.9**taken, 1 - 0.999**taken
            gradient = each(lambda m, v: m / first / (jnp.sqrt(v / second) + 1e-8), m, v)
        elif case.optimizer == "sgd":
            gradient = m = each(lambda m, g: 0.9 * m + g, m, gradient)
        return (each(lambda w, g: w - rate * g, weights, gradient), m, v, taken), loss

    def many(state, x, t, rows, at, count):
        def body(i, carried):
            return step(carried[0], x, t, rows[(at + i) % len(rows)])

        return jax.lax.fori_loop(0, count, body, (state, jnp.float32(0)))

    run = jax.jit(many if looped else step, donate_argnums=0)
    weights = [(jnp.array(w), jnp.array(b)) for w, b in data.weights]
    zeros = [[(jnp.zeros_like(w), jnp.zeros_like(b)) for w, b in weights] for _ in range(2)]
    state, at = (weights, *zeros, jnp.float32(0)), 0
    x, t, rows = jnp.array(data.X), jnp.array(data.y), [jnp.array(rows) for rows in batches(data, case.batch)]
    stacked = jnp.stack(rows)

    def steps(count: int) -> float:
        nonlocal at, state
        if looped:
            state, loss = run(state, x, t, stacked, at, count)
            at += count
            return float(loss)
        for _ in range(count):
            state, loss = run(state, x, t, rows[at % len(rows)])
            at += 1
            number = float(loss)
        return number

    return steps


def thinc(case: Case, data: Data) -> Steps:
    """A chain of thinc's layers and its Adam; it has no SGD with momentum, and does not compute the loss."""
    from thinc.api import Adam, Relu, Softmax, chain

    hidden = [Relu(o, i) for i, o in pairwise(SIZES[:-1])]
    model = chain(*hidden, Softmax(SIZES[-1], SIZES[-2]))
    model.initialize()
    for layer, (w, b) in zip(model.layers, data.weights, strict=True):
        layer.set_param("W", w.T.copy())
        layer.set_param("b", b.copy())
    optimizer = Adam(RATES["adam"], eps=EPS_BEFORE, L2=0.0, grad_clip=0.0, use_averages=False)
    rows, at, n = batches(data, case.batch), 0, case.batch
    one_hot, numbers = np.eye(SIZES[-1], dtype=F32), np.arange(case.batch)

    def steps(count: int) -> float:
        nonlocal at
        for _ in range(count):
            chosen = rows[at % len(rows)]
            at += 1
            y = data.y[chosen]
            p, back = model.begin_update(data.X[chosen])
            loss = -float(np.log(p[numbers, y]).mean())
            back((p - one_hot[y]) / n)
            model.finish_update(optimizer)
        return loss

    return steps


def compare(name: str, found: Contenders) -> list[float]:
    """The losses of the first steps; they and gradients have to be the same, to float32 rounding."""
    losses = []
    for number in range(1, 6):
        taken = {
            kind: (steps(1), None if gradient is None else gradient())
            for kind, (steps, gradient) in found.items()
        }
        loss, ours = taken["whygrad"]
        losses.append(loss)
        for kind, (theirs, gradient) in taken.items():
            where = f"{name}, step {number}, {kind}"
            agree(where, [loss], [theirs], 1e-5)
            if gradient is not None:
                error = np.abs(ours - gradient).max() / np.abs(gradient).max()
                if not error <= 1e-4:
                    raise SystemExit(f"{where}: gradients differ by {error:.1e}")
    return losses
