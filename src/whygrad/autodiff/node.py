"""A node of the graph, the order to visit nodes in, and the one general reverse sweep.

A node knows what it was computed from (``parents``) and by which row (``op``); gradients flow from a
result to its parents, so a graph has no reference cycles and is freed as soon as nobody holds it.
"""

from __future__ import annotations

from ..errors import KindError
from .readings import NODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .op import Op

    Observer = Callable[["Node", int, Any, Any, Any], None]


class Node:
    """What :class:`~whygrad.Value` and :class:`~whygrad.Tensor` share."""

    __slots__ = ()

    data: Any
    grad: Any
    op: Op | None
    parents: tuple[Any, ...]
    requires_grad: bool

    @classmethod
    def record(cls, op: Op, operands: Sequence[Any]) -> Any:
        """Compute ``op`` on the operands and keep a node for the result."""
        raise TypeError(f"{cls.__name__} does not record")  # each kind of node records in its own way

    @classmethod
    def plain(cls, data: Any) -> Any:
        """A node that holds data and needs no gradient."""
        raise TypeError(f"{cls.__name__} holds no constants")

    @property
    def reading(self) -> Any:
        """The namespace rules are run in for this kind of node."""
        raise TypeError(f"{type(self).__name__} has no reading")

    def ancestors(self) -> list[Any]:
        """Every node this one was computed from, itself last: parents come before their children."""
        return topological_order(self)

    def zero_grad(self) -> None:
        """Forget the gradients of this node and of every node it was computed from."""
        for node in topological_order(self):
            node.grad = self.no_grad()

    def contributions(self, upstream: Any, create_graph: bool = False) -> list[tuple[int, Any]]:
        """What an upstream gradient gives each parent, as (position, gradient), where one flows at all.

        With ``create_graph`` the rules run on the nodes themselves, so that the gradients are nodes.
        """
        op, parents = self.op, self.parents
        assert op is not None
        xs = parents if create_graph else [parent.data for parent in parents]
        xp, y = (NODES, self) if create_graph else (self.reading, self.data)
        return [
            (i, op.pull(i, xp, upstream, y, xs))
            for i, parent in enumerate(parents)
            if parent.requires_grad and (op.variadic or op.flow[i])
        ]

    def refuse_changed(self, create_graph: bool = False) -> None:
        """Raise when what the forward pass used is no longer there, and would be used again."""

    @staticmethod
    def no_grad() -> Any:
        """What ``grad`` holds before a backward pass."""
        return None


def topological_order(root: Any, leaves: bool = True) -> list[Any]:
    """All nodes that ``root`` depends on, parents first, ``root`` last; iterative, so any depth works.

    Without ``leaves`` only those that were computed.
    """
    order: list[Any] = []
    seen: set[Any] = set()
    stack = [root]
    push, pop, done, see = stack.append, stack.pop, order.append, seen.add
    while stack:
        node = pop()
        if node is None:  # the node below has all its parents in the order
            done(pop())
        elif node not in seen:
            see(node)
            if node.parents:
                push(node)
                push(None)
                for parent in node.parents:
                    if (leaves or parent.op is not None) and parent not in seen:
                        push(parent)
            else:
                done(node)
    return order


def sweep(
    root: Any, upstream: Any, *, create_graph: bool = False, observe: Observer | None = None
) -> dict[Any, Any]:
    """Gradients of ``root`` by every node it depends on, stored nowhere.

    With ``create_graph`` the rules run on the nodes themselves, so that the gradients are nodes too and
    can be differentiated again. ``observe(node, i, upstream, local, contribution)`` sees each factor.
    """
    xp = NODES if create_graph else root.reading
    gradients = {root: upstream}
    order = topological_order(root)
    for node in order:
        if node.op is not None:
            node.refuse_changed(create_graph)
    for node in reversed(order):
        op = node.op
        if op is None or node not in gradients:
            continue
        g = gradients[node]
        for i, contribution in node.contributions(g, create_graph):
            parent = node.parents[i]
            if observe is not None:
                xs = [x.data for x in node.parents]
                local = op.local(i, xp, node.data, xs) if hasattr(op, "local") else None
                observe(node, i, g, local, contribution)
            # never in place: a contribution may be shared, or a read-only view
            if parent in gradients:  # fit again: NumPy's sum of two 0-d arrays is a scalar
                target = parent if create_graph else parent.data
                contribution = xp.fit(gradients[parent] + contribution, target)
            gradients[parent] = contribution
    return gradients


def gradients(y: Any, inputs: Sequence[Any], *, create_graph: bool = True) -> list[Any]:
    """dy/dx for each x in ``inputs``, stored nowhere.

    Parameters
    ----------
    y
        A node that holds a single number.
    inputs
        Nodes that ``y`` was computed from.
    create_graph
        Give nodes, which can be differentiated again; otherwise plain numbers or arrays.

    Raises
    ------
    GraphError
        If ``y`` is NaN, or if data that are needed were changed since the forward pass: arrays always, data
        of a :class:`~whygrad.Value` with ``create_graph`` (without, the gradient is that of the forward
        pass that was run, as ``backward`` gives it).

    Examples
    --------
    >>> from whygrad import Value
    >>> x = Value(2.0)
    >>> (first,) = gradients(x**3, [x])
    >>> (second,) = gradients(first, [x])
    >>> first.data, second.data
    (12.0, 12.0)
    """
    if isinstance(inputs, Node):
        raise KindError(
            "gradients() takes a list of nodes", received=repr(inputs), hint="(dx,) = gradients(y, [x])"
        )
    one = y.unit_upstream()
    found = sweep(y, y.plain(one) if create_graph else one, create_graph=create_graph)

    def nothing(x: Any) -> Any:
        zero = x.reading.strong_multiply(0, x.data)  # 0 where the data are infinite, too
        return x.plain(zero) if create_graph else zero

    return [found[x] if x in found else nothing(x) for x in inputs]
