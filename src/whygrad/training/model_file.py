"""A network in a safetensors file: weights as tensors, settings as JSON in its header; never a pickle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.scaling import Scaling
from ..data.targets import Targets
from ..errors import DataError, WhygradError
from ..nn.losses import make_loss
from .files import write_whole
from .head import Head

if TYPE_CHECKING:
    from .neural_network import NeuralNetwork

FORMAT = "whygrad-network-1"


def save(network: NeuralNetwork, path: Any) -> None:
    """Write the network; see :meth:`NeuralNetwork.save`."""
    from safetensors.numpy import save as to_bytes

    tensors = {name: np.ascontiguousarray(item.data) for name, item in network.parameters().items()}
    head = network.head
    scalings = {"inputs": network.scaling, "targets": head.scaling if head is not None else None}
    for name, scaling in scalings.items():
        if scaling is not None:
            tensors[f"scaling.{name}.mean"] = np.asarray(scaling.mean, np.float64)
            tensors[f"scaling.{name}.std"] = np.asarray(scaling.std, np.float64)
    settings = {
        "layers": list(network.sizes),
        "activation": network.activation,
        "initializer": network.initializer,
        "optimizer": network.optimizer if isinstance(network.optimizer, str) else network.optimizer.name,
        "weight_decay": network.weight_decay,
        "l1": network.regularizer.l1,
        "l2": network.regularizer.l2,
        "dropout": network.dropout,
        "scale": network.scale,
        "seed": network.seed,
        "dtype": str(network.dtype),
        "head": _head_settings(head, network.column),
    }
    metadata = {"format": FORMAT, "settings": json.dumps(settings)}
    write_whole(Path(path), to_bytes(tensors, metadata))


def _head_settings(head: Head | None, column: bool) -> dict[str, Any] | None:
    if head is None:
        return None
    targets = head.targets
    return {
        "output": head.output,
        "loss": head.loss.name,
        "loss_settings": head.loss.op.keywords,
        "kind": targets.kind,
        "classes": list(targets.classes),
        "one_hot": targets.one_hot,
        "flat": targets.column,
        "because": targets.because,
        "column": column,
    }


def load(path: Any) -> NeuralNetwork:
    """Read a network; see :meth:`NeuralNetwork.load`."""
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (OSError, SafetensorError) as error:
        reason = "no such file" if not path.exists() else "a folder" if path.is_dir() else f"{error}"
        raise DataError(
            f"cannot read a network from {path}", expected="a file that save() wrote", received=reason
        ) from None
    if metadata.get("format") != FORMAT:
        raise DataError(
            f"{path} holds no whygrad network",
            expected=f"format {FORMAT}",
            received=metadata.get("format", "a safetensors file of another program"),
        )
    try:
        return _rebuild(json.loads(metadata["settings"]), tensors)
    except WhygradError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is damaged", received=f"{type(error).__name__}: {error}") from None


def _rebuild(settings: dict[str, Any], tensors: dict[str, Any]) -> NeuralNetwork:
    from .neural_network import NeuralNetwork

    names = "layers activation optimizer initializer l1 l2 weight_decay dropout scale seed dtype".split()
    head = settings["head"]
    network = NeuralNetwork(**{name: settings[name] for name in names})
    if head is not None:
        targets = Targets(
            head["kind"],
            network.sizes[-1],
            tuple(head["classes"]),
            head["one_hot"],
            head["flat"],
            head["because"],
        )
        loss = make_loss(head["loss"], **head["loss_settings"])
        network.adopt(Head(targets, loss, head["output"], _scaling(tensors, "targets")))
        network.column = head["column"]
    network.scaling = _scaling(tensors, "inputs")
    for name, parameter in network.parameters().items():
        parameter.assign(tensors[name])
    return network


def _scaling(tensors: dict[str, Any], of: str) -> Scaling | None:
    if f"scaling.{of}.mean" not in tensors:
        return None
    return Scaling(tensors[f"scaling.{of}.mean"], tensors[f"scaling.{of}.std"])
