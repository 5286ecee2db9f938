"""Losses and penalties: a single number each. Where stability needs it a loss takes logits, the values
before the output activation, and the two are one row.

Losses are means over samples and outputs (squared_error is the sum); targets must have the shape of
the predictions, because (n, 1) against (n,) would silently compare everything with everything.
"""

from __future__ import annotations

from ...errors import DataError, KindError, ShapeError
from ..op import operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ..op import Op


def _same_shape(op: Op, xs: Sequence[Any]) -> None:
    """Predictions and targets, value for value."""
    p, t = xs[0].shape, getattr(xs[1], "shape", ())
    if p == t:
        return
    flat = len(p) == 2 and p[1] == 1 and t == p[:1]
    raise ShapeError(
        f"{op.name}: the targets do not have the shape of the predictions",
        expected=f"targets {p}",
        received=f"predictions {p}, targets {t}",
        hint=f"{t} against {p} would compare every prediction with every target; use y.reshape(-1, 1)"
        if flat
        else "one target for each prediction",
    )


def _labels(op: Op, xs: Sequence[Any]) -> None:
    """One integer label for each row of logits."""
    z, labels = xs
    if len(z.shape) != 2 or getattr(labels, "shape", None) != z.shape[:1]:
        raise ShapeError(
            f"{op.name}: one label for each row of logits",
            expected="logits (n, classes), labels (n,)",
            received=f"logits {z.shape}, labels {getattr(labels, 'shape', labels)}",
            hint="labels are class numbers, such as [0, 2, 1]; one-hot rows work as well",
        )
    if labels.dtype.kind not in "iu":
        raise KindError(f"{op.name}: labels must be integers", received=f"dtype {labels.dtype}")


def _in_range(op: Op, xs: Sequence[Any]) -> None:
    """Each label is the number of an output."""
    z, labels = xs
    low, high = labels.min(initial=0), labels.max(initial=0)
    if low < 0 or high >= z.shape[1]:
        raise DataError(
            f"{op.name}: label {low if low < 0 else high} is out of range",
            expected=f"0 to {z.shape[1] - 1}, one for each of the {z.shape[1]} outputs",
            received=f"labels from {low} to {high}",
            hint="number the classes from 0, or give the last layer more outputs",
        )


