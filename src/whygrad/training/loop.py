"""The training loop: shuffle, take a batch, forward, backward, step; again for every epoch."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .._numbers import POSITIVE, count, number
from ..errors import TrainingError
from ..nn.losses import Loss
from ..nn.regularizers import Regularizer
from ..nn.sequential import Sequential
from ..optim import Optimizer, ReduceOnPlateau, clip_by_norm
from .history import Epoch, History
from .interrupt import interruptible

Array = np.ndarray[Any, Any]
Score = Callable[[Array, Any], float]


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
    on_epoch: Callable[[Epoch], None] | None = None,
) -> History:
    """Train a network in place.

    Parameters
    ----------
    network, loss, optimizer, regularizer
        What is trained, on what, and how.
    X, targets
        Shape: (n, inputs), and (n,) or (n, outputs) as the loss takes them.
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
    on_epoch
        Called after each epoch.

    Raises
    ------
    TrainingError
        If the loss becomes NaN or infinite; says when.
    """
    history.interrupted = False
    n = len(X)
    size = min(batch_size, n)
    start = time.perf_counter()
    with interruptible() as stop, np.errstate(all="ignore"):  # NaN and inf are looked for below
        for number in range(len(history) + 1, len(history) + 1 + epochs):
            order = rng.permutation(n) if size < n else None
            total_loss = total_score = seen = 0.0
            norm = rate = 0.0
            for begin in range(0, n, size):
                if order is None:
                    x, t = X, targets
                else:
                    rows = order[begin : begin + size]
                    x, t = X[rows], targets[rows]
                value = network.loss_and_gradient(x, t, loss, regularizer)
                if not np.isfinite(value):
                    raise _diverged(value, number, begin // size + 1, optimizer)
                if clip is not None:
                    norm = clip_by_norm(network.gradient, clip)
                rate = optimizer.current_learning_rate  # of this step; the step itself moves it on
                optimizer.step(network.vector, network.gradient)
                total_loss += value * len(x)
                if score is not None:
                    total_score += score(loss.inputs[0], t) * len(x)
                seen += len(x)
                if stop():
                    break
            if clip is None:
                norm = float(np.linalg.norm(network.gradient))
            epoch = Epoch(
                number,
                total_loss / seen,
                total_score / seen if score is not None else None,
                rate,
                norm,
                time.perf_counter() - start,
            )
            history.epochs.append(epoch)
            if isinstance(optimizer.learning_rate, ReduceOnPlateau):
                optimizer.learning_rate.observe(epoch.loss)
            if on_epoch is not None:
                on_epoch(epoch)
            if stop():
                history.interrupted = True
                break
    return history


def check_settings(epochs: Any, batch_size: Any, clip: Any) -> None:
    """Refuse counts that are not whole numbers from 1, and a bound that is not above 0.

    Raises
    ------
    SettingError
        Naming the setting.
    """
    count("epochs", epochs, least=1)
    count("batch_size", batch_size, least=1)
    if clip is not None:
        number("clip", clip, POSITIVE)


def _diverged(value: float, epoch: int, batch: int, optimizer: Optimizer) -> TrainingError:
    rate = optimizer.current_learning_rate
    return TrainingError(
        f"the loss became {value} in epoch {epoch}, batch {batch}",
        received=f"learning rate {rate:g}",
        hint=f"lower the learning rate, for example to {rate / 10:g}, scale the inputs, or clip the gradient",
    )
