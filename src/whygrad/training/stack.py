"""One stack of networks in training: the loop of :mod:`~whygrad.training.loop` for many members at once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autodiff.readings.buffers import Workspace
from ..errors import TrainingError
from ..nn.stacked_step import StackedEvaluation, StackedStep
from ..nn.training_step import may_hurry
from ..optim._stacked import StackedOptimizer
from ..optim.schedules import StatefulSchedule
from .head import Head
from .history import OF_LAYERS, PLAIN, VALIDATION
from .loop import BLOCK, Training
from .stack_figures import NormsOfEach, Scores, clip_rows, norms_of_rows, scorer_of_each

Array = np.ndarray[Any, Any]
EVALUATED = 1 << 15  # entries in the widest array of an evaluation: with those around it, they fit the cache
GONE = 4  # one in so many has diverged: lay out anew for the others


@dataclass(frozen=True)
class _Step:
    """A step and the arrays that its batches are copied into."""

    step: StackedStep
    x: Array
    targets: Array


@dataclass(frozen=True)
class _Evaluation:
    """A group of members to be evaluated on the rows that they watch."""

    step: StackedEvaluation
    targets: Array
    score: Scores

    def run(self) -> Array:
        """Loss and score of each member. Shape: (members, 2)."""
        n = self.targets.shape[1]
        losses = self.step.run() * n / n  # as a sum over blocks of rows has it
        scores = self.score(self.step.predictions[:, None], self.targets[:, None])[:, 0] * n / n
        return np.stack([losses, scores], axis=1)


class Stack:
    """Networks of one shape that train together.

    Parameters
    ----------
    runs
        One for each, as each would have it by itself; all alike in shapes, rows and counts.
    head
        Of any of them.

    Attributes
    ----------
    values, gradient
        The parameters and their gradients, a row for each member.
    members
        The runs that are still in.
    failed
        The error of each member that diverged, and None.
    """

    def __init__(self, runs: Sequence[Training], head: Head) -> None:
        self.runs, self.head = list(runs), head
        self.failed: list[TrainingError | None] = [None for _ in runs]
        self.places = list(range(len(runs)))  # of the members that are still in, among all
        self.values = np.array([run.network.vector for run in runs])
        self.gradient = np.zeros_like(self.values)
        optimizers = [run.optimizer for run in runs]
        self.optimizer = StackedOptimizer(optimizers, self.values, self.gradient)
        # Of each epoch since the last laying out, a row of figures for each member; those before, by place.
        self.noted: list[Array] = []
        self.earlier: list[list[Array]] = [[] for _ in runs]
        self.broken_off = False  # the epoch noted last
        # whether schedules go by losses
        self.told = any([isinstance(rate, StatefulSchedule) for rate in self.optimizer.schedules])
        self._lay_out()

    # --- laying out --------------------------------------------------------------------------------
    def _lay_out(self) -> None:
        """Make all arrays for the members that are in."""
        self.members = runs = [self.runs[place] for place in self.places]
        first = runs[0]
        self.X = np.array([run.data.X for run in runs])
        self.targets = np.array([run.data.targets for run in runs])
        self.alive = np.ones(len(runs), bool)
        self.ones = np.ones(len(runs))
        self.offsets = np.arange(len(runs)).reshape(-1, 1) * self.rows
        self.order = np.empty((len(runs), self.rows), np.intp)
        self.norms = NormsOfEach(first.norms, self.values)
        self.score = scorer_of_each(self.head, self.targets)
        self.losses = np.empty((-(-self.rows // first.batch_size), len(runs)))
        if first.batch_size < self.rows:
            self.drawn = np.empty_like(self.X), np.empty_like(self.targets)
        else:
            self.drawn = self.X, self.targets
        self._lay_out_calls(careful=not may_hurry(first.network, first.loss))
        outputs = self.steps[first.batch_size].step.predictions.shape[2]
        self.outputs = np.empty((*self.X.shape[:2], outputs), self.X.dtype)  # of an epoch, batch after batch

    def _lay_out_calls(self, careful: bool) -> None:
        """Make the steps and evaluations, quick ones or such as stand numbers at which ``exp`` overflows."""
        size = self.members[0].batch_size
        self.careful, self.workspace = careful, Workspace()
        self.steps = {n: self._step_for(n) for n in {size, self.rows % size} - {0}}
        self.evaluations = self._evaluations()

    def _be_careful(self, n: int) -> _Step:
        """Something is not finite: have all calls laid out carefully; gives the step that is due anew."""
        before = self.steps[n]
        self._lay_out_calls(careful=True)
        step = self.steps[n]
        step.x[...], step.targets[...] = before.x, before.targets
        return step

    @property
    def rows(self) -> int:
        """How many rows each member learns from."""
        return int(self.X.shape[1])

    def _step_for(self, n: int) -> _Step:
        members, first = self.members, self.members[0]
        if n == self.rows:
            x, targets = self.X, self.targets
        else:
            x = np.empty((len(members), n, self.X.shape[2]), self.X.dtype)
            targets = np.empty((len(members), n, *self.targets.shape[2:]), self.targets.dtype)
        step = StackedStep(
            first.network,
            first.loss,
            self.values,
            self.gradient,
            x,
            targets,
            l1=np.array([run.regularizer.l1 for run in members]),
            l2=np.array([run.regularizer.l2 for run in members]),
            workspace=self.workspace,
            careful=self.careful,
        )
        return _Step(step, step.inputs, targets)

    def _evaluations(self) -> list[_Evaluation]:
        """Groups of members to be evaluated together; none where that would not be quicker."""
        watched = [run.validation for run in self.members if run.validation is not None]
        if not watched:
            return []
        entries = len(watched[0].X) * max(self._widths())
        size = EVALUATED // entries
        if size < 2 or len(watched[0].X) > BLOCK:
            return []
        targets = np.array([rows.targets for rows in watched])
        found, first, workspace = [], self.members[0], Workspace()
        for begin in range(0, len(watched), size):
            part = slice(begin, begin + size)
            X = np.array([rows.X for rows in watched[part]])
            evaluation = StackedEvaluation(
                first.network, first.loss, self.values[part], X, targets[part], workspace, self.careful
            )
            found.append(_Evaluation(evaluation, targets[part], scorer_of_each(self.head, targets[part])))
        return found

    def _widths(self) -> list[int]:
        weights = [p.data for p in self.members[0].network.flat.parameters.values() if p.data.ndim == 2]
        return [weights[0].shape[0], *[w.shape[1] for w in weights]]

    def _drop(self) -> None:
        """Go on with the members that have not diverged."""
        rows = np.flatnonzero(self.alive).tolist()
        for row in rows:
            self.earlier[self.places[row]] += self._noted_of(row)
        self.noted = []
        self.places = [self.places[row] for row in rows]
        self.values = self.values[rows]
        self.gradient = self.gradient[rows]
        self.optimizer = self.optimizer.keep(rows, self.values, self.gradient)
        self._lay_out()

    # --- training ----------------------------------------------------------------------------------
    def train(self, stop: Callable[[], bool]) -> None:
        """Train to the last epoch, or until ``stop()`` says True after a batch."""
        start = time.perf_counter()
        for run in self.runs:
            run.history.interrupted, run.history.best_epoch = False, None
        try:
            for _ in range(self.runs[0].last):
                self._epoch(start, stop)
                if stop() or not self.alive.any():
                    break
                if np.count_nonzero(~self.alive) * GONE >= len(self.alive):
                    self._drop()
        finally:  # also where a second Ctrl-C breaks off
            for row in np.flatnonzero(self.alive).tolist():
                run = self.members[row]
                run.network.vector, run.network.gradient = self.values[row], self.gradient[row]
                self._write(row)
                run.history.interrupted = stop()

    def _epoch(self, start: float, stop: Callable[[], bool]) -> None:
        rows, size, clip = self.rows, self.runs[0].batch_size, self.runs[0].clip
        order = self._draw() if size < rows else None
        norms: Any = None
        done = 0
        for number in range(len(self.losses)):
            if number and stop():
                break
            n = min(size, rows - done)
            step, part = self.steps[n], slice(done, done + n)
            if order is not None:
                step.x[...], step.targets[...] = self.drawn[0][:, part], self.drawn[1][:, part]
            loss = step.step.run()
            finite = math.isfinite(loss.dot(self.ones))
            if not finite and not self.careful:
                step = self._be_careful(n)
                loss = step.step.run()
                finite = math.isfinite(loss.dot(self.ones))
            if not finite:
                self._fail("loss", loss, order, done, n)
            done += n
            if done == rows:
                self.norms.before(self.values, self.gradient)
                norms = np.array(self.norms.whole)
                if not math.isfinite(np.add.reduce(norms)):
                    self._fail("gradient", norms, order, done - n, n)
            if clip is not None:
                norms = clip_rows(self.gradient, clip)
            self.optimizer.step()
            self.losses[number], self.outputs[:, part] = loss, step.step.predictions
        if norms is None:
            norms = norms_of_rows(self.gradient)
        self._note(*self._means(done), norms, time.perf_counter() - start, done == rows)

    def _draw(self) -> Array:
        """Copy the rows in the order in which each member takes them; gives their places in all rows."""
        still = np.arange(self.rows)  # who has diverged draws no more
        drawn = [
            run.rng.permutation(self.rows) if alive else still
            for run, alive in zip(self.members, self.alive, strict=True)
        ]
        places = self.order.reshape(-1)
        np.concatenate(drawn, out=places)
        self.order += self.offsets
        for source, rows in zip((self.X, self.targets), self.drawn, strict=True):
            rest = source.shape[2:]
            source.reshape(-1, *rest).take(places, 0, rows.reshape(-1, *rest), "clip")
        return self.order

    def _means(self, done: int) -> tuple[Array, Array]:
        """Loss and score of each member over the batches of an epoch, added one after the other."""
        size = self.runs[0].batch_size
        if done == self.rows == size:
            shares = self.score(self.outputs[:, None], self.targets[:, None])[:, 0]
            return self.losses[0] * done / done, shares
        whole, rest = divmod(done, size)
        lengths, scores = np.array([size] * whole + [rest] * (rest > 0)), list[Array]()
        for begin, batches, n in ((0, whole, size), (done - rest, 1, rest)):
            if batches and n:
                out, targets = [
                    array[:, begin : begin + batches * n].reshape(-1, batches, n, *array.shape[2:])
                    for array in (self.outputs, self.drawn[1])
                ]
                scores.append(self.score(out, targets))
        found = self.losses[: len(lengths)], np.concatenate(scores, axis=1).T
        losses, shares = [np.add.accumulate(batches * lengths[:, None])[-1] / done for batches in found]
        return losses, shares

    def _fail(self, what: str, figures: Array, order: Array | None, done: int, n: int) -> None:
        """Have the members whose figure is not finite fail as they would by themselves."""
        for row in np.flatnonzero(self.alive & ~np.isfinite(figures)).tolist():
            run = self.members[row]
            x, t = run.data
            if order is not None:
                taken = order[row, done : done + n] - self.offsets[row]
                x, t = x[taken], t[taken]
            run.lay_out()
            run.network.vector = self.values[row]
            value = run.network.loss_and_gradient(x, t, run.loss, run.regularizer)
            if what == "gradient":
                run.norms.before(run.network.vector, run.network.gradient)
                value = run.norms.whole
            self._write(row)
            run.done, run.optimizer.steps_taken = done, self.optimizer.common.steps_taken
            self.failed[self.places[row]] = run.diverged(what, value)
            self.alive[row] = False

    def _note(self, losses: Array, scores: Array, norms: Array, seconds: float, whole: bool) -> None:
        """Take note of an epoch, or of what there is of one that is broken off."""
        watched, rates = self._watch(), np.array(self.optimizer.rates())
        figures = [losses, scores, rates, norms, np.full(len(losses), seconds)]
        found = [np.stack(figures, axis=1), *([] if watched is None else [watched])]
        if whole:
            found += [self.norms.gradients, self.norms.after(self.values)]
        else:  # no step was its last
            found.append(np.full((len(losses), 2 * len(self.norms.layers)), math.nan))
        self.noted.append(np.concatenate(found, axis=1))
        self.broken_off = not whole
        if whole and self.told:
            seen = losses if watched is None else watched[:, 0]
            for row in np.flatnonzero(self.alive):
                self.members[row].observe(float(seen[row]))

    def _noted_of(self, row: int) -> list[Array]:
        """The figures of one member by epoch, since the last laying out."""
        return [np.array([figures[row] for figures in self.noted])] if self.noted else []

    def _write(self, row: int) -> None:
        """Write what was noted of a member into its history."""
        run = self.members[row]
        names = [*PLAIN[1:]]  # all but the epoch
        names += [] if run.validation is None else VALIDATION
        layers = range(1, len(self.norms.layers) + 1)
        names += [f"{name}_{layer}" for name in OF_LAYERS for layer in layers]
        parts = [*self.earlier[self.places[row]], *self._noted_of(row)]
        figures = np.concatenate(parts) if parts else np.empty((0, len(names)))
        columns = dict(zip(names, figures.T.tolist(), strict=True))
        if self.broken_off and self.alive[row]:
            for name in names[-2 * len(layers) :]:
                columns[name][-1] = None
        columns["epoch"] = list(range(1, len(figures) + 1))
        run.history.set_columns(columns)

    def _watch(self) -> Array | None:
        """Loss and score of each member on the rows that it watches. Shape: (members, 2)."""
        if self.members[0].validation is None:
            return None
        if self.evaluations:
            seen = np.concatenate([evaluation.run() for evaluation in self.evaluations])
            if self.careful or math.isfinite(seen[:, 0].dot(self.ones)):
                return seen
            self._lay_out_calls(careful=True)
            return np.concatenate([evaluation.run() for evaluation in self.evaluations])
        found = np.full((len(self.members), 2), math.nan)
        for row, run in enumerate(self.members):
            if run.validation is not None and self.alive[row]:
                run.network.vector = self.values[row]
                found[row] = run.evaluate(run.validation)
        return found
