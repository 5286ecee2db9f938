"""The file of generated methods is what the generator writes, and the generator writes what the rows say."""

from pathlib import Path

import pytest

from whygrad import Value
from whygrad.autodiff import generate, value_methods
from whygrad.autodiff.op import Elementwise, elementwise
from whygrad.autodiff.readings.floats import FLOATS
from whygrad.autodiff.table import TABLE


def test_the_file_is_what_the_generator_writes():
    FLOATS.gelu(FLOATS.silu(1.0))  # whatever else was computed before
    assert Path(value_methods.__file__).read_text(encoding="utf-8") == generate.source()


def test_the_generator_writes_beside_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "__file__", str(tmp_path / "generate.py"))
    generate.main()
    assert (tmp_path / "value_methods.py").read_text(encoding="utf-8") == generate.source()


def test_every_method_is_there_under_its_own_name():
    for row, names in generate.METHODS.items():
        assert isinstance(TABLE[row], Elementwise)
        for name in filter(None, names):
            assert getattr(Value, name).__qualname__ == f"Value.{name}"


@pytest.fixture
def row():
    """Rows that exist for one test."""
    before = dict(TABLE)
    yield elementwise
    for name in set(TABLE) - set(before):
        del TABLE[name]


def test_equal_expressions_are_computed_once(row):
    row("twice", lambda xp, a: xp.exp(a) * xp.exp(a) + 1, d_a=lambda xp, y, a: 2 * xp.exp(a) * xp.exp(a))
    code = generate.unary_method("twice", "__twice__")
    assert code.count("exp(a)") == 1


def test_a_mask_becomes_a_number(row):
    row("above", lambda xp, a: xp.maximum(a, 1), d_a=lambda xp, y, a: a >= 1)
    assert "1.0 if a >= 1 else 0.0" in generate.unary_method("above", "above")


def test_a_constant_factor_is_written_as_a_float(row):
    row("half", lambda xp, a: a / 2, d_a=3)
    assert "node.da = 3.0" in generate.unary_method("half", "half")
