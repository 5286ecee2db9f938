"""The pieces a program is made of: views of positions, and text that computes what the readings compute."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import whygrad.autodiff.ops.elementwise  # noqa: F401 - enters the rows into the table
from whygrad.autodiff.op import Elementwise
from whygrad.autodiff.program.python_source import CAREFULLY, QUICK
from whygrad.autodiff.program.templates import CHOICES, RESULT, STEP, UPSTREAM, Template
from whygrad.autodiff.program.views import fold, view
from whygrad.autodiff.readings.floats import FLOATS
from whygrad.autodiff.table import TABLE

FLAT = np.arange(100.0)
POSITIONS = {
    "slice": np.arange(3, 9),
    "backwards": np.arange(9, 3, -1),
    "backwards to the start": np.arange(5, -1, -1),
    "every third": np.arange(2, 20, 3),
    "repeated": np.full(4, 7),
    "one": np.array([5]),
    "matrix": np.arange(4, 16).reshape(3, 4),
    "transposed": np.arange(4, 16).reshape(3, 4).T,
    "rows alike": np.tile(np.arange(5, 8), (4, 1)),
    "columns alike": np.tile(np.arange(5, 8), (4, 1)).T,
    "all alike": np.full((3, 2), 6),
    "one column": np.arange(3).reshape(3, 1),
    "one row": np.arange(3).reshape(1, 3),
    "every other row": np.arange(24).reshape(4, 6)[::2],
    "some columns": np.arange(24).reshape(4, 6)[:, 1:3],
    "one by one": np.array([[4]]),
}


@pytest.mark.parametrize("kind", POSITIONS)
def test_a_view_is_what_lies_at_the_positions(kind):
    positions = POSITIONS[kind]
    found = view(positions)
    assert found is not None
    array = eval(found.text("flat"), {"flat": FLAT, "as_strided": np.lib.stride_tricks.as_strided})
    assert array.shape == found.own_shape
    assert np.shares_memory(array, FLAT)
    np.testing.assert_array_equal(np.broadcast_to(array, positions.shape), FLAT[positions])


@given(st.lists(st.integers(0, 12), min_size=1, max_size=12))
def test_a_view_is_never_wrong(numbers):
    positions = np.array(numbers)
    found = view(positions)
    if found is None:
        return
    array = eval(found.text("flat"), {"flat": FLAT})
    np.testing.assert_array_equal(np.broadcast_to(array, positions.shape), FLAT[positions])


def test_positions_that_overlap_are_no_view():
    assert view(np.array([[0, 1], [1, 2]])) is None
    assert view(np.array([0, 1, 3])) is None


def test_a_table_written_out_is_folded():
    assert fold(np.array([1, 2, 3, 1, 2, 3])) == (2, 3)
    assert fold(np.array([1, 1, 2, 2, 3, 3])) == (3, 2)
    assert fold(np.array([1, 2, 3, 1, 2])) is None
    assert fold(np.array([1, 2, 3])) is None


EDGES = [0.0, -0.0, 1.0, -2.5, 3.0, 1e300, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize("function", CHOICES)
def test_a_choice_written_out_is_the_function(function):
    expected = getattr(FLOATS, function)
    arity = 1 if "{1}" not in CHOICES[function] else 2
    for a in EDGES:
        for b in EDGES if arity == 2 else [0.0]:
            found = eval(CHOICES[function].format(a, b), {"inf": math.inf, "nan": math.nan})
            wanted = expected(*(a, b)[:arity])
            assert found == wanted or (found != found and wanted != wanted), (function, a, b)


ROWS = [name for name, op in TABLE.items() if isinstance(op, Elementwise) and not op.variadic]


@pytest.mark.parametrize("careful", [True, False])
@pytest.mark.parametrize("row", [row for row in ROWS if row not in ("where", "dropout")])
def test_the_text_of_a_row_computes_what_the_row_computes(row, careful):
    op = TABLE[row]
    xs = [0.75, 1.25][: len(op.inputs)]
    y = op.forward(FLOATS, *xs)
    for known in [None, *range(len(xs))]:
        literals = tuple(x if k == known else None for k, x in enumerate(xs))
        template = Template(op, literals, careful)
        operands = {k: (repr(x), 9) for k, x in enumerate(xs)} | {RESULT: (repr(y), 9), UPSTREAM: ("0.75", 9)}
        names = CAREFULLY if careful else QUICK

        def compute(expression, operands=operands, names=names):
            filled = dict(operands)
            for k, step in enumerate(expression.steps):
                filled[STEP - k] = repr(eval(step.fill(filled), dict(names))), 9
            return eval(expression.text.fill(filled), dict(names))

        assert compute(template.forward) == y
        for k, pulled in enumerate(template.pulled):
            if op.flows(k):
                assert compute(pulled) == op.pull(k, FLOATS, 0.75, y, xs)
                assert compute(template.local(k)) == float(op.local(k, FLOATS, y, xs))
            else:
                assert pulled is None
