"""Traces of layers, values and tensors: what they hold, and that they cost nothing when off."""

from __future__ import annotations

import dataclasses
import json
import sys

import numpy as np
import pytest

from whygrad import MLP, Tensor, Value, nn
from whygrad.errors import DataError, GraphError, KindError, SettingError
from whygrad.optim import GradientDescent, Optimizer
from whygrad.trace import from_json, observe, observe_step


def network(seed=0):
    return nn.Sequential([nn.Dense(2, 3, rng=seed), nn.Tanh(), nn.Dense(3, 1, rng=seed + 1)])


X, Y = np.array([[0.5, -1.0], [2.0, 0.25], [1.0, 1.0]]), np.array([[1.0], [0.0], [0.5]])


# --- layers ------------------------------------------------------------------------------------------
def test_the_records_of_a_step_are_those_of_its_layers():
    given, loss = network(), nn.MeanSquaredError()
    trace = observe_step(given, loss, X, Y, optimizer=GradientDescent(0.1))
    assert [r.name for r in trace.forward] == ["z1", "a1", "z2"]
    assert [r.name for r in trace.loss] == ["L"]
    assert [r.name for r in trace.backward] == ["δ2", "dW2", "db2", "da1", "δ1", "dW1", "db1", "dx"]
    assert [r.name for r in trace.update] == ["W1 after", "b1 after", "W2 after", "b2 after"]
    assert trace["z1"] is not given.layers[0].z
    assert np.array_equal(trace["z1"], given.layers[0].z)
    assert np.array_equal(trace["δ1"], given.layers[0].delta)
    assert np.array_equal(trace["dW1"], given.layers[0].dW)
    assert np.array_equal(trace["W1 after"], given.layers[0].weights)
    assert np.array_equal(trace["W1"], network().layers[0].weights)
    activation = next(r for r in trace.backward if r.name == "δ1")
    assert np.array_equal(activation.upstream.data * activation.local.data, activation.output.data)
    assert activation.forward.name == "a1"
    assert trace.samples == 3
    assert trace.layers == 2


def test_an_observed_step_is_the_step_that_training_takes():
    ours, theirs, loss = network(), network(), nn.MeanSquaredError()
    observe_step(ours, loss, X, Y, optimizer=GradientDescent(0.1))
    theirs.loss_and_gradient(X, Y, loss)
    GradientDescent(0.1).step(theirs.vector, theirs.gradient)
    assert ours.vector.tobytes() == theirs.vector.tobytes()


