"""``Tensor``: an array that remembers how it was computed. The tensor API, for any computation on arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from .._lazy import above
from ..errors import GraphError, KindError, ShapeError
from .fingerprint import fingerprint, refuse_changed
from .node import Node, sweep, topological_order
from .op import Op
from .operators import ArrayOperations
from .ops import losses as _losses  # noqa: F401 - enters the rows into the table
from .readings.arrays import ARRAYS, Array
from .shapes import explain
from .specialized import kinds_of, note_use
from .table import TABLE
from .tensor_sweep import backpropagate

if TYPE_CHECKING:
    from .node import Observer


_new = object.__new__
_ndarray = np.ndarray


class Tensor(ArrayOperations, Node):
    """An array in a graph: ``data``, and after ``backward()`` its gradient ``grad``.

    Plain arrays and numbers in an expression are constants; wrap what gradients are wanted for. The
    array is not copied. float32 stays float32 and float64 stays float64, gradients too.

    Parameters
    ----------
    data
        Array of floats (float32 or float64), or nested lists of floats. Integers are taken when no
        gradient is needed.
    requires_grad
        Whether ``backward()`` is to fill ``grad``.
    label
        A name to show in graphs and explanations.

    Raises
    ------
    KindError
        If the data are not numbers, are floats of another size, or are integers and need a gradient.

    Examples
    --------
    >>> import numpy as np
    >>> w = Tensor([[1.0], [2.0]])
    >>> loss = ((np.array([[3.0, 4.0]]) @ w - 10) ** 2).sum()
    >>> loss.backward()
    >>> w.grad
    array([[6.],
           [8.]])
    """

    __slots__ = (
        "__weakref__",
        "data",
        "grad",
        "label",
        "marks",
        "op",
        "parents",
        "pull",
        "requires_grad",
    )

    data: Array
    grad: Array | None

    def __init__(self, data: Any, requires_grad: bool = True, label: str = "") -> None:
        self.data = _array(data, requires_grad)
        self.grad = None
        self.requires_grad = requires_grad
        self.op: Op | None = None
        self.parents: tuple[Tensor, ...] = ()
        self.pull: Any = None
        self.marks: tuple[Any, ...] = ()
        self.label = label

    @classmethod
    def plain(cls, data: Any) -> Tensor:
        """A constant. A Python number stays one: it takes the dtype of the array beside it."""
        node = _new(Tensor)
        node.data = data if type(data) in (float, int, bool) else _array(data, False)
        node.grad, node.requires_grad, node.op, node.parents, node.marks = None, False, None, (), ()
        node.pull, node.label = None, ""
        return node

    @classmethod
    def record(cls, op: Op, operands: Sequence[Any]) -> Tensor:
        """Compute ``op`` by its row, read on arrays, and keep what the backward pass needs."""
        parents = tuple([x if isinstance(x, Tensor) else Tensor.plain(x) for x in operands])
        xs = [parent.data for parent in parents]
        kinds = kinds_of(xs)
        written = op.specialized.get(kinds)
        if written is not None:
            try:
                return written.record(*parents)
            except ValueError:  # told in words below
                pass
        node = _new(Tensor)
        node.data = y = evaluate(op, xs)
        node.grad, node.label, node.pull = None, "", None
        if any([parent.requires_grad and op.flows(i) for i, parent in enumerate(parents)]):
            # what was computed is marked once; a leaf may change between uses, so each use marks it
            marks = [None if p.op is not None else fingerprint(p.data) for p in parents]
            node.requires_grad, node.op, node.parents = True, op, parents
            node.marks = (fingerprint(y), *marks)
        else:
            node.requires_grad, node.op, node.parents, node.marks = False, None, (), ()
        note_use(op, kinds, parents)
        return node

    def record_one(self, op: Op) -> Tensor:
        """``record`` for a row of this tensor alone, sooner."""
        x = self.data
        if x.__class__ is _ndarray:
            written = op.specialized.get((x.shape, x.dtype))
            if written is not None:
                try:
                    return written.record(self)
                except ValueError:  # the same again, told in words
                    pass
        return self.record(op, (self,))

    def record_two(self, op: Op, other: Any) -> Tensor:
        """``record`` for a row of two, sooner when both are tensors."""
        if isinstance(other, Tensor):
            x, z = self.data, other.data
            if x.__class__ is _ndarray is z.__class__:
                written = op.specialized.get((x.shape, x.dtype, z.shape, z.dtype))
                if written is not None:
                    try:
                        return written.record(self, other)
                    except ValueError:  # the same again, told in words
                        pass
        return self.record(op, (self, other))

    @property
    def reading(self) -> Any:
        """Rules on a graph of arrays are run on arrays."""
        return ARRAYS

    def unit_upstream(self) -> Array:
        """The derivative of a single number by itself, in this tensor's dtype."""
        if self.data.size != 1:
            raise ShapeError(
                "backward() starts from a single number",
                expected="shape () or one entry",
                received=f"shape {self.data.shape}",
                hint="reduce it first: loss.sum().backward(), or give backward(upstream)",
            )
        self.refuse_constant()
        if math.isnan(self.data.item()):
            first = next(node for node in topological_order(self) if np.isnan(node.data).any())
            raise GraphError(
                "backward() starts from nan, which is not a number: every gradient would be nan",
                received=f"nan appears first in {first!r}",
            )
        shape = self.data.shape
        return np.ones(shape, self.data.dtype) if shape else np.array(1, self.data.dtype)  # sooner

    def backward(self, upstream: Any = None, observe: Observer | None = None) -> None:
        """Compute the gradient of this number by every tensor it was computed from.

        Gradients accumulate on the leaves; inside the graph they are computed afresh.

        Parameters
        ----------
        upstream
            The gradient by this tensor, in its shape; needed when it is not a single number.
        observe
            Called for each factor with (node, position of the input, upstream, local, contribution).

        Raises
        ------
        GraphError
            If this is NaN, if no gradient is needed, or if an array was changed since the forward pass.
        ShapeError
            If this is not a single number and no upstream is given, or one of another shape.
        """
        if upstream is None:
            upstream = self.unit_upstream()
        else:
            self.refuse_constant()
            upstream = np.asarray(upstream, self.data.dtype)
            if upstream.shape != self.data.shape:
                raise ShapeError(
                    "backward(upstream): the shapes differ",
                    expected=f"{self.data.shape}",
                    received=f"{upstream.shape}",
                )
        if observe is None:
            backpropagate(self, upstream)
            return
        for node, gradient in sweep(self, upstream, observe=observe).items():
            if node.op is None:
                node.receive(gradient.copy())
            else:
                node.grad = gradient

    def receive(self, gradient: Array) -> None:
        """Add to the gradient of a leaf; the array is its own from now on."""
        self.grad = gradient if self.grad is None else np.asarray(self.grad + gradient)

    def refuse_constant(self) -> None:
        """Raise when no gradient can flow from here."""
        if not self.requires_grad:
            raise GraphError(
                "backward(): nothing that this was computed from needs a gradient",
                hint="wrap the parameters: w = Tensor(array)",
            )

    def refuse_changed(self, create_graph: bool = False) -> None:
        """Raise when this result or what it was computed from is no longer what it was."""
        if self.op is None:
            return
        own, *marks = self.marks
        refuse_changed(self.data, own, self.label or "the result", self.op.name)
        for name, parent, mark in zip(self.op.names(len(marks)), self.parents, marks, strict=True):
            if mark is not None:
                refuse_changed(parent.data, mark, parent.label or name, self.op.name)

    def __getstate__(self) -> Any:
        """What a copy takes: all but the function that was written for the shapes."""
        nothing, slots = cast(tuple[Any, dict[str, Any]], super().__getstate__())
        return nothing, {**slots, "pull": None}

    @property
    def dtype(self) -> np.dtype[Any]:
        """Kind of the entries."""
        return np.asarray(self.data).dtype

    def item(self) -> float:
        """The number in a tensor that holds one."""
        return float(self.data.item())

    _repr_html_ = above("whygrad.drawing.notebook", "tensor_html")

    def __array__(self, *args: Any, **keywords: Any) -> Array:
        raise KindError(
            "a Tensor does not turn into an array by itself: the graph would be cut",
            hint="use its data: tensor.data",
        )

    def __repr__(self) -> str:
        op = f", op={self.op.symbol!r}" if self.op is not None else ""
        label = f", label={self.label!r}" if self.label else ""
        grad = "" if self.requires_grad else ", requires_grad=False"
        data = np.array2string(np.asarray(self.data), precision=6, separator=", ", prefix="Tensor(")
        return f"Tensor({data}, dtype={self.dtype}{op}{label}{grad})"


