"""How numbers are shown, and what the sign before a result promises."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whygrad.render.numbers import plainly, read, show, sign_of
from whygrad.trace.expression import Entry, Expression, products

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(FINITE, st.integers(1, 17))
def test_a_shown_number_is_the_nearest_of_so_many_digits(x, digits):
    back = read(show(x, digits))
    integer = x.is_integer() and abs(x) < 1e6
    if integer:
        assert back == x
    elif not 0.5e-4 < abs(x) < 1e6:
        assert back == float(f"{x:.{digits - 1}e}")
    else:
        place = 10.0 ** (math.floor(math.log10(abs(x))) - digits + 1)
        assert abs(back - x) <= 0.501 * max(place, 1.0 if place > 1 else place)


@given(FINITE)
def test_digits_that_are_exact_lose_their_zeros(x):
    text = show(x)
    mantissa = text.split("·")[0]
    if "." in mantissa and mantissa.endswith("0"):
        assert read(text) != x
    assert plainly(x).startswith("= " if read(text) == x else "≈ ")


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.00099999, "0.001000"),
        (math.nan, "nan"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (-0.0, "0"),
        (1e6, "1·10⁶"),
        (123457.5, "123458"),
        (0.0001, "0.0001"),
        (0.00001, "1·10⁻⁵"),
    ],
)
def test_corners(x, text):
    assert show(x) == text


SMALL = FINITE.map(lambda v: v % 10)


@given(st.lists(st.tuples(SMALL, SMALL), min_size=1, max_size=5))
def test_equality_is_claimed_only_of_what_is_shown(pairs):
    found = products([(Entry("a", a), Entry("b", b)) for a, b in pairs])
    if sign_of(found) == "=":
        shown = [read(show(entry.value)) for entry in found.entries]
        total = math.fsum(shown[2 * k] * shown[2 * k + 1] for k in range(len(pairs)))
        assert math.isclose(
            total, read(show(found.value)), rel_tol=1e-12, abs_tol=1e-9 * max(map(abs, shown))
        )


def test_many_terms_are_never_said_to_be_equal():
    found = products([(Entry(f"a{k}", 1.0), Entry("b", 1.0)) for k in range(50)])
    assert found.value == 50
    assert sign_of(found) == "≈"
    assert found.names().endswith("… (47 smaller terms)")


def test_negative_numbers_get_the_parentheses_they_need():
    a, b = Entry("a", -0.5), Entry("b", -2.0)
    assert products([(a, b), (b,)]).numbers(show) == "−0.5·(−2) + (−2)"
    square = Expression(("1 − ", 0, "²"), (a,), 0.75)
    assert square.numbers(show) == "1 − (−0.5)²"
    assert Expression(("tanh(", 0, ")"), (a,), 0.0).numbers(show) == "tanh(−0.5)"
    tiny = Expression((0, "·", 1), (Entry("c", 1e-7), a), 0.0)
    assert tiny.numbers(show) == "1·10⁻⁷·(−0.5)"
