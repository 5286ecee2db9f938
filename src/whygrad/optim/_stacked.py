"""The optimizers of many networks of one shape as one, on a matrix with a row of parameters for each.

The formulas are those of the optimizers: what is a number there (the learning rate, the decay) is a column
here, where rows differ in it, and NumPy does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from whygrad.optim.adaptive import AdamW
from whygrad.optim.base import FLUSH_EVERY, Optimizer
from whygrad.optim.schedules import StatefulSchedule

Array = np.ndarray[Any, Any]


class StackedOptimizer:
    """Moves each row of a matrix as its own optimizer would, to the last bit.

    Parameters
    ----------
    optimizers
        One for each row, of one kind, before their first step. They may differ in the learning rate or its
        schedule, and in the weight decay. They take no step themselves; but the schedules are theirs, and
        one that goes by losses is told of them there.
    parameters, gradient
        Shape: (rows, n). Both are used as they are: each step reads the one and moves the other.

    Examples
    --------
    >>> from whygrad.optim import Momentum
    >>> parameters, gradient = np.zeros((2, 3)), np.ones((2, 3))
    >>> both = StackedOptimizer([Momentum(0.5), Momentum(0.1)], parameters, gradient)
    >>> both.step()
    >>> parameters
    array([[-0.5, -0.5, -0.5],
           [-0.1, -0.1, -0.1]])
    """

    def __init__(self, optimizers: Sequence[Optimizer], parameters: Array, gradient: Array) -> None:
        self.optimizers = list(optimizers)
        self.parameters, self.gradient = parameters, gradient
        self.which, self.schedules = _distinct([optimizer.learning_rate for optimizer in optimizers])
        self.distinct_rates: list[float] = []
        self.rate: Any = None
        self.common = _laid_out(self.optimizers, parameters, gradient, many=len(self.schedules) > 1)

    def step(self) -> None:
        """Move all rows, one step."""
        common = self.common
        if common.steps_taken % FLUSH_EVERY == FLUSH_EVERY - 1:
            common._flush()
        rates = [rate(common.steps_taken) if callable(rate) else rate for rate in self.schedules]
        if rates != self.distinct_rates:
            self.distinct_rates = rates
            self.rate = rates[0] if len(rates) == 1 else np.array(rates)[self.which].reshape(-1, 1)
        common._update(self.parameters, self.gradient, self.rate)
        common.steps_taken += 1

    def rates(self) -> list[float]:
        """The learning rate that each row had in the last step."""
        return [self.distinct_rates[k] for k in self.which]

    def keep(self, rows: Sequence[int], parameters: Array, gradient: Array) -> StackedOptimizer:
        """The same for some of the rows, which have moved into these matrices."""
        kept = StackedOptimizer([self.optimizers[row] for row in rows], parameters, gradient)
        kept.common.steps_taken = self.common.steps_taken
        for new, old in zip(kept.common._vectors, self.common._vectors, strict=True):
            new[...] = old[rows]
        return kept


def _distinct(rates: Sequence[Any]) -> tuple[list[int], list[Any]]:
    """Which of the different learning rates each row has, and these; what has a state is never shared."""
    keys = [id(rate) if isinstance(rate, StatefulSchedule) else rate for rate in rates]
    places: dict[Any, int] = {}
    which = [places.setdefault(key, len(places)) for key in keys]
    return which, [rates[which.index(k)] for k in range(len(places))]


def _laid_out(optimizers: Sequence[Optimizer], parameters: Array, gradient: Array, many: bool) -> Optimizer:
    """An optimizer with the buffers of a matrix, and columns for what differs from row to row.

    Made as ``_lay_out`` and ``_admit`` make them for a vector.
    """
    first, dtype = optimizers[0], parameters.dtype
    common = type(first)(**first.settings())  # type: ignore[arg-type]
    common._vectors = tuple([np.zeros_like(parameters) for _ in common.state_names])
    common._blocks = [(parameters, gradient, *common._vectors, np.empty_like(parameters))]
    common._scalars = tuple([np.array(constant, dtype) for constant in common._constants()])
    common._rate = np.empty((len(parameters), 1) if many else (), dtype)
    if isinstance(common, AdamW):
        decays = [optimizer.weight_decay for optimizer in optimizers if isinstance(optimizer, AdamW)]
        if len(set(decays)) > 1:
            vars(common)["weight_decay"] = np.array(decays).reshape(-1, 1)
        columns = (len(parameters), 1) if many or len(set(decays)) > 1 else ()
        common._decay = np.empty(columns, dtype)
        common._mask = None if common.decay_mask is None else common.decay_mask.astype(dtype)
        common._factor_rate = None
        width = () if common._mask is None else common._mask.shape
        common._factors = np.empty(np.broadcast_shapes(columns, width), dtype)
    return common
