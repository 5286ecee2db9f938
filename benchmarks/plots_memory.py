"""Whether figures are freed: what the 31st to the 130th add to the resident memory. Linux tells it.

python benchmarks/plots_memory.py
"""

from __future__ import annotations

import gc
from pathlib import Path

from measuring import Row, Table, at_most, command_line, processes

from whygrad import NeuralNetwork
from whygrad.data import load
from whygrad.plots import decision_boundary, loss_curve, network_architecture, picture

EARLY, FIGURES = 30, 130
MEMORY = Path("/proc/self/statm")


def resident() -> float:
    """Resident memory of this process in MB."""
    gc.collect()
    pages = int(MEMORY.read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def grown() -> float:
    """Draw three kinds of figure in turn: MB that came after the first ones."""
    data = load("moons", samples=200)
    network = NeuralNetwork([2, 8, 1], seed=0)
    history = network.train(data.X, data.y, epochs=20, verbose=False)
    kinds = (
        lambda: loss_curve(history),
        lambda: decision_boundary(network, data.X, data.y),
        lambda: network_architecture(network),
    )
    early = 0.0
    for number in range(1, FIGURES + 1):
        picture(kinds[number % 3](), dpi=60)
        if number == EARLY:
            early = resident()
    return resident() - early


def rows(runs: int) -> list[Row]:
    found = processes(1, grown) if MEMORY.exists() else []  # one tells enough: it takes long
    return [Row(f"{FIGURES - EARLY} figures more", "MB", found, target=at_most(10))]


TABLES = [
    Table(
        "plots-memory",
        "Memory of figures",
        f"Resident memory after {FIGURES} figures less that after {EARLY}, in one process. Linux only.",
        rows,
    )
]

if __name__ == "__main__":
    command_line(__doc__, TABLES)
