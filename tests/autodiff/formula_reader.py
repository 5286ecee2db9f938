"""Reads a formula in the text notation back and computes it: a parser by recursive descent, nothing else."""

import re

import numpy as np

TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?(?:e[−+]?\d+)?|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|[A-Za-z_][A-Za-z0-9_]*|[Σσ]|.)")
DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
FUNCTIONS = {
    **{name: getattr(np, name) for name in "exp expm1 log log1p sqrt sin cos tanh sign mean size".split()},
    "Σ": np.sum,
    "max": np.maximum,
    "min": np.minimum,
    "σ": lambda a: 1 / (1 + np.exp(-a)),
}
COMPARISONS = {">": np.greater, "≥": np.greater_equal}


class Reader:
    def __init__(self, text, names):
        self.tokens, self.names = TOKEN.findall(text), names

    def next_is(self, *wanted):
        return bool(self.tokens) and self.tokens[0] in wanted

    def take(self, *wanted):
        token = self.tokens.pop(0)
        assert not wanted or token in wanted, f"{token!r} instead of {wanted}"
        return token

    def sum(self):
        total = self.product()
        while self.next_is("+", "−"):
            total = total + self.product() if self.take() == "+" else total - self.product()
        return total

    def product(self):
        result = self.signed()
        while self.next_is("·", "/"):
            result = result * self.signed() if self.take() == "·" else result / self.signed()
        return result

    def signed(self):
        if self.next_is("−"):
            self.take()
            return -self.signed()
        base = self.atom()
        if self.next_is("^"):
            self.take()
            return base ** self.signed()
        if self.tokens and self.tokens[0].translate(DIGITS) != self.tokens[0]:
            return base ** float(self.take().translate(DIGITS))
        return base

    def comparison(self):
        left, sign = self.sum(), self.take(*COMPARISONS)
        return COMPARISONS[sign](left, self.sum())

    def atom(self):
        token = self.take()
        if token == "(":
            result = self.sum()
            if self.next_is("where"):
                self.take()
                condition = self.comparison()
                self.take("else")
                result = np.where(condition, result, self.sum())
            self.take(")")
            return result
        if token == "[":
            result = self.comparison() * 1.0
            self.take("]")
            return result
        if token == "|":
            result = np.abs(self.sum())
            self.take("|")
            return result
        if token[0].isdigit():
            return float(token.replace("−", "-"))
        if not self.next_is("("):
            return self.names[token]
        self.take("(")
        arguments = [self.sum()]
        while self.next_is(","):
            self.take()
            arguments.append(self.sum())
        self.take(")")
        return FUNCTIONS[token](*arguments)


def compute(text, **names):
    """The value of a formula such as ``'1 − y²'``."""
    reader = Reader(text, names)
    result = reader.sum()
    assert not reader.tokens, f"not read: {reader.tokens}"
    return result
