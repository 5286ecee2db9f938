"""``Value``: one number that remembers how it was computed. The scalar API, on the standard library alone.

A node keeps its local derivatives from the moment it is made. So a gradient always belongs to the
forward pass that was run: changing ``.data`` afterwards changes neither results nor gradients that
were recorded before.
"""

from __future__ import annotations

from .._lazy import above
from ..errors import GraphError, KindError
from . import value_methods
from .node import Node, topological_order
from .numpy_calls import array_function, array_ufunc
from .op import Elementwise
from .ops import elementwise as _rows  # enters the rows into the table
from .readings.floats import FLOATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from .node import Observer
    from .op import Op


class Value(Node):
    """A number in a graph: ``data``, and after ``backward()`` its gradient ``grad``.

    Supports ``+ - * / **`` with numbers on either side, ``abs``, comparisons (which compare the data),
    and the functions ``exp log sqrt sin cos tanh relu sigmoid`` … as methods.

    Parameters
    ----------
    data
        A number; NumPy scalars are taken, arrays and text are not.
    label
        A name to show in graphs and explanations.

    Raises
    ------
    KindError
        If ``data`` is not a number.

    Examples
    --------
    >>> a = Value(2.0, label="a")
    >>> b = Value(-3.0, label="b")
    >>> loss = (a * b + 10) ** 2
    >>> loss.backward()
    >>> a.grad
    -24.0
    >>> a
    Value(data=2.0, grad=-24.0, label='a')
    """

    __slots__ = ("__weakref__", "data", "grad", "label", "locals", "op", "parents")
    __array_ufunc__ = array_ufunc
    __array_function__ = array_function
    requires_grad = True

    data: float
    grad: float
    locals: tuple[float, ...]

    if TYPE_CHECKING:  # written from the rows below

        def __add__(self, other: Value | float) -> Value: ...
        def __radd__(self, other: float) -> Value: ...
        def __sub__(self, other: Value | float) -> Value: ...
        def __rsub__(self, other: float) -> Value: ...
        def __mul__(self, other: Value | float) -> Value: ...
        def __rmul__(self, other: float) -> Value: ...
        def __truediv__(self, other: Value | float) -> Value: ...
        def __rtruediv__(self, other: float) -> Value: ...
        def __pow__(self, other: Value | float) -> Value: ...
        def __rpow__(self, other: float) -> Value: ...
        def __neg__(self) -> Value: ...
        def __abs__(self) -> Value: ...
        def abs(self) -> Value: ...
        def exp(self) -> Value: ...
        def log(self) -> Value: ...
        def tanh(self) -> Value: ...
        def relu(self) -> Value: ...
        def sigmoid(self) -> Value: ...

    def __init__(
        self,
        data: float,
        op: Op | None = None,
        parents: tuple[Any, ...] = (),
        locals: tuple[float, ...] = (),
        label: str = "",
    ) -> None:
        self.data = data if op is not None or data.__class__ is float else _number(data)
        self.grad = 0.0
        self.op = op
        self.parents = parents
        self.locals = locals
        self.label = label

    @classmethod
    def record(cls, op: Op, operands: Sequence[Any]) -> Value:
        """Compute ``op`` by its row, read on plain numbers; what the generated methods do in one go."""
        if not isinstance(op, Elementwise):
            raise KindError(f"{op.name} works on arrays", received="Value", hint="use whygrad.Tensor")
        nodes = tuple([operand if isinstance(operand, Value) else constant(operand) for operand in operands])
        xs = [node.data for node in nodes]
        y = op.forward(FLOATS, *xs)
        locals_ = [
            float(op.local(i, FLOATS, y, xs)) if node.requires_grad and op.flows(i) else 0.0
            for i, node in enumerate(nodes)
        ]
        return Value(y, op, nodes, tuple(locals_))

    @property
    def reading(self) -> Any:
        """Rules on a scalar graph are run on plain numbers."""
        return FLOATS

    @classmethod
    def plain(cls, data: float) -> Value:
        """A constant: it is part of the graph, and its gradient is not computed."""
        return Constant(data)

    @staticmethod
    def no_grad() -> float:
        """A gradient starts from zero."""
        return 0.0

    def unit_upstream(self) -> float:
        """The derivative of a number by itself; refuses NaN, which has none."""
        if not _is_number(self.data):
            raise KindError("backward() starts from a number", received=repr(self.data))
        if self.data != self.data:
            first = next(node for node in topological_order(self) if node.data != node.data)
            raise GraphError(
                "backward() starts from nan, which is not a number: every gradient would be nan",
                received=f"nan appears first at {first!r}",
                hint="look at its inputs: "
                + (", ".join([f"{parent.data:g}" for parent in first.parents]) or "it was given as nan"),
            )
        return 1.0

    def backward(self, observe: Observer | None = None) -> None:
        """Compute the gradient of this number by every value it was computed from.

        Gradients accumulate on the leaves (call ``zero_grad`` or set ``grad = 0`` between steps); inside
        the graph they are computed afresh, so a second call is right too.

        Parameters
        ----------
        observe
            Called for each factor with (node, position of the input, upstream, local, contribution).

        Raises
        ------
        GraphError
            If this value is NaN.
        """
        one = self.unit_upstream()
        order = topological_order(self)
        for node in order:
            if node.parents:
                node.grad = 0.0
        self.grad += one
        for node in reversed(order):
            upstream = node.grad
            for parent, local in zip(node.parents, node.locals):  # noqa: B905 - strict costs time here
                parent.grad += local * upstream
            if observe is not None:
                for i, local in enumerate(node.locals):
                    if node.parents[i].requires_grad and node.op.flows(i):
                        observe(node, i, upstream, local, local * upstream)

    backwardpass = backward  # the name some courses use

    def _backward(self) -> None:
        """Hand this node's gradient to its parents: one step of ``backward``."""
        for parent, local in zip(self.parents, self.locals, strict=True):
            parent.grad += local * self.grad

    @property
    def _prev(self) -> set[Any]:
        """The values this one was computed from, under micrograd's name."""
        return set(self.parents)

    @property
    def _op(self) -> str:
        """The operation's sign, under micrograd's name; empty for a leaf."""
        return "" if self.op is None else self.op.symbol

    def __pos__(self) -> Value:
        return self

    def __gt__(self, other: Value | float) -> bool:
        return self.data > (other.data if isinstance(other, Value) else other)

    def __ge__(self, other: Value | float) -> bool:
        return self.data >= (other.data if isinstance(other, Value) else other)

    def __lt__(self, other: Value | float) -> bool:
        return self.data < (other.data if isinstance(other, Value) else other)

    def __le__(self, other: Value | float) -> bool:
        return self.data <= (other.data if isinstance(other, Value) else other)

    def leaky_relu(self, slope: float = 0.01) -> Value:
        """a above 0, slope · a below."""
        return _rows.leaky_relu(self, slope=slope)  # type: ignore[no-any-return]

    def elu(self, alpha: float = 1.0) -> Value:
        """a above 0, alpha · (exp(a) - 1) below."""
        return _rows.elu(self, alpha=alpha)  # type: ignore[no-any-return]

    _repr_html_ = above("whygrad.render.notebook", "value_html")

    def __format__(self, style: str) -> str:
        return format(self.data, style) if style else str(self)

    def __float__(self) -> float:
        raise KindError(
            "float() would cut the graph",
            hint="use x.data for the number; for functions x.exp(), not math.exp(x)",
        )

    def __repr__(self) -> str:
        op = f", op={self._op!r}" if self._op else ""
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={_short(self.data)}, grad={_short(self.grad)}{op}{label})"


