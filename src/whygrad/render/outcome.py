"""The second half of an explanation: every sample's share, the check by nudging, and the step."""

from __future__ import annotations

import math

from ..trace.explanation import Explanation
from .document import Block, Cell, Heading, Paragraph, Table, cell, table, words
from .numbers import plainly, show
from .steps import update_equations

MOST_ROWS = 10


def share_blocks(e: Explanation, digits: int) -> list[Block]:
    """What every sample, or every use, contributes; and the penalties."""
    n = len(e.shares)
    samples = bool(e.shares) and e.shares[0].sample is not None
    mean = samples and _is_mean(e)
    total = math.fsum(share.value for share in e.shares)
    said = f"The shares add up to {show(total, digits)}"
    if mean:
        said += f", the mean of what each of the {n} samples alone would give: L is a mean over samples"
    blocks: list[Block] = [
        Heading(3, "Every sample" if samples else "Every use"),
        _share_table(e, digits, samples, mean),
        Paragraph(f"{said}."),
    ]
    for name, value in e.penalties:
        blocks.append(Paragraph(f"The penalty {name} adds {show(value, digits)}."))
    if e.penalties:
        blocks.append(Paragraph(f"Together {plainly(e.gradient, digits)}."))
    return blocks


def _share_table(e: Explanation, digits: int, samples: bool, mean: bool) -> Table:
    """A row for each share; of many the largest, and the others together."""
    n = len(e.shares)
    order = list(range(n))
    if n > MOST_ROWS:
        order = sorted(order, key=lambda k: -abs(e.shares[k].value))[: MOST_ROWS - 2]
    rows: list[list[Cell]] = []
    for k in order:
        share, term = e.shares[k], e.weight.terms[k]
        first = f"sample {share.sample}" if samples else term.through.of.name
        numbers = [term.through.value, term.local.value, share.value, *([share.value * n] if mean else [])]
        rows.append([words(first), *[cell(number, digits) for number in numbers]])
    if len(order) < n:
        rest = math.fsum(share.value for k, share in enumerate(e.shares) if k not in order)
        blank = [words("")] * mean
        rows.append([words(f"{n - len(order)} smaller"), words(""), words(""), cell(rest, digits), *blank])
    above = f"∂L/∂{e.z}" if samples else "∂L/∂ of it"
    local = f"∂{e.z}/∂{e.weight.of.name}" if samples else "local derivative"
    return table(["", above, local, "share", *["gradient of that sample alone"] * mean], rows)


def _is_mean(e: Explanation) -> bool:
    """Whether the loss divides by the number of rows, and no row has a part in another's gradient."""
    trace = e.trace
    loss = next((record for record in trace.loss if not record.aside), None)
    coupled = any(r.op == "normalize" and dict(r.keywords).get("axis") == 0 for r in trace.forward)
    return loss is not None and loss.op != "squared_error" and not coupled


def check_blocks(e: Explanation) -> list[Block]:
    """The same by nudging."""
    c = e.check
    verdict = "✓ The same" if c.agrees else "✗ Not the same"
    if not math.isfinite(c.estimate):
        verdict = "The loss is not finite, so this says nothing"
    elif not c.agrees and c.corner:
        verdict = "A corner: see above"
    said = (
        f"With {e.weight.of.name} moved by ±{c.step:g} and everything else left alone, the loss is "
        f"{c.above:.10g} and {c.below:.10g}: a slope of {show(c.estimate, 6)}. {verdict}."
    )
    return [Heading(3, "Checked by nudging"), Paragraph(said, "plain" if c.agrees else "warning")]


def step_blocks(e: Explanation, digits: int) -> list[Block]:
    """From gradient to step, and what it means in words."""
    blocks: list[Block] = []
    meaning = _meaning(e)
    if e.update is not None:
        blocks.append(Heading(3, f"From gradient to step: {e.update.op}"))
        blocks += update_equations(e.update, e.weight.index, digits)
        moved = float(e.update.output.data[e.weight.index]) - e.value
        if e.gradient * moved > 0:
            meaning += (
                " Here it goes the other way: what earlier steps or decay left outweighs this gradient."
            )
    return [*blocks, Paragraph(meaning)]


def _meaning(e: Explanation) -> str:
    g, w = e.gradient, e.weight.of.name
    if not math.isfinite(g):
        return "The gradient is not finite, so nothing can be said about the step."
    if g == 0:
        return f"A little more or less of {w} would change nothing: this gradient asks for no step."
    change, direction = ("larger", "down") if g > 0 else ("smaller", "up")
    return f"A larger {w} would mean a {change} loss: the step goes {direction}."
