"""Writes animations: draws what moves onto what stands still, and compresses with one small palette.

matplotlib's own writer draws every frame anew and lets Pillow choose colours for each. Here the still
part is drawn once; a frame restores it, draws the artists that changed, and takes its colours from one
palette of 48, found on a few frames. So files are quicker to write and much smaller.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from PIL import Image

from .._files import write_whole
from .._numbers import count
from ..errors import DataError, SettingError
from .style import alt_text

Array = np.ndarray[Any, Any]
COLOURS = 48
HOLD = 1.5  # seconds that the last frame stands
SAMPLES = 6  # frames that the palette is found on
FORMATS = ("gif", "webp", "mp4")


@dataclass(frozen=True)
class Film:
    """A figure, and how to turn it into each of its frames.

    Attributes
    ----------
    whole
        The figure.
    frames
        How many.
    show
        ``show(k)`` changes artists so that the figure shows frame k, and gives those it changed, from the
        back to the front. All frames change the same artists.
    fps
        Frames a second.
    above
        Artists that stand still in front of those that move: drawn once, and laid over each frame.
    """

    whole: Figure
    frames: int
    show: Callable[[int], Iterable[Artist]]
    fps: float = 20.0
    above: Sequence[Artist] = ()

    @property
    def seconds(self) -> float:
        """How long it takes, with the last frame held."""
        return (self.frames - 1) * _delay(self.fps) / 1000 + HOLD

    def save(self, path: Path | str, dpi: float | None = None) -> Path:
        """Write the film, whole or not at all; the suffix says in which format.

        Raises
        ------
        SettingError
            If the suffix is none of ``.gif``, ``.webp`` and ``.mp4``, or there is no encoder for it.
        """
        return save_film(self, path, dpi)


def pictures(film: Film, dpi: float | None = None) -> Iterable[Array]:
    """The frames one after the other. Shape of each: (height, width, 4), bytes."""
    count("frames", film.frames, least=1)
    if dpi is not None:
        film.whole.set_dpi(dpi)
    canvas: Any = FigureCanvasAgg(film.whole)  # its methods have no types
    moving = list(film.show(0))
    engine = film.whole.get_layout_engine()
    if engine is not None:  # the layout is settled with the first frame in it, and then frozen
        engine.execute(film.whole)
        film.whole.set_layout_engine("none")
    for artist in (*moving, *film.above):
        artist.set_animated(True)
    try:
        canvas.draw()
        still = canvas.copy_from_bbox(film.whole.bbox)
        renderer = canvas.get_renderer()
        lid = Lid(_alone(canvas, film.above))
        for k in range(film.frames):
            canvas.restore_region(still)
            for artist in film.show(k):
                if not artist.get_animated():
                    raise DataError("a film's frames must all change the same artists", received=repr(artist))
                artist.draw(renderer)
            frame = np.array(canvas.buffer_rgba())
            lid.put_on(frame)
            yield frame
    finally:
        for artist in (*moving, *film.above):
            artist.set_animated(False)


def _alone(canvas: Any, artists: Sequence[Artist]) -> Array:
    """Artists on nothing, as an image with transparency."""
    renderer = canvas.get_renderer()
    renderer.clear()
    for artist in artists:
        artist.draw(renderer)
    return np.array(canvas.buffer_rgba())


class Lid:
    """An image with transparency that is laid over many frames: only pixels that show are touched.

    Parameters
    ----------
    image
        Shape: (height, width, 4), bytes.
    """

    def __init__(self, image: Array) -> None:
        pixels = image.reshape(-1, 4)
        opacity = pixels[:, 3]
        self.solid = np.flatnonzero(opacity == 255)
        self.colours = pixels[self.solid]
        self.edges = np.flatnonzero((opacity > 0) & (opacity < 255))
        self.rest = 255 - opacity[self.edges, None].astype(np.uint16)
        self.share = pixels[self.edges, :3] * opacity[self.edges, None].astype(np.uint16) + 128

    def put_on(self, frame: Array) -> None:
        """Lay it over a frame, in place."""
        pixels = frame.reshape(-1, 4)
        pixels[self.solid] = self.colours
        mixed = self.share + self.rest * pixels[self.edges, :3]
        pixels[self.edges, :3] = (mixed + (mixed >> 8)) >> 8  # divided by 255 and rounded


class Backdrop(Artist):
    """A grid of numbers or colours stretched smoothly over axes, quicker than ``imshow``.

    Parameters
    ----------
    ax
        The axes it fills.
    grid
        Colours from 0 to 1, rows from the bottom, shape (rows, columns, 3); with a table, numbers from 0 to
        1, shape (rows, columns).
    table
        Colours for numbers, in equal steps. Shape: (levels, 3), from 0 to 1.
    """

    zorder = 0

    def __init__(self, ax: Any, grid: Array, table: Array | None = None) -> None:
        super().__init__()
        self.set_figure(ax.figure)
        self.axes = ax
        ax.add_artist(self)
        self.grid = grid
        self.table = None if table is None else _opaque(table)

    def set_grid(self, grid: Array) -> None:
        """Show other numbers or colours."""
        self.grid = grid

    def draw(self, renderer: Any) -> None:
        """Lay the grid over the axes."""
        box = self.axes.bbox  # type: ignore[union-attr]
        left, bottom, right, top = (round(v) for v in (box.x0, box.y0, box.x1, box.y1))
        fine = _stretched(self.grid, max(1, right - left), max(1, top - bottom))
        if self.table is not None:
            levels = (fine * (len(self.table) - 1) + 0.5).astype(np.uint8)
            image = self.table.view(np.uint32).ravel().take(levels).view(np.uint8).reshape(*levels.shape, 4)
        else:
            image = _opaque(fine)
        if isinstance(renderer, RendererAgg):  # straight into its pixels, whose rows begin at the top
            pixels = np.asarray(renderer.buffer_rgba())  # type: ignore[no-untyped-call]
            high, wide = pixels.shape[:2]
            inside = image[max(0, -bottom) : high - bottom, max(0, -left) : wide - left][::-1]
            below = high - max(0, bottom)
            pixels[below - len(inside) : below, max(0, left) : max(0, left) + inside.shape[1]] = inside
        else:
            renderer.draw_image(renderer.new_gc(), left, bottom, image)


def _opaque(colours: Array) -> Array:
    """Colours from 0 to 1 as bytes, with full opacity."""
    found = np.full((*colours.shape[:-1], 4), 255, np.uint8)
    found[..., :3] = np.clip(colours, 0, 1) * 255 + 0.5
    return found


def _stretched(grid: Array, width: int, height: int) -> Array:
    """Linear interpolation from the points of a grid to pixels, the outermost points at the edges.

    Shape: (rows, columns) -> (height, width); (rows, columns, channels) -> (height, width, channels).
    """
    if grid.ndim == 3:
        return np.stack([_stretched(grid[..., k], width, height) for k in range(grid.shape[2])], axis=-1)
    rows, columns = grid.shape
    left, right = _reach(columns, width)
    top, bottom = _reach(rows, height)
    image = Image.fromarray(grid.astype(np.float32, copy=False))
    bilinear = Image.Resampling.BILINEAR
    return np.asarray(image.resize((width, height), bilinear, box=(left, top, right, bottom)))


def _reach(points: int, pixels: int) -> tuple[float, float]:
    """From where to where pixels reach, the first and last of them centred on the first and last point."""
    step = (points - 1) / max(1, pixels - 1)
    begin = max(0.0, 0.5 - step / 2)
    return (begin, min(float(points), begin + step * pixels)) if points > 1 else (0.0, 1.0)


def save_film(film: Film, path: Path | str, dpi: float | None = None) -> Path:
    """Write a film, whole or not at all; see :meth:`Film.save`."""
    path = Path(path)
    kind = film_format(path)
    frames = list(pictures(film, dpi))
    text = alt_text(film.whole)
    if kind == "mp4":
        write_whole(path, _mp4(frames, film.fps))
    else:
        write_whole(path, encode(frames, film.fps, kind, text))
    return path


def film_format(path: Path) -> str:
    """The format that a file's suffix stands for.

    Raises
    ------
    SettingError
        If it is none of a film, or there is no encoder for it.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise SettingError(
            f"a film cannot be written as {path.name}",
            expected=", ".join(f".{known}" for known in FORMATS),
            received=path.suffix or "no suffix",
        )
    if kind == "mp4" and shutil.which("ffmpeg") is None:
        raise SettingError(
            "there is no encoder for MP4 here", expected="ffmpeg", hint="write a .gif or .webp"
        )
    return kind


