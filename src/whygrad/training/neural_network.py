"""``NeuralNetwork``: layer sizes in, a trained network out. Output and loss follow from the targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..data.scaling import Scaling
from ..data.sets import check_seed
from ..data.tables import as_matrix, as_targets
from ..errors import GraphError
from ..nn.activations import make_activation
from ..nn.losses import Loss, make_loss
from ..nn.parameter import Parameter
from ..nn.regularizers import Regularizer
from ..nn.sequential import Sequential
from ..optim import AdamW, Optimizer, make_optimizer, make_schedule
from . import metrics
from .building import dense_network, float_dtype, layer_sizes, summary
from .defaults import DEFAULTS, initializer_for, schedule_settings, weight_decay_for
from .head import Head, choose
from .history import History
from .loop import check_settings, fit
from .progress import announce, epoch_bar

Array = np.ndarray[Any, Any]


class NeuralNetwork:
    """A network of dense layers for classification or regression.

    Parameters
    ----------
    layers
        Sizes: number of inputs, of neurons in each hidden layer, of outputs.
    activation
        After each hidden layer.
    output
        After the last layer: ``"sigmoid"``, ``"softmax"``, ``"identity"`` …; by default it follows from
        the targets, as does the loss.
    loss
        ``"mse"``, ``"cross_entropy"``, ``"binary_cross_entropy"`` …
    optimizer
        By name, or an optimizer of your own, whose learning rate then counts.
    initializer
        How weights start; by default it follows from the activation.
    l1, l2
        Strengths of the penalties on weights.
    weight_decay
        Of the optimizer ``"adamw"``: each step shrinks weights, not biases, by learning rate times this.
        By default 0.01, and 0.4 with ``scale``.
    scale
        Bring inputs, and numbers to predict, to mean 0 and standard deviation 1, as the first training
        data have them; numbers only where no output activation bounds them. The scaling belongs to the
        network: it takes and gives unscaled values.
    dropout
        Share of each hidden layer to drop while training.
    task
        ``"binary"``, ``"multiclass"``, ``"multilabel"`` or ``"regression"``, where y alone would be
        understood differently.
    seed
        Fixes weights, shuffling and dropout.
    dtype
        ``"float64"`` or ``"float32"``, which is faster on wide layers.

    Raises
    ------
    ShapeError
        If the sizes are not at least two whole numbers.
    SettingError
        If a name is unknown; the nearest known one is suggested.

    Examples
    --------
    >>> X = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> y = [[0], [1], [1], [0]]
    >>> network = NeuralNetwork([2, 4, 1], seed=0)
    >>> history = network.train(X, y, epochs=1000, learning_rate=0.1, verbose=False)
    >>> network.predict(X).ravel().tolist()
    [0, 1, 1, 0]
    >>> network.evaluate(X, y)
    100.0
    """

    def __init__(
        self,
        layers: Sequence[int],
        activation: str = DEFAULTS.activation,
        output: str | None = None,
        loss: str | Loss | None = None,
        optimizer: str | Optimizer = DEFAULTS.optimizer,
        initializer: str | None = None,
        *,
        l1: float = 0.0,
        l2: float = 0.0,
        weight_decay: float | None = None,
        dropout: float = 0.0,
        scale: bool = False,
        task: str | None = None,
        seed: int | None = None,
        dtype: str = "float64",
    ) -> None:
        self.sizes = layer_sizes(layers)
        self.activation, self.output, self.loss, self.optimizer = activation, output, loss, optimizer
        self.initializer = initializer or initializer_for(activation)
        self.regularizer = Regularizer(l1, l2)
        self.weight_decay, self.dropout, self.task, self.seed = weight_decay, dropout, task, seed
        self.dtype = float_dtype(dtype)
        drawn = seed is None or isinstance(seed, np.random.Generator)
        self.rng = np.random.default_rng(seed if drawn else check_seed(seed))
        self.scale = scale
        self.scaling: Scaling | None = None  # of the inputs, from the first training data
        self.head: Head | None = None  # decided by the first targets
        self.column = False  # whether y came as (n, 1), and predictions go out so
        self.history = History()
        self.network = dense_network(self.sizes, activation, self.initializer, dropout, self.rng, self.dtype)
        if output is not None:
            make_activation(output)
        if loss is not None:
            make_loss(loss)
        self._optimizer(None, None, steps=1)

    def parameters(self) -> dict[str, Parameter]:
        """Name -> parameter, such as ``"1.weights"``, with its ``data`` and ``grad``."""
        return self.network.parameters()

    def _understand(self, y: Any, rows: int) -> tuple[Head, Array]:
        """Targets encoded for the loss, and the head they go with: on first sight they decide it."""
        raw = as_targets(y, rows)
        head = self.head
        if head is None:
            head = choose(raw, self.sizes[-1], self.loss, self.output, self.task, self.scale)
        return head, head.encode(raw, self.dtype)

    def adopt(self, head: Head, column: bool) -> None:
        """Take an output activation and a loss; the activation becomes a layer unless the loss has it.

        Parameters
        ----------
        head
            What the targets decided.
        column
            Whether they came as (n, 1).
        """
        self.head, self.column = head, column
        last = None if head.fused else make_activation(head.output)
        if last is not None:
            self.network = Sequential([*self.network.layers, last])

    def train(
        self,
        X: Any,
        y: Any,
        epochs: int = DEFAULTS.epochs,
        learning_rate: float | None = None,
        batch_size: int = DEFAULTS.batch_size,
        *,
        schedule: str | None = None,
        clip: float | None = None,
        verbose: bool | None = None,
    ) -> History:
        """Learn from rows and their targets; a second call goes on from where the first ended.

        Parameters
        ----------
        X
            Lists, an array, or a data frame. Shape: (samples, inputs).
        y
            Class labels (numbers, text), one-hot rows, or numbers to predict. Shape: (n,) or (n, outputs).
        epochs
            How often to go through the data.
        learning_rate
            Size of a step; where the schedule starts.
        batch_size
            Rows a step.
        schedule
            How the learning rate changes: ``"constant"``, ``"cosine"`` down to zero …; by default cosine,
            and what an optimizer of your own has.
        clip
            Upper bound for the norm of the gradient.
        verbose
            Say what is being trained, and draw a progress bar; by default the bar is drawn on a terminal.

        Returns
        -------
        History
            Loss and accuracy or R² of each epoch, of this and earlier calls.

        Raises
        ------
        ShapeError, DataError, KindError
            If the data do not fit; says which row or dimension.
        SettingError
            If a setting cannot work, such as a learning rate of zero.
        TrainingError
            If the loss becomes NaN or infinite.
        """
        check_settings(epochs, batch_size, clip)
        data = as_matrix(X, self.sizes[0], self.dtype)
        head, targets = self._understand(y, len(data))
        batch = min(batch_size, len(data))
        optimizer = self._optimizer(learning_rate, schedule, steps=epochs * -(-len(data) // batch))
        # What can be refused has been by now: a call that fails up to here leaves the network as it was.
        if self.head is None:
            self.adopt(head, _is_column(y))
            if verbose is not False:
                announce(head.sentence)
        if self.scale and self.scaling is None:
            self.scaling = Scaling.of(data)
        data = self._scaled(data)
        if isinstance(optimizer, AdamW) and optimizer.decay_mask is None:
            optimizer.decay_mask = self.network.flat.penalized
        self.history.metric = head.metric
        with epoch_bar(epochs, head.metric, verbose, first=len(self.history)) as advance:
            fit(
                self.network,
                head.loss,
                optimizer,
                data,
                targets,
                epochs=epochs,
                batch_size=batch,
                rng=self.rng,
                regularizer=self.regularizer,
                history=self.history,
                score=head.scorer(targets),
                clip=clip,
                on_epoch=advance,
            )
        if self.history.interrupted:
            announce(f"stopped by Ctrl-C in epoch {len(self.history)}; what was learned is kept")
        return self.history

    def _optimizer(self, learning_rate: float | None, schedule: str | None, steps: int) -> Optimizer:
        """A new optimizer for each call to train, or the one given."""
        given = self.optimizer
        settings = {} if self.weight_decay is None else {"weight_decay": self.weight_decay}
        if isinstance(given, Optimizer):
            make_optimizer(given, **settings)  # refuses settings beside its own
            if learning_rate is not None:
                given.learning_rate = learning_rate
            if schedule is not None:
                rate = given.current_learning_rate
                given.learning_rate = make_schedule(schedule, rate, **schedule_settings(schedule, steps))
            return given
        rate = DEFAULTS.learning_rate if learning_rate is None else learning_rate
        schedule = DEFAULTS.schedule if schedule is None else schedule
        if self.weight_decay is None and str(given).lower() == "adamw":
            settings = {"weight_decay": weight_decay_for(self.scale)}
        optimizer = make_optimizer(given, rate, **settings)
        optimizer.learning_rate = make_schedule(schedule, rate, **schedule_settings(schedule, steps))
        return optimizer

    def forward(self, X: Any) -> Array:
        """Outputs after the output activation: probabilities, or numbers as y had them. Shape: (n, outputs).

        Before the first targets are seen, an output activation that was not chosen is not applied.
        """
        out = self.network.forward(self._rows(X))
        if self.head is not None:
            return self.head.outputs(out)
        activation = None if self.output is None else make_activation(self.output)
        return out if activation is None else activation.evaluate(out)

    def backward(self, y: Any) -> dict[str, Array]:
        """Gradients of the loss for the rows last given to ``forward``, by name of the parameter.

        Raises
        ------
        GraphError
            Before ``forward``, or if an array was changed in place since.

        Examples
        --------
        >>> network = NeuralNetwork([2, 3, 1], seed=0)
        >>> _ = network.forward([[0.0, 1.0], [1.0, 1.0]])
        >>> gradients = network.backward([1, 0])
        >>> gradients["1.weights"].shape
        (2, 3)
        """
        before = self.network
        if not before.layers[-1].marks:
            raise GraphError("backward() before forward()", hint="call forward(X) first")
        rows = before.layers[0].inputs[0]
        head, targets = self._understand(y, len(rows))
        if self.head is None:
            self.adopt(head, _is_column(y))
        if self.network is not before:  # the targets brought an output activation
            self.network.layers[-1].forward(before.layers[-1].output)
        head.loss.forward(self.network.layers[-1].output, targets)
        self.network.backward(head.loss.backward())
        self.regularizer.add_gradients(self.network.flat.parameters.values())
        return {name: parameter.grad.copy() for name, parameter in self.parameters().items()}

    def _last_values(self, X: Any) -> Array:
        self._decided()
        return self.network.evaluate(self._rows(X))

    def _rows(self, X: Any) -> Array:
        return self._scaled(as_matrix(X, self.sizes[0], self.dtype))

    def _scaled(self, data: Array) -> Array:
        return data if self.scaling is None else self.scaling.apply(data).astype(self.dtype)

    def _decided(self) -> Head:
        """The head; before the first targets there is none."""
        if self.head is None:
            raise GraphError(
                "the network has not seen any targets yet, so it cannot know what its outputs mean",
                hint="call train(X, y) first; forward(X) gives the bare outputs",
            )
        return self.head

    def predict(self, X: Any) -> Array:
        """Class labels or numbers, as y had them: (n, 1) where y was (n, 1), and text where y was text."""
        predicted = self._decided().decode(self._last_values(X))
        return predicted.reshape(-1, 1) if self.column else predicted

    def predict_proba(self, X: Any) -> Array:
        """Probability of each class, in the order of ``classes``. Shape: (n, classes).

        Raises
        ------
        SettingError
            If the network does not give probabilities.
        """
        return self._decided().probabilities(self._last_values(X))

    def evaluate(self, X: Any, y: Any) -> float:
        """Accuracy in percent for classes; R², at most 1, for numbers.

        Raises
        ------
        DataError
            If y holds a class that the network does not know.
        ShapeError
            If y has another number of columns than in training.
        """
        targets, predicted = self._decided().targets, self.predict(X)
        actual = as_targets(y, len(predicted))
        predicted = predicted[:, 0] if self.column else predicted
        if targets.kind in ("binary", "multiclass"):
            return 100.0 * metrics.accuracy(targets.class_numbers(predicted), targets.class_numbers(actual))
        wanted = targets.encode(actual, np.float64)
        predicted = predicted.reshape(wanted.shape)
        if targets.kind == "multilabel":
            return 100.0 * metrics.accuracy(predicted, wanted)
        return metrics.r2(predicted, wanted)

    def save(self, path: Any) -> None:
        """Write weights and settings to a safetensors file, whole or not at all.

        Of an optimizer of your own the file holds the kind only, and no loss of your own can be saved.

        Raises
        ------
        DataError
            If the file cannot be written; says why.
        SettingError
            If the loss is not one of whygrad's.
        """
        from .model_file import save

        save(self, path)

    @staticmethod
    def load(path: Any) -> NeuralNetwork:
        """A network from a file that :meth:`save` wrote.

        Raises
        ------
        DataError
            If the file is missing, damaged, or not of this kind; names it.
        """
        from .model_file import load

        return load(path, NeuralNetwork)

    @property
    def classes(self) -> tuple[Any, ...]:
        """Class labels in the order of the outputs; empty for regression or before training."""
        return self.head.targets.classes if self.head is not None else ()

    def summary(self) -> str:
        """A table of the layers, their parameters, and what is being minimised.

        Examples
        --------
        >>> print(NeuralNetwork([2, 4, 1], seed=0).summary())
        layer    inputs  outputs  parameters  activation
        1 dense       2        4          12  silu
        2 dense       4        1           5  ?
        17 parameters in float64; output and loss follow from the targets
        """
        output = self.head.output if self.head is not None else self.output or "?"
        decided = self.head.sentence if self.head is not None else "output and loss follow from the targets"
        closing = f"{len(self.network.flat):,} parameters in {self.dtype}; {decided}"
        return summary(self.sizes, self.activation, output, closing)

    def __repr__(self) -> str:
        trained = f", trained for {len(self.history)} epochs" if len(self.history) else ""
        output = f", output={self.head.output!r}" if self.head is not None else ""
        return f"NeuralNetwork({list(self.sizes)}, activation={self.activation!r}{output}{trained})"


def _is_column(y: Any) -> bool:
    """Whether y came as (n, 1)."""
    return np.ndim(y) == 2 and np.shape(y)[1] == 1
