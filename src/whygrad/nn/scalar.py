"""The scalar networks: every weight is a ``Value`` that one can point at. Standard library alone.

A neuron is recorded as one node, yet each weight and input keeps a local derivative of its own, and
whoever asks for the node's parents finds the weighted sum and the activation apart.
"""

from __future__ import annotations

import random

from ..autodiff.neuron import neuron
from ..autodiff.ops import elementwise as rows
from ..autodiff.value import Value
from ..autodiff.value_sweep import Inputs, Weights
from ..errors import KindError, SettingError, ShapeError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from ..autodiff.op import Op

ACTIVATIONS = {
    name: getattr(rows, name)
    for name in ("tanh", "relu", "sigmoid", "leaky_relu", "elu", "silu", "gelu", "softplus")
}
WEIGHTS = ("random", "ones", "zeros")


def activation_row(name: str | None) -> Op | None:
    """The row for an activation's name; None for None or ``"identity"``."""
    if name is None or name in ("identity", "linear"):
        return None
    if name not in ACTIVATIONS:
        raise SettingError(
            f"unknown activation {name!r}", hint=nearest(str(name), [*ACTIVATIONS, "identity"])
        )
    return ACTIVATIONS[name]  # type: ignore[no-any-return]


def as_values(inputs: Iterable[Any], expected: int, owner: str) -> list[Value]:
    """The inputs as values; plain numbers become constants."""
    try:
        values = [x if isinstance(x, Value) else Value.plain(x) for x in inputs]
    except TypeError as error:
        if isinstance(error, KindError):
            raise
        raise KindError(
            f"{owner} takes a list of numbers", received=repr(inputs), hint=f"{owner}([{inputs}])"
        ) from None
    if len(values) != expected:
        raise ShapeError(
            f"{owner} has another number of inputs", expected=f"{expected} numbers", received=f"{len(values)}"
        )
    return values


