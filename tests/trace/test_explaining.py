"""Why one gradient is what it is: the questions, special cases, and what is refused."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from whygrad import MLP, Tensor, Value, compile, explain, nn
from whygrad.errors import GraphError, KindError, SettingError, ShapeError
from whygrad.optim import Adam, GradientDescent
from whygrad.runs.step import StepSettings, open_session
from whygrad.trace import nudge, observe, observe_step
from whygrad.trace.weights import find_weight

X = np.array([[1.0, -1.0], [2.0, 1.0]])


def dense(*layers, x=X, y=((1.0,), (0.0,)), loss=None, **more):
    network = nn.Sequential(
        [nn.Dense(2, 2, rng=0), *layers, nn.Dense(2, len(y[0]) if np.ndim(y) > 1 else 2, rng=1)]
    )
    return network, lambda: observe_step(network, loss or nn.MeanSquaredError(), x, np.array(y), **more)


# --- the questions -----------------------------------------------------------------------------------
def test_the_same_network_is_explained_alike_as_values_and_as_layers():
    mlp = MLP(2, [3, 1], output=None, rng=random.Random(1))
    value_loss = (mlp([0.5, -1.0]) - 1.0) ** 2
    layers = nn.Sequential([nn.Dense(2, 3), nn.Tanh(), nn.Dense(3, 1)])
    for dense_layer, scalars in zip((layers.layers[0], layers.layers[2]), mlp.layers, strict=True):
        dense_layer.weights = np.transpose([[w.data for w in n.w] for n in scalars.neurons])
        dense_layer.bias = [n.b.data for n in scalars.neurons]
    trace = observe_step(layers, nn.SquaredError(), np.array([[0.5, -1.0]]), np.array([[1.0]]))
    scalar = explain(value_loss, mlp.layers[0].neurons[2].w[1])
    array = explain(trace, "W1", (1, 2))
    assert [f.name.lower() for f in scalar.factors] == [f.name.lower() for f in array.factors]
    for ours, theirs in zip(scalar.factors, array.factors, strict=True):
        assert math.isclose(ours.value, theirs.value, rel_tol=1e-12)
    assert math.isclose(scalar.gradient, array.gradient, rel_tol=1e-12)


def test_opening_goes_as_deep_as_is_wanted():
    trace = open_session().observe()
    closed = explain(trace, "W1", (0, 0), depth=0)
    assert not closed.care.opened
    assert closed.care.terms == ()
    once = explain(trace, "W1", (0, 0), depth=1).care
    assert once.opened
    assert not once.terms[0].through.opened
    term = explain(trace, "W1", (0, 0), depth=9).care.terms[0]
    while term.through.terms:
        term = term.through.terms[0]
    assert term.through.of.name == "L"


def test_the_running_sum_ends_at_the_gradient():
    network = nn.Sequential([nn.Dense(2, 2, rng=0), nn.Tanh(), nn.Dense(2, 5, rng=1)])
    trace = observe_step(network, nn.CrossEntropy(), X, np.array([0, 4]))
    care = explain(trace, "W1", (0, 0)).care
    assert len(care.running) == 5
    assert math.isclose(care.running[-1], care.value, rel_tol=1e-12)


def test_a_sample_can_be_chosen_and_the_largest_is_by_default():
    trace = open_session().observe()
    shares = [share.value for share in explain(trace, "W1", (1, 0)).shares]
    assert explain(trace, "W1", (1, 0)).sample == int(np.argmax(np.abs(shares)))
    assert explain(trace, "W1", (1, 0), sample=2).sample == 2
    with pytest.raises(ShapeError, match=r"there is no sample 4\n  expected: 0 to 3"):
        explain(trace, "W1", (1, 0), sample=4)
    with pytest.raises(SettingError, match="no samples"):
        explain(observe(Value(1.0, label="a") * 2.0), "a", sample=1)


def test_shares_are_means_of_what_each_sample_alone_would_give():
    session = open_session()
    x, y = session.x, session.targets
    network, loss = session.network.network, session.head.loss
    trace = observe_step(network, loss, x, y)
    found = explain(trace, "W1", (1, 1))
    alone = [observe_step(network, loss, x[n : n + 1], y[n : n + 1])["dW1"][1, 1] for n in range(4)]
    assert np.allclose([share.value * 4 for share in found.shares], alone, rtol=1e-12, atol=1e-15)
    assert math.isclose(float(np.mean(alone)), found.gradient, rel_tol=1e-12)


@pytest.mark.parametrize("how", ["python", "arrays"])
def test_a_compiled_program_is_explained_as_its_graph_is(how):
    mlp = MLP(2, [3, 1], rng=random.Random(2))
    rows = [([0.5, -1.0], 1.0), ([1.0, 0.25], -1.0), ([-0.5, 2.0], 0.5)]
    loss = sum([(mlp(row) - goal) ** 2 for row, goal in rows], Value(0.0))
    program = compile(loss, parameters=mlp.parameters(), how=how)
    weight = mlp.layers[0].neurons[1].w[0]
    for _ in range(3):
        program.step(0.05)
    found = explain(program, weight)
    fresh = sum([(mlp(row) - goal) ** 2 for row, goal in rows], Value(0.0))
    expected = explain(fresh, weight)
    assert found.value == weight.data == program[weight]
    assert math.isclose(found.gradient, expected.gradient, rel_tol=1e-12)
    assert math.isclose(found.gradient, program.gradient_of(weight), rel_tol=1e-12)
    assert [f.name for f in found.factors] == [f.name for f in expected.factors]
    assert found.check.agrees
    assert found.notes == (found.notes[0],)  # grad was read back with the numbers


# --- special cases -----------------------------------------------------------------------------------
def test_relu_at_exactly_zero():
    network, step = dense(nn.ReLU())
    network.layers[0].weights = [[1.0, 2.0], [1.0, -1.0]]
    found = explain(step(), "W1", (0, 0), sample=0)
    assert found.slope.value == 0
    assert any("z1[0] is exactly 0, the corner of relu" in note for note in found.notes)
    assert found.check.corner
    assert not found.check.agrees
    assert any("Nudging finds two slopes" in note for note in found.notes)


def test_softmax_with_cross_entropy_is_p_minus_y():
    _, step = dense(nn.Tanh(), y=(0, 1), loss=nn.CrossEntropy())
    found = explain(step(), "W2", (0, 1), sample=0)
    assert found.care.of.name == "z2[1]"
    local = found.care.terms[0].local
    assert local.names() == "(p[1] − [y = 1]) / 2"
    assert math.isclose(local.value, found.care.value)
    assert any("p − y" in note for note in found.notes)
    assert found.slope is None


def test_dropout_says_what_the_mask_did():
    _, step = dense(nn.Tanh(), nn.Dropout(0.5, rng=0))
    trace = step()
    mask = trace["m1"]
    for n, k in np.ndindex(2, 2):
        found = explain(trace, "W1", (0, k), sample=n)
        if mask[n, k] == 0:
            assert found.product == 0
            assert found.culprit.kind == "mask"
        else:
            assert any(
                f"Dropout kept a1[{k}] in this step, and scaled it by 2" in note for note in found.notes
            )


def test_a_weight_whose_gradient_is_zero_says_why():
    trace = open_session().observe()
    found = explain(trace, "W1", (0, 0), sample=0)
    assert found.product == 0
    assert found.culprit.formula == "x[0]"
    network, step = dense(nn.ReLU())
    network.layers[0].bias = [-50.0, -50.0]
    found = explain(step(), "W1", (0, 1))
    assert found.gradient == 0
    assert "because the activation is flat here" in found.notes[0]
    a, b = Value(2.0, label="a"), Value(0.0, label="b")
    assert "∂L/∂a = b is 0" in explain(a * b, a).notes[0]


def test_contributions_that_cancel_are_told_from_zeros():
    network = nn.Sequential([nn.Dense(1, 1, rng=0)])
    network.vector = [0.0, 0.0]
    trace = observe_step(network, nn.MeanSquaredError(), np.array([[1.0], [1.0]]), np.array([[1.0], [-1.0]]))
    found = explain(trace, "W1", (0, 0))
    assert found.gradient == 0
    assert "contributions cancel" in found.notes[0]


def test_a_value_used_often_adds_up():
    a = Value(2.0, label="a")
    found = explain(a * a * a + a, a)
    assert found.gradient == 13.0
    assert [share.value for share in found.shares] == [4.0, 4.0, 4.0, 1.0]
    assert any("a goes into 4 results" in note for note in found.notes)


def test_saturation_is_named():
    network, step = dense(nn.Tanh())
    network.layers[0].bias = [3.0, 0.0]
    found = explain(step(), "W1", (0, 0), sample=0)
    assert any("tanh is nearly flat" in note for note in found.notes)


def test_the_place_where_infinity_appears_is_named():
    network, step = dense(nn.ReLU(), x=np.abs(X))
    network.layers[0].weights = [[1e308, 2.0], [1e308, -1.0]]
    with np.errstate(all="ignore"):
        found = explain(step(), "W1", (0, 0))
    assert found.notes[0] == "inf appears first in z1[0,0] = x W1 + b1"


def test_gradients_that_are_not_there_yet_or_were_added_up():
    a = Value(2.0, label="a")
    loss = a * a
    assert "backward() has not been called" in explain(loss, a).notes[0]
    loss.backward()
    assert not any("backward()" in note or "grad holds" in note for note in explain(loss, a).notes)
    loss.backward()
    assert "grad holds 8" in explain(loss, a).notes[0]
    t = Tensor(np.array([[1.0, 2.0]]), label="t")
    assert "backward() has not been called" in explain((t * t).sum(), t, (0, 1)).notes[0]


def test_weights_after_an_update_belong_to_another_pass():
    a = Value(2.0, label="a")
    loss = (a * 3.0).tanh()
    loss.backward()
    a.data = 1.0
    with pytest.raises(GraphError, match="explain before the update, or compute the loss again"):
        explain(loss, a)


def test_the_update_is_part_of_the_explanation():
    _, step = dense(nn.Tanh(), optimizer=Adam(0.1))
    found = explain(step(), "b1", (1,))
    assert found.update.op == "adam"
    assert found.update.output.name == "b1 after"
    _, step = dense(nn.Tanh(), optimizer=GradientDescent(0.1), clip=1e-3)
    assert any("longer than the bound" in note for note in explain(step(), "b1", (1,)).notes)


# --- refused -----------------------------------------------------------------------------------------
def test_places_that_are_not_there_are_refused_with_those_that_are():
    trace = open_session().observe()
    with pytest.raises(ShapeError, match=r"W1 has no place 0, 2\n  expected: 0 to 1 and 0 to 1"):
        explain(trace, "W1", (0, 2))
    with pytest.raises(ShapeError, match="without an index"):
        explain(trace, "W1")
    with pytest.raises(SettingError, match="this step has no 'W9'"):
        explain(trace, "W9", (0, 0))
    with pytest.raises(GraphError, match="L does not depend on y"):
        explain(trace, "y", (0, 0))
    with pytest.raises(KindError, match="takes a node of the graph"):
        explain(Value(1.0) * 2.0, 3.0)
    with pytest.raises(GraphError, match="does not depend on this weight"):
        explain(Value(1.0) * 2.0, Value(1.0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1", "no weight"),
        ("1,2", "no weight"),
        ("1,0,x", "no weight"),
        ("1,0,0,0", "no weight"),
        ("", "no weight"),
        ("0,0,0", r"there is no layer 0\n  expected: 1 to 2"),
        ("3,0,0", r"there is no layer 3\n  expected: 1 to 2"),
        ("1,2,0", r"layer 1 has no input 2\n  expected: input 0 to 1"),
        ("1,0,-1", r"layer 1 has no output -1\n  expected: output 0 to 1"),
        ("2,b,1", r"layer 2 has no output 1\n  expected: output 0 to 0"),
    ],
)
def test_weights_that_are_not_there_are_refused(text, message):
    trace = open_session().observe()
    with pytest.raises((SettingError, ShapeError), match=message):
        find_weight(trace, text)


def test_weights_by_their_numbers():
    trace = open_session().observe()
    assert find_weight(trace, "1,0,1") == ("W1", (0, 1))
    assert find_weight(trace, " 2, b, 0 ") == ("b2", (0,))


def test_nudging_tells_a_wrong_gradient():
    trace = open_session().observe()
    right = nudge(trace, "W1", (0, 0))
    assert right.agrees
    assert not right.corner
    assert abs(right.estimate - trace["dW1"][0, 0]) < 1e-9
    assert right.below != right.above


def test_a_gradient_that_is_met_again_is_taken_apart_once():
    session = open_session("iris", StepSettings(layers=(6, 6, 6, 6)))
    found = explain(session.observe(), "W1", (0, 0), depth=100)
    written = found.to_json()["care"]
    assert len(str(written)) < 500_000
    again = written["terms"][1]["through"]["terms"][0]["through"]["terms"][0]["through"]
    assert again["terms"] == "as above"
    first = found.care.terms[0].through.terms[0].through.terms[0].through
    assert found.care.terms[1].through.terms[0].through.terms[0].through is first
