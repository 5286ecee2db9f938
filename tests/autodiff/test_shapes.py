"""A shape error names the operation, every shape, and the one dimension that disagrees."""

import numpy as np
import pytest

from whygrad import Tensor
from whygrad.autodiff.shapes import explain
from whygrad.autodiff.table import TABLE
from whygrad.autodiff.tensor import concatenate
from whygrad.errors import ShapeError

# row, shapes, the first line, what stands under expected and under hint
DISAGREEMENTS = [
    (
        "matmul",
        [(5, 3), (4, 2)],
        "matmul: i is 3 in a but 4 in b",
        "a (n, i), b (i, o)",
        "the rows of b must",
    ),
    (
        "matmul",
        [(5, 1), (4, 2)],
        "matmul: i is 1 in a but 4 in b",
        "a (n, i), b (i, o)",
        "the rows of b must",
    ),
    (
        "matmul",
        [(7, 5, 3), (7, 4, 2)],
        "matmul: i is 3 in a but 4 in b",
        "a (n, i), b (i, o)",
        "the rows of b",
    ),
    (
        "affine",
        [(5, 3), (4, 2), (2,)],
        "affine: i is 3 in x but 4 in w",
        "x (n, i), w (i, o), b (o)",
        "the rows",
    ),
    ("affine", [(5, 3), (3, 2), (4,)], "affine: o is 2 in w but 4 in b", "x (n, i), w (i, o), b (o)", None),
    ("affine", [(5, 1), (4, 2), (3,)], "affine: o is 2 in w but 3 in b", "x (n, i), w (i, o), b (o)", None),
    ("add", [(2, 3), (2, 4)], "add: axis -1 is 3 in a but 4 in b", "sizes that are equal, or 1", None),
    ("add", [(2, 1, 3), (5, 1, 3)], "add: axis -3 is 2 in a but 5 in b", "sizes that are equal, or 1", None),
    (
        "multiply",
        [(2, 3), (2,)],
        "multiply: axis -1 is 3 in a but 2 in b",
        "sizes that are equal, or 1",
        None,
    ),
    ("where", [(3,), (1, 3), (4,)], "where: axis -1 is 3 in condition but 4 in b", "equal, or 1", None),
    (
        "weighted_sum",
        [(2,), (2,), (3,)],
        "weighted_sum: axis -1 is 2 in bias but 3 in input 2",
        "equal",
        None,
    ),
    ("concatenate", [(2, 3), (2, 4)], "concatenate: axis 1 is 3 in input 0 but 4 in input 1", "equal", None),
    (
        "concatenate",
        [(2, 3), (5, 3), (2, 4)],
        "concatenate: axis 1 is 3 in input 0 but 4 in input 2",
        "0",
        None,
    ),
    ("concatenate", [(2, 3), (3,)], "concatenate: input 0 has 2 axes but input 1 has 1", "equal", None),
    ("concatenate", [(2,), ()], "concatenate: input 1 has no axis 0", "equal", None),
    (
        "matmul",
        [(2, 4, 3), (5, 3, 2)],
        "matmul: axis -3 is 2 in a but 5 in b",
        "a (n, i), b (i, o); leading sizes that are equal, or 1",
        None,
    ),
    (
        "matmul",
        [(2, 1, 4, 3), (5, 6, 3, 2)],
        "matmul: axis -4 is 2 in a but 5 in b",
        "leading sizes",
        None,
    ),
]


@pytest.mark.parametrize(("row", "shapes", "problem", "expected", "hint"), DISAGREEMENTS)
def test_the_one_dimension_that_disagrees(row, shapes, problem, expected, hint):
    op = TABLE[row]
    with pytest.raises(ShapeError) as error:
        op(*[Tensor(np.ones(shape)) for shape in shapes])
    text = str(error.value)
    assert text.splitlines()[0] == problem
    assert expected in error.value.expected
    assert error.value.received == ", ".join(
        f"{name} {shape}" for name, shape in zip(op.names(len(shapes)), shapes, strict=True)
    )
    assert (error.value.hint or "").startswith(hint or "")
    assert bool(error.value.hint) == bool(hint)


def test_numpys_own_words_where_shapes_are_not_to_blame():
    x = Tensor(np.ones((2, 3)))
    for program, words in [
        (lambda: x.sum(axis=5), "sum: axis 5 is out of bounds"),
        (lambda: x.reshape(4), "reshape: cannot reshape array of size 6"),
        (lambda: x.transpose(0, 0), "transpose: repeated axis"),
    ]:
        with pytest.raises(ShapeError) as error:
            program()
        assert words in str(error.value)


def test_a_concatenation_blames_any_axis_but_its_own():
    a, b, c = (Tensor(np.ones(shape)) for shape in [(2, 3, 4), (2, 7, 4), (2, 3, 5)])
    for axis in (1, -2):
        with pytest.raises(ShapeError, match="concatenate: axis 2 is 4 in input 0 but 5 in input 2") as error:
            concatenate([a, b, c], axis=axis)
        assert f"every axis but axis {axis}" in error.value.expected
    with pytest.raises(ShapeError, match="input 0 has no axis 3"):
        concatenate([a, b], axis=3)
    with pytest.raises(ShapeError, match="input 1 has no axis 0"):
        concatenate([Tensor([1.0]), 1.0])


@pytest.mark.parametrize(
    ("left", "right", "problem", "expected"),
    [
        ((3,), (4, 2), "matmul: i is 3 in a but 4 in b", "a (i), b (i, o)"),
        ((2, 3), (4,), "matmul: i is 3 in a but 4 in b", "a (n, i), b (i)"),
        ((3,), (4,), "matmul: i is 3 in a but 4 in b", "a (i), b (i)"),
        ((1,), (4,), "matmul: i is 1 in a but 4 in b", "a (i), b (i)"),
        ((3,), (5, 4, 2), "matmul: i is 3 in a but 4 in b", "a (i), b (i, o)"),
        ((5, 2, 3), (4,), "matmul: i is 3 in a but 4 in b", "a (n, i), b (i)"),
    ],
)
def test_a_product_with_a_vector_shows_the_shapes_it_was_given(left, right, problem, expected):
    a, b = np.ones(left), np.ones(right)
    for product in (lambda: Tensor(a) @ Tensor(b), lambda: Tensor(a) @ b, lambda: a @ Tensor(b)):
        with pytest.raises(ShapeError) as error:
            product()
        assert error.value.problem == problem
        assert error.value.expected == expected
        assert error.value.received == f"a {left}, b {right}"


def test_shapes_that_agree_need_no_explanation():
    for row, shapes in [("affine", [(5, 3), (3, 2), (2,)]), ("add", [(2, 3), (3,)]), ("add", [(), ()])]:
        assert explain(TABLE[row], [np.ones(shape) for shape in shapes]) is None


@pytest.mark.parametrize(
    ("row", "shapes", "name"), [("matmul", [(3,), (3, 2)], "a"), ("affine", [(5, 3), (3,), ()], "w")]
)
def test_products_take_matrices(row, shapes, name):
    with pytest.raises(ShapeError, match=f"{row}: {name} must be a matrix") as error:
        TABLE[row](*[Tensor(np.ones(shape)) for shape in shapes])
    assert "hint: one sample is a row: x.reshape(1, -1)" in str(error.value)
    assert all(str(shape) in error.value.received for shape in shapes)
