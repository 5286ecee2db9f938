"""``--config``: settings from a file, flags over it, and a run's own settings that repeat it bit for bit."""

import json
from pathlib import Path

import numpy as np
import pytest

from whygrad.cli import main
from whygrad.runs.settings import TrainSettings, from_toml
from whygrad.training import NeuralNetwork

from .tables import houses, people, train, tree


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def config(*lines, name="how.toml"):
    Path(name).write_text("\n".join(lines), encoding="utf-8")
    return name


def run(*arguments):
    """The settings that a quiet run into ``run`` wrote down."""
    assert main(["train", *arguments, "--quiet", "--output", "run"]) == 0
    return from_toml(Path("run/settings.toml"))


def test_settings_and_data_come_from_the_file():
    data, settings = run(
        "--config", config('data = "xor"', "epochs = 3", "layers = [5]", 'activation = "tanh"')
    )
    assert data == "xor"
    assert settings == TrainSettings(epochs=3, layers=(5,), activation="tanh", weight_decay=0.01)
    assert NeuralNetwork.load("run/model.safetensors").sizes == (2, 5, 1)


def test_flags_count_more_than_the_file_and_the_file_more_than_defaults():
    name = config('data = "xor"', "epochs = 3", "seed = 7", "layers = [5]")
    data, settings = run("iris", "--config", name, "--epochs", "2", "--layers", "4,4")
    assert data == "iris"
    assert settings == TrainSettings(epochs=2, seed=7, layers=(4, 4), weight_decay=0.4)


def test_a_flag_that_says_the_default_counts_too():
    default = TrainSettings().learning_rate
    name = config('data = "xor"', "epochs = 2", f"learning_rate = {10 * default}", "fill = false")
    assert run("--config", name, "--learning-rate", str(default))[1].learning_rate == default


def test_a_file_may_name_no_data():
    assert run("sine", "--config", config("epochs = 2"))[0] == "sine"


def test_columns_and_flags_of_a_table_come_from_the_file():
    table = people()
    name = config("epochs = 2", f'data = "{table}"', 'target = "town"', 'ignore = ["member"]', "fill = true")
    data, settings = run("--config", name)
    assert data == str(Path(table).absolute())
    assert (settings.target, settings.ignore, settings.fill) == ("town", ("member",), True)
    assert json.loads(Path("run/metrics.json").read_text())["target"] == "town"


TO_REPEAT = {
    "set": lambda: ("wine", []),
    "drawn": lambda: ("spirals", ["--samples", "60", "--noise", "0.05", "--seed", "3", "--dtype", "float32"]),
    "table": lambda: (people(), ["--target", "town", "--ignore", "member", "--seed", "2"]),
    "numbers": lambda: (
        houses(),
        ["--text", "town", "--patience", "1", "--dropout", "0.2", "--batch-size", "7"],
    ),
    "folds": lambda: (people(), ["--folds", "2", "--optimizer", "sgd", "--l2", "0.01", "--layers", "6,5"]),
}


@pytest.mark.parametrize("name", TO_REPEAT)
def test_a_run_s_settings_repeat_it_bit_for_bit(name, tmp_path, monkeypatch):
    data, flags = TO_REPEAT[name]()
    train(data, "first", *flags)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["train", "--config", "../first/settings.toml", "--quiet", "--output", "second"]) == 0
    first, second = Path("../first"), Path("second")
    for file in ("settings.toml", "model.safetensors", "parameters.npy"):
        assert (first / file).read_bytes() == (second / file).read_bytes()
    found = [json.loads((folder / "metrics.json").read_text()) for folder in (first, second)]
    assert {**found[0], "seconds": 0} == {**found[1], "seconds": 0}
    assert without_seconds(first) == without_seconds(second)


def without_seconds(folder):
    """history.csv without how long it took."""
    rows = [line.split(",") for line in (folder / "history.csv").read_text().splitlines()]
    place = rows[0].index("seconds")
    return [row[:place] + row[place + 1 :] for row in rows]


def test_the_same_settings_with_another_seed_are_another_run():
    train("wine", "first")
    assert main(["train", "--config", "first/settings.toml", "-q", "--output", "second", "--seed", "1"]) == 0
    vectors = [np.load(Path(name) / "parameters.npy") for name in ("first", "second")]
    assert not np.array_equal(*vectors)


REFUSED = {
    ("epoch = 3",): "how.toml: unknown setting 'epoch'\n  hint: did you mean \"epochs\"?",
    ("epochs = 0",): "how.toml: epochs: input should be greater than or equal to 1\n  received: epochs = 0",
    ("epochs = ",): "cannot read settings from how.toml\n  received: Invalid value",
    ("data = 3",): "how.toml: data must be the name of a set, or a path\n  received: 3",
    (
        'format = "whygrad-run-9"',
    ): "another version of whygrad\n  expected: format whygrad-run-1\n  received: ",
    ("epochs = 2",): "there is nothing to learn from\n  expected: a file or the name of a data set",
    ('data = "iris"', "[epochs]", "n = 3"): "how.toml: epochs: input should be a valid integer",
    (f"epochs = {'9' * 5000}",): "cannot read settings from how.toml",
    (f"layers = {'[' * 5000}",): "cannot read settings from how.toml",
    ('data = "iris"', 'loss = "msee"'): "unknown loss 'msee'\n  hint: did you mean \"mse\"?",
    ('data = "gone.csv"',): "there is no file gone.csv",
    ('ignore = [["x"]]',): "how.toml: ignore: input should be a valid string",
}


@pytest.mark.parametrize("lines", REFUSED, ids=[message.split("\n")[0] for message in REFUSED.values()])
def test_a_file_that_cannot_work_is_refused(lines, capsys):
    name = config(*lines)
    before = tree()
    assert main(["train", "--config", name, "--quiet"]) == (1 if "gone.csv" in lines[0] else 2)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("whygrad: ")
    assert REFUSED[lines] in err
    assert tree() == before


@pytest.mark.parametrize(
    ("name", "reason"), [("none.toml", "No such file or directory"), (".", "Is a directory")]
)
def test_a_file_that_cannot_be_read_is_named(name, reason, capsys):
    assert main(["train", "iris", "--config", name]) == 2
    assert f"cannot read settings from {name}\n  received: {reason}\n" in capsys.readouterr().err
    assert tree() == {}


def test_a_relative_path_in_a_file_starts_from_here(tmp_path):
    (tmp_path / "deep").mkdir()
    houses("deep/houses.csv")
    name = config('data = "deep/houses.csv"', "epochs = 2", name="deep/how.toml")
    assert run("--config", name)[0] == str(tmp_path / "deep" / "houses.csv")
