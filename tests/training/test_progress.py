"""What is said while training: to a terminal, to a pipe, and to nobody."""

import io
import sys

from whygrad.training import NeuralNetwork
from whygrad.training.progress import training_bar

from .problems import SUM, X

SENTENCE = "y holds numbers with fractions: identity output, mean squared error loss\n"


class Terminal(io.StringIO):
    """What a terminal shows."""

    def isatty(self):
        return True


def terminal(monkeypatch):
    """Standard error, as a terminal."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    return screen


def test_what_was_decided_is_said_once(capsys):
    network = NeuralNetwork([3, 4, 1])
    network.train(X, SUM, epochs=1)
    network.train(X, SUM, epochs=1)
    assert capsys.readouterr() == ("", SENTENCE)


def test_nothing_is_said_where_nobody_wants_to_hear(capsys):
    NeuralNetwork([3, 4, 1]).train(X, SUM, epochs=2, verbose=False)
    assert capsys.readouterr() == ("", "")


def test_no_bar_is_drawn_where_there_is_no_terminal(capsys):
    with training_bar() as advance:
        assert advance is None
    assert capsys.readouterr() == ("", "")


def test_a_bar_is_drawn_on_a_terminal(monkeypatch):
    screen = terminal(monkeypatch)
    NeuralNetwork([3, 4, 1], seed=0).train(X, SUM, epochs=7)
    shown = screen.getvalue()
    assert shown.startswith(SENTENCE)
    assert "training" in shown
    assert "7/7" in shown
    assert "loss" in shown
    assert "r2" in shown
    assert "\x1b[" in shown


def test_a_later_call_has_a_bar_of_its_own(monkeypatch):
    screen = terminal(monkeypatch)
    network = NeuralNetwork([3, 4, 1], seed=0)
    network.train(X, SUM, epochs=5, verbose=False)
    network.train(X, SUM, epochs=7)
    assert "7/7" in screen.getvalue()
    assert "/12" not in screen.getvalue()
    assert "12/" not in screen.getvalue()


def test_the_bar_stays_away_if_asked_to(monkeypatch):
    screen = terminal(monkeypatch)
    NeuralNetwork([3, 4, 1]).train(X, SUM, epochs=2, verbose=False)
    assert screen.getvalue() == ""


def test_a_bar_can_be_asked_for_without_a_terminal(capsys):
    NeuralNetwork([3, 4, 1]).train(X, SUM, epochs=2, verbose=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "2/2" in err
    assert "\x1b" not in err


def test_no_color_is_respected(monkeypatch):
    screen = terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    NeuralNetwork([3, 4, 1]).train(X, SUM, epochs=2)
    assert "2/2" in screen.getvalue()
    assert "\x1b[3" not in screen.getvalue()


def test_a_bar_can_vanish(monkeypatch):
    screen = terminal(monkeypatch)
    for vanish in (False, True):
        screen.seek(0)
        screen.truncate()
        with training_bar(title="reading", vanish=vanish):
            pass
        shown = screen.getvalue()
        assert "reading" in shown
        assert ("\x1b[2K" in shown.rpartition("reading")[2]) is vanish  # the line is cleared at the end
