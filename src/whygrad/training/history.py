"""What happened in each epoch of a training run. Plots and reports read this and never train."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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


class History:
    """The epochs of a run, in order.

    Parameters
    ----------
    metric, epochs, interrupted, best_epoch
        The attributes.

    Attributes
    ----------
    metric
        What ``score`` is: ``"accuracy"`` or ``"r2"``.
    epochs
        One :class:`Epoch` after the other.
    interrupted
        Whether Ctrl-C ended the run.
    best_epoch
        The epoch whose weights the network has, where early stopping was asked for.
    """

    def __init__(
        self,
        metric: str = "accuracy",
        epochs: Iterable[Epoch] = (),
        interrupted: bool = False,
        best_epoch: int | None = None,
    ) -> None:
        self.metric, self.interrupted, self.best_epoch = metric, interrupted, best_epoch
        self._epochs = list(epochs)
        self._columns: dict[str, list[Any]] | None = None  # instead of the epochs, until these are asked for

    @property
    def epochs(self) -> list[Epoch]:
        """The epochs, in order."""
        if self._columns is not None:
            self._epochs, self._columns = _epochs_of(self._columns), None
        return self._epochs

    @epochs.setter
    def epochs(self, epochs: Iterable[Epoch]) -> None:
        self._epochs, self._columns = list(epochs), None

    def __len__(self) -> int:
        return len(self._epochs if self._columns is None else self._columns["epoch"])

    def __iter__(self) -> Iterator[Epoch]:
        return iter(self.epochs)

    def __getitem__(self, index: int) -> Epoch:
        return self.epochs[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History):
            return NotImplemented
        about = [(h.metric, h.epochs, h.interrupted, h.best_epoch) for h in (self, other)]
        return about[0] == about[1]

    @property
    def loss(self) -> list[float]:
        """The loss of each epoch."""
        return self._column("loss")

    @property
    def score(self) -> list[float | None]:
        """Accuracy or R² of each epoch."""
        return self._column("score")

    @property
    def validation_loss(self) -> list[float | None]:
        """The loss on the validation rows after each epoch."""
        return self._column("validation_loss")

    @property
    def validation_score(self) -> list[float | None]:
        """Accuracy or R² on the validation rows after each epoch."""
        return self._column("validation_score")

    def _column(self, name: str) -> list[Any]:
        if self._columns is not None:
            return list(self._columns.get(name, [None] * len(self)))
        return [getattr(epoch, name) for epoch in self._epochs]

    def columns(self) -> dict[str, list[Any]]:
        """Name -> a value for each epoch, without columns that would be empty.

        Examples
        --------
        >>> History("r2", [Epoch(1, 0.5, 0.25, 0.01, 2.0, 0.1, layers=(LayerEpoch(2.0, 0.001),))]).columns()
        {'epoch': [1], 'loss': [0.5], 'score': [0.25], 'learning_rate': [0.01], 'gradient_norm': [2.0],
         'seconds': [0.1], 'gradient_norm_1': [2.0], 'update_ratio_1': [0.001]}
        """
        if self._columns is not None:
            return {name: list(values) for name, values in self._columns.items()}
        found = {name: self._column(name) for name in PLAIN}
        for name in VALIDATION:
            values = self._column(name)
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
        history = cls(metric)
        history.set_columns(columns)
        return history

    def set_columns(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Have these figures, named as :meth:`columns` names them; epochs are made of them when asked for."""
        layers = range(1, sum(name.startswith(f"{OF_LAYERS[0]}_") for name in columns) + 1)
        of_layers = [f"{name}_{layer}" for layer in layers for name in OF_LAYERS]
        names = [*PLAIN, *[name for name in VALIDATION if name in columns], *of_layers]
        names = names if len(columns["epoch"]) else list(PLAIN)
        self._columns = {name: list(columns[name]) for name in names}

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
        if not len(self):
            return "<History: no epochs>"
        loss, last = self.loss, self.score[-1]
        score = "" if last is None else f", {self.metric} {last:.4f}"
        ended = ", interrupted" if self.interrupted else ""
        return f"<History: {len(self)} epochs, loss {loss[0]:.4g} → {loss[-1]:.4g}{score}{ended}>"


def _epochs_of(columns: Mapping[str, Sequence[Any]]) -> list[Epoch]:
    """The epochs whose figures stand in columns."""
    layers = sum(name.startswith(f"{OF_LAYERS[0]}_") for name in columns)
    epochs = []
    for row in range(len(columns["epoch"])):
        given = {name: columns[name][row] for name in (*PLAIN, *VALIDATION) if name in columns}
        found = [[columns[f"{name}_{k}"][row] for name in OF_LAYERS] for k in range(1, layers + 1)]
        known = [LayerEpoch(*values) for values in found if values[0] is not None]
        epochs.append(Epoch(**given, layers=tuple(known)))
    return epochs
