"""Brings columns to mean 0 and standard deviation 1, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Scaling:
    """Subtract ``mean`` and divide by ``std``, column by column; a constant column is only shifted.

    Examples
    --------
    >>> scaling = Scaling.of(np.array([[1.0], [3.0]]))
    >>> scaling.apply(np.array([[5.0]]))
    array([[3.]])
    """

    mean: Array
    std: Array

    def apply(self, array: Array) -> Array:
        """Scaled values, in a new array."""
        scaled = array - self.mean
        scaled /= self.std
        return scaled

    def undo(self, array: Array) -> Array:
        """Values in the units they came in."""
        return array * self.std + self.mean

    @staticmethod
    def of(array: Array) -> Scaling:
        """The scaling that brings each column to mean 0 and standard deviation 1."""
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler().fit(array)
        return Scaling(scaler.mean_, scaler.scale_)
