"""A network where scikit-learn expects an estimator, and data frames whose columns have names."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from whygrad import NeuralNetwork
from whygrad.errors import DataError, SettingError

FRAME = load_iris(as_frame=True)
X, Y = FRAME.data.to_numpy(), FRAME.target.to_numpy()
QUICK = {"epochs": 20, "verbose": False}


def network(**settings):
    return NeuralNetwork([4, 8, 3], scale=True, seed=0, **settings)


def test_fit_starts_from_the_start():
    first = network().fit(X, Y, **QUICK)
    again = network().fit(X[:50:-1], Y[:50:-1], **QUICK).fit(X, Y, **QUICK)
    assert np.array_equal(first.network.vector, again.network.vector)
    assert len(again.history) == 20


def test_fit_starts_from_the_start_with_an_optimizer_of_ones_own():
    from whygrad.optim import Adam

    optimizer = Adam(0.01)
    first = network(optimizer=optimizer).fit(X, Y, **QUICK)
    again = network(optimizer=optimizer).fit(X, Y, **QUICK).fit(X, Y, **QUICK)
    assert np.array_equal(first.network.vector, again.network.vector)
    assert optimizer.steps_taken == 0


def test_train_goes_on_where_fit_starts_anew():
    trained = network()
    trained.train(X, Y, **QUICK)
    assert len(trained.train(X, Y, **QUICK)) == 40


def test_score_is_a_fraction_for_classes_and_r2_for_numbers():
    trained = network().fit(X, Y, **QUICK)
    assert trained.score(X, Y) == np.mean(trained.predict(X) == Y)
    assert trained.evaluate(X, Y) == 100 * trained.score(X, Y)
    numbers = NeuralNetwork([3, 1], scale=True, seed=0).fit(X[:, :3], X[:, 3], **QUICK)
    assert numbers.score(X[:, :3], X[:, 3]) == numbers.evaluate(X[:, :3], X[:, 3]) < 1


def test_a_clone_is_made_alike_and_has_learned_nothing():
    trained = network(activation="tanh", dropout=0.1).fit(X, Y, **QUICK)
    copy = clone(trained)
    assert copy.get_params() == trained.get_params()
    assert len(copy.history) == 0
    assert not np.array_equal(copy.network.vector, trained.network.vector)


def test_cross_validation_trains_each_fold_from_the_start():
    folds = KFold(3, shuffle=True, random_state=0)
    found = cross_val_score(network(), X, Y, cv=folds, params=QUICK)
    for score, (inside, outside) in zip(found, folds.split(X), strict=True):
        assert score == network().fit(X[inside], Y[inside], **QUICK).score(X[outside], Y[outside])


def test_grid_search_finds_what_learns():
    grid = {"layers": [[4, 8, 3], [4, 3]], "activation": ["silu", "tanh"]}
    search = GridSearchCV(network(), grid, cv=3).fit(X, Y, **QUICK)
    assert search.best_score_ > 0.8
    assert search.best_estimator_.get_params()["layers"] == search.best_params_["layers"]


def test_a_parameter_that_is_not_there_is_refused():
    with pytest.raises(SettingError, match="unknown setting 'activaton'"):
        network().set_params(activaton="relu")


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_columns_of_a_data_frame_are_found_by_name(kind):
    def frame(data):
        return data if kind == "pandas" else pl.DataFrame({name: data[name].to_numpy() for name in data})

    trained = network().fit(frame(FRAME.data), Y, **QUICK)
    expected = trained.predict(X)
    backwards = FRAME.data[FRAME.data.columns[::-1]].assign(more=1.0)
    assert np.array_equal(trained.predict(frame(backwards)), expected)
    assert trained.evaluate(frame(backwards), Y) == trained.evaluate(X, Y)


def test_a_data_frame_without_a_column_is_refused():
    trained = network().fit(FRAME.data, Y, **QUICK)
    with pytest.raises(DataError, match=r"no column 'petal length \(cm\)', which the network"):
        trained.predict(FRAME.data.drop(columns="petal length (cm)"))


def test_missing_values_of_a_data_frame_are_refused_by_row_and_column():
    trained = network().fit(FRAME.data, Y, **QUICK)
    spoiled = FRAME.data.copy()
    spoiled.iloc[7, 2] = np.nan
    with pytest.raises(DataError, match=r"row 8, column 'petal length \(cm\)', holds no value"):
        trained.predict(spoiled)


def test_names_are_saved_with_the_network(tmp_path):
    trained = network().fit(FRAME.data, Y, **QUICK)
    trained.save(tmp_path / "iris.safetensors")
    loaded = NeuralNetwork.load(tmp_path / "iris.safetensors")
    backwards = FRAME.data[FRAME.data.columns[::-1]]
    assert np.array_equal(loaded.predict(backwards), trained.predict(X))


def test_a_frame_whose_columns_have_no_names_of_their_own_goes_by_position():
    trained = network().fit(pd.DataFrame(X), Y, **QUICK)
    assert trained.encoding is None
    assert np.array_equal(trained.predict(pd.DataFrame(X)), trained.predict(X))


def test_a_loaded_network_has_the_same_score(tmp_path):
    numbers = NeuralNetwork([3, 4, 1], scale=True, seed=0).fit(X[:, :3], X[:, 3], **QUICK)
    numbers.save(tmp_path / "numbers.safetensors")
    loaded = NeuralNetwork.load(tmp_path / "numbers.safetensors")
    assert loaded.score(X[:, :3], X[:, 3]) == numbers.score(X[:, :3], X[:, 3])


def test_it_is_the_last_step_of_a_pipeline():
    steps = make_pipeline(StandardScaler(), NeuralNetwork([4, 8, 3], seed=0)).fit(X, Y)
    assert steps.score(X, Y) > 0.9
    with pytest.raises(NotFittedError):
        check_is_fitted(network())
    assert network().fit(X, Y, **QUICK).classes_.tolist() == [0, 1, 2]
    found = cross_val_predict(network(), X, Y, cv=3, method="predict_proba", params=QUICK)
    assert found.shape == (150, 3)


def test_fit_says_nothing_unless_asked(capsys):
    network().fit(X, Y, epochs=1)
    assert capsys.readouterr() == ("", "")
