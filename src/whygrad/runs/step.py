"""From a name to an observed step: data, a network for them, a batch, and one step of training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ..data.sets import MOST_SEED, SETS
from ..data.tables import as_matrix, as_targets
from ..errors import DataError, SettingError, ShapeError
from ..nn.losses import LOSSES
from ..nn.regularizers import NO_PENALTY, Regularizer
from ..optim import OPTIMIZERS, AdamW, Optimizer, clip_by_norm, make_optimizer
from ..trace.layers import observe_step
from ..trace.record import Trace
from ..training.head import Head, choose
from ..training.neural_network import NeuralNetwork
from .settings import HIDDEN, Sizes, TrainSettings
from .sources import Arrays, open_source

Array = np.ndarray[Any, Any]
FEW_ROWS = 8  # so many are taken together as they are
BATCH = 4  # rows taken of larger data


def _row_numbers(value: Any) -> Any:
    """``"0,3,8-10"`` as numbers."""
    parts = [value] if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)) or not all(isinstance(part, str) for part in parts):
        return value
    found: list[Any] = []
    for part in ",".join(parts).replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        short = len(part) < 20 and part.isascii()
        if dash and short and first.isdigit() and last.isdigit() and int(last) - int(first) < 1_000_000:
            found += range(int(first), int(last) + 1)
        elif part:
            found.append(part)
    return found


Rows = Annotated[tuple[Annotated[int, Field(ge=0)], ...], BeforeValidator(_row_numbers)]


class StepSettings(BaseModel):
    """Which step is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Path | None = Field(
        default=None, description="A trained network to look into: a run folder, or a safetensors file."
    )
    target: str | None = Field(
        default=None, description="The column to predict, in a table of your own; by default the last."
    )
    layers: Sizes | None = Field(
        default=None,
        description="Sizes of the hidden layers, such as 4,3; by default 2 for xor, otherwise 4.",
    )
    activation: str = Field(default="tanh", description=f"After each hidden layer: {', '.join(HIDDEN)}.")
    loss: str | None = Field(
        default=None,
        description=f"What to minimise: {', '.join(LOSSES)}; by default it follows from the targets.",
    )
    initializer: str | None = Field(
        default=None, description="How weights start; by default it follows from the activation."
    )
    rows: Rows | None = Field(
        default=None,
        description="Which rows of the data are the batch, such as 0,3,8-10; by default the first.",
    )
    batch_size: Annotated[int, Field(ge=1)] | Literal["full"] | None = Field(
        default=None,
        description=f"How many rows to take; by default all of up to {FEW_ROWS}, and {BATCH} of more.",
    )
    optimizer: str = Field(default="sgd", description=f"How to step: {', '.join(OPTIMIZERS)}.")
    learning_rate: float = Field(default=0.1, gt=0, description="Size of a step.")
    weight_decay: float | None = Field(default=None, ge=0, description="How much adamw shrinks weights.")
    l1: float = Field(default=0.0, ge=0, description="Strength of the penalty on |w|.")
    l2: float = Field(default=0.0, ge=0, description="Strength of the penalty on w² / 2.")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Share of each hidden layer to drop.")
    clip: float | None = Field(default=None, gt=0, description="Upper bound for the norm of the gradient.")
    steps: int = Field(default=0, ge=0, le=100_000, description="Steps to take on the batch before this one.")
    raw: bool = Field(
        default=False,
        description="Take inputs as they are, rather than at mean 0 and deviation 1; drawn sets always are.",
    )
    seed: int = Field(default=0, ge=0, le=MOST_SEED, description="Fixes data, weights and dropout.")


@dataclass(frozen=True)
class Session:
    """A network and a batch, ready to step.

    Attributes
    ----------
    network
        With its loss decided.
    x, targets
        The batch, scaled and encoded.
    rows
        Which rows of the data it is.
    about
        For headings.
    """

    network: NeuralNetwork
    head: Head
    x: Array
    targets: Array
    rows: tuple[int, ...]
    optimizer: Optimizer
    regularizer: Regularizer
    clip: float | None
    about: dict[str, Any]

    def step(self) -> None:
        """One step without observing."""
        network = self.network.network
        network.loss_and_gradient(self.x, self.targets, self.head.loss, self.regularizer)
        if self.clip is not None:
            clip_by_norm(network.gradient, self.clip)
        self.optimizer.step(network.vector, network.gradient)

    def observe(self) -> Trace:
        """One step, observed."""
        return observe_step(
            self.network.network,
            self.head.loss,
            self.x,
            self.targets,
            optimizer=self.optimizer,
            regularizer=self.regularizer,
            clip=self.clip,
            about=self.about,
        )


def open_session(data: str | None = None, settings: StepSettings | None = None) -> Session:
    """Read the data, make or load a network, and take the steps before the one of interest.

    Parameters
    ----------
    data
        A set or a file, as ``whygrad train`` takes it; by default the four corners of XOR.
    settings
        Defaults when not given.

    Examples
    --------
    >>> session = open_session()
    >>> session.observe()
    <trace of layers: 3 forward, 2 loss, 8 backward, 4 update>
    """
    settings = settings or StepSettings()
    name, X, y, task = _data(data, settings)
    rows = _batch(settings, len(X), name)
    if settings.model is not None:
        network, head = _loaded(settings, X, y, name)
    else:
        network, head = _made(settings, X, y, name, task)
    scaled = X if network.scaling is None else network.scaling.apply(X).astype(network.dtype, copy=False)
    encoded = head.encode(as_targets(y, len(X)), network.dtype)
    more = {} if settings.weight_decay is None else {"weight_decay": settings.weight_decay}
    optimizer = make_optimizer(settings.optimizer, settings.learning_rate, **more)
    if isinstance(optimizer, AdamW):
        optimizer.decay_mask = network.network.flat.penalized
    penalty = Regularizer(settings.l1, settings.l2) if settings.l1 or settings.l2 else NO_PENALTY
    about = {
        "title": f"One training step: {name}, {'-'.join(map(str, network.sizes))}",
        "data": f"{name}, rows {_ranges(rows)} of {len(X)}",
        "activation": network.activation,
        "loss": head.sentence,
        "optimizer": settings.optimizer,
        "learning_rate": settings.learning_rate,
        "seed": settings.seed,
        "steps_before": settings.steps,
    }
    chosen = list(rows)
    session = Session(
        network, head, scaled[chosen], encoded[chosen], rows, optimizer, penalty, settings.clip, about
    )
    for _ in range(settings.steps):
        session.step()
    return session


