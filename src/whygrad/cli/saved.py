"""``whygrad show``, ``evaluate`` and ``predict``: what can be done with a run that was trained."""

from __future__ import annotations

import json as to_json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..errors import DataError, SettingError

if TYPE_CHECKING:
    from ..runs.saved_run import NewRows

SHOWING = """Examples:

    whygrad show runs/digits-1

    whygrad show runs/digits-1 --json"""
EVALUATING = """Examples:

    whygrad evaluate runs/digits-1

    whygrad evaluate runs/houses-1 new-houses.csv"""
PREDICTING = """Examples:

    whygrad predict runs/houses-1 new-houses.csv --output prices.csv

    whygrad predict runs/flowers-1 flowers.csv | head"""


def show(run: Path, *, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Show what a run folder holds: data, settings, network, figures.

    Parameters
    ----------
    run
        The folder.
    json
        Print JSON for a program to read.
    """
    from ..runs.overview import overview
    from ..runs.saved_run import open_run

    saved = open_run(run)
    if json:
        found = {
            "folder": str(run),
            "state": saved.state,
            "data": saved.data,
            "settings": saved.settings.model_dump(mode="json"),
            "figures": saved.figures,
        }
        print(to_json.dumps(found, indent=2))
        return 0
    print("\n".join(overview(saved)))
    return 0


def evaluate(
    run: Path, data: str | None = None, *, json: Annotated[bool, Parameter(negative="")] = False
) -> int:
    """Test a trained network: on the rows its run kept for the test, or on a table of yours.

    Parameters
    ----------
    run
        The folder of the run.
    data
        A file with the same columns, the target among them; by default the run's own test rows.
    json
        Print the figures as JSON for a program to read.
    """
    from ..evaluation.honest import measure
    from ..evaluation.wording import measured_sentences
    from ..runs.saved_run import open_run, own_test_rows, read_rows, same_data

    saved = open_run(run)
    network = saved.network()
    if data is None:
        rows = own_test_rows(saved, network)
    else:
        rows = read_rows(data, network, saved.settings, with_target=True)
        _say_of(rows)
        if same_data(data, saved.data):
            print("the network has learned from rows of this table: that is no test", file=sys.stderr)
    name, X, y = rows.name, rows.X, rows.y
    task = "classification" if network.classes else "regression"
    measured = measure(network.predict(X), y, task, seed=saved.settings.seed)
    if json:
        print(to_json.dumps({"data": name, **measured.to_json()}, indent=2))
        return 0
    print(f"{name}:")
    print("\n".join(measured_sentences(measured)))
    return 0


def predict(
    run: Path,
    data: str,
    *,
    output: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Predict the target for the rows of a table: labels with their probabilities, or numbers.

    Parameters
    ----------
    run
        The folder of the run.
    data
        A file with the columns the network was trained with, in any order.
    output
        A CSV or TSV file to write; by default CSV goes to standard output.
    json
        Print JSON for a program to read.
    """
    from ..runs.predictions import as_json, as_text, predictions
    from ..runs.saved_run import open_run, read_rows

    saved = open_run(run)
    network = saved.network()
    separator = _separator(output, data, run)
    rows = read_rows(data, network, saved.settings, with_target=False)
    _say_of(rows)
    columns = predictions(network, rows.X)
    if json:
        print(to_json.dumps(as_json(columns), indent=2))
    elif output is None:
        sys.stdout.write(as_text(columns, separator))
    if output is not None:
        from .._files import write_whole

        write_whole(output, as_text(columns, separator))
        print(f"{len(rows.X):,} predictions written to {output}", file=sys.stderr)
    return 0


def _separator(output: Path | None, data: str, run: Path) -> str:
    """What stands between fields, by the ending; refuses what cannot be written."""
    if output is None:
        return ","
    endings = {".csv": ",", ".tsv": "\t"}
    from ..runs.run import HISTORY

    if output.suffix.lower() not in endings:
        raise SettingError(f"cannot write {output}", expected="a name that ends in .csv or .tsv")
    if output.exists() and Path(data).exists() and output.samefile(data):
        raise DataError(f"{output} is the table to be read", hint="choose another --output")
    if output.resolve() == (run / HISTORY).resolve():
        raise DataError(f"{output} holds the epochs of the run", hint="choose another --output")
    return endings[output.suffix.lower()]


def _say_of(rows: NewRows) -> None:
    """What of the table is not as the network had it."""
    unused = rows.unused
    if unused:
        names = ", ".join(unused[:6]) + (f" and {len(unused) - 6} more" if len(unused) > 6 else "")
        print(f"columns that the network does not use: {names}", file=sys.stderr)
    for sentence in rows.filled:
        print(sentence, file=sys.stderr)
