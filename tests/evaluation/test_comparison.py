"""Guessing, linear models and verdicts, against scikit-learn, scipy and planted winners."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from whygrad.errors import DataError, SettingError, ShapeError
from whygrad.evaluation import comparison
from whygrad.evaluation.comparison import FEWEST_ROWS, baseline, compare, linear_model


def parts(which):
    X, y = which(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
    return X_train, y_train, X_test, y_test


def verdict(network, linear, actual, task="classification", **settings):
    return compare(network, linear, actual, task, rng=np.random.default_rng(0), **settings)


# ---------------------------------------------------------------------------------------------------------
# Guessing
# ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from("abc"), min_size=1), st.lists(st.sampled_from("abcd"), min_size=1))
def test_the_most_frequent_class(known, new):
    model = DummyClassifier(strategy="most_frequent").fit(np.zeros((len(known), 1)), known)
    found = baseline(known, new, "classification")
    assert found.guess == model.predict([[0]])[0]
    assert found.score == model.score(np.zeros((len(new), 1)), new) == found.right / len(new)


def test_the_training_mean():
    known, new = np.random.default_rng(0).normal(size=(2, 30))
    model = DummyRegressor().fit(np.zeros((30, 1)), known)
    found = baseline(known, new, "regression")
    assert found.guess == pytest.approx(known.mean())
    assert found.score == pytest.approx(model.score(np.zeros((30, 1)), new))
    assert found.score < 0
    assert found.right is None


def test_the_means_of_several_columns():
    known = np.array([[1.0, 10.0], [3.0, 30.0]])
    assert baseline(known, known, "regression").guess == [2.0, 20.0]
    assert baseline(known, known, "regression").score == 0.0


def test_a_guess_is_a_plain_value():
    assert type(baseline(np.array([2, 2, 1]), [2], "classification").guess) is int
    assert type(baseline(np.array(["b", "b"]), ["a"], "classification").guess) is str
    assert type(baseline(np.array([1.0]), [2.0], "regression").guess) is float


def test_guessing_needs_rows():
    with pytest.raises(DataError, match="no rows"):
        baseline([], [1], "classification")


# ---------------------------------------------------------------------------------------------------------
# Linear models
# ---------------------------------------------------------------------------------------------------------


def test_logistic_regression_is_that_of_scikit_learn():
    X_train, y_train, X_test, y_test = parts(load_iris)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(X_train, y_train)
    found = linear_model(X_train, y_train, X_test, y_test, "classification")
    assert found.name == "logistic regression"
    assert found.predicted.tolist() == model.predict(X_test).tolist()
    assert found.score == model.score(X_test, y_test) == found.right / len(y_test)
    assert found.converged


def test_ridge_regression_is_that_of_scikit_learn(monkeypatch):
    X_train, y_train, X_test, y_test = parts(load_diabetes)
    model = make_pipeline(StandardScaler(), Ridge()).fit(X_train, y_train)
    kept = X_train.copy(), y_train.copy()
    found = linear_model(X_train, y_train, X_test, y_test, "regression")
    assert found.name == "ridge regression"
    assert found.score == pytest.approx(model.score(X_test, y_test), abs=1e-12)
    assert (found.right, found.converged) == (None, True)
    monkeypatch.setattr(comparison, "PIECE", 7)  # as tables of many rows are read
    pieces = linear_model(X_train, y_train, X_test, y_test, "regression")
    np.testing.assert_allclose(pieces.predicted, model.predict(X_test), rtol=1e-12)
    np.testing.assert_array_equal(X_train, kept[0])
    np.testing.assert_array_equal(y_train, kept[1])


def test_several_columns_to_predict():
    X_train, y_train, X_test, y_test = parts(load_diabetes)
    train, test = [np.column_stack([y, X[:, 0] + X[:, 1]]) for X, y in ((X_train, y_train), (X_test, y_test))]
    found = linear_model(X_train, train, X_test, test, "regression")
    assert found.predicted.shape == test.shape
    assert 0.6 < found.score < 0.8  # one column with ease, the other as well as it goes


@pytest.mark.parametrize("labels", [("no", "yes"), (False, True), (0.5, 1.5), (-3, 7)])
def test_labels_of_any_kind_come_back(labels):
    x = np.arange(40.0)[:, None]
    y = np.array(labels)[(x[:, 0] > 19).astype(int)]
    found = linear_model(x, y, x, y, "classification")
    assert found.predicted.dtype == y.dtype
    assert found.score > 0.9


def test_a_model_that_did_not_converge_says_so(monkeypatch):
    monkeypatch.setattr(comparison, "FEWEST_STEPS", 1)
    monkeypatch.setattr(comparison, "WORK", 1.0)  # as if the table were large
    assert not linear_model(*parts(load_iris), "classification").converged


def test_other_warnings_are_passed_on():
    class Model:
        def fit(self, X, y):
            warnings.warn("ill-conditioned", RuntimeWarning, stacklevel=1)

    with pytest.warns(RuntimeWarning, match="ill-conditioned"):
        assert comparison._fit(Model(), np.zeros((2, 1)), np.zeros(2))


def test_a_single_class_cannot_be_learned():
    with pytest.raises(DataError, match=r"single class.*\n.*only 'cat'"):
        linear_model([[1.0], [2.0]], ["cat", "cat"], [[1.0]], ["dog"], "classification")


def test_settings_that_cannot_work():
    x = np.zeros((2, 1))
    with pytest.raises(SettingError, match="seed must be"):
        linear_model(x, [0, 1], x, [0, 1], "classification", seed=-1)
    with pytest.raises(SettingError, match="unknown task"):
        linear_model(x, [0, 1], x, [0, 1], "binary")


# ---------------------------------------------------------------------------------------------------------
# Verdicts
# ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_a_verdict_on_classes_is_mcnemars(rows):
    ours, theirs = np.array(rows).T
    found = verdict(ours, theirs, np.ones(len(rows), bool))
    only = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    p_value = stats.binomtest(only[0], sum(only)).pvalue if sum(only) else 1.0
    expected = "no clear difference"
    if p_value < 0.05:
        expected = "network" if only[0] > only[1] else "linear"
    assert (found.only_network, found.only_linear, found.winner) == (*only, expected)
    assert found.p_value == pytest.approx(p_value)
    assert found.difference == pytest.approx(ours.mean() - theirs.mean())
    assert (found.rows, found.method, found.interval) == (len(rows), "exact McNemar test", None)


def test_changing_sides_changes_the_winner():
    actual, other = np.zeros(30, int), np.repeat([0, 1], 15)
    assert verdict(actual, other, actual).winner == "network"
    assert verdict(other, actual, actual).winner == "linear"
    assert verdict(other, actual, actual).difference == -0.5


def test_five_rows_are_not_enough_and_six_are():
    """2 / 2⁵ = 0.0625 and 2 / 2⁶ = 0.03125."""
    for rows, winner in ((5, "no clear difference"), (6, "network")):
        assert verdict(np.zeros(rows), np.ones(rows), np.zeros(rows)).winner == winner
    assert verdict(np.zeros(6), np.ones(6), np.zeros(6), level=0.99).winner == "no clear difference"


def regression(rows, seed, noise, other):
    """Targets, and two predictions with that much noise."""
    actual, one, two = np.random.default_rng(seed).normal(size=(3, rows))
    return actual + noise * one, actual + other * two, actual


@pytest.mark.parametrize(
    ("noise", "other", "winner"),
    [(0.1, 0.6, "network"), (0.6, 0.1, "linear"), (0.3, 0.3, "no clear difference")],
)
def test_a_verdict_on_numbers(noise, other, winner):
    found = verdict(*regression(100, 0, noise, other), "regression")
    assert found.winner == winner
    assert found.difference in found.interval
    assert (0 in found.interval) == (winner == "no clear difference")
    assert (found.only_network, found.only_linear, found.p_value) == (None, None, None)


def test_few_rows_name_no_winner():
    """Three rows can all favour one model by chance; resampling them would not notice."""
    predicted = regression(FEWEST_ROWS, 0, 0.1, 0.9)
    assert verdict(*predicted, "regression").winner == "network"
    fewer = verdict(*[array[:-1] for array in predicted], "regression")
    assert fewer.winner == "no clear difference"
    assert fewer.interval.low > 0


def test_rounding_is_no_difference():
    actual = np.arange(50.0)
    found = verdict(actual + 1, actual + 1 + 1e-10, actual, "regression")
    assert found.interval.low > 0
    assert found.winner == "no clear difference"


def test_constant_targets_give_no_verdict():
    found = verdict(np.arange(40.0), np.zeros(40), np.ones(40), "regression")
    assert (found.winner, found.interval) == ("no clear difference", None)


def test_equals_are_seldom_told_apart():
    """Of 400 pairs of equally good models, about one in twenty is called different."""
    called = [
        verdict(*regression(100, seed, 0.5, 0.5), "regression", resamples=200).winner != "no clear difference"
        for seed in range(400)
    ]
    assert 0.01 < np.mean(called) < 0.095
    rng = np.random.default_rng(0)
    right = rng.random((2000, 2, 100)) < 0.9
    wrong = [verdict(*pair, np.ones(100, bool)).winner != "no clear difference" for pair in right]
    assert np.mean(wrong) < 0.05


def test_the_same_generator_gives_the_same_verdict():
    predicted = regression(60, 0, 0.3, 0.4)
    assert verdict(*predicted, "regression") == verdict(*predicted, "regression")


def test_what_cannot_be_compared():
    with pytest.raises(ShapeError, match="one prediction for each"):
        verdict([1, 2], [1], [1, 2])
    with pytest.raises(SettingError, match="level"):
        verdict([1], [1], [1], level=2)
    with pytest.raises(SettingError, match="unknown task"):
        verdict([1], [1], [1], "multiclass")
