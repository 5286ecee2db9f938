"""A run folder read back: its state in each stage of a run, and rows for its network."""

import json

import numpy as np
import pytest

from whygrad.data import load
from whygrad.errors import DataError, TrainingError
from whygrad.runs import run
from whygrad.runs.overview import overview
from whygrad.runs.saved_run import SavedRun, open_run, own_test_rows, read_rows, same_data
from whygrad.runs.settings import TrainSettings
from whygrad.training import NeuralNetwork

QUICK = TrainSettings(epochs=2, layers=(4,))


@pytest.fixture
def finished(tmp_path):
    """A finished run of iris."""
    return run.train("iris", QUICK, tmp_path / "run")


def broken_off(folder, at):
    """A run that ended without more than a Ctrl-C, in this function."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, at, press)
        with pytest.raises(KeyboardInterrupt):
            run.train("iris", QUICK, folder)


def press(*arguments):
    raise KeyboardInterrupt


# --- states ------------------------------------------------------------------------------------------
def test_a_finished_run(finished):
    saved = open_run(finished.folder)
    assert (saved.state, saved.failed, saved.resumable) == ("finished", None, False)
    assert (saved.data, saved.settings) == ("iris", QUICK.model_copy(update={"weight_decay": 0.01}))
    assert saved.figures == finished.figures
    assert np.array_equal(saved.network().network.vector, finished.network.network.vector)
    assert saved.network().encoding.feature_names == load("iris").feature_names


def test_a_run_that_was_killed_can_be_gone_on_with(tmp_path):
    broken_off(tmp_path / "run", "write_network")
    saved = open_run(tmp_path / "run")
    assert (saved.state, saved.figures, saved.resumable) == ("not finished", None, True)
    with pytest.raises(
        DataError, match=f"no trained network\n.*not finished\n  hint: whygrad train --resume {tmp_path}"
    ):
        saved.network()
    assert overview(saved)[-1] == f"to go on: whygrad train --resume {tmp_path / 'run'}"


def test_a_run_that_was_killed_while_writing_is_not_finished(tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NeuralNetwork, "save_parameters", press)
        with pytest.raises(KeyboardInterrupt):
            run.train("iris", QUICK, tmp_path / "run")
    saved = open_run(tmp_path / "run")
    assert (saved.state, saved.resumable) == ("not finished", True)
    assert saved.network().sizes == (4, 4, 3)


def test_a_run_of_settings_alone_never_began(tmp_path):
    prepared = run.prepare("iris", QUICK)
    with run.run_folder(prepared, tmp_path / "run"):
        saved = open_run(tmp_path / "run")
    assert (saved.state, saved.resumable) == ("ended before its first step", False)
    with pytest.raises(DataError, match=r"no trained network(.|\n)*train again"):
        saved.network()
    assert len(overview(saved)) == 3


def test_a_run_that_failed(tmp_path):
    settings = TrainSettings(epochs=9, optimizer="sgd", activation="relu", learning_rate=50)
    with pytest.raises(TrainingError) as caught:
        run.train("diabetes", settings, tmp_path / "run")
    saved = open_run(tmp_path / "run")
    assert (saved.failed, saved.resumable) == (str(caught.value), False)
    assert saved.state == f"failed: {caught.value.problem}"
    with pytest.raises(DataError, match="no trained network\n  received: failed: the loss became"):
        saved.network()


def test_an_interrupted_run(finished):
    path = finished.folder / "metrics.json"
    path.write_text(json.dumps({**finished.figures, "interrupted": True, "epochs": 1}))
    assert open_run(finished.folder).state == "stopped by Ctrl-C in epoch 1 of 2"


def test_a_target_called_failed_is_no_failure(tmp_path):
    lines = [f"{k},{('failed', 'passed')[k % 2]}" for k in range(20)]
    (tmp_path / "t.csv").write_text("\n".join(["x,failed", *lines, ""]))
    run.train(str(tmp_path / "t.csv"), QUICK, tmp_path / "run")
    saved = open_run(tmp_path / "run")
    assert (saved.state, saved.figures["target"]) == ("finished", "failed")


# --- what is no run ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "received"),
    [("none", "no such folder"), ("file", "a file"), ("folder", "a folder without settings.toml")],
)
def test_what_is_no_run_is_refused(name, received, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match=f"{name} is not a run\n  expected: .*\n  received: {received}"):
        open_run(tmp_path / name)


FIGURES = {
    "": "EOF while parsing",
    "{": "EOF while parsing",
    "[]": "Input should be a valid dictionary",
    "{}": "target: Field required",
    "[" * 10**5: "recursion limit exceeded",
    "\xff": "expected value",
    '{"failed": 5}': "failed: Input should be a valid string",
    '{"failed": null}': "failed: Input should be a valid string",
}


@pytest.mark.parametrize("content", FIGURES, ids=FIGURES.values())
def test_figures_that_are_none_are_refused(content, finished):
    (finished.folder / "metrics.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(DataError, match=r"metrics.json is damaged") as caught:
        open_run(finished.folder)
    assert FIGURES[content] in caught.value.received


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", "3"), ("epochs", 2.5), ("test", {"accuracy": "high"}), ("train", []), ("seconds", None)],
)
def test_a_figure_of_another_kind_is_named(name, value, finished):
    (finished.folder / "metrics.json").write_text(json.dumps({**finished.figures, name: value}))
    with pytest.raises(DataError, match=r"metrics.json is damaged") as caught:
        open_run(finished.folder)
    assert caught.value.received.startswith(name)


@pytest.mark.parametrize("name", ["target", "epochs", "seconds", "test", "train", "digest", "parameters"])
def test_a_figure_that_is_missing_is_named(name, finished):
    found = {key: value for key, value in finished.figures.items() if key != name}
    (finished.folder / "metrics.json").write_text(json.dumps(found))
    with pytest.raises(DataError, match=f"metrics.json is damaged\n  received: {name}: Field required"):
        open_run(finished.folder)


def test_a_network_of_another_run_is_refused(finished, tmp_path):
    other = run.train("wine", QUICK, tmp_path / "other")
    other.network.save(finished.folder / "model.safetensors")
    with pytest.raises(DataError, match="is not the network of this run\n  expected: 35 parameters"):
        open_run(finished.folder).network()


# --- rows for a network ------------------------------------------------------------------------------
def test_the_run_s_own_test_rows(finished):
    saved = open_run(finished.folder)
    rows = own_test_rows(saved, saved.network())
    assert np.array_equal(rows.X, finished.parts.X_test)
    assert np.array_equal(rows.y, finished.parts.y_test)
    assert (rows.name, rows.unused) == ("iris, the test rows", ())


def test_other_settings_would_be_other_test_rows(finished):
    saved = open_run(finished.folder)
    other = SavedRun(saved.folder, "iris", TrainSettings(seed=1), saved.figures, False)
    with pytest.raises(DataError, match=r"iris is not what it was when .* learned from it"):
        own_test_rows(other, saved.network())


def test_a_set_is_rows_with_targets(finished):
    rows = read_rows("iris", finished.network, QUICK, with_target=True)
    assert (rows.X.shape, rows.y[0], rows.name) == ((150, 4), "setosa", "iris")
    with pytest.raises(DataError, match="iris is a data set, not a file"):
        read_rows("iris", finished.network, QUICK, with_target=False)


def test_a_network_that_was_not_trained_from_columns_takes_no_table(tmp_path):
    with pytest.raises(DataError, match="not trained from a table"):
        read_rows(str(tmp_path / "t.csv"), NeuralNetwork([2, 1]), QUICK, with_target=False)


TARGETS = {
    "n: row 2, column 'kind', holds a class that the network does not know\n  expected: one of a, b\n"
    "  received: 'c', and others in 1 more rows\n": "1,a\n2,c\n3,d\n",
    "n: the target 'kind' is missing in row 1": "1,\n2,a\n",
    "the table has no column 'kind', which is what the network predicts": None,
}


@pytest.mark.parametrize("message", TARGETS, ids=[message.split("\n")[0] for message in TARGETS])
def test_targets_that_cannot_be_compared_with_are_refused(message, tmp_path):
    lines = [f"{k},{'ab'[k % 2]}" for k in range(20)]
    (tmp_path / "t.csv").write_text("\n".join(["x,kind", *lines, ""]))
    network = run.train(str(tmp_path / "t.csv"), QUICK).network
    content = TARGETS[message]
    (tmp_path / "n.csv").write_text("x,other\n1,2\n" if content is None else f"x,kind\n{content}")
    with pytest.raises(DataError) as caught:
        read_rows(str(tmp_path / "n.csv"), network, QUICK, with_target=True)
    assert message in str(caught.value)
    assert str(caught.value).count("n: ") == 1


def test_text_where_numbers_were_is_named(tmp_path):
    lines = [f"{k},{k / 3:.2f}" for k in range(20)]
    (tmp_path / "t.csv").write_text("\n".join(["x,y", *lines, ""]))
    network = run.train(str(tmp_path / "t.csv"), QUICK).network
    (tmp_path / "n.csv").write_text("x,y\n1,low\n2,high\n")
    with pytest.raises(
        DataError, match=r"n: column 'y' holds text\n  expected: numbers, as in training\n.*'low'"
    ):
        read_rows(str(tmp_path / "n.csv"), network, QUICK, with_target=True)


@pytest.mark.parametrize(
    ("data", "learned", "same"),
    [
        ("iris", "iris", True),
        ("Breast-Cancer", "breast_cancer", True),
        ("iris", "wine", False),
        ("t.csv", "iris", False),
        ("t.csv", "{here}/t.csv", True),
        ("../{name}/t.csv", "{here}/t.csv", True),
        ("u.csv", "{here}/t.csv", False),
    ],
)
def test_what_names_the_same_data(data, learned, same, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert same_data(data.format(name=tmp_path.name), learned.format(here=tmp_path)) == same
