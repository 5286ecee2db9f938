"""Losses: how far predictions are from targets, as one number, and the gradient that starts backward.

Those for classification take logits, the values before the output activation, and contain that
activation: computed together they stay exact where sigmoid and softmax alone would round to 0 or 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autodiff.fingerprint import fingerprint, refuse_changed
from ..autodiff.op import Op
from ..autodiff.ops import losses as rows
from ..autodiff.readings.arrays import ARRAYS
from ..autodiff.tensor import Tensor, evaluate
from ..errors import DataError, GraphError, KindError, SettingError, nearest

Array = np.ndarray[Any, Any]


class Loss:
    """A loss row, run forward and backward on arrays, or recorded on tensors.

    Attributes
    ----------
    activation
        The output activation that the loss contains, or None.
    """

    activation: str | None = None

    def __init__(self, op: Op) -> None:
        self.op = op
        self.ran: Op | None = None
        self.inputs: tuple[Any, ...] = ()
        self.value: Any = None
        self.marks: tuple[Any, ...] = ()

    def row(self, targets: Any) -> Op:
        """The row for these targets."""
        return self.op

    @property
    def name(self) -> str:
        """Its name in settings."""
        return next(name for name, kind in LOSSES.items() if isinstance(self, kind))

    def evaluate(self, predictions: Array, targets: Any) -> float:
        """The value alone, without what ``backward`` needs to notice arrays that have changed."""
        self.ran, self.marks = self.row(targets), ()
        self.inputs = (predictions, targets)
        self.value = evaluate(self.ran, self.inputs)
        return float(self.value)

    def forward(self, predictions: Any, targets: Any) -> float:
        """The loss.

        Parameters
        ----------
        predictions
            Shape: (n, outputs); logits where the loss contains the output activation.
        targets
            In the shape of the predictions, or class numbers (n,) for ``CrossEntropy``.

        Raises
        ------
        ShapeError
            If the shapes do not agree, such as (n,) targets for (n, 1) predictions.
        DataError
            If a class number is out of range.
        """
        z = np.asarray(predictions)
        if z.dtype.kind != "f":
            z = z.astype(float)
        value = self.evaluate(z, self.as_targets(targets, z))
        self.marks = tuple(map(fingerprint, self.inputs))
        return value

    def as_targets(self, targets: Any, predictions: Array) -> Array:
        """Targets in the dtype of the predictions; class numbers stay whole."""
        t = np.asarray(targets)
        if t.dtype.kind not in "fbiu":
            raise KindError(
                f"{self!r} takes numbers for targets",
                received=f"dtype {t.dtype}",
                hint="number the classes from 0: np.unique(y, return_inverse=True)",
            )
        return t.astype(predictions.dtype, copy=False)

    def backward(self, upstream: float = 1.0) -> Array:
        """The gradient of the loss by the predictions.

        Raises
        ------
        GraphError
            Unless ``forward`` ran last, or if an array was changed in place since.
        """
        if not self.marks:
            raise GraphError(f"{self!r}: backward() before forward()", hint="call forward() first")
        names = ("the predictions", "the targets")
        for name, array, mark in zip(names, self.inputs, self.marks, strict=True):
            refuse_changed(array, mark, name, repr(self))
        return self.pull(upstream)

    def pull(self, upstream: float = 1.0) -> Array:
        """``backward`` without its checks."""
        assert self.ran is not None
        return self.ran.pull(0, ARRAYS, upstream, self.value, self.inputs)  # type: ignore[no-any-return]

    def replay(self, xp: Any, predictions: Any, parameters: Any = ()) -> Any:
        """The row of the last forward pass, run on other predictions or in another reading."""
        assert self.ran is not None
        return self.ran.forward(xp, predictions, self.inputs[1])

    def __call__(self, predictions: Any, targets: Any) -> Any:
        """On a ``Tensor``, record the row on its graph; on arrays, the same as ``forward``."""
        if not isinstance(predictions, Tensor):
            return self.forward(predictions, targets)
        if not isinstance(targets, Tensor):
            targets = self.as_targets(targets, predictions.data)
        row = self.row(targets.data if isinstance(targets, Tensor) else targets)
        return predictions.record_two(row, targets)

    def __repr__(self) -> str:
        keywords = ", ".join([f"{key}={value!r}" for key, value in self.op.keywords.items()])
        return f"{type(self).__name__}({keywords})"


class SquaredError(Loss):
    """Sum of (p - t)²."""

    def __init__(self) -> None:
        super().__init__(rows.squared_error)


class MeanSquaredError(Loss):
    """Mean of (p - t)².

    Examples
    --------
    >>> loss = MeanSquaredError()
    >>> loss.forward([[1.0], [2.0]], [[0.0], [4.0]])
    2.5
    >>> loss.backward()
    array([[ 1.],
           [-2.]])
    """

    def __init__(self) -> None:
        super().__init__(rows.mean_squared_error)


class MeanAbsoluteError(Loss):
    """Mean of ``|p - t|``."""

    def __init__(self) -> None:
        super().__init__(rows.mean_absolute_error)


class Huber(Loss):
    """Mean of ``(p - t)² / 2`` within delta of the target, and of ``delta · (|p - t| - delta / 2)`` beyond.

    Huber, 1964.
    """

    def __init__(self, delta: float = 1.0) -> None:
        if not delta > 0:
            raise SettingError("Huber: delta must be above 0", received=delta)
        super().__init__(rows.huber.bind(delta=delta))


class BinaryCrossEntropy(Loss):
    """-mean of t log p + (1 - t) log(1 - p), with p = sigmoid(z).

    Parameters
    ----------
    from_logits
        Whether the predictions are logits z; otherwise they are probabilities p, and a certain
        prediction that is wrong costs infinity.
    """

    def __init__(self, from_logits: bool = True) -> None:
        super().__init__(rows.sigmoid_cross_entropy if from_logits else rows.binary_cross_entropy)
        self.activation = "sigmoid" if from_logits else None

    def __repr__(self) -> str:
        return f"BinaryCrossEntropy({'' if self.activation else 'from_logits=False'})"

    def as_targets(self, targets: Any, predictions: Array) -> Array:
        """Targets, which have to be from 0 to 1."""
        t = super().as_targets(targets, predictions)
        _check_targets(
            self, t, (t >= 0) & (t <= 1), "numbers from 0 to 1", "1 for the class, 0 for the other"
        )
        return t


def _check_targets(loss: Loss, targets: Array, fit: Array, expected: str, hint: str) -> None:
    """Refuse targets that the loss would take without sense."""
    if not fit.all():
        first = targets[~fit].flat[0]
        raise DataError(f"{loss!r} cannot take these targets", expected=expected, received=first, hint=hint)


class CrossEntropy(Loss):
    """-mean over samples of log softmax(z) at the right class.

    Targets are class numbers, shape (n,), or probabilities such as one-hot rows, shape (n, classes).

    Examples
    --------
    >>> CrossEntropy().forward([[1000.0, 0.0]], [1])
    1000.0
    """

    activation = "softmax"

    def __init__(self) -> None:
        super().__init__(rows.softmax_cross_entropy)

    def row(self, targets: Any) -> Op:
        """Class numbers and one-hot rows have a row each."""
        return rows.label_cross_entropy if np.ndim(targets) == 1 else self.op

    def as_targets(self, targets: Any, predictions: Array) -> Array:
        """Class numbers as integers, probabilities as floats."""
        t = np.asarray(targets)
        if t.ndim == 1 and t.dtype.kind == "f" and np.array_equal(t, np.round(t)):
            return t.astype(int)
        return t if t.ndim == 1 and t.dtype.kind in "iu" else super().as_targets(t, predictions)


class Hinge(Loss):
    """Mean of max(0, 1 - t z), with targets -1 and 1 (Cortes and Vapnik, 1995)."""

    def __init__(self) -> None:
        super().__init__(rows.hinge)

    def as_targets(self, targets: Any, predictions: Array) -> Array:
        """Targets, which have to be -1 or 1."""
        t = super().as_targets(targets, predictions)
        _check_targets(self, t, np.abs(t) == 1, "-1 and 1", "y = 2 * y - 1 turns 0 and 1 into these")
        return t


LOSSES: dict[str, type[Loss]] = {
    "mse": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "huber": Huber,
    "squared_error": SquaredError,
    "binary_cross_entropy": BinaryCrossEntropy,
    "cross_entropy": CrossEntropy,
    "hinge": Hinge,
}
ALIASES = {
    "mean_squared_error": "mse",
    "mean_absolute_error": "mae",
    "bce": "binary_cross_entropy",
    "categorical_cross_entropy": "cross_entropy",
}


def make_loss(which: str | Loss, **settings: Any) -> Loss:
    """A loss by name, with settings such as huber's ``delta``, or the one given.

    Raises
    ------
    SettingError
        If the name is unknown; the nearest known one is suggested.
    """
    if isinstance(which, Loss):
        return which
    name = str(which).lower().replace("-", "_")
    name = ALIASES.get(name, name)
    if name not in LOSSES:
        raise SettingError(f"unknown loss {which!r}", hint=nearest(name, [*LOSSES, *ALIASES]))
    return LOSSES[name](**settings)
