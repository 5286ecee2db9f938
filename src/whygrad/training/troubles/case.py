"""What the rules are given: the network, its history, and what a sample of rows shows."""

from __future__ import annotations

from copy import copy, deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...nn.layers import Dense
from ..defaults import initializer_for
from ..head import Head
from ..neural_network import NeuralNetwork
from .course import Course
from .probe import SUMS, Probe, Sample, probe
from .words import rate

Array = np.ndarray[Any, Any]
LEARNED = 0.05  # of the loss of guessing
USUAL = 1e-3  # an update ratio of about this size suits most networks (CS231n, notes on training)
KNOWN = 5  # epochs after which the highest learning rate of a history is about the one that was set


@dataclass(frozen=True)
class Case:
    """A network to diagnose.

    Attributes
    ----------
    network
        Before, after or in the middle of training.
    course
        Of its history.
    sample
        Some of its rows; None where none were given.
    """

    network: NeuralNetwork
    course: Course
    sample: Sample | None

    @property
    def head(self) -> Head | None:
        """What the targets mean, as far as that is known."""
        return self.network.head or (self.sample.head if self.sample is not None else None)

    @cached_property
    def finite(self) -> bool:
        """Whether all weights are."""
        return bool(np.isfinite(self.network.network.vector).all())

    @cached_property
    def now(self) -> Probe | None:
        """The sample, passed through the network as it is."""
        return probe(self.network, self.sample) if self.sample is not None and self.finite else None

    @cached_property
    def untrained(self) -> NeuralNetwork:
        """A network made in the same way: with the very weights that training began with if there is a seed,
        with others like them if there is none, and the network itself as long as it has not seen targets.
        """
        seen = len(self.course) > 0 or self.network.head is not None
        return type(self.network)(**deepcopy(self.network.made_with)) if seen else self.network

    @cached_property
    def start(self) -> Probe | None:
        """The sample, passed through the untrained network."""
        if self.untrained is self.network:
            return self.now
        return probe(self.untrained, self.sample) if self.sample is not None else None

    @cached_property
    def guess(self) -> float | None:
        """The loss, in the units of the history, of the best answer that is the same for every row.

        Without targets it is that of classes that are equally frequent, or of numbers that the network
        scales. None where even that is not known, or the loss is a sum over the rows of a batch.
        """
        head = self.head
        if head is None or head.loss.op.name in SUMS:
            return None
        given = self.sample is not None and self.sample.targets is not None
        targets = self.sample.targets if self.sample is not None and given else _usual_targets(head)
        found = None if targets is None else _guess(head, targets)
        return found if found else None  # targets that are all the same leave no loss to compare with

    @property
    def left(self) -> float | None:
        """The loss of the sample, or at the end of the history, relative to guessing; None if not known."""
        loss = self.now.loss if self.now is not None else None
        if loss is None and len(self.course):
            loss = self.course.end - self.penalty
        return None if loss is None or self.guess is None else loss / self.guess

    @property
    def learned(self) -> bool:
        """Whether hardly any loss is left, so that what hinders learning did not."""
        return self.left is not None and self.left <= LEARNED

    @property
    def penalty(self) -> float:
        """What the history's losses hold besides the loss of the rows."""
        network = self.network
        return float(network.regularizer.value(network.network.flat.parameters.values()))

    @property
    def growth(self) -> float:
        """How many times as long as before training the vector of all parameters is."""
        before, after = [np.linalg.norm(item.network.vector) for item in (self.untrained, self.network)]
        return float(after / before) if before else 1.0

    @property
    def better_start(self) -> str:
        """How weights would rather start, as an advice with a semicolon; nothing where they do so already."""
        suited, now = initializer_for(self.network.activation), self.network.initializer
        return "" if now == suited else f'initializer="{suited}" (now {now!r}); '

    @property
    def lower_rate(self) -> str:
        """The learning rate at which steps would be usual, a tenth of the present one at most, as an advice.

        In words where the run is too short to know what the rate was.
        """
        if len(self.course) < KNOWN:
            return "a tenth of the learning rate"
        update = self.course.usual_update
        lower = min(max(USUAL / update, 1e-3), 0.1) if update else 0.1
        return rate(lower * float(self.course.rates.max()))


def dense_layers(network: NeuralNetwork) -> list[Dense]:
    """From the input on."""
    return [layer for layer in network.network.layers if isinstance(layer, Dense)]


def _usual_targets(head: Head) -> Array | None:
    """Each class once; numbers of mean 0 and standard deviation 1 where they are scaled to it."""
    if head.targets.kind in ("binary", "multiclass"):
        return head.encode(np.asarray(head.targets.classes), np.float64)
    if head.targets.kind == "multilabel":
        return head.encode(np.array([[0.0], [1.0]]).repeat(head.targets.outputs, axis=1), np.float64)
    return None if head.scaling is None else np.array([[-1.0], [1.0]]).repeat(head.targets.outputs, axis=1)


def _guess(head: Head, targets: Array) -> float:
    """The loss of a constant output: the mean of the targets, or the logits whose probabilities it is."""
    columns = targets if targets.ndim == 2 else np.eye(head.targets.outputs)[targets]
    mean = columns.mean(axis=0, dtype=np.float64)
    if head.fused:
        with np.errstate(divide="ignore"):
            mean = np.log(mean) - (np.log1p(-mean) if head.output == "sigmoid" else 0.0)
        mean = np.clip(mean, -30, 30)  # a class that the sample does not hold
    constant = np.tile(mean, (len(targets), 1))
    return copy(head.loss).evaluate(constant, targets)
