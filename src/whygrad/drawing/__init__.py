"""Graphs of values and tensors as SVG, DOT and Mermaid; no graphviz, and the standard library alone.

In a notebook ``%load_ext whygrad.drawing`` makes values and tensors draw themselves.
"""

from __future__ import annotations

from .._lazy import exporter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".compiled": ["ProgramDrawing"],
        ".graph": ["Box", "Graph", "Link", "graph_of"],
        ".layout": ["Layout", "lay_out"],
        ".pictures": ["Drawing", "draw"],
    },
)


def load_ipython_extension(ipython: Any) -> None:
    """Let values and tensors draw themselves: ``%load_ext whygrad.drawing``."""
    from ..autodiff.tensor import Tensor
    from ..autodiff.value import Value
    from .pictures import draw

    formatter = ipython.display_formatter.formatters["image/svg+xml"]
    for kind in (Value, Tensor):
        formatter.for_type(kind, lambda node: draw(node).svg())
