"""Automatic differentiation: each derivative written once, in a table, and read in several ways."""

from __future__ import annotations

from .._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".checking": ["GradientReport", "gradcheck"],
        ".collector": ["paused_collector"],
        ".node": ["gradients", "topological_order"],
        ".formulas": ["notation"],
        ".op": ["elementwise", "operation"],
        ".program.program": ["Program", "compile"],
        ".table": ["TABLE"],
        ".tensor": ["Tensor", "concatenate", "where"],
        ".value": ["Value"],
    },
)
