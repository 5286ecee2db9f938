"""``whygrad explain``: what it answers, in which format, and how it refuses."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from whygrad.cli import main
from whygrad.cli.quiz import ask
from whygrad.runs.step import open_session
from whygrad.trace import from_json
from whygrad.trace.lessons import LESSONS


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")


def run(line, capsys):
    assert main(["explain", *line.split()]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_xor_is_what_is_explained_without_arguments(capsys):
    out = run("", capsys)
    assert out.startswith("One training step: xor, 2-2-1\n")
    for part in ("Data", "Forward", "Loss", "Backward", "Update"):
        assert f"\n{part}\n─" in out
    assert out == run("", capsys)
    assert out != run("--seed 1", capsys)
    assert "\x1b" not in out


def test_a_weight_is_explained(capsys):
    out = run("--weight 1,1,0", capsys)
    assert out.startswith("Why is ∂L/∂W1[1,0] ≈ ")
    for words in (
        "1. How much",
        "2. How steep",
        "3. How much",
        "Multiplied",
        "Checked by nudging",
        "✓ The same",
    ):
        assert words in out
    assert "Why is ∂L/∂b2[0]" in run("--weight 2,b,0", capsys)
    assert "There are 4 paths; the 2 largest" in run("--weight 1,1,0 --paths 2", capsys)
    assert "Sample 2 of 4" in run("--weight 1,0,0 --sample 2", capsys)


@pytest.mark.parametrize("name", LESSONS)
def test_lessons(name, capsys):
    out = run(f"--lesson {name}", capsys)
    assert "What to take along" in out
    assert json.loads(run(f"--lesson {name} --format json", capsys))["lesson"] == name


@pytest.mark.parametrize("question", ["", "--weight 1,0,1", "--weight 1,0,1 --paths 3", "--lesson symmetry"])
@pytest.mark.parametrize("format", ["markdown", "html", "latex"])
def test_formats_of_every_question(question, format, capsys):
    out = run(f"{question} --format {format}", capsys)
    start = {"markdown": "# ", "html": "<!DOCTYPE html>", "latex": r"\documentclass"}[format]
    assert out.startswith(start)


def test_json_is_a_trace_that_can_be_read(capsys):
    trace = from_json(json.loads(run("iris --format json", capsys)))
    expected = open_session("iris").observe()
    assert list(trace.quantities) == list(expected.quantities)
    assert all(np.array_equal(trace[name], expected[name]) for name in trace.quantities)
    found = json.loads(run("--weight 1,1,0 --format json", capsys))
    assert found["gradient"] == open_session().observe()["dW1"][1, 0]
    assert found["check"]["agrees"] is True
    assert json.loads(run("--weight 1,1,0 --paths 2 --format json", capsys))["count"] == 4


@pytest.mark.parametrize("format", ["python", "floats"])
@pytest.mark.parametrize("question", ["", "--weight 1,1,0"])
def test_programs_run(question, format, capsys):
    program = run(f"{question} --format {format}", capsys)
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") > 3


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("s.md", "# One"),
        ("s.html", "<!DOCTYPE"),
        ("s.tex", r"\doc"),
        ("s.py", '"""One'),
        ("s.json", "{"),
        ("s", "One"),
    ],
)
def test_the_ending_of_a_file_decides_its_format(name, start, capsys):
    assert main(["explain", "--output", name]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"written to {name}\n"
    assert Path(name).read_text(encoding="utf-8").startswith(start)


def test_parameters_after_the_step_can_be_kept(capsys):
    assert main(["explain", "--parameters", "p.npy"]) == 0
    trace = open_session().observe()
    after = np.concatenate([r.output.data.ravel() for r in trace.update])
    assert np.array_equal(np.load("p.npy"), after)
    assert "parameters written to p.npy" in capsys.readouterr().err


def test_a_trained_network_is_looked_into(capsys):
    assert main(["train", "iris", "--epochs", "2", "--quiet", "--output", "run"]) == 0
    capsys.readouterr()
    out = run("--model run --rows 0,60,100 --weight 1,2,3", capsys)
    assert "of 3" in out
    assert run("iris --model run/model.safetensors --layer 3", capsys).startswith(
        "One training step: iris, 4-16-16-3"
    )
    assert main(["explain", "wine", "--model", "run"]) == 1
    err = capsys.readouterr().err
    assert "4 inputs" in err or "column" in err
    assert main(["explain", "--model", "run", "--layers", "3"]) == 2
    assert "a trained network has these settings already" in capsys.readouterr().err


def test_a_table_of_ones_own(capsys):
    rows = "\n".join(f"{k},{k % 3},{'yes' if k % 2 else 'no'}" for k in range(20))
    Path("t.csv").write_text(f"a,b,answer\n{rows}\n")
    assert "Why is ∂L/∂W1[0,0]" in run("t.csv --weight 1,0,0", capsys)


WRONG = {
    "iriss": (2, "neither a data set nor a file"),
    "missing.csv": (1, "there is no file missing.csv"),
    "--weight 1": (2, "'1' is no weight\n  expected: layer,input,output such as 1,0,2"),
    "--weight 3,0,0": (1, "there is no layer 3\n  expected: 1 to 2"),
    "--weight 1,9,0": (1, "layer 1 has no input 9\n  expected: input 0 to 1"),
    "--weight 1,0,0 --sample 4": (1, "there is no sample 4\n  expected: 0 to 3"),
    "--weight 1,0,0 --paths 0": (2, "at least one path"),
    "--weight 1,0,0 --layer 1": (2, "--layer and --neuron narrow the walkthrough"),
    "--weight 1,0,0 --quiz": (2, "--weight and --quiz are different questions"),
    "--paths 3": (2, "--paths of which weight?"),
    "--layer 0": (1, "there is no layer 0\n  expected: 1 to 2"),
    "--layer 7": (1, "there is no layer 7\n  expected: 1 to 2"),
    "--layer x": (2, "unable to convert"),
    "--neuron 1": (2, "a neuron of which layer?"),
    "--layer 1 --neuron 2": (1, "layer 1 has no neuron 2\n  expected: 0 to 1"),
    "--sample -1": (1, "there is no sample -1"),
    "--sample 4": (1, "there is no sample 4\n  expected: 0 to 3"),
    "--rows 4": (1, "xor has no row 4\n  expected: 0 to 3"),
    "--rows x": (2, "rows: input should be a valid integer"),
    "--rows 0 --batch-size 2": (2, "--rows says which rows"),
    "--batch-size 5": (1, "xor has no 5 rows\n  expected: 1 to 4"),
    "--batch-size 0": (2, "batch_size"),
    "--digits 0": (2, "digits must be from 1 to 17"),
    "--depth -1": (2, "depth must be from 0 to 100"),
    "--format pdf": (2, "no format 'pdf'"),
    "--lesson vanish": (2, 'did you mean "vanishing"'),
    "--lesson symmetry --layers 3": (2, "a lesson has its own data and network\n  received: --layers"),
    "iris --lesson symmetry": (2, "received: iris"),
    "--lesson symmetry --format python": (2, "a lesson has no program"),
    "--activation rleu": (2, 'did you mean "relu"'),
    "--loss msee": (2, 'did you mean "mse"'),
    "--loss cross_entropy": (2, "needs an output for each class"),
    "--optimizer sdg": (2, 'did you mean "sgd"'),
    "--learning-rate 0": (2, "learning_rate: input should be greater than 0"),
    "--weight-decay 0.1": (2, 'has no setting "weight_decay"'),
    "--model nothing": (1, "nothing"),
    "--output no/such/file.html": (1, "cannot write"),
    "digits --layers 60 --format floats": (2, "too large to be written out as a program"),
    "--quiz": (2, "standard input is not a terminal"),
    "--frobnicate": (2, "Unknown option"),
}


@pytest.mark.parametrize("line", WRONG)
def test_what_cannot_be_is_refused_with_what_can(line, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    code, message = WRONG[line]
    assert main(["explain", *line.split()]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    assert list(Path().iterdir()) == []


def test_help_has_examples(capsys):
    assert main(["explain", "--help"]) == 0
    out = capsys.readouterr().out
    assert "whygrad explain --weight 1,0,1" in out
    assert "--lesson" in out


# --- the quiz ----------------------------------------------------------------------------------------
def test_the_quiz_keeps_score_and_says_why(capsys, monkeypatch):
    trace = open_session().observe()
    monkeypatch.setattr(sys, "stdin", io.StringIO("+\nwhat\na\n-\nb\nq\n"))
    assert ask(trace, 0, 5) == 0
    out = capsys.readouterr().out
    assert "that is none of the answers" in out
    assert "score: " in out
    assert " of 4" in out
    assert out.count("in place of --quiz explains it") == 2
    assert "no. " in out


def test_the_quiz_can_be_left_at_once(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert ask(open_session().observe(), 0) == 0
    assert capsys.readouterr().out.endswith("no question was answered\n")


def test_right_answers_give_full_marks(capsys, monkeypatch):
    from whygrad.trace.quiz import questions

    trace = open_session().observe()
    answers = "".join(
        f"{'+' if q.sign > 0 else '-' if q.sign < 0 else '0'}\n{'abcd'[q.size]}\n"
        for q in questions(trace, 0, 5)
    )
    monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
    assert ask(trace, 0, 5) == 0
    assert "score: 10 of 10" in capsys.readouterr().out


# --- processes ---------------------------------------------------------------------------------------
def on_a_terminal(arguments, **environment):
    """What a command writes when its output is a terminal, and how it ends."""
    master, slave = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM", "COLUMNS")}
    process = subprocess.Popen(
        [sys.executable, "-m", "whygrad", "explain", *arguments],
        stdout=slave,
        stdin=subprocess.DEVNULL,
        env={**env, "PYTHONIOENCODING": "utf-8", **environment},
    )
    os.close(slave)
    written = b""
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:
            break
        if not chunk:
            break
        written += chunk
    os.close(master)
    assert process.wait(30) == 0
    return written.decode()


def test_colour_is_for_terminals_that_want_it():
    assert "\x1b[1m" in on_a_terminal(["--weight", "1,0,0"], TERM="xterm-256color")
    assert "\x1b" not in on_a_terminal(["--weight", "1,0,0"], TERM="xterm-256color", NO_COLOR="1")


def test_a_reader_that_has_gone_is_no_error():
    command = f"{sys.executable} -m whygrad explain | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "One training step: xor, 2-2-1\n"
    assert done.stderr == ""


def test_a_large_network_is_quick():
    from whygrad.render.text import text
    from whygrad.render.walk import walkthrough
    from whygrad.runs.step import StepSettings

    session = open_session("digits", StepSettings(layers=(784, 128, 64), batch_size=128))
    start = time.perf_counter()
    shown = text(walkthrough(session.observe()))
    assert time.perf_counter() - start < 2
    assert len(shown.splitlines()) < 400
