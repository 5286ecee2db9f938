"""The sentences: what they say, and that rounding never makes them say what is not so."""

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from whygrad.evaluation.comparison import Baseline, Linear, Verdict, compare
from whygrad.evaluation.confusion_matrix import confusion
from whygrad.evaluation.cross_validation import fold_summary
from whygrad.evaluation.honest import Summary, measure, summarise
from whygrad.evaluation.intervals import Interval, wilson
from whygrad.evaluation.wording import measured_sentences, sentences

NONE = np.zeros(0)


def classes(right, rows, linear_right, guess=0, only=None, level=0.95, train_rows=1000, **changes):
    """A summary of two classes, as if these many rows had been right.

    Without ``only``, the rows that either model has right are those of the other as far as they go.
    """
    only_network, only_linear = only or (max(0, right - linear_right), max(0, linear_right - right))
    ours, theirs = np.zeros((2, rows), bool)
    both = right - only_network
    ours[: both + only_network] = True
    theirs[:both] = theirs[right : right + only_linear] = True
    verdict = compare(ours, theirs, np.ones(rows, bool), "classification", rng=np.random.default_rng(0))
    if level != 0.95:
        verdict = dataclasses.replace(verdict, level=level)
    is_one = np.ones(rows, int)
    given = dict(
        task="classification",
        metric="accuracy",
        score=right / rows,
        right=right,
        rows=rows,
        train_rows=train_rows,
        interval=wilson(right, rows, level),
        baseline=Baseline(0, guess / rows, guess),
        linear=Linear("logistic regression", linear_right / rows, linear_right, True, NONE),
        verdict=verdict,
        confusion=confusion(is_one, np.where(ours, 1, 0), [0, 1]),
        names=("zero", "one"),
        folds=None,
        folds_to_try=None,
    )
    return Summary(**{**given, **changes})


def numbers(score, low, high, linear, difference, winner="no clear difference", rows=100, **changes):
    """A summary of a regression with these figures."""
    verdict = Verdict(winner, score - linear, rows, 0.95, "", interval=Interval(*difference, 0.95))
    given = dict(
        task="regression",
        metric="r2",
        score=score,
        right=None,
        rows=rows,
        train_rows=1000,
        interval=Interval(low, high, 0.95),
        baseline=Baseline(152.13, -0.004, None),
        linear=Linear("ridge regression", linear, None, True, NONE),
        verdict=verdict,
        confusion=None,
        names=(),
        folds=None,
        folds_to_try=None,
    )
    return Summary(**{**given, **changes})


def figures(text):
    return [float(number) for number in re.findall(r"-?\d+\.\d+", text)]


# ---------------------------------------------------------------------------------------------------------
# What they say
# ---------------------------------------------------------------------------------------------------------


def test_no_clear_difference():
    assert sentences(classes(352, 360, 350, guess=37, only=(5, 3))) == [
        "test accuracy 97.8 % (352 of 360 rows; 95 % interval 95.7 to 98.9 %)",
        "always guessing the most frequent class, zero: 10.3 %",
        (
            "logistic regression on the same split: 97.2 % - no clear difference "
            "(only the network right: 5 rows; only logistic regression right: 3 rows; McNemar p = 0.727)"
        ),
        "most often confused: one taken for zero (8 rows)",
    ]


def test_what_is_measured_without_training_rows_is_said_alone():
    assert measured_sentences(classes(352, 360, 350)) == [
        "accuracy 97.8 % (352 of 360 rows; 95 % interval 95.7 to 98.9 %)",
        "most often confused: one taken for zero (8 rows)",
    ]
    assert measured_sentences(numbers(0.5, 0.25, 0.75, 0, (0, 1), rows=9)) == [
        "R² 0.500 (9 rows; 95 % interval 0.250 to 0.750)",
        "with only 9 test rows, the figure is less certain than this interval says",
    ]


def test_no_figure_is_said_of_targets_that_are_all_the_same():
    assert measured_sentences(measure([1.0, 2.0], [3.0, 3.0], "regression")) == [
        "R² cannot be given: 2 rows with the same target throughout"
    ]


@given(st.integers(0, 60), st.integers(0, 60))
def test_what_is_measured_agrees_with_the_figures(right, wrong):
    rows = right + wrong
    assume(rows)
    said = measured_sentences(measure([1] * right + [0] * wrong, [1] * rows, "classification"))
    figure, low, high = figures(said[0])[:3] if right < rows else (100.0, *figures(said[0])[-2:])
    assert (figure == 100, figure == 0) == (not wrong, not right)
    assert low <= figure <= max(high, figure)
    assert len(said) == (1 if not wrong else 3 if not right else 2)


def test_the_network_wins():
    said = sentences(classes(196, 200, 175))
    assert said[2] == (
        "logistic regression on the same split: 87.5 % - the network is better "
        "(only the network right: 21 rows; only logistic regression right: 0 rows; McNemar p < 0.001)"
    )
    assert not any(line.startswith("use") for line in said)


