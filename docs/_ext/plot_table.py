"""Writes the page of pictures from the table that `whygrad plot` reads, so that it cannot be out of date."""

from pathlib import Path

from whygrad.plots.registry import CLASSES, NOTHING, NUMBERS, PLOTS, SOURCE

HEAD = """# Pictures

Every picture that `whygrad plot NAME` draws, and the function of `whygrad.plots` that draws it in Python.
Give the folder of a run, or a data set, on which a network is then trained:

```console
$ whygrad plot activations
$ whygrad plot boundary runs/moons-1
$ whygrad plot landscape moons --epochs 60 --output landscape.png
```

Each function takes axes or a figure to draw in, or makes its own, and never touches pyplot. What a picture
shows is said in words by `alt_text(picture)`; files carry these words too.

"""


def write_page(app) -> None:
    """A table for each kind of thing that pictures need."""
    lines = [HEAD]
    for needs in (NOTHING, SOURCE, CLASSES, NUMBERS):
        lines += [f"## From {needs}\n", "| name | shows | function |", "|---|---|---|"]
        rows = [row for row in PLOTS.values() if row.needs == needs]
        lines += [f"| `{row.name}` | {row.about} | `{row.function}` |" for row in rows]
        lines.append("")
    page = Path(app.srcdir) / "reference" / "pictures.md"
    text = "\n".join(lines)
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")


def setup(app):
    """Write the page before Sphinx reads the sources."""
    app.connect("builder-inited", write_page)
    return {"parallel_read_safe": True}
