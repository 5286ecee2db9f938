"""Rows written out for the shapes they are used with: the same numbers as by their rules, to the last bit."""

import copy
import itertools
import pickle
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from whygrad import Tensor, gradients, nn
from whygrad.autodiff import specialized
from whygrad.autodiff.node import sweep
from whygrad.autodiff.op import elementwise, operation
from whygrad.autodiff.specialized import Specialized, general_pull, kinds_of
from whygrad.autodiff.table import TABLE
from whygrad.errors import DataError, GraphError, ShapeError

from .cases import CASES, differentiable, every_case, is_floats


def forget():
    """No row has been used before."""
    for op in TABLE.values():
        for row in (op, *op.bound.values()):
            row.uses.clear()
            row.specialized.clear()


@pytest.fixture(autouse=True)
def nothing_written():
    forget()
    yield
    forget()


def after(uses, call):
    """What the call gives when rows are written after so many uses."""
    before, specialized.WORTHWHILE = specialized.WORTHWHILE, uses
    try:
        return call()
    finally:
        specialized.WORTHWHILE = before


def by_rules(call):
    """What it gives by the rules as they stand."""
    forget()
    found = after(10**9, call)
    assert not any([op.specialized for op in TABLE.values()])
    return found


def written(call):
    """What it gives a second time: at the first use a row is written, and forgotten after this."""
    found = after(1, lambda: [call(), call()][1])
    forget()
    return found


def bits(array):
    """The bytes of an array; which of the many NaNs it is does not matter."""
    array = np.array(array)
    if array.dtype.kind == "f":
        array[np.isnan(array)] = np.nan
    return array.shape, array.dtype, array.tobytes()


def same(ours, theirs):
    """Arrays or None, to the last bit."""
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert (a is None) == (b is None)
        assert a is None or bits(a) == bits(b)


def run(op, inputs, needs, upstream=None):
    """The result of a row on tensors, and the gradients of its inputs; ``needs`` says which have one."""
    nodes = [Tensor(x.copy(), requires_grad=i in needs) if is_floats(x) else x for i, x in enumerate(inputs)]
    with np.errstate(all="ignore"):
        y = Tensor.record(op, nodes)
        if needs:
            seed = np.random.default_rng(0).normal(size=y.shape) if upstream is None else upstream
            y.backward(seed)
            same(inputs, [getattr(node, "data", node) for node in nodes])  # nothing was written into
    return [y.data, *[node.grad for node in nodes if isinstance(node, Tensor)]]


def needs_of(op, inputs):
    """Every choice of inputs with a gradient."""
    places = differentiable(op, inputs)
    return [set(c) for n in range(len(places) + 1) for c in itertools.combinations(places, n)]


def hashable(keywords):
    """An index that holds an array is none: each use is a row of its own, and writing it would not pay."""
    key = keywords.get("key")
    return not any([isinstance(part, np.ndarray) for part in (key if type(key) is tuple else [key])])


def flowing(op, inputs):
    return [i for i in range(len(inputs)) if op.flows(i)]


@every_case
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_row_in_every_case(op, inputs, dtype):
    inputs = [x.astype(dtype) if is_floats(x) else x for x in inputs]
    op = TABLE[op.name].bind(**op.keywords) if op.keywords else op  # the one that the table knows now
    for needs in needs_of(op, inputs):

        def ours(needs=needs):
            return run(op, inputs, needs)

        expected = by_rules(ours)
        for _ in range(2):  # one after the other
            got = after(1, lambda ours=ours: [ours(), ours()][1])
            same(got, expected)
        found = list(op.specialized.values())
        assert len(found) == hashable(op.keywords)
        assert not any([general_pull in row.pulls.values() for row in found])
        assert all([len(row.pulls) == bool(needs & set(flowing(op, inputs))) for row in found])
        forget()


@every_case
def test_a_leaf_has_a_gradient_of_its_own(op, inputs):
    def arrays_of():
        nodes = [Tensor(x.copy()) if is_floats(x) else x for x in inputs]
        y = Tensor.record(op, nodes)
        if not y.requires_grad:
            return []
        upstream = np.ones(y.shape)
        y.backward(upstream)
        leaves = [n for n in nodes if isinstance(n, Tensor)]
        return [upstream, y.data, *[n.data for n in leaves], *[n.grad for n in leaves if n.grad is not None]]

    found = written(arrays_of)
    views = op.name in ("reshape", "transpose", "matrix_transpose", "broadcast_to", "spread", "index")
    for a, b in itertools.combinations(found, 2):
        if not (views and b is found[2] and a is found[1]):  # the result is a view of what it was made from
            assert not np.shares_memory(a, b)


