"""One explanation as a short program of plain floats: the factors, each computed, and their product."""

from __future__ import annotations

import re

from ..autodiff.ops.elementwise import ROOT
from ..trace.explanation import Explanation
from ..trace.expression import Expression
from ..trace.reasons import Reason
from .identifiers import identifiers

HEAD = '''"""Why is {gradient} what it is? Run it: every factor is computed and printed."""

from math import cos, exp, expm1, log, log1p, sin, sqrt, tanh

nan, inf = float("nan"), float("inf")


def σ(a):
    return 1 / (1 + exp(-a)) if a > 0 else exp(a) / (1 + exp(a))


def sign(a):
    return (a > 0) - (a < 0)


def show(name, value):
    print(f"{{name}} = {{float(value)!r}}")


'''
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def weight_script(explanation: Explanation) -> str:
    """The program.

    Examples
    --------
    >>> from whygrad import Value
    >>> from whygrad.trace import explain
    >>> w = Value(2.0, label="w")
    >>> print(weight_script(explain((w * 3.0).tanh(), w)).splitlines()[-1])
    show('∂L/∂w', care * slope * move)
    """
    e = explanation
    lines: list[str] = ["# how much the loss changes with the output"]
    lines += _opened(e.care, "care")
    factors = ["care"]
    if e.slope is not None:
        lines += ["", "# how steep the activation is", *_assign("slope", e.slope)]
        factors.append("slope")
    lines += ["", "# how much the weighted sum changes with the weight", *_assign("move", e.move)]
    factors.append("move")
    lines += [f"show({name!r}, {name})" for name in factors]
    product = " * ".join(factors)
    gradient = f"∂L/∂{e.weight.of.name}"
    if len(e.shares) == 1 and not e.penalties:
        lines += ["", f"show({gradient!r}, {product})"]
    else:
        others = [repr(share.value) for k, share in enumerate(e.shares) if k != e.chosen]
        others += [repr(value) for _, value in e.penalties]
        lines += ["", f"share = {product}", "show('this share', share)", "# with what the others contribute"]
        lines += [f"others = [{', '.join(others)}]", f"show({gradient!r}, share + sum(others))"]
    return HEAD.format(gradient=gradient) + "\n".join(lines) + "\n"


def _opened(reason: Reason, target: str) -> list[str]:
    """A gradient as the sum of its terms, with one more opening."""
    if not reason.terms:
        return [f"{target} = {reason.value!r}"]
    lines, terms = [], []
    for k, term in enumerate(reason.terms):
        above = f"upstream_{k}"
        last = term.through.quantity.role == "loss" or not term.through.terms
        lines.append(f"{above} = {term.through.value!r}  # {term.through.gradient}" if last else "")
        if not last:
            lines.pop()
            lines += _inner(term.through, above)
        lines += _assign(f"local_{k}", term.local)
        terms.append(f"{above} * local_{k}")
    return [*lines, f"{target} = {' + '.join(terms)}"]


def _inner(reason: Reason, target: str) -> list[str]:
    """An upstream gradient that is one product; its own upstream as a number."""
    if len(reason.terms) != 1:
        return [f"{target} = {reason.value!r}  # {reason.gradient}"]
    term = reason.terms[0]
    above = term.through.value
    return [*_assign(target, term.local), f"{target} = {above!r} * {target}"]


def _assign(target: str, expression: Expression) -> list[str]:
    """The numbers of an expression by name, and the line that computes it."""
    used = [part for part in expression.parts if isinstance(part, int)]
    entries = {expression.entries[k].name: expression.entries[k].value for k in used}
    names = identifiers(entries, taken=("care", "slope", "move", "share", "others", "show", "sign"))
    lines = [f"{names[name]} = {value!r}" for name, value in entries.items()]
    parts = [
        p if isinstance(p, str) else f"\ue000{names[expression.entries[p].name]}\ue001"
        for p in expression.parts
    ]
    return [*lines, f"{target} = {source(''.join(parts))}"]


def source(formula: str) -> str:
    """A formula of single numbers as Python.

    Examples
    --------
    >>> source("1 − a²"), source("0.01 + 0.99·[z > 0]"), source("(1 where a > 0 else y + 1)")
    ('1 - a ** 2', '0.01 + 0.99 * (z > 0)', '(1 if a > 0 else y + 1)')
    """
    text = (
        formula.replace("·", " * ").replace("−", "-").replace("^", " ** ").replace("[", "(").replace("]", ")")
    )
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda match: f" ** {match.group().translate(SUPERSCRIPTS)}", text)
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text)
    text = re.sub(
        r"\(((?:[^()]|\([^()]*\))*?) where ((?:[^()]|\([^()]*\))*?) else ", r"(\1 if \2 else ", text
    )
    text = text.replace(f"{ROOT:.6g}", repr(ROOT))  # gelu's constant, of which formulas show six digits
    return text.replace("\ue000", "").replace("\ue001", "")
