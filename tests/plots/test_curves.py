"""Loss and score curves, whatever a history holds."""

import numpy as np
import pytest

from whygrad.errors import DataError
from whygrad.plots import alt_text, learning_rates, loss_curve, score_curve
from whygrad.training import History

from .subjects_for_tests import history

NAN = float("nan")


def test_both_curves_are_drawn_as_they_are():
    ax = loss_curve(history([3.0, 2.0, 1.0], [3.5, 2.5, 1.5]))
    training, validation = ax.get_lines()
    assert training.get_ydata().tolist() == [3.0, 2.0, 1.0]
    assert validation.get_ydata().tolist() == [3.5, 2.5, 1.5]
    assert training.get_linestyle() != validation.get_linestyle()
    assert alt_text(ax).startswith("Loss over 3 epochs: training loss from 3 to 1")


def test_a_loss_that_falls_far_is_logarithmic():
    assert loss_curve(history([100.0, 1.0])).get_yscale() == "log"
    assert loss_curve(history([10.0, 1.0])).get_yscale() == "linear"
    assert loss_curve(history([100.0, 0.0])).get_yscale() == "linear"


def test_a_single_epoch_is_a_dot():
    (line,) = loss_curve(history([0.5])).get_lines()
    assert line.get_marker() == "o"


def test_where_the_loss_is_no_number_there_is_a_gap_and_a_note():
    ax = loss_curve(history([1.0, 0.5, NAN, NAN]))
    assert np.isnan(ax.get_lines()[0].get_ydata()[2:]).all()
    assert "not a number from epoch 3" in [text.get_text() for text in ax.get_legend().get_texts()]
    assert "2 epochs of it are not numbers" in alt_text(ax)


@pytest.mark.parametrize("losses", [[], [NAN], [NAN, float("inf")]])
def test_without_any_number_there_is_nothing_to_draw(losses):
    with pytest.raises(DataError):
        loss_curve(history(losses))


def test_snapshots_are_written_beside_the_curve():
    ax = loss_curve(history([3.0, 2.0, 1.0]), snapshots=[1, 3])
    assert [text.get_text() for text in ax.texts] == ["epoch 1: 3", "epoch 3: 1"]
    with pytest.raises(DataError, match="no loss for epoch 9"):
        loss_curve(history([3.0]), snapshots=[9])


def test_the_epoch_that_was_kept_is_marked():
    run = history([3.0, 2.0, 1.0], [3.5, 1.5, 2.5])
    run.best_epoch = 2
    assert "kept: 2" in [text.get_text() for text in loss_curve(run).get_legend().get_texts()]


def test_accuracy_is_in_percent():
    ax = score_curve(history([1.0, 0.25]))
    assert ax.get_lines()[0].get_ydata().tolist() == [50.0, 80.0]
    with pytest.raises(DataError):
        score_curve(history([None]))


def test_learning_rates_say_how_each_run_ends():
    ax = learning_rates({0.1: history([2.0, 1.0]), 10.0: history([2.0, NAN])})
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["0.1: ends at 1", "10: diverges"]
    with pytest.raises(DataError):
        learning_rates({})
    with pytest.raises(DataError):
        learning_rates({0.1: History()})
