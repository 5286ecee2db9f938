"""Several settings on several seeds: whose test loss is lowest, and whether the lead may be chance.

Settings meet on the same data with the same seed, so that what is hard about a data set cancels: a lead is
judged by the differences seed by seed, with the exact sign-flip test (Fisher 1935).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...evaluation.rounding import amount, counted
from ..results import Standing
from .report import Table
from .words import share

Array = np.ndarray[Any, Any]
LEVEL = 0.05  # how often at most somebody is said to win, or to beat, without being better
ROUNDING = 1e-12  # relative; sums that differ by less are the same sum in another order


def sign_flip(differences: Sequence[float] | Array) -> float:
    """How often, if signs were coins, the mean difference would be as far from 0 as it is.

    All 2ⁿ choices of signs are looked at, so n is meant to be small.

    Examples
    --------
    >>> sign_flip([1.0, 1.0, 1.0, 1.0]), sign_flip([1.0, -1.0]), sign_flip([0.0, 0.0])
    (0.125, 1.0, 1.0)
    """
    values = np.asarray(differences, float)
    signs = 1 - 2 * (np.arange(2 ** len(values))[:, None] >> np.arange(len(values)) & 1)
    sums = np.abs(signs @ values)
    return float((sums >= abs(values.sum()) - ROUNDING * np.abs(values).sum()).mean())


@dataclass(frozen=True)
class Rival:
    """A setting beside the best one.

    Attributes
    ----------
    name
        Of the setting.
    behind
        Its mean test loss minus that of the best.
    p_value
        Of the sign-flip test.
    clear
        Whether the best is said to beat it.
    """

    name: str
    behind: float
    p_value: float
    clear: bool


@dataclass(frozen=True)
class Contest:
    """Who leads, and over whom for sure.

    Attributes
    ----------
    best
        The setting with the lowest mean test loss; empty if all diverged.
    rivals
        The others that came through, nearest first.
    diverged
        Settings that diverged, and on how many seeds.
    """

    best: str
    rivals: tuple[Rival, ...]
    diverged: tuple[tuple[str, int], ...]


def contest(found: Mapping[str, Sequence[Standing | None]]) -> Contest:
    """Compare settings by their test losses, seed by seed; one that diverged on any seed is out.

    The best has won if p is below the level beside each of the others: that it has to pass all tests makes
    up for its being chosen by its result. Otherwise it beats those beside whom p is below the level shared
    among all pairs (Bonferroni).

    Parameters
    ----------
    found
        Setting -> how it stands after training, for the same seeds in the same order; None: diverged.
    """
    failed = {name: sum([item is None for item in items]) for name, items in found.items()}
    losses = {
        name: np.array([item.test_loss for item in items if item is not None])
        for name, items in found.items()
        if not failed[name]
    }
    diverged = tuple([(name, count) for name, count in failed.items() if count])
    if not losses:
        return Contest("", (), diverged)
    order = sorted(losses, key=lambda name: float(losses[name].mean()))
    behind = {name: losses[name] - losses[order[0]] for name in order[1:]}
    p_values = {name: sign_flip(differences) for name, differences in behind.items()}
    won = all([p_value < LEVEL for p_value in p_values.values()])
    level = LEVEL if won else LEVEL / (len(losses) * (len(losses) - 1) / 2)
    rivals = [Rival(name, float(behind[name].mean()), p, p < level) for name, p in p_values.items()]
    return Contest(order[0], tuple(rivals), diverged)


def sentences(result: Contest, seeds: int, what: str, prefix: str = "") -> list[str]:
    """Who won, by how much, and over whom it cannot be told.

    Parameters
    ----------
    result
        Of :func:`contest`.
    seeds
        How many there were.
    what
        What settings are called.
    prefix
        Before the name of each.

    Examples
    --------
    >>> level = Contest("a", (Rival("b", 0.002, 0.4, False),), ())
    >>> sentences(level, 10, "setting")
    ['Over 10 seeds a has the lowest mean test loss, but it cannot be told from b
     (0.00200 behind, p = 0.400): no setting won.']
    """

    def listed(rivals: Sequence[Rival]) -> str:
        return ", ".join(
            [f"{prefix}{each.name} ({amount(each.behind)} behind, p = {each.p_value:.3f})" for each in rivals]
        )

    said = [
        f"{prefix}{name} diverged on {count} of {counted(seeds, 'seed')}, and is not compared."
        for name, count in result.diverged
    ]
    if not result.best:
        return [*said, "Nothing came through, so there is nothing to compare."]
    best = f"{prefix}{result.best}"
    if not result.rivals:
        return [*said, f"Only {best} came through, so there is nothing to compare it with."]
    clear = [rival for rival in result.rivals if rival.clear]
    unclear = [rival for rival in result.rivals if not rival.clear]
    lead = f"Over {counted(seeds, 'seed')} {best} has the lowest mean test loss"
    if not unclear:
        return [*said, f"{lead}, and beats {listed(clear)}: {best} won, with these settings."]
    beaten = f", though it does beat {listed(clear)}" if clear else ""
    return [*said, f"{lead}, but it cannot be told from {listed(unclear)}: no {what} won{beaten}."]


def table(found: Mapping[str, Sequence[Standing | None]], caption: str, what: str) -> Table:
    """Means over the seeds, with their standard errors."""
    rows = []
    for name, items in found.items():
        done = [item for item in items if item is not None]
        cells = [
            _mean([item.train_loss for item in done]),
            _mean([item.test_loss for item in done]),
            _mean([item.test_score for item in done], percent=True),
            f"{len(items) - len(done)} of {len(items)}",
        ]
        rows.append((name, *cells))
    head = (what, "training loss", "test loss", "test accuracy", "diverged")
    return Table(f"{caption}: mean ± standard error", head, tuple(rows))


def _mean(values: Sequence[float], percent: bool = False) -> str:
    if not values:
        return "none"
    mean = float(np.mean(values))
    error = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
    spread = "" if np.isnan(error) else f" ± {100 * error:.1f}" if percent else f" ± {amount(error)}"
    return f"{share(mean).removesuffix(' %')}{spread} %" if percent else f"{amount(mean)}{spread}"


def to_csv(found: Mapping[str, Sequence[Standing | None]], seeds: Sequence[int], what: str) -> str:
    """A line for each setting and seed; nothing where it diverged."""
    lines = [f"{what},seed,train_loss,train_accuracy,test_loss,test_accuracy"]
    for name, items in found.items():
        for seed, item in zip(seeds, items, strict=True):
            values = (
                [""] * 4
                if item is None
                else [repr(v) for v in (item.train_loss, item.train_score, item.test_loss, item.test_score)]
            )
            lines.append(",".join([name, str(seed), *values]))
    return "\n".join(lines) + "\n"
