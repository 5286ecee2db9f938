"""A lesson as a document: the question, the figures, the walk along one weight, the remedy."""

from __future__ import annotations

from ..trace.lesson_parts import Lesson, Part
from .document import Block, Cell, Details, Document, Heading, Paragraph, cell, table, words
from .explaining import explanation_document
from .numbers import DIGITS


def lesson_document(lesson: Lesson, digits: int = DIGITS) -> Document:
    """The document of a lesson.

    Examples
    --------
    >>> from whygrad.trace.lessons import lesson
    >>> lesson_document(lesson("symmetry")).title
    'Breaking the symmetry'
    """
    blocks: list[Block] = [Paragraph(lesson.question)]
    for part in lesson.parts:
        blocks += _part(part, digits)
    return Document(lesson.title, (*blocks, Heading(2, "What to take along"), Paragraph(lesson.closing)))


def _part(part: Part, digits: int) -> list[Block]:
    blocks: list[Block] = [Heading(2, part.title), *[Paragraph(said) for said in part.said]]
    blocks.append(table(part.headers, [[_cell(value, digits) for value in row] for row in part.rows]))
    if part.explanation is not None:
        inner = explanation_document(part.explanation, digits)
        walk = _walk(part, digits)
        if walk is not None:
            blocks.append(walk)
        blocks.append(Details(inner.title, inner.blocks))
    return blocks


def _walk(part: Part, digits: int) -> Block | None:
    """The factors from the first layer to the loss: where the gradient is lost, or grows."""
    assert part.explanation is not None
    chain = part.explanation.chain
    if len(chain) < 4:
        return None
    rows: list[list[Cell]] = []
    product = 1.0
    for factor in chain:
        product *= factor.value
        rows.append(
            [words(factor.name), words(factor.kind), cell(factor.value, digits), cell(product, digits)]
        )
    weight = part.explanation.weight.of.name
    caption = f"From {weight} to the loss, along the largest term of each sum:"
    return table(["factor", "what it is", "value", "product so far"], rows, caption)


def _cell(value: str | int | float, digits: int) -> Cell:
    return words(value) if isinstance(value, str) else cell(float(value), digits)
