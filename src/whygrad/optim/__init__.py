"""Optimizers, learning-rate schedules and gradient clipping: what turns a gradient into a step.

All of it works in place on one flat vector of parameters and one flat gradient.
"""

from __future__ import annotations

from whygrad.optim.adaptive import Adagrad, Adam, AdamW, RMSprop
from whygrad.optim.base import Optimizer
from whygrad.optim.clipping import clip_by_norm, clip_by_value
from whygrad.optim.descent import GradientDescent, Momentum, Nesterov
from whygrad.optim.optimizers import OPTIMIZERS, make_optimizer
from whygrad.optim.plateau import ReduceOnPlateau
from whygrad.optim.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    Exponential,
    Schedule,
    StatefulSchedule,
    StepDecay,
    constant,
    cosine,
    exponential,
    make_schedule,
    step_decay,
)

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "Adagrad",
    "Adam",
    "AdamW",
    "Constant",
    "Cosine",
    "Exponential",
    "GradientDescent",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "RMSprop",
    "ReduceOnPlateau",
    "Schedule",
    "StatefulSchedule",
    "StepDecay",
    "clip_by_norm",
    "clip_by_value",
    "constant",
    "cosine",
    "exponential",
    "make_optimizer",
    "make_schedule",
    "step_decay",
]
