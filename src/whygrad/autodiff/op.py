"""What an operation is: a forward rule and, beside it, its derivative rules. Knows no derivative itself.

A rule is ordinary Python over a namespace ``xp``; what it means depends on the reading it is run in
(see ``readings``). The rows themselves stand in ``ops``.
"""

from __future__ import annotations

from .readings import all_numbers, reading_of
from .table import TABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .node import Node
    from .specialized import Specialized

    Rule = Callable[..., Any] | int | None

BINDINGS = 256  # how many bound versions of itself a row keeps; each index of a tensor is one


class Op:
    """A row of the table: ``y = forward(xp, *inputs)``, and ``rules[i]`` for the derivative by input i.

    A rule is a function, an integer (a constant factor), or ``None`` for an input that has no
    derivative (labels, masks). The rules of a plain row are vector-Jacobian products,
    ``rule(xp, g, y, *inputs)`` with ``g`` the upstream gradient; see :class:`Elementwise` for the others.

    Parameters
    ----------
    name
        The name, also as ``xp.name`` inside other rules.
    forward
        ``forward(xp, *inputs, **keywords)``. What may change from call to call is an input, what may
        not (an axis, a slope) is a keyword.
    rules
        One for each input, in order; for a variadic row (any number of inputs) a single function that
        takes the input's position after ``xp``.
    textbook
        The forward rule as books print it, where the stable one is ugly to read.
    symbol
        How a drawn graph labels the node; the name by default.
    shapes
        Letters for the sizes, as in ``"(n, i) (i, o) (o)"``: what has to agree, for error messages.
    check, check_values
        ``check(op, inputs)`` refuses arrays of a shape or dtype that NumPy would accept but the operation
        must not; ``check_values(op, inputs)`` looks at what is in them.
    gate
        For an elementwise row whose local derivative is 0 by a condition: nothing passes there, not even an
        infinite upstream gradient, which 0 would turn into NaN.
    """

    __slots__ = (
        "bound",
        "check",
        "check_values",
        "flow",
        "forward",
        "gate",
        "inputs",
        "keywords",
        "name",
        "rules",
        "shapes",
        "specialized",
        "symbol",
        "textbook",
        "uses",
        "variadic",
    )

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        rules: tuple[Rule, ...],
        *,
        inputs: tuple[str, ...] = (),
        variadic: bool = False,
        textbook: Callable[..., Any] | None = None,
        symbol: str | None = None,
        shapes: str | None = None,
        check: Callable[[Op, Sequence[Any]], None] | None = None,
        check_values: Callable[[Op, Sequence[Any]], None] | None = None,
        gate: bool = False,
        keywords: dict[str, Any] | None = None,
    ) -> None:
        self.name, self.forward, self.rules, self.inputs = name, forward, rules, inputs
        self.variadic, self.textbook, self.symbol = variadic, textbook or forward, symbol or name
        self.shapes, self.gate, self.keywords = shapes, gate, keywords or {}
        self.check, self.check_values = check, check_values
        self.flow = tuple([rule is not None and not (type(rule) is int and rule == 0) for rule in rules])
        self.bound: dict[tuple[Any, ...], Op] = {}
        self.uses: dict[Any, float] = {}  # how often it was used with operands of a kind
        self.specialized: dict[Any, Specialized] = {}  # what was written for operands of a kind

    def __repr__(self) -> str:
        keywords = "".join([f", {name}={value!r}" for name, value in self.keywords.items()])
        return f"<op {self.name}({', '.join(self.inputs)}{keywords})>"

    def names(self, count: int) -> tuple[str, ...]:
        """A name for each of ``count`` operands; a variadic row numbers those beyond its named ones."""
        return self.inputs + tuple([f"input {i}" for i in range(len(self.inputs), count)])

    def __reduce__(self) -> Any:
        """Rows are pickled by name: their rules stay in the table."""
        if TABLE.get(self.name) is None:
            raise TypeError(f"row {self.name!r} is not in the table")
        row: Op = TABLE[self.name]
        return _from_table, (row.forward.__module__, self.name, tuple(self.keywords.items()))

    def flows(self, i: int) -> bool:
        """Whether a gradient can reach input ``i`` at all."""
        return True if self.variadic else self.flow[i]

    @property
    def is_ours(self) -> bool:
        """Whether the rules are the package's own, which depend on nothing but their operands."""
        rule = getattr(self.forward, "func", self.forward)  # of one with its keywords bound
        return str(rule.__module__).startswith(f"{__package__}.ops.")

    def bind(self, **keywords: Any) -> Op:
        """The same row with its keywords fixed, in the forward rule and in every derivative rule."""
        key = tuple([(name, _typed(value)) for name, value in keywords.items()])
        try:
            return self.bound[key]
        except KeyError:
            if len(self.bound) >= BINDINGS:
                self.bound.clear()
            op = self.bound[key] = self._bind(keywords)
            return op
        except TypeError:  # an index may hold arrays or lists, which have no hash
            return self._bind(keywords)

    def _bind(self, keywords: dict[str, Any]) -> Op:
        from functools import partial

        def fix(rule: Any) -> Any:
            return partial(rule, **keywords) if callable(rule) else rule

        return type(self)(
            self.name,
            fix(self.forward),
            tuple([fix(rule) for rule in self.rules]),
            inputs=self.inputs,
            variadic=self.variadic,
            textbook=fix(self.textbook),
            symbol=self.symbol,
            shapes=self.shapes,
            check=self.check,
            check_values=self.check_values,
            gate=self.gate,
            keywords=keywords,
        )

    def pull(self, i: int, xp: Any, g: Any, y: Any, xs: Sequence[Any]) -> Any:
        """Carry the upstream gradient ``g`` to input ``i``; ``xp.fit`` undoes broadcasting, here only."""
        return xp.fit(self._pull(i, xp, g, y, xs), xs[i])

    def _pull(self, i: int, xp: Any, g: Any, y: Any, xs: Sequence[Any]) -> Any:
        if self.variadic:
            return self.rules[0](xp, i, g, y, *xs)  # type: ignore[operator, misc]
        rule = self.rules[i]
        return rule(xp, g, y, *xs) if callable(rule) else g * rule

    def __call__(self, *operands: Any, **keywords: Any) -> Any:
        """Record a node when an operand is one; otherwise compute, on numbers or on arrays."""
        op = self.bind(**keywords) if keywords else self
        for operand in operands:
            if hasattr(operand, "record"):
                node: Node = operand
                return node.record(op, operands)
        return op.compute(operands)

    def compute(self, operands: Sequence[Any]) -> Any:
        """The forward rule on arrays; numbers alone and lists become arrays, a number beside one stays."""
        from .tensor import evaluate

        return evaluate(self, _as_arrays(operands, numbers=all_numbers(operands)))


