"""What a notebook shows for values, tensors, traces and explanations: fragments of HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from .document import Block, Cell, Document, Paragraph, cell, table, words
from .html import fragment
from .numbers import show

if TYPE_CHECKING:
    from ..trace.explanation import Explanation
    from ..trace.path_search import Paths
    from ..trace.record import Trace

MOST_ENTRIES = 8


def value_html(value: Any) -> str:
    """A :class:`~whygrad.Value`: data and gradient, and what it was computed from."""
    rows: list[list[Cell]] = [
        [words("data"), cell(float(value.data))],
        [words("grad"), cell(float(value.grad))],
    ]
    if value.op is not None:
        inputs = ", ".join([parent.label or show(float(parent.data)) for parent in list(value.parents)[:6]])
        more = "" if len(value.parents) <= 6 else ", …"
        rows.append([words("computed by"), words(f"{value.op.name}({inputs}{more})")])
    return _small(value.label or type(value).__name__, rows)


def tensor_html(tensor: Any) -> str:
    """A :class:`~whygrad.Tensor`: shape, dtype, and the first entries of data and gradient."""
    data = np.asarray(tensor.data)
    rows = [[words("shape"), words(" × ".join(map(str, data.shape)) or "a single number")]]
    rows.append([words("dtype"), words(data.dtype.name)])
    rows.append([words("data"), words(_entries(data))])
    if tensor.requires_grad:
        known = "backward() has not been called" if tensor.grad is None else _entries(np.asarray(tensor.grad))
        rows.append([words("grad"), words(known)])
    if tensor.op is not None:
        rows.append([words("computed by"), words(tensor.op.name)])
    return _small(tensor.label or "Tensor", rows)


def trace_html(trace: Trace) -> str:
    """A trace: the formulas of its records, with shapes; the walkthrough has the numbers."""
    blocks: list[Block] = []
    for kind in ("forward", "loss", "backward", "update"):
        records = trace.of_kind(kind)
        if records:
            rows = [
                [words(record.formula), words(" × ".join(map(str, record.output.shape)) or "1")]
                for record in records[:40]
            ]
            if len(records) > 40:
                rows.append([words(f"… {len(records) - 40} more"), words("")])
            blocks.append(table([kind, "shape"], rows))
    blocks.append(Paragraph("walkthrough(trace) has every number; explain(trace, name, index) one gradient."))
    return fragment(Document(f"Trace of {trace.kind}", tuple(blocks)))


def explanation_html(explanation: Explanation) -> str:
    """An explanation, in full."""
    from .explaining import explanation_document

    return fragment(explanation_document(explanation))


def paths_html(paths: Paths) -> str:
    """The paths of a gradient."""
    from .path_list import paths_document

    return fragment(paths_document(paths))


def _entries(data: Any) -> str:
    shown = ", ".join([show(float(v)) for v in data.ravel()[:MOST_ENTRIES].tolist()])
    left = data.size - MOST_ENTRIES
    return f"{shown}, … {left:,} more" if left > 0 else shown


def _small(title: str, rows: list[list[Cell]]) -> str:
    """A table of names and contents, without a style of its own."""
    lines = "".join(
        [
            f'<tr><th style="text-align: left">{escape(name.text)}</th>'
            f'<td style="text-align: left" title="{escape(content.full)}">{escape(content.text)}</td></tr>'
            for name, content in rows
        ]
    )
    return f"<table><caption>{escape(title)}</caption>{lines}</table>"