def test_records_are_frozen_copies():
    given, loss = network(), nn.MeanSquaredError()
    trace = observe_step(given, loss, X, Y)
    before = {name: q.data.copy() for name, q in trace.quantities.items()}
    given.vector[...] = 7.0
    observe_step(given, loss, X + 1, Y)
    assert all(np.array_equal(trace[name], data) for name, data in before.items())
    with pytest.raises(ValueError, match="read-only"):
        trace["z1"][0, 0] = 1.0
    for frozen, field in ((trace, "records"), (trace.records[0], "op"), (trace.quantity("x"), "data")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(frozen, field, None)


def test_names_that_would_be_taken_get_a_prime():
    given = nn.Sequential([nn.Dense(2, 2, rng=0), nn.Tanh(), nn.ReLU(), nn.Dense(2, 1, rng=0)])
    trace = observe_step(given, nn.MeanSquaredError(), X, Y)
    assert [r.name for r in trace.forward] == ["z1", "a1", "a1′", "z2"]
    assert [r.formula for r in trace.forward][2] == "a1′ = max(a1, 0)"


def test_penalties_are_part_of_what_is_minimised():
    given = network()
    trace = observe_step(given, nn.MeanSquaredError(), X, Y, regularizer=nn.L1L2(0.1, 0.2))
    w = [trace["W1"], trace["W2"]]
    penalty = sum(0.1 * np.abs(a).sum() + 0.1 * (a * a).sum() for a in w)
    assert trace.root == "J"
    assert np.isclose(trace["J"], trace["L"] + penalty)
    parts = [trace[f"dW1 from {name}"] for name in ("z1", "L1(W1)", "L2(W1)")]
    assert np.allclose(sum(parts), trace["dW1"])
    assert np.array_equal(trace["dW1"], given.layers[0].dW)


def test_an_optimizer_of_ones_own_is_recorded_without_its_formula():
    class Sign(Optimizer):
        def _update(self, parameters, gradient, rate):
            parameters -= rate * np.sign(gradient)

    trace = observe_step(network(), nn.MeanSquaredError(), X, Y, optimizer=Sign(0.5))
    assert trace.update[0].formula == "W1 after = W1 − what Sign made of dW1"
    assert np.allclose(trace["W1 after"], trace["W1"] - 0.5 * np.sign(trace["dW1"]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_are_kept(dtype):
    given = nn.Sequential(
        [nn.Dense(2, 2, rng=0, dtype=dtype), nn.Sigmoid(), nn.Dense(2, 1, rng=0, dtype=dtype)]
    )
    trace = observe_step(given, nn.BinaryCrossEntropy(), X, np.round(Y), optimizer=GradientDescent(0.1))
    assert {q.data.dtype for q in trace.quantities.values()} == {np.dtype(dtype)}
    back = from_json(json.loads(json.dumps(trace.to_json())))
    assert all(back[name].tobytes() == q.data.tobytes() for name, q in trace.quantities.items())


def calls(function):
    """How often anything is called while the function runs, C functions included."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def test_a_step_that_is_not_observed_makes_the_same_calls_before_and_after_observing():
    given, loss = network(), nn.MeanSquaredError()

    def step():
        given.loss_and_gradient(X, Y, loss)

    def with_guards():
        given.backward(loss.backward(loss.forward(given.forward(X), Y) * 0 + 1.0))

    for run in (step, with_guards):
        for _ in range(3):  # the first steps lay out buffers
            run()
        before = calls(run)
        observe_step(given, loss, X, Y)
        for _ in range(3):
            run()
        assert calls(run) == before


def test_a_graph_that_is_not_observed_makes_the_same_calls_before_and_after_observing():
    def scalars():
        a, b = Value(2.0), Value(3.0)
        loss = (a * b + a).tanh()
        loss.backward()
        return loss

    def tensors():
        loss = (Tensor(X) * 2.0).sum()
        loss.backward()
        return loss

    for run in (scalars, tensors):
        run()
        before = calls(run)
        observe(run())
        assert calls(run) == before


# --- graphs ------------------------------------------------------------------------------------------
def test_a_graph_keeps_its_gradients_while_it_is_observed():
    a = Value(2.0, label="a")
    loss = a * a
    loss.backward()
    trace = observe(loss)
    assert (a.grad, loss.grad) == (4.0, 1.0)
    assert float(trace.gradients["a"].data) == 4.0
    fresh = Value(3.0, label="b")
    assert float(observe(fresh * fresh).gradients["b"].data) == 6.0
    assert fresh.grad == 0.0


def test_parts_of_neurons_have_the_names_of_textbooks():
    import random

    mlp = MLP(2, [2, 1], rng=random.Random(0))
    trace = observe((mlp([1.0, 2.0]) - 1.0) ** 2)
    names = [record.name for record in trace.forward]
    assert names == ["z1[1]", "a1[1]", "z1[0]", "a1[0]", "z2[0]", "a2[0]", "v1", "L"]
    assert trace.forward[2].formula == "z1[0] = b1[0] + w1[0,0] + w1[1,0]·2"
    assert [r.formula for r in trace.backward if r.name == "dw1[1,0]"] == ["dw1[1,0] = δ1[0]·2"]


def test_gradients_of_graphs_are_those_of_backward():
    rng = np.random.default_rng(0)
    w = Tensor(rng.normal(size=(2, 3)), label="w")
    loss = (((X @ w).tanh() + w.sum(axis=0)) ** 2)[1:].mean()
    trace = observe(loss)
    loss.backward()
    assert np.array_equal(trace.gradients["w"].data, w.grad)
    assert {r.name for r in trace.backward} >= {"dw from v1", "dw from v3"}
    text = json.dumps(trace.to_json(), allow_nan=False)
    assert np.isclose(from_json(json.loads(text)).result(), loss.item())


def test_data_that_changed_since_the_forward_pass_are_noticed():
    w = Value(2.0, label="w")
    loss = (w * 3.0) ** 2
    loss.backward()
    w.data -= 0.1 * w.grad
    with pytest.raises(GraphError, match="v1 no longer follows from w, 3: data have changed"):
        observe(loss)
    t = Tensor(np.array([1.0, 2.0]), label="t")
    total = (t * t).sum()
    t.data[0] = 5.0
    with pytest.raises(GraphError, match="changed"):
        observe(total)


def test_what_is_no_graph_is_refused():
    with pytest.raises(KindError, match=r"observe\(\) takes a Value or a Tensor"):
        observe(3.0)
    with pytest.raises(GraphError, match="nan appears first at"):
        observe(Value(-1.0).log() * 2.0)


def test_an_unknown_name_is_answered_with_near_ones():
    trace = observe(Value(2.0, label="weight") * 3.0)
    with pytest.raises(SettingError, match='did you mean "weight"'):
        trace["wieght"]
    assert "weight" in trace
    assert "wieght" not in trace


# --- files -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (3, "received: int"),
        ({}, "received: no format"),
        ({"format": "other"}, "received: other"),
        ({"format": "whygrad-trace-1"}, "damaged"),
    ],
)
def test_what_is_no_trace_is_refused(data, message):
    with pytest.raises(DataError, match=message):
        from_json(data)


def test_a_damaged_trace_is_refused():
    good = observe(Value(2.0, label="w") * 3.0).to_json()
    for path in (("records", 0, "inputs"), ("quantities", "w", "dtype"), ("quantities", "w", "data")):
        broken = json.loads(json.dumps(good))
        place = broken
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = "nonsense"
        with pytest.raises(DataError, match="damaged"):
            from_json(broken)


def test_numbers_without_a_place_in_json_come_back():
    given = network()
    given.layers[0].weights = [[1e308, 1.0, 1.0], [1e308, 1.0, 1.0]]
    with np.errstate(all="ignore"):
        trace = observe_step(given, nn.MeanSquaredError(), np.abs(X) + 1, Y)
    assert np.isinf(trace["z1"]).any()
    back = from_json(json.loads(json.dumps(trace.to_json(), allow_nan=False)))
    assert all(np.array_equal(back[n], q.data, equal_nan=True) for n, q in trace.quantities.items())
