"""Reads IDX files, the format of MNIST and its relatives: handwritten digits, letters, pieces of clothing."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from .opening import as_path, opened
from .splitting import Split

Array = np.ndarray[Any, Any]
DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
STEMS = {
    "X_train": "train-images{}idx3-ubyte",
    "y_train": "train-labels{}idx1-ubyte",
    "X_test": "t10k-images{}idx3-ubyte",
    "y_test": "t10k-labels{}idx1-ubyte",
}


def read_idx(path: Any) -> Array:
    """The array in an IDX file, gzip-compressed or not.

    Two zero bytes, a byte for the dtype, a byte for the number of dimensions; each dimension as a big-endian
    32-bit integer; then the values, big-endian, the last index changing fastest (LeCun, Cortes and Burges,
    "The MNIST database of handwritten digits", 1998).

    Raises
    ------
    DataError
        If it cannot be read, is another format, or is not as long as its dimensions say.
    KindError
        If ``path`` is not a path.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "labels"
    >>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    >>> read_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    path = as_path(path)
    with opened(path) as file:
        data = file.read()
    code, dimensions = (data[2], data[3]) if len(data) >= 4 else (0, 0)
    if data[:2] != b"\0\0" or code not in DTYPES or not dimensions:
        raise DataError(
            f"{path} is not an IDX file",
            expected="two zero bytes, a dtype from 8 to 14, the number of dimensions",
            received=" ".join(f"{byte:02x}" for byte in data[:4]) or "an empty file",
        )
    start = 4 + 4 * dimensions
    if len(data) < start:
        raise DataError(f"{path} is cut off", expected=f"{dimensions} dimensions", received=_size(len(data)))
    shape = tuple(np.frombuffer(data, ">u4", dimensions, 4).tolist())
    dtype = np.dtype(DTYPES[code])
    length = start + math.prod(shape) * dtype.itemsize
    if len(data) != length:
        raise DataError(
            f"{path} is {'cut off' if len(data) < length else 'longer than it says'}",
            expected=f"{_size(length)}, for shape {shape} of {dtype.name}",
            received=_size(len(data)),
            hint="copy it anew",
        )
    return np.frombuffer(data, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def read_mnist(folder: Any, dtype: Any = np.float64) -> Split:
    """Images and labels from the four files of MNIST, or of a set in the same form.

    Images become rows of floats from 0 to 1, labels whole numbers. The files are named
    ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte`` and
    ``t10k-labels-idx1-ubyte``; a point for the second hyphen and ``.gz`` at the end are fine.

    Raises
    ------
    DataError
        If one of the files is missing or damaged, or they do not belong together; names it.
    KindError
        If ``folder`` is not a path.
    """
    folder = as_path(folder)
    found = {part: _find(folder, stem) for part, stem in STEMS.items()}
    X_train, X_test = _images(found["X_train"], dtype), _images(found["X_test"], dtype)
    if X_train.shape[1] != X_test.shape[1]:
        raise DataError(
            f"{found['X_test']} does not belong to {found['X_train'].name}",
            expected=f"images of {X_train.shape[1]} pixels",
            received=f"images of {X_test.shape[1]} pixels",
        )
    y_train, y_test = _labels(found["y_train"], len(X_train)), _labels(found["y_test"], len(X_test))
    return Split(X_train, y_train, X_test, y_test)


def _find(folder: Path, stem: str) -> Path:
    """The file, under whichever of its names it is there."""
    names = [stem.format(mark) + ending for mark in "-." for ending in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    what = "a folder without it" if folder.is_dir() else "a file" if folder.exists() else "no such folder"
    raise DataError(f"{folder} does not hold MNIST", expected=" or ".join(names), received=what)


def _images(path: Path, dtype: Any) -> Array:
    array = read_idx(path)
    if array.ndim != 3 or array.dtype != np.uint8 or array.size == 0:
        raise DataError(
            f"{path} holds no images",
            expected="bytes in 3 dimensions: images, rows, columns",
            received=f"{array.dtype.name}, shape {array.shape}",
        )
    X = array.reshape(len(array), -1).astype(dtype)
    X /= 255
    return X


def _labels(path: Path, images: int) -> Array:
    array = read_idx(path)
    if array.ndim != 1 or array.dtype != np.uint8 or len(array) != images:
        raise DataError(
            f"{path} does not hold a label for each image",
            expected=f"{images} bytes, as there are images",
            received=f"{array.dtype.name}, shape {array.shape}",
        )
    return array.astype(np.int64)


def _size(count: int) -> str:
    return f"{count:,} bytes"
