"""What a row is: checked when it is made, bound to keywords, called on numbers, arrays and nodes."""

import copy
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest

from whygrad import Tensor, Value
from whygrad.autodiff.op import BINDINGS, Elementwise, Op, elementwise, operation
from whygrad.autodiff.ops import arrays, losses
from whygrad.autodiff.ops import elementwise as rows
from whygrad.autodiff.readings.arrays import ARRAYS
from whygrad.autodiff.readings.floats import FLOATS
from whygrad.autodiff.table import TABLE
from whygrad.autodiff.tensor import concatenate
from whygrad.errors import KindError, ShapeError


@pytest.fixture(autouse=True)
def _table():
    """Rows made in a test leave with it."""
    before = dict(TABLE)
    yield
    TABLE.clear()
    TABLE.update(before)


# --- making a row ----------------------------------------------------------------------------------


def one(xp, y, *inputs):
    return 1


@pytest.mark.parametrize(
    ("forward", "rules", "expected"),
    [
        (lambda xp, a: a, {}, "expected ['d_a']"),
        (lambda xp, a, b: a, {"d_a": 1}, "expected ['d_a', 'd_b']"),
        (lambda xp, a: a, {"d_x": 1}, "rules ['d_x'] do not match the inputs, expected ['d_a']"),
        (lambda xp, a: a, {"d_a": 1, "d_b": 1}, "expected ['d_a']"),
        (lambda xp, a, b: a, {"d_b": 1, "d_a": 1}, "expected ['d_a', 'd_b']"),
        (lambda xp, *each: each[0], {"d_a": 1}, "expected ['d_each']"),
    ],
)
@pytest.mark.parametrize("make", [elementwise, operation])
def test_rules_have_to_match_the_inputs(make, forward, rules, expected):
    with pytest.raises(TypeError, match="row 'wrong'") as error:
        make("wrong", forward, **rules)
    assert expected in str(error.value)
    assert "wrong" not in TABLE


def test_a_misspelt_entry_is_refused():
    with pytest.raises(TypeError, match="texbook"):
        elementwise("wrong", lambda xp, a: a, d_a=1, texbook=lambda xp, a: a)


def test_a_name_is_given_once():
    with pytest.raises(TypeError, match="'tanh' is in the table already"):
        elementwise("tanh", lambda xp, a: a, d_a=1)


def test_a_row_knows_what_it_was_given():
    op = elementwise("third", lambda xp, a, b, c: c, d_a=None, d_b=0, d_c=one)
    assert TABLE["third"] is op
    assert type(op) is Elementwise
    assert op.inputs == ("a", "b", "c")
    assert [op.flows(i) for i in range(3)] == [False, False, True]
    assert (op.symbol, op.textbook, op.shapes, op.check, op.keywords) == ("third", op.forward, None, None, {})
    assert repr(op) == "<op third(a, b, c)>"


def test_a_variadic_row_takes_any_number_of_inputs():
    op = elementwise("largest", lambda xp, first, *others: first, d_each=lambda xp, i, y, *all_: i)
    assert op.variadic
    assert op.flows(17)
    assert op.names(3) == ("first", "input 1", "input 2")
    assert op.local(2, FLOATS, 0.0, [1.0, 2.0, 3.0]) == 2


# --- keywords --------------------------------------------------------------------------------------


def test_keywords_are_bound_once():
    bound = rows.leaky_relu.bind(slope=0.25)
    assert rows.leaky_relu.bind(slope=0.25) is bound
    assert rows.leaky_relu.bind(slope=0.5) is not bound
    assert repr(bound) == "<op leaky_relu(a, slope=0.25)>"
    assert type(bound) is Elementwise
    assert bound.forward(FLOATS, -4.0) == -1.0
    assert bound.textbook(FLOATS, -4.0) == -1.0
    assert bound.local(0, FLOATS, -1.0, [-4.0]) == 0.25
    assert rows.leaky_relu(-4.0, slope=0.25) == -1.0


