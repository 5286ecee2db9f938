"""The settings used when none are given, in one place; the reasons are in docs/decisions/defaults.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Defaults:
    """What a network is, and how it is trained, unless somebody says otherwise."""

    hidden: tuple[int, ...] = (64, 64)
    activation: str = "silu"
    optimizer: str = "adamw"
    learning_rate: float = 0.01
    weight_decay: float = 0.01
    schedule: str = "cosine"
    epochs: int = 100
    batch_size: int = 32


DEFAULTS = Defaults()


def initializer_for(activation: str) -> str:
    """He for what is zero on one side, Glorot for what is symmetric."""
    return "glorot_uniform" if activation in ("tanh", "sigmoid", "identity", "linear") else "he_uniform"


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
