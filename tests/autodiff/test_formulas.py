"""Formulas made from the rows: what they look like, and that they say what the rules do."""

import re

import numpy as np
import pytest

from whygrad import notation
from whygrad.autodiff.op import Elementwise, elementwise
from whygrad.autodiff.ops import arrays, losses
from whygrad.autodiff.ops import elementwise as rows
from whygrad.autodiff.readings.arrays import ARRAYS
from whygrad.autodiff.table import TABLE
from whygrad.errors import SettingError

from .cases import CASES, LABELS
from .formula_reader import compute

SHOWN = [
    (rows.add, "y", "a + b", "a + b"),
    (rows.tanh, None, "1 − y²", "1 - y^{2}"),
    (rows.sigmoid, "y", "1 / (1 + exp(−a))", "\\frac{1}{1 + e^{-a}}"),
    (rows.sigmoid, None, "y·(1 − y)", "y \\, (1 - y)"),
    (rows.softplus, "y", "log(1 + exp(a))", "\\log(1 + e^{a})"),
    (rows.softplus, "d_a", "σ(a)", "\\sigma(a)"),
    (rows.relu, None, "[a > 0]", "[a > 0]"),
    (rows.abs, "y", "|a|", "|a|"),
    (rows.sqrt, "y", "sqrt(a)", "\\sqrt{a}"),
    (rows.power, "d_a", "b·a^(b − 1)", "b \\, a^{b - 1}"),
    (rows.divide, "d_b", "−y / b", "-\\frac{y}{b}"),
    (rows.weighted_sum, "y", "b + w·x", "b + w \\, x"),
    (
        rows.elu,
        None,
        "(1 where a > 0 else y + 1)",
        "\\begin{cases} 1 & a > 0 \\\\ y + 1 & \\text{else} \\end{cases}",
    ),
    (rows.elu.bind(alpha=0.5), "d_a", "(1 where a > 0 else y + 0.5)", None),
    (arrays.where, "y", "(a where condition else b)", None),
    (arrays.affine, "y", "x w + b", "x \\, w + b"),
    (arrays.affine, "d_w", "xᵀ g", "x^{\\top} \\, g"),
    (arrays.affine, "d_b", "Σ(g)", "\\sum(g)"),
    (arrays.matmul, "d_a", "g bᵀ", "g \\, b^{\\top}"),
    (arrays.sum, None, "g", "g"),
    (arrays.mean, None, "g·size(y) / size(a)", None),
    (arrays.broadcast_to.bind(shape=(2, 3)), None, "Σ(g)", "\\sum(g)"),
    (arrays.softmax, "y", "exp(z) / Σ(exp(z))", "\\frac{e^{z}}{\\sum(e^{z})}"),
    (arrays.softmax, None, "y·(g − Σ(g·y))", "y \\, (g - \\sum(g \\, y))"),
    (arrays.matrix_transpose, "y", "aᵀ", "a^{\\top}"),
    (arrays.index.bind(key=0), "y", "a[0]", "a[0]"),
    (arrays.index.bind(key=(slice(1, None), ..., -1)), "y", "a[1:, ..., -1]", None),
    (arrays.index.bind(key=(None, slice(None, None, 2))), "y", "a[None, ::2]", None),
    (arrays.index.bind(key=np.array([0, 2])), "y", "a[i]", "a[i]"),
    (
        arrays.standardize,
        "y",
        "((x − mean) / sqrt(variance + 10⁻⁵))·scale + shift",
        None,
    ),
    (losses.mean_squared_error, "y", "mean((p − t)²)", "\\operatorname{mean}((p - t)^{2})"),
    (losses.mean_squared_error, "d_p", "2·(p − t)·g / size(p)", None),
    (losses.sigmoid_cross_entropy, "d_z", "g·(σ(z) − t) / size(z)", None),
    (losses.label_cross_entropy, "y", "−mean(log(softmax(z)[labels]))", None),
    (losses.label_cross_entropy, None, "g·(softmax(z) − one_hot(labels, z)) / n", None),
]


@pytest.mark.parametrize(("op", "of", "text", "latex"), SHOWN)
def test_formulas_as_people_write_them(op, of, text, latex):
    assert notation(op, of) == text
    if latex is not None:
        assert notation(op, of, latex=True) == latex


def test_a_row_may_be_given_by_its_name():
    assert notation("tanh") == notation(rows.tanh)
    assert notation("softmax_cross_entropy", "y") == notation(losses.softmax_cross_entropy, "y")
    with pytest.raises(SettingError, match="tahn") as error:
        notation("tahn")
    assert 'did you mean "tanh"' in str(error.value)


