"""What is wrong with how a picture looks: text cut off, overlapping or too small, a legend on the data."""

from __future__ import annotations

import itertools

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.contour import ContourSet
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle
from matplotlib.text import Text

from whygrad.plots.film import Film
from whygrad.plots.style import SMALL, figure_of

BETWEEN = 4.0  # pixels between two texts on one line
EDGE = 4.0  # pixels between a text and the border of the box it stands in


def faults(drawn):
    """A sentence for each thing that is wrong; of a film, in its first, middle and last frame."""
    if not isinstance(drawn, Film):
        return _of_figure(figure_of(drawn))
    found = []
    for k in sorted({0, drawn.frames // 2, drawn.frames - 1}):
        list(drawn.show(k))
        found += [f"frame {k}: {fault}" for fault in _of_figure(drawn.whole)]
    return found


def _of_figure(whole):
    canvas = FigureCanvasAgg(whole)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = seen_texts(whole, renderer)
    return [
        *_small(texts),
        *_cut_off(whole, texts),
        *_overlapping(texts),
        *_bursting(whole, texts, renderer),
        *_covered(whole, texts, renderer),
    ]


def seen_texts(whole, renderer):
    """Every text that is seen, with its box in pixels."""
    hidden = set()
    for ax in whole.findobj(lambda artist: hasattr(artist, "xaxis")):
        for axis in filter(None, (ax.xaxis, ax.yaxis, getattr(ax, "zaxis", None))):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not ax.axison or not low <= tick.get_loc() <= high:
                    hidden.update([tick.label1, tick.label2])
            if not ax.axison:
                hidden.update([axis.label, axis.get_offset_text()])
    return [
        (text, text.get_window_extent(renderer))
        for text in whole.findobj(Text)
        if text.get_text().strip() and text.get_visible() and text not in hidden
    ]


def _small(texts):
    return [
        f"{text.get_text()!r} has {text.get_fontsize():g} points"
        for text, _ in texts
        if text.get_fontsize() < SMALL
    ]


def _cut_off(whole, texts):
    width, height = whole.get_size_inches() * whole.dpi
    return [
        f"{text.get_text()!r} is cut off"
        for text, box in texts
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]


def _overlapping(texts):
    found = []
    for (one, a), (other, b) in itertools.combinations(texts, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        along = min(a.y1, b.y1) - max(a.y0, b.y0)
        level = along / min(a.height, b.height)
        if across > 1 and level > 0.25:
            found.append(f"{one.get_text()!r} lies on {other.get_text()!r}")
        elif across > -BETWEEN and level > 0.7 and not _goes_on(one, other):
            found.append(f"{one.get_text()!r} touches {other.get_text()!r}")
    return found


def _goes_on(one, other):
    """Whether one text is placed where the other ends, as the words and the number of a title."""
    return getattr(one, "xycoords", None) is other or getattr(other, "xycoords", None) is one


def _bursting(whole, texts, renderer):
    """Texts that touch the border of the box or circle they stand in."""
    boxes = whole.findobj(lambda artist: isinstance(artist, (FancyBboxPatch, Circle)))
    shapes = [box.get_window_extent(renderer) for box in boxes if box.axes and box in box.axes.patches]
    found = []
    for text, box in texts:
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        for shape in shapes:
            if shape.x0 < x < shape.x1 and shape.y0 < y < shape.y1:
                room = min(box.x0 - shape.x0, shape.x1 - box.x1, box.y0 - shape.y0, shape.y1 - box.y1)
                if room < EDGE:
                    found.append(f"{text.get_text()!r} touches its box, {room:.0f} pixels")
    return found


def _covered(whole, texts, renderer):
    """Legends that lie on points or lines of data, or on a text."""
    found = []
    for ax in whole.findobj(lambda artist: hasattr(artist, "get_legend") and hasattr(artist, "transData")):
        legend = ax.get_legend()
        if legend is None:
            continue
        box = legend.get_window_extent(renderer)
        points = [p for p in data_of(ax) if len(p)]
        places = np.concatenate(points) if points else np.empty((0, 2))
        within = (
            (places[:, 0] > box.x0)
            & (places[:, 0] < box.x1)
            & (places[:, 1] > box.y0)
            & (places[:, 1] < box.y1)
        )
        own = set(legend.findobj(Text))
        found += [
            f"a legend lies on {text.get_text()!r}"
            for text, other in texts
            if text not in own and box.overlaps(other)
        ]
        if within.any():
            found.append(f"the legend of {ax.get_title(loc='left')!r} lies on {within.sum()} points")
    return found


def data_of(ax):
    """Where data are drawn, in pixels: points, lines closely sampled, boundaries, tops of bars."""
    for collection in ax.collections:
        if isinstance(collection, PathCollection):
            offsets = np.ma.getdata(collection.get_offsets())
            yield collection.get_offset_transform().transform(offsets)
        elif isinstance(collection, ContourSet) and ax.images:  # the drawn boundary
            for path in collection.get_paths():
                yield ax.transData.transform(path.vertices)
        elif isinstance(collection, LineCollection):
            for segment in collection.get_segments():
                yield _close(ax.transData.transform(segment))
    for line in ax.get_lines():
        if line.get_transform() == ax.transData:
            yield _close(line.get_transform().transform(np.column_stack(line.get_data()).astype(float)))
    for bar in ax.patches:
        if isinstance(bar, Rectangle) and bar.get_height():
            box = bar.get_window_extent()
            yield _close(np.array([[box.x0, box.y0], [box.x0, box.y1], [box.x1, box.y1], [box.x1, box.y0]]))


def _close(places):
    """A line in pixels, as points that lie close to each other."""
    places = places[np.isfinite(places).all(axis=1)]
    if len(places) < 2:
        return places
    share = np.linspace(0, 1, 30)[:, None, None]
    return (places[:-1] * (1 - share) + places[1:] * share).reshape(-1, 2)
