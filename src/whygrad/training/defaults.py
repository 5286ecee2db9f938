"""The settings used when none are given, in one place; the reasons are in docs/decisions/defaults.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Defaults:
    """What a network is, and how it is trained, unless somebody says otherwise."""

    activation: str = "silu"
    optimizer: str = "adamw"
    learning_rate: float = 0.01
    schedule: str = "cosine"
    epochs: int = 200
    batch_size: int = 32


DEFAULTS = Defaults()


def hidden_sizes(rows: int) -> tuple[int, ...]:
    """Two hidden layers; small ones where there is little to learn from."""
    return (64, 64) if rows >= 500 else (16, 16)


def weight_decay_for(scaled: bool, hidden: int) -> float:
    """Strong where inputs and targets have standard deviation 1, so that weights of about 1 suffice.

    A single hidden layer needs larger ones: it alone has to be steep where the function is.
    """
    return 0.4 if scaled and hidden != 1 else 0.01


def initializer_for(activation: str) -> str:
    """He for what is near zero on one side, Glorot for what is symmetric."""
    symmetric = str(activation).lower() in ("tanh", "sigmoid", "identity", "linear")
    return "glorot_uniform" if symmetric else "he_uniform"


def schedule_settings(schedule: str, steps: int) -> dict[str, Any]:
    """What a named schedule needs to know about the length of the run."""
    name = str(schedule).lower().replace("_", "-")
    if name == "cosine":
        return {"total": steps}
    if name == "step-decay":
        return {"every": max(1, steps // 4)}
    if name == "exponential":
        return {"decay": 0.01 ** (1 / max(1, steps))}
    return {}
