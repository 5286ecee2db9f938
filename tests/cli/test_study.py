"""``whygrad study``: from a file to tables, figures, a page and sentences; what is typed wrong is said."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from whygrad.cli import main
from whygrad.cli.study import MANY

from .tables import tree

FAILED, USAGE, INTERRUPTED = 1, 2, 130
STUDY = """
question = "What does the learning rate do?"
data = "moons"
seeds = 2
[settings]
samples = 60
layers = [4]
epochs = 5
[vary]
learning_rate = [0.0001, 0.05]
"""
TABLES = ("results.csv", "epochs.csv", "summary.csv")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def small():
    Path("rates.toml").write_text(STUDY)
    return "rates.toml"


def rows(path):
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))


def test_without_a_name_the_studies_are_listed(capsys):
    assert main(["study"]) == 0
    out = capsys.readouterr().out
    assert "learning-rates" in out
    assert "seven-phases" in out


@pytest.mark.slow
def test_a_study_from_a_file(small, capsys):
    assert main(["study", small, "--workers", "1"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == "study folder: studies/rates"
    assert "4 networks with 1 process" in err
    folder = Path("studies/rates")
    results = rows(folder / "results.csv")
    assert len(results) == 4
    assert {float(row["learning_rate"]) for row in results} == {0.0001, 0.05}
    assert len(rows(folder / "epochs.csv")) == 20
    assert len(rows(folder / "summary.csv")) == 2
    page = (folder / "index.html").read_text()
    assert "What does the learning rate do?" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert list((folder / "figures").glob("*.png"))
    for line in out.splitlines()[:-1]:
        assert line.strip()
    before = {name: (folder / name).read_bytes() for name in TABLES}
    assert main(["study", small, "--workers", "1", "--quiet"]) == 0  # everything is there
    assert {name: (folder / name).read_bytes() for name in TABLES} == before
    capsys.readouterr()
    assert main(["study", small, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["folder"] == "studies/rates"
    assert found["findings"]


@pytest.mark.slow
def test_more_seeds_by_a_flag(small):
    assert main(["study", small, "--seeds", "3", "--workers", "1", "--output", "out", "-q"]) == 0
    assert len(rows("out/results.csv")) == 6


@pytest.mark.slow
def test_killed_and_given_again(small):
    Path(small).write_text(STUDY.replace("seeds = 2", "seeds = 10"))
    command = [sys.executable, "-m", "whygrad", "study", small, "--workers", "2"]
    process = subprocess.Popen([*command, "--output", "killed"], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(Path().glob("killed/trials/*.json")) and time.monotonic() < deadline:
        time.sleep(0.002)
    process.kill()
    process.wait()
    assert not Path("killed/results.csv").exists()
    again = subprocess.run([*command, "--output", "killed"], capture_output=True, text=True, check=True)
    assert "are there already" in again.stderr
    subprocess.run([*command, "--output", "whole"], capture_output=True, check=True)
    for name in TABLES:
        assert Path("killed", name).read_bytes() == Path("whole", name).read_bytes()


@pytest.mark.slow
def test_interrupted(small):
    Path(small).write_text(STUDY.replace("epochs = 5", "epochs = 3000").replace("seeds = 2", "seeds = 20"))
    command = [sys.executable, "-m", "whygrad", "study", small, "--workers", "2"]
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a job in the background may ignore it
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=heard
    )
    deadline = time.monotonic() + 60
    while not list(Path().glob("studies/rates/trials/*.json")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, err
    assert out == ""
    assert "are kept in studies/rates; the same command goes on from there" in err
    assert "Traceback" not in err, err


@pytest.mark.parametrize(
    ("line", "code", "messages"),
    [
        ("study learning-rats", USAGE, ["neither a study nor a TOML file", "learning-rates"]),
        ("study nowhere.toml", FAILED, ["cannot read the study nowhere.toml"]),
        ("study typo.toml", USAGE, ["typo.toml: vary: unknown setting 'learnin_rate'", "learning_rate"]),
        ("study empty.toml", USAGE, ["learning_rate has no values"]),
        ("study rates.toml --workers 0", USAGE, ["workers"]),
        ("study rates.toml --seeds 0", USAGE, ["seeds must be from 1"]),
        ("study rates.toml --phase 2", USAGE, ["--phase does not go with this study"]),
        ("study rates.toml --dask --scheduler tcp://127.0.0.1:9", USAGE, ["do not go together"]),
        ("study seven-phases --seeds 3", USAGE, ["--seeds does not go with this study"]),
        ("study seven-phases --phase 9", USAGE, ["there is no phase 9"]),
        ("study rates.toml --output rates.toml", FAILED, ["cannot make the folder"]),
        ("study rates.toml --wrokers 2", USAGE, ["--wrokers"]),
        ("study million.toml --workers 2", USAGE, ["1,000,000 networks take about", "--yes"]),
    ],
)
def test_what_cannot_be_is_said(small, line, code, messages, capsys):
    Path("typo.toml").write_text(STUDY.replace("learning_rate", "learnin_rate"))
    Path("empty.toml").write_text(STUDY.replace("[0.0001, 0.05]", "[]"))
    many = ", ".join(f"{(k + 1) / 1000}" for k in range(1000))
    Path("million.toml").write_text(STUDY.replace("0.0001, 0.05", many).replace("seeds = 2", "seeds = 1000"))
    before = tree()
    assert main(line.split()) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("whygrad: ") == 1
    assert "Traceback" not in err
    for message in messages:
        assert message in err
    assert tree() == before


def test_a_large_study_is_asked_about(small, capsys, monkeypatch):
    Path(small).write_text(STUDY.replace("seeds = 2", f"seeds = {MANY}"))

    class Terminal:
        def __init__(self, answer):
            self.answer = answer

        def isatty(self):
            return True

        def readline(self):
            return self.answer

    for answer in ("\n", "no\n", ""):
        monkeypatch.setattr(sys, "stdin", Terminal(answer))
        assert main(["study", small]) == USAGE
        assert "nothing was trained" in capsys.readouterr().err
    assert not Path("studies").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only(small, capsys):
    Path("closed").mkdir()
    Path("closed").chmod(0o500)
    assert main(["study", small, "--output", "closed/x"]) == FAILED
    assert "cannot make the folder" in capsys.readouterr().err
