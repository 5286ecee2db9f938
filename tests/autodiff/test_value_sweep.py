"""How values are kept and swept over: neurons as one node, counts of what a step makes, changed data."""

import gc
import math
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whygrad import MLP, Value, gradients
from whygrad.autodiff import value_methods
from whygrad.autodiff.neuron import neuron
from whygrad.autodiff.ops import elementwise as rows
from whygrad.autodiff.value import Constant
from whygrad.autodiff.value_sweep import SUM_IS_PLAIN, Inputs, Weights
from whygrad.errors import GraphError
from whygrad.nn.scalar import ACTIVATIONS


def bits(*floats):
    assert all(type(x) is float for x in floats)
    return [b"nan" if x != x else struct.pack("<d", x) for x in floats]


# --- neurons ---------------------------------------------------------------------------------------

finite = st.floats(-20, 20)
numbers = finite | st.sampled_from([0.0, -0.0, math.inf, -math.inf, 1e300, 5e-324])
each_activation = pytest.mark.parametrize("name", [None, *ACTIVATIONS])


def inputs_of(numbers_, constants):
    return [Constant(n) if constants else Value(n) for n in numbers_]


def one_node(name, bias, w, x):
    return neuron(Weights([bias, *w]), Inputs.of(x), ACTIVATIONS.get(name))


def by_the_rows(name, bias, w, x):
    z = Value.record(rows.weighted_sum, (bias, *w, *x))
    return z if name is None else Value.record(ACTIVATIONS[name], (z,))


@each_activation
@pytest.mark.parametrize("plain", {False, SUM_IS_PLAIN})
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_a_neuron_is_its_rows_bit_for_bit(name, plain, data):
    with pytest.MonkeyPatch.context() as patch:
        for module in ("value_sweep", "neuron"):
            patch.setattr(f"whygrad.autodiff.{module}.SUM_IS_PLAIN", plain)
        compare_with_the_rows(name, data)


def compare_with_the_rows(name, data):
    n = data.draw(st.integers(0, 4))
    drawn = data.draw(st.lists(numbers, min_size=2 * n + 1, max_size=2 * n + 1))
    constants, scale = data.draw(st.booleans()), data.draw(finite)
    found = []
    for make in (one_node, by_the_rows):
        bias, w = Value(drawn[0]), [Value(v) for v in drawn[1 : n + 1]]
        x = inputs_of(drawn[n + 1 :], constants)
        y = make(name, bias, w, x)
        loss = y * scale
        if math.isnan(loss.data):
            return
        loss.backward()
        inside = [] if name is None else [y.parents[0].data, y.parents[0].grad]
        shown = [node for node in (y, *y.parents) if node.parents]
        found.append([y.data, y.grad, *inside, *[v.grad for v in (bias, *w, *x)]])
        found[-1] += [local for node in shown for local in node.locals]
    assert bits(*found[0]) == bits(*found[1])


@each_activation
def test_observed_or_not_a_neuron_has_the_same_gradients(name):
    def run(observe):
        bias, w, x = Value(0.3), [Value(0.7), Value(-1.2)], [Value(0.5), Constant(2.0)]
        y = one_node(name, bias, w, x)
        (y * y).backward(observe=observe)
        return bits(bias.grad, *[v.grad for v in w], *[v.grad for v in x])

    seen = []
    assert run(None) == run(lambda *factors: seen.append(factors))
    names = [node.op.name for node, *_ in seen]
    assert names == ["multiply"] * 2 + ([] if name is None else [name]) + ["weighted_sum"] * 4
    for node, i, upstream, local, contribution in seen:
        assert upstream == node.grad
        assert local == node.locals[i]
        assert contribution == local * upstream


def test_every_activation_but_those_with_settings_has_a_generated_pair():
    assert {row.name for row in value_methods.PAIRS} == set(ACTIVATIONS) - {"leaky_relu", "elu"}


