"""The studies that come along."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from ..errors import SettingError, nearest
from .specification import Study, make_study, read_study

SUFFIX = ".toml"


def names() -> list[str]:
    """What the studies that come along are called."""
    return sorted(
        [item.name.removesuffix(SUFFIX) for item in _folder().iterdir() if item.name.endswith(SUFFIX)]
    )


def shipped(name: str) -> Study:
    """A study that comes along.

    Raises
    ------
    SettingError
        If there is none of that name.

    Examples
    --------
    >>> shipped("moons-five-models").count
    25
    """
    key = name.lower().replace("_", "-")
    if key not in names():
        raise SettingError(f"unknown study {name!r}", hint=nearest(key, names()))
    return make_study((_folder() / f"{key}{SUFFIX}").read_text(encoding="utf-8"), key)


def find(given: str, others: tuple[str, ...] = ()) -> Study:
    """The study that a name or a path stands for.

    Parameters
    ----------
    given
        As somebody typed it.
    others
        More names that would do there.

    Raises
    ------
    SettingError, DataError
        If it is neither, or the file holds no study.
    """
    path = Path(given)
    if path.suffix == SUFFIX or path.is_file():
        return read_study(path)
    known = [*names(), *others]
    key = given.lower().replace("_", "-")
    if key not in names():
        raise SettingError(f"{given!r} is neither a study nor a TOML file", hint=nearest(key, known))
    return shipped(key)


def _folder() -> resources.abc.Traversable:
    return resources.files(__package__) / "shipped"
