"""Whether figures are freed: resident memory after the 50th and after the 500th.

python benchmarks/plots_memory.py
"""

from __future__ import annotations

import argparse
import gc
from pathlib import Path

import numpy as np

from whygrad import NeuralNetwork
from whygrad.data import load
from whygrad.plots import decision_boundary, loss_curve, network_architecture, picture

MOST = 10.0  # MB, promised


def resident() -> float:
    """Resident memory of this process in MB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def main() -> None:
    """Draw three kinds of figure in turn, and look at the memory."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--figures", type=int, default=500)
    figures = parser.parse_args().figures
    data = load("moons", samples=200)
    network = NeuralNetwork([2, 8, 1], seed=0)
    history = network.train(data.X, data.y, epochs=20, verbose=False)
    kinds = (
        lambda: loss_curve(history),
        lambda: decision_boundary(network, data.X, data.y),
        lambda: network_architecture(network),
    )
    early = np.nan
    for number in range(1, figures + 1):
        picture(kinds[number % 3](), dpi=60)
        if number == 50:
            early = resident()
    grown = resident() - early
    print(f"after 50 figures {early:.1f} MB, after {figures} {early + grown:.1f} MB: {grown:+.1f} MB")
    if grown > MOST:
        raise SystemExit(f"more than {MOST:g} MB")


if __name__ == "__main__":
    main()
