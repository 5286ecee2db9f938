"""``Value``: one number that remembers how it was computed. The scalar API, on the standard library alone.

A node keeps its local derivatives from the moment it is made. So a gradient always belongs to the
forward pass that was run: changing ``.data`` afterwards changes neither results nor gradients that
were recorded before. How a node keeps its parents: see ``value_sweep``.
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
from .real_numbers import is_number, number_of, short
from .value_sweep import Parents, Weights, backpropagate, weighted_sum

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

    __slots__ = ("__weakref__", "a", "b", "da", "data", "db", "grad", "inputs", "label", "op", "seen")
    __array_ufunc__ = array_ufunc
    __array_function__ = array_function
    requires_grad = True

    data: float
    grad: float
    inputs: Any  # of a neuron only

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

    def __init__(self, data: float, *others: Any, label: str = "") -> None:
        if others:
            raise KindError(
                "a Value is made of one number",
                received=f"Value({', '.join(map(repr, (data, *others)))})",
                hint=f"Value({data!r}, label={others[0]!r})"
                if isinstance(others[0], str)
                else "what it was computed from is recorded by operators and methods: c = a + b",
            )
        self.data = data if data.__class__ is float else number_of(data)
        self.grad = 0.0
        self.op: Op | None = None
        self.a: Any = None
        self.b: Any = None
        self.da: float | None = None
        self.db: Any = None
        self.seen: object = None
        self.label = label

    @classmethod
    def record(cls, op: Op, operands: Sequence[Any]) -> Value:
        """Compute ``op`` by its row, read on plain numbers; what the generated methods do in one go."""
        if not isinstance(op, Elementwise):
            raise KindError(f"{op.name} works on arrays", received="Value", hint="use whygrad.Tensor")
        nodes = tuple([operand if isinstance(operand, Value) else constant(operand) for operand in operands])
        xs = [node.data for node in nodes]
        y = op.forward(FLOATS, *xs)
        return _node(y, op, nodes, _local_derivatives(op, y, nodes, xs))

    @property
    def parents(self) -> tuple[Any, ...]:  # type: ignore[override]
        """What this was computed from; the weighted sum inside a neuron's node appears when asked for."""
        if self.op is None:
            return ()
        if self.a is None and isinstance(self.b, Weights) and self.op is not _rows.weighted_sum:
            take_apart(self)
        if self.a is None:
            return self.b.parents_of(self)  # type: ignore[no-any-return]
        return (self.a,) if self.b is None else (self.a, self.b)

    @property
    def locals(self) -> tuple[float, ...]:
        """The local derivative by each parent; 0 where nothing flows."""
        return tuple([local or 0.0 for local in self._flows()])

    def _flows(self) -> tuple[float | None, ...]:
        """The local derivative by each parent, None where nothing flows."""
        parents = self.parents
        kept = self.b.locals_of(self) if parents and self.a is None else (self.da, self.db)
        return tuple([f if p.requires_grad else None for p, f in zip(parents, kept, strict=False)])

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
        if not is_number(self.data):
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
        if self.op is None:
            self.grad += one
        elif observe is None:
            backpropagate(self)
        else:
            self._backward_observed(observe)

    backwardpass = backward  # the name some courses use

    def _backward_observed(self, observe: Observer) -> None:
        """The same in plain steps, each told to the observer."""
        order = topological_order(self)
        for node in order:
            if node.op is not None:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for i, contribution in node.contributions(node.grad):
                parent = node.parents[i]
                parent.grad += contribution
                observe(node, i, node.grad, node.locals[i], contribution)

    def _backward(self) -> None:
        """Hand this node's gradient to its parents: one step of ``backward``."""
        for i, contribution in self.contributions(self.grad):
            self.parents[i].grad += contribution

    def contributions(self, upstream: Any, create_graph: bool = False) -> list[tuple[int, Any]]:
        """From the local derivatives that were kept; with ``create_graph`` from the rules, as new nodes."""
        if create_graph:
            return super().contributions(upstream, create_graph)
        if self.op is None:
            return []
        return [
            (i, 0.0 if local is None else local * upstream)  # None here: a mask that lets nothing through
            for i, (parent, local) in enumerate(zip(self.parents, self._flows(), strict=True))
            if parent.requires_grad and self.op.flows(i)
        ]

    def refuse_changed(self, create_graph: bool = False) -> None:
        """Raise when rules that are run on the nodes once more would see other data than the forward pass."""
        if not create_graph or self.op is None:
            return
        xs = [parent.data for parent in self.parents]
        y = self.op.forward(FLOATS, *xs)
        now = (y, *_local_derivatives(self.op, y, self.parents, xs))
        for kept, found in zip((self.data, *self._flows()), now, strict=True):
            if kept != found and not (kept != kept and found != found):
                raise GraphError(
                    f"the data of {self.label or self!r}, or of what it was computed from, were changed",
                    expected="the data of the forward pass: derivatives that are nodes are computed anew",
                    hint="compute it again before gradients(), or take create_graph=False",
                )

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

    _repr_html_ = above("whygrad.drawing.notebook", "value_html")

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
        return f"Value(data={short(self.data)}, grad={short(self.grad)}{op}{label})"


class Constant(Value):
    """A number that entered the graph as it is: part of every picture, without a gradient."""

    __slots__ = ()
    requires_grad = False
    grad = property(lambda self: 0.0, lambda self, value: None)

    def __repr__(self) -> str:
        return f"Constant({short(self.data)})"


new = object.__new__


def constant(number: Any) -> Constant:
    """A plain number met in an expression, as a node."""
    node = new(Constant)
    node.data = number if number.__class__ is float else number_of(number)
    node.op = node.a = node.b = node.da = node.db = node.seen = None
    node.label = ""
    return node


def _node(y: float, op: Op, nodes: tuple[Value, ...], locals_: list[float | None]) -> Value:
    """A node for a result, with what flows to each parent."""
    node = new(Value)
    node.data, node.grad, node.op, node.seen, node.label = y, 0.0, op, None, ""
    if len(nodes) <= 2:
        node.a, node.b = (*nodes, None)[:2]
        node.da, node.db = (*locals_, None)[:2]
    else:
        node.a, node.b = None, Parents(nodes, tuple(locals_))
        node.da, node.db = 1.0, None
    return node


def _local_derivatives(op: Any, y: float, nodes: Sequence[Value], xs: Sequence[float]) -> list[float | None]:
    """What flows to each parent, by the rules on plain numbers."""
    found: list[float | None] = [None] * len(nodes)
    for i, node in enumerate(nodes):
        if node.requires_grad and op.flows(i):
            local = float(op.local(i, FLOATS, y, xs))
            found[i] = None if op.gate and local == 0 else local
    return found


def take_apart(node: Value) -> None:
    """Make the weighted sum below an activation a node of its own, as if it had been one all along."""
    inside = new(Value)
    inside.data, inside.op = weighted_sum(node.db, node.inputs.data), _rows.weighted_sum
    inside.a, inside.b, inside.db, inside.inputs = None, node.b, node.db, node.inputs
    inside.grad = 0.0 if node.da is None else 0.0 + node.da * node.grad
    inside.da, inside.seen, inside.label = 1.0, None, ""
    node.a, node.b, node.db, node.inputs = inside, None, None, None


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
