"""The reverse sweep over values: quick, because it is what every step of training by scalars consists of.

A node with one or two parents holds them and the local derivatives itself (``a``, ``b``, ``da``, ``db``);
``None`` for a local derivative says that nothing flows there. A node with more parents has no ``a``: its
``b`` knows the parents, and gets ``da`` times the gradient to hand on. A neuron's ``b`` are its weights,
``db`` their data in the forward pass, and ``inputs`` the inputs of its layer.
"""

from __future__ import annotations

from operator import mul

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from .value import Value


class Parents:
    """The parents of a node with any number of them, and the local derivative by each."""

    __slots__ = ("locals", "nodes")

    def __init__(self, nodes: tuple[Value, ...], locals: tuple[float | None, ...]) -> None:
        self.nodes, self.locals = nodes, locals

    def parents_of(self, node: Value) -> tuple[Value, ...]:
        """All of them."""
        return self.nodes

    def locals_of(self, node: Value) -> tuple[float | None, ...]:
        """The local derivative by each."""
        return self.locals

    def missing(self, node: Any, done: object) -> list[Any]:
        """Parents that are results themselves and not in the order of the sweep yet."""
        return [parent for parent in self.nodes if parent.op is not None and parent.seen is not done]

    def hand_on(self, node: Value, upstream: float) -> None:
        """Add its share of the gradient to each parent."""
        for parent, local in zip(self.nodes, self.locals, strict=True):
            if local is not None:
                parent.grad += local * upstream


class Group:
    """Values that are parents together: a sweep visits them once, as if the group were a node itself.

    It has no gradient of its own: what a neuron hands on goes to its members, which must stay the same.
    """

    __slots__ = ()

    a = da = None
    op = "group"
    grad: float
    seen: object

    @property
    def members(self) -> Sequence[Value]:
        """The values."""
        raise NotImplementedError  # each kind keeps them in its own way

    @property
    def b(self) -> Group:
        """What knows the parents, as for a neuron."""
        return self

    def missing(self, node: Any, done: object) -> list[Any]:
        """Members that are results themselves and not in the order of the sweep yet."""
        return [member for member in self.members if member.op is not None and member.seen is not done]


class Inputs(Group, list["Value"]):
    """The inputs of a layer and their data in the forward pass: one object for all neurons of the layer.

    ``data`` begin with 1, the input of the bias. ``vary`` says whether an input has a gradient; in a first
    layer they are constants as a rule. It is the list of its members, and the data are a tuple, which holds
    nothing that the collector would have to follow: there are as many as layers and samples.
    """

    __slots__ = ("data", "grad", "seen", "vary")

    data: tuple[float, ...]
    vary: bool

    @classmethod
    def of(cls, nodes: Iterable[Value]) -> Inputs:
        """The values as the inputs of a layer, with the data that they hold now."""
        inputs = cls(nodes)
        inputs.seen = None
        inputs.data = (1.0, *[node.data for node in inputs])
        inputs.vary = False
        for node in inputs:
            if node.requires_grad:  # the first one, as a rule
                inputs.vary = True
                break
        return inputs

    @property
    def members(self) -> Sequence[Value]:
        """The list itself."""
        return self


class Weights(Group):
    """The bias and the weights of a neuron: one object for all its uses.

    ``data`` are those of the members in the last forward pass: one list for as long as they are the same
    numbers, as in most of the forward passes of a step; a list for each neuron and each of them would keep
    the collector busy. With a zero among them there is none: 0.0 and -0.0 are equal, and no telling.
    """

    __slots__ = ("data", "grad", "nodes", "seen")

    def __init__(self, nodes: Sequence[Value]) -> None:
        self.nodes, self.seen = nodes, None
        self.data: list[float] | None = None

    @property
    def members(self) -> Sequence[Value]:
        """Bias and weights."""
        return self.nodes

    def parents_of(self, node: Value) -> tuple[Value, ...]:
        """The bias, the weights, the inputs: the order of the row."""
        return (*self.nodes, *node.inputs)

    def locals_of(self, node: Value) -> tuple[float | None, ...]:
        """By the bias 1, by a weight its input, by an input its weight."""
        return (*node.inputs.data, *node.db[1:])

    def missing(self, node: Any, done: object) -> list[Any]:
        """The members, for the group itself; for a neuron the groups, as far as they are missing."""
        if node is self:
            return super().missing(node, done)
        inputs = node.inputs
        if inputs.seen is not done:
            return [inputs] if self.seen is done else [self, inputs]
        return [] if self.seen is done else [self]

    def hand_on(self, node: Any, upstream: float) -> None:
        """Add its share of the gradient to each parent."""
        inputs = node.inputs
        if not inputs.vary:
            for w, x_data in zip(self.nodes, inputs.data):  # noqa: B905 - strict costs time here
                w.grad += x_data * upstream
            return
        nodes, data, weights = iter(self.nodes), iter(inputs.data), iter(node.db)
        next(nodes).grad += next(data) * upstream  # the bias, whose input is 1
        next(weights)
        for w, x_data, x, w_data in zip(nodes, data, inputs, weights):  # noqa: B905
            w.grad += x_data * upstream
            x.grad += w_data * upstream


# From Python 3.12 on, sum() of floats makes up for rounding; the row rounds after each addition.
SUM_IS_PLAIN = sum([1e16, 1.0, -1e16]) == 0.0


def weighted_sum(data: Iterable[float], inputs: Iterable[float]) -> float:
    """Each weight times its input, the bias times 1 first, added up in the order of the row."""
    if SUM_IS_PLAIN:
        return sum(map(mul, data, inputs), -0.0)  # which, added to any number, leaves it as it is
    total = -0.0
    for w, x in zip(data, inputs):  # noqa: B905 - strict costs time here
        total += w * x
    return total


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
        if seen is not opened:  # is there something that has to come before it?
            a, b = node.a, node.b
            if a is None:
                quick = b.__class__ is Weights and b is not node
                if not (quick and b.seen is done and node.inputs.seen is done):
                    missing = b.missing(node, done)
                    if missing:
                        node.seen = opened
                        push(node)
                        stack.extend(missing)
                        continue
            else:
                first = a.op is not None and a.seen is not done
                second = b is not None and b.op is not None and b.seen is not done
                if first or second:
                    node.seen = opened
                    push(node)
                    if first:
                        push(a)
                    if second:
                        push(b)
                    continue
        node.seen = done
        node.grad = 0.0
        finish(node)

    root.grad = 1.0
    for node in reversed(order):
        upstream = node.grad
        a, da = node.a, node.da
        if a is None:
            if da is not None:
                node.b.hand_on(node, da * upstream)
            continue
        if da is not None:
            a.grad += da * upstream
        db = node.db
        if db is not None:
            node.b.grad += db * upstream
