"""A compiled program drawn: the scalar graph that was recorded, and beside it the matrices that it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ..autodiff.program.explanation import MatrixProduct, Operation, Sum, stem
from ..autodiff.value import Constant, Value, constant
from .graph import MOST, Graph, box_of, edges_of, fold, graph_of, links_of, number
from .pictures import BLUE, VERMILLION, Drawing
from .scene import SOFT, Arrow, Cells, Frame, Scene, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ..autodiff.program.explanation import Part
    from ..autodiff.program.program import Program
    from .graph import Box

    Group = tuple[int, bool, str]  # the part; whether computed, as leaves stand before; the name of leaves
    Matrix = Sequence[Sequence[Value]]
    Items = list[Frame | Text | Arrow | Cells]

WRITTEN, WHOLE, HEAD = 6, 16, 5  # rows or columns: with numbers, all of them, and first ones of more
CELL, HIGH, DOTS = 13.0, 20.0, 16.0  # pixels: a coloured cell, a written one, the room of "⋮"
WIDE, APART = 880.0, 26.0  # a line of parts, and the room between parts
KEY = "blue is above zero, orange (−) below; the stronger, the larger"


class ProgramDrawing(Drawing):
    """A compiled program: the graph that was recorded, and each part that it was recognised as.

    Boxes carry the number that their part has in ``program.explain()``. A graph of more than ``most`` nodes
    is folded to these parts, and to the matrices of leaves. Numbers are the program's present ones; the
    recorded nodes stay as they are.

    Attributes
    ----------
    graph
        Boxes and links.
    layout
        Where they go.
    parts
        The parts beside it: of many, the largest.

    Examples
    --------
    >>> import random
    >>> from whygrad import MLP, compile
    >>> from whygrad.drawing import draw
    >>> network = MLP(2, [4, 1], rng=random.Random(0))
    >>> loss = sum((network([x, 1.0]) - x) ** 2 for x in (0.0, 1.0))
    >>> drawing = draw(compile(loss, parameters=network.parameters()))
    >>> drawing.parts[0].shapes
    ((2, 2), (2, 4))
    >>> drawing.svg()[:4]
    '<svg'
    """

    def __init__(self, program: Program, most: int = MOST) -> None:
        found = program.explain()
        self.parts: list[Part] = found.shown
        self._left_out = len(found.parts) - len(self.parts)
        self._anew = _recorded_anew(program)
        graph = _graph(program, self._anew, found.parts, most)
        super().__init__(graph, down=len(self._anew) > most)

    @property
    def words(self) -> str:
        """The drawing in words, for those who do not see it."""
        parts = "; ".join(f"({part.number}) {part.words}" for part in self.parts)
        return f"{self.graph.words} Beside it the matrices that it was recognised to be: {parts}."

    def scene(self) -> Scene:
        """The graph on the left, the parts on the right, in the order in which they are computed."""
        graph = super().scene()
        left, top, places, items = graph.width + 2 * APART, 24.0, _Places(), list(graph.items)
        items += [
            Text(left, top, "The same graph as matrices", 14, bold=True, middle=False),
            Text(left, top + 19, KEY, 11, middle=False, colour=SOFT),
        ]
        x, y, high, wide = left, top + 52, 0.0, 0.0
        for part in self.parts:
            card = _Card(part, self._anew, places)
            if x > left and x + card.width > left + WIDE:
                x, y, high = left, y + high + APART, 0.0
            items += card.items(x, y)
            wide, high = max(wide, x + card.width), max(high, card.height)
            x += card.width + 1.5 * APART
        if self._left_out:
            y += high + APART
            high = 14.0
            items.append(Text(left, y, f"and {self._left_out:,} smaller parts", middle=False, colour=SOFT))
        return Scene(wide + APART, max(graph.height, y + high + APART), self.words, tuple(items))


def _recorded_anew(program: Program) -> dict[Value, Value]:
    """For each recorded node one of its own, with the program's present numbers and gradients."""
    loss = program.forward()
    if loss == loss:
        program.backward()
    anew: dict[Value, Any] = {}
    for node in program.loss.ancestors():
        if node.op is not None:
            anew[node] = Value.record(node.op, [anew[parent] for parent in node.parents])
        else:
            anew[node] = (constant if isinstance(node, Constant) else Value)(program[node])
        anew[node].label = node.label
        if loss == loss:
            anew[node].grad = program.gradient_of(node)
    return anew


