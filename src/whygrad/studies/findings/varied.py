"""What varies in a study: each setting with its values by variant, and whether they have an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

SPACED = 4.0  # largest over smallest value, from which a logarithmic axis is thought of
Axis = Literal["linear", "logarithmic", "even"]


@dataclass(frozen=True)
class Varied:
    """A setting that is not the same in all variants.

    Attributes
    ----------
    name
        Of the setting.
    values
        Variant -> value; None where a variant leaves it as it is.
    numbers
        Variant -> the number that its place in the order is; None if there is no order. Hidden layers are
        ordered by how many there are, or by how many units they have, if only one of the two varies.
    label
        What the numbers are.
    """

    name: str
    values: dict[str, Any]
    numbers: dict[str, float] | None
    label: str

    @property
    def levels(self) -> list[float]:
        """The numbers that occur, ascending."""
        return sorted(set((self.numbers or {}).values()))

    @property
    def axis(self) -> Axis:
        """How the numbers are spaced: steps, factors, or neither, as where 0 stands beside 0.001 and 0.1."""
        levels = np.array(self.levels)
        if len(levels) < 2 or levels[-1] < SPACED * abs(levels[levels != 0]).min():
            return "linear"
        steps = np.diff(levels)
        if levels[0] <= 0:
            return "linear" if steps.max() < SPACED * steps.min() else "even"
        factors = np.diff(np.log(levels))
        return "logarithmic" if factors.max() / factors.min() <= steps.max() / steps.min() else "linear"


def varied(settings: Mapping[str, Mapping[str, Any]]) -> list[Varied]:
    """The settings that vary, in the order in which variants first name them.

    Parameters
    ----------
    settings
        Variant -> its changed settings.

    Examples
    --------
    >>> found = varied({"a": {"learning_rate": 0.1}, "b": {"learning_rate": 0.01}})
    >>> found[0].numbers, found[0].axis
    ({'a': 0.1, 'b': 0.01}, 'logarithmic')
    >>> varied({"a": {"layers": (8,)}, "b": {"layers": (8, 8)}})[0].label
    'hidden layers'
    """
    names = dict.fromkeys(name for changed in settings.values() for name in changed)
    found = []
    for name in names:
        values = {variant: changed.get(name) for variant, changed in settings.items()}
        if len({repr(_plain(value)) for value in values.values()}) > 1:
            numbers, label = _ordered(list(values.values()), name)
            order = None if numbers is None else dict(zip(values, numbers, strict=True))
            found.append(Varied(name, values, order, label))
    return found


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, tuple)) else value


def _ordered(values: Sequence[Any], name: str) -> tuple[list[float] | None, str]:
    """The values as numbers, and what these are."""
    if all(_is_number(value) for value in values):
        return [float(value) for value in values], name
    if all(isinstance(value, (list, tuple)) and all(map(_is_number, value)) for value in values):
        depths, widths = (
            [len(value) for value in values],
            {tuple(sorted(set(value))) for value in values if value},
        )
        even = all(len(width) == 1 for width in widths)
        if even and len(widths) == 1:
            return [float(depth) for depth in depths], "hidden layers"
        if even and len(set(depths)) == 1:
            return [float(value[0]) for value in values], "units in a layer"
    return None, name


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def text(value: Any) -> str:
    """A value as people read it.

    Examples
    --------
    >>> text((16, 16)), text(1e-06), text(None), text(True), text(0.1)
    ('16, 16', '1e-06', 'default', 'yes', '0.1')
    """
    if value is None:
        return "default"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(text, value)) if value else "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def groups(settings: Mapping[str, Mapping[str, Any]], one: Varied) -> dict[float, list[str]] | None:
    """The variants at each number of a setting, ascending; None unless all else is the same at each.

    Examples
    --------
    >>> grid = {f"{a}{b}": {"a": a, "b": b} for a in (1, 2) for b in "xy"}
    >>> groups(grid, varied(grid)[0])
    {1.0: ['1x', '1y'], 2.0: ['2x', '2y']}
    """
    if one.numbers is None:
        return None
    of: dict[float, list[str]] = {level: [] for level in one.levels}
    rest: dict[float, list[str]] = {level: [] for level in one.levels}
    for variant, number in one.numbers.items():
        of[number].append(variant)
        others = {name: _plain(value) for name, value in settings[variant].items() if name != one.name}
        rest[number].append(repr(sorted(others.items(), key=lambda item: item[0])))
    same = {tuple(sorted(found)) for found in rest.values()}
    return of if len(same) == 1 else None
