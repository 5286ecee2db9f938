"""Loss and score over the epochs of a run, several runs beside each other, and what learning rates do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..errors import DataError
from ..training.history import History
from .legends import legend
from .style import (
    BLUE,
    INK,
    SOFT,
    TEXT,
    VERMILLION,
    axes,
    cut,
    describe,
    line_style,
    logarithmic,
    name,
    numbers,
    short,
)

Array = np.ndarray[Any, Any]
SPAN = 30  # a loss that falls by more than this factor is drawn on a logarithmic axis
NAMED = 30  # letters of a name in the legend of runs compared, where lines are few and long


def loss_curve(
    history: History,
    ax: Axes | None = None,
    *,
    log: bool | None = None,
    snapshots: Sequence[int] = (),
    title: str | None = None,
    about: str = "",
) -> Axes:
    """The loss of each epoch, on training and validation rows.

    Parameters
    ----------
    history
        Of a run.
    ax
        Where to draw; new axes when not given.
    log
        Whether the axis is logarithmic; by default when the loss falls by a factor above 30.
    snapshots
        Epochs whose loss is written beside the curve.
    title
        Above the picture; by default what is drawn.
    about
        What the run was on, for that default.

    Raises
    ------
    DataError
        If there is no epoch, or no loss that is a number.

    Examples
    --------
    >>> from whygrad.training import Epoch, History
    >>> history = History("r2", [Epoch(k, 1 / k, None, 0.1, 1.0, 0.1) for k in range(1, 11)])
    >>> ax = loss_curve(history)
    >>> ax.get_lines()[0].get_ydata()[:2].tolist()
    [1.0, 0.5]
    """
    ax = axes(ax)
    lines: dict[str, list[Any]] = {"training": history.loss, "validation": history.validation_loss}
    drawn = _draw(ax, history, lines, "loss")
    loss = drawn["training"]
    seen = np.concatenate([line[np.isfinite(line)] for line in drawn.values()])
    falls = seen.min() > 0 and seen.max() > SPAN * seen.min()
    if falls if log is None else log:
        logarithmic(ax, seen)
    else:
        ax.set_ylim(min(0.0, float(seen.min())), float(seen.max()) * (1.12 if snapshots else 1.05) or 1.0)
    _mark_best(ax, history, drawn)
    _mark_snapshots(ax, _epochs(history), loss, snapshots)
    _mark_gap(ax, _epochs(history), loss, named=True)
    name(ax, _title(drawn, "loss", about) if title is None else title, "epoch", loss_label(ax))
    legend(ax)
    describe(ax, _in_words(history, drawn, "loss"))
    return ax


def score_curve(
    history: History, ax: Axes | None = None, *, title: str | None = None, about: str = ""
) -> Axes:
    """Accuracy in per cent, or R², of each epoch, on training and validation rows.

    Raises
    ------
    DataError
        If the run has no score.
    """
    ax = axes(ax)
    percent = history.metric == "accuracy"
    factor, word = (100.0, "accuracy") if percent else (1.0, "R²")
    lines: dict[str, list[Any]] = {"training": history.score, "validation": history.validation_score}
    scaled = {key: [None if v is None else factor * v for v in values] for key, values in lines.items()}
    drawn = _draw(ax, history, scaled, word)
    seen = np.concatenate([line[np.isfinite(line)] for line in drawn.values()])
    top, low = (100.0, max(0.0, seen.min())) if percent else (1.0, max(-1.0, seen.min()))
    room = 0.06 * max(top - low, 0.1 * factor)
    ax.set_ylim(low - room, top + room)
    ax.axhline(top, color=SOFT, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    _mark_best(ax, history, drawn)
    name(
        ax,
        title if title is not None else _title(drawn, word, about),
        "epoch",
        word + (" in %" if percent else ""),
    )
    legend(ax)
    describe(ax, _in_words(history, drawn, word))
    return ax


def learning_rates(
    histories: Mapping[float | str, History],
    ax: Axes | None = None,
    *,
    title: str = "Learning rates compared",
) -> Axes:
    """The loss of several runs that differ in one setting, each line named where it ends.

    Parameters
    ----------
    histories
        Learning rate, or another name -> history.
    ax
        Where to draw; new axes when not given.
    title
        Above the picture.

    Raises
    ------
    DataError
        If there is no history, or none with a loss that is a number.
    """
    if not histories:
        raise DataError("there is nothing to compare", expected="a history for each learning rate")
    ax = axes(ax, 7.2, 4.6)
    words, everything = [], []
    for place, (label, history) in enumerate(histories.items()):
        text = f"{label:g}" if isinstance(label, (int, float)) else cut(label, NAMED)
        loss = numbers(history.loss)
        epochs = _epochs(history)
        ended = f"ends at {short(loss[-1])}" if len(loss) and np.isfinite(loss[-1]) else "diverges"
        ax.plot(epochs, loss, linewidth=1.9, label=f"{text}: {ended}", **line_style(place), **lone_dots(loss))
        _mark_gap(ax, epochs, loss)
        words.append(f"{text} {ended}")
        everything.append(loss[np.isfinite(loss)])
    seen = np.concatenate(everything)
    if not len(seen):
        raise DataError("no run has a loss that is a number", received=", ".join(map(str, histories)))
    if seen.min() > 0 and seen.max() > SPAN * seen.min():
        logarithmic(ax, seen)
    name(ax, title, "epoch", loss_label(ax))
    legend(ax, title="learning rate" if all(isinstance(rate, (int, float)) for rate in histories) else None)
    describe(ax, f"{title}: loss over epochs for {len(histories)} runs; {'; '.join(words)}.")
    return ax


def loss_label(ax: Axes) -> str:
    """What the vertical axis of a loss is called."""
    return "loss (log scale)" if ax.get_yscale() == "log" else "loss"


def _title(drawn: Mapping[str, Array], what: str, about: str) -> str:
    title = f"Training and validation {what}" if "validation" in drawn else f"Training {what}"
    return f"{title}: {about}" if about else title


def _epochs(history: History) -> Array:
    return np.array([epoch.epoch for epoch in history])


def lone_dots(values: Array) -> dict[str, Any]:
    """Markers where a line alone would not be seen: at single numbers between gaps."""
    known = np.concatenate([[False], np.isfinite(values), [False]])
    alone = np.flatnonzero(known[1:-1] & ~known[:-2] & ~known[2:])
    return {"marker": "o", "markersize": 5, "markevery": alone.tolist()} if len(alone) else {}


def _draw(ax: Axes, history: History, lines: Mapping[str, Sequence[Any]], what: str) -> dict[str, Array]:
    """Training as a line, validation dashed; the numbers that were drawn."""
    if not len(history):
        raise DataError("the history has no epochs", hint="train first")
    drawn = {}
    for place, (label, given) in enumerate(lines.items()):
        values = numbers(given)
        if not np.isfinite(values).any():
            continue
        look = line_style(place) | lone_dots(values)
        ax.plot(_epochs(history), values, linewidth=1.9, label=label, **look)
        drawn[label] = values
    if "training" not in drawn:
        raise DataError(f"no epoch has a {what} that is a number", received=f"{len(history)} epochs")
    return drawn


def _mark_best(ax: Axes, history: History, drawn: Mapping[str, Array]) -> None:
    """The epoch that early stopping went back to."""
    best = history.best_epoch
    if best is None or "validation" not in drawn or not 1 <= best <= len(history):
        return
    value = drawn["validation"][best - 1]
    ax.plot(
        [best], [value], "D", color=VERMILLION, markersize=7, markeredgecolor="white", label=f"kept: {best}"
    )


def _mark_snapshots(ax: Axes, epochs: Array, loss: Array, snapshots: Sequence[int]) -> None:
    """A dot and the number, above the curve, on the side where there is room."""
    for epoch in snapshots:
        found = np.flatnonzero(epochs == epoch)
        if not len(found) or not np.isfinite(loss[found[0]]):
            raise DataError(
                f"there is no loss for epoch {epoch}", expected=f"an epoch from {epochs[0]} to {epochs[-1]}"
            )
        right = found[0] > 0.6 * len(epochs)
        ax.plot([epoch], [loss[found[0]]], "o", color=BLUE, markersize=7, markeredgecolor="white", zorder=4)
        ax.annotate(
            f"epoch {epoch}: {short(loss[found[0]])}",
            (epoch, loss[found[0]]),
            xytext=(-6 if right else 8, 12),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=TEXT,
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
        )


def _mark_gap(ax: Axes, epochs: Array, loss: Array, named: bool = False) -> None:
    """Where the loss stops being a number; named in the legend if it is to be."""
    lost = np.flatnonzero(~np.isfinite(loss))
    if not len(lost):
        return
    ends = lost[-1] == len(loss) - 1
    words = (
        f"not a number from epoch {epochs[lost[0]]}" if ends else f"not a number at epoch {epochs[lost[0]]}"
    )
    look: dict[str, Any] = {"color": SOFT, "linewidth": 1, "linestyle": (0, (2, 2))}
    ax.axvline(epochs[lost[0]], label=words if named else None, **look)


def _in_words(history: History, drawn: Mapping[str, Array], what: str) -> str:
    """First and last values, and the epoch that was kept."""
    said = []
    for label, values in drawn.items():
        known = values[np.isfinite(values)]
        said.append(f"{label} {what} from {short(known[0])} to {short(known[-1])}")
        if len(known) < len(values):
            said.append(f"{len(values) - len(known)} epochs of it are not numbers")
    kept = f"; the weights of epoch {history.best_epoch} were kept" if history.best_epoch else ""
    epochs = "1 epoch" if len(history) == 1 else f"{len(history)} epochs"
    text = f"{what} over {epochs}: {', '.join(said)}{kept}."
    return text[0].upper() + text[1:]
