"""Graphs recorded from scalar code, replayed as programs: as operations on arrays, or straight-line Python.

=================  ===========================================================================
:mod:`.recording`  the graph as flat lists, and what each leaf is for
:mod:`.templates`  rows of the table as text of Python
=================  ===========================================================================
"""

from __future__ import annotations

from ..._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".checking": ["Check"],
        ".program": ["Program", "compile"],
    },
)
