"""A program on NumPy arrays as text: each group of alike nodes is a call or a few, made from the rules.

Forward and derivative rules are read on symbols and written as calls with ``out=``, so a replay allocates
nothing. Where a gradient is written for the first time in a pass it is stored, else it is added.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..ops import arrays as array_rows
from ..ops import elementwise as rows
from ..readings.symbols import STEPS, Symbol, name, number
from .layout import Index, Layout, Mask, Part
from .templates import RESULT
from .templates import fold as fold_numbers
from .views import View, fold, view

CALLS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "neg": "negative"}
UFUNCS = frozenset(
    "exp expm1 log log1p sqrt sin cos tanh abs sign maximum minimum divide power".split()
)  # these, and the calls below, take out=
MASKS = {">": "greater", ">=": "greater_equal"}
MANY = 4  # from as many terms on, a sum is one product with ones
UPSTREAM = "g"
G = name(UPSTREAM)
CONTIGUOUS = re.compile(r"\w+\[\d+:\d+\](\.reshape\([\d, ()]*\))?")  # views that lie in one piece


class Operand:
    """What statements name: a view of the flat array, a number, or entries gathered into a buffer."""

    def __init__(
        self, positions: Index, text: str, shape: tuple[int, ...], where: View | None, literal: float | None
    ) -> None:
        self.positions, self.text, self.shape = positions, text, shape
        self.view, self.literal = where, literal


class ArraySource:
    """Writes the setup of the arrays, and the functions that run on them."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.recording = layout, layout.recording
        self.setup: list[str] = []
        self.index: list[Index] = []  # what the text calls index0, index1, …
        self.lines: list[str] = []
        self.functions: dict[str, list[str]] = {}
        self._named: dict[str, str] = {}
        self._taken: set[str] = set()
        self._scattered: set[str] = set()
        self._free: dict[tuple[tuple[int, ...], bool], list[str]] = {}
        leaves = self.recording.leaves
        self.initial = np.zeros(layout.size)
        self.initial[layout.position[leaves]] = [float(self.recording.nodes[i].data) for i in leaves]
        self._constants = slice(
            layout.parameter_count + layout.other_count,
            layout.parameter_count + layout.other_count + layout.constant_count,
        )
        self.parts = [_PartSource(self, part, k) for k, part in enumerate(layout.parts, start=1)]
        self._write_functions()

    @property
    def text(self) -> str:
        """The whole program."""
        functions = [_function(signature, lines) for signature, lines in self.functions.items()]
        return "\n\n".join(["\n".join(self.setup) + "\n", *functions])

    def _write_functions(self) -> None:
        root = int(self.layout.position[self.recording.root])
        forward = self._written(self._forward)
        everything = np.ones(self.layout.size, bool)
        everything[self._constants] = False
        full = self._written(lambda: self._backward(root, everything))
        short = self._written(lambda: self._backward(root, self._needing_parameters()))
        loss = f"loss = values.item({root})"
        stop = ["if loss != loss:", "    return loss"]
        update = []
        if self.layout.parameter_count:
            self.setup.append(f"moved = empty({self.layout.parameter_count})")
            update = ["multiply(gradient, rate, out=moved)", "subtract(vector, moved, out=vector)"]
        self.functions = {
            "forward()": [*forward, f"return values.item({root})"],
            "backward()": full,
            "slopes()": [*forward, loss, *stop, *short, "return loss"],
            "step(rate)": [*forward, loss, *stop, *short, *update, "return loss"],
        }

    def _forward(self) -> None:
        for part in self.parts:
            part.forward()

    def _written(self, write: Callable[[], Any]) -> list[str]:
        self.lines = []
        write()
        return self.lines

    # --- backward ------------------------------------------------------------------------------------

    def _needing_parameters(self) -> Mask:
        """Which numbers depend on a parameter by a path that gradients can take."""
        needed = np.zeros(self.layout.size, bool)
        needed[: self.layout.parameter_count] = True
        for part in self.layout.parts:
            needed[part.start : part.end] = part.depends_on(needed)
        return needed

    def _backward(self, root: int, wanted: Mask) -> None:
        self.wanted = wanted
        self.written = np.zeros(self.layout.size, bool)
        self.leaf_end = self._constants.stop
        self._later: list[tuple[int, Callable[[], None]]] = []
        if self.wanted[root]:
            self.lines.append(f"gradients[{root}] = 1.0")
            self.written[root] = True
        for part in reversed(self.parts):
            if self.written[part.part.start : part.part.end].any():
                self.clear(slice(part.part.start, part.part.end))
                part.backward()
        # nothing waits for the gradients of leaves: small pieces are stored first, then large ones added
        for _, contribute in sorted(self._later, key=lambda pair: pair[0]):
            contribute()

    def contribute(self, operand: Operand, symbol: Any, names: dict[str, Operand], shape: Any) -> None:
        """Add local times upstream to the gradient of an operand; now, or for leaves at the end."""
        if operand.literal is not None or not self.wanted[operand.positions].any():
            return
        if operand.positions.max() < self.leaf_end:
            size = np.unique(operand.positions).size
            self._later.append((size, lambda: self._contribute(operand, symbol, names, shape)))
        else:
            self._contribute(operand, symbol, names, shape)

    def _contribute(self, operand: Operand, symbol: Any, names: dict[str, Operand], shape: Any) -> None:
        writer = Statements(self, names)
        where = operand.view
        if where is None:
            self._scatter(operand, writer.full(symbol, shape))
        elif where.repeated:
            self._reduce(operand, where, writer.full(symbol, shape))
        else:
            where = replace(where, squeezed=shape == ())  # as the contribution has it
            target = self.name(where.text("gradients"), "d_" + operand.text)
            if self._is_first(operand.positions):
                writer.emit(symbol, out=target, shape=where.own_shape)
            else:
                text = writer.emit(symbol)[0]
                self.lines.append(f"add({target}, {text}, out={target})")
        writer.close()

    def _is_first(self, positions: Index) -> bool:
        """Whether nothing is stored there yet in this pass; afterwards something is."""
        first = not self.written[positions].any()
        if not first:
            self.clear(positions)
        self.written[positions] = True
        return first

    def clear(self, positions: Any) -> None:
        """Zeros where nothing is stored yet, so that one can add."""
        missing = np.flatnonzero(~self.written[positions])
        if not missing.size:
            return
        found = np.unique(np.arange(self.layout.size)[positions].ravel()[missing])
        where = view(found)
        if where is not None:
            self.lines.append(f"{self.name(where.text('gradients'), 'd_part')}[...] = 0.0")
        else:
            self.lines.append(f"gradients[{self.array(found)}] = 0.0")
        self.written[found] = True

    def _reduce(self, operand: Operand, where: View, text: str) -> None:
        """Undo broadcasting: sum over the axes along which an entry was repeated."""
        first = self._is_first(operand.positions)
        target = self.name(where.text("gradients"), "d_" + operand.text)
        if where.own_shape == ():
            total = f"add.reduce({text}, axis=None"
        elif where.strides[0] == 0:
            total = f"{self.ones(where.shape[0])}.dot({text}"
        else:
            flat = View(where.start, where.shape[:1], where.strides[:1])
            target = self.name(flat.text("gradients"), "d_" + operand.text)
            total = f"{text}.dot({self.ones(where.shape[1])}"
        if first:
            self.dot(total, target)
        else:
            self.lines.append(f"add({target}, {total}), out={target})")

    def dot(self, call: str, target: str) -> None:
        """The call, still open, with its result in the target; dot writes to contiguous arrays only."""
        scattered = target in self._scattered
        self.lines.append(f"{target}[...] = {call})" if scattered else f"{call}, out={target})")

    def _scatter(self, operand: Operand, text: str) -> None:
        """Add to entries that lie anywhere, and perhaps occur more than once."""
        positions = operand.positions.ravel()
        flat = text if operand.positions.ndim == 1 else f"{text}.ravel()"
        if np.unique(positions).size == positions.size:
            sign = "=" if self._is_first(positions) else "+="
            self.lines.append(f"gradients[{self.array(positions)}] {sign} {flat}")
            return
        low, high = int(positions.min()), int(positions.max()) + 1
        self.clear(slice(low, high))
        target = self.name(f"gradients[{low}:{high}]", "d_part")
        counted = f"bincount({self.array(positions - low)}, {flat}, {high - low})"
        self.lines.append(f"add({target}, {counted}, out={target})")

    # --- arrays that the text names ------------------------------------------------------------------

    def name(self, expression: str, prefix: str) -> str:
        """A name for an expression, assigned once in the setup."""
        if expression not in self._named:
            self._named[expression] = self.fresh(prefix)
            self.setup.append(f"{self._named[expression]} = {expression}")
            if not CONTIGUOUS.fullmatch(expression):
                self._scattered.add(self._named[expression])
        return self._named[expression]

    def fresh(self, prefix: str) -> str:
        """A variable that is not taken."""
        name_, count = prefix, 1
        while name_ in self._taken:
            count += 1
            name_ = f"{prefix}_{count}"
        self._taken.add(name_)
        return name_

    def array(self, positions: Index) -> str:
        """A name for an index."""
        self.index.append(positions)
        return self.name(f"index[{len(self.index) - 1}]", "at")

    def ones(self, count: int) -> str:
        """A vector of ones: a product with it is the quickest sum."""
        return self.name(f"ones({count})", f"ones{count}")

    def scratch(self, shape: tuple[int, ...], mask: bool = False) -> str:
        """A buffer that nobody uses at the moment."""
        free = self._free.setdefault((shape, mask), [])
        if free:
            return free.pop()
        text = self.fresh("mask" if mask else "buffer")
        self.setup.append(f"{text} = empty({shape}{', bool' * mask})")
        return text

    def release(self, text: str, shape: tuple[int, ...], mask: bool) -> None:
        """Nobody uses the buffer any more."""
        self._free[shape, mask].append(text)

    def matrix(self, positions: Index, prefix: str) -> Operand:
        """A factor of a matrix product: always a matrix, and nothing in it repeated."""
        where = view(positions)
        if where is None or where.repeated:
            return self._gathered(positions, prefix)
        where = replace(where, squeezed=False)
        return Operand(positions, self.name(where.text("values"), prefix), positions.shape, where, None)

    def operand(self, positions: Index, prefix: str) -> Operand:
        """What stands for the entries at these positions: a number, a view, or a gathered copy."""
        constants = self._constants
        if constants.start <= positions.min() and positions.max() < constants.stop:
            data = self.initial[positions]
            if (data == data.flat[0]).all():
                literal = float(data.flat[0])
                return Operand(positions, self.number(literal), (), None, literal)
        where = view(positions)
        if where is not None:
            return Operand(positions, self.name(where.text("values"), prefix), where.own_shape, where, None)
        return self._gathered(positions, prefix)

    def _gathered(self, positions: Index, prefix: str) -> Operand:
        text = self.fresh(f"{prefix}_copy")
        self.setup.append(f"{text} = empty({positions.shape})")
        return Operand(positions, text, positions.shape, None, None)

    def gather(self, operand: Operand) -> None:
        """The statement that fills a gathered copy; a number or a view needs none."""
        if operand.view is None and operand.literal is None:
            at = self.array(operand.positions)
            self.lines.append(f'values.take({at}, out={operand.text}, mode="clip")')

    def number(self, value: float) -> str:
        """A number as an array without dimensions, which NumPy takes in half the time of a float."""
        return self.name(f"array({value!r})", "c")


