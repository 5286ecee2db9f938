"""Every format says the same, is well formed, and needs nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from whygrad import Tensor, Value, explain, nn, observe, observe_step, paths
from whygrad.errors import SettingError, ShapeError
from whygrad.render import FORMATS, View, explanation_document, walkthrough, write
from whygrad.render.document import Bars, Code, Details, Document, Equation, Heading, Paragraph, Table, cell
from whygrad.render.latex import math
from whygrad.render.lessons import lesson_document
from whygrad.render.path_list import paths_document
from whygrad.render.text import text
from whygrad.runs.step import StepSettings, open_session
from whygrad.trace.lessons import LESSONS, lesson


def documents():
    trace = open_session("iris", StepSettings(optimizer="adamw", l2=0.1, clip=0.1, dropout=0.2)).observe()
    yield walkthrough(trace)
    yield explanation_document(explain(trace, "W1", (1, 2)))
    yield paths_document(paths(trace, "W1", (1, 2), most=4))
    yield from (lesson_document(lesson(name)) for name in LESSONS)
    nasty = "<b>&amp; 50 % of $5 #1_{2}~\\ | `code` *star* −1·10⁻⁷ ‖g‖ ✓"
    blocks = (
        Heading(2, nasty),
        Paragraph(nasty, "warning"),
        Equation("a", "b·c", "2·3", "=", cell(6.0), "a = 2·3 = 6.0"),
        Table((nasty, "b"), ((cell(1.5), cell(-1e-9)),), nasty),
        Bars(((nasty, 0.5, cell(0.5)),), nasty),
        Code("x = 1\n\nif x < 2:\n    pass"),
        Details(nasty, (Paragraph("inside"),)),
    )
    yield Document(nasty, blocks)


DOCUMENTS = list(documents())
TITLES = [document.title[:30] for document in DOCUMENTS]


def numbers_in(blocks):
    for block in blocks:
        if isinstance(block, Equation):
            yield block.result.text
        elif isinstance(block, Table):
            yield from (c.text for row in block.rows for c in row if c.full)
        elif isinstance(block, Details):
            yield from numbers_in(block.blocks)


@pytest.mark.parametrize("document", DOCUMENTS, ids=TITLES)
@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_every_number_is_in_every_format(document, name):
    written = write(document, name)
    assert all(number in written for number in numbers_in(document.blocks))


class Balanced(HTMLParser):
    """Notes what is not closed."""

    VOID = frozenset(["meta", "link", "br"])

    def __init__(self):
        super().__init__()
        self.open, self.tags = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("document", DOCUMENTS, ids=TITLES)
def test_html_is_one_file_that_is_well_formed(document):
    page = write(document, "html")
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    assert not {"script", "img", "iframe"} & {tag for tag, _ in parser.tags}
    addresses = [a.get(key) for _, a in parser.tags for key in ("src", "href") if key in a]
    assert addresses == ["data:,"]
    assert "http" not in page
    assert "url(" not in page
    assert 'name="viewport"' in page
    assert "@media print" in page
    assert "<b>&amp; 50" not in page


@pytest.mark.parametrize("document", DOCUMENTS, ids=TITLES)
def test_latex_is_balanced_and_knows_every_sign(document):
    source = write(document, "latex")
    assert source.isascii(), sorted({mark for mark in source if not mark.isascii()})
    bare = re.sub(r"\\verb.*?end\{verbatim\}", "", source, flags=re.DOTALL).replace("\\\\", "")
    bare = re.sub(r"\\[{}$%#&_]", "", bare)
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    begun, ended = re.findall(r"\\begin\{(\w+\*?)\}", bare), re.findall(r"\\end\{(\w+\*?)\}", bare)
    assert sorted(begun) == sorted(ended)


def test_formulas_become_mathematics():
    assert math("dW1[0,1]") == "dW_{1}[0,1]"
    assert math("√v̂(W1) · 2") == r"\surd \hat{v}(W_{1})  \cdot  2"
    assert math("[z1 > 0]") == "[z_{1} > 0]"


@pytest.mark.parametrize("document", DOCUMENTS[:-1], ids=TITLES[:-1])
def test_text_keeps_to_the_width(document):
    for line in text(document, width=80).splitlines():
        tables = "  " in line.strip() or "─" in line or "═" in line
        assert len(line) <= 80 or tables or "… (" in line or "=" in line or "≈" in line, line


def test_colour_is_only_there_when_it_is_wanted():
    document = DOCUMENTS[-1]
    assert "\x1b" not in text(document)
    assert "\x1b[1m" in text(document, color=True)


def test_an_unknown_format_is_answered_with_the_nearest():
    with pytest.raises(SettingError, match='did you mean "markdown"'):
        write(DOCUMENTS[0], "markdwon")
    assert set(FORMATS) == {"text", "markdown", "html", "latex"}


# --- what a view shows -------------------------------------------------------------------------------
def test_views_narrow_what_is_shown():
    trace = open_session("iris", StepSettings(layers=(5, 4))).observe()
    whole = text(walkthrough(trace))
    layer = text(walkthrough(trace, View(layer=2)))
    neuron = text(walkthrough(trace, View(layer=2, neuron=3)))
    assert len(whole) > len(layer) > len(neuron)
    assert "more are not written out" not in neuron
    assert "z1[0,0] = " in whole
    assert "z1[0,0] = " not in layer
    assert "z2[0,3] = " in neuron
    assert "z2[0,2] = " not in neuron
    sample = text(walkthrough(trace, View(sample=3)))
    assert "z1[0] = x[0]·W1[0,0]" in sample


@pytest.mark.parametrize(
    ("view", "error", "message"),
    [
        (View(layer=0), ShapeError, r"there is no layer 0\n  expected: 1 to 3"),
        (View(layer=4), ShapeError, r"there is no layer 4\n  expected: 1 to 3"),
        (View(layer=1, neuron=5), ShapeError, r"layer 1 has no neuron 5\n  expected: 0 to 4"),
        (View(neuron=1), SettingError, "a neuron of which layer"),
        (View(sample=9), ShapeError, r"there is no sample 9\n  expected: 0 to 3"),
        (View(sample=-1), ShapeError, r"there is no sample -1"),
    ],
)
def test_views_of_what_is_not_there_are_refused(view, error, message):
    trace = open_session("iris", StepSettings(layers=(5, 4))).observe()
    with pytest.raises(error, match=message):
        walkthrough(trace, view)


def test_xor_is_written_out_in_full():
    trace = open_session().observe()
    shown = text(walkthrough(trace))
    for record in (*trace.forward, *trace.backward):
        if record.name != "dx":
            for place in np.ndindex(record.output.shape):
                assert f"  {record.name}[{','.join(map(str, place))}] = " in shown
    assert "not written out" not in shown


def test_a_large_network_is_summarised():
    rng = np.random.default_rng(0)
    dense = [nn.Dense(n, m, rng=rng) for n, m in ((784, 128), (128, 64), (64, 10))]
    network = nn.Sequential([dense[0], nn.ReLU(), dense[1], nn.ReLU(), dense[2]])
    trace = observe_step(network, nn.CrossEntropy(), rng.normal(size=(128, 784)), rng.integers(0, 10, 128))
    shown = text(walkthrough(trace))
    assert len(shown.splitlines()) < 250
    assert "109,386 parameters" in shown
    assert "The batch has 128 rows; sample 0 is written out. --sample 0 … 127 shows another." in shown
    assert "dW1 has 100,352 entries" in shown
    assert "--weight layer,input,output" in " ".join(shown.split())


# --- notebooks ---------------------------------------------------------------------------------------
def test_notebooks_show_what_objects_hold():
    a = Value(2.0, label="a<b")
    loss = (a * 3.0).tanh()
    assert "a&lt;b" in a._repr_html_()
    assert "multiply(a&lt;b, 3)" in (a * 3.0)._repr_html_()
    tensor = Tensor(np.arange(12.0).reshape(3, 4), label="t")
    assert "3 × 4" in tensor._repr_html_()
    assert "4 more" in tensor._repr_html_()
    assert "backward() has not been called" in tensor._repr_html_()
    trace = observe(loss)
    for shown in (trace, explain(loss, a), paths(trace, "a<b")):
        html = shown._repr_html_()
        parser = Balanced()
        parser.feed(html)
        assert parser.open == []
        assert "@scope (.whygrad)" in html
