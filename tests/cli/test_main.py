"""The command line as a whole: exit codes, help, and what is said of a command that cannot be."""

import json
from pathlib import Path

import pytest

from whygrad.cli import main
from whygrad.data import SETS
from whygrad.runs import run
from whygrad.runs.settings import TrainSettings


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")


def files():
    """Every file below the current folder, and every folder but ``runs`` itself."""
    return sorted({str(path) for path in Path().rglob("*")} - {"runs"})


# --- help --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_without_a_command_the_commands_are_listed(arguments, capsys):
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Usage: whygrad COMMAND")
    assert "train" in out
    assert "data" in out
    assert err == ""


def test_help_of_train_describes_every_setting(capsys):
    assert main(["train", "--help"]) == 0
    out = capsys.readouterr().out
    assert "whygrad train" in out
    words = " ".join(out.replace("│", " ").split())
    assert "[default: silu]" in words
    assert "[default: ]" not in words
    for name, field in TrainSettings.model_fields.items():
        assert f"--{name.replace('_', '-')}" in words
        assert field.description.split(",")[0].split(":")[0] in words


def test_help_of_data(capsys):
    assert main(["data", "--help"]) == 0
    assert "List the data sets that train knows." in capsys.readouterr().out


def test_version_is_that_of_the_package(capsys):
    from importlib.metadata import version

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == version("whygrad") + "\n"