def test_several_derivatives_stand_on_lines_of_their_own():
    assert notation(rows.multiply) == "∂y/∂a = b\n∂y/∂b = a"
    assert notation(arrays.matmul).splitlines() == ["∂L/∂a = g bᵀ", "∂L/∂b = aᵀ g"]
    assert notation(rows.multiply, latex=True).startswith("\\frac{\\partial y}{\\partial a} = b\n")
    assert notation(rows.dropout) == "mask"  # a mask has no derivative


# --- every row -------------------------------------------------------------------------------------

# where its parts lie depends on their shapes; the others need a shape, a key or an axis first
UNSHOWN = {"concatenate"}


def bound(row):
    keywords = {name: value for name, value in CASES[row][0].keywords.items() if name != "eps"}
    return TABLE[row].bind(**keywords) if keywords else TABLE[row]


@pytest.mark.parametrize("row", [row for row in CASES if row not in UNSHOWN])
@pytest.mark.parametrize("latex", [False, True])
def test_every_row_has_formulas(row, latex):
    op = bound(row)
    stated = (
        [None]
        if op.variadic
        else [f"d_{x}" for x, rule in zip(op.inputs, op.rules, strict=True) if rule is not None]
    )
    for of in ["y", *stated, None]:
        text = notation(op, of, latex=latex)
        assert text
        if latex:
            assert text.isascii()
            assert balanced(text)
        else:
            assert not re.search(r"[\\{}_]", text.replace("one_hot", "").replace("log_softmax", ""))


def balanced(latex):
    depth = 0
    for mark in re.findall(r"[{}]", latex):
        depth += 1 if mark == "{" else -1
        if depth < 0:
            return False
    pairs = [("(", ")"), ("[", "]"), ("\\begin", "\\end"), ("\\mathit", "\\mathit")]
    return (
        depth == 0 and latex.count("|") % 2 == 0 and all(latex.count(a) == latex.count(b) for a, b in pairs)
    )


def test_what_has_no_formula_says_why():
    for row in ["reshape", "spread", "normalize"]:
        with pytest.raises(SettingError, match=f"{row} has no formula by itself") as error:
            notation(TABLE[row])
        assert "missing 1 required keyword-only argument" in str(error.value)
        assert "hint: bind its keywords first" in str(error.value)
    for op in (arrays.concatenate, arrays.concatenate.bind(axis=0)):
        with pytest.raises(SettingError, match="no formula by itself") as error:
            notation(op, "d_x")
        assert str(error.value).splitlines()[1:] == [
            "  hint: what it does depends on the shapes of its inputs"
        ]


@pytest.mark.parametrize("of", ["d_z", "x", "dy", "d_mask"])
def test_an_unknown_formula_lists_the_known(of):
    with pytest.raises(SettingError, match=f"dropout has no formula '{of}'") as error:
        notation(rows.dropout, of)
    assert "expected: y, d_a" in str(error.value)


# --- the text says what the rule does --------------------------------------------------------------

READABLE = [
    row for row, op in TABLE.items() if row in CASES and isinstance(op, Elementwise) and not op.variadic
]


@pytest.mark.parametrize("row", READABLE)
def test_elementwise_formulas_compute_what_the_rules_compute(row):
    op, rng = TABLE[row], np.random.default_rng(4)
    xs = [rng.uniform(0.2, 2.5, 50) for _ in op.inputs]
    if row not in ("power", "log", "strong_log", "log1p", "sqrt"):
        xs = [x * rng.choice([-1, 1], 50) for x in xs]
    y = op.forward(ARRAYS, *xs)
    names = dict(zip(op.inputs, xs, strict=True), y=y)
    np.testing.assert_allclose(compute(notation(op, "y"), **names), y, rtol=1e-5)
    for i, name in enumerate(op.inputs):
        if op.rules[i] is not None:
            local = op.local(i, ARRAYS, y, xs) * np.ones(50)
            np.testing.assert_allclose(
                compute(notation(op, f"d_{name}"), **names) * np.ones(50), local, rtol=1e-5, atol=1e-7
            )


COMPUTED = "squared_error mean_squared_error mean_absolute_error huber hinge sigmoid_cross_entropy".split()
COMPUTED += "binary_cross_entropy l1_penalty l2_penalty sum mean logsumexp".split()


@pytest.mark.parametrize("row", COMPUTED)
def test_formulas_of_losses_compute_what_the_rules_compute(row):
    op, (inputs, _) = TABLE[row], CASES[row][0]
    if row == "logsumexp":
        inputs = (np.array([0.5, -1.0, 2.0]),)
    y = op.forward(ARRAYS, *inputs)
    names = dict(zip(op.inputs, inputs, strict=True), y=y, g=np.array(1.7), n=len(inputs[0]))
    np.testing.assert_allclose(compute(notation(op, "y"), **names), y, rtol=1e-5)
    if row == "logsumexp":
        return
    for i, name in enumerate(op.inputs):
        if op.rules[i] is not None:
            gradient = op.pull(i, ARRAYS, names["g"], y, inputs)
            shown = compute(notation(op, f"d_{name}"), **names)
            np.testing.assert_allclose(np.broadcast_to(shown, gradient.shape), gradient, rtol=1e-5)


