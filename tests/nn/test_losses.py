"""Losses: right values and gradients in all APIs, extreme predictions, targets that fit and that do not."""

import autograd
import numpy as np
import pytest

from whygrad import Tensor, Value, gradcheck, nn
from whygrad.autodiff.readings.complexes import COMPLEXES
from whygrad.errors import DataError, GraphError, KindError, SettingError, ShapeError
from whygrad.nn.losses import ALIASES, LOSSES, make_loss

from .cases import LOSSES as CASES
from .cases import leaves
from .numeric import central_differences, complex_step, error

every_loss = pytest.mark.parametrize("case", CASES, ids=str)


def refused(kind, call):
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


# --- every loss --------------------------------------------------------------------------------------
def test_every_loss_is_in_the_table_and_has_a_name():
    listed = {type(case.make()) for case in CASES}
    assert listed == set(leaves(nn.Loss)) == set(LOSSES.values())
    assert listed <= {getattr(nn, name) for name in nn.__all__}


@every_loss
def test_value_is_the_formula(case):
    predictions, targets = case.data()
    assert error(case.make().forward(predictions, targets), case.formula(predictions, targets)) <= 1e-14


@pytest.mark.parametrize("upstream", [1.0, -2.5])
@every_loss
def test_gradient(case, upstream):
    predictions, targets = case.data()
    loss = case.make()
    loss.forward(predictions, targets)
    found = loss.backward(upstream) / upstream
    (exact,) = complex_step(lambda points: loss.replay(COMPLEXES, points[0]), [predictions])
    (numeric,) = central_differences(lambda points: case.make().forward(points[0], targets), [predictions])
    assert error(found, exact) <= 1e-12
    assert error(found, autograd.grad(case.formula)(predictions, targets)) <= 1e-10
    assert error(found, numeric) <= 1e-7


@every_loss
def test_gradcheck_takes_the_loss(case):
    report = gradcheck(case.make(), *case.data(), tolerance=1e-12)
    assert report, str(report)


@pytest.mark.parametrize("wrap", [Tensor.plain, np.asarray, np.ndarray.tolist])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@every_loss
def test_on_tensors_the_bits_are_the_same(case, dtype, wrap):
    predictions, targets = case.data(dtype)
    explicit, p = case.make(), Tensor(predictions)
    if targets.dtype.kind == "f":
        targets = targets.astype(dtype)
    recorded = case.make()(p, wrap(targets))
    recorded.backward()
    assert float(recorded.data) == explicit(predictions, targets)
    np.testing.assert_array_equal(p.grad, explicit.backward())


@every_loss
def test_on_scalars_the_same(case):
    predictions, targets = case.data()
    explicit = case.make()
    value = explicit.forward(predictions, targets)
    rows = [[Value(p) for p in row] for row in predictions]
    total = sum(case.on_values(row, t) for row, t in zip(rows, targets, strict=True)) / case.divisor
    total.backward()
    assert error(total.data, value) <= 1e-12
    assert error([[p.grad for p in row] for row in rows], explicit.backward()) <= 1e-12


@every_loss
def test_single_precision_stays(case):
    predictions, targets = case.data(np.float32)
    loss = case.make()
    value = loss.forward(predictions, targets)  # the targets come in double precision
    assert loss.value.dtype == loss.backward().dtype == loss.backward(2.0).dtype == np.float32
    assert loss.inputs[1].dtype in (np.float32, np.int64)
    assert abs(value - case.make().forward(*case.data())) < 1e-5


@every_loss
def test_an_array_changed_in_place_is_noticed(case):
    for place, name in enumerate(("the predictions", "the targets")):
        arrays, loss = case.data(), case.make()
        loss.forward(*arrays)
        arrays[place].flat[0] = 1 - arrays[place].flat[0]
        text = refused(GraphError, loss.backward)
        assert text.startswith(f"{name} of {loss!r} was changed in place after the forward pass")


@every_loss
def test_backward_needs_forward(case):
    loss = case.make()
    expected = f"{loss!r}: backward() before forward()\n  hint: call forward() first"
    assert refused(GraphError, loss.backward) == expected
    predictions, targets = case.data()
    loss.forward(predictions, targets)
    loss.evaluate(predictions / 2, targets)
    assert refused(GraphError, loss.backward) == expected


