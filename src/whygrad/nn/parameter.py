"""A parameter is a tensor whose data and gradient are views into two flat vectors of a network.

One vector for all parameters and one for all gradients make updating, clipping, saving and checking a
matter of a few array operations, and layers still see matrices with names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..autodiff.tensor import Tensor
from ..errors import ShapeError

Array = np.ndarray[Any, Any]


class Parameter(Tensor):
    """A tensor to be learned. Its gradient is written into an array that stays the same.

    Parameters
    ----------
    data
        Initial values; not copied.
    label
        Its name in the layer, such as ``"weights"``.
    penalized
        Whether weight penalties and weight decay apply: to weights, not to biases.

    Examples
    --------
    >>> w = Parameter(np.array([1.0, 2.0]), "w")
    >>> (w * w).sum().backward()
    >>> w.grad
    array([2., 4.])
    """

    __slots__ = ("departures", "gradient", "penalized", "values")

    def __init__(self, data: Array, label: str, penalized: bool = True) -> None:
        self.values = data
        self.gradient = np.zeros_like(data)
        self.penalized = penalized
        self.departures: list[str] = []  # of the vector that it lives in
        super().__init__(data, requires_grad=True, label=label)

    @property
    def data(self) -> Array:
        """The values, a view into the network's vector; assigning writes into that view.

        Raises
        ------
        ShapeError
            If values of another shape are assigned.
        """
        return self.values

    @data.setter
    def data(self, values: Any) -> None:
        if values is self.values:  # after p.data -= step, which has written already
            return
        array = np.asarray(values, self.values.dtype)
        if array.shape != self.values.shape:
            raise ShapeError(
                f"{self.label} cannot take these values",
                expected=f"shape {self.values.shape}",
                received=f"shape {array.shape}",
            )
        self.values[...] = array

    def receive(self, gradient: Array) -> None:
        """Add to the gradient, in its place in the vector."""
        self.gradient += gradient

    def move(self, values: Array, gradient: Array, departures: list[str]) -> None:
        """Live in these arrays from now on, with the values and gradient of before.

        The vector that it leaves finds its label in ``departures``; so will the new one, one day.
        """
        values[...], gradient[...] = self.values, self.gradient
        self.values, self.gradient = values, gradient
        self.departures.append(self.label)
        self.departures = departures

    @property
    def grad(self) -> Array:
        """The gradient, a view into the network's gradient vector."""
        return self.gradient

    @grad.setter
    def grad(self, value: Array | None) -> None:
        self.gradient[...] = 0 if value is None else value


class ParameterVector:
    """All parameters of a network in one flat vector, and their gradients in another.

    Parameters
    ----------
    parameters
        Name -> parameter, in order. Their arrays become views into the vectors.

    Attributes
    ----------
    values, gradient
        The two vectors.
    penalized
        1 where penalties apply and 0 on biases, in the dtype of the vectors.
    departures
        Labels of parameters that have moved to the vector of another network since.
    """

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self.parameters = dict(parameters)
        items = list(self.parameters.values())
        dtype = np.result_type(*[item.data.dtype for item in items]) if items else np.dtype(np.float64)
        size = sum(item.data.size for item in items)
        self.values = np.empty(size, dtype)
        self.gradient = np.zeros(size, dtype)
        self.penalized = np.zeros(size, dtype)
        self.departures: list[str] = []
        start = 0
        for item in items:
            part = slice(start, start + item.data.size)
            values, gradient = self.values[part], self.gradient[part]
            item.move(values.reshape(item.shape), gradient.reshape(item.shape), self.departures)
            self.penalized[part] = item.penalized
            start = part.stop

    def __getstate__(self) -> dict[str, Parameter]:
        return self.parameters  # a copy of an array is no view any more

    def __setstate__(self, parameters: dict[str, Parameter]) -> None:
        ParameterVector.__init__(self, parameters)  # so a copied network gets vectors of its own

    def __len__(self) -> int:
        return len(self.values)
