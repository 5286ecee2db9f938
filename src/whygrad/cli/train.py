"""``whygrad train``: from a data set to a trained, tested, saved network."""

from __future__ import annotations

import json as to_json
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from ..training.settings import TrainSettings

DEFAULT = TrainSettings()
EXAMPLES = """Examples:

    whygrad train digits

    whygrad train spirals --layers 32,32 --epochs 300 --seed 1

    whygrad train diabetes --output runs/first --json"""


def train(
    dataset: str,
    *,
    settings: Annotated[TrainSettings, Parameter(name="*")] = DEFAULT,
    output: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")] = False,
) -> int:
    """Train a network on a data set, test it on rows it never saw, and save it.

    Parameters
    ----------
    dataset
        Its name; `whygrad data` lists them.
    settings
        How to train.
    output
        A new folder for the run; by default the next free one in `runs`.
    json
        Print the figures as JSON for a program to read.
    quiet
        No progress, and of the result only the test figure and the folder.
    """
    from ..training import run
    from ..training.wording import sentences

    say = _quiet if quiet or json else _say
    data, parts, network = run.prepare(dataset, settings)
    with run.run_folder(data.name, output) as folder:
        say(
            f"{data.name}: {len(data.X):,} rows × {data.X.shape[1]} columns, {_classes(data)}; "
            f"{len(parts.y_train):,} to learn from, {len(parts.y_test):,} kept for the test"
        )
        run.learn(parts, network, settings, bar=False if quiet or json else None)
        folds = run.cross_validate(data, settings, lambda k: say(f"fold {k} of {settings.folds}"))
        found, summary = run.figures(data, parts, network, settings.seed, folds)
        run.write(folder, data.name, run.resolved(settings, network), network, found)
    if json:
        print(to_json.dumps({**found, "folder": str(folder)}, indent=2))
        return 0
    words = sentences(summary)
    print("\n".join(words[:1] if quiet else words))
    print(f"run folder: {folder}")
    return 0


def _classes(data: Any) -> str:
    return f"{len(data.class_names)} classes" if data.class_names else "a number to predict"


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _quiet(text: str) -> None:
    pass
