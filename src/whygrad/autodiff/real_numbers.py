"""What a ``Value`` may hold: any kind of real number, kept as a float; the errors say what to do instead."""

from __future__ import annotations

from ..errors import KindError
from .node import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def is_number(data: Any) -> bool:
    """Whether this is one real number, of any kind; NumPy's complex numbers and dates are not."""
    kind = type(data)
    if isinstance(data, Node):
        return False
    real = getattr(getattr(data, "dtype", None), "kind", "f") in "fiub"
    return real and hasattr(kind, "__float__") and not hasattr(kind, "__len__")


def number_of(data: Any) -> float:
    """A float made of any kind of number; text, arrays and nodes are refused."""
    if type(data) is not int and not is_number(data):
        raise KindError(
            "a Value holds one number",
            expected="an int or a float",
            received=f"{data!r} ({type(data).__name__})",
            hint=_hint(data),
        )
    try:
        return float(data)
    except OverflowError:
        raise KindError(
            "a Value holds a float",
            received=f"a number of {int(data).bit_length()} bits",
            hint="at most 1.8e308",
        ) from None


def _hint(data: Any) -> str:
    if isinstance(data, str):
        return f"convert text first: Value(float({data!r}))"
    if isinstance(data, Node):
        from .value import Value

        if not isinstance(data, Value):
            return "a Value and a Tensor do not mix: use one of them throughout"
        return "it is part of a graph already: use it as it is"
    if hasattr(type(data), "__len__"):
        return "for arrays use whygrad.Tensor, or one Value for each number: [Value(v) for v in numbers]"
    return "only numbers can be differentiated"


def short(number: Any) -> str:
    """Ten digits: 0.1 + 0.2 reads 0.3, and a float still looks like one."""
    return repr(float(f"{float(number):.10g}")) if is_number(number) else repr(number)
