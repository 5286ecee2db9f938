"""What the README shows is what happens."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


@pytest.mark.parametrize(
    ("page", "least"), [("README.md", 20), ("docs/own-data.md", 5), ("docs/explain.md", 20)]
)
def test_the_examples_run_as_they_stand(page, least):
    result = doctest.testfile(str(README.parent / page), module_relative=False, encoding="utf-8")
    assert result.attempted > least
    assert result.failed == 0


def test_it_opens_with_the_two_commands_that_work_on_a_fresh_machine():
    first = re.search(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert first is not None
    assert [line.split()[1:3] for line in first[1].splitlines()] == [["make", "demo"], ["make", "test"]]


def test_the_rows_it_quotes_stand_so_in_the_table():
    def squeezed(text: str) -> str:
        return re.sub(r"symbol=.*|shapes=.*|check=.*|,|\s", "", text)

    block = re.search(r"```python\n(tanh = .*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    rows = re.split(r"\n(?=\w)", block[1].strip())
    assert [row.split(" = ")[0] for row in rows] == ["tanh", "affine"]
    ops = README.parent / "src" / "whygrad" / "autodiff" / "ops"
    sources = squeezed("".join([path.read_text(encoding="utf-8") for path in ops.glob("*.py")]))
    for row in rows:
        assert squeezed(row).rstrip(")") in sources, row


def test_the_explanation_it_quotes_is_what_the_command_says(capsys):
    from whygrad.cli import main

    block = re.search(r"```text\n(1\. How much.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    assert main(["explain", "--weight", "1,0,1"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line for line in block[1].splitlines() if line not in said] == []
