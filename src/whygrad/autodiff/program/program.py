"""``compile`` and what it gives: a graph recorded once, replayed without making a node."""

from __future__ import annotations

import math
from importlib.util import find_spec

from ..._lazy import above
from ...errors import GraphError, KindError, SettingError, nearest
from ..value import Value
from .checking import Check, compare
from .given import learning_rate, numbers, values
from .python_form import PythonForm
from .recording import COMPUTED, Recording
from .structure import Structure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from .explanation import Explanation

FORMS = ("arrays", "python")
SMALL = 1000  # nodes: below, straight-line Python is quicker than NumPy's calls
ALIKE = 80  # nodes to a group, on average: with fewer, the calls for a group cost more than its nodes


def compile(
    loss: Value,
    *,
    inputs: Iterable[Value] = (),
    parameters: Iterable[Value] = (),
    how: str | None = None,
) -> Program:
    """Make a program of the graph below ``loss``, which replays it without making a node.

    Parts of the graph that are alike become one operation on arrays, and sums of products become matrix
    products; a small graph becomes straight-line Python. Either is made from the rules of the table.

    Parameters
    ----------
    loss
        The value to compute and to differentiate, recorded from plain scalar code.
    inputs
        Leaves that get new numbers at each replay, in the order in which ``forward`` and ``step`` take them.
    parameters
        Leaves that ``step`` moves. Every other leaf keeps its number until it is set; plain numbers of
        the expression are part of the program.
    how
        ``"arrays"`` (NumPy) or ``"python"`` (standard library alone); by default whichever suits the graph.

    Raises
    ------
    KindError
        ``loss`` is no value, or an input or parameter is none.
    GraphError
        An input is no part of the graph, or an input or parameter is computed from others.
    SettingError
        A leaf is given twice, or ``how`` is unknown or needs NumPy where there is none.

    Examples
    --------
    >>> from whygrad import Value
    >>> x, w, b = Value(3.0, label="x"), Value(0.5, label="w"), Value(0.0, label="b")
    >>> program = compile((w * x + b - 2.0) ** 2, inputs=[x], parameters=[w, b])
    >>> for _ in range(50):
    ...     loss = program.step(0.05, [3.0])
    >>> round(program[w] * 3 + program[b], 6)
    2.0
    """
    if not isinstance(loss, Value):
        raise KindError(
            "compile() takes a loss that is a Value",
            received=f"{loss!r} ({type(loss).__name__})",
            hint="compile replays graphs of scalars; Tensor and layers compute on arrays already",
        )
    if how is not None and how not in FORMS:
        raise SettingError(f"unknown how={how!r}", hint=nearest(str(how), FORMS))
    recording = Recording(loss, values("inputs", inputs), values("parameters", parameters))
    return Program(recording, _form(recording, how))


def _form(recording: Recording, how: str | None) -> Any:
    """The form that was asked for, or the one that suits the size and regularity of the graph."""
    if how == "python" or (how is None and len(recording) < SMALL):
        return PythonForm(recording)
    if find_spec("numpy") is None:
        if how == "arrays":
            raise SettingError("how='arrays' needs NumPy", hint="how='python' runs without")
        return PythonForm(recording)
    structure = Structure(recording)
    if how is None and len(structure.groups) * ALIKE > len(recording):
        return PythonForm(recording)
    from .array_form import ArrayForm

    return ArrayForm(structure)