def test_the_linear_model_wins_and_is_recommended():
    said = sentences(classes(180, 200, 192))
    assert "96.0 % - logistic regression is better (only the network right: 0 rows" in said[2]
    assert said[3] == (
        "use logistic regression here: it is the simpler model, and the better one on these test rows"
    )


def test_right_on_the_same_rows():
    assert sentences(classes(30, 36, 30))[2].endswith("(both are right on the same rows)")


def test_a_linear_model_that_did_not_converge():
    linear = Linear("logistic regression", 0.5, 18, False, NONE)
    assert "50.0 % (it stopped before it converged) - " in sentences(classes(30, 36, 18, linear=linear))[2]


@pytest.mark.parametrize(
    ("right", "guess", "ending"),
    [
        (90, 60, ": 60.0 %"),
        (62, 60, ": 60.0 % - the network is not clearly better"),
        (40, 60, ": 60.0 % - the network is worse"),
        (100, 100, ": 100.0 % - the network is not clearly better"),
    ],
)
def test_beside_guessing(right, guess, ending):
    assert sentences(classes(right, 100, right, guess=guess))[1].endswith(ending)


def test_mistakes():
    assert not any("confused" in line for line in sentences(classes(10, 10, 10)))
    assert sentences(classes(0, 10, 0))[-2:] == [
        "most often confused: one taken for zero (10 rows)",
        "never recognised: one",
    ]
    labels = np.arange(9)
    matrix = confusion(labels, np.zeros(9, int), labels)
    names = tuple([f"c{k}" for k in labels])
    said = sentences(classes(1, 9, 1, confusion=matrix, names=names))
    assert said[-2] == "most often confused: c1 taken for c0 (1 row)"
    assert said[-1] == "never recognised: c1, c2, c3, c4, c5, c6 and 2 more"


def test_a_guess_that_is_none_of_the_classes_shown():
    said = sentences(classes(5, 10, 5, baseline=Baseline("other", 0.0, 0)))
    assert said[1] == "always guessing the most frequent class, other: 0.0 %"


def test_few_rows_suggest_folds():
    few = dict(train_rows=110)
    assert sentences(classes(40, 40, 40, **few, folds_to_try=5))[-1] == (
        "only 150 rows in all, so the figure depends much on the split: try --folds 5"
    )
    assert sentences(classes(40, 40, 40, **few))[-1].endswith("depends much on the split")
    assert "only" not in sentences(classes(40, 40, 40, train_rows=460))[-1]


def test_folds():
    folds = fold_summary([0.9558, 0.9812, 0.97])
    said = sentences(classes(40, 40, 40, folds=folds, train_rows=100))
    assert said[-1] == "3-fold cross-validation: mean 96.9 %, folds from 95.6 to 98.1 %"
    said = sentences(numbers(0.5, 0.4, 0.6, 0.5, (-0.1, 0.1), folds=fold_summary([0.25, 0.75])))
    assert said[-1] == "2-fold cross-validation: mean R² 0.500, folds from 0.250 to 0.750"


def test_regression():
    assert sentences(numbers(0.4523, 0.3012, 0.5689, 0.4411, (-0.0121, 0.0308))) == [
        "test R² 0.452 (100 rows; 95 % interval 0.301 to 0.569)",
        "always guessing the training mean, 152.1: R² -0.004",
        (
            "ridge regression on the same split: R² 0.441 - no clear difference "
            "(network minus ridge regression: 95 % interval -0.012 to 0.031)"
        ),
    ]


def test_regression_with_a_winner():
    said = sentences(numbers(0.31, 0.2, 0.4, 0.35, (-0.07, -0.0002), "linear"))
    assert said[2].endswith(
        "R² 0.350 - ridge regression is better (network minus ridge regression: "
        "95 % interval -0.0700 to -0.0002)"
    )
    assert said[3].startswith("use ridge regression here")


def test_regression_with_few_rows():
    said = sentences(numbers(0.9, 0.7, 0.95, 0.5, (0.2, 0.6), rows=12))
    assert said[1] == "with only 12 test rows, the figure is less certain than this interval says"
    assert "interval 0.200 to 0.600; fewer than 30 test rows cannot tell)" in said[3]


def test_several_columns():
    found = numbers(0.9, 0.7, 0.95, 0.5, (0.2, 0.6), baseline=Baseline([1.0, 2.0], -0.01, None))
    assert sentences(found)[1] == "always guessing the training means: R² -0.010"


def test_targets_that_are_all_the_same():
    found = numbers(0.0, 0, 0, 0.0, (0, 0), rows=4, interval=None, train_rows=8, folds_to_try=5)
    assert sentences(found) == [
        "test R² cannot be given: 4 test rows with the same target throughout",
        "only 12 rows in all, so the figure depends much on the split: try --folds 5",
    ]


