"""``whygrad explain``: every number of a training step, or why one gradient is what it is."""

from __future__ import annotations

import json as to_json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ..errors import SettingError, nearest
from ..runs.step import Session, StepSettings, open_session

if TYPE_CHECKING:
    from ..render.document import Document
    from ..trace.record import Trace

FORMATS = ("text", "markdown", "html", "latex", "json", "python", "floats")
ENDINGS = {
    ".txt": "text",
    ".md": "markdown",
    ".html": "html",
    ".tex": "latex",
    ".json": "json",
    ".py": "python",
}
DEFAULT = StepSettings()
EXAMPLES = """Examples:

    whygrad explain

    whygrad explain --weight 1,0,1

    whygrad explain iris --layers 5,4 --activation relu --layer 2 --neuron 1

    whygrad explain --lesson vanishing

    whygrad explain --format html --output step.html

    whygrad explain --model runs/digits-1 --rows 0-7 --weight 1,20,3

    whygrad explain --quiz"""


def explain(
    data: str | None = None,
    *,
    weight: str | None = None,
    layer: int | None = None,
    neuron: int | None = None,
    sample: int | None = None,
    depth: int = 2,
    paths: int | None = None,
    lesson: str | None = None,
    quiz: Annotated[bool, Parameter(negative="")] = False,
    settings: Annotated[StepSettings, Parameter(name="*")] = DEFAULT,
    digits: int = 4,
    format: str | None = None,
    output: Path | None = None,
    parameters: Path | None = None,
) -> int:
    """Show every number of one training step, or why one gradient is what it is.

    Parameters
    ----------
    data
        A data set or a file, as for `train`; by default the four corners of XOR.
    weight
        Explain one weight: layer from 1, input and output from 0, such as 1,0,2; or 1,b,2 for a bias.
    layer
        Show this layer only, from 1.
    neuron
        Show this neuron of the layer only, from 0.
    sample
        Show this row of the batch, from 0.
    depth
        With --weight: how many times to open the question how much the loss changes.
    paths
        With --weight: list so many paths from the weight to the loss, the largest first.
    lesson
        An effect shown with numbers: vanishing, exploding, dead-relu, learning-rate, symmetry, saturation
        or softmax-cross-entropy.
    quiz
        Predict signs and sizes first; the score is kept.
    settings
        Which step.
    digits
        Significant digits to show.
    format
        text, markdown, html, latex, json, python (a program in NumPy) or floats (one without); by default
        as the ending of --output says, or text.
    output
        A file to write to.
    parameters
        Also write the network's parameters after the step to this NPY file.
    """
    chosen = _format(format, output)
    if paths is not None and weight is None:
        raise SettingError("--paths of which weight?", hint="--weight 1,0,1 --paths 10")
    _check(digits, depth, weight, layer, neuron, lesson, quiz)
    if lesson is not None:
        return _lesson(lesson, data, settings, chosen, digits, output)
    session = open_session(data, settings)
    trace = session.observe()
    if parameters is not None:
        _save_parameters(session, parameters)
    if quiz:
        from .quiz import run

        return run(trace, settings.seed)
    if weight is not None:
        if paths is not None:
            return _paths(trace, weight, sample, paths, chosen, digits, output)
        return _weight(trace, weight, sample, depth, chosen, digits, output)
    if chosen in ("json", "python", "floats"):
        _emit(_program(trace, chosen), output)
        return 0
    from ..render.walk import View, walkthrough

    _emit(_written(walkthrough(trace, View(layer, neuron, sample, digits)), chosen, output), output)
    return 0


def _format(format: str | None, output: Path | None) -> str:
    """The format asked for, or that of the file's ending."""
    if format is None:
        return ENDINGS.get(output.suffix.lower(), "text") if output is not None else "text"
    name = format.lower()
    if name not in FORMATS:
        raise SettingError(f"no format {format!r}", hint=nearest(name, FORMATS))
    return name


