"""The reading on symbols: run a rule on these and its formula comes out, as a tree.

Two namespaces: :data:`WORDS` keeps ``sigmoid`` one word, for a person (see ``notation``);
:data:`STEPS` expands every row to base functions, for generated code (see ``generate``).
"""

from __future__ import annotations

from ..table import TABLE
from . import Guards

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Symbol:
    """A name, a number, or a head applied to symbols."""

    __slots__ = ("args", "head", "keywords")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, head: str, *args: Any, keywords: dict[str, Any] | None = None) -> None:
        self.head, self.args, self.keywords = head, args, keywords or {}

    def __repr__(self) -> str:
        keywords = [f"{name}={value!r}" for name, value in self.keywords.items()]
        return f"{self.head}({', '.join([*map(repr, self.args), *keywords])})" if self.args else self.head

    def __getitem__(self, key: Any) -> Symbol:
        return Symbol("index", self, keywords={"key": key})

    __iter__ = None  # it has no length: a rule takes entries by index

    def __bool__(self) -> bool:
        raise TypeError("a rule may not branch on a value: use a mask or xp.where(condition, a, b)")

    def __eq__(self, other: object) -> bool:
        raise TypeError("a rule may not use ==: nodes compare by identity; use > or >=")

    def __neg__(self) -> Symbol:
        return Symbol("neg", self)

    def __gt__(self, other: Any) -> Symbol:
        return Symbol(">", self, number(other))

    def __ge__(self, other: Any) -> Symbol:
        return Symbol(">=", self, number(other))

    @property
    def mT(self) -> Symbol:  # noqa: N802 - NumPy's name
        """The transpose."""
        return Symbol("T", self)

    @property
    def size(self) -> Symbol:
        """Number of entries."""
        return Symbol("size", self)

    @property
    def shape(self) -> Shape:
        """Sizes along the axes."""
        return Shape()


class Shape:
    """The shape of a symbol: its first entry is the number of samples, n."""

    def __getitem__(self, axis: int) -> Symbol:
        return name("n" if axis == 0 else f"n{axis}")


def name(text: str) -> Symbol:
    """A symbol that stands for itself."""
    return Symbol("name", text)


def number(x: Any) -> Any:
    """A number as a symbol; symbols stay what they are."""
    return x if isinstance(x, Symbol) else Symbol("number", x)


def _install() -> None:
    for method, head in {"add": "+", "sub": "-", "mul": "*", "truediv": "/"}.items():
        setattr(Symbol, f"__{method}__", lambda a, b, head=head: Symbol(head, a, number(b)))
        setattr(Symbol, f"__r{method}__", lambda a, b, head=head: Symbol(head, number(b), a))


_install()

BASE = frozenset(
    "exp expm1 log log1p sqrt sin cos tanh abs sign step maximum minimum divide power where "
    "strong_multiply strong_log compare bounded sum mean max matmul reshape transpose matrix_transpose "
    "broadcast_to concatenate sum_to spread scatter one_hot take_label".split()
)


class SymbolSpace(Guards):
    """``xp`` for symbols."""

    def __init__(self, expand: bool) -> None:
        self.expand = expand

    def __getattr__(self, function: str) -> Any:
        if function.startswith("_") or function not in TABLE:
            raise AttributeError(f"no operation named {function!r}")
        if self.expand and function not in BASE:
            return lambda *args, **keywords: TABLE[function].forward(self, *args, **keywords)
        return lambda *args, **keywords: Symbol(function, *map(number, args), keywords=keywords)

    def strong_product(self, a: Any, function: Any, *operands: Any) -> Symbol:
        """The product: a symbol has no value that the function could not take."""
        return Symbol("strong_multiply", number(a), number(function(*operands)))

    @staticmethod
    def fit(contribution: Any, target: Any) -> Any:
        """Symbols have no shapes to fit."""
        return contribution


WORDS, STEPS = SymbolSpace(expand=False), SymbolSpace(expand=True)
