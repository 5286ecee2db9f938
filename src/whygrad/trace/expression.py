"""An expression for single numbers: written in names, then in numbers, with the value it has.

It keeps a way to be computed from other numbers, so that whoever rounds for showing can tell whether the
rounded numbers still give the rounded result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..autodiff.formulas import notation
from ..autodiff.op import Elementwise, Op
from ..autodiff.readings.floats import FLOATS
from .builder import written
from .record import Quantity

FIRST_MARK = 0xE000  # private characters stand for entries while a formula is taken apart
MOST_TERMS, KEPT = 8, 3  # so many terms are written out; of more than that, so many
NOTHING: Mapping[int, str | int] = {}


class Entry(NamedTuple):
    """One number with its name, such as ``W1[0,1]``."""

    name: str
    value: float


@dataclass(frozen=True, eq=False)
class Expression:
    """Text with numbers in it.

    Attributes
    ----------
    parts
        Text, or the position of an entry.
    entries
        The numbers, by name.
    value
        What the expression is worth, from full precision.
    compute
        The value from other numbers in place of the entries; None where some are left out.

    Examples
    --------
    >>> w, x = Entry("w", -0.5), Entry("x", 2.0)
    >>> product = products([(w, x)])
    >>> product.names(), product.numbers(str), product.value
    ('w·x', '-0.5·2.0', -1.0)
    """

    parts: tuple[str | int, ...]
    entries: tuple[Entry, ...]
    value: float
    compute: Callable[[Sequence[float]], float] | None = None

    def names(self) -> str:
        """The formula in names."""
        return "".join([part if isinstance(part, str) else self.entries[part].name for part in self.parts])

    def numbers(self, show: Callable[[float], str]) -> str:
        """The formula in numbers; negative ones get the parentheses they need."""
        text = ""
        for place, part in enumerate(self.parts):
            if isinstance(part, str):
                text += part
                continue
            number = show(self.entries[part].value)
            following = self.parts[place + 1 : place + 2]
            after = following[0][:1] if following and isinstance(following[0], str) else ""
            signed = number[:1] in "-−" or "·" in number
            if signed and (not (text == "" or text[-1] in "(,[|") or after in "²³^"):
                number = f"({number})"
            text += number
        return text

    @property
    def single(self) -> bool:
        """Whether it is one entry and nothing else."""
        return self.parts == (0,)


def entry_name(quantity: Quantity, index: Sequence[int], drop_sample: bool = False) -> str:
    """``W1[0,1]``; the row of the batch is left out where one row is spoken of."""
    if quantity.role == "constant" and quantity.data.ndim == 0:
        return str(written(quantity))
    shown = list(index)[1:] if drop_sample and quantity.per_sample else list(index)
    return f"{quantity.name}[{','.join(map(str, shown))}]" if shown else quantity.name


def entry(quantity: Quantity, index: Sequence[int], drop_sample: bool = False) -> Entry:
    """One number of an array."""
    return Entry(entry_name(quantity, index, drop_sample), float(quantity.data[tuple(index)]))


def single(item: Entry) -> Expression:
    """A number by itself."""
    return Expression((0,), (item,), item.value, lambda values: values[0])


def constant(value: float) -> Expression:
    """A number that needs no name."""
    text = str(int(value)) if float(value).is_integer() else f"{value:g}"
    return Expression((text.replace("-", "−"),), (), value, lambda values: value)


def products(terms: Sequence[tuple[Entry, ...]], value: float | None = None) -> Expression:
    """A sum of products; of many terms only the largest are written."""
    worth = [_product([item.value for item in term]) for term in terms]
    total = float(sum(worth)) if value is None else value
    kept = list(range(len(terms)))
    if len(terms) > MOST_TERMS:
        largest = sorted(kept, key=lambda k: -abs(worth[k]) if worth[k] == worth[k] else -np.inf)
        kept = sorted(largest[:KEPT])
    entries: list[Entry] = []
    parts: list[str | int] = []
    shape: list[list[int]] = []
    for k in kept:
        parts.append(" + ") if parts else None
        shape.append([])
        for item in terms[k]:
            parts.append("·") if shape[-1] else None
            shape[-1].append(len(entries))
            parts.append(len(entries))
            entries.append(item)
    left = len(terms) - len(kept)
    if left:
        parts.append(f" + … ({left} smaller terms)")
        return Expression(tuple(parts), tuple(entries), total)

    def compute(values: Sequence[float]) -> float:
        return float(sum(_product([values[i] for i in term]) for term in shape))

    return Expression(tuple(parts), tuple(entries), total, compute)


def row_value(
    op: Op, inputs: Sequence[Entry], value: float, constants: Mapping[int, str | int] = NOTHING
) -> Expression:
    """The forward rule of an elementwise row, for one entry.

    Parameters
    ----------
    op
        An elementwise row.
    inputs
        Its inputs.
    value
        What came out.
    constants
        Position of an input -> the number to write for it, from the start.
    """

    def compute(values: Sequence[float]) -> float:
        return float(op.forward(FLOATS, *values))

    return from_text(notation(op, "y", names=_marks(op, inputs, constants)), inputs, value, compute)


def row_slope(
    op: Elementwise,
    position: int,
    inputs: Sequence[Entry],
    output: Entry,
    value: float,
    constants: Mapping[int, str | int] = NOTHING,
) -> Expression:
    """The local derivative of an elementwise row by one input, for one entry."""

    def compute(values: Sequence[float]) -> float:
        return float(op.local(position, FLOATS, values[-1], list(values[:-1])))

    names = {**_marks(op, inputs, constants), "y": chr(FIRST_MARK + len(inputs))}
    which = f"d_{op.names(len(inputs))[position]}"
    return from_text(notation(op, which, names=names), [*inputs, output], value, compute)


def from_text(
    text: str, entries: Sequence[Entry], value: float, compute: Callable[[Sequence[float]], float] | None
) -> Expression:
    """An expression from text in which private characters stand for the entries."""
    parts: list[str | int] = []
    for mark in text:
        place = ord(mark) - FIRST_MARK
        if 0 <= place < len(entries):
            parts.append(place)
        elif parts and isinstance(parts[-1], str):
            parts[-1] += mark
        else:
            parts.append(mark)
    if len(parts) == 1 and isinstance(parts[0], int):
        return single(entries[parts[0]])
    if not any(isinstance(part, int) for part in parts):  # a number, whatever the entries are
        return Expression(tuple(parts), (), value, lambda values: value)
    return Expression(tuple(parts), tuple(entries), value, compute)


def marks(count: int) -> list[str]:
    """Private characters to stand for entries."""
    return [chr(FIRST_MARK + k) for k in range(count)]


def _marks(op: Op, inputs: Sequence[Entry], constants: Mapping[int, str | int]) -> dict[str, str | int]:
    written = [constants.get(k, mark) for k, mark in enumerate(marks(len(inputs)))]
    return dict(zip(op.names(len(inputs)), written, strict=True))


def _product(values: Sequence[float]) -> float:
    total = 1.0
    for value in values:
        total *= value
    return total
