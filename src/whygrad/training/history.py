"""What happened in each epoch of a training run. Plots and reports read this and never train."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields


@dataclass(frozen=True)
class Epoch:
    """One pass through the training data.

    Attributes
    ----------
    epoch
        Counted from 1.
    loss
        Mean over the epoch's batches as they were trained on, penalty included.
    score
        Accuracy or R² on the same batches; None where the loss has neither.
    learning_rate
        At the epoch's last step.
    gradient_norm
        Euclidean norm of the whole gradient at the last step.
    seconds
        Since training began.
    """

    epoch: int
    loss: float
    score: float | None
    learning_rate: float
    gradient_norm: float
    seconds: float


@dataclass
class History:
    """The epochs of a run, in order.

    Attributes
    ----------
    metric
        What ``score`` is: ``"accuracy"`` or ``"r2"``.
    interrupted
        Whether Ctrl-C ended the run.
    """

    metric: str = "accuracy"
    epochs: list[Epoch] = field(default_factory=list)
    interrupted: bool = False

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[Epoch]:
        return iter(self.epochs)

    def __getitem__(self, index: int) -> Epoch:
        return self.epochs[index]

    @property
    def loss(self) -> list[float]:
        """The loss of each epoch."""
        return [epoch.loss for epoch in self.epochs]

    @property
    def score(self) -> list[float | None]:
        """Accuracy or R² of each epoch."""
        return [epoch.score for epoch in self.epochs]

    def to_csv(self) -> str:
        """A table with a row for each epoch; numbers are written so that they read back the same.

        Examples
        --------
        >>> History("r2", [Epoch(1, 0.5, 0.25, 0.01, 2.0, 0.1)]).to_csv().splitlines()
        ['epoch,loss,r2,learning_rate,gradient_norm,seconds', '1,0.5,0.25,0.01,2.0,0.1']
        """
        names = [item.name for item in fields(Epoch)]
        lines = [",".join([self.metric if name == "score" else name for name in names])]
        for epoch in self.epochs:
            values = [getattr(epoch, name) for name in names]
            lines.append(",".join(["" if value is None else str(value) for value in values]))
        return "\n".join(lines) + "\n"

    def __repr__(self) -> str:
        if not self.epochs:
            return "<History: no epochs>"
        last = self.epochs[-1]
        score = "" if last.score is None else f", {self.metric} {last.score:.4f}"
        ended = ", interrupted" if self.interrupted else ""
        return (
            f"<History: {len(self)} epochs, loss {self.epochs[0].loss:.4g} → {last.loss:.4g}{score}{ended}>"
        )
