"""What a page says, without how: headings, equations, tables. Every format walks the same blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..trace.expression import Expression
from .numbers import DIGITS, read, show, sign_of


@dataclass(frozen=True)
class Cell:
    """A cell of a table, or the result of an equation: the text, and the number with all its digits."""

    text: str
    full: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the title."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Prose. ``kind`` is ``plain``, ``note`` or ``warning``."""

    text: str
    kind: str = "plain"


@dataclass(frozen=True)
class Equation:
    """``left = formula = numbers ≈ result``; parts that are empty are left out.

    Attributes
    ----------
    sign
        Before the result: ``=`` where the shown numbers give it exactly, otherwise ``≈``.
    full
        The formula in numbers and the result, with all digits.
    """

    left: str
    formula: str = ""
    numbers: str = ""
    sign: str = "="
    result: Cell = Cell("")
    full: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first column names the row."""

    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Bars:
    """Labelled lengths from 0 to 1, with the number they stand for."""

    rows: tuple[tuple[str, float, Cell], ...]
    caption: str = ""


@dataclass(frozen=True)
class Code:
    """Lines of a program."""

    text: str
    language: str = "python"


@dataclass(frozen=True)
class Details:
    """Blocks behind a line that can be opened, where the format can do that."""

    summary: str
    blocks: tuple[Block, ...]


Block = Heading | Paragraph | Equation | Table | Bars | Code | Details


@dataclass(frozen=True)
class Document:
    """A title and what follows."""

    title: str
    blocks: tuple[Block, ...]


def cell(x: float, digits: int = DIGITS) -> Cell:
    """A number as a cell."""
    return Cell(show(x, digits), repr(float(x)))


def sign_before(value: Cell) -> str:
    """``=`` if the cell shows its number exactly, otherwise ``≈``."""
    full = float(value.full)
    return "=" if read(value.text) == full or full != full else "≈"


def words(text: object) -> Cell:
    """Text as a cell."""
    return Cell(str(text))


def equation(left: str, expression: Expression, digits: int = DIGITS, formula: bool = True) -> Equation:
    """An equation from an expression: names, numbers, result."""
    numbers = expression.numbers(lambda x: show(x, digits))
    result = cell(expression.value, digits)
    names = expression.names() if formula else ""
    sign = sign_of(expression, digits)
    plain = not any(isinstance(part, int) for part in expression.parts)
    if expression.single or plain:  # the numbers are the result
        numbers = ""
        sign = "=" if read(result.text) == expression.value or expression.value != expression.value else "≈"
        names = "" if names == result.text else names
    full = f"{left} = {expression.numbers(repr)} = {expression.value!r}"
    return Equation(left, names, numbers, sign, result, full)


def table(headers: Sequence[str], rows: Sequence[Sequence[Cell]], caption: str = "") -> Table:
    """A table from lists."""
    return Table(tuple(headers), tuple([tuple(row) for row in rows]), caption)
