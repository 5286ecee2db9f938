"""A row for tensors of given shapes and dtypes: what records it and what pulls its gradients, written out.

A row is run by its rules as they stand until it has been used with the same shapes and dtypes often enough
for writing to pay; which one runs makes no difference to any result. See :mod:`.readings.written`.

>>> from whygrad import Tensor
>>> from whygrad.autodiff.ops.elementwise import tanh
>>> for _ in range(WORTHWHILE + 1):
...     Tensor([[0.5, -1.0]]).tanh().backward([[1.0, 1.0]])
>>> written = tanh.specialized[kinds_of([np.ones((1, 2))])]
>>> print("def pull" + written.source.partition("def pull")[2], end="")
def pull(node, upstream, k1=array(1.0, 'float64')):
    (of_a,) = node.parents
    if not of_a.requires_grad or of_a.data.shape != (1, 2):  # no longer as it was
        return general_pull(node, upstream)
    result = node.data
    t1 = multiply(result, result)
    subtract(k1, t1, t1)
    t3 = multiply(upstream, t1)
    return ((of_a, t3),)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from .fingerprint import SHORT, fingerprint
from .op import Op
from .readings.arrays import Array
from .readings.written import NotWritten, Writer

if TYPE_CHECKING:
    from .tensor import Tensor

Kinds = tuple[Any, ...]

WORTHWHILE = 24  # uses after which a row is written: it takes as long as 50 to 100 uses save
ROOM = 64  # kinds of operands that a row keeps


class Specialized:
    """The functions of a row for operands of one kind.

    Attributes
    ----------
    record
        Gives the node of the result, from the nodes of the operands.
    pulls
        Which operands need a gradient -> a function of a node and the gradient by it, that gives the parents
        with the gradients by them.
    source
        The functions, as far as they have been needed.
    """

    __slots__ = ("kinds", "names", "op", "parents", "pulls", "record", "source")

    def __init__(self, op: Op, kinds: Kinds, nodes: Sequence[Tensor]) -> None:
        from .tensor import Tensor

        self.op, self.kinds = op, kinds
        self.names = [f"x{i}" for i in range(len(nodes))] if op.variadic else list(op.inputs)
        self.parents = [f"of_{name}" for name in self.names]
        self.pulls = Pulls(self)
        writer = Writer()
        xs = [node.data for node in nodes]
        operands = [writer.given(name, x) for name, x in zip(self.names, xs, strict=True)]
        with _as_written():
            result = writer.array(op.forward(writer, *operands))
        lines, (y,) = writer.lines([result])
        flowing = [f"{p}.requires_grad" for i, p in enumerate(self.parents) if op.flows(i)]
        check = [f"op.check_values(op, {_tuple(self.names)})"] if op.check_values else []
        self.record: Callable[..., Tensor]
        self.source, self.record = writer.function(
            f"record({', '.join(self.parents)})",
            [
                *self._data(self.names),
                *check,
                *lines,
                "node = new(Tensor)",
                f"node.data = {y}",
                "node.grad = None",
                'node.label = ""',
                f"if {' or '.join(flowing) or 'False'}:",
                "    node.requires_grad = True",
                "    node.op = op",
                f"    node.parents = {_tuple(self.parents)}",
                f"    node.pull = pulls[{_tuple([f'{p}.requires_grad' for p in self.parents])}]",
                f"    node.marks = {_tuple(self._marks(y, result.value, xs))}",
                "    return node",
                "node.requires_grad = False",
                "node.op = node.pull = None",
                "node.parents = node.marks = ()",
                "return node",
            ],
            op=op,
            pulls=self.pulls,
            new=object.__new__,
            Tensor=Tensor,
            fingerprint=fingerprint,
        )

    def write_pull(self, wanted: tuple[bool, ...], node: Tensor, upstream: Array) -> Callable[..., Any]:
        """The function for these needs; ``node`` shows what it will be given."""
        writer = Writer()
        xs = [parent.data for parent in node.parents]
        g, y = writer.given("upstream", upstream), writer.given("result", node.data)
        operands = [writer.given(*pair) for pair in zip(self.names, xs, strict=True)]
        positions = [i for i in range(len(xs)) if self.op.flows(i)]
        other = [f"{'not ' if wanted[i] else ''}{self.parents[i]}.requires_grad" for i in positions]
        other += [
            f"{parent}.data.shape != {x.shape}"
            for parent, x in zip(self.parents, xs, strict=True)
            if isinstance(x, np.ndarray)
        ]
        places = [i for i in positions if wanted[i]]
        try:
            with _as_written():
                found = [writer.array(self.op.pull(i, writer, g, y, operands)) for i in places]
        except NotWritten:
            return general_pull
        lines, names = writer.lines(found)
        shared = ["result", *self.names]
        own = [f"{name}.copy()" if name in [*names[:i], *shared] else name for i, name in enumerate(names)]
        pairs = [f"({self.parents[i]}, {name})" for i, name in zip(places, own, strict=True)]
        used = set(re.findall(r"\w+", " ".join([*lines, *own])))
        source, pull = writer.function(
            "pull(node, upstream)",
            [
                f"{_tuple(self.parents)} = node.parents",
                f"if {' or '.join(other)}:  # no longer as it was",
                "    return general_pull(node, upstream)",
                *["result = node.data" for _ in used & {"result"}],
                *self._data([name for name in self.names if name in used]),
                *lines,
                f"return {_tuple(pairs)}",
            ],
            general_pull=general_pull,
        )
        self.source += "\n" + source
        return pull

    def _data(self, names: Sequence[str]) -> list[str]:
        """Lines that take the data from the nodes."""
        return [f"{name} = of_{name}.data" for name in names]

    def _marks(self, y: str, result: Array, xs: Sequence[Any]) -> list[str]:
        """Expressions for the marks of the result and of those operands that are leaves."""

        def mark(name: str, x: Any) -> str:
            short = isinstance(x, np.ndarray) and x.nbytes <= SHORT
            return f"{name}.tobytes()" if short else f"fingerprint({name})"

        leaves = [
            f"None if {parent}.op is not None else {mark(name, x)}"
            for parent, name, x in zip(self.parents, self.names, xs, strict=True)
        ]
        return [mark(y, result), *leaves]


class Pulls(dict[tuple[bool, ...], Callable[..., Any]]):
    """The pulls of a specialized row; one that is missing is written when it is called for the first time."""

    def __init__(self, row: Specialized) -> None:
        super().__init__()
        self.row = row

    def __missing__(self, wanted: tuple[bool, ...]) -> Callable[..., Any]:
        return partial(self.first, wanted)

    def first(self, wanted: tuple[bool, ...], node: Tensor, upstream: Array) -> Any:
        """Write the function and call it; a node that is no longer as it was cannot be gone by."""
        if wanted not in self:
            kinds = kinds_of([parent.data for parent in node.parents])
            needs = tuple([bool(parent.requires_grad) for parent in node.parents])
            if kinds != self.row.kinds or needs != tuple(map(bool, wanted)):
                return general_pull(node, upstream)
            self[wanted] = self.row.write_pull(wanted, node, upstream)
        return self[wanted](node, upstream)


def general_pull(node: Tensor, upstream: Array) -> list[tuple[Tensor, Array]]:
    """The same by the rules as they stand. What goes to a leaf is its own: a rule may hand on what it has."""
    held = [node.data, *[parent.data for parent in node.parents]]
    found = []
    for i, gradient in node.contributions(upstream):
        parent = node.parents[i]
        if parent.op is None and any([gradient is array for array in held]):
            gradient = gradient.copy()
        held.append(gradient)
        found.append((parent, gradient))
    return found


def kinds_of(xs: Sequence[Any]) -> Kinds | None:
    """What written functions depend on: the shape and dtype of each operand, or the type of a number.

    None for what NumPy does things of its own with: a class derived from its arrays.
    """
    found: list[Any] = []
    for x in xs:
        if type(x) is np.ndarray or isinstance(x, np.generic):
            found += [x.shape, x.dtype]
        elif isinstance(x, np.ndarray):
            return None
        else:
            found += [type(x), None]
    return tuple(found)


def note_use(op: Op, kinds: Kinds | None, nodes: Sequence[Tensor]) -> None:
    """Count a use of the row as it stands on these nodes; write it once that pays, if it can be."""
    if kinds is None:
        return
    if len(op.uses) >= ROOM and kinds not in op.uses:
        op.uses.clear()
        op.specialized.clear()
    op.uses[kinds] = uses = op.uses.get(kinds, 0) + 1
    if uses >= WORTHWHILE and kinds not in op.specialized:
        try:
            if not op.is_ours:
                raise NotWritten("a rule that may depend on something else than its operands")
            op.specialized[kinds] = Specialized(op, kinds, nodes)
        except NotWritten:
            op.uses[kinds] = -inf  # never again


@contextmanager
def _as_written() -> Iterator[None]:
    """Run a rule on what writes it down. What is to be warned of was warned of when it ran on arrays."""
    with np.errstate(all="ignore"):
        try:
            yield
        except (TypeError, AttributeError) as error:  # the rule is not made for it
            raise NotWritten(str(error)) from error


def _tuple(items: Sequence[str]) -> str:
    """A tuple as it is written."""
    return f"({', '.join(items)}{',' * (len(items) == 1)})"
