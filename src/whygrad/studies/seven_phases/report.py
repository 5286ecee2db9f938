"""What a phase leaves behind in words: its question, what it did, figures, tables, and what they show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Picture:
    """A figure or film in the folder.

    Attributes
    ----------
    path
        Below the study's folder, with slashes.
    text
        What it shows, for those who do not see it.
    width
        On a page, in pixels: text then has the same size in all.
    """

    path: str
    text: str
    width: int


@dataclass(frozen=True)
class Table:
    """Numbers in rows.

    Attributes
    ----------
    caption
        What they are of.
    head
        Names of the columns.
    rows
        As they are written.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class PhaseReport:
    """A phase that was run.

    Attributes
    ----------
    number
        0 to 6.
    title, question
        What it is about, and what it asks.
    did
        What was done, a sentence each.
    findings
        What the numbers show, a sentence each, made from the numbers.
    pictures, tables
        To be looked at, in this order.
    files
        All that it wrote, below the study's folder.

    Examples
    --------
    >>> report = PhaseReport(1, "Forward pass", "What …?", ("…",), ("…",), (), (), ("data/forward_pass.txt",))
    >>> PhaseReport.from_json(report.to_json()) == report
    True
    """

    number: int
    title: str
    question: str
    did: tuple[str, ...]
    findings: tuple[str, ...]
    pictures: tuple[Picture, ...]
    tables: tuple[Table, ...]
    files: tuple[str, ...]

    def to_json(self) -> str:
        """As text, which :meth:`from_json` reads."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> PhaseReport:
        """The report that :meth:`to_json` wrote.

        Raises
        ------
        ValueError, KeyError, TypeError
            If the text is something else.
        """
        found: dict[str, Any] = json.loads(text)
        return cls(
            int(found["number"]),
            str(found["title"]),
            str(found["question"]),
            _texts(found["did"]),
            _texts(found["findings"]),
            tuple([_picture(item) for item in found["pictures"]]),
            tuple([_table(item) for item in found["tables"]]),
            _texts(found["files"]),
        )


def _texts(given: Sequence[Any]) -> tuple[str, ...]:
    return tuple([str(item) for item in given])


def _picture(given: dict[str, Any]) -> Picture:
    return Picture(str(given["path"]), str(given["text"]), int(given["width"]))


def _table(given: dict[str, Any]) -> Table:
    return Table(str(given["caption"]), _texts(given["head"]), tuple([_texts(row) for row in given["rows"]]))