def test_a_neuron_is_taken_apart_when_somebody_looks():
    bias, w, x = Value(0.1), [Value(2.0)], [Value(0.5)]
    y = one_node("tanh", bias, w, x)
    assert y._prev == {y.parents[0]}
    (z,) = y.parents
    assert y.parents == (z,)
    assert (z.op, z.parents, z.data) == (rows.weighted_sum, (bias, *w, *x), 1.1)
    assert y.locals == (1 - math.tanh(1.1) ** 2,)
    assert z.locals == (1.0, 0.5, 2.0)
    assert y.ancestors()[-2:] == [z, y]


def test_looked_at_after_backward_the_weighted_sum_has_its_gradient():
    y = one_node("tanh", Value(0.1), [Value(2.0)], [Value(0.5)])
    (3 * y).backward()
    assert y.parents[0].grad == 3 * y.locals[0]
    assert one_node("relu", Value(-1.0), [], []).parents[0].grad == 0.0


def test_second_derivatives_go_through_a_neuron():
    w, x = Value(0.7), Value(0.5)
    y = one_node("tanh", Value(0.0), [w], [x])
    (first,) = gradients(y, [w])
    (second,) = gradients(first, [w], create_graph=False)
    t = math.tanh(0.35)
    assert first.data == pytest.approx(0.5 * (1 - t * t))
    assert second == pytest.approx(-2 * t * (1 - t * t) * 0.25)


def test_weights_replaced_after_the_forward_pass_change_nothing():
    network = MLP(2, [2, 1])
    y = network([1.0, 2.0])
    before = network.parameters()
    old = [neuron_.w for layer in network.layers for neuron_ in layer.neurons]
    y.backward()
    expected = [p.grad for p in before]
    for p in before:
        p.grad = 0.0
    for w in old:
        w[0] = Value(100.0)
    for p in before:
        p.data = -p.data
    y.backward()
    assert [p.grad for p in before] == expected


def test_weights_may_be_computed():
    shared = Value(0.5)
    network = MLP(2, [2, 1], activation=None)
    first, second = network.layers[0].neurons
    first.w[0] = second.w[0] = shared * 2
    network.layers[1].neurons[0].w[:] = [Value(3.0), Value(4.0)]
    network([10.0, 0.0]).backward()
    assert shared.grad == 2 * 10 * (3 + 4)


def test_the_same_value_may_be_weight_bias_and_input():
    v = Value(3.0)
    y = one_node(None, v, [v, v], [v, Value(2.0)])  # v + v·v + 2·v
    y.backward()
    assert (y.data, v.grad) == (18.0, 1 + 2 * 3 + 2)


def test_a_graph_with_neurons_can_be_pickled():
    y = one_node("tanh", Value(0.1, label="b"), [Value(2.0)], [Value(0.5)]) * 2
    copied = pickle.loads(pickle.dumps(y))
    copied.backward()
    y.backward()
    leaves = [[n.grad for n in node.ancestors() if not n.parents] for node in (copied, y)]
    assert leaves[0] == leaves[1]
    assert len(leaves[0]) == 4


# --- order -----------------------------------------------------------------------------------------


def test_shared_neurons_come_before_what_uses_them():
    """Every layer feeds every neuron of all later ones, in mixed order."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        nodes = [Value(v) for v in rng.normal(size=3)]
        reference = list(nodes)
        for _ in range(12):
            which = rng.integers(0, len(nodes), 4)
            name = rng.choice(["tanh", "sigmoid", "none"])
            name = None if name == "none" else str(name)
            xs = [nodes[i] for i in which]
            nodes.append(one_node(name, xs[0], xs[1:3], xs[2:4]))
        loss = nodes[-1] * nodes[-2]
        loss.backward()
        found = [v.grad for v in reference]
        loss.zero_grad()
        loss.backward(observe=lambda *factors: None)  # in the general order
        assert found == pytest.approx([v.grad for v in reference], rel=1e-12)


def test_a_sweep_that_was_interrupted_leaves_the_next_one_right():
    class Sore(Value):
        __slots__ = ("calm",)

        @property
        def grad(self):
            if not getattr(self, "calm", False):
                raise KeyboardInterrupt
            return 0.0

        @grad.setter
        def grad(self, value):
            pass

    x, sore = Value(2.0), Sore(3.0)
    y = (x * x) * 3
    z = y + sore * y
    with pytest.raises(KeyboardInterrupt):
        z.backward()
    x.grad, sore.calm = 0.0, True
    z.backward()
    assert x.grad == 4 * 3 * 2 * 2


# --- what is made ----------------------------------------------------------------------------------


def tracked(kind=object):
    return sum(1 for thing in gc.get_objects() if isinstance(thing, kind))


@pytest.fixture
def still():
    """No collection while things are counted."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