@pytest.fixture
def shown():
    """The formula of a rule, for this test only."""

    def show(rule, latex=False):
        op = elementwise("shown", rule, d_a=1, d_b=1)
        del TABLE["shown"]
        return notation(op, "y", latex=latex)

    return show


PARENTHESES = {
    "a − (b + a)": lambda xp, a, b: a - (b + a),
    "a − (b − a)": lambda xp, a, b: a - (b - a),
    "a − b − a": lambda xp, a, b: a - b - a,
    "a / (b·a)": lambda xp, a, b: a / (b * a),
    "a / (b / a)": lambda xp, a, b: a / (b / a),
    "(a + b)·(a − b)": lambda xp, a, b: (a + b) * (a - b),
    "−(a + b)": lambda xp, a, b: -(a + b),
    "(a / b)·a": lambda xp, a, b: a / b * a,
    "(a / b) / a": lambda xp, a, b: a / b / a,
    "a·b / a": lambda xp, a, b: a * (b / a),
    "(a·b / a)·b": lambda xp, a, b: a * (b / a) * b,
    "(−a / b)·a": lambda xp, a, b: -a / b * a,
    "a / b − a·b": lambda xp, a, b: a / b - a * b,
    "10⁻⁵·a + 10²⁰": lambda xp, a, b: 1e-5 * a + 1e20,
    "−10⁻⁵·a": lambda xp, a, b: -1e-5 * a,
    "2.5·10⁻⁷·a": lambda xp, a, b: 2.5e-7 * a,
    "a / (2.5·10⁻⁷) + 1.25·10⁷": lambda xp, a, b: a / 2.5e-7 + 12_500_000.0,
    "a^(2.5·10⁻⁷)": lambda xp, a, b: xp.power(a, 2.5e-7),
    "(10⁻⁵)^a": lambda xp, a, b: xp.power(1e-5, a),
    "−a·b": lambda xp, a, b: -a * b,
    "(−a)^b": lambda xp, a, b: xp.power(-a, b),
    "(a + b)³": lambda xp, a, b: (a + b) * (a + b) * (a + b),
    "2·a³": lambda xp, a, b: 2 * a * a * a,
    "a·b²": lambda xp, a, b: a * b * b,
    "(a·b)²": lambda xp, a, b: (a * b) * (a * b),
    "a^(b + 1)": lambda xp, a, b: xp.power(a, b + 1),
    "(a + b)^0.5": lambda xp, a, b: xp.power(a + b, 0.5),
    "(a^b)^b": lambda xp, a, b: xp.power(xp.power(a, b), b),
    "a^(b^a)": lambda xp, a, b: xp.power(a, xp.power(b, a)),
    "a / (−b)": lambda xp, a, b: a / -b,
    "−a / b": lambda xp, a, b: -a / b,
    "exp(a)^b": lambda xp, a, b: xp.power(xp.exp(a), b),
    "a − b": lambda xp, a, b: a + -b,
    "a": lambda xp, a, b: 1 * a * 1,
    "[a ≥ b]": lambda xp, a, b: a >= b,
    "1 − [a > 0]": lambda xp, a, b: 1 - xp.step(a),
    "(b where a > 0 else a / b)": lambda xp, a, b: xp.where(a > 0, b, a / b),
}


def test_the_same_function_along_another_axis_is_no_square(shown):
    assert shown(lambda xp, a, b: xp.sum(a, axis=0) * xp.sum(a, axis=1)) == "Σ(a)·Σ(a)"
    assert shown(lambda xp, a, b: xp.sum(a, axis=0) * xp.sum(a, axis=0)) == "Σ(a)²"
    assert shown(lambda xp, a, b: a[0] * a[1] * a[1]) == "a[0]·a[1]²"


def test_powers_of_ten_in_latex(shown):
    assert shown(lambda xp, a, b: 1e-5 * a + 2.5e20, latex=True) == "10^{-5} \\, a + 2.5 \\cdot 10^{20}"


@pytest.mark.parametrize(("text", "rule"), PARENTHESES.items(), ids=list(PARENTHESES))
def test_parentheses_stand_where_they_are_needed(shown, text, rule):
    assert shown(rule) == text
    a, b = np.array([0.7, 1.5]), np.array([2.5, 0.3])
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(compute(text, a=a, b=b), rule(ARRAYS, a, b), rtol=1e-12)
    assert balanced(shown(rule, latex=True))


def test_labels_pick_from_rows():
    assert notation(losses.take_label, "y") == "z[labels]"
    assert notation(losses.take_label, "y", latex=True) == "z[\\mathit{labels}]"
    assert LABELS.ndim == 1
