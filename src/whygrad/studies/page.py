"""One HTML page for a study: the question, the answer in sentences, pictures, tables, how to repeat it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ..evaluation.rounding import write
from ..plots.report_page import STYLE
from .findings import words
from .findings.courses import standings
from .findings.find import describe
from .findings.finding import Finding
from .findings.spread import LEVEL, Spread, spread
from .findings.varied import text, varied
from .results import Curves
from .tables import bounds

MOST_ROWS = 60  # variants in a table of settings, and with a paragraph of their own
OURS = """
.answer li { margin: .3rem 0; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } h3 { font-size: 1.05rem; margin: 1.4rem 0 .2rem; }
"""


def page(
    title: str,
    question: str,
    about: str,
    curves: Sequence[Curves],
    findings: Sequence[Finding],
    figures: Sequence[tuple[str, str]] = (),
    *,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    command: str = "",
    files: Sequence[str] = (),
) -> str:
    """The page, as HTML that needs no other file.

    Parameters
    ----------
    title
        Of the study.
    question
        What it asks.
    about
        What was done: data, network, epochs; in sentences.
    curves
        Of all variants, in order.
    findings
        What :func:`~whygrad.studies.findings.find.find` found in them.
    figures
        Headings with the pictures below them, as HTML.
    settings
        Variant -> its changed settings.
    command
        What to type to repeat it.
    files
        Names of tables that stand beside the page.
    """
    given = settings or {}
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p><strong>{escape(question)}</strong></p>",
        f"<p>{escape(about)}</p>" if about else "",
        "<h2>Answer</h2>",
        *_answer(findings),
        *[part for heading, shown in figures for part in (f"<h2>{escape(heading)}</h2>", shown)],
        "<h2>Variants</h2>",
        _variants(curves, given),
        "<h2>What each variant shows</h2>",
        *_paragraphs(curves),
        *_again(command, files),
    ]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{STYLE}{OURS}</style></head>\n<body>\n'
        + "\n".join(part for part in body if part)
        + "\n</body></html>\n"
    )


def _answer(findings: Sequence[Finding]) -> list[str]:
    """What distinguishes variants as paragraphs, what single ones show as a list."""
    if not findings:
        return ["<p>Nothing that was looked for was found: each variant learns, and none stands out.</p>"]
    between = [each for each in findings if len(each.variants) > 1]
    single = [each for each in findings if len(each.variants) == 1]
    parts = [f"<p>{escape(_sentence(each))}</p>" for each in between]
    if single:
        items = "".join(f"<li>{escape(each.sentence)}.</li>" for each in single)
        parts.append(f'<ul class="answer">{items}</ul>')
    return parts


def _sentence(finding: Finding) -> str:
    return f"{finding.sentence[0].upper()}{finding.sentence[1:]}."


def _variants(curves: Sequence[Curves], settings: Mapping[str, Mapping[str, Any]]) -> str:
    """The settings that vary and how each variant ends, as a table."""
    ones = varied({curve.variant: settings.get(curve.variant, {}) for curve in curves})
    metric = curves[0].metric if curves else "accuracy"
    name = words.SCORES[metric]
    header = ["variant", *[one.name.replace("_", " ") for one in ones], "seeds", "diverged"]
    header += [f"test {name}", "95 % interval", "test loss", f"training {name}", "training loss"]
    rows = []
    for curve in curves[:MOST_ROWS]:
        cells = [f"<td>{escape(text(one.values[curve.variant]))}</td>" for one in ones]
        ends = {
            key: spread(standings(curve, key)[1])
            for key in ("test_score", "test_loss", "train_score", "train_loss")
        }
        numbers = [
            str(len(curve.seeds)),
            str(sum(curve.diverged)),
            _written(ends["test_score"], metric),
            _interval(ends["test_score"], metric),
            words.of(ends["test_loss"]),
            _written(ends["train_score"], metric),
            words.of(ends["train_loss"]),
        ]
        cells += [f'<td class="number">{escape(number)}</td>' for number in numbers]
        rows.append(f'<tr><th scope="row">{escape(curve.variant)}</th>{"".join(cells)}</tr>')
    top = "".join(f'<th scope="col">{escape(each)}</th>' for each in header)
    note = "Mean ± standard deviation over the seeds that did not diverge."
    left = f" The first {MOST_ROWS} of {len(curves)}." if len(curves) > MOST_ROWS else ""
    return f'<div class="scroll"><table><tr>{top}</tr>{"".join(rows)}</table></div><p>{note}{left}</p>'


def _written(found: Spread, metric: str) -> str:
    return words.score(metric, found).removeprefix("R² ") if found.count else "–"


def _interval(found: Spread, metric: str) -> str:
    interval = found.interval(LEVEL, *bounds("test_score", metric))
    if interval is None:
        return "–"
    factor, places, marks = (100.0, 1, (0.0, 100.0)) if metric == "accuracy" else (1.0, 3, (1.0,))
    return " to ".join([write(factor * end, places, marks) for end in (interval.low, interval.high)])


def _paragraphs(curves: Sequence[Curves]) -> list[str]:
    parts = [
        f"<h3>{escape(curve.variant)}</h3><p>{escape(describe(curve, curves))}</p>"
        for curve in curves[:MOST_ROWS]
    ]
    if len(curves) > MOST_ROWS:
        parts.append(f"<p>And {len(curves) - MOST_ROWS} more variants, which stand in the tables.</p>")
    return parts


def _again(command: str, files: Sequence[str]) -> list[str]:
    parts = []
    if files:
        links = ", ".join(f'<a href="{escape(file)}">{escape(file)}</a>' for file in files)
        parts += ["<h2>Tables</h2>", f"<p>All numbers: {links}.</p>"]
    if command:
        parts += ["<h2>Repeat it</h2>", f"<pre>{escape(command)}</pre>"]
    return parts
