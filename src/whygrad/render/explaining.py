"""Why one gradient is what it is, in words and numbers: the questions, the way, the check, the step."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..trace.explanation import Explanation, Factor
from ..trace.expression import Entry, Expression, products
from ..trace.reasons import Reason, Term
from .document import (
    Bars,
    Block,
    Cell,
    Details,
    Document,
    Equation,
    Heading,
    Paragraph,
    cell,
    equation,
    sign_before,
    table,
    words,
)
from .entries import needs_parentheses
from .numbers import DIGITS, plainly, show
from .outcome import MOST_ROWS, check_blocks, share_blocks, step_blocks

ORDER = {"input": "an input", "slope": "a slope", "weight": "a weight", "mask": "a mask", "loss": "the loss"}


def explanation_document(explanation: Explanation, digits: int = DIGITS) -> Document:
    """The document for one gradient.

    Examples
    --------
    >>> from whygrad import Value
    >>> from whygrad.render.text import text
    >>> from whygrad.trace import explain
    >>> w = Value(2.0, label="w")
    >>> print(text(explanation_document(explain((w * 3.0).tanh(), w))))  # doctest: +ELLIPSIS
    Why is ∂L/∂w ≈ 7.373·10⁻⁵?
    ...
    """
    return _Explaining(explanation, digits).document()


class _Explaining:
    """An explanation being put into words."""

    def __init__(self, explanation: Explanation, digits: int) -> None:
        self.e, self.digits = explanation, digits
        self.trace = explanation.trace
        self.uses = explanation.weight.terms
        self.alone = len(self.uses) == 1

    def document(self) -> Document:
        """Everything, in the order in which one would ask."""
        e = self.e
        blocks: list[Block] = [*self.opening()]
        blocks += [Paragraph(note, "warning" if "first in" in note else "note") for note in e.notes]
        blocks += self.questions()
        blocks += self.together()
        if not self.alone or e.penalties:
            blocks += share_blocks(e, self.digits)
        blocks += [*check_blocks(e), *step_blocks(e, self.digits)]
        return Document(f"Why is ∂L/∂{e.weight.of.name} {plainly(e.gradient, self.digits)}?", tuple(blocks))

    def show(self, x: float) -> str:
        return show(x, self.digits)

    # --- opening -----------------------------------------------------------------------------------------
    def opening(self) -> Iterator[Block]:
        """What is minimised, and which row is looked at."""
        e, trace = self.e, self.trace
        loss = f"{trace.root} {plainly(float(trace[trace.root]), self.digits)}"
        yield Paragraph(f"{e.weight.of.name} {plainly(e.value, self.digits)}, and the loss is {loss}.")
        if e.sample is None:
            return
        n = e.sample
        parts = [f"x = {self.row('x', n)}"]
        if "y" in trace:
            parts.append(f"target {self.row('y', n)}")
        output = "p" if "p" in trace else trace.loss[0].inputs[0].name if trace.loss else ""
        if output:
            parts.append(f"prediction {self.row(output, n)}")
        of = f" of {trace.samples}" if trace.samples > 1 else ""
        largest = "" if self.alone else ", the one with the largest share" if self.is_largest() else ""
        yield Paragraph(f"Sample {n}{of}{largest}: {', '.join(parts)}.")

    def is_largest(self) -> bool:
        shares = self.e.shares
        return abs(shares[self.e.chosen].value) == max(abs(share.value) for share in shares)

    def row(self, name: str, n: int) -> str:
        """One row of an array, in parentheses where it has several numbers."""
        values = np.atleast_1d(self.trace[name][n]).ravel().tolist()
        shown = [self.show(float(v)) for v in values[:6]]
        if len(values) > 6:
            shown.append(f"… {len(values) - 6} more")
        return shown[0] if len(values) == 1 else f"({', '.join(shown)})"

    # --- the questions -----------------------------------------------------------------------------------
    def questions(self) -> list[Block]:
        """The loss by the output, the output by z, z by the weight."""
        e = self.e
        number = 1
        summed = self.uses[e.chosen].record.op in ("affine", "matmul", "weighted_sum")
        what = "output" if e.slope is not None else "weighted sum" if summed else "result"
        care, z = e.care.of.name, e.z
        blocks: list[Block] = [Heading(3, f"{number}. How much does the loss change with the {what} {care}?")]
        blocks += self.opened(e.care)
        if e.slope is not None:
            number += 1
            blocks.append(
                Heading(
                    3, f"{number}. How steep is the activation at {z} {plainly(self.z_value(), self.digits)}?"
                )
            )
            assert e.slope_of is not None
            blocks.append(equation(f"∂{care}/∂{z}", e.slope, self.digits))
        number += 1
        blocks.append(Heading(3, f"{number}. How much does {z} change with {e.weight.of.name}?"))
        blocks.append(equation(f"∂{z}/∂{e.weight.of.name}", e.move, self.digits))
        return blocks

    def z_value(self) -> float:
        return self.uses[self.e.chosen].through.of.value

    def opened(self, reason: Reason, most: int = 3) -> list[Block]:
        """A gradient taken apart: one product as an equation, several as a table with a running sum.

        Of the upstream gradients the ``most`` largest are opened too, and of theirs the largest.
        """
        if not reason.terms:
            value = cell(reason.value, self.digits)
            return [
                Equation(
                    reason.gradient, "", "", sign_before(value), value, f"{reason.gradient} = {value.full}"
                )
            ]
        blocks: list[Block] = []
        if len(reason.terms) == 1:
            blocks.append(equation(reason.gradient, self.product(reason), self.digits))
        else:
            blocks += self.terms(reason)
        for term in self.worth_opening(reason)[:most]:
            above = term.through
            why = f"why is {above.gradient} {plainly(above.value, self.digits)}?"
            blocks.append(Details(why, tuple(self.opened(above, most=1))))
        return blocks

    def worth_opening(self, reason: Reason) -> list[Term]:
        """Upstream gradients that have an explanation of their own; the largest, where there are many."""
        open_ = [t for t in reason.terms if t.through.opened and t.through.terms]
        seen: dict[str, Term] = {}
        for term in sorted(open_, key=lambda t: -abs(t.product)):
            seen.setdefault(term.through.of.name, term)
        return list(seen.values())

    def product(self, reason: Reason) -> Expression:
        """upstream · local of the only term."""
        term = reason.terms[0]
        if term.through.quantity.role == "loss" or term.through.quantity.name == self.trace.root:
            local = term.local
            return Expression(local.parts, local.entries, reason.value, local.compute)
        above = Entry(term.through.gradient, term.through.value)
        if not term.local.entries and term.local.value == 1:
            return Expression((0,), (above,), reason.value, lambda values: values[0])
        if term.local.single:
            return products([(term.local.entries[0], above)], reason.value)
        shifted = tuple([part if isinstance(part, str) else part + 1 for part in term.local.parts])
        bare = not needs_parentheses(term.local)
        parts = (0, "·", *shifted) if bare else (0, "·(", *shifted, ")")
        inner = term.local.compute
        if inner is None:
            return Expression(parts, (above, *term.local.entries), reason.value)
        return Expression(
            parts,
            (above, *term.local.entries),
            reason.value,
            lambda values: values[0] * inner(values[1:]),
        )

    def terms(self, reason: Reason) -> list[Block]:
        """A sum over everything that the number goes into."""
        order = list(range(len(reason.terms)))
        left = 0
        if len(order) > MOST_ROWS:
            order = sorted(order, key=lambda k: -abs(reason.terms[k].product))[: MOST_ROWS - 2]
            left = len(reason.terms) - len(order)
        rows: list[list[Cell]] = []
        running = 0.0
        for k in order:
            term = reason.terms[k]
            running += term.product
            rows.append(
                [
                    words(term.through.of.name),
                    cell(term.through.value, self.digits),
                    words(term.local.names()),
                    cell(term.local.value, self.digits),
                    cell(term.product, self.digits),
                    cell(running, self.digits),
                ]
            )
        if left:
            rest = reason.value - running
            rows.append(
                [
                    words(f"{left} smaller"),
                    words(""),
                    words(""),
                    words(""),
                    cell(rest, self.digits),
                    cell(reason.value, self.digits),
                ]
            )
        headers = ["through", "∂L/∂ of it", "local derivative", "its value", "product", "sum so far"]
        value = cell(reason.value, self.digits)
        name = reason.of.name
        return [
            table(
                headers, rows, f"{name} goes into {len(reason.terms)} results; each passes its share back."
            ),
            Equation(reason.gradient, "", "", sign_before(value), value, f"{reason.gradient} = {value.full}"),
        ]

    # --- the product -------------------------------------------------------------------------------------
    def together(self) -> list[Block]:
        """The factors multiplied, and which of them decides."""
        e = self.e
        factors = [Entry(f.name, f.value) for f in e.factors]
        share = products([tuple(factors)], e.product)
        whole = self.alone and not e.penalties
        name = (
            f"∂L/∂{e.weight.of.name}"
            if whole
            else f"share of sample {e.sample}"
            if e.sample is not None
            else "this share"
        )
        blocks: list[Block] = [Heading(3, "Multiplied"), equation(name, share, self.digits, formula=False)]
        labels = ["how the loss changes", "how steep", f"how {e.z} changes"]
        if len(factors) == 2:
            del labels[1]
        sizes = [abs(f.value) for f in e.factors]
        top = max([s for s in sizes if math.isfinite(s)] or [1.0]) or 1.0
        rows = tuple(
            (label, min(1.0, size / top) if math.isfinite(size) else 1.0, cell(f.value, self.digits))
            for label, size, f in zip(labels, sizes, e.factors, strict=True)
        )
        blocks.append(Bars(rows, "Size of the factors:"))
        culprit = e.culprit
        if culprit is not None:
            blocks.append(Paragraph(self.blame(culprit), "note"))
        if len(e.chain) > 3:
            blocks.append(self.way())
        return blocks

    def blame(self, factor: Factor) -> str:
        """What makes the gradient small or large."""
        size, shown = abs(factor.value), f"{factor.name} {plainly(factor.value, self.digits)}"
        kind = ORDER.get(factor.kind, "an operation")
        if self.e.gradient and not self.e.product:
            return f"In this share {factor.name} is {self.show(factor.value)} ({kind}), so it adds nothing."
        if factor.value == 0:
            return f"What stops the gradient: {factor.name} is 0 ({kind})."
        if not math.isfinite(size):
            return f"What breaks the gradient: {factor.name} is {self.show(factor.value)}."
        if size > 1:
            return f"What makes it large: {shown} ({kind}) multiplies it by {self.show(size)}."
        if factor.kind == "loss":
            return f"What makes it small: {shown}. The loss hardly changes with this output."
        times = show(1 / size, 3)
        return f"What makes it small: {shown} ({kind}) makes it about {times} times smaller."

    def way(self) -> Block:
        """All factors along the largest way to the loss."""
        rows = []
        running = 1.0
        for factor in self.e.chain:
            running *= factor.value
            rows.append(
                [
                    words(factor.name),
                    words(factor.kind),
                    cell(factor.value, self.digits),
                    cell(running, self.digits),
                ]
            )
        headers = ["factor", "what it is", "value", "product so far"]
        caption = "From the weight to the loss, along the largest term of each sum:"
        return Details("the whole way to the loss, factor by factor", (table(headers, rows, caption),))
