"""Trouble that shows in how large gradients are, layer by layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from .case import Case, dense_layers
from .probe import probe, stand_in
from .trouble import Trouble
from .words import short

Array = np.ndarray[Any, Any]

# Gradients of about equal size in all layers are what initialisation aims at (Glorot and Bengio, 2010; He et
# al., 2015). Healthy networks had 0.05 or more here, nine sigmoid layers 0.0025 or less.
VANISHED = 0.01  # gradient norm of a layer, relative to that of the last
EXPLODED = 150.0  # gradient norm of a layer, relative to that of its parameters; healthy networks: up to 52
GREW = 10.0  # length of all parameters, relative to that before training
VIOLENT = 0.05  # an update ratio; about 0.001 is usual (CS231n, notes on training)


def vanishing_gradients(case: Case) -> Trouble | None:
    """Layers that the gradient hardly reaches (Hochreiter, 1991; Bengio et al., 1994)."""
    found = _by_layer(case)
    if found is None or case.learned:
        return None
    gradients, when = found
    ratios = gradients[:-1] / gradients[-1]
    layer = int(ratios.argmin())
    ratio = float(ratios[layer])
    if ratio > VANISHED:
        return None
    step = ratio ** (1 / (len(ratios) - layer))
    network = case.network
    if network.activation in ("sigmoid", "tanh"):
        advice = f'activation="silu" or "relu" instead of {network.activation!r}; fewer layers'
    else:
        advice = f"{case.better_start}fewer layers"
    if case.sample is None:
        advice += "; diagnose(network, X, y) tells whether it stops at dead or saturated units"
    return Trouble(
        "vanishing gradients",
        f"{when}, the gradient of layer {layer + 1} has {short(ratio)} times the norm of that of layer "
        f"{len(ratios) + 1}: each layer on the way multiplies it by about {short(step)}",
        {
            "layer": layer + 1,
            "ratio": ratio,
            "per_layer": step,
            "relative_norms": (gradients / gradients[-1]).tolist(),
        },
        advice,
    )


def _by_layer(case: Case) -> tuple[Array, str] | None:
    """Norms of the gradient that are typical for the run, or those of the sample before training."""
    if np.isfinite(case.course.gradients).any():
        known = case.course.gradients
        known = known[np.isfinite(known).all(axis=1) & (known[:, -1] > 0)]
        when = f"in the median of {len(known)} epochs"
        gradients = np.median(known / known[:, -1:], axis=0) if len(known) else np.empty(0)
    else:
        seen, when = case.now, "on the rows"
        if case.sample is None and case.untrained is case.network:
            seen, when = probe(case.network, stand_in(case.network)), "on standard normal rows"
        gradients = np.array([signal.gradient_norm for signal in seen.signals] if seen is not None else [])
    if len(gradients) < 2 or not gradients[-1] > 0 or not np.isfinite(gradients).all():
        return None
    return gradients, when


def exploding_gradients(case: Case) -> Trouble | None:
    """Gradients that are out of proportion with the parameters, from the start on (Pascanu et al., 2013)."""
    start = case.start
    if start is not None and start.loss is not None:
        sizes = [signal.gradient_norm / (signal.parameter_norm or 1.0) for signal in start.signals]
        when = "at the start"
    elif len(case.course) and np.isfinite(case.course.gradients[0]).any() and case.finite:
        layers = dense_layers(case.network)
        lengths = np.array([np.linalg.norm(np.append(layer.weights, layer.bias)) for layer in layers])
        sizes = list(case.course.gradients[0] / np.where(lengths > 0, lengths, 1.0))
        when = "in the first epoch"
        if case.course.usual_update > VIOLENT or case.growth > GREW:  # steps that were too long came first
            return None
    else:
        return None
    if not sizes or not max(sizes) > EXPLODED:
        return None
    layer = int(np.argmax(sizes)) + 1
    scaled = "" if case.network.scale else "scale=True if inputs or targets are large; "
    return Trouble(
        "exploding gradients",
        f"{when}, the gradient of layer {layer} is {short(max(sizes))} times as long as its weights; healthy "
        "gradients are shorter than the weights, or not much longer",
        {"layer": layer, "ratio": float(max(sizes)), "ratios": [float(size) for size in sizes]},
        f"{scaled}{case.better_start}fewer layers; clip=1.0 (--clip 1.0)",
    )
