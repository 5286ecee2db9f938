"""Writes the page of operations from the op table itself, so that it cannot be out of date."""

from pathlib import Path

import whygrad.autodiff.tensor  # noqa: F401 - enters all rows
from whygrad.autodiff.formulas import notation
from whygrad.autodiff.op import Elementwise
from whygrad.autodiff.table import TABLE
from whygrad.errors import SettingError

HEAD = """# Operations

Every operation, with its forward rule and what it hands back; written from the table by notation.
`y` is the output and `g` the upstream gradient; `[a > 0]` is 1 where the condition holds and 0 elsewhere;
repeating a gradient along an axis is not shown.

"""


def _cell(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


def _formula(op, of=None) -> str:
    try:
        return "<br>".join([_cell(line) for line in notation(op, of).splitlines()])
    except SettingError:  # shapes only: what it does depends on its keywords
        return "moves entries, and moves them back" if of is None else ""


def write_page(app) -> None:
    """Two tables: rows that state local derivatives, and rows that state what they pass on."""
    lines = [HEAD]
    for title, column, rows in (
        ("Elementwise", "local derivatives", [op for op in TABLE.values() if isinstance(op, Elementwise)]),
        ("Arrays", "passed on", [op for op in TABLE.values() if not isinstance(op, Elementwise)]),
    ):
        lines += [f"## {title}\n", f"| operation | y | {column} |", "|---|---|---|"]
        lines += [f"| `{op.name}` | {_formula(op, 'y')} | {_formula(op)} |" for op in rows]
        lines.append("")
    page = Path(app.srcdir) / "reference" / "operations.md"
    text = "\n".join(lines)
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")


def setup(app):
    """Write the page before Sphinx reads the sources."""
    app.connect("builder-inited", write_page)
    return {"parallel_read_safe": True}
