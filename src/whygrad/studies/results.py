"""What came out of each trial of a study, as numbers. Findings, tables and figures read this; none trains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Standing:
    """How good a network is at one moment.

    Attributes
    ----------
    train_loss, test_loss
        Of all rows to learn from, and of all rows kept for the test; without dropout and penalty.
    train_score, test_score
        Accuracy or R² on the same rows.
    """

    train_loss: float
    train_score: float
    test_loss: float
    test_score: float


@dataclass(frozen=True)
class TrialResult:
    """One network that was trained, or could not be.

    Attributes
    ----------
    key
        Names the trial by its data and settings.
    variant, seed
        Which variant of the study, and which random seed.
    state
        ``"finished"``, or ``"diverged"`` when the loss became NaN or infinite.
    metric
        What scores are: ``"accuracy"`` or ``"r2"``.
    watched
        Which rows the columns ``watched_loss`` and ``watched_score`` are of: ``"test"``, or
        ``"validation"`` where the settings set some aside.
    before
        The untrained network.
    after
        The network as training left it; None if it diverged.
    columns
        Name -> a value for each epoch that is kept: epoch (from 1), loss, score, watched_loss,
        watched_score, learning_rate, gradient_norm, and gradient_norm_1, update_ratio_1 … for each layer
        with parameters.
    failure
        Why it diverged, in one line.
    troubles
        Names of what was recognised as wrong in training.
    parameters
        How many numbers are learned.
    """

    key: str
    variant: str
    seed: int
    state: Literal["finished", "diverged"]
    metric: str
    watched: str
    before: Standing
    after: Standing | None
    columns: dict[str, list[int | float | None]]
    failure: str | None
    troubles: tuple[str, ...]
    parameters: int

    @property
    def epochs(self) -> int:
        """How many epochs were trained."""
        kept = self.columns.get("epoch")
        return int(kept[-1] or 0) if kept else len(self.columns.get("loss", ()))

    def to_json(self) -> dict[str, Any]:
        """As plain lists, numbers and texts, which :meth:`from_json` takes."""
        return asdict(self)

    @staticmethod
    def from_json(found: Any) -> TrialResult:
        """The result that :meth:`to_json` took apart.

        Raises
        ------
        ValueError
            If it is none.
        """
        return _adapter().validate_python(found)


@cache
def _adapter() -> TypeAdapter[TrialResult]:
    from pydantic import TypeAdapter

    return TypeAdapter(TrialResult)


@dataclass(frozen=True)
class Curves:
    """All seeds of one variant side by side.

    Attributes
    ----------
    variant
        Its name.
    metric
        What scores are: ``"accuracy"`` or ``"r2"``.
    watched
        Which rows ``watched_loss`` is of: ``"test"`` or ``"validation"``.
    loss, score, watched_loss, watched_score
        Shape: (seeds, epochs that were kept); NaN after the last epoch of a trial that ended early.
    before, after
        The networks before and after training; None in ``after`` for those that diverged.
    seeds
        One for each row.
    kept
        Which epochs the columns are of, from 1; none where they are all.
    """

    variant: str
    metric: str
    watched: str
    loss: Array
    score: Array
    watched_loss: Array
    watched_score: Array
    before: tuple[Standing, ...]
    after: tuple[Standing | None, ...]
    seeds: tuple[int, ...]
    kept: tuple[int, ...] = ()

    @property
    def epochs(self) -> Array:
        """The number of the epoch of each column. Shape: (epochs that were kept,)."""
        return np.array(self.kept) if self.kept else np.arange(1, self.loss.shape[1] + 1)

    @property
    def diverged(self) -> tuple[bool, ...]:
        """Which seeds lost their loss to NaN or infinity."""
        return tuple([standing is None for standing in self.after])


def curves(results: Iterable[TrialResult]) -> list[Curves]:
    """The results by variant, in the order in which variants first come, seeds ascending."""
    of: dict[str, list[TrialResult]] = {}
    for result in results:
        of.setdefault(result.variant, []).append(result)
    return [_side_by_side(sorted(group, key=lambda result: result.seed)) for group in of.values()]


def _side_by_side(group: Sequence[TrialResult]) -> Curves:
    kept = max([result.columns.get("epoch", []) for result in group], key=len)
    epochs = max([len(result.columns.get("loss", ())) for result in group])

    def column(name: str) -> Array:
        table = np.full((len(group), epochs), np.nan)
        for row, result in zip(table, group, strict=True):
            values = result.columns.get(name, [])
            row[: len(values)] = [np.nan if value is None else value for value in values]
        return table

    first = group[0]
    return Curves(
        first.variant,
        first.metric,
        first.watched,
        column("loss"),
        column("score"),
        column("watched_loss"),
        column("watched_score"),
        tuple([result.before for result in group]),
        tuple([result.after for result in group]),
        tuple([result.seed for result in group]),
        tuple([int(epoch or 0) for epoch in kept]),
    )
