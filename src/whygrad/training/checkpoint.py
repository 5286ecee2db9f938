"""Checkpoints: all that changes while training in one file, so that a run goes on as if nothing had been.

A file is replaced whole. It is written before the first step, and then as often as the time that writing
takes allows: training is slowed by two per cent at most, and little is lost. A digest in it tells whether
everything else is as it was written.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from .._files import remove_leftovers, write_whole
from ..autodiff.fingerprint import fingerprint
from ..errors import DataError, SettingError, WhygradError
from ..optim import Optimizer
from .history import History
from .loop import Best, Training

Array = np.ndarray[Any, Any]
FORMAT, DIGEST = "whygrad-checkpoint-1", "digest"
SHARE = 0.02  # of the time may go into writing
PAUSE = 2.0  # seconds between two checkpoints, at least
GENERATOR = "PCG64"
IN_FULL = 4096  # bytes of an array that enter a digest as they are; digests in files depend on it


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
    split: int | None
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
    resume
        Whether to read a run from it that is to go on; otherwise it must not exist yet.

    Raises
    ------
    DataError
        If the file is missing, damaged, or another thing; or exists where a run is to begin.
    """

    def __init__(self, path: Any, resume: bool = False) -> None:
        self.path = Path(path)
        self.setup: dict[str, str] = {}
        self.split: int | None = None
        self.due = 0.0
        self.found = _read(self.path) if resume else None
        if not resume and self.path.exists():
            raise DataError(
                f"{self.path} exists already",
                hint="resume=True goes on from it; or choose another checkpoint",
            )

    def keep_split(self, seed: int) -> int:
        """The seed to split rows with: the one given, and that of before where a run goes on."""
        self.split = seed
        if self.found is not None and self.found[0].split is not None:
            self.split = self.found[0].split
        return self.split

    def begin(self, run: Training, setup: Mapping[str, str]) -> None:
        """Bring a run to where it was, or write where it begins; on an error the run is not changed.

        Parameters
        ----------
        run
            What is about to train.
        setup
            Name -> what must be the same for the run to go on: settings, and a digest of the data.

        Raises
        ------
        DataError
            If the file cannot be written, or holds what no run writes.
        SettingError
            If the run is set up in another way than before, or the data are others; says what differs.
            If it draws from another generator than NumPy's default one.
        """
        self.setup = dict(setup)
        _plain(run.begun)
        remove_leftovers(self.path)
        if self.found is None:
            self.write(run)
        else:
            self._restore(run, *self.found)
            self.found = None

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
                split=self.split,
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
        tensors |= _columns(run.history)
        if run.best is not None:
            tensors["best"] = run.best.vector
        text = saved.model_dump_json()
        write_whole(self.path, to_bytes(tensors, {FORMAT: text, DIGEST: _digest_of(text, tensors)}))
        end = time.perf_counter()
        self.due = end + max(PAUSE, (end - start) / SHARE)

    def _restore(self, run: Training, saved: SavedTraining, tensors: dict[str, Array]) -> None:
        names = dict.fromkeys([*self.setup, *saved.setup])
        others = [name for name in names if saved.setup.get(name) != self.setup.get(name)]
        if others:
            raise SettingError(
                f"{self.path} is a checkpoint of another run: not the same {', '.join(others)}",
                expected=f"{others[0]} {saved.setup.get(others[0])}, as it was",
                received=str(self.setup.get(others[0])),
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
            generator.state = saved.begun.model_dump()
            generator.state = saved.now.model_dump()
            run.optimizer.load_state(state)
        except (WhygradError, KeyError, TypeError, ValueError, OverflowError) as error:
            generator.state = before_now
            problem = error.problem if isinstance(error, WhygradError) else str(error)
            raise DataError(f"{self.path} is damaged", received=problem) from None
        run.network.vector = vector
        run.history.metric, run.history.epochs = history.metric, history.epochs
        run.first, run.last, run.best = saved.first, saved.last, best
        run.begun, run.done = saved.begun.model_dump(), saved.done
        run.sum_loss, run.sum_score = saved.sum_loss, saved.sum_score


def described(optimizer: Optimizer) -> str:
    """An optimizer and its settings, the same in every process."""
    parts = []
    for name, value in optimizer.settings().items():
        if isinstance(value, np.ndarray):
            shown = digest(value)  # the repr of a long array leaves numbers out
        elif is_dataclass(value) or not callable(value):
            shown = repr(value)
        else:
            shown = getattr(value, "__qualname__", type(value).__qualname__)
        parts.append(f"{name}={shown}")
    return f"{type(optimizer).__name__}({', '.join(parts)})"


def digest(*arrays: Array) -> str:
    """A short text that differs where the arrays do."""
    found = hashlib.blake2b(digest_size=16)
    for array in arrays:
        found.update(f"{array.dtype.str}{array.shape}{fingerprint(array, IN_FULL)!r}".encode())
    return found.hexdigest()


def _digest_of(text: str, tensors: Mapping[str, Array]) -> str:
    """A digest of all that a checkpoint holds."""
    names = sorted(tensors)
    listed = np.frombuffer("\n".join([text, *names]).encode(), np.uint8)
    return digest(listed, *[tensors[name] for name in names])


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
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            if metadata.get(DIGEST) != _digest_of(metadata[FORMAT], tensors):
                raise DataError(f"{path} is damaged", received="other bytes than were written")
            return saved, tensors
    except (OSError, SafetensorError) as error:
        reason = "no such file" if not path.exists() else "a folder" if path.is_dir() else f"{error}"
        raise DataError(f"cannot read a checkpoint from {path}", received=reason) from None


def _vector(tensors: Mapping[str, Array], name: str, run: Training) -> Array:
    found, wanted = tensors[name], run.network.vector
    if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
        raise DataError(f"{name} is {found.dtype} {found.shape}")
    return found


def _columns(history: History) -> dict[str, Array]:
    """The history as tensors; where a column has no value in some epochs, a second one says in which."""
    found = {}
    for name, values in history.columns().items():
        missing = [value is None for value in values]
        found[f"history.{name}"] = np.array([0.0 if value is None else value for value in values], np.float64)
        if any(missing):
            found[f"missing.{name}"] = np.array(missing)
    return found


def _history(saved: SavedTraining, tensors: Mapping[str, Array]) -> History:
    columns: dict[str, list[Any]] = {}
    for key, array in tensors.items():
        kind, _, name = key.partition(".")
        if kind == "history":
            missing = tensors.get(f"missing.{name}", np.zeros(len(array), bool)).tolist()
            values = array.astype(int) if name == "epoch" else array
            pairs = zip(values.tolist(), missing, strict=True)
            columns[name] = [None if absent else value for value, absent in pairs]
    return History.from_columns(saved.metric, columns)


def _best(saved: SavedTraining, tensors: Mapping[str, Array]) -> Best | None:
    if saved.best_loss is None or saved.best_epoch is None:
        return None
    return Best(saved.best_loss, saved.best_epoch, tensors["best"])
