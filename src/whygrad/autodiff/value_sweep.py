"""The reverse sweep over values: quick, because it is what every step of training by scalars consists of.

A node with one or two parents holds them and the local derivatives itself (``a``, ``b``, ``da``, ``db``);
``None`` for a local derivative says that nothing flows there. A node with more parents keeps them in a
:class:`Parents`, and multiplies what it hands on by ``da``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
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

    def finish(self, done: object) -> None:
        """Every parent is in the order now."""

    def hand_on(self, upstream: float) -> None:
        """Add its share of the gradient to each parent."""
        for parent, local in zip(self.nodes, self.locals, strict=True):
            if local is not None:
                parent.grad += local * upstream


class Inputs:
    """The inputs of a layer of neurons and their data in the forward pass: one object for all its neurons.

    ``vary`` says whether an input has a gradient; in a first layer they are constants as a rule. ``seen`` is
    the mark of a sweep that has put all of them in its order.
    """

    __slots__ = ("data", "nodes", "seen", "vary")

    def __init__(self, nodes: Sequence[Value]) -> None:
        self.nodes = tuple(nodes)
        self.data = [node.data for node in nodes]
        self.vary = any([node.requires_grad for node in nodes])
        self.seen: object = None


class WeightedSum:
    """The parents of b + Σ wᵢ xᵢ, made by ``neuron``.

    ``w_data`` are the weights in the forward pass: each is the local derivative by its input, and the input
    by it. ``total`` is the sum, for an activation on top of it.
    """

    __slots__ = ("bias", "inputs", "total", "w", "w_data")

    bias: Value
    inputs: Inputs
    total: float
    w: tuple[Value, ...]
    w_data: list[float]

    @property
    def nodes(self) -> tuple[Value, ...]:
        """The parents, in the order of the row."""
        return (self.bias, *self.w, *self.inputs.nodes)

    @property
    def locals(self) -> tuple[float | None, ...]:
        """The local derivative by each parent: 1, then the inputs, then the weights."""
        return (1.0, *self.inputs.data, *self.w_data)

    def unfinished(self, done: object) -> list[Value]:
        """Parents that are results themselves and not in the order of the sweep yet."""
        inputs = self.inputs
        found = [node for node in self.w if node.op is not None and node.seen is not done]
        if inputs.vary and inputs.seen is not done:
            found += [node for node in inputs.nodes if node.op is not None and node.seen is not done]
        if self.bias.op is not None:
            found.append(self.bias)
        return found

    def finish(self, done: object) -> None:
        """Every parent is in the order now."""
        self.inputs.seen = done

    def hand_on(self, upstream: float) -> None:
        """Add its share of the gradient to each parent."""
        inputs = self.inputs
        self.bias.grad += upstream
        if inputs.vary:
            for w, x, w_data, x_data in zip(self.w, inputs.nodes, self.w_data, inputs.data):  # noqa: B905
                w.grad += x_data * upstream
                x.grad += w_data * upstream
        else:
            for w, x_data in zip(self.w, inputs.data):  # noqa: B905
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
            if node.a is None:
                node.b.finish(done)
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
