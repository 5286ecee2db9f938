"""The loss around the weights of a network, on a plane through them: directions, grids, and paths on it.

Many sets of weights are evaluated in one pass: the rows of the operation table are run on stacks of
matrices, and only sums and means over everything are told to leave the stack apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .._numbers import count
from ..autodiff.readings import Namespace
from ..autodiff.readings.arrays import FUNCTIONS, total
from ..autodiff.readings.buffers import Workspace
from ..data.tables import as_targets
from ..errors import DataError, SettingError
from ..nn.layers import Dropout
from ..nn.stacked_step import StackedEvaluation, unstackable
from ..training.neural_network import NeuralNetwork

Array = np.ndarray[Any, Any]
POINTS = 61
CELLS = 60_000  # numbers in a layer's output worked on at a time: what a processor keeps close
NEAR = 1 << 14  # the same where they lie in arrays that are used again
ROOM = 0.35  # around a path, as a share of its width


def _sigmoid(a: Array) -> Array:
    """As the row has it, to rounding, with one exponential instead of two; exp(-a) may be infinite."""
    return np.asarray(1 / (1 + np.exp(-a)))


def _apart(reduce: Any) -> Any:
    """A reduction over everything that keeps the first axis: one number for each set of weights."""

    def reduced(a: Array, axis: Any = None, keepdims: bool = False) -> Any:
        return reduce(a, axis=tuple(range(1, a.ndim)) if axis is None else axis, keepdims=keepdims)

    return reduced


STACKS = Namespace(
    **{
        **FUNCTIONS,
        "sum": _apart(total),
        "mean": _apart(np.mean),
        "sigmoid": _sigmoid,
        "take_label": lambda z, labels: z[:, np.arange(len(labels)), labels],
    }
)


@dataclass(frozen=True)
class Plane:
    """A plane through the space of all parameters.

    Attributes
    ----------
    origin
        The parameters at (0, 0).
    first, second
        The directions that coordinates count along.
    kind
        ``"path"`` (principal components of a path) or ``"random"`` (filter-normalised).
    explained
        The share of the path's variance along each direction; None for random ones.
    """

    origin: Array
    first: Array
    second: Array
    kind: Literal["path", "random"]
    explained: tuple[float, float] | None = None

    def vectors(self, a: Array, b: Array) -> Array:
        """The parameters at coordinates. Shape: (n,), (n,) -> (n, parameters)."""
        return np.asarray(self.origin + a[:, None] * self.first + b[:, None] * self.second)

    def coordinates(self, path: Array) -> Array:
        """Where parameters fall on the plane, by least squares. Shape: (n, parameters) -> (n, 2)."""
        basis = np.stack([self.first, self.second], axis=1)
        return np.asarray(np.linalg.lstsq(basis, (path - self.origin).T, rcond=None)[0].T)

    @property
    def sentence(self) -> str:
        """Which plane this is, with how much of the path it shows."""
        if self.explained is None:
            return "two random directions, filter-normalised"
        first, second = self.explained
        return (
            f"principal components of the path: {100 * first:.1f} % + {100 * second:.1f} % "
            f"= {100 * (first + second):.1f} % of its variance"
        )


@dataclass(frozen=True)
class Landscape:
    """The loss on a grid of a plane.

    Attributes
    ----------
    plane
        Which.
    a, b
        The coordinates of columns and rows.
    loss
        Shape: (rows, columns); penalties are left out.
    path
        Where the parameters went, in coordinates of the plane. Shape: (moments, 2), or None.
    path_loss
        The loss there, of the parameters as they were and not of their shadows on the plane.
    """

    plane: Plane
    a: Array
    b: Array
    loss: Array
    path: Array | None = None
    path_loss: Array | None = None


def path_plane(path: Array) -> Plane:
    """The plane through the end of a path along which the path is widest (Lorch, 2016).

    Parameters
    ----------
    path
        Parameters over time. Shape: (moments, parameters).

    Raises
    ------
    DataError
        If the parameters never moved.

    Examples
    --------
    >>> np.round(path_plane(np.array([[4.0, 0, 0], [2, 1, 0], [0, 0, 0]])).explained, 3).tolist()
    [0.923, 0.077]
    """
    if path.ndim != 2 or len(path) < 2 or not np.isfinite(path).all():
        raise DataError(
            "a path has at least two moments, with finite parameters", received=f"shape {path.shape}"
        )
    centred = path - path.mean(axis=0)
    _, strengths, directions = np.linalg.svd(centred, full_matrices=False)
    whole = float((strengths**2).sum())
    if whole <= 1e-24 * max(1.0, float((path**2).sum())):
        raise DataError(
            "the parameters never moved, so there is no path to draw", hint="plane='random' needs none"
        )
    if len(directions) == 1 or len(path) == 2:  # a straight path: any direction across it will do
        across = np.zeros_like(path[0])
        across[np.abs(directions[0]).argmin()] = 1.0
        across -= directions[0] * (directions[0] @ across)
        directions = np.stack([directions[0], across / np.linalg.norm(across)])
        strengths = np.array([strengths[0], 0.0])
    shares = strengths[:2] ** 2 / whole
    start = directions[:2] @ (path[0] - path[-1])
    signs = np.where(start < 0, 1.0, -1.0)  # paths run from the left and from below
    return Plane(
        path[-1].copy(),
        signs[0] * directions[0],
        signs[1] * directions[1],
        "path",
        (float(shares[0]), float(shares[1])),
    )


def random_plane(network: NeuralNetwork, seed: int = 0) -> Plane:
    """Two random directions, each neuron's weights as long as the neuron's own (Li et al., 2018).

    Biases stay as they are.

    Examples
    --------
    >>> network = NeuralNetwork([2, 3, 1], seed=0)
    >>> plane = random_plane(network)
    >>> own, drawn = network.network.vector[:6].reshape(2, 3), plane.first[:6].reshape(2, 3)
    >>> bool(np.allclose(np.linalg.norm(own, axis=0), np.linalg.norm(drawn, axis=0)))
    True
    """
    rng = np.random.default_rng(seed)
    directions = []
    for _ in range(2):
        parts = []
        for parameter in network.parameters().values():
            drawn: Array = np.asarray(rng.standard_normal(parameter.data.shape))
            if parameter.data.ndim < 2:
                drawn[...] = 0.0
            else:
                own = np.linalg.norm(parameter.data, axis=0)
                drawn *= own / np.maximum(np.linalg.norm(drawn, axis=0), 1e-12)
            parts.append(drawn.ravel())
        directions.append(np.concatenate(parts))
    return Plane(network.network.vector.astype(float), directions[0], directions[1], "random")


def losses_at(network: NeuralNetwork, X: Any, y: Any, vectors: Array) -> Array:
    """The loss of the network with other parameters, many sets of them at once; without penalties.

    Parameters
    ----------
    network
        Trained, as the targets decide what its loss is.
    X, y
        Rows and targets.
    vectors
        Sets of parameters. Shape: (sets, parameters).

    Returns
    -------
    Array
        Shape: (sets,). NaN and infinity where a set gives them.

    Raises
    ------
    DataError
        If the network has not been trained.
    """
    if network.head is None:
        raise DataError("the network has not been trained, so it has no loss yet", hint="train(X, y) first")
    network.forward(X)  # checks and scales the rows
    rows = network.network.layers[0].inputs[0]
    loss, targets = network.head.loss, network.head.encode(as_targets(y, len(rows)), network.dtype)
    row = loss.row(targets)
    if row.name == "softmax_cross_entropy":  # divides by its first size; class numbers say the same
        targets, row = targets.argmax(axis=1), loss.row(targets.argmax(axis=1))
    widest = max(network.sizes[1:])
    out = np.empty(len(vectors))
    with np.errstate(all="ignore"):  # far from the weights anything may overflow, and is drawn as a gap
        if unstackable(network.network, loss) is None:
            step = max(1, min(len(vectors), NEAR // (len(rows) * widest)))
            some = np.empty((step, vectors.shape[1]), network.dtype)
            x, t = [np.broadcast_to(array, (step, *array.shape)) for array in (rows, targets)]
            evaluation = StackedEvaluation(network.network, loss, some, x, t, Workspace())
            for begin in range(0, len(vectors), step):
                part = vectors[begin : begin + step]
                some[: len(part)] = part
                out[begin : begin + step] = evaluation.run()[: len(part)]
            return out
        step = max(1, CELLS // (len(rows) * widest))
        for begin in range(0, len(vectors), step):
            some = vectors[begin : begin + step].astype(network.dtype, copy=False)
            out[begin : begin + step] = row.forward(STACKS, _forward(network, rows, some), targets)
    return out


def _forward(network: NeuralNetwork, rows: Array, vectors: Array) -> Array:
    """Last values for each set of parameters. Shape: (sets, n, outputs)."""
    x, place = rows, 0
    for layer in network.network.layers:
        if isinstance(layer, Dropout):
            continue
        stacks = []
        for parameter in layer.parameters.values():
            shape = parameter.data.shape
            part = vectors[:, place : place + parameter.data.size]
            stacks.append(part.reshape(len(vectors), *(shape if len(shape) == 2 else (1, *shape))))
            place += parameter.data.size
        x = layer.op.forward(STACKS, x, *stacks)
    return x


def landscape(
    network: NeuralNetwork,
    X: Any,
    y: Any,
    path: Array | None = None,
    *,
    plane: Literal["path", "random"] | Plane | None = None,
    points: int = POINTS,
    reach: float = 1.0,
    seed: int = 0,
) -> Landscape:
    """The loss around a network's weights.

    Parameters
    ----------
    network
        Trained.
    X, y
        The rows to compute the loss on.
    path
        Parameters over time, as a :class:`~whygrad.plots.Recorder` keeps them; drawn on the plane.
    plane
        ``"path"`` (the default where there is a path), ``"random"``, or one of your own.
    points
        Of the grid, along each side.
    reach
        How far to go along random directions, where 1 is as far as the weights are long.
    seed
        Of random directions.

    Examples
    --------
    >>> from whygrad.data import load
    >>> from whygrad.plots import Recorder
    >>> data = load("moons", samples=60)
    >>> network = NeuralNetwork([2, 8, 1], seed=0)
    >>> recorder = Recorder(network, every=1)
    >>> _ = network.train(data.X, data.y, epochs=10, callbacks=[recorder], verbose=False)
    >>> found = landscape(network, data.X, data.y, recorder.path, points=21)
    >>> found.loss.shape, len(found.path)
    ((21, 21), 11)
    """
    count("points", points, least=2)
    if plane is None:
        plane = "random" if path is None else "path"
    if plane == "path":
        if path is None:
            raise SettingError("plane='path' needs a path", hint="record one: callbacks=[Recorder(network)]")
        plane = path_plane(path)
    elif plane == "random":
        plane = random_plane(network, seed)
    elif not isinstance(plane, Plane):
        raise SettingError("plane is 'path' or 'random'", received=repr(plane))
    walked = None if path is None else plane.coordinates(path)
    a, b = _ranges(walked, reach, points, plane.kind)
    grid_a, grid_b = np.meshgrid(a, b)
    loss = losses_at(network, X, y, plane.vectors(grid_a.ravel(), grid_b.ravel())).reshape(points, points)
    walked_loss = None if path is None else losses_at(network, X, y, path)
    return Landscape(plane, a, b, loss, walked, walked_loss)


def _ranges(path: Array | None, reach: float, points: int, kind: str) -> tuple[Array, Array]:
    """Coordinates of columns and rows: around the path, or as far as was asked for."""
    low, high = np.full(2, -reach), np.full(2, reach)
    if path is not None and kind == "path":
        wide = np.ptp(path, axis=0)
        room = np.maximum(ROOM * wide, 0.2 * wide.max())
        low, high = path.min(axis=0) - room, path.max(axis=0) + room
    elif path is not None:
        low, high = np.minimum(low, 1.1 * path.min(axis=0)), np.maximum(high, 1.1 * path.max(axis=0))
    return np.linspace(low[0], high[0], points), np.linspace(low[1], high[1], points)
