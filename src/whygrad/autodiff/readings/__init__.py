"""What the name ``xp`` stands for when a rule is run: the same rule, read in several ways.

================  =========================================================================
:mod:`.floats`    Python numbers, on the standard library alone
:mod:`.arrays`    NumPy arrays, dtype kept
:mod:`.buffers`   places: a rule becomes a list of NumPy calls that write into buffers
:mod:`.written`   arrays, and the calls made are kept as source, for the same shapes another time
:mod:`.complexes` complex arrays: forward rules only, for gradient checks exact to rounding
:mod:`.symbols`   formulas, for people and for generated code
:data:`NODES`     graph nodes: a rule run on nodes records its own derivative
================  =========================================================================

A namespace holds some base functions; every other row of the table is reachable by its name.
"""

from __future__ import annotations

from ...errors import KindError
from ..table import TABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


GUARDS = ("at_most", "at_least")


class Guards:
    """Bounds in a rule that only keep ``exp`` from overflowing, or an infinity from meeting 0.

    Without them the result is NaN there, and the same to the last bit everywhere else: a reading in a hurry
    may leave them out, and look for NaN afterwards, behind rows that do not make a number of it again, as
    ``step`` and ``compare`` would.
    """

    def at_most(self: Any, a: Any, bound: float) -> Any:
        """The smaller one."""
        return self.minimum(a, bound)

    def at_least(self: Any, a: Any, bound: float) -> Any:
        """The larger one."""
        return self.maximum(a, bound)


class Namespace(Guards):
    """Base functions by name; an unknown name is looked up in the table and read in this namespace.

    With ``holds="numbers"`` only elementwise rows are found: the others need the shapes of arrays.
    """

    def __init__(self, holds: str = "arrays", **functions: Any) -> None:
        self.__dict__.update(functions, _numbers=holds == "numbers")

    def __getattr__(self, name: str) -> Any:
        from functools import partial

        row = _row_named(name)
        if self._numbers and not hasattr(row, "local"):
            raise KindError(f"{name} works on arrays", received="plain numbers", hint="use whygrad.Tensor")
        function = partial(row.forward, self)
        setattr(self, name, function)  # found at once the next time
        return function


class _Nodes(Guards):
    """The reading on nodes: ``xp.tanh(a)`` records the row ``tanh``."""

    def __getattr__(self, name: str) -> Any:
        return _row_named(name)

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        """A comparison of values is one bool, which decides here; one of tensors is an array of them."""
        if isinstance(condition, bool):
            return a if condition else b
        return TABLE["where"](condition, a, b)

    @staticmethod
    def strong_product(a: Any, function: Any, *operands: Any) -> Any:
        """As on numbers and arrays, but recorded."""
        import sys

        if (numpy := sys.modules.get("numpy")) is None:  # nobody has arrays
            return TABLE["strong_multiply"](a, function(*operands))
        with numpy.errstate(divide="ignore", invalid="ignore"):
            return TABLE["strong_multiply"](a, function(*operands))

    @staticmethod
    def fit(contribution: Any, target: Any) -> Any:
        """As on arrays, but recorded."""
        shape, dtype = getattr(target, "shape", ()), getattr(target, "dtype", None)
        if (getattr(contribution, "shape", ()), getattr(contribution, "dtype", None)) != (shape, dtype):
            return TABLE["sum_to"](contribution, shape=shape, dtype=dtype)
        return contribution


NODES = _Nodes()


def _row_named(name: str) -> Any:
    try:
        return TABLE[name]
    except KeyError:
        raise AttributeError(f"no operation named {name!r}") from None


def reading_of(operands: Sequence[Any]) -> Any:
    """The reading for plain operands: floats when all are numbers, arrays otherwise."""
    if all_numbers(operands):
        from .floats import FLOATS

        return FLOATS
    from .arrays import ARRAYS

    return ARRAYS


def all_numbers(operands: Sequence[Any]) -> bool:
    """Whether every operand is a plain number."""
    return all([isinstance(operand, (int, float)) for operand in operands])
