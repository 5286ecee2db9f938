"""Random networks with all kinds of layers and losses, and the same computed by HIPS autograd."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import autograd.numpy as anp
import numpy as np

from whygrad.nn import BatchNorm, Dense, Dropout, LayerNorm, Sequential, make_activation, make_loss
from whygrad.nn.regularizers import Regularizer
from whygrad.optim import make_optimizer
from whygrad.trace import observe_step

ACTIVATIONS = ["relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "sigmoid", "tanh", "identity"]
LOSSES = ["mse", "mae", "huber", "squared_error", "binary_cross_entropy", "cross_entropy", "one_hot", "hinge"]
OPTIMIZERS = ["gradient-descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"]
ROOT = np.sqrt(2 / np.pi)


def sigma(z):
    return 0.5 * (anp.tanh(0.5 * z) + 1)


FUNCTIONS = {
    "relu": lambda z: anp.where(z > 0, z, 0.0),
    "leaky_relu": lambda z: anp.where(z > 0, z, 0.01 * z),
    "elu": lambda z: anp.where(z > 0, z, anp.exp(anp.where(z > 0, 0.0, z)) - 1),
    "gelu": lambda z: 0.5 * z * (1 + anp.tanh(ROOT * (z + 0.044715 * z**3))),
    "silu": lambda z: z * sigma(z),
    "softplus": lambda z: anp.logaddexp(0.0, z),
    "sigmoid": sigma,
    "tanh": anp.tanh,
}


def log_softmax(z):
    top = anp.max(z, axis=1, keepdims=True)
    return z - top - anp.log(anp.sum(anp.exp(z - top), axis=1, keepdims=True))


MEASURES = {
    "mse": lambda z, y: anp.mean((z - y) ** 2),
    "mae": lambda z, y: anp.mean(anp.abs(z - y)),
    "huber": lambda z, y: anp.mean(anp.where(anp.abs(z - y) <= 1, 0.5 * (z - y) ** 2, anp.abs(z - y) - 0.5)),
    "squared_error": lambda z, y: anp.sum((z - y) ** 2),
    "binary_cross_entropy": lambda z, y: anp.mean(anp.logaddexp(0.0, z) - z * y),
    "cross_entropy": lambda z, y: -anp.mean(log_softmax(z)[anp.arange(len(y)), y]),
    "one_hot": lambda z, y: -anp.sum(y * log_softmax(z)) / len(y),
    "hinge": lambda z, y: anp.mean(anp.where(1 - y * z > 0, 1 - y * z, 0.0)),
}


@dataclass
class Case:
    """A network with a batch, its trace, and what made it."""

    network: Any
    kinds: list[str]
    loss: str
    trace: Any
    l1: float
    l2: float
    optimizer: str


def targets_for(loss, rng, rows, outputs):
    if loss == "cross_entropy":
        return rng.integers(0, outputs, rows)
    if loss == "one_hot":
        return np.eye(outputs)[rng.integers(0, outputs, rows)]
    if loss == "hinge":
        return rng.choice([-1.0, 1.0], size=(rows, outputs))
    if loss == "binary_cross_entropy":
        return rng.integers(0, 2, size=(rows, outputs)).astype(float)
    return rng.normal(size=(rows, outputs))


def random_case(seed, plain=False):
    """A case that the seed decides; ``plain``: dense layers and activations only, without penalties."""
    rng = np.random.default_rng(seed)
    loss = LOSSES[seed % len(LOSSES)]
    outputs = int(rng.integers(2, 4)) if loss in ("cross_entropy", "one_hot") else int(rng.integers(1, 3))
    sizes = [int(n) for n in rng.integers(2, 4, size=int(rng.integers(2, 4)))] + [outputs]
    layers, kinds = [], []
    for k, (n, m) in enumerate(itertools.pairwise(sizes)):
        dense = Dense(n, m, rng=rng)
        dense.bias = rng.normal(size=m)
        layers.append(dense)
        kinds.append("dense")
        if k == len(sizes) - 2:
            break
        if not plain and rng.random() < 0.2:
            kind = "batchnorm" if rng.random() < 0.5 else "layernorm"
            norm = BatchNorm(m) if kind == "batchnorm" else LayerNorm(m)
            for parameter in norm.parameters.values():
                parameter.data = rng.normal(1.0, 0.3, size=m)
            layers.append(norm)
            kinds.append(kind)
        name = ACTIVATIONS[int(rng.integers(len(ACTIVATIONS)))]
        activation = make_activation(name)
        if activation is not None:
            layers.append(activation)
            kinds.append(name)
        if not plain and rng.random() < 0.2:
            layers.append(Dropout(0.4, rng=rng))
            kinds.append("dropout")
    network = Sequential(layers)
    rows = int(rng.integers(3, 6))
    l1, l2 = (0.0, 0.0) if plain or rng.random() < 0.6 else (0.05, 0.1)
    optimizer = OPTIMIZERS[int(rng.integers(len(OPTIMIZERS)))]
    method = make_optimizer(optimizer, 0.05)
    measure = make_loss("cross_entropy" if loss == "one_hot" else loss)
    clip = 0.5 if rng.random() < 0.3 else None
    trace = None
    for _ in range(1 + seed % 3):  # later steps, in which optimizers remember
        trace = observe_step(
            network,
            measure,
            rng.normal(size=(rows, sizes[0])),
            targets_for(loss, rng, rows, outputs),
            optimizer=method,
            regularizer=Regularizer(l1, l2),
            clip=clip,
        )
    return Case(network, kinds, loss, trace, l1, l2, optimizer)


def replayed(case, parameters):
    """What is minimised, computed by autograd's NumPy from the parameters by name."""
    trace, a = case.trace, case.trace["x"]
    number, penalty = 0, 0.0
    for kind in case.kinds:
        number += kind in ("dense", "batchnorm", "layernorm")
        if kind == "dense":
            w = parameters[f"W{number}"]
            a = anp.dot(a, w) + parameters[f"b{number}"]
            penalty = penalty + case.l1 * anp.sum(anp.abs(w)) + 0.5 * case.l2 * anp.sum(w**2)
        elif kind == "dropout":
            a = a * trace[f"m{number}"]
        elif kind in ("batchnorm", "layernorm"):
            axis = 0 if kind == "batchnorm" else 1
            centred = a - anp.mean(a, axis=axis, keepdims=True)
            deviation = anp.sqrt(anp.mean(centred**2, axis=axis, keepdims=True) + 1e-5)
            a = centred / deviation * parameters[f"γ{number}"] + parameters[f"β{number}"]
        else:
            a = FUNCTIONS[kind](a)
    return MEASURES[case.loss](a, trace["y"]) + penalty
