"""Straight-line Python for a graph: one line for each node, forward and backward, made from the rules.

Where the order of a sum matters to the last bit it is the order of the recorded graph.
"""

from __future__ import annotations

import math
from keyword import iskeyword

from ..op import Elementwise
from ..readings.floats import FUNCTIONS
from .recording import COMPUTED, CONSTANT, PARAMETER
from .templates import ATOM, PRODUCT, RESULT, STEP, TERMS, UPSTREAM, Expression, Template, literal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .recording import Recording

    Piece = tuple[str, int]  # an expression and how tightly it binds

WIDE = 16  # neurons with more operands share a template, whatever numbers they get
CAREFULLY: dict[str, Any] = {**FUNCTIONS, "inf": math.inf, "nan": math.nan}
QUICK: dict[str, Any] = {  # of these some raise where the careful ones give inf or NaN
    **CAREFULLY,
    **{function: getattr(math, function) for function in "exp expm1 log log1p sqrt sin cos tanh".split()},
    "abs": math.fabs,
    "power": math.pow,
}
RESERVED = frozenset([*QUICK, "loss", "parameters", "others", "numbers", "rate"])


class PythonSource:
    """Writes the functions of a program as text; each is written when it is asked for.

    ``careful`` text calls functions that cover overflow and division by zero; the other is quicker and
    raises there.
    """

    def __init__(self, recording: Recording, careful: bool = False) -> None:
        self.recording, self.careful = recording, careful
        self.templates: dict[Any, Template] = {}
        self.steps_written = 0
        self.names = _names(recording)
        roles = recording.roles
        self.parameters = recording.parameters
        self.others = [i for i, role in enumerate(roles) if role not in (COMPUTED, CONSTANT, PARAMETER)]
        self.computed = [i for i, role in enumerate(roles) if role == COMPUTED]
        self.families = {i: recording.parents(i) for i in self.computed}
        self.pieces: list[Piece] = [(name, ATOM) for name in self.names]
        self.round: dict[int, float] = {}  # exponents and the like, known and round: worked into templates
        for i in recording.leaves:
            if roles[i] == CONSTANT:
                number = float(recording.nodes[i].data)
                text = literal(number)
                self.pieces[i] = str(text.parts[0]), text.level
                if abs(number) <= 16 and 2 * number % 1 == 0:  # few enough for a template each
                    self.round[i] = number
        self.template_of = {i: self._template(i) for i in self.computed}

    # --- the three functions -----------------------------------------------------------------------

    def forward(self) -> str:
        """``forward(parameters, others)``: the number of each computed node."""
        lines = self._head()
        self._forward(lines, set())
        lines.append(f"return {_tuple([self.names[i] for i in self.computed])}")
        return _function("forward(parameters, others)", lines)

    def backward(self) -> str:
        """``backward(parameters, others, numbers)``: the gradient of each node that has one."""
        lines = [*self._head(), f"{_tuple([self.names[i] for i in self.computed])} = numbers"]
        wanted = [role != CONSTANT for role in self.recording.roles]
        gradients = self._backward(lines, wanted)
        lines.append(f"return {_tuple([gradients.get(i, '0.0') for i in range(len(self.recording))])}")
        return _function("backward(parameters, others, numbers)", lines)

    def step(self) -> str:
        """``step(parameters, others, rate)``: the loss, and the parameters after a step of descent."""
        lines, loss, gradients = self._both()
        moved = [f"{self.names[i]} - rate * {_wrap(gradients.get(i, '0.0'))}" for i in self.parameters]
        lines.append(f"return {loss}, [{', '.join(moved)}]")
        return _function("step(parameters, others, rate)", lines)

    def gradient(self) -> str:
        """``gradient(parameters, others)``: the loss, and its gradient by the parameters."""
        lines, loss, gradients = self._both()
        lines.append(f"return {loss}, [{', '.join([gradients.get(i, '0.0') for i in self.parameters])}]")
        return _function("gradient(parameters, others)", lines)

    # --- parts of a function -----------------------------------------------------------------------

    def _head(self) -> list[str]:
        groups = {"parameters": self.parameters, "others": self.others}
        return [
            f"{_tuple([self.names[i] for i in group])} = {name}" for name, group in groups.items() if group
        ]

    def _both(self) -> tuple[list[str], str, dict[int, str]]:
        wanted = self.recording.needing([PARAMETER])
        lines = self._head()
        loss = self._forward(lines, self._absorbable(wanted))
        return lines, loss, self._backward(lines, wanted)

    def _template(self, i: int) -> Template:
        """The row's template, with what is known of the operands."""
        op = self.recording.ops[i]
        assert isinstance(op, Elementwise)
        parents = self.families[i]
        known = self.round if len(parents) <= WIDE else {}
        literals = tuple(map(known.get, parents))
        key = (op, literals)
        if key not in self.templates:
            self.templates[key] = Template(op, literals, self.careful)
        return self.templates[key]

    def _absorbable(self, wanted: list[bool]) -> set[int]:
        """Nodes used once, whose number no derivative needs: they need no name of their own."""
        needed = {self.recording.root}
        for i, parents in self.families.items():
            template = self.template_of[i]
            needed.update([parents[k] for k in template.named])
            if template.forward.steps:
                needed.add(i)
            if wanted[i]:
                for k, pulled in enumerate(template.pulled):
                    if pulled is not None and wanted[parents[k]]:
                        needed.update([i if x == RESULT else parents[x] for x in pulled.operands])
        uses = self.recording.uses
        return {i for i in self.computed if uses[i] == 1 and i not in needed}

    def _forward(self, lines: list[str], absorbable: set[int]) -> str:
        """Append a line for each node that is not absorbed; how the loss is called."""
        pieces, names = self.pieces, self.names
        absorbed: dict[int, Piece] = {}
        sizes: dict[int, int] = {}
        for i, parents in self.families.items():
            expression = self.template_of[i].forward
            size = len(parents)
            operands = {}
            for k, parent in enumerate(parents):
                if parent in absorbed:
                    operands[k] = absorbed.pop(parent)
                    size += sizes[parent]
                else:
                    operands[k] = pieces[parent]
            if i in absorbable and size < TERMS:
                absorbed[i] = expression.text.fill(operands), expression.text.level
                sizes[i] = size
            else:
                if expression.steps:
                    self._steps(lines, expression, operands)
                lines.append(f"{names[i]} = {expression.text.fill(operands)}")
        return pieces[self.recording.root][0]

    def _backward(self, lines: list[str], wanted: list[bool]) -> dict[int, str]:
        """Append lines for the gradients; how the gradient of each wanted node is called."""
        root, pieces = self.recording.root, self.pieces
        terms: dict[int, list[str]] = {root: ["1.0"]} if wanted[root] else {}
        gradients: dict[int, str] = {}
        for i in range(len(self.recording) - 1, -1, -1):
            if i not in terms:
                continue
            upstream = gradients[i] = self._collect(lines, i, terms.pop(i))
            if i not in self.families:
                continue
            parents = self.families[i]
            operands = {k: pieces[p] for k, p in enumerate(parents)}
            operands[RESULT], operands[UPSTREAM] = pieces[i], (upstream, ATOM)
            template = self.template_of[i]
            for k, parent in enumerate(parents):
                pulled = template.pulled[k]
                if pulled is not None and wanted[parent]:
                    if upstream == "1.0":
                        pulled = template.local(k)
                    if pulled.steps:
                        self._steps(lines, pulled, operands)
                    term = pulled.text.fill(operands)
                    if pulled.text.level < PRODUCT:
                        term = f"({term})"
                    if parent in terms:
                        terms[parent].append(term)
                    else:
                        terms[parent] = [term]
        return gradients

    def _steps(self, lines: list[str], expression: Expression, operands: dict[int, Piece]) -> None:
        """Append a line for each step, and add its name to the operands."""
        for k, text in enumerate(expression.steps):
            self.steps_written += 1
            name = f"t{self.steps_written}"
            lines.append(f"{name} = {text.fill(operands)}")
            operands[STEP - k] = name, ATOM

    def _collect(self, lines: list[str], i: int, terms: list[str]) -> str:
        """The name of the sum of the terms, in the order they came; one plain name stands for itself."""
        if len(terms) == 1 and (terms[0].isidentifier() or terms[0] == "1.0"):
            return terms[0]
        name = f"d_{self.names[i]}"
        for start in range(0, len(terms), TERMS):
            some = ([name] if start else []) + terms[start : start + TERMS]
            lines.append(f"{name} = {' + '.join(some)}")
        return name


def _names(recording: Recording) -> list[str]:
    """A variable for each node: its label where that can be one and is not taken, else its number."""
    labels = [node.label for node in recording.nodes]
    names, taken = [], set(RESERVED)
    for i, label in enumerate(labels):
        name = f"v{i}"
        if label:
            word = "".join([c if c.isalnum() and c.isascii() else "_" for c in str(label)]).strip("_")
            plain = word.isidentifier() and not iskeyword(word) and not word.startswith("d_")
            if plain and word not in taken and not (word[0] in "vt" and word[1:].isdigit()):
                name = word
        taken.add(name)
        names.append(name)
    return names


def _tuple(names: list[str]) -> str:
    return f"({', '.join(names)}{',' * (len(names) == 1)})"


def _wrap(text: str) -> str:
    return text if text.isidentifier() or text == "0.0" else f"({text})"


def _function(signature: str, lines: list[str]) -> str:
    return "\n    ".join([f"def {signature}:", *lines]) + "\n"
