"""What importing whygrad adds to a bare interpreter, in milliseconds; others beside it.

Starts a fresh interpreter for each measurement, all kinds in turn, so that a slow moment of the machine hits
each kind alike; then compares medians.

python benchmarks/import_time.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from measuring import Row, Table, at_most, command_line, installed

BARE = "pass"
# Bytecode is written and used, whatever the user has set.
ENVIRONMENT = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
PLAIN = ("-P", "-s", "-c")  # what lies in the working folder or is the user's alone is not found
TARGETS = {"import whygrad": at_most(10), "from whygrad import Value": at_most(15)}  # milliseconds
PEERS = {  # what is imported: its module, the statement
    "NumPy": ("numpy", "import numpy"),
    "scikit-learn's networks": ("sklearn", "import sklearn.neural_network"),
    "PyTorch": ("torch", "import torch"),
}
ROUNDS, PEER_ROUNDS = 15, 3  # for each run


def milliseconds(statement: str) -> float:
    """Time of the processor, user's and system's, that a fresh interpreter takes for one statement."""
    pid = os.posix_spawn(sys.executable, [sys.executable, *PLAIN, statement], ENVIRONMENT)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        raise SystemExit(f"`{statement}` failed")
    return 1e3 * (usage.ru_utime + usage.ru_stime)


def added(statements: list[str], rounds: int) -> dict[str, float]:
    """What each statement adds to the bare interpreter: medians, all in turn."""
    kinds = [BARE, *statements]
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(rounds):
        shift = number % len(kinds)  # no kind is always the one after the same other
        for kind in kinds[shift:] + kinds[:shift]:
            times[kind].append(milliseconds(kind))
    bare = statistics.median(times[BARE])
    return {kind: statistics.median(times[kind]) - bare for kind in statements}


def rows(runs: int) -> list[Row]:
    peers = [statement for module, statement in PEERS.values() if installed(module)]
    for statement in [*TARGETS, *peers]:  # writes the bytecode, so that none below has to
        subprocess.run([sys.executable, *PLAIN, statement], check=True, env=ENVIRONMENT)
    ours = [added([*TARGETS], ROUNDS) for _ in range(runs)]
    theirs = [added(peers, PEER_ROUNDS) for _ in range(runs)]
    figures = {statement: [run[statement] for run in ours] for statement in TARGETS}
    found = [Row(f"`{name}`", "ms", figures[name], target=target) for name, target in TARGETS.items()]
    last = "from whygrad import Value"
    for name, (_, statement) in PEERS.items():
        there = [run[statement] for run in theirs] if statement in peers else None
        found.append(Row(f"`{last}`", "ms", figures[last], name, there))
    return found


TABLES = [
    Table(
        "import",
        "Import",
        "What a statement adds to a bare interpreter; fresh interpreters, in turn.",
        rows,
    )
]

if __name__ == "__main__":
    command_line(__doc__, TABLES)
