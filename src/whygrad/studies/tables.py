"""A study as three tables: a row for each trial, each epoch, each variant. Same results, same bytes.

Numbers are written so that they read back the same; what there is not is an empty field. Rows are in the
order of the settings given, and then by name and seed, in whatever order results arrived.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .findings.courses import standings
from .findings.luck import Way, learned
from .findings.spread import LEVEL, Spread, spread
from .findings.varied import varied
from .results import TrialResult, curves

Settings = Mapping[str, Mapping[str, Any]]
STANDING = ("train_loss", "train_score", "test_loss", "test_score")
FIRST = ("loss", "score", "watched_loss", "watched_score", "learning_rate", "gradient_norm")


def tables(results: Iterable[TrialResult], settings: Settings | None = None) -> dict[str, str]:
    """The name and the content of each file.

    Parameters
    ----------
    results
        In any order.
    settings
        Variant -> its changed settings; those that vary have a column.

    Examples
    --------
    >>> list(tables([]))
    ['results.csv', 'epochs.csv', 'summary.csv']
    """
    given = settings or {}
    ordered = in_order(results, given)
    return {
        "results.csv": results_table(ordered, given),
        "epochs.csv": epochs_table(ordered),
        "summary.csv": summary_table(ordered, given),
    }


def in_order(results: Iterable[TrialResult], settings: Settings | None = None) -> list[TrialResult]:
    """Variants as the settings name them, others after them by name; the seeds of each ascending."""
    place = {variant: number for number, variant in enumerate(settings or {})}
    return sorted(
        results,
        key=lambda each: (place.get(each.variant, len(place)), each.variant, each.seed, each.key),
    )


def results_table(results: Sequence[TrialResult], settings: Settings) -> str:
    """A row for each trial: what it was, how it began and ended, and what was wrong."""
    names = _columns(settings, RESULTS)
    rows: list[list[Any]] = []
    for each in results:
        before = [getattr(each.before, name) for name in STANDING]
        after = [None if each.after is None else getattr(each.after, name) for name in STANDING]
        changed = settings.get(each.variant, {})
        rows.append(
            [
                each.variant,
                *(changed.get(name) for name in names),
                each.seed,
                each.state,
                each.metric,
                *before,
                *after,
                each.epochs,
                each.parameters,
                "; ".join(each.troubles),
                each.failure,
                each.key,
            ]
        )
    return _csv(["variant", *names.values(), *RESULTS], rows)


RESULTS = [
    "seed",
    "state",
    "metric",
    *(f"before_{name}" for name in STANDING),
    *(f"after_{name}" for name in STANDING),
    "epochs",
    "parameters",
    "troubles",
    "failure",
    "key",
]


def epochs_table(results: Sequence[TrialResult]) -> str:
    """A row for each epoch of each trial that is kept."""
    found = {name for each in results for name in each.columns} - {"epoch"}
    names = [name for name in FIRST if name in found] + sorted(found - set(FIRST), key=_by_number)
    rows: list[list[Any]] = []
    for each in results:
        kept = each.columns.get("epoch") or range(1, each.epochs + 1)
        values = [each.columns.get(name, [None] * len(kept)) for name in names]
        rows += [[each.variant, each.seed, *line] for line in zip(kept, *values, strict=True)]
    return _csv(["variant", "seed", "epoch", *names], rows)


def _by_number(name: str) -> tuple[str, int]:
    """``gradient_norm_2`` before ``gradient_norm_10``."""
    found = re.fullmatch(r"(.*?)_?(\d*)", name)
    assert found is not None
    return found[1], int(found[2] or 0)


def summary_table(results: Sequence[TrialResult], settings: Settings) -> str:
    """A row for each variant: how many seeds, how they ended, and means over those that did not diverge."""
    names = _columns(settings, SUMMARY)
    of = curves(results)
    way = Way.of(of) if of else None
    rows: list[list[Any]] = []
    for curve in of:
        changed = settings.get(curve.variant, {})
        line = [curve.variant, *(changed.get(name) for name in names), len(curve.seeds), sum(curve.diverged)]
        line += [int(learned(curve, way).sum()) if way is not None else 0, curve.metric]
        for measure in MEASURES:
            found = spread(standings(curve, measure)[1])
            line += _summed(found, measure, curve.metric)
        rows.append(line)
    return _csv(["variant", *names.values(), *SUMMARY], rows)


MEASURES = ("test_score", "test_loss", "train_score", "train_loss")
PARTS = ("mean", "standard_deviation", "interval_low", "interval_high")
SUMMARY = [
    "seeds",
    "diverged",
    "learned",
    "metric",
    *(f"{name}_{part}" for name in MEASURES for part in PARTS),
]


def bounds(measure: str, metric: str) -> tuple[float, float]:
    """What no value of a measure can pass."""
    if measure.endswith("loss"):
        return -math.inf, math.inf
    return (0.0, 1.0) if metric == "accuracy" else (-math.inf, 1.0)


def _summed(found: Spread, measure: str, metric: str) -> list[float | None]:
    interval = found.interval(LEVEL, *bounds(measure, metric))
    ends = [None, None] if interval is None else [interval.low, interval.high]
    return [found.mean if found.count else None, found.deviation, *ends]


def _columns(settings: Settings, taken: Sequence[str]) -> dict[str, str]:
    """The settings that vary, each with the name of its column: its own, unless a figure has that."""
    names = [one.name for one in varied(settings)]
    return {name: f"setting_{name}" if name in (*taken, "variant") else name for name in names}


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[_field(value) for value in row] for row in rows])
    return out.getvalue()


def _field(value: Any) -> str:
    """As JSON has it, but text without quotes, and nothing for None."""
    if value is None or isinstance(value, str):
        return value or ""
    return repr(float(value)) if isinstance(value, float) else json.dumps(value)
