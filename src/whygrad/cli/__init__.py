"""The command line: ``whygrad train digits``. Results go to standard output, words to standard error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

WORK_FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code: 0, 1 if the work failed, 2 for wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without × and ² still shows the rest
    try:
        return _answer(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except MemoryError as error:
        return _fail(f"not enough memory\n  received: {error}", WORK_FAILED)
    except BrokenPipeError:  # the reader of a pipe has gone; what is left to say goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WORK_FAILED
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _fail(f"cannot write the result: {error.strerror}", WORK_FAILED)


def _answer(tokens: list[str]) -> int:
    """The exit code of a command; every error a user can meet becomes a message."""
    from cyclopts import CycloptsError
    from pydantic import ValidationError

    from ..errors import SettingError, WhygradError
    from ..runs.settings import explain
    from .app import build

    try:
        result = build()(tokens, exit_on_error=False, print_error=False)
        sys.stdout.flush()  # here, where a reader that has gone can be answered
        return result if isinstance(result, int) else 0
    except CycloptsError as error:
        if isinstance(error.__cause__, ValidationError):
            return _fail(str(explain(error.__cause__)), WRONG_USAGE)
        sizes = "Unused" in str(error) and "--layers" in tokens
        more = "; sizes are joined by commas: --layers 8,8" if sizes else ""
        hint = (
            f"whygrad {tokens[0]} --help shows examples" if _forgot(str(error)) else f"whygrad --help{more}"
        )
        return _fail(f"{_named(str(error))}\n  hint: {hint}", WRONG_USAGE)
    except SettingError as error:
        return _fail(str(error), WRONG_USAGE)
    except WhygradError as error:
        return _fail(str(error), WORK_FAILED)


def _fail(message: str, code: int) -> int:
    print(f"whygrad: {message}", file=sys.stderr)
    return code


def _forgot(message: str) -> bool:
    """Whether something that has no flag was left out."""
    return message.endswith("requires an argument.")


def _named(message: str) -> str:
    """The message without dashes before what is written without them."""
    if not _forgot(message):
        return message
    command, _, rest = message.partition(" parameter ")
    name = rest.split()[0].strip('"').lstrip("-").upper()
    return f"{command} needs {name}" if name in ("RUN", "DATA") else message
