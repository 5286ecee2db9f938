"""Tables and runs for the tests of the command line."""

import random
from pathlib import Path

import pytest

from whygrad.cli import main
from whygrad.runs import run

TOWNS = ("Bonn", "Oslo", "Rome")
HEADER = "height,town,member,kind"


def rows(count=40, seed=0):
    """Rows of people, of two kinds that height tells apart."""
    drawn = random.Random(seed)
    found = []
    for number in range(count):
        kind = "ab"[number % 2]
        height = drawn.uniform(1.5, 1.8) + 0.2 * (kind == "b")
        found.append(f"{height:.2f},{drawn.choice(TOWNS)},{drawn.choice(['true', 'false'])},{kind}")
    return found


def people(path="people.csv", count=40, seed=0, more=()):
    """The path of a table of people; ``more`` rows come last."""
    Path(path).write_text("\n".join([HEADER, *rows(count, seed), *more, ""]), encoding="utf-8")
    return str(path)


def houses(path="houses.csv", count=40, seed=0):
    """The path of a table with a number to predict."""
    drawn = random.Random(seed)
    sizes = [drawn.uniform(20, 200) for _ in range(count)]
    lines = [f"{size:.1f},{drawn.choice(TOWNS)},{3 * size + drawn.gauss(0, 9):.2f}" for size in sizes]
    Path(path).write_text("\n".join(["size,town,price", *lines, ""]), encoding="utf-8")
    return str(path)


def train(data, output="run", *flags):
    """The folder of a quick, quiet run, which must succeed."""
    assert main(["train", str(data), "--epochs", "2", "--quiet", "--output", str(output), *flags]) == 0
    return str(output)


def broken_off(data, output="run", *flags):
    """The folder of a run that was killed after it had been trained."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "figures", _press)
        arguments = ["train", str(data), "--epochs", "2", "--quiet", "--output", str(output), *flags]
        assert main(arguments) == 130
    return str(output)


def _press(*arguments):
    raise KeyboardInterrupt


def tree(*left_out):
    """Every file below the current folder with what it holds, and every folder."""
    return {
        str(path): path.read_bytes() if path.is_file() else None
        for path in sorted(Path().rglob("*"))
        if str(path) not in left_out
    }
