"""The study in seven phases: from rows and first weights to films of a network that learns, each phase
with its question, what was done, and what its numbers show.
"""

from __future__ import annotations

from ..._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {".report": ["PhaseReport"], ".running": ["run_seven_phases"]},
)