# --- data --------------------------------------------------------------------------------------------
def test_data_lists_every_set(capsys):
    assert main(["data"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(SETS)
    assert all(source.about in line for line, source in zip(lines, SETS.values(), strict=True))
    assert "1000 rows drawn, noise 0.2" in next(line for line in lines if line.startswith("moons"))
    assert "drawn" not in next(line for line in lines if line.startswith("iris"))


def test_data_as_json(capsys):
    assert main(["data", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {name: source.about for name, source in SETS.items()}


# --- what cannot be ----------------------------------------------------------------------------------
WRONG = {
    "train": "there is nothing to learn from\n  expected: a file or the name of a data set",
    "trian iris": 'Did you mean "train"?',
    "--foo": 'Unknown command "--foo"',
    "data extra": "Unused Tokens",
    "train iriss": "'iriss' is neither a data set nor a file\n  hint: did you mean \"iris\"?",
    "train iris wine": "Unused Tokens",
    "train iris --foo 3": "Unknown option: --foo",
    "train iris --epochs": "requires an argument",
    "train iris --epochs 0": "epochs: input should be greater than or equal to 1\n  received: epochs = '0'",
    "train iris --epochs 2.5": "epochs: input should be a valid integer",
    "train iris --epochs many": "epochs: input should be a valid integer",
    "train iris --learning-rate 0": "learning_rate: input should be greater than 0",
    "train iris --learning-rate -1": "learning_rate: input should be greater than 0",
    "train iris --learning-rate nan": "learning_rate: input should be greater than 0",
    "train iris --learning-rate inf": "learning_rate must be a finite number above 0",
    "train iris --learning-rate fast": "learning_rate: input should be a valid number",
    "train iris --batch-size 0": "batch_size: input should be greater than or equal to 1",
    "train iris --layers 8,y": "layers: input should be a valid integer",
    "train iris --layers 0": "layers: input should be greater than or equal to 1",
    "train iris --l1 -1": "l1: input should be greater than or equal to 0",
    "train iris --dropout 1": "dropout: input should be less than 1",
    "train iris --clip inf": "clip must be a finite number above 0",
    "train iris --test-size 1.5": "test_size: input should be less than 1",
    "train iris --test-size 0.001": "test_size 0.001 leaves too few rows",
    "train iris --seed -1": "seed: input should be greater than or equal to 0",
    "train moons --seed 4294967296": "seed: input should be less than or equal to 4294967295",
    "train iris --samples 100": "iris is a fixed table: samples cannot be chosen",
    "train iris --noise 0.1": "iris is a fixed table: noise cannot be chosen",
    "train moons --samples 3": "samples: input should be greater than or equal to 4",
    "train moons --noise -1": "noise: input should be greater than or equal to 0",
    "train iris --activation rleu": "unknown activation 'rleu'\n  hint: did you mean \"relu\"?",
    "train iris --loss msee": "unknown loss 'msee'\n  hint: did you mean \"mse\"?",
    "train iris --loss hinges": "unknown loss 'hinges'\n  hint: did you mean \"hinge\"?",
    "train moons --loss cross_entropy": "CrossEntropy() needs an output for each class",
    "train diabetes --loss hinge": "Hinge() is for classes",
    "train iris --optimizer adma": 'unknown optimizer "adma"\n  hint: did you mean "adam"?',
    "train iris --optimizer sgd --weight-decay 0.1": 'optimizer "sgd" has no setting "weight_decay"',
    "train iris --schedule cosin": 'unknown schedule "cosin"\n  hint: did you mean "cosine"?',
    "train iris --dtype float16": "dtype: input should be 'float64' or 'float32'\n  received: dtype = ",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_command_that_cannot_be_is_explained(line, capsys):
    assert main(line.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert WRONG[line] in err
    assert err.splitlines()[-1].startswith("  ")
    assert "Traceback" not in err
    assert files() == []


@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_an_error_is_said_on_standard_error_even_with_json(json_too, capsys):
    assert main(["train", "iriss", *json_too]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    said = "" if json_too else "reading iriss\n"
    assert err.startswith(f"{said}whygrad: 'iriss' is neither a data set nor a file\n")


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("file", "cannot make the run folder file\n  received: File exists"),
        ("file/inner", "cannot make the run folder file/inner\n  received: Not a directory"),
        ("full", "full is not empty\n  expected: a new folder for the run\n  hint: choose another --output"),
    ],
)
def test_an_output_that_cannot_be_is_refused(output, message, capsys, tmp_path):
    (tmp_path / "file").write_text("precious")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").write_text("precious")
    assert main(["train", "iris", "--epochs", "1", "--output", output]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"reading iris\nwhygrad: {message}\n"
    assert files() == ["file", "full", "full/notes"]


def test_training_that_cannot_go_on_says_why_and_keeps_its_epochs(capsys):
    line = "train diabetes --optimizer sgd --activation relu --learning-rate 50 --epochs 30"
    assert main(line.split()) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "\nwhygrad: the loss became " in err
    assert "  hint: lower the learning rate, for example to 5; " in err
    assert files() == [
        "runs/diabetes-1",
        *[f"runs/diabetes-1/{name}" for name in ("history.csv", "metrics.json", "settings.toml")],
    ]


def test_missing_memory_is_said(capsys, monkeypatch):
    def grow(*arguments, **settings):
        raise MemoryError("Unable to allocate 7 TiB")

    monkeypatch.setattr(run, "learn", grow)
    assert main(["train", "iris", "--quiet"]) == 1
    assert capsys.readouterr() == ("", "whygrad: not enough memory\n  received: Unable to allocate 7 TiB\n")
    assert files() == []


def press(*arguments, **settings):
    raise KeyboardInterrupt


def test_an_interrupt_before_training_leaves_nothing(capsys, monkeypatch):
    monkeypatch.setattr(run, "learn", press)
    assert main(["train", "iris", "--quiet"]) == 130
    assert capsys.readouterr() == ("", "whygrad: interrupted\n")
    assert files() == []


@pytest.mark.parametrize("step", ["write_network", "figures", "write_figures"])
def test_an_interrupt_after_training_can_be_made_up_for(step, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(run, step, press)
        assert main(["train", "iris", "--epochs", "1", "--json"]) == 130
    assert capsys.readouterr() == (
        "",
        "to go on: whygrad train --resume runs/iris-1\nwhygrad: interrupted\n",
    )
    assert main(["train", "--resume", "runs/iris-1", "--quiet"]) == 0
    assert json.loads(Path("runs/iris-1/metrics.json").read_text())["epochs"] == 1