# --- values by hand ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("loss", "predictions", "targets", "value", "gradient"),
    [
        (nn.SquaredError(), [[1.0, 2.0]], [[0.0, 4.0]], 5.0, [[2.0, -4.0]]),
        (nn.MeanSquaredError(), [[1.0, 2.0]], [[0.0, 4.0]], 2.5, [[1.0, -2.0]]),
        (
            nn.MeanAbsoluteError(),
            [[1.0, 2.0, 3.0, 4.0]],
            [[0.0, 4.0, 3.0, 3.0]],
            1.0,
            [[0.25, -0.25, 0, 0.25]],
        ),
        (nn.Huber(), [[0.5, 3.0]], [[0.0, 0.0]], (0.125 + 2.5) / 2, [[0.25, 0.5]]),
        (nn.Huber(2.0), [[1.0, -5.0]], [[0.0, 0.0]], (0.5 + 8.0) / 2, [[0.5, -1.0]]),
        (nn.BinaryCrossEntropy(), [[0.0], [0.0]], [[1.0], [0.0]], np.log(2), [[-0.25], [0.25]]),
        (nn.BinaryCrossEntropy(), [[np.log(3)]], [[1.0]], np.log(4 / 3), [[-0.25]]),
        (nn.BinaryCrossEntropy(False), [[0.25], [0.5]], [[1.0], [0.0]], np.log(8) / 2, [[-2.0], [1.0]]),
        (nn.CrossEntropy(), [[0.0, 0.0, np.log(2)]], [2], np.log(2), [[0.25, 0.25, -0.5]]),
        (nn.Hinge(), [[0.5, 2.0, -1.0]], [[1.0, 1.0, 1.0]], 2.5 / 3, [[-1 / 3, 0.0, -1 / 3]]),
    ],
    ids=lambda value: repr(value) if isinstance(value, nn.Loss) else "",
)
def test_by_hand(loss, predictions, targets, value, gradient):
    assert loss.forward(predictions, targets) == pytest.approx(value, rel=1e-15)
    np.testing.assert_allclose(loss.backward(), gradient, rtol=1e-15, atol=1e-16)


def test_huber_between_two_losses():
    p, t = np.random.default_rng(0).normal(0, 3, size=(2, 5, 2))
    wide, squared = nn.Huber(100.0), nn.MeanSquaredError()
    assert wide.forward(p, t) == pytest.approx(squared.forward(p, t) / 2, rel=1e-15)
    np.testing.assert_allclose(wide.backward(), squared.backward() / 2, rtol=1e-15)
    narrow, absolute = nn.Huber(1e-6), nn.MeanAbsoluteError()
    narrow.forward(p, t)
    absolute.forward(p, t)
    np.testing.assert_allclose(narrow.backward() / 1e-6, absolute.backward(), rtol=1e-9)


@pytest.mark.parametrize("delta", [0.0, -1.0, float("nan")])
def test_huber_refuses_other_deltas(delta):
    assert refused(SettingError, lambda: nn.Huber(delta)) == (
        f"Huber: delta must be above 0\n  received: {delta}"
    )


# --- extreme predictions -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("logit", "target", "value", "gradient"),
    [
        (1000.0, 1.0, 0.0, 0.0),
        (-1000.0, 0.0, 0.0, 0.0),
        (1000.0, 0.0, 1000.0, 1.0),
        (-1000.0, 1.0, 1000.0, -1.0),
        (40.0, 1.0, np.exp(-40.0), 0.0),
        (-40.0, 0.0, np.exp(-40.0), np.exp(-40.0)),
        (-700.0, 0.0, np.exp(-700.0), np.exp(-700.0)),
        (1000.0, 0.25, 750.0, 0.75),
    ],
)
def test_binary_cross_entropy_of_extreme_logits(logit, target, value, gradient):
    loss = nn.BinaryCrossEntropy()
    assert loss.forward([[logit]], [[target]]) == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(loss.backward(), [[gradient]], rtol=1e-14, atol=1e-17)


@pytest.mark.parametrize("shift", [0.0, 1000.0, -1000.0])
@pytest.mark.parametrize("targets", [[0, 1, 2], np.eye(3)])
def test_cross_entropy_of_extreme_logits(targets, shift):
    logits = np.array([[1000.0, 0.0, -1000.0], [1000.0, 0.0, -1000.0], [0.0, 0.0, -40.0]]) + shift
    loss = nn.CrossEntropy()
    assert loss.forward(logits, targets) == pytest.approx((0 + 1000 + 40 + np.log(2)) / 3, rel=1e-14)
    tail = np.exp(-40.0) / 2
    np.testing.assert_allclose(
        3 * loss.backward(), [[0, 0, 0], [1, -1, 0], [0.5, 0.5, tail - 1]], rtol=1e-14, atol=1e-17
    )


def test_cross_entropy_of_a_sure_and_right_prediction_keeps_its_tail():
    assert nn.CrossEntropy().forward([[40.0, 0.0]], [0]) == pytest.approx(np.exp(-40.0), rel=1e-14)


def test_binary_cross_entropy_of_certain_probabilities():
    loss = nn.BinaryCrossEntropy(from_logits=False)
    with np.errstate(divide="ignore"):
        assert loss.forward([[1.0], [0.0]], [[1.0], [0.0]]) == 0.0
        assert loss.backward().tolist() == [[-0.5], [0.5]]
        assert loss.forward([[1.0], [0.0]], [[0.0], [0.0]]) == np.inf
        assert loss.backward().tolist() == [[np.inf], [0.5]]