ODD = st.sampled_from([0.0, -0.0, 1.0, -1.0, 3.0, 1e-30, 1e30, -1e30, np.inf, -np.inf, np.nan])
ELEMENTWISE = sorted(row for row in CASES if hasattr(TABLE[row], "local") and not TABLE[row].variadic)


@pytest.mark.parametrize("row", ELEMENTWISE)
@given(data=st.data(), dtype=st.sampled_from([np.float32, np.float64]))
@settings(max_examples=25, deadline=None)
def test_numbers_at_the_edge(row, data, dtype):
    op = TABLE[row]
    shapes = data.draw(
        st.sampled_from([[(3,), (3,)], [(2, 3), (3,)], [(2, 1), (1, 3)], [(), (2,)], [(), ()]])
    )
    entries = ODD | st.floats(-50, 50, width=32)
    inputs = [
        data.draw(arrays(dtype, shape, elements=entries.map(dtype))) for shape in shapes[: len(op.inputs)]
    ]
    shape = np.broadcast_shapes(*[x.shape for x in inputs])
    upstream = data.draw(arrays(dtype, shape, elements=entries.map(dtype)))
    needs = set(differentiable(op, inputs))
    same(
        written(lambda: run(op, inputs, needs, upstream)),
        by_rules(lambda: run(op, inputs, needs, upstream)),
    )


@pytest.mark.parametrize("number", [2.0, 2, -0.5, True, float("inf"), float("nan")])
@pytest.mark.parametrize("row", ["add", "subtract", "multiply", "divide", "power", "maximum"])
def test_numbers_beside_an_array(row, number):
    a = np.array([[1.0, -2.0], [0.0, 0.5]], np.float32)
    for place in (0, 1):
        inputs = [number, a] if place else [a, number]

        def ours(inputs=inputs, place=place):
            return run(TABLE[row], inputs, {place})

        same(written(ours), by_rules(ours))


def test_a_number_keeps_its_type():
    """An integer, a float and a bool are three kinds: a function is written for each."""
    w = Tensor([1.0, 2.0])
    after(1, lambda: [w * 2, w * 2.0, w * True])
    assert len(TABLE["multiply"].specialized) == 3


@pytest.mark.parametrize(
    "view", [lambda a: a.T, lambda a: a[::2], lambda a: a[:, ::-1], np.asfortranarray, lambda a: a[1:, 1:]]
)
def test_arrays_that_are_not_contiguous(view):
    rng = np.random.default_rng(0)
    x, w = view(rng.normal(size=(6, 6))), rng.normal(size=(6, 6))

    def network():
        a, b = Tensor(x), Tensor(w[: x.shape[1]])
        y = ((a @ b).tanh() * a[:, :1] + b.sum(axis=0)).silu().mean()
        y.backward()
        return [y.data, a.grad, b.grad]

    same(written(network), by_rules(network))


# --- a whole graph -----------------------------------------------------------------------------------
def graph(rng, depth):
    """A graph of random operations, with parts that are used again, and its leaves."""
    leaves = [Tensor(rng.normal(size=(4, 3))) for _ in range(3)]
    pool = list(leaves)
    for _ in range(depth):
        a, b = pool[rng.integers(len(pool))], pool[rng.integers(len(pool))]
        pool.append(
            [
                lambda a=a, b=b: a * b,
                lambda a=a, b=b: a + b,
                lambda a=a, b=b: a - b.tanh(),
                lambda a=a, b=b: (a @ b.T) @ a * 0.1,
                lambda a=a, b=b: a.maximum(b),
                lambda a=a, b=b: a.relu() + 2.0,
                lambda a=a, b=b: a.softmax() - b.mean(axis=0),
                lambda a=a, b=b: a[1:3].sum() * b,
            ][rng.integers(8)]()
        )
    return sum([node.mean() for node in pool[-3:]], 0.0), leaves