def test_one_row():
    x = np.arange(6.0)[:, None]
    said = sentences(summarise(x, x[:, 0] > 2, x[:1], [False], [False], "classification"))
    assert said[0] == "test accuracy 100.0 % (1 of 1 row; 95 % interval 20.7 to 100.0 %)"
    said = sentences(summarise(x, x[:, 0], x[:1], [0.0], [0.0], "regression"))
    assert said[0] == "test R² cannot be given: 1 test row with the same target throughout"


# ---------------------------------------------------------------------------------------------------------
# What they must not say
# ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "rows", "text"),
    [
        (9999, 10_000, "99.990 % (9,999 of 10,000 rows; 95 % interval 99.943 to 99.998 %)"),
        (1, 10_000, "0.010 % (1 of 10,000 rows; 95 % interval 0.002 to 0.057 %)"),
        (359, 360, "99.72 % (359 of 360 rows; 95 % interval 98.44 to 99.95 %)"),
        (360, 360, "100.0 % (360 of 360 rows; 95 % interval 98.9 to 100.0 %)"),
        (0, 360, "0.0 % (0 of 360 rows; 95 % interval 0.0 to 1.1 %)"),
    ],
)
def test_nearly_all_does_not_read_as_all(right, rows, text):
    assert sentences(classes(right, rows, right, guess=right))[0] == f"test accuracy {text}"


def test_a_winner_reads_as_one():
    """98.84 and 98.81 per cent would both read 98.8 with a single decimal."""
    said = sentences(classes(29_652, 30_000, 29_643))
    assert said[0].startswith("test accuracy 98.84 %")
    assert "98.81 % - the network is better" in said[2]


@st.composite
def outcomes(draw):
    """Rows right by network, linear model and guess, of so many; every other time nearly all."""
    rows = draw(st.integers(1, 1500))
    most = draw(st.sampled_from([rows, min(rows, 5)]))
    wrong = [draw(st.integers(0, most)) for _ in range(3)]
    return rows, *[rows - count for count in wrong]


@settings(max_examples=200)
@given(outcomes(), st.sampled_from([0.8, 0.95, 0.999]))
def test_the_text_agrees_with_the_figures(outcome, level):
    rows, right, linear, guess = outcome
    found = classes(right, rows, linear, guess=guess, level=level)
    test, guessing, model = sentences(found)[:3]
    score, low, high = figures(test.replace(f"; {100 * level:.10g} % interval", ""))
    assert 0 <= low <= score <= high <= 100
    assert (score == 100) == (right == rows)
    assert (score == 0) == (right == 0)
    assert (low == 0) == (right == 0)
    assert (high == 100) == (right == rows)
    (guessed,), theirs = figures(guessing), figures(model)[0]
    assert (guessed == 100) == (guess == rows)
    if "worse" in guessing:
        assert score < guessed
        assert high <= guessed
    elif "not clearly" in guessing or "no better" in guessing:
        assert low <= guessed <= high
    else:
        assert guessed < score
        assert guessed <= low
    if "network is better" in model:
        assert score > theirs
    elif "regression is better" in model:
        assert score < theirs


@given(
    st.floats(-3, 1),
    st.floats(0, 0.5),
    st.floats(0, 0.5),
    st.floats(1e-8, 1),
    st.sampled_from(["network", "linear", "no clear difference"]),
)
def test_r2_agrees_with_the_figures(score, below, above, gap, winner):
    difference = {"network": gap, "linear": -gap}.get(winner, 0.0)
    ends = sorted([difference / 2, difference * 2]) if difference else (-gap, gap)
    found = numbers(score, score - below, min(1.0, score + above), score - difference, ends, winner)
    test, guessing, model = sentences(found)[:3]
    figure, low, high = figures(test)
    assert low <= figure <= high <= 1
    assert (figure == 1) == (score == 1)
    theirs, least, most = figures(model)
    assert least <= most
    if winner != "no clear difference":
        assert (figure > theirs) == (winner == "network")
        assert figure != theirs
        assert (least > 0) == (winner == "network")
        assert (most < 0) == (winner == "linear")
    if "worse" in guessing:
        assert figure < figures(guessing)[-1]
    elif "not clearly" not in guessing and "no better" not in guessing:
        assert figure > figures(guessing)[-1]


@pytest.mark.parametrize(
    ("p_value", "level", "text"),
    [
        (0.0499962, 0.95, "p = 0.049996"),
        (0.0500021, 0.95, "p = 0.050002"),
        (0.03125, 0.95, "p = 0.031"),
        (0.0009, 0.95, "p < 0.001"),
        (0.0, 0.95, "p < 0.001"),
        (0.0005, 0.9999, "p = 0.001"),
        (0.00003, 0.9999, "p < 0.0001"),
        (0.00014, 0.9999, "p = 0.00014"),
        (1.0, 0.95, "p = 1.000"),
    ],
)
def test_a_p_value_stays_on_its_side_of_the_threshold(p_value, level, text):
    verdict = Verdict("no clear difference", 0.0, 20, level, "", 2, 1, p_value)
    assert f"McNemar {text})" in sentences(classes(20, 20, 20, verdict=verdict))[2]
