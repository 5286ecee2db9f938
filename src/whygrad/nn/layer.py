"""What a layer is: a row of the op table together with its parameters, run forward and backward.

``forward`` and ``backward`` work on arrays and build no graph; called on a ``Tensor``, the layer records
the same row instead. Everything the pass computed stays readable on the layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..autodiff.fingerprint import fingerprint, refuse_changed
from ..autodiff.op import Op
from ..autodiff.readings.arrays import ARRAYS
from ..autodiff.readings.buffers import Workspace
from ..autodiff.tensor import Tensor, evaluate
from ..errors import GraphError, KindError, ShapeError
from .parameter import Parameter

Array = np.ndarray[Any, Any]


class Layer:
    """A row of the table with parameters.

    A subclass names its row in ``op`` and its parameters; only a layer whose computation depends on the
    mode (dropout, batch normalisation) overrides :meth:`call`. If that gives the same row each time for
    the same shape and mode, the class says so by ``same_row = True``, and training lays it out.

    Attributes
    ----------
    parameters
        Name -> :class:`~whygrad.nn.Parameter`.
    inputs, output
        What the row was given in the last forward pass, and what it gave.
    upstream
        The gradient by the output that the last backward pass was given.

    Notes
    -----
    ``forward`` and ``backward`` give new arrays. What a layer holds after a network's
    ``loss_and_gradient`` lies in buffers that the next such call overwrites; copy what is to be kept.
    """

    op: Op
    same_row = True  # whether ``call`` gives the same row each time for the same shape and mode
    takes: int | None = None  # how many columns come in; None where any number will do

    def __init__(self) -> None:
        self.parameters: dict[str, Parameter] = {}
        self.ran: Op | None = None
        self.inputs: tuple[Any, ...] = ()
        self.output: Any = None
        self.upstream: Any = None
        self.marks: tuple[Any, ...] = ()

    def call(self, x: Any, training: bool) -> tuple[Op, tuple[Any, ...]]:
        """The row to run and what stands beside ``x``: constants such as a mask, then the parameters."""
        return self.op, tuple(self.parameters.values())

    def call_into(self, x: Array, training: bool, constants: Sequence[Array], workspace: Workspace) -> None:
        """``call``, with the constants written into arrays that were laid out for them."""
        _, beside = self.call(x, training)
        for array, constant in zip(constants, beside, strict=False):  # parameters stand behind them
            array[...] = constant

    def outputs(self, inputs: int) -> int:
        """How many columns go out when ``inputs`` come in; refuses sizes that do not fit."""
        return inputs

    def evaluate(self, x: Array, training: bool = False) -> Array:
        """The output alone, without what ``backward`` needs to notice arrays that have changed."""
        op, beside = self.call(x, training)
        self.ran, self.marks = op, ()
        self.inputs = (x, *[item.data if isinstance(item, Parameter) else item for item in beside])
        self.output = evaluate(op, self.inputs)
        return self.output  # type: ignore[no-any-return]

    def forward(self, x: Any, training: bool = False) -> Array:
        """Compute the output.

        Parameters
        ----------
        x
            Shape: (samples, features).
        training
            Whether dropout drops and batch normalisation uses the batch.

        Raises
        ------
        ShapeError
            If the columns of ``x`` do not fit the layer.
        """
        output = self.evaluate(_floats(x, self), training)
        self.marks = (*map(fingerprint, self.inputs), fingerprint(output))
        return output

    def backward(self, upstream: Any) -> Array:
        """Gradients of the last forward pass: of the parameters into their ``grad``, of the input returned.

        Parameters
        ----------
        upstream
            The gradient of the loss by this layer's output, in its shape.

        Raises
        ------
        GraphError
            Unless ``forward`` ran last, or if an array was changed in place since.
        ShapeError
            If ``upstream`` does not have the shape of the output.
        """
        if self.ran is None or not self.marks:
            raise GraphError(f"{self!r}: backward() before forward()", hint="call forward(x) first")
        names = (*self.ran.inputs, "the output")
        for name, array, mark in zip(names, (*self.inputs, self.output), self.marks, strict=True):
            refuse_changed(array, mark, name, repr(self))
        upstream = np.asarray(upstream, self.output.dtype)
        if upstream.shape != self.output.shape:
            raise ShapeError(
                f"{self!r}: the upstream gradient does not have the shape of the output",
                expected=f"{self.output.shape}",
                received=f"{upstream.shape}",
            )
        self.pull_parameters(upstream)
        return self.pull_input()

    def pull_parameters(self, upstream: Array) -> None:
        """Write the gradients of the parameters, without the checks of ``backward``."""
        self.upstream = upstream
        assert self.ran is not None
        first = len(self.inputs) - len(self.parameters)  # parameters stand last among the inputs
        for i, parameter in enumerate(self.parameters.values(), start=first):
            parameter.gradient[...] = self.ran.pull(i, ARRAYS, upstream, self.output, self.inputs)

    def pull_input(self) -> Array:
        """The gradient by the input."""
        assert self.ran is not None
        return self.ran.pull(0, ARRAYS, self.upstream, self.output, self.inputs)  # type: ignore[no-any-return]

    def replay(self, xp: Any, x: Any, parameters: Sequence[Any]) -> Any:
        """The row of the last forward pass, run on another point or in another reading."""
        assert self.ran is not None
        constants = self.inputs[1 : len(self.inputs) - len(self.parameters)]
        return self.ran.forward(xp, x, *constants, *parameters)

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Pairs of name and parameter."""
        yield from self.parameters.items()

    def __call__(self, x: Any, training: bool = False) -> Any:
        """On a ``Tensor``, record the row on its graph; on an array, the same as ``forward``."""
        if not isinstance(x, Tensor):
            return self.forward(x, training)
        op, beside = self.call(x.data, training)
        return x.record(op, (x, *beside)) if beside else x.record_one(op)

    def describe(self) -> str:
        """The arguments that its repr shows."""
        return ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.describe()})"


def _floats(x: Any, layer: Layer) -> Array:
    """The input as an array of floats, in the dtype of the layer's parameters if it has any."""
    if isinstance(x, Tensor):
        raise KindError(
            "forward() works on arrays", received="a Tensor", hint=f"call the layer on it: {layer!r}(x)"
        )
    wanted = next((parameter.data.dtype for parameter in layer.parameters.values()), None)
    array = np.asarray(x)
    if array.dtype.kind not in "fbiu":
        raise KindError(f"{layer!r} takes numbers", received=f"dtype {array.dtype}")
    if wanted is not None and array.dtype != wanted:
        return array.astype(wanted)
    return array if array.dtype.kind == "f" else array.astype(float)
