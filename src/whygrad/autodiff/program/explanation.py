"""What a graph was recognised as, as data and in words: scalar code explains vectorisation by becoming it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from ..value import Value
from .products import Product, matrix_product
from .recording import COMPUTED, CONSTANT, INPUT, PARAMETER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .recording import Recording
    from .structure import Group

SHOWN = 30  # parts: of more, the largest are shown
Matrix = tuple[tuple[Value, ...], ...]
NOUNS = {  # of the rows that are named by a verb
    "add": "addition",
    "subtract": "subtraction",
    "multiply": "multiplication",
    "divide": "division",
    "negative": "negation",
}
PLURAL = frozenset([*NOUNS.values(), "node", "operation", "statement", "sum", "product", "term", "power"])
KINDS = {CONSTANT: "plain numbers", INPUT: "inputs", PARAMETER: "parameters"}


@dataclass(frozen=True)
class Part:
    """Nodes that are computed together.

    Attributes
    ----------
    number
        Its place in the order of computation, from 1.
    members
        The nodes it computes.
    operands
        What it is computed from, in words: labels, kinds of leaves, or ``(3)`` for the result of part 3.
    """

    number: int
    members: tuple[Value, ...] = field(repr=False)
    operands: tuple[str, ...]

    @property
    def words(self) -> str:
        """What it is, in a line."""
        return _counted(len(self.members), "node")


@dataclass(frozen=True)
class Operation(Part):
    """One row of the table on many operands at once."""

    name: str

    @property
    def words(self) -> str:
        """What it is, in a line."""
        count, word = len(self.members), NOUNS.get(self.name, self.name)
        return f"{_counted(count, word)}{' at once' if count > 1 else ''}: of {_and(self.operands)}"


@dataclass(frozen=True)
class MatrixProduct(Part):
    """Sums of products in which every row of one matrix meets every column of another.

    Attributes
    ----------
    left, right
        The factors, as they are multiplied.
    added
        What is added to the product, in words.
    result
        The sums: (rows × columns).
    terms
        What is added to each of them: a matrix like ``result`` for each term.
    """

    left: Matrix = field(repr=False)
    right: Matrix = field(repr=False)
    added: tuple[str, ...]
    result: Matrix = field(repr=False)
    terms: tuple[Matrix, ...] = field(repr=False)

    @property
    def shapes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Rows and columns of both factors."""
        return (len(self.left), len(self.left[0])), (len(self.right), len(self.right[0]))

    @property
    def multiplications(self) -> int:
        """How many multiplications of single numbers it stands for."""
        (rows, inner), (_, columns) = self.shapes
        return rows * inner * columns

    @property
    def words(self) -> str:
        """What it is, in a line."""
        left, right = [f"({rows:,} × {columns:,})" for rows, columns in self.shapes]
        count = self.multiplications
        start = _counted(count, "multiplication") + (f" are one {left}{right} product" if count > 1 else "")
        by = f"{self.operands[0]} by {'itself' if self.left == _turned(self.right) else self.operands[1]}"
        return f"{start}: {by}{_plus(self.added)}"


@dataclass(frozen=True)
class Sum(Part):
    """Sums that form no matrix product.

    Attributes
    ----------
    terms, products
        How many of each one sum has.
    factors
        The left and the right factors of the products, in words; empty where there are none.
    """

    terms: int
    products: int
    factors: tuple[str, ...]

    @property
    def words(self) -> str:
        """What it is, in a line."""
        count = len(self.members)
        each = " each" if count > 1 else ""
        if not self.products:
            return (
                f"{_counted(count, 'sum')} of {_counted(self.terms, 'term')}{each}: of {_and(self.operands)}"
            )
        start = f"{_counted(count, 'sum')} of {_counted(self.products, 'product')}{each}"
        return f"{start}: {' by '.join(self.factors)}{_plus(self.operands)}"


