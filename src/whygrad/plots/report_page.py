"""One HTML page for a run: settings, what came out in words, and the pictures, all in a single file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from .._files import write_whole
from ..errors import WhygradError
from ..evaluation.honest import measure
from ..evaluation.wording import measured_sentences
from .registry import PLOTS
from .style import alt_text, figure_of, picture
from .subjects import Subject

STYLE = """
:root { color-scheme: light dark; --ink: #222; --soft: #5a5a5a; --paper: #fff; --line: #e4e4e4;
  --panel: #f6f6f6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e6; --soft: #a9a9a6; --paper: #17181a;
  --line: #3a3b3e; --panel: #222326; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 88rem;
  margin: 0 auto; padding: 2rem 1rem; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
figure { margin: 1rem 0; } img { max-width: 100%; height: auto; background: #fff; border-radius: .25rem; }
figcaption { color: var(--soft); font-size: .9rem; }
table { border-collapse: collapse; } tr + tr { border-top: 1px solid var(--line); }
td, th { text-align: left; padding: .2rem 1.2rem .2rem 0; vertical-align: top; }
td { overflow-wrap: anywhere; } th { font-weight: 600; }
pre { background: var(--panel); padding: .8rem; overflow-x: auto; } ul { padding-left: 1.2rem; }
p, figcaption { max-width: 60rem; }
@media print { :root { --ink: #000; --soft: #333; --paper: #fff; --panel: #fff; --line: #999; }
  body { max-width: none; padding: 0; font-size: 10pt; } h2 { break-after: avoid; }
  figure, tr { break-inside: avoid; } img { max-height: 22cm; width: auto; }
  pre { white-space: pre-wrap; font-size: 8pt; } }
"""


def report(folder: Path | str, words: Sequence[str] | None = None) -> str:
    """The page of a run, as HTML that needs no other file.

    Parameters
    ----------
    folder
        What ``whygrad train`` wrote.
    words
        The result in sentences; by default the test is made again and its figures are said.

    Raises
    ------
    DataError
        If the folder is no run, or its run has not ended.
    """
    subject = Subject.of(str(folder))
    saved = subject.saved
    if saved is None:
        from ..runs.saved_run import open_run

        saved = open_run(Path(folder))  # says what the folder is instead
    if words is None:
        parts, problem = subject.parts, subject.problem
        predicted = subject.network.predict(parts.X_test)
        words = measured_sentences(measure(predicted, parts.y_test, problem.task, seed=saved.settings.seed))
    title = f"{subject.title}: {words[0]}" if words else subject.title
    settings = saved.settings.model_dump(mode="json")
    rows = [
        (name.replace("_", " "), value) for name, value in settings.items() if value not in (None, [], False)
    ]
    body = [
        f"<h1>{escape(title)}</h1>",
        "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in words) + "</ul>",
        *_pictures(subject),
        "<h2>Network</h2>",
        f'<pre tabindex="0">{escape(subject.network.summary())}</pre>',
        "<h2>Settings</h2>",
        f"<p>Learned from {escape(saved.data)}.</p>",
        "<table>"
        + "".join(f"<tr><th>{escape(n)}</th><td>{escape(_text(v))}</td></tr>" for n, v in rows)
        + "</table>",
    ]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(subject.title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head>\n<body>\n'
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def write_report(folder: Path, words: Sequence[str] | None = None) -> Path:
    """Write the page of a run into its folder, as ``report.html``."""
    write_whole(folder / "report.html", report(folder, words))
    return folder / "report.html"


def _pictures(subject: Subject) -> list[str]:
    """The figures that fit the run; one that cannot be drawn says why."""
    chosen = [("loss", "Loss"), ("score", "Score")]
    classes = subject.problem.task == "classification"
    if classes and subject.parts.X_train.shape[1] == 2:
        chosen.append(("boundary", "Decision boundary"))
    if classes:
        chosen.append(("confusion", "Confusion matrix, on the test rows"))
    else:
        chosen = [("fit", "Loss, fit and residuals, on the test rows"), ("score", "R²")]
    chosen += [("gradient-flow", "Gradient flow"), ("architecture", "The network")]
    parts = []
    for name, title in chosen:
        parts.append(f"<h2>{escape(title)}</h2>")
        try:
            parts.append(inline(PLOTS[name].draw(subject)))
        except WhygradError as error:
            parts.append(f"<p>Not drawn: {escape(str(error).splitlines()[0])}.</p>")
    return parts


def inline(drawn: Any, png: bytes | None = None) -> str:
    """A picture in the page itself, with its words for those who do not see it.

    Parameters
    ----------
    drawn
        The picture.
    png
        The same as a file, where it is written already: drawing takes a second.
    """
    data = base64.b64encode(picture(drawn, "png") if png is None else png).decode()
    width = round(96 * figure_of(drawn).get_figwidth())  # as large as it was drawn: text keeps its size
    text = escape(alt_text(drawn))
    image = f'<img width="{width}" alt="{text}" src="data:image/png;base64,{data}">'
    return f"<figure>{image}<figcaption>{text}</figcaption></figure>"


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