class Module:
    """What neurons, layers and networks share: a list of parameters."""

    def parameters(self) -> list[Value]:
        """Every weight and bias."""
        raise NotImplementedError  # each kind lists its own

    def zero_grad(self) -> None:
        """Set the gradient of each parameter to zero, before the next backward pass."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def update(self, learning_rate: float) -> None:
        """One step of gradient descent: w ← w - learning_rate · ∂L/∂w."""
        if not learning_rate > 0:
            raise SettingError("learning_rate must be above 0", received=learning_rate, hint="try 0.05")
        for parameter in self.parameters():
            parameter.data -= learning_rate * parameter.grad


class Neuron(Module):
    """f(b + Σ wᵢ xᵢ).

    Parameters
    ----------
    inputs
        Number of inputs.
    activation
        Name of f; None for no activation.
    weights
        ``"random"`` (uniform from -1 to 1), ``"ones"`` or ``"zeros"``; the bias starts at 0.
    rng
        A ``random.Random``; the module ``random`` when not given, so that ``random.seed`` works.

    Examples
    --------
    >>> neuron = Neuron(2, weights="ones")
    >>> z = neuron([3.0, 4.0])
    >>> z.backward()
    >>> z.data, [w.grad for w in neuron.w], neuron.b.grad
    (7.0, [3.0, 4.0], 1.0)
    """

    def __init__(
        self,
        inputs: int,
        activation: str | None = None,
        *,
        weights: str = "random",
        rng: random.Random | None = None,
        place: tuple[int, int] | None = None,
    ) -> None:
        _whole("inputs", inputs)
        if weights not in WEIGHTS:
            raise SettingError(f"unknown weights {weights!r}", hint=nearest(str(weights), WEIGHTS))
        draw = (rng or random).uniform
        start = {"ones": 1.0, "zeros": 0.0}
        self.w = [Value(start[weights] if weights in start else draw(-1, 1)) for _ in range(inputs)]
        self.b = Value(0.0)
        self.activation = activation
        self.row = activation_row(activation)
        self.grouped = self.b, list(self.w), Weights([self.b, *self.w])
        if place:  # as in w1[0,2]: layer from 1, input and neuron from 0
            layer, k = place
            for i, w in enumerate(self.w):
                w.label = f"w{layer}[{i},{k}]"
            self.b.label = f"b{layer}[{k}]"

    def __call__(self, x: Iterable[Any]) -> Value:
        """The same as ``forward``."""
        return self.forward(x)

    def forward(self, x: Iterable[Any]) -> Value:
        """The neuron's output for a list of numbers or values."""
        return fire([self], as_values(x, len(self.w), "Neuron"))[0]

    def weight_group(self) -> Weights:
        """Bias and weights as one object, a new one when somebody has replaced one of them."""
        bias, weights, group = self.grouped
        if bias is not self.b or weights != self.w:
            group = Weights([self.b, *self.w])
            self.grouped = self.b, list(self.w), group
        return group

    def parameters(self) -> list[Value]:
        """The weights, then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, activation={self.activation!r})"


def fire(neurons: Iterable[Neuron], x: list[Value]) -> list[Value]:
    """The output of each neuron, for a list of inputs that are known to fit and stay as they are."""
    inputs = Inputs.of(x)
    return [neuron(n.weight_group(), inputs, n.row) for n in neurons]


class Layer(Module):
    """Neurons side by side, all with the same inputs.

    Parameters
    ----------
    inputs, outputs
        Number of inputs, and of neurons.
    activation, weights, rng
        As for :class:`Neuron`.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        activation: str | None = None,
        *,
        weights: str = "random",
        rng: random.Random | None = None,
        number: int = 0,
    ) -> None:
        _whole("outputs", outputs)
        self.neurons = [
            Neuron(inputs, activation, weights=weights, rng=rng, place=(number, k) if number else None)
            for k in range(outputs)
        ]

    def __call__(self, x: Iterable[Any]) -> Any:
        """A list of values, or a single value when the layer has one neuron."""
        out = self.forward(x)
        return out[0] if len(out) == 1 else out

    def forward(self, x: Iterable[Any]) -> list[Value]:
        """The output of each neuron."""
        return fire(self.neurons, as_values(x, len(self.neurons[0].w), "Layer"))

    def parameters(self) -> list[Value]:
        """Those of each neuron in turn."""
        return [parameter for neuron in self.neurons for parameter in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(Module):
    """A multi-layer perceptron of scalar neurons.

    Parameters
    ----------
    inputs
        Number of inputs.
    layers
        Number of neurons in each layer, the last being the output.
    activation
        After each layer but the last.
    output
        After the last layer; as ``activation`` when not given.
    weights, rng
        As for :class:`Neuron`.

    Examples
    --------
    >>> import random
    >>> random.seed(1)
    >>> network = MLP(3, [4, 4, 1])
    >>> len(network.parameters())
    41
    >>> -1 < network([2.0, 3.0, -1.0]).data < 1
    True
    """

    SAME = "same as activation"

    def __init__(
        self,
        inputs: int,
        layers: Sequence[int],
        activation: str | None = "tanh",
        output: str | None = SAME,
        *,
        weights: str = "random",
        rng: random.Random | None = None,
    ) -> None:
        if isinstance(layers, int) or not list(layers):
            raise ShapeError(
                "MLP takes a list of layer sizes", expected=f"MLP({inputs}, [4, 4, 1])", received=repr(layers)
            )
        sizes = [inputs, *layers]
        last = activation if output == self.SAME else output
        activations = [activation] * (len(sizes) - 2) + [last]
        self.layers = [
            Layer(n, m, f, weights=weights, rng=rng, number=number)
            for number, (n, m, f) in enumerate(zip(sizes, sizes[1:], activations, strict=False), start=1)
        ]

    def __call__(self, x: Iterable[Any]) -> Any:
        """A list of values, or a single value when the last layer has one neuron."""
        out = self.forward(x)
        return out[0] if len(out) == 1 else out

    def forward(self, x: Iterable[Any]) -> list[Value]:
        """The outputs of the last layer, as a list."""
        out = as_values(x, len(self.layers[0].neurons[0].w), type(self).__name__)
        for layer in self.layers:
            out = fire(layer.neurons, out)
        return out

    def parameters(self) -> list[Value]:
        """Those of each layer in turn."""
        return [parameter for layer in self.layers for parameter in layer.parameters()]

    def __repr__(self) -> str:
        return f"{type(self).__name__} of [{', '.join(map(repr, self.layers))}]"


class ANN(MLP):
    """An MLP with tanh after the hidden layers and none after the last.

    Parameters
    ----------
    sizes
        Number of inputs, then of neurons in each layer.
    weights, rng
        As for :class:`Neuron`.

    Examples
    --------
    >>> network = ANN([2, 8, 1], weights="ones")
    >>> loss = SELoss()(network([0.5, -0.5]), 1.0)
    >>> loss.backward()
    >>> network.update(learning_rate=0.01)
    >>> network.zero_grad()
    """

    def __init__(
        self, sizes: Sequence[int], *, weights: str = "random", rng: random.Random | None = None
    ) -> None:
        sizes = list(sizes)
        if len(sizes) < 2:
            raise ShapeError("ANN takes at least two sizes", expected="ANN([2, 8, 1])", received=repr(sizes))
        super().__init__(sizes[0], sizes[1:], "tanh", None, weights=weights, rng=rng)


class SELoss:
    """Squared error (p - t)², for one prediction or summed over a list of them."""

    def __call__(self, prediction: Any, target: Any) -> Value:
        """The same as ``forward``."""
        return self.forward(prediction, target)

    def forward(self, prediction: Any, target: Any) -> Value:
        """The loss as a value.

        Examples
        --------
        >>> SELoss()(Value(3.0), 1.0).data
        4.0
        """
        total: Value
        if isinstance(prediction, Value) and not isinstance(target, (list, tuple)):
            total = (prediction - target) ** 2
            return total
        predictions = [prediction] if isinstance(prediction, Value) else list(prediction)
        targets = list(target) if isinstance(target, (list, tuple)) else [target]
        if len(predictions) != len(targets) or not predictions:
            raise ShapeError(
                "SELoss: one target for each prediction",
                expected=f"{len(predictions)} targets",
                received=f"{len(targets)}",
            )
        total = (predictions[0] - targets[0]) ** 2
        for p, t in zip(predictions[1:], targets[1:], strict=True):
            total = total + (p - t) ** 2
        return total


def _whole(name: str, number: Any) -> None:
    if not hasattr(number, "__index__") or isinstance(number, bool) or number < 1:
        raise SettingError(f"{name} must be a whole number from 1", received=repr(number))
