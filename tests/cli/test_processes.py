"""The command line in processes of its own: pipes, terminals and signals."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from whygrad.data import SETS

WHYGRAD = [sys.executable, "-m", "whygrad"]
QUICK = ["train", "iris", "--epochs", "3"]


@pytest.fixture
def environment(monkeypatch):
    """Like that of a shell, whatever runs the tests."""
    for name in ("PYTHONUNBUFFERED", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")


def whygrad(*arguments, cwd, **settings):
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **settings}
    return subprocess.run([*WHYGRAD, *arguments], cwd=cwd, text=True, check=False, **settings)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(QUICK, 0), (["train", "iriss"], 2), ([*QUICK, "--output", "file"], 1), ([], 0)],
    ids=["done", "wrong usage", "work failed", "help"],
)
def test_exit_codes_and_plain_text(arguments, code, tmp_path, environment):
    (tmp_path / "file").touch()
    done = whygrad(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert "\x1b" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert (done.stdout == "") == (code != 0)


def test_the_installed_command_is_the_same(tmp_path, environment):
    command = Path(sys.executable).with_name("whygrad")
    done = subprocess.run([command, "data", "--json"], capture_output=True, text=True, check=True)
    assert list(json.loads(done.stdout)) == list(SETS)


# --- pipes -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "unbuffered"),
    [(["data"], ""), (["data"], "1"), (["--help"], ""), (["--help"], "1"), ([*QUICK, "--quiet"], "")],
)
def test_a_reader_that_has_gone_is_no_traceback(arguments, unbuffered, tmp_path, environment, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    reading, writing = os.pipe()
    os.close(reading)
    done = whygrad(*arguments, cwd=tmp_path, stdout=writing)
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode == 1


def test_the_first_line_can_be_had(tmp_path, environment):
    command = f"'{sys.executable}' -m whygrad data | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.startswith("digits ")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_is_no_traceback(tmp_path, environment):
    with Path("/dev/full").open("w") as full:
        done = whygrad("data", cwd=tmp_path, stdout=full)
    assert done.stderr == "whygrad: cannot write the result: No space left on device\n"
    assert done.returncode == 1


def test_what_cannot_be_shown_is_replaced(tmp_path, environment, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = whygrad("data", cwd=tmp_path)
    assert "8 ? 8 pixels" in done.stdout
    assert (done.stderr, done.returncode) == ("", 0)


# --- terminals ---------------------------------------------------------------------------------------
def on_a_terminal(*arguments, cwd):
    """The exit code, what came on standard output, and what a terminal was sent."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*WHYGRAD, *arguments], cwd=cwd, stdout=subprocess.PIPE, stderr=slave, text=True
    )
    os.close(slave)
    shown = b""
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # nobody holds the other end any more
            chunk = b""
        if not chunk:
            break
        shown += chunk
    os.close(master)
    out, _ = process.communicate(timeout=60)
    return process.returncode, out, shown.decode()


def test_a_terminal_sees_a_progress_bar(tmp_path, environment):
    code, out, shown = on_a_terminal(*QUICK, cwd=tmp_path)
    assert code == 0
    assert "iris: 150 rows" in shown
    assert re.search(r"training.*3/3.*loss \d.*accuracy \d", shown, re.DOTALL)
    assert "\x1b[" in shown
    assert out.startswith("test accuracy")
    assert "\x1b" not in out


def test_a_terminal_sees_nothing_beside_json(tmp_path, environment):
    assert on_a_terminal(*QUICK, "--json", cwd=tmp_path)[2] == ""


def test_a_terminal_sees_no_colour_where_none_is_wanted(tmp_path, environment, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    _, _, shown = on_a_terminal(*QUICK, cwd=tmp_path)
    assert "3/3" in shown
    assert not re.search(r"\x1b\[[\d;]*3\d", shown)  # codes of colours, unlike those that move the cursor


# --- signals -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("json_too", [[], ["--json"]], ids=["words", "json"])
def test_ctrl_c_while_training_keeps_what_was_learned(json_too, tmp_path, environment):
    command = [*WHYGRAD, "train", "iris", "--epochs", "100000000", "--output", "run", *json_too]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if json_too:
        while not (tmp_path / "run" / "checkpoint.safetensors").exists():
            time.sleep(0.05)
    else:
        assert process.stderr.readline() == "reading iris\n"
        assert "150 rows" in process.stderr.readline()
        assert "softmax output" in process.stderr.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    found = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert found["interrupted"]
    assert 0 < found["epochs"] < 100000000
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "settings.toml",
        "checkpoint.safetensors",
        "model.safetensors",
        "parameters.npy",
        "history.csv",
        "metrics.json",
    }
    if json_too:
        assert json.loads(out)["interrupted"]
    else:
        assert err == (
            f"stopped by Ctrl-C in epoch {found['epochs']}; what was learned is kept\n"
            "to go on: whygrad train --resume run\n"
        )
        assert out.startswith("test accuracy ")
