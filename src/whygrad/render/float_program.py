"""A trace as a program of plain floats, without NumPy: one line for each number.

The rules of the table are run once more, on arrays whose entries are pieces of source: what comes out
of an entry is the line that computes it.
"""

from __future__ import annotations

from functools import partial, reduce
from typing import Any

import numpy as np

from ..autodiff.op import Elementwise
from ..autodiff.readings import Guards
from ..autodiff.readings import arrays as numpy_reading
from ..autodiff.readings.symbols import BASE
from ..autodiff.table import TABLE
from ..errors import SettingError
from ..trace.record import Quantity, Record, Trace
from ..trace.updates import NORM
from .identifiers import identifiers
from .numpy_program import check_writable, formula_source, given, kept

MOST_NUMBERS = 2_000
MOST_TEXT = 3_000_000
HEAD = '''"""{title}

Every number of one training step, in plain Python, number by number: run it, and it prints them.
"""

from math import cos, exp, expm1, log, log1p, sin, sqrt, tanh

nan, inf = float("nan"), float("inf")


def sign(a):
    return (a > 0) - (a < 0)


def divide(a, b):
    return a / b if b else nan if a == 0 or a != a else inf if a > 0 else -inf


def power(a, b):
    return a**b


def strong_multiply(a, b):
    return 0.0 if a == 0 else a * b


def strong_log(a):
    return log(a) if a else 0.0


def bounded(a):
    return max(min(a, 1000.0), -1000.0)


def compare(a, b):
    return (a > b) - (a < b)
'''
LEVELS = {"+": 1, "-": 1, "*": 2, "/": 2}


class Source:
    """A piece of source that stands for one number; operators write the operation."""

    __slots__ = ("level", "text")

    def __init__(self, text: str, level: int = 9) -> None:
        self.text, self.level = text, level

    def within(self, level: int) -> str:
        """The text, in parentheses where its surroundings bind more tightly."""
        return f"({self.text})" if self.level < level else self.text

    def __neg__(self) -> Source:
        return Source(f"-{self.within(3)}", 3)

    def __bool__(self) -> bool:
        raise TypeError("a rule may not branch on a value")


def _source(x: Any) -> Source:
    """A number as source; source stays what it is."""
    if isinstance(x, Source):
        return x
    value = float(x)
    text = repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return Source(text, 3 if text.startswith("-") else 9)


def _binary(sign: str, a: Any, b: Any) -> Source:
    own = LEVELS[sign]
    left, right = _source(a), _source(b)
    tighter = own + (sign in "-/*")
    return Source(f"{left.within(own)} {sign} {right.within(tighter)}", own)


def _install() -> None:
    for method, sign in {"add": "+", "sub": "-", "mul": "*", "truediv": "/"}.items():
        setattr(Source, f"__{method}__", partialmethod(sign, False))
        setattr(Source, f"__r{method}__", partialmethod(sign, True))


