"""Numbers as people read them: a few digits, and the sign that says whether rounded numbers still add up."""

from __future__ import annotations

import math

from ..trace.expression import Expression

DIGITS = 4
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def show(x: float, digits: int = DIGITS) -> str:
    """The number with so many significant digits; trailing zeros mean that it was rounded.

    Examples
    --------
    >>> show(0.5), show(0.49999999), show(-1 / 3), show(1.5e-7), show(120.0), show(0.0)
    ('0.5', '0.5000', '−0.3333', '1.5·10⁻⁷', '120', '0')
    """
    if x != x:
        return "nan"
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    if x == 0:
        return "0"
    sign = "−" if x < 0 else ""
    x = abs(x)
    if x.is_integer() and x < 1e6:
        return f"{sign}{int(x)}"
    exponent = int(f"{x:.{digits - 1}e}".partition("e")[2])  # after rounding: 0.99999 is 1.000
    if -4 <= exponent < 6:
        text = f"{x:.{max(0, digits - 1 - exponent)}f}"
        if float(text) == x and "." in text:
            text = text.rstrip("0").rstrip(".")
        return sign + text
    mantissa, _, power = f"{x:.{digits - 1}e}".partition("e")
    if float(f"{mantissa}e{power}") == x and "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{sign}{mantissa}·10{str(int(power)).translate(SUPERSCRIPT)}"


def read(text: str) -> float:
    """The number that a shown one stands for.

    Examples
    --------
    >>> read("−1.5·10⁻⁷"), read("0.5000")
    (-1.5e-07, 0.5)
    """
    back = {ord(mark): digit for digit, mark in zip("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True)}
    plain = text.replace("−", "-").replace("∞", "inf")
    mantissa, times, power = plain.partition("·10")
    return float(f"{mantissa}e{power.translate(back)}" if times else plain)


def sign_of(expression: Expression, digits: int = DIGITS) -> str:
    """``=`` where the shown numbers give the shown result exactly, ``≈`` everywhere else."""
    result = read(show(expression.value, digits))
    if expression.compute is None:
        return "≈"
    shown = expression.compute([read(show(entry.value, digits)) for entry in expression.entries])
    if shown == result or (shown != shown and result != result):
        return "="
    scale = max([abs(result), *[abs(entry.value) for entry in expression.entries]])
    return "=" if abs(shown - result) <= 1e-13 * scale and abs(result) > 1e-9 * scale else "≈"


def plainly(x: float, digits: int = DIGITS) -> str:
    """``= 0.5`` or ``≈ 0.3333``: the number after the sign it deserves."""
    text = show(x, digits)
    return f"{'=' if read(text) == x or x != x else '≈'} {text}"