# --- the graph -------------------------------------------------------------------------------------------
def _graph(program: Program, anew: dict[Value, Value], parts: Sequence[Part], most: int) -> Graph:
    """The recorded graph, its boxes with the numbers of their parts; folded to parts when it is large."""
    nodes = list(anew)
    edges = edges_of(nodes)
    groups = _groups(program, nodes, edges, parts)
    fresh = list(anew.values())
    caption = "" if fresh[-1].data == fresh[-1].data else "no gradients: the loss is not a number"
    if len(nodes) <= most:
        boxes = [_tagged(box_of(k, node, k == len(nodes) - 1), groups[k]) for k, node in enumerate(fresh)]
        return Graph(tuple(boxes), links_of(fresh, edges), caption)
    if len(set(groups)) > most:
        return graph_of(anew[program.loss], most)
    caption = "; ".join(
        filter(None, [f"{len(nodes):,} nodes, folded into what is computed at once", caption])
    )
    folded = fold(fresh, edges, groups, caption)
    inside: dict[Group, list[Value]] = {}
    for node, group in zip(fresh, groups, strict=True):
        inside.setdefault(group, []).append(node)
    boxes = [
        _tagged(box if box.nodes == 1 else _group_box(box, group, inside[group], parts), group)
        for box, group in zip(folded.boxes, sorted(inside), strict=True)
    ]
    return replace(folded, boxes=tuple(boxes))


def _groups(
    program: Program, nodes: Sequence[Value], edges: Sequence[Any], parts: Sequence[Part]
) -> list[Group]:
    """For each node its part, and what leaves are called; leaves stand before the part that uses them first.

    The partial sums and single products that a part took in have one user each, and belong where it does.
    """
    number = {node: part.number for part in parts for node in part.members}
    first: dict[int, int] = {}
    for source, target, _ in reversed(edges):  # a node's users have their part before it does
        part = number.setdefault(nodes[target], first.get(target, 0))
        first[source] = min(part, first.get(source, part))
    kinds = dict.fromkeys(program.inputs, "inputs") | dict.fromkeys(program.parameters, "parameters")
    found = []
    for k, node in enumerate(nodes):
        if node.op is not None:
            found.append((number[node], True, ""))
            continue
        kind = kinds.get(node) or ("plain numbers" if isinstance(node, Constant) else "leaves")
        found.append((first[k], False, stem(node.label) if node.label else kind))
    return found


def _tagged(box: Box, group: Group) -> Box:
    part, computed, _ = group
    return replace(box, title=f"({part}) {box.title}") if computed else box


def _group_box(box: Box, group: Group, inside: Sequence[Value], parts: Sequence[Part]) -> Box:
    """The box of several nodes, named as its part or its leaves are."""
    part, computed, name = group
    lines = [f"{len(inside):,} nodes"]
    if computed:
        return replace(box, title=_operation(parts[part - 1]), lines=tuple(lines))
    kinds = sorted({node.data for node in inside})
    if len(kinds) <= 3:
        lines.append(", ".join(map(number, kinds)))
    return replace(box, title=name, lines=tuple(lines), kind="group")


def _operation(part: Part) -> str:
    """What the nodes of a part are, in a few words."""
    sums = "sum" if len(part.members) == 1 else "sums"
    if isinstance(part, Sum):
        return f"{sums} of {part.terms + part.products:,} terms"
    if isinstance(part, MatrixProduct):
        inner = part.shapes[0][1]
        return f"{sums} of {inner:,} products" if inner > 1 else f"{sums} with a product"
    return part.name if isinstance(part, Operation) else "nodes"


# --- the matrices ----------------------------------------------------------------------------------------
class _Places:
    """Where nodes lie in the matrices met so far: what comes from one entry by entry is like it."""

    def __init__(self) -> None:
        self.of: dict[Value, tuple[int, int, int]] = {}
        self.shapes: list[tuple[int, int]] = []

    def add(self, matrix: Matrix) -> None:
        """Note a matrix."""
        for r, row in enumerate(matrix):
            for c, node in enumerate(row):
                self.of[node] = len(self.shapes), r, c
        self.shapes.append((len(matrix), len(matrix[0])))

    def arranged(self, members: Sequence[Value]) -> Matrix:
        """The members as the matrix that one of their operands is; a column when there is none."""
        for operands in zip(*[node.parents for node in members], strict=False):
            places = [self.of.get(node) for node in operands]
            whole = {place[0] for place in places if place is not None}
            if None in places or len(whole) != 1 or len(set(places)) != len(members):
                continue
            rows, columns = self.shapes[whole.pop()]
            if rows * columns == len(members):
                at = {place[1:]: node for place, node in zip(places, members, strict=True) if place}
                return [[at[r, c] for c in range(columns)] for r in range(rows)]
        return [[node] for node in members]


