"""Where each number lies in one flat array, so that what is computed together lies together.

Leaves come first: parameters, then other leaves, then plain numbers; then the groups in order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .products import Product, matrix_product
from .recording import COMPUTED, CONSTANT, PARAMETER
from .structure import Group, Structure

Index = np.ndarray[Any, np.dtype[np.intp]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


class Part:
    """A group in the order in which its members lie, with the positions of its operands.

    ``terms``, ``lefts`` and ``rights`` have a row for each member. Of a matrix product, ``lefts`` is the
    (rows, inner) matrix and ``rights`` the (inner, columns) one, and members lie row by row.
    """

    def __init__(self, group: Group, product: Product | None) -> None:
        self.group, self.product, self.start = group, product, 0
        self.order: list[int] = []  # positions among the members of the group
        self.rows: list[tuple[int, ...]] = []
        self.columns: list[tuple[int, ...]] = []
        self.terms = self.lefts = self.rights = np.empty((0, 0), np.intp)

    @property
    def end(self) -> int:
        """The position behind the last member."""
        return self.start + len(self.group.members)

    def depends_on(self, marked: Mask) -> Mask:
        """For each member, whether an operand that gradients can reach is marked."""
        flows = self.group.op.flow if self.group.op is not None else np.ones(self.terms.shape[1], bool)
        found: Mask = (marked[self.terms] & np.array(flows, bool)).any(axis=1)
        lefts, rights = marked[self.lefts], marked[self.rights]
        if self.product is not None:
            found |= np.logical_or.outer(lefts.any(axis=1), rights.any(axis=0)).ravel()
        elif lefts.size:
            found |= (lefts | rights).any(axis=1)
        return found


class Layout:
    """``position[i]`` of each node that is computed or a leaf; -1 for folded ones."""

    def __init__(self, structure: Structure) -> None:
        recording = self.recording = structure.recording
        roles = recording.roles
        self.parameter_count = len(recording.parameters)
        self.constant_count = sum(roles[i] == CONSTANT for i in recording.leaves)
        self.other_count = len(recording.leaves) - self.parameter_count - self.constant_count
        start = self.parameter_count + self.other_count + self.constant_count
        self.parts = [Part(group, matrix_product(recording, group)) for group in structure.groups]
        for part in sorted(self.parts, key=lambda part: len(part.group.members) == 1):
            part.start = start  # single nodes last and side by side: the next one often takes them all
            start += len(part.group.members)
        self.size = start
        self.position = np.full(len(recording), -1, np.intp)
        self._next = {
            PARAMETER: 0,
            COMPUTED: self.parameter_count,
            CONSTANT: self.parameter_count + self.other_count,
        }
        # twice: matrix products have the first word on where leaves lie, and all others follow
        self._place_groups(leaves_too=False)
        self._place_groups(leaves_too=True)
        self._place(recording.leaves)
        for part in self.parts:
            self._resolve(part)

    def _place(self, leaves: Any) -> None:
        """Give the leaves that have none yet the next positions."""
        position, roles, following = self.position, self.recording.roles, self._next
        for leaf in leaves:
            role = roles[leaf]
            if role != COMPUTED and position[leaf] < 0:
                region = role if role in (PARAMETER, CONSTANT) else COMPUTED
                position[leaf] = following[region]
                following[region] += 1

    def _place_groups(self, leaves_too: bool) -> None:
        for part in self.parts:
            if part.product is not None and (leaves_too or len(part.group.members) > 1):
                self._order_product(part, part.product)
            else:
                self._order_members(part)
                if leaves_too:
                    for lists in (part.group.terms, part.group.lefts, part.group.rights):
                        for column in zip(*[lists[k] for k in part.order if lists], strict=True):
                            self._place(column)
            members = part.group.members
            self.position[[members[k] for k in part.order]] = np.arange(part.start, part.end)

    def _order_product(self, part: Part, product: Product) -> None:
        """Rows and columns as their factors lie; where those are free, they follow the product."""
        rows, columns = self._sorted(product.rows), self._sorted(product.columns)
        inner = self._inner_order(rows[0], columns[0])
        rows = [tuple([row[k] for k in inner]) for row in rows]
        columns = [tuple([column[k] for k in inner]) for column in columns]
        back = np.argsort(inner).tolist()
        for row in rows:
            self._place(row)
        for factors in zip(*columns, strict=True):
            self._place(factors)
        part.rows, part.columns = rows, columns
        unordered = (
            [tuple([row[k] for k in back]) for row in rows],
            [tuple([column[k] for k in back]) for column in columns],
        )
        part.order = [product.cells[row, column] for row in unordered[0] for column in unordered[1]]
        for column in zip(*[part.group.terms[k] for k in part.order], strict=True):
            self._place(column)

    def _sorted(self, lists: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
        position = self.position
        return sorted(lists, key=lambda nodes: position[nodes[0]])

    def _inner_order(self, row: tuple[int, ...], column: tuple[int, ...]) -> list[int]:
        for factors in (row, column):
            where = self.position[list(factors)]
            if (where >= 0).all():
                return np.argsort(where, kind="stable").tolist()  # type: ignore[no-any-return]
        return list(range(len(row)))

    def _order_members(self, part: Part) -> None:
        """As the operand lies that differs most from member to member."""
        group, count = part.group, len(part.group.members)
        if count == 1:
            part.order = [0]
            return
        best, variety = None, 0
        for lists in (group.terms, group.lefts, group.rights):
            for k in range(len(lists[0]) if lists else 0):
                where = self.position[[nodes[k] for nodes in lists]]
                if where[0] >= 0 and len(set(where.tolist())) > variety:
                    best, variety = where, len(set(where.tolist()))
                if variety == count:
                    break
        part.order = list(range(count)) if best is None else np.argsort(best, kind="stable").tolist()

    def _resolve(self, part: Part) -> None:
        """Positions in place of nodes."""
        group, order = part.group, part.order
        part.terms = self._matrix([group.terms[k] for k in order])
        if group.op is not None:
            return
        if part.product is None:
            part.lefts = self._matrix([group.lefts[k] for k in order])
            part.rights = self._matrix([group.rights[k] for k in order])
            inner = np.argsort(part.lefts[0], kind="stable")  # a sum may be added up in any order
            part.lefts, part.rights = part.lefts[:, inner], part.rights[:, inner]
        else:
            part.lefts = self._matrix(part.rows)
            part.rights = self._matrix(part.columns).T
        part.terms = part.terms[:, np.argsort(part.terms[0], kind="stable")]

    def _matrix(self, nodes: list[tuple[int, ...]]) -> Index:
        return self.position[np.array(nodes, np.intp).reshape(len(nodes), -1)]
