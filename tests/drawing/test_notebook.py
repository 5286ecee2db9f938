"""What ends a cell of a notebook is drawn by itself."""

import random
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pytest

from whygrad import MLP, Tensor, Value, compile
from whygrad.drawing import draw
from whygrad.drawing import notebook as notebooks


def program():
    network = MLP(2, [4, 1], rng=random.Random(0))
    return compile((network([1.0, -1.0]) - 1.0) ** 2, parameters=network.parameters())


def tensor():
    return (Tensor(np.ones((3, 2)), label="w") * 2.0).tanh().sum()


class Images(HTMLParser):
    """The images of a page."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.found.append(dict(attributes))


def image_in(html):
    """The drawing in a fragment: its SVG and its words."""
    (image,) = Images(html).found
    kind, _, text = image["src"].partition(",")
    assert kind == "data:image/svg+xml"
    svg = unquote(text)
    ElementTree.fromstring(svg)
    return svg, image["alt"]


@pytest.mark.parametrize("make", [lambda: (Value(2.0, label='"a" <b> %') * 3.0).tanh(), tensor, program])
def test_an_object_shows_its_drawing(make):
    shown = make()
    drawing = draw(shown)
    assert image_in(shown._repr_html_()) == (drawing.svg(), drawing.words)
    assert image_in(drawing._repr_html_()) == (drawing.svg(), drawing.words)


def test_beside_the_drawing_stand_the_numbers():
    assert "computed by" in (Value(2.0) * 3.0)._repr_html_()
    assert "float64" in tensor()._repr_html_()


def test_what_nothing_computed_has_no_drawing():
    assert "<img" not in Value(2.0)._repr_html_()
    assert "<img" not in Tensor([1.0, 2.0])._repr_html_()


def test_a_very_large_graph_is_not_drawn_unasked(monkeypatch):
    monkeypatch.setattr(notebooks, "LARGE", 3)
    value = (Value(2.0) * 3.0).tanh() + 1.0
    html = value._repr_html_()
    assert "<img" not in html
    assert "A graph of 6 nodes: <code>whygrad.drawing.draw</code>" in html
    assert "computed by" in html
    html = program()._repr_html_()
    assert "<img" not in html
    assert "(1) 8 multiplications are one (1 × 2)(2 × 4) product" in html


CELLS = """
import sys
before = "IPython" in sys.modules
import whygrad.drawing.pictures, whygrad.plots
from whygrad import Tensor, Value, compile
(Value(2.0) * 3.0)._repr_html_()
assert "IPython" not in sys.modules
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
shell.run_cell("from whygrad import Tensor, Value, compile; a, w = Value(2.0, label='a'), Tensor([1.0])")
for cell in ("(a * 3.0).tanh()", "(w * 2.0).sum()", "compile(a * 3.0)"):
    done = shell.run_cell(cell)
    done.raise_error()
    data, _ = shell.display_formatter.format(done.result)
    print(sorted(data), "data:image/svg+xml" in data["text/html"])
"""


def test_a_shell_of_ipython_shows_it(tmp_path):
    pytest.importorskip("IPython", reason="IPython comes with whygrad[test]")
    command = [sys.executable, "-W", "ignore", "-c", CELLS]
    environment = {"IPYTHONDIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path), "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    shown = [line for line in done.stdout.splitlines() if line.endswith("True")]
    assert shown == ["['text/html', 'text/plain'] True"] * 3, done.stdout
