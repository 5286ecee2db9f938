"""Runs a program on NumPy: all numbers in one flat array, all gradients in another."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ..readings.arrays import FUNCTIONS
from ..readings.floats import FLOATS
from .array_source import ArraySource
from .layout import Layout
from .recording import CONSTANT
from .statements import UFUNCS
from .structure import Group, Structure

NAMES: dict[str, Any] = {
    **FUNCTIONS,
    **{name: getattr(np, name) for name in UFUNCS},
    **{name: getattr(np, name) for name in "add subtract multiply negative greater greater_equal".split()},
    **{name: getattr(np, name) for name in "array empty ones bincount broadcast_to".split()},
    "inf": np.inf,
    "nan": np.nan,
    "as_strided": np.lib.stride_tricks.as_strided,
}


class ArrayForm:
    """Holds the arrays, and the functions that are run on them."""

    name = "arrays"

    def __init__(self, structure: Structure) -> None:
        recording = self.recording = structure.recording
        self.structure = structure
        layout = self.layout = Layout(structure)
        written = ArraySource(layout)
        self.source = written.text
        self.calls = {
            signature.partition("(")[0]: len(lines) for signature, lines in written.functions.items()
        }
        self.values, self.gradients = written.initial, np.zeros(layout.size)
        self.vector = self.values[: layout.parameter_count]
        self.gradient = self.gradients[: layout.parameter_count]
        namespace = {
            **NAMES,
            "values": self.values,
            "gradients": self.gradients,
            "vector": self.vector,
            "gradient": self.gradient,
            "index": written.index,
        }
        # the text is made of the rules and of numbers here; nothing of it comes from outside
        exec(builtins.compile(self.source, "<whygrad program>", "exec"), namespace)  # noqa: S102
        quiet = np.errstate(all="ignore")  # infinities are kept, as on plain numbers; NaN is looked for
        self.forward = quiet(namespace["forward"])
        self.backward = quiet(namespace["backward"])
        self.slopes = quiet(namespace["slopes"])
        self.descend = quiet(namespace["step"])
        position = layout.position
        self._inputs = position[recording.inputs]
        settable = [i for i in recording.leaves if recording.roles[i] != CONSTANT]
        self._settable = frozenset(settable)
        self._leaves, self._leaf_positions = settable, position[settable]
        self.order = np.array(recording.parameters, np.intp)[
            np.argsort(position[recording.parameters])
        ].tolist()

    @property
    def groups(self) -> list[Group]:
        """What the graph was recognised as."""
        return self.structure.groups

    def load(self) -> None:
        """Take the data of the leaves as they stand on the nodes."""
        nodes = self.recording.nodes
        self.values[self._leaf_positions] = [nodes[i].data for i in self._leaves]

    def set_inputs(self, numbers: list[float]) -> None:
        """Numbers for the inputs, in their order."""
        self.values[self._inputs] = numbers

    def is_settable(self, i: int) -> bool:
        """Whether node i is a leaf that can have another number."""
        return i in self._settable

    def set_leaf(self, i: int, number: float) -> None:
        """A number for one leaf."""
        self.values[self.layout.position[i]] = number

    def update(self, optimizer: Any) -> None:
        """Let the optimizer move the parameters by the gradient of ``slopes``."""
        optimizer.step(self.vector, self.gradient)

    def number(self, i: int) -> float:
        """What node i holds since the latest forward pass."""
        position = self.layout.position[i]
        return float(self.values[position]) if position >= 0 else self.all_numbers()[i]

    def all_numbers(self) -> list[float]:
        """What each node holds; partial sums and single products are computed from their parents."""
        recording = self.recording
        numbers: list[float] = self.values[self.layout.position].tolist()
        for i, sum_ in enumerate(self.structure.folded):
            if sum_ != i:
                a, b = recording.parents(i)
                op = recording.ops[i]
                assert op is not None
                numbers[i] = op.forward(FLOATS, numbers[a], numbers[b])
        return numbers

    def gradient_of(self, i: int) -> float:
        """The gradient by node i; a term of a sum has that of the sum."""
        if self.recording.roles[i] == CONSTANT:
            return 0.0
        return float(self.gradients[self.layout.position[self.structure.folded[i]]])

    def all_gradients(self) -> list[float]:
        """The gradient by each node."""
        found: list[float] = self.gradients[self.layout.position[self.structure.folded]].tolist()
        for i in self.recording.leaves:
            if self.recording.roles[i] == CONSTANT:
                found[i] = 0.0
        return found
