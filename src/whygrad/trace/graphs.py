"""Observing a graph of values or tensors: its nodes hold the forward pass, a sweep shows the backward one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..autodiff.node import Node, sweep, topological_order
from ..autodiff.op import Elementwise
from ..autodiff.program.program import Program
from ..autodiff.value import Value
from ..errors import GraphError, KindError
from .builder import Builder, gradient_name
from .record import Quantity, Record, Trace


def observe(loss: Any, about: Mapping[str, Any] | None = None) -> Trace:
    """The records of a graph of :class:`~whygrad.Value` or :class:`~whygrad.Tensor`: forward and backward.

    Nothing is stored on the graph: ``grad`` stays what it was, whether ``backward()`` has run or not.

    Parameters
    ----------
    loss
        The number that a gradient is wanted of; or a compiled program, whose present numbers are read
        back onto its nodes first.
    about
        Plain data to keep with the trace.

    Raises
    ------
    KindError
        If this is no node of a graph.
    GraphError
        If data were changed since the forward pass, so that results and inputs no longer fit.

    Examples
    --------
    >>> from whygrad import Value
    >>> w = Value(2.0, label="w")
    >>> trace = observe((w * 3.0).tanh())
    >>> [record.formula for record in trace.records]
    ['v1 = w·3', 'L = tanh(v1)', 'dv1 = 1 − L²', 'dw = dv1·3']
    """
    return Observed(loss).trace(about)


def _recorded_anew(root: Any) -> Any:
    """The same graph from its leaves' present numbers; nodes keep the derivatives of earlier ones."""
    anew: dict[Any, Any] = {}
    for node in topological_order(root):
        anew[node] = node
        if node.op is not None:
            anew[node] = Value.record(node.op, [anew[parent] for parent in node.parents])
            anew[node].label = node.label
    return anew[root]


class Observed:
    """A graph being read: which name each node has, and the trace under construction."""

    def __init__(self, loss: Any) -> None:
        if isinstance(loss, Program):
            loss.read_back()
            loss = _recorded_anew(loss.loss)
        if not isinstance(loss, Node):
            raise KindError(
                "observe() takes a Value or a Tensor",
                received=repr(loss),
                hint="for a network of layers: observe_step(network, loss, x, targets)",
            )
        self.loss: Any = loss
        self.order = topological_order(loss)
        self.builder = Builder("values" if isinstance(loss, Value) else "tensors")
        self.quantities: dict[Any, Quantity] = {}
        self.made: dict[Any, Record] = {}
        self.anonymous = 0

    def trace(self, about: Mapping[str, Any] | None = None) -> Trace:
        """Read the whole graph."""
        one = self.loss.unit_upstream()
        for node in self.order:
            node.refuse_changed()
            self.read(node)
        contributions: list[tuple[Any, int, Any, Any, Any]] = []

        def note(node: Any, i: int, upstream: Any, local: Any, contribution: Any) -> None:
            contributions.append((node, i, upstream, local, contribution))

        found = sweep(self.loss, one, observe=note)
        self.pull(contributions, found)
        return self.builder.trace(self.quantities[self.loss].name, about)

    def read(self, node: Any) -> None:
        """The forward record of a node, or the quantity of a leaf."""
        role = "parameter" if node.requires_grad else "constant"
        if node.op is None:
            self.quantities[node] = self.leaf(node, role)
            return
        role = "loss" if node is self.loss else "hidden"
        output = self.builder.quantity(self.name(node), node.data, role)
        inputs = [self.quantities[parent] for parent in node.parents]
        self.quantities[node] = output
        self.made[node] = self.builder.compute("forward", node.op, inputs, output)
        if isinstance(node, Value):
            self.refuse_stale(node, output)

    def leaf(self, node: Any, role: str) -> Quantity:
        """A leaf; one number that occurs often as a constant is one quantity."""
        name = getattr(node, "label", "")
        if role == "constant" and not name and np.ndim(node.data) == 0:
            name = f"{float(node.data):g}".replace("-", "−")
        return self.builder.quantity(name or self.number(), node.data, role)

    def number(self) -> str:
        """A name for what has none."""
        self.anonymous += 1
        return f"v{self.anonymous}"

    def name(self, node: Any) -> str:
        """The label; otherwise what a neuron's parts are called, ``L`` for the result, or a number."""
        if node.label:
            return str(node.label)
        if node is self.loss:
            return "L"
        first = self.quantities[node.parents[0]].name
        if node.op.name == "weighted_sum" and first[:1] == "b":
            return f"z{first[1:].rstrip('′')}"
        if isinstance(node.op, Elementwise) and len(node.parents) == 1 and first[:1] == "z":
            return f"a{first[1:].rstrip('′')}"
        return self.number()

    def refuse_stale(self, node: Any, output: Quantity) -> None:
        """A gradient belongs to the forward pass that was run: refuse one that no longer fits."""
        with np.errstate(all="ignore"):
            again = node.op.forward(node.reading, *[parent.data for parent in node.parents])
        if again != node.data and not (again != again and node.data != node.data):
            near = abs(again - node.data) <= 1e-12 * max(abs(again), abs(node.data))
            if near:  # a compiled or generated forward may round otherwise
                return
            names = ", ".join([self.quantities[parent].name for parent in node.parents][:6])
            raise GraphError(
                f"{output.name} no longer follows from {names}: data have changed since the forward pass",
                expected=f"{float(again):g}",
                received=f"{output.name} = {float(node.data):g}",
                hint="explain before the update, or compute the loss again with the new weights",
            )

    def pull(self, contributions: list[tuple[Any, int, Any, Any, Any]], found: dict[Any, Any]) -> None:
        """Backward records, and the total where several meet."""
        arrivals: dict[Any, int] = {}
        for node, i, *_ in contributions:
            parent = node.parents[i]
            arrivals[parent] = arrivals.get(parent, 0) + 1
        start = self.builder.quantity("1", found[self.loss], "start")
        upstreams: dict[Any, Quantity] = {self.loss: start}
        left = dict(arrivals)
        for node, i, _, local, contribution in contributions:
            parent = node.parents[i]
            name = gradient_name(self.quantities[parent].name)
            several = arrivals[parent] > 1
            own = f"{name} from {self.quantities[node].name}" if several else name
            given = self.builder.quantity(own, contribution, "gradient")
            self.builder.pull(self.made[node], i, upstreams[node], given, local)
            left[parent] -= 1
            if left[parent] == 0:
                total = self.builder.quantity(name, found[parent], "gradient") if several else given
                upstreams[parent] = total
                self.builder.gradients[self.quantities[parent].name] = total
        self.builder.gradients[self.quantities[self.loss].name] = start
