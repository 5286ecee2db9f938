"""What happened in each epoch of a training run. Plots and reports read this and never train."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

PLAIN = ("epoch", "loss", "score", "learning_rate", "gradient_norm", "seconds")
VALIDATION = ("validation_loss", "validation_score")
OF_LAYERS = ("gradient_norm", "update_ratio")


class LayerEpoch(NamedTuple):
    """One layer with parameters, at the last step of an epoch.

    Attributes
    ----------
    gradient_norm
        ‖∂L/∂θ‖ over the layer's weights and biases, before clipping.
    update_ratio
        ‖Δθ‖ / ‖θ‖: how far the step moved them, relative to how large they were. About 0.001 is usual.
    """

    gradient_norm: float
    update_ratio: float


class Epoch(NamedTuple):
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
        Euclidean norm of the whole gradient at the last step, before clipping.
    seconds
        Since training began.
    validation_loss, validation_score
        On rows that are not trained on, after the epoch, without dropout and penalty; None without such rows.
    layers
        The layers with parameters, from the input on.
    """

    epoch: int
    loss: float
    score: float | None
    learning_rate: float
    gradient_norm: float
    seconds: float
    validation_loss: float | None = None
    validation_score: float | None = None
    layers: tuple[LayerEpoch, ...] = ()


@dataclass
class History:
    """The epochs of a run, in order.

    Attributes
    ----------
    metric
        What ``score`` is: ``"accuracy"`` or ``"r2"``.
    interrupted
        Whether Ctrl-C ended the run.
    best_epoch
        The epoch whose weights the network has, where early stopping was asked for.
    """

    metric: str = "accuracy"
    epochs: list[Epoch] = field(default_factory=list)
    interrupted: bool = False
    best_epoch: int | None = None

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

    @property
    def validation_loss(self) -> list[float | None]:
        """The loss on the validation rows after each epoch."""
        return [epoch.validation_loss for epoch in self.epochs]

    @property
    def validation_score(self) -> list[float | None]:
        """Accuracy or R² on the validation rows after each epoch."""
        return [epoch.validation_score for epoch in self.epochs]

    def columns(self) -> dict[str, list[Any]]:
        """Name -> a value for each epoch, without columns that would be empty.

        Examples
        --------
        >>> History("r2", [Epoch(1, 0.5, 0.25, 0.01, 2.0, 0.1, layers=(LayerEpoch(2.0, 0.001),))]).columns()
        {'epoch': [1], 'loss': [0.5], 'score': [0.25], 'learning_rate': [0.01], 'gradient_norm': [2.0],
         'seconds': [0.1], 'gradient_norm_1': [2.0], 'update_ratio_1': [0.001]}
        """
        found = {name: [getattr(epoch, name) for epoch in self.epochs] for name in PLAIN}
        for name in VALIDATION:
            values = [getattr(epoch, name) for epoch in self.epochs]
            if any(value is not None for value in values):
                found[name] = values
        most = max((len(epoch.layers) for epoch in self.epochs), default=0)
        for place in range(most):
            for name in OF_LAYERS:
                found[f"{name}_{place + 1}"] = [
                    getattr(epoch.layers[place], name) if place < len(epoch.layers) else None
                    for epoch in self.epochs
                ]
        return found

    @classmethod
    def from_columns(cls, metric: str, columns: Mapping[str, Sequence[Any]]) -> History:
        """The history that :meth:`columns` took apart.

        Examples
        --------
        >>> history = History("r2", [Epoch(1, 0.5, 0.25, 0.01, 2.0, 0.1)])
        >>> History.from_columns("r2", history.columns()) == history
        True
        """
        layers = sum(name.startswith(f"{OF_LAYERS[0]}_") for name in columns)
        epochs = []
        for row in range(len(columns["epoch"])):
            given = {name: columns[name][row] for name in (*PLAIN, *VALIDATION) if name in columns}
            found = [[columns[f"{name}_{k}"][row] for name in OF_LAYERS] for k in range(1, layers + 1)]
            known = [LayerEpoch(*values) for values in found if values[0] is not None]
            epochs.append(Epoch(**given, layers=tuple(known)))
        return cls(metric, epochs)

    def to_csv(self) -> str:
        """A table with a row for each epoch; numbers are written so that they read back the same.

        Examples
        --------
        >>> History("r2", [Epoch(1, 0.5, 0.25, 0.01, 2.0, 0.1)]).to_csv().splitlines()
        ['epoch,loss,r2,learning_rate,gradient_norm,seconds', '1,0.5,0.25,0.01,2.0,0.1']
        """
        columns = self.columns()
        lines = [",".join([name.replace("score", self.metric) for name in columns])]
        for values in zip(*columns.values(), strict=True):
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
