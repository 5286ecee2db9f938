"""Confusion against scikit-learn's recall and precision, for any labels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from whygrad.errors import DataError, ShapeError
from whygrad.evaluation.confusion_matrix import Confused, Confusion, confusion

CLASSES = ("owl", "cat", "dog", "eel")  # not sorted: their order is that of the caller
rows = st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES)), min_size=1, max_size=40)


@settings(max_examples=40)
@given(rows)
def test_counts_recall_and_precision_are_those_of_scikit_learn(pairs):
    actual, predicted = zip(*pairs, strict=True)
    found = confusion(actual, predicted, CLASSES)
    assert np.array_equal(found.counts, confusion_matrix(actual, predicted, labels=CLASSES))
    for name, score in (("recall", recall_score), ("precision", precision_score)):
        expected = score(actual, predicted, labels=CLASSES, average=None, zero_division=np.nan)
        ours = getattr(found, name)
        assert [value is None for value in ours] == np.isnan(expected).tolist()
        np.testing.assert_allclose([np.nan if v is None else v for v in ours], expected)


@given(rows)
def test_the_most_confused_pair_is_the_most_frequent_mistake(pairs):
    wrong = [pair for pair in pairs if pair[0] != pair[1]]
    found = confusion(*zip(*pairs, strict=True), CLASSES).most_confused
    if not wrong:
        assert found is None
        return
    assert found.rows == wrong.count((found.actual, found.predicted)) == max(map(wrong.count, wrong))


def test_of_equals_the_first_pair():
    found = confusion(["owl", "cat", "dog"], ["cat", "owl", "cat"], CLASSES)
    assert found.most_confused == Confused("owl", "cat", 1)


@pytest.mark.parametrize(
    "labels", [np.array([3, 5]), [False, True], np.array([0.5, 1.5]), np.array(["a", "b"]), ["a", "b"]]
)
def test_labels_of_any_kind(labels):
    found = confusion(np.take(labels, [0, 0, 1]), np.take(labels, [0, 1, 1]), labels)
    assert found.counts == ((1, 1), (0, 1))
    assert all(type(label) in (int, bool, float, str) for label in found.classes)


def test_a_single_class():
    assert confusion([1, 1], [1, 1], [1]) == Confusion((1,), ((2,),))


def test_it_can_be_compared_and_hashed():
    first, second = [confusion([0, 1], [0, 0], [0, 1]) for _ in range(2)]
    assert first == second
    assert hash(first) == hash(second)


@pytest.mark.parametrize(
    ("actual", "predicted", "classes", "error", "text"),
    [
        ([0, 2], [0, 1], [0, 1], DataError, "actual label 2 is none of the classes\n  expected: 0, 1$"),
        ([0, 1], [0, 9], range(9), DataError, "predicted label 9 is none .*\n.* 0, 1, 2, 3, 4, 5 …"),
        ([0, 1], [0, 1], [0, 1, 1], DataError, "named twice"),
        ([0, 1], [0], [0, 1], ShapeError, "one prediction for each"),
    ],
)
def test_what_cannot_be_counted(actual, predicted, classes, error, text):
    with pytest.raises(error, match=text):
        confusion(actual, predicted, classes)
