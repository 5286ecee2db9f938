"""Which variant is best: a clear winner, several that lead, or no difference that is more than chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...evaluation.intervals import Interval
from ..results import Curves
from . import words
from .courses import lost
from .finding import Finding
from .paired import Table
from .spread import holm

CHANCE = 0.025  # of naming a winner among equals, by scores, and again by losses


def contest(curves: Sequence[Curves], losses: bool = True, hopeless: Sequence[str] = ()) -> list[Finding]:
    """Which variant is best, if any is: a clear winner, several that lead, or no difference.

    Parameters
    ----------
    curves
        Of all variants.
    losses
        Whether losses of different variants can be compared, which they cannot if the loss is what varies.
    hopeless
        Variants that learn nothing: they are left out, unless fewer than two others would remain.
    """
    others = [curve for curve in curves if curve.variant not in hopeless]
    curves, left_out = (others, list(hopeless)) if len(others) > 1 else (curves, [])
    tables = [
        Table.of(curves, measure) for measure in (("test_score", "test_loss") if losses else ("test_score",))
    ]
    if len(tables[0].ranked()) < 2:
        return []
    if all(pair.error is None for table in tables for pair in table.pairs.values()):
        return [_cannot_tell(tables[0])]
    for verdict in (_winner, _leaders):
        for table in tables:
            found = verdict(table)
            if found is not None:
                return [_with_notes(found, curves, left_out)]
    return [_with_notes(_no_difference(tables), curves, left_out)]


def _with_notes(found: Finding, curves: Sequence[Curves], left_out: Sequence[str]) -> Finding:
    """The finding, with what was done with variants that learn nothing and with networks that diverged."""
    sentence = found.sentence
    if left_out:
        sentence += f"; left out, as they learn nothing: {words.listed(left_out)}"
    if any(lost(curve).any() for curve in curves):
        sentence += "; networks that diverged count with what they had before training"
    return Finding(found.kind, found.variants, sentence, {**found.numbers, "left_out": list(left_out)})


def _cannot_tell(table: Table) -> Finding:
    first, second = table.ranked()[:2]
    one, other = table.texts([first, second])
    said = (
        f"which variant is best cannot be judged from one seed: {first} has {one} {table.name} and {second} "
        f"{other}, but another seed may turn that round; repeat with five seeds or more"
    )
    numbers = {"measure": table.measure, "means": table.means, "seeds": 1}
    return Finding("cannot be judged", (first, second), said, numbers)


def _winner(table: Table) -> Finding | None:
    """The best variant, if it is better than each other one."""
    best, *others = table.ranked()
    pairs = [table.pairs[best, other] for other in others]
    if not others or not all(holm([pair.p_value for pair in pairs], CHANCE)):
        return None
    one, other = table.texts([best, others[0]], [(best, others[0])])
    pair, interval = pairs[0], pairs[0].interval(1 - CHANCE)
    tests = f"; {len(others)} comparisons, corrected as Holm has it" if len(others) > 1 else ""
    said = (
        f"clear winner: {best}, with {one} {table.name}; next is {others[0]} with {other}; "
        f"difference {words.difference(table.measure, table.metric, pair.mean)} "
        f"({_said(table, interval)}, paired over {words.seeds(pair.count)}{tests})"
    )
    numbers = {
        "measure": table.measure,
        "seeds": pair.count,
        "difference": pair.mean,
        "interval": _ends(interval),
        "p_values": {name: each.p_value for name, each in zip(others, pairs, strict=True)},
        "means": table.means,
    }
    return Finding("clear winner", (best, *others), said, numbers)


def _leaders(table: Table) -> Finding | None:
    """The best variant with those that cannot be told from it, if any two differ at all."""
    names = list(table.pairs)
    p_values = [pair.p_value for pair in table.pairs.values()]
    clear = [name for name, shown in zip(names, holm(p_values, CHANCE), strict=True) if shown]
    if not clear:
        return None
    best, *others = table.ranked()
    worse = [name for name in others if (best, name) in clear]
    equal = [name for name in others if name not in worse]
    text = dict(zip([best, *others], table.texts([best, *others]), strict=True))
    said = (
        f"no clear winner: {best} has the {'highest' if table.high else 'lowest'} {table.name}, {text[best]}"
    )
    if equal:
        said += f", and cannot be told from {words.listed([f'{name} ({text[name]})' for name in equal])}"
    if worse:
        said += f"; it is better than {words.listed([f'{name} ({text[name]})' for name in worse])}"
    else:
        one, other = names[int(np.argmin(p_values))]
        said += f"; {one} ({text[one]}) is better than {other} ({text[other]})"
    count = min([pair.count for pair in table.pairs.values()])
    said += f" (paired over {words.seeds(count)}; {len(names)} comparisons, corrected as Holm has it)"
    numbers = {
        "measure": table.measure,
        "seeds": count,
        "leaders": [best, *equal],
        "worse": worse,
        "pairs": [list(both) for both in clear],
        "means": table.means,
    }
    return Finding("no clear winner", (best, *equal), said, numbers)


def _no_difference(tables: Sequence[Table]) -> Finding:
    table = tables[0]
    ranked = table.ranked()
    best, last = ranked[0], ranked[-1]
    one, other = table.texts([best, last])
    pair, pairs = table.pairs[best, last], len(table.pairs)
    interval = pair.interval(1 - CHANCE / pairs)
    what = " or ".join(each.name for each in tables)
    subject = (
        f"{best} and {last} do not differ" if pairs == 1 else f"none of {pairs} pairs of variants differs"
    )
    said = (
        f"no difference: {subject} in {what} by more than chance over {words.seeds(pair.count)}; "
        f"{table.name} is {one} with {best} and {other} with {last}"
    )
    half = (interval.high - interval.low) / 2 if interval is not None else 0.0
    if half > 0:
        limit = words.difference(table.measure, table.metric, half)
        said += f", and as much as seeds differ, only differences above about {limit} would show"
    numbers = {
        "measures": [each.measure for each in tables],
        "seeds": pair.count,
        "largest_difference": abs(pair.mean),
        "interval": _ends(interval),
        "pairs": pairs,
        "means": table.means,
    }
    return Finding("no difference", tuple(ranked), said, numbers)


def _said(table: Table, interval: Interval | None) -> str:
    return "" if interval is None else words.between(table.measure, table.metric, interval)


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]
