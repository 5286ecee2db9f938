"""``--resume``: a run that was stopped or killed, and gone on with, equals an unbroken one bit for bit."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from whygrad.cli import main
from whygrad.training import checkpoint
from whygrad.training.loop import Training

from .tables import broken_off, houses, people, train, tree

FILES = {"settings.toml", "model.safetensors", "parameters.npy", "history.csv", "metrics.json"}


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def outcome(folder):
    """What a run wrote, without how long it took."""
    found = {name: (Path(folder) / name).read_bytes() for name in FILES}
    rows = [line.split(",") for line in found["history.csv"].decode().splitlines()]
    place = rows[0].index("seconds")
    found["history.csv"] = [row[:place] + row[place + 1 :] for row in rows]
    found["metrics.json"] = {**json.loads(found["metrics.json"]), "seconds": None}
    return found


def assert_the_same(folder, unbroken):
    assert {path.name for path in Path(folder).iterdir()} == FILES
    first, second = outcome(folder), outcome(unbroken)
    for name in sorted(FILES):
        assert first[name] == second[name], name


def step_that(act, at, monkeypatch):
    """Have a run act at one of its steps, with a checkpoint after each step before that."""
    plain, taken = Training._step, []

    def step(self, rows):
        taken.append(rows)
        if len(taken) == at:
            act()
        return plain(self, rows)

    monkeypatch.setattr(checkpoint, "SHARE", 1e12)
    monkeypatch.setattr(checkpoint, "PAUSE", 0.0)
    monkeypatch.setattr(Training, "_step", step)


def die():
    """As when a run is killed: nothing more is written."""
    raise KeyboardInterrupt


def press():
    signal.raise_signal(signal.SIGINT)


RUNS = {
    "classes": lambda: [people(), "--batch-size", "10"],
    "numbers": lambda: [houses(), "--batch-size", "10", "--optimizer", "momentum", "--schedule", "constant"],
    "dropout": lambda: [people(), "--batch-size", "10", "--dropout", "0.3", "--dtype", "float32"],
    "patience": lambda: [houses(), "--batch-size", "10", "--patience", "1", "--learning-rate", "0.3"],
    "plateau": lambda: ["xor", "--samples", "40", "--batch-size", "9", "--schedule", "reduce-on-plateau"],
    "all at once": lambda: ["iris", "--batch-size", "full", "--clip", "0.1", "--optimizer", "rmsprop"],
    "folds": lambda: [people(), "--batch-size", "20", "--folds", "2"],
}


@pytest.mark.parametrize("act", [die, press])
@pytest.mark.parametrize("at", [3, 5])
@pytest.mark.parametrize("name", RUNS)
def test_a_run_gone_on_with_equals_an_unbroken_one(name, at, act, monkeypatch, capsys):
    arguments = ["train", *RUNS[name](), "--epochs", "5", "--quiet", "--output"]
    assert main([*arguments, "whole"]) == 0
    with monkeypatch.context() as patch:
        step_that(act, at, patch)
        assert main([*arguments, "broken"]) == (130 if act is die else 0)
    assert (Path("broken") / "checkpoint.safetensors").exists()
    assert (Path("broken") / "model.safetensors").exists() == (act is press)
    first = capsys.readouterr().out
    assert main(["train", "--resume", "broken", "--quiet"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == first.splitlines()[0]
    assert_the_same("broken", "whole")


def test_a_run_may_be_broken_off_again_and_again(monkeypatch):
    arguments = ["train", "iris", "--quiet", "--epochs", "3", "--batch-size", "30", "--output"]
    assert main([*arguments, "whole"]) == 0
    arguments.append("broken")
    for at, act in ((3, die), (2, press), (4, die), (1, press), (2, die)):
        with monkeypatch.context() as patch:
            step_that(act, at, patch)
            assert main(arguments) == (130 if act is die else 0)
        arguments = ["train", "--resume", "broken", "--quiet"]
    assert main(arguments) == 0
    assert_the_same("broken", "whole")


def test_a_run_that_was_trained_but_not_written_is_written(capsys):
    broken_off("wine", "broken")
    assert main(["train", "--resume", "broken"]) == 0
    err = capsys.readouterr().err
    assert err.splitlines()[2:4] == [
        "reading wine",
        "wine: 178 rows × 13 columns, 3 classes; 142 to learn from, 36 kept for the test",
    ]
    assert err.splitlines()[-1].startswith("to use it: whygrad predict broken FILE")
    train("wine", "whole")
    assert_the_same("broken", "whole")


def test_a_folder_with_spaces_is_written_as_one_types_it(capsys):
    Path(people("my table.csv")).rename("my people.csv")
    broken_off("my people.csv", "first run")
    assert main(["show", "first run"]) == 0
    found = capsys.readouterr()
    assert found.err.startswith("to go on: whygrad train --resume 'first run'\n")
    assert found.out.endswith("to go on: whygrad train --resume 'first run'\n")
    assert main(["train", "my people.csv", "--epochs", "1"]) == 0
    assert "to use it: whygrad predict 'runs/my people-1' FILE" in capsys.readouterr().err


def test_cross_validation_that_is_broken_off_leaves_the_run(monkeypatch, capsys):
    step_that(press, 13, monkeypatch)  # ten steps are the run's own
    assert (
        main(["train", people(), "--epochs", "5", "--batch-size", "20", "--folds", "2", "--output", "run"])
        == 0
    )
    said = capsys.readouterr().err
    assert "cross-validation was broken off: the network is finished, the folds have no figures\n" in said
    found = json.loads(Path("run/metrics.json").read_text())
    assert (found["interrupted"], found["epochs"], found["summary"]["folds"]) == (False, 5, None)
    assert {path.name for path in Path("run").iterdir()} == FILES


def test_json_of_a_run_gone_on_with(capsys):
    broken_off("wine", "broken")
    capsys.readouterr()
    assert main(["train", "--resume", "broken", "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert err == ""
    assert found.pop("folder") == "broken"
    assert found == json.loads(Path("broken/metrics.json").read_text())


def test_a_loss_that_is_lost_after_going_on_is_kept_as_in_an_unbroken_run(monkeypatch, capsys):
    arguments = "train diabetes --optimizer sgd --activation relu --learning-rate 50 --quiet --output".split()
    assert main([*arguments, "whole"]) == 1
    with monkeypatch.context() as patch:
        step_that(press, 2, patch)
        assert main([*arguments, "broken"]) == 0
    assert main(["train", "--resume", "broken", "--quiet"]) == 1
    assert capsys.readouterr().err.count("whygrad: the loss became ") == 2
    assert not (Path("broken") / "checkpoint.safetensors").exists()
    failed = [(Path(name) / "metrics.json").read_text() for name in ("broken", "whole")]
    assert failed[0] == failed[1]
    assert "failed" in json.loads(failed[0])
    assert main(["predict", "broken", houses()]) == 1  # the network from before is not used by mistake


# --- processes ---------------------------------------------------------------------------------------
LONG = ["moons", "--epochs", "150", "--layers", "16,16"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An unbroken run, in a process of its own as well."""
    folder = tmp_path_factory.mktemp("whole")
    subprocess.run(
        [*command(), *LONG, "--quiet", "--output", "run"], cwd=folder, check=True, capture_output=True
    )
    return folder / "run"


