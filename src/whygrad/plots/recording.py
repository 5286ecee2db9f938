"""Keeps what pictures over time need: the parameters at some epochs. Everything else is computed afterwards.

Copying a vector of parameters is all that happens while training, so training is hardly slower for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .._numbers import count
from ..errors import DataError
from ..training.history import Epoch
from ..training.neural_network import NeuralNetwork

Array = np.ndarray[Any, Any]
EVERY = 10


class Recorder:
    """A callback for ``train`` that keeps the parameters at the start and after every so many epochs.

    Parameters
    ----------
    network
        What is going to be trained.
    every
        After how many epochs to keep them. Those of the last epoch are added by :meth:`finish`, or when
        they are asked for.

    Attributes
    ----------
    epochs
        Which were kept; 0 is before training.
    vectors
        The parameters after each.

    Examples
    --------
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> network = NeuralNetwork([2, 4, 1], seed=0)
    >>> recorder = Recorder(network, every=10)
    >>> _ = network.train(X, y, epochs=25, callbacks=[recorder], verbose=False)
    >>> recorder.finish().epochs
    [0, 10, 20, 25]
    """

    def __init__(self, network: NeuralNetwork, every: int = EVERY) -> None:
        self.network, self.every = network, count("every", every, least=1)
        self.epochs = [len(network.history)]
        self.vectors = [network.network.vector.copy()]

    def __call__(self, epoch: Epoch) -> None:
        """Keep the parameters if it is time to."""
        if epoch.epoch % self.every == 0:
            self._keep(epoch.epoch)

    def _keep(self, epoch: int) -> None:
        self.epochs.append(epoch)
        self.vectors.append(self.network.network.vector.copy())

    def finish(self) -> Recorder:
        """Add the last epoch, if it was not kept."""
        last = len(self.network.history)
        if self.epochs[-1] != last:
            self._keep(last)
        return self

    @property
    def path(self) -> Array:
        """The parameters over time. Shape: (moments, parameters)."""
        return np.stack(self.vectors)

    def nearest(self, epoch: int) -> int:
        """The place of the moment that is nearest to an epoch."""
        return int(np.abs(np.array(self.epochs) - epoch).argmin())

    def moments(self, most: int | None = None) -> Iterator[tuple[int, NeuralNetwork]]:
        """Each epoch kept, and the network as it was then; at most so many, evenly chosen.

        The network is the one that was trained: it has its own parameters back afterwards.
        """
        places = range(len(self.epochs))
        chosen = spaced(len(places), most)
        for place in chosen:
            with at(self.network, self.vectors[place]):
                yield self.epochs[place], self.network


def spaced(total: int, most: int | None) -> list[int]:
    """At most so many places, evenly chosen, the first and the last among them.

    Examples
    --------
    >>> spaced(11, 3), spaced(2, 5)
    ([0, 5, 10], [0, 1])
    """
    if most is None or most >= total:
        return list(range(total))
    return sorted({int(k) for k in np.linspace(0, total - 1, max(1, most)).round()})


@contextmanager
def at(network: NeuralNetwork, vector: Array) -> Iterator[NeuralNetwork]:
    """The network with other parameters, for as long as the block lasts.

    Raises
    ------
    DataError
        If they are not as many as the network has.
    """
    if vector.shape != network.network.vector.shape:
        raise DataError(
            "these are not parameters of this network",
            expected=f"{len(network.network.vector)} numbers",
            received=f"{len(vector)}",
        )
    kept = network.network.vector.copy()
    network.network.vector = vector
    try:
        yield network
    finally:
        network.network.vector = kept
