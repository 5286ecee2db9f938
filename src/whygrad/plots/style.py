"""One look for every picture: colours, markers, dashes, sizes of text, and how a figure is made and saved.

Figures are ``matplotlib.figure.Figure`` objects, so no display is needed and nobody's pyplot state changes.
Colours never carry a meaning alone: classes have markers, lines have dashes, negative weights are dashed.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from .._files import write_whole
from ..errors import SettingError

BLUE, VERMILLION, TEAL, PLUM = "#0072B2", "#D55E00", "#3FB8AF", "#4A0E3C"
CLASS_COLOURS = (BLUE, VERMILLION, TEAL, PLUM)  # CIEDE2000 of 19 and more, whatever the colour vision
COLOURS = (*CLASS_COLOURS, "#E4B000", "#8A8A8A")  # beyond four, marker and boundary tell classes apart
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)), (0, (3, 1.2, 1, 1.2, 1, 1.2)))
INK, SOFT, GRID = "#222222", "#5A5A5A", "#E4E4E4"
TITLE, LABEL, TEXT = 13.0, 11.0, 10.0  # points; nothing is smaller than SMALL
SMALL = 9.0
DPI = 144
MAGNITUDE = "viridis"
LONGEST = 22  # letters of a name in a picture


def _tint(colour: str, share: float) -> tuple[float, float, float]:
    """The colour mixed with white."""
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(colour))
    return red, green, blue


SIGNED = LinearSegmentedColormap.from_list("whygrad signed", [VERMILLION, "#FFFFFF", BLUE])
SHADES = LinearSegmentedColormap.from_list(  # P(second class): desaturated, so that points stand out
    "whygrad shades", [_tint(BLUE, 0.55), (0.98, 0.98, 0.98), _tint(VERMILLION, 0.55)]
)

_ALT: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def figure(width: float = 6.4, height: float = 4.4) -> Figure:
    """An empty figure whose parts make room for each other.

    Parameters
    ----------
    width, height
        In inches; text has the same size in every figure.

    Examples
    --------
    >>> figure(4, 3).get_size_inches().tolist()
    [4.0, 3.0]
    """
    made = Figure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="white")
    made.get_layout_engine().set(w_pad=0.08, h_pad=0.08)  # type: ignore[union-attr, call-arg]
    return made


def axes(ax: Axes | None = None, width: float = 6.4, height: float = 4.4) -> Axes:
    """The axes given, or those of a new figure, in our look."""
    return dress(figure(width, height).add_subplot() if ax is None else ax)


def dress(ax: Axes) -> Axes:
    """Give axes our look: no box, quiet grid, text of at least 10 points."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(SOFT)
    ax.tick_params(labelsize=TEXT, color=SOFT, labelcolor=INK)
    ax.grid(color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)
    return ax


def logarithmic(ax: Axes, values: np.ndarray[Any, Any]) -> None:
    """A logarithmic vertical axis for these values, with plain numbers where they are short."""
    ax.set_yscale("log")
    above = values[np.isfinite(values) & (values > 0)]
    low, high = float(above.min()), float(above.max())
    decades = np.log10(high / low)
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < 2.2 else (1.0,), numticks=12))
    ax.yaxis.set_minor_formatter(NullFormatter())
    if low >= 1e-4 and high < 1e5:
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))


def bare(ax: Axes) -> Axes:
    """Axes for a drawing: nothing but what is drawn."""
    ax.set_axis_off()
    return ax


def name(ax: Axes, title: str = "", x: str = "", y: str = "") -> None:
    """Title and axis labels."""
    if title:
        ax.set_title(title, fontsize=TITLE, color=INK, loc="left")
    ax.set_xlabel(x, fontsize=LABEL, color=INK)
    if x == "epoch":
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    ax.set_ylabel(y, fontsize=LABEL, color=INK)


def heading(whole: Figure | SubFigure, text: str) -> None:
    """The title of a figure with several parts."""
    whole.suptitle(text, fontsize=TITLE + 1, color=INK, fontweight="bold")


