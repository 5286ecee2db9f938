"""Recognises what goes wrong in training, from the history, the weights and a few hundred rows."""

from __future__ import annotations

from ..._lazy import exporter

__getattr__, __dir__, __all__ = exporter(__name__, {".diagnosis": ["diagnose"], ".trouble": ["Trouble"]})
