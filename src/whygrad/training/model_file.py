"""A network in a safetensors file: weights as tensors, settings as JSON in its header; never a pickle."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from .._files import write_whole
from ..data.encoding import Encoding
from ..data.scaling import Scaling
from ..data.targets import Targets
from ..errors import DataError, SettingError, WhygradError
from ..nn.losses import LOSSES, BinaryCrossEntropy, Loss, make_loss
from ..optim import OPTIMIZERS
from .defaults import DEFAULTS
from .head import Head, check_fit

if TYPE_CHECKING:
    from .neural_network import NeuralNetwork

FORMAT = "whygrad-network-1"  # the one key of the header's metadata; of several the order would vary
DTYPES = {"float64": "F64", "float32": "F32"}  # as safetensors calls them
SCALED = {"inputs": 0, "targets": -1}  # what may be scaled, and which of the layer sizes its columns are


class _Strict(BaseModel):
    """Of the right types, and with nothing besides: a file is not to be trusted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class SavedLoss(_Strict):
    """A loss by its name, and what it is made with."""

    name: str
    settings: dict[str, bool | int | float]


class SavedHead(_Strict):
    """What stands at the end of the network."""

    output: str
    loss: SavedLoss
    kind: Literal["binary", "multiclass", "multilabel", "regression"]
    classes: list[bool | int | float | str]
    one_hot: bool
    flat: bool
    because: str
    column: bool


class SavedNetwork(_Strict):
    """Everything about a network but its weights and scalings."""

    layers: list[int]
    activation: str
    initializer: str
    optimizer: str
    weight_decay: float | None
    l1: float
    l2: float
    dropout: float
    scale: bool
    seed: int | None
    dtype: Literal["float64", "float32"]
    output: str | None
    loss: SavedLoss | None
    task: str | None
    encoding: str | None
    target: str | None
    head: SavedHead | None


def save(network: NeuralNetwork, path: Any) -> None:
    """Write the network; see :meth:`NeuralNetwork.save`."""
    from safetensors.numpy import save as to_bytes

    try:
        settings = _settings(network).model_dump_json()
    except ValidationError as error:
        raise SettingError("this network cannot be saved", received=_reason(error)) from None
    tensors = {name: np.ascontiguousarray(item.data) for name, item in network.parameters().items()}
    scalings = {"inputs": network.scaling, "targets": None if network.head is None else network.head.scaling}
    for name, scaling in scalings.items():
        if scaling is not None:
            tensors[f"scaling.{name}.mean"] = np.asarray(scaling.mean, np.float64)
            tensors[f"scaling.{name}.std"] = np.asarray(scaling.std, np.float64)
    write_whole(Path(path), to_bytes(tensors, {FORMAT: settings}))


def _settings(network: NeuralNetwork) -> SavedNetwork:
    head, optimizer = network.head, network.optimizer
    if not isinstance(optimizer, str):
        optimizer = optimizer.name if optimizer.name in OPTIMIZERS else DEFAULTS.optimizer
    settings = dict(
        layers=list(network.sizes),
        activation=network.activation,
        initializer=network.initializer,
        optimizer=optimizer,
        weight_decay=network.weight_decay,
        l1=network.regularizer.l1,
        l2=network.regularizer.l2,
        dropout=network.dropout,
        scale=network.scale,
        seed=int(network.seed) if isinstance(network.seed, np.integer) else network.seed,
        dtype=network.dtype.name,
        output=network.output,
        loss=None if network.loss is None else _saved_loss(make_loss(network.loss)),
        task=network.task,
        encoding=None if network.encoding is None else network.encoding.to_json(),
        target=network.target,
        head=None if head is None else _saved_head(head, network.column),
    )
    return SavedNetwork.model_validate(settings)


def _saved_loss(loss: Loss) -> SavedLoss:
    if type(loss) not in LOSSES.values():
        raise SettingError("a loss of your own cannot be saved", received=repr(loss))
    settings = dict(loss.op.keywords)
    if isinstance(loss, BinaryCrossEntropy):
        settings["from_logits"] = loss.activation is not None
    return SavedLoss(name=loss.name, settings=settings)


