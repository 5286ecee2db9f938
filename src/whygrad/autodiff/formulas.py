"""The formula of a row, made from the row itself: as text for a terminal, as LaTeX for a page."""

from __future__ import annotations

from ..errors import SettingError, nearest
from .op import Elementwise, Op
from .readings.symbols import WORDS, Symbol, name, number
from .table import TABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# how tightly each head binds; a weaker argument gets parentheses
LEVEL = {">": 0, ">=": 0, "+": 1, "-": 1, "neg": 2, "*": 2, "/": 2, "matmul": 2, "power": 4}
TEXT = {"+": " + ", "-": " − ", "*": "·", "/": " / ", ">": " > ", ">=": " ≥ ", "matmul": " "}
LATEX = {"+": " + ", "-": " - ", "*": " \\, ", ">": " > ", ">=": " \\ge ", "matmul": " \\, "}
FUNCTIONS = {"sigmoid": "\\sigma", "max": "\\max", "maximum": "\\max", "minimum": "\\min", "sum": "\\sum"}
PLAIN = {"sigmoid": "σ", "sum": "Σ", "maximum": "max", "minimum": "min"}
KNOWN_TO_LATEX = frozenset("exp log sin cos tanh max min".split())
ALIKE = {"divide": "/", "strong_multiply": "*", "strong_log": "log", "sum_to": "sum"}  # written alike
LEFT_OUT = frozenset(["spread", "broadcast_to", "bounded"])  # shapes, and what matters beyond floats only
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def notation(
    op: Op | str,
    of: str | None = None,
    *,
    latex: bool = False,
    names: Mapping[str, str | int] | None = None,
) -> str:
    r"""The formula of a row's derivative, or of its forward rule.

    In the text ``y`` is the row's output and ``g`` the upstream gradient. An elementwise row shows its
    local derivatives, to be multiplied by ``g``; another row shows what it passes on, ``g`` included.
    ``[a > 0]`` is 1 where the condition holds and 0 elsewhere. Repeating along an axis is not shown.

    Parameters
    ----------
    op
        A row of the tables in :mod:`whygrad.autodiff.ops`, or its name.
    of
        ``"y"`` for the forward rule, ``"d_a"`` for the derivative by input ``a``; by default every
        derivative, one on a line.
    latex
        LaTeX instead of text.
    names
        What to write for an input, for ``y`` or for ``g``: the names of a network's arrays, say. A number
        takes part in simplifying, so that ``{"g": 1}`` leaves the upstream gradient out. A row with any
        number of inputs has as many as there are names.

    Examples
    --------
    >>> from whygrad.autodiff.ops.elementwise import multiply, sigmoid, tanh
    >>> notation(tanh)
    '1 − y²'
    >>> notation(sigmoid, "y")
    '1 / (1 + exp(−a))'
    >>> notation(sigmoid, "y", latex=True)
    '\\frac{1}{1 + e^{-a}}'
    >>> print(notation(multiply))
    ∂y/∂a = b
    ∂y/∂b = a
    >>> notation(tanh, names={"y": "a1"})
    '1 − a1²'
    """
    if isinstance(op, str):
        op = _named(op)
    # a row with any number of inputs is shown for the smallest neuron
    written = names or {}
    inputs = list(op.inputs)
    if op.variadic:
        inputs = [key for key in written if key not in ("y", "g")] or ["b", "w", "x"]
    xs = [_named_as(written, i) for i in inputs]
    try:
        if of == "y":
            return _show(op.textbook(WORDS, *xs), latex)
        stated = [i for i in range(len(inputs)) if op.variadic or op.rules[i] is not None]
        wanted = stated if of is None else [i for i in stated if f"d_{inputs[i]}" == of]
        texts = [_show(_derivative(op, i, xs, written), latex) for i in wanted]
    except TypeError as error:  # a shape, an axis or a key is missing
        unbound = "keyword-only" in str(error)
        raise SettingError(
            f"{op.name} has no formula by itself",
            received=error if unbound else None,
            hint="bind its keywords first: op.bind(axis=0)"
            if unbound
            else "what it does depends on the shapes of its inputs",
        ) from None
    if not wanted:
        known = ", ".join(["y", *[f"d_{inputs[i]}" for i in stated]])
        raise SettingError(f"{op.name} has no formula {of!r}", expected=known, received=of)
    if len(texts) == 1:
        return texts[0]
    return "\n".join([f"{_left(op, inputs[i], latex)} = {t}" for i, t in zip(wanted, texts, strict=True)])


