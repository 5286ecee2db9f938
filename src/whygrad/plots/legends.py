"""Where the legend of a picture goes: into a place where no data are, else below the axes or beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure, SubFigure
from matplotlib.legend import Legend
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath
from matplotlib.transforms import ScaledTranslation

from .style import INK, TEXT, cut, figure_of

Array = np.ndarray[Any, Any]
PLACES = ("upper right", "upper left", "lower right", "lower left", "upper center", "lower center")
HANDLE, BETWEEN, BORDER, ROW = 30.0, 16.0, 10.0, 17.0  # points: of a line with its gap, and around texts
UNDER, UNDER_NAMED = 24.0, 42.0  # points from the axes to a legend below: tick labels, and a name with them
ENTRY = 48  # letters of an entry
LINES_BELOW = 2  # a legend of more lines than that goes beside the axes
LOOK: dict[str, Any] = {
    "fontsize": TEXT,
    "framealpha": 0.9,
    "edgecolor": "none",
    "labelcolor": INK,
    "title_fontsize": TEXT,
}


def legend(
    ax: Axes,
    handles: Sequence[Any] | None = None,
    *,
    avoid: Sequence[Array] = (),
    outside: bool = False,
    title: str | None = None,
) -> None:
    """The legend of axes, where it lies on no data; to be called when data and limits are set.

    Parameters
    ----------
    ax
        The axes.
    handles
        What it explains; by default all that has a label.
    avoid
        More points that it should not lie on, such as those of later frames. Shape of each: (n, 2).
    outside
        Whether to leave the axes free in any case.
    title
        Above the entries.

    Examples
    --------
    >>> from .style import axes
    >>> ax = axes()
    >>> _ = ax.plot([0, 1], [1, 0], label="falls")
    >>> legend(ax)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['falls']
    """
    shown = ax.get_legend_handles_labels()[0] if handles is None else list(handles)
    labels = [cut(handle.get_label(), ENTRY) for handle in shown]
    if not labels:
        return
    free = None if outside else _free(ax, labels, avoid, title)
    look = LOOK | {"title": title}
    if free is not None:
        _plain(ax.legend(shown, labels, **look | {"loc": free}))
        return
    columns = _columns(labels, _points(ax)[0])
    if -(-len(labels) // columns) > LINES_BELOW:
        look |= {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0.2}
        _plain(ax.legend(shown, labels, **look))
        return
    down = UNDER_NAMED if ax.get_xlabel() else UNDER
    shift = ScaledTranslation(0, -down / 72, figure_of(ax).dpi_scale_trans)
    look |= {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "bbox_transform": ax.transAxes + shift}
    _plain(ax.legend(shown, labels, borderaxespad=0, ncols=columns, **look))


def common_legend(whole: Figure | SubFigure, parts: Sequence[Axes]) -> None:
    """One legend below a figure whose parts share what it explains, in place of one in each part."""
    shown: dict[str, Any] = {}
    for ax in parts:
        found = ax.get_legend()
        if found is not None:
            found.remove()
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            shown.setdefault(label, handle)
    if not shown:
        return
    labels = [cut(label, ENTRY) for label in shown]
    width = 72 * whole.bbox.width / figure_of(whole).dpi
    columns = _columns(labels, 0.95 * width)
    _plain(whole.legend(list(shown.values()), labels, loc="outside lower center", ncols=columns, **LOOK))


def _plain(made: Legend) -> None:
    """Points as large in every legend, and opaque, however many there are in the picture."""
    for handle in made.legend_handles:
        if isinstance(handle, PathCollection):
            handle.set_sizes([36])
            handle.set_alpha(1)


def _width(text: str) -> float:
    """In points."""
    return float(TextPath((0, 0), text, size=TEXT).get_extents().width)


def _columns(labels: Sequence[str], width: float) -> int:
    """Into how many columns a legend of that width is divided, filled as evenly as can be."""
    sizes = [_width(label) + HANDLE + BETWEEN for label in labels]
    for columns in range(len(labels), 1, -1):
        high = -(-len(labels) // columns)  # a legend is filled column by column
        parts = [sizes[k : k + high] for k in range(0, len(sizes), high)]
        if len(parts) == columns and sum(map(max, parts)) + BORDER <= width:
            return columns
    return 1


def _points(ax: Axes) -> tuple[float, float]:
    """Width and height of axes in points, before parts of a figure have made room for each other."""
    dots = 72 / figure_of(ax).dpi
    return ax.bbox.width * dots, ax.bbox.height * dots


def _free(ax: Axes, labels: Sequence[str], avoid: Sequence[Array], title: str | None) -> str | None:
    """The first place without data; None if there is none."""
    ax.get_xlim(), ax.get_ylim()  # settles limits that follow from the data
    wide, high = _points(ax)
    width = (max(map(_width, labels)) + HANDLE + 2 * BORDER) / wide
    height = (ROW * (len(labels) + (title is not None)) + 2 * BORDER) / high
    if width > 0.7 or height > 0.7:
        return None
    to_axes = ax.transData + ax.transAxes.inverted()
    found = [to_axes.transform(np.asarray(part, float)) for part in avoid]
    spots = np.concatenate([*_data(ax), *found, np.empty((0, 2))])
    spots = spots[np.isfinite(spots).all(axis=1)]
    for place in PLACES:
        left = 0.0 if "left" in place else 1 - width if "right" in place else (1 - width) / 2
        low = 0.0 if "lower" in place else 1 - height
        x, y = spots[:, 0], spots[:, 1]
        if not ((left <= x) & (x <= left + width) & (low <= y) & (y <= low + height)).any():
            return place
    return None


def _data(ax: Axes) -> Iterator[Array]:
    """Where data are, in fractions of the axes. Shape of each: (n, 2)."""
    to_axes = ax.transData + ax.transAxes.inverted()
    for line in ax.get_lines():
        places = line.get_transform().transform(np.asarray(line.get_xydata(), float))
        yield _along(ax.transAxes.inverted().transform(places))
    for part in ax.collections:
        if isinstance(part, PathCollection):
            yield to_axes.transform(np.ma.getdata(part.get_offsets()))
        elif isinstance(part, ContourSet) and ax.images:  # the boundary; contours alone are a background
            yield from (
                to_axes.transform(np.asarray(path.vertices))
                for path in part.get_paths()
                if np.size(path.vertices)
            )
        elif isinstance(part, LineCollection):
            yield from (_along(to_axes.transform(segment)) for segment in part.get_segments())
    for bar in ax.patches:
        if isinstance(bar, Rectangle) and bar.get_transform() == bar.get_patch_transform() + ax.transData:
            x, y = (
                np.linspace(*side, 20)
                for side in (
                    (bar.get_x(), bar.get_x() + bar.get_width()),
                    (bar.get_y(), bar.get_y() + bar.get_height()),
                )
            )
            yield to_axes.transform(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2))


def _along(corners: Array) -> Array:
    """Points along a line, close to each other."""
    corners = corners[np.isfinite(corners).all(axis=1)]
    if len(corners) < 2:
        return corners
    steps = int(np.clip(np.abs(np.diff(corners, axis=0)).max() / 0.02, 2, 50))
    share = np.linspace(0, 1, steps)[:, None, None]
    return np.asarray((corners[:-1] * (1 - share) + corners[1:] * share).reshape(-1, 2))
