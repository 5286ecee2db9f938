"""Runs: from data and settings to a folder with a trained, tested network, and back from the folder."""

from __future__ import annotations

from .._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".run": ["RunResult", "prepare", "train"],
        ".saved_run": ["SavedRun", "open_run"],
        ".step": ["Session", "StepSettings", "open_session"],
        ".settings": ["TrainSettings", "make_settings"],
    },
)
