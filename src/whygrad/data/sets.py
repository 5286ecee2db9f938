"""Data sets that come with the package: embedded real ones, and toys drawn from a seed.

Both are scikit-learn's where it has them; spirals, sine and xor are drawn here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._numbers import NOT_NEGATIVE, count, number
from ..errors import SettingError, nearest

Array = np.ndarray[Any, Any]
MOST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Dataset:
    """A table to learn from.

    Attributes
    ----------
    name
        Its name on the command line.
    X
        Inputs, shape (rows, features).
    y
        Targets, shape (rows,): class numbers, or numbers to predict.
    task
        ``"classification"`` or ``"regression"``.
    feature_names
        One for each column of ``X``.
    class_names
        One for each class; empty for regression.
    """

    name: str
    X: Array
    y: Array
    task: str
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...] = ()

    def __repr__(self) -> str:
        rows, columns = self.X.shape
        classes = f", {len(self.class_names)} classes" if self.class_names else ""
        return f"<{self.name}: {rows} rows × {columns} columns, {self.task}{classes}>"


@dataclass(frozen=True)
class Source:
    """How a data set is made, and what it is.

    Attributes
    ----------
    load
        Makes it, from ``samples``, ``noise`` and ``seed`` where it is drawn.
    about
        One line.
    samples, noise
        Defaults of a set that is drawn; None for an embedded one.
    """

    load: Callable[..., Dataset]
    about: str
    samples: int | None = None
    noise: float | None = None


def load(name: str, *, samples: int | None = None, noise: float | None = None, seed: int = 0) -> Dataset:
    """A data set by name.

    Parameters
    ----------
    name
        One of :data:`SETS`.
    samples
        Rows to draw, for a set that is drawn.
    noise
        Standard deviation of the noise, for a set that is drawn.
    seed
        Random seed, for a set that is drawn.

    Raises
    ------
    SettingError
        If the name is unknown, a value cannot work, or an embedded set is asked for another number of rows.

    Examples
    --------
    >>> load("iris")
    <iris: 150 rows × 4 columns, classification, 3 classes>
    >>> load("spirals", samples=200, seed=1)
    <spirals: 200 rows × 2 columns, classification, 2 classes>
    """
    key = str(name).lower().replace("-", "_").replace(" ", "_")
    if key not in SETS:
        raise SettingError(f"unknown data set {name!r}", hint=nearest(key, SETS))
    source = SETS[key]
    if source.samples is None:
        for setting, value in (("samples", samples), ("noise", noise)):
            if value is not None:
                raise SettingError(f"{key} is a fixed table: {setting} cannot be chosen", received=value)
        return source.load()
    rows = count("samples", source.samples if samples is None else samples, least=4)
    spread = number("noise", source.noise if noise is None else noise, NOT_NEGATIVE)
    return source.load(rows, spread, check_seed(seed))


def check_seed(seed: Any) -> int:
    """A seed that NumPy and scikit-learn both take.

    Raises
    ------
    SettingError
        If it is not a whole number that 32 bits hold.
    """
    if count("seed", seed, least=0) > MOST_SEED:
        raise SettingError(f"seed must be at most {MOST_SEED}", received=seed)
    return int(seed)


def _embedded(name: str, loader: str, task: str) -> Callable[[], Dataset]:
    def load_it() -> Dataset:
        from sklearn import datasets

        bunch = getattr(datasets, loader)()
        classes = tuple(str(c) for c in bunch.target_names) if task == "classification" else ()
        features = tuple(str(f) for f in bunch.feature_names)
        y = bunch.target if classes else bunch.target.astype(float)
        return Dataset(name, bunch.data.astype(float), y, task, features, classes)

    return load_it


def _plane(name: str, X: Array, y: Array, classes: int = 2) -> Dataset:
    return Dataset(name, X, y, "classification", ("x1", "x2"), tuple(str(k) for k in range(classes)))


def _moons(samples: int, noise: float, seed: int) -> Dataset:
    from sklearn.datasets import make_moons

    return _plane("moons", *make_moons(samples, noise=noise, random_state=seed))


def _circles(samples: int, noise: float, seed: int) -> Dataset:
    from sklearn.datasets import make_circles

    return _plane("circles", *make_circles(samples, noise=noise, factor=0.5, random_state=seed))


def _blobs(samples: int, noise: float, seed: int) -> Dataset:
    from sklearn.datasets import make_blobs

    corners = np.array([[0.0, 4.0], [-4.0, -3.0], [4.0, -3.0]])
    X, y = make_blobs(samples, centers=corners, cluster_std=noise, random_state=seed)[:2]
    return _plane("blobs", X, y, classes=3)


def spirals(samples: int, noise: float, seed: int, turns: float = 1.5) -> tuple[Array, Array]:
    """Two arms that wind around each other; the gap between neighbouring arms is 1 wide.

    Points lie evenly along an arm: angle 2π · turns · √u with u uniform, radius angle / π.
    """
    rng = np.random.default_rng(seed)
    y = np.arange(samples) % 2
    angle = 2 * np.pi * turns * np.sqrt(rng.random(samples))
    turned = angle + np.pi * y
    X = (angle / np.pi)[:, None] * np.column_stack([np.cos(turned), np.sin(turned)])
    return X + noise * rng.standard_normal((samples, 2)), y


def _spirals(samples: int, noise: float, seed: int) -> Dataset:
    return _plane("spirals", *spirals(samples, noise, seed))


def _xor(samples: int, noise: float, seed: int) -> Dataset:
    """The four corners in turn, each with noise around it; noise 0 is the truth table itself."""
    rng = np.random.default_rng(seed)
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])[np.arange(samples) % 4]
    y = corners[:, 0] ^ corners[:, 1]
    return _plane("xor", corners + noise * rng.standard_normal((samples, 2)), y)


def _sine(samples: int, noise: float, seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-np.pi, np.pi, (samples, 1))
    y = np.sin(x[:, 0]) + noise * rng.standard_normal(samples)
    return Dataset("sine", x, y, "regression", ("x",))


SETS: dict[str, Source] = {
    "digits": Source(
        _embedded("digits", "load_digits", "classification"),
        "1,797 handwritten digits, 8 × 8 pixels, 10 classes",
    ),
    "iris": Source(
        _embedded("iris", "load_iris", "classification"), "150 flowers, 4 measurements, 3 species"
    ),
    "wine": Source(
        _embedded("wine", "load_wine", "classification"), "178 wines, 13 chemical measurements, 3 growers"
    ),
    "breast_cancer": Source(
        _embedded("breast_cancer", "load_breast_cancer", "classification"),
        "569 tumours, 30 measurements, malignant or benign",
    ),
    "diabetes": Source(
        _embedded("diabetes", "load_diabetes", "regression"),
        "442 patients, 10 measurements, progression after a year",
    ),
    "moons": Source(_moons, "two interleaved half circles", 1000, 0.2),
    "circles": Source(_circles, "a circle inside a circle", 1000, 0.1),
    "blobs": Source(_blobs, "three clouds", 600, 1.0),
    "spirals": Source(_spirals, "two arms that wind around each other", 1000, 0.1),
    "xor": Source(_xor, "four corners, opposite ones of a class", 400, 0.15),
    "sine": Source(_sine, "one period of a sine wave, to be predicted", 400, 0.1),
}
