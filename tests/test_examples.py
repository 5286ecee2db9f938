"""Each example runs in an empty folder, writes what its head says, and prints figures that are right."""

from __future__ import annotations

import ast
import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from whygrad.autodiff import TABLE
from whygrad.data import load

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs an example as a program in a folder of its own, and gives what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(name):
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        said = capsys.readouterr()
        assert said.err == ""
        return said.out

    yield run
    TABLE.pop("softsign", None)  # which one example adds


def number(pattern, text):
    """The one number that the pattern's group finds in a text."""
    (found,) = re.findall(pattern, text)
    return float(found.replace(",", ""))


def check_picture(name, width, height):
    """A picture of that shape, which is not all of one colour."""
    with Image.open(name) as image:
        assert image.width / image.height == pytest.approx(width / height, rel=0.1)
        assert image.width >= 800
        assert len(set(image.convert("RGB").resize((64, 64)).get_flattened_data())) > 20


def files():
    return sorted(path.name for path in Path.cwd().iterdir())


def test_every_example_is_listed_and_tested():
    index = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[(\w+)\.py\]\(\1\.py\)", index, re.MULTILINE)) == NAMES
    assert {f"test_{name}" for name in NAMES} <= set(globals())


@pytest.mark.parametrize("name", NAMES)
def test_it_is_short_says_what_it_does_and_uses_public_names_only(name):
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    assert 20 <= text.count("\n") <= 65
    tree = ast.parse(text)
    head = ast.get_docstring(tree)
    assert head is not None
    assert "rints" in head
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("whygrad"):
            package = __import__(node.module, fromlist=["__all__"])
            assert {alias.name for alias in node.names} <= set(package.__all__)
        assert not (isinstance(node, ast.Attribute) and re.match("_[^_]", node.attr))


@pytest.mark.slow
def test_train(run):
    said = run("train")
    assert number(r"moons: accuracy ([\d.]+) % of 120", said) > 93
    assert number(r"sine: R² ([\d.]+)", said) > 0.96
    assert 0.08 < number(r"typical error ([\d.]+);", said) < 0.13
    assert files() == ["classification_results.png", "training_results.png"]
    check_picture("classification_results.png", 3, 1)
    check_picture("training_results.png", 3, 1)


def test_demo(run):
    said = run("demo").replace("−", "-")
    # The same step, computed here from the weights it prints (rounded to four digits there).
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    update = said[said.index("W1 after") :]
    rows = {
        name: [float(part) for part in numbers.split()]
        for name, numbers in re.findall(r"^ +([Wb][12]\[[\d,]+\]) +(.+)$", update, re.MULTILINE)
    }
    assert len(rows) == 9
    W1 = np.array([[rows[f"W1[{i},{j}]"][0] for j in range(2)] for i in range(2)])
    W2 = np.array([[rows[f"W2[{i},0]"][0]] for i in range(2)])
    a1 = np.tanh(X @ W1)
    p = 1 / (1 + np.exp(-a1 @ W2))
    delta2 = (p - y) / 4
    delta1 = delta2 @ W2.T * (1 - a1**2)
    gradients = {"W1": X.T @ delta1, "b1": delta1.sum(axis=0), "W2": a1.T @ delta2, "b2": delta2.sum(axis=0)}
    for name, (before, gradient, after) in rows.items():
        place = tuple(int(k) for k in re.findall(r"\d+", name[2:]))
        assert gradient == pytest.approx(gradients[name[:2]][place], rel=2e-3, abs=2e-5), name
        assert after == pytest.approx(before - 0.5 * gradient, rel=1e-3, abs=1e-4), name
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    first = number(r"loss before the step ([\d.]+),", said)
    second = number(r"after it ([\d.]+)\n", said)
    assert first == pytest.approx(loss, abs=2e-4)
    assert second < first
    for every in ("z1[3,1] =", "a1[3,1] =", "z2[3,0] =", "p[3,0] =", "δ2[3,0] =", "da1[3,1] =", "δ1[3,1] ="):
        assert every in said
    probabilities = [float(p) for p in re.findall(r"the probability ([\d.]+)", said)]
    assert np.round(probabilities).tolist() == [0, 1, 1, 0]
    assert files() == []


