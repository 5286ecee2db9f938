"""The summary as a whole: that each part is what its own function gives, on known data."""

import dataclasses
import json

import numpy as np
import pytest

from whygrad.data import load
from whygrad.errors import DataError, SettingError, ShapeError
from whygrad.evaluation.comparison import baseline, linear_model
from whygrad.evaluation.confusion_matrix import confusion
from whygrad.evaluation.cross_validation import fold_summary
from whygrad.evaluation.honest import FEW_ROWS, Measured, measure, summarise
from whygrad.evaluation.intervals import wilson

KEYS = {
    *(
        "task",
        "metric",
        "score",
        "right",
        "rows",
        "train_rows",
        "interval",
        "baseline",
        "linear",
        "rmse",
        "mae",
    ),
    *("verdict", "confusion", "names", "folds", "folds_to_try"),
}


def parts(name, train=0.7):
    """X_train, y_train, X_test, y_test of a set that comes along, shuffled."""
    data = load(name)
    order = np.random.default_rng(0).permutation(len(data.y))
    cut = int(train * len(order))
    known, new = order[:cut], order[cut:]
    return data.X[known], data.y[known], data.X[new], data.y[new]


def spoiled(y, every):
    """Predictions of which one in ``every`` is another class."""
    return np.where(np.arange(len(y)) % every == 0, (y + 1) % (y.max() + 1), y)


def test_the_parts_of_a_classification():
    given = parts("iris")
    _, y_train, _, y_test = given
    predicted = spoiled(y_test, 10)
    found = summarise(*given, predicted, "classification", names=["setosa", "versicolor", "virginica"])
    assert (found.metric, found.rows, found.train_rows, found.right) == ("accuracy", 45, 105, 40)
    assert found.score == 40 / 45
    assert found.interval == wilson(40, 45)
    assert found.baseline == baseline(y_train, y_test, "classification")
    assert found.linear == linear_model(*given, "classification")
    assert found.confusion == confusion(y_test, predicted, [0, 1, 2])
    assert found.names == ("setosa", "versicolor", "virginica")
    assert found.verdict.rows == 45
    assert found.folds_to_try == 5


def test_the_parts_of_a_regression():
    given = parts("diabetes")
    predicted = np.full(len(given[3]), given[1].mean())
    found = summarise(*given, predicted, "regression")
    assert (found.metric, found.right, found.confusion, found.names) == ("r2", None, None, ())
    assert found.score == pytest.approx(found.baseline.score)
    assert found.score in found.interval
    assert found.linear == linear_model(*given, "regression")
    assert found.verdict.winner == "linear"


@pytest.mark.parametrize(("name", "task"), [("iris", "classification"), ("diabetes", "regression")])
def test_measured_alone_is_what_the_summary_says(name, task):
    given = parts(name)
    predicted = spoiled(given[3], 9) if task == "classification" else given[3] + 1
    alone, summary = measure(predicted, given[3], task, seed=4), summarise(*given, predicted, task, seed=4)
    for item in dataclasses.fields(Measured):
        assert getattr(alone, item.name) == getattr(summary, item.name)
    assert alone.to_json().items() <= summary.to_json().items()


def test_measured_rows_may_lack_a_class_and_hold_one_more():
    found = measure(["a", "b", "b"], ["b", "b", "b"], "classification")
    assert (found.right, found.confusion.classes) == (2, ("a", "b"))
    assert found.confusion.recall == (None, 2 / 3)


def test_a_network_that_knows_better_and_one_that_does_not():
    given = parts("spirals")
    assert summarise(*given, given[3], "classification").verdict.winner == "network"
    assert summarise(*given, 1 - given[3], "classification").verdict.winner == "linear"


def test_the_seed_fixes_every_figure():
    given = parts("diabetes")
    predicted = given[3] + np.random.default_rng(0).normal(size=len(given[3]), scale=50)
    first, again, other = [summarise(*given, predicted, "regression", seed=seed) for seed in (1, 1, 2)]
    assert first == again
    assert first.interval != other.interval


