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

from .layout import Index, Layout, Mask
from .part_source import PartSource
from .statements import Operand, Statements
from .views import View, view

CONTIGUOUS = re.compile(r"\w+\[\d+:\d+\](\.reshape\([\d, ()]*\))?")  # views that lie in one piece
HEADER = "# values and gradients are flat arrays, and what is named here are views of them"


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
        self.parts = [PartSource(self, part, k) for k, part in enumerate(layout.parts, start=1)]
        self._write_functions()

    @property
    def text(self) -> str:
        """The whole program."""
        functions = [_function(signature, lines) for signature, lines in self.functions.items()]
        return "\n\n".join(["\n".join([HEADER, *self.setup]) + "\n", *functions])

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


def _function(signature: str, lines: list[str]) -> str:
    return "\n    ".join([f"def {signature}:", *(lines or ["pass"])]) + "\n"
