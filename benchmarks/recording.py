"""How much recording for pictures slows training: 1,000 moons, 200 epochs, weights kept every tenth.

Recorded and plain runs take turns; the medians are compared. Seconds are of the processor.

python benchmarks/recording.py
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import time

from whygrad import NeuralNetwork
from whygrad.data import load
from whygrad.plots import Recorder

MOST = 0.05  # promised


def seconds(recorded: bool, epochs: int) -> float:
    """The time of one run."""
    data = load("moons", samples=1000)
    network = NeuralNetwork([2, 16, 16, 1], seed=0)
    callbacks = [Recorder(network)] if recorded else []
    begin = time.process_time()
    network.train(data.X, data.y, epochs=epochs, callbacks=callbacks, verbose=False)
    return time.process_time() - begin


def main() -> None:
    """Measure both in turn, print, and say whether what is promised holds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--epochs", type=int, default=60)
    arguments = parser.parse_args()
    pairs = [
        (seconds(False, arguments.epochs), seconds(True, arguments.epochs)) for _ in range(arguments.rounds)
    ]
    plain, recorded = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"plain {plain:.3f} s, recorded {recorded:.3f} s: {100 * (recorded / plain - 1):+.1f} %")
    if recorded > (1 + MOST) * plain:
        raise SystemExit(f"more than {100 * MOST:g} %")


if __name__ == "__main__":
    main()
