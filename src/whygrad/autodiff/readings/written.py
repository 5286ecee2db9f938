"""The reading that writes: a rule is run once on arrays, and its NumPy calls are kept as Python source.

Everything that follows from shapes and dtypes is decided then: which axes are summed to undo broadcasting,
which numbers are constants, which intermediate arrays a later call may write into. What is left is what the
rule does on arrays, call by call and in the same order, so results are the same to the last bit.

>>> from whygrad.autodiff.ops.elementwise import tanh
>>> writer = Writer()
>>> g, y, a = [writer.given(name, np.ones((2, 3))) for name in "gya"]
>>> lines, names = writer.lines([tanh.pull(0, writer, g, y, [a])])
>>> text, pull = writer.function("pull(g, y)", [*lines, f"return {names[0]}"])
>>> print(text, end="")
def pull(g, y, k1=array(1.0, 'float64')):
    t1 = multiply(y, y)
    subtract(k1, t1, t1)
    t3 = multiply(g, t1)
    return t3
>>> pull(np.array([4.0, 8.0]), np.array([0.5, 0.0]))
array([3., 8.])
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

import numpy as np

from . import Namespace
from .arrays import FUNCTIONS, kept_ones
from .symbols import BASE

LONGEST = 4096  # entries of a vector of ones that a function keeps
PLAIN = (int, float, bool)  # numbers that take the dtype of the array beside them
UFUNCS = {name: f for name, f in FUNCTIONS.items() if isinstance(f, np.ufunc)}
UFUNCS |= {"log": np.log, "sign": np.sign, "divide": np.divide}  # of arrays; of Python numbers, see ARRAYS
INFIX: dict[Any, tuple[str, Callable[..., Any]]] = {
    np.add: ("+", operator.add),
    np.subtract: ("-", operator.sub),
    np.multiply: ("*", operator.mul),
    np.divide: ("/", operator.truediv),
    np.greater: (">", operator.gt),
    np.greater_equal: (">=", operator.ge),
}
WRITERS = [*UFUNCS.values(), *INFIX, np.negative]
IN_PLACE = frozenset(WRITERS) - {np.maximum, np.minimum, np.power}  # maximum and minimum want out= by name
NAMES: dict[str, Any] = {  # what the source may name
    **{f"xp_{name}": function for name, function in FUNCTIONS.items()},
    **{ufunc.__name__: ufunc for ufunc in WRITERS},
    **dict(reduce=np.add.reduce, array=np.array, asarray=np.asarray, kept_ones=kept_ones),
    **dict(vdot=np.vdot, isfinite=isfinite, float=float),
}
NAME = re.compile(r"\bt\d+\b")  # of an intermediate result


class NotWritten(Exception):
    """A rule does what this reading cannot write down: it is run on arrays each time."""


class Written:
    """A value while a rule is written down: the array itself, and the name that holds it in the source."""

    __slots__ = ("lies_as", "name", "scratch", "value", "writer")
    __hash__ = object.__hash__
    __array_ufunc__ = None  # so that NumPy leaves operators to this class

    def __init__(self, writer: Writer, name: str, value: Any, scratch: bool = False) -> None:
        self.writer, self.name, self.value = writer, name, value
        self.scratch = scratch  # an array of its own, which nobody else has seen
        self.lies_as = name  # whose order of entries in memory it has: this one's for certain

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes along the axes."""
        return self.value.shape  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(self.value.size)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return int(self.value.ndim)

    @property
    def mT(self) -> Written:  # noqa: N802 - NumPy's name
        """The last two axes swapped."""
        name = self.name + (".T" if self.value.ndim == 2 else ".mT")
        return self.writer.note(name, self.value.mT)

    def __getitem__(self, key: Any) -> Written:
        return self.writer.note(f"{self.name}[{self.writer.literal(key)}]", self.value[key])

    def __neg__(self) -> Written:
        return self.writer.ufunc(np.negative, self)

    def __gt__(self, other: Any) -> Written:
        return self.writer.ufunc(np.greater, self, other)

    def __ge__(self, other: Any) -> Written:
        return self.writer.ufunc(np.greater_equal, self, other)

    def __bool__(self) -> bool:
        raise TypeError("a rule may not branch on a value: use a mask or xp.where(condition, a, b)")

    def __eq__(self, other: object) -> bool:
        raise TypeError("a rule may not use ==: nodes compare by identity; use > or >=")


