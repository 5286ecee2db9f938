"""What may enter an optimizer: flat vectors of floats that go together in size and dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from whygrad.errors import KindError, ShapeError

FloatVector = npt.NDArray[np.floating[Any]]


def check_flat(name: str, vector: object) -> None:
    """Refuse what is not a one-dimensional array of floats.

    Half precision is refused too: a step of 1e-4 beside a parameter of 1 is below its resolution, and so is
    the epsilon of the adaptive optimizers.

    Raises
    ------
    KindError
        Not an array, or not of floats of at least 32 bits.
    ShapeError
        Not one-dimensional.

    Examples
    --------
    >>> check_flat("gradient", np.zeros((2, 3)))
    Traceback (most recent call last):
        ...
    whygrad.errors.ShapeError: gradient must be one flat vector
      expected: shape (6,)
      received: shape (2, 3)
      hint: gradient.reshape(-1) is a flat view of a contiguous array
    """
    if not isinstance(vector, np.ndarray):
        hint = f"np.array({name}, dtype=np.float64) makes one"
        raise KindError(f"{name} must be a NumPy array", received=type(vector).__name__, hint=hint)
    if vector.dtype.kind != "f" or vector.dtype.itemsize < 4:
        hint = f"{name}.astype(np.float32), once, before the training"
        expected = "float32 or float64: integers and half precision cannot hold small steps"
        raise KindError(f"{name} must be floats", expected=expected, received=vector.dtype, hint=hint)
    if vector.ndim != 1:
        hint = f"{name}.reshape(-1) is a flat view of a contiguous array"
        raise ShapeError(
            f"{name} must be one flat vector",
            expected=f"shape ({vector.size},)",
            received=f"shape {vector.shape}",
            hint=hint,
        )


def check_alike(first_name: str, first: FloatVector, second_name: str, second: FloatVector) -> None:
    """Refuse two vectors that have to go together and differ in size or dtype.

    Raises
    ------
    ShapeError
        Two different sizes.
    KindError
        Two different dtypes.

    Examples
    --------
    >>> check_alike("parameters", np.zeros(3), "gradient", np.zeros(2))
    Traceback (most recent call last):
        ...
    whygrad.errors.ShapeError: gradient and parameters have different sizes
      expected: 3 entries, as parameters
      received: 2 entries
      hint: an optimizer goes with one vector of parameters; make a new optimizer for another
    """
    if first.size != second.size:
        raise ShapeError(
            f"{second_name} and {first_name} have different sizes",
            expected=f"{first.size} entries, as {first_name}",
            received=f"{second.size} entries",
            hint="an optimizer goes with one vector of parameters; make a new optimizer for another",
        )
    if first.dtype != second.dtype:
        raise KindError(
            f"{second_name} and {first_name} have different dtypes",
            expected=f"{first.dtype}, as {first_name}",
            received=second.dtype,
            hint="choose one dtype for data and parameters: a mixture is slow, and as coarse as the coarser",
        )