def test_the_level_reaches_interval_and_verdict():
    given = parts("diabetes")
    found = summarise(*given, given[3] + 1.0, "regression", level=0.8)
    assert (found.interval.level, found.verdict.level, found.verdict.interval.level) == (0.8, 0.8, 0.8)


def test_classes_in_the_order_of_the_caller_and_words_for_them():
    x = np.arange(12.0)[:, None]
    y = np.array(["low", "high"] * 6)
    found = summarise(x, y, x, y, y, "classification", classes=["low", "high"])
    assert found.confusion.classes == found.names == ("low", "high")
    found = summarise(x, y, x, y, y, "classification")
    assert found.names == ("high", "low")


def test_columns_are_taken_as_flat():
    x = np.arange(12.0)[:, None]
    y = np.arange(12) % 2
    flat = summarise(x, y, x, y, y, "classification")
    assert summarise(x, y[:, None], x, y[:, None], y[:, None], "classification") == flat


@pytest.mark.parametrize(
    ("counts", "expected"), [((250, 250), None), ((250, 249), 5), ((30, 3), 3), ((30, 1), None), ((4, 4), 4)]
)
def test_how_many_folds_to_try(counts, expected):
    y = np.repeat([0, 1], counts)
    x = np.arange(float(len(y)))[:, None]
    tested = np.arange(len(y)) % 4 == 1
    if counts[1] == 1:
        tested[-1] = False
    rest = ~tested
    found = summarise(x[rest], y[rest], x[tested], y[tested], y[tested], "classification")
    assert found.folds_to_try == expected
    assert (expected is None) == (len(y) >= FEW_ROWS or min(counts) < 2)


def test_folds_that_were_done_are_not_suggested():
    given, folds = parts("iris"), fold_summary([0.9, 1.0])
    found = summarise(*given, given[3], "classification", folds=folds)
    assert (found.folds, found.folds_to_try) == (folds, None)


def test_constant_test_targets():
    x = np.arange(12.0)[:, None]
    found = summarise(x, x[:, 0], x[:3], np.ones(3), np.ones(3), "regression")
    assert (found.interval, found.verdict.interval) == (None, None)


@pytest.mark.parametrize(("name", "task"), [("iris", "classification"), ("diabetes", "regression")])
def test_json_holds_everything_but_predictions(name, task):
    given = parts(name)
    folds = fold_summary([0.5, 0.75])
    predicted = spoiled(given[3], 9) if task == "classification" else given[3] + 1
    found = summarise(*given, predicted, task, folds=folds)
    written = found.to_json()
    assert json.loads(json.dumps(written, allow_nan=False)) == written
    assert set(written) == KEYS == {item.name for item in dataclasses.fields(found)}
    assert written["interval"] == {"low": found.interval.low, "high": found.interval.high, "level": 0.95}
    assert written["folds"]["scores"] == [0.5, 0.75]
    assert set(written["linear"]) == {"name", "score", "right", "converged"}
    if task == "classification":
        matrix = written["confusion"]
        assert set(matrix) == {"classes", "counts", "recall", "precision", "most_confused"}
        assert np.sum(matrix["counts"]) == found.rows
        assert matrix["recall"] == list(found.confusion.recall)
        assert matrix["most_confused"]["rows"] == found.confusion.most_confused.rows


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"predicted": [0]}, ShapeError, "one prediction for each"),
        ({"task": "clustering"}, SettingError, "unknown task"),
        ({"names": ["one"]}, DataError, r"name for each class\n  expected: 2, for \(0, 1\)\n  received: 1: "),
        ({"classes": [0]}, DataError, "actual label 1 is none of the classes"),
        ({"predicted": ["0", "1"] * 6}, DataError, "both be text, or both numbers"),
        ({"level": 95}, SettingError, "level must be"),
        ({"seed": -1}, SettingError, "seed must be"),
    ],
)
def test_what_does_not_belong_together(changes, error, text):
    x, y = np.arange(12.0)[:, None], np.arange(12) % 2
    given = dict(X_train=x, y_train=y, X_test=x, y_test=y, predicted=y, task="classification")
    with pytest.raises(error, match=text):
        summarise(**{**given, **changes})