class Constant(Value):
    """A number that entered the graph as it is: part of every picture, without a gradient."""

    __slots__ = ()
    requires_grad = False
    grad = property(lambda self: 0.0, lambda self, value: None)

    def __repr__(self) -> str:
        return f"Constant({_short(self.data)})"


def _short(number: Any) -> str:
    """Ten digits: 0.1 + 0.2 reads 0.3, and a float still looks like one."""
    return repr(float(f"{float(number):.10g}")) if _is_number(number) else repr(number)


def constant(number: Any) -> Constant:
    """A plain number met in an expression, as a node."""
    return Constant(number)


def _is_number(data: Any) -> bool:
    """Whether this is one real number, of any kind; NumPy's complex numbers and dates are not."""
    kind = type(data)
    if isinstance(data, Node):
        return False
    real = getattr(getattr(data, "dtype", None), "kind", "f") in "fiub"
    return real and hasattr(kind, "__float__") and not hasattr(kind, "__len__")


def _number(data: Any) -> float:
    """A float made of any kind of number; text, arrays and nodes are refused."""
    if not _is_number(data):
        raise KindError(
            "a Value holds one number",
            expected="an int or a float",
            received=f"{data!r} ({type(data).__name__})",
            hint=_hint(data),
        )
    try:
        return float(data)
    except OverflowError:
        raise KindError(
            "a Value holds a float",
            received=f"a number of {int(data).bit_length()} bits",
            hint="at most 1.8e308",
        ) from None


def _hint(data: Any) -> str:
    if isinstance(data, str):
        return f"convert text first: Value(float({data!r}))"
    if isinstance(data, Node):
        if not isinstance(data, Value):
            return "a Value and a Tensor do not mix: use one of them throughout"
        return "it is part of a graph already: use it as it is"
    if hasattr(type(data), "__len__"):
        return "for arrays use whygrad.Tensor, or one Value for each number: [Value(v) for v in numbers]"
    return "only numbers can be differentiated"


def _take_methods() -> None:
    methods = value_methods.methods(Value, constant)  # type: ignore[no-untyped-call]
    for name, function in vars(methods).items():
        if callable(function):
            function.__qualname__ = f"Value.{name}"
            setattr(Value, name, function)
    Value.__abs__ = Value.abs  # type: ignore[method-assign]


_take_methods()


def zero_grad(values: Iterable[Value]) -> None:
    """Set the gradient of each value to zero."""
    for value in values:
        value.grad = 0.0