def _named(name: str) -> Op:
    """The row of that name."""
    from . import tensor  # noqa: F401 - enters all rows

    if name not in TABLE:
        raise SettingError(f"no operation named {name!r}", hint=nearest(name, TABLE))
    row: Op = TABLE[name]
    return row


def _named_as(written: Mapping[str, str | int], i: str) -> Symbol:
    """The symbol for an input, under another name if there is one."""
    word = written.get(i, i)
    return name(word) if isinstance(word, str) else number(word)


def _derivative(op: Op, i: int, xs: list[Symbol], written: Mapping[str, str | int]) -> Symbol:
    y = _named_as(written, "y")
    if isinstance(op, Elementwise):
        return number(op.local(i, WORDS, y, xs))  # type: ignore[no-any-return]
    return number(op.pull(i, WORDS, _named_as(written, "g"), y, xs))  # type: ignore[no-any-return]


def _left(op: Op, x: str, latex: bool) -> str:
    top = "y" if isinstance(op, Elementwise) else "L"
    return f"\\frac{{\\partial {top}}}{{\\partial {x}}}" if latex else f"∂{top}/∂{x}"


def _is(s: Symbol, value: float) -> bool:
    return bool(s.head == "number" and s.args[0] == value)


def _same_base(s: Symbol, factor: Symbol) -> bool:
    """Whether s is the factor, or a whole power of it."""
    if s.head == "power" and s.args[1].head == "number" and isinstance(s.args[1].args[0], int):
        s = s.args[0]
    return s.head != "number" and repr(s) == repr(factor)


def _raised(s: Symbol) -> Symbol:
    """s times its base once more."""
    if s.head == "power":
        return Symbol("power", s.args[0], number(s.args[1].args[0] + 1))
    return Symbol("power", s, number(2))


def _simplify(s: Symbol) -> Symbol:
    """Only what a reader would do at sight: drop 1·, 0+, and write a·a as a²."""
    if s.head in ALIKE:
        s = Symbol(ALIKE[s.head], *s.args)
    if not s.args or s.head in ("name", "number"):
        return s
    if s.head in LEFT_OUT:
        return _simplify(s.args[0])
    args = [_simplify(a) for a in s.args]
    if s.head == "compare":
        return Symbol("sign", Symbol("-", *args))
    if s.head == "step":  # 1 above 0
        return Symbol(">", args[0], number(0))
    if s.head == "matrix_transpose":
        return Symbol("T", *args)
    if s.head == "*":
        if _is(args[0], 1) or _is(args[1], 1):
            return args[1] if _is(args[0], 1) else args[0]
        if args[1].head == "neg":  # g · (−z) reads −g·z
            return Symbol("neg", _simplify(Symbol("*", args[0], args[1].args[0])))
        if args[0].head == "*" and _same_base(args[0].args[1], args[1]):  # (2 · a) · a reads 2 · a²
            return Symbol("*", args[0].args[0], _raised(args[0].args[1]))
        if _same_base(args[0], args[1]):
            return _raised(args[0])
    if s.head == "-" and args[0].head == args[1].head == "number":
        return Symbol("number", args[0].args[0] - args[1].args[0])
    if s.head == "power" and _is(args[1], 1):
        base: Symbol = args[0]
        return base
    if s.head == "+" and args[1].head == "neg":
        return Symbol("-", args[0], args[1].args[0])
    if s.head == "/" and args[0].head == "neg":
        return Symbol("neg", Symbol("/", args[0].args[0], args[1]))
    return Symbol(s.head, *args, keywords=s.keywords)


def _show(s: Symbol, latex: bool) -> str:
    return _write(_simplify(number(s)), latex, -1)


