"""The training loop: shuffle, take a batch, forward, backward, step; again for every epoch."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .._numbers import POSITIVE, count, number
from ..errors import TrainingError
from ..nn.batches import Batches
from ..nn.losses import Loss
from ..nn.regularizers import Regularizer
from ..nn.sequential import Sequential
from ..nn.threads import blas_threads
from ..optim import Optimizer, ReduceOnPlateau, clip_by_norm
from .divergence import diverged
from .history import Epoch, History
from .interrupt import interruptible
from .layer_norms import LayerNorms

Array = np.ndarray[Any, Any]
Score = Callable[[Array, Any], float]
Callback = Callable[[Epoch], object]
Pulse = Callable[["Training", float], float]
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
LARGE = 30_000_000  # multiplications in the largest product of a step, from where on two threads pay
BLOCK = 4096  # rows evaluated at a time, so that memory does not grow with the data


class Rows(NamedTuple):
    """Inputs and encoded targets. Shape: (n, inputs), and (n,) or (n, outputs) as the loss takes them."""

    X: Array
    targets: Array


@dataclass(frozen=True)
class Best:
    """The weights with the lowest validation loss so far."""

    loss: float
    epoch: int
    vector: Array


class Training:
    """A run in progress. Its attributes are everything that changes, and so what a checkpoint holds.

    Parameters
    ----------
    network, loss, optimizer, regularizer
        What is trained, on what, and how.
    data
        What is learned from.
    epochs, batch_size
        How often through the data, and how many rows a step; the last batch of an epoch may be smaller.
    rng
        Shuffles the rows anew in each epoch.
    history
        Receives the epochs.
    score
        ``score(outputs, targets)`` of a batch, averaged over the epoch.
    clip
        Upper bound for the norm of the gradient.
    validation
        Rows to watch.
    validation_score
        ``score`` for them, where it is another: R² goes by how the rows themselves are spread.
    patience
        How many epochs in a row the validation loss may be no lower than its best before training stops.

    Attributes
    ----------
    begun
        The state of ``rng`` as the running epoch began, before its rows were shuffled.
    done
        Rows of the running epoch that were trained on.
    sum_loss, sum_score
        Over those rows.
    best
        With patience, the weights to keep.
    """

    def __init__(
        self,
        network: Sequential,
        loss: Loss,
        optimizer: Optimizer,
        data: Rows,
        *,
        epochs: int,
        batch_size: int,
        rng: np.random.Generator,
        regularizer: Regularizer,
        history: History,
        score: Score | None = None,
        clip: float | None = None,
        validation: Rows | None = None,
        validation_score: Score | None = None,
        patience: int | None = None,
    ) -> None:
        self.network, self.loss, self.optimizer, self.regularizer = network, loss, optimizer, regularizer
        self.data, self.rng, self.history, self.score = data, rng, history, score
        self.clip, self.validation, self.patience = clip, validation, patience
        self.validation_score = score if validation_score is None else validation_score
        self.batch_size = min(batch_size, len(data.X))
        self.first, self.last = len(history), len(history) + epochs
        self.best: Best | None = None
        self.norms = LayerNorms(network.flat)
        self.batches = Batches(*data, self.batch_size)
        self._begin()

    def lay_out(self) -> None:
        """Have the network's steps laid out, for whole batches and for the last: call it before run."""
        X, targets = self.data
        rest = len(X) % self.batch_size
        for rows in (self.batch_size, rest) if rest else (self.batch_size,):
            self.network.lay_out(X[:rows], targets[:rows], self.loss, self.regularizer, careful=False)

    def _begin(self) -> None:
        """Get ready for an epoch."""
        self.begun = self.rng.bit_generator.state
        self.done, self.sum_loss, self.sum_score = 0, 0.0, 0.0

    def run(
        self, callbacks: Iterable[Callback] = (), pulse: Pulse | None = None, wake: float = 0.0
    ) -> History:
        """Train to the last epoch, until patience ends or a callback says True, or until Ctrl-C.

        Parameters
        ----------
        callbacks
            Each is given every epoch that ends; training stops after the epoch for which one returns True.
        pulse
            Called with this object and the time, after a batch, and told when to be called again: for a
            progress bar and checkpoints. It is called a last time, with infinity, if Ctrl-C ends an epoch
            early, before what there is of that epoch goes into the history.
        wake
            When to call it first, by ``time.perf_counter``.
        """
        try:
            return self._run(callbacks, pulse, wake)
        finally:  # the network is somebody else's again, who may want to be warned
            self.network.forget_hurry()

    def _run(self, callbacks: Iterable[Callback], pulse: Pulse | None, wake: float) -> History:
        self.history.interrupted, self.history.best_epoch = False, None
        earlier = self.history[-1].seconds if len(self.history) else 0.0
        start = time.perf_counter() - earlier
        wake = wake if pulse is not None else math.inf
        with (
            self.threads(),
            interruptible() as stop,
            np.errstate(all="ignore"),
        ):  # NaN and inf are looked for
            more = not self._waited_enough()
            while more and len(self.history) < self.last:
                norm = math.nan
                for rows in self._batches():
                    norm = self._step(rows)
                    if stop():
                        break
                    if time.perf_counter() >= wake and pulse is not None and self.done < len(self.data.X):
                        wake = pulse(self, time.perf_counter())
                whole = self.done == len(self.data.X)
                if not whole and pulse is not None:
                    pulse(self, math.inf)
                epoch = self._epoch(norm, time.perf_counter() - start, whole)
                self.history.epochs.append(epoch)
                if whole:
                    more = self.judge(epoch)
                    self._begin()
                    more &= not any([_says_stop(callback(epoch)) for callback in callbacks])
                    # A run that ends here is not written as one that goes on.
                    if more and pulse is not None and time.perf_counter() >= wake:
                        wake = pulse(self, time.perf_counter())
                if stop():
                    self.history.interrupted = True
                    if whole and more and pulse is not None:
                        pulse(self, math.inf)
                    break
        if self.best is not None:
            self.network.vector = self.best.vector
            self.history.best_epoch = self.best.epoch
        return self.history

    def threads(self) -> AbstractContextManager[None]:
        """One thread for matrix products too small for two, unless somebody has chosen how many."""
        widest = max([parameter.data.size for parameter in self.network.flat.parameters.values()], default=0)
        chosen = any([name in os.environ for name in THREADS])
        return nullcontext() if chosen or widest * self.batch_size > LARGE else blas_threads(1)

    def _batches(self) -> Iterable[slice | Array]:
        """Which rows to take at each step; goes on in an epoch that was begun."""
        n, size = len(self.data.X), self.batch_size
        if size == n:
            yield slice(None)
            return
        if self.done:  # draw the order of the epoch again, and then go on drawing from where it was
            now = self.rng.bit_generator.state
            self.rng.bit_generator.state = self.begun
            order = self.rng.permutation(n)
            self.rng.bit_generator.state = now
        else:
            order = self.rng.permutation(n)
        for begin in range(self.done, n, size):
            yield order[begin : begin + size]

    def _step(self, rows: slice | Array) -> float:
        """One batch; the norm of its gradient where that was computed."""
        network, optimizer = self.network, self.optimizer
        x, t = self.data if isinstance(rows, slice) else self.batches.take(rows)
        value = network.loss_and_gradient(x, t, self.loss, self.regularizer)
        if not math.isfinite(value):
            raise self.diverged("loss", value)
        last = self.done + len(x) == len(self.data.X)
        norm = math.nan
        if last:
            self.norms.before(network.vector, network.gradient)
            norm = self.norms.whole
            if not math.isfinite(norm):  # the loss does not show it yet
                raise self.diverged("gradient", norm)
        self.done += len(x)
        if self.clip is not None:
            norm = clip_by_norm(network.gradient, self.clip)
        optimizer.step(network.vector, network.gradient)
        self.sum_loss += value * len(x)
        if self.score is not None:
            self.sum_score += self.score(self.loss.inputs[0], t) * len(x)
        return norm

    def diverged(self, what: str, value: float) -> TrainingError:
        """The error for a loss or a gradient that is not finite, right after the pass that gave it."""
        place = f"epoch {len(self.history) + 1}, batch {self.done // self.batch_size + 1}"
        return diverged(self.network, what, value, place, self.optimizer, self.history)

    def _epoch(self, norm: float, seconds: float, whole: bool) -> Epoch:
        """What to remember of the epoch that ends, or is broken off."""
        if math.isnan(norm) and not whole:
            norm = float(np.linalg.norm(self.network.gradient))
        layers = self.norms.after(self.network.vector) if whole else ()
        loss, score = self.evaluate(self.validation) if self.validation is not None else (None, None)
        return Epoch(
            len(self.history) + 1,
            self.sum_loss / self.done,
            self.sum_score / self.done if self.score is not None else None,
            self.optimizer.last_learning_rate,
            norm,
            seconds,
            loss,
            score,
            layers,
        )

    def evaluate(self, rows: Rows) -> tuple[float, float | None]:
        """Loss and score of other rows, without dropout and penalty."""
        loss = score = 0.0
        scorer = self.validation_score
        for begin in range(0, len(rows.X), BLOCK):
            x, t = rows.X[begin : begin + BLOCK], rows.targets[begin : begin + BLOCK]
            out = self.network.evaluate(x)
            loss += self.loss.evaluate(out, t) * len(x)
            if scorer is not None:
                score += scorer(out, t) * len(x)
        return loss / len(rows.X), score / len(rows.X) if scorer is not None else None

    def judge(self, epoch: Epoch) -> bool:
        """Take note of how good the epoch was; whether to go on."""
        loss = epoch.loss if epoch.validation_loss is None else epoch.validation_loss
        self.observe(loss)
        if self.patience is None:
            return True
        if self.best is None or loss < self.best.loss or math.isnan(self.best.loss):
            self.best = Best(loss, epoch.epoch, self.network.vector.copy())
        return not self._waited_enough()

    def observe(self, loss: float) -> None:
        """Tell a schedule that goes by losses."""
        if isinstance(self.optimizer.learning_rate, ReduceOnPlateau):
            self.optimizer.learning_rate.observe(loss)

    def _waited_enough(self) -> bool:
        """Whether patience has ended."""
        if self.best is None or self.patience is None:
            return False
        return len(self.history) - self.best.epoch >= self.patience


