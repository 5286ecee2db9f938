"""Where rows come from: a set that comes along, a table in a file, a folder with MNIST."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..data.column_encoding import Column
from ..data.encoding import Encoding
from ..data.idx import STEMS, read_mnist
from ..data.sets import SETS, Dataset, load
from ..data.splitting import Split, split_rows
from ..errors import DataError, SettingError, nearest
from .settings import TrainSettings
from .source import Array, Parts, Problem, Source
from .table_source import table_source


class Arrays(Source):
    """A set that comes along."""

    def __init__(self, data: Dataset) -> None:
        names = np.asarray(data.class_names) if data.class_names else None
        self.X, self.y = data.X, data.y if names is None else names[data.y]
        self.numbers = data.y
        self.problem = Problem(data.name, data.task, "target", data.class_names, *data.X.shape)
        self.encoding = Encoding(tuple([Column(name, "number") for name in data.feature_names]))

    def split(self, test_size: float, seed: int) -> tuple[Array, Array]:
        """The same rows as `whygrad.data.split` gives, which knows classes by their numbers."""
        return split_rows(self.numbers, self.problem.task, test_size, seed, self.problem.name)

    def parts(self, inside: Array, outside: Array) -> Parts:
        """Matrices of these rows."""
        return Parts(Split(self.X[inside], self.y[inside], self.X[outside], self.y[outside]), self.encoding)


class Images(Source):
    """A folder with images and labels in the form of MNIST, which has test images of its own."""

    def __init__(self, folder: Path, dtype: str) -> None:
        self.images = read_mnist(folder, dtype)
        self.y = np.concatenate([self.images.y_train, self.images.y_test])
        rows, pixels = len(self.y), self.images.X_train.shape[1]
        classes = tuple(np.unique(self.y).tolist())
        self.problem = Problem(folder.name or "images", "classification", "label", classes, rows, pixels)
        self.encoding = Encoding(tuple([Column(f"pixel{k}", "number") for k in range(1, pixels + 1)]))

    @property
    def to_fold(self) -> Array:
        """The labels of the training images."""
        return self.images.y_train

    def split(self, test_size: float, seed: int) -> tuple[Array, Array]:
        """The images to learn from and the test images, as the files have them."""
        first = len(self.images.y_train)
        return np.arange(first), np.arange(first, len(self.y))

    def parts(self, inside: Array, outside: Array) -> Parts:
        """Matrices of these images; no copy where they are those of the files."""
        first = len(self.images.y_train)
        if len(inside) == first and len(inside) + len(outside) == len(self.y):
            return Parts(self.images, self.encoding)
        X, y = self.images.X_train, self.images.y_train
        return Parts(Split(X[inside], y[inside], X[outside], y[outside]), self.encoding)


def set_name(data: str) -> str:
    """The name of a set as the list has it."""
    return data.lower().replace("-", "_")


def is_set(data: str) -> bool:
    """Whether this names a set that comes along, rather than a file."""
    return set_name(data) in SETS


def open_source(data: str, settings: TrainSettings) -> Source:
    """The rows that a name or a path stands for.

    Raises
    ------
    SettingError
        If it is neither, or a setting does not go with it.
    DataError
        If the file cannot be read, or nothing can be learned from it.
    """
    if is_set(data):
        _refuse(settings, data, ("target", "fill", "ignore", "text", "separator", "decimal"))
        found = load(data, samples=settings.samples, noise=settings.noise, seed=settings.seed)
        if settings.task is not None and settings.task != found.task:
            raise SettingError(f"{found.name} is a set for {found.task}", received=f"task {settings.task}")
        return Arrays(found)
    path = Path(data)
    if not data.strip():
        raise SettingError("the name of the table is empty", expected="a file or the name of a data set")
    if not path.exists():
        if path.suffix or len(path.parts) > 1:
            raise DataError(f"there is no file {data}", hint=_near_file(path))
        known = nearest(data, SETS)
        raise SettingError(f"{data!r} is neither a data set nor a file", hint=known)
    _refuse(settings, data, ("samples", "noise"))
    if path.is_dir():
        if not any(list(path.glob(stem.format("?") + "*")) for stem in STEMS.values()):
            raise DataError(
                f"{data} is a folder", expected="a CSV, TSV or NPZ file, or a folder with the files of MNIST"
            )
        _refuse(settings, data, ("target", "fill", "ignore", "text", "separator", "decimal"))
        if settings.task == "regression":
            raise SettingError("images with labels are for classification", received="task regression")
        return Images(path, settings.dtype)
    return table_source(path, settings)


def _near_file(path: Path) -> str:
    """A file with nearly that name, if there is one."""
    import difflib

    if not path.parent.is_dir():
        there = path.parent.exists()
        return f"{path.parent} is a file" if there else f"there is no folder {path.parent} either"
    names = [item.name for item in path.parent.iterdir() if item.is_file()]
    near = difflib.get_close_matches(path.name, names, n=1)
    return f'did you mean "{path.parent / near[0]}"?' if near else "paths start from here, or from /"


def _refuse(settings: TrainSettings, data: str, names: Sequence[str]) -> None:
    """Refuse settings that say nothing about such data."""
    for name in names:
        value = getattr(settings, name)
        if value is not None and value is not False and value != ():
            flag = name.replace("_", "-")
            raise SettingError(f"--{flag} does not go with {data}", received=f"{name} = {value!r}")
