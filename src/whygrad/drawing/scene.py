"""What a drawing consists of, in pixels from the top left, and its text as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

INK, SOFT, LINE_COLOUR = "#222222", "#5A5A5A", "#9A9A9A"


@dataclass(frozen=True)
class Frame:
    """A rounded rectangle; x and y are its top left corner."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    edge: str
    dashed: bool = False

    def svg(self) -> str:
        """As SVG."""
        dashes = ' stroke-dasharray="4 3"' if self.dashed else ""
        return (
            f'<rect x="{self.x:.1f}" y="{self.y:.1f}" width="{self.width:.1f}" height="{self.height:.1f}" '
            f'rx="7" fill="{self.fill}" stroke="{self.edge}" stroke-width="1.4"{dashes}/>'
        )


@dataclass(frozen=True)
class Text:
    """A line of text; y is the middle of its height, x its middle or its start."""

    x: float
    y: float
    text: str
    size: float = 12.0
    bold: bool = False
    middle: bool = True
    colour: str = INK
    on_line: bool = False  # then it stands on white, so that no stretch of line is read as a sign

    def svg(self) -> str:
        """As SVG."""
        anchor = ' text-anchor="middle"' if self.middle else ""
        weight = ' font-weight="bold"' if self.bold else ""
        white = ""
        if self.on_line:
            wide, high = 0.61 * self.size * len(self.text) + 3, 1.2 * self.size
            white = (
                f'<rect x="{self.x - wide / 2:.1f}" y="{self.y - high / 2:.1f}" width="{wide:.1f}" '
                f'height="{high:.1f}" fill="white" fill-opacity="0.85"/>'
            )
        return (
            f'{white}<text x="{self.x:.1f}" y="{self.y + 0.35 * self.size:.1f}" font-size="{self.size:g}"'
            f'{anchor}{weight} fill="{self.colour}">{escape(self.text)}</text>'
        )


@dataclass(frozen=True)
class Arrow:
    """A smooth line through points, with a head at its end."""

    points: tuple[tuple[float, float], ...]
    down: bool = False

    @property
    def curve(self) -> list[tuple[float, float]]:
        """The points of the curve: cubic between each two, level at both, or upright where it runs down."""
        return curve(self.points, self.down)

    def svg(self) -> str:
        """As SVG."""
        start = self.points[0]
        line = f"M{start[0]:.1f},{start[1]:.1f}"
        for (x0, y0), (x1, y1) in pairwise(self.points):  # the same cubic, in Bézier's form
            ends = (
                ((x0, y0 + (y1 - y0) / 3), (x1, y1 - (y1 - y0) / 3))
                if self.down
                else ((x0 + (x1 - x0) / 3, y0), (x1 - (x1 - x0) / 3, y1))
            )
            line += "C" + " ".join(f"{x:.1f},{y:.1f}" for x, y in (*ends, (x1, y1)))
        return (
            f'<path d="{line}" fill="none" stroke="{LINE_COLOUR}" stroke-width="1.3" marker-end="url(#end)"/>'
        )


@dataclass(frozen=True)
class Cells:
    """Coloured cells of one size, each given by its top left corner and colour; some have a short dash."""

    width: float
    height: float
    cells: tuple[tuple[float, float, str], ...]
    dashes: tuple[tuple[float, float], ...] = ()  # the middles of those cells

    @property
    def strokes(self) -> list[tuple[tuple[float, float], tuple[float, float]]]:
        """Both ends of each dash."""
        half = 0.22 * self.width
        return [((x - half, y), (x + half, y)) for x, y in self.dashes]

    def svg(self) -> str:
        """As SVG."""
        parts = ['<g stroke="#C4C4C4" stroke-width="0.7">']
        parts += [
            f'<rect x="{x:g}" y="{y:g}" width="{self.width:g}" height="{self.height:g}" fill="{colour}"/>'
            for x, y, colour in self.cells
        ]
        if self.dashes:
            line = "".join(f"M{x0:g} {y0:g}H{x1:g}" for (x0, y0), (x1, _) in self.strokes)
            parts.append(f'<path d="{line}" stroke="{INK}" stroke-width="1.2"/>')
        return "".join([*parts, "</g>"])


@dataclass(frozen=True)
class Scene:
    """Everything that is drawn, from the back to the front, and the words for it."""

    width: float
    height: float
    words: str
    items: tuple[Frame | Text | Arrow | Cells, ...]

    def svg(self) -> str:
        """As SVG, with the words for it inside."""
        size = f'width="{self.width:.0f}" height="{self.height:.0f}"'
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
            f'viewBox="0 0 {self.width:.0f} {self.height:.0f}" '
            f'role="img" font-family="DejaVu Sans, Verdana, sans-serif"><title>{escape(self.words)}</title>'
            '<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="{LINE_COLOUR}"/></marker></defs>'
            f'<rect {size} fill="white"/>'
        )
        return "\n".join([head, *[item.svg() for item in self.items], "</svg>"])


def curve(
    points: Sequence[tuple[float, float]], down: bool = False, steps: int = 16
) -> list[tuple[float, float]]:
    """The points of the curve through bends.

    Examples
    --------
    >>> curve([(0.0, 0.0), (2.0, 2.0)], steps=2)
    [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)]
    """
    found = [points[0]]
    for before, after in pairwise(points):
        found += [between(before, after, k / steps, down) for k in range(1, steps + 1)]
    return found


def between(
    before: tuple[float, float], after: tuple[float, float], share: float, down: bool = False
) -> tuple[float, float]:
    """The point of the curve at a share of the way between two bends."""
    smooth = share * share * (3 - 2 * share)
    x, y = (smooth, share) if down else (share, smooth)
    return before[0] + (after[0] - before[0]) * x, before[1] + (after[1] - before[1]) * y
