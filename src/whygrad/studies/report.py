"""Everything a study leaves for people: tables, figures, and the page that says what they show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .._files import typed, write_whole
from ..errors import DataError
from ..evaluation.rounding import counted
from ..plots.report_page import inline
from ..plots.style import picture
from .figures import by_settings, final_scores, gradients_by_layer, gradients_over_time, learning_curves
from .findings.find import find, said
from .findings.finding import Finding
from .findings.varied import varied
from .page import page
from .results import Curves, TrialResult, curves
from .specification import Study
from .tables import tables

PAGE, FIGURES = "index.html", "figures"
Settings = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class StudyReport:
    """What was found, and where it stands.

    Attributes
    ----------
    findings
        What the numbers show.
    said
        The same as lines for a terminal.
    page
        The page.
    """

    findings: tuple[Finding, ...]
    said: tuple[str, ...]
    page: Path

    def to_json(self) -> dict[str, Any]:
        """The findings for a program to read."""
        return {"findings": [asdict(finding) for finding in self.findings], "page": str(self.page)}


def write_report(study: Study, results: Sequence[TrialResult], folder: Path) -> StudyReport:
    """Write tables, figures and the page of a study.

    Raises
    ------
    DataError
        If something cannot be written.
    """
    settings = {variant.name: variant.changes for variant in study.variants()}
    given = curves(results)
    findings = find(given, settings)
    written = tables(results, settings)
    drawn = list(_figures(given, results, settings, study.measure))
    try:
        (folder / FIGURES).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the folder {folder / FIGURES}", received=error.strerror) from None
    for name, content in written.items():
        write_whole(folder / name, content)
    shown = []
    for name, heading, figure in drawn:
        png = picture(figure, "png")
        write_whole(folder / FIGURES / f"{name}.png", png)
        shown.append((heading, inline(figure, png)))
    text = page(
        study.title,
        study.question,
        " ".join([part for part in (study.about.strip(), _what_was_done(study, len(given))) if part]),
        given,
        findings,
        shown,
        settings=settings,
        command=f"whygrad study {typed(study.path or Path(study.name))}",
        files=list(written),
    )
    write_whole(folder / PAGE, text)
    return StudyReport(tuple(findings), tuple(said(findings)), folder / PAGE)


def _what_was_done(study: Study, variants: int) -> str:
    """How many networks were trained, on what."""
    data = f" on {Path(study.data).name}" if study.data and "data" not in study.varied else ""
    rows = "" if study.hold_out else " All rows were learned from, and scores are of the same rows."
    return (
        f"{counted(variants, 'variant')} with {counted(len(study.seeds), 'random seed')} each{data}: "
        f"{counted(study.count, 'network')}.{rows}"
    )


def _figures(
    given: Sequence[Curves], results: Sequence[TrialResult], settings: Settings, measure: str
) -> Iterator[tuple[str, str, Any]]:
    """File name, heading, and picture; a picture for which there are no numbers is left out."""
    rows, quantity = measure.split("_")
    of = f"the {quantity} on the {'training' if rows == 'train' else rows} rows"
    wanted: list[tuple[str, str, Callable[[], Any]]] = [
        ("learning_curves", "Loss by epoch", lambda: learning_curves(given)),
        ("score_curves", "Score by epoch", lambda: learning_curves(given, measure="score")),
        ("final", f"Where training ends: {of}", lambda: final_scores(given, measure=measure)),
        ("gradients_by_layer", "Gradient by layer", lambda: gradients_by_layer(results)),
        ("gradients_over_time", "Gradient by epoch", lambda: gradients_over_time(results)),
    ]
    for name, heading, draw in wanted:
        try:
            yield name, heading, draw()
        except DataError:  # no epoch, no variant, or no single layers in these results
            continue
    for number, drawn in enumerate(by_settings(given, varied(settings), measure=measure), start=1):
        yield f"settings_{number}", f"By setting: {of}", drawn
