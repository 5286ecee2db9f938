"""All comparisons side by side, written to benchmarks/RESULTS.md.

    make bench                                     # installs the peers first
    python benchmarks/run.py --runs 5              # more processes for each figure
    python benchmarks/run.py --only layers tiny    # some comparisons, printed; RESULTS.md stays as it is
    python benchmarks/run.py --list

Run it where nothing else runs. A comparison whose losses do not agree stops everything. A target that is
missed is written down; with --strict, the exit code tells it too. Interrupted, it writes nothing.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shlex
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from measuring import Row, Table, arguments, markdown, text

RESULTS = Path(__file__).with_name("RESULTS.md")
MODULES = (
    "scalar",
    "compiled",
    "layers",
    "overhead",
    "tensors",
    "memory",
    "import_time",
    "animation",
    "landscape",
    "recording",
    "plots_memory",
)
PEERS = ("micrograd", "scikit-learn", "torch", "jax", "thinc", "matplotlib")
HINT = "what is not installed comes with: pip install 'whygrad[bench]'"
LEGEND = """\
Figures are medians over processes, with the lowest and the highest; times are of the processor. A plain
ratio is whygrad's figure over the peer's: below 1, whygrad needs less. With ×, it is how many times as fast
whygrad is. Ratios are taken within a process or a round before their median. They travel between machines,
times do not. *Target* is what whygrad requires of itself, *goal* what it would like to reach; without a
ratio they are of its own figure."""


def tables() -> list[Table]:
    """Every comparison there is, in the order of RESULTS.md."""
    return [table for name in MODULES for table in importlib.import_module(name).TABLES]


# --- what it ran on ---------------------------------------------------------------------------------------


def processor() -> str:
    """Its model, as the system names it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return platform.processor() or platform.machine()


def system() -> str:
    """The operating system with its version, and the kind of machine."""
    if sys.platform == "linux":
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {platform.machine()}"
    return f"{platform.system()} {platform.release()}, {platform.machine()}"


def versions() -> str:
    """Of Python, of NumPy with its BLAS, and of those we compare with."""
    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    found = [
        f"Python {platform.python_version()}",
        f"NumPy {np.__version__} ({blas['name']} {blas['version']})",
    ]
    for name in PEERS:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{name} not installed")
    return ", ".join(found)


def surroundings(command: str) -> str:
    """The machine, the versions, the date and the command, as a table without heads."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    facts = {
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GB",
        "system": system(),
        "versions": versions(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "command": f"`{command}`",
    }
    return "\n".join(["| | |", "| --- | --- |", *[f"| {name} | {fact} |" for name, fact in facts.items()]])


# --- the file ---------------------------------------------------------------------------------------------


def summary(rows: list[Row]) -> str:
    """How many targets and goals are reached."""
    required = [row for row in rows if row.target is not None and row.target.must is not None]
    wished = [row for row in rows if row.target is not None and row.target.goal is not None]
    met = len(required) - sum(row.missed for row in required)
    return (
        f"{met} of {len(required)} targets met, "
        f"{sum('goal' in row.met for row in wished)} of {len(wished)} goals."
    )


def page(found: list[tuple[Table, list[Row]]], command: str) -> str:
    """RESULTS.md."""
    rows = [row for _, some in found for row in some]
    parts = ["# How fast", "Written by `make bench`; changes by hand are lost.", surroundings(command)]
    parts += [LEGEND, summary(rows)]
    if any(row.peer and row.theirs is None for row in rows):
        parts.append(HINT[0].upper() + HINT[1:] + ".")
    for table, some in found:
        parts += [f"## {table.title}", table.how, markdown(some)]
    return "\n\n".join(parts) + "\n"


def measure(chosen: list[Table], runs: int) -> list[tuple[Table, list[Row]]]:
    """The rows of each table; says on a terminal where it is."""
    found = []
    for number, table in enumerate(chosen, 1):
        start = time.monotonic()
        if sys.stderr.isatty():
            print(f"[{number}/{len(chosen)}] {table.name} …", end="", file=sys.stderr, flush=True)
        found.append((table, table.rows(runs)))
        if sys.stderr.isatty():
            print(f" {time.monotonic() - start:.0f} s", file=sys.stderr)
    return found


def main(words: list[str]) -> int:
    """Measure, and write or print; 1 if a target is missed and that was asked for, 130 if interrupted."""
    from whygrad._files import write_whole

    parser = arguments(__doc__)
    every = tables()
    names = [table.name for table in every]
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help="print these alone")
    parser.add_argument("--strict", action="store_true", help="exit code 1 if a target is missed")
    parser.add_argument("--list", action="store_true", help="names and titles of all comparisons")
    options = parser.parse_args(words)
    if options.list:
        print("\n".join([f"{table.name:16}{table.title}" for table in every]))
        return 0
    try:
        found = measure([t for t in every if t.name in (options.only or names)], options.runs)
    except KeyboardInterrupt:
        print(f"\nstopped; {RESULTS.name} is as it was", file=sys.stderr)
        return 130
    rows = [row for _, some in found for row in some]
    if options.only:
        print("\n\n".join([f"{table.title}\n{text(some)}" for table, some in found]))
    else:
        write_whole(RESULTS, page(found, shlex.join(["python", "benchmarks/run.py", *words])))
        print(f"benchmarks/{RESULTS.name}: {summary(rows)}")
    if any(row.peer and row.theirs is None for row in rows):
        print(HINT, file=sys.stderr)
    return int(options.strict and any(row.missed for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