# --- targets -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [int, np.uint8, np.int32, float])
def test_labels_and_one_hot_rows_agree(kind):
    rng, loss = np.random.default_rng(2), nn.CrossEntropy()
    logits, labels = rng.normal(size=(8, 4)), rng.integers(4, size=8)
    by_label = loss.forward(logits, labels.astype(kind))
    assert loss.inputs[1].dtype.kind in "iu"
    gradient = loss.backward()
    assert by_label == pytest.approx(loss.forward(logits, np.eye(4)[labels]), rel=1e-15)
    np.testing.assert_allclose(gradient, loss.backward(), rtol=1e-15, atol=1e-17)


@pytest.mark.parametrize("wrap", [np.asarray, Tensor])
@every_loss
def test_a_vector_of_targets_against_a_column_of_predictions_is_refused(case, wrap):
    if case.divisor == 6:  # class numbers are a vector
        return
    text = refused(ShapeError, lambda: case.make()(wrap(np.full((4, 1), 0.5)), np.ones(4)))
    assert text.endswith(
        "the targets do not have the shape of the predictions\n"
        "  expected: targets (4, 1)\n"
        "  received: predictions (4, 1), targets (4,)\n"
        "  hint: (4,) against (4, 1) would compare every prediction with every target; use y.reshape(-1, 1)"
    )


@pytest.mark.parametrize(
    ("labels", "label", "received"), [([0, 3], 3, "labels from 0 to 3"), ([2, -1], -1, "labels from -1 to 2")]
)
def test_labels_out_of_range_are_refused(labels, label, received):
    assert refused(DataError, lambda: nn.CrossEntropy().forward(np.zeros((2, 3)), labels)) == (
        f"label_cross_entropy: label {label} is out of range\n"
        "  expected: 0 to 2, one for each of the 3 outputs\n"
        f"  received: {received}\n"
        "  hint: number the classes from 0, or give the last layer more outputs"
    )


@pytest.mark.parametrize("labels", [[0.5, 1.0], [np.nan, 1.0]])
def test_labels_between_whole_numbers_are_refused(labels):
    text = refused(KindError, lambda: nn.CrossEntropy().forward(np.zeros((2, 3)), labels))
    assert text == "label_cross_entropy: labels must be integers\n  received: dtype float64"


@pytest.mark.parametrize(("shape", "labels"), [((2, 3), [0]), ((3,), [0, 1, 2])])
def test_another_number_of_labels_is_refused(shape, labels):
    text = refused(ShapeError, lambda: nn.CrossEntropy().forward(np.zeros(shape), labels))
    assert f"received: logits {shape}, labels ({len(labels)},)" in text


@every_loss
def test_text_for_targets_is_refused(case):
    loss = case.make()
    text = refused(KindError, lambda: loss.forward(np.full((2, 3), 0.5), ["cat", "dog"]))
    assert text == (
        f"{loss!r} takes numbers for targets\n"
        "  received: dtype <U3\n"
        "  hint: number the classes from 0: np.unique(y, return_inverse=True)"
    )


def test_whole_numbers_for_predictions_are_taken():
    loss = nn.MeanSquaredError()
    assert loss.forward([[1], [2]], [[True], [False]]) == 2.0
    assert loss.backward().tolist() == [[0.0], [2.0]]


# --- names -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [*LOSSES, *ALIASES])
def test_loss_by_name(name):
    loss = make_loss(name.upper().replace("_", "-"))
    assert loss.name == ALIASES.get(name, name)
    assert type(loss) is LOSSES[loss.name]


def test_a_loss_given_is_returned():
    given = nn.Huber(2.0)
    assert make_loss(given) is given


@pytest.mark.parametrize(
    ("name", "near"), [("mean_squared_eror", "mean_squared_error"), ("hubert", "huber"), ("MSA", "mse")]
)
def test_unknown_loss_suggests_the_nearest(name, near):
    text = refused(SettingError, lambda: make_loss(name))
    assert text.startswith(f'unknown loss {name!r}\n  hint: did you mean "{near}"? known: bce, binary_cross')


@pytest.mark.parametrize(
    ("loss", "text", "activation"),
    [
        (nn.Huber(0.5), "Huber(delta=0.5)", None),
        (nn.BinaryCrossEntropy(), "BinaryCrossEntropy()", "sigmoid"),
        (nn.BinaryCrossEntropy(False), "BinaryCrossEntropy(from_logits=False)", None),
        (nn.CrossEntropy(), "CrossEntropy()", "softmax"),
    ],
)
def test_repr_and_the_activation_inside(loss, text, activation):
    assert repr(loss) == text
    assert loss.activation == activation


@pytest.mark.parametrize(
    ("loss", "targets", "expected"),
    [
        (nn.Hinge(), [[0.0], [1.0]], "-1 and 1"),
        (nn.BinaryCrossEntropy(), [[0.0], [7.0]], "numbers from 0 to 1"),
        (nn.BinaryCrossEntropy(from_logits=False), [[-0.5], [1.0]], "numbers from 0 to 1"),
    ],
)
def test_targets_without_sense_are_refused(loss, targets, expected):
    with pytest.raises(DataError) as caught:
        loss.forward(np.full((2, 1), 0.5), targets)
    assert f"expected: {expected}" in str(caught.value)
