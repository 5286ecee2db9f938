"""A drawn graph as SVG, DOT or Mermaid, which notebooks show by themselves."""

from __future__ import annotations

from pathlib import Path

from .._lazy import above
from ..autodiff.program.program import Program
from ..errors import SettingError
from .graph import MOST, Box, Graph, graph_of
from .layout import LINE, PAD, Layout, Place, lay_out
from .scene import INK, SOFT, Arrow, Cells, Frame, Scene, Text, between

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

BLUE, VERMILLION = "#0072B2", "#D55E00"
LOOKS = {  # fill, edge, whether it is dashed
    "leaf": ("#EAF3F9", BLUE, False),
    "constant": ("#F5F5F5", "#8A8A8A", True),
    "operation": ("#FFFFFF", INK, False),
    "group": ("#F3EEF2", "#4A0E3C", False),
    "result": ("#FCEFE6", VERMILLION, False),
}
SHAPES = {
    "leaf": ("(", ")"),
    "constant": ("[", "]"),
    "operation": ("[", "]"),
    "group": ("[[", "]]"),
    "result": ("([", "])"),
}
FORMATS = (".svg", ".dot", ".mmd")


class Drawing:
    """A graph, and where its boxes go.

    Attributes
    ----------
    graph
        Boxes and links.
    layout
        Where they go.

    Examples
    --------
    >>> from whygrad import Value
    >>> drawing = draw(Value(2.0, label="a") * 3.0)
    >>> drawing.svg()[:4], drawing.dot().splitlines()[0]
    ('<svg', 'digraph {')
    """

    def __init__(self, graph: Graph, down: bool = False) -> None:
        self.graph = graph
        self.layout: Layout = lay_out(graph, down)

    def scene(self) -> Scene:
        """Everything that is drawn, in pixels."""
        layout, graph = self.layout, self.graph
        bottom = 26 if graph.caption else 0
        width, height = max(layout.width, 8.0 * len(graph.caption)), layout.height + bottom
        items = graph_items(graph, layout)
        if graph.caption:
            items.append(Text(width / 2, height - 13, graph.caption, 13, colour=SOFT))
        return Scene(width, height, self.words, tuple(items))

    @property
    def words(self) -> str:
        """The drawing in words, for those who do not see it."""
        return self.graph.words

    def svg(self) -> str:
        """As SVG, with the words for it inside."""
        return self.scene().svg()

    def dot(self) -> str:
        """As text for graphviz."""
        lines = ["digraph {", "  rankdir=LR; node [shape=box, style=rounded, fontname=sans];"]
        for box in self.graph.boxes:
            text = "\\n".join(_quoted(line) for line in (box.title, *box.lines))
            lines.append(f'  n{box.key} [label="{text}"];')
        for link in self.graph.links:
            label = f' [label="{_quoted(link.label)}"]' if link.label else ""
            lines.append(f"  n{link.source} -> n{link.target}{label};")
        if self.graph.caption:
            lines.append(f'  label="{_quoted(self.graph.caption)}";')
        return "\n".join([*lines, "}"]) + "\n"

    def mermaid(self) -> str:
        """As text for Mermaid, which Markdown on many sites draws."""
        lines = ["flowchart LR"]
        for box in self.graph.boxes:
            begin, end = SHAPES[box.kind]
            text = "<br/>".join(_plain(line) for line in (box.title, *box.lines))
            lines.append(f'  n{box.key}{begin}"{text}"{end}')
        for link in self.graph.links:
            label = f'|"{_plain(link.label)}"|' if link.label else ""
            lines.append(f"  n{link.source} -->{label} n{link.target}")
        return "\n".join(lines) + "\n"

    def save(self, path: Path | str) -> Path:
        """Write ``.svg``, ``.dot`` or ``.mmd`` (Mermaid); :func:`whygrad.plots.graph_picture` makes a PNG.

        Raises
        ------
        SettingError
            If the suffix is none of these.
        DataError
            If the file cannot be written.
        """
        from .._files import write_whole

        path = Path(path)
        kinds = {".svg": self.svg, ".dot": self.dot, ".mmd": self.mermaid}
        if path.suffix not in kinds:
            raise SettingError(
                f"a graph cannot be written as {path.name}",
                expected=", ".join(FORMATS),
                hint="for a PNG: whygrad.plots.save(whygrad.plots.graph_picture(drawing), path)",
            )
        write_whole(path, kinds[path.suffix]())
        return path

    _repr_html_ = above("whygrad.drawing.notebook", "drawing_html")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.words}>"


def draw(root: Any, most: int = MOST) -> Drawing:
    """Draw the graph that ends in a value or tensor; a notebook shows what is returned.

    Of a compiled program it draws the graph that was recorded, and beside it the matrices that it was
    recognised to be: see :class:`~whygrad.drawing.ProgramDrawing`.

    Parameters
    ----------
    root
        A :class:`~whygrad.Value` or :class:`~whygrad.Tensor`, or what :func:`~whygrad.compile` gave.
    most
        Boxes; a larger graph is folded to neurons, layers or stages.

    Raises
    ------
    KindError
        If it is neither.
    """
    if isinstance(root, Program):
        from .compiled import ProgramDrawing

        return ProgramDrawing(root, most)
    return Drawing(graph_of(root, most))


def graph_items(graph: Graph, layout: Layout) -> list[Frame | Text | Arrow | Cells]:
    """Links, their labels, and boxes."""
    items: list[Frame | Text | Arrow | Cells] = [Arrow(points, layout.down) for points in layout.bends]
    for link, (x, y) in zip(graph.links, label_places(graph, layout), strict=True):
        if link.label:
            items.append(Text(x, y, link.label, on_line=True))
    for box, place in zip(graph.boxes, layout.places, strict=True):
        items += _box_items(box, place)
    return items


def label_places(graph: Graph, layout: Layout) -> list[tuple[float, float]]:
    """Where the label of each link goes: on the link, away from boxes' edges and from other labels."""
    taken: list[tuple[float, float, float]] = []
    found = []
    for link, points in zip(graph.links, layout.bends, strict=True):
        half = 3.7 * len(link.label) + 2
        options = [_along(points, share, layout.down) for share in (0.5, 0.38, 0.62, 0.28, 0.72, 0.2, 0.8)]
        cost = [
            sum(
                max(0.0, 1 - abs(x - a) / (half + w)) * max(0.0, 1 - abs(y - b) / 15)
                for a, b, w in taken
                if abs(x - a) < half + w and abs(y - b) < 15
            )
            for x, y in options
        ]
        spot = options[min(range(len(options)), key=lambda k: (round(cost[k], 3), k))]
        if link.label:
            taken.append((*spot, half))
        found.append(spot)
    return found


def _along(points: Sequence[tuple[float, float]], share: float, down: bool) -> tuple[float, float]:
    """The point at a share of the last stretch, near what the label is the derivative of."""
    return between(points[-2], points[-1], share, down)


def _box_items(box: Box, place: Place) -> list[Frame | Text]:
    """The frame of a box and its lines."""
    fill, edge, dashed = LOOKS[box.kind]
    left, top = place.x - place.width / 2, place.y - place.height / 2
    items: list[Frame | Text] = [Frame(left, top, place.width, place.height, fill, edge, dashed)]
    first = top + 0.4 * PAD + 8
    for row, line in enumerate((box.title, *box.lines)):
        items.append(Text(place.x, first + row * LINE, line, bold=row == 0))
    return items


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _plain(text: str) -> str:
    return text.replace('"', "#quot;").replace("|", "#124;")
