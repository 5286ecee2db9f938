"""A document as LaTeX, with formulas as formulas; compiles with pdflatex and nothing but amsmath."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .document import Bars, Block, Code, Details, Document, Equation, Heading, Paragraph, Table

HEAD = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage{amsmath,amssymb,longtable,geometry}
\geometry{margin=2cm}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\sloppy
\begin{document}
"""
GREEK = {"δ": r"\delta ", "σ": r"\sigma ", "γ": r"\gamma ", "β": r"\beta ", "Σ": r"\sum ", "∞": r"\infty "}
SIGNS = {
    "·": r" \cdot ",
    "−": "-",
    "≈": r" \approx ",
    "≥": r" \ge ",
    "×": r" \times ",
    "∂": r"\partial ",
    "ᵀ": r"^{\top}",
    "′": "'",
    "…": r"\dots ",
    "√": r"\surd ",
    "‖": r"\|",
    "ᵢ": "_i",
    "±": r"\pm ",
    "→": r"\to ",
    "←": r"\gets ",
    "⁺": "^{+}",
}
POWERS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
WORDS = frozenset("tanh exp log sin cos max min".split())
PROSE = {
    "\\": r"\textbackslash{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "▸": r"$\triangleright$",
    "✓": r"$\checkmark$",
    "✗": r"$\times$",
    "•": r"\textbullet{}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    "–": "--",
    "’": "'",
}
TOKEN = re.compile(
    r"(?P<name>[A-Za-zδσγβ][A-Za-ẑ]*)(?P<number>\d*)|(?P<power>[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(?P<other>.)", re.DOTALL
)


def latex(document: Document) -> str:
    """The document as a LaTeX file."""
    lines = [HEAD, rf"\section*{{{prose(document.title)}}}", *_blocks(document.blocks), r"\end{document}"]
    return "\n".join(lines) + "\n"


def math(text: str) -> str:
    r"""A formula as LaTeX mathematics.

    Examples
    --------
    >>> print(math("δ1[0] = da1[0]·(1 − a1[0]²) ≈ 1.5·10⁻⁷"))
    \delta _{1}[0] = da_{1}[0] \cdot (1 - a_{1}[0]^{2})  \approx  1.5 \cdot 10^{-7}
    """
    return "".join([_token(match) for match in TOKEN.finditer(text)])


def _token(match: re.Match[str]) -> str:
    name, number, power, other = match.group("name", "number", "power", "other")
    if power:
        return f"^{{{power.translate(POWERS)}}}"
    if other:
        if other in "{}%#&$_":
            return f"\\{other}"
        known = SIGNS.get(other) or GREEK.get(other)
        return known or (other if other.isascii() else PROSE.get(other, "?").strip("$"))
    hat = "̂" in name
    name = name.replace("̂", "")
    word = GREEK.get(name[0], name[0]) + name[1:]
    if name in WORDS:
        word = rf"\{name}"
    elif len(name) > 2 or (len(name) == 2 and name[0] != "d"):
        word = rf"\mathrm{{{word}}}"
    if hat:
        word = rf"\hat{{{word}}}"
    return f"{word}_{{{number}}}" if number else f"{word} " if name in WORDS else word


def prose(text: str) -> str:
    """Prose with the characters of LaTeX made harmless, and signs of mathematics set as such."""
    out = []
    for mark in re.findall("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|.", text, re.DOTALL):
        if mark in PROSE:
            out.append(PROSE[mark])
        elif mark[0] in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹":
            out.append(f"$^{{{mark.translate(POWERS)}}}$")
        elif mark in SIGNS or mark in GREEK:
            out.append(f"${(SIGNS.get(mark) or GREEK[mark]).strip()}$")
        elif mark == "̂":
            continue
        else:
            out.append(mark)
    return "".join(out)


def _blocks(blocks: tuple[Block, ...]) -> Iterator[str]:
    for block in blocks:
        yield from _block(block)
        yield ""


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(level, words):
            yield f"\\{'sub' * (level - 1)}section*{{{prose(words)}}}"
        case Paragraph(words, kind):
            yield {"plain": "", "note": r"\emph{Note.} ", "warning": r"\textbf{Careful.} "}[kind] + prose(
                words
            )
        case Equation():
            yield from _equation(block)
        case Table(headers, rows, caption):
            if caption:
                yield from (prose(caption), "")
            yield rf"\begin{{longtable}}{{l{'r' * (len(headers) - 1)}}}"
            yield (
                " & ".join([f"${math(h)}$" if _is_formula(h) else prose(h) for h in headers]) + r" \\ \hline"
            )
            for row in rows:
                texts = [cell.text for cell in row]
                yield " & ".join([f"${math(t)}$" if _is_formula(t) else prose(t) for t in texts]) + r" \\"
            yield r"\end{longtable}"
        case Bars(rows, caption):
            yield prose(caption)
            yield ""
            yield r"\begin{tabular}{lll}"
            for label, share, value in rows:
                bar = rf"\rule{{{max(0.02, 5 * share):.2f}cm}}{{1.5ex}}"
                yield rf"{prose(label)} & {bar} & ${math(value.text)}$ \\"
            yield r"\end{tabular}"
        case Code(words, _):
            yield from (r"\begin{verbatim}", words.rstrip("\n"), r"\end{verbatim}")
        case Details(summary, inside):
            yield rf"\paragraph{{{prose(summary)}}}"
            yield from _blocks(inside)


def _equation(block: Equation) -> Iterator[str]:
    parts = [part for part in (block.formula, block.numbers) if part]
    pieces = [f"= {math(part)}" if not _is_prose(part) else rf"= \text{{{prose(part)}}}" for part in parts]
    if block.result.text:
        sign = r"\approx" if block.sign == "≈" else "="
        pieces.append(f"{sign} {math(block.result.text)}")
    left = rf"\text{{{prose(block.left)}}}" if _is_prose(block.left) else math(block.left)
    yield rf"\begin{{flalign*}} {left} &{pieces[0] if pieces else ''}"
    for piece in pieces[1:]:
        yield rf"\\ &{piece}"
    yield r"&& \end{flalign*}"


def _is_formula(text: str) -> bool:
    return bool(text) and not _is_prose(text)


def _is_prose(text: str) -> bool:
    """Words, as in ``what was kept so far``, rather than names and signs."""
    return bool(re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", text)) or text in ("sample", "share", "…")
