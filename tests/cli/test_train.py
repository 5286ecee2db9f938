"""``whygrad train``: what it prints and what it writes."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from whygrad.cli import main
from whygrad.data import load, split
from whygrad.evaluation import metrics
from whygrad.runs.settings import TrainSettings, from_toml
from whygrad.training import NeuralNetwork

FILES = {"settings.toml", "model.safetensors", "parameters.npy", "history.csv", "metrics.json"}


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def train(line):
    """Exit code of a quick run."""
    return main(["train", *line.split(), "--epochs", "3"])


def test_iris_ends_with_its_accuracy_and_its_folder(capsys):
    assert train("iris") == 0
    out, err = capsys.readouterr()
    folder = Path("runs/iris-1")
    found = json.loads((folder / "metrics.json").read_text())["test"]
    right = round(found["accuracy"] * 30)
    first, *_, last = out.splitlines()
    assert first.startswith(f"test accuracy {right / 0.3:.1f} % ({right} of 30 rows; 95 % interval ")
    assert "logistic regression on the same split: " in out
    assert last == "run folder: runs/iris-1"
    assert err.splitlines() == [
        "reading iris",
        "iris: 150 rows × 4 columns, 3 classes; 120 to learn from, 30 kept for the test",
        "y holds 3 classes: softmax output, cross-entropy loss",
        "to use it: whygrad predict runs/iris-1 FILE; to look again: whygrad show runs/iris-1",
    ]
    assert {path.name for path in folder.iterdir()} == FILES
    assert len(list(csv.reader((folder / "history.csv").read_text().splitlines()))) == 4
    assert from_toml(folder / "settings.toml") == (
        "iris",
        TrainSettings(epochs=3, layers=(16, 16), weight_decay=0.4),
    )


def test_numbers_to_predict_end_with_r2(capsys):
    assert train("diabetes") == 0
    out, err = capsys.readouterr()
    found = json.loads(Path("runs/diabetes-1/metrics.json").read_text())["test"]
    assert out.startswith(f"test R² {found['r2']:.3f} (89 rows; 95 % interval ")
    assert "ridge regression on the same split: " in out
    assert out.endswith("run folder: runs/diabetes-1\n")
    assert "442 rows × 10 columns, a number to predict; 353 to learn from, 89 kept" in err


def test_what_is_said_is_what_the_saved_network_does(capsys):
    assert train("wine --json --seed 4") == 0
    found = json.loads(capsys.readouterr().out)
    wine = load("wine")
    network, parts = NeuralNetwork.load("runs/wine-1/model.safetensors"), split(wine, seed=4)
    names = np.asarray(wine.class_names)[parts.y_test]
    assert metrics.accuracy(network.predict(parts.X_test), names) == found["test"]["accuracy"]


def test_cross_validation_is_told_and_kept(capsys):
    assert train("iris --folds 3") == 0
    out, err = capsys.readouterr()
    assert [line for line in err.splitlines() if line.startswith("fold")] == [
        "fold 1 of 3",
        "fold 2 of 3",
        "fold 3 of 3",
    ]
    folds = json.loads(Path("runs/iris-1/metrics.json").read_text())["summary"]["folds"]
    assert len(folds["scores"]) == 3
    assert f"3-fold cross-validation: mean {100 * folds['mean']:.1f} %" in out


def test_runs_are_numbered(capsys):
    for number in (1, 2, 3):
        assert train("xor --samples 20 --quiet") == 0
        assert capsys.readouterr().out.endswith(f"run folder: runs/xor-{number}\n")


@pytest.mark.parametrize("output", ["first", "deep/inside/first", "there"])
def test_the_folder_can_be_chosen(output, capsys):
    Path("there").mkdir()
    assert train(f"xor --samples 20 --output {output}") == 0
    assert capsys.readouterr().out.endswith(f"run folder: {output}\n")
    assert {path.name for path in Path(output).iterdir()} == FILES
    assert not Path("runs").exists()


def test_json_is_all_that_is_printed(capsys):
    assert train("iris --json") == 0
    out, err = capsys.readouterr()
    assert err == ""
    found = json.loads(out)
    assert found.pop("folder") == "runs/iris-1"
    assert found == json.loads(Path("runs/iris-1/metrics.json").read_text())
    assert set(found["test"]) == {"accuracy", "rows"}


@pytest.mark.parametrize("flag", ["--quiet", "-q"])
def test_quiet_prints_the_result_only(flag, capsys):
    assert train(f"iris {flag}") == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(r"test accuracy [^\n]*\nrun folder: runs/iris-1\n", out)
    assert err == ""


def test_every_setting_can_be_given(capsys):
    line = (
        "spirals --layers 12,6 --activation tanh --loss mse --optimizer adam --schedule constant "
        "--learning-rate 0.02 --batch-size 16 --l1 0.001 --l2 0.002 --dropout 0.1 --clip 2 --seed 5 "
        "--test-size 0.25 --samples 80 --noise 0.05 --dtype float32"
    )
    assert train(line) == 0
    assert capsys.readouterr().err.splitlines()[:-1] == [
        "reading spirals",
        "spirals: 80 rows × 2 columns, 2 classes; 60 to learn from, 20 kept for the test",
        "y holds two classes, 0, 1: sigmoid output, mean squared error loss",
    ]
    data, settings = from_toml(Path("runs/spirals-1/settings.toml"))
    assert data == "spirals"
    assert settings == TrainSettings(
        layers=(12, 6), activation="tanh", loss="mse", optimizer="adam", schedule="constant",
        learning_rate=0.02, batch_size=16, epochs=3, l1=0.001, l2=0.002, dropout=0.1, clip=2.0, seed=5,
        test_size=0.25, samples=80, noise=0.05, dtype="float32",
    )  # fmt: skip
    network = NeuralNetwork.load("runs/spirals-1/model.safetensors")
    assert network.sizes == (2, 12, 6, 1)
    assert (network.dtype.name, network.seed, network.dropout) == ("float32", 5, 0.1)


@pytest.mark.parametrize("layers", ["--layers 8,4", "--layers 8 --layers 4"])
def test_layers_can_be_written_in_many_ways(layers):
    assert train(f"iris {layers}") == 0
    assert NeuralNetwork.load("runs/iris-1/model.safetensors").sizes == (4, 8, 4, 3)


def test_the_same_command_writes_the_same_network():
    assert train("moons --output a") == train("moons --output b") == 0
    for name in ("model.safetensors", "settings.toml"):
        assert (Path("a") / name).read_bytes() == (Path("b") / name).read_bytes()


def test_the_name_of_a_set_is_as_the_list_has_it():
    assert train("Breast-Cancer") == 0
    assert Path("runs/breast_cancer-1").is_dir()
