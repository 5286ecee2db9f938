"""Splitting: no row is in both parts, classes keep their shares, a seed fixes it."""

import importlib
import math
import pkgutil

import numpy as np
import pytest

from whygrad.data.sets import SETS, Dataset, load
from whygrad.data.splitting import split
from whygrad.errors import SettingError


def numbered(rows, classes):
    """Rows that can be told apart: X holds their number."""
    y = np.repeat(np.arange(len(classes)), classes) if classes else np.arange(rows) / 7.0
    task = "classification" if classes else "regression"
    return Dataset("numbered", np.arange(rows, dtype=float)[:, None], y, task, ("row",))


@pytest.mark.parametrize("test_size", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("classes", [(), (50, 30, 20), (90, 10)])
def test_each_row_is_in_one_part_with_its_target(classes, test_size):
    data = numbered(100, classes)
    parts = split(data, test_size, seed=1)
    train, test = parts.X_train[:, 0].astype(int), parts.X_test[:, 0].astype(int)
    assert len(test) == round(100 * test_size)
    assert sorted([*train, *test]) == list(range(100))
    assert np.array_equal(parts.y_train, data.y[train])
    assert np.array_equal(parts.y_test, data.y[test])


@pytest.mark.parametrize("seed", range(5))
def test_classes_keep_their_shares(seed):
    parts = split(numbered(100, (50, 30, 20)), 0.2, seed)
    assert np.bincount(parts.y_test).tolist() == [10, 6, 4]
    assert np.bincount(parts.y_train).tolist() == [40, 24, 16]


@pytest.mark.parametrize("name", SETS)
def test_every_set_can_be_split(name):
    data = load(name)
    parts = split(data)
    assert len(parts.X_test) == math.ceil(0.2 * len(data.X))
    assert len(parts.X_train) == len(parts.y_train) == len(data.X) - len(parts.X_test)
    if data.class_names:
        shares = [np.bincount(y) / len(y) for y in (data.y, parts.y_test)]
        assert np.abs(shares[0] - shares[1]).max() <= 1 / len(parts.y_test)


def test_seed_fixes_the_split():
    data = load("iris")
    assert np.array_equal(split(data, seed=3).X_test, split(data, seed=3).X_test)
    assert not np.array_equal(split(data, seed=3).X_test, split(data, seed=4).X_test)


@pytest.mark.parametrize("test_size", [0, 1, -0.2, 20, math.nan, "0.2", None])
def test_a_share_that_is_none_is_refused(test_size):
    with pytest.raises(
        SettingError, match=r"test_size must be a number(.|\n)*  hint: (try 0.2|leave the quot)"
    ):
        split(load("iris"), test_size)


@pytest.mark.parametrize("test_size", [0.001, 0.999])
def test_a_part_without_each_class_is_refused(test_size):
    with pytest.raises(SettingError, match=f"test_size {test_size} leaves too few rows") as caught:
        split(load("iris"), test_size)
    assert caught.value.expected == "rows to learn from and to test on, of each class"
    assert (
        caught.value.received
        == "<iris: 150 rows × 4 columns, classification, 3 classes>: 150 rows of 3 classes"
    )
    assert caught.value.hint == "try 0.2"


def test_too_few_rows_for_the_usual_share_are_told_to_be_more():
    with pytest.raises(SettingError, match=r"test_size 0.2 leaves too few rows(.|\n)*hint: add rows"):
        split(load("xor", samples=4))


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5])
def test_a_seed_that_cannot_be_is_refused(seed):
    with pytest.raises(SettingError, match="seed must be "):
        split(load("iris"), seed=seed)


@pytest.mark.parametrize("package", ["whygrad.data", "whygrad.training", "whygrad.cli"])
def test_no_module_has_the_name_of_an_export(package):
    # Importing a submodule sets it on the package, where it would hide a lazy export of that name.
    module = importlib.import_module(package)
    inner = {item.name for item in pkgutil.iter_modules(module.__path__)}
    assert sorted(inner.intersection(getattr(module, "__all__", ()))) == []
