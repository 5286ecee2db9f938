"""Rows that are watched: never learned from, and their figures are those of the weights after the epoch."""

import csv
import io

import numpy as np
import pytest

from whygrad.errors import DataError, SettingError, ShapeError
from whygrad.nn import Sequential
from whygrad.optim import AdamW, ReduceOnPlateau
from whygrad.training import NeuralNetwork

from .problems import LABELS, LARGEST, NUMBERS, SUM, X

OUTSIDE = np.random.default_rng(8).normal(size=(9, 3)) * [1.0, 2.0, 0.5] + [0.0, 3.0, -1.0]
SUM_OUTSIDE = (OUTSIDE - X.mean(axis=0)).sum(axis=1)


class Weights:
    """A callback that keeps a copy of the weights after each epoch."""

    def __init__(self, network):
        self.network, self.kept = network, []

    def __call__(self, epoch):
        self.kept.append(self.network.network.vector.copy())


@pytest.fixture
def learned(monkeypatch):
    """The rows of every step."""
    rows, original = [], Sequential.loss_and_gradient

    def noted(self, x, targets, *rest):
        rows.append((x.copy(), targets.copy()))
        return original(self, x, targets, *rest)

    monkeypatch.setattr(Sequential, "loss_and_gradient", noted)
    return rows


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


KINDS = {  # targets inside and outside, outputs, loss and score of the outputs, both by the book
    "numbers": (
        3 * SUM + 1,
        3 * SUM_OUTSIDE + 1,
        1,
        lambda p, y: np.mean((p[:, 0] - y) ** 2),
        lambda p, y: 1 - np.sum((p[:, 0] - y) ** 2) / np.sum((y - y.mean()) ** 2),
    ),
    "two classes": (
        (SUM > 0).astype(int),
        (SUM_OUTSIDE > 0).astype(int),
        1,
        lambda p, y: -np.mean(np.log(np.where(y == 1, p[:, 0], 1 - p[:, 0]))),
        lambda p, y: np.mean((p[:, 0] > 0.5) == y),
    ),
    "three classes": (
        LARGEST,
        (OUTSIDE - X.mean(axis=0)).argmax(axis=1),
        3,
        lambda p, y: -np.mean(np.log(p[np.arange(len(y)), y])),
        lambda p, y: np.mean(p.argmax(axis=1) == y),
    ),
    "three labels": (
        LABELS,
        (OUTSIDE - X.mean(axis=0) > 0).astype(int),
        3,
        lambda p, y: -np.mean(np.log(np.where(y == 1, p, 1 - p))),
        lambda p, y: np.mean(((p > 0.5) == y).all(axis=1)),
    ),
}


