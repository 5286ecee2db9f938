"""The reading that lays out: the same bits as on arrays, into the same arrays each time, and no new ones."""

import tracemalloc

import numpy as np
import pytest

from whygrad.autodiff.op import Elementwise
from whygrad.autodiff.readings import GUARDS
from whygrad.autodiff.readings.arrays import ARRAYS
from whygrad.autodiff.readings.buffers import UNFIT, Layout, NotLaidOut, Place, Workspace, run
from whygrad.autodiff.table import TABLE

from .cases import CASES, differentiable, every_case

# Rows that move entries about, or multiply matrices: layers that need them have kernels, or run on arrays.
ON_ARRAYS_ONLY = set(
    "affine matmul index scatter reshape transpose matrix_transpose broadcast_to spread concatenate sum_to "
    "one_hot take_label label_cross_entropy sum mean max where logsumexp".split()
)


def lay_out(op, inputs, dtype, without=()):
    """Inputs, upstream, output and gradients, and the two lists of calls."""
    inputs = [np.array(x, dtype) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in inputs]
    y = np.asarray(op.forward(ARRAYS, *inputs))
    output, g = np.full(y.shape, 7, dtype), np.random.default_rng(3).normal(size=y.shape).astype(dtype)
    layout = Layout(dtype, without)
    places = [layout.given(x) if isinstance(x, np.ndarray) else x for x in inputs]
    result = layout.store(op.forward(layout, *places), output)
    layout.next_phase()
    gradients = {i: np.full(inputs[i].shape, 7, dtype) for i in differentiable(op, inputs)}
    upstream = layout.given(g)
    for i, gradient in gradients.items():
        layout.store(op.pull(i, layout, upstream, result, places), gradient)
    return inputs, g, output, gradients, layout.calls(Workspace())


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@every_case
def test_the_bits_are_those_of_the_rule_on_arrays(op, inputs, dtype):
    try:
        inputs, g, output, gradients, (forward, backward) = lay_out(op, inputs, dtype)
    except UNFIT:
        shapes = {x.shape for x in inputs if isinstance(x, np.ndarray)}
        assert op.name in ON_ARRAYS_ONLY or len(shapes) > 1  # broadcast against each other
        return
    for number in range(2):  # the second time with other contents in the same arrays
        before = [np.array(x) for x in inputs]
        run(forward)
        run(backward)
        y = np.asarray(op.forward(ARRAYS, *inputs))
        np.testing.assert_array_equal(output, y)
        for i, gradient in gradients.items():
            expected = op.pull(i, ARRAYS, g, y, inputs)
            if op.name == "power" and isinstance(
                inputs[0], float
            ):  # on arrays, the log of a number is float64
                np.testing.assert_allclose(gradient, expected, rtol=1e-6)
            else:
                np.testing.assert_array_equal(gradient, expected)
        for x, same in zip(inputs, before, strict=True):
            np.testing.assert_array_equal(x, same)
        for x in [*inputs, g] if number == 0 else []:
            if isinstance(x, np.ndarray) and x.dtype == dtype:
                x *= 0.75


GUARDED = "sigmoid silu gelu".split()
FAR = {np.float64: 700.0, np.float32: 87.0}  # exp of it is still a number
ROWS = sorted([name for name, op in TABLE.items() if isinstance(op, Elementwise) and len(op.rules) == 1])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ROWS)
def test_without_guards_the_bits_are_the_same_as_far_as_exp_goes(name, dtype):
    op, edge = TABLE[name], FAR[dtype]
    positive = name in ("log", "log1p", "sqrt", "strong_log")
    x = np.concatenate(
        [np.linspace(-edge, edge, 1001), [-39.9, 40.1, 36.7, -999.0 * (dtype == np.float64)]]
    ).astype(dtype)
    inputs = [np.abs(x) + 1 if positive else x]
    found = []
    for without in ((), GUARDS):
        try:
            *_, output, gradients, calls = lay_out(op, inputs, dtype, without)
        except UNFIT:
            assert name in ON_ARRAYS_ONLY
            return
        with np.errstate(all="ignore"):
            for part in calls:
                run(part)
        found.append((output, gradients, sum(map(len, calls))))
    (careful, careful_slopes, many), (quick, quick_slopes, fewer) = found
    np.testing.assert_array_equal(quick, careful)
    for i, slope in careful_slopes.items():
        np.testing.assert_array_equal(quick_slopes[i], slope)
    assert (fewer < many) == (name in GUARDED)