def cut(text: Any, most: int = LONGEST) -> str:
    """A name short enough for a picture; what is missing is shown by an ellipsis.

    Examples
    --------
    >>> cut("setosa"), cut("a name that goes on and on", 12)
    ('setosa', 'a name that…')
    """
    written = str(text)
    return written if len(written) <= most else written[: most - 1].rstrip() + "…"


def class_style(place: int) -> dict[str, Any]:
    """Colour and marker of the class at this place.

    Examples
    --------
    >>> class_style(1) == {"color": VERMILLION, "marker": "s"}
    True
    """
    return {"color": COLOURS[place % len(COLOURS)], "marker": MARKERS[place % len(MARKERS)]}


def line_style(place: int) -> dict[str, Any]:
    """Colour and dashes of the line at this place."""
    return {"color": COLOURS[place % len(COLOURS)], "linestyle": DASHES[place % len(DASHES)]}


def class_tint(place: int, share: float = 0.45) -> tuple[float, float, float]:
    """A pale version of a class's colour, for what lies behind points."""
    return _tint(COLOURS[place % len(COLOURS)], share)


def describe(where: Axes | Figure | SubFigure, text: str) -> None:
    """Keep what a picture shows in words, for those who do not see it."""
    _ALT[where] = " ".join(text.split())


def alt_text(where: Axes | Figure | SubFigure) -> str:
    """What a picture shows, in words: its own, or those of all its parts.

    Examples
    --------
    >>> from whygrad.plots import activation_functions
    >>> alt_text(activation_functions(["relu"]))[:33]
    'Activation functions and their de'
    """
    if where in _ALT:
        return _ALT[where]
    if isinstance(where, Axes):
        return ""
    parts = [*getattr(where, "subfigs", []), *where.axes]
    texts = dict.fromkeys(text for part in parts if (text := alt_text(part)))
    return " ".join(texts)


def figure_of(where: Axes | Figure | SubFigure) -> Figure:
    """The whole figure that something is part of."""
    whole = where if isinstance(where, Figure) else where.figure
    while not isinstance(whole, Figure):
        whole = whole.figure
    return whole


FORMATS = ("png", "svg", "pdf", "webp", "jpg")


def picture(where: Axes | Figure, kind: str = "png", dpi: float | None = None) -> bytes:
    """The bytes of an image file, with the words for it in the file's metadata where the format has any."""
    whole, text = figure_of(where), alt_text(where) or alt_text(figure_of(where))
    metadata: dict[str, Any] | None = None
    if kind == "png":
        metadata = {"Description": text, "Software": "whygrad"}
    elif kind == "svg":
        metadata = {"Description": text, "Date": None, "Creator": "whygrad"}
    elif kind == "pdf":
        metadata = {"Subject": text, "CreationDate": None, "Creator": "whygrad"}
    out = io.BytesIO()
    whole.savefig(out, format=kind, dpi=dpi or whole.dpi, metadata=metadata)
    return out.getvalue()


def save(where: Axes | Figure, path: Path | str, dpi: float | None = None) -> Path:
    """Write a picture, whole or not at all; the suffix says in which format.

    Raises
    ------
    SettingError
        If the suffix is none of ``FORMATS``.
    DataError
        If the file cannot be written.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".").replace("jpeg", "jpg")
    if kind not in FORMATS:
        raise SettingError(
            f"a picture cannot be written as {path.name}",
            expected=", ".join(f".{known}" for known in FORMATS),
            received=path.suffix or "no suffix",
        )
    write_whole(path, picture(where, kind, dpi))
    return path


def numbers(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    """Numbers to draw: None is a gap, and so is what is infinite."""
    found = np.array([np.nan if value is None else value for value in values], float)
    found[~np.isfinite(found)] = np.nan
    return found


def short(value: float) -> str:
    """A number as a label shows it: three digits that count.

    Examples
    --------
    >>> short(0.00012345), short(1234.5), short(0.5)
    ('0.000123', '1,234', '0.5')
    """
    if abs(value) >= 1000:
        return f"{value:,.0f}" if abs(value) < 1e6 else f"{value:.2e}"
    return f"{value:.3g}" if abs(value) >= 1e-4 or value == 0 else f"{value:.1e}"