def command():
    return [sys.executable, "-m", "whygrad", "train"]


def wait_for(path, changes=1):
    """Until a file has been replaced so many times."""
    seen, end = set(), time.monotonic() + 120
    while len(seen) < changes:
        assert time.monotonic() < end
        if path.exists():
            seen.add(path.stat().st_mtime_ns)
        time.sleep(0.001)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name
)
def test_a_process_that_was_stopped_is_gone_on_with(number, whole, tmp_path):
    process = subprocess.Popen(
        [*command(), *LONG, "--output", "run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for(tmp_path / "run" / "checkpoint.safetensors")  # how soon the next comes is the disk's affair
    time.sleep(0.1)
    process.send_signal(number)
    err = process.communicate(timeout=60)[1]
    assert process.returncode == (0 if number == signal.SIGINT else -number)
    assert (Path("run") / "checkpoint.safetensors").exists()
    if number == signal.SIGINT:
        done = json.loads(Path("run/metrics.json").read_text())
        assert done["interrupted"]
        assert 0 < done["epochs"] < 150
        assert err.splitlines()[-2:] == [
            f"stopped by Ctrl-C in epoch {done['epochs']}; what was learned is kept",
            "to go on: whygrad train --resume run",
        ]
        assert main(["show", "run"]) == 0
    assert main(["train", "--resume", "run", "--quiet"]) == 0
    assert_the_same("run", whole)


# --- refusals ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("more", "received"),
    [
        (["iris"], "data"),
        (["--epochs", "9"], "--epochs"),
        (["--seed", "0"], "--seed"),
        (["--config", "how.toml"], "--config"),
        (["--output", "other"], "--output"),
        (["iris", "--learning-rate", "1", "--folds", "3"], "data, --folds, --learning-rate"),
    ],
)
def test_other_settings_are_refused(more, received, capsys):
    broken_off("iris", "run")
    before = tree()
    capsys.readouterr()
    assert main(["train", "--resume", "run", *more]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "whygrad: a run goes on with the data and the settings it began with\n"
        f"  received: {received}\n  hint: leave them out, or train anew without --resume\n"
    )
    assert tree() == before


def test_a_finished_run_is_refused(capsys):
    train("iris", "run")
    before = tree()
    capsys.readouterr()
    assert main(["train", "--resume", "run"]) == 1
    assert capsys.readouterr() == (
        "",
        "whygrad: run has nothing to go on with\n  received: finished\n  hint: whygrad show run\n",
    )
    assert tree() == before


def test_a_failed_run_is_refused(capsys):
    assert (
        main("train diabetes --optimizer sgd --activation relu --learning-rate 50 --output run".split()) == 1
    )
    assert main(["train", "--resume", "run"]) == 1
    assert "run has nothing to go on with\n  received: failed: the loss became" in capsys.readouterr().err


def settings_with(old, new):
    path = Path("run/settings.toml")
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def fewer_rows():
    people(count=39)


def other_values():
    path = Path("people.csv")
    path.write_text(path.read_text().replace("false", "true"))


CHANGES = {
    "a row less": fewer_rows,
    "other values": other_values,
    "epochs": lambda: settings_with("epochs = 2", "epochs = 3"),
    "seed": lambda: settings_with("seed = 0", "seed = 1"),
    "layers": lambda: settings_with("layers = [\n", "layers = [\n    7,\n"),
    "learning_rate": lambda: settings_with("learning_rate = 0.0", "learning_rate = 0.1"),
    "dropout": lambda: settings_with("dropout = 0.0", "dropout = 0.5"),
    "schedule": lambda: settings_with('schedule = "cosine"', 'schedule = "constant"'),
    "l2": lambda: settings_with("l2 = 0.0", "l2 = 0.5"),
    "dtype": lambda: settings_with('dtype = "float64"', 'dtype = "float32"'),
    "target": lambda: settings_with("fill = false", 'fill = false\ntarget = "town"'),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_in_between_is_refused(change, capsys):
    broken_off(people(), "run")
    CHANGES[change]()
    before = tree()
    capsys.readouterr()
    assert main(["train", "--resume", "run", "--quiet"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "run/checkpoint.safetensors is a checkpoint of another run: " in err
    assert "hint: go on with the same data and settings, or start a new run" in err
    assert tree() == before


def test_a_table_that_is_gone_is_named(capsys):
    broken_off(people(), "run")
    Path("people.csv").rename("persons.csv")
    before = tree()
    assert main(["train", "--resume", "run", "--quiet"]) == 1
    here = Path.cwd()
    assert f"there is no file {here / 'people.csv'}\n" in capsys.readouterr().err
    assert tree() == before
