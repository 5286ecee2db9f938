"""A drawn graph as SVG, DOT or Mermaid, which notebooks show by themselves."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from pathlib import Path

from ..errors import SettingError
from .graph import MOST, Graph, graph_of, number
from .layout import LINE, PAD, Layout, lay_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

BLUE, VERMILLION, INK, SOFT = "#0072B2", "#D55E00", "#222222", "#5A5A5A"
LOOKS = {  # fill, edge, dashes
    "leaf": ("#EAF3F9", BLUE, ""),
    "constant": ("#F5F5F5", "#8A8A8A", "4 3"),
    "operation": ("#FFFFFF", INK, ""),
    "group": ("#F3EEF2", "#4A0E3C", ""),
    "result": ("#FCEFE6", VERMILLION, ""),
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

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.layout: Layout = lay_out(graph)

    def svg(self) -> str:
        """As SVG, with the words for it inside."""
        layout, graph = self.layout, self.graph
        bottom = 26 if graph.caption else 0
        width, height = max(layout.width, 8.0 * len(graph.caption)), layout.height + bottom
        parts = [_head(width, height, graph.words)]
        parts += [_path(points) for points in layout.bends]
        for link, (x, y) in zip(graph.links, label_places(graph, layout), strict=True):
            if link.label:
                parts.append(
                    f'<text x="{x:.1f}" y="{y + 4:.1f}" font-size="12" text-anchor="middle" fill="{INK}" '
                    f'stroke="white" stroke-width="3" paint-order="stroke">{escape(link.label)}</text>'
                )
        for box, place in zip(graph.boxes, layout.places, strict=True):
            parts.append(_box(box.title, box.lines, box.kind, place.x, place.y, place.width, place.height))
        if graph.caption:
            parts.append(
                f'<text x="{width / 2:.1f}" y="{height - 9:.1f}" font-size="13" text-anchor="middle" '
                f'fill="{SOFT}">{escape(graph.caption)}</text>'
            )
        return "\n".join([*parts, "</svg>"])

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

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        return f"<Drawing: {self.graph.words}>"


def draw(root: Any, most: int = MOST) -> Drawing:
    """Draw the graph that ends in a value or tensor; a notebook shows what is returned.

    Parameters
    ----------
    root
        A :class:`~whygrad.Value` or :class:`~whygrad.Tensor`.
    most
        Boxes; a larger graph is folded to neurons, layers or stages.
    """
    return Drawing(graph_of(root, most))


class Pair:
    """A scalar graph and matrices beside it, which notebooks show by themselves."""

    def __init__(self, drawing: Drawing, matrices: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        self.drawing = drawing
        self.matrices = {name: [[float(v) for v in row] for row in rows] for name, rows in matrices.items()}

    def svg(self) -> str:
        """The graph on the left, the matrices one below the other on the right."""
        graph = self.drawing.svg()
        left, high = self.drawing.layout.width + 60, 20.0
        parts, wide = [], 0.0
        for name, rows in self.matrices.items():
            text, width, height = _matrix(name, rows, left, high)
            parts.append(text)
            wide, high = max(wide, width), high + height + 22
        height = max(high, self.drawing.layout.height + 26)
        words = f"{self.drawing.graph.words} Beside it the matrices {', '.join(self.matrices)}."
        return "\n".join([_head(left + wide + PAD, height, words), graph, *parts, "</svg>"])

    def _repr_svg_(self) -> str:
        return self.svg()


def beside(root: Any, matrices: Mapping[str, Any], most: int = MOST) -> Pair:
    """A scalar graph, and beside it the matrices that it was recognised to be.

    Parameters
    ----------
    root
        The value the graph ends in.
    matrices
        Name -> rows of numbers, or arrays of two dimensions.
    most
        Boxes; a larger graph is folded.

    Examples
    --------
    >>> from whygrad import Value
    >>> pair = beside(Value(1.0) * 2.0, {"W": [[1.0, 2.0]]})
    >>> "W (1 × 2)" in pair.svg()
    True
    """
    return Pair(draw(root, most), matrices)


def label_places(graph: Graph, layout: Layout) -> list[tuple[float, float]]:
    """Where the label of each link goes: on the link, away from boxes' edges and from other labels."""
    taken: list[tuple[float, float, float]] = []
    found = []
    for link, points in zip(graph.links, layout.bends, strict=True):
        half = 3.7 * len(link.label) + 2
        options = [_along(points, share) for share in (0.5, 0.38, 0.62, 0.28, 0.72, 0.2, 0.8)]
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