def evaluate(op: Op, xs: Sequence[Any]) -> Array:
    """The forward rule on arrays, with errors that name the operation and the shapes."""
    if op.check is not None:
        op.check(op, xs)
    if op.check_values is not None:
        op.check_values(op, xs)
    try:
        y = op.forward(ARRAYS, *xs)
    except ValueError as error:
        raise explain(op, xs) or ShapeError(f"{op.name}: {error}") from None
    return y if type(y) is np.ndarray else np.asarray(y)


def concatenate(tensors: Sequence[Any], axis: int = 0) -> Any:
    """Tensors one after the other along an axis.

    Examples
    --------
    >>> concatenate([Tensor([1.0]), Tensor([2.0, 3.0])]).data
    array([1., 2., 3.])
    """
    return TABLE["concatenate"](*tensors, axis=axis)


def where(condition: Any, a: Any, b: Any) -> Any:
    """Entries of ``a`` where the condition holds, of ``b`` elsewhere."""
    return TABLE["where"](condition, a, b)


def _array(data: Any, requires_grad: bool) -> Array:
    """The data as an array of numbers; what cannot be differentiated is refused."""
    if isinstance(data, Node):
        mixed = not isinstance(data, Tensor)
        raise KindError(
            "a Tensor and a Value do not mix" if mixed else "this is part of a graph already",
            received=repr(data),
            hint="use one of them throughout" if mixed else "use it as it is, or its data",
        )
    try:
        array = np.asarray(data)
    except ValueError:  # ragged lists
        raise ShapeError("rows of different lengths", received=repr(data)[:60]) from None
    kind = array.dtype.kind
    if kind not in "fbiu":
        raise KindError("a Tensor holds numbers", received=f"dtype {array.dtype}")
    if kind == "f" and array.dtype.itemsize not in (4, 8):
        raise KindError(
            "a Tensor holds float32 or float64",
            received=f"dtype {array.dtype}",
            hint="convert it: Tensor(array.astype(np.float32))"
            if array.dtype == np.float16
            else "convert it: Tensor(array.astype(np.float64))",
        )
    if requires_grad and kind != "f":
        raise KindError(
            "a Tensor that needs a gradient holds floats",
            expected="float32 or float64",
            received=f"dtype {array.dtype}: a small step would be rounded away",
            hint="write 1.0 for 1, use array.astype(float), or requires_grad=False for labels",
        )
    return array