def partialmethod(sign: str, reflected: bool) -> Any:
    """An operator of :class:`Source`; arrays beside it take over."""

    def operate(self: Source, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        return _binary(sign, other, self) if reflected else _binary(sign, self, other)

    return operate


_install()


class Sources(np.ndarray[Any, Any]):
    """An array of source, on which a comparison is source too; plain arrays would decide it."""

    def __gt__(self, other: Any) -> Any:
        return _compare(">", self, other)

    def __ge__(self, other: Any) -> Any:
        return _compare(">=", self, other)


def _compare(sign: str, a: Any, b: Any) -> Any:
    return np.frompyfunc(lambda p, q: Source(f"({_source(p).text} {sign} {_source(q).text})"), 2, 1)(a, b)


class _Floats(Guards):
    """``xp`` for arrays of source."""

    def __init__(self, helpers: dict[str, str]) -> None:
        self.helpers = helpers
        for function in "exp expm1 log log1p sqrt sin cos tanh sign abs".split():
            setattr(self, function, partial(_each, function))
        for function, name in {"maximum": "max", "minimum": "min"}.items():
            setattr(self, function, partial(_each, name))
        for function in ("divide", "power", "strong_multiply", "strong_log", "bounded", "compare"):
            setattr(self, function, partial(_each, function))

    def __getattr__(self, name: str) -> Any:
        row = TABLE.get(name)
        if row is None:
            raise AttributeError(name)
        if isinstance(row, Elementwise) and len(row.inputs) == 1 and name not in BASE:
            if name not in self.helpers:
                self.helpers[name] = ""
                body = _scalar(row.forward(self, _array("a"))).text
                self.helpers[name] = f"def {name}(a):\n    return {body}\n"
            return partial(_each, name)
        return partial(row.forward, self)

    matmul = staticmethod(np.matmul)
    reshape = staticmethod(lambda a, *, shape: np.reshape(a, shape))
    spread = staticmethod(numpy_reading.spread)
    sum_to = staticmethod(numpy_reading.sum_to)

    @staticmethod
    def sum(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
        """Additions, one after the other."""
        return np.asarray(np.sum(np.asarray(a, object), axis=axis, keepdims=keepdims), object)

    @staticmethod
    def mean(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
        """The sum over the number of entries."""
        total = np.asarray(np.sum(a, axis=axis, keepdims=keepdims), object)
        return total / (a.size // total.size)

    @staticmethod
    def max(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
        """``max(…)`` of all entries along the axis."""
        pairwise = np.frompyfunc(lambda p, q: Source(f"max({_source(p).text}, {_source(q).text})"), 2, 1)
        if axis is None:
            return np.asarray(reduce(pairwise, a.ravel()), object)
        return pairwise.reduce(a, axis=axis, keepdims=keepdims)

    @staticmethod
    def step(a: Any) -> Any:
        """1 above 0."""
        return np.frompyfunc(lambda v: Source(f"(1.0 if {_source(v).text} > 0 else 0.0)"), 1, 1)(a)

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        """A choice."""
        choose = np.frompyfunc(
            lambda c, p, q: Source(f"({_source(p).text} if {_source(c).text} else {_source(q).text})"), 3, 1
        )
        return choose(condition, a, b)

    @staticmethod
    def one_hot(labels: Any, z: Any) -> Any:
        """Zeros with a one at the label."""
        out = np.zeros(z.shape, object)
        out[np.arange(len(labels)), labels] = 1
        return out

    @staticmethod
    def take_label(z: Any, labels: Any) -> Any:
        """The entry at the label."""
        return z[np.arange(len(labels)), labels]

    @staticmethod
    def fit(contribution: Any, target: Any) -> Any:
        """The gradient in the shape of its input."""
        contribution = np.asarray(contribution, object)
        if contribution.shape != target.shape:
            contribution = np.asarray(numpy_reading.sum_to(contribution, shape=target.shape), object)
        return contribution


def _each(function: str, *arrays: Any) -> Any:
    """A function of numbers, entry by entry."""
    call = np.frompyfunc(
        lambda *xs: Source(f"{function}({', '.join([_source(x).text for x in xs])})"), len(arrays), 1
    )
    return np.asarray(call(*arrays), object)


def _array(text: str) -> Any:
    out = np.empty((), object)
    out[()] = Source(text)
    return out.view(Sources)


def _scalar(array: Any) -> Source:
    return _source(array.item() if isinstance(array, np.ndarray) else array)


def float_script(trace: Trace) -> str:
    """The program.

    Raises
    ------
    SettingError
        If the trace is not of layers, or too large to be written number by number.

    Examples
    --------
    >>> from whygrad.runs.step import open_session
    >>> print(float_script(open_session().observe()))  # doctest: +ELLIPSIS
    \"\"\"One training step: xor, 2-2-1
    ...
    z1_0_0 = x_0_0 * W1_0_0 + x_0_1 * W1_1_0 + b1_0
    ...
    """
    check_writable(trace, MOST_NUMBERS)
    return _Script(trace).text()


class _Script:
    """A program under construction."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        known = [name for name, quantity in trace.quantities.items() if quantity.role != "start"]
        self.names = identifiers(known, taken=("nan", "inf", *TABLE))
        self.helpers: dict[str, str] = {}
        self.xp = _Floats(self.helpers)
        self.arrays: dict[str, Any] = {}
        self.lines: list[str] = []
        self.size = 0

    def text(self) -> str:
        """The whole program."""
        for quantity in given(self.trace):
            self.constant(quantity)
        for kind in ("forward", "loss", "backward"):
            self.lines.append(f"\n# {kind}")
            for record in self.trace.of_kind(kind):
                self.compute(record)
        self.totals()
        self.update()
        title = str(self.trace.about.get("title", "One training step"))
        helpers = "".join([f"\n\n{text}" for text in self.helpers.values()])
        body = "\n".join(self.lines)
        return f"{HEAD.format(title=title)}{helpers}\n\n{body}\n"

    def constant(self, quantity: Quantity) -> None:
        """An array that is given, number by number; whole numbers that count stay out."""
        if quantity.data.dtype.kind in "iub":
            self.arrays[quantity.name] = quantity.data
            return
        self.assign(quantity, quantity.data)

    def assign(self, quantity: Quantity, values: Any) -> None:
        """A line for each entry; from here on the entries go by their names."""
        values = np.broadcast_to(np.asarray(values, object), quantity.shape)
        out = np.empty(quantity.shape, object)
        for place in np.ndindex(quantity.shape):
            name = "_".join([self.names[quantity.name], *map(str, place)])
            line = f"{name} = {_source(values[place]).text}"
            self.size += len(line)
            self.lines.append(line)
            out[place] = Source(name)
        if self.size > MOST_TEXT:
            raise SettingError(
                "this step is too large to be written out number by number",
                hint="fewer rows, smaller layers, or --format python, which has arrays",
            )
        self.arrays[quantity.name] = out.view(Sources)

    def show(self, quantity: Quantity) -> None:
        """Print an array as nested lists."""
        names = np.empty(quantity.shape, object)
        for place in np.ndindex(quantity.shape):
            names[place] = self.arrays[quantity.name][place].text
        text = repr(names.tolist()).replace("'", "")
        self.lines.append(f'print("{quantity.name} =", {text})')

    def compute(self, record: Record) -> None:
        """The lines of a record."""
        xs = [self.arrays[q.name] for q in record.inputs]
        if record.kind == "backward":
            assert record.forward is not None
            assert record.upstream is not None
            assert record.position is not None
            start = record.upstream.role == "start"
            g = np.ones((), object) if start else self.arrays[record.upstream.name]
            y = self.arrays[record.forward.name]
            values = record.row.pull(record.position, self.xp, g, y, xs)
        else:
            values = record.row.forward(self.xp, *xs)
        self.assign(record.output, values)
        self.show(record.output)

    def totals(self) -> None:
        """Gradients with several contributions: their sum."""
        for of, total in self.trace.gradients.items():
            parts = [r for r in self.trace.backward if r.inputs[r.position or 0].name == of]
            if total.role == "gradient" and total.name not in [r.name for r in parts]:
                self.assign(total, sum([self.arrays[r.name] for r in parts[1:]], self.arrays[parts[0].name]))
                self.show(total)

    def update(self) -> None:
        """The lines of the optimizer."""
        if not self.trace.update:
            return
        self.lines.append("\n# update")
        done: set[str] = set()
        for record in self.trace.update:
            for line in record.lines:
                quantity = line.result
                if kept(line.formula) or quantity.name in done:
                    continue
                done.add(quantity.name)
                right = line.formula.split(" = ", 1)[1]
                values = np.empty(quantity.shape, object)
                for place in np.ndindex(quantity.shape):
                    values[place] = Source(self.formula(right, place))
                self.assign(quantity, values)
                self.show(quantity)

    def formula(self, right: str, place: tuple[int, ...]) -> str:
        """The right side of an update's line for one entry."""
        if right == NORM:
            gradients = {record.inputs[1].name: None for record in self.trace.update}
            squares = [f"{v.text} ** 2" for g in gradients for v in self.arrays[g].ravel()]
            return f"sqrt({' + '.join(squares)})"
        here = {
            name: array[place if array.ndim else ()].text
            for name, array in self.arrays.items()
            if array.dtype == object and (array.ndim == 0 or array.ndim == len(place))
            if array.ndim == 0 or all(i < n for i, n in zip(place, array.shape, strict=True))
        }
        return formula_source(right, here, "sqrt")
