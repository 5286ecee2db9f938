"""What one training step computed, as frozen records; and why a gradient is what it is, as data."""

from __future__ import annotations

from .._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".record": ["Line", "Quantity", "Record", "Trace"],
        ".layers": ["observe_step"],
        ".explanation": ["Explanation", "Factor", "Share", "explain"],
        ".graphs": ["observe"],
        ".lesson_parts": ["Lesson", "Part"],
        ".lessons": ["LESSONS", "lesson"],
        ".notes": ["first_not_finite"],
        ".nudging": ["Nudge", "nudge"],
        ".path_search": ["Path", "Paths", "Step", "paths"],
        ".reasons": ["Reason", "Term", "reason"],
        ".weights": ["find_weight"],
        ".saving": ["from_json", "to_json"],
    },
)
