"""Graphs as drawings: what the boxes say, how few links cross, how large ones are folded, and the formats."""

import random
import re
import time
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from whygrad import MLP, Tensor, Value
from whygrad.drawing import Drawing, Graph, draw, graph_of, lay_out
from whygrad.drawing.graph import NOT_CALLED, Box, Link
from whygrad.drawing.layout import _crossings
from whygrad.errors import KindError, SettingError
from whygrad.plots import alt_text, graph_picture


def network(sizes=(4, 1), inputs=(1.0, -2.0), seed=0):
    return MLP(len(inputs), list(sizes), rng=random.Random(seed))(list(inputs))


def by_hand(rng):
    """A 2-4-1 network of plain products and sums."""

    def neuron(inputs):
        total = Value(rng.uniform(-1, 1))
        for value in inputs:
            total = total + Value(rng.uniform(-1, 1)) * value
        return total.tanh()

    x = [Value(1.0), Value(-2.0)]
    return neuron([neuron(x) for _ in range(4)])


# --- what is drawn -----------------------------------------------------------------------------------
def test_boxes_and_links_are_the_nodes_and_their_local_derivatives():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    result = (a * b).tanh()
    result.backward()
    graph = graph_of(result)
    kinds = {box.title: box.kind for box in graph.boxes}
    assert kinds == {"a": "leaf", "b": "leaf", "*": "operation", "tanh": "result"}
    lines = next(box.lines for box in graph.boxes if box.title == "a")
    assert lines == ("data 2", f"grad {a.grad:.4g}".replace("-", "−"))
    labels = {graph.boxes[link.source].title: link.label for link in graph.links}
    assert labels["a"] == "−3"
    assert labels["b"] == "2"
    assert graph.caption == ""


def test_a_node_used_twice_has_one_link_with_both_derivatives():
    a = Value(3.0)
    (link,) = graph_of(a * a).links
    assert link.label == "3 + 3"


def test_before_backward_the_caption_says_so():
    assert graph_of(Value(1.0) * 2.0).caption == NOT_CALLED
    assert NOT_CALLED in draw(Value(1.0) * 2.0).svg()


def test_a_tensor_has_shapes_and_formulas():
    w = Tensor(np.ones((2, 1)), label="w")
    result = (np.ones((3, 2)) @ w).tanh().sum()
    result.backward()
    graph = graph_of(result)
    assert ("data 2 × 1") in next(box for box in graph.boxes if box.title == "w").lines
    labels = [link.label for link in graph.links]
    assert "aᵀ g" in labels
    assert "g·(1 − y²)" in labels


def test_what_is_no_node_is_refused():
    with pytest.raises(KindError, match="only a Value or a Tensor"):
        graph_of(3.0)
    with pytest.raises(SettingError, match="3 or above"):
        graph_of(Value(1.0), most=2)


# --- folding -----------------------------------------------------------------------------------------
def nodes_of(graph):
    return sum(box.nodes for box in graph.boxes)


def forward_only(graph):
    return all(link.source < link.target for link in graph.links)


def test_neurons_then_layers_then_stages():
    small = graph_of(network((8, 8, 1)))
    assert small.caption.startswith("141 nodes, folded into neurons")
    assert [box.title for box in small.boxes].count("neuron: tanh") == 16
    mlp, total = MLP(3, [6, 6, 1], rng=random.Random(0)), 0
    for k in range(20):
        total = total + (mlp([k, 1.0, 2.0]) - 1.0) ** 2
    large = graph_of(total)
    assert "folded into layers" in large.caption
    deep = Value(1.0)
    for _ in range(500):
        deep = (deep * 1.001).tanh()
    chain = graph_of(deep)
    assert "folded into stages" in chain.caption
    for graph, root in ((small, network((8, 8, 1))), (large, total), (chain, deep)):
        assert len(graph.boxes) <= 60
        assert nodes_of(graph) == len(root.ancestors())
        assert forward_only(graph)


def test_folded_links_never_go_back():
    for seed in range(30):
        rng = random.Random(seed)
        pool = [Value(rng.uniform(-1, 1)) for _ in range(6)]
        for _ in range(90):
            a, b = rng.choice(pool), rng.choice(pool[-12:])
            pool.append(rng.choice([a + b, a * b, a.tanh(), (a - b).sigmoid()]))
        for most in (60, 30, 12):
            graph = graph_of(sum(pool), most)
            assert len(graph.boxes) <= most
            assert forward_only(graph)


# --- layout ------------------------------------------------------------------------------------------
def test_a_small_network_has_at_most_seven_crossings():
    assert draw(network()).layout.crossings <= 7
    for seed in range(5):
        assert draw(by_hand(random.Random(seed))).layout.crossings <= 7


