"""The reading on symbols: rules become trees, and what a rule may not do raises."""

import pytest

from whygrad.autodiff.op import Elementwise
from whygrad.autodiff.readings.symbols import BASE, STEPS, WORDS, Symbol, name, number
from whygrad.autodiff.table import TABLE

from .cases import CASES

a, b = name("a"), name("b")

# these look into shapes that symbols do not have
CONCRETE = {"concatenate", "index", "transpose"}


@pytest.mark.parametrize("row", [row for row in CASES if row not in CONCRETE])
def test_every_rule_runs_on_symbols(row):
    """So no rule branches, compares with ==, or uses what only arrays have."""
    keywords = CASES[row][0].keywords
    op = TABLE[row].bind(**keywords) if keywords else TABLE[row]
    inputs = [name(i) for i in op.names(len(CASES[row][0].inputs))]
    y, g = name("y"), name("g")
    assert isinstance(op.forward(WORDS, *inputs), Symbol)
    assert isinstance(op.textbook(WORDS, *inputs), Symbol)
    for i in range(len(inputs)):
        if op.variadic or op.rules[i] is not None:
            assert isinstance(op.pull(i, WORDS, g, y, inputs), Symbol)
            if isinstance(op, Elementwise):
                assert isinstance(op.local(i, WORDS, y, inputs), (Symbol, int))


def heads(s):
    found = {s.head}
    if s.head not in ("name", "number"):
        found.update(*[heads(argument) for argument in s.args])
    return found


@pytest.mark.parametrize(
    "row", [row for row, op in TABLE.items() if isinstance(op, Elementwise) and row in CASES]
)
def test_steps_are_base_functions_only(row):
    op = TABLE[row]
    inputs = [name(i) for i in op.names(len(CASES[row][0].inputs))]
    allowed = {*BASE, "name", "number", "+", "-", "*", "/", "neg", ">", ">="}
    assert heads(op.forward(STEPS, *inputs)) <= allowed
    for i in range(len(inputs)):
        if op.flows(i):
            assert heads(number(op.local(i, STEPS, name("y"), inputs))) <= allowed


def test_base_functions_are_rows():
    assert set(TABLE) >= BASE


def test_words_stay_words_and_steps_are_taken():
    assert WORDS.sigmoid(a).head == "sigmoid"
    assert STEPS.sigmoid(a).head == "/"
    assert STEPS.silu(a).head == "*"
    assert WORDS.sum(a, axis=0).keywords == {"axis": 0}
    for xp in (WORDS, STEPS):
        for missing in ("sigmoit", "_private"):
            with pytest.raises(AttributeError, match="no operation named"):
                getattr(xp, missing)
        assert xp.fit(a, b) is a


@pytest.mark.parametrize(
    ("expression", "head", "order"),
    [
        (lambda: a + b, "+", "ab"),
        (lambda: a - 1, "-", "a1"),
        (lambda: 1 - a, "-", "1a"),
        (lambda: 2 * a, "*", "2a"),
        (lambda: a / b, "/", "ab"),
        (lambda: 2 / a, "/", "2a"),
        (lambda: 0.5 + a, "+", "0.5a"),
        (lambda: -a, "neg", "a"),
        (lambda: a > 0, ">", "a0"),
        (lambda: a >= b, ">=", "ab"),
        (lambda: a.mT, "T", "a"),
        (lambda: a.size, "size", "a"),
    ],
)
def test_operators_make_trees(expression, head, order):
    s = expression()
    assert s.head == head
    assert "".join(str(argument.args[0]) for argument in s.args) == order


def test_shapes_have_letters():
    assert (a.shape[0].args, a.shape[1].args) == (("n",), ("n1",))


def test_what_a_rule_may_not_do():
    with pytest.raises(TypeError, match="may not branch on a value: use a mask"):
        bool(a > 0)
    with pytest.raises(TypeError, match="may not use ==: nodes compare by identity"):
        _ = a == b
    with pytest.raises(TypeError, match="may not use =="):
        _ = a != b
    with pytest.raises(TypeError, match="unhashable"):
        hash(a)


def test_repr_shows_the_tree():
    assert repr(a * 2 + b) == "+(*(name('a'), number(2)), name('b'))"
    assert repr(Symbol("pi")) == "pi"
