"""Numbers that optimizers, schedules and limits are set to: which work, and what is said of the others."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from reprlib import repr as short
from typing import TypeVar

from whygrad.errors import SettingError, nearest

Made = TypeVar("Made")


@dataclass(frozen=True)
class Range:
    """Numbers that a setting may have: in words for the error, and as a test."""

    text: str
    holds: Callable[[float], bool]


POSITIVE = Range("a finite number above 0", lambda value: 0 < value < math.inf)
NOT_NEGATIVE = Range("a finite number of 0 or above", lambda value: 0 <= value < math.inf)
FRACTION = Range("a number from 0 to below 1", lambda value: 0 <= value < 1)
SHRINKING = Range("a number above 0 and below 1", lambda value: 0 < value < 1)


def number(name: str, value: object, allowed: Range, hint: str | None = None) -> float:
    """Return ``value`` as a float when it is a number in the allowed range.

    Raises
    ------
    SettingError
        Not a number (text, ``None``, a truth value, an array), or outside the range, as NaN always is.

    Examples
    --------
    >>> number("momentum", 0.9, FRACTION)
    0.9
    >>> number("momentum", "0.9", FRACTION)
    Traceback (most recent call last):
        ...
    whygrad.errors.SettingError: momentum must be a number
      expected: a number from 0 to below 1
      received: '0.9'
      hint: leave the quotation marks out
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        hint = "leave the quotation marks out" if isinstance(value, str) else hint
        raise SettingError(
            f"{name} must be a number", expected=allowed.text, received=short(value), hint=hint
        )
    if not allowed.holds(float(value)):
        raise SettingError(f"{name} must be {allowed.text}", received=value, hint=hint)
    return float(value)


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


def count(name: str, value: object, least: int) -> int:
    """Return ``value`` as an int when it is a whole number, ``least`` or above.

    Raises
    ------
    SettingError
        Not a whole number, or below ``least``.

    Examples
    --------
    >>> count("every", 10, least=1)
    10
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise SettingError(f"{name} must be a whole number, {least} or above", received=short(value))
    return int(value)


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
    from inspect import signature

    if not isinstance(name, str):
        raise SettingError(
            f"{kind} must be a name or an instance",
            received=short(name),
            hint=f"known: {', '.join(sorted(table))}",
        )
    maker = table.get(name.lower().replace("_", "-"))
    if maker is None:
        raise SettingError(f'unknown {kind} "{name}"', hint=nearest(name, table))
    known = signature(maker).parameters
    for setting in settings:
        if setting not in known:
            raise SettingError(f'{kind} "{name}" has no setting "{setting}"', hint=nearest(setting, known))
    missing = [key for key, part in known.items() if part.default is part.empty and key not in settings]
    if missing:
        raise SettingError(f'{kind} "{name}" needs a value for {" and ".join(missing)}')
    return maker(**settings)
