"""Rows of the table as text of Python: the forward rule and each local derivative, read on symbols.

The text computes what the reading on plain numbers does, in the same order, so both agree to the last bit.
"""

from __future__ import annotations

from collections import Counter

from ..op import Elementwise
from ..ops import arrays as _arrays  # noqa: F401 - rules of numbers use xp.where, which is a row there
from ..readings.symbols import STEPS, Symbol, name, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Part = str | tuple[int, int]  # text, or (operand, how tightly its surroundings bind)

SUM, PRODUCT, SIGN, ATOM = 1, 2, 3, 9  # how tightly an expression binds
LEVELS = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "neg": SIGN}
CHOICES = {  # base functions without a call; the reading on numbers has the same cases
    "maximum": "({0} if {0} > {1} or {0} != {0} else {1})",
    "minimum": "({0} if {0} < {1} or {0} != {0} else {1})",
    "step": "(1.0 if {0} > 0.0 else 0.0)",
    "sign": "(1.0 if {0} > 0.0 else -1.0 if {0} < 0.0 else {0} * 1.0)",
}
MASKS = frozenset([">", ">="])
TERMS = 30  # as many on a line: the parser of Python nests one level for each
RESULT, STEP = -1, -2  # the operand numbers of y, and of the first step; those of further steps go down
UPSTREAM = -1_000_000  # and that of the upstream gradient


class Text:
    """An expression as parts, and how tightly it binds."""

    __slots__ = ("level", "parts")

    def __init__(self, level: int, *parts: Part) -> None:
        self.level, self.parts = level, parts

    def within(self, level: int) -> tuple[Part, ...]:
        """The parts, in parentheses where the surroundings bind more tightly."""
        if len(self.parts) == 1 and not isinstance(self.parts[0], str):
            return ((self.parts[0][0], level),)
        return self.parts if self.level >= level else ("(", *self.parts, ")")

    def operands(self) -> list[int]:
        """The operands and the result, as often as they occur."""
        return [part[0] for part in self.parts if not isinstance(part, str) and part[0] >= RESULT]

    def fill(self, operands: dict[int, tuple[str, int]]) -> str:
        """The text with (expression, level) put in for each operand."""
        filled = []
        for part in self.parts:
            if part.__class__ is str:
                filled.append(part)
            else:
                text, level = operands[part[0]]  # type: ignore[index]
                filled.append(text if level >= part[1] else f"({text})")  # type: ignore[operator]
        return "".join(filled)


class Expression:
    """What has to be assigned first, in order, and the text that uses it.

    The steps are operands of what comes after them, numbered from ``STEP`` down.
    """

    def __init__(self, steps: list[Text], text: Text) -> None:
        self.steps, self.text = steps, text
        self.operands = [k for part in [*steps, text] for k in part.operands()]


class Template:
    """A row with some operands known in advance: forward rule, and what it passes on, as expressions.

    ``literals[k]`` is the number that operand k always is, or None. ``careful`` text calls functions that
    give inf or NaN where plain Python raises.
    """

    def __init__(self, op: Elementwise, literals: tuple[float | None, ...], careful: bool) -> None:
        xs = [name(f"#{k}") if known is None else number(known) for k, known in enumerate(literals)]
        self.forward = _fold_weighted(op, xs) if op.variadic else _expression(op.forward(STEPS, *xs), careful)
        self.op, self.xs, self.careful = op, xs, careful
        g, y = name(f"#{UPSTREAM}"), name(f"#{RESULT}")
        self.pulled = [
            _expression(_local_first(op.pull(k, STEPS, g, y, xs)), careful) if op.flows(k) else None
            for k in range(len(xs))
        ]
        counts = Counter(self.forward.operands)
        #: operands that occur more than once, or before the result: no expression may stand for them
        self.named = [k for k in range(len(xs)) if self.forward.steps or counts[k] > 1]

    def local(self, k: int) -> Expression:
        """The local derivative alone: what an upstream gradient of 1 gives."""
        return _expression(self.op.local(k, STEPS, name(f"#{RESULT}"), self.xs), self.careful)


def _local_first(s: Any) -> Any:
    """Local times upstream, which needs fewer parentheses than the other way round."""
    return Symbol("*", *reversed(s.args)) if s.head == "*" else s


def _fold_weighted(op: Elementwise, xs: list[Symbol]) -> Expression:
    """b + Σ w x a few terms at a time, each part the next one's b: no line nests deeply."""
    n = len(xs) // 2
    weights, inputs, bias = xs[1 : n + 1], xs[n + 1 :], xs[0]
    steps: list[Text] = []
    for start in range(0, n, TERMS):
        part = slice(start, start + TERMS)
        steps.append(_expression(op.forward(STEPS, bias, *weights[part], *inputs[part]), False).text)
        bias = name(f"#{STEP - len(steps) + 1}")
    return Expression(steps[:-1], steps[-1]) if steps else _expression(bias, False)


