"""What a run from the command line can be told: one declaration for flags and for ``settings.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ..data.sets import MOST_SEED
from ..errors import SettingError, nearest
from ..nn.activations import ACTIVATIONS
from ..nn.initializers import INITIALIZERS
from ..nn.losses import LOSSES
from ..optim import OPTIMIZERS, SCHEDULES
from ..training.defaults import DEFAULTS, weight_decay_for


def _sizes(value: Any) -> Any:
    """``"64,32"`` as a list; a list as it is."""
    if isinstance(value, str):
        value = [part for part in value.replace(" ", ",").split(",") if part]
    elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return _sizes(value[0])
    return value


def _names_in(value: Any) -> Any:
    """``"id,street"`` as two names; flags given several times as one list."""
    parts = [value] if isinstance(value, str) else value
    if isinstance(parts, (list, tuple)) and all(isinstance(part, str) for part in parts):
        return [name.strip() for part in parts for name in part.split(",") if name.strip()]
    return value


FORMAT = "whygrad-run-1"
Names = Annotated[tuple[str, ...], BeforeValidator(_names_in)]
Sizes = Annotated[tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(_sizes)]


def _names(table: Any) -> str:
    return ", ".join(table)


STARTS = sorted({item.name for item in INITIALIZERS.values()})
HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]


class TrainSettings(BaseModel):
    """Settings of one training run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: str | None = Field(
        default=None, description="The column to predict, in a table of your own; by default the last."
    )
    task: Literal["classification", "regression"] | None = Field(
        default=None, description="classification or regression; by default it follows from the target."
    )
    ignore: Names = Field(default=(), description="Columns to leave out, such as id,name.")
    text: Names = Field(
        default=(), description="Columns to read as text, whatever they hold: codes, house numbers."
    )
    fill: bool = Field(
        default=False,
        description="Fill missing values: numbers with the median, categories with the most frequent one.",
    )
    separator: str | None = Field(
        default=None, description="Between fields: a comma, ;, tab or |; by default whichever fits."
    )
    decimal: str | None = Field(
        default=None, description="The decimal mark, a point or a comma; by default whichever fits."
    )
    layers: Sizes | None = Field(
        default=None,
        description="Sizes of the hidden layers, such as 64,32; by default 64,64, or 16,16 below 500 rows.",
    )
    activation: str = Field(
        default=DEFAULTS.activation, description=f"After each hidden layer: {_names(HIDDEN)}."
    )
    initializer: str | None = Field(
        default=None,
        description=f"How weights start: {_names(STARTS)}; by default it follows from the activation.",
    )
    output_activation: str | None = Field(
        default=None,
        description=f"After the last layer: {_names(ACTIVATIONS)}; by default it follows from the targets.",
    )
    loss: str | None = Field(
        default=None,
        description=f"What to minimise: {_names(LOSSES)}; by default it follows from the targets.",
    )
    optimizer: str = Field(default=DEFAULTS.optimizer, description=f"How to step: {_names(OPTIMIZERS)}.")
    schedule: str = Field(
        default=DEFAULTS.schedule, description=f"How the learning rate changes: {_names(SCHEDULES)}."
    )
    learning_rate: float = Field(
        default=DEFAULTS.learning_rate, gt=0, description="Size of a step at the start."
    )
    batch_size: Annotated[int, Field(ge=1)] | Literal["full"] = Field(
        default=DEFAULTS.batch_size, description="Rows a step, or full for all of them."
    )
    epochs: int = Field(default=DEFAULTS.epochs, ge=1, description="How often to go through the data.")
    l1: float = Field(default=0.0, ge=0, description="Strength of the penalty on |w|.")
    l2: float = Field(default=0.0, ge=0, description="Strength of the penalty on w² / 2.")
    weight_decay: float | None = Field(
        default=None,
        ge=0,
        description=f"How much adamw shrinks weights; by default {weight_decay_for(True, 2)}, and "
        f"{weight_decay_for(True, 1)} with a single hidden layer or --unscaled.",
    )
    dropout: float = Field(default=0.0, ge=0, lt=1, description="Share of each hidden layer to drop.")
    clip: float | None = Field(default=None, gt=0, description="Upper bound for the norm of the gradient.")
    patience: int | None = Field(
        default=None,
        ge=1,
        description="Early stopping: epochs to wait for a lower validation loss; keeps the best weights.",
    )
    validation_size: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Share of the rows to learn from that is only watched; by default 0.1 with --patience.",
    )
    unscaled: bool = Field(
        default=False,
        description="Take inputs, and numbers to predict, as they are; else they are brought to mean 0 and "
        "standard deviation 1.",
    )
    seed: int = Field(
        default=0, ge=0, le=MOST_SEED, description="Fixes the split, the weights and the shuffling."
    )
    test_size: float = Field(default=0.2, gt=0, lt=1, description="Share of the rows kept for the test.")
    folds: int | None = Field(
        default=None, ge=2, description="Cross-validate too: train on this many parts in turn."
    )
    samples: int | None = Field(default=None, ge=4, description="Rows to draw, for a set that is drawn.")
    noise: float | None = Field(
        default=None, ge=0, le=1e6, description="Noise to draw with, for a set that is drawn."
    )
    dtype: Literal["float64", "float32"] = Field(
        default="float64", description="float64, or float32 for speed."
    )


