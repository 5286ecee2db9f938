"""Turns a shape error of NumPy's into one that names the operation, every shape, and what disagrees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from .op import Op


def explain(op: Op, arrays: Sequence[Any], shapes: str | None = None) -> ShapeError | None:
    """The error for arrays that ``op`` cannot take; None when their shapes are not to blame.

    ``shapes`` are letters for the sizes, where they are not those of the row.

    Examples
    --------
    >>> import numpy as np
    >>> from whygrad.autodiff.ops.arrays import affine
    >>> print(explain(affine, [np.ones((5, 3)), np.ones((4, 2)), np.ones(2)]))
    affine: i is 3 in x but 4 in w
      expected: x (n, i), w (i, o), b (o)
      received: x (5, 3), w (4, 2), b (2,)
      hint: the rows of w must be as many as the columns of x
    """
    names = op.names(len(arrays))
    sizes = [shape_of(array) for array in arrays]
    received = ", ".join([f"{name} {size}" for name, size in zip(names, sizes, strict=True)])
    hint = None
    if wanted := shapes or op.shapes:
        letters = [tuple(part.split(", ")) for part in wanted.strip("()").split(") (")]
        problem, hint = _letters(op, names, letters, sizes)
        expected = ", ".join(
            [f"{name} ({', '.join(part)})" for name, part in zip(names, letters, strict=True)]
        )
        if not problem:
            problem = _broadcast(op, names, sizes, [len(part) for part in letters])
            expected += "; leading sizes that are equal, or 1"
    else:
        problem = _broadcast(op, names, sizes, [0] * len(sizes))
        expected = "sizes that are equal, or 1, counted from the last axis"
    return ShapeError(problem, expected=expected, received=received, hint=hint) if problem else None


def shape_of(operand: Any) -> tuple[int, ...]:
    """Sizes along the axes of a node, an array, a number or nested lists."""
    return tuple(operand.shape) if hasattr(operand, "shape") else np.shape(operand)


def _letters(op: Op, names: Sequence[str], letters: Any, shapes: Any) -> tuple[str, str | None]:
    """The first letter that stands for two sizes; one that is 1 somewhere only when there is no other."""
    seen: dict[str, tuple[int, str]] = {}
    with_one: tuple[str, str | None] = "", None
    for name, part, shape in zip(names, letters, shapes, strict=True):
        for letter, size in zip(part, shape[len(shape) - len(part) :], strict=False):
            known, where = seen.setdefault(letter, (size, name))
            if known == size:
                continue
            hint = None
            if (letter, name, len(part)) == ("i", names[1], 2) and len(letters[0]) == 2:
                hint = f"the rows of {name} must be as many as the columns of {where}"
            clash = f"{op.name}: {letter} is {known} in {where} but {size} in {name}", hint
            if 1 not in (known, size):
                return clash
            with_one = with_one if with_one[0] else clash
    return with_one


def _broadcast(op: Op, names: Sequence[str], shapes: Any, matched: Sequence[int]) -> str:
    """The last axis along which two shapes cannot be broadcast, before the axes that letters stand for."""
    for back in range(1, max(map(len, shapes), default=0) + 1):
        sizes = [
            (shape[-back], name)
            for shape, name, last in zip(shapes, names, matched, strict=True)
            if last < back <= len(shape)
        ]
        wide = [(size, name) for size, name in sizes if size != 1]
        for size, name in wide[1:]:
            if size != wide[0][0]:
                return f"{op.name}: axis -{back} is {wide[0][0]} in {wide[0][1]} but {size} in {name}"
    return ""