OPERATIONS = {
    "two values": (lambda x, y: x * y + x / y - x**y, 5),
    "functions": (lambda x, y: x.tanh().exp().relu(), 3),
    "numbers": (lambda x, y: 2 * x + 1, 4),  # and a constant each
}


@pytest.mark.parametrize(("program", "count"), OPERATIONS.values(), ids=list(OPERATIONS))
@pytest.mark.usefixtures("still")
def test_an_operation_makes_one_object_for_the_collector_to_look_at(program, count):
    x, y = Value(2.0), Value(3.0)
    program(x, y)
    before = tracked()
    kept = program(x, y)
    assert tracked() - before == count
    assert kept.op is not None


@pytest.mark.usefixtures("still")
def test_a_step_of_a_perceptron_makes_a_node_for_each_neuron():
    network = MLP(2, [16, 16, 1], activation="relu", output=None)
    data = [([0.1 * k, 1.0], 1.0) for k in range(5)]

    def step():
        losses = [(network([*map(Value, x)]) - target) ** 2 for x, target in data]
        loss = sum(losses)
        loss.backward()
        return loss

    step()
    before, all_before = tracked(Value), tracked()
    loss = step()
    each = 2 + 33 + 2 * 2 + 2  # inputs, neurons, difference and square with their numbers, sum with its 0
    assert tracked(Value) - before == 5 * each - 4  # only the first sum has a number
    layers = 3 * 3 * 5  # the inputs of a layer, their data, and the record of both
    neurons = 33 * 5  # the data of its weights
    assert tracked() - all_before <= 5 * each - 4 + layers + neurons
    del loss
    assert tracked(Value) == before
    assert gc.collect() == 0


# --- data that were changed ------------------------------------------------------------------------

PROGRAMS = {
    "product": lambda a, b: a * b,
    "quotient": lambda a, b: a / b + a,
    "neuron": lambda a, b: one_node("tanh", a, [b], [a]),
    "zero": lambda a, b: (a - a.data) * b,  # a change of b leaves the result at 0, but not the derivative
    "kink": lambda a, b: (a - 2).relu() * b,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=list(PROGRAMS))
@pytest.mark.parametrize("which", ["a leaf", "inside"])
def test_gradients_after_a_change_are_those_of_the_forward_pass(program, which):
    a, b = Value(1.5), Value(-0.5)
    y = program(a, b)
    y.backward()
    expected = [a.grad, b.grad]
    changed = b if which == "a leaf" else y.parents[0]
    changed.data = 7.0
    assert gradients(y, [a, b], create_graph=False) == expected
    a.grad = b.grad = 0.0
    y.backward()
    assert [a.grad, b.grad] == expected
    with pytest.raises(GraphError, match="were changed") as error:
        gradients(y, [a, b])
    assert "create_graph=False" in error.value.hint


def test_a_change_taken_back_is_none():
    a = Value(1.5, label="a")
    y = a * a
    a.data = 2.0
    with pytest.raises(GraphError):
        gradients(y, [a])
    a.data = 1.5
    assert gradients(y, [a])[0].data == 3.0
    y.data = 0.0
    with pytest.raises(GraphError, match=r"the data of Value\(data=0.0.* were changed"):
        gradients(y, [a])


def test_a_nan_inside_has_not_changed():
    x, v = Value(math.inf), Value(0.5)
    y = rows.strong_multiply(Value(0.0), x - x) + v
    (slope,) = gradients(y, [v])
    assert slope.data == 1.0


def test_a_neuron_that_is_off_at_infinity():
    for make in (one_node, by_the_rows):
        w, x = Value(2.0), Value(-math.inf)
        make("relu", Value(0.0), [w], [x]).backward()
        assert math.isnan(w.grad)  # 0 · inf: the weighted sum has gradient 0, its slope is infinite
        assert x.grad == 0.0
