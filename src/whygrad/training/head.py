"""What stands at the end of a network: output activation, loss, and what both mean for the targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..data.scaling import Scaling
from ..data.targets import Targets, understand
from ..errors import SettingError
from ..nn.activations import make_activation
from ..nn.losses import Loss, make_loss

Array = np.ndarray[Any, Any]

WORDS = {"sigmoid_cross_entropy": "binary cross-entropy", "softmax_cross_entropy": "cross-entropy"}
# Losses that do not contain an output activation, and yet make sense after these only.
OUTPUTS = {"hinge": ("identity", "linear", "tanh"), "binary_cross_entropy": ("sigmoid", "softmax")}


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

    def scaled_by(self, y: Array) -> Head:
        """The same, with the scaling, if there is one, of these targets alone."""
        if self.scaling is None:
            return self
        return replace(self, scaling=Scaling.of(self.targets.encode(y, np.float64)))

    def outputs(self, out: Array) -> Array:
        """Probabilities, or numbers in the units of y, from the network's last values.

        Applies the output activation if the loss contains it, and so the network does not.
        """
        activation = make_activation(self.output) if self.fused else None
        outputs = out if activation is None else activation.evaluate(out)
        return outputs if self.scaling is None else self.scaling.undo(outputs).astype(out.dtype)

    def decode(self, out: Array) -> Array:
        """Predictions in the terms of y, from the network's last values."""
        return self.targets.decode(self.outputs(out), threshold=self.threshold)

    @property
    def threshold(self) -> float:
        """The activated output above which a label is on."""
        return 0.0 if self.margin else 0.5

    @property
    def gives_probabilities(self) -> bool:
        """Whether outputs are probabilities."""
        return self.targets.kind != "regression" and self.output in ("sigmoid", "softmax")

    def probabilities(self, out: Array) -> Array:
        """Shape: (n, classes). Refuses a network that gives none."""
        if not self.gives_probabilities:
            raise SettingError(
                "this network gives no probabilities", received=self.sentence, hint="use predict(X)"
            )
        outputs = self.outputs(out)
        return np.hstack([1 - outputs, outputs]) if self.targets.kind == "binary" else outputs

    def scorer(self, encoded: Array) -> Callable[[Array, Array], float]:
        """``score(last values, encoded targets)`` of a batch; the mean over batches is that of all rows."""
        if self.targets.kind == "regression":
            spread = np.var(encoded, axis=0)
            variance = np.where(spread > 0, spread, 1)
            return lambda out, batch: 1.0 - float(np.mean((out - batch) ** 2 / variance))
        if self.targets.kind == "multiclass":
            return _share_of_largest
        # logits of a fused sigmoid are above 0 where the sigmoid is above a half
        threshold = 0.0 if self.fused else self.threshold
        middle = 0.0 if self.margin else 0.5
        if self.targets.outputs == 1:  # in a fifth of the time
            return lambda out, batch: np.count_nonzero((out > threshold) == (batch > middle)) / len(batch)
        return lambda out, batch: float(((out > threshold) == (batch > middle)).all(axis=1).mean())


def _share_of_largest(out: Array, batch: Array) -> float:
    """Share of rows whose largest output is that of the right class."""
    right = batch if batch.ndim == 1 else batch.argmax(axis=1)
    return np.count_nonzero(out.argmax(1) == right) / len(right)


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
    check_fit(targets, chosen, output)
    scaling = None
    if scale and targets.kind == "regression" and make_activation(output) is None:
        # an output activation that was chosen has a range of its own, which scaled numbers would leave
        scaling = Scaling.of(targets.encode(y, np.float64))
    return Head(targets, chosen, output, scaling)


def check_fit(targets: Targets, loss: Loss, output: str) -> None:
    """Refuse a loss that the targets or the output activation make no sense with.

    Raises
    ------
    SettingError
        Saying what the loss goes with.
    """
    fused = loss.activation
    fitting = OUTPUTS.get(loss.op.name, ()) if fused is None else (fused,)
    if fitting and targets.kind == "regression":
        raise SettingError(
            f"{loss!r} is for classes", received=targets.because, hint="loss='mse', or task='binary'"
        )
    if fitting and output not in fitting:
        raise SettingError(
            f"{loss!r} goes with output={fitting[0]!r}",
            received=f"output={output!r}",
            hint="leave output away, or take loss='mse', which goes with any",
        )
    if fused == "softmax" and targets.kind != "multiclass":
        raise SettingError(
            f"{loss!r} needs an output for each class",
            received=targets.because,
            hint="loss='binary_cross_entropy'",
        )
    if output == "softmax" and targets.outputs == 1:
        raise SettingError(
            "the softmax of a single output is always 1",
            received=targets.because,
            hint="output='sigmoid', or a last layer with an output for each class",
        )
