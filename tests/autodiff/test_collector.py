"""The pause of the garbage collector: what it leaves as it found it."""

import gc
import subprocess
import sys

import pytest

from whygrad import Value
from whygrad.autodiff import paused_collector


@pytest.fixture(autouse=True)
def _collector_stays_on():
    yield
    gc.enable()


def test_the_collector_is_off_inside_and_as_before_outside():
    for before in (True, False):
        (gc.enable if before else gc.disable)()
        with paused_collector():
            assert not gc.isenabled()
            with paused_collector():
                assert not gc.isenabled()
            assert not gc.isenabled()
        assert gc.isenabled() == before


def test_an_error_ends_the_pause():
    with pytest.raises(ZeroDivisionError), paused_collector():
        _ = 1 / 0
    assert gc.isenabled()


def test_graphs_are_freed_inside_all_the_same():
    w = Value(1.0)
    gc.collect()

    def step():
        loss = sum((w * k - 1) ** 2 for k in range(200))
        loss.backward()

    with paused_collector():
        step()
        before = sys.getallocatedblocks()
        for _ in range(20):
            step()
        assert sys.getallocatedblocks() - before < 100


def test_importing_leaves_the_settings_of_the_collector_alone():
    code = """
import gc
settings = lambda: (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count())
before = settings()
from whygrad import MLP, Tensor, Value, gradients
y = (Value(1.0) * 2).tanh()
y.backward()
assert settings() == before
"""
    subprocess.run([sys.executable, "-c", code], check=True)
