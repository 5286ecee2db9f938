"""The graph below a loss as flat lists of whole numbers: what every later stage works on."""

from __future__ import annotations

from itertools import accumulate, chain
from operator import attrgetter

from ...errors import GraphError, KindError, SettingError
from ..node import topological_order
from ..value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..op import Op

CONSTANT, LEAF, INPUT, PARAMETER = range(4)  # what a leaf is for; computed nodes have the role COMPUTED
COMPUTED = 4


class Recording:
    """Nodes by number, parents before children: node ``i`` was made by ``ops[i]`` from ``parents(i)``.

    ``flat[starts[i]:starts[i + 1]]`` are the numbers of the parents, ``uses[i]`` counts how often a node is
    a parent, ``roles[i]`` says what a leaf is for, ``leaves`` are the nodes that nothing computed. Parameters
    that the loss does not depend on come first.
    """

    def __init__(self, loss: Value, inputs: list[Value], parameters: list[Value]) -> None:
        order = topological_order(loss)
        self.index: dict[Value, int] = dict(zip(order, range(len(order)), strict=True))
        apart = [parameter for parameter in parameters if parameter not in self.index]
        if apart:
            order = apart + order
            self.index = dict(zip(order, range(len(order)), strict=True))
        self.nodes: list[Value] = order
        self.root = self.index[loss]
        self.ops: list[Op | None] = [node.op for node in order]
        # no list of all tuples of parents: the garbage collector would go through it again and again
        self.starts = list(accumulate(self._counts(), initial=0))
        self.flat = list(map(self.index.__getitem__, chain.from_iterable(map(attrgetter("parents"), order))))
        self.uses = [0] * len(order)
        for parent in self.flat:
            self.uses[parent] += 1
        self.leaves = [i for i, op in enumerate(self.ops) if op is None]
        self.roles = [COMPUTED] * len(order)
        for i in self.leaves:
            self.roles[i] = LEAF if order[i].requires_grad else CONSTANT
        self.inputs = self._assign("inputs", inputs, INPUT)
        self.parameters = self._assign("parameters", parameters, PARAMETER)

    def _counts(self) -> list[int]:
        """How many parents each node has."""
        known: dict[Op | None, int] = {None: 0}
        known |= {op: len(op.inputs) for op in set(self.ops) if op is not None and not op.variadic}
        return [
            known[op] if op in known else len(node.parents)
            for op, node in zip(self.ops, self.nodes, strict=True)
        ]

    def _assign(self, name: str, given: list[Value], role: int) -> list[int]:
        """Give the nodes their role, each once and no more; their numbers."""
        numbers = []
        for position, node in enumerate(given):
            where = f"{name}[{position}]"
            if node not in self.index:
                raise GraphError(
                    f"{where} is no part of the graph",
                    received=repr(node),
                    hint="record the loss from these inputs first, then compile it",
                )
            i = self.index[node]
            if self.roles[i] == COMPUTED:
                raise GraphError(
                    f"{where} is computed, not given",
                    received=repr(node),
                    hint=f"{name} are leaves of the graph: values made from a plain number",
                )
            if self.roles[i] in (INPUT, PARAMETER):
                raise SettingError(f"{where} is given twice", received=repr(node))
            if self.roles[i] == CONSTANT and role == PARAMETER:
                raise KindError(
                    f"{where} is a plain number and has no gradient",
                    received=repr(node),
                    hint="make it a Value before the loss is computed",
                )
            self.roles[i] = role
            numbers.append(i)
        return numbers

    def parents(self, i: int) -> list[int]:
        """The numbers of the nodes that node ``i`` was computed from."""
        return self.flat[self.starts[i] : self.starts[i + 1]]

    def __len__(self) -> int:
        return len(self.nodes)

    def needing(self, roles: Iterable[int]) -> list[bool]:
        """For each node, whether it depends on a leaf of one of these roles by a path gradients can take."""
        wanted = set(roles)
        needed = [role in wanted for role in self.roles]
        flat, starts = self.flat, self.starts
        for i, op in enumerate(self.ops):
            if op is not None:
                start = starts[i]
                needed[i] = any(
                    [needed[parent] and op.flows(k) for k, parent in enumerate(flat[start : starts[i + 1]])]
                )
        return needed
