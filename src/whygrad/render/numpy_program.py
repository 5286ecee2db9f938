"""A trace as a program in NumPy that computes the same step: each rule of the table, read on symbols.

Forward rules and derivative rules come from the rows themselves; here is only how their symbols are
written in Python.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..autodiff.op import Elementwise, Op
from ..autodiff.readings.symbols import BASE, WORDS, Symbol, name, number
from ..autodiff.table import TABLE
from ..errors import SettingError
from ..trace.record import Quantity, Record, Trace
from ..trace.updates import NORM
from .identifiers import identifiers

LEVEL = {">": 0, ">=": 0, "+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "matmul": 2}
TEXT = {"matmul": "@"}
CALLS = {"maximum": "np.maximum", "minimum": "np.minimum", "abs": "np.abs", "divide": "np.divide",
         "power": "np.power", "sign": "np.sign", "where": "np.where"}  # fmt: skip
CALLS |= {f: f"np.{f}" for f in "exp expm1 log log1p sqrt sin cos tanh".split()}
REDUCED = frozenset(["sum", "mean", "max"])
HELPERS = {
    "strong_multiply": "def strong_multiply(a, b):\n    return np.where(a == 0, 0.0, a * b)\n",
    "one_hot": "def one_hot(labels, z):\n    return np.eye(z.shape[1])[labels]\n",
    "take_label": "def take_label(z, labels):\n    return z[np.arange(len(labels)), labels]\n",
    "strong_log": "def strong_log(a):\n    return np.log(np.where(a == 0, 1.0, a))\n",
    "bounded": "def bounded(a):\n    return np.clip(a, -1000.0, 1000.0)\n",
    "compare": "def compare(a, b):\n    return np.greater(a, b) * 1.0 - np.less(a, b)\n",
    "step": "def step(a):\n    return (a > 0).astype(float)\n",
}
POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
NAMED = frozenset("softmax log_softmax normalize standardize".split())
MOST_NUMBERS = 200_000
HEAD = '''"""{title}

Every number of one training step, in NumPy alone: run it, and it prints them.
"""

import numpy as np

'''
SHOW = """

def show(name, value):
    print(f"{name} = {np.asarray(value).tolist()}")


"""


def numpy_script(trace: Trace) -> str:
    """The program.

    Raises
    ------
    SettingError
        If the trace is not of layers, or too large to be written out.

    Examples
    --------
    >>> from whygrad.runs.step import open_session
    >>> print(numpy_script(open_session().observe()))  # doctest: +ELLIPSIS
    \"\"\"One training step: xor, 2-2-1
    ...
    z1 = x @ W1 + b1
    ...
    """
    check_writable(trace, MOST_NUMBERS)
    return _Script(trace).text()


def check_writable(trace: Trace, most: int) -> None:
    """Refuse what cannot become a program.

    Raises
    ------
    SettingError
        Saying why.
    """
    if trace.kind != "layers":
        raise SettingError(
            "a program can be written for a network of layers", received=f"a graph of {trace.kind}"
        )
    size = sum(q.data.size for q in given(trace))
    if size > most:
        raise SettingError(
            "this step is too large to be written out as a program",
            expected=f"at most {most:,} numbers that go in",
            received=f"{size:,}",
            hint="fewer rows, smaller layers, or --format json",
        )


def given(trace: Trace) -> list[Quantity]:
    """What nothing in the trace computes: data, parameters, masks, what is kept from earlier steps."""
    made = {record.name for record in trace.records}
    made |= {line.result.name for r in trace.update for line in r.lines if not kept(line.formula)}
    found = [q for record in trace.records if record.kind in ("forward", "loss") for q in record.inputs]
    found += [line.result for record in trace.update for line in record.lines]
    return list({q.name: q for q in found if q.name not in made}.values())


def kept(formula: str) -> bool:
    """Whether an update's line says what earlier steps left, rather than computing something."""
    return formula.endswith((", 0 at the start", " so far"))


