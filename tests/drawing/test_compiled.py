"""Compiled programs as drawings: matrices hold the program's numbers, boxes the parts they went into."""

import random
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from whygrad import MLP, Value, compile
from whygrad.drawing import ProgramDrawing, draw
from whygrad.drawing.compiled import _Card, _Places, _shade
from whygrad.drawing.graph import number
from whygrad.drawing.scene import Cells, Text
from whygrad.plots import alt_text, graph_picture

XOR = [([0.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 0)]


def squares(network, rows):
    return sum((network(x) - y) ** 2 for x, y in rows) / len(rows)


def small(rows=XOR, **keywords):
    network = MLP(2, [4, 1], rng=random.Random(0))
    return compile(squares(network, rows), parameters=network.parameters(), **keywords)


def micrograd():
    """A 2-16-16-1 network, 100 points, and a penalty."""
    rng = random.Random(0)
    network = MLP(2, [16, 16, 1], activation="relu", output=None, rng=rng)
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(100)]
    losses = [(1 - (1 if a * b > 0 else -1) * network([a, b])).relu() for a, b in points]
    penalty = sum(weight * weight for weight in network.parameters())
    return compile(sum(losses) / 100 + 1e-4 * penalty, parameters=network.parameters())


def texts(drawing):
    return [item.text for item in drawing.scene().items if isinstance(item, Text)]


def data(drawing, matrix):
    return np.array([[drawing._anew[node].data for node in row] for row in matrix])


@pytest.mark.parametrize("how", ["python", "arrays"])
def test_the_matrices_multiply_to_what_stands_behind_the_sign(how):
    program = small(how=how)
    for _ in range(20):
        program.step(0.1)
    drawing = draw(program)
    products = [part for part in drawing.parts if hasattr(part, "left")]
    assert [part.shapes for part in products] == [((4, 2), (2, 4)), ((4, 4), (4, 1))]
    for part in products:
        added = sum(data(drawing, term) for term in part.terms)
        expected = data(drawing, part.left) @ data(drawing, part.right) + added
        np.testing.assert_allclose(data(drawing, part.result), expected, atol=1e-15)
    np.testing.assert_array_equal(data(drawing, products[0].left), [x for x, _ in XOR])
    found = texts(drawing)
    for part in products:
        for matrix in (part.left, part.right, part.result):
            assert {number(v) for v in data(drawing, matrix).ravel()} <= set(found)


def test_every_part_stands_there_as_explain_says_it():
    program = small()
    found = texts(draw(program))
    for part in program.explain().parts:
        assert f"({part.number}) {part.words}" in found
    assert {"4 × 2", "2 × 4", "1 × 4", "4 × 4", "4 × 1"} <= set(found)


def test_it_shows_the_programs_numbers_and_leaves_the_nodes_alone():
    network = MLP(2, [4, 1], rng=random.Random(0))
    loss = squares(network, XOR)
    loss.backward()
    program = compile(loss, parameters=network.parameters())
    before = [(node.data, node.grad) for node in loss.ancestors()]
    for _ in range(50):
        last = program.step(0.1)
    drawing = draw(program)
    assert [(node.data, node.grad) for node in loss.ancestors()] == before
    assert f"data {number(program.forward())}" in drawing.graph.boxes[-1].lines
    assert program.forward() < last
    weight = network.layers[0].neurons[2].w[1]
    assert number(program[weight]) in texts(drawing)
    assert number(weight.data) not in texts(drawing)


def test_a_small_graph_has_a_box_for_each_node_with_the_number_of_its_part():
    program = small(XOR[:2])
    drawing = draw(program)
    assert len(drawing.graph.boxes) == len(program) <= 60
    assert not drawing.layout.down
    parts = program.explain().parts
    for part in parts:
        tagged = [box for box in drawing.graph.boxes if box.title.startswith(f"({part.number}) ")]
        assert len(tagged) >= len(part.members)
    computed = [box for box in drawing.graph.boxes if box.kind in ("operation", "result")]
    assert all(re.match(r"\(\d+\) ", box.title) for box in computed)
    plain = draw(program.loss).graph
    assert [link.source for link in drawing.graph.links] == [link.source for link in plain.links]


def test_products_written_one_by_one_belong_to_the_part_that_took_them():
    weights = [Value(0.5, label=f"w[{i}]") for i in range(2)]
    rows = [[1.0, 2.0], [3.0, 4.0]]
    loss = sum((weights[0] * a + weights[1] * b).tanh() for a, b in rows)
    drawing = draw(compile(loss, parameters=weights))
    signs = [box.title for box in drawing.graph.boxes]
    assert signs.count("(1) *") == 4
    assert signs.count("(1) +") == 2
    assert signs.count("(2) tanh") == 2


