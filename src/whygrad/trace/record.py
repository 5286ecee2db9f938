"""The records of one training step: forward, loss, backward, update. Arrays are copies, closed to writing.

Records refer to rows of the table of operations by name, so that a trace read from a file can be
computed anew, asked for its formulas, and nudged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .._lazy import above
from ..autodiff import tensor as _tensor  # noqa: F401 - enters all rows into the table
from ..autodiff.op import Op
from ..autodiff.readings.arrays import ARRAYS
from ..autodiff.table import TABLE
from ..errors import SettingError, nearest

Array = np.ndarray[Any, Any]
KINDS = ("forward", "loss", "backward", "update")


@dataclass(frozen=True, eq=False)
class Quantity:
    """An array with the name it goes by, such as ``z1``, ``W2`` or ``δ1``; no two of a trace share one.

    Attributes
    ----------
    data
        A copy, closed to writing.
    role
        ``input``, ``target``, ``parameter``, ``hidden``, ``constant``, ``loss``, ``gradient`` or ``state``.
    per_sample
        Whether the first axis counts the rows of the batch.
    """

    name: str
    data: Array
    role: str = "hidden"
    per_sample: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes along the axes."""
        return tuple(self.data.shape)

    def __repr__(self) -> str:
        return f"<{self.name} {self.shape}>"


@dataclass(frozen=True, eq=False)
class Line:
    """One line of an update: a formula and what it gave."""

    formula: str
    result: Quantity


@dataclass(frozen=True, eq=False)
class Record:
    """One computation.

    Attributes
    ----------
    kind
        ``forward``, ``loss``, ``backward`` or ``update``.
    op, keywords
        The row of the table that was run, with its fixed keywords; of an update the optimizer's name.
    inputs
        What the row was given, in its order.
    output
        What came out. In a backward record this is the contribution to the gradient of input ``position``;
        in an update the parameter afterwards.
    formula
        ``output = …`` in the names of this trace.
    layer
        Number of the layer, from 1; 0 where there is none.
    position
        In a backward record: which input the gradient is for.
    upstream
        The gradient that came in from above.
    local
        The local derivative, where the row states one.
    aside
        Computed to be shown only: no gradient flows through it.
    lines
        The steps of an update.
    forward
        Of a backward record: the computation that it goes back through.
    """

    kind: str
    op: str
    inputs: tuple[Quantity, ...]
    output: Quantity
    formula: str
    layer: int = 0
    keywords: tuple[tuple[str, Any], ...] = ()
    position: int | None = None
    upstream: Quantity | None = None
    local: Quantity | None = None
    aside: bool = False
    lines: tuple[Line, ...] = ()
    forward: Record | None = None

    @property
    def name(self) -> str:
        """Name of the output."""
        return self.output.name

    @property
    def row(self) -> Op:
        """The row of the table, with its keywords bound."""
        if self.op not in TABLE:
            raise SettingError(
                f"this needs the operation {self.op!r}, which is not in the table",
                hint="import the module that adds it first",
            )
        op: Op = TABLE[self.op]
        return op.bind(**dict(self.keywords)) if self.keywords else op

    def quantities(self) -> Iterator[Quantity]:
        """Every array of this record."""
        yield from self.inputs
        yield self.output
        for quantity in (self.upstream, self.local, *[line.result for line in self.lines]):
            if quantity is not None:
                yield quantity

    def __repr__(self) -> str:
        return f"<{self.kind}: {self.formula}>"


