"""Writes ``value_methods.py``, the methods of ``Value``, from the rows: each rule is read on symbols.

A generated method computes the result and every local derivative in one go, with the same operations
in the same order as the rule on plain numbers, so both agree to the last bit (a test holds them, and
that the file is what this module writes). ``make generate`` writes it anew.
"""

from __future__ import annotations

from pathlib import Path

from .formulas import notation
from .op import Elementwise
from .ops import elementwise as _rows  # noqa: F401 - enters the rows into the table
from .readings.floats import FUNCTIONS
from .readings.symbols import STEPS, name, number
from .table import TABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INFIX = frozenset(["+", "-", "*", "/"])
WRITTEN_OUT = {  # where a call would take longer than what it does
    "maximum": "{0} if {0} > {1} or {0} != {0} else {1}",
    "minimum": "{0} if {0} < {1} or {0} != {0} else {1}",
    "strong_multiply": "{0} * {1} if {0} and {1} else 0.0",
    "compare": "1.0 if {0} > {1} else -1.0 if {0} < {1} else 0.0",
    "step": "1.0 if {0} > 0 else 0.0",
    ">": "1.0 if {0} > {1} else 0.0",  # a mask is a number here
    ">=": "1.0 if {0} >= {1} else 0.0",
}


class Program:
    """Straight-line Python: one assignment for each distinct expression; equal ones are shared."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.known: dict[str, str] = {}

    def emit(self, symbol: Any) -> str:
        """The name or number that holds the symbol's value, after the lines that compute it."""
        s = number(symbol)
        if s.head == "name":
            return str(s.args[0])
        if s.head == "number":
            return repr(s.args[0])
        parts = [self.emit(a) for a in s.args]
        return self.assign(_expression(s.head, parts))

    def assign(self, expression: str, to: str | None = None) -> str:
        """The name that holds the expression; assigned on its first use."""
        if to is not None or expression not in self.known:
            target = to or f"t{len(self.known) + 1}"
            self.lines.append(f"{target} = {expression}")
            self.known[expression] = target
        return self.known[expression]


def _expression(head: str, parts: list[str]) -> str:
    if head in INFIX:
        return f"{parts[0]} {head} {parts[1]}"
    if head == "neg":
        return f"-{parts[0]}"
    if head in WRITTEN_OUT:
        return WRITTEN_OUT[head].format(*parts)
    return f"{head}({', '.join(parts)})"


def _body(op: Elementwise, constants: frozenset[int] = frozenset()) -> tuple[list[str], list[str]]:
    """Lines that compute ``y`` from the inputs, and the local derivative by each.

    The derivative by a constant is not computed: it stands as None.
    """
    program = Program()
    xs = [name(i) for i in op.inputs]
    result = number(op.forward(STEPS, *xs))
    program.assign(_expression(result.head, [program.emit(a) for a in result.args]), to="y")
    locals_ = []
    for i in range(len(xs)):
        local = None if i in constants else op.local(i, STEPS, name("y"), xs)
        if local is None:
            locals_.append("None")
        elif type(local) is int:
            locals_.append(repr(float(local)))
        else:
            locals_.append(program.emit(local) + " or None" * op.gate)
    return program.lines, locals_


def _docstring(op: Elementwise, method: str) -> list[str]:
    """The row's formulas, as notation reads them, for methods that have a name."""
    if method.startswith("__"):
        return []
    shown = notation(op)
    derivatives = shown.replace("\n", ", ") if "∂" in shown else f"∂y/∂a = {shown}"
    return [f'"""``y = {notation(op, "y")}; {derivatives}``."""']


def unary_method(row: str, method: str) -> str:
    """``def method(self)`` for a row with one input."""
    op = _elementwise(row)
    lines, (da,) = _body(op)
    body = [*_docstring(op, method), "a = self.data", *lines, *_node(op, "self", "None", da, "None")]
    return _function(method, "self", body)


