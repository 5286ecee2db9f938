"""What the numbers of a study say. Nothing here trains, draws or writes."""

from __future__ import annotations

from ..._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__, {".find": ["describe", "find", "said"], ".finding": ["Finding", "Judgement"]}
)