@dataclass(frozen=True, eq=False)
class Trace:
    r"""Everything one step computed.

    Attributes
    ----------
    kind
        ``layers``, ``values`` or ``tensors``: what was observed.
    records
        In the order of computing.
    gradients
        Name of a quantity -> its gradient, all contributions together.
    root
        Name of the number that was minimised.
    about
        Where the step came from: data, seed, optimizer … Plain data, for headings.

    Examples
    --------
    >>> from whygrad import Value
    >>> from whygrad.trace import observe
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> trace = observe(a * b + a)
    >>> print("\n".join(record.formula for record in trace.forward))
    v1 = a·b
    L = v1 + a
    >>> float(trace.gradients["a"].data)
    -2.0
    """

    kind: str
    records: tuple[Record, ...]
    gradients: Mapping[str, Quantity]
    root: str
    about: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def quantities(self) -> dict[str, Quantity]:
        """Name -> quantity, in the order of computing."""
        found: dict[str, Quantity] = {}
        for record in self.records:
            for quantity in record.quantities():
                found.setdefault(quantity.name, quantity)
        for quantity in self.gradients.values():
            found.setdefault(quantity.name, quantity)
        return found

    def of_kind(self, kind: str) -> tuple[Record, ...]:
        """The records of one kind."""
        return tuple([record for record in self.records if record.kind == kind])

    @property
    def forward(self) -> tuple[Record, ...]:
        """From the input to the last layer; of a graph, everything up to its result."""
        return self.of_kind("forward")

    @property
    def loss(self) -> tuple[Record, ...]:
        """The loss and the penalties."""
        return self.of_kind("loss")

    @property
    def backward(self) -> tuple[Record, ...]:
        """From the loss to the input."""
        return self.of_kind("backward")

    @property
    def update(self) -> tuple[Record, ...]:
        """What the optimizer did to each parameter; empty where none was given."""
        return self.of_kind("update")

    @property
    def computed(self) -> tuple[Record, ...]:
        """Forward and loss records that the result depends on."""
        return tuple([r for r in self.records if r.kind in ("forward", "loss") and not r.aside])

    @property
    def samples(self) -> int:
        """Rows of the batch; 0 where nothing counts rows."""
        return next((len(q.data) for q in self.quantities.values() if q.per_sample), 0)

    @property
    def layers(self) -> int:
        """The highest number of a layer."""
        return max((record.layer for record in self.records), default=0)

    @cached_property
    def uses(self) -> dict[str, tuple[tuple[Record, int], ...]]:
        """Name -> where it was used: the record and the position among its inputs."""
        found: dict[str, list[tuple[Record, int]]] = {}
        for record in self.computed:
            for i, quantity in enumerate(record.inputs):
                found.setdefault(quantity.name, []).append((record, i))
        return {name: tuple(uses) for name, uses in found.items()}

    @cached_property
    def made_by(self) -> dict[str, Record]:
        """Name of a result -> the record that computed it."""
        return {record.name: record for record in self.computed}

    def __getitem__(self, name: str) -> Array:
        """The array of that name."""
        return self.quantity(name).data

    def __contains__(self, name: object) -> bool:
        return name in self.quantities

    def quantity(self, name: str) -> Quantity:
        """The quantity of that name.

        Raises
        ------
        SettingError
            If there is none; the near ones are suggested.
        """
        if name not in self.quantities:
            raise SettingError(f"this step has no {name!r}", hint=nearest(str(name), list(self.quantities)))
        return self.quantities[name]

    def replay(self, changed: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """Compute forward and loss anew, in float64, with other values for some quantities.

        Parameters
        ----------
        changed
            Name -> array to compute with instead.

        Returns
        -------
        dict
            Name -> array, of everything that depends on what was changed; of all results if nothing was.
        """
        found: dict[str, Array] = {name: np.asarray(array) for name, array in (changed or {}).items()}
        for record in self.computed:
            if changed and not any(quantity.name in found for quantity in record.inputs):
                continue
            xs = [_precise(found.get(q.name, q.data)) for q in record.inputs]
            found[record.name] = np.asarray(record.row.forward(ARRAYS, *xs))
        return found

    def result(self, changed: Mapping[str, Array] | None = None) -> float:
        """The number that was minimised, with other values for some quantities."""
        found = self.replay(changed)
        return float(found.get(self.root, self[self.root]))

    _repr_html_ = above("whygrad.render.notebook", "trace_html")

    def to_json(self) -> dict[str, Any]:
        """Plain data that ``json.dumps`` takes; nothing is rounded."""
        from .saving import to_json

        return to_json(self)

    def __repr__(self) -> str:
        counts = ", ".join([f"{len(self.of_kind(kind))} {kind}" for kind in KINDS if self.of_kind(kind)])
        return f"<trace of {self.kind}: {counts}>"


def _precise(data: Array) -> Array:
    return data.astype(np.float64) if data.dtype.kind == "f" else data
