"""What NumPy does when it meets a node: ``np.float64(2) * a`` and ``np.tanh(a)`` record their rows.

NumPy asks for these methods by name, so nothing here imports it.
"""

from __future__ import annotations

from ..errors import KindError, nearest
from .op import Elementwise
from .table import TABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAMES = {"true_divide": "divide", "absolute": "abs", "fabs": "abs", "float_power": "power", "pow": "power"}
COMPARISONS = frozenset(["greater", "greater_equal", "less", "less_equal"])
REFLECTED = {
    "add": "__radd__",
    "subtract": "__rsub__",
    "multiply": "__rmul__",
    "divide": "__rtruediv__",
    "power": "__rpow__",
}
FUNCTIONS = frozenset(["concatenate", "where"])  # ours, under NumPy's names
EQUALITY = {"equal": False, "not_equal": True}  # nodes are told apart by identity, and no array is one


def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
    """Record the row of a NumPy function; comparisons look at the data."""
    name = NAMES.get(ufunc.__name__, ufunc.__name__)
    if method == "__call__" and not keywords:
        if name in REFLECTED and inputs[1] is self and not hasattr(inputs[0], "record"):
            return getattr(self, REFLECTED[name])(inputs[0])  # np.float64(2) * a, the quick way
        if name in EQUALITY:
            return EQUALITY[name]
        if name in COMPARISONS:
            return ufunc(*[x.data if hasattr(x, "record") else x for x in inputs])
        if name == "matmul" and hasattr(self, "__rmatmul__"):
            left, right = inputs
            return right.__rmatmul__(left) if hasattr(right, "record") else left @ right
        if isinstance(TABLE.get(name), Elementwise):
            return TABLE[name](*inputs)
    kind = type(self).__name__
    if method != "__call__":
        raise KindError(
            f"np.{ufunc.__name__}.{method} does not take a {kind}", hint="use methods, such as x.sum(axis=0)"
        )
    known = isinstance(TABLE.get(name), Elementwise) or name in COMPARISONS
    if "out" in keywords and known:
        raise KindError(
            f"a {kind} cannot be written into an array: the graph would be cut",
            received=f"np.{ufunc.__name__} with out=, which is what a += b means for an array a",
            hint="make a new one: a = a + b",
        )
    if keywords and known:
        raise KindError(
            f"np.{ufunc.__name__} of a {kind} takes no keywords",
            received=", ".join([f"{keyword}=" for keyword in keywords]),
            hint="whygrad.autodiff.where(condition, a, b) chooses entries"
            if "where" in keywords
            else "leave them out",
        )
    raise KindError(
        f"np.{ufunc.__name__} has no derivative here",
        received=f"a {kind}",
        hint=nearest(name, [row for row, op in TABLE.items() if isinstance(op, Elementwise)]),
    )


def array_function(self: Any, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
    """Refuse the others, such as ``np.sum``: they would cut the graph or make an array of nodes."""
    name = function.__name__
    has_shape = hasattr(type(self), "shape")
    if name in FUNCTIONS and has_shape:
        hint = f"use whygrad.autodiff.{name}"
    elif name in ("shape", "ndim", "size") and has_shape:
        hint = f"use the attribute: x.{name}"
    elif hasattr(type(self), name):
        hint = f"use the method: x.{name}(…)"
    else:
        hint = "compute it from rows of the table"
    raise KindError(f"np.{name} does not take a {type(self).__name__}", hint=hint)
