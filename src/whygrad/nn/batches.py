"""Batches gathered into buffers that are laid out once, so that a step makes no new array for its rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._numbers import count
from ..errors import ShapeError

Array = np.ndarray[Any, Any]


class Batches:
    """Copies rows of X and of the targets into two buffers, over and over.

    The arrays returned are the same ones each time for the same number of rows: a network then has
    nothing to bind anew, and the next batch overwrites them.

    Parameters
    ----------
    X, targets
        Shape: (n, inputs), and (n,) or (n, outputs).
    size
        The largest number of rows in a batch.

    Raises
    ------
    ShapeError
        If X and the targets do not have the same number of rows.

    Examples
    --------
    >>> batches = Batches(np.arange(10.0).reshape(5, 2), np.arange(5), size=2)
    >>> x, t = batches.take(np.array([4, 0]))
    >>> x, t
    (array([[8., 9.],
           [0., 1.]]), array([4, 0]))
    >>> batches.take(np.array([1, 2]))[0] is x
    True
    """

    def __init__(self, X: Array, targets: Array, size: int) -> None:
        if len(X) != len(targets):
            raise ShapeError(
                "X and the targets do not have the same number of rows", received=f"{len(X)}, {len(targets)}"
            )
        size = min(count("size", size, least=1), len(X))
        self.X, self.targets = X, targets
        self.x = np.empty((size, *X.shape[1:]), X.dtype)
        self.t = np.empty((size, *targets.shape[1:]), targets.dtype)
        self.views: dict[int, tuple[Array, Array]] = {}

    def take(self, rows: Array) -> tuple[Array, Array]:
        """The rows with these numbers, from 0 to below n, of X and of the targets.

        Numbers out of range are not noticed: they give the first or the last row. (Without a check NumPy
        copies straight into the buffer, which halves the time.)
        """
        n = len(rows)
        if n not in self.views:
            self.views[n] = self.x[:n], self.t[:n]
        x, t = self.views[n]
        self.X.take(rows, 0, x, "clip")
        self.targets.take(rows, 0, t, "clip")
        return x, t
