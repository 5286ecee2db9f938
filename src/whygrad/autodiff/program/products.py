"""Finds the matrix product that a group of sums of products is: every row meets every column."""

from __future__ import annotations

from .recording import COMPUTED, PARAMETER, Recording

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .structure import Group


class Product:
    """(rows x inner) times (inner x columns): which sum is the one of row r and column c.

    Attributes
    ----------
    rows, columns
        The factors, a tuple of nodes for each row of the left matrix, and for each column of the right one.
    cells
        (row, column) -> position of the sum among the members of the group.
    """

    def __init__(
        self,
        rows: list[tuple[int, ...]],
        columns: list[tuple[int, ...]],
        cells: dict[tuple[tuple[int, ...], tuple[int, ...]], int],
    ) -> None:
        self.rows, self.columns, self.cells = rows, columns, cells
        self.inner = len(rows[0])

    @property
    def multiplications(self) -> int:
        """How many scalar multiplications it stands for."""
        return len(self.rows) * self.inner * len(self.columns)


def matrix_product(recording: Recording, group: Group) -> Product | None:
    """The product that the group's sums form, or None when some row does not meet some column.

    Weights stand on the right, in columns; samples stand on the left, in rows.
    """
    if group.op is not None or not group.lefts[0]:
        return None
    lefts, rights = dict.fromkeys(group.lefts), dict.fromkeys(group.rights)
    if len(lefts) * len(rights) != len(group.members):
        return None
    if _is_right(recording, group.lefts[0], len(lefts), group.rights[0], len(rights)):
        pairs, rows, columns = zip(group.rights, group.lefts, strict=True), rights, lefts
    else:
        pairs, rows, columns = zip(group.lefts, group.rights, strict=True), lefts, rights
    cells = {pair: k for k, pair in enumerate(pairs)}
    if len(cells) != len(group.members):
        return None
    ranks = {i: rank for rank, i in enumerate(recording.parameters)}

    def written(factors: tuple[int, ...]) -> tuple[int, int]:
        """As the program has them: parameters as given, others by number, the last of which came first."""
        return ranks.get(factors[0], len(ranks)), -factors[0]

    return Product(sorted(rows, key=written), sorted(columns, key=written), cells)


def _is_right(
    recording: Recording, left: tuple[int, ...], lefts: int, right: tuple[int, ...], rights: int
) -> bool:
    """Whether the factors written on the left are the weights."""
    a, b = recording.roles[left[0]], recording.roles[right[0]]
    if PARAMETER in (a, b) and a != b:
        return a == PARAMETER
    if COMPUTED in (a, b) and a != b:
        return b == COMPUTED
    return lefts <= rights
