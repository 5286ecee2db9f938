"""Single numbers of a trace as expressions: the right side of every line that a walkthrough shows."""

from __future__ import annotations

from collections.abc import Sequence

from ..autodiff.op import Elementwise
from ..trace.builder import written
from ..trace.expression import Entry, Expression, entry, products, row_value
from ..trace.reasons import Index, is_number, locals_of
from ..trace.record import Record


def result_expression(record: Record, index: Index, drop: bool) -> Expression | None:
    """One entry of what a forward record computed; None where it is not entry by entry."""
    given, output = record.inputs, record.output
    value = float(output.data[index])
    if record.op in ("affine", "matmul") and all(q.data.ndim == 2 for q in (output, *given[:2])):
        x, w, *bias = given
        n, k = index
        terms: list[tuple[Entry, ...]] = [
            (entry(x, (n, i), drop), entry(w, (i, k), drop)) for i in range(x.shape[1])
        ]
        return products([*terms, *[(entry(b, (k,), drop),) for b in bias]], value)
    if record.op == "weighted_sum":
        count = len(given) // 2
        pairs = zip(given[1 : count + 1], given[count + 1 :], strict=True)
        terms = [(entry(w, ()), entry(x, ())) for w, x in pairs]
        return products([*terms, (entry(given[0], ()),)], value)
    op = record.row
    if isinstance(op, Elementwise) and all(q.shape in (output.shape, ()) for q in given):
        entries = [entry(q, index if q.shape else (), drop) for q in given]
        constants = {k: written(q) for k, q in enumerate(given) if is_number(q)}
        return row_value(op, entries, value, constants)
    return None


def gradient_expression(record: Record, index: Index, drop: bool) -> Expression:
    """One entry of what a backward record contributed: upstream · local, summed over its ways."""
    assert record.position is not None
    assert record.upstream is not None
    assert record.forward is not None
    if not record.inputs[record.position].per_sample:  # of a parameter: samples are told apart
        drop = False
    value = float(record.output.data[index])
    found = list(locals_of(record.forward, record.position, index, drop))
    if record.upstream.role == "start" and len(found) == 1:
        local = found[0][1]
        return Expression(local.parts, local.entries, value, local.compute)
    above = [entry(record.upstream, place, drop) for place, _ in found]
    if len(found) == 1:
        return _single(above[0], found[0][1], value)
    factors = [_factor(local) for _, local in found]
    return products([(f, g) if f else (g,) for f, g in zip(factors, above, strict=True)], value)


def _factor(local: Expression) -> Entry | None:
    """A local derivative as one number; None where it is 1 and needs no mention."""
    if not local.entries:
        return None if local.value == 1 else Entry(local.names(), local.value)
    return local.entries[0] if local.single else Entry(f"({local.names()})", local.value)


def needs_parentheses(expression: Expression) -> bool:
    """Whether a factor has to be put in parentheses beside a product sign."""
    depth = 0
    for part in expression.parts:
        for mark in part if isinstance(part, str) else "":
            depth += mark in "([|" or -(mark in ")]")
            if depth == 0 and mark in "+−/":
                return True
    return False


def _single(above: Entry, local: Expression, value: float) -> Expression:
    """upstream · (local derivative), with its formula written out."""
    if not local.entries and local.value == 1:
        return Expression((0,), (above,), value, lambda values: values[0])
    shifted = tuple([part if isinstance(part, str) else part + 1 for part in local.parts])
    parts: tuple[str | int, ...] = (
        (0, "·(", *shifted, ")") if needs_parentheses(local) else (0, "·", *shifted)
    )
    inner = local.compute

    def compute(values: Sequence[float]) -> float:
        assert inner is not None
        return values[0] * inner(values[1:])

    if inner is None:
        return Expression(parts, (above, *local.entries), value)
    return Expression(parts, (above, *local.entries), value, compute)
