"""``whygrad study``: many networks that differ in what is asked about, and what their numbers say."""

from __future__ import annotations

import json as to_json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from .._files import typed
from ..errors import SettingError

if TYPE_CHECKING:
    from ..studies.execution import Workers
    from ..studies.results import TrialResult
    from ..studies.running import Plan
    from ..studies.specification import Study

MANY = 2_000  # trials, from where on one is asked first
EXAMPLES = """Examples:

    whygrad study

    whygrad study learning-rates

    whygrad study seven-phases --phase 4

    whygrad study mine.toml --workers 4 --output results

    whygrad study xor-luck --seeds 10

    whygrad study mine.toml --scheduler tcp://192.168.0.5:8786

A study is a TOML file:

    question = "What does the learning rate do?"
    data = "moons"
    seeds = 5

    [settings]
    epochs = 50

    [vary]
    learning_rate = [0.001, 0.01, 0.1]

A study that was stopped or killed goes on where it was when the same command is given again."""


def study(
    name: str | None = None,
    *,
    output: Path | None = None,
    seeds: int | None = None,
    phase: list[int] | None = None,
    workers: int | None = None,
    dask: Annotated[bool, Parameter(negative="")] = False,
    scheduler: str | None = None,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")] = False,
) -> int:
    """Train many networks that differ in what is asked about, and say what their numbers show.

    Parameters
    ----------
    name
        Of a study that comes along, or a TOML file; without it, the studies are listed.
    output
        The folder for results; by default studies/NAME. What is there already is kept.
    seeds
        So many random seeds instead of those in the study.
    phase
        Only these phases of seven-phases.
    workers
        How many networks to train at a time; by default one for each core.
    dask
        Train on a Dask cluster of this machine's own: 127.0.0.1 only, no dashboard.
    scheduler
        Train on the workers of this Dask scheduler. They run what they are sent, and you take what they
        answer: give the address of one you trust.
    yes
        Do not ask before a large study.
    json
        Print the findings as JSON for a program to read.
    quiet
        No progress; only the findings and the folder.
    """
    from ..studies.library import PHASES, find, listing

    if name is None:
        print("\n".join(listing()))
        return 0
    say = _silent if quiet or json else _say
    if name.lower().replace("_", "-") == PHASES and not Path(name).is_file():
        given = {"--seeds": seeds, "--workers": workers, "--scheduler": scheduler, "--dask": dask or None}
        _refuse(given, f"{PHASES} trains one network after another")
        return _phases(phase, output or Path("studies") / PHASES, say, json)
    _refuse({"--phase": phase}, f"only {PHASES} has phases")
    chosen = find(name)
    if seeds is not None:
        from ..studies.specification import seed_numbers

        chosen = replace(chosen, seeds=seed_numbers(seeds))
    with _workers(workers, dask, scheduler, say) as by:
        return _run(chosen, output or Path("studies") / chosen.name, by, yes, say, json, quiet)


def _refuse(given: Mapping[str, object], because: str) -> None:
    """Refuse flags that say nothing here."""
    for flag, value in given.items():
        if value is not None:
            raise SettingError(f"{flag} does not go with this study: {because}", hint="leave it out")


def _phases(phase: list[int] | None, folder: Path, say: Callable[[str], None], json: bool) -> int:
    from ..studies.seven_phases import run_seven_phases

    reports = run_seven_phases(folder, phase, say=say)
    if json:
        found = [{"phase": report.number, "findings": list(report.findings)} for report in reports]
        print(to_json.dumps({"phases": found, "folder": str(folder)}, indent=2))
        return 0
    for report in reports:
        print(f"phase {report.number}: {report.title}")
        print("\n".join([f"  {sentence}" for sentence in report.findings]))
    print(f"study folder: {folder}")
    return 0


@contextmanager
def _workers(
    number: int | None, dask: bool, scheduler: str | None, say: Callable[[str], None]
) -> Iterator[Workers]:
    """Who computes, as the flags say."""
    from ..studies import execution

    if scheduler is not None and (dask or number is not None):
        other = "--dask" if dask else "--workers"
        raise SettingError(f"--scheduler and {other} do not go together", hint="a scheduler has its workers")
    found: AbstractContextManager[Workers] = nullcontext(execution.processes(number))
    if scheduler is not None:
        say(f"waiting for {scheduler}")
        found = execution.dask_scheduler(scheduler)
    elif dask:
        found = execution.dask_cluster(number)
    with found as workers:
        yield workers


def _run(
    study: Study,
    folder: Path,
    workers: Workers,
    yes: bool,
    say: Callable[[str], None],
    json: bool,
    quiet: bool,
) -> int:
    """Train what is missing, write everything, and say what it shows."""
    from ..studies import running
    from ..studies.report import write_report

    if study.count > MANY and not yes:
        _ask(study, workers)
    planned = running.plan(study, folder)
    running.check(planned)
    for path in planned.damaged:
        say(f"{path} is damaged: what it held is trained again")
    kept = f"; {planned.kept:,} are there already" if planned.kept else ""
    say(f"{study.title}: {planned.total:,} networks with {workers.name}{kept}")
    try:
        with _bar(planned, None if not (quiet or json) else False) as progress:
            results = running.carry_out(planned, workers, progress)
    except BaseException:
        if planned.kept:
            print(
                f"{planned.kept:,} of {planned.total:,} networks are kept in {typed(folder)}; "
                "the same command goes on from there",
                file=sys.stderr,
            )
        raise
    report = write_report(study, results, folder)
    if json:
        print(to_json.dumps({**report.to_json(), "folder": str(folder)}, indent=2))
        return 0
    print("\n".join(report.said))
    print(f"study folder: {folder}")
    say(f"the page: {typed(report.page)}")
    return 0


def _ask(study: Study, workers: Workers) -> None:
    """Say how long a large study takes, going by its first network, and ask.

    Raises
    ------
    SettingError
        If the answer is no, or nobody is there to answer.
    """
    from ..studies.trial import run_trial

    first = next(study.trials())
    run_trial(first)  # which loads what is loaded once
    begin = time.perf_counter()
    run_trial(first)
    seconds = (time.perf_counter() - begin) * study.count / workers.number
    large = f"{study.count:,} networks take about {_duration(seconds)} with {workers.name}"
    if not sys.stdin.isatty():
        raise SettingError(large, hint="--yes if that is what you want; or fewer values, or random draws")
    print(f"{large}. Train them? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise SettingError("nothing was trained", hint="fewer values, fewer seeds, or [random] draws")


def _duration(seconds: float) -> str:
    """A time in the unit that suits it.

    Examples
    --------
    >>> _duration(50), _duration(5400), _duration(1e6)
    ('50 s', '1.5 h', '11.6 days')
    """
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 1.5 * size or (seconds >= size and unit != "days"):
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


@contextmanager
def _bar(planned: Plan, show: bool | None) -> Iterator[Callable[[int, int, TrialResult | None], None]]:
    """Within the block, a bar over the networks of a study, on a terminal."""
    if not (sys.stderr.isatty() if show is None else show):
        yield lambda done, total, last: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=4) as bar:
        task = bar.add_task("", total=planned.total, completed=planned.kept)

        def progress(done: int, total: int, last: TrialResult | None) -> None:
            bar.update(task, completed=done, total=total, description="" if last is None else last.variant)

        yield progress


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _silent(text: str) -> None:
    pass