def _says_stop(answer: object) -> bool:
    """Whether a callback returned True, NumPy's among them, rather than something that counts as true."""
    return isinstance(answer, (bool, np.bool_)) and bool(answer)


def fit(
    network: Sequential,
    loss: Loss,
    optimizer: Optimizer,
    X: Array,
    targets: Array,
    *,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    regularizer: Regularizer,
    history: History,
    score: Score | None = None,
    clip: float | None = None,
    validation: Rows | None = None,
    patience: int | None = None,
    callbacks: Iterable[Callback] = (),
) -> History:
    """Train a network of layers in place; the settings are those of :class:`Training`.

    Raises
    ------
    TrainingError
        If the loss becomes NaN or infinite; says when, and in which layer first.
    """
    run = Training(
        network,
        loss,
        optimizer,
        Rows(X, targets),
        epochs=epochs,
        batch_size=batch_size,
        rng=rng,
        regularizer=regularizer,
        history=history,
        score=score,
        clip=clip,
        validation=validation,
        patience=patience,
    )
    run.lay_out()
    return run.run(callbacks)


def check_settings(epochs: Any, batch_size: Any, clip: Any, patience: Any = None) -> None:
    """Refuse counts that are not whole numbers from 1, and a bound that is not above 0.

    Raises
    ------
    SettingError
        Naming the setting.
    """
    count("epochs", epochs, least=1)
    if batch_size != "full":
        count("batch_size", batch_size, least=1)
    if clip is not None:
        number("clip", clip, POSITIVE)
    if patience is not None:
        count("patience", patience, least=1)
