"""A film of a decision boundary: 100 frames at 500 × 450, by whygrad and by matplotlib's own writer.

Both get the same grids of probabilities and the same points, in one process. Seconds are of the processor,
which a busy machine does not stretch as it does those of the clock.

python benchmarks/animation.py
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from measuring import Row, Table, at_least, command_line, processes

from whygrad import NeuralNetwork
from whygrad.data import load
from whygrad.plots import ClassGrid, Recorder, class_grid
from whygrad.plots.films import boundary_film

FRAMES = 100
SPEED, SIZE = at_least(8), at_least(3)


def recorded(frames: int) -> tuple[list[ClassGrid], np.ndarray, list[int]]:
    """Grids of a network on moons, one for each frame."""
    data = load("moons", samples=300)
    network = NeuralNetwork([2, 16, 16, 1], seed=0, scale=True)
    recorder = Recorder(network, every=1)
    network.train(data.X, data.y, epochs=frames - 1, callbacks=[recorder], verbose=False)
    grids = [class_grid(moment, data.X, points=100) for _, moment in recorder.moments()]
    return grids, data.y, recorder.epochs


def usual(grids: list[ClassGrid], y: np.ndarray, epochs: list[int], path: Path) -> float:
    """As tutorials have it: everything drawn anew in each frame."""
    begin = time.process_time()
    figure = Figure(figsize=(5.0, 4.5), dpi=100)
    FigureCanvasAgg(figure)
    ax = figure.add_subplot()

    def draw(k: int) -> None:
        ax.clear()
        ax.contourf(grids[k].x, grids[k].y, grids[k].probability[:, :, 1], 20, cmap="RdBu_r", vmin=0, vmax=1)
        ax.contour(grids[k].x, grids[k].y, grids[k].probability[:, :, 1], [0.5], colors="k")
        ax.scatter(*grids[k].points.T, c=y, cmap="RdBu_r", edgecolors="white", s=30)
        ax.set_title(f"decision boundary, epoch {epochs[k]}")

    FuncAnimation(figure, draw, frames=len(grids)).save(path, writer=PillowWriter(fps=20))
    return time.process_time() - begin


def ours(grids: list[ClassGrid], y: np.ndarray, epochs: list[int], path: Path) -> float:
    """The film, from grids to the file."""
    begin = time.process_time()
    boundary_film(grids, y, epochs, fps=20).save(path)
    return time.process_time() - begin


def measure() -> list[list[float]]:
    """Seconds and megabytes, ours and the usual."""
    (grids, y, epochs), found = recorded(FRAMES), []
    material, few = (grids, y, epochs), (grids[:3], y, epochs[:3])
    with tempfile.TemporaryDirectory() as folder:
        for make in (ours, usual):
            make(*few, Path(folder) / "few.gif")  # whoever is first would pay for modules and fonts
            path = Path(folder) / "film.gif"
            found.append([make(*material, path), path.stat().st_size / 1e6])
    return found


def rows(runs: int) -> list[Row]:
    found = processes(runs, measure)
    columns = [[[run[who][what] for run in found] for who in (0, 1)] for what in (0, 1)]
    peer = "FuncAnimation, PillowWriter"
    (seconds, theirs), (megabytes, larger) = columns
    return [
        Row("time", "s", seconds, peer, theirs, SPEED),
        Row("size", "MB", megabytes, peer, larger, SIZE),
    ]


TABLES = [
    Table(
        "animation",
        "A film of a decision boundary",
        "100 frames at 500 × 450, from the same grids and points to the GIF file. In the second row × is "
        "how many times as small.",
        rows,
    )
]

if __name__ == "__main__":
    command_line(__doc__, TABLES)
