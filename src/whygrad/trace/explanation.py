"""Why one gradient is what it is, as data: three questions, the way to the loss, a check, and the step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._lazy import above
from ..autodiff.node import Node
from ..autodiff.op import Elementwise
from ..errors import GraphError, KindError, SettingError, ShapeError
from .expression import Expression
from .graphs import Observed
from .notes import notes_of
from .nudging import Nudge, nudge
from .reasons import Reason, Term, check_index, reason
from .record import Quantity, Record, Trace

SMALL, LARGE = 0.1, 10.0


@dataclass(frozen=True, eq=False)
class Share:
    """What came through one use of the weight: in a batch, one sample.

    Attributes
    ----------
    sample
        The row of the batch; None in a graph of single values.
    value
        Its part of the gradient; the parts of all uses add up to it.
    """

    sample: int | None
    value: float


@dataclass(frozen=True, eq=False)
class Factor:
    """One factor on the way from the weight to the loss; its name says what it is the derivative of.

    Attributes
    ----------
    kind
        ``input``, ``slope``, ``weight``, ``mask``, ``loss`` or ``operation``.
    value
        How large it is.
    formula
        What it is made of, such as ``W2[0,0]`` or ``1 − a1[0]²``.
    """

    kind: str
    name: str
    value: float
    formula: str = ""


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why ``∂L/∂w`` is what it is.

    Attributes
    ----------
    trace
        The step that was observed.
    weight, value
        What was asked about, and its value before the update.
    gradient
        ∂L/∂w, as the backward pass has it.
    shares
        What each use of the weight contributes: in a batch, each sample.
    penalties
        What the penalties contribute: the record's name and the amount.
    chosen
        Which share is taken apart.
    care
        The gradient by the neuron's output, taken apart.
    slope
        The activation's local derivative; None where there is no activation.
    move
        The local derivative of z by the weight: its input, as a rule.
    product
        care · slope · move: the chosen share.
    chain
        Every factor along the largest way to the loss, from the weight on.
    check
        The same gradient by nudging the weight.
    update
        What the optimizer did; None where no step was taken.
    notes
        What is special here, in words.
    """

    trace: Trace
    weight: Reason
    gradient: float
    shares: tuple[Share, ...]
    penalties: tuple[tuple[str, float], ...]
    chosen: int
    care: Reason
    slope: Expression | None
    slope_of: Term | None
    move: Expression
    product: float
    chain: tuple[Factor, ...]
    check: Nudge
    update: Record | None
    notes: tuple[str, ...]

    @property
    def value(self) -> float:
        """The weight before the update."""
        return self.weight.of.value

    @property
    def sample(self) -> int | None:
        """The row of the batch that is taken apart."""
        return self.shares[self.chosen].sample if self.shares else None

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The answers to the three questions (two, where there is no activation)."""
        found = [Factor("care", self.care.gradient, self.care.value)]
        if self.slope is not None and self.slope_of is not None:
            through = self.slope_of
            name = f"∂{through.through.of.name}/∂{self.z}"
            found.append(Factor("slope", name, self.slope.value, self.slope.names()))
        name = f"∂{self.z}/∂{self.weight.of.name}"
        found.append(Factor("move", name, self.move.value, self.move.names()))
        return tuple(found)

    @property
    def z(self) -> str:
        """The name of what the weight goes into."""
        return self.weight.terms[self.chosen].through.of.name if self.weight.terms else ""

    _repr_html_ = above("whygrad.render.notebook", "explanation_html")

    def to_json(self) -> dict[str, Any]:
        """Plain data with every digit, for a program to read."""
        from .saving import explanation_json

        return explanation_json(self)

    @property
    def culprit(self) -> Factor | None:
        """The factor on the way to the loss that makes the gradient small or large, if one does.

        The first that is exactly 0; otherwise the one furthest from 1, when it is below a tenth and the
        product is small, or above ten and the product is large.
        """
        if not self.chain:
            return None
        for factor in self.chain:
            if factor.value == 0 or not np.isfinite(factor.value):
                return factor
        smallest, largest = min(self.chain, key=self._size), max(self.chain, key=self._size)
        if self._size(largest) > LARGE and abs(self.gradient) > 1:
            return largest
        return smallest if self._size(smallest) < SMALL else None

    def _size(self, factor: Factor) -> float:
        """How large a factor is; that of the loss as if the sample were alone, as a mean divides."""
        rows = self.trace.samples if factor.kind == "loss" else 1
        return abs(factor.value) * max(1, rows)


def explain(
    loss: Any, weight: Any, index: Sequence[int] | None = None, *, sample: int | None = None, depth: int = 2
) -> Explanation:
    """Take the gradient of the loss by one weight apart.

    Parameters
    ----------
    loss
        A :class:`~whygrad.Value` or :class:`~whygrad.Tensor` that was minimised, a compiled program, or a
        :class:`Trace`.
    weight
        A node that the loss was computed from; for a trace the name of a quantity, such as ``"W1"``.
    index
        The place in it, such as ``(1, 0)``: input 1, output 0. None for a single number.
    sample
        Which row of the batch to take apart; by default the one with the largest share.
    depth
        How many times to open the question how much the loss cares.

    Raises
    ------
    GraphError
        If the loss does not depend on the weight, or data have changed since the forward pass.
    ShapeError
        If there is no such place; says which there are.

    Examples
    --------
    >>> from whygrad import MLP
    >>> import random
    >>> random.seed(1)
    >>> network = MLP(2, [2, 1])
    >>> loss = (network([1.0, -1.0]) - 1.0) ** 2
    >>> explanation = explain(loss, network.layers[0].neurons[0].w[1])
    >>> [factor.name for factor in explanation.factors]
    ['∂L/∂a1[0]', '∂a1[0]/∂z1[0]', '∂z1[0]/∂w1[1,0]']
    >>> explanation.check.agrees
    True
    """
    notes: tuple[str, ...] = ()
    if isinstance(loss, Trace):
        trace, name = loss, str(weight)
        trace.quantity(name)
    else:
        trace, name, notes = _observed(loss, weight)
    quantity = trace.quantity(name)
    if index is None and quantity.data.size == 1:
        index = (0,) * quantity.data.ndim
    place = check_index(quantity, index or ())
    if name not in trace.gradients:
        raise GraphError(
            f"{trace.root} does not depend on {name}: it has no gradient",
            hint="ask about one of " + ", ".join([n for n in trace.gradients if n != trace.root][:8]),
        )
    return _explain(trace, quantity, place, sample, depth, notes)


def _observed(loss: Any, weight: Any) -> tuple[Trace, str, tuple[str, ...]]:
    """The trace of a graph, the name of the weight in it, and what its stored gradient says."""
    if not isinstance(weight, Node):
        raise KindError(
            "explain() takes a node of the graph", received=repr(weight), hint="explain(loss, network.w)"
        )
    graph = Observed(loss)
    trace = graph.trace()
    found: dict[Any, Quantity] = graph.quantities
    if weight not in found:
        raise GraphError(
            "the loss does not depend on this weight",
            received=repr(weight),
            hint="explain a weight that the loss was computed from, with the loss of the same forward pass",
        )
    name = found[weight].name
    if name not in trace.gradients:
        return trace, name, ()
    return trace, name, _stored(weight, trace.gradients[name].data)


def _stored(weight: Any, gradient: Any) -> tuple[str, ...]:
    """What ``grad`` holds, where that is not the gradient of this loss."""
    grad = weight.grad
    if grad is None or (np.size(grad) == 1 and not np.any(grad) and np.any(gradient)):
        return ("backward() has not been called: grad is still empty. The gradient was computed here.",)
    if np.allclose(grad, gradient, rtol=1e-9, atol=0, equal_nan=True):
        return ()
    text = f"{float(grad):.6g}" if np.size(grad) == 1 else "something else"
    return (f"grad holds {text}: gradients add up until zero_grad(), so it has more in it than this loss's.",)


def _explain(
    trace: Trace, quantity: Quantity, index: tuple[int, ...], sample: int | None, depth: int, notes: Any
) -> Explanation:
    name = quantity.name
    drop = bool(trace.samples)
    root = reason(trace, name, index, depth=1, drop_sample=drop)
    uses = [term for term in root.terms if term.through.quantity.role != "loss" or trace.kind != "layers"]
    rest = [term for term in root.terms if term not in uses]
    shares = tuple([Share(_sample(term), term.product) for term in uses])
    chosen = _choose(trace, shares, sample)
    weight = Reason(root.of, quantity, index, root.value, tuple(uses))
    if not uses:  # a penalty alone, or the loss itself
        raise GraphError(f"{name} is the loss itself, or only a penalty reaches it")
    term = uses[chosen]
    z = reason(trace, term.through.quantity.name, term.through.index, 1, drop)
    slope_of = _activation(z)
    if slope_of is None:
        care_of, slope = z, None
    else:
        care_of, slope = slope_of.through, slope_of.local
    care = reason(trace, care_of.quantity.name, care_of.index, depth, drop)
    chain = _chain(trace, weight, chosen, drop)
    checked = nudge(trace, name, index)
    update = next((record for record in trace.update if record.inputs[0].name == name), None)
    product = care.value * (1.0 if slope is None else slope.value) * term.local.value
    penalties = tuple([(part.through.of.name, part.product) for part in rest])
    made = Explanation(
        trace, weight, root.value, shares, penalties, chosen, care, slope, slope_of, term.local, product,
        chain, checked, update, (),
    )  # fmt: skip
    found = (*notes, *notes_of(made))
    return replace(made, notes=found)


def _sample(term: Term) -> int | None:
    return int(term.through.index[0]) if term.through.quantity.per_sample else None


def _choose(trace: Trace, shares: tuple[Share, ...], sample: int | None) -> int:
    """The share of the sample that was asked for, or the largest."""
    if sample is None:
        sizes = [abs(share.value) if share.value == share.value else np.inf for share in shares]
        return int(np.argmax(sizes)) if sizes else 0
    rows = [share.sample for share in shares]
    if sample not in rows:
        last = trace.samples - 1
        if last < 0:
            raise SettingError("this graph has no samples", received=f"sample {sample}")
        raise ShapeError(f"there is no sample {sample}", expected=f"0 to {last}", received=sample)
    return rows.index(sample)


def _activation(z: Reason) -> Term | None:
    """The one elementwise function of z that everything goes through, if there is one."""
    if len(z.terms) != 1:
        return None
    term = z.terms[0]
    function = isinstance(term.record.row, Elementwise) and len(term.record.inputs) == 1
    return term if function and term.record.kind != "loss" else None


def _chain(trace: Trace, weight: Reason, chosen: int, drop: bool) -> tuple[Factor, ...]:
    """Factors along the largest term of each sum, from the weight to the loss."""
    factors = []
    term: Term | None = weight.terms[chosen]
    start = weight.of.name
    while term is not None:
        above = term.through
        value = term.local.value
        if value != 1 or term.record.op not in ("add", "subtract", "affine", "index", "reshape"):
            factors.append(Factor(_kind(term), f"∂{above.of.name}/∂{start}", value, term.local.names()))
        start = above.of.name
        opened = reason(trace, above.quantity.name, above.index, 1, drop)
        sizes = [abs(t.product) if t.product == t.product else np.inf for t in opened.terms]
        if sizes and not any(sizes):  # all zero: follow the largest local derivative to see why
            sizes = [abs(t.through.value) + abs(t.local.value) for t in opened.terms]
        term = opened.terms[int(np.argmax(sizes))] if sizes else None
    return tuple(factors)


def _kind(term: Term) -> str:
    row, given = term.record.row, term.record.inputs
    if term.record.kind == "loss":
        return "loss"
    if row.name == "dropout":
        return "mask"
    if row.name in ("affine", "matmul", "weighted_sum"):
        name = term.local.names()
        weights = [q.name for q in given if q.role == "parameter"]
        return "weight" if name in weights or name.split("[")[0] in weights else "input"
    return "slope" if isinstance(row, Elementwise) and len(given) == 1 else "operation"
