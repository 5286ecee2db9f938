"""The reading that lays out: a rule run on places becomes a list of NumPy calls that write into buffers.

The list is made once for given shapes and run as often as wanted. Each call does what the rule does on
arrays, in the same order, so the results are the same to the last bit; no call makes a new array.

>>> from whygrad.autodiff.ops.elementwise import tanh
>>> z, a, g, dz = np.array([0.5, -1.0]), np.empty(2), np.ones(2), np.empty(2)
>>> layout = Layout(z.dtype)
>>> y = layout.store(tanh.forward(layout, layout.given(z)), a)
>>> layout.next_phase()
>>> _ = layout.store(tanh.pull(0, layout, layout.given(g), y, [layout.given(z)]), dz)
>>> forward, backward = layout.calls(Workspace())
>>> [function.__name__ for function, _ in backward]
['multiply', 'subtract', 'multiply']
>>> run(forward)
>>> run(backward)
>>> bool((dz == 1 - np.tanh(z) * np.tanh(z)).all())
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from . import Namespace
from .arrays import Array, strong_log
from .symbols import BASE

Call = tuple[Callable[..., Any], tuple[Any, ...]]


def run(calls: Iterable[Call]) -> None:
    """Run the calls one after the other."""
    for function, arguments in calls:
        function(*arguments)


class NotLaidOut(Exception):
    """A rule uses what this reading does not have: run it on arrays."""


# What a rule raises that is not made for places.
UNFIT = (NotLaidOut, TypeError, AttributeError)


class Workspace:
    """Arrays for intermediate results, handed out again once their contents are no longer needed."""

    def __init__(self) -> None:
        self.free: dict[tuple[int, np.dtype[Any]], list[Array]] = {}

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any], order: Literal["C", "F"] = "C") -> Array:
        """An array of that shape, with anything in it."""
        size = 1
        for length in shape:
            size *= length
        spare = self.free.get((size, dtype))
        return (spare.pop() if spare else np.empty(size, dtype)).reshape(shape, order=order)

    def give_back(self, array: Array) -> None:
        """Nobody reads the contents any more."""
        self.free.setdefault((array.size, array.dtype), []).append(array.reshape(-1, order="A"))


class Place:
    """Where a value will be: what a rule computes with while it is laid out."""

    __slots__ = ("array", "borrowed", "dtype", "layout", "made_in", "shape", "stored")
    __hash__ = object.__hash__
    __array_ufunc__ = None  # so that NumPy's scalars leave operators to this class

    def __init__(self, layout: Layout, shape: tuple[int, ...], dtype: Any, array: Array | None) -> None:
        self.layout, self.shape, self.dtype, self.array = layout, shape, np.dtype(dtype), array
        self.made_in: int | None = None  # the phase; None for what is given
        self.stored = False  # in an array that somebody named
        self.borrowed = False  # an array that somebody named, for an intermediate result

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(np.prod(self.shape))

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def is_scratch(self, phase: int) -> bool:
        """Whether the array is of no use after ``phase``: neither given nor named, nor made earlier."""
        return self.made_in == phase and not self.stored

    def __neg__(self) -> Place:
        return self.layout.elementwise(np.negative, self)

    def __gt__(self, other: Any) -> Place:
        return self.layout.elementwise(np.greater, self, other)

    def __ge__(self, other: Any) -> Place:
        return self.layout.elementwise(np.greater_equal, self, other)

    def __bool__(self) -> bool:
        raise TypeError("a rule may not branch on a value: use a mask or xp.where(condition, a, b)")

    def __eq__(self, other: object) -> bool:
        raise TypeError("a rule may not use ==: nodes compare by identity; use > or >=")


def _install() -> None:
    for method, ufunc in {
        "add": np.add,
        "sub": np.subtract,
        "mul": np.multiply,
        "truediv": np.divide,
    }.items():
        setattr(Place, f"__{method}__", lambda a, b, f=ufunc: a.layout.elementwise(f, a, b))
        setattr(Place, f"__r{method}__", lambda a, b, f=ufunc: a.layout.elementwise(f, b, a))


_install()


def _maximum(a: Any, b: Any, out: Array) -> None:
    np.maximum(a, b, out=out)  # NumPy wants the keyword here


def _minimum(a: Any, b: Any, out: Array) -> None:
    np.minimum(a, b, out=out)


def _where(condition: Any, a: Any, b: Any, out: Array) -> None:
    np.copyto(out, b)
    np.copyto(out, a, where=condition)


def _strong_multiply(factors: Any, a: Any, b: Any, out: Array) -> None:
    out.fill(0)
    np.multiply(a, b, out=out, where=factors)


def _strong_log(above: Any, a: Array, out: Array) -> None:
    out.fill(0)
    np.log(a, out=out, where=above)


def _cast(a: Array, out: Array) -> None:
    out[...] = a


def share(total: Array, n: int, out: Array) -> None:
    """``total / n`` for arrays of no dimension, as Python numbers: NumPy takes four times as long."""
    out[()] = total.item() / n


def _sum(a: Array, axis: Any, keepdims: bool, out: Array) -> None:
    np.add.reduce(a, axis, None, out, keepdims)  # type: ignore[call-overload]


def _max(a: Array, axis: Any, keepdims: bool, out: Array) -> None:
    np.maximum.reduce(a, axis, None, out, keepdims)  # type: ignore[call-overload]


def _total(a: Array, ones: Array, out: Array) -> None:
    ones.dot(a, out)


FUNCTIONS: dict[Any, Callable[..., None]] = {np.maximum: _maximum, np.minimum: _minimum}
# These read all of their operands before they write, or entry by entry: an operand that nobody needs any
# more may be where the result goes.
UNARY = "exp expm1 log log1p sqrt sin cos tanh abs sign".split()
BINARY = "maximum minimum divide power".split()


class _Step(NamedTuple):
    """A call that was noted: ``place`` is where its result goes."""

    phase: int
    function: Callable[..., Any]
    operands: tuple[Any, ...]
    place: Place
    in_place: bool


class Layout(Namespace):
    """``xp`` for places: each function notes a call and gives the place of its result.

    Parameters
    ----------
    dtype
        Of every value.
    without
        Guards (``at_most``, ``at_least``) to leave out in the first phase: where that gives NaN, run a layout
        that has them. In later phases the same ones are left out, and no others.
    """

    def __init__(self, dtype: Any, without: Sequence[str] = ()) -> None:
        functions: dict[str, Any] = {
            name: self._elementwise_function(getattr(np, name)) for name in UNARY + BINARY
        }
        super().__init__("arrays", **functions)
        self.dtype, self.without = np.dtype(dtype), without
        self.phase = 0
        self.steps: list[_Step] = []
        self.known: dict[Any, Place] = {}
        self.constants: dict[Any, Array] = {}
        self.places: dict[int, Place] = {}
        self.sources: set[int] = set()  # ids of the arrays that were given
        self.guards: set[Any] = set()  # that are left out

    def __getattr__(self, name: str) -> Any:
        if name in BASE:  # and not among ours
            raise NotLaidOut(name)
        return super().__getattr__(name)

    def _elementwise_function(self, ufunc: Any) -> Callable[..., Place]:
        return lambda *operands: self.elementwise(ufunc, *operands)

    # --- what a rule starts from, and where its result goes -----------------------------------------
    def given(self, array: Array) -> Place:
        """The place of an array that is there already; its contents may change from run to run."""
        self.sources.add(id(array))
        if id(array) not in self.places:
            self.places[id(array)] = Place(self, array.shape, array.dtype, array)
        return self.places[id(array)]

    def store(self, value: Any, array: Array) -> Place:
        """Have a value written into ``array``; gives its place."""
        value = self._number(value)
        ours = isinstance(value, Place) and value.array is None and value.made_in == self.phase
        if not ours or value.shape != array.shape:
            value = self._note(_cast, (value,), array.shape, array.dtype, fresh=True)
        value.array, value.stored = array, True
        self.places[id(array)] = value
        return value  # type: ignore[no-any-return]

    def next_phase(self) -> None:
        """What is noted from here on belongs to a list of calls of its own, which is run later."""
        self.phase += 1

    # --- the functions of a namespace -------------------------------------------------------------
    def elementwise(self, ufunc: Any, *operands: Any) -> Place:
        """Note a call of a ufunc."""
        if ufunc is np.multiply or ufunc is np.divide:
            if isinstance(operands[1], (int, float)) and operands[1] == 1:
                return operands[0]  # type: ignore[no-any-return]
            if ufunc is np.multiply and isinstance(operands[0], (int, float)) and operands[0] == 1:
                return operands[1]  # type: ignore[no-any-return]
        places = [self._number(operand) for operand in operands]
        shape = np.broadcast_shapes(*[place.shape for place in places])
        dtype = (
            np.dtype(bool) if ufunc in (np.greater, np.greater_equal, np.less, np.not_equal) else self.dtype
        )
        return self._note(FUNCTIONS.get(ufunc, ufunc), tuple(places), shape, dtype, in_place=True)

    def step(self, a: Place) -> Place:
        """1 above 0, else 0."""
        return self._number(a > 0)  # type: ignore[no-any-return]

    def where(self, condition: Place, a: Any, b: Any) -> Place:
        """Entries of ``a`` where the condition holds, of ``b`` elsewhere."""
        condition, a, b = self._operand(condition), self._number(a), self._number(b)
        return self._note(_where, (condition, a, b), condition.shape, self.dtype)

    def strong_multiply(self, a: Any, b: Any) -> Place:
        """a · b. Where it is infinity times 0 this gives NaN, and on arrays 0: training stops for either."""
        return self.elementwise(np.multiply, a, b)

    def strong_product(self, a: Any, function: Callable[..., Place], *operands: Any) -> Place:
        """a · function(operands), and 0 where a is 0, whatever the function says."""
        factors = self.elementwise(np.not_equal, a, 0.0)
        a, b = self._number(a), self._number(function(*operands))
        shape = np.broadcast_shapes(a.shape, b.shape)
        return self._note(_strong_multiply, (factors, a, b), shape, self.dtype)

    def strong_log(self, a: Any) -> Any:
        """Natural logarithm, and 0 at 0."""
        if not isinstance(a, Place):
            return float(strong_log(a))
        return self._note(_strong_log, (self.elementwise(np.not_equal, a, 0.0), a), a.shape, self.dtype)

    def at_most(self, a: Place, bound: float) -> Place:
        """The smaller one, or a itself."""
        return a if self._left_out("at_most", a, bound) else self.minimum(a, bound)

    def at_least(self, a: Place, bound: float) -> Place:
        """The larger one, or a itself."""
        return a if self._left_out("at_least", a, bound) else self.maximum(a, bound)

    def _left_out(self, guard: str, a: Place, bound: float) -> bool:
        if guard in self.without and self.phase == 0:
            self.guards.add((guard, a, bound))
        return (guard, a, bound) in self.guards

    def bounded(self, a: Place) -> Place:
        """a as it is: one too large to be squared gives NaN here, and training stops where arrays go on."""
        return a

    def compare(self, a: Any, b: Any) -> Place:
        """The sign of a - b."""
        above, below = self.elementwise(np.greater, a, b), self.elementwise(np.less, a, b)
        return self.elementwise(np.subtract, above, below)

    def sum(self, a: Place, axis: Any = None, keepdims: bool = False) -> Place:
        """The sum, by the same calls as on arrays."""
        if axis == 0 and a.ndim == 2 and not keepdims:
            ones = self.constants.setdefault(("ones", a.shape[0]), np.ones(a.shape[0], self.dtype))
            return self._note(_total, (a, ones), a.shape[1:], self.dtype)
        return self._note(_sum, (a, axis, keepdims), _reduced(a.shape, axis, keepdims), self.dtype)

    def mean(self, a: Place, axis: Any = None, keepdims: bool = False) -> Place:
        """The mean."""
        shape = _reduced(a.shape, axis, keepdims)
        total = self._note(_sum, (a, axis, keepdims), shape, self.dtype)
        if shape == ():
            return self._note(share, (total, a.size), shape, self.dtype)
        return self.elementwise(np.divide, total, a.size // max(1, int(np.prod(shape))))

    def max(self, a: Place, axis: Any = None, keepdims: bool = False) -> Place:
        """The largest entry."""
        return self._note(_max, (a, axis, keepdims), _reduced(a.shape, axis, keepdims), self.dtype)

    def fit(self, contribution: Any, target: Any) -> Any:
        """Give a gradient the shape of what it is the gradient of."""
        if contribution.shape == target.shape:
            return contribution
        if contribution.ndim == 2 and contribution.shape[1:] == target.shape:
            return self.sum(contribution, axis=0)
        raise NotLaidOut("fit")

    # --- notes -----------------------------------------------------------------------------------
    def _number(self, operand: Any) -> Any:
        """A place or a constant that arithmetic can use: a mask becomes zeros and ones."""
        operand = self._operand(operand)
        if isinstance(operand, Place) and operand.dtype == bool:
            return self._note(_cast, (operand,), operand.shape, self.dtype)
        return operand

    def _operand(self, operand: Any) -> Any:
        """Numbers as arrays of no dimension, which NumPy takes in half the time of a Python number."""
        if isinstance(operand, Place):
            return operand
        if not isinstance(operand, (int, float)):
            raise NotLaidOut(f"{type(operand).__name__} in a rule")
        value = float(operand)
        if value not in self.constants:
            self.constants[value] = np.array(value, self.dtype)
        return self.constants[value]

    def _note(
        self,
        function: Callable[..., Any],
        operands: tuple[Any, ...],
        shape: tuple[int, ...],
        dtype: Any,
        in_place: bool = False,
        fresh: bool = False,
    ) -> Place:
        """The place of a result; the same call of the same operands is noted once."""
        key = (function, *[item if isinstance(item, (Place, int, tuple)) else id(item) for item in operands])
        if key in self.known and not fresh:
            return self.known[key]
        place = Place(self, shape, dtype, None)
        place.made_in = self.phase
        self.steps.append(_Step(self.phase, function, operands, place, in_place))
        self.known[key] = place
        return place

    # --- from notes to calls ---------------------------------------------------------------------
    def calls(self, workspace: Workspace) -> list[list[Call]]:
        """A list of calls for each phase; intermediate results lie in arrays of the workspace.

        What a later phase needs of an earlier one gets an array of its own.
        """
        last: dict[Place, int] = {}
        for number, step in enumerate(self.steps):
            last.update(dict.fromkeys([item for item in step.operands if isinstance(item, Place)], number))
        lists: list[list[Call]] = [[] for _ in range(self.phase + 1)]
        taken: dict[int, int] = {}  # id of a named array -> the step up to which it holds something else
        for number, step in enumerate(self.steps):
            place, used = step.place, [item for item in step.operands if isinstance(item, Place)]
            dying = [
                item for item in dict.fromkeys(used) if last[item] == number and item.is_scratch(step.phase)
            ]
            if place.array is None:
                kept = self.steps[last.get(place, number)].phase != step.phase
                heir = next((item for item in dying if step.in_place and _alike(item, place)), None)
                ahead = None if kept else self._ahead(place, number, last, taken)
                order = _order(place, used)
                if kept:
                    place.array = np.empty(place.shape, place.dtype, order)
                elif ahead is not None:
                    place.array, place.borrowed = ahead, True
                elif heir is not None:
                    place.array = heir.array
                    dying = [item for item in dying if item is not heir]
                else:
                    place.array = workspace.take(place.shape, place.dtype, order)
                if place not in last and not kept:
                    dying.append(place)  # nobody asks for it
            arguments = tuple([item.array if isinstance(item, Place) else item for item in step.operands])
            assert place.array is not None
            if step.function is _cast:  # the same, without a call in between
                lists[step.phase].append((place.array.__setitem__, (..., *arguments)))
            else:
                lists[step.phase].append((step.function, (*arguments, place.array)))
            for item in dying:
                if not item.borrowed:
                    assert item.array is not None
                    workspace.give_back(item.array)
        return lists

    def _ahead(
        self, place: Place, number: int, last: dict[Place, int], taken: dict[int, int]
    ) -> Array | None:
        """The array where this intermediate result is going to end, if it may lie there from the start."""
        following, end = place, number
        while following.array is None:
            end = last.get(following, -1)
            step = self.steps[end]
            if (
                end < 0
                or not step.in_place
                or not _alike(step.place, place)
                or step.phase != self.steps[number].phase
            ):
                return None
            following = step.place
        array = following.array
        if not following.stored or id(array) in self.sources or taken.get(id(array), -1) > number:
            return None
        taken[id(array)] = last[place]
        return array


def _order(place: Place, used: list[Place]) -> Literal["C", "F"]:
    """How a result lies in memory: as what it is computed from, since mixed orders take longer."""
    for item in used:
        if item.array is not None and item.shape == place.shape and item.array.flags.fnc:
            return "F"
    return "C"


def _alike(a: Place, b: Place) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype


def _reduced(shape: tuple[int, ...], axis: Any, keepdims: bool) -> tuple[int, ...]:
    """The shape after a reduction."""
    named = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = [i % len(shape) for i in named]
    if keepdims:
        return tuple([1 if i in axes else n for i, n in enumerate(shape)])
    return tuple([n for i, n in enumerate(shape) if i not in axes])
