"""What importing whygrad adds to a bare interpreter, in milliseconds.

Starts a fresh process for each measurement, all kinds in turn, so that a slow moment of the machine hits
each kind alike; then compares medians. Run it on an idle machine: python benchmarks/import_time.py
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

BARE = "pass"
TARGETS = {"import whygrad": 10.0, "from whygrad import Value": 15.0}  # statement: milliseconds


def measure(statement: str) -> tuple[float, float]:
    """Wall and user time of a fresh interpreter that runs one statement, in milliseconds."""
    command = [sys.executable, "-I", "-c", statement]
    start = time.perf_counter()
    pid = os.posix_spawn(sys.executable, command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        raise SystemExit(f"`{statement}` failed")
    return 1e3 * wall, 1e3 * usage.ru_utime


def spread(values: list[float]) -> float:
    """Half of the interquartile range, which a few slow outliers do not move."""
    low, _, high = statistics.quantiles(values, n=4)
    return (high - low) / 2


def main() -> None:
    """Measure, compare with the bare interpreter, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30, help="processes of each kind (default: 30)")
    rounds = parser.parse_args().rounds

    kinds = [BARE]
    for statement in TARGETS:  # the first run also writes the bytecode, so that none below has to
        done = subprocess.run(
            [sys.executable, "-I", "-c", statement], capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            kinds.append(statement)
        else:
            print(f"{statement}: {done.stderr.strip().splitlines()[-1]}")

    times: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for number in range(rounds):
        shift = number % len(kinds)  # no kind is always the one after the same other
        for kind in kinds[shift:] + kinds[:shift]:
            times[kind].append(measure(kind))

    print(
        f"Python {sys.version.split()[0]}, {rounds} processes of each kind; median ± half the quartile range"
    )
    print(f"{'':28}{'wall, ms':>18}{'user, ms':>18}{'target, ms':>12}")
    bare = [statistics.median(column) for column in zip(*times[BARE], strict=True)]
    for kind in kinds:
        cells = []
        for column, base in zip(zip(*times[kind], strict=True), bare, strict=True):
            added = statistics.median(column) - (0 if kind == BARE else base)
            cells.append(f"{added:{'' if kind == BARE else '+'}.1f} ± {spread(list(column)):.1f}")
        label = "bare interpreter" if kind == BARE else kind
        target = "" if kind == BARE else f"{TARGETS[kind]:.0f}"
        print(f"{label:28}{cells[0]:>18}{cells[1]:>18}{target:>12}")


if __name__ == "__main__":
    main()