def test_binding_keeps_everything_else():
    bound = losses.huber.bind(delta=2.0)
    for field in ("name", "inputs", "variadic", "symbol", "shapes", "check", "flow"):
        assert getattr(bound, field) == getattr(losses.huber, field)
    assert arrays.matmul.bind().shapes == "(n, i) (i, o)"


@pytest.mark.parametrize("key", [[0, 2], np.array([0, 2]), slice(0, 2), (slice(None), np.array([1]))])
def test_keywords_that_have_no_hash(key):
    a = np.arange(6.0).reshape(3, 2)
    bound = arrays.index.bind(key=key)
    np.testing.assert_array_equal(bound.forward(ARRAYS, a), a[key])
    assert bound.keywords == {"key": key}


def test_a_rule_that_is_a_number_or_missing_stays_so():
    assert arrays.where.bind().rules[0] is None
    assert rows.subtract.bind().rules == (1, -1)


# --- pickling --------------------------------------------------------------------------------------


def test_rows_are_pickled_by_name():
    for op in (rows.tanh, rows.leaky_relu.bind(slope=0.5), arrays.sum.bind(axis=(0, 1), keepdims=True)):
        assert pickle.loads(pickle.dumps(op)) is op
        assert copy.deepcopy(op) is op
    gone = elementwise("gone", lambda xp, a: a, d_a=1)
    del TABLE["gone"]
    with pytest.raises(TypeError, match="row 'gone' is not in the table"):
        pickle.dumps(gone)


def test_a_pickled_row_is_found_in_a_new_process():
    dumped = pickle.dumps(losses.huber.bind(delta=2.0))
    program = f"import pickle; op = pickle.loads({dumped!r}); print(op, op.rules[0] is not None)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "<op huber(p, t, delta=2.0)> True\n"


def test_graphs_are_copied_whole():
    x = Value(2.0)
    y = copy.deepcopy(x * 3 + x)
    y.backward()
    (leaf,) = [node for node in y.ancestors() if not node.parents and node.requires_grad]
    assert (leaf.grad, x.grad) == (4.0, 0.0)


def test_equal_keywords_of_other_types_are_bound_apart():
    a = np.arange(6.0).reshape(3, 2)
    keys = [0, False, 0.0, (0, 1), (False, True), slice(0, 1), slice(False, True), (slice(0, 2), 1)]
    keys.append((slice(0, 2), True))
    for key in keys * 2:
        bound = arrays.index.bind(key=key)
        assert repr(bound.keywords["key"]) == repr(key)
    assert Tensor(a)[0].shape == (2,)
    assert Tensor(a)[False].shape == (0, 3, 2)
    assert Tensor(a)[0, 1].shape == ()
    assert Tensor(a)[False, True].shape == a[False, True].shape


def test_slices_are_bound_once_too():
    assert arrays.index.bind(key=slice(1, None)) is arrays.index.bind(key=slice(1, None))
    assert arrays.index.bind(key=(slice(1), 0)) is arrays.index.bind(key=(slice(1), 0))


def test_the_number_of_bound_rows_that_are_kept_has_a_bound():
    x = Tensor(np.arange(1000.0))
    assert sum(x[i].data for i in range(1000)) == 499_500
    assert 0 < len(arrays.index.bound) <= BINDINGS


# --- pulling a gradient ----------------------------------------------------------------------------


def test_a_constant_factor_is_a_rule():
    double = operation("double", lambda xp, a: 2 * a, d_a=2)
    triple = elementwise("triple", lambda xp, a: 3 * a, d_a=3)
    g, a = np.array([1.0, -2.0]), np.zeros(2)
    np.testing.assert_array_equal(double.pull(0, ARRAYS, g, 2 * a, [a]), [2.0, -4.0])
    np.testing.assert_array_equal(triple.pull(0, ARRAYS, g, 3 * a, [a]), [3.0, -6.0])
    assert triple.local(0, ARRAYS, a, [a]) == 3
    for make in (Value, Tensor):
        x = make(1.5)
        triple(triple(x)).backward()
        assert x.grad == 9


