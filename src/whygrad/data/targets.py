"""What kind of targets y holds, and so which output activation and loss belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataError, SettingError, ShapeError, nearest

Array = np.ndarray[Any, Any]
KINDS = ("binary", "multiclass", "multilabel", "regression")
NEEDS = {
    "binary": "two classes and one output",
    "multiclass": "an output for each class",
    "multilabel": "a column of 0 and 1 for each output",
}


@dataclass(frozen=True)
class Targets:
    """How targets are turned into numbers for the loss, and outputs back into what y held.

    Attributes
    ----------
    kind
        ``"binary"``, ``"multiclass"``, ``"multilabel"`` or ``"regression"``.
    outputs
        Number of outputs of the network.
    classes
        The class labels in the order of the outputs; empty for regression.
    one_hot
        Whether y came as rows of zeros with a one.
    column
        Whether y is a single column.
    because
        What was seen in y, in words.
    """

    kind: str
    outputs: int
    classes: tuple[Any, ...] = ()
    one_hot: bool = False
    column: bool = True
    because: str = ""

    @property
    def loss(self) -> str:
        """The loss that belongs to such targets."""
        return {"binary": "binary_cross_entropy", "multilabel": "binary_cross_entropy"}.get(
            self.kind, "cross_entropy" if self.kind == "multiclass" else "mse"
        )

    @property
    def output(self) -> str:
        """The output activation that belongs to such targets."""
        return {"regression": "identity", "multiclass": "softmax"}.get(self.kind, "sigmoid")

    def encode(self, y: Array, dtype: Any) -> Array:
        """Targets as the loss wants them: class numbers (n,), or columns (n, outputs).

        Raises
        ------
        DataError
            If y holds a class that was not there when the targets were understood.
        ShapeError
            If y has another number of columns than then.
        """
        if self.kind in ("regression", "multilabel"):
            self._check_columns(y, self.outputs)
            return np.ascontiguousarray(y, dtype).reshape(len(y), self.outputs)
        numbers = self.class_numbers(y)
        if self.kind == "multiclass":
            return numbers
        return numbers.astype(dtype).reshape(-1, 1)

    def class_numbers(self, y: Array) -> Array:
        """The position of each label among ``classes``."""
        if y.ndim == 2:
            self._check_columns(y, len(self.classes))
            return y.argmax(axis=1)  # type: ignore[no-any-return]
        classes = np.asarray(self.classes)
        comparable = (y.dtype.kind in "US") == (classes.dtype.kind in "US")
        known = np.isin(y, classes) if comparable else np.zeros(len(y), bool)
        if not known.all():
            row = int(np.argmin(known))
            raise DataError(
                f"label {y[row]!s} in row {row} is out of range: it is none of the network's classes",
                expected=_list(self.classes),
                received=f"{int((~known).sum())} rows with other labels",
                hint="the last layer needs an output for each class",
            )
        order = np.argsort(classes)
        return order[np.searchsorted(classes, y, sorter=order)]

    def _check_columns(self, y: Array, columns: int) -> None:
        """Refuse text for numbers, another number of columns, and for classes what is not 0 or 1."""
        if y.dtype.kind not in "fbiu":
            raise DataError("y held numbers before", received=f"dtype {y.dtype}")
        if y.size != len(y) * columns:
            raise ShapeError(
                "y does not have as many columns as before",
                expected=f"{columns} columns",
                received=f"shape {y.shape}",
            )
        if self.kind == "regression":
            return
        fits = np.isin(y, (0, 1)).all(axis=1)
        if self.kind != "multilabel":
            fits &= y.sum(axis=1) == 1
        if not fits.all():
            row = int(np.argmin(fits))
            raise DataError(
                f"row {row} of y does not say which classes it is of",
                expected="0 and 1" if self.kind == "multilabel" else "one 1, and 0 elsewhere",
                received=f"{y[row].tolist()}",
            )

    def decode(self, output: Array, threshold: float = 0.5) -> Array:
        """Predictions in the terms of y, from probabilities or numbers. Shape: (n, outputs)."""
        if self.kind == "regression":
            return output[:, 0] if self.column else output
        if self.kind == "multilabel":
            return (output > threshold).astype(int)
        numbers = (output[:, 0] > threshold).astype(int) if self.kind == "binary" else output.argmax(axis=1)
        if self.one_hot:
            return np.asarray(numbers[:, None] == np.arange(self.outputs), dtype=int)
        return np.asarray(np.asarray(self.classes)[numbers])


def understand(y: Array, outputs: int, kind: str | None = None) -> Targets:
    """The targets that y holds, for a network with that many outputs.

    Parameters
    ----------
    y
        Shape: (n,) or (n, columns).
    outputs
        Units of the last layer.
    kind
        One of :data:`KINDS` to decide it; by default it follows from y: text, booleans and whole
        numbers are classes as far as the outputs allow, other numbers are to be predicted.

    Raises
    ------
    SettingError
        If the kind is unknown, or y and the outputs are not of that kind.
    ShapeError
        If the outputs do not fit the targets.
    DataError
        If labels are out of range, or there is only one class.

    Examples
    --------
    >>> understand(np.array([0, 1, 1, 0]), outputs=1).kind
    'binary'
    >>> understand(np.array(["cat", "dog", "owl"]), outputs=3).classes
    ('cat', 'dog', 'owl')
    >>> understand(np.array([0.5, 1.25, 2.0]), outputs=1).loss
    'mse'
    """
    if kind is not None and kind not in KINDS:
        raise SettingError(f"unknown task {kind!r}", hint=nearest(str(kind), KINDS))
    found = _find(y, outputs, kind)
    if kind is not None and found.kind != kind:
        raise SettingError(
            f"task={kind!r} does not go with this y and the last layer",
            expected=NEEDS[kind],
            received=f"{found.because}, for {outputs} output{'s' if outputs > 1 else ''}",
        )
    return found


def _find(y: Array, outputs: int, kind: str | None) -> Targets:
    if kind == "regression":
        return _numbers(y, outputs, "numbers")
    if y.ndim == 2:
        return _columns(y, outputs, kind)
    whole = y.dtype.kind in "biuUS" or bool(np.all(y == np.round(y)))
    if not whole:
        if kind is not None:
            raise DataError(f"{kind} targets must be classes", received="numbers with fractions")
        return _numbers(y, outputs, "numbers with fractions")
    return _classes(y, outputs, kind)


def _numbers(y: Array, outputs: int, seen: str) -> Targets:
    if y.dtype.kind in "US":
        raise DataError("text cannot be predicted as a number", received=repr(str(y.ravel()[0])))
    columns = 1 if y.ndim == 1 else y.shape[1]
    if columns != outputs:
        raise ShapeError(
            "the last layer does not have one output for each column of y",
            expected=f"{columns} outputs",
            received=f"{outputs} outputs",
        )
    return Targets("regression", outputs, column=y.ndim == 1, because=f"y holds {seen}")


def _columns(y: Array, outputs: int, kind: str | None) -> Targets:
    """y with several columns: one-hot rows, several labels at once, or several numbers."""
    zeros_and_ones = y.dtype.kind not in "US" and bool(np.isin(y, (0, 1)).all())
    if not zeros_and_ones:
        return _numbers(y, outputs, f"{y.shape[1]} columns of numbers")
    if y.shape[1] != outputs:
        raise ShapeError(
            "the last layer does not have one output for each column of y",
            expected=f"{y.shape[1]} outputs",
            received=f"{outputs} outputs",
        )
    if kind != "multilabel" and bool((y.sum(axis=1) == 1).all()):
        seen = f"y holds one-hot rows of {outputs} classes"
        return Targets("multiclass", outputs, tuple(range(outputs)), True, False, seen)
    return Targets(
        "multilabel",
        outputs,
        tuple(range(outputs)),
        column=False,
        because=f"y holds {outputs} labels of 0 or 1 at once",
    )


def _classes(y: Array, outputs: int, kind: str | None) -> Targets:
    """One column of labels."""
    labels = np.unique(y)
    names = tuple(label.item() for label in labels)
    count = len(names)
    numbers, number = y.dtype.kind not in "US", type(names[0])
    if numbers and kind is None and outputs == 1 and count > 2:
        return _numbers(y, outputs, f"whole numbers, {count} different ones, for one output")
    if count < 2 and not (numbers and outputs > 1):
        raise DataError(
            "y holds a single class: there is nothing to learn",
            received=f"only {names[0]!r}",
            hint="add the others",
        )
    if outputs == 1 and count == 2:
        return Targets("binary", 1, names, because=f"y holds two classes, {_list(names)}")
    if numbers and count <= outputs and not (number is bool and outputs > 2):
        # labels 0 to outputs - 1, even when some of them are missing in these rows
        if labels[0] >= 0 and labels[-1] < outputs:
            names = tuple([number(label) for label in range(outputs)])
        elif count < outputs:
            low, high = labels[0], labels[-1]
            raise DataError(
                f"label {low if low < 0 else high} is out of range",
                expected=f"0 to {outputs - 1}, for {outputs} outputs",
                received=f"labels from {low} to {high}",
            )
    if len(names) != outputs:
        raise ShapeError(
            "the last layer does not have one output for each class",
            expected=f"{len(names)} outputs" + (", or 1" if len(names) == 2 else ""),
            received=f"{outputs} outputs, and the classes {_list(names)}",
            hint="change the last of the layer sizes",
        )
    seen = f"y holds {count} classes" if count == outputs else f"y holds class numbers below {outputs}"
    return Targets("multiclass", outputs, names, because=seen)


def _list(names: tuple[Any, ...], most: int = 6) -> str:
    shown = ", ".join([str(name) for name in names[:most]])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