def _expression(symbol: Any, careful: bool) -> Expression:
    writer = _Writer(careful)
    folded = fold(number(symbol))
    writer.count(folded)
    text = writer.write(folded)
    return Expression(writer.steps, text)


def fold(s: Any) -> Any:
    """The symbol with arithmetic on plain numbers done; x times 1, and x to the power of 1, are x."""
    if s.head in ("name", "number"):
        return s
    args = [fold(a) for a in s.args]
    if all([a.head == "number" for a in args]) and s.head in ("+", "-", "*", "neg"):
        numbers = [float(a.args[0]) for a in args]
        if s.head == "neg":
            return number(-numbers[0])
        a, b = numbers
        return number(a + b if s.head == "+" else a - b if s.head == "-" else a * b)
    if s.head == "*":
        for one, other in (args, args[::-1]):
            if one.head == "number" and one.args[0] == 1:
                return other
    if s.head == "power" and args[1].head == "number" and args[1].args[0] == 1:
        return args[0]
    if s.head == "strong_multiply" and args[0].head == "number" and args[0].args[0]:
        return Symbol("*", *args)
    if s.head == "strong_multiply" and args[0].head in MASKS:
        return Symbol("where", args[0], args[1], number(0.0))
    return Symbol(s.head, *args, keywords=s.keywords)


class _Writer:
    def __init__(self, careful: bool) -> None:
        self.careful = careful
        self.steps: list[Text] = []
        self.counts: dict[str, int] = {}
        self.known: dict[str, Text] = {}

    def count(self, s: Symbol) -> None:
        """How often each part occurs: what occurs twice is assigned."""
        key = repr(s)
        self.counts[key] = self.counts.get(key, 0) + 1
        if s.head not in ("name", "number") and self.counts[key] == 1:
            for a in s.args:
                self.count(a)

    def write(self, s: Symbol) -> Text:
        if s.head == "name":
            return Text(ATOM, (int(s.args[0][1:]), ATOM))
        if s.head == "number":
            return literal(float(s.args[0]))
        key = repr(s)
        if key in self.known:
            return self.known[key]
        text = self.apply(s)
        if self.counts[key] > 1:
            text = self.known[key] = self.assign(text)
        return text

    def assign(self, text: Text) -> Text:
        """A name for the text, to be used more than once."""
        self.steps.append(text)
        return Text(ATOM, (STEP - len(self.steps) + 1, ATOM))

    def simple(self, text: Text) -> Text:
        """The text itself where it is a name or a number, else a name for it."""
        return text if len(text.parts) == 1 else self.assign(text)

    def apply(self, s: Symbol) -> Text:
        head = "/" if s.head == "divide" and not self.careful else s.head
        if head in MASKS:
            return self.choice("(1.0 if {0} else 0.0)", [self.condition(s)])
        if head == "where":
            condition, a, b = s.args
            return self.choice("({1} if {0} else {2})", [self.condition(condition), *map(self.write, (a, b))])
        args = [self.write(a) for a in s.args]
        if head in CHOICES:
            return self.choice(CHOICES[head], [self.simple(a) for a in args])
        if head == "neg":
            return Text(SIGN, "-", *args[0].within(SIGN))
        if head in LEVELS:
            level = LEVELS[head]
            return Text(level, *args[0].within(level), f" {head} ", *args[1].within(level + 1))
        parts: list[Part] = [f"{head}("]
        for k, a in enumerate(args):
            parts += [", "] * (k > 0) + list(a.within(SUM))
        return Text(ATOM, *parts, ")")

    def condition(self, s: Symbol) -> Text:
        a, b = [self.write(a) for a in s.args]
        return Text(0, *a.within(SUM), f" {s.head} ", *b.within(SUM))

    @staticmethod
    def choice(pattern: str, args: list[Text]) -> Text:
        """A pattern in which {k} stands for the k-th argument."""
        parts: list[Part] = []
        for piece in pattern.replace("}", "{").split("{"):
            parts += list(args[int(piece)].within(SUM)) if piece.isdigit() else [piece] * bool(piece)
        return Text(ATOM, *parts)


def literal(value: float) -> Text:
    """A number as it stands in a program; ``inf`` and ``nan`` are names there."""
    text = repr(value)
    return Text(SIGN if text.startswith("-") else ATOM, text)
