"""A graph of values or tensors drawn by matplotlib, for PNG and slides; boxes go where the SVG has them."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from ..drawing.layout import LINE, PAD
from ..drawing.pictures import LOOKS, Drawing, curve, label_places
from .style import INK, SMALL, SOFT, bare, describe, figure

PIXELS = 82.0  # of the layout, an inch: its letters are then about 10 points


def graph_picture(drawing: Drawing, ax: Axes | None = None) -> Axes:
    """The drawing on axes.

    Parameters
    ----------
    drawing
        What :func:`whygrad.drawing.draw` gave.
    ax
        Where to draw; new axes, as large as it takes, when not given.

    Examples
    --------
    >>> from whygrad import Value
    >>> from whygrad.drawing import draw
    >>> len(graph_picture(draw(Value(2.0) * 3.0)).patches)
    3
    """
    layout, graph = drawing.layout, drawing.graph
    extra = 30 if graph.caption else 0
    width = max(layout.width, 8.0 * len(graph.caption))
    if ax is None:
        whole = figure(width / PIXELS, (layout.height + extra) / PIXELS)
        whole.set_layout_engine("none")
        ax = whole.add_axes((0, 0, 1, 1))
    bare(ax)
    ax.set_xlim(0, width)
    ax.set_ylim(layout.height + extra, 0)
    for points in layout.bends:
        ax.plot(*zip(*curve(points)[:-1], strict=True), color="#9A9A9A", linewidth=1.1, zorder=1)
        ax.annotate(
            "",
            points[-1],
            curve(points)[-2],
            zorder=1,
            arrowprops={"arrowstyle": "-|>", "color": "#9A9A9A", "shrinkA": 0, "shrinkB": 0},
        )
    for link, (x, y) in zip(graph.links, label_places(graph, layout), strict=True):
        if link.label:
            ax.text(
                x,
                y,
                link.label,
                ha="center",
                va="center",
                fontsize=SMALL,
                color=INK,
                zorder=3,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
            )
    for box, place in zip(graph.boxes, layout.places, strict=True):
        fill, edge, dashes = LOOKS[box.kind]
        corner = place.x - place.width / 2, place.y - place.height / 2
        ax.add_patch(
            FancyBboxPatch(
                corner,
                place.width,
                place.height,
                boxstyle="round,pad=0,rounding_size=7",
                zorder=2,
                facecolor=fill,
                edgecolor=edge,
                linewidth=1.3,
                linestyle=(0, (4, 2)) if dashes else "-",
            )
        )
        top = corner[1] + 0.4 * PAD + 8
        for row, line in enumerate((box.title, *box.lines)):
            ax.text(
                place.x,
                top + row * LINE,
                line,
                ha="center",
                va="center",
                fontsize=SMALL + 0.3,
                color=INK,
                fontweight="bold" if row == 0 else "normal",
                zorder=4,
            )
    if graph.caption:
        ax.text(
            width / 2, layout.height + 12, graph.caption, ha="center", va="center", fontsize=11, color=SOFT
        )
    describe(ax, graph.words)
    return ax