def test_from_the_top_down_it_is_the_same_on_its_side():
    graph = graph_of(network((8, 8, 1)))
    across, down = lay_out(graph), lay_out(graph, down=True)
    assert down.down
    assert down.crossings == across.crossings
    for link, points in zip(graph.links, down.bends, strict=True):
        source, target = down.places[link.source], down.places[link.target]
        assert points[0] == (source.x, source.y + source.height / 2)
        assert points[-1] == (target.x, target.y - target.height / 2)
        assert all(a[1] <= b[1] for a, b in pairwise(points))
    for one, other in zip(down.places, across.places, strict=True):
        assert (one.width, one.height) == (other.width, other.height)


def test_crossings_are_counted():
    # two layers: 0, 1 above each other; 2, 3 likewise
    assert _crossings([[0, 1], [2, 3]], [[3], [2], [], []], [0, 1, 0, 1]) == 1
    assert _crossings([[0, 1], [2, 3]], [[2, 3], [2, 3], [], []], [0, 1, 0, 1]) == 1
    assert _crossings([[0, 1], [2, 3]], [[2], [3], [], []], [0, 1, 0, 1]) == 0


def test_three_hundred_nodes_in_half_a_second():
    root = network((14, 12, 1))
    graph = graph_of(root, most=10_000)
    assert 280 <= len(graph.boxes) <= 330
    begin = time.process_time()
    lay_out(graph)
    assert time.process_time() - begin < 0.5


@pytest.mark.parametrize("sizes", [(4, 1), (3, 3, 2)])
def test_boxes_do_not_overlap_and_links_go_to_the_right(sizes):
    root = network(sizes) if sizes[-1] == 1 else sum(network(sizes))
    drawing = draw(root, most=10_000)
    places = drawing.layout.places
    for k, one in enumerate(places):
        assert one.x - one.width / 2 >= 0
        assert one.y + one.height / 2 <= drawing.layout.height
        for other in places[k + 1 :]:
            across = abs(one.x - other.x) < (one.width + other.width) / 2
            along = abs(one.y - other.y) < (one.height + other.height) / 2
            assert not (across and along)
    for link, points in zip(drawing.graph.links, drawing.layout.bends, strict=True):
        assert places[link.source].x < places[link.target].x
        assert all(a[0] <= b[0] for a, b in pairwise(points))


# --- formats -----------------------------------------------------------------------------------------
def test_svg_is_well_formed_and_has_its_words():
    drawing = draw(Value(1.0, label='<a & "b">') * 2.0)
    tree = ElementTree.fromstring(drawing.svg())
    texts = ["".join(item.itertext()) for item in tree.iter() if item.tag.endswith("text")]
    assert '<a & "b">' in texts
    assert tree.attrib["role"] == "img"
    assert tree.find("{http://www.w3.org/2000/svg}title").text == drawing.graph.words


def test_dot_and_mermaid_have_each_box_and_link():
    drawing = draw(network())
    boxes, links = len(drawing.graph.boxes), len(drawing.graph.links)
    dot = drawing.dot()
    assert len(re.findall(r"^  n\d+ \[", dot, re.MULTILINE)) == boxes
    assert dot.count(" -> ") == links
    mermaid = drawing.mermaid()
    assert mermaid.startswith("flowchart LR")
    assert mermaid.count(" -->") == links
    assert "#quot;" in draw(Value(1.0, label='"') * 2.0).mermaid()
    assert '\\"' in draw(Value(1.0, label='"') * 2.0).dot()


def test_files_are_written_by_their_suffix(tmp_path):
    drawing = draw(Value(1.0) * 2.0)
    for suffix, start in ((".svg", "<svg"), (".dot", "digraph"), (".mmd", "flowchart")):
        assert drawing.save(tmp_path / f"a{suffix}").read_text(encoding="utf-8").startswith(start)
    with pytest.raises(SettingError, match=r"whygrad\.plots"):
        drawing.save(tmp_path / "a.png")


def test_the_same_boxes_by_matplotlib():
    drawing = draw(network())
    ax = graph_picture(drawing)
    assert len([p for p in ax.patches if type(p).__name__ == "FancyBboxPatch"]) == len(drawing.graph.boxes)
    assert alt_text(ax) == drawing.graph.words


def test_a_graph_of_one_box():
    drawing = Drawing(Graph((Box(0, "a", (), "leaf"),), ()))
    assert drawing.layout.crossings == 0
    assert Link(0, 1).label == ""
    assert "<svg" in drawing.svg()