@given(seed=st.integers(0, 10**6), depth=st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_the_sweep_is_the_general_one(seed, depth):
    def ours():
        y, leaves = graph(np.random.default_rng(seed), depth)
        y.backward()
        return [y.data, *[leaf.grad for leaf in leaves]]

    def general():
        y, leaves = graph(np.random.default_rng(seed), depth)
        found = sweep(y, y.unit_upstream())
        return [y.data, *[found.get(leaf) for leaf in leaves]]

    expected = by_rules(general)
    same(written(ours), expected)
    same(by_rules(ours), expected)


def test_training_is_the_same_while_rows_come_to_be_written():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(8, 3)), rng.integers(3, size=8)

    def train():
        network = nn.Sequential([nn.Dense(3, 5, rng=0), nn.GELU(), nn.BatchNorm(5), nn.Dense(5, 3, rng=1)])
        loss_of, losses = nn.CrossEntropy(), []
        for _ in range(12):
            network.zero_grad()
            loss = loss_of(network(Tensor(X, requires_grad=False), training=True), y)
            loss.backward()
            network.vector -= 0.1 * network.gradient
            losses.append(loss.item())
        return losses, network.vector.tobytes()

    assert after(5, train) == by_rules(train)


def test_it_is_written_after_some_uses_and_for_its_shapes_only():
    row = TABLE["tanh"]
    for uses in range(specialized.WORTHWHILE):
        assert row.uses.get(kinds_of([np.ones((2, 3))]), 0) == uses
        Tensor(np.ones((2, 3))).tanh()
    (found,) = row.specialized.values()
    assert isinstance(found, Specialized)
    assert row.uses[kinds_of([np.ones((2, 3))])] == specialized.WORTHWHILE
    node = Tensor(np.ones((2, 3))).tanh()
    assert node.pull is not None
    for other in (np.ones((3, 2)), np.ones((2, 3), np.float32), np.ones((1, 2, 3))):
        assert Tensor(other).tanh().pull is None
        assert row.uses[kinds_of([other])] == 1


def test_it_makes_the_calls_of_the_rule_and_no_other():
    x, w, b = Tensor(np.ones((5, 3)), requires_grad=False), Tensor(np.ones((3, 2))), Tensor(np.ones(2))
    after(1, lambda: [(x @ w + b).tanh().backward(np.ones((5, 2))) for _ in range(2)])
    sources = {
        name: next(iter(TABLE[name].specialized.values())).source for name in ("matmul", "add", "tanh")
    }
    lines = {name: [line.strip() for line in source.splitlines()] for name, source in sources.items()}
    assert "t1 = a.dot(b)" in lines["matmul"]
    assert [line for line in lines["matmul"] if line.startswith("t2")] == ["t2 = t1.dot(upstream)"]
    assert "return ((of_a, upstream), (of_b, t1))" in lines["add"]
    assert lines["tanh"][-4:] == [
        "t1 = multiply(result, result)",
        "subtract(k1, t1, t1)",
        "t3 = multiply(upstream, t1)",
        "return ((of_a, t3),)",
    ]


def test_what_is_asked_for_twice_is_computed_once():
    op = TABLE["normalize"].bind(axis=0)
    inputs, _ = CASES["normalize"][0]
    after(1, lambda: [run(op, inputs, {0, 1, 2}) for _ in range(2)])
    (found,) = op.specialized.values()
    (pull,) = [part for part in found.source.split("def ") if part.startswith("pull")]
    assert pull.count("sqrt(") == 1


# --- what must not be written, or be used no longer -----------------------------------------------------
@pytest.fixture
def row_of_a_user():
    yield
    for name in ("theirs", "theirs_too"):
        TABLE.pop(name, None)


@pytest.mark.usefixtures("row_of_a_user")
def test_a_row_of_a_user_is_never_written():
    """It may depend on something else than its operands: here on a number that changes, and on chance."""
    scale, rng = [1.0], np.random.default_rng(0)
    theirs = elementwise("theirs", lambda xp, a: scale[0] * a, d_a=lambda xp, y, a: scale[0] + 0 * a)
    noisy = operation("theirs_too", lambda xp, a: a + rng.normal(), d_a=lambda xp, g, y, a: g)
    x = Tensor([1.0, 2.0])
    seen = set()
    for uses in range(60):
        scale[0] = float(uses)
        assert theirs(x).data.tolist() == [uses, 2 * uses]
        seen.add(noisy(x).data[0])
    assert len(seen) == 60
    assert not theirs.specialized
    assert not noisy.specialized


@pytest.mark.usefixtures("row_of_a_user")
def test_a_rule_that_hands_on_what_it_was_given():
    handed = operation(
        "theirs", lambda xp, a, b: a + b, d_a=lambda xp, g, y, a, b: y, d_b=lambda xp, g, y, a, b: y
    )
    a, b = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    y = handed(a, b)
    y.backward([1.0, 1.0])
    for one, other in itertools.combinations([a.grad, b.grad, y.data], 2):
        assert not np.shares_memory(one, other)


