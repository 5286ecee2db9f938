"""How much recording for pictures slows training: 1,000 moons, 60 epochs, weights kept every tenth.

Recorded and plain runs take turns; the medians are compared. Seconds are of the processor.

python benchmarks/recording.py
"""

from __future__ import annotations

import statistics
import time

from measuring import Row, Table, at_most, command_line, processes

from whygrad import NeuralNetwork
from whygrad.data import load
from whygrad.plots import Recorder

ROUNDS, EPOCHS = 15, 60


def seconds(recorded: bool) -> float:
    """The time of one run."""
    data = load("moons", samples=1000)
    network = NeuralNetwork([2, 16, 16, 1], seed=0)
    callbacks = [Recorder(network)] if recorded else []
    begin = time.process_time()
    network.train(data.X, data.y, epochs=EPOCHS, callbacks=callbacks, verbose=False)
    return time.process_time() - begin


def measure() -> list[float]:
    """Medians, recorded and plain."""
    seconds(True)  # loads what it needs
    pairs = [(seconds(True), seconds(False)) for _ in range(ROUNDS)]
    return [statistics.median(column) for column in zip(*pairs, strict=True)]


def rows(runs: int) -> list[Row]:
    ours, plain = map(list, zip(*processes(runs, measure), strict=True))
    return [Row("recorded", "s", ours, "plain", plain, at_most(1.05))]


TABLES = [
    Table(
        "recording",
        "Recording for pictures",
        "Training on 1,000 moons with weights kept every tenth epoch, and without; medians of runs in turn.",
        rows,
    )
]

if __name__ == "__main__":
    command_line(__doc__, TABLES)
