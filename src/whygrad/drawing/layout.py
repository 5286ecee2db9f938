"""Where boxes go: layers one after the other, few crossings, straight links (Sugiyama et al., 1981).

Layers by the longest way; links across several layers bend at places of their own; the order within a
layer by medians and by exchanging neighbours (Gansner et al., 1993); heights by moving each box to the
middle of its neighbours as far as those beside it allow, which is isotonic regression.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass
from itertools import pairwise

from .graph import Graph

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LETTER, PAD, LINE = 7.3, 14.0, 17.0  # pixels: a letter's width at 12, room inside a box, a line of text
GAP, FREE = 14.0, 10.0  # between boxes of a layer, and around a bend
ALONG, DOWN = 74.0, 46.0  # between layers, at least; and where they stand below each other
ROUNDS = 12


@dataclass(frozen=True)
class Place:
    """Centre, width and height of a box."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """Where everything goes, in pixels from the top left.

    Attributes
    ----------
    places
        Of the boxes.
    bends
        For each link, the points it runs through, from the edge of a box to the edge of another.
    width, height
        Of the whole.
    crossings
        How many links cross.
    down
        Whether links run down instead of to the right.
    """

    places: tuple[Place, ...]
    bends: tuple[tuple[tuple[float, float], ...], ...]
    width: float
    height: float
    crossings: int
    down: bool = False


def lay_out(graph: Graph, down: bool = False) -> Layout:
    """A layered layout of a graph, from left to right or from the top down.

    Examples
    --------
    >>> from whygrad import Value
    >>> from whygrad.drawing import graph_of
    >>> a, b = Value(1.0), Value(2.0)
    >>> found = lay_out(graph_of(a * b + a))
    >>> found.crossings, len(found.places)
    (0, 4)
    """
    sizes = [_size(box.title, box.lines) for box in graph.boxes]
    if down:  # the same, lying on its side
        sizes = [(height, width) for width, height in sizes]
    ranks = _ranks(graph)
    chains, layers = _layers_of(graph, ranks)
    total = sum(map(len, layers))
    lower: list[list[int]] = [[] for _ in range(total)]  # neighbours in the layer before
    upper: list[list[int]] = [[] for _ in range(total)]
    for chain in chains:
        for a, b in pairwise(chain):
            upper[a].append(b)
            lower[b].append(a)
    layers, crossings = _ordered(layers, lower, upper)
    heights = [sizes[k][1] if k < len(sizes) else 0.0 for k in range(total)]
    y = _heights(layers, lower, upper, heights)
    widths = [max((sizes[k][0] for k in layer if k < len(sizes)), default=20.0) for layer in layers]
    along = DOWN if down else max([ALONG, *[LETTER * len(link.label) + 26 for link in graph.links]])
    x, across, left = [0.0] * total, [0.0] * total, PAD
    for layer, wide in zip(layers, widths, strict=True):
        for k in layer:
            x[k], across[k] = left + wide / 2, wide / 2
        left += wide + along
    top = min((y[k] - heights[k] / 2 for k in range(total)), default=0.0) - PAD
    low = max((y[k] + heights[k] / 2 for k in range(total)), default=0.0) + PAD
    places = tuple(Place(x[k], y[k] - top, *sizes[k]) for k in range(len(sizes)))
    bends = []
    for chain in chains:
        first, last = places[chain[0]], places[chain[-1]]
        inner = [  # level past the boxes of a layer
            (x[k] + side * across[k], y[k] - top) for k in chain[1:-1] for side in (-1, 1)
        ]
        bends.append(((first.x + first.width / 2, first.y), *inner, (last.x - last.width / 2, last.y)))
    found = Layout(places, tuple(bends), left - along + PAD, low - top, crossings)
    return _upright(found) if down else found


def _upright(layout: Layout) -> Layout:
    """The same with x and y exchanged."""
    places = tuple([Place(place.y, place.x, place.height, place.width) for place in layout.places])
    bends = tuple([tuple([(y, x) for x, y in points]) for points in layout.bends])
    return Layout(places, bends, layout.height, layout.width, layout.crossings, down=True)


def _size(title: str, lines: Sequence[str]) -> tuple[float, float]:
    letters = max([1.06 * len(title), *[0.92 * len(line) for line in lines], 4])
    return LETTER * letters + 1.4 * PAD, LINE * (1 + len(lines)) + 0.8 * PAD


def _ranks(graph: Graph) -> list[int]:
    """The layer of each box: as far left as what it needs allows, inputs next to their first use."""
    before: list[list[int]] = [[] for _ in graph.boxes]
    after: list[list[int]] = [[] for _ in graph.boxes]
    for link in graph.links:
        before[link.target].append(link.source)
        after[link.source].append(link.target)
    ranks = [0] * len(graph.boxes)
    for k in range(len(ranks)):
        ranks[k] = max((ranks[source] + 1 for source in before[k]), default=0)
    for k in range(len(ranks) - 1, -1, -1):
        if after[k] and not before[k]:
            ranks[k] = min(ranks[target] for target in after[k]) - 1
            own = [j for target in after[k] for j in before[target] if not before[j] and len(after[j]) == 1]
            ranks[k] -= len(after[k]) > 1 and bool(own)  # behind what only one has, its links cross fewer
    least = min(ranks, default=0)
    return [rank - least for rank in ranks]


def _layers_of(graph: Graph, ranks: Sequence[int]) -> tuple[list[list[int]], list[list[int]]]:
    """For each link the places it runs through; the places of each layer. Places beyond boxes are bends."""
    layers: list[list[int]] = [[] for _ in range(max(ranks, default=0) + 1)]
    for k, rank in enumerate(ranks):
        layers[rank].append(k)
    chains, following = [], len(ranks)
    for link in graph.links:
        chain = [link.source]
        for rank in range(ranks[link.source] + 1, ranks[link.target]):
            layers[rank].append(following)
            chain.append(following)
            following += 1
        chains.append([*chain, link.target])
    return chains, layers


def _ordered(
    layers: list[list[int]], lower: list[list[int]], upper: list[list[int]]
) -> tuple[list[list[int]], int]:
    """The order of each layer with the fewest crossings found, and how many those are."""
    layers = _walked(layers, lower)
    place = _positions(layers)
    best, fewest = [list(layer) for layer in layers], _crossings(layers, upper, place)
    for turn in range(ROUNDS):
        if not fewest:
            break
        forward = turn % 2 == 0
        near = lower if forward else upper
        for layer in layers[1:] if forward else layers[-2::-1]:
            _by_medians(layer, near, place)
        _exchange(layers, lower, upper, place)
        now = _crossings(layers, upper, place)
        if now < fewest:
            best, fewest = [list(layer) for layer in layers], now
    return best, fewest


def _walked(layers: list[list[int]], lower: list[list[int]]) -> list[list[int]]:
    """A first order: depth first from the result, so that what belongs together stays together."""
    rank = {k: r for r, layer in enumerate(layers) for k in layer}
    found: list[list[int]] = [[] for _ in layers]
    seen: set[int] = set()
    for start in (k for layer in reversed(layers) for k in layer):
        stack = [start]
        while stack:
            k = stack.pop()
            if k in seen:
                continue
            seen.add(k)
            found[rank[k]].append(k)
            stack.extend(reversed(lower[k]))
    return found


def _positions(layers: Sequence[Sequence[int]]) -> list[int]:
    place = [0] * sum(map(len, layers))
    for layer in layers:
        for position, k in enumerate(layer):
            place[k] = position
    return place


def _by_medians(layer: list[int], near: list[list[int]], place: list[int]) -> None:
    """Sort a layer by the middle of each box's neighbours; boxes without any stay where they are."""
    keyed = []
    for position, k in enumerate(layer):
        at = sorted([place[other] for other in near[k]])
        half = len(at) // 2
        middle = position if not at else at[half] if len(at) % 2 else (at[half - 1] + at[half]) / 2
        mean = sum(at) / len(at) if at else position
        keyed.append((middle, mean, position, k))
    keyed.sort()
    layer[:] = [item[-1] for item in keyed]
    for position, k in enumerate(layer):
        place[k] = position


