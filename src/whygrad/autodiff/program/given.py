"""What is given to a program: nodes, numbers and learning rates, checked."""

from __future__ import annotations

import math

from ...errors import DataError, KindError, SettingError, ShapeError
from ..value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def values(name: str, given: Any) -> list[Value]:
    """A list of values out of any iterable; refuses what is none."""
    if isinstance(given, Value):
        raise KindError(f"{name} is a list of values", received=repr(given), hint=f"{name}=[x]")
    try:
        found = list(given)
    except TypeError:
        raise KindError(f"{name} is a list of values", received=repr(given)) from None
    for position, node in enumerate(found):
        if not isinstance(node, Value):
            raise KindError(
                f"{name}[{position}] is no Value",
                received=f"{node!r} ({type(node).__name__})",
                hint="give the nodes themselves, not their data",
            )
    return found


def learning_rate(rate: Any) -> float:
    """The rate as a float above 0."""
    try:
        number = float(rate)
    except (TypeError, ValueError):
        raise KindError(
            "step() takes a learning rate or an optimizer", received=repr(rate), hint="try 0.05"
        ) from None
    if not 0 < number < math.inf:
        raise SettingError("learning_rate must be above 0", received=rate, hint="try 0.05")
    return number


def numbers(given: Any, expected: int, owner: str) -> list[float]:
    """A list of floats, as many as expected and none of them NaN."""
    try:
        found = list(given.tolist() if hasattr(given, "tolist") else given)
    except TypeError:
        raise KindError(f"{owner} takes a list of numbers", received=repr(given)) from None
    if len(found) != expected:
        raise ShapeError(
            f"{owner} has another number of inputs",
            expected=f"{expected} numbers",
            received=f"{len(found)}",
        )
    try:
        found = [float(number) for number in found]
    except (TypeError, ValueError):
        raise KindError(
            f"{owner} takes numbers, one for each input",
            received=repr(given),
            hint="rows one after the other: [x for row in rows for x in row]",
        ) from None
    for position, number in enumerate(found):
        if number != number:
            raise DataError(f"number {position} for {owner} is nan", hint="leave rows with gaps out")
    return found
