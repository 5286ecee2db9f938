"""A film of a decision boundary: 100 frames at 500 × 450, by whygrad and by matplotlib's own writer.

Both get the same grids of probabilities and the same points; they take turns, and the best of each counts.
Seconds are of the processor, which a busy machine does not stretch as it does those of the clock.

python benchmarks/animation.py
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from whygrad import NeuralNetwork
from whygrad.data import load
from whygrad.plots import ClassGrid, Recorder, class_grid
from whygrad.plots.films import boundary_film

SPEED, SIZE = 8.0, 3.0  # what is promised


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


def main() -> None:
    """Measure both in turn, print, and say whether what is promised holds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    material = recorded(arguments.frames)
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder) / "usual.gif", Path(folder) / "ours.gif"
        times = [(usual(*material, paths[0]), ours(*material, paths[1])) for _ in range(arguments.rounds)]
        slow, quick = (min(column) for column in zip(*times, strict=True))
        large, small = (path.stat().st_size / 1e6 for path in paths)
    print(f"FuncAnimation with PillowWriter: {slow:6.2f} s of CPU  {large:.2f} MB")
    print(f"whygrad:                         {quick:6.2f} s of CPU  {small:.2f} MB")
    print(
        f"{slow / quick:.1f} times faster (promised {SPEED:g}), {large / small:.1f} times smaller ({SIZE:g})"
    )
    if slow / quick < SPEED or large / small < SIZE:
        raise SystemExit("below what is promised")


if __name__ == "__main__":
    main()