@pytest.mark.parametrize("settings", [{}, {"dropout": 0.5}, {"l1": 0.1, "l2": 0.2}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_figures_are_those_of_the_weights_after_the_epoch(kind, settings):
    inside, outside, outputs, loss, score = KINDS[kind]
    network = NeuralNetwork([3, 5, outputs], seed=2, **settings)
    after = Weights(network)
    history = network.train(
        X, inside, epochs=4, batch_size=8, validation=(OUTSIDE, outside), callbacks=[after], verbose=False
    )
    for epoch, vector in zip(history, after.kept, strict=True):
        other = NeuralNetwork([3, 5, outputs], seed=2)  # neither dropout nor penalty
        other.network.vector = vector
        z = other.forward(OUTSIDE)
        p = {"numbers": lambda z: z, "three classes": softmax}.get(kind, sigmoid)(z)
        assert epoch.validation_loss == pytest.approx(loss(p, outside), rel=1e-12)
        assert epoch.validation_score == pytest.approx(score(p, outside), rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_the_score_is_what_evaluate_says(kind):
    inside, outside, outputs, *_ = KINDS[kind]
    network = NeuralNetwork([3, 5, outputs], scale=True, seed=2)
    history = network.train(X, inside, epochs=2, validation=(OUTSIDE, outside), verbose=False)
    assert history[-1].validation_score == pytest.approx(network.score(OUTSIDE, outside), rel=1e-12)


def test_numbers_in_several_columns_are_scored_like_evaluate():
    network = NeuralNetwork([3, 5, 2], scale=True, seed=2)
    outside = NUMBERS[:9] * 2 + 1
    history = network.train(X, NUMBERS, epochs=2, validation=(OUTSIDE, outside), verbose=False)
    assert history[-1].validation_score == pytest.approx(network.score(OUTSIDE, outside), rel=1e-12)


def test_more_rows_than_a_block_are_one_mean(monkeypatch):
    given = (OUTSIDE, SUM_OUTSIDE)
    losses = []
    for block in (4096, 4, 1):
        monkeypatch.setattr("whygrad.training.loop.BLOCK", block)
        network = NeuralNetwork([3, 5, 1], seed=2)
        history = network.train(X, SUM, epochs=2, validation=given, verbose=False)
        losses.append((history[-1].validation_loss, history[-1].validation_score))
    assert losses[1] == pytest.approx(losses[0], rel=1e-14)
    assert losses[2] == pytest.approx(losses[0], rel=1e-14)


# --- what is learned from ----------------------------------------------------------------------------
@pytest.mark.parametrize("size", [1, 8, "full"])
@pytest.mark.parametrize("share", [0.1, 0.2, 0.5, 0.9])
def test_watched_rows_are_never_learned_from(learned, share, size):
    network, seen = NeuralNetwork([3, 5, 1], seed=2), []
    evaluate = network.network.evaluate
    network.network.evaluate = lambda x, *rest: seen.append(x) or evaluate(x, *rest)
    epochs = 3
    network.train(X, SUM, epochs, batch_size=size, validation=share, verbose=False)
    trained = {tuple(row) for x, _ in learned for row in x}
    watched = {tuple(row) for x in seen for row in x} - trained
    assert len(watched) == np.ceil(share * len(X))
    assert trained | watched == {tuple(row) for row in X}
    assert sum(len(x) for x, _ in learned) == epochs * (len(X) - len(watched))
    target = {tuple(row): value for row, value in zip(X, SUM, strict=True)}
    assert all(target[tuple(row)] == t for x, ts in learned for row, t in zip(x, ts[:, 0], strict=True))


def test_given_rows_are_never_learned_from(learned):
    NeuralNetwork([3, 5, 1], seed=2).train(
        X, SUM, 2, batch_size=8, validation=(OUTSIDE, SUM_OUTSIDE), verbose=False
    )
    assert {tuple(row) for x, _ in learned for row in x} == {tuple(row) for row in X}


def test_given_rows_do_not_change_what_is_learned():
    networks = [NeuralNetwork([3, 5, 1], dropout=0.2, scale=True, seed=2) for _ in range(3)]
    given = [None, (OUTSIDE, SUM_OUTSIDE), (1000 * OUTSIDE, SUM_OUTSIDE - 1e6)]
    for network, rows in zip(networks, given, strict=True):
        network.train(X, SUM, 5, batch_size=8, validation=rows, verbose=False)
    assert np.array_equal(networks[0].network.vector, networks[1].network.vector)
    assert np.array_equal(networks[0].network.vector, networks[2].network.vector)


def test_scaling_is_learned_from_the_learned_rows_alone(learned):
    y = 100 * SUM**3  # so that the mean depends on which rows
    network = NeuralNetwork([3, 5, 1], scale=True, seed=2)
    network.train(X, y, 1, batch_size="full", validation=0.4, verbose=False)
    ((scaled, targets),) = learned
    assert scaled.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-12)
    assert scaled.std(axis=0) == pytest.approx(np.ones(3))
    assert (targets.mean(), targets.std()) == pytest.approx((0, 1), abs=1e-12)
    assert network.scaling.mean != pytest.approx(X.mean(axis=0))
    rows = scaled * network.scaling.std + network.scaling.mean
    target = {tuple(row): value for row, value in zip(X.round(9), y, strict=True)}
    raw = np.array([target[tuple(row)] for row in rows.round(9)])
    assert (network.head.scaling.mean, network.head.scaling.std) == pytest.approx((raw.mean(), raw.std()))


def test_a_second_call_keeps_the_scaling():
    network = NeuralNetwork([3, 5, 1], scale=True, seed=2)
    network.train(X, SUM, 1, validation=0.4, verbose=False)
    before = network.scaling, network.head
    network.train(X, SUM, 1, validation=0.4, verbose=False)
    assert (network.scaling, network.head) == before


def test_classes_keep_their_shares(learned):
    y = np.repeat([0, 1], [20, 5])
    NeuralNetwork([3, 5, 1], seed=2).train(X, y, 1, batch_size="full", validation=0.2, verbose=False)
    assert learned[0][1].sum() == 4
    assert len(learned[0][1]) == 20


def test_a_class_that_only_watched_rows_have_is_known():
    y = np.repeat(["a", "b", "c"], [12, 12, 1])
    for seed in range(20):
        network = NeuralNetwork([3, 5, 3], seed=seed)
        network.train(X, y, 1, validation=0.5, verbose=False)
        assert network.classes == ("a", "b", "c")


def test_the_seed_decides_which_rows():
    def watched_loss(seed):
        network = NeuralNetwork([3, 1], initializer="zeros", seed=seed)
        return network.train(X, SUM, 1, validation=0.2, verbose=False)[0].validation_loss

    assert watched_loss(1) == watched_loss(1)
    assert len({watched_loss(seed) for seed in range(5)}) == 5


# --- what goes by it ---------------------------------------------------------------------------------
@pytest.mark.parametrize("watch", [True, False])
def test_a_schedule_on_plateaus_goes_by_the_watched_rows(watch):
    """The targets to watch are turned round: their loss rises from the first epoch on, as the other falls."""
    schedule = ReduceOnPlateau(0.01, factor=0.5, patience=0)
    network = NeuralNetwork([3, 8, 1], optimizer=AdamW(schedule), seed=2)
    given = (X, -5 * SUM) if watch else None
    history = network.train(X, SUM, 6, validation=given, verbose=False)
    assert history.loss == sorted(history.loss, reverse=True)
    if watch:
        assert history.validation_loss == sorted(history.validation_loss)
        assert [epoch.learning_rate for epoch in history] == [0.01, 0.01, 0.005, 0.0025, 0.00125, 0.000625]
        assert schedule.best == history[0].validation_loss
    else:
        assert {epoch.learning_rate for epoch in history} == {0.01}
        assert schedule.best == history[-1].loss


def test_columns_are_there_where_there_are_figures():
    network = NeuralNetwork([3, 5, 1], seed=2)
    plain = network.train(X, SUM, 1, verbose=False).columns()
    assert not [name for name in plain if name.startswith("validation")]
    assert network.history.validation_loss == [None]
    history = network.train(X, SUM, 2, validation=0.2, verbose=False)
    assert history.columns()["validation_loss"] == history.validation_loss
    assert history.columns()["validation_score"] == history.validation_score
    assert [value is None for value in history.validation_loss] == [True, False, False]
    rows = list(csv.DictReader(io.StringIO(history.to_csv())))
    assert [row["validation_r2"] for row in rows] == ["", *map(str, history.validation_score[1:])]
    assert [row["validation_loss"] for row in rows] == ["", *map(str, history.validation_loss[1:])]


# --- what is refused ---------------------------------------------------------------------------------
@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, np.nan, "0.1", True])
def test_a_share_is_between_0_and_1(share):
    with pytest.raises(SettingError, match="validation must be a number"):
        NeuralNetwork([3, 1]).train(X, SUM, 1, validation=share, verbose=False)


