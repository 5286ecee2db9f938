"""A run folder in a few lines."""

from __future__ import annotations

from typing import Any

from .._files import typed
from ..training.defaults import weight_decay_for
from .run import HISTORY
from .saved_run import SavedRun
from .settings import TrainSettings

LEFT_OUT = ("layers",)  # the network's own table says it


def overview(saved: SavedRun) -> list[str]:
    """What was learned from, how, by which network, and how well."""
    said = [f"{saved.folder}: {saved.state}", f"data: {saved.data}"]
    changed = _changed(saved.settings)
    said.append(f"settings: {', '.join(changed)}" if changed else "settings: the defaults")
    if saved.figures is None or saved.failed is not None:
        return said + _way_on(saved)
    said += ["", saved.network().summary(), "", *_figures(saved.figures)]
    if (saved.folder / HISTORY).exists():
        said.append(f"each epoch: {saved.folder / HISTORY}")
    return said + _way_on(saved)


def _way_on(saved: SavedRun) -> list[str]:
    return [f"to go on: whygrad train --resume {typed(saved.folder)}"] if saved.resumable else []


def _changed(settings: TrainSettings) -> list[str]:
    """The settings that are not the defaults, as flags."""
    fields, found = TrainSettings.model_fields, []
    hidden = len(settings.layers or ())
    usual = weight_decay_for(not settings.unscaled, hidden) if settings.optimizer.lower() == "adamw" else None
    for name, value in settings.model_dump().items():
        if name in LEFT_OUT or value == fields[name].default or value is None:
            continue
        if name == "weight_decay" and value == usual:  # which a run writes down
            continue
        shown = ",".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)
        flag = "--" + name.replace("_", "-")
        found.append(flag if value is True else f"{flag} {shown}")
    return found


def _figures(figures: dict[str, Any]) -> list[str]:
    said = []
    for part, what in (("train", "training"), ("test", "test")):
        for metric, value in figures[part].items():
            if metric == "accuracy":
                said.append(f"{what} accuracy {100 * value:.1f} % ({figures[part]['rows']:,} rows)")
            elif metric == "r2":
                said.append(f"{what} R² {value:.3f} ({figures[part]['rows']:,} rows)")
    best = f", weights of epoch {figures['best_epoch']}" if figures.get("best_epoch") else ""
    said.append(f"{figures['epochs']} epochs in {figures['seconds']:.1f} s{best}")
    return said
