"""A progress bar on a terminal, and nothing where output is piped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .history import Epoch


def announce(sentence: str) -> None:
    """Say something to whoever watches: on standard error, so that piped results stay clean."""
    sys.stderr.write(sentence + "\n")


@contextmanager
def epoch_bar(
    epochs: int, metric: str, show: bool | None = None, first: int = 0
) -> Iterator[Callable[[Epoch], None] | None]:
    """Within the block, a bar that the given function moves; None where there is no terminal.

    Parameters
    ----------
    epochs
        How many there will be.
    metric
        What the score is called.
    show
        Whether to draw; by default when standard error is a terminal.
    first
        Epochs that were trained before.
    """
    if not (sys.stderr.isatty() if show is None else show):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=5) as progress:
        task = progress.add_task("training", total=epochs, figures="")

        def advance(epoch: Epoch) -> None:
            score = "" if epoch.score is None else f"  {metric} {epoch.score:.4f}"
            progress.update(task, completed=epoch.epoch - first, figures=f"loss {epoch.loss:.4f}{score}")

        yield advance
