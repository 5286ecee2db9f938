"""What every origin of rows has in common: what is to be learned, and parts to learn from and to test on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.encoding import Encoding
from ..data.splitting import Split, split_rows

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Problem:
    """What is to be learned, without its rows.

    Attributes
    ----------
    name
        Of the set or the file.
    task
        ``"classification"`` or ``"regression"``.
    target
        What is predicted.
    classes
        The labels; empty for regression.
    rows, columns
        Of the data, before columns are encoded.
    """

    name: str
    task: str
    target: str
    classes: tuple[Any, ...]
    rows: int
    columns: int

    @property
    def outputs(self) -> int:
        """How many outputs a network needs."""
        return len(self.classes) if len(self.classes) > 2 else 1


@dataclass(frozen=True)
class Parts:
    """Rows to learn from and rows to test on, as matrices, and how the columns became numbers.

    Attributes
    ----------
    notes
        What should be said of how they were made.
    """

    rows: Split
    encoding: Encoding
    notes: tuple[str, ...] = ()


class Source:
    """Rows with targets, from anywhere.

    Attributes
    ----------
    problem
        What is to be learned.
    y
        The targets of all rows: labels, or numbers.
    notes
        What was decided about the data, to be said aloud.
    """

    problem: Problem
    y: Array
    notes: tuple[str, ...] = ()

    @property
    def to_fold(self) -> Array:
        """The targets of the rows that cross-validation may use: the first ones, or all."""
        return self.y

    def split(self, test_size: float, seed: int) -> tuple[Array, Array]:
        """The positions of the rows to learn from, and of those kept for the test."""
        return split_rows(self.y, self.problem.task, test_size, seed, self.problem.name)

    def parts(self, inside: Array, outside: Array) -> Parts:
        """Matrices of these rows; whatever is learned of the columns is learned from those inside."""
        raise NotImplementedError
