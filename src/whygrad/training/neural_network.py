"""``NeuralNetwork``: layer sizes in, a trained network out. Output and loss follow from the targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from .._files import write_whole
from .._numbers import SHRINKING, number
from ..data.column_encoding import Column
from ..data.encoding import Encoding
from ..data.scaling import Scaling
from ..data.sets import MOST_SEED, check_seed
from ..data.splitting import held_out
from ..data.tables import as_frame, as_matrix, as_targets, column_names
from ..errors import DataError, GraphError, SettingError
from ..evaluation import metrics
from ..nn.activations import make_activation
from ..nn.losses import Loss, make_loss
from ..nn.parameter import Parameter
from ..nn.regularizers import Regularizer
from ..nn.sequential import Sequential
from ..optim import AdamW, Optimizer
from .building import dense_network, float_dtype, layer_sizes, run_optimizer, summary
from .checkpoint import Checkpoint, described, digest
from .defaults import DEFAULTS, initializer_for, weight_decay_for
from .estimator import Estimator
from .head import Head, choose
from .history import History
from .loop import BLOCK, Callback, Rows, Training, check_settings
from .progress import announce
from .watching import watch

Array = np.ndarray[Any, Any]


class NeuralNetwork(Estimator):
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
        By default 0.01, and 0.4 with ``scale``, unless there is a single hidden layer.
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
        made_with = {name: value for name, value in locals().items() if name != "self"}
        self.made_with = (
            made_with if isinstance(optimizer, str) else {**made_with, "optimizer": deepcopy(optimizer)}
        )
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
        self.encoding: Encoding | None = None  # of a table's columns, for networks trained from a table
        self.target: str | None = None  # what it predicts, in that table
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
        batch_size: int | str = DEFAULTS.batch_size,
        *,
        schedule: str | None = None,
        clip: float | None = None,
        validation: float | tuple[Any, Any] | None = None,
        patience: int | None = None,
        callbacks: Iterable[Callback] = (),
        checkpoint: Any = None,
        resume: bool = False,
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
            Rows a step, or ``"full"`` for all of them.
        schedule
            How the learning rate changes: ``"constant"``, ``"cosine"`` down to zero …; by default cosine,
            and what an optimizer of your own has.
        clip
            Upper bound for the norm of the gradient.
        validation
            Rows and targets to watch, or which share of the given ones to set aside for it.
        patience
            Early stopping: end when the validation loss has not been lower than its lowest for so many
            epochs, and keep the weights that it was lowest with. Sets a tenth of the rows aside if
            ``validation`` is not given.
        callbacks
            Functions that are given each :class:`Epoch` as it ends; training stops when one returns True.
        checkpoint
            A file to write the state of the run to, from before the first step on.
        resume
            Go on from the checkpoint, with the same data and settings: the result is the same, bit for bit,
            as if training had not been interrupted.
        verbose
            Say what is being trained, and draw a progress bar; by default the bar is drawn on a terminal.

        Returns
        -------
        History
            Loss and accuracy or R² of each epoch, of this and earlier calls.

        Raises
        ------
        ShapeError, DataError, KindError
            If the data do not fit; says which row or dimension. If a checkpoint cannot be read or written.
        SettingError
            If a setting cannot work, such as a learning rate of zero, or is another than the checkpoint's.
        TrainingError
            If the loss becomes NaN or infinite; says when, and in which layer first.
        """
        check_settings(epochs, batch_size, clip, patience)
        if resume and checkpoint is None:
            raise SettingError("resume=True needs a checkpoint to go on from", hint="checkpoint=PATH")
        keeper = None if checkpoint is None else Checkpoint(checkpoint, resume)
        new = self.head is None
        with self.unchanged_by_errors():
            run = self.prepare(
                X,
                y,
                epochs,
                learning_rate,
                batch_size,
                schedule=schedule,
                clip=clip,
                validation=validation,
                patience=patience,
                keeper=keeper,
            )
            run.lay_out()
            if keeper is not None:
                keeper.begin(run, self._setup(run))
        if new and verbose is not False:
            announce(self._decided().sentence)
        watch(run, callbacks, keeper, verbose)
        if self.history.interrupted and verbose is not False:
            announce(f"stopped by Ctrl-C in epoch {len(self.history)}; what was learned is kept")
        return self.history

    def prepare(
        self,
        X: Any,
        y: Any,
        epochs: int,
        learning_rate: float | None,
        batch_size: int | str,
        *,
        schedule: str | None = None,
        clip: float | None = None,
        validation: float | tuple[Any, Any] | None = None,
        patience: int | None = None,
        keeper: Checkpoint | None = None,
    ) -> Training:
        """All that :meth:`train` does before the first step; the network learns what its outputs mean."""
        new = self.head is None
        data, names = self._matrix(X), column_names(X)
        head, learned, watched = self._parts(data, y, validation, patience, keeper)
        rows = len(learned.X)
        batch = rows if isinstance(batch_size, str) else min(batch_size, rows)
        optimizer = self._optimizer(learning_rate, schedule, steps=epochs * -(-rows // batch))
        if new:
            if names and self.encoding is None:
                self.encoding = Encoding(tuple([Column(name, "number") for name in names]))
            self.adopt(head, _is_column(y))
        if self.scale and self.scaling is None:
            self.scaling = Scaling.of(learned.X)
        learned, watched = self._scaled_rows(learned), self._scaled_rows(watched) if watched else None
        if isinstance(optimizer, AdamW) and optimizer.decay_mask is None:
            optimizer.decay_mask = self.network.flat.penalized
        self.history.metric = head.metric
        return Training(
            self.network,
            head.loss,
            optimizer,
            learned,
            epochs=epochs,
            batch_size=batch,
            rng=self.rng,
            regularizer=self.regularizer,
            history=self.history,
            score=head.scorer(learned.targets),
            clip=clip,
            validation=watched,
            validation_score=None if watched is None else head.scorer(watched.targets),
            patience=patience,
        )

    @contextmanager
    def unchanged_by_errors(self) -> Iterator[None]:
        """Within the block, what is refused leaves the network as it was."""
        before, metric, state = self.network, self.history.metric, self.rng.bit_generator.state
        decided = self.head, self.column, self.scaling, self.encoding
        try:
            yield
        except BaseException:
            if self.network is not before:  # whose layers live in the vectors of the new one
                self.network = Sequential(before.layers)
            self.head, self.column, self.scaling, self.encoding = decided
            self.history.metric, self.rng.bit_generator.state = metric, state
            raise

    def _parts(
        self, data: Array, y: Any, validation: Any, patience: int | None, keeper: Checkpoint | None
    ) -> tuple[Head, Rows, Rows | None]:
        """The head, rows to learn from, and rows to watch."""
        raw = as_targets(y, len(data))
        head, targets = self._understand(raw, len(data))
        if validation is None and patience is None:
            return head, Rows(data, targets), None
        if isinstance(validation, tuple):
            if len(validation) != 2:
                raise SettingError("validation must be rows and targets", received=f"{len(validation)} parts")
            X = self._matrix(validation[0])
            watched = Rows(X, head.encode(as_targets(validation[1], len(X)), self.dtype))
            return head, Rows(data, targets), watched
        share = number("validation", 0.1 if validation is None else validation, SHRINKING, hint="try 0.1")
        seed = int(self.rng.integers(MOST_SEED))
        if keeper is not None:
            seed = keeper.keep_split(seed)
        inside, outside = held_out(targets, share, head.targets.kind, seed)
        if self.head is None:
            head = head.scaled_by(raw[inside])  # the rows that are watched have no say in it
            targets = head.encode(raw, self.dtype)
        return head, Rows(data[inside], targets[inside]), Rows(data[outside], targets[outside])

    def _scaled_rows(self, rows: Rows) -> Rows:
        return Rows(self._scaled(rows.X), rows.targets)

    def _setup(self, run: Training) -> dict[str, str]:
        """What must be the same for a run to go on from a checkpoint."""
        head, watched = self._decided(), run.validation
        return {
            "layers": f"{', '.join(map(str, self.sizes))}, {self.activation}",
            "dropout": repr(float(self.dropout)),
            "task": head.targets.kind,
            "output": head.output,
            "loss": repr(run.loss),
            "penalty": repr(run.regularizer),
            "seed": str(self.seed) if isinstance(self.seed, (int, np.integer)) else "not a number",
            "dtype": str(self.dtype),
            "epochs": str(run.last - run.first),
            "batch_size": str(run.batch_size),
            "clip": str(run.clip),
            "patience": str(run.patience),
            "optimizer": described(run.optimizer),
            "data": _described_rows(run.data),
            "validation": "none" if watched is None else _described_rows(watched),
        }

    def _optimizer(self, learning_rate: float | None, schedule: str | None, steps: int) -> Optimizer:
        """A new optimizer for each call to train, or the one given."""
        return run_optimizer(
            self.optimizer,
            learning_rate,
            schedule,
            steps,
            weight_decay=self.weight_decay,
            default_decay=weight_decay_for(self.scale, len(self.sizes) - 2),
        )

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
        """What the last layer gives, computed block by block."""
        self._decided()
        data = self._matrix(X)
        out = np.empty((len(data), self.sizes[-1]), self.dtype)
        for begin in range(0, len(data), BLOCK):
            out[begin : begin + BLOCK] = self.network.evaluate(self._scaled(data[begin : begin + BLOCK]))
        return out

    def _rows(self, X: Any) -> Array:
        return self._scaled(self._matrix(X))

    def _matrix(self, X: Any) -> Array:
        """Inputs as a matrix; columns of a data frame are found by name, if they had names in training."""
        if self.encoding is not None and column_names(X):
            return self.encoding.matrix(as_frame(X), self.dtype)
        return as_matrix(X, self.sizes[0], self.dtype)

    def _scaled(self, data: Array) -> Array:
        return data if self.scaling is None else self.scaling.apply(data).astype(self.dtype, copy=False)

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
        found = self._fraction(X, y)
        return found if self._decided().metric == "r2" else 100.0 * found

    def loss_of(self, X: Any, y: Any) -> float:
        """The mean loss of rows, as training minimises it, but without dropout and penalty.

        Examples
        --------
        >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
        >>> network = NeuralNetwork([2, 4, 1], seed=0)
        >>> history = network.train(X, y, epochs=1000, learning_rate=0.1, verbose=False)
        >>> network.loss_of(X, y) < 0.01
        True
        """
        head, out = self._decided(), self._last_values(X)
        return head.loss.evaluate(out, head.encode(as_targets(y, len(out)), self.dtype))

    def _fraction(self, X: Any, y: Any) -> float:
        """Accuracy as a fraction, or R²."""
        targets, predicted = self._decided().targets, self.predict(X)
        actual = as_targets(y, len(predicted))
        predicted = predicted[:, 0] if self.column else predicted
        if targets.kind in ("binary", "multiclass"):
            return metrics.accuracy(targets.class_numbers(predicted), targets.class_numbers(actual))
        wanted = targets.encode(actual, np.float64)
        predicted = predicted.reshape(wanted.shape)
        if targets.kind == "multilabel":
            return metrics.accuracy(predicted, wanted)
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

    def save_parameters(self, path: Any) -> None:
        """Write all weights and biases, as one flat vector, to an NPY file.

        Raises
        ------
        DataError
            If the file cannot be written; says why.
        """
        buffer = BytesIO()
        np.save(buffer, self.network.vector, allow_pickle=False)
        write_whole(Path(path), buffer.getvalue())

    def load_parameters(self, path: Any) -> None:
        """Take weights and biases from a file that :meth:`save_parameters` wrote for such a network.

        Raises
        ------
        DataError
            If it cannot be read, or does not hold as many numbers as the network has parameters.
        """
        try:
            with Path(path).open("rb") as file:
                vector = np.lib.format.read_array(file, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise DataError(f"cannot read parameters from {path}", received=reason) from None
        expected = self.network.vector
        if (vector.shape, vector.dtype) != (expected.shape, expected.dtype):
            raise DataError(
                f"{path} does not hold the parameters of this network",
                expected=f"{expected.dtype} {expected.shape}",
                received=f"{vector.dtype} {vector.shape}",
            )
        if not np.isfinite(vector).all():
            raise DataError(f"{path} holds parameters that are not finite")
        self.network.vector = vector

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
    def gives_probabilities(self) -> bool:
        """Whether :meth:`predict_proba` works: for one class of several, from a sigmoid or softmax."""
        return self.head is not None and self.head.gives_probabilities and bool(self.classes)

    @property
    def classes_(self) -> Array:
        """The same as ``classes``, as an array under the name that scikit-learn has for it."""
        if not self.classes:
            raise AttributeError("classes_: this network predicts numbers, or has not seen its targets yet")
        return np.asarray(self.classes)

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


def _described_rows(rows: Rows) -> str:
    return f"{len(rows.X):,} rows × {rows.X.shape[1]:,} columns, digest {digest(*rows)}"


def _is_column(y: Any) -> bool:
    """Whether y came as (n, 1)."""
    return np.ndim(y) == 2 and np.shape(y)[1] == 1
