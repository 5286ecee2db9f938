"""The reverse sweep over values: quick, because it is what every step of training by scalars consists of.

A node with one or two parents holds them and the local derivatives itself (``a``, ``b``, ``da``, ``db``);
``None`` for a local derivative says that nothing flows there. A node with more parents keeps them in a
:class:`Parents`, and multiplies what it hands on by ``da``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .value import Value


class Parents:
    """The parents of a node with any number of them, and the local derivative by each."""

    __slots__ = ("locals", "nodes")

    def __init__(self, nodes: tuple[Value, ...], locals: tuple[float | None, ...]) -> None:
        self.nodes, self.locals = nodes, locals

    def unfinished(self, done: object) -> list[Value]:
        """Parents that are results themselves and not in the order of the sweep yet."""
        return [node for node in self.nodes if node.op is not None and node.seen is not done]

    def hand_on(self, upstream: float) -> None:
        """Add its share of the gradient to each parent."""
        for parent, local in zip(self.nodes, self.locals, strict=True):
            if local is not None:
                parent.grad += local * upstream


class Group:
    """Values that are parents together: a sweep visits them once, as if the group were a node itself.

    It has no gradient of its own: what a neuron hands on goes to its members.
    """

    __slots__ = ("grad", "nodes", "seen")

    a = da = None
    op = "group"

    def __init__(self, nodes: Iterable[Value]) -> None:
        self.nodes = tuple(nodes)
        self.seen: object = None

    @property
    def b(self) -> Group:
        """What knows the parents, as for a neuron."""
        return self

    def unfinished(self, done: object) -> list[Value]:
        """Those that are results themselves and not in the order of the sweep yet."""
        return [node for node in self.nodes if node.op is not None and node.seen is not done]


class Inputs(Group):
    """The inputs of a layer and their data in the forward pass: one object for all neurons of the layer.

    ``vary`` says whether an input has a gradient; in a first layer they are constants as a rule.
    """

    __slots__ = ("data", "vary")

    def __init__(self, nodes: Iterable[Value]) -> None:
        super().__init__(nodes)
        self.data = [node.data for node in self.nodes]
        self.vary = any([node.requires_grad for node in self.nodes])


class WeightedSum:
    """The parents of b + Σ wᵢ xᵢ, made by ``neuron``.

    ``weights`` are the bias and the weights, ``data`` theirs in the forward pass: each weight is the local
    derivative by its input, and the input by it. ``total`` is the sum, for an activation on top of it.
    """

    __slots__ = ("data", "inputs", "total", "weights")

    data: list[float]
    inputs: Inputs
    total: float
    weights: Group

    @property
    def nodes(self) -> tuple[Value, ...]:
        """The parents, in the order of the row."""
        return self.weights.nodes + self.inputs.nodes

    @property
    def locals(self) -> tuple[float | None, ...]:
        """The local derivative by each parent: 1, then the inputs, then the weights."""
        return (1.0, *self.inputs.data, *self.data[1:])

    def unfinished(self, done: object) -> Iterable[Group]:
        """The two groups, as far as they are not in the order of the sweep yet."""
        weights, inputs = self.weights, self.inputs
        if inputs.seen is not done:
            return (inputs,) if weights.seen is done else (weights, inputs)
        return () if weights.seen is done else (weights,)

    def hand_on(self, upstream: float) -> None:
        """Add its share of the gradient to each parent."""
        inputs = self.inputs
        weights, data = iter(self.weights.nodes), iter(self.data)
        next(weights).grad += upstream
        next(data)  # the bias
        if inputs.vary:
            for w, x, w_data, x_data in zip(weights, inputs.nodes, data, inputs.data):  # noqa: B905
                w.grad += x_data * upstream
                x.grad += w_data * upstream
        else:
            for w, x_data in zip(weights, inputs.data):  # noqa: B905
                w.grad += x_data * upstream


def backpropagate(root: Value) -> None:
    """Add the gradient of ``root`` by every value it was computed from; inner nodes start from zero.

    Without recursion, so that any depth works. A node is marked when its parents are put on the stack and
    again when all of them are in the order; the marks are objects of this sweep, so that a sweep that was
    interrupted leaves nothing for the next to stumble over.
    """
    opened, done = object(), object()
    order: list[Any] = []
    stack: list[Any] = [root]
    push, pop, finish = stack.append, stack.pop, order.append
    while stack:
        node = pop()
        seen = node.seen
        if seen is done:
            continue
        if seen is opened:
            node.seen = done
            node.grad = 0.0
            finish(node)
            continue
        node.seen = opened
        push(node)
        a, b = node.a, node.b
        if a is None:
            stack.extend(b.unfinished(done))
            continue
        if a.op is not None and a.seen is not done:
            push(a)
        if b is not None and b.op is not None and b.seen is not done:
            push(b)

    root.grad = 1.0
    for node in reversed(order):
        upstream = node.grad
        a, da = node.a, node.da
        if a is None:
            if da is not None:
                node.b.hand_on(da * upstream)
            continue
        if da is not None:
            a.grad += da * upstream
        db = node.db
        if db is not None:
            node.b.grad += db * upstream
