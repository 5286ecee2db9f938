"""The statements of one group of alike nodes: forward, and what it passes back."""

from __future__ import annotations

import numpy as np

from ..ops import arrays as array_rows
from ..ops import elementwise as rows
from ..readings.symbols import STEPS, Symbol, name, number
from .layout import Index, Part
from .statements import UPSTREAM, G, Operand, Statements
from .templates import RESULT
from .views import fold, view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .array_source import ArraySource

MANY = 4  # from as many terms on, a sum is one product with ones


class PartSource:
    """The statements of one group."""

    def __init__(self, source: ArraySource, part: Part, number_: int) -> None:
        self.source, self.part = source, part
        self.count = count = part.end - part.start
        word = part.group.op.name if part.group.op is not None else "product" if part.product else "sum"
        self.word = f"{word}{number_}"
        self.shape: tuple[int, ...] = (count,) if count > 1 else ()
        self.matrix: tuple[int, ...] = self.shape
        if part.product is not None:
            self.matrix = (len(part.lefts), part.rights.shape[1])
            self.x = source.matrix(part.lefts, f"x{number_}")
            self.w = source.matrix(part.rights, f"w{number_}")
        elif part.lefts.size:
            lists = [part.lefts, part.rights]
            self.x, self.w = [source.operand(_squeezed(positions), "a") for positions in lists]
        columns = list(part.terms.T)
        self.together = part.group.op is None and len(columns) >= MANY
        if self.together:
            self.terms = [source.operand(part.terms, "terms")]
            return
        if part.product is None:
            broken = [fold(column) for column in columns if view(column) is None]
            shape = next((found for found in broken if found is not None), None)
            if shape is not None and not part.lefts.size:
                self.matrix = shape
        names = ["b"] if part.product is not None else ["a"]
        fit = [column.reshape(self.matrix) if len(self.matrix) == 2 else column for column in columns]
        self.terms = [source.operand(positions, f"{names[0]}{number_}") for positions in fit]

    def result(self, array: str, shape: tuple[int, ...]) -> Operand:
        """The members as an array of this shape."""
        part, text = self.part, f"{array}[{self.part.start}:{self.part.end}]"
        if len(shape) != 1:
            text += f".reshape({shape})"
        name_ = self.source.name(text, self.word if array == "values" else f"d_{self.word}")
        return Operand(np.arange(part.start, part.end), name_, shape, None, None)

    def forward(self) -> None:
        """Append the statements that compute the members."""
        lines = self.source.lines
        for operand in [*self.terms, *([self.x, self.w] if self.part.lefts.size else [])]:
            self.source.gather(operand)
        op = self.part.group.op
        if op is not None:
            names = {f"#{k}": term for k, term in enumerate(self.terms)}
            writer = Statements(self.source, names)
            y = self.result("values", self.matrix)
            writer.emit(op.forward(STEPS, *self._symbols()), out=y.text, shape=self.matrix)
            writer.close()
            return
        y = self.result("values", self.matrix)
        started = self._products_forward()
        if self.together:
            terms, ones = self.terms[0], self.source.ones(self.part.terms.shape[1])
            total = f"{self._terms_matrix(terms)}.dot({ones}"
            vector = self.result("values", (self.count,)).text
            lines.append(f"{vector}[...] += {total})" if started else f"{total}, out={vector})")
            return
        for k, term in enumerate(self.terms):
            if not started and k == 0:
                if len(self.terms) > 1:
                    continue
                lines.append(f"{y.text}[...] = {term.text}")
            elif not started and k == 1:
                lines.append(f"add({self.terms[0].text}, {term.text}, out={y.text})")
            else:
                lines.append(f"add({y.text}, {term.text}, out={y.text})")

    def _terms_matrix(self, terms: Operand) -> str:
        """All terms as a full matrix with a row for each member."""
        if terms.view is None or terms.view.repeated:
            return f"broadcast_to({terms.text}, {terms.positions.shape})"
        return terms.text

    def _products_forward(self) -> bool:
        """Statements for the products of a sum; whether there are any."""
        part, lines = self.part, self.source.lines
        if part.product is not None:
            lines.append(f"{self.x.text}.dot({self.w.text}, out={self.result('values', self.matrix).text})")
        elif part.lefts.size and part.lefts.shape[1] == 1:
            y = self.result("values", self.shape)
            lines.append(f"multiply({self.x.text}, {self.w.text}, out={y.text})")
        elif part.lefts.size:
            buffer = self.source.scratch(part.lefts.shape)
            lines.append(f"multiply({self.x.text}, {self.w.text}, out={buffer})")
            y = self.result("values", (self.count,))
            lines.append(f"{buffer}.dot({self.source.ones(part.lefts.shape[1])}, out={y.text})")
            self.source.release(buffer, part.lefts.shape, False)
        return bool(part.lefts.size)

    def _symbols(self) -> list[Symbol]:
        return [
            name(f"#{k}") if term.literal is None else number(term.literal)
            for k, term in enumerate(self.terms)
        ]

    def backward(self) -> None:
        """Append the statements that hand the members' gradients to the operands."""
        source, op = self.source, self.part.group.op
        g = self.result("gradients", self.matrix)
        if op is not None:
            names = {f"#{k}": term for k, term in enumerate(self.terms)}
            names |= {f"#{RESULT}": self.result("values", self.matrix), UPSTREAM: g}
            for k, term in enumerate(self.terms):
                if op.flows(k):
                    pulled = op.pull(k, STEPS, G, name(f"#{RESULT}"), self._symbols())
                    source.contribute(term, pulled, names, self.matrix)
            return
        if self.together:
            shape = self.part.terms.shape
            column = {UPSTREAM: self.result("gradients", (self.count, 1))}
            source.contribute(self.terms[0], G, column, shape)  # a sum passes on what it gets
        else:
            for term in self.terms:
                source.contribute(term, G, {UPSTREAM: g}, self.matrix)
        if self.part.lefts.size:
            self._products_backward()

    def _products_backward(self) -> None:
        source, part = self.source, self.part
        names = {"#0": self.x, "#1": self.w}
        symbols = [name("#0"), name("#1")]
        if part.product is not None:
            names[UPSTREAM] = self.result("gradients", self.matrix)
            if self.count == 1 and np.array_equal(part.lefts[0], part.rights[:, 0]):  # a sum of squares
                once = array_rows.matmul.pull(0, STEPS, G, None, symbols)
                source.contribute(self.x, once + once, names, self.x.positions.shape)
                return
            for k, operand in enumerate((self.x, self.w)):
                pulled = array_rows.matmul.pull(k, STEPS, G, None, symbols)
                source.contribute(operand, pulled, names, operand.positions.shape)
            return
        shape = part.lefts.shape
        names[UPSTREAM] = self.result("gradients", self.shape if shape[1] == 1 else (self.count, 1))
        for k, operand in enumerate((self.x, self.w)):
            pulled = rows.multiply.pull(k, STEPS, G, None, symbols)
            source.contribute(operand, pulled, names, self.shape if shape[1] == 1 else shape)


def _squeezed(positions: Index) -> Index:
    return positions[:, 0] if positions.shape[1] == 1 else positions
