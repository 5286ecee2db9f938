"""Applies every rule, puts causes first, and keeps their consequences from being reported again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..neural_network import NeuralNetwork
from . import course_rules, data_rules, gradient_rules, unit_rules
from .case import Case
from .course import Course
from .probe import draw
from .trouble import Trouble

SPEED = {"learning rate too low", "slow convergence"}
UNITS = {"dead units", "saturation"}
SIZES = {"exploding gradients", "vanishing gradients", "learning rate too high"}

# Causes before consequences: each rule with the signs that it accounts for.
RULES: list[tuple[Callable[[Case], Trouble | None], set[str]]] = [
    (data_rules.unreachable_targets, UNITS | SIZES | SPEED),
    (unit_rules.made_identical, UNITS | SIZES | SPEED),
    (data_rules.unscaled_inputs, UNITS | SIZES | SPEED),
    (data_rules.unscaled_targets, UNITS | SIZES | SPEED),
    (gradient_rules.exploding_gradients, UNITS | SIZES | SPEED | {"identical neurons"}),
    (course_rules.rate_too_high, UNITS | SIZES | SPEED | {"identical neurons"}),
    (unit_rules.become_identical, UNITS | SIZES | SPEED),
    (unit_rules.dead_units, {"vanishing gradients"} | SPEED),
    (unit_rules.saturation, {"vanishing gradients"} | SPEED),
    (gradient_rules.vanishing_gradients, SPEED),
    (course_rules.rate_too_low, {"slow convergence"}),
    (course_rules.overfitting, set()),
    (course_rules.slow_convergence, set()),
]


def diagnose(network: NeuralNetwork, X: Any = None, y: Any = None) -> list[Trouble]:
    """What keeps a network from learning well, the most important first; nothing if no rule finds anything.

    Read are the history, the weights and, if rows are given, what the layers do with at most 400 of them.
    The network is not changed.

    Parameters
    ----------
    network
        Before, after or in the middle of training, also after a run that ended in an error.
    X, y
        The rows it learns from and their targets, as for ``train``. Without them, only what history and
        weights show is found.

    Raises
    ------
    SettingError
        If y is given without X.
    ShapeError, DataError, KindError
        If the rows do not fit the network.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(200, 3)) * [1.0, 1.0, 1e4]
    >>> y = (X[:, 0] > 0).astype(int)
    >>> network = NeuralNetwork([3, 16, 1], "tanh", seed=0)
    >>> [trouble.name for trouble in diagnose(network, X, y)]
    ['unscaled inputs']
    >>> diagnose(NeuralNetwork([3, 16, 1], "tanh", scale=True, seed=0), X, y)
    []
    """
    with np.errstate(all="ignore"):  # what has overflowed is looked for
        case = Case(network, Course.of(network.history), draw(network, X, y))
        found = [(trouble, explains) for rule, explains in RULES if (trouble := rule(case)) is not None]
    reported: list[Trouble] = []
    explained: set[str] = set()
    names = {trouble.name for trouble, _ in found}
    for trouble, explains in found:
        if trouble.name not in explained:
            mine = sorted((explains & names) - explained - {trouble.name})
            reported.append(replace(trouble, figures=_plain({**trouble.figures, "explains": mine})))
            explained |= explains | {trouble.name}
    return reported


def _plain(figures: Any) -> Any:
    """Figures as JSON has them: numbers of Python, and None for what is not finite."""
    if isinstance(figures, dict):
        return {name: _plain(value) for name, value in figures.items()}
    if isinstance(figures, list):
        return [_plain(value) for value in figures]
    if isinstance(figures, (float, np.floating)):
        return float(figures) if np.isfinite(figures) else None
    return int(figures) if isinstance(figures, np.integer) else figures
