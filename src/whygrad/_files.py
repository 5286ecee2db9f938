"""Files are written whole or not at all: to a temporary name beside the target, then renamed."""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from contextlib import suppress
from pathlib import Path

from .errors import DataError

RANDOM = re.compile("[a-z0-9_]{8}")  # what tempfile adds to a name


def typed(path: Path) -> str:
    """A path as one types it in a shell.

    Examples
    --------
    >>> typed(Path("runs/my table-1"))
    "'runs/my table-1'"
    """
    return shlex.quote(str(path))


def write_whole(path: Path, content: bytes | str) -> None:
    """Replace ``path`` by a file with this content, or leave everything as it was.

    Raises
    ------
    DataError
        If it cannot be written; says why.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
    except OSError as error:
        raise _unwritten(path, error) from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def remove_leftovers(path: Path) -> None:
    """Remove temporary files of processes that were killed while they wrote ``path``.

    For a file that one process alone writes. What cannot be removed stays.
    """
    start = f".{path.name}."
    with suppress(OSError):
        for item in path.parent.iterdir():
            if item.name.startswith(start) and RANDOM.fullmatch(item.name.removeprefix(start)):
                item.unlink()


def write_new(path: Path, content: str) -> bool:
    """Write a file that is not there yet; False if it is there, or somebody else was quicker.

    Who makes the file is the one who has it: not every file system has links, which could make it whole.

    Raises
    ------
    DataError
        If it cannot be written; says why.
    """
    try:
        file = path.open("xb")
    except FileExistsError:
        return False
    except OSError as error:
        raise _unwritten(path, error) from None
    try:
        with file:
            file.write(content.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritten(path, error) from None
        raise
    return True


def _unwritten(path: Path, error: OSError) -> DataError:
    return DataError(f"cannot write {path}", received=error.strerror or str(error))


def new_folder(parent: Path, name: str) -> Path:
    """Make ``parent/name-1``, or with the next number that is free.

    Raises
    ------
    DataError
        If it cannot be made.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        taken = [
            int(item.name.rpartition("-")[2])
            for item in parent.glob(f"{name}-*")
            if item.name.rpartition("-")[2].isdecimal()
        ]
        number = max(taken, default=0) + 1
        while True:
            folder = parent / f"{name}-{number}"
            try:
                folder.mkdir()
                return folder
            except FileExistsError:  # another run took it in this moment
                number += 1
    except OSError as error:
        raise DataError(
            f"cannot make a run folder in {parent}", received=error.strerror or str(error)
        ) from None


def empty_folder(path: Path) -> Path:
    """Make ``path``, which must not hold anything yet.

    Raises
    ------
    DataError
        If it holds files already, or cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise DataError(
                f"{path} is not empty", expected="a new folder for the run", hint="choose another --output"
            )
    except OSError as error:
        raise DataError(f"cannot make the run folder {path}", received=error.strerror or str(error)) from None
    return path