def curve(points: Sequence[tuple[float, float]], steps: int = 16) -> list[tuple[float, float]]:
    """The points of the curve through bends: cubic between each two, level at both."""
    found = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        for k in range(1, steps + 1):
            t = k / steps
            found.append((x0 + (x1 - x0) * t, y0 + (y1 - y0) * t * t * (3 - 2 * t)))
    return found


def _along(points: Sequence[tuple[float, float]], share: float) -> tuple[float, float]:
    """The point at a share of the last stretch, near what the label is the derivative of."""
    (x0, y0), (x1, y1) = points[-2:]
    return x0 + (x1 - x0) * share, y0 + (y1 - y0) * share * share * (3 - 2 * share)


def _path(points: Sequence[tuple[float, float]]) -> str:
    line = " L".join(f"{x:.1f},{y:.1f}" for x, y in curve(points))
    return f'<path d="M{line}" fill="none" stroke="#9A9A9A" stroke-width="1.3" marker-end="url(#end)"/>'


def _head(width: float, height: float, words: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" font-family="DejaVu Sans, Verdana, sans-serif">'
        f"<title>{escape(words)}</title>"
        '<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#9A9A9A"/></marker></defs>'
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="white"/>'
    )


def _box(title: str, lines: Iterable[str], kind: str, x: float, y: float, width: float, height: float) -> str:
    fill, edge, dashes = LOOKS[kind]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    left, high = x - width / 2, y - height / 2
    frame = (
        f'<rect x="{left:.1f}" y="{high:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'rx="7" fill="{fill}" stroke="{edge}" stroke-width="1.4"{dashed}/>'
    )
    parts = [frame]
    top = y - height / 2 + 0.4 * PAD + 12
    for row, line in enumerate((title, *lines)):
        bold = ' font-weight="bold"' if row == 0 else ""
        parts.append(
            f'<text x="{x:.1f}" y="{top + row * LINE:.1f}" font-size="12" text-anchor="middle"{bold} '
            f'fill="{INK}">{escape(line)}</text>'
        )
    return "".join(parts)


def _matrix(name: str, rows: Sequence[Sequence[float]], x: float, y: float) -> tuple[str, float, float]:
    """A matrix as a table of numbers at a place, with its width and height."""
    wide = 9 + 7.3 * max(len(number(v)) for row in rows for v in row)
    title = f"{escape(name)} ({len(rows)} × {len(rows[0])})"
    parts = [
        f'<text x="{x:.1f}" y="{y + 4:.1f}" font-size="13" font-weight="bold" fill="{INK}">{title}</text>'
    ]
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            left, top = x + c * wide, y + 14 + r * 22
            colour = "#EAF3F9" if value > 0 else "#FCEFE6" if value < 0 else "#FFFFFF"
            parts.append(
                f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="22" fill="{colour}" '
                f'stroke="#CFCFCF"/><text x="{left + wide / 2:.1f}" y="{top + 15:.1f}" font-size="12" '
                f'text-anchor="middle" fill="{INK}">{number(value)}</text>'
            )
    return "".join(parts), max(wide * len(rows[0]), 9.0 * len(name) + 60), 14 + 22 * len(rows)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _plain(text: str) -> str:
    return text.replace('"', "#quot;").replace("|", "#124;")
