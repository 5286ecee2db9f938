"""A loss landscape of 61 × 61 points: a 2-16-16-1 network on 200 points, in float64.

All points at once, and one after the other by the same forward pass, in turn; the best of each counts.
Seconds are of the processor, which a busy machine does not stretch as it does those of the clock.

python benchmarks/landscape.py
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # seconds of one processor

import time

import numpy as np

from whygrad import NeuralNetwork
from whygrad.data import load
from whygrad.plots import losses_at, random_plane

FASTER, SECONDS = 2.0, 0.3  # what is promised
POINTS = 61


def main() -> None:
    """Measure both in turn, print, and say whether what is promised holds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    data = load("moons", samples=200)
    network = NeuralNetwork([2, 16, 16, 1], seed=0)
    network.train(data.X, data.y, epochs=20, verbose=False)
    plane = random_plane(network)
    a, b = np.meshgrid(np.linspace(-1, 1, POINTS), np.linspace(-1, 1, POINTS))
    vectors = plane.vectors(a.ravel(), b.ravel())
    loss, layers = network.head.loss, network.network
    targets, kept = network.head.encode(data.y, np.float64), layers.vector.copy()

    def loop() -> np.ndarray:
        found = np.empty(len(vectors))
        for k, vector in enumerate(vectors):
            layers.vector = vector
            found[k] = loss.evaluate(layers.evaluate(data.X), targets)
        layers.vector = kept
        return found

    times: dict[str, list[float]] = {"loop": [], "at once": []}
    for _ in range(rounds):
        for name, run in (("loop", loop), ("at once", lambda: losses_at(network, data.X, data.y, vectors))):
            begin = time.process_time()
            found = run()
            times[name].append(time.process_time() - begin)
            if name == "loop":
                expected = found
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    slow, quick = min(times["loop"]), min(times["at once"])
    print(f"one after the other: {slow:.3f} s   at once: {quick:.3f} s   {slow / quick:.1f} times faster")
    print(f"promised: {FASTER:g} times, below {SECONDS:g} s")
    if slow / quick < FASTER or quick > SECONDS:
        raise SystemExit("below what is promised")


if __name__ == "__main__":
    main()
