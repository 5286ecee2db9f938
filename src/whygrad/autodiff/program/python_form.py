"""Runs a program as straight-line Python on floats: standard library alone, quickest for small graphs."""

from __future__ import annotations

import builtins

from ...errors import SettingError
from .python_source import CAREFULLY, QUICK, PythonSource
from .structure import Structure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .recording import Recording
    from .structure import Group

UNDEFINED = (OverflowError, ZeroDivisionError, ValueError)


class PythonForm:
    """Holds the numbers of the leaves as lists, and the functions that are run on them."""

    name = "python"

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.writer = PythonSource(recording)
        self.parameters: list[float] = []
        self.others: list[float] = []
        self.numbers: tuple[float, ...] = ()
        self.gradients: tuple[float, ...] = ()
        self.slope: list[float] = []  # the gradient by the parameters, from ``slopes``
        self._vectors: tuple[Any, Any] | None = None
        self._functions: dict[str, Any] = {}
        self._careful: PythonSource | None = None
        groups = self.writer.parameters, self.writer.others, self.writer.computed
        self._places = {i: (g, k) for g, group in enumerate(groups) for k, i in enumerate(group)}
        self._inputs = [self._places[i][1] for i in recording.inputs]
        self.load()

    @property
    def order(self) -> list[int]:
        """The parameters in the order of the vector."""
        return self.writer.parameters

    @property
    def source(self) -> str:
        """The functions as text."""
        return "\n\n".join([getattr(self.writer, name)() for name in ("forward", "backward", "step")])

    @property
    def calls(self) -> dict[str, int]:
        """How many statements each function has."""
        return {
            name: getattr(self.writer, name)().count("\n") - 1 for name in ("forward", "backward", "step")
        }

    @property
    def groups(self) -> list[Group]:
        """What the graph would be on arrays."""
        return Structure(self.recording).groups

    def load(self) -> None:
        """Take the data of the leaves as they stand on the nodes."""
        nodes = self.recording.nodes
        self.parameters = [float(nodes[i].data) for i in self.writer.parameters]
        self.others = [float(nodes[i].data) for i in self.writer.others]

    def set_inputs(self, numbers: list[float]) -> None:
        """Numbers for the inputs, in their order."""
        for place, number in zip(self._inputs, numbers, strict=True):
            self.others[place] = number

    def set_leaf(self, i: int, number: float) -> None:
        """A number for one leaf."""
        group, place = self._places[i]
        (self.parameters, self.others)[group][place] = number

    def is_settable(self, i: int) -> bool:
        """Whether node i is a leaf that can have another number."""
        return i in self._places and self._places[i][0] < 2

    def forward(self) -> float:
        """Compute every node; the loss."""
        self.numbers = self._run("forward", self.parameters, self.others)
        return self.number(self.recording.root)

    def backward(self) -> None:
        """Compute every gradient."""
        self.gradients = self._run("backward", self.parameters, self.others, self.numbers)

    def descend(self, rate: float) -> float:
        """Forward, backward and a step of gradient descent; the loss before the step."""
        try:
            step = self._functions["step"]
            loss, parameters = step(self.parameters, self.others, rate)
        except (KeyError, *UNDEFINED):
            loss, parameters = self._run("step", self.parameters, self.others, rate)
        if loss == loss:
            self.parameters = parameters
        return loss  # type: ignore[no-any-return]

    def slopes(self) -> float:
        """Forward, and the gradient by the parameters alone; the loss."""
        loss, self.slope = self._run("gradient", self.parameters, self.others)
        return loss  # type: ignore[no-any-return]

    def update(self, optimizer: Any) -> None:
        """Let the optimizer move the parameters by the gradient of ``slopes``."""
        if self._vectors is None:
            try:
                import numpy as np
            except ImportError:
                raise SettingError(
                    "an optimizer needs NumPy", hint="without it, step() takes a learning rate"
                ) from None
            self._vectors = np.empty(len(self.parameters)), np.empty(len(self.parameters))
        vector, gradient = self._vectors
        vector[:], gradient[:] = self.parameters, self.slope
        optimizer.step(vector, gradient)
        self.parameters = vector.tolist()

    def number(self, i: int) -> float:
        """What node i holds since the latest forward pass."""
        if i not in self._places:  # a plain number
            return float(self.recording.nodes[i].data)
        group, place = self._places[i]
        return (self.parameters, self.others, self.numbers)[group][place]

    def all_numbers(self) -> list[float]:
        """What each node holds since the latest forward pass."""
        return [self.number(i) for i in range(len(self.recording))]

    def gradient_of(self, i: int) -> float:
        """The gradient by node i."""
        return self.gradients[i]

    def all_gradients(self) -> tuple[float, ...]:
        """The gradient by each node."""
        return self.gradients

    def _run(self, name: str, *arguments: Any) -> Any:
        """Call a function of the program; where plain Python raises, call its careful form."""
        if name not in self._functions:
            self._functions[name] = _function(getattr(self.writer, name)(), name, QUICK)
        try:
            return self._functions[name](*arguments)
        except UNDEFINED:
            careful = f"careful {name}"
            if careful not in self._functions:
                self._careful = self._careful or PythonSource(self.recording, careful=True)
                self._functions[careful] = _function(getattr(self._careful, name)(), name, CAREFULLY)
            return self._functions[careful](*arguments)


def _function(text: str, name: str, names: dict[str, Any]) -> Any:
    namespace = dict(names)
    # the text is made of the rules and of numbers here; nothing of it comes from outside
    exec(builtins.compile(text, "<whygrad program>", "exec"), namespace)  # noqa: S102
    return namespace[name]