def encode(frames: Sequence[Array], fps: float, kind: str = "gif", text: str = "") -> bytes:
    """The bytes of a GIF or WebP that repeats, its last frame held.

    Parameters
    ----------
    frames
        Each of shape (height, width, 3), or 4 with opacity, which is not looked at; bytes.
    fps
        Frames a second.
    kind
        ``"gif"`` or ``"webp"``.
    text
        What it shows, for the file's comment.

    Examples
    --------
    >>> frames = [np.full((4, 4, 3), shade, np.uint8) for shade in (0, 128, 255)]
    >>> encode(frames, fps=10)[:6]
    b'GIF89a'
    """
    if not frames:
        raise DataError("a film needs frames")
    durations = [_delay(fps)] * (len(frames) - 1) + [round(1000 * HOLD)]
    out = io.BytesIO()
    if kind == "webp":
        images = [Image.fromarray(np.ascontiguousarray(frame[:, :, :3])) for frame in frames]
        images[0].save(
            out,
            "WEBP",
            save_all=True,
            append_images=images[1:],
            duration=durations,
            loop=0,
            lossless=True,
            method=2,
        )
        return out.getvalue()
    palette, table = shared_palette(frames)
    indexed = [_indexed(places, palette) for places in _places(frames, table)]
    more = {"comment": text.encode("ascii", "replace")[:250]} if text else {}
    indexed[0].save(out, "GIF", save_all=True, append_images=indexed[1:], duration=durations, loop=0, **more)
    return out.getvalue()


