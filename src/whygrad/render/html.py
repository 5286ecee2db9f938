"""A document as one HTML file that needs nothing else: readable on a phone, in the dark and in print.

Rounded results show all their digits on hovering or focus; nothing is loaded, nothing is a script.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from .document import Bars, Block, Cell, Code, Details, Document, Equation, Heading, Paragraph, Table

STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --soft: #5a5a5a; --paper: #fff; --line: #d9d9d9;
  --panel: #f5f5f3; --accent: #0072b2; --warn: #a33c00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e6; --soft: #a9a9a6; --paper: #17181a;
  --line: #3a3b3e; --panel: #222326; --accent: #5db4ea; --warn: #ff9a63; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem 1rem 4rem; max-width: 56rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { margin-top: 2.2rem; font-size: 1.3rem;
  border-bottom: 1px solid var(--line); padding-bottom: .2rem; } h3 { margin: 1.6rem 0 .4rem;
  font-size: 1.08rem; }
.eq { margin: .3rem 0; padding-left: 1.2rem; text-indent: -1.2rem;
  font-family: Cambria, "STIX Two Math", "DejaVu Serif", Georgia, serif;
  font-variant-numeric: tabular-nums; }
.eq .part { display: inline-block; text-indent: 0; max-width: 100%; margin-right: .35em; }
.eq .names { color: var(--soft); }
.n { position: relative; font-weight: 600; } .n[data-full] { border-bottom: 1px dotted var(--soft);
  cursor: help; }
td .n { font-weight: inherit; border: 0; }
.n[data-full]:hover::after, .n[data-full]:focus::after { content: attr(data-full); position: absolute;
  left: 0;
  bottom: 1.6em; padding: .1rem .45rem; background: var(--ink); color: var(--paper); border-radius: .25rem;
  font: .85rem/1.5 ui-monospace, monospace; white-space: nowrap; z-index: 1; text-indent: 0; }
td .n[data-full]:hover::after, td .n[data-full]:focus::after { left: auto; right: 0; }
.scroll { overflow-x: auto; margin: .6rem 0; } table { border-collapse: collapse;
  font-variant-numeric: tabular-nums; }
.caption { color: var(--soft); margin: .8rem 0 .2rem; }
th, td { padding: .22rem .7rem; text-align: right; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th { color: var(--soft); font-weight: 600; white-space: normal; }
th[scope=row] { white-space: nowrap; } th:first-child { text-align: left; }
.note, .warning { border-left: .25rem solid var(--accent); background: var(--panel); padding: .5rem .9rem;
  margin: .7rem 0; } .warning { border-color: var(--warn); }
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: .3rem .8rem;
  align-items: center;
  margin: .6rem 0; } .bars .caption { grid-column: 1 / -1; color: var(--soft); }
.bar { height: .8rem; background: var(--accent); min-width: 2px; border-radius: .15rem; }
details { margin: .4rem 0 .4rem .2rem; padding-left: .9rem; border-left: 2px solid var(--line); }
summary { cursor: pointer; color: var(--accent); margin-left: -.4rem; }
pre { overflow-x: auto; background: var(--panel); padding: .8rem; font-size: .88rem; }
@media (max-width: 34rem) { body { font-size: .95rem; }
  th, td { padding: .2rem .4rem; font-size: .88rem; } .eq { padding-left: .8rem; text-indent: -.8rem; } }
@media print { :root { --ink: #000; --soft: #333; --paper: #fff; --panel: #fff; --line: #999; }
  body { max-width: none;
  padding: 0; font-size: 10pt; } .scroll { overflow: visible; } table, .eq, .note { break-inside: avoid; }
  h2, h3 { break-after: avoid; } details > *:not(summary) { display: block; } }
""".strip()

FOCUS = ' tabindex="0"'  # what may be wider than a phone can be scrolled without a mouse


def html(document: Document) -> str:
    """The document as a page."""
    body = "\n".join(_blocks(document.blocks))
    title = escape(document.title)
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<title>{title}</title>\n<style>\n{STYLE}\n</style>\n</head>\n'
        f"<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def fragment(document: Document) -> str:
    """The document as a part of another page, such as a notebook's: its rules apply inside it only."""
    rules = (
        STYLE.replace("\nbody {", "\n.whygrad {")
        .replace(":root", ".whygrad")
        .replace(" body {", " .whygrad {")
    )
    rules = rules.replace("* { box-sizing: border-box; }\n", "")
    body = "\n".join(_blocks(document.blocks))
    scoped = _scope(rules)
    return f'<div class="whygrad"><style>{scoped}</style><h3>{escape(document.title)}</h3>\n{body}</div>'


def _scope(rules: str) -> str:
    """Nest the rules under the class of the fragment, as style sheets allow since 2023."""
    return f".whygrad {{ all: revert; }} @scope (.whygrad) {{ {rules.replace('.whygrad {', ':scope {')} }}"


def _blocks(blocks: tuple[Block, ...]) -> Iterator[str]:
    for block in blocks:
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(level, words):
            yield f"<h{level}>{escape(words)}</h{level}>"
        case Paragraph(words, kind):
            marked = "" if kind == "plain" else f' class="{kind}"'
            yield f"<p{marked}>{escape(words)}</p>"
        case Equation():
            yield _equation(block)
        case Table(headers, rows, caption):
            if caption:
                yield f'<p class="caption">{escape(caption)}</p>'
            cells = [[_number(cell) for cell in row] for row in rows]
            held = any("tabindex" in cell for row in cells for cell in row)  # by a number: no stop of its own
            yield f'<div class="scroll"{"" if held else FOCUS}><table>'
            yield "<tr>" + "".join([f'<th scope="col">{escape(h)}</th>' for h in headers]) + "</tr>"
            for first, *others in cells:
                rest = "".join([f"<td>{cell}</td>" for cell in others])
                yield f'<tr><th scope="row">{first}</th>{rest}</tr>'
            yield "</table></div>"
        case Bars(rows, caption):
            yield '<div class="bars">'
            if caption:
                yield f'<span class="caption">{escape(caption)}</span>'
            for label, share, value in rows:
                width = f"{100 * share:.1f}%"
                yield f'<span>{escape(label)}</span><span class="bar" style="width: {width}"></span>'
                yield f"<span>{_number(value)}</span>"
            yield "</div>"
        case Code(words, _):
            yield f"<pre{FOCUS}><code>{escape(words)}</code></pre>"
        case Details(summary, inside):
            yield f"<details open><summary>{escape(summary)}</summary>"
            yield from _blocks(inside)
            yield "</details>"


def _equation(block: Equation) -> str:
    parts = [f'<span class="part">{escape(block.left)}</span>']
    if block.formula:
        parts.append(f'<span class="part names">= {escape(block.formula)}</span>')
    if block.numbers:
        parts.append(f'<span class="part">= {escape(block.numbers)}</span>')
    if block.result.text:
        parts.append(f'<span class="part">{block.sign} {_number(block.result)}</span>')
    title = f' title="{escape(block.full)}"' if block.full and block.numbers else ""
    return f'<div class="eq"{title}>' + " ".join(parts) + "</div>"


def _number(value: Cell) -> str:
    if not value.full or value.full.removesuffix(".0").replace("-", "−") == value.text:
        return f'<span class="n">{escape(value.text)}</span>' if value.full else escape(value.text)
    return f'<span class="n" tabindex="0" data-full="{escape(value.full)}">{escape(value.text)}</span>'
