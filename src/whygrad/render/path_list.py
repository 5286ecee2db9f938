"""The paths of a gradient as a document."""

from __future__ import annotations

import math

from ..trace.path_search import Path, Paths
from .document import Block, Document, Equation, Paragraph, cell, table, words
from .numbers import DIGITS, plainly, show


def paths_document(found: Paths, digits: int = DIGITS) -> Document:
    """The paths with their products and their running sum.

    Examples
    --------
    >>> from whygrad import Value
    >>> from whygrad.render.text import text
    >>> from whygrad.trace import observe
    >>> from whygrad.trace.path_search import paths
    >>> a = Value(3.0, label="a")
    >>> print(text(paths_document(paths(observe(a * a + a), "a"))))  # doctest: +ELLIPSIS
    Every path from a to the loss
    ...
    """
    blocks: list[Block] = []
    title = f"{'Every path' if found.complete else 'The largest paths'} from {found.of} to the loss"
    if found.complete:
        said = f"There {_are(found.count)}. The products add up to ∂L/∂{found.of}."
    else:
        share = f"{100 * found.share:.3g} %"
        said = (
            f"There {_are(found.count)}; the {len(found.shown)} largest are listed. They have {share} of "
            "Σ|product| over all of them, which was computed without listing the others."
        )
    blocks.append(Paragraph(said))
    running = 0.0
    rows = []
    for k, path in enumerate(found.shown, start=1):
        running += path.product
        way = " → ".join([found.of, *[step.into for step in path.steps]])
        rows.append([words(f"{k}. {way}"), cell(path.product, digits), cell(running, digits)])
    blocks.append(table(["path", "product", "sum so far"], rows))
    for k, path in enumerate(found.shown[:5], start=1):
        blocks.append(_equation(k, path, digits))
    total = math.fsum(path.product for path in found.shown)
    if found.complete:
        blocks.append(
            Paragraph(f"Sum {plainly(total, digits)}; ∂L/∂{found.of} {plainly(found.gradient, digits)}.")
        )
    else:
        blocks.append(
            Paragraph(
                f"The listed ones add up to {show(total, digits)}; all of them to ∂L/∂{found.of} "
                f"{plainly(found.gradient, digits)}."
            )
        )
    return Document(title, tuple(blocks))


def _are(count: int) -> str:
    return "is 1 path" if count == 1 else f"are {count:,} paths"


def _equation(number: int, path: Path, digits: int) -> Equation:
    factors = [show(step.local.value, digits) for step in path.steps]
    shown = "·".join([f"({f})" if f.startswith("−") and k else f for k, f in enumerate(factors)])
    names = "·".join([f"({name})" if " " in name else name for name in [s.local.names() for s in path.steps]])
    sign = "=" if path.product == 0 else "≈"
    return Equation(f"path {number}", names, shown, sign, cell(path.product, digits))
