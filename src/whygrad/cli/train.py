"""``whygrad train``: from data to a trained, tested, saved network."""

from __future__ import annotations

import json as to_json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from .._files import typed
from ..errors import DataError, SettingError, TrainingError
from ..runs.settings import TrainSettings, from_toml, make_settings

if TYPE_CHECKING:
    from ..runs.run import Prepared

DEFAULT = TrainSettings()
EXAMPLES = """Examples:

    whygrad train digits

    whygrad train houses.csv --target price --patience 20

    whygrad train spirals --layers 32,32 --epochs 300 --seed 1

    whygrad train --resume runs/digits-1"""


def train(
    data: str | None = None,
    *,
    settings: Annotated[TrainSettings, Parameter(name="*")] = DEFAULT,
    config: Path | None = None,
    output: Path | None = None,
    resume: Path | None = None,
    report: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")] = False,
) -> int:
    """Train a network on a table or a data set, test it on rows it never saw, and save it.

    Parameters
    ----------
    data
        A CSV, TSV or NPZ file, a folder with the files of MNIST, or the name of a set:
        `whygrad data` lists them.
    settings
        How to train.
    config
        A TOML file with settings; a run's settings.toml is one. Flags count more.
    output
        A new folder for the run; by default the next free one in `runs`.
    resume
        The folder of a run that was stopped or killed: go on where it was.
    report
        Write report.html too: the run on one page, with pictures.
    json
        Print the figures as JSON for a program to read.
    quiet
        No progress, and of the result only the test figure and the folder.
    """
    from ..runs import run
    from ..training.progress import training_bar

    say = _silent if quiet or json else _say
    bar = False if quiet or json else None
    if resume is not None:
        _refuse_with_resume(data, settings, config, output)
        return _resume(resume, say, bar, json, quiet, report)
    data, settings = _configured(data, settings, config)
    say(f"reading {data}")
    with training_bar(bar, "reading", vanish=True):
        prepared = run.prepare(data, settings)
    with run.run_folder(prepared, output) as folder, _way_on(folder / run.CHECKPOINT):
        _introduce(prepared, say)
        return _run(prepared, folder, False, say, bar, json, quiet, report)


@contextmanager
def _way_on(checkpoint: Path) -> Iterator[None]:
    """Where a run breaks off, say how to go on with it."""
    try:
        yield
    except TrainingError:
        raise
    except BaseException:
        if checkpoint.exists():
            print(f"to go on: whygrad train --resume {typed(checkpoint.parent)}", file=sys.stderr)
        raise


def _configured(data: str | None, given: TrainSettings, config: Path | None) -> tuple[str, TrainSettings]:
    """What to learn from, and how: flags before the file, the file before the defaults."""
    if config is not None:
        named, found = from_toml(config)
        data = named if data is None else data
        flags = given.model_dump(include=given.model_fields_set)
        given = make_settings({**found.model_dump(include=found.model_fields_set), **flags})
    if data is None:
        raise SettingError(
            "there is nothing to learn from",
            expected="a file or the name of a data set",
            hint="whygrad train digits; whygrad data lists the sets",
        )
    return data, given


def _refuse_with_resume(
    data: str | None, settings: TrainSettings, config: Path | None, output: Path | None
) -> None:
    others = {"data": data, "--config": config, "--output": output}
    given = [name for name, value in others.items() if value is not None]
    given += ["--" + name.replace("_", "-") for name in sorted(settings.model_fields_set)]
    if given:
        raise SettingError(
            "a run goes on with the data and the settings it began with",
            received=", ".join(given),
            hint="leave them out, or train anew without --resume",
        )


def _resume(
    folder: Path, say: Callable[[str], None], bar: bool | None, json: bool, quiet: bool, report: bool
) -> int:
    """Go on with a run that has not ended by itself."""
    from ..runs import run
    from ..runs.saved_run import open_run
    from ..training.progress import training_bar

    saved = open_run(folder)
    if not saved.resumable:
        hint = (
            "train again, with another --output"
            if saved.state != "finished"
            else f"whygrad show {typed(folder)}"
        )
        raise DataError(f"{folder} has nothing to go on with", received=saved.state, hint=hint)
    say(f"reading {saved.data}")
    with training_bar(bar, "reading", vanish=True):
        prepared = run.prepare(saved.data, saved.settings)
    _introduce(prepared, say)
    with run.failure_kept(folder, prepared):
        return _run(prepared, folder, True, say, bar, json, quiet, report)


def _introduce(prepared: Prepared, say: Callable[[str], None]) -> None:
    problem, parts = prepared.problem, prepared.parts
    classes = f"{len(problem.classes)} classes" if problem.classes else "a number to predict"
    say(
        f"{problem.name}: {problem.rows:,} rows × {problem.columns} columns, {classes}; "
        f"{len(parts.y_train):,} to learn from, {len(parts.y_test):,} kept for the test"
    )
    for note in prepared.notes:
        say(note)


def _run(
    prepared: Prepared,
    folder: Path,
    resume: bool,
    say: Callable[[str], None],
    bar: bool | None,
    json: bool,
    quiet: bool,
    report: bool,
) -> int:
    """Train, test, write, and say how it went."""
    from ..evaluation.wording import sentences
    from ..runs import run

    settings, network = prepared.settings, prepared.network
    try:
        run.learn(prepared.parts, network, settings, bar, folder / run.CHECKPOINT, resume)
    except TrainingError:
        for trouble in run.troubles(prepared):
            say(str(trouble))
        raise
    run.write_network(folder, network)
    interrupted = network.history.interrupted
    if interrupted and bar is False:  # training itself was told to be silent
        print(f"stopped by Ctrl-C in epoch {len(network.history)}; what was learned is kept", file=sys.stderr)
    folds = None
    if not interrupted:
        folds = run.cross_validate(prepared, lambda k: say(f"fold {k} of {settings.folds}"))
        if folds is None and settings.folds is not None:
            say("cross-validation was broken off: the network is finished, the folds have no figures")
    found, summary = run.figures(prepared, folds)
    run.write_figures(folder, network, found)
    if report:
        from ..plots.report_page import write_report

        say(f"report: {write_report(folder, sentences(summary))}")
    if json:
        print(to_json.dumps({**found, "folder": str(folder)}, indent=2))
        return 0
    words = sentences(summary)
    short = [words[0], *(words[-1:] if folds is not None else [])]
    print("\n".join(short if quiet else words))
    if not quiet:
        for trouble in found["troubles"]:
            print(f"{trouble['name']}: {trouble['evidence']}\n  try: {trouble['advice']}")
    print(f"run folder: {folder}")
    for line in _next(prepared, folder, interrupted):
        say(line)
    return 0


def _next(prepared: Prepared, folder: Path, interrupted: bool) -> list[str]:
    """What to type next."""
    if interrupted:
        return [f"to go on: whygrad train --resume {typed(folder)}"]
    best = prepared.network.history.best_epoch
    said = [] if best is None else [f"the weights are those of epoch {best}, with the lowest validation loss"]
    return [
        *said,
        f"to use it: whygrad predict {typed(folder)} FILE; to look again: whygrad show {typed(folder)}",
    ]


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _silent(text: Any) -> None:
    pass