def _check(
    digits: int, depth: int, weight: Any, layer: Any, neuron: Any, lesson: str | None, quiz: bool
) -> None:
    """Refuse numbers out of range, and flags that do not go together."""
    if not 1 <= digits <= 17:
        raise SettingError("digits must be from 1 to 17", received=digits)
    if not 0 <= depth <= 100:
        raise SettingError("depth must be from 0 to 100", received=depth)
    asked = {"--weight": weight, "--lesson": lesson, "--quiz": quiz or None}
    given = [name for name, value in asked.items() if value is not None]
    if len(given) > 1:
        raise SettingError(f"{' and '.join(given)} are different questions", hint="ask one at a time")
    if given and (layer is not None or neuron is not None):
        raise SettingError(
            f"--layer and --neuron narrow the walkthrough, not {given[0]}", hint="leave them out"
        )


def _weight(
    trace: Trace, text: str, sample: int | None, depth: int, format: str, digits: int, output: Path | None
) -> int:
    """Why one gradient is what it is."""
    from ..render.explaining import explanation_document
    from ..trace.explanation import explain as explain_weight
    from ..trace.weights import find_weight

    name, index = find_weight(trace, text)
    found = explain_weight(trace, name, index, sample=sample, depth=depth)
    if format == "json":
        _emit(to_json.dumps(found.to_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n", output)
    elif format in ("python", "floats"):
        from ..render.weight_program import weight_script

        _emit(weight_script(found), output)
    else:
        _emit(_written(explanation_document(found, digits), format, output), output)
    return 0


def _paths(
    trace: Trace, text: str, sample: int | None, most: int, format: str, digits: int, output: Path | None
) -> int:
    """The ways from a weight to the loss."""
    from ..render.path_list import paths_document
    from ..trace.path_search import paths as find_paths
    from ..trace.weights import find_weight

    name, index = find_weight(trace, text)
    found = find_paths(trace, name, index, most=most, sample=sample)
    if format == "json":
        _emit(to_json.dumps(found.to_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n", output)
        return 0
    if format in ("python", "floats"):
        raise SettingError("paths have no program", hint="--format text, markdown, html, latex or json")
    _emit(_written(paths_document(found, digits), format, output), output)
    return 0


def _lesson(
    name: str, data: str | None, settings: StepSettings, format: str, digits: int, output: Path | None
) -> int:
    """An effect, with numbers, and its remedy."""
    from ..render.lessons import lesson_document
    from ..trace.lessons import lesson

    strange = sorted(settings.model_fields_set - {"seed"})
    if data is not None or strange:
        given = [data] if data is not None else ["--" + flag.replace("_", "-") for flag in strange]
        raise SettingError(
            "a lesson has its own data and network",
            received=", ".join(map(str, given)),
            hint="--seed varies it",
        )
    found = lesson(name, settings.seed)
    if format == "json":
        _emit(to_json.dumps(found.to_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n", output)
        return 0
    if format in ("python", "floats"):
        raise SettingError("a lesson has no program", hint="--format text, markdown, html, latex or json")
    _emit(_written(lesson_document(found, digits), format, output), output)
    return 0


def _program(trace: Trace, format: str) -> str:
    """The step as data or as a program."""
    if format == "json":
        return to_json.dumps(trace.to_json(), ensure_ascii=False, allow_nan=False) + "\n"
    if format == "python":
        from ..render.numpy_program import numpy_script

        return numpy_script(trace)
    from ..render.float_program import float_script

    return float_script(trace)


def _written(document: Document, format: str, output: Path | None) -> str:
    """The document as text; on a terminal as wide as it is, in colour where that is wanted."""
    if format == "text":
        from ..render.text import text

        terminal = output is None and sys.stdout.isatty()
        width = min(shutil.get_terminal_size((100, 24)).columns, 140) if terminal else 100
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        return text(document, max(width, 40), color=terminal and not plain)
    from ..render.formats import write

    return write(document, format)


def _emit(text: str, output: Path | None) -> None:
    """Write to the file, whole or not at all, or to standard output."""
    if output is None:
        sys.stdout.write(text)
        return
    from .._files import write_whole

    write_whole(output, text)
    print(f"written to {output}", file=sys.stderr)


def _save_parameters(session: Session, path: Path) -> None:
    session.network.save_parameters(path)
    print(f"parameters written to {path}", file=sys.stderr)