@pytest.mark.slow
def test_visualize(run):
    said = run("visualize")
    assert number(r"the first layer is ([\d.]+)%", said) < 20
    names = ["activation_functions", "gradient_flow", "loss_landscape", "network_architecture"]
    assert files() == [f"{name}.png" for name in names]
    for name, shape in zip(names, [(2, 1), (3.3, 1), (2.3, 1), (1.6, 1)], strict=True):
        assert f"{name}.png: " in said
        check_picture(f"{name}.png", *shape)
    assert "Network 2 → 6 → 6 → 6 → 1" in said
    assert number(r"its loss goes from [\d.]+ to ([\d.]+)\.", said) < 0.2


def test_xor(run):
    said = run("xor")
    losses = [float(loss) for loss in re.findall(r"epoch +\d+: loss ([\d.]+)", said)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.01
    found = re.findall(r"^(\d) xor (\d): .*: ([\d.]+)$", said, re.MULTILINE)
    assert [(int(a) ^ int(b)) == (float(p) > 0.9) for a, b, p in found] == [True] * 4
    assert "predicted [0 1 1 0] accuracy 100.0 %" in said


def test_sine(run):
    said = run("sine")
    data = load("sine", noise=0.0)
    x, t = data.X[:, 0], data.y
    line = np.corrcoef(x, t)[0, 1] ** 2  # no line through these points does better
    assert number(r"identity: R² ([\d.]+)", said) < line + 0.05
    assert number(r"tanh +: R² ([\d.]+)", said) > 0.999
    table = np.array([line.split() for line in said.splitlines()[-5:]], float)
    assert np.abs(table[:, 1] - np.sin(table[:, 0])).max() < 1e-3
    assert np.abs(table[:, 3] - table[:, 1]).max() < 0.05


def test_digits(run):
    said = run("digits")
    share, low, high = (
        number(pattern, said)
        for pattern in (r"accuracy ([\d.]+) ", r"interval ([\d.]+) to", r" to ([\d.]+) \(95")
    )
    right, rows = number(r"\((\d+) of 360\)", said), 360
    assert share == pytest.approx(right / rows, abs=5e-4)
    assert low < share < high
    assert share > 0.94
    assert number(r"kept the weights of epoch (\d+)", said) < number(r"stopped after epoch (\d+)", said)
    assert "the saved network says the same: True" in said
    assert files() == ["digits.safetensors"]


def test_own_csv(run):
    said = run("own_csv")
    network = number(r"on 80 flats .*: ([\d.]+)", said)
    assert network > 0.98
    assert network > number(r"ridge regression on the same: ([\d.]+)", said)
    assert number(r"in Oslo: ([\d,]+)", said) == pytest.approx(50 * 22 + 120, rel=0.05)
    assert number(r"in Tromsø: ([\d,]+)", said) == pytest.approx(50 * 11 + 120, rel=0.05)
    assert files() == ["flats.csv"]


def test_own_layer(run):
    said = run("own_layer")
    assert "Forgetful: WRONG x" in said
    assert "Softsign:  ok    x" in said
    assert number(r"after 500 steps: ([\d.]+)", said) < 0.2 < number(r"after 0 steps: ([\d.]+)", said)
    assert "same loss and gradient: True" in said


@pytest.mark.slow
def test_own_loss(run):
    said = run("own_loss")
    assert said.startswith("ok    predictions")
    for q in (0.1, 0.5, 0.9):
        assert number(rf"q = {q}: .* ([\d.]+)% of the targets", said) == pytest.approx(100 * q, abs=3)
