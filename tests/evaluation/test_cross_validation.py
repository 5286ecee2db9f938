"""Folds against scikit-learn's, what they must hold, and how many there can be."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import KFold, StratifiedKFold

from whygrad.errors import DataError, SettingError
from whygrad.evaluation.cross_validation import fold_indices, fold_summary, most_folds

Y = np.repeat(["cat", "dog", "owl"], [20, 12, 7])


def test_they_are_those_of_scikit_learn():
    for task, y, kind in (("classification", Y, StratifiedKFold), ("regression", np.arange(39.0), KFold)):
        theirs = kind(5, shuffle=True, random_state=3).split(np.zeros(39), y)
        for ours, expected in zip(fold_indices(y, 5, task, seed=3), theirs, strict=True):
            assert [part.tolist() for part in ours] == [part.tolist() for part in expected]


@given(
    st.lists(st.integers(2, 12), min_size=1, max_size=4),
    st.integers(2, 12),
    st.sampled_from(["classification", "regression"]),
    st.integers(0, 2**32 - 1),
)
def test_every_row_is_tested_once_and_every_fold_has_what_it_needs(counts, folds, task, seed):
    y = np.repeat(np.arange(len(counts)), counts) + 0.5  # labels with fractions, too
    folds = min(folds, most_folds(y, task))
    if folds < 2:
        return
    found = fold_indices(y, folds, task, seed)
    assert sorted(np.concatenate([test for _, test in found]).tolist()) == list(range(len(y)))
    for train, test in found:
        assert sorted([*train.tolist(), *test.tolist()]) == list(range(len(y)))
        if task == "regression":
            assert len(test) >= 2
        else:
            share = np.unique(y[test], return_counts=True)[1]
            assert np.all(np.abs(share - np.array(counts) / folds) < 1)


def test_the_seed_decides():
    def of(seed):
        return [test.tolist() for _, test in fold_indices(Y, 4, "classification", seed)]

    assert of(1) == of(1)
    assert of(1) != of(2)


def test_most_folds():
    assert most_folds(Y, "classification") == 7
    assert most_folds(np.arange(7.0), "regression") == 3
    assert most_folds(["a", "b", "b"], "classification") == 1


@pytest.mark.parametrize("folds", [1, 0, -3, 2.0, True, "5", None])
def test_folds_are_a_whole_number_from_2(folds):
    with pytest.raises(SettingError, match=r"whole number from 2\n.*received.*\n  hint: try 5"):
        fold_indices(Y, folds, "classification")


@pytest.mark.parametrize(
    ("y", "folds", "task", "text"),
    [
        (
            Y,
            8,
            "classification",
            "8 folds need 8 rows of each class\n.*7 of class 'owl'\n  hint: folds 7 works",
        ),
        ([0, 1, 1], 2, "classification", "1 of class 0\n  hint: add rows of that class, or leave it out"),
        (
            np.arange(9.0),
            5,
            "regression",
            "5 folds need 10 rows.*\n  received: 9 rows\n  hint: folds 4 works",
        ),
        (np.arange(3.0), 2, "regression", "received: 3 rows\n  hint: add rows"),
    ],
)
def test_too_many_folds_are_told_how_many_work(y, folds, task, text):
    with pytest.raises(SettingError, match=text):
        fold_indices(y, folds, task)
    if (most := most_folds(y, task)) >= 2:
        assert len(fold_indices(y, most, task)) == most


def test_other_settings():
    with pytest.raises(SettingError, match="seed must be"):
        fold_indices(Y, 3, "classification", seed=-1)
    with pytest.raises(SettingError, match="unknown task"):
        fold_indices(Y, 3, "multilabel")


# ---------------------------------------------------------------------------------------------------------
# What came out
# ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-10, 1), min_size=2, max_size=20))
def test_the_summary_of_scores(scores):
    found = fold_summary(scores)
    k = len(scores)
    assert found.scores == tuple(scores)
    assert (found.low, found.high) == (min(scores), max(scores))
    assert found.low <= found.mean <= found.high
    assert found.mean == pytest.approx(np.mean(scores), abs=1e-12)
    naive = statistics.stdev(scores) / math.sqrt(k)
    assert found.standard_error == pytest.approx(naive * math.sqrt(1 + k / (k - 1)), rel=1e-9, abs=1e-300)


def test_equal_scores():
    found = fold_summary([0.1, 0.1, 0.1])
    assert (found.mean, found.standard_error, found.low, found.high) == (0.1, 0.0, 0.1, 0.1)


def test_numpy_numbers_become_plain():
    assert all(type(value) is float for value in fold_summary(np.array([0.5, 1.0])).scores)


@pytest.mark.parametrize("scores", [[], [0.5], [0.5, math.nan], [0.5, -math.inf]])
def test_scores_that_say_nothing(scores):
    with pytest.raises(DataError, match="finite score for each of two or more folds"):
        fold_summary(scores)
