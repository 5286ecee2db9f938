"""The reading on Python numbers, by ``math`` alone: overflow gives inf and 1/0 too, as on arrays."""

from __future__ import annotations

import math

from . import Namespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

INF, NAN = math.inf, math.nan


def _total(function: Callable[[float], float], overflow: float) -> Callable[[float], float]:
    """The function made total: ``overflow`` where math raises OverflowError, NaN where ValueError."""

    def total(a: float) -> float:
        try:
            return function(a)
        except OverflowError:
            return overflow
        except ValueError:
            return NAN

    return total


def divide(a: float, b: float) -> float:
    """a / b; by zero gives inf with its sign, or NaN for 0 / 0.

    Examples
    --------
    >>> divide(1.0, -0.0), divide(0.0, 0.0)
    (-inf, nan)
    """
    try:
        return a / b
    except ZeroDivisionError:
        return NAN if a != a or a == 0 else math.copysign(INF, a) * math.copysign(1.0, b)


def power(a: float, b: float) -> float:
    """a ** b as arrays have it: NaN for a fractional power of a negative number, inf for overflow."""
    try:
        return math.pow(a, b)
    except (OverflowError, ValueError):
        if -INF < a < 0 and math.floor(b) != b:
            return NAN
        odd = b % 2 == 1
        return -INF if odd and math.copysign(1.0, a) < 0 else INF


def log(a: float) -> float:
    """Natural logarithm; -inf at 0 and NaN below."""
    return math.log(a) if a > 0 else -INF if a == 0 else NAN


def log1p(a: float) -> float:
    """log(1 + a), exact for small a."""
    return math.log1p(a) if a > -1 else -INF if a == -1 else NAN


def maximum(a: float, b: float) -> float:
    """The larger; NaN when either is."""
    return a if a > b or a != a else b


def minimum(a: float, b: float) -> float:
    """The smaller; NaN when either is."""
    return a if a < b or a != a else b


def sign(a: float) -> float:
    """-1, 0 or 1."""
    return 1.0 if a > 0 else -1.0 if a < 0 else a * 1.0


def step(a: float) -> float:
    """1 above 0, else 0."""
    return 1.0 if a > 0 else 0.0


def where(condition: Any, a: float, b: float) -> float:
    """The first where the condition holds, else the second."""
    return a if condition else b


def compare(a: float, b: float) -> float:
    """The sign of a - b, also when both are infinite."""
    return 1.0 if a > b else -1.0 if a < b else 0.0


def bounded(a: float) -> float:
    """The number within -1000 and 1000 that is nearest."""
    return 1000.0 if a > 1000 else -1000.0 if a < -1000 else a


def strong_multiply(a: float, b: float) -> float:
    """a · b, and 0 when one is 0, whatever the other is."""
    return a * b if a and b else 0.0


def strong_product(a: float, function: Callable[..., float], *operands: float) -> float:
    """a · function(operands), and 0 when a is 0."""
    return strong_multiply(a, function(*operands)) if a else 0.0


def strong_log(a: float) -> float:
    """Natural logarithm, and 0 at 0."""
    return log(a) if a else 0.0


FUNCTIONS: dict[str, Any] = dict(
    exp=_total(math.exp, INF),
    expm1=_total(math.expm1, INF),
    sqrt=_total(math.sqrt, INF),
    sin=_total(math.sin, NAN),
    cos=_total(math.cos, NAN),
    tanh=math.tanh,
    abs=math.fabs,
    log=log,
    log1p=log1p,
    divide=divide,
    power=power,
    maximum=maximum,
    minimum=minimum,
    sign=sign,
    step=step,
    where=where,
    strong_multiply=strong_multiply,
    strong_product=strong_product,
    strong_log=strong_log,
    bounded=bounded,
    compare=compare,
    fit=lambda contribution, target: contribution,
)
FLOATS = Namespace(holds="numbers", **FUNCTIONS)
