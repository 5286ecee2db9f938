"""What is special about a gradient, in words: corners, masks, zeros and where they come from, NaN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .reasons import SOFTMAX_LOSSES
from .record import Trace

if TYPE_CHECKING:
    from .explanation import Explanation, Factor

CORNERS = frozenset("relu leaky_relu elu abs maximum minimum hinge mean_absolute_error".split())
FLAT = {"tanh": 1.0, "sigmoid": 0.25}  # the steepest slope there is; a tenth of it counts as nearly flat


def notes_of(explanation: Explanation) -> tuple[str, ...]:
    """The notes for an explanation, the most important first."""
    trace = explanation.trace
    found = [first_not_finite(trace), *_zero(explanation), _saturated(explanation), *_corners(explanation)]
    found += [_softmax(explanation), *_dropout(explanation), _shared(explanation), _still(explanation)]
    return tuple([note for note in found if note])


def first_not_finite(trace: Trace) -> str:
    """Where NaN or infinity appeared first; empty where everything is finite.

    Examples
    --------
    >>> from whygrad import Value
    >>> from whygrad.trace import observe
    >>> first_not_finite(observe(Value(1e308, label="a") * 10 * Value(2.0, label="b")))
    'inf appears first in v1 = a·10'
    """
    for record in trace.computed:
        for quantity in (*record.inputs, record.output):
            data = quantity.data
            if data.dtype.kind != "f" or np.isfinite(data).all():
                continue
            place = tuple(map(int, np.argwhere(~np.isfinite(data))[0]))
            where = f"{quantity.name}[{','.join(map(str, place))}]" if place else quantity.name
            from_ = (
                f" = {record.formula.split(' = ', 1)[1]}"
                if quantity is record.output
                else ", as it was given"
            )
            return f"{data[place]} appears first in {where}{from_}"
    for record in trace.backward:
        if not np.isfinite(record.output.data).all():
            return f"everything forward is finite; backward, {record.name} is the first that is not"
    return ""


def _zero(explanation: Explanation) -> list[str]:
    """Why the gradient is zero: which factor."""
    if explanation.gradient != 0:
        return []
    shares = explanation.shares
    if any(share.value for share in shares):
        return ["The gradient is 0 because the contributions cancel: none of them is 0."]
    factor = next((f for f in explanation.chain if f.value == 0), None)
    every = "" if len(shares) == 1 else ", and in every other sample some factor is 0 too"
    if factor is not None:
        return [f"The gradient is 0 because {zero_words(factor)}{every}."]
    product_of_small = all(f.value for f in explanation.chain)
    return ["The gradient is 0: a product of factors too small for a float."] if product_of_small else []


def zero_words(factor: Factor) -> str:
    """``the input x[0] is 0``, for a factor that is 0."""
    bottom = factor.name.split("/∂", 1)[1]
    words = {
        "input": f"the input {factor.formula} is 0",
        "weight": f"the weight {factor.formula} is 0",
        "slope": f"the activation is flat here: {factor.name} is 0",
        "mask": f"dropout has set {bottom} to 0 in this step",
        "loss": f"the loss is at a minimum in {bottom}",
    }
    return words.get(factor.kind, f"{factor.name} = {factor.formula} is 0")


def _saturated(explanation: Explanation) -> str:
    term = explanation.slope_of
    if term is None or term.record.op not in FLAT:
        return ""
    slope, steepest = term.local.value, FLAT[term.record.op]
    if 0 < slope < 0.1 * steepest:
        return (
            f"{explanation.z} is where {term.record.op} is nearly flat: its slope is {steepest / slope:.3g} "
            f"times smaller than at 0, where it is {steepest:g}. The neuron is saturated."
        )
    return ""


def _corners(explanation: Explanation) -> list[str]:
    """Conventions at corners, with the slopes to both sides as nudging has them."""
    found = []
    term = explanation.slope_of
    if term is not None and term.record.op in CORNERS:
        z = term.record.inputs[0].data[explanation.weight.terms[explanation.chosen].through.index]
        if z == 0:
            found.append(
                f"{explanation.z} is exactly 0, the corner of {term.record.op}: there is no single slope. "
                f"Left of it a line and right of it another; {term.local.value:g} is taken, as everywhere."
            )
    check = explanation.check
    if check.corner:
        found.append(
            f"Nudging finds two slopes, {check.left:.6g} downwards and {check.right:.6g} upwards: the loss "
            "has a corner here, and their mean is no gradient."
        )
    return found


def _softmax(explanation: Explanation) -> str:
    record = next((r for r in explanation.trace.loss if r.op in SOFTMAX_LOSSES), None)
    if record is None:
        return ""
    return (
        "Softmax and cross-entropy are taken together: what comes back to each output is its probability "
        "minus its target, p − y. The target's own output is pulled up, every other one is pushed down."
    )


def _dropout(explanation: Explanation) -> list[str]:
    for factor in explanation.chain:
        if factor.kind == "mask" and factor.value:
            top = factor.name.removeprefix("∂").split("/∂", 1)[1]
            return [f"Dropout kept {top} in this step, and scaled it by {factor.value:.4g}."]
    return []


def _shared(explanation: Explanation) -> str:
    uses = len(explanation.shares)
    if explanation.trace.samples or uses < 2:
        return ""
    name = explanation.weight.of.name
    return f"{name} goes into {uses} results: its gradient is the sum of what comes back from each."


def _still(explanation: Explanation) -> str:
    """Clipping, which scales every gradient alike."""
    record = explanation.update
    if record is None or not record.lines or record.lines[0].result.name != "‖g‖":
        return ""
    return (
        "The gradient of all parameters together was longer than the bound: every entry is shortened alike."
    )
