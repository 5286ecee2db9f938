"""What stands at the end of a network: output activation, loss, and what both mean for the targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.scaling import Scaling
from ..data.targets import Targets, understand
from ..errors import SettingError
from ..nn.layers import make_activation
from ..nn.losses import Loss, make_loss

Array = np.ndarray[Any, Any]

WORDS = {"sigmoid_cross_entropy": "binary cross-entropy", "softmax_cross_entropy": "cross-entropy"}


@dataclass(frozen=True)
class Head:
    """Targets, loss and output activation that fit each other.

    Attributes
    ----------
    targets
        What y holds.
    loss
        What is minimised.
    output
        The output activation, by name.
    scaling
        Of numbers to predict; None where they are taken as they are.
    """

    targets: Targets
    loss: Loss
    output: str
    scaling: Scaling | None = None

    @property
    def fused(self) -> bool:
        """Whether the loss contains the output activation, so that the network ends in logits."""
        return self.output == self.loss.activation

    @property
    def margin(self) -> bool:
        """Whether targets are -1 and 1, and an output's sign decides."""
        return self.loss.op.name == "hinge"

    @property
    def metric(self) -> str:
        """What scores are: ``"accuracy"`` or ``"r2"``."""
        return "r2" if self.targets.kind == "regression" else "accuracy"

    @property
    def sentence(self) -> str:
        """What was decided, and from what."""
        name = self.loss.op.name
        return f"{self.targets.because}: {self.output} output, {WORDS.get(name, name.replace('_', ' '))} loss"

    def encode(self, y: Array, dtype: Any) -> Array:
        """Targets as the loss takes them: class numbers (n,), or columns (n, outputs)."""
        encoded = self.targets.encode(y, dtype)
        if self.scaling is not None:
            encoded = self.scaling.apply(encoded).astype(dtype)
        if self.targets.kind == "multiclass" and self.loss.activation != "softmax":
            encoded = np.eye(self.targets.outputs, dtype=dtype)[encoded]
        return encoded * 2 - 1 if self.margin else encoded

    def activate(self, out: Array) -> Array:
        """The network's last values after the output activation that the loss contains, if it does."""
        activation = make_activation(self.output) if self.fused else None
        return out if activation is None else activation.evaluate(out)

    def decode(self, out: Array) -> Array:
        """Predictions in the terms of y, from the network's last values."""
        outputs = self.activate(out)
        if self.scaling is not None:
            outputs = self.scaling.undo(outputs)
        return self.targets.decode(outputs, threshold=self.threshold)

    @property
    def threshold(self) -> float:
        """The activated output above which a label is on."""
        return 0.0 if self.margin else 0.5

    def probabilities(self, out: Array) -> Array:
        """Shape: (n, classes). Refuses a network that gives none."""
        if self.targets.kind == "regression" or self.output not in ("sigmoid", "softmax"):
            raise SettingError(
                "this network gives no probabilities", received=self.sentence, hint="use predict(X)"
            )
        outputs = self.activate(out)
        return np.hstack([1 - outputs, outputs]) if self.targets.kind == "binary" else outputs

    def scorer(self, encoded: Array) -> Callable[[Array, Array], float]:
        """``score(last values, encoded targets)`` of a batch; the mean over batches is that of all rows."""
        if self.targets.kind == "regression":
            variance = float(np.var(encoded, axis=0).mean()) or 1.0
            return lambda out, batch: 1.0 - float(np.mean((out - batch) ** 2)) / variance
        if self.targets.kind == "multiclass":
            return _share_of_largest
        # logits of a fused sigmoid are above 0 where the sigmoid is above a half
        threshold = 0.0 if self.fused else self.threshold
        middle = 0.0 if self.margin else 0.5
        return lambda out, batch: float(((out > threshold) == (batch > middle)).all(axis=1).mean())


def _share_of_largest(out: Array, batch: Array) -> float:
    """Share of rows whose largest output is that of the right class."""
    right = batch if batch.ndim == 1 else batch.argmax(axis=1)
    return float(np.count_nonzero(out.argmax(axis=1) == right)) / len(right)


def choose(
    y: Array,
    outputs: int,
    loss: str | Loss | None = None,
    output: str | None = None,
    task: str | None = None,
    scale: bool = False,
) -> Head:
    """The head for these targets; what is not given follows from them.

    Raises
    ------
    SettingError
        If loss, output and targets do not go together.
    """
    targets = understand(y, outputs, task)
    chosen = make_loss(targets.loss if loss is None else loss)
    if output is None:
        output = chosen.activation or ("identity" if chosen.op.name == "hinge" else targets.output)
    output = str(output).lower().replace("-", "_")
    fused = chosen.activation
    if fused is not None and output != fused:
        raise SettingError(
            f"{chosen!r} goes with a {fused} output",
            received=f"output={output!r}",
            hint=f"output={fused!r}, or loss='mse'",
        )
    if fused is not None and targets.kind == "regression":
        raise SettingError(
            f"{chosen!r} is for classes", received=targets.because, hint="loss='mse', or task='binary'"
        )
    if fused == "softmax" and targets.kind != "multiclass":
        raise SettingError(
            f"{chosen!r} needs an output for each class",
            received=f"{targets.kind} targets, {outputs} output",
            hint="loss='binary_cross_entropy'",
        )
    scaling = None
    if scale and targets.kind == "regression":
        scaling = Scaling.of(targets.encode(y, np.float64))
    return Head(targets, chosen, output, scaling)