# --- regression ------------------------------------------------------------------------------------
squared_error = operation(
    "squared_error",
    lambda xp, p, t: xp.sum((p - t) * (p - t)),
    d_p=lambda xp, g, y, p, t: 2 * (p - t) * g,
    d_t=lambda xp, g, y, p, t: 2 * (t - p) * g,
    check=_same_shape,
)
mean_squared_error = operation(
    "mean_squared_error",
    lambda xp, p, t: xp.mean((p - t) * (p - t)),
    d_p=lambda xp, g, y, p, t: 2 * (p - t) * g / p.size,
    d_t=lambda xp, g, y, p, t: 2 * (t - p) * g / p.size,
    check=_same_shape,
)
mean_absolute_error = operation(
    "mean_absolute_error",
    lambda xp, p, t: xp.mean(xp.abs(p - t)),
    d_p=lambda xp, g, y, p, t: g * xp.sign(p - t) / p.size,
    d_t=lambda xp, g, y, p, t: g * xp.sign(t - p) / p.size,
    check=_same_shape,
)
huber = operation(  # Huber, 1964: quadratic within delta of the target, linear beyond
    "huber",
    lambda xp, p, t, *, delta=1.0: xp.mean(
        xp.minimum(xp.abs(p - t), delta) * (xp.abs(p - t) - 0.5 * xp.minimum(xp.abs(p - t), delta))
    ),
    d_p=lambda xp, g, y, p, t, *, delta=1.0: g * xp.minimum(xp.maximum(p - t, -delta), delta) / p.size,
    d_t=lambda xp, g, y, p, t, *, delta=1.0: g * xp.minimum(xp.maximum(t - p, -delta), delta) / p.size,
    check=_same_shape,
)
# --- classification --------------------------------------------------------------------------------
sigmoid_cross_entropy = operation(  # binary cross-entropy of t against sigmoid(z)
    "sigmoid_cross_entropy",
    lambda xp, z, t: xp.mean(xp.maximum(z, 0) - z * t + xp.log1p(xp.exp(-xp.abs(z)))),
    d_z=lambda xp, g, y, z, t: g * (xp.sigmoid(z) - t) / z.size,
    d_t=lambda xp, g, y, z, t: g * -z / z.size,
    textbook=lambda xp, z, t: -xp.mean(t * xp.log(xp.sigmoid(z)) + (1 - t) * xp.log(1 - xp.sigmoid(z))),
    check=_same_shape,
)
binary_cross_entropy = operation(  # the same on probabilities
    "binary_cross_entropy",
    lambda xp, p, t: -xp.mean(xp.strong_product(t, xp.log, p) + xp.strong_product(1 - t, xp.log1p, -p)),
    d_p=lambda xp, g, y, p, t: (
        g * (xp.strong_product(1 - t, xp.divide, 1, 1 - p) - xp.strong_product(t, xp.divide, 1, p)) / p.size
    ),
    d_t=lambda xp, g, y, p, t: g * (xp.log1p(-p) - xp.log(p)) / p.size,
    textbook=lambda xp, p, t: -xp.mean(t * xp.log(p) + (1 - t) * xp.log(1 - p)),
    check=_same_shape,
)
softmax_cross_entropy = operation(  # t holds probabilities, such as one-hot rows
    "softmax_cross_entropy",
    lambda xp, z, t: -xp.sum(t * xp.log_softmax(z)) / z.shape[0],
    d_z=lambda xp, g, y, z, t: g * (xp.softmax(z) * xp.sum(t, axis=-1, keepdims=True) - t) / z.shape[0],
    d_t=lambda xp, g, y, z, t: g * -xp.log_softmax(z) / z.shape[0],
    textbook=lambda xp, z, t: -xp.sum(t * xp.log(xp.softmax(z))) / z.shape[0],
    check=_same_shape,
)
label_cross_entropy = operation(  # the same with class numbers for targets
    "label_cross_entropy",
    lambda xp, z, labels: -xp.mean(xp.take_label(xp.log_softmax(z), labels)),
    d_z=lambda xp, g, y, z, labels: g * (xp.softmax(z) - xp.one_hot(labels, z)) / z.shape[0],
    d_labels=None,
    textbook=lambda xp, z, labels: -xp.mean(xp.log(xp.take_label(xp.softmax(z), labels))),
    check=_labels,
    check_values=_in_range,
)
hinge = operation(  # t is -1 or 1
    "hinge",
    lambda xp, z, t: xp.mean(xp.maximum(1 - t * z, 0)),
    d_z=lambda xp, g, y, z, t: xp.strong_multiply(xp.step(1 - t * z), g * -t) / z.size,
    d_t=None,
    check=_same_shape,
)
# --- penalties -------------------------------------------------------------------------------------
l1_penalty = operation(
    "l1_penalty",
    lambda xp, w, *, strength=1.0: strength * xp.sum(xp.abs(w)),
    d_w=lambda xp, g, y, w, *, strength=1.0: g * strength * xp.sign(w),
)
l2_penalty = operation(
    "l2_penalty",
    lambda xp, w, *, strength=1.0: 0.5 * strength * xp.sum(w * w),
    d_w=lambda xp, g, y, w, *, strength=1.0: g * strength * w,
)
# --- helpers without a derivative of their own -------------------------------------------------------
one_hot = operation(  # z gives width and dtype
    "one_hot", lambda xp, labels, z: xp.one_hot(labels, z), d_labels=None, d_z=0
)
take_label = operation(
    "take_label",
    lambda xp, z, labels: xp.take_label(z, labels),
    d_z=lambda xp, g, y, z, labels: xp.strong_multiply(
        xp.one_hot(labels, z), xp.spread(g, shape=z.shape, axis=-1)
    ),
    d_labels=None,
)
