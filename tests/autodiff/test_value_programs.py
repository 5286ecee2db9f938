"""Programs people have, with only the import replaced: micrograd's demonstration and a small GPT.

Each is run once with ``Value`` and once with an engine that was written independently.
"""

import math
import random

import pytest

from whygrad import Value

from .scalar_reference import Reference


def agree(program):
    expected, actual = program(Reference), program(Value)
    assert len(actual) == len(expected)
    scale = max(abs(number) for number in expected)
    assert all(math.isfinite(number) for number in actual)
    assert max(abs(a - e) for a, e in zip(actual, expected, strict=True)) <= 1e-12 * scale


# --- micrograd: two moons, a perceptron of neurons made of values ----------------------------------


def moons(rng, n):
    """Points on two half circles, labelled -1 and 1."""
    points, labels = [], []
    for k in range(n):
        angle, upper = math.pi * rng.random(), k % 2
        x, y = math.cos(angle), math.sin(angle)
        points.append([x, y] if upper else [1 - x, 0.5 - y])
        labels.append(1 if upper else -1)
    return points, labels


def make_classes(engine, rng):
    class Module:
        def zero_grad(self):
            for p in self.parameters():
                p.grad = 0

    class Neuron(Module):
        def __init__(self, nin, nonlin=True):
            self.w = [engine(rng.uniform(-1, 1)) for _ in range(nin)]
            self.b = engine(0)
            self.nonlin = nonlin

        def __call__(self, x):
            act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
            return act.relu() if self.nonlin else act

        def parameters(self):
            return [*self.w, self.b]

    class Layer(Module):
        def __init__(self, nin, nout, **kwargs):
            self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

        def __call__(self, x):
            out = [n(x) for n in self.neurons]
            return out[0] if len(out) == 1 else out

        def parameters(self):
            return [p for n in self.neurons for p in n.parameters()]

    class MLP(Module):
        def __init__(self, nin, nouts):
            sz = [nin, *nouts]
            self.layers = [Layer(sz[i], sz[i + 1], nonlin=i != len(nouts) - 1) for i in range(len(nouts))]

        def __call__(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

        def parameters(self):
            return [p for layer in self.layers for p in layer.parameters()]

    return MLP


def micrograd(engine):
    """Hinge loss with a penalty, plain descent: every loss, then every parameter."""
    rng = random.Random(1337)
    model = make_classes(engine, rng)(2, [6, 6, 1])
    points, labels = moons(rng, 16)
    history = []
    for k in range(8):
        inputs = [list(map(engine, row)) for row in points]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(labels, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = 1e-4 * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        history.append(total_loss.data)
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= 0.1 * learning_rate * p.grad
    assert history[-1] < 0.8 * history[0]
    return history + [p.data for p in model.parameters()]


# --- a GPT of one layer: embeddings, attention, rmsnorm, Adam --------------------------------------


VOCABULARY, WIDTH, HEADS, LENGTH = 5, 4, 2, 4


def linear(x, w):
    return [sum(wi * xi for wi, xi in zip(row, x, strict=True)) for row in w]


def softmax(logits):
    highest = max(value.data for value in logits)
    exps = [(value - highest).exp() for value in logits]
    total = sum(exps)
    return [e / total for e in exps]


def rmsnorm(x):
    scale = (sum(xi * xi for xi in x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def attend(q, keys, values):
    size, out = WIDTH // HEADS, []
    for h in range(HEADS):
        part = slice(h * size, (h + 1) * size)
        scores = [sum(a * b for a, b in zip(q[part], k[part], strict=True)) / size**0.5 for k in keys]
        weights = softmax(scores)
        out += [sum(w * v[part][j] for w, v in zip(weights, values, strict=True)) for j in range(size)]
    return out


def gpt(state, token, position, keys, values):
    x = [t + p for t, p in zip(state["wte"][token], state["wpe"][position], strict=True)]
    x = rmsnorm(x)
    residual, x = x, rmsnorm(x)
    q, k, v = (linear(x, state[name]) for name in ("wq", "wk", "wv"))
    keys.append(k)
    values.append(v)
    x = [a + b for a, b in zip(linear(attend(q, keys, values), state["wo"]), residual, strict=True)]
    residual, x = x, rmsnorm(x)
    x = [h.relu() ** 2 for h in linear(x, state["fc1"])]
    x = [a + b for a, b in zip(linear(x, state["fc2"]), residual, strict=True)]
    return linear(x, state["lm_head"])


def microgpt(engine):
    """Every loss of four steps of Adam, then every parameter."""
    rng = random.Random(42)

    def matrix(nout, nin):
        return [[engine(rng.gauss(0, 0.5)) for _ in range(nin)] for _ in range(nout)]

    state = {"wte": matrix(VOCABULARY, WIDTH), "wpe": matrix(LENGTH, WIDTH)}
    state |= {name: matrix(WIDTH, WIDTH) for name in ("wq", "wk", "wv", "wo")}
    state |= {"fc1": matrix(2 * WIDTH, WIDTH), "fc2": matrix(WIDTH, 2 * WIDTH)}
    state["lm_head"] = matrix(VOCABULARY, WIDTH)
    params = [p for mat in state.values() for row in mat for p in row]
    learning_rate, beta1, beta2, eps = 0.05, 0.9, 0.95, 1e-8
    m, v = [0.0] * len(params), [0.0] * len(params)
    history = []
    for step in range(4):
        tokens = [0, 3, 1, 4, 0]
        keys, values, losses = [], [], []
        for position in range(LENGTH):
            probs = softmax(gpt(state, tokens[position], position, keys, values))
            losses.append(-probs[tokens[position + 1]].log())
        loss = (1 / LENGTH) * sum(losses)
        loss.backward()
        history.append(loss.data)
        for i, p in enumerate(params):
            m[i] = beta1 * m[i] + (1 - beta1) * p.grad
            v[i] = beta2 * v[i] + (1 - beta2) * p.grad**2
            m_hat, v_hat = m[i] / (1 - beta1 ** (step + 1)), v[i] / (1 - beta2 ** (step + 1))
            p.data -= learning_rate * m_hat / (v_hat**0.5 + eps)
            p.grad = 0
    assert history[-1] < history[0]
    return history + [p.data for p in params]


@pytest.mark.parametrize("program", [micrograd, microgpt])
def test_a_program_gives_the_same_numbers(program):
    agree(program)


def test_the_lecture_neuron():
    """tanh written out in exponentials gives the same gradients as tanh."""

    def gradients(squash):
        x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
        w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
        b = Value(6.8813735870195432, label="b")
        o = squash(x1 * w1 + x2 * w2 + b)
        o.backward()
        return [round(v.grad, 12) for v in (x1, w1, x2, w2)]

    def written_out(n):
        e = (2 * n).exp()
        return (e - 1) / (e + 1)

    assert gradients(Value.tanh) == gradients(written_out) == [-1.5, 1.0, 0.5, 0.0]