def make_settings(values: dict[str, Any]) -> TrainSettings:
    """Settings from names and values; what is not given has its default.

    Raises
    ------
    SettingError
        Naming each setting that cannot work, with the nearest name for an unknown one.

    Examples
    --------
    >>> make_settings({"epochs": 5, "layers": "32,16"}).layers
    (32, 16)
    """
    try:
        return TrainSettings(**values)
    except ValidationError as error:
        raise explain(error) from None


def explain(error: ValidationError) -> SettingError:
    """What pydantic found, as an error that teaches."""
    problems: list[tuple[str, str, Any]] = []
    for item in error.errors():
        name = str(item["loc"][0]) if item["loc"] else "settings"
        if item["type"] == "extra_forbidden":
            return SettingError(f"unknown setting {name!r}", hint=nearest(name, TrainSettings.model_fields))
        text = item["msg"][0].lower() + item["msg"][1:]
        if problems and problems[-1][0] == name:  # one of several kinds that a setting may be, or of a list
            before = problems.pop()[1]
            text = before if text in before else f"{before}, or {text}"
        problems.append((name, text, item["input"]))
    first = TrainSettings.model_fields.get(problems[0][0])
    return SettingError(
        "; ".join([f"{name}: {text}" for name, text, _ in problems]),
        received=", ".join([f"{name} = {value!r}" for name, _, value in problems]),
        hint=None if first is None else f"--{problems[0][0].replace('_', '-')}: {first.description}",
    )


def to_toml(data: str, settings: TrainSettings) -> str:
    """The settings as TOML, which :func:`from_toml` reads back."""
    import tomli_w

    values = {key: value for key, value in settings.model_dump(mode="json").items() if value is not None}
    return tomli_w.dumps({"format": FORMAT, "data": data, **values})


def from_toml(path: Path) -> tuple[str | None, TrainSettings]:
    """The data, if they are named there, and settings from a file.

    Raises
    ------
    SettingError
        If the file cannot be read, is of another version, or holds something unknown.
    """
    import tomllib

    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SettingError(f"cannot read settings from {path}", received=reason) from None
    version, data = values.pop("format", FORMAT), values.pop("data", None)
    if version != FORMAT:
        raise SettingError(
            f"{path} is of another version of whygrad", expected=f"format {FORMAT}", received=f"{version}"
        )
    if data is not None and not isinstance(data, str):
        raise SettingError(f"{path}: data must be the name of a set, or a path", received=repr(data))
    try:
        return data, make_settings(values)
    except SettingError as error:
        raise SettingError(
            f"{path}: {error.problem}", expected=error.expected, received=error.received, hint=error.hint
        ) from None