def test_labels_are_looked_at_each_time():
    z, loss_of = Tensor(np.zeros((3, 2))), nn.CrossEntropy()
    for labels in ([0, 1, 0], [1, 1, 1], [0, 0, 1]):
        after(1, lambda labels=labels: loss_of(z, labels))
    assert TABLE["label_cross_entropy"].specialized
    with pytest.raises(DataError, match="label 2 is out of range"):
        after(1, lambda: loss_of(z, [0, 2, 1]))
    with pytest.raises(DataError, match="label -1 is out of range"):
        after(1, lambda: loss_of(z, np.array([0, -1, 1])))


def test_shapes_that_do_not_fit_are_refused_after_others_were_written():
    a = Tensor(np.ones((2, 3)))
    after(1, lambda: [a @ Tensor(np.ones((3, 2))) for _ in range(2)])
    with pytest.raises(ShapeError, match="matmul: i is 3 in a but 4 in b"):
        after(1, lambda: a @ Tensor(np.ones((4, 2))))
    with pytest.raises(ShapeError, match="add: axis -1 is 3 in a but 4 in b"):
        after(1, lambda: a + np.ones(4))


@pytest.mark.parametrize("first", [True, False])
def test_needs_that_change_between_forward_and_backward(first):
    def run():
        w, c = Tensor([1.0, 2.0], requires_grad=first), Tensor([3.0, 4.0])
        y = (w * c).sum()
        w.requires_grad = not first
        y.backward()
        return [w.grad, c.grad]

    ours, theirs = written(run), by_rules(run)
    same(ours, theirs)
    assert (ours[0] is None) is first


@pytest.mark.parametrize("size", [3, 5000])
@pytest.mark.parametrize("part", ["leaf", "inner", "result"])
def test_a_change_in_place_is_refused(size, part):
    w = Tensor(np.ones(size), label="w")

    def step():
        y = (w * w).exp()
        return y, y.sum()

    y, total = after(1, lambda: [step(), step()][1])
    assert y.pull is not None
    total.backward()
    {"leaf": w.data, "inner": y.data, "result": y.parents[0].data}[part][1] += 1e-3
    expected = {"leaf": "w of multiply", "inner": "the result of exp", "result": "the result of multiply"}[
        part
    ]
    with pytest.raises(GraphError, match=f"{expected} was changed in place"):
        total.backward()


def test_second_derivatives_and_observers_go_through_the_rules():
    x = Tensor([0.5, 2.0])

    def twice():
        y = (x**3 * x.tanh()).sum()
        (first,) = gradients(y, [x])
        (second,) = gradients(first.sum(), [x])
        seen = []
        x.grad = None
        y.backward(observe=lambda *arguments: seen.append(arguments))
        return [first.data, second.data, x.grad, np.array(float(len(seen)))]

    same(written(twice), by_rules(twice))


@pytest.mark.parametrize("order", ["CF", "FC", "FF"])
def test_sums_run_in_the_order_of_the_rule_however_operands_lie(order):
    rng = np.random.default_rng(0)
    X, U = [np.asarray(rng.normal(size=(57, 43)), order=each) for each in order]

    def ours():
        x, s, b = Tensor(X), Tensor(np.array(3.0)), Tensor(np.ones((57, 1)))
        y = (x / s + b).tanh() * x
        y.backward(U)
        assert (
            x.grad.flags.f_contiguous == lies_as[0]
            if lies_as
            else lies_as.append(x.grad.flags.f_contiguous) is None
        )
        return [y.data, x.grad, s.grad, b.grad]

    lies_as = []
    expected = by_rules(ours)
    for _ in range(3):
        same(written(ours), expected)


@pytest.mark.parametrize("change", ["shape", "number", "needs"])
def test_a_node_that_was_changed_does_not_spoil_what_is_written(change):
    X = np.arange(9.0).reshape(3, 3)

    def ours(spoil=False):
        w = Tensor(np.zeros((3, 1)))
        y = w + Tensor(X)
        if spoil and change == "shape":
            w.data = w.data.reshape(3)
        if spoil and change == "needs":
            w.requires_grad = False
        if spoil and change == "number":
            total, y.data = y.sum(), 3.0
            with pytest.raises(GraphError, match="changed in place"):
                total.backward()
            return None
        y.backward(X)
        return w.grad

    for _ in range(2):
        after(1, lambda: [ours(False), ours(True)])
        assert after(1, ours).tolist() == [[3.0], [12.0], [21.0]]