def _exchange(
    layers: list[list[int]], lower: list[list[int]], upper: list[list[int]], place: list[int]
) -> None:
    """Exchange neighbours as long as that takes crossings away."""
    better, rounds = True, 0
    while better and rounds < 8:
        better, rounds = False, rounds + 1
        for layer in layers:
            for position in range(len(layer) - 1):
                a, b = layer[position], layer[position + 1]
                change = 0
                for near in (lower, upper):
                    if near[a] and near[b]:
                        first = sorted([place[other] for other in near[a]])
                        second = sorted([place[other] for other in near[b]])
                        change += _pairs(first, second) - _pairs(second, first)
                if change > 0:
                    layer[position], layer[position + 1] = b, a
                    place[a], place[b] = position + 1, position
                    better = True


def _pairs(first: Sequence[int], second: Sequence[int]) -> int:
    """Crossings when ``first`` stands above ``second``: pairs in which the upper one's neighbour is lower."""
    return sum([bisect_left(second, at) for at in first])


def _crossings(layers: Sequence[Sequence[int]], upper: list[list[int]], place: list[int]) -> int:
    """How many links cross: for each link, those before it that end below it."""
    total = 0
    for layer in layers:
        ended: list[int] = []
        for k in layer:
            ends = sorted([place[other] for other in upper[k]])
            for at in ends:
                total += len(ended) - _not_above(ended, at)
            for at in ends:
                insort(ended, at)
    return total


