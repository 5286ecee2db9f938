"""``index.html``: the phases in order, with question, what was done, figures, and what the numbers show.

The page holds its pictures and films itself, so it can be handed out alone.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape

from ...plots.report_page import STYLE
from .report import PhaseReport, Picture, Table
from .study import PARAMETERS, Study, unreadable

PAGE = "index.html"
MORE = """
nav ol { columns: 2; } code { background: #f6f6f6; padding: 0 .2rem; overflow-wrap: anywhere; }
.question { font-size: 1.1rem; } .todo { color: #5a5a5a; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
figure { max-width: 100%; margin: .5rem 0; } figcaption { max-width: 34rem; }
.scroll { overflow-x: auto; } caption { text-align: left; }
caption { color: #5a5a5a; font-size: .9rem; padding: .6rem 0; } summary { cursor: pointer; }
"""


def write_page(study: Study, reports: Mapping[int, PhaseReport], titles: Mapping[int, str]) -> None:
    """Write the page of the phases that were run; those that were not are named.

    Parameters
    ----------
    study
        Its folder and settings.
    reports
        Phase -> report.
    titles
        Of all phases.
    """
    plan = study.plan
    recipe = plan.recipe
    entries = [
        f'<li value="{number}"><a href="#phase-{number}">{escape(title)}</a></li>'
        if number in reports
        else f'<li value="{number}" class="todo">{escape(title)}: not run yet</li>'
        for number, title in titles.items()
    ]
    body = [
        "<h1>A neural network from scratch, in seven phases</h1>",
        (
            f"<p>A network {recipe.shape} is to tell two half circles of points apart. Seed {plan.seed},"
            f" {plan.samples} points, of which {100 * plan.test_size:.0f} % are kept for tests; gradient"
            f" descent with learning rate {recipe.learning_rate:g}. Every number below was computed in this"
            " study, and every sentence follows from its numbers.</p>"
        ),
        f'<nav aria-label="Phases"><ol>{"".join(entries)}</ol></nav>',
        *[_section(study, reports[number]) for number in titles if number in reports],
        *_parameters(study),
    ]
    study.write(
        PAGE,
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<title>Seven phases</title><link rel="icon" href="data:,"><style>{STYLE}{MORE}</style></head>\n'
        "<body><main>\n" + "\n".join(body) + "\n</main></body></html>\n",
    )


def _section(study: Study, report: PhaseReport) -> str:
    figures = "".join([_figure(study, picture) for picture in report.pictures])
    return "\n".join(
        [
            f'<section id="phase-{report.number}">',
            f"<h2>Phase {report.number}: {escape(report.title)}</h2>",
            f'<p class="question"><strong>Question.</strong> {escape(report.question)}</p>',
            "<h3>What was done</h3>",
            _list(report.did),
            f'<div class="figures">{figures}</div>',
            *[_table(table) for table in report.tables],
            "<h3>What the numbers show</h3>",
            _list(report.findings),
            "<details><summary>Files</summary><ul>"
            + "".join([f"<li><code>{escape(name)}</code></li>" for name in report.files])
            + "</ul></details>",
            "</section>",
        ]
    )


def _list(sentences: tuple[str, ...]) -> str:
    return "<ul>" + "".join([f"<li>{escape(sentence)}</li>" for sentence in sentences]) + "</ul>"


def _figure(study: Study, picture: Picture) -> str:
    """A picture; a film, which repeats, can be folded away."""
    path = study.path(picture.path)
    try:
        data = base64.b64encode(path.read_bytes()).decode()
    except OSError as error:
        raise unreadable(path, error) from None
    kind, text = path.suffix.removeprefix("."), escape(picture.text)
    image = f'<img width="{picture.width}" alt="{text}" src="data:image/{kind};base64,{data}">'
    if kind == "gif":
        image = f"<details open><summary>Film (fold away to stop it)</summary>{image}</details>"
    return f"<figure>{image}<figcaption>{text} <code>{escape(picture.path)}</code></figcaption></figure>"


def _table(table: Table) -> str:
    head = "".join([f'<th scope="col">{escape(name)}</th>' for name in table.head])
    rows = [
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join([f"<td>{escape(cell)}</td>" for cell in row[1:]])
        + "</tr>"
        for row in table.rows
    ]
    return (
        f'<div class="scroll"><table><caption>{escape(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _parameters(study: Study) -> list[str]:
    """Of which phase the parameters are that stand in the file of the latest ones."""
    try:
        now = study.path(PARAMETERS).read_bytes()
        same = [
            number
            for number in (0, 2, 3)
            if (path := study.path(f"data/phase_{number}_parameters.npy")).exists()
            and path.read_bytes() == now
        ]
    except OSError:
        return []
    if not same:
        return [f"<p><code>{PARAMETERS}</code> holds parameters that none of these phases wrote.</p>"]
    return [f"<p><code>{PARAMETERS}</code> holds the parameters as phase {same[-1]} left them.</p>"]