@pytest.mark.parametrize("name", ["softplus", *GUARDED])
@pytest.mark.parametrize("value", [1e3, 1e300, np.inf, -np.inf])
def test_without_guards_a_slope_is_wrong_only_where_the_value_is_nan(name, value):
    found = []
    for without in ((), GUARDS):
        with np.errstate(all="ignore"):
            *_, output, gradients, calls = lay_out(TABLE[name], [np.array([value])], np.float64, without)
            for part in calls:
                run(part)
        found.append((output, *gradients.values()))
    if not np.isnan(found[1][0]):
        np.testing.assert_array_equal(found[1], found[0])


def test_which_rows_are_laid_out():
    unfit = set()
    for name, cases in CASES.items():
        try:
            lay_out(TABLE[name].bind(**cases[0].keywords), cases[0].inputs, np.float64)
        except UNFIT:
            unfit.add(name)
    assert unfit == ON_ARRAYS_ONLY


@pytest.mark.parametrize("name", "relu elu gelu silu sigmoid softplus tanh".split())
def test_running_makes_no_array(name):
    z, y, g, dz = (np.random.default_rng(i).normal(size=(100, 50)) for i in range(4))
    layout = Layout(z.dtype)
    place = layout.given(z)
    result = layout.store(TABLE[name].forward(layout, place), y)
    layout.next_phase()
    layout.store(TABLE[name].pull(0, layout, layout.given(g), result, [place]), dz)
    lists = layout.calls(Workspace())
    tracemalloc.start()
    for calls in lists:
        run(calls)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000  # an array here has 5,000 bytes or more


def test_what_backward_needs_again_is_computed_once():
    z, y, g, dz = (np.ones((3, 2)) for _ in range(4))
    layout = Layout(z.dtype)
    result = layout.store(TABLE["silu"].forward(layout, layout.given(z)), y)
    layout.next_phase()
    layout.store(TABLE["silu"].pull(0, layout, layout.given(g), result, [layout.given(z)]), dz)
    forward, backward = layout.calls(Workspace())
    assert [function.__name__ for function, _ in forward] == [
        "_maximum",
        "_minimum",
        "exp",
        "add",
        "divide",
        "multiply",
    ]
    assert [function.__name__ for function, _ in backward] == ["subtract", "multiply", "add", "multiply"]


def test_intermediate_results_of_two_rows_share_their_arrays():
    workspace, sizes = Workspace(), []
    for _ in range(3):
        z, y = np.ones((3, 2)), np.empty((3, 2))
        layout = Layout(z.dtype)
        layout.store(TABLE["gelu"].forward(layout, layout.given(z)), y)
        layout.calls(workspace)
        sizes.append(sum(map(len, workspace.free.values())))
    assert sizes == [2, 2, 2]


def test_a_result_that_is_an_input_is_copied():
    x, y = np.array([1.0, 2.0]), np.empty(2)
    layout = Layout(x.dtype)
    layout.store(layout.given(x), y)
    run(layout.calls(Workspace())[0])
    assert y.tolist() == [1.0, 2.0]
    assert not np.shares_memory(x, y)


def test_an_array_can_be_added_to():
    w, total = np.array([1.0, -2.0]), np.array([10.0, 10.0])
    layout = Layout(w.dtype)
    layout.store(layout.given(total) + 3.0 * (layout.given(w) * layout.given(w)), total)
    run(layout.calls(Workspace())[0])
    assert total.tolist() == [13.0, 22.0]


def test_masks_count_as_zeros_and_ones():
    a, y = np.array([-1.0, 2.0]), np.empty(2)
    layout = Layout(a.dtype)
    layout.store((layout.given(a) >= 0) + layout.where(layout.given(a) > 0, 5.0, layout.given(a)), y)
    run(layout.calls(Workspace())[0])
    assert y.tolist() == [-1.0, 6.0]


@pytest.mark.parametrize(
    "rule",
    [
        lambda xp, a: a * np.ones(2),  # may be another array the next time
        lambda xp, a: np.tanh(a),
        lambda xp, a: a if a > 0 else -a,
        lambda xp, a: a == a,
        lambda xp, a: xp.reshape(a, shape=(2, 1)),
        lambda xp, a: xp.no_such_function(a),
        lambda xp, a: a[0],
    ],
)
def test_a_rule_that_is_not_for_places_is_noticed(rule):
    layout = Layout(np.float64)
    with pytest.raises(UNFIT):
        rule(layout, layout.given(np.ones(2)))


def test_places_know_their_shapes():
    layout = Layout(np.float64)
    place = layout.given(np.ones((5, 3)))
    assert isinstance(place, Place)
    assert (place.shape, place.size, place.ndim) == ((5, 3), 15, 2)
    assert layout.sum(place, axis=(0, -1), keepdims=True).shape == (1, 1)
    assert layout.max(place, axis=-1).shape == (5,)
    with pytest.raises(NotLaidOut):
        layout.fit(place, layout.given(np.ones((1, 3))))
