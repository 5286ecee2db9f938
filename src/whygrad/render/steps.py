"""From gradient to step: the lines of an update, as a table for many parameters, as equations for one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..trace.expression import Entry, Expression, entry_name, from_text, marks, single
from ..trace.reasons import Index
from ..trace.record import Quantity, Record
from .document import Block, Equation, cell, equation, table, words
from .numbers import DIGITS


def update_blocks(record: Record, places: Sequence[Index], digits: int = DIGITS) -> list[Block]:
    """The formulas of an update, and a table with a row for each entry."""
    before, gradient = record.inputs
    blocks: list[Block] = [
        Equation(line.formula.split(" = ", 1)[0], line.formula.split(" = ", 1)[1]) for line in record.lines
    ]
    quantities = [before, gradient, *[line.result for line in record.lines]]
    shown = [q for q in quantities if not q.name.endswith(" before") or q.data.any()]
    rows = [
        [words(entry_name(before, place)), *[cell(_at(q, place), digits) for q in shown]] for place in places
    ]
    return [*blocks, table(["", *[q.name for q in shown]], rows)]


def update_equations(record: Record, place: Index, digits: int = DIGITS) -> list[Equation]:
    """The lines of an update for one parameter: names, numbers, result."""
    return [equation(name, expression, digits) for name, expression in update_expressions(record, place)]


def update_expressions(record: Record, place: Index) -> list[tuple[str, Expression]]:
    """The same as expressions."""
    before, gradient = record.inputs
    known = {q.name: q for q in (before, gradient, *[line.result for line in record.lines])}
    names = sorted(known, key=len, reverse=True)
    pattern = re.compile(f"({'|'.join(map(re.escape, names))})")
    found = []
    for line in record.lines:
        right = line.formula.split(" = ", 1)[1]
        quantity = line.result
        used: list[str] = []
        for match in pattern.finditer(right):
            if match.group() not in used:
                used.append(match.group())
        entries = [Entry(_named(n, record, place), _at(known[n], place)) for n in used]
        signs = dict(zip(used, marks(len(used)), strict=True))
        value = _at(quantity, place)
        name = _named(quantity.name, record, place)
        if not used:  # what was kept from the step before: no formula, a number
            found.append((name, single(Entry(right, value))))
            continue
        text = "".join([signs.get(piece, piece) for piece in pattern.split(right)])
        found.append((name, from_text(text, entries, value, None)))
    return found


def _at(quantity: Quantity, place: Index) -> float:
    """One entry; of a single number that number."""
    return float(quantity.data[place]) if quantity.data.ndim else float(quantity.data)


def _named(name: str, record: Record, place: Index) -> str:
    """``m(W1[0,1])`` for ``m(W1)``: the place goes to the parameter's name."""
    parameter = record.inputs[0]
    return name.replace(parameter.name, entry_name(parameter, place), 1)