class Program:
    """A compiled graph: made by :func:`compile`.

    The program holds numbers of its own. They are taken from the nodes when it is made, and again by
    ``reload()``; ``read_back()`` writes them, and every gradient, onto the nodes.

    Attributes
    ----------
    how
        ``"arrays"`` or ``"python"``.
    parameters
        The nodes that ``step`` moves, in the order in which an optimizer sees them.
    inputs
        The nodes that get new numbers at each replay.
    """

    def __init__(self, recording: Recording, form: Any) -> None:
        self._recording, self._form = recording, form
        self._numbers_are_current = self._gradients_are_current = False
        self.how: str = form.name
        self.inputs = tuple([recording.nodes[i] for i in recording.inputs])

    @property
    def parameters(self) -> tuple[Value, ...]:
        """The nodes that ``step`` moves, in the order in which an optimizer sees them."""
        return tuple([self._recording.nodes[i] for i in self._form.order])

    @property
    def loss(self) -> Value:
        """The node that is computed; it holds the numbers of the last ``read_back()``."""
        node: Value = self._recording.nodes[self._recording.root]
        return node

    @property
    def source(self) -> str:
        """The program as text of Python."""
        return self._form.source  # type: ignore[no-any-return]

    def __len__(self) -> int:
        """How many nodes the recorded graph has."""
        return len(self._recording)

    def __repr__(self) -> str:
        return (
            f"<program of {len(self):,} nodes, how={self.how!r}: {len(self.inputs)} inputs, "
            f"{len(self._recording.parameters)} parameters>"
        )

    _repr_html_ = above("whygrad.drawing.notebook", "program_html")

    # --- replaying -----------------------------------------------------------------------------------

    def forward(self, inputs: Iterable[float] | None = None) -> float:
        """Compute the loss, with new numbers for the inputs where they are given.

        Raises
        ------
        ShapeError
            Not as many numbers as there are inputs.
        DataError
            A number is NaN.
        """
        if inputs is not None:
            self._take(inputs)
        loss: float = self._form.forward()
        self._numbers_are_current, self._gradients_are_current = True, False
        return loss

    def backward(self) -> None:
        """Compute the gradient of the loss by every node; it replaces that of the pass before.

        Raises
        ------
        GraphError
            ``forward`` has not run since numbers changed, or the loss is NaN.
        """
        if not self._numbers_are_current:
            raise GraphError("backward() before forward()", hint="numbers changed: call forward() first")
        self._refuse_nan(self._form.number(self._recording.root))
        self._form.backward()
        self._gradients_are_current = True

    def step(self, optimizer: Any, inputs: Iterable[float] | None = None) -> float:
        """One step of training: forward, backward by the parameters, and the update.

        Parameters
        ----------
        optimizer
            A learning rate, for gradient descent; or an optimizer, whose ``step(vector, gradient)`` moves
            the flat vector of parameters in place, as those of :mod:`whygrad.optim` do.
        inputs
            New numbers for the inputs.

        Returns
        -------
        float
            The loss before the update.

        Raises
        ------
        SettingError
            There are no parameters, or the learning rate is not above 0.
        GraphError
            The loss is NaN; the parameters are as they were.
        """
        if inputs is not None:
            self._take(inputs)
        self._numbers_are_current = self._gradients_are_current = False
        if optimizer.__class__ is float and 0.0 < optimizer < math.inf:
            loss: float = self._form.descend(optimizer)
        else:
            loss = self._step(optimizer)
        if loss != loss or not self._recording.parameters:
            self._refuse_step(loss)
        return loss

    def _step(self, optimizer: Any) -> float:
        if not hasattr(optimizer, "step"):
            return self._form.descend(learning_rate(optimizer))  # type: ignore[no-any-return]
        loss: float = self._form.slopes()
        if loss == loss and self._recording.parameters:
            self._form.update(optimizer)
        return loss

    def _refuse_step(self, loss: float) -> None:
        if not self._recording.parameters:
            raise SettingError(
                "step() has no parameters to move",
                hint="name them when compiling: compile(loss, parameters=network.parameters())",
            )
        self._form.forward()
        self._refuse_nan(loss)

    def _refuse_nan(self, loss: float) -> None:
        if loss == loss:
            return
        numbers = self._form.all_numbers()
        first = next(i for i, number in enumerate(numbers) if number != number)
        parents = ", ".join([f"{numbers[p]:g}" for p in self._recording.parents(first)])
        made = self._recording.ops[first]
        raise GraphError(
            "backward() starts from nan, which is not a number: every gradient would be nan",
            received="nan appears first at "
            + (f"{made.name} of {parents}" if made else f"the leaf {self._recording.nodes[first]!r}"),
            hint="nothing was moved: set other numbers, or take a smaller step",
        )

    # --- numbers in and out ----------------------------------------------------------------------------

    def __getitem__(self, node: Value) -> float:
        """The number of a leaf, or of a computed node since the latest ``forward``."""
        i = self._number_of(node)
        if self._recording.roles[i] == COMPUTED and not self._numbers_are_current:
            raise GraphError("this node is not computed yet", hint="numbers changed: call forward() first")
        return self._form.number(i)  # type: ignore[no-any-return]

    def __setitem__(self, leaf: Value, number: float) -> None:
        """Give a leaf another number, from the next ``forward`` on."""
        i = self._number_of(leaf)
        if not self._form.is_settable(i):
            computed = self._recording.roles[i] == COMPUTED
            raise GraphError(
                "a computed node cannot be set" if computed else "a plain number is part of the program",
                received=repr(leaf),
                hint="set the leaves it comes from"
                if computed
                else "name it among the inputs of compile(), or make it a Value",
            )
        self._form.set_leaf(i, *numbers([number], 1, "a leaf"))
        self._numbers_are_current = self._gradients_are_current = False

    def gradient_of(self, node: Value) -> float:
        """The gradient of the loss by any node, since the latest ``backward``."""
        i = self._number_of(node)
        if not self._gradients_are_current:
            raise GraphError("gradients are not computed yet", hint="call forward() and backward() first")
        return self._form.gradient_of(i)  # type: ignore[no-any-return]

    def reload(self) -> None:
        """Take the numbers of all leaves from the nodes anew: what was set by ``node.data = …`` counts."""
        self._form.load()
        self._numbers_are_current = self._gradients_are_current = False

    def read_back(self) -> None:
        """Write ``data`` and ``grad`` onto every recorded node, all of one pass over the present numbers.

        Runs forward and backward when they have not been run since numbers changed.
        """
        if not self._numbers_are_current:
            self.forward()
        if not self._gradients_are_current:
            self.backward()
        self._write_data()
        for node, gradient in zip(self._recording.nodes, self._form.all_gradients(), strict=True):
            node.grad = gradient

    def _write_data(self) -> None:
        for node, number in zip(self._recording.nodes, self._form.all_numbers(), strict=True):
            node.data = number

    def _take(self, inputs: Iterable[float]) -> None:
        self._form.set_inputs(numbers(inputs, len(self._recording.inputs), "the program"))
        self._numbers_are_current = self._gradients_are_current = False

    def _number_of(self, node: Any) -> int:
        if not isinstance(node, Value) or node not in self._recording.index:
            raise GraphError("this is no part of the recorded graph", received=repr(node))
        return self._recording.index[node]

    # --- what was found --------------------------------------------------------------------------------

    def explain(self) -> Explanation:
        """What the graph was recognised as, in words, with the parts as data."""
        from .explanation import explain

        return explain(self._recording, self.how, self._form.calls["step"], self._form.groups)

    def check(self, build: Callable[[], Value]) -> Check:
        """Compare the program with a graph that ``build`` makes anew from the present numbers.

        A recorded graph holds no branches: ``if x.data > 0`` was decided when it was recorded, and a number
        computed from ``.data`` is frozen in it. Call this after some steps, or with other inputs, and it says
        where a fresh graph differs.

        Parameters
        ----------
        build
            Computes the loss again, from the same parameters. They are given the program's numbers first.

        Returns
        -------
        Check
            True where they agree; printed, it says where they do not.
        """
        self.forward()
        self._write_data()
        return compare(self._recording, self._form.all_numbers(), build())
