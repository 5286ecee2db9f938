"""Graphs of values, tensors and compiled programs as SVG, DOT and Mermaid; no graphviz needed.

On the standard library alone. A notebook draws a value, a tensor or a compiled program that ends a cell.
"""

from __future__ import annotations

from .._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".compiled": ["ProgramDrawing"],
        ".graph": ["Box", "Graph", "Link", "graph_of"],
        ".layout": ["Layout", "lay_out"],
        ".pictures": ["Drawing", "draw"],
    },
)
