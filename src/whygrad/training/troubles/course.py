"""The course of a run in the numbers that the rules look at. Nothing here decides what is trouble."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..history import OF_LAYERS, History

Array = np.ndarray[Any, Any]
HOT = 0.5  # an epoch is hot while its learning rate is at least this share of the highest
LAST = 3  # epochs whose median stands for the end
SMOOTH = 5  # epochs of the running median


def smoothed(values: Array) -> Array:
    """The running median of a curve; at the ends, of the part of its window that there is.

    Shape: (epochs,) to (epochs,).

    Examples
    --------
    >>> smoothed(np.array([3.0, 9.0, 2.0, 1.0, 1.0])).tolist()
    [3.0, 2.5, 2.0, 1.5, 1.0]
    """
    count, half = len(values), SMOOTH // 2
    found = np.array([np.median(values[max(0, k - half) : k + half + 1]) for k in range(min(count, half))])
    if count <= half:
        return found
    whole = np.empty((0,))
    if count >= SMOOTH:
        whole = np.median(np.lib.stride_tricks.sliding_window_view(values, SMOOTH), axis=1)
    rest = [np.median(values[max(0, k - half) :]) for k in range(half + len(whole), count)]
    return np.concatenate([found, whole, rest])


@dataclass(frozen=True)
class Course:
    """A history as arrays.

    Attributes
    ----------
    losses, rates, norms
        Loss, learning rate and norm of the gradient of each epoch. Shape: (epochs,).
    validation
        Loss on the validation rows; None where an epoch has none. Shape: (epochs,).
    gradients, updates
        Norm of the gradient, and update ratio, of each layer at the end of each epoch; NaN where the epoch
        was broken off. Shape: (epochs, layers).
    """

    losses: Array
    rates: Array
    norms: Array
    validation: Array | None
    gradients: Array
    updates: Array

    @classmethod
    def of(cls, history: History) -> Course:
        """The arrays of a history, which may be empty."""
        columns = history.columns()
        watched = columns.get("validation_loss")
        layers = sum([name.startswith(f"{OF_LAYERS[0]}_") for name in columns])
        by_layer = np.full((len(OF_LAYERS), layers, len(history)), np.nan)
        for kind, name in zip(by_layer, OF_LAYERS, strict=True):
            for place, row in enumerate(kind, start=1):
                row[:] = columns[f"{name}_{place}"]  # None becomes NaN
        return cls(
            np.array(columns["loss"], float),
            np.array(columns["learning_rate"], float),
            np.array(columns["gradient_norm"], float),
            None if watched is None or None in watched else np.array(watched, float),
            *by_layer.swapaxes(1, 2),
        )

    def __len__(self) -> int:
        return len(self.losses)

    @property
    def hot(self) -> Array:
        """The epochs, by number from 0, before a schedule has brought the learning rate down."""
        return np.flatnonzero(self.rates >= HOT * self.rates.max())

    @property
    def end(self) -> float:
        """The loss at the end."""
        return float(np.median(self.losses[-LAST:]))

    @property
    def largest_update(self) -> float:
        """The largest update ratio of any layer in any epoch; 0 if none is known."""
        return float(self._largest.max()) if self._largest.size else 0.0

    @property
    def usual_update(self) -> float:
        """The median, over hot epochs, of the largest update ratio among the layers; 0 if none is known."""
        known = self._largest
        return float(np.median(known[self.hot])) if known.size else 0.0

    @property
    def _largest(self) -> Array:
        """The largest update ratio of each epoch, 0 where none is known; parameters of length 0 have none."""
        known = np.where(np.isfinite(self.updates), self.updates, 0.0)
        return np.asarray(known.max(axis=1, initial=0.0))

    def after(self, share: float, values: Array) -> float:
        """A curve's value where that share of the whole way was gone, measured by the sum of learning rates.

        Where a schedule goes down to zero, the last epochs hardly count, as they hardly learn.
        """
        way = np.cumsum(self.rates)
        return float(np.interp(share * way[-1], way, values))
