"""Optimizers and schedules by name, with their settings; learning rates."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from numbers import Real
from reprlib import repr as short
from typing import Any, TypeVar

from whygrad._numbers import FRACTION, NOT_NEGATIVE, POSITIVE, SHRINKING, Range, count, number
from whygrad.errors import SettingError, nearest

Made = TypeVar("Made")
__all__ = ["FRACTION", "NOT_NEGATIVE", "POSITIVE", "SHRINKING", "Range", "count", "make", "number", "rate_of"]


def rate_of(name: str, value: object) -> float:
    """Return a learning rate as a float; the error says why a rate of 0, below 0 or NaN cannot work.

    Raises
    ------
    SettingError
        Not a finite number above 0.

    Examples
    --------
    >>> rate_of("learning_rate", 0.1)
    0.1
    """
    hint = "a step is the rate times the gradient: 0 learns nothing, below 0 climbs the loss; try 0.01"
    if isinstance(value, Real) and not math.isfinite(value):
        hint = "one step would make every parameter NaN or infinite; try 0.01"
    return number(name, value, POSITIVE, hint)


def make(
    kind: str, table: Mapping[str, Callable[..., Made]], name: object, settings: Mapping[str, object]
) -> Made:
    """Make what ``name`` stands for in ``table``; upper case and underscores in the name do not matter.

    Raises
    ------
    SettingError
        An unknown name, a setting that this one does not have, or one that it needs and did not get.

    Examples
    --------
    >>> make("number", {"complex": complex}, "Complex", {"real": 1, "imag": 2})
    (1+2j)
    """
    if not isinstance(name, str):
        raise SettingError(
            f"{kind} must be a name or an instance",
            received=short(name),
            hint=f"known: {', '.join(sorted(table))}",
        )
    maker = table.get(name.lower().replace("_", "-"))
    if maker is None:
        raise SettingError(f'unknown {kind} "{name}"', hint=nearest(name, table))
    known = _parameters(maker)
    for setting in settings:
        if setting not in known:
            raise SettingError(f'{kind} "{name}" has no setting "{setting}"', hint=nearest(setting, known))
    missing = [key for key, part in known.items() if part.default is part.empty and key not in settings]
    if missing:
        raise SettingError(f'{kind} "{name}" needs a value for {" and ".join(missing)}')
    return maker(**settings)


@cache
def _parameters(maker: Callable[..., Any]) -> Mapping[str, Any]:
    """What can be given; worked out once, as that takes longer than making an optimizer."""
    from inspect import signature

    return signature(maker).parameters
