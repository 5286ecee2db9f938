"""Where a hidden layer puts the points of the plane, over time: numbers for a film."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataError, SettingError
from .boundary import _labels
from .flows import layer_activations
from .grids import classes_of, matrix, principal_plane, span
from .recording import Recorder

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Bent:
    """Rows and a square grid of the plane, as a hidden layer sees them at each moment.

    Attributes
    ----------
    epochs
        Of the moments.
    rows, mesh
        For each moment. Shapes: (n, 2) and (side², 2).
    labels
        The place of each row's class.
    side
        Of the grid.
    """

    epochs: list[int]
    rows: list[Array]
    mesh: list[Array]
    labels: Array
    side: int


def bent(recorder: Recorder, X: Any, y: Any, side: int = 15, most: int = 60) -> Bent:
    """What the last hidden layer makes of the plane; a wide layer is seen from its two widest directions.

    The directions are those of the last moment, so that only the layer moves and not who looks at it.

    Raises
    ------
    DataError
        If the inputs are no plane.
    SettingError
        If the network has no hidden layer.
    """
    rows = matrix(X)
    if rows.shape[1] != 2:
        raise DataError(
            "this film shows how a plane is bent", expected="2 columns", received=f"{rows.shape[1]}"
        )
    if len(recorder.network.sizes) < 3:
        raise SettingError("the network has no hidden layer", received=repr(recorder.network))
    x, z = (np.linspace(*span(rows[:, k]), side) for k in range(2))
    grid = np.stack(np.meshgrid(x, z), axis=-1).reshape(-1, 2)
    epochs, seen, lines = [], [], []
    for epoch, network in recorder.moments(most):
        epochs.append(epoch)
        seen.append(layer_activations(network, rows)[-2])
        lines.append(layer_activations(network, grid)[-2])
    plane = principal_plane(seen[-1])
    flat = [plane.flat(one) if one.shape[1] != 2 else one for one in seen]
    mesh = [plane.flat(one) if one.shape[1] != 2 else one for one in lines]
    labels = _labels(y, len(rows), classes_of(recorder.network))
    return Bent(epochs, flat, mesh, labels, side)
