"""Puts a network together from sizes and names."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..errors import SettingError, ShapeError
from ..nn.activations import make_activation
from ..nn.layer import Layer
from ..nn.layers import Dense, Dropout
from ..nn.sequential import Sequential
from ..optim import Optimizer, make_optimizer, make_schedule
from .defaults import DEFAULTS, schedule_settings

MOST_PARAMETERS = 200_000_000  # with gradients and an optimizer's state about 6 GB in float64


def layer_sizes(layers: Any) -> tuple[int, ...]:
    """Layer sizes as a tuple of whole numbers.

    Raises
    ------
    ShapeError
        If they are fewer than two, or not whole numbers from 1; says which.
    """
    if isinstance(layers, (int, float, str)) or not hasattr(layers, "__iter__"):
        raise ShapeError("layers is a list of sizes", expected="such as [2, 4, 1]", received=repr(layers))
    sizes = list(layers)
    if len(sizes) < 2:
        raise ShapeError(
            "a network needs at least the number of inputs and of outputs",
            expected="such as [2, 4, 1]",
            received=repr(sizes),
        )
    for place, size in enumerate(sizes):
        if not isinstance(size, (int, np.integer)) or isinstance(size, bool) or size < 1:
            raise ShapeError(
                f"layer size {place} must be a whole number from 1", received=f"{size!r} in {sizes!r}"
            )
    return tuple(int(size) for size in sizes)


def float_dtype(dtype: Any) -> np.dtype[Any]:
    """float32 or float64.

    Raises
    ------
    SettingError
        For anything else.
    """
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = np.dtype(object)
    if found not in (np.float32, np.float64):
        raise SettingError("dtype must be float32 or float64", received=repr(dtype))
    return found  # type: ignore[no-any-return]


def dense_network(
    sizes: tuple[int, ...],
    activation: str,
    initializer: str,
    dropout: float,
    rng: np.random.Generator,
    dtype: np.dtype[Any],
) -> Sequential:
    """Dense layers with the activation, and dropout if any, after all but the last."""
    if str(activation).lower() == "softmax":
        raise SettingError(
            "softmax is an activation for outputs, not for hidden layers",
            hint="output='softmax' is what several classes get by themselves; try activation='silu'",
        )
    count = sum(n * m + m for n, m in itertools.pairwise(sizes))
    if count > MOST_PARAMETERS:
        raise ShapeError(
            f"a network of {count:,} parameters is too large for this",
            expected=f"at most {MOST_PARAMETERS:,}",
            received=", ".join(map(str, sizes)),
        )
    layers: list[Layer] = []
    for n, m in itertools.pairwise(sizes):
        if layers:
            hidden = make_activation(activation)
            layers += [hidden] if hidden is not None else []
            layers += [Dropout(dropout, rng=rng)] if dropout else []
        layers.append(Dense(n, m, initializer=initializer, rng=rng, dtype=dtype))
    return Sequential(layers)


def run_optimizer(
    given: str | Optimizer,
    learning_rate: float | None,
    schedule: str | None,
    steps: int,
    *,
    weight_decay: float | None,
    default_decay: float,
) -> Optimizer:
    """An optimizer for a run of so many steps: a new one by name, or the one given.

    Raises
    ------
    SettingError
        If a name is unknown, or a setting cannot work or does not go with this optimizer.
    """
    settings = {} if weight_decay is None else {"weight_decay": weight_decay}
    if isinstance(given, Optimizer):
        make_optimizer(given, **settings)  # refuses settings beside its own
        if learning_rate is not None:
            given.learning_rate = learning_rate
        if schedule is not None:
            rate = given.current_learning_rate
            given.learning_rate = make_schedule(schedule, rate, **schedule_settings(schedule, steps))
        return given
    rate = DEFAULTS.learning_rate if learning_rate is None else learning_rate
    schedule = DEFAULTS.schedule if schedule is None else schedule
    if weight_decay is None and str(given).lower() == "adamw":
        settings = {"weight_decay": default_decay}
    optimizer = make_optimizer(given, rate, **settings)
    optimizer.learning_rate = make_schedule(schedule, rate, **schedule_settings(schedule, steps))
    return optimizer


def summary(sizes: tuple[int, ...], activation: str, output: str, closing: str) -> str:
    """A table with a row for each dense layer, and a closing line."""
    rows = [("layer", "inputs", "outputs", "parameters", "activation")]
    for place, (n, m) in enumerate(itertools.pairwise(sizes), start=1):
        after = activation if place < len(sizes) - 1 else output
        rows.append((f"{place} dense", str(n), str(m), f"{n * m + m:,}", after))
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    lines = []
    for first, *numbers, after in rows:
        cells = [f"{cell:>{width}}" for cell, width in zip(numbers, widths[1:], strict=True)]
        lines.append("  ".join([f"{first:<{widths[0]}}", *cells, after]))
    return "\n".join([*lines, closing])
