"""Traces and explanations for people: one document in many formats, and programs that do the same."""

from __future__ import annotations

from .._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".explaining": ["explanation_document"],
        ".formats": ["FORMATS", "write"],
        ".walk": ["View", "walkthrough"],
    },
)
