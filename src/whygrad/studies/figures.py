"""The pictures of a study, drawn from its results alone."""

from __future__ import annotations

from .gradient_figures import gradients_by_layer, gradients_over_time
from .learning_figures import learning_curves
from .score_figures import along_setting, by_settings, final_scores, score_map

__all__ = [
    "along_setting",
    "by_settings",
    "final_scores",
    "gradients_by_layer",
    "gradients_over_time",
    "learning_curves",
    "score_map",
]
