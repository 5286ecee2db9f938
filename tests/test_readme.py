"""What the README shows is what happens."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import whygrad.autodiff.tensor  # noqa: F401 - enters all rows
from whygrad.autodiff.op import TABLE

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_examples_run_as_they_stand():
    result = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert result.attempted > 20
    assert result.failed == 0


def test_it_opens_with_the_two_commands_that_work_on_a_fresh_machine():
    first = re.search(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert first is not None
    assert [line.split()[1:3] for line in first[1].splitlines()] == [["make", "demo"], ["make", "test"]]


def test_the_rows_it_quotes_are_rows_of_the_table():
    quoted = re.findall(r'^\w+ += \w+\("(\w+)"', README.read_text(encoding="utf-8"), re.MULTILINE)
    assert quoted == ["tanh", "affine"]
    assert set(quoted) <= set(TABLE)
