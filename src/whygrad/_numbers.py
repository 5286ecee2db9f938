"""Numbers that things are set to: which work, and what is said of the others."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from reprlib import repr as short

from .errors import SettingError


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