def _write(s: Symbol, latex: bool, level: int) -> str:
    """The text of a symbol, in parentheses when its surroundings bind more tightly than it does."""
    if s.head == "name":
        word = str(s.args[0])
        return f"\\mathit{{{word}}}" if latex and len(word) > 1 and word.isalpha() else word
    if s.head == "number":
        return _number(s.args[0], latex, level)
    if s.head == "T":
        return _write(s.args[0], latex, 5) + ("^{\\top}" if latex else "ᵀ")
    if s.head in LEVEL:
        own = LEVEL[s.head]
        text = _infix(s, latex, own)
        if own == 0:
            return f"[{text}]"
        loose = own < level and not (latex and s.head == "/")
        return f"({text})" if loose else text
    return _call(s, latex)


def _number(x: float, latex: bool, level: int) -> str:
    """Six digits; 1e-05 as a power of ten, in parentheses beside what binds as tightly."""
    digits, _, exponent = f"{x:.6g}".partition("e")
    if exponent:
        power = str(int(exponent))
        power = f"10^{{{power}}}" if latex else f"10{power.translate(SUPERSCRIPT)}"
        dot = " \\cdot " if latex else "·"
        whole = digits in ("1", "-1")
        digits = digits.replace("1", power) if whole else digits + dot + power
        if level > (LEVEL["power"] if whole else LEVEL["*"]):
            digits = f"({digits})"
    return digits if latex else digits.replace("-", "−")


def _ends_in_quotient(s: Symbol) -> bool:
    """Whether a factor written behind it would seem to stand below its fraction bar."""
    if s.head in ("neg", "*"):
        return _ends_in_quotient(s.args[-1])
    return s.head == "/"


def _infix(s: Symbol, latex: bool, own: int) -> str:
    if s.head == "neg":
        return ("-" if latex else "−") + _write(s.args[0], latex, own)
    a, b = s.args
    if s.head == "power":
        base = _write(a, latex, 5)
        if latex:
            return f"{base}^{{{_write(b, latex, -1)}}}"
        if b.head == "number" and isinstance(b.args[0], int) and b.args[0] >= 0:
            return base + str(b.args[0]).translate(SUPERSCRIPT)
        return f"{base}^{_write(b, latex, 5)}"
    if s.head == "/" and latex:
        return f"\\frac{{{_write(a, latex, -1)}}}{{{_write(b, latex, -1)}}}"
    tighter = own + (s.head in ("-", "/"))
    middle = (LATEX if latex else TEXT)[s.head]
    left = own + (s.head in ("*", "/") and not latex and _ends_in_quotient(a))
    return _write(a, latex, left) + middle + _write(b, latex, tighter)


def _call(s: Symbol, latex: bool) -> str:
    inside = [_write(a, latex, -1) for a in s.args]
    if s.head == "index":
        return f"{_write(s.args[0], latex, 5)}[{_key(s.keywords['key'])}]"
    if s.head == "abs":
        return f"|{inside[0]}|"
    if s.head == "where":
        condition, a, b = inside
        if LEVEL.get(s.args[0].head) == 0:  # a comparison: without its brackets
            condition = condition[1:-1]
        if latex:
            return f"\\begin{{cases}} {a} & {condition} \\\\ {b} & \\text{{else}} \\end{{cases}}"
        return f"({a} where {condition} else {b})"
    if s.head == "take_label":
        return f"{_write(s.args[0], latex, 5)}[{inside[1]}]"
    if not latex:
        return f"{PLAIN.get(s.head, s.head)}({', '.join(inside)})"
    if s.head == "sqrt":
        return f"\\sqrt{{{inside[0]}}}"
    if s.head == "exp":
        return f"e^{{{inside[0]}}}"
    word = f"\\{s.head}" if s.head in KNOWN_TO_LATEX else FUNCTIONS.get(s.head)
    if word is None:
        word = f"\\operatorname{{{s.head.replace('_', ' ')}}}"
    return f"{word}({', '.join(inside)})"


def _key(key: Any) -> str:
    """An index as it is written in brackets; an array of indices is left out."""
    if isinstance(key, tuple):
        return ", ".join(map(_key, key))
    if isinstance(key, slice):
        ends = ["" if end is None else str(end) for end in (key.start, key.stop, key.step)]
        return ":".join(ends if ends[2] else ends[:2])
    if key is Ellipsis or key is None:
        return "..." if key else "None"
    return str(key) if isinstance(key, (int, bool)) else "i"
