"""How much memory a large table takes, and how long until something is seen: whygrad train FILE --epochs 1.

python benchmarks/large_table.py

Writes a CSV file of 1,000,000 rows and 30 columns of numbers to a temporary folder, and trains on it in a
process of its own, once with its output piped and once on a terminal. Memory is what the process used at
most, beyond what the interpreter needs with everything imported, as a multiple of the table in float64.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MOST_MEMORY, MOST_SECONDS = 3.0, 5.0
BAR = "\u2501"  # what rich draws bars with
IMPORTS = """
import resource, sys, tempfile
from pathlib import Path
from whygrad.cli import main
folder = tempfile.mkdtemp()
lines = ["a,b,c"] + [f"{k % 7},{k % 5},{k % 7 + k % 5 + 0.5}" for k in range(200)]
(Path(folder) / "small.csv").write_text("\\n".join(lines))
main(["train", f"{folder}/small.csv", "--epochs", "1", "--quiet", "--output", f"{folder}/run"])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@dataclass(frozen=True)
class Seen:
    """What a run showed and took."""

    code: int
    megabytes: float
    seconds: float
    first_line: float
    first_bar: float | None
    first_epoch: float | None
    text: str


def write_table(path: Path, rows: int, columns: int) -> None:
    """Numbers with a few digits, and a sum of them with noise in the last column."""
    rng, names = np.random.default_rng(0), [f"x{k}" for k in range(1, columns)]
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join([*names, "y"]) + "\n")
        for start in range(0, rows, 10_000):
            X = rng.standard_normal((min(10_000, rows - start), columns - 1))
            y = X[:, :5].sum(axis=1) + rng.standard_normal(len(X))
            np.savetxt(file, np.column_stack([X, y]), fmt="%.5g", delimiter=",")


def watch(command: list[str], terminal: bool) -> Seen:
    """Run, and look at what comes out of it as it comes."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
    os.close(theirs)
    text, first_line, first_bar, first_epoch = "", 0.0, None, None
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # a terminal whose other end is closed
            part = b""
        if not part:
            break
        text += part.decode(errors="replace")
        now = time.perf_counter() - start
        if not first_line and "\n" in text:
            first_line = now
        if first_bar is None and BAR in text:
            first_bar = now
        if first_epoch is None and re.search(r"epoch \d+/\d+", text):
            first_epoch = now
    _, status, usage = os.wait4(process.pid, 0)
    os.close(ours)
    seconds = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    process.returncode = code
    return Seen(code, usage.ru_maxrss / 1024, seconds, first_line, first_bar, first_epoch, text)


def main() -> int:
    """Measure, print; 1 if it takes more than it may."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--options", default="", help="more for the command, such as '--validation-size 0.1'")
    given = parser.parse_args()
    array = given.rows * given.columns * 8 / 2**20
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True)
    base = int(done.stdout.split()[-1]) / 1024
    print(f"the array: {array:.0f} MB in float64; interpreter and imports: {base:.0f} MB")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        write_table(path, given.rows, given.columns)
        print(f"the file: {path.stat().st_size / 2**20:.0f} MB")
        for name, terminal in (("piped", False), ("on a terminal", True)):
            words = ["--epochs", "1", "--output", f"{folder}/{name}", *given.options.split()]
            seen = watch([sys.executable, "-m", "whygrad", "train", str(path), *words], terminal)
            if seen.code:
                raise SystemExit(seen.text)
            times = (seen.megabytes - base) / array
            print(
                f"{name}: {seen.megabytes:.0f} MB at most, {times:.2f} times the array beyond the imports; "
                f"{seen.seconds:.1f} s in all; first line after {seen.first_line:.1f} s"
                + (f", bar {seen.first_bar:.1f} s" if seen.first_bar else "")
                + (f", figures of the epoch {seen.first_epoch:.1f} s" if seen.first_epoch else "")
            )
            good &= times <= MOST_MEMORY and seen.first_line < MOST_SECONDS
            good &= not terminal or (seen.first_bar is not None and seen.first_bar < MOST_SECONDS)
    return int(not good)


if __name__ == "__main__":
    raise SystemExit(main())