@pytest.mark.parametrize("needs", [np.True_, 1, None, np.False_])
def test_needs_of_any_kind(needs):
    def ours():
        w, c = Tensor([1.0, 2.0], requires_grad=needs), Tensor([3.0, 4.0])
        (w * c).sum().backward()
        return [w.grad, c.grad]

    same(written(ours), by_rules(ours))


def test_a_gradient_without_axes_is_an_array():
    def ours():
        w = Tensor(np.array(2.0))
        (w * np.arange(3.0)).sum().backward()
        return w.grad

    for grad in (by_rules(ours), written(ours)):
        assert type(grad) is np.ndarray
        grad[...] = 0.0


def test_arrays_of_a_class_of_their_own_are_left_to_the_rules():
    class Special(np.ndarray):
        pass

    w, c = Tensor(np.ones(3)), Tensor(np.ones(3))
    after(1, lambda: [w * c for _ in range(3)])
    w.data = w.data.view(Special)
    assert (w * c).pull is None
    assert kinds_of([w.data, c.data]) is None


def test_errors_are_told_in_words():
    a, b = (Tensor(x, requires_grad=False) for x in ([1, 2], [-1, 1]))
    for uses in (1, 10**9):
        for _ in range(3):
            with pytest.raises(ShapeError, match="power: Integers to negative integer powers"):
                after(uses, lambda: a**b)
    after(1, lambda: [a ** Tensor([1, 1], requires_grad=False) for _ in range(3)])
    with pytest.raises(ShapeError, match="power: Integers to negative integer powers"):
        after(1, lambda: a**b)


def test_nothing_of_a_sweep_stays_when_a_rule_fails(monkeypatch):
    x = Tensor([1.0, 2.0])
    y = x.tanh().exp()

    def fail(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(type(TABLE["tanh"]), "pull", fail)
    with pytest.raises(ZeroDivisionError):
        y.backward([1.0, 1.0])
    assert [node.grad for node in y.ancestors()] == [None, None, None]


# --- copies, threads, room -------------------------------------------------------------------------------
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda node: pickle.loads(pickle.dumps(node))])
def test_a_copy_of_a_graph(duplicate):
    def graph():
        w = Tensor([[1.0, 2.0]], label="w")
        return (w @ w.T).tanh().sum()

    y = after(1, lambda: [graph(), graph()][1])
    assert y.pull is not None
    twin = duplicate(y)
    for root in (y, twin):
        root.backward()
    mine, theirs = (next(n for n in root.ancestors() if n.label == "w") for root in (y, twin))
    assert mine is not theirs
    same([theirs.grad], [mine.grad])
    parameter = duplicate(nn.Dense(2, 3, rng=0).parameters["weights"])
    assert parameter.shape == (2, 3)


@pytest.mark.parametrize("rows", [4, 700])
def test_threads_at_the_same_time(rows):
    """NumPy lets others run while it computes on large arrays: the row may come to be written meanwhile."""

    def work(found, seed):
        try:
            rng = np.random.default_rng(seed)
            for width in range(8):
                x, w = Tensor(rng.normal(size=(rows, 30 + width))), Tensor(rng.normal(size=(30 + width, 2)))
                for _ in range(30):
                    x.grad = w.grad = None
                    ((x.tanh() @ w).silu() * 2.0).mean().backward()
                found[seed].append([x.grad, w.grad])
        except Exception as error:
            found[seed].append(error)

    together, alone = {seed: [] for seed in range(4)}, {seed: [] for seed in range(4)}
    threads = [threading.Thread(target=work, args=(together, seed)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert TABLE["tanh"].specialized
    by_rules(lambda: [work(alone, seed) for seed in range(4)])
    for seed in range(4):
        for ours, theirs in zip(together[seed], alone[seed], strict=True):
            same(ours, theirs)


def test_a_row_keeps_so_many_and_no_more():
    row = TABLE["exp"]
    for n in range(3 * specialized.ROOM):
        after(1, lambda n=n: Tensor(np.ones(n)).exp())
    assert len(row.specialized) <= specialized.ROOM
    assert len(row.uses) <= specialized.ROOM


def test_what_numpy_warns_of_is_warned_of_once_each_time():
    x = Tensor([0.0, 1.0])
    for _ in range(3):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            y = after(1, x.log)
        assert [str(warning.message) for warning in caught] == ["divide by zero encountered in log"]
    assert y.pull is not None
