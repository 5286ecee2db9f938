"""A run from a data set to a folder: what is learned from, what is measured, what is written."""

import csv
import json
import math
import tomllib

import numpy as np
import pytest

from whygrad.data import SETS
from whygrad.errors import DataError, SettingError, TrainingError
from whygrad.evaluation import metrics
from whygrad.nn import Sequential
from whygrad.runs import run
from whygrad.runs.settings import TrainSettings, from_toml
from whygrad.training import NeuralNetwork

QUICK = TrainSettings(epochs=3, layers=(8,))
FILES = {"settings.toml", "model.safetensors", "parameters.npy", "history.csv", "metrics.json"}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A quick run of every set, each in a folder of its own."""
    folder = tmp_path_factory.mktemp("runs")
    return {name: run.train(name, QUICK, folder / name) for name in SETS}


every_set = pytest.mark.parametrize("name", SETS)


@every_set
def test_figures_are_those_of_the_network(results, name):
    result = results[name]
    parts, network, figures = result.parts, result.network, result.figures
    metric = "r2" if result.problem.task == "regression" else "accuracy"
    for part, X, y in [
        ("test", parts.X_test, parts.y_test),
        ("train", parts.X_train, parts.y_train),
    ]:
        assert figures[part]["rows"] == len(y)
        assert figures[part][metric] == getattr(metrics, metric)(network.predict(X), y)
        scale = 1 if metric == "r2" else 100
        assert scale * figures[part][metric] == pytest.approx(network.evaluate(X, y), rel=1e-12)
    assert figures["train"]["loss"] == network.history[-1].loss
    assert (figures["data"], figures["task"]) == (name, result.problem.task)
    assert (figures["epochs"], figures["interrupted"]) == (3, False)
    assert figures["parameters"] == network.network.vector.size
    assert figures["seconds"] == network.history[-1].seconds > 0


@every_set
def test_the_files_are_written_and_can_be_read(results, name):
    result = results[name]
    assert {path.name for path in result.folder.iterdir()} == FILES
    settings = tomllib.loads((result.folder / "settings.toml").read_text())
    assert (settings["data"], settings["epochs"], settings["layers"]) == (name, 3, [8])
    assert from_toml(result.folder / "settings.toml") == (
        name,
        QUICK.model_copy(update={"weight_decay": 0.01}),
    )
    rows = list(csv.DictReader((result.folder / "history.csv").read_text().splitlines()))
    assert [float(row["loss"]) for row in rows] == result.network.history.loss
    assert [float(row[result.network.history.metric]) for row in rows] == result.network.history.score
    assert json.loads((result.folder / "metrics.json").read_text()) == result.figures
    assert np.array_equal(np.load(result.folder / "parameters.npy"), result.network.network.vector)


@every_set
def test_the_saved_network_has_the_figures_that_were_written(results, name):
    result = results[name]
    network = NeuralNetwork.load(result.folder / "model.safetensors")
    assert np.array_equal(network.predict(result.parts.X_test), result.network.predict(result.parts.X_test))
    metric = network.head.metric
    found = getattr(metrics, metric)(network.predict(result.parts.X_test), result.parts.y_test)
    assert found == result.figures["test"][metric]


@every_set
def test_test_rows_are_never_learned_from(name, monkeypatch):
    seen = []

    def watch(self, x, *arguments):
        seen.append(x.copy())
        return learn(self, x, *arguments)

    learn = Sequential.loss_and_gradient
    monkeypatch.setattr(Sequential, "loss_and_gradient", watch)
    result = run.train(name, TrainSettings(epochs=2, layers=(4,)))
    rows = result.network.scaling.undo(np.concatenate(seen)).round(6)
    learned = {row.tobytes() for row in rows + 0.0}
    test = {row.tobytes() for row in result.parts.X_test.round(6) + 0.0}
    twins = {row.tobytes() for row in result.parts.X_train.round(6) + 0.0} & test  # equal rows in both
    assert len(rows) == 2 * len(result.parts.X_train)
    assert not (learned & test) - twins
    assert len(twins) < 0.05 * len(test)
    assert np.allclose(result.network.scaling.mean, result.parts.X_train.mean(axis=0))


def test_the_same_settings_give_the_same_run(tmp_path):
    first, second = (run.train("moons", QUICK, tmp_path / name) for name in "ab")
    for name in ("settings.toml", "model.safetensors"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()
    assert first.figures["test"] == second.figures["test"]
    assert first.network.history.loss == second.network.history.loss


def test_another_seed_gives_another_run():
    first, second = (run.train("moons", TrainSettings(epochs=1, seed=seed)) for seed in (0, 1))
    assert not np.array_equal(np.sort(first.parts.X_train[:, 0]), np.sort(second.parts.X_train[:, 0]))
    assert not np.array_equal(first.network.network.vector, second.network.network.vector)
    splits = [run.prepare("iris", TrainSettings(seed=seed)).parts.X_test for seed in (0, 1)]
    assert not np.array_equal(*splits)


@pytest.mark.parametrize(("name", "accuracy"), [("moons", 0.94), ("wine", 0.92), ("iris", 0.9)])
def test_the_defaults_do_well(name, accuracy):
    assert run.train(name).figures["test"]["accuracy"] >= accuracy


# --- settings reach the network ----------------------------------------------------------------------
def test_settings_reach_the_network():
    settings = TrainSettings(
        layers=(7, 6),
        activation="tanh",
        loss="mse",
        optimizer="adam",
        l1=0.1,
        l2=0.2,
        dropout=0.3,
        dtype="float32",
    )
    network = run.prepare("iris", settings).network
    assert network.sizes == (4, 7, 6, 3)
    assert (network.activation, network.loss, network.optimizer) == ("tanh", "mse", "adam")
    assert (network.regularizer.l1, network.regularizer.l2, network.dropout) == (0.1, 0.2, 0.3)
    assert network.network.vector.dtype == np.float32
    assert run.prepare("iris", TrainSettings(weight_decay=0.5)).network.weight_decay == 0.5


@pytest.mark.parametrize(
    ("name", "layers", "sizes"),
    [
        ("iris", None, (4, 16, 16, 3)),
        ("moons", None, (2, 64, 64, 1)),
        ("diabetes", None, (10, 16, 16, 1)),
        ("digits", (), (64, 10)),
    ],
)
def test_sizes_follow_from_the_data(name, layers, sizes):
    assert run.prepare(name, TrainSettings(layers=layers)).network.sizes == sizes


def test_rows_and_noise_reach_the_data():
    prepared = run.prepare("xor", TrainSettings(samples=40, noise=0, test_size=0.5))
    assert (prepared.problem.rows, len(prepared.parts.X_test)) == (40, 20)
    assert set(prepared.parts.X_train.ravel()) == {0, 1}


def test_without_a_hidden_layer_it_is_a_linear_model():
    result = run.train("iris", TrainSettings(layers=()))
    assert result.figures["parameters"] == 15
    assert result.figures["test"]["accuracy"] > 0.7


# --- folders -----------------------------------------------------------------------------------------
def test_without_an_output_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run.train("iris", QUICK).folder is None
    assert not list(tmp_path.iterdir())


FAILING = [
    ({"schedule": "cosin"}, SettingError),
    ({"loss": "cross_entropi"}, SettingError),
    ({"clip": math.inf}, SettingError),
]


@pytest.mark.parametrize(("settings", "kind"), FAILING, ids=str)
@pytest.mark.parametrize("there", [False, True])
def test_a_run_that_fails_leaves_everything_as_it_was(settings, kind, there, tmp_path):
    if there:
        (tmp_path / "run").mkdir()
    with pytest.raises(kind):
        run.train("diabetes", TrainSettings(**{"epochs": 30, **settings}), tmp_path / "run")
    assert [path.name for path in tmp_path.rglob("*")] == ["run"] * there


@pytest.mark.parametrize("there", [False, True])
def test_a_run_whose_loss_is_lost_keeps_its_epochs(there, tmp_path):
    if there:
        (tmp_path / "run").mkdir()
    settings = TrainSettings(epochs=30, optimizer="sgd", activation="relu", learning_rate=50)
    with pytest.raises(TrainingError) as caught:
        run.train("diabetes", settings, tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "settings.toml",
        "history.csv",
        "metrics.json",
    }
    found = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert found["failed"] == str(caught.value)
    assert [trouble["name"] for trouble in found["troubles"]] == ["learning rate too high"]
    assert f"in epoch {len(read_history(tmp_path / 'run')) + 1}, batch" in str(caught.value)


def read_history(folder):
    """The rows of history.csv."""
    return list(csv.DictReader((folder / "history.csv").read_text().splitlines()))


def test_a_run_that_fails_after_training_can_be_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.setattr(NeuralNetwork, "save", lambda self, path: path / 0)
    with pytest.raises(TypeError):
        run.train("iris", QUICK, tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"settings.toml", "checkpoint.safetensors"}


def test_runs_are_numbered_where_no_folder_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prepared = run.prepare("iris", QUICK)
    for number in (1, 2):
        with run.run_folder(prepared, None) as folder:
            assert (tmp_path / folder) == tmp_path / "runs" / f"iris-{number}"
            assert from_toml(folder / "settings.toml") == ("iris", prepared.settings)
    assert (tmp_path / "runs" / "iris-2").is_dir()


@pytest.mark.parametrize("there", [(), ("runs",), ("deep",)], ids=str)
@pytest.mark.parametrize("output", [None, "deep/inside/run"])
def test_folders_made_for_a_run_that_never_began_are_removed(output, there, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in there:
        (tmp_path / name).mkdir()
    given = run.prepare("iris", QUICK), output and tmp_path / output
    with pytest.raises(MemoryError), run.run_folder(*given) as folder:
        raise MemoryError((folder / "settings.toml").read_text())
    assert tuple([path.name for path in tmp_path.rglob("*")]) == there


def test_a_folder_that_holds_something_is_refused_before_training(tmp_path, monkeypatch):
    (tmp_path / "notes").write_text("precious")
    monkeypatch.setattr(NeuralNetwork, "train", None)
    with pytest.raises(DataError, match="is not empty"):
        run.train("iris", QUICK, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]
