"""What is seen in y: its kind, its classes, and the outputs that do not fit it."""

import numpy as np
import pytest

from whygrad.data.targets import KINDS, understand
from whygrad.errors import DataError, SettingError, ShapeError

BINARY = ("sigmoid", "binary_cross_entropy")
CLASSES = ("softmax", "cross_entropy")
NUMBERS = ("identity", "mse")


@pytest.mark.parametrize(
    ("y", "outputs", "classes"),
    [
        ([0, 1, 1, 0], 1, (0, 1)),
        ([5, 0, 0, 5], 1, (0, 5)),
        ([-1, 1], 1, (-1, 1)),
        ([0.0, 1.0], 1, (0.0, 1.0)),
        ([2.0, 250.0], 1, (2.0, 250.0)),
        ([True, False], 1, (False, True)),
        (["no", "yes", "no"], 1, ("no", "yes")),
        ([b"no", b"yes"], 1, (b"no", b"yes")),
    ],
)
def test_two_classes_for_one_output_are_binary(y, outputs, classes):
    found = understand(np.array(y), outputs)
    assert (found.kind, found.outputs, found.classes) == ("binary", 1, classes)
    assert [type(label) for label in found.classes] == [type(label) for label in classes]
    assert (found.output, found.loss) == BINARY
    assert found.because == f"y holds two classes, {classes[0]}, {classes[1]}"


@pytest.mark.parametrize(
    ("y", "outputs", "classes"),
    [
        ([0, 1, 2], 3, (0, 1, 2)),
        ([0, 1], 2, (0, 1)),
        ([0, 2], 3, (0, 1, 2)),  # a class that these rows do not have
        ([1, 1], 3, (0, 1, 2)),
        ([0, 0], 2, (0, 1)),
        ([1, 2, 3], 3, (1, 2, 3)),  # counted from 1
        ([0, 10, 200], 3, (0, 10, 200)),  # with gaps
        ([0.0, 1.0, 2.0], 3, (0.0, 1.0, 2.0)),
        ([0.0, 2.0], 3, (0.0, 1.0, 2.0)),
        ([True, False], 2, (False, True)),
        ([True, True], 2, (False, True)),
        (["cat", "dog"], 2, ("cat", "dog")),
        (["b", "c", "a", "a"], 3, ("a", "b", "c")),
        (np.array([0, 2], np.uint8), 300, tuple(range(300))),
    ],
)
def test_a_class_for_each_output_is_multiclass(y, outputs, classes):
    found = understand(np.array(y), outputs)
    assert (found.kind, found.outputs, found.classes) == ("multiclass", outputs, classes)
    assert [type(label) for label in found.classes] == [type(label) for label in classes]
    assert (found.output, found.loss) == CLASSES
    assert not found.one_hot


@pytest.mark.parametrize("dtype", [int, float, bool, np.uint8])
def test_one_hot_rows_are_multiclass(dtype):
    found = understand(np.eye(3, dtype=dtype)[[0, 2, 2]], 3)
    assert (found.kind, found.classes, found.one_hot) == ("multiclass", (0, 1, 2), True)
    assert (found.output, found.loss) == CLASSES
    assert found.because == "y holds one-hot rows of 3 classes"


@pytest.mark.parametrize(
    "y", [[[0, 1], [1, 1]], [[0, 0], [1, 0]], [[0.0, 1.0], [1.0, 1.0]], [[True, True], [True, False]]]
)
def test_rows_of_several_labels_are_multilabel(y):
    found = understand(np.array(y), 2)
    assert (found.kind, found.outputs) == ("multilabel", 2)
    assert (found.output, found.loss) == BINARY
    assert found.because == "y holds 2 labels of 0 or 1 at once"


@pytest.mark.parametrize(
    ("y", "outputs", "because"),
    [
        ([0.5, 1, 2], 1, "y holds numbers with fractions"),
        ([1, 2, 3], 1, "y holds whole numbers, 3 different ones, for one output"),
        ([1.0, 2.0, 30.0], 1, "y holds whole numbers, 3 different ones, for one output"),
        ([[0.5, 1], [2, 3]], 2, "y holds 2 columns of numbers"),
        ([[0, 1], [2, 1]], 2, "y holds 2 columns of numbers"),
    ],
)
def test_other_numbers_are_to_be_predicted(y, outputs, because):
    found = understand(np.array(y), outputs)
    assert (found.kind, found.outputs, found.classes) == ("regression", outputs, ())
    assert (found.output, found.loss) == NUMBERS
    assert found.because == because
    assert found.column == (np.ndim(y) == 1)


# --- the kind is said --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("y", "outputs", "kind"),
    [
        ([0, 1, 1], 1, "regression"),
        ([True, False], 1, "regression"),
        ([[1, 0], [0, 1]], 2, "regression"),
        ([[1, 0], [0, 1]], 2, "multilabel"),
        ([[1, 0], [0, 1]], 2, "multiclass"),
        ([0, 1, 1], 2, "multiclass"),
        ([0, 1, 1], 1, "binary"),
        ([0.5, 1], 1, "regression"),
    ],
)
def test_a_kind_that_is_said_is_kept(y, outputs, kind):
    assert understand(np.array(y), outputs, kind).kind == kind