def test_factors_one_and_minus_one_multiply_nothing():
    g = np.array([1.0, -2.0])
    assert rows.add.pull(0, ARRAYS, g, g, [g, g]) is g
    np.testing.assert_array_equal(rows.subtract.pull(1, ARRAYS, g, g, [g, g]), -g)


# --- calling a row ---------------------------------------------------------------------------------


def test_on_numbers_it_computes_a_number():
    assert rows.exp(0) == 1.0
    assert rows.divide(1, 0) == float("inf")
    assert type(rows.tanh(0.5)) is float


def test_on_arrays_it_computes_an_array():
    np.testing.assert_array_equal(rows.maximum(np.array([1.0, 4.0]), 2), [2.0, 4.0])
    np.testing.assert_array_equal(arrays.sum(np.ones((2, 3)), axis=0), [2.0, 2.0, 2.0])


def test_rows_for_arrays_take_numbers_and_lists_as_arrays():
    assert losses.mean_squared_error(1.0, 3.0) == 4.0
    assert losses.mean_squared_error([1.0, 2.0], [3.0, 2.0]) == 2.0
    assert losses.label_cross_entropy([[2.0, 2.0]], [1]) == pytest.approx(math.log(2))
    assert arrays.sum(2.0) == 2.0
    assert arrays.max([[1, 5], [7, 2]]) == 7
    np.testing.assert_array_equal(arrays.softmax([3.0, 3.0]), [0.5, 0.5])
    np.testing.assert_array_equal(arrays.where([True, False], 1.0, np.zeros(2)), [1.0, 0.0])
    np.testing.assert_array_equal(rows.step([1.0, -1.0]), [1.0, 0.0])
    assert arrays.where(np.array([True]), 1.0, np.zeros(1, np.float32)).dtype == np.float32
    assert rows.multiply(2.0, np.zeros(1, np.float32)).dtype == np.float32


def test_what_a_row_for_arrays_cannot_take_is_said():
    with pytest.raises(ShapeError, match="concatenate: need at least one array"):
        arrays.concatenate()
    with pytest.raises(ShapeError, match="concatenate: need at least one array"):
        concatenate([])
    with pytest.raises(ShapeError, match="the targets do not have the shape of the predictions"):
        losses.mean_squared_error([[1.0]], 3.0)


def test_a_rule_for_numbers_cannot_ask_for_what_needs_arrays():
    op = elementwise("centred", lambda xp, a: a - xp.softmax(a), d_a=1)
    for operand in (1.0, Value(1.0)):
        with pytest.raises(KindError, match="softmax works on arrays") as error:
            op(operand)
        assert "hint: use whygrad.Tensor" in str(error.value)
    assert op(np.ones(2)).shape == (2,)


def test_on_a_node_it_records():
    v, t = Value(2.0), Tensor(2.0)
    assert rows.multiply(3, v).parents[1] is v
    assert rows.multiply(3, t).parents[1] is t
    assert isinstance(rows.multiply(3, v), Value)
    assert isinstance(rows.multiply(3, t), Tensor)


def test_an_unknown_name_in_a_rule_is_named():
    op = elementwise("strange", lambda xp, a: xp.taanh(a), d_a=1)
    for operand in (1.0, np.ones(2), Value(1.0), Tensor(1.0)):
        with pytest.raises(AttributeError, match="no operation named 'taanh'"):
            op(operand)


def test_rules_may_use_every_other_row_by_name():
    op = elementwise("swish", lambda xp, a: xp.silu(a), d_a=lambda xp, y, a: xp.sigmoid(a) * (1 + a - y))
    assert isinstance(op, Op)
    assert op(1.5) == rows.silu(1.5)
    x = Value(1.5)
    op(x).backward()
    assert x.grad == pytest.approx(rows.silu.local(0, FLOATS, rows.silu(1.5), [1.5]), rel=1e-15)