@dataclass(frozen=True)
class Explanation:
    """What was found in a graph; print it, or look at ``parts``.

    Attributes
    ----------
    nodes
        How many nodes were recorded.
    how
        How they are replayed, ``"arrays"`` or ``"python"``.
    calls
        How many statements one step of training takes.
    parts
        What was recognised, in the order of computation.
    """

    nodes: int
    how: str
    calls: int
    parts: tuple[Part, ...]

    @property
    def shown(self) -> list[Part]:
        """The parts that are worth showing: the largest, in the order of computation."""
        largest = sorted(self.parts, key=_weight, reverse=True)[:SHOWN]
        return sorted(largest, key=lambda part: part.number)

    def __str__(self) -> str:
        lines = [self._head()]
        width = len(str(len(self.parts)))
        lines += [f"{f'({part.number})':>{width + 3}} {part.words}" for part in self.shown]
        if len(self.parts) > SHOWN:
            lines.append(f"and {len(self.parts) - SHOWN:,} smaller ones")
        return "\n".join(lines)

    def _head(self) -> str:
        nodes, found = _counted(self.nodes, "node"), _counted(len(self.parts), "operation")
        if self.how == "python":
            return f"{nodes}, replayed as straight-line Python. On arrays they are {found}:"
        return f"{nodes} are {found}, a step of training {_counted(self.calls, 'statement')}:"


def explain(recording: Recording, how: str, calls: int, groups: Sequence[Group]) -> Explanation:
    """The groups in words, each operand named."""
    namer = _Namer(recording)
    parts = []
    for number, group in enumerate(groups, start=1):
        parts.append(_part(recording, number, group, namer))
        namer.made_by.update(dict.fromkeys(group.members, number))
    return Explanation(len(recording), how, calls, tuple(parts))


def _part(recording: Recording, number: int, group: Group, namer: _Namer) -> Part:
    members = tuple([recording.nodes[i] for i in group.members])
    terms = tuple([namer.name(column) for column in zip(*group.terms, strict=True)])
    if group.op is not None:
        return Operation(number, members, terms, group.op.name)
    product = matrix_product(recording, group)
    added = tuple(dict.fromkeys(terms))
    if product is not None:
        left, right = _matrices(recording, product)
        names = tuple(
            [namer.name([i for row in side for i in row]) for side in (product.rows, product.columns)]
        )
        cells = [[product.cells[row, column] for column in product.columns] for row in product.rows]
        result = tuple([tuple([members[k] for k in row]) for row in cells])
        plus = [
            tuple([tuple([recording.nodes[group.terms[k][t]] for k in row]) for row in cells])
            for t in range(len(terms))
        ]
        return MatrixProduct(number, members, names, left, right, added, result, tuple(plus))
    factors = [
        namer.name([i for row in side for i in row]) for side in (group.lefts, group.rights) if side[0]
    ]
    return Sum(number, members, added, len(group.terms[0]), len(group.lefts[0]), tuple(factors))


def _matrices(recording: Recording, product: Product) -> tuple[Matrix, Matrix]:
    nodes = recording.nodes
    columns = [[nodes[i] for i in column] for column in product.columns]
    return tuple([tuple([nodes[i] for i in row]) for row in product.rows]), tuple(zip(*columns, strict=True))


def stem(label: str) -> str:
    """The name of a matrix that a leaf with this label lies in.

    Examples
    --------
    >>> stem("w1[0,2]")
    'w1'
    """
    return re.split(r"[\[(]", str(label))[0].strip() or str(label)


class _Namer:
    """Names for what lies in a matrix: a label's stem, the part that computed it, or the kind of leaf."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.made_by: dict[int, int] = {}

    def name(self, numbers: Iterable[int]) -> str:
        names = Counter([self._one(i) for i in dict.fromkeys(numbers)])
        common = sorted([name for name, _ in names.most_common(3)])
        return _and(common) if len(names) <= 3 else f"{', '.join(common)} and others"

    def _one(self, i: int) -> str:
        node, role = self.recording.nodes[i], self.recording.roles[i]
        if node.label:
            return stem(node.label)
        if role == COMPUTED:
            return f"({self.made_by[i]})"
        if role == CONSTANT and node.data == int(node.data if abs(node.data) < 1e6 else 0):
            return f"{node.data:g}"
        return KINDS.get(role, "leaves")


def _weight(part: Part) -> int:
    if isinstance(part, MatrixProduct):
        return part.multiplications
    return len(part.members) * (part.terms + part.products if isinstance(part, Sum) else 1)


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' if count != 1 and word in PLURAL else ''}"


def _turned(matrix: Matrix) -> Matrix:
    return tuple(zip(*matrix, strict=True))


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _plus(names: Sequence[str]) -> str:
    return f", plus {_and(names)}" if names else ""
