"""A chain of layers. Its parameters lie in one flat vector and its gradients in another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import GraphError, KindError, SettingError, ShapeError
from .activations import Activation
from .layer import Array, Layer
from .layers import Dropout
from .losses import Loss
from .parameter import Parameter, ParameterVector
from .regularizers import NO_PENALTY, Regularizer
from .training_step import TrainingSteps


class Sequential:
    """Layers called one after the other.

    Parameters
    ----------
    layers
        From input to output. Their sizes have to fit, and each is a layer of its own.

    Attributes
    ----------
    vector, gradient
        All parameters, and the gradients of the last backward pass, as flat arrays; the layers hold views.

    Raises
    ------
    ShapeError
        If a layer does not take as many columns as the one before gives.
    SettingError
        If there is no layer, or one stands in two places.
    KindError
        If something in the list is not a layer.

    Examples
    --------
    >>> import numpy as np
    >>> from whygrad.nn import Dense, MeanSquaredError, Tanh
    >>> network = Sequential([Dense(2, 3, rng=0), Tanh(), Dense(3, 1, rng=1)])
    >>> x, y = np.ones((4, 2)), np.zeros((4, 1))
    >>> loss = MeanSquaredError()
    >>> before = loss.forward(network.forward(x), y)
    >>> _ = network.backward(loss.backward())
    >>> network.vector -= 0.1 * network.gradient
    >>> bool(loss.forward(network.forward(x), y) < before)
    True
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = list(layers)
        if not self.layers:
            raise SettingError("Sequential needs at least one layer")
        _check_kinds(self.layers)
        _check_widths(self.layers)
        self.flat = ParameterVector(dict(self.named_parameters()))
        self._steps = TrainingSteps()

    @property
    def vector(self) -> Array:
        """All parameters, one after the other."""
        return self.flat.values

    @vector.setter
    def vector(self, values: Any) -> None:
        _overwrite(self.flat.values, values, "vector")

    @property
    def gradient(self) -> Array:
        """The gradients of all parameters, in the same order."""
        return self.flat.gradient

    @gradient.setter
    def gradient(self, values: Any) -> None:
        _overwrite(self.flat.gradient, values, "gradient")

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Pairs such as ("1.weights", parameter): layers that have parameters are counted from 1."""
        number = 0
        for layer in self.layers:
            number += bool(layer.parameters)
            for name, parameter in layer.parameters.items():
                yield f"{number}.{name}", parameter

    def parameters(self) -> dict[str, Parameter]:
        """Name -> parameter, with ``data`` and ``grad``."""
        return dict(self.flat.parameters)

    def zero_grad(self) -> None:
        """Set all gradients to zero."""
        self.flat.gradient[...] = 0

    def forward(self, x: Any, training: bool = False) -> Array:
        """The output of the last layer. Shape: (n, inputs) -> (n, outputs)."""
        for layer in self.layers:
            x = layer.forward(x, training)
        return x  # type: ignore[no-any-return]

    def backward(self, upstream: Any) -> Array:
        """Gradients of all parameters into ``gradient``; returns the gradient by the input."""
        for layer in reversed(self.layers):
            upstream = layer.backward(upstream)
        return upstream  # type: ignore[no-any-return]

    def __call__(self, x: Any, training: bool = False) -> Any:
        """On a ``Tensor``, record every layer on its graph; on an array, the same as ``forward``."""
        for layer in self.layers:
            x = layer(x, training)
        return x

    def evaluate(self, x: Array, training: bool = False) -> Array:
        """``forward`` without guards, for arrays in the dtype of the parameters."""
        for layer in self.layers:
            x = layer.evaluate(x, training)
        return x

    def loss_and_gradient(
        self, x: Array, targets: Any, loss: Loss, regularizer: Regularizer = NO_PENALTY, training: bool = True
    ) -> float:
        """One forward and backward pass in one go: the loss, penalty included; fills ``gradient``.

        Nothing can change between the passes, so the guards of ``forward`` and ``backward`` are not
        needed, and the gradient by the input is not computed. From the second call on with arrays of the
        same shapes, the passes run in buffers laid out once: what layers and loss then hold (``x``, ``z``,
        ``a``, ``delta`` …) is overwritten by the next call, so copy what is to be kept.
        """
        steps, value = self._steps, None
        if steps.last is not None:
            value = steps.last.run(self, x, targets, loss, regularizer, training)
        if value is None:
            value = steps.run(self, x, targets, loss, regularizer, training)
        if value is None:
            value = self._general_step(x, targets, loss, regularizer, training)
            steps.learn(self, x, targets, loss, regularizer, training)
        return value

    def lay_out(
        self,
        x: Array,
        targets: Any,
        loss: Loss,
        regularizer: Regularizer = NO_PENALTY,
        careful: bool = True,
    ) -> None:
        """Lay training steps for such arrays out before the first, so that all steps run the same calls.

        A run that goes on from a checkpoint is then the same, bit for bit, as one that was not stopped. Only
        layers that do nothing else in training than otherwise are asked, and dropout; a network with others,
        or a loss that computes in a way of its own, is laid out as it goes. Nothing is drawn or learned;
        ``gradient`` is overwritten.

        Steps that are not ``careful`` are quicker and give the same numbers, but NumPy may warn of overflow;
        a loop that looks at the loss itself switches such warnings off and calls ``forget_hurry`` at its end.
        """
        usual = all([type(layer).call is Layer.call or isinstance(layer, Dropout) for layer in self.layers])
        if usual and type(loss).evaluate is Loss.evaluate:
            with np.errstate(all="ignore"):  # NaN and inf are looked for when it counts
                self._general_step(x, targets, loss, regularizer, training=False)
            self._steps.add(self, x, targets, loss, regularizer, careful)

    def forget_hurry(self) -> None:
        """Have no step any more that is not careful."""
        self._steps.forget_hurry()

    def _general_step(
        self, x: Array, targets: Any, loss: Loss, regularizer: Regularizer, training: bool
    ) -> float:
        """``loss_and_gradient`` for all that no step is laid out for: each result is a new array."""
        self.check_output(loss)
        value = loss.evaluate(self.evaluate(x, training), targets)
        upstream = loss.pull()
        for layer in reversed(self.layers[1:]):
            layer.pull_parameters(upstream)
            upstream = layer.pull_input()
        self.layers[0].pull_parameters(upstream)
        parameters = self.flat.parameters.values()
        regularizer.add_gradients(parameters)
        return value + regularizer.value(parameters)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_steps": TrainingSteps()}  # the views of a copied buffer would be no views

    def replay(self, xp: Any, x: Any, parameters: Sequence[Any]) -> Any:
        """The rows of the last forward pass, run on another point or in another reading."""
        rest = list(parameters)
        for layer in self.layers:
            own, rest = rest[: len(layer.parameters)], rest[len(layer.parameters) :]
            x = layer.replay(xp, x, own)
        return x

    def check_output(self, loss: Loss) -> None:
        """Refuse an output activation that the loss contains already."""
        last = self.layers[-1]
        squashes = isinstance(last, Activation) and last.name in ("sigmoid", "softmax")
        if squashes and loss.activation is not None:
            raise GraphError(
                f"{loss!r} contains the {loss.activation}: {last!r} before it would apply it twice",
                hint="leave the last activation out, or use a loss on probabilities",
            )

    def __repr__(self) -> str:
        return f"Sequential([{', '.join(map(repr, self.layers))}])"


def _check_kinds(layers: Sequence[Any]) -> None:
    """Refuse what is not a layer, and a layer that stands in two places."""
    places: dict[int, int] = {}
    for place, layer in enumerate(layers, start=1):
        if not isinstance(layer, Layer):
            raise KindError(f"layer {place} is not a layer", expected="Dense(2, 1), Tanh() …", received=layer)
        first = places.setdefault(id(layer), place)
        if first != place:
            raise SettingError(
                f"layer {place} is layer {first} again: a layer keeps what it computed in one place only",
                received=repr(layer),
                hint="make a second one; to share weights, call the layer on Tensors",
            )


def _check_widths(layers: Sequence[Layer]) -> None:
    """Refuse a layer that takes another number of columns than the one before gives."""
    width = None
    for place, layer in enumerate(layers, start=1):
        width = layer.takes if width is None else width
        if width is not None:
            try:
                width = layer.outputs(width)
            except ShapeError as error:
                error.args = (f"layer {place}, {error.args[0]}",)
                raise


def _overwrite(array: Array, values: Any, name: str) -> None:
    """Write new values into a flat array; the array itself stays, because layers hold views of it."""
    if values is array:  # after network.vector -= step, which has written already
        return
    new = np.asarray(values, array.dtype)
    if new.shape != array.shape:
        raise ShapeError(
            f"the network's {name} cannot take these values",
            expected=f"shape {array.shape}",
            received=f"shape {new.shape}",
        )
    array[...] = new
