"""A document for a terminal: plain text, with bold headings and coloured warnings where that is wanted."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator

from .document import Bars, Block, Code, Details, Document, Equation, Heading, Paragraph, Table

BOLD, DIM, YELLOW, RESET = "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"
BAR = 24


def text(document: Document, width: int = 100, color: bool = False) -> str:
    """The document as lines of text.

    Parameters
    ----------
    document
        What to write.
    width
        Where prose and long equations are broken.
    color
        Whether to use the escape codes of terminals.
    """
    lines = [*_title(document.title, color), *_blocks(document.blocks, width, color, "")]
    return "\n".join([line.rstrip() for line in lines]) + "\n"


def _title(title: str, color: bool) -> list[str]:
    return [f"{BOLD}{title}{RESET}" if color else title, "═" * len(title), ""]


def _blocks(blocks: tuple[Block, ...], width: int, color: bool, indent: str) -> Iterator[str]:
    before: Block | None = None
    for block in blocks:
        together = isinstance(block, Equation) and isinstance(before, (Equation, Heading))
        if before is not None and not together and not isinstance(before, Heading):
            yield ""
        yield from (indent + line if line else "" for line in _block(block, width - len(indent), color))
        before = block


def _block(block: Block, width: int, color: bool) -> Iterator[str]:
    match block:
        case Heading(level, words):
            yield f"{BOLD}{words}{RESET}" if color else words
            if level <= 2:
                yield "─" * len(words)
        case Paragraph(words, kind):
            yield from _paragraph(words, kind, width, color)
        case Equation():
            yield from _equation(block, width)
        case Table():
            yield from _table(block, width)
        case Bars(rows, caption):
            if caption:
                yield caption
            longest = max(len(label) for label, _, _ in rows)
            for label, share, value in rows:
                bar = "█" * max(1, round(share * BAR)) if share > 0 else "·"
                yield f"  {label:<{longest}}  {bar:<{BAR}}  {value.text}"
        case Code(words, _):
            yield from (f"    {line}" if line else "" for line in words.splitlines())
        case Details(summary, inside):
            yield f"▸ {summary}"
            yield from _blocks(inside, width, color, "    ")


def _paragraph(words: str, kind: str, width: int, color: bool) -> Iterator[str]:
    mark = {"plain": "", "note": "• ", "warning": "! "}[kind]
    wrapped = textwrap.wrap(mark + words, max(width, 40), subsequent_indent=" " * len(mark)) or [""]
    for line in wrapped:
        yield f"{YELLOW}{line}{RESET}" if color and kind == "warning" else line


def _equation(block: Equation, width: int) -> Iterator[str]:
    parts = [f"= {part}" for part in (block.formula, block.numbers) if part]
    if block.result.text:
        parts.append(f"{block.sign} {block.result.text}")
    line = f"  {block.left}"
    pad = " " * len(line)
    for part in parts:
        if len(line) + 1 + len(part) > width and line.strip() != block.left:
            yield line
            line = pad
        line = f"{line} {part}"
    yield line


def _table(block: Table, width: int) -> Iterator[str]:
    if block.caption:
        yield from textwrap.wrap(block.caption, max(width, 40))
    rows = [list(block.headers), *[[cell.text for cell in row] for row in block.rows]]
    widths = [max(_width(row[k]) for row in rows) for k in range(len(block.headers))]
    for place, row in enumerate(rows):
        first = row[0] + " " * (widths[0] - _width(row[0]))
        rest = [" " * (size - _width(item)) + item for item, size in zip(row[1:], widths[1:], strict=True)]
        yield "  " + "  ".join([first, *rest])
        if place == 0:
            yield "  " + "  ".join(["─" * size for size in widths])


def _width(words: str) -> int:
    """How many places the words take: the hat of m̂ takes none."""
    return sum(not unicodedata.combining(mark) for mark in words)
