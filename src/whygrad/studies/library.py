"""The studies that come along."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from ..errors import SettingError, nearest
from .specification import Study, make_study, read_study

SUFFIX = ".toml"
PHASES = "seven-phases"  # which is a walk through one training, not a comparison, and no TOML file


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


def listing() -> list[str]:
    """A line for each study: its name, how many networks it trains, and what it asks."""
    rows = [(name, f"{study.count:,}", study.question) for name in names() for study in (shipped(name),)]
    rows = sorted([*rows, (PHASES, "", "How does a network learn, from weights drawn at random to the end?")])
    widths = [max([len(row[place]) for row in rows]) for place in (0, 1)]
    return [f"{name:<{widths[0]}}  {count:>{widths[1]}}  {question}" for name, count, question in rows]


def find(given: str) -> Study:
    """The study that a name or a path stands for.

    Raises
    ------
    SettingError, DataError
        If it is neither, or the file holds no study.
    """
    path = Path(given)
    if path.suffix == SUFFIX or path.is_file():
        return read_study(path)
    key = given.lower().replace("_", "-")
    if key not in names():
        raise SettingError(
            f"{given!r} is neither a study nor a TOML file", hint=nearest(key, [*names(), PHASES])
        )
    return shipped(key)


def _folder() -> resources.abc.Traversable:
    return resources.files(__package__) / "shipped"
