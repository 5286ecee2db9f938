"""Training that is killed at random moments goes on, and ends with the same bits as if it had not been."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = Path(__file__).parents[2] / "benchmarks" / "kills.py"
HALF = """
import runpy, sys, time
from whygrad.training import checkpoint
def half(path, data):
    path.write_bytes(data[: len(data) // 2])
    time.sleep(0.01)
    path.write_bytes(data)
checkpoint.write_whole = half
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here"),
]


def kills(*words):
    """Exit code, what was counted, and what was said."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, env=environment)
    found = {name: int(count) for count, name in re.findall(r"^ *(\d+)  (.+)$", done.stdout, re.M)}
    return done.returncode, found, done.stdout + done.stderr


def test_fifty_kills():
    code, found, said = kills(KILLS, "--kills", 50, "--sample", 0.3)
    assert code == 0, said
    assert found["kills"] == 50
    assert found["gone on to the end"] >= 3
    assert found["killed while a file was written"] >= 1
    assert "FAILED" not in found


def test_files_that_are_not_written_whole_would_be_noticed():
    code, found, said = kills("-c", HALF, KILLS, "--kills", 15, "--sample", 0.3)
    assert code == 1
    assert found["FAILED"] >= 1
    assert "the checkpoint cannot be read" in said