class Statements:
    """Writes calls for a symbol, with scratch buffers that are free again after their use."""

    def __init__(self, source: ArraySource, names: dict[str, Operand]) -> None:
        self.source, self.names = source, names
        self.held: dict[str, tuple[tuple[int, ...], bool]] = {}
        self.known: dict[str, tuple[str, tuple[int, ...]]] = {}

    def full(self, symbol: Any, shape: tuple[int, ...]) -> str:
        """The text of an array of exactly this shape."""
        text, own = self.emit(symbol)
        if own == shape:
            return text
        target = self.buffer(shape)
        self.source.lines.append(f"{target}[...] = {text}")
        return target

    def emit(
        self, symbol: Any, out: str | None = None, shape: tuple[int, ...] = ()
    ) -> tuple[str, tuple[int, ...]]:
        """Statements that compute the symbol; the text that stands for it, and its shape."""
        s = squares(fold_numbers(number(symbol)))
        if out is None:
            return self._emit(s)
        if s.head in ("name", "number"):
            self.source.lines.append(f"{out}[...] = {self._emit(s)[0]}")
        else:
            self._apply(s, out, shape)
        return out, shape

    def close(self) -> None:
        """Free all buffers."""
        for text, (shape, mask) in self.held.items():
            self.source.release(text, shape, mask)
        self.held = {}

    def buffer(self, shape: tuple[int, ...], mask: bool = False) -> str:
        """A scratch buffer, held until it is consumed."""
        text = self.source.scratch(shape, mask)
        self.held[text] = shape, mask
        return text

    def _emit(self, s: Symbol) -> tuple[str, tuple[int, ...]]:
        if s.head == "name":
            operand = self.names[s.args[0]]
            return operand.text, operand.shape
        if s.head == "number":
            return self.source.number(float(s.args[0])), ()
        key = repr(s)
        if key not in self.known:
            self.known[key] = self._apply(s, None, ())
        return self.known[key]

    def _apply(self, s: Symbol, out: str | None, shape: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        if s.head == "T":
            text, (n, m) = self._emit(s.args[0])
            return self.source.name(f"{text}.T", f"{text}_T"), (m, n)
        args = [self._emit(a) for a in s.args]
        texts = [text for text, _ in args]
        if s.head == "matmul":
            own = args[0][1][0], args[1][1][1]
            target = out or self.buffer(own)
            self.source.dot(f"{texts[0]}.dot({texts[1]}", target)
            return target, own
        own = np.broadcast_shapes(*[shape for _, shape in args])
        mask = s.head in MASKS
        target = out or self.buffer(own, mask)
        inside = ", ".join(texts)
        if s.head == "step":
            self.source.lines.append(f"greater({inside}, {self.source.number(0.0)}, out={target})")
        elif mask or s.head in CALLS or s.head in UFUNCS:
            call = MASKS.get(s.head) or CALLS.get(s.head, s.head)
            self.source.lines.append(f"{call}({inside}, out={target})")
        else:
            self.source.lines.append(f"{target}[...] = {s.head}({inside})")
        return target, own


class _PartSource:
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


def squares(s: Symbol) -> Symbol:
    """x to the power of 2 written as x · x, which NumPy computes many times faster."""
    if s.head in ("name", "number"):
        return s
    args = [squares(a) for a in s.args]
    if s.head == "power" and args[1].head == "number" and args[1].args[0] == 2:
        return Symbol("*", args[0], args[0])
    return Symbol(s.head, *args, keywords=s.keywords)


def _function(signature: str, lines: list[str]) -> str:
    return "\n    ".join([f"def {signature}:", *(lines or ["pass"])]) + "\n"
