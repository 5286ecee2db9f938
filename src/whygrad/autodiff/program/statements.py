"""Symbols as calls on arrays: each operation of a rule is one call that writes into a buffer."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..readings.symbols import Symbol, name, number
from .layout import Index
from .templates import fold as fold_numbers
from .views import View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .array_source import ArraySource

CALLS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "neg": "negative"}
UFUNCS = frozenset(
    "exp expm1 log log1p sqrt sin cos tanh abs sign maximum minimum divide power".split()
)  # these, and the calls below, take out=
MASKS = {">": "greater", ">=": "greater_equal"}
UPSTREAM = "g"
G = name(UPSTREAM)


class Operand:
    """What statements name: a view of the flat array, a number, or entries gathered into a buffer."""

    def __init__(
        self, positions: Index, text: str, shape: tuple[int, ...], where: View | None, literal: float | None
    ) -> None:
        self.positions, self.text, self.shape = positions, text, shape
        self.view, self.literal = where, literal


class Statements:
    """Writes calls for a symbol, with scratch buffers that are free again after their use."""

    def __init__(self, source: ArraySource, names: dict[str, Operand]) -> None:
        self.source, self.names = source, names
        self.held: dict[str, tuple[tuple[int, ...], bool]] = {}
        self.known: dict[str, tuple[str, tuple[int, ...]]] = {}

    def full(self, symbol: Any, shape: tuple[int, ...]) -> str:
        """The text of an array of exactly this shape."""
        text, own = self.emit(symbol)
        if own == shape:
            return text
        target = self.buffer(shape)
        self.source.lines.append(f"{target}[...] = {text}")
        return target

    def emit(
        self, symbol: Any, out: str | None = None, shape: tuple[int, ...] = ()
    ) -> tuple[str, tuple[int, ...]]:
        """Statements that compute the symbol; the text that stands for it, and its shape."""
        s = squares(fold_numbers(number(symbol)))
        if out is None:
            return self._emit(s)
        if s.head in ("name", "number"):
            self.source.lines.append(f"{out}[...] = {self._emit(s)[0]}")
        else:
            self._apply(s, out, shape)
        return out, shape

    def close(self) -> None:
        """Free all buffers."""
        for text, (shape, mask) in self.held.items():
            self.source.release(text, shape, mask)
        self.held = {}

    def buffer(self, shape: tuple[int, ...], mask: bool = False) -> str:
        """A scratch buffer, held until it is consumed."""
        text = self.source.scratch(shape, mask)
        self.held[text] = shape, mask
        return text

    def _emit(self, s: Symbol) -> tuple[str, tuple[int, ...]]:
        if s.head == "name":
            operand = self.names[s.args[0]]
            return operand.text, operand.shape
        if s.head == "number":
            return self.source.number(float(s.args[0])), ()
        key = repr(s)
        if key not in self.known:
            self.known[key] = self._apply(s, None, ())
        return self.known[key]

    def _apply(self, s: Symbol, out: str | None, shape: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        if s.head == "T":
            text, (n, m) = self._emit(s.args[0])
            return self.source.name(f"{text}.T", f"{text}_T"), (m, n)
        args = [self._emit(a) for a in s.args]
        texts = [text for text, _ in args]
        if s.head == "matmul":
            own = args[0][1][0], args[1][1][1]
            target = out or self.buffer(own)
            self.source.dot(f"{texts[0]}.dot({texts[1]}", target)
            return target, own
        own = np.broadcast_shapes(*[shape for _, shape in args])
        mask = s.head in MASKS
        target = out or self.buffer(own, mask)
        inside = ", ".join(texts)
        if s.head == "step":
            self.source.lines.append(f"greater({inside}, {self.source.number(0.0)}, out={target})")
        elif mask or s.head in CALLS or s.head in UFUNCS:
            call = MASKS.get(s.head) or CALLS.get(s.head, s.head)
            self.source.lines.append(f"{call}({inside}, out={target})")
        else:
            self.source.lines.append(f"{target}[...] = {s.head}({inside})")
        return target, own


def squares(s: Symbol) -> Symbol:
    """x to the power of 2 written as x · x, which NumPy computes many times faster."""
    if s.head in ("name", "number"):
        return s
    args = [squares(a) for a in s.args]
    if s.head == "power" and args[1].head == "number" and args[1].args[0] == 2:
        return Symbol("*", args[0], args[0])
    return Symbol(s.head, *args, keywords=s.keywords)
