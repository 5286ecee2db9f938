"""A drawn graph by matplotlib, for PNG and slides; everything goes where the SVG has it."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.patches import FancyBboxPatch, Rectangle

from ..drawing.pictures import Drawing
from ..drawing.scene import INK, LINE_COLOUR, Arrow, Cells, Frame, Text
from .style import bare, describe, figure

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
    scene = drawing.scene()
    if ax is None:
        whole = figure(scene.width / PIXELS, scene.height / PIXELS)
        whole.set_layout_engine("none")
        ax = whole.add_axes((0, 0, 1, 1))
    bare(ax)
    ax.set_xlim(0, scene.width)
    ax.set_ylim(scene.height, 0)
    for order, item in enumerate(scene.items, start=1):
        match item:
            case Arrow():
                _arrow(ax, item, order)
            case Frame():
                _frame(ax, item, order)
            case Text():
                _text(ax, item, order)
            case Cells():
                _cells(ax, item, order)
    describe(ax, scene.words)
    return ax


def _arrow(ax: Axes, arrow: Arrow, order: int) -> None:
    points = arrow.curve
    ax.plot(*zip(*points[:-1], strict=True), color=LINE_COLOUR, linewidth=1.1, zorder=order)
    style = {"arrowstyle": "-|>", "color": LINE_COLOUR, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", points[-1], points[-2], zorder=order, arrowprops=style)


def _frame(ax: Axes, frame: Frame, order: int) -> None:
    ax.add_patch(
        FancyBboxPatch(
            (frame.x, frame.y),
            frame.width,
            frame.height,
            boxstyle="round,pad=0,rounding_size=7",
            zorder=order,
            facecolor=frame.fill,
            edgecolor=frame.edge,
            linewidth=1.3,
            linestyle=(0, (4, 2)) if frame.dashed else "-",
        )
    )


def _text(ax: Axes, text: Text, order: int) -> None:
    ax.text(
        text.x,
        text.y,
        text.text,
        ha="center" if text.middle else "left",
        va="center",
        fontsize=text.size / PIXELS * 72,
        fontweight="bold" if text.bold else "normal",
        color=text.colour,
        zorder=order,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85} if text.on_line else None,
    )


def _cells(ax: Axes, cells: Cells, order: int) -> None:
    squares = [Rectangle((x, y), cells.width, cells.height) for x, y, _ in cells.cells]
    colours = [colour for _, _, colour in cells.cells]
    ax.add_collection(
        PatchCollection(squares, facecolors=colours, edgecolors="#C4C4C4", linewidths=0.6, zorder=order)
    )
    ax.add_collection(LineCollection(cells.strokes, colors=INK, linewidths=1.0, zorder=order))
