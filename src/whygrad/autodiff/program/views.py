"""Positions as views: which slice, matrix, transpose or broadcast of a flat array they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Index = np.ndarray[Any, np.dtype[np.intp]]


@dataclass(frozen=True)
class View:
    """Entries ``start + Σ axis · stride`` of a flat array; a stride of 0 repeats along that axis.

    Shape: ``shape`` is what the positions had, one or two numbers.
    """

    start: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    squeezed: bool = field(
        default=True, repr=False
    )  # a single entry has no dimension: NumPy takes it in half the time

    @property
    def own_shape(self) -> tuple[int, ...]:
        """The shape without what is repeated; broadcasting gives ``shape``."""
        if not self.repeated:
            return () if self.squeezed and set(self.shape) == {1} else self.shape
        if not any(self.strides):
            return ()
        if len(self.shape) == 2 and self.strides[0] == 0:
            return (self.shape[1],)
        return tuple([n if stride else 1 for n, stride in zip(self.shape, self.strides, strict=True)])

    @property
    def repeated(self) -> tuple[int, ...]:
        """The axes along which one entry stands for many."""
        pairs = zip(self.shape, self.strides, strict=True)
        return tuple([axis for axis, (n, stride) in enumerate(pairs) if stride == 0 and n > 1])

    def text(self, array: str) -> str:
        """The view of ``array`` as an expression."""
        if self.own_shape == () or set(self.shape) == {1}:
            return f"{array}[{self.start}:{self.start + 1}].reshape({self.own_shape})"
        return _two_axes(self, array) if len(self.shape) == 2 else _one_axis(self, array)


def _one_axis(view: View, array: str) -> str:
    (count,), (stride,), start = view.shape, view.strides, view.start
    last = start + stride * (count - 1)
    end = last + (1 if stride > 0 else -1)
    step = "" if stride == 1 else f":{stride}"
    return f"{array}[{start}:{end if end >= 0 else ''}{step}]"


def _two_axes(view: View, array: str) -> str:
    (rows, columns), (down, across), start = view.shape, view.strides, view.start
    if down == 0:
        return _one_axis(View(start, (columns,), (across,)), array)
    if across == 0:
        return f"{_one_axis(View(start, (rows,), (down,)), array)}.reshape({rows}, 1)"
    if across == 1 and down == columns:
        return f"{array}[{start}:{start + rows * columns}].reshape({rows}, {columns})"
    if down == 1 and across == rows:
        return f"{array}[{start}:{start + rows * columns}].reshape({columns}, {rows}).T"
    strides = f"({down} * {array}.itemsize, {across} * {array}.itemsize)"
    return f"as_strided({array}[{start}:], ({rows}, {columns}), {strides})"


def view(positions: Index) -> View | None:
    """The view that the positions are, or None.

    Shape: ``positions`` (n,) or (n, m).

    Examples
    --------
    >>> view(np.array([4, 5, 6]))
    View(start=4, shape=(3,), strides=(1,))
    >>> view(np.array([[7, 8], [7, 8], [7, 8]]))
    View(start=7, shape=(3, 2), strides=(0, 1))
    """
    start = int(positions.flat[0])
    expected, strides = np.asarray(start), []
    for axis, count in enumerate(positions.shape):
        second = positions.take(min(1, count - 1), axis=axis).flat[0]
        stride = int(second) - start if count > 1 else 0
        strides.append(stride)
        along = np.arange(count) * stride
        expected = expected[..., np.newaxis] + along
    if not np.array_equal(expected, positions):
        return None
    if positions.ndim == 2:
        rows, columns = positions.shape
        if columns == 1 and strides[0]:
            strides[1] = 1
        if rows == 1 and columns > 1 and strides[1]:
            strides[0] = columns * strides[1]
    found = View(start, positions.shape, tuple(strides))
    kept = np.unique(positions).size  # strides that overlap would add to an entry twice
    return found if kept == int(np.prod(found.own_shape)) else None


def fold(positions: Index) -> tuple[int, int] | None:
    """(rows, columns) in which positions break off again and again, as a table written out row by row.

    Examples
    --------
    >>> fold(np.array([7, 8, 7, 8, 7, 8]))
    (3, 2)
    """
    steps = np.diff(positions)
    breaks = np.flatnonzero(steps != steps[0]) if steps.size else steps
    if not breaks.size:
        return None
    columns = int(breaks[0]) + 1
    return (positions.size // columns, columns) if positions.size % columns == 0 else None
