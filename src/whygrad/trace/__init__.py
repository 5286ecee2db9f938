"""What one training step computed, as frozen records; and why a gradient is what it is, as data."""

from __future__ import annotations

from .._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".record": ["Line", "Quantity", "Record", "Trace"],
        ".layers": ["observe_step"],
        ".explanation": ["Explanation", "explain"],
        ".graphs": ["observe"],
        ".nudging": ["nudge"],
        ".path_search": ["Path", "Paths", "paths"],
        ".reasons": ["reason"],
        ".saving": ["from_json", "to_json"],
    },
)
