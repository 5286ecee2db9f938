"""Writes figures so that rounding never says what is not so: 99.97 of 100 does not read as all."""

from __future__ import annotations

import math
from collections.abc import Iterable

MOST = 10
LARGE = 1e6


def decimals(
    values: Iterable[float],
    least: int,
    marks: Iterable[float] = (),
    apart: Iterable[tuple[float, float]] = (),
) -> int:
    """The fewest decimals at which no value reads as something that it is not.

    Parameters
    ----------
    values
        What is to be written, all with the same decimals.
    least
        At least so many.
    marks
        Numbers with a meaning, such as 0 and 100 per cent: a value that is not one must not read as one.
    apart
        Pairs that must read differently if they differ.

    Examples
    --------
    >>> decimals([97.78], least=1, marks=(0, 100)), decimals([99.97], least=1, marks=(0, 100))
    (1, 2)
    >>> decimals([], least=1, apart=[(97.78, 97.76)])
    2
    """
    listed = list(values)
    pairs = [(value, mark) for mark in marks for value in listed] + list(apart)
    differing = [(first, second) for first, second in pairs if first != second]
    for places in range(least, MOST):
        if all(f"{first:z.{places}f}" != f"{second:z.{places}f}" for first, second in differing):
            return places
    return MOST


def write(value: float, places: int, marks: Iterable[float] = ()) -> str:
    """A number with that many decimals.

    A value that would read as a mark all the same is written one unit of the last decimal away from it.
    What is large is written with four digits. Order is kept: of two values, the larger never reads as
    the smaller. Minus zero is zero.

    Examples
    --------
    >>> write(97.7778, 1), write(-0.0001, 3), write(1 - 1e-15, 3, marks=(1,)), write(-12345678.0, 3)
    ('97.8', '0.000', '0.999', '-1.235e+07')
    """
    if abs(value) >= LARGE:
        return f"{value:.4g}"
    text = f"{value:z.{places}f}"
    for mark in marks:
        if value != mark and text == f"{mark:.{places}f}":
            return f"{mark + math.copysign(10.0**-places, value - mark):.{places}f}"
    return text


def percent(share: float) -> str:
    """A share that somebody chose, in per cent, with the digits it has.

    Examples
    --------
    >>> percent(0.95), percent(0.999)
    ('95 %', '99.9 %')
    """
    return f"{100 * share:.10g} %"


def counted(number: int, what: str) -> str:
    """A number and its noun.

    Examples
    --------
    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def amount(value: float) -> str:
    """A number with three significant digits, written out where that reads well.

    Examples
    --------
    >>> amount(0.0123456), amount(36.349), amount(123456.0), amount(0.0)
    ('0.0123', '36.3', '123,456', '0')
    """
    if value == 0 or not 1e-4 <= abs(value) < 1e9:
        return f"{value:.3g}"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"
