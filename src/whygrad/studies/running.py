"""Runs a study in a folder: what is there is kept, what is missing is trained."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from .._files import write_whole
from ..errors import DataError
from .execution import Workers, execute, processes
from .results import TrialResult
from .specification import Study, Trial
from .trial import prepare
from .units import Unit, units

TRIALS = "trials"
MOST_CHECKED = 100  # variants
FORMAT = "whygrad-trials-1"
Progress = Callable[[int, int, TrialResult | None], object]


@dataclass(frozen=True)
class Plan:
    """A study with a folder, and what of it is there already.

    Attributes
    ----------
    study, folder
        What is asked, and where the answers go.
    units
        Everything, in the order of the study.
    found
        Results by the key of their unit.
    damaged
        Files that were no results; what they should hold is computed again.
    """

    study: Study
    folder: Path
    units: tuple[Unit, ...]
    found: dict[str, list[TrialResult]]
    damaged: tuple[Path, ...]

    @property
    def total(self) -> int:
        """How many trials there are."""
        return sum([len(unit.trials) for unit in self.units])

    @property
    def kept(self) -> int:
        """How many trials have results."""
        return sum([len(results) for results in self.found.values()])

    @property
    def missing(self) -> list[Unit]:
        """What has no results yet."""
        return [unit for unit in self.units if unit.key not in self.found]

    def results(self) -> list[TrialResult]:
        """The results there are, in the order of the study."""
        return [result for unit in self.units for result in self.found.get(unit.key, ())]


def plan(study: Study, folder: Path) -> Plan:
    """What a study has to compute, and what of that is in the folder.

    Raises
    ------
    DataError
        If the folder cannot be read, or a table of the study cannot.
    """
    everything = tuple(units(study.trials()))
    found, damaged = {}, []
    for unit in everything:
        path = _path(folder, unit)
        if not path.exists():
            continue
        results = _read(path, unit)
        if results is None:
            damaged.append(path)
        else:
            found[unit.key] = results
    return Plan(study, folder, everything, found, tuple(damaged))


def check(planned: Plan) -> None:
    """Make a network of each variant, as far as they are not too many, before any is trained.

    Raises
    ------
    DataError, SettingError
        If there is nothing to learn from, or settings do not go together; says in which variant.
    """
    first: dict[str, Trial] = {}
    for unit in planned.missing:
        for trial in unit.trials:
            first.setdefault(trial.variant, trial)
    for trial in itertools.islice(first.values(), MOST_CHECKED):
        prepare(trial)


def carry_out(
    planned: Plan, workers: Workers | None = None, progress: Progress = lambda done, total, last: None
) -> list[TrialResult]:
    """Compute what is missing; each result is in the folder before the next is counted.

    Parameters
    ----------
    planned
        What :func:`plan` found.
    workers
        By whom; processes on this machine when not given.
    progress
        Called with the number of trials that have results, how many there are, and the newest.

    Returns
    -------
    list of TrialResult
        Of the whole study, in its order: the same whoever computed them, and in whichever order.

    Raises
    ------
    DataError
        If a result cannot be written. What was written before stays.
    """
    folder = planned.folder / TRIALS
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the folder {folder}", received=error.strerror) from None
    progress(planned.kept, planned.total, None)

    def done(unit: Unit, results: list[TrialResult]) -> None:
        path = _path(planned.folder, unit)
        content = {"format": FORMAT, "results": [result.to_json() for result in results]}
        write_whole(path, json.dumps(content, allow_nan=True))
        planned.found[unit.key] = results
        progress(planned.kept, planned.total, results[-1])

    execute(planned.missing, processes() if workers is None else workers, done)
    return planned.results()


def run_study(
    study: Study,
    folder: Path,
    workers: Workers | None = None,
    progress: Progress = lambda done, total, last: None,
) -> list[TrialResult]:
    """Everything in one call: what is in the folder is kept, what is missing is trained.

    Parameters
    ----------
    study
        See :func:`read_study`.
    folder
        Where results are, and go to.
    workers, progress
        As :func:`carry_out` takes them.
    """
    planned = plan(study, folder)
    check(planned)
    return carry_out(planned, workers, progress)


def _path(folder: Path, unit: Unit) -> Path:
    return folder / TRIALS / f"{unit.key}.json"


def _read(path: Path, unit: Unit) -> list[TrialResult] | None:
    """The results in a file; None if it does not hold those of this unit."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            return None
        results = [TrialResult.from_json(item) for item in content["results"]]
    except OSError as error:
        raise DataError(f"cannot read {path}", received=error.strerror) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if [result.key for result in results] != [trial.key for trial in unit.trials]:
        return None
    pairs = zip(results, unit.trials, strict=True)
    return [replace(result, variant=trial.variant) for result, trial in pairs]  # which may have a new name