def test_a_large_graph_is_folded_to_parts_and_matrices():
    program = micrograd()
    drawing = draw(program)
    assert sum(box.nodes for box in drawing.graph.boxes) == len(program) == 8318
    assert drawing.layout.down
    titles = {box.title: box.lines for box in drawing.graph.boxes}
    assert titles["w2"] == ("256 nodes",)
    assert titles["(4) sums of 16 products"] == ("1,600 nodes",)
    assert titles["(3) relu"] == ("1,600 nodes",)
    names = [(box.title, *box.lines) for box in drawing.graph.boxes if box.title == "plain numbers"]
    assert ("plain numbers", "100 nodes", "−1, 1") in names
    assert all(link.source < link.target for link in drawing.graph.links)
    shapes = [part.shapes for part in drawing.parts if hasattr(part, "left")]
    assert ((100, 2), (2, 16)) in shapes
    assert ((100, 16), (16, 16)) in shapes
    found = texts(drawing)
    for shape in ("100 × 2", "2 × 16", "1 × 16", "100 × 16", "16 × 16"):
        assert shape in found
    words = " ".join(found)
    assert "25,600 multiplications are one (100 × 16)(16 × 16) product: (3) by w2, plus b2" in words
    assert len(drawing.svg()) < 200_000


def test_what_is_computed_entry_by_entry_is_a_matrix_like_its_operand():
    program = small()
    drawing = draw(program)
    parts, places = drawing.parts, _Places()
    cards = [_Card(part, drawing._anew, places) for part in parts]
    (_, before), (_, after) = cards[0].grids[-1], cards[1].grids[0]
    np.testing.assert_allclose(after.numbers, np.tanh(before.numbers))
    assert [grid.shape for _, grid in cards[3].grids] == ["4 × 1"]


def test_cells_of_large_matrices_are_coloured_and_dashed_below_zero():
    drawing = draw(micrograd())
    program_cells = [item for item in drawing.scene().items if isinstance(item, Cells)]
    part = next(part for part in drawing.parts if getattr(part, "shapes", None) == ((100, 16), (16, 16)))
    weights = data(drawing, part.right)
    (cells,) = [item for item in program_cells if len(item.cells) == 256]
    assert len(cells.dashes) == (weights < 0).sum()
    most = np.abs(weights).max()
    assert [colour for *_, colour in cells.cells] == [_shade(v / most, False) for v in weights.ravel()]
    assert _shade(1.0, False) != _shade(-1.0, False)
    assert _shade(0.0, True) == "#FFFFFF"
    assert _shade(float("nan"), True) == "#D0D0D0"


def test_many_kinds_of_parts_are_folded_as_any_graph_is():
    total = Value(1.0)
    for k in range(70):
        total = (total * 1.5).tanh() if k % 2 else (total - 0.1 * k).sin()
        total = total ** (2 + k % 5)
    drawing = draw(compile(total))
    assert len(drawing.graph.boxes) <= 60
    assert any("smaller parts" in text for text in texts(drawing))
    assert len(drawing.parts) == 30


def test_a_loss_that_is_no_number_is_drawn_without_gradients():
    x = Value(1.0, label="x")
    program = compile(x.log() * 2.0, inputs=[x])
    program.forward([-1.0])
    drawing = draw(program)
    assert drawing.graph.caption == "no gradients: the loss is not a number"
    assert "data nan" in drawing.graph.boxes[-1].lines


def test_a_plain_number_among_the_inputs_has_its_new_number():
    w = Value(3.0, label="w")
    product = w * 2.0
    plain = next(node for node in product.ancestors() if node.data == 2.0)
    program = compile(product, inputs=[plain])
    program.forward([5.0])
    boxes = {box.kind: box.lines for box in draw(program).graph.boxes}
    assert boxes["constant"] == ("data 5",)
    assert boxes["result"][0] == "data 15"


def test_formats_of_a_program(tmp_path):
    drawing = draw(small())
    assert isinstance(drawing, ProgramDrawing)
    tree = ElementTree.fromstring(drawing.svg())
    assert tree.find("{http://www.w3.org/2000/svg}title").text == drawing.words
    assert "one (4 × 2)(2 × 4) product" in drawing.words
    assert drawing.save(tmp_path / "a.dot").read_text(encoding="utf-8").count("(1) sums of 2 products") == 1
    ax = graph_picture(drawing)
    assert alt_text(ax) == drawing.words
    assert {text.get_text() for text in ax.texts if text.get_text()} == set(texts(drawing))


def test_nothing_of_it_leaves_the_picture():
    for drawing in (draw(small()), draw(small(XOR[:2])), draw(micrograd())):
        scene = drawing.scene()
        for item in scene.items:
            if isinstance(item, Text):
                wide = 0.62 * item.size * len(item.text)
                left = item.x - wide / 2 if item.middle else item.x
                assert left >= -1
                assert left + wide <= scene.width + 1, item.text
            if isinstance(item, Cells):
                assert max(x for x, _, _ in item.cells) + item.width <= scene.width
                assert max(y for _, y, _ in item.cells) + item.height <= scene.height