def _install() -> None:
    for ufunc, method in zip(INFIX, ("add", "sub", "mul", "truediv"), strict=False):
        setattr(Written, f"__{method}__", lambda a, b, f=ufunc: a.writer.ufunc(f, a, b))
        setattr(Written, f"__r{method}__", lambda a, b, f=ufunc: a.writer.ufunc(f, b, a))


_install()


class Writer(Namespace):
    """``xp`` for a rule that is to be written down: each function computes its result and notes the call."""

    def __init__(self) -> None:
        super().__init__("arrays")
        self.constants: dict[str, str] = {}  # expression -> name
        self.notes: list[
            tuple[Written, str, tuple[Any, ...], Any]
        ] = []  # result, expression, operands, ufunc
        self.known: dict[str, Written] = {}  # expression -> result: the same call is made once

    def __getattr__(self, name: str) -> Any:
        if name not in BASE and name not in FUNCTIONS:
            return super().__getattr__(name)  # another row, run in this reading
        function = _Base(self, name)
        setattr(self, name, function)
        return function

    # --- what a rule starts from ---------------------------------------------------------------------
    def given(self, name: str, value: Any) -> Written:
        """A value that the lines find under this name."""
        return Written(self, name, value)

    # --- functions that are decided by shapes and dtypes -----------------------------------------------
    def ufunc(self, ufunc: Any, *operands: Any) -> Written:
        """Note a call of a ufunc; between numbers, an operator."""
        values = [_value(x) for x in operands]
        if any([type(v) is np.ndarray for v in values]):
            dtype = np.result_type(*values)
            names = [self._operand(x, dtype) for x in operands]
            return self.note(f"{ufunc.__name__}({', '.join(names)})", ufunc(*values), operands, ufunc)
        names = [self.literal(x) for x in operands]
        if ufunc is np.negative:
            return self.note(f"-{names[0]}", -values[0])
        if ufunc in INFIX:  # what NumPy makes of Python numbers is none
            sign, arithmetic = INFIX[ufunc]
            return self.note(f"{names[0]} {sign} {names[1]}", arithmetic(*values))
        return self.note(f"{ufunc.__name__}({', '.join(names)})", ufunc(*values))

    def _operand(self, x: Any, dtype: np.dtype[Any]) -> str:
        """A number as an array without axes, which NumPy takes in half the time of a Python number."""
        if type(x) in PLAIN and dtype.kind == "f":
            return self.constant(f"array({self.literal(float(x))}, {dtype.name!r})")
        return self.literal(x)

    def strong_multiply(self, a: Any, b: Any) -> Written:
        """a · b, and 0 where a or b is 0; a sum of squares tells whether there is anything to look for."""
        values = [_value(a), _value(b)]
        result = FUNCTIONS["strong_multiply"](*values)
        if not all([type(v) is np.ndarray and v.ndim for v in values]):
            return self.call("strong_multiply", a, b)
        names = [self.literal(a), self.literal(b)]
        looked_at = [n for n, v in zip(names, values, strict=True) if v.dtype.kind == "f"]
        plain = f"multiply({', '.join(names)})"
        if not looked_at:
            return self.note(plain, result, (a, b), np.multiply)
        careful = f"{self.function_of('strong_multiply')}({', '.join(names)})"
        finite = " and ".join([f"isfinite(vdot({n}, {n}))" for n in looked_at])
        found = self.note(f"{plain} if {finite} else {careful}", result)
        found.scratch = True
        return found

    def strong_product(self, a: Any, function: Any, *operands: Any) -> Written:
        """a · function(operands), and 0 where a is 0, whatever the function says."""
        if not isinstance(function, _Base):
            raise NotWritten("strong_product")
        return self.call("strong_product", a, function, *operands)

    def bounded(self, a: Any) -> Written:
        """a, kept within 1000 on either side."""
        return self.ufunc(np.minimum, self.ufunc(np.maximum, a, -1000.0), 1000.0)

    def matmul(self, a: Any, b: Any) -> Written:
        """The product of matrices."""
        result = FUNCTIONS["matmul"](_value(a), _value(b))
        if isinstance(a, Written) and a.ndim == 2 and np.ndim(_value(b)) == 2:
            found = self.note(f"{a.name}.dot({self.literal(b)})", result)
            found.scratch = True
            return found
        return self.call("matmul", a, b)

    def sum(self, a: Written, axis: Any = None, keepdims: bool = False) -> Written:
        """The sum; over the rows of a matrix as ones @ a."""
        value, result = a.value, FUNCTIONS["sum"](a.value, axis, keepdims)
        if axis == 0 and value.ndim == 2 and not keepdims and value.dtype.kind == "f":
            if len(value) > LONGEST:
                return self.call("sum", a, axis=axis, keepdims=keepdims)
            ones = self.constant(f"kept_ones({len(value)}, {value.dtype.name!r})")
            found = self.note(f"{ones}.dot({a.name})", result)
        else:
            text = f"reduce({a.name}, {self.literal(axis)}, None, None, {keepdims!r})"
            found = self.note(text if result.ndim else f"asarray({text})", result)
        found.scratch = True
        return found

    def mean(self, a: Written, axis: Any = None, keepdims: bool = False) -> Written:
        """The mean; of all entries as their sum over their number."""
        value = a.value
        if axis is None and not keepdims and value.dtype.kind == "f" and value.size:
            total = self.note(f"reduce({a.name}, None)", np.add.reduce(value, None))
            return self.ufunc(np.divide, total, value.size)
        return self.call("mean", a, axis=axis, keepdims=keepdims)

    def fit(self, contribution: Any, target: Any) -> Written:
        """Give a gradient the shape and dtype of what it is the gradient of."""
        found, wanted = self.array(contribution), _value(target)
        if found.shape != wanted.shape:
            found = self.array(self.sum_to(found, shape=wanted.shape))
        if found.value.dtype != wanted.dtype:
            text = f"{found.name}.astype({wanted.dtype.str!r})"
            found = self.note(text, found.value.astype(wanted.dtype))
        return found

    def sum_to(self, a: Written, *, shape: tuple[int, ...], dtype: Any = None) -> Written:
        """Sum over the axes along which ``shape`` was broadcast."""
        if a.ndim == 2 and a.shape[1:] == shape and (dtype is None or a.value.dtype == dtype):
            return self.sum(a, axis=0)
        return self.call("sum_to", a, shape=shape, dtype=dtype)

    # --- notes -----------------------------------------------------------------------------------------
    def call(self, name: str, *operands: Any, **keywords: Any) -> Written:
        """Note the call of a function of the reading on arrays."""
        arguments = [self.literal(x) for x in operands]
        arguments += [f"{key}={self.literal(x)}" for key, x in keywords.items()]
        value = FUNCTIONS[name](*[_value(x) for x in operands], **keywords)
        return self.note(f"{self.function_of(name)}({', '.join(arguments)})", value)

    def note(self, expression: str, value: Any, operands: Sequence[Any] = (), ufunc: Any = None) -> Written:
        """The result of an expression, under a name of its own; the same expression is computed once."""
        if expression not in self.known:
            scratch = ufunc is not None and type(value) is np.ndarray and value.ndim > 0
            found = Written(self, f"t{len(self.notes) + 1}", value, scratch)
            if scratch:  # NumPy goes by those of the result's shape, where they agree
                full = [x for x in operands if np.shape(_value(x)) == value.shape]
                orders = {x.lies_as for x in full if isinstance(x, Written)}
                found.lies_as = orders.pop() if len(orders) == 1 else found.name
            self.notes.append((found, expression, tuple(operands), ufunc))
            self.known[expression] = found
        return self.known[expression]

    def constant(self, expression: str) -> str:
        """The name of something that is made once."""
        return self.constants.setdefault(expression, f"k{len(self.constants) + 1}")

    def function_of(self, name: str) -> str:
        """The name of a function of the reading on arrays."""
        return f"xp_{name}"

    def literal(self, x: Any) -> str:
        """An argument as it is written in the source."""
        if isinstance(x, Written):
            return x.name
        if isinstance(x, _Base):
            return self.function_of(x.name)
        if type(x) in PLAIN or x is None or x is Ellipsis or type(x) is str:
            return repr(x) if not isinstance(x, float) or isfinite(x) else f"float({str(x)!r})"
        if type(x) in (tuple, list):
            inside = ", ".join([self.literal(part) for part in x])
            return f"[{inside}]" if type(x) is list else f"({inside},)" if x else "()"
        if type(x) is slice:
            return f"slice({self.literal(x.start)}, {self.literal(x.stop)}, {self.literal(x.step)})"
        if isinstance(x, np.dtype):
            return repr(x.str)
        raise NotWritten(f"{type(x).__name__} in a rule")

    # --- from notes to a function ------------------------------------------------------------------------
    def array(self, result: Any) -> Written:
        """The result of a rule as an array: NumPy gives scalars where there are no axes."""
        if not isinstance(result, Written):
            raise NotWritten("a result that does not depend on an operand")
        if type(result.value) is np.ndarray:
            return result
        return self.note(f"asarray({result.name})", np.asarray(result.value))

    def lines(self, results: Sequence[Written]) -> tuple[list[str], list[str]]:
        """The lines that compute the results, and the names that hold them."""
        lines, names = self._statements({x.name for x in results})
        return lines, [names.get(x.name, x.name) for x in results]

    def function(self, head: str, lines: Sequence[str], **known: Any) -> tuple[str, Callable[..., Any]]:
        """The source and the function with these lines, which may name what is ``known``.

        ``head`` is its name and parameters; constants stand behind them, made when the function is.
        """
        constants = [f"{constant}={expression}" for expression, constant in self.constants.items()]
        name, _, parameters = head.rstrip(")").partition("(")
        head = f"def {name}({', '.join([parameters, *constants])}):"
        source = "\n    ".join([head, *lines]) + "\n"
        found: dict[str, Any] = {}
        exec(compile(source, f"<whygrad {name}>", "exec"), {**NAMES, **known} if known else NAMES, found)  # noqa: S102
        return source, found[name]

    def _statements(self, returned: set[str]) -> tuple[list[str], dict[str, str]]:
        """The lines, and the names of results that lie in the array of another one.

        A ufunc writes into an operand that nobody asks for any more, if a new array would lie in memory as
        that does: a sum over it runs in that order. One that a view may have been taken of, or that is
        returned, is left alone.
        """
        last: dict[str, int] = {}
        viewed = set(returned)
        for number, (result, expression, _, _) in enumerate(self.notes):
            used = NAME.findall(expression)
            last.update(dict.fromkeys(used, number))
            if not result.scratch:
                viewed.update(used)
        lines: list[str] = []
        names: dict[str, str] = {}
        for number, (result, expression, operands, ufunc) in enumerate(self.notes):
            heirs = [
                item.name
                for item in operands
                if isinstance(item, Written)
                and item.scratch
                and last[item.name] == number
                and item.name not in viewed
                and (item.shape, item.value.dtype) == (result.shape, result.value.dtype)
                and item.lies_as == result.lies_as
            ]
            text = NAME.sub(lambda found: names.get(found[0], found[0]), expression)
            if heirs and ufunc in IN_PLACE:
                names[result.name] = names.get(heirs[0], heirs[0])
                lines.append(f"{text[:-1]}, {names[result.name]})")
            else:
                lines.append(f"{result.name} = {text}")
        return lines, names


class _Base:
    """A function of the reading on arrays: its call is noted as it is."""

    __slots__ = ("name", "writer")

    def __init__(self, writer: Writer, name: str) -> None:
        self.writer, self.name = writer, name

    def __call__(self, *operands: Any, **keywords: Any) -> Any:
        if not any([isinstance(x, Written) for x in operands]):
            return FUNCTIONS[self.name](*operands, **keywords)
        if self.name in UFUNCS and any([type(_value(x)) is np.ndarray for x in operands]):
            return self.writer.ufunc(UFUNCS[self.name], *operands)
        return self.writer.call(self.name, *operands, **keywords)


def _value(x: Any) -> Any:
    """What a rule would have in its hands on arrays."""
    if isinstance(x, _Base):
        return FUNCTIONS[x.name]
    return x.value if isinstance(x, Written) else x
