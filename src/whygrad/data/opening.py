"""Opens a file to read, compressed or not, and says what is wrong with it if it cannot be read."""

from __future__ import annotations

import difflib
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..errors import DataError, KindError

GZIP = b"\x1f\x8b"


def as_path(path: Any) -> Path:
    """What names a file, as a path.

    Raises
    ------
    KindError
        If it cannot name one.
    """
    try:
        return Path(path)
    except TypeError:
        raise KindError(
            "a file is named by its path", expected="text or a Path", received=repr(path)[:80]
        ) from None


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file, open for reading bytes; what gzip wrote is unpacked, whatever its name.

    Raises
    ------
    DataError
        If it cannot be opened, or read to its end inside the ``with``.
    """
    try:
        raw = path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: no file can have such a name
        raise _unreadable(path, error) from None
    try:
        with raw:
            if raw.peek(len(GZIP)).startswith(GZIP):
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield cast(BinaryIO, unpacked)
            else:
                yield raw
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path} is damaged", received=f"gzip: {error}", hint="copy it anew") from None
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> DataError:
    """What keeps a file from being read: it is not there, is a folder, belongs to somebody else."""
    reason, hint = str(error), None
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        reason, hint = "no such file", _neighbour(path)
    elif isinstance(error, OSError):
        reason = error.strerror or reason
        if path.is_dir():
            reason, hint = "a folder", "name a file in it"
    return DataError(f"cannot read {path}", expected="a file", received=reason, hint=hint)


def _neighbour(path: Path) -> str | None:
    """A file beside it with nearly that name."""
    try:
        names = sorted(item.name for item in path.parent.iterdir())
    except OSError:
        return f"there is no folder {path.parent}"
    near = difflib.get_close_matches(path.name, names, n=1)
    return f'did you mean "{near[0]}"?' if near else None
