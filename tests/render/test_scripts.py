"""A step as a program: it runs by itself, and prints the numbers of the trace."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from whygrad import Value, explain, observe
from whygrad.errors import SettingError
from whygrad.render.float_program import float_script
from whygrad.render.identifiers import identifiers
from whygrad.render.numpy_program import numpy_script
from whygrad.render.weight_program import weight_script
from whygrad.runs.settings import HIDDEN
from whygrad.runs.step import StepSettings, open_session

STEPS = {
    "xor": ("xor", {}),
    "adamw": (
        "iris",
        dict(optimizer="adamw", clip=0.01, l2=0.1, l1=0.1, dropout=0.3, activation="gelu", steps=2),
    ),
    "nesterov": ("sine", dict(activation="relu", optimizer="nesterov", steps=1)),
    "rmsprop": ("iris", dict(activation="elu", optimizer="rmsprop", loss="mse")),
    "adagrad": ("moons", dict(activation="leaky_relu", optimizer="adagrad", loss="hinge")),
    "momentum": ("sine", dict(activation="softplus", optimizer="momentum", loss="huber", steps=1)),
    "adam": ("sine", dict(activation="silu", loss="mae", optimizer="adam")),
}


def printed(program):
    """What a program prints, as name -> value; it runs without whygrad on its path."""
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {
        name: json.loads(value) for name, value in (line.split(" = ", 1) for line in done.stdout.splitlines())
    }


def check(trace, program):
    found = printed(program)
    wanted = {r.name for r in trace.records} | {line.result.name for r in trace.update for line in r.lines}
    assert {name for name in wanted if not name.endswith(" before")} <= set(found)
    for name, value in found.items():
        assert np.allclose(value, trace[name], rtol=1e-11, atol=1e-13), name


@pytest.mark.parametrize("write", [numpy_script, float_script])
@pytest.mark.parametrize("name", STEPS)
def test_programs_print_the_numbers_of_the_step(name, write):
    data, settings = STEPS[name]
    trace = open_session(data, StepSettings(**settings)).observe()
    program = write(trace)
    assert "whygrad" not in program
    assert ("numpy" in program) == (write is numpy_script)
    check(trace, program)


@pytest.mark.parametrize("activation", HIDDEN)
def test_the_program_of_an_explanation_prints_its_factors(activation):
    trace = open_session("iris", StepSettings(activation=activation, l2=0.1)).observe()
    found = explain(trace, "W1", (1, 2))
    shown = {}
    exec(weight_script(found), {"print": lambda line: shown.update([line.split(" = ")])})
    assert np.isclose(float(shown["care"]), found.care.value, rtol=1e-12)
    assert np.isclose(float(shown["slope"]), found.slope.value, rtol=1e-12)
    assert np.isclose(float(shown["move"]), found.move.value, rtol=1e-12)
    assert np.isclose(float(shown["∂L/∂W1[1,2]"]), found.gradient, rtol=1e-10)


def test_what_cannot_be_a_program_is_refused():
    with pytest.raises(SettingError, match="for a network of layers"):
        numpy_script(observe(Value(1.0, label="a") * 2.0))
    large = open_session("digits", StepSettings(layers=(60,))).observe()
    with pytest.raises(SettingError, match="at most 2,000 numbers"):
        float_script(large)


def test_names_become_identifiers():
    found = identifiers(["δ1", "dW1 from L2(W1)", "‖g‖", "W1 after", "m̂(W1)", "2", "class"], taken=["class_"])
    assert all(name.isidentifier() for name in found.values())
    assert len(set(found.values())) == len(found)
    assert found["class"] != "class_"
