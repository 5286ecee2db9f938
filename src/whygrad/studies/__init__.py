"""Experiments: many networks that differ in what is asked about, and what their numbers say."""

from __future__ import annotations

from .._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".specification": ["Study", "Trial", "Variant", "make_study", "read_study"],
        ".running": ["run_study"],
        ".results": ["TrialResult", "curves"],
    },
)