def test_a_share_that_leaves_nothing_is_refused():
    with pytest.raises(SettingError, match=r"a share of 0\.5 cannot be set aside of 1 rows"):
        NeuralNetwork([3, 1]).train(X[:1], SUM[:1], 1, validation=0.5, verbose=False)


@pytest.mark.parametrize(
    ("given", "kind", "text"),
    [
        ((X,), SettingError, "validation must be rows and targets"),
        ((X, SUM, SUM), SettingError, "validation must be rows and targets"),
        ((X[:, :2], SUM), ShapeError, "3 columns"),
        ((X, SUM[:5]), ShapeError, "one target for each row"),
        ((X[:0], SUM[:0]), DataError, "empty|no rows"),
        ((np.full((2, 3), np.nan), SUM[:2]), DataError, "NaN|nan|not a finite"),
    ],
)
def test_rows_that_do_not_fit_are_refused(given, kind, text):
    network = NeuralNetwork([3, 1], scale=True, seed=1)
    with pytest.raises(kind, match=text):
        network.train(X, SUM, 1, validation=given, verbose=False)
    assert (network.head, network.scaling) == (None, None)


def test_a_class_that_is_not_learned_is_refused():
    with pytest.raises(DataError, match="class"):
        NeuralNetwork([3, 3]).train(X, LARGEST, 1, validation=(X[:2], [0, 7]), verbose=False)


def test_what_is_refused_does_not_move_the_generator():
    networks = [NeuralNetwork([3, 5, 1], seed=2) for _ in range(2)]
    with pytest.raises(SettingError, match="unknown schedule"):
        networks[0].train(X, SUM, 1, validation=0.2, schedule="cosinus", verbose=False)
    for network in networks:
        network.train(X, SUM, 2, validation=0.2, verbose=False)
    assert np.array_equal(networks[0].network.vector, networks[1].network.vector)
