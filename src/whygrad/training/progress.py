"""A progress bar on a terminal, and nothing where output is piped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .loop import Training

INTERVAL = 0.5  # seconds between two looks at a run


def announce(sentence: str) -> None:
    """Say something to whoever watches: on standard error, so that piped results stay clean."""
    sys.stderr.write(sentence + "\n")


@contextmanager
def training_bar(
    show: bool | None = None, title: str = "training", vanish: bool = False
) -> Iterator[Callable[[Training], None] | None]:
    """Within the block, a bar that the given function moves; None where there is no terminal.

    Parameters
    ----------
    show
        Whether to draw; by default when standard error is a terminal.
    title
        What is going on.
    vanish
        Whether nothing of it stays on the screen.
    """
    if not (sys.stderr.isatty() if show is None else show):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=vanish, auto_refresh=False) as progress:
        task = progress.add_task(title, total=None, figures="")

        def advance(run: Training) -> None:
            epochs, rows = run.last - run.first, len(run.data.X)
            done = len(run.history) - run.first + run.done / rows
            progress.update(task, total=epochs, completed=done, figures=figures(run), refresh=True)

        yield advance


def figures(run: Training) -> str:
    """How far and how good, in a few words.

    The running epoch's means so far; once it is over, those of the whole epoch.
    """
    epochs, ended = run.last - run.first, len(run.history) - run.first
    now = min(ended + (run.done > 0), epochs)
    if run.done:
        loss = run.sum_loss / run.done
        score = run.sum_score / run.done if run.score is not None else None
    elif ended:
        loss, score = run.history[-1].loss, run.history[-1].score
    else:
        return f"epoch 0/{epochs}"
    said = f"epoch {now}/{epochs}  loss {loss:.4f}"
    said += "" if score is None else f"  {run.history.metric} {score:.4f}"
    last = run.history[-1].validation_loss if ended else None
    return said if last is None else f"{said}  validation loss {last:.4f}"
