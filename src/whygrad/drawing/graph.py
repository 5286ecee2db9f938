"""What is drawn of a graph of values or tensors: boxes with their numbers, and links with local derivatives.

A graph of more than about sixty nodes is folded: first to neurons, then to layers, then to stages.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..autodiff.value import Constant, Value
from ..errors import KindError, SettingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MOST = 60
ENDS_A_NEURON = frozenset("tanh relu sigmoid leaky_relu elu silu gelu softplus weighted_sum".split())
Edge = tuple[int, int, int]
NOT_CALLED = "backward() not called yet: every gradient is zero"


@dataclass(frozen=True)
class Box:
    """A node, or several folded into one.

    Attributes
    ----------
    key
        Its place in the graph.
    title
        Its label or the sign of its operation.
    lines
        What stands below the title.
    kind
        ``"leaf"``, ``"constant"``, ``"operation"``, ``"result"`` or ``"group"``.
    nodes
        How many nodes it stands for.
    """

    key: int
    title: str
    lines: tuple[str, ...]
    kind: str
    nodes: int = 1


@dataclass(frozen=True)
class Link:
    """From what was computed first to what was computed from it, with the local derivative."""

    source: int
    target: int
    label: str = ""


@dataclass(frozen=True)
class Graph:
    """Boxes, links between them, and a caption.

    Attributes
    ----------
    boxes
        Those that others were computed from come first; ``boxes[k].key`` is k.
    links
        Each once.
    caption
        What should be said of the whole.
    """

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
    caption: str = ""

    @property
    def words(self) -> str:
        """The graph in a sentence, for those who do not see it."""
        nodes = sum(box.nodes for box in self.boxes)
        folded = "" if nodes == len(self.boxes) else f" folded into {len(self.boxes)} boxes"
        last = self.boxes[-1]
        result = f"; the result is {last.title}, {', '.join(last.lines)}" if last.lines else ""
        caption = f" {self.caption}." if self.caption else ""
        return f"A graph of {nodes} nodes{folded} and {len(self.links)} links{result}.{caption}"


def graph_of(root: Any, most: int = MOST) -> Graph:
    """What is drawn of the graph that ends in a value or tensor.

    Parameters
    ----------
    root
        A :class:`~whygrad.Value` or :class:`~whygrad.Tensor`.
    most
        Boxes; a larger graph is folded.

    Raises
    ------
    KindError
        If it is no node.

    Examples
    --------
    >>> a, b = Value(2.0, label="a"), Value(3.0, label="b")
    >>> loss = a * b + a
    >>> loss.backward()
    >>> graph = graph_of(loss)
    >>> [(box.title, *box.lines) for box in graph.boxes][:2]
    [('a', 'data 2', 'grad 4'), ('b', 'data 3', 'grad 2')]
    >>> [link.label for link in graph.links]
    ['3', '2', '1', '1']
    """
    if not hasattr(root, "ancestors") or not hasattr(root, "parents"):
        raise KindError("only a Value or a Tensor has a graph", received=type(root).__name__)
    if most < 3:
        raise SettingError("most must be 3 or above", received=most)
    nodes = root.ancestors()
    edges = edges_of(nodes)
    caption = NOT_CALLED if len(nodes) > 1 and not any(_has_gradient(node) for node in nodes) else ""
    if len(nodes) <= most:
        boxes = [box_of(k, node, k == len(nodes) - 1) for k, node in enumerate(nodes)]
        return Graph(tuple(boxes), links_of(nodes, edges), caption)
    groups: list[Any] = _neurons(nodes, edges)
    how = "neurons"
    if len(set(groups)) > most:
        groups, how = _layers(nodes, edges, groups), "layers"
    if len(set(groups)) > most:
        groups, how = _stages(edges, groups, most), "stages"
    folded = f"{len(nodes):,} nodes, folded into {how}"
    return fold(nodes, edges, groups, "; ".join(filter(None, [folded, caption])))


def number(value: float) -> str:
    """A number as a box shows it: four digits that count, with a true minus.

    Examples
    --------
    >>> number(-0.123456), number(3.0)
    ('−0.1235', '3')
    """
    return f"{value:.4g}".replace("-", "−")


def box_of(key: int, node: Any, last: bool) -> Box:
    """The box of one node."""
    name = node.label or ("" if node.op is None else node.op.symbol)
    constant = isinstance(node, Constant) or not node.requires_grad
    kind = "result" if last else "operation" if node.op is not None else "constant" if constant else "leaf"
    if isinstance(node, Value):
        lines = [f"data {number(node.data)}"] + ([] if constant else [f"grad {number(node.grad)}"])
    else:
        lines = [*_array_lines("data", node.data)]
        lines += [] if constant or node.grad is None else _array_lines("grad", node.grad)
    if node.op is not None and node.label:
        name = f"{node.label} ({node.op.symbol})"
    return Box(key, name or ("constant" if constant else "value"), tuple(lines), kind)


def _array_lines(what: str, array: Any) -> list[str]:
    """A number as it is, a larger array by its shape and norm."""
    size = getattr(array, "size", 1)
    if size == 1:
        return [f"{what} {number(float(array if isinstance(array, (int, float)) else array.item()))}"]
    norm = float((array.astype(float) ** 2).sum() ** 0.5)
    return [f"{what} {' × '.join(map(str, array.shape))}", f"‖{what}‖ {number(norm)}"]


def _has_gradient(node: Any) -> bool:
    grad = node.grad
    if grad is None:
        return False
    return bool(grad != 0) if isinstance(grad, (int, float)) else bool((grad != 0).any())


def _scalar_label(node: Any, i: int) -> str:
    return number(node.locals[i]) if node.parents[i].requires_grad else ""


def _tensor_label(node: Any, i: int) -> str:
    """What the row hands to this input, as a formula; g is the gradient of the result."""
    from ..autodiff.formulas import notation
    from ..autodiff.op import Elementwise

    if not node.parents[i].requires_grad or not node.op.flows(i) or node.op.variadic:
        return ""
    try:
        text = notation(node.op, f"d_{node.op.inputs[i]}")
    except SettingError:  # what it does depends on shapes
        return ""
    text = f"g·({text})" if isinstance(node.op, Elementwise) and " " in text else text
    if isinstance(node.op, Elementwise) and not text.startswith("g"):
        text = "g" if text == "1" else f"g·{text}"
    return text if len(text) <= 24 else ""


def edges_of(nodes: Sequence[Any]) -> list[Edge]:
    """(number of the parent, number of the node, which of its inputs) for each input of each node."""
    place = {id(node): k for k, node in enumerate(nodes)}
    return [
        (place[id(parent)], k, i) for k, node in enumerate(nodes) for i, parent in enumerate(node.parents)
    ]


def links_of(nodes: Sequence[Any], edges: Sequence[Edge]) -> tuple[Link, ...]:
    """One link for each pair of nodes; a node used twice has both derivatives on it."""
    label = _scalar_label if isinstance(nodes[-1], Value) else _tensor_label
    labels: dict[tuple[int, int], list[str]] = {}
    for source, target, i in edges:
        labels.setdefault((source, target), []).append(label(nodes[target], i))
    return tuple(Link(*pair, " + ".join(filter(None, found))) for pair, found in labels.items())


def _neurons(nodes: Sequence[Any], edges: Sequence[Edge]) -> list[int]:
    """For each node, the last node of the neuron it belongs to.

    A neuron ends in an activation, in a weighted sum without one, or in what several others use; whatever
    only it uses belongs to it.
    """
    users: dict[int, set[int]] = {}
    for source, target, _ in edges:
        users.setdefault(source, set()).add(target)
    group = list(range(len(nodes)))
    for k in range(len(nodes) - 2, -1, -1):
        node, used = nodes[k], users.get(k, set())
        if len(used) != 1:
            continue
        user = next(iter(used))
        ends = node.op is not None and node.op.name in ENDS_A_NEURON
        inside = (
            node.op is not None and node.op.name == "weighted_sum" and nodes[user].op.name in ENDS_A_NEURON
        )
        if not ends or inside:
            group[k] = group[user]
    return group


def _depths(edges: Sequence[Edge], groups: Sequence[int]) -> dict[int, int]:
    """The longest way from an input to each group."""
    before: dict[int, set[int]] = {group: set() for group in groups}
    for source, target, _ in edges:
        if groups[source] != groups[target]:
            before[groups[target]].add(groups[source])
    depth: dict[int, int] = {}
    for group in sorted(before):  # a group is named by its last node, so those before it have lower names
        depth[group] = max((depth[other] + 1 for other in before[group]), default=0)
    return depth


def _layers(nodes: Sequence[Any], edges: Sequence[Edge], groups: Sequence[int]) -> list[Any]:
    """Neurons of one kind that stand equally deep are a layer; it is named by its depth and last node."""
    depth = _depths(edges, groups)
    last: dict[tuple[int, str], int] = {}
    for group in depth:
        kind = "" if nodes[group].op is None else nodes[group].op.name
        last[depth[group], kind] = max(group, last.get((depth[group], kind), 0))
    kinds = {group: "" if nodes[group].op is None else nodes[group].op.name for group in depth}
    return [(depth[group], last[depth[group], kinds[group]]) for group in groups]


def _stages(edges: Sequence[Edge], groups: Sequence[int], most: int) -> list[int]:
    """Nodes of about equal depth, so many stages as may be drawn; links never go back."""
    depth = _depths(edges, range(len(groups)))
    deepest = max(depth.values()) + 1
    return [depth[k] * (most - 1) // deepest for k in range(len(groups))]


def fold(nodes: Sequence[Any], edges: Sequence[Edge], groups: Sequence[Any], caption: str) -> Graph:
    """A box for each group, in the order of the groups' names: links go from lower to higher ones."""
    members: dict[Any, list[int]] = {}
    for k, group in enumerate(groups):
        members.setdefault(group, []).append(k)
    order = sorted(members)
    key = {group: k for k, group in enumerate(order)}
    boxes = []
    for group in order:
        inside = [nodes[k] for k in members[group]]
        last = group == order[-1]
        boxes.append(
            box_of(key[group], inside[0], last) if len(inside) == 1 else _group_box(key[group], inside, last)
        )
    counts: dict[tuple[int, int], int] = {}
    for source, target, _ in edges:
        pair = key[groups[source]], key[groups[target]]
        if pair[0] != pair[1]:
            counts[pair] = counts.get(pair, 0) + 1
    links = tuple(Link(*pair, f"× {count:,}" if count > 1 else "") for pair, count in counts.items())
    return Graph(tuple(boxes), links, caption)


def _group_box(key: int, inside: Sequence[Any], last: bool) -> Box:
    ends = [node for node in inside if node.op is not None and node.op.name in ENDS_A_NEURON]
    ends = [node for node in ends if node.op.name != "weighted_sum"] or ends
    shown = inside[-1]
    if ends and not last:
        name = ends[-1].op.name.replace("weighted_sum", "linear")
        title = f"neuron: {name}" if len(ends) == 1 else f"{len(ends)} × {name}"
        shown = ends[-1]
    else:
        leaves = all(node.op is None for node in inside)
        title = (
            f"{len(inside)} inputs" if leaves else shown.label or shown.op.symbol if shown.op else shown.label
        )
    lines = [f"{len(inside)} nodes"]
    if isinstance(shown, Value) and len(ends) <= 1 and not title.endswith("inputs"):
        lines += [f"data {number(shown.data)}", f"grad {number(shown.grad)}"]
    return Box(key, title or "group", tuple(lines), "result" if last else "group", len(inside))