def shared_palette(frames: Sequence[Array], colours: int = COLOURS) -> tuple[Array, Array]:
    """Colours for all frames, and for each cell of colour space the nearest one.

    Returns
    -------
    palette
        Shape: (colours, 3), bytes.
    table
        Index of the nearest colour for each of 32 × 32 × 32 cells. Shape: (32768,).
    """
    places = sorted({int(k) for k in np.linspace(0, len(frames) - 1, min(SAMPLES, len(frames)))})
    together = np.concatenate([frames[k][..., :3].reshape(-1, 3) for k in places])
    cells = _cells(together)
    counts = np.bincount(cells, minlength=32**3)
    used = np.flatnonzero(counts)
    seen = counts[used]
    sums = [np.bincount(cells, together[:, channel], 32**3)[used] for channel in range(3)]
    means = (np.stack(sums, axis=1) / seen[:, None]).astype(np.float32)
    palette = _most_different(means, seen, colours)
    for _ in range(3):  # and then move to the middle of what is nearest to them (k-means)
        nearest = _nearest(means, palette)
        weight = np.bincount(nearest, seen, len(palette))
        for channel in range(3):
            moved = np.bincount(nearest, seen * means[:, channel], len(palette))
            palette[:, channel] = np.where(weight > 0, moved / np.maximum(weight, 1), palette[:, channel])
    table = np.zeros(32**3, np.uint8)
    table[:] = _nearest(_centre(np.arange(32**3)).astype(np.float32), palette)
    table[used] = _nearest(means, palette)
    return palette.round().astype(np.uint8), table


def _most_different(means: Array, seen: Array, colours: int) -> Array:
    """The most frequent colour, then again and again the one that is farthest from all chosen ones.

    How frequent a colour is counts a little, so that the blends along edges do not take all places.
    """
    weight = seen.astype(np.float32) ** 0.5
    chosen = [int(seen.argmax())]
    distance = np.full(len(means), np.inf, np.float32)
    for _ in range(min(colours, len(means)) - 1):
        distance = np.minimum(distance, ((means - means[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int((distance * weight).argmax()))
    return means[chosen].copy()


def _nearest(points: Array, palette: Array) -> Array:
    """The place of the nearest colour: |p - c|² = |p|² - 2 p·c + |c|², where |p|² is the same for all c."""
    return np.asarray(((palette**2).sum(axis=1) - 2 * points @ palette.T).argmin(axis=1))


def _cells(frame: Array) -> Array:
    """The cell of colour space of each pixel."""
    if frame.shape[-1] == 4:  # red, green, blue and opacity as one number: half the time
        whole = np.ascontiguousarray(frame).view("<u4")[..., 0]
        return np.asarray((whole & 0xF8) << 7 | (whole >> 6) & 0x3E0 | (whole >> 19) & 0x1F)
    wide = frame.astype(np.uint16)
    return np.asarray((wide[..., 0] >> 3) << 10 | (wide[..., 1] >> 3) << 5 | wide[..., 2] >> 3)


def _places(frames: Sequence[Array], table: Array) -> Iterable[Array]:
    """Each frame as places in the palette; only pixels that changed are looked up."""
    before = places = None
    for frame in frames:
        whole = np.ascontiguousarray(frame).view("<u4")[..., 0] if frame.shape[-1] == 4 else None
        if before is None or places is None or whole is None or whole.shape != before.shape:
            places = table[_cells(frame)]
        else:
            changed = np.flatnonzero(whole != before)
            places = places.copy()
            places.ravel()[changed] = table[_cells(frame.reshape(-1, 4)[changed])]
        before = whole
        yield places


def _centre(cells: Array) -> Array:
    return np.stack([(cells >> 10) * 8 + 4, (cells >> 5 & 31) * 8 + 4, (cells & 31) * 8 + 4], axis=-1)


def _indexed(places: Array, palette: Array) -> Image.Image:
    image = Image.fromarray(places)
    image.putpalette(palette.tobytes(), "RGB")
    return image


def _delay(fps: float) -> int:
    """Milliseconds a frame; GIF counts in hundredths of a second."""
    return max(20, 10 * round(100 / fps))


def _mp4(frames: Sequence[Array], fps: float) -> bytes:
    """The frames through ffmpeg, cut to even sizes as H.264 wants them."""
    height, width = (size - size % 2 for size in frames[0].shape[:2])
    held = [*frames, *[frames[-1]] * round(HOLD * fps)]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "film.mp4"
        command = ["ffmpeg", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"]
        command += ["-s", f"{width}x{height}", "-r", str(fps), "-i", "-", "-pix_fmt", "yuv420p", str(target)]
        data = b"".join(np.ascontiguousarray(frame[:height, :width, :3]).tobytes() for frame in held)
        done = subprocess.run(command, input=data, capture_output=True, check=False)
        if done.returncode:
            raise DataError("ffmpeg could not write the film", received=done.stderr.decode()[-200:])
        return target.read_bytes()