def _saved_head(head: Head, column: bool) -> SavedHead:
    targets = head.targets
    settings = dict(
        output=head.output,
        loss=_saved_loss(head.loss),
        kind=targets.kind,
        classes=list(targets.classes),
        one_hot=targets.one_hot,
        flat=targets.column,
        because=targets.because,
        column=column,
    )
    return SavedHead.model_validate(settings)


def load(path: Any, kind: type[NeuralNetwork]) -> NeuralNetwork:
    """Read a network; see :meth:`NeuralNetwork.load`."""
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            if FORMAT not in metadata:
                raise DataError(
                    f"{path} holds no whygrad network",
                    expected=FORMAT,
                    received=", ".join(metadata) or "a safetensors file of another program",
                )
            try:
                return _rebuild(SavedNetwork.model_validate_json(metadata[FORMAT]), file, kind)
            except (WhygradError, TypeError, ValueError) as error:
                raise DataError(f"{path} is damaged", received=_reason(error)) from None
    except (OSError, SafetensorError) as error:
        reason = "no such file" if not path.exists() else "a folder" if path.is_dir() else f"{error}"
        raise DataError(
            f"cannot read a network from {path}", expected="a file that save() wrote", received=reason
        ) from None


def _reason(error: Exception) -> str:
    """The first thing that is wrong, on one line."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'settings'}: {first['msg']}"
    return error.problem if isinstance(error, WhygradError) else str(error)


def _rebuild(saved: SavedNetwork, file: Any, kind: type[NeuralNetwork]) -> NeuralNetwork:

    _check_tensors(saved, file)
    settings = saved.model_dump(exclude={"head", "loss", "encoding", "target"})
    network = kind(**settings, loss=None if saved.loss is None else _loss(saved.loss))
    network.scaling = _scaling(file, "inputs")
    network.target = saved.target
    if saved.encoding is not None:
        network.encoding = Encoding.from_json(saved.encoding)
        columns = len(network.encoding.feature_names)
        if columns != network.sizes[0]:
            raise DataError(f"{columns} encoded columns for {network.sizes[0]} inputs")
    if saved.head is not None:
        network.adopt(_head(saved.head, network.sizes[-1], _scaling(file, "targets")), saved.head.column)
    for name, parameter in network.parameters().items():
        parameter.data = file.get_tensor(name)
    return network


def _check_tensors(saved: SavedNetwork, file: Any) -> None:
    """Refuse other tensors than the settings speak of, before anything is made from either."""
    expected: dict[str, tuple[str, list[int]]] = {}
    for place, (n, m) in enumerate(itertools.pairwise(saved.layers), start=1):
        expected[f"{place}.weights"] = DTYPES[saved.dtype], [n, m]
        expected[f"{place}.bias"] = DTYPES[saved.dtype], [m]
    names = set(file.keys())
    for of, place in SCALED.items():
        if f"scaling.{of}.mean" in names and saved.layers:
            for part in ("mean", "std"):
                expected[f"scaling.{of}.{part}"] = DTYPES["float64"], [saved.layers[place]]
    for name in sorted(names | set(expected)):
        if name not in names or name not in expected:
            raise DataError(f"tensor {name!r} is {'missing' if name in expected else 'not of this network'}")
        found = file.get_slice(name)
        if (found.get_dtype(), found.get_shape()) != expected[name]:
            raise DataError(f"tensor {name!r} is {found.get_dtype()} {found.get_shape()}")


def _scaling(file: Any, of: str) -> Scaling | None:
    if f"scaling.{of}.mean" not in file.keys():  # noqa: SIM118 - not a dict
        return None
    return Scaling(file.get_tensor(f"scaling.{of}.mean"), file.get_tensor(f"scaling.{of}.std"))


def _loss(saved: SavedLoss) -> Loss:
    return make_loss(saved.name, **saved.settings)


def _head(saved: SavedHead, outputs: int, scaling: Scaling | None) -> Head:
    count = {"binary": 2, "regression": 0}.get(saved.kind, outputs)
    if len(saved.classes) != count or (saved.kind == "binary" and outputs != 1):
        raise DataError(f"{len(saved.classes)} classes and {outputs} outputs are not {saved.kind}")
    targets = Targets(saved.kind, outputs, tuple(saved.classes), saved.one_hot, saved.flat, saved.because)
    loss = _loss(saved.loss)
    check_fit(targets, loss, saved.output)
    return Head(targets, loss, saved.output, scaling)