class Elementwise(Op):
    """A row whose Jacobian is diagonal: its rules state local derivatives, ``rule(xp, y, *inputs)``.

    The core multiplies by the upstream gradient.
    """

    __slots__ = ()

    def compute(self, operands: Sequence[Any]) -> Any:
        """The forward rule on numbers when all operands are, on arrays otherwise."""
        if all_numbers(operands):
            return self.forward(reading_of(operands), *operands)
        return self.forward(reading_of(operands), *_as_arrays(operands))

    def local(self, i: int, xp: Any, y: Any, xs: Sequence[Any]) -> Any:
        """The local derivative dy/dx_i."""
        if self.variadic:
            return self.rules[0](xp, i, y, *xs)  # type: ignore[operator, misc]
        rule = self.rules[i]
        return rule(xp, y, *xs) if callable(rule) else rule

    def _pull(self, i: int, xp: Any, g: Any, y: Any, xs: Sequence[Any]) -> Any:
        local = self.rules[0 if self.variadic else i]
        if callable(local):
            local = local(xp, i, y, *xs) if self.variadic else local(xp, y, *xs)
        if type(local) is int:
            return g if local == 1 else -g if local == -1 else g * local
        return xp.strong_multiply(local, g) if self.gate else g * local


def elementwise(name: str, forward: Callable[..., Any], **entries: Any) -> Elementwise:
    """Add an elementwise row: ``d_a=`` states the local derivative by the input named ``a``.

    Examples
    --------
    >>> cube = elementwise("cube", lambda xp, a: a * a * a, d_a=lambda xp, y, a: 3 * a * a)
    >>> cube(2.0)
    8.0
    >>> del TABLE["cube"]
    """
    return _row(Elementwise, name, forward, entries)  # type: ignore[no-any-return]


def operation(name: str, forward: Callable[..., Any], **entries: Any) -> Op:
    """Add a row with full vector-Jacobian rules: ``d_a=`` takes ``(xp, g, y, *inputs)``."""
    return _row(Op, name, forward, entries)  # type: ignore[no-any-return]


def _from_table(home: str, name: str, keywords: tuple[tuple[str, Any], ...]) -> Op:
    """The row of that name, for a pickled network or graph; ``home`` is the module that enters it."""
    if name not in TABLE:
        from importlib import import_module

        import_module(home)
    op: Op = TABLE[name]
    return op.bind(**dict(keywords)) if keywords else op


def _as_arrays(operands: Sequence[Any], numbers: bool = False) -> list[Any]:
    """Lists as arrays, and numbers too if wanted."""
    import numpy as np

    return [np.asarray(x) if numbers or not isinstance(x, (int, float)) else x for x in operands]


def _typed(value: Any) -> Any:
    """The value with its type, all the way down: 0, 0.0 and False are equal, but not the same index."""
    kind = type(value)
    if kind is tuple:
        return kind, tuple([_typed(part) for part in value])
    if kind is slice:
        return kind, _typed(value.start), _typed(value.stop), _typed(value.step)
    return kind, value


def _row(kind: type[Any], name: str, forward: Any, entries: dict[str, Any]) -> Any:
    """Make a row and enter it; a missing or misspelt rule fails here, at import."""
    code = forward.__code__
    inputs = code.co_varnames[1 : code.co_argcount]
    rules = {key: entries.pop(key) for key in list(entries) if key.startswith("d_")}
    variadic = bool(code.co_flags & 0x04)  # *inputs
    wanted = ["d_each"] if variadic else [f"d_{i}" for i in inputs]
    if list(rules) != wanted:
        raise TypeError(f"row {name!r}: rules {list(rules)} do not match the inputs, expected {wanted}")
    if name in TABLE:
        raise TypeError(f"row {name!r} is in the table already")
    op = kind(name, forward, tuple(rules.values()), inputs=inputs, variadic=variadic, **entries)
    TABLE[name] = op
    return op
