"""Many small networks trained at once: those that differ in seed, data and strengths only, as one stack."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np

from ..errors import SettingError, ShapeError, TrainingError, nearest
from ..nn.stacked_step import unstackable
from ..nn.training_step import SMALL
from ..optim import Optimizer
from .head import Head
from .interrupt import interruptible
from .loop import Rows, Training, check_settings
from .neural_network import NeuralNetwork
from .stack import Stack

XY = tuple[Any, Any]
CACHE = 2_000_000  # bytes that the members of a stack work on: about what a core's own cache holds
MOST = 64  # members of a stack: with more, nothing is left to gain
# Where stacks pay: at least so many members, and so little for each to compute in a step.
FEWEST, BATCH, OUTPUTS, NUMBERS = 2, 128, 2_200, 6_000
# What has a say in how one network trains, with the value that has none.
ALONE = {"patience": None, "callbacks": (), "checkpoint": None, "resume": False, "validation": None}
TOGETHER = ("epochs", "batch_size", "learning_rate", "schedule", "clip")


class Likeness(NamedTuple):
    """What networks of one stack have in common."""

    layers: tuple[str, ...]
    output: str
    loss: str
    optimizer: str
    dtype: str
    task: str
    rows: tuple[int, ...]
    targets: tuple[int, ...]
    watched: tuple[int, ...] | None
    epochs: Any
    batch_size: Any
    schedule: Any
    clip: Any


def train_stacked(
    networks: Sequence[NeuralNetwork],
    rows: Sequence[XY],
    watched: Sequence[XY] | None = None,
    *,
    epochs: int,
    batch_size: int | str,
    learning_rates: Sequence[float | None],
    schedule: str | None,
    clip: float | None = None,
    **others: Any,
) -> list[TrainingError | None]:
    """Train each network on its rows, all of them at once.

    Each ends as its own ``network.train(X, y, epochs, learning_rate, batch_size, schedule=schedule,
    clip=clip, validation=(watched X, watched y))`` would have left it, with the same weights and history.
    Only ``seconds`` counts from the beginning of the stack that it was part of.

    Parameters
    ----------
    networks
        Untrained, alike in layers, output, loss, optimizer and dtype. They may differ in seed,
        initializer, scale, l1, l2 and weight decay.
    rows
        X and y for each, of one shape and kind.
    watched
        X and y for each that are watched and not trained on, of one shape.
    epochs, batch_size, schedule, clip
        As for ``train``; the same for all.
    learning_rates
        One for each; None for the default.
    **others
        What else ``train`` takes goes with one network alone: it is refused, unless it says nothing.

    Returns
    -------
    list
        For each network None, or the error that its own training would have raised: it keeps the weights
        of before the step that failed, and its history ends there. The others go on.

    Raises
    ------
    SettingError
        If something cannot be stacked, or differs where it must not; says what. Nothing is trained then.
    ShapeError
        If there are not as many rows, rows to watch or learning rates as networks.

    Notes
    -----
    Ctrl-C ends the batch that is running, and all networks keep what they learned; the histories of those
    that have not reached the last epoch say ``interrupted``.

    Examples
    --------
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> networks = [NeuralNetwork([2, 8, 1], seed=seed) for seed in range(3)]
    >>> settings = dict(epochs=200, batch_size=2, learning_rates=[0.01, 0.02, 0.02], schedule="cosine")
    >>> train_stacked(networks, [(X, y)] * 3, **settings)
    [None, None, None]
    >>> [network.evaluate(X, y) for network in networks]
    [100.0, 100.0, 100.0]
    """
    check_settings(epochs, batch_size, clip)
    given: dict[str, Sequence[Any]] = {"rows": rows, "learning_rates": learning_rates}
    for name, items in (given if watched is None else {**given, "watched": watched}).items():
        if len(items) != len(networks):
            raise ShapeError(
                f"{name} needs one for each network", expected=len(networks), received=len(items)
            )
    if len({id(network.rng) for network in networks}) < len(networks):
        raise SettingError(
            "networks of a stack that draw from one generator",
            hint="give each network a seed of its own: they draw at the same time, not one after the other",
        )
    _refuse(networks, others)
    settings = {"epochs": epochs, "batch_size": batch_size, "schedule": schedule, "clip": clip}
    with ExitStack() as unchanged:
        for network in networks:
            unchanged.enter_context(network.unchanged_by_errors())
        runs = []
        for place, (network, (X, y), rate) in enumerate(zip(networks, rows, learning_rates, strict=True)):
            validation = None if watched is None else watched[place]
            runs.append(
                network.prepare(
                    X, y, epochs, rate, batch_size, schedule=schedule, clip=clip, validation=validation
                )
            )
        _refuse_losses(networks)
        _compare(
            [
                _likeness(network, _head(network), run.data, run.validation, settings)
                for network, run in zip(networks, runs, strict=True)
            ]
        )
    return _train(networks, runs)


def stacking_key(
    network: NeuralNetwork, rows: XY, watched: XY | None = None, **settings: Any
) -> Hashable | None:
    """What networks have to agree in to be trained together; None for one that can only train alone.

    Parameters
    ----------
    network
        Untrained; it stays as it is.
    rows, watched
        X and y to learn from, and to watch.
    **settings
        What ``network.train`` would be given.

    Raises
    ------
    SettingError
        If ``train`` has no such setting.
    DataError, ShapeError, KindError
        If the rows do not fit the network.

    Examples
    --------
    >>> rows = [[0.0], [1.0], [2.0]], [0, 1, 1]
    >>> a, b, c = [NeuralNetwork([1, width, 1], seed=width) for width in (4, 4, 5)]
    >>> stacking_key(a, rows) == stacking_key(b, rows)
    True
    >>> stacking_key(a, rows) == stacking_key(c, rows)
    False
    >>> print(stacking_key(a, rows, patience=10))
    None
    """
    for name in settings:
        if name not in ALONE and name not in TOGETHER:
            raise SettingError(f'train has no setting "{name}"', hint=nearest(name, [*ALONE, *TOGETHER]))
    others = {name: settings[name] for name in ALONE if name in settings}
    if _reason(network, others) is not None:
        return None
    head, learned, seen = network._parts(network._matrix(rows[0]), rows[1], watched, None, None)
    if unstackable(network.network, head.loss) is not None:
        return None
    return _likeness(network, head, learned, seen, settings)


def stacking_pays(sizes: Sequence[int], batch: int, members: int) -> bool:
    """Whether so many networks train faster as a stack than one after the other.

    By measurement (``benchmarks/stacked.py``): a stack saves the cost of calls, so it pays where that is most
    of a step: from two networks on, where a batch has at most 128 rows with 1,024 inputs and 2,200 outputs
    of layers, and these outputs and the parameters are at most 6,000 numbers.

    Parameters
    ----------
    sizes
        Of the layers, as for :class:`NeuralNetwork`.
    batch
        Rows a step.
    members
        How many networks.

    Examples
    --------
    >>> stacking_pays([2, 16, 16, 1], batch=32, members=200)
    True
    >>> stacking_pays([784, 128, 64, 10], batch=128, members=200)
    False
    """
    outputs = batch * sum(sizes[1:])
    little = outputs <= OUTPUTS and outputs + _parameters(sizes) <= NUMBERS and batch * sizes[0] <= SMALL
    return members >= FEWEST and batch <= BATCH and little


def members_at_once(sizes: Sequence[int], batch: int, itemsize: int = 8) -> int:
    """How many networks make a stack that a core's own cache can hold; 1 at least."""
    outputs = 3 * sum(sizes[1:]) + 5 * max(sizes[1:]) + sizes[0]  # of layers, their gradients, and scratch
    return max(1, min(MOST, CACHE // (itemsize * (5 * _parameters(sizes) + batch * outputs))))


def _parameters(sizes: Sequence[int]) -> int:
    return sum(n * m + m for n, m in itertools.pairwise(sizes))


def _train(networks: Sequence[NeuralNetwork], runs: Sequence[Training]) -> list[TrainingError | None]:
    """Train stack after stack."""
    failed: list[TrainingError | None] = []
    if not runs:
        return failed
    at_once = members_at_once(networks[0].sizes, runs[0].batch_size, networks[0].dtype.itemsize)
    with runs[0].threads(), interruptible() as stop, np.errstate(all="ignore"):  # NaN and inf are looked for
        for part in np.array_split(np.arange(len(runs)), -(-len(runs) // at_once)):
            chosen = [runs[place] for place in part]
            if stop():
                for run in chosen:
                    run.history.interrupted = True
                failed += [None for _ in part]
                continue
            stack = Stack(chosen, _head(networks[0]))
            stack.train(stop)
            failed += stack.failed
    return failed


# --- what can be stacked -----------------------------------------------------------------------------
def _reason(network: NeuralNetwork, others: dict[str, Any]) -> tuple[str, str] | None:
    """Why a network can only train alone, and what to do; None if it can be stacked."""
    for name, value in others.items():
        nothing = ALONE[name]
        if value is not nothing and value != nothing:
            hint = "give them as watched" if name == "validation" else f"leave {name} out"
            return f"{name}={value!r} is for one network alone", hint
    if isinstance(network.optimizer, Optimizer):
        return f"{network.optimizer!r} is an object that keeps its own state", "name the optimizer"
    if network.head is not None or len(network.history):
        return f"{network!r} has seen targets already", "make a new network; stacks begin at the beginning"
    found = unstackable(network.network, None)
    if found is not None:
        return f"{found} computes more than one row of the table", "leave it out"
    return None


def _refuse(networks: Sequence[NeuralNetwork], others: dict[str, Any]) -> None:
    """Refuse what cannot be stacked."""
    for name in others:
        if name not in ALONE:
            raise SettingError(
                f'train_stacked has no setting "{name}"', hint=nearest(name, [*ALONE, *TOGETHER])
            )
    for place, network in enumerate(networks, start=1):
        reason = _reason(network, others)
        if reason is not None:
            problem, hint = reason
            raise SettingError(
                f"network {place} cannot be trained in a stack",
                received=problem,
                hint=f"{hint}; or train it by itself, with network.train",
            )


def _refuse_losses(networks: Sequence[NeuralNetwork]) -> None:
    for place, network in enumerate(networks, start=1):
        found = unstackable(network.network, _head(network).loss)
        if found is not None:
            raise SettingError(
                f"network {place} cannot be trained in a stack",
                received=f"{found}, which is not one of whygrad's losses",
                hint="name the loss; or train it by itself, with network.train",
            )


def _head(network: NeuralNetwork) -> Head:
    return network._decided()


def _likeness(
    network: NeuralNetwork, head: Head, learned: Rows, seen: Rows | None, settings: dict[str, Any]
) -> Likeness:
    return Likeness(
        layers=tuple([repr(layer) for layer in network.network.layers]),
        output=head.output,
        loss=repr(head.loss),
        optimizer=type(network._optimizer(None, None, steps=1)).__name__,
        dtype=str(network.dtype),
        task=head.targets.kind,
        rows=learned.X.shape,
        targets=learned.targets.shape,
        watched=None if seen is None else seen.X.shape,
        **{name: settings.get(name) for name in ("epochs", "batch_size", "schedule", "clip")},
    )


def _compare(found: Sequence[Likeness]) -> None:
    """Refuse networks that differ in what a stack has in common."""
    for place, likeness in enumerate(found, start=1):
        for name, first, other in zip(Likeness._fields, found[0], likeness, strict=True):
            if first != other:
                raise SettingError(
                    f"networks 1 and {place} cannot be trained in one stack: they differ in {name}",
                    expected=first,
                    received=other,
                    hint="stack networks that have one stacking_key",
                )
