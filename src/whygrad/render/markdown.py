"""A document as Markdown: tables, and equations as code, which every viewer shows alike."""

from __future__ import annotations

from collections.abc import Iterator

from .document import Bars, Block, Code, Details, Document, Equation, Heading, Paragraph, Table

LANGUAGE = "text"


def markdown(document: Document) -> str:
    """The document as Markdown.

    Examples
    --------
    >>> from whygrad.render.document import Document, Equation, Cell
    >>> print(markdown(Document("A sum", (Equation("s", "a + b", "1 + 2", "=", Cell("3")),))))
    # A sum
    <BLANKLINE>
    ```text
    s = a + b = 1 + 2 = 3
    ```
    <BLANKLINE>
    """
    return "\n".join([f"# {_escape(document.title)}", "", *_blocks(document.blocks)]) + "\n"


def _blocks(blocks: tuple[Block, ...]) -> Iterator[str]:
    equations: list[str] = []
    for block in blocks:
        if isinstance(block, Equation):
            equations.append(equation_line(block))
            continue
        yield from _flush(equations)
        yield from _block(block)
        yield ""
    yield from _flush(equations)


def _flush(equations: list[str]) -> Iterator[str]:
    if equations:
        yield from (f"```{LANGUAGE}", *equations, "```", "")
        equations.clear()


def equation_line(block: Equation) -> str:
    """An equation on one line."""
    parts = [block.left, *[f"= {part}" for part in (block.formula, block.numbers) if part]]
    if block.result.text:
        parts.append(f"{block.sign} {block.result.text}")
    return " ".join(parts)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(level, words):
            yield f"{'#' * level} {_escape(words)}"
        case Paragraph(words, kind):
            yield {"plain": "", "note": "> ", "warning": "> **Careful:** "}[kind] + _escape(words)
        case Table(headers, rows, caption):
            if caption:
                yield from (_escape(caption), "")
            yield "| " + " | ".join([_escape(h) for h in headers]) + " |"
            yield "|---|" + "---:|" * (len(headers) - 1)
            for row in rows:
                yield "| " + " | ".join([_escape(cell.text) for cell in row]) + " |"
        case Bars(rows, caption):
            yield f"```{LANGUAGE}"
            longest = max(len(label) for label, _, _ in rows)
            for label, share, value in rows:
                yield f"{label:<{longest}}  {'█' * max(1, round(share * 24)):<24}  {value.text}"
            yield "```"
        case Code(words, language):
            yield from (f"```{language}", words.rstrip("\n"), "```")
        case Details(summary, inside):
            yield from (f"<details><summary>{_escape(summary)}</summary>", "")
            yield from _blocks(inside)
            yield "</details>"
        case Equation():
            yield equation_line(block)


def _escape(words: str) -> str:
    """Characters that Markdown would take for its own."""
    for mark in "\\`*_[]<>|":
        words = words.replace(mark, f"\\{mark}")
    return words