@dataclass(frozen=True)
class _Grid:
    """A matrix with its name; rows and columns are those that are shown, None for what is left out."""

    name: str
    shape: str
    numbers: Sequence[Sequence[float]]
    written: bool

    @property
    def lines(self) -> tuple[list[int | None], list[int | None]]:
        """The rows and the columns that are shown, None for those left out."""
        return _shown(len(self.numbers)), _shown(len(self.numbers[0]))

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a cell."""
        if not self.written:
            return CELL, CELL
        return 9 + 7.0 * max(2, *[len(number(value)) for row in self.numbers for value in row]), HIGH

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of all cells."""
        (rows, columns), (width, high) = self.lines, self.cell
        return (
            sum(DOTS if c is None else width for c in columns),
            sum(DOTS if r is None else high for r in rows),
        )

    @property
    def width(self) -> float:
        """Width with the name."""
        return max(self.size[0], 6.6 * len(self.name), 6.6 * len(self.shape))

    def items(self, x: float, y: float) -> Items:
        """Everything in it; x is its middle, y the top of the first cell."""
        (rows, columns), (width, high), (across, along) = self.lines, self.cell, self.size
        most = max([abs(v) for row in self.numbers for v in row if math.isfinite(v)], default=0.0) or 1.0
        cells, dashes, texts = [], [], []
        top = y
        for r in rows:
            left = x - across / 2
            for c in columns:
                if r is not None and c is not None:
                    value = self.numbers[r][c]
                    cells.append((round(left, 1), round(top, 1), _shade(value / most, self.written)))
                    middle = left + width / 2, top + high / 2
                    if self.written:
                        texts.append(Text(*middle, number(value), 11))
                    elif value < 0:
                        dashes.append((round(middle[0], 1), round(middle[1], 1)))
                left += DOTS if c is None else width
            top += DOTS if r is None else high
        if None in rows:
            texts.append(Text(x, y + high * HEAD + DOTS / 2, "⋮", 13))
        if None in columns:
            texts.append(Text(x - across / 2 + width * HEAD + DOTS / 2, y + along / 2, "⋯", 13))
        head = [Text(x, y - 23, self.name, 11, bold=True), Text(x, y - 9, self.shape, 11, colour=SOFT)]
        return [*head, Cells(width, high, tuple(cells), tuple(dashes)), *texts]


class _Card:
    """A part in words, and below it the product as it is multiplied, or the result of another operation."""

    def __init__(self, part: Part, anew: dict[Value, Value], places: _Places) -> None:
        self.words = f"({part.number}) {part.words}"
        result = f"({part.number})"
        named: list[tuple[str, str, Matrix]] = []
        if isinstance(part, MatrixProduct):
            left, right = part.operands
            added = part.added if len(part.added) == len(part.terms) else [""] * len(part.terms)
            terms = [("+", name, _narrow(matrix)) for name, matrix in zip(added, part.terms, strict=True)]
            named = [("", left, part.left), ("·", right, part.right), *terms, ("=", result, part.result)]
        else:
            named = [("", result, places.arranged(part.members))]
        for _, _, matrix in named:
            places.add(matrix)
        written = all(len(matrix) <= WRITTEN and len(matrix[0]) <= WRITTEN for _, _, matrix in named)
        self.grids = [
            (
                sign,
                _Grid(
                    name,
                    f"{len(matrix):,} × {len(matrix[0]):,}",
                    [[anew[node].data for node in row] for row in matrix],
                    written,
                ),
            )
            for sign, name, matrix in named
        ]

    @property
    def width(self) -> float:
        """Of the whole."""
        return max(7.4 * len(self.words), sum(grid.width + (30 if sign else 0) for sign, grid in self.grids))

    @property
    def height(self) -> float:
        """Of the whole."""
        return 52 + max(grid.size[1] for _, grid in self.grids)

    def items(self, x: float, y: float) -> Items:
        """Everything in it, from its top left corner."""
        found: Items = [Text(x, y, self.words, middle=False)]
        top, high = y + 52, self.height - 52
        for sign, grid in self.grids:
            if sign:
                found.append(Text(x + 15, top + high / 2, sign, 16))
                x += 30
            found += grid.items(x + grid.width / 2, top + (high - grid.size[1]) / 2)
            x += grid.width
        return found


def _narrow(matrix: Matrix) -> Matrix:
    """A matrix whose rows are all the same as one row, and one whose columns are as one column."""
    if all(list(row) == list(matrix[0]) for row in matrix):
        return [matrix[0]]
    return [[row[0]] for row in matrix] if all(len(set(row)) == 1 for row in matrix) else matrix


def _shown(count: int) -> list[int | None]:
    return list(range(count)) if count <= WHOLE else [*range(HEAD), None, count - 1]


def _shade(share: float, pale: bool) -> str:
    """White at 0, towards blue above and vermillion below; grey for what is no number."""
    if not math.isfinite(share):
        return "#D0D0D0"
    end = BLUE if share > 0 else VERMILLION
    strength = abs(share) * (0.35 if pale else 0.75)
    mixed = [round(255 + (int(end[k : k + 2], 16) - 255) * strength) for k in (1, 3, 5)]
    return "#" + "".join(f"{part:02X}" for part in mixed)
