"""Predictions and targets that belong together, and those that do not."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, r2_score

from whygrad.errors import DataError, SettingError, ShapeError
from whygrad.evaluation.scoring import Score, check_task, paired, score


def test_a_column_and_a_flat_array_are_the_same():
    """Compared as they come, (n, 1) and (n,) would make a table of n × n."""
    column = np.array([[1], [0], [1]])
    assert score(column, [1, 0, 0], "classification") == Score(2 / 3, 2, 3)
    assert score(column, column[:, 0], "regression").value == 1.0


def test_text_of_a_data_frame():
    frame = pd.DataFrame({"is": ["cat", "dog"], "guess": ["cat", "cat"]})
    assert score(frame["guess"], frame["is"], "classification") == Score(0.5, 1, 2)
    assert score(np.array(["a", "b"], object), ["a", "b"], "classification").right == 2


@pytest.mark.parametrize("labels", [[0, 1, 2], ["a", "b", "c"], [True, False, True], [0.5, 1.5, 2.5]])
def test_accuracy_is_that_of_scikit_learn(labels):
    rng = np.random.default_rng(0)
    guessed, actual = rng.choice(labels, size=(2, 100))
    found = score(guessed, actual, "classification")
    names = [[str(label) for label in row] for row in (actual, guessed)]
    assert found.value == accuracy_score(*names) == found.right / found.rows


@pytest.mark.parametrize("shape", [(40,), (40, 3)])
def test_r2_is_that_of_scikit_learn(shape):
    guessed, actual = np.random.default_rng(0).normal(size=(2, *shape))
    found = score(guessed, actual, "regression")
    assert found.value == pytest.approx(r2_score(actual, guessed), abs=1e-14)
    assert (found.right, found.rows) == (None, 40)


@pytest.mark.parametrize(
    ("predicted", "actual", "task", "error", "text"),
    [
        ([1, 2], [1], "regression", ShapeError, "one prediction for each target"),
        ([], [], "classification", DataError, "no rows"),
        (np.zeros((3, 2)), np.zeros((3, 2)), "classification", ShapeError, "single column"),
        (np.zeros((1, 1, 1)), [1], "regression", ShapeError, "a value or a row"),
        (3, [3], "regression", ShapeError, "a value or a row"),
        ([1.0, np.nan], [1.0, 2.0], "regression", DataError, "predictions must be finite numbers"),
        ([1.0, 2.0], [np.inf, -np.inf], "regression", DataError, "targets must be .*\n.* 2 that are not"),
        (["1"], [1], "classification", DataError, "both be text"),
        ([1], [1], "regresion", SettingError, 'did you mean "regression"'),
    ],
)
def test_what_does_not_belong_together_is_refused(predicted, actual, task, error, text):
    with pytest.raises(error, match=text):
        paired(predicted, actual, task)


def test_an_unknown_task_names_both():
    with pytest.raises(SettingError, match="classification, regression"):
        check_task("multiclass")