def _not_above(ended: Sequence[int], at: int) -> int:
    return bisect_left(ended, at + 1)


def _heights(
    layers: Sequence[Sequence[int]],
    lower: Sequence[Sequence[int]],
    upper: Sequence[Sequence[int]],
    sizes: Sequence[float],
) -> list[float]:
    """The height of each place: near its neighbours', in order, and apart."""
    y = [0.0] * len(sizes)
    offsets = []
    for layer in layers:
        at, along = 0.0, []
        for position, k in enumerate(layer):
            if position:
                before = layer[position - 1]
                gap = GAP if sizes[k] and sizes[before] else FREE
                at += (sizes[before] + sizes[k]) / 2 + gap
            along.append(at)
        offsets.append(along)
        for k, height in zip(layer, along, strict=True):
            y[k] = height - at / 2
    for turn in range(12):
        forward = turn % 2 == 0
        for r in range(len(layers)) if forward else range(len(layers) - 1, -1, -1):
            layer = layers[r]
            wanted = []
            for k in layer:
                near = lower[k] if forward else upper[k]
                if turn >= 8:
                    near = [*lower[k], *upper[k]]
                wanted.append(sum(y[other] for other in near) / len(near) if near else y[k])
            weights = [4.0 if not sizes[k] else 1.0 for k in layer]
            for k, height in zip(layer, _apart(wanted, offsets[r], weights), strict=True):
                y[k] = height
    return y


def _apart(wanted: Sequence[float], offsets: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The heights nearest to those wanted that keep the distances: pool adjacent violators.

    Examples
    --------
    >>> _apart([0.0, 0.0], [0.0, 10.0], [1.0, 1.0])
    [-5.0, 5.0]
    """
    blocks: list[list[float]] = []  # mean, weight, length
    for want, offset, weight in zip(wanted, offsets, weights, strict=True):
        blocks.append([want - offset, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, heavy, many = blocks.pop()
            last = blocks[-1]
            last[0] = (last[0] * last[1] + mean * heavy) / (last[1] + heavy)
            last[1] += heavy
            last[2] += many
    flat = [mean for mean, _, many in blocks for _ in range(int(many))]
    return [level + offset for level, offset in zip(flat, offsets, strict=True)]