@pytest.mark.parametrize(
    ("y", "outputs", "kind", "expected"),
    [
        ([0, 1, 2], 3, "binary", "two classes and one output"),
        ([0, 1], 2, "binary", "two classes and one output"),
        ([[1, 0], [0, 1]], 2, "binary", "two classes and one output"),
        ([0, 1], 1, "multiclass", "an output for each class"),
        ([[0, 1, 1], [1, 0, 1]], 3, "multiclass", "an output for each class"),
        ([[0.5, 1], [1, 0]], 2, "multiclass", "an output for each class"),
        ([0, 1], 1, "multilabel", "a column of 0 and 1 for each output"),
        ([[0, 2], [1, 0]], 2, "multilabel", "a column of 0 and 1 for each output"),
    ],
)
def test_a_kind_that_y_is_not_of_is_refused(y, outputs, kind, expected):
    with pytest.raises(
        SettingError, match=f"task='{kind}' does not go with this y and the last layer"
    ) as caught:
        understand(np.array(y), outputs, kind)
    assert caught.value.expected == expected
    assert caught.value.received.startswith("y holds ")


@pytest.mark.parametrize("kind", ["regresion", "Binary", 5])
def test_an_unknown_kind_is_refused_with_the_known_ones(kind):
    with pytest.raises(SettingError, match=f"unknown task {kind!r}") as caught:
        understand(np.array([0, 1]), 1, kind)
    assert all(name in caught.value.hint for name in KINDS)


# --- what does not fit -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("y", "outputs", "label"),
    [([0, 1, 10], 10, 10), ([1, 2, 10], 10, 10), ([-1, 0, 1], 4, -1), ([0.0, 3.0], 3, 3.0)],
)
def test_a_label_out_of_range_is_named(y, outputs, label):
    with pytest.raises(DataError, match=f"label {label} is out of range") as caught:
        understand(np.array(y), outputs)
    assert caught.value.expected == f"0 to {outputs - 1}, for {outputs} outputs"
    assert caught.value.received == f"labels from {min(y)} to {max(y)}"


@pytest.mark.parametrize(("y", "name"), [(["a", "a"], "'a'"), ([b"a"], "b'a'")])
@pytest.mark.parametrize("outputs", [1, 2])
def test_a_single_class_of_text_is_refused(y, name, outputs):
    with pytest.raises(DataError, match=f"y holds a single class.*\n  received: only {name}"):
        understand(np.array(y), outputs)


@pytest.mark.parametrize("y", [[1, 1], [True, True], [0.0, 0.0]])
def test_a_single_class_is_refused_where_classes_are_asked_for(y):
    with pytest.raises(DataError, match="y holds a single class: there is nothing to learn"):
        understand(np.array(y), 1, "binary")


@pytest.mark.parametrize(
    ("y", "outputs", "expected"),
    [
        (["a", "b"], 3, "2 outputs, or 1"),
        (["a", "b", "c"], 2, "3 outputs"),
        (["a", "b", "c"], 1, "3 outputs"),
        (["a", "b", "c"], 4, "3 outputs"),
        ([0, 1, 2], 2, "3 outputs"),
        ([True, False], 3, "2 outputs, or 1"),
        (list("abcdefgh"), 2, "8 outputs"),
    ],
)
def test_outputs_that_are_not_one_for_each_class_are_refused(y, outputs, expected):
    with pytest.raises(ShapeError, match="the last layer does not have one output for each class") as caught:
        understand(np.array(y), outputs)
    assert caught.value.expected == expected
    assert caught.value.received.startswith(f"{outputs} outputs, and the classes {min(y)}, ")


def test_of_many_classes_some_are_shown():
    with pytest.raises(ShapeError, match="the classes a, b, c, d, e, f and 2 more"):
        understand(np.array(list("abcdefgh")), 3)


@pytest.mark.parametrize(
    ("y", "outputs"),
    [([[0, 1], [1, 1]], 3), (np.eye(3), 2), ([[0.5, 1], [2, 3]], 1), ([0.5, 1], 2), ([[0.5, 1.5]], 3)],
)
def test_outputs_that_are_not_one_for_each_column_are_refused(y, outputs):
    columns = 1 if np.ndim(y) == 1 else np.shape(y)[1]
    with pytest.raises(
        ShapeError, match="the last layer does not have one output for each column of y"
    ) as caught:
        understand(np.array(y), outputs)
    assert (caught.value.expected, caught.value.received) == (f"{columns} outputs", f"{outputs} outputs")


@pytest.mark.parametrize("kind", [None, "regression"])
def test_columns_of_text_are_refused(kind):
    with pytest.raises(DataError, match="text cannot be predicted as a number\n  received: 'a'"):
        understand(np.array([["a", "b"], ["c", "d"]]), 2, kind)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_fractions_are_no_classes(kind):
    with pytest.raises(
        DataError, match=f"{kind} targets must be classes\n  received: numbers with fractions"
    ):
        understand(np.array([0.5, 1.0]), 1, kind)


def test_a_single_number_is_nothing_to_learn():
    with pytest.raises(DataError, match="single class"):
        understand(np.zeros(5, int), outputs=1)


def test_labels_below_zero_are_classes_like_any_others():
    found = understand(np.array([-1, 0, 1, 1]), outputs=3)
    assert found.classes == (-1, 0, 1)
    assert understand(np.array([-1, 1]), outputs=2).classes == (-1, 1)
