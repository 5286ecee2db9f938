"""Traces and explanations for people: one document in many formats, and programs that do the same."""

from __future__ import annotations

from .._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".explaining": ["explanation_document"],
        ".float_program": ["float_script"],
        ".formats": ["FORMATS", "write"],
        ".lessons": ["lesson_document"],
        ".numpy_program": ["numpy_script"],
        ".path_list": ["paths_document"],
        ".weight_program": ["weight_script"],
        ".walk": ["View", "walkthrough"],
    },
)
