"""The pictures of a study, drawn from its results alone."""

from __future__ import annotations

from .gradients import gradients_by_layer, gradients_over_time
from .learning import learning_curves
from .scores import along_setting, by_settings, final_scores, score_map

__all__ = [
    "along_setting",
    "by_settings",
    "final_scores",
    "gradients_by_layer",
    "gradients_over_time",
    "learning_curves",
    "score_map",
]
