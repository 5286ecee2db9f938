"""Runs phases of the study in order, and those before them that they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..._files import write_whole
from ...data.sets import check_seed
from ...errors import DataError, SettingError
from . import phase_0, phase_1, phase_2, phase_3, phase_4, phase_5, phase_6
from .page import PAGE, write_page
from .plan import Plan
from .report import PhaseReport
from .study import Study


@dataclass(frozen=True)
class Phase:
    """A row of the table of phases.

    Attributes
    ----------
    title
        What it is about.
    run
        Does it, and reports.
    needs
        Phases whose files it reads.
    """

    title: str
    run: Callable[[Study], PhaseReport]
    needs: tuple[int, ...] = ()


PHASES: dict[int, Phase] = {
    0: Phase(phase_0.TITLE, phase_0.run),
    1: Phase(phase_1.TITLE, phase_1.run, (0,)),
    2: Phase(phase_2.TITLE, phase_2.run, (0,)),
    3: Phase(phase_3.TITLE, phase_3.run, (0,)),
    4: Phase(phase_4.TITLE, phase_4.run, (0, 3)),
    5: Phase(phase_5.TITLE, phase_5.run, (3,)),
    6: Phase(phase_6.TITLE, phase_6.run, (3,)),
}


def quiet(text: str) -> None:
    """Say nothing."""


def run_seven_phases(
    folder: Path | str,
    phases: Sequence[int] | None = None,
    *,
    seed: int = 0,
    say: Callable[[str], None] = quiet,
) -> list[PhaseReport]:
    """Run the study, or some of its phases, and write all it finds into a folder, with a page.

    Phases run in order, whatever the order in which they are given. A phase that needs the files of an
    earlier one reads them; where they are missing, the earlier one is run first, and said so. What is there
    of the same phase is replaced, by the same bytes on the same machine.

    Parameters
    ----------
    folder
        A new one, or that of the same study.
    phases
        From 0 to 6; all by default.
    seed
        Fixes data, split, weights, and with them every number. A folder holds one seed.
    say
        Told what goes on, a line at a time.

    Returns
    -------
    list[PhaseReport]
        Of the phases that were run, in order: those asked for, and those that had to come first.

    Raises
    ------
    SettingError
        If there is no such phase, or the folder holds the study with another seed.
    DataError
        If the folder cannot be written, or holds something else.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     reports = run_seven_phases(folder, [1])
    >>> [report.number for report in reports]
    [0, 1]
    >>> reports[1].findings[0]  # doctest: +ELLIPSIS
    'The first loss is 0.69449; 0.5 for every row would cost ln 2 = 0.69315. It is 0.00134 above that: ...'
    """
    return run_plan(Path(folder), phases, Plan(seed=check_seed(seed)), say)


def run_plan(
    folder: Path, phases: Sequence[int] | None, plan: Plan, say: Callable[[str], None] = quiet
) -> list[PhaseReport]:
    """:func:`run_seven_phases`, with settings of one's own."""
    wanted = _chosen(phases)
    study = Study(folder, plan, say)
    study.begin()
    done: dict[int, PhaseReport] = {}

    def run(number: int) -> None:
        for earlier in PHASES[number].needs:
            if earlier not in done and _kept(study, earlier) is None:
                say(f"phase {number} needs phase {earlier}, which has not been run here: it comes first")
                run(earlier)
        done[number] = _run(study, number)

    for number in wanted:
        if number not in done:
            run(number)
    kept = {number: report for number in PHASES if (report := done.get(number) or _kept(study, number))}
    write_page(study, kept, {number: phase.title for number, phase in PHASES.items()})
    say(f"the page is {study.path(PAGE)}")
    return [done[number] for number in sorted(done)]


def _chosen(phases: Sequence[int] | None) -> list[int]:
    """The phases to run, in order."""
    given = list(PHASES) if phases is None else list(phases)
    unknown = [phase for phase in given if isinstance(phase, bool) or phase not in PHASES]
    if unknown or not given:
        raise SettingError(
            f"there is no phase {unknown[0]!r}" if unknown else "there is no phase to run",
            expected=", ".join([f"{number} ({phase.title.lower()})" for number, phase in PHASES.items()]),
        )
    return sorted(set(given))


def _run(study: Study, number: int) -> PhaseReport:
    """Run a phase, and keep its report."""
    phase = PHASES[number]
    study.say(f"phase {number}: {phase.title}")
    study.written = []
    with np.errstate(all="ignore"):  # a loss that is no number is a finding, and said in words
        report = phase.run(study)
    write_whole(_card(study, number), report.to_json())
    for sentence in report.findings:
        study.say(f"  {sentence}")
    return report


def _kept(study: Study, number: int) -> PhaseReport | None:
    """The report of a phase that was run earlier, if all of its files are there."""
    card = _card(study, number)
    try:
        report = PhaseReport.from_json(card.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"cannot read {card}", received=error.strerror) from None
    except (ValueError, KeyError, TypeError):
        return None  # damaged: as if it had not been run
    return report if all([study.path(name).is_file() for name in report.files]) else None


def _card(study: Study, number: int) -> Path:
    return study.path(f"data/phase_{number}.json")
