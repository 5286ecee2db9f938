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

    def hand_on(self, upstream: float) -> None:
        """Add its share of the gradient to each parent."""
        for parent, local in zip(self.nodes, self.locals, strict=True):
            if local is not None:
                parent.grad += local * upstream


class WeightedSum:
    """The parents of b + Σ wᵢ xᵢ: the inputs and their data are shared by all neurons of a layer.

    Parameters
    ----------
    bias, w, x
        The parents.
    w_data, x_data
        Their data in the forward pass, each the local derivative by the other.
    inputs_vary
        Whether an input has a gradient; in a first layer they are constants as a rule.
    total
        The weighted sum, for an activation on top of it.
    """

    __slots__ = ("bias", "inputs_vary", "total", "w", "w_data", "x", "x_data")

    def __init__(
        self,
        bias: Value,
        w: Sequence[Value],
        x: Sequence[Value],
        w_data: Sequence[float],
        x_data: Sequence[float],
        inputs_vary: bool,
        total: float,
    ) -> None:
        self.bias, self.w, self.x = bias, w, x
        self.w_data, self.x_data = w_data, x_data
        self.inputs_vary, self.total = inputs_vary, total

    @property
    def nodes(self) -> tuple[Value, ...]:
        """The parents, in the order of the row."""
        return (self.bias, *self.w, *self.x)

    @property
    def locals(self) -> tuple[float | None, ...]:
        """The local derivative by each parent: 1, then the inputs, then the weights."""
        by_input = [w if x.requires_grad else None for w, x in zip(self.w_data, self.x, strict=True)]
        return (1.0, *self.x_data, *by_input)

    def hand_on(self, upstream: float) -> None:
        """Add its share of the gradient to each parent."""
        self.bias.grad += upstream
        if self.inputs_vary:
            for w, x, w_data, x_data in zip(self.w, self.x, self.w_data, self.x_data):  # noqa: B905 - time
                w.grad += x_data * upstream
                x.grad += w_data * upstream
        else:
            for w, x_data in zip(self.w, self.x_data):  # noqa: B905 - time
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
            node.seen, node.grad = done, 0.0
            finish(node)
            continue
        node.seen = opened
        push(node)
        a, b = node.a, node.b
        if a is None:
            stack.extend([p for p in b.nodes if p.op is not None and p.seen is not done])
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
