"""What the benchmarks share: taking turns, processes of their own, and rows, tables and their text.

A benchmark is a file with a list ``TABLES``. The ``rows`` of a table measure when they are called, with the
number of processes that each figure shall come from. ``python benchmarks/layers.py`` prints the tables of
that file, ``python benchmarks/run.py`` writes those of all files to RESULTS.md. What one process measures can
be had alone:

    echo '["Adam, batch 32"]' | OPENBLAS_NUM_THREADS=1 python benchmarks/measuring.py layers measure
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUNS = 3  # processes for each figure, unless told otherwise
HEADS = ("what", "whygrad", "peer", "its figure", "ratio", "target", "goal", "met")
ONE_CORE = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}
Steps = Callable[[int], Any]  # takes that many steps, and may give the last loss


# --- rows and tables --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    """What a figure shall reach: ``must`` is required, ``goal`` is where we want to be."""

    sign: str
    must: float | None
    goal: float | None = None

    def reached(self, found: float, bound: float | None) -> bool:
        """Whether the figure is on the right side of the bound; of a bound that is not there, no."""
        return bound is not None and (found <= bound if self.sign == "≤" else found >= bound)


def at_most(must: float | None, goal: float | None = None) -> Target:
    """A bound on a ratio of times, our time over the peer's, or on a figure that has no peer."""
    return Target("≤", must, goal)


def at_least(must: float | None, goal: float | None = None) -> Target:
    """A bound on how many times as fast as the peer we are; ``None`` has the ratio told so without one."""
    return Target("≥", must, goal)


@dataclass(frozen=True)
class Row:
    """A comparison: one figure from each process, ours and, in the same order, the peer's."""

    what: str
    unit: str
    ours: list[float]
    peer: str = ""
    theirs: list[float] | None = None  # None: the peer is not installed
    target: Target | None = None
    ratios: list[float] | None = None  # ours over theirs, where that is not just a quotient of the two

    @property
    def times(self) -> bool:
        """Whether the ratio tells how many times as fast we are, and not our part of the peer's time."""
        return self.target is not None and self.target.sign == "≥"

    @property
    def judged(self) -> list[float]:
        """The ratios as they are shown, or our figures where there is no peer."""
        if not self.peer:
            return self.ours
        ratios = self.ratios
        if ratios is None:
            ratios = [a / b for a, b in zip(self.ours, self.theirs or [], strict=self.theirs is not None)]
        return [1 / ratio for ratio in ratios] if self.times else ratios

    @property
    def met(self) -> str:
        """What the target has to say: empty without one."""
        if self.target is None or self.target.must is self.target.goal is None:
            return ""
        if not self.judged:
            return "not measured"
        found = statistics.median(self.judged)
        if self.target.reached(found, self.target.goal):
            return "yes, and the goal" if self.target.must is not None else "the goal"
        if self.target.must is None:
            return "not yet"
        return "yes" if self.target.reached(found, self.target.must) else "**no**"

    @property
    def missed(self) -> bool:
        """Whether something is required here that was not reached, or not measured."""
        required = self.target is not None and self.target.must is not None
        return required and self.met in ("**no**", "not measured")

    def cells(self) -> list[str]:
        """What stands in the columns of HEADS."""
        suffix = f" {self.unit}"
        ratio_suffix = " ×" if self.times else "" if self.peer else suffix
        bounds = ["", ""]
        if self.target is not None:
            bounds = [
                "" if bound is None else f"{self.target.sign} {bound:,g}{ratio_suffix}"
                for bound in (self.target.must, self.target.goal)
            ]
        theirs = (
            "" if not self.peer else "not installed" if self.theirs is None else spread(self.theirs, suffix)
        )
        ratio = spread(self.judged, ratio_suffix) if self.peer and self.judged else ""
        return [self.what, spread(self.ours, suffix), self.peer, theirs, ratio, *bounds, self.met]


@dataclass(frozen=True)
class Table:
    """A comparison as it stands in RESULTS.md; ``rows`` measures, ``how`` says in a line how."""

    name: str
    title: str
    how: str
    rows: Callable[[int], list[Row]]


def number(value: float) -> str:
    """Three digits, or all before the point.

    >>> number(0.7), number(12.345), number(99.96), number(65818.4)
    ('0.700', '12.3', '100', '65,818')
    """
    return f"{value:,.0f}" if abs(value) >= 99.95 else f"{value:#.3g}"


