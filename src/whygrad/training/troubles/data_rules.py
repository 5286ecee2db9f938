"""Trouble that lies in the data: how large columns are, and whether the output can reach the targets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .case import Case
from .trouble import Trouble
from .words import share, short

Array = np.ndarray[Any, Any]

# Inputs are best at mean 0 and about standard deviation 1 (LeCun et al., Efficient BackProp, 1998).
LARGE = 20.0  # root mean square of a column; the 0 to 16 of the digits, 12.9 at most, still learn well
SMALL = 0.005  # of the largest column; the diabetes table, 0.048, still learns well
UNLIKE = 1000.0  # the ratio of the largest deviations from the mean that two columns show
UNREACHABLE = 0.01  # share of the targets' variance that no output can explain

# What an output activation can give, ends included: a sigmoid comes as near to 0 and 1 as targets need.
RANGES = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, math.inf),
    "softplus": (0.0, math.inf),
    "elu": (-1.0, math.inf),
    "silu": (-0.2785, math.inf),
    "gelu": (-0.1701, math.inf),
}


def unreachable_targets(case: Case) -> Trouble | None:
    """Numbers to predict that lie outside what the output activation can give."""
    sample, head = case.sample, case.head
    if sample is None or sample.targets is None or head is None or head.targets.kind != "regression":
        return None
    if head.output not in RANGES:
        return None
    low, high = RANGES[head.output]
    targets = np.asarray(sample.targets, float)
    missed = targets - np.clip(targets, low, high)
    spread = float(targets.var(axis=0).sum())
    lost = float(np.square(missed).mean(axis=0).sum()) / spread if spread else float(np.any(missed))
    if lost <= UNREACHABLE:
        return None
    outside = float(np.mean(missed != 0))
    reach = f"{short(low)} to {short(high)}" if math.isfinite(high) else f"{short(low)} upwards"
    return Trouble(
        "targets out of range",
        f"the {head.output} output gives values from {reach}, and {share(outside)} of the targets, which go "
        f"from {short(targets.min())} to {short(targets.max())}, lie outside: R² is at most {1 - lost:.3g}",
        {
            "output": head.output,
            "lowest_target": float(targets.min()),
            "highest_target": float(targets.max()),
            "outside": outside,
            "unreachable_variance": lost,
        },
        'output="identity", which gives any number, and with it scale=True',
    )


def unscaled_inputs(case: Case) -> Trouble | None:
    """Columns that are very large, very small, or very unlike each other, and are not scaled."""
    if case.sample is None or case.network.scale or case.network.scaling is not None:
        return None
    X = case.sample.X
    sizes = np.sqrt(np.square(X).mean(axis=0))
    spreads = np.abs(X - X.mean(axis=0)).max(axis=0)
    most, moving = int(sizes.argmax()), np.flatnonzero(spreads > 0)
    if not moving.size:
        return None
    widest, narrowest = [int(moving[pick(spreads[moving])]) for pick in (np.argmax, np.argmin)]
    ratio = float(spreads[widest] / spreads[narrowest])
    largest = float(sizes[most])
    if SMALL <= largest <= LARGE and ratio <= UNLIKE:
        return None
    said = f"the root mean square of column {most} of X is {short(largest)}"
    if ratio > UNLIKE:
        said += f"; column {widest} varies {short(ratio)} times as much as column {narrowest}"
    return Trouble(
        "unscaled inputs",
        f"{said}; weights start as suits columns of mean 0 and standard deviation 1",
        {"largest_rms": largest, "column": most, "spread_ratio": ratio},
        "scale=True, which brings each column to mean 0 and standard deviation 1 inside the network",
    )


def unscaled_targets(case: Case) -> Trouble | None:
    """Numbers to predict that are far from the 0 and 1 at which outputs start, with nothing to bound them."""
    sample, head = case.sample, case.head
    if sample is None or sample.targets is None or head is None or head.targets.kind != "regression":
        return None
    if head.scaling is not None or head.output in RANGES:
        return None
    targets = np.asarray(sample.targets, float)
    largest = float(np.sqrt(np.square(targets).mean(axis=0)).max())
    if SMALL <= largest <= LARGE or not largest:
        return None
    mean, std = float(targets.mean()), float(targets.std())
    return Trouble(
        "unscaled targets",
        f"the targets have mean {short(mean)} and standard deviation {short(std)}; outputs start near 0",
        {"rms": largest, "mean": mean, "std": std},
        "scale=True, which learns them at mean 0 and standard deviation 1 and predicts in their own units",
    )
