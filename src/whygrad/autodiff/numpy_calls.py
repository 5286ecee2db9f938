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
EQUALITY = {"equal": False, "not_equal": True}  # nodes are told apart by identity, and no array is one


def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
    """Record the row of a NumPy function; comparisons look at the data."""
    name = NAMES.get(ufunc.__name__, ufunc.__name__)
    if method == "__call__" and not keywords:
        if name in EQUALITY:
            return EQUALITY[name]
        if name in COMPARISONS:
            return ufunc(*[x.data if hasattr(x, "record") else x for x in inputs])
        if name == "matmul" and hasattr(self, "__rmatmul__"):
            left, right = inputs
            return right.__rmatmul__(left) if hasattr(right, "record") else left @ right
        if isinstance(TABLE.get(name), Elementwise):
            return TABLE[name](*inputs)
    raise KindError(
        f"np.{ufunc.__name__} has no derivative here",
        received=f"a {type(self).__name__}",
        hint=nearest(name, [row for row, op in TABLE.items() if isinstance(op, Elementwise)]),
    )


def array_function(self: Any, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
    """Refuse the others, such as ``np.sum``: they would cut the graph or make an array of nodes."""
    name = function.__name__
    method = (
        f"use the method: x.{name}(…)" if hasattr(type(self), name) else "compute it from rows of the table"
    )
    raise KindError(f"np.{name} does not take a {type(self).__name__}", hint=method)
