"""Figures and animations from histories, grids and networks. The one package that loads matplotlib."""

from __future__ import annotations

from .._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".activations": ["activation_curve", "activation_functions"],
        ".boundary": ["boundary_snapshots", "decision_boundary"],
        ".curves": ["learning_rates", "loss_curve", "score_curve"],
        ".grids": ["ClassGrid", "Projection", "class_grid", "principal_plane"],
        ".landscapes": ["Landscape", "Plane", "landscape", "path_plane", "random_plane"],
        ".landscape_drawing": ["contours", "loss_landscape", "surface"],
        ".recording": ["Recorder"],
        ".style": ["alt_text", "figure", "picture", "save"],
    },
)
