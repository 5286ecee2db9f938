"""Checkpoints: all that changes while training in one file, so that a run goes on as if nothing had been.

A file is replaced whole. It is written before the first step, and then as often as the time that writing
takes allows: training is slowed by two per cent at most, and little is lost.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import DataError, SettingError, WhygradError
from .files import write_whole
from .history import History
from .loop import Best, Training

Array = np.ndarray[Any, Any]
FORMAT = "whygrad-checkpoint-1"
SHARE = 0.02  # of the time may go into writing
GENERATOR = "PCG64"


class SavedGenerator(BaseModel):
    """The state of a random generator, as NumPy gives it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    bit_generator: str
    state: dict[str, int]
    has_uint32: int
    uinteger: int


class SavedTraining(BaseModel):
    """What of a run is no array."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, ser_json_inf_nan="constants")

    setup: dict[str, str]
    metric: str
    first: int
    last: int
    done: int
    sum_loss: float
    sum_score: float
    best_loss: float | None
    best_epoch: int | None
    begun: SavedGenerator
    now: SavedGenerator


class Checkpoint:
    """The file that a run writes its state to.

    Parameters
    ----------
    path
        Where.
    setup
        Name -> what must be the same for the run to go on: settings, and a digest of the data.

    Raises
    ------
    SettingError
        If the run draws from another generator than NumPy's default one.
    """

    def __init__(self, path: Any, setup: Mapping[str, str]) -> None:
        self.path, self.setup = Path(path), dict(setup)
        self.due = 0.0

    def write(self, run: Training) -> None:
        """Write the state of a run, unless its weights are not finite: then the file before is kept.

        Raises
        ------
        DataError
            If it cannot be written; the file before is kept.
        """
        from safetensors.numpy import save as to_bytes

        start = time.perf_counter()
        vector = run.network.vector
        if not np.isfinite(vector).all():
            return
        saved = SavedTraining.model_validate(
            dict(
                setup=self.setup,
                metric=run.history.metric,
                first=run.first,
                last=run.last,
                done=run.done,
                sum_loss=float(run.sum_loss),
                sum_score=float(run.sum_score),
                best_loss=None if run.best is None else float(run.best.loss),
                best_epoch=None if run.best is None else run.best.epoch,
                begun=_plain(run.begun),
                now=_plain(run.rng.bit_generator.state),
            )
        )
        tensors = {"vector": vector}
        tensors |= {f"optimizer.{name}": array for name, array in run.optimizer.state().items()}
        tensors |= {
            f"history.{name}": np.array(
                [math.nan if value is None else value for value in values], np.float64
            )
            for name, values in run.history.columns().items()
            if any(value is not None for value in values)
        }
        if run.best is not None:
            tensors["best"] = run.best.vector
        write_whole(self.path, to_bytes(tensors, {FORMAT: saved.model_dump_json()}))
        end = time.perf_counter()
        self.due = end + (end - start) / SHARE

    def restore(self, run: Training) -> None:
        """Bring a run that was set up in the same way to where it was; on an error it is not changed.

        Raises
        ------
        DataError
            If the file is missing, damaged, or another thing.
        SettingError
            If the run is set up in another way, or the data are others; says what differs.
        """
        saved, tensors = _read(self.path)
        for name in sorted(self.setup.keys() | saved.setup.keys()):
            before, now = saved.setup.get(name), self.setup.get(name)
            if before != now:
                raise SettingError(
                    f"{self.path} is a checkpoint of another run: {name} differs",
                    expected=f"{before}, as it was",
                    received=str(now),
                    hint="go on with the same data and settings, or start a new run",
                )
        generator = run.rng.bit_generator
        before_now = generator.state
        try:
            history, best = _history(saved, tensors), _best(saved, tensors)
            vector = _vector(tensors, "vector", run)
            if best is not None:
                _vector(tensors, "best", run)
            state = {name[10:]: array for name, array in tensors.items() if name.startswith("optimizer.")}
            generator.state = saved.now.model_dump()
            run.optimizer.load_state(state)
        except (WhygradError, KeyError, TypeError, ValueError) as error:
            generator.state = before_now
            problem = error.problem if isinstance(error, WhygradError) else str(error)
            raise DataError(f"{self.path} is damaged", received=problem) from None
        run.network.vector = vector
        run.history.metric, run.history.epochs = history.metric, history.epochs
        run.first, run.last, run.best = saved.first, saved.last, best
        run.begun, run.done = saved.begun.model_dump(), saved.done
        run.sum_loss, run.sum_score = saved.sum_loss, saved.sum_score


def digest(*arrays: Array) -> str:
    """A short text that differs where the arrays do."""
    found = hashlib.blake2b(digest_size=16)
    for array in arrays:
        found.update(f"{array.dtype.str}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return found.hexdigest()


def _plain(state: Mapping[str, Any]) -> dict[str, Any]:
    """A generator's state, if it is of the kind that can be saved."""
    if state["bit_generator"] != GENERATOR:
        raise SettingError(
            "a checkpoint cannot hold the state of this random generator",
            expected=f"{GENERATOR}, NumPy's default",
            received=state["bit_generator"],
            hint="give the network a seed",
        )
    return dict(state)


def _read(path: Path) -> tuple[SavedTraining, dict[str, Array]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            if FORMAT not in metadata:
                found = ", ".join(metadata) or "a safetensors file of another program"
                raise DataError(f"{path} is no checkpoint", expected=FORMAT, received=found)
            try:
                saved = SavedTraining.model_validate_json(metadata[FORMAT])
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"]))
                raise DataError(f"{path} is damaged", received=f"{where}: {first['msg']}") from None
            return saved, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (OSError, SafetensorError) as error:
        reason = "no such file" if not path.exists() else "a folder" if path.is_dir() else f"{error}"
        raise DataError(f"cannot read a checkpoint from {path}", received=reason) from None


def _vector(tensors: Mapping[str, Array], name: str, run: Training) -> Array:
    found, wanted = tensors[name], run.network.vector
    if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
        raise DataError(f"{name} is {found.dtype} {found.shape}")
    return found


def _history(saved: SavedTraining, tensors: Mapping[str, Array]) -> History:
    columns = {name[8:]: array.tolist() for name, array in tensors.items() if name.startswith("history.")}
    if not columns:
        return History(saved.metric)
    columns["epoch"] = [int(epoch) for epoch in columns["epoch"]]
    columns.setdefault("score", [None] * len(columns["epoch"]))
    return History.from_columns(saved.metric, columns)


def _best(saved: SavedTraining, tensors: Mapping[str, Array]) -> Best | None:
    if saved.best_loss is None or saved.best_epoch is None:
        return None
    return Best(saved.best_loss, saved.best_epoch, tensors["best"])
