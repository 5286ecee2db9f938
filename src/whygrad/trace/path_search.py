"""Every way a gradient goes from a number to the loss: paths, each with its product of local derivatives.

Their products add up to the gradient. There may be more paths than can be listed: their number and the
sum of their sizes follow from one pass over the graph, and the largest are found one by one, by a
search that always knows how large a path can still become.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .._lazy import above
from ..errors import DataError, SettingError, ShapeError
from .expression import Expression, entry_name
from .notes import first_not_finite
from .reasons import Index, check_index, locals_of
from .record import Trace

Place = tuple[str, Index]
MOST_EDGES = 50_000


@dataclass(frozen=True, eq=False)
class Step:
    """One edge of a path: into which result, and with which local derivative."""

    into: str
    local: Expression


@dataclass(frozen=True, eq=False)
class Path:
    """One way to the loss.

    Attributes
    ----------
    steps
        From the number to the loss.
    product
        Of the local derivatives.
    """

    steps: tuple[Step, ...]
    product: float


@dataclass(frozen=True, eq=False)
class Paths:
    """All paths of one number, or the largest of them.

    Attributes
    ----------
    of
        The number.
    gradient
        ∂L/∂ of it: the sum over all paths.
    count
        How many paths there are.
    total_size
        Σ|product| over all paths.
    shown
        The largest, by size.
    """

    of: str
    gradient: float
    count: int
    total_size: float
    shown: tuple[Path, ...]

    _repr_html_ = above("whygrad.render.notebook", "paths_html")

    @property
    def complete(self) -> bool:
        """Whether every path is shown."""
        return len(self.shown) == self.count

    def to_json(self) -> dict[str, Any]:
        """Plain data with every digit."""
        return {
            "of": self.of,
            "gradient": self.gradient,
            "count": self.count,
            "total_size": self.total_size,
            "share": self.share,
            "paths": [
                {
                    "product": path.product,
                    "steps": [
                        {"into": s.into, "local": s.local.names(), "value": s.local.value} for s in path.steps
                    ],
                }
                for path in self.shown
            ],
        }

    @property
    def share(self) -> float:
        """Which part of Σ|product| the shown paths have; 1 where all are 0."""
        if self.complete or self.total_size == 0:
            return 1.0
        return math.fsum(abs(path.product) for path in self.shown) / self.total_size


def paths(
    trace: Trace, name: str, index: Sequence[int] = (), *, most: int = 20, sample: int | None = None
) -> Paths:
    """The paths from a number to the loss: all of them, or the largest.

    Parameters
    ----------
    trace
        An observed graph or step.
    name, index
        The number.
    most
        How many paths to list at most.
    sample
        Only those through this row of the batch.

    Raises
    ------
    DataError
        If a local derivative is not finite, because sizes cannot be compared then.
    ShapeError
        If the graph behind the number is too large.

    Examples
    --------
    >>> from whygrad import Value
    >>> from whygrad.trace import observe
    >>> a = Value(3.0, label="a")
    >>> found = paths(observe((a * 2.0 + a).tanh() * a), "a")
    >>> found.count, math.isclose(math.fsum(path.product for path in found.shown), found.gradient)
    (3, True)
    """
    if most < 1:
        raise SettingError("at least one path must be asked for", received=most)
    quantity = trace.quantity(name)
    start = (name, check_index(quantity, index))
    if name not in trace.gradients:
        raise SettingError(f"{trace.root} does not depend on {name}")
    broken = first_not_finite(trace)
    if broken:
        raise DataError("paths need finite numbers", received=broken)
    graph = _Graph(trace, start, sample)
    gradient = math.fsum(local.value * graph.gradient(place) for place, local in graph.edges.get(start, ()))
    found = tuple(itertools.islice(graph.largest(), most))
    label = entry_name(quantity, start[1])
    return Paths(label, gradient, graph.count[start], graph.size[start], found)


class _Graph:
    """Everything between a number and the loss, entry by entry, with what lies ahead of each place."""

    def __init__(self, trace: Trace, start: Place, sample: int | None) -> None:
        self.trace, self.start = trace, start
        self.end: Place = (trace.root, (0,) * trace.quantity(trace.root).data.ndim)
        self.edges: dict[Place, list[tuple[Place, Expression]]] = {}
        self.expand(sample)
        self.measure()

    def gradient(self, place: Place) -> float:
        """The gradient that the backward pass has at a place."""
        return float(self.trace.gradients[place[0]].data[place[1]])

    def expand(self, sample: int | None) -> None:
        """Follow every use, from the number on."""
        waiting, count = [self.start], 0
        while waiting:
            place = waiting.pop()
            if place in self.edges:
                continue
            self.edges[place] = found = []
            for record, position in self.trace.uses.get(place[0], ()):
                if not record.row.flows(position) or record.name not in self.trace.gradients:
                    continue
                for index, local in locals_of(record, position, place[1]):
                    first = place == self.start and record.output.per_sample
                    if first and sample not in (None, index[0]):
                        continue
                    found.append(((record.name, index), local))
                    waiting.append((record.name, index))
                    count += 1
            if count > MOST_EDGES:
                raise ShapeError(
                    "too much lies between this number and the loss to follow every path",
                    expected=f"at most {MOST_EDGES:,} edges",
                    received=f"more, after {len(self.edges):,} numbers",
                    hint="choose a weight of a later layer, fewer rows, or one sample",
                )

    def measure(self) -> None:
        """Number of paths ahead, sum of their sizes, and size of the largest, from the loss backwards."""
        order = {record.name: k for k, record in enumerate(self.trace.computed)}
        places = sorted(self.edges, key=lambda place: order.get(place[0], -1), reverse=True)
        self.count: dict[Place, int] = {}
        self.size: dict[Place, float] = {}
        self.best: dict[Place, float] = {}
        for place in places:
            if place == self.end:
                self.count[place], self.size[place], self.best[place] = 1, 1.0, 1.0
                continue
            ahead = self.edges[place]
            self.count[place] = sum(self.count[to] for to, _ in ahead)
            self.size[place] = math.fsum(abs(local.value) * self.size[to] for to, local in ahead)
            self.best[place] = max((abs(local.value) * self.best[to] for to, local in ahead), default=0.0)

    def largest(self) -> Iterator[Path]:
        """Paths from the largest to the smallest, one at a time."""
        tie = itertools.count()
        heap: list[tuple[float, int, Place, float, tuple[Step, ...]]] = [
            (-self.best[self.start], next(tie), self.start, 1.0, ())
        ]
        while heap:
            _, _, place, product, steps = heapq.heappop(heap)
            if place == self.end:
                yield Path(steps, product)
                continue
            for to, local in self.edges[place]:
                if self.count[to]:
                    name = entry_name(self.trace.quantity(to[0]), to[1])
                    further = product * local.value
                    size = abs(further) * self.best[to]
                    heapq.heappush(heap, (-size, next(tie), to, further, (*steps, Step(name, local))))