def spread(values: list[float], suffix: str = "") -> str:
    """The median, and the lowest and the highest where there are several."""
    if not values:
        return "not measured"
    ends = f" ({number(min(values))}–{number(max(values))})" if len(values) > 1 else ""
    return number(statistics.median(values)) + suffix + ends


def markdown(rows: list[Row]) -> str:
    """The rows as a table; targets have columns only where there are any."""
    lines = [HEADS, *[row.cells() for row in rows]]
    if not any(row.target for row in rows):
        lines = [line[:5] for line in lines]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(["| " + " | ".join(line) + " |" for line in lines])


def text(rows: list[Row]) -> str:
    """The same for a terminal."""
    lines = [HEADS, *[row.cells() for row in rows]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        ["  ".join([f"{cell:{w}}" for cell, w in zip(line, widths, strict=True)]).rstrip() for line in lines]
    ).replace("**", "")


# --- measuring --------------------------------------------------------------------------------------------


def installed(module: str) -> bool:
    """Whether a peer can take part."""
    return importlib.util.find_spec(module) is not None


def each(step: Callable[[], Any]) -> Steps:
    """One step at a time, as many as are asked for."""

    def steps(count: int) -> None:
        for _ in range(count):
            step()

    return steps


def in_turn(
    variants: dict[str, Steps], rounds: int, seconds: float, longer: dict[str, int] | None = None
) -> dict[str, list[float]]:
    """Microseconds of the processor for a step, by variant and round; variants take turns in each round.

    A turn lasts so many seconds, of those in ``longer`` so many times as long; steps come in fours.
    """
    clock, fours = time.process_time, {}
    for name, steps in variants.items():
        steps(4)
        start = clock()
        steps(4)
        turn = seconds * (longer or {}).get(name, 1)
        fours[name] = max(1, round(turn / (clock() - start)))
    times: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, steps in variants.items():
            start = clock()
            steps(4 * fours[name])
            times[name].append(1e6 * (clock() - start) / (4 * fours[name]))
    return times


def medians(times: dict[str, list[float]]) -> dict[str, dict[str, Any]]:
    """Of each variant the median time, and of its ratios to each other variant within the rounds."""
    return {
        name: {
            "time": statistics.median(own),
            "ratio": {
                other: statistics.median([a / b for a, b in zip(own, theirs, strict=True)])
                for other, theirs in times.items()
            },
        }
        for name, own in times.items()
    }


def beside(what: str, runs: list[Any], ours: str, peer: str, target: Target | None = None) -> Row:
    """A row from what ``medians`` gave in each process."""
    there = peer in runs[0]
    return Row(
        what,
        "µs",
        [run[ours]["time"] for run in runs],
        peer,
        [run[peer]["time"] for run in runs] if there else None,
        target,
        [run[ours]["ratio"][peer] for run in runs] if there else [],
    )


def agree(what: str, found: list[float], expected: list[float], tolerance: float) -> None:
    """Stop the program where losses differ by more than rounding."""
    for a, b in zip(found, expected, strict=False):
        if not abs(a - b) <= tolerance * abs(b):  # nor if one is NaN
            raise SystemExit(f"{what}: losses differ\n  received: {found}\n  expected: {expected}")


def in_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of a benchmark in a process of its own, on one core; values travel as JSON."""
    command = [sys.executable, __file__, Path(function.__code__.co_filename).stem, function.__name__]
    done = subprocess.run(
        command,
        input=json.dumps(arguments),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **ONE_CORE},
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr.strip())
    return json.loads(done.stdout.splitlines()[-1])


def processes(runs: int, function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """The same in so many processes, one after the other."""
    return [in_process(function, *arguments) for _ in range(runs)]


def count(typed: str) -> int:
    """A whole number from 1, as one types it behind an option."""
    if not typed.isdecimal() or int(typed) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, received {typed!r}")
    return int(typed)


def arguments(description: str | None) -> argparse.ArgumentParser:
    """What every benchmark takes."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--runs", type=count, default=RUNS, help=f"processes for each figure (default: {RUNS})"
    )
    return parser


def command_line(description: str | None, tables: list[Table]) -> None:
    """Measure and print the tables of one benchmark."""
    runs = arguments(description).parse_args().runs
    for table in tables:
        print(f"{table.title}\n{text(table.rows(runs))}\n", flush=True)


if __name__ == "__main__":
    chosen = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
    print(json.dumps(chosen(*json.load(sys.stdin))))