class _Script:
    """A program under construction."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        totals = [q for q in trace.gradients.values() if q.role == "gradient"]
        known = [name for name, quantity in trace.quantities.items() if quantity.role != "start"]
        names = dict.fromkeys([*known, *[q.name for q in totals]])
        self.names = identifiers(names, taken=("np", "n", "show", *TABLE))
        self.helpers: dict[str, str] = {}
        self.lines: list[str] = []
        self.variants: dict[str, list[dict[str, Any]]] = {}

    def text(self) -> str:
        """The whole program."""
        title = str(self.trace.about.get("title", "One training step"))
        for heading, kind in (("forward", "forward"), ("loss", "loss"), ("backward", "backward")):
            self.lines.append(f"\n# {heading}")
            for record in self.trace.of_kind(kind):
                self.compute(record)
                self.put(record.output)
        self.totals()
        self.update()
        constants = "".join([f"{self.names[q.name]} = {_literal(q)}\n" for q in given(self.trace)])
        body = "\n".join(self.lines)
        uses_n = re.search(r"\bn\b", body) is not None
        rows = f"n = {self.trace.samples}  # rows of the batch\n" if uses_n else ""
        helpers = "\n\n".join(self.helpers.values())
        helpers += "\n" if helpers else ""
        return f"{HEAD.format(title=title)}{constants}{rows}{SHOW}{helpers}{body}\n"

    def put(self, quantity: Quantity) -> None:
        """Print a quantity."""
        self.lines.append(f"show({quantity.name!r}, {self.names[quantity.name]})")

    def compute(self, record: Record) -> None:
        """The line of a record."""
        symbols = [name(self.names[q.name]) for q in record.inputs]
        left = self.names[record.name]
        if record.kind != "backward":
            self.lines.append(f"{left} = {self.result(record.row, symbols)}")
            return
        assert record.forward is not None
        assert record.upstream is not None
        assert record.position is not None
        g = number(1.0) if record.upstream.role == "start" else name(self.names[record.upstream.name])
        y = name(self.names[record.forward.name])
        pulled = self.write(number(record.row.pull(record.position, WORDS, g, y, symbols)), -1)
        pulled = pulled.removeprefix("1.0 * ")
        summed = isinstance(record.row, Elementwise) or record.op in NAMED
        if summed and record.output.data.size < record.forward.output.data.size:
            pulled = f"np.sum({pulled}, axis=0)"
        self.lines.append(f"{left} = {pulled}")

    def result(self, op: Op, symbols: list[Symbol]) -> str:
        """A forward rule: by name where it has a name of its own, spelled out otherwise."""
        named = op.name in NAMED or (
            isinstance(op, Elementwise) and len(symbols) == 1 and op.name not in BASE
        )
        if named:
            called = self.called(op)
            self.helper(called, op)
            return f"{called}({', '.join([self.write(s, -1) for s in symbols])})"
        return self.write(number(op.forward(WORDS, *symbols)), -1)

    def called(self, op: Op) -> str:
        """The name of a row's function: a number tells apart rows of one name with other keywords."""
        variants = self.variants.setdefault(op.name, [])
        if op.keywords not in variants:
            variants.append(op.keywords)
        place = variants.index(op.keywords)
        return op.name if place == 0 else f"{op.name}_{place + 1}"

    def helper(self, called: str, op: Op | None = None) -> None:
        """A function of the program for a row that others use by name."""
        if called in self.helpers:
            return
        if called in HELPERS:
            self.helpers[called] = HELPERS[called]
            return
        row: Op = op or TABLE[called]
        self.helpers[called] = ""  # holds its place: helpers of the helper come after it, which is fine
        inputs = [name(i) for i in row.inputs]
        body = self.write(number(row.forward(WORDS, *inputs)), -1)
        self.helpers[called] = f"def {called}({', '.join(row.inputs)}):\n    return {body}\n"

    def totals(self) -> None:
        """Gradients with several contributions: their sum."""
        for of, total in self.trace.gradients.items():
            parts = [r for r in self.trace.backward if r.inputs[r.position or 0].name == of]
            if total.role == "gradient" and total.name not in [r.name for r in parts]:
                right = " + ".join([self.names[r.name] for r in parts])
                self.lines.append(f"{self.names[total.name]} = {right}")
                self.put(total)

    def update(self) -> None:
        """The lines of the optimizer."""
        if not self.trace.update:
            return
        self.lines.append("\n# update")
        done: set[str] = set()
        for record in self.trace.update:
            for line in record.lines:
                if kept(line.formula) or line.result.name in done:
                    continue
                done.add(line.result.name)
                right = line.formula.split(" = ", 1)[1]
                self.lines.append(f"{self.names[line.result.name]} = {self.program(right)}")
                self.put(line.result)

    def program(self, formula: str) -> str:
        """A formula of an update as Python."""
        if formula == NORM:
            gradients = {record.inputs[1].name: None for record in self.trace.update}
            parts = " + ".join([f"np.sum({self.names[g]} ** 2)" for g in gradients])
            return f"np.sqrt({parts})"
        return formula_source(formula, self.names, "np.sqrt")

    def write(self, s: Symbol, level: int) -> str:
        """A symbol as Python, in parentheses where its surroundings bind more tightly."""
        if s.head == "name":
            return str(s.args[0])
        if s.head == "number":
            return repr(s.args[0])
        if s.head == "size":
            return f"{self.write(s.args[0], 5)}.size"
        if s.head in ("T", "matrix_transpose"):
            return f"{self.write(s.args[0], 5)}.T"
        if s.head in LEVEL:
            own = LEVEL[s.head]
            text = self.infix(s, own)
            return f"({text})" if own < level or own == 0 else text
        return self.call(s)

    def infix(self, s: Symbol, own: int) -> str:
        """An operator between its operands."""
        if s.head == "neg":
            return f"-{self.write(s.args[0], own)}"
        a, b = s.args
        tighter = own + (s.head in ("-", "/", "*", "matmul"))
        return f"{self.write(a, own)} {TEXT.get(s.head, s.head)} {self.write(b, tighter)}"

    def call(self, s: Symbol) -> str:
        """A function call."""
        arguments = [self.write(number(a), -1) for a in s.args]
        if s.head == "sum_to":
            return f"np.sum({arguments[0]}, axis=0)"
        if s.head in REDUCED:
            more = [
                f"{key}={value!r}"
                for key, value in s.keywords.items()
                if value is not None and value is not False
            ]
            return f"np.{s.head}({', '.join([*arguments, *more])})"
        if s.head in ("spread", "broadcast_to"):
            return arguments[0]
        if s.head in CALLS:
            return f"{CALLS[s.head]}({', '.join(arguments)})"
        self.helper(s.head)
        return f"{s.head}({', '.join(arguments)})"


def formula_source(formula: str, names: Mapping[str, str], root: str) -> str:
    """A formula of an update, with its names replaced, as Python."""
    known = sorted(names, key=len, reverse=True)
    pattern = re.compile(f"({'|'.join(map(re.escape, known))})")
    pieces = [names.get(piece) or _python(piece) for piece in pattern.split(formula)]
    text = "".join(pieces)
    return re.sub(r"√(\w+)", rf"{root}(\1)", text)


def _python(piece: str) -> str:
    piece = piece.replace("·", " * ").replace("−", "-")
    return re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda match: f" ** {match.group().translate(POWERS)}", piece)


def _literal(quantity: Quantity) -> str:
    """An array written out, with all its digits."""
    data: Any = quantity.data
    kind = "" if data.dtype.kind in "iub" else ", dtype=float"
    if data.dtype == np.float32:
        kind = ", dtype=np.float32"
    text = repr(data.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
    return f"np.array({text}{kind})"
