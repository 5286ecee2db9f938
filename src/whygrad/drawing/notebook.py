"""What a notebook shows of values, tensors and compiled programs: a table of numbers, and the drawing."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from ..autodiff.program.program import Program
from .pictures import Drawing, draw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LARGE = 20_000  # nodes: more take so long to draw that a cell should not do it unasked


def value_html(value: Any) -> str:
    """A :class:`~whygrad.Value`: its numbers, and the graph that it was computed by."""
    from ..render.notebook import value_html as numbers

    return numbers(value) + _graph(value)


def tensor_html(tensor: Any) -> str:
    """A :class:`~whygrad.Tensor`: its first entries, and the graph that it was computed by."""
    from ..render.notebook import tensor_html as numbers

    return numbers(tensor) + _graph(tensor)


def program_html(program: Program) -> str:
    """A compiled program: the scalar graph, and the matrices that it is."""
    if len(program) > LARGE:
        return f"<pre>{escape(str(program.explain()))}</pre>{_too_large(len(program))}"
    return drawing_html(draw(program))


def drawing_html(drawing: Drawing) -> str:
    """A drawing at its real size, to be scrolled where it is wider than the page.

    It is an image: names inside one drawing cannot meet those of another, and a notebook from somebody
    else shows it before it is trusted.
    """
    source = quote(drawing.svg(), safe=" /:=,;()'!*@")
    return (
        '<div style="overflow-x: auto"><img style="max-width: none" '
        f'alt="{escape(drawing.words)}" src="data:image/svg+xml,{source}"></div>'
    )


def _graph(node: Any) -> str:
    if node.op is None:
        return ""
    count = len(node.ancestors())
    return _too_large(count) if count > LARGE else drawing_html(draw(node))


def _too_large(count: int) -> str:
    return f"<p>A graph of {count:,} nodes: <code>whygrad.drawing.draw</code> draws it, folded.</p>"
