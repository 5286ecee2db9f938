"""Trouble that shows in single units: clones of each other, dead ones, saturated ones."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..neural_network import NeuralNetwork
from .case import Case, dense_layers
from .probe import Probe, Units
from .trouble import Trouble
from .words import share

Array = np.ndarray[Any, Any]

ALIKE = 1e-6  # two units are the same if their weights differ by at most this share of their length
CLONED = 0.5  # share of a layer's units that could be left out
FLAT = 1e-3  # a slope below which hardly any gradient passes
# "As much as 40 %" of a network can be dead if the learning rate is too high (CS231n, notes on activations);
# single layers of networks that learn well had up to 66 % here.
DEAD = 0.75  # share of a layer's units
DEAD_AND_STUCK = 0.55  # the same, where half of the loss or more is left; healthy ones had up to 34 % then
HALF = 0.5  # of the loss of guessing
STEEPEST = {"sigmoid": 0.25, "tanh": 1.0}
NEAR_LIMIT = 0.05  # of the steepest slope: |tanh| above 0.975
MOSTLY = 0.5  # share of the rows
SATURATED = 0.3  # share of a layer's units; healthy networks had up to 13 %


def made_identical(case: Case) -> Trouble | None:
    """Identical neurons that the network was made with."""
    return _identical(case) if _cloned(case.untrained) else None


def become_identical(case: Case) -> Trouble | None:
    """Identical neurons that it was not made with: somebody set weights, or training ran into it."""
    return None if _cloned(case.untrained) else _identical(case)


def _identical(case: Case) -> Trouble | None:
    """Units with the same weights in and out get the same gradients (Goodfellow et al., 2016, 8.4)."""
    cloned = _cloned(case.network)
    if not cloned:
        return None
    said = "; ".join([f"layer {layer}: {kinds} different of {of}" for layer, (kinds, of) in cloned.items()])
    now = case.network.initializer
    return Trouble(
        "identical neurons",
        f"units with the same weights in and out, which get the same gradients and so stay the same ({said})",
        {"layers": [{"layer": k, "different": kinds, "units": of} for k, (kinds, of) in cloned.items()]},
        f'initializer="he_uniform" or "glorot_uniform", which draw each weight (now {now!r})',
    )


def _cloned(network: NeuralNetwork) -> dict[int, tuple[int, int]]:
    """Hidden layers most of whose units repeat others: how many differ, of how many."""
    if not np.isfinite(network.network.vector).all():
        return {}
    found = {}
    for layer, (before, after) in enumerate(pairwise(dense_layers(network)), start=1):
        units = np.vstack([before.weights, before.bias, after.weights.T]).T.astype(np.float64)
        kinds, of = _distinct(units), len(units)
        if of > 1 and of - kinds >= CLONED * of:
            found[layer] = (kinds, of)
    return found


def _distinct(units: Array) -> int:
    """How many different rows there are: neighbours along a random direction are compared in full."""
    direction = np.random.default_rng(0).standard_normal(units.shape[1])
    ordered = units[np.argsort(units @ direction)]
    lengths = np.linalg.norm(ordered, axis=1)
    gaps = np.linalg.norm(np.diff(ordered, axis=0), axis=1)
    return 1 + int(np.count_nonzero(gaps > ALIKE * np.maximum(lengths[1:], lengths[:-1])))


def dead_units(case: Case) -> Trouble | None:
    """Units of ReLU and its relatives that let no gradient through on any row (Lu et al., 2019)."""
    found = {}
    for units in _units(case):
        if units.activation not in STEEPEST:
            found[units.layer] = float((np.abs(units.slopes) < FLAT).all(axis=0).mean())
    limit = DEAD_AND_STUCK if case.left is not None and case.left >= HALF else DEAD
    worst = {layer: dead for layer, dead in found.items() if dead >= limit}
    if not worst or case.sample is None or case.learned:
        return None
    said = ", ".join([f"{share(dead)} in layer {layer}" for layer, dead in worst.items()])
    lower = f"train anew with {case.lower_rate}; or " if len(case.course) else ""
    other = '"leaky_relu" or "silu"' if case.network.activation == "relu" else '"leaky_relu"'
    return Trouble(
        "dead units",
        f"units that are off on all of {len(case.sample.X)} rows: {said}; no gradient passes through them, "
        "so they cannot come back",
        {"rows": len(case.sample.X), "dead": {str(layer): dead for layer, dead in found.items()}},
        f"{lower}activation={other}, with a slope below zero",
    )


def saturation(case: Case) -> Trouble | None:
    """Sigmoid and tanh units near their limits on most rows, where they are flat (Glorot, Bengio, 2010)."""
    if case.now is None or case.sample is None or case.learned:
        return None
    found, layers = _saturated(case.now), len(dense_layers(case.network))
    worst = {layer: stuck for layer, stuck in found.items() if stuck >= SATURATED and layer < layers}
    if not worst:
        return None
    said = ", ".join([f"{share(stuck)} of layer {layer}" for layer, stuck in worst.items()])
    if case.start is None or any([_saturated(case.start)[layer] >= SATURATED for layer in worst]):
        advice = f"smaller weights to start with; {case.better_start}"
    else:  # it came with training
        advice = f"train anew with {case.lower_rate}; or "
    return Trouble(
        "saturation",
        f"{case.network.activation} units with less than {share(NEAR_LIMIT)} of their steepest slope on most "
        f"of {len(case.sample.X)} rows: {said}",
        {"rows": len(case.sample.X), "saturated": {str(layer): stuck for layer, stuck in found.items()}},
        f'{advice}activation="silu", which is flat on one side only',
    )


def _saturated(probe: Probe) -> dict[int, float]:
    """Layer -> share of sigmoid or tanh units that are near a limit on most rows."""
    found = {}
    for units in probe.units:
        if units.activation in STEEPEST:
            near = units.slopes < NEAR_LIMIT * STEEPEST[units.activation]
            found[units.layer] = float((near.mean(axis=0) > MOSTLY).mean())
    return found


def _units(case: Case) -> tuple[Units, ...]:
    return () if case.now is None else case.now.units
