"""How much memory training takes: what 50 steps of Adam at batch 512 add to a process.

The process has its data and its network, and the work space of the matrix products is there. Counted is the
most that was resident at any time, which Linux tells; elsewhere nothing is measured.

python benchmarks/memory.py
"""

from __future__ import annotations

from pathlib import Path

from contenders import SIZES, Case, blog, make_data, products, pytorch, scikit_learn, whygrad
from measuring import Row, Table, at_most, command_line, installed, processes

CASE = Case("Adam, batch 512", SIZES, "relu", "softmax", "adam", 512)
FORGET = Path("/proc/self/clear_refs")
PEERS = {"PyTorch": "torch", "scikit-learn": "sklearn", "NumPy as in a blog": "numpy"}


def peak() -> float:
    """The most memory that this process had resident since it was told to forget, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM"))


def added(name: str) -> float:
    """MB that the steps of one of them add."""
    data = make_data(CASE)
    products(CASE, data)(2)
    makers = {
        "whygrad": whygrad,
        "PyTorch": pytorch,
        "NumPy as in a blog": blog,
        "scikit-learn": lambda case, data: (scikit_learn(case, data), None),
    }
    steps, _ = makers[name](CASE, data)
    FORGET.write_text("5", encoding="ascii")
    before = peak()
    steps(50)
    return peak() - before


def rows(runs: int) -> list[Row]:
    if not FORGET.exists():
        return [Row("784-128-64-10", "MB", [], target=at_most(6, 4.5))]
    ours = processes(runs, added, "whygrad")
    beside = [
        Row("784-128-64-10", "MB", ours, peer, processes(runs, added, peer) if installed(module) else None)
        for peer, module in PEERS.items()
    ]
    return [Row("784-128-64-10", "MB", ours, target=at_most(6, 4.5)), *beside]


TABLES = [
    Table(
        "memory",
        "Memory that training adds",
        "The most resident memory that 50 steps of Adam at batch 512 add to a process that has its data "
        "and its network; each in a process of its own. Linux only.",
        rows,
    )
]

if __name__ == "__main__":
    command_line(__doc__, TABLES)