def _data(data: str | None, settings: StepSettings) -> tuple[str, Array, Array, str]:
    """Name, inputs, targets, and what is to be learned."""
    if data is None and settings.model is not None and settings.model.is_dir():
        from .saved_run import open_run

        data = open_run(settings.model).data
    name = (data or "xor").lower()
    corners = name == "xor"
    given = TrainSettings(
        target=settings.target,
        seed=settings.seed,
        samples=4 if corners else None,
        noise=0.0 if corners else None,
    )
    source = open_source(data or "xor", given)
    if isinstance(source, Arrays):
        return source.problem.name, source.X, source.y, source.problem.task
    inside, outside = source.split(0.2, settings.seed)
    if settings.model is not None:
        from .saved_run import read_rows

        network = _load(settings.model)
        read = read_rows(str(data), network, given, with_target=True)
        return source.problem.name, np.asarray(read.X), np.asarray(read.y), source.problem.task
    parts = source.parts(np.sort(inside), outside)
    return source.problem.name, parts.rows.X_train, parts.rows.y_train, source.problem.task


def _batch(settings: StepSettings, count: int, name: str) -> tuple[int, ...]:
    """The rows of the batch; refuses those that the data do not have."""
    if settings.rows is not None:
        if settings.batch_size is not None:
            raise SettingError("--rows says which rows, --batch-size how many: give one of them")
        if not settings.rows:
            raise SettingError("no rows are given", expected="such as 0,3,8-10")
        for row in settings.rows:
            if row >= count:
                raise ShapeError(f"{name} has no row {row}", expected=f"0 to {count - 1}", received=row)
        return settings.rows
    size = settings.batch_size
    if size is None:
        size = count if count <= FEW_ROWS else BATCH
    if size == "full":
        size = count
    if size > count:
        raise ShapeError(f"{name} has no {size} rows", expected=f"1 to {count}", received=size)
    return tuple(range(size))


def _made(settings: StepSettings, X: Array, y: Array, name: str, task: str) -> tuple[NeuralNetwork, Head]:
    """A fresh network for these data."""
    regression = task == "regression"
    classes = 0 if regression else len(np.unique(y))
    outputs = classes if classes > 2 else 1
    hidden = settings.layers if settings.layers is not None else ((2,) if name == "xor" else (4,))
    drawn = name in SETS and SETS[name].samples is not None
    scale = not (drawn or settings.raw)
    network = NeuralNetwork(
        [X.shape[1], *hidden, outputs],
        settings.activation,
        initializer=settings.initializer,
        dropout=settings.dropout,
        seed=settings.seed,
    )
    raw = as_targets(y, len(X))
    head = choose(raw, outputs, settings.loss, None, "regression" if regression else None, scale)
    network.adopt(head, column=False)
    if scale:
        from ..data.scaling import Scaling

        network.scaling = Scaling.of(X)
    return network, head


def _load(path: Path) -> NeuralNetwork:
    if path.is_dir():
        from .saved_run import open_run

        return open_run(path).network()
    return NeuralNetwork.load(path)


def _loaded(settings: StepSettings, X: Array, y: Array, name: str) -> tuple[NeuralNetwork, Head]:
    """A trained network; refuses data of another shape, and settings that it has already."""
    fixed = [flag for flag in ("layers", "activation", "loss", "initializer", "dropout", "raw")
             if flag in settings.model_fields_set]  # fmt: skip
    if fixed:
        raise SettingError(
            "a trained network has these settings already",
            received=", ".join("--" + flag.replace("_", "-") for flag in fixed),
            hint="leave them out, or leave --model out",
        )
    assert settings.model is not None
    network = _load(settings.model)
    if network.head is None:
        raise DataError(f"{settings.model} was saved before its first training: its loss is not decided")
    if X.shape[1] != network.sizes[0]:
        raise ShapeError(
            f"{settings.model} is a network for other data than {name}",
            expected=f"{network.sizes[0]} inputs",
            received=f"{X.shape[1]} inputs",
            hint="give the data it was trained on",
        )
    as_matrix(X, network.sizes[0], network.dtype)
    known = network.classes
    strange = [label for label in np.unique(y).tolist() if known and label not in known]
    if strange:
        raise DataError(
            f"the network does not know the class {strange[0]!r} of {name}",
            expected=", ".join(map(str, known)),
            received=strange[0],
        )
    return network, network.head


def _ranges(rows: tuple[int, ...]) -> str:
    """``0 to 3`` or ``0, 5, 7``."""
    if len(rows) > 1 and rows == tuple(range(rows[0], rows[-1] + 1)):
        return f"{rows[0]} to {rows[-1]}"
    return ", ".join(map(str, rows[:12])) + (f" … ({len(rows)} rows)" if len(rows) > 12 else "")