def binary_methods(row: str, method: str, reflected: str) -> str:
    """``def method(self, other)`` and its reflection; a plain number becomes a constant."""
    op = _elementwise(row)
    a, b = op.inputs
    both, (da, db) = _body(op)
    right, (da_alone, _) = _body(op, frozenset([1]))
    left, (_, db_alone) = _body(op, frozenset([0]))
    forward = [
        *_docstring(op, method),
        f"{a} = self.data",
        "if other.__class__ is Value:",
        *_indented(f"{b} = other.data", *both, f"da = {da}", f"db = {db}"),
        "elif isinstance(other, Value):",
        *_indented(f"return {row.upper()}(self, other)"),
        "else:",
        *_indented("other = constant(other)", f"{b} = other.data", *right, f"da = {da_alone}", "db = None"),
        *_node(op, "self", "other", "da", "db"),
    ]
    backward = ["other = constant(other)", f"{a} = other.data", f"{b} = self.data", *left]
    backward += _node(op, "other", "self", "None", db_alone)
    text = _function(method, "self, other", forward)
    return text + _function(reflected, "self, other", backward) if reflected else text


def pair(row: str) -> str:
    """``def row_pair(a)``: the result and its slope, for an activation on top of a weighted sum."""
    lines, (da,) = _body(_elementwise(row))
    body = "".join([f"    {line}\n" for line in [*lines, f"return y, {da}"]])
    return f"def {row}_pair(a):\n{body}\n\n"


def _elementwise(row: str) -> Elementwise:
    op = TABLE[row]
    assert isinstance(op, Elementwise)
    return op


def _indented(*lines: str) -> list[str]:
    return [f"    {line}" for line in lines]


def _node(op: Elementwise, a: str, b: str, da: str, db: str) -> list[str]:
    """Lines that make the node; setting each attribute here costs half of what a call would."""
    values = {"data": "y", "grad": "0.0", "op": op.name.upper(), "a": a, "b": b, "da": da, "db": db}
    values |= {"seen": "None", "label": '""'}
    return ["node = new(Value)", *[f"node.{k} = {v}" for k, v in values.items()], "return node"]


def _function(method: str, parameters: str, lines: list[str]) -> str:
    body = "".join([f"            {line}\n" for line in lines])
    return f"        def {method}({parameters}):\n{body}\n"


METHODS = {
    "add": ("__add__", "__radd__"),
    "subtract": ("__sub__", "__rsub__"),
    "multiply": ("__mul__", "__rmul__"),
    "divide": ("__truediv__", "__rtruediv__"),
    "power": ("__pow__", "__rpow__"),
    "maximum": ("maximum", ""),
    "minimum": ("minimum", ""),
    "negative": ("__neg__",),
    **{row: (row,) for row in "abs exp expm1 log log1p sqrt sin cos tanh".split()},
    **{row: (row,) for row in "relu sigmoid silu softplus gelu".split()},
}
ACTIVATIONS = "tanh relu sigmoid silu gelu softplus".split()
HEADER = '''"""The methods of ``Value``, written by ``generate`` from the rows of the table: do not edit.

Each computes its result and the local derivatives that the node keeps; None is one through which
nothing flows.
"""

from .ops import elementwise as rows
from .readings.floats import FLOATS

'''


def source() -> str:
    """The text of ``value_methods.py``."""
    pairs = [binary_methods(row, *names) for row, names in METHODS.items() if len(names) == 2]
    single = [unary_method(row, *names) for row, names in METHODS.items() if len(names) == 1]
    methods = "".join([*pairs, *single]).rstrip("\n")
    functions = "".join([pair(row) for row in ACTIVATIONS])
    text = (functions + methods).replace("-", " ")
    used = sorted(function for function in FUNCTIONS if f" {function}(" in text)
    names = "".join([f"{function} = FLOATS.{function}\n" for function in used])
    start = (
        'def methods(Value, constant):\n    """A class that holds the methods, for ``Value`` to take."""\n\n'
    )
    rows = "".join([f"{row.upper()} = rows.{row}\n" for row in METHODS])
    found = ", ".join([f"{row.upper()}: {row}_pair" for row in ACTIVATIONS])
    return (
        f"{HEADER}{names}{rows}new = object.__new__\n\n\n{functions}PAIRS = {{{found}}}\n\n\n"
        f"{start}    class Methods:\n{methods}\n\n    return Methods\n"
    )


def main() -> None:
    """Write the file beside this one."""
    Path(__file__).with_name("value_methods.py").write_text(source(), encoding="utf-8")


if __name__ == "__main__":
    main()
