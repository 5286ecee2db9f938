"""Networks trained in a stack against the same networks trained one after the other."""

import os
import signal
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whygrad import NeuralNetwork
from whygrad.errors import SettingError, ShapeError, TrainingError
from whygrad.nn import BatchNorm, Sequential, Tanh
from whygrad.nn.kernels import FEW
from whygrad.nn.losses import LOSSES, Loss
from whygrad.optim import OPTIMIZERS, SCHEDULES, Momentum
from whygrad.training import stacked, stacking_key, stacking_pays, train_stacked
from whygrad.training.stack import Stack

MEMBERS = 5


def problem(task, seed, n=45, inputs=3, outputs=1):
    """Rows to learn from and rows to watch, of one shape for every seed."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, inputs))
    score = X @ rng.normal(size=(inputs, outputs)) + 0.3 * rng.normal(size=(n, outputs))
    if task == "binary":
        y = (score[:, 0] > 0).astype(int)
        y[:2] = 0, 1
    elif task == "multiclass":
        y = np.digitize(score[:, 0], [-0.7, 0.7])
        y[:3] = 0, 1, 2
    elif task == "multilabel":
        y = (score > 0).astype(int)
        y[:3] = [[1] * outputs, [0] * outputs, [1, 0] + [0] * (outputs - 2)]
    else:
        y = 5 + 3 * score
    k = n - n // 4
    return (X[:k], y[:k]), (X[k:], y[k:])


def networks(layers=(3, 6, 5, 1), count=MEMBERS, **settings):
    """Networks that differ in their seed, and in each setting that is given as a list."""
    return [
        NeuralNetwork(
            layers,
            seed=seed,
            **{name: value[seed] if isinstance(value, list) else value for name, value in settings.items()},
        )
        for seed in range(count)
    ]


def both(
    layers=(3, 6, 5, 1),
    *,
    task="binary",
    epochs=4,
    batch_size=8,
    learning_rates=None,
    schedule=None,
    clip=None,
    watch=True,
    count=MEMBERS,
    n=45,
    change=lambda network: None,
    **made_with,
):
    """The networks and errors of a stack, and of the same trained one after the other."""
    data = [problem(task, seed, n, layers[0], layers[-1]) for seed in range(count)]
    learning_rates = [None] * count if learning_rates is None else learning_rates
    together, alone = networks(layers, count, **made_with), networks(layers, count, **made_with)
    for network in together + alone:
        change(network)
    errors = train_stacked(
        together,
        [rows for rows, _ in data],
        [watched for _, watched in data] if watch else None,
        epochs=epochs,
        batch_size=batch_size,
        learning_rates=learning_rates,
        schedule=schedule,
        clip=clip,
    )
    alone_errors = []
    for network, ((X, y), watched), rate in zip(alone, data, learning_rates, strict=True):
        try:
            network.train(
                X,
                y,
                epochs,
                rate,
                batch_size,
                schedule=schedule,
                clip=clip,
                validation=watched if watch else None,
                verbose=False,
            )
        except TrainingError as error:
            alone_errors.append(error)
        else:
            alone_errors.append(None)
    return together, errors, alone, alone_errors


def figures(history):
    columns = history.columns()
    del columns["seconds"]  # of the stack, not of the member
    return columns


def assert_alike(together, errors, alone, alone_errors, tolerance=1e-9):
    assert [str(error) for error in errors] == [str(error) for error in alone_errors]
    for ours, own in zip(together, alone, strict=True):
        np.testing.assert_allclose(ours.network.vector, own.network.vector, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(
            ours.network.gradient, own.network.gradient, rtol=tolerance, atol=tolerance
        )
        assert ours.rng.bit_generator.state == own.rng.bit_generator.state
        assert (ours.history.metric, ours.history.interrupted, ours.history.best_epoch) == (
            own.history.metric,
            own.history.interrupted,
            own.history.best_epoch,
        )
        assert repr(ours.head) == repr(own.head)
        assert (ours.column, repr(ours.scaling)) == (own.column, repr(own.scaling))
        assert repr(ours.network) == repr(own.network)
        ours_figures, own_figures = figures(ours.history), figures(own.history)
        assert list(ours_figures) == list(own_figures)
        for name, column in own_figures.items():
            np.testing.assert_allclose(
                np.array(ours_figures[name], float),
                np.array(column, float),
                rtol=tolerance,
                atol=tolerance,
                err_msg=name,
            )


def learned(networks):
    return [len(network.history) for network in networks]


# ---------------------------------------------------------------------------------------------------------
# The same as one after the other
# ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_every_optimizer(optimizer):
    found = both(optimizer=optimizer, epochs=60)  # more steps than an optimizer lets pass between two flushes
    assert_alike(*found)
    assert learned(found[0]) == [60] * MEMBERS


@pytest.mark.parametrize("schedule", sorted(SCHEDULES))
@pytest.mark.parametrize("rates", [None, [0.01, 0.02, 0.01, 0.3, 0.04]])
def test_every_schedule_with_one_learning_rate_and_with_several(schedule, rates):
    assert_alike(*both(schedule=schedule, learning_rates=rates, epochs=30))


@pytest.mark.parametrize(
    "activation", ["relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "sigmoid", "tanh", "identity"]
)
def test_every_activation(activation):
    assert_alike(*both(activation=activation))


HEADS = [
    ("binary", 1, {}),
    ("binary", 1, {"loss": "hinge"}),
    ("binary", 1, {"loss": "hinge", "output": "tanh"}),
    ("binary", 1, {"loss": "mse", "output": "sigmoid"}),
    ("binary", 1, {"loss": "binary_cross_entropy", "output": "sigmoid"}),
    ("multiclass", 3, {}),
    ("multiclass", 3, {"loss": "mse", "output": "softmax"}),
    ("multiclass", 3, {"loss": "mae"}),
    ("multilabel", 3, {}),
    ("regression", 1, {}),
    ("regression", 2, {}),
    ("regression", 2, {"loss": "mae"}),
    ("regression", 2, {"loss": "huber", "output": "softplus"}),
    ("regression", 1, {"loss": "squared_error"}),
]


@pytest.mark.parametrize(("task", "outputs", "settings"), HEADS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_task_and_loss(task, outputs, settings, dtype):
    found = both((3, 6, outputs), task=task, dtype=dtype, learning_rates=[0.003] * MEMBERS, **settings)
    assert_alike(*found, tolerance=1e-9 if dtype == "float64" else 1e-5)
    assert {network.network.vector.dtype for network in found[0]} == {np.dtype(dtype)}


def test_the_heads_reach_every_loss():
    reached = {type(both((3, o), task=t, epochs=1, count=2, **s)[0][0].head.loss) for t, o, s in HEADS}
    assert reached == set(LOSSES.values())


@pytest.mark.parametrize("batch_size", [1, 7, 17, 34, 1000, "full"])
@pytest.mark.parametrize("watch", [True, False])
def test_every_kind_of_batch(batch_size, watch):
    assert_alike(*both(batch_size=batch_size, watch=watch, epochs=3))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_members_differ_in_penalties_decay_scale_and_initializer(dtype):
    found = both(
        dtype=dtype,
        l1=[0.0, 1e-3, 0.0, 0.1, 0.0],
        l2=[0.0, 0.0, 1e-2, 0.2, 0.0],
        weight_decay=[None, 0.0, 0.3, 1.5, 0.01],
        scale=[False, True, True, False, True],
        initializer=["he_normal", None, "glorot_uniform", None, None],
    )
    assert_alike(*found, tolerance=1e-9 if dtype == "float64" else 1e-5)
    assert len({network.history.loss[-1] for network in found[0]}) == MEMBERS


@pytest.mark.parametrize(
    ("task", "outputs", "batch_size", "rest"),
    [
        ("binary", 1, 72, 0),
        ("binary", 1, 72, 66),  # more than a few logits
        ("multiclass", 3, 32, 0),
        ("multiclass", 3, 32, 17),
        ("regression", 1, 32, 21),
        ("regression", 1, 16, 0),
    ],
)
@pytest.mark.parametrize(("optimizer", "activation"), [("sgd", "tanh"), ("adamw", "silu"), ("adam", "relu")])
@pytest.mark.parametrize("inputs", [3, 40])  # few enough to be turned, and too many
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_weights_and_losses_are_the_same_to_the_last_bit(
    task, outputs, batch_size, rest, optimizer, activation, inputs, dtype
):
    # Each product has the operands of one network's step, and all else goes entry by entry. Only a batch of
    # few logits has its cross-entropy computed by another function than one network's, and one of fewer than
    # 16 rows may have its products made by another routine.
    learned = 2 * batch_size + rest
    n = next(n for n in range(learned, 2 * learned) if n - n // 4 == learned)
    assert task != "binary" or min(batch_size, rest or batch_size) > FEW
    together, _, alone, _ = both(
        (inputs, 16, 16, outputs),
        task=task,
        optimizer=optimizer,
        activation=activation,
        batch_size=batch_size,
        n=n,
        epochs=20,
        l2=1e-3,
        count=3,
        dtype=dtype,
    )
    assert len(together[0].history) == 20
    close = 1e-13 if dtype == "float64" else 1e-5
    for ours, own in zip(together, alone, strict=True):
        assert np.array_equal(ours.network.vector, own.network.vector)
        ours_figures, own_figures = figures(ours.history), figures(own.history)
        for name in ["validation_loss", *(["validation_score"] if task == "regression" else [])]:
            # the rows that are watched lie otherwise in memory
            watched = ours_figures.pop(name), own_figures.pop(name)
            np.testing.assert_allclose(*watched, rtol=close, atol=close)
        assert ours_figures == own_figures


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch_size", [1, 2, 3, 5, 8])
def test_few_rows_give_the_same_to_rounding(batch_size, dtype):
    found = both((2, 16, 16, 1), task="regression", batch_size=batch_size, n=41, epochs=10, dtype=dtype)
    assert_alike(*found, tolerance=1e-11 if dtype == "float64" else 1e-3)


@pytest.mark.parametrize("activation", ["tanh", "silu"])
def test_few_logits_give_the_same_to_rounding(activation):
    found = both((2, 16, 16, 1), activation=activation, batch_size=32, n=90, epochs=50)
    assert_alike(*found, tolerance=1e-11)


LARGE = {"float64": 3e3, "float32": 3e2}  # of such numbers exp is infinite


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", ["silu", "sigmoid", "gelu", "softplus"])
@pytest.mark.parametrize("where", ["learned", "watched", "both"])
@pytest.mark.parametrize("batch_size", [8, "full"])
def test_numbers_at_which_exp_overflows_change_nothing(dtype, activation, where, batch_size, monkeypatch):
    """A stack leaves out what guards against them, until it meets them."""
    laid_out, lay_out = [], Stack._lay_out_calls
    monkeypatch.setattr(
        Stack, "_lay_out_calls", lambda self, careful: (laid_out.append(careful), lay_out(self, careful))
    )

    def rows(seed):
        (X, y), (V, w) = problem("regression", seed)
        X[5] *= LARGE[dtype] if where != "watched" else 1
        V[5] *= LARGE[dtype] if where != "learned" else 1
        return (X, y), (V, w)

    data = [rows(seed) for seed in range(MEMBERS)]
    made = {
        "activation": activation,
        "optimizer": "adam",
        "task": "regression",
        "dtype": dtype,
        "scale": False,
    }
    together, alone = networks(**made), networks(**made)
    errors = train_stacked(
        together,
        [learned for learned, _ in data],
        [watched for _, watched in data],
        epochs=3,
        batch_size=batch_size,
        learning_rates=[1e-4] * MEMBERS,
        schedule=None,
    )
    for network, ((X, y), watched) in zip(alone, data, strict=True):
        network.train(X, y, 3, 1e-4, batch_size, schedule=None, validation=watched, verbose=False)
    assert np.isfinite([network.history.loss for network in alone]).all()
    assert_alike(together, errors, alone, [None] * MEMBERS, 1e-9 if dtype == "float64" else 1e-4)
    assert laid_out == ([False, True] if activation in ("silu", "sigmoid") else [False])


@pytest.mark.parametrize("clip", [1e-3, 0.5, 1e9])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gradients_are_clipped_one_by_one(clip, dtype):
    found = both(clip=clip, dtype=dtype, optimizer="sgd", learning_rates=[0.5] * MEMBERS)
    assert_alike(*found, tolerance=1e-9 if dtype == "float64" else 1e-5)


def test_gradients_too_large_to_square_are_clipped_and_noted():
    def enlarge(network):
        network.network.vector *= np.float32(1e6)

    found = both(task="regression", dtype="float32", loss="squared_error", clip=1.0, change=enlarge, epochs=2)
    assert_alike(*found, tolerance=1e-5)
    for network in found[0]:
        assert network.history[0].gradient_norm > np.sqrt(np.finfo(np.float32).max)


def test_rows_to_watch_too_many_for_the_cache_are_evaluated_one_by_one(monkeypatch):
    monkeypatch.setattr("whygrad.training.stack.EVALUATED", 1)
    assert_alike(*both(epochs=2))


@pytest.mark.parametrize("entries", [6 * 11 * 2, 6 * 11 * 3])
def test_rows_to_watch_are_evaluated_group_by_group(monkeypatch, entries):
    monkeypatch.setattr("whygrad.training.stack.EVALUATED", entries)  # two members at a time, or three
    assert_alike(*both(epochs=2))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_stacks_are_cut_as_the_cache_wants_them(monkeypatch, size):
    monkeypatch.setattr(stacked, "members_at_once", lambda *given: size)
    assert_alike(*both(epochs=2))


@given(
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=5),
    n=st.integers(6, 40),
    batch_size=st.integers(1, 45),
    count=st.integers(1, 4),
    optimizer=st.sampled_from(["sgd", "nesterov", "adam", "adamw"]),
    activation=st.sampled_from(["tanh", "relu", "silu", "identity"]),
    clip=st.none() | st.floats(0.01, 10),
)
@settings(max_examples=40, deadline=None)
def test_any_shape(sizes, n, batch_size, count, optimizer, activation, clip):
    found = both(
        tuple(sizes),
        task="regression",
        n=n,
        batch_size=batch_size,
        count=count,
        optimizer=optimizer,
        activation=activation,
        clip=clip,
        epochs=2,
        learning_rates=[1e-3] * count,
        scale=True,
    )
    assert_alike(*found)


def test_wide_inputs_take_another_way_through_the_first_layer():
    assert_alike(*both((70, 6, 1), batch_size=16))


def test_a_stack_of_none():
    assert train_stacked([], [], epochs=1, batch_size=1, learning_rates=[], schedule=None) == []


# ---------------------------------------------------------------------------------------------------------
# What diverges, and what is broken off
# ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "silu"])
@pytest.mark.parametrize(
    "rates", [[0.01, 1e200, 0.01, 0.02, 0.01], [1e200] * 5, [0.01, 1e90, 1e150, 1e250, 0.01]]
)
def test_who_diverges_says_so_and_the_rest_goes_on(activation, rates):
    found = both(
        task="regression",
        activation=activation,
        optimizer="sgd",
        learning_rates=rates,
        epochs=6,
        schedule="constant",
    )
    assert_alike(*found)
    failed = [error is not None for error in found[1]]
    assert failed == [rate > 1 for rate in rates]
    assert [count == 6 for count in learned(found[0])] == [not bad for bad in failed]


def test_who_is_left_after_the_last_epoch_has_its_gradient():
    together, errors, alone, _ = both(
        (3, 5, 2),
        task="regression",
        count=4,
        epochs=1,
        optimizer="sgd",
        learning_rates=[1e-3, 1e-3, 1e-3, 1e200],
        watch=False,
    )
    assert [error is None for error in errors] == [True, True, True, False]
    for ours, own in zip(together[:3], alone, strict=False):
        assert np.abs(own.network.gradient).max() > 0
        np.testing.assert_allclose(ours.network.gradient, own.network.gradient, rtol=1e-9)


def test_a_first_layer_that_is_not_dense_is_refused():
    network = NeuralNetwork([3, 4, 1])
    network.network = Sequential([Tanh(), *network.network.layers])
    rows = problem("regression", 0)[0]
    with pytest.raises(SettingError, match="as the first layer"):
        train_stacked([network], [rows], epochs=1, batch_size=8, learning_rates=[None], schedule=None)


def test_a_member_that_diverges_late_leaves_its_epochs():
    rates = [0.01, 8.0, 0.01, 0.01, 4.0]
    found = both(
        task="regression",
        activation="identity",
        optimizer="sgd",
        learning_rates=rates,
        epochs=40,
        batch_size=16,
    )
    assert_alike(*found)
    assert [error is None for error in found[1]] == [True, False, True, True, False]
    assert 0 < len(found[0][1].history) < 40


def test_a_gradient_that_is_not_finite_where_the_loss_is():
    def sharpen(network):
        if network.seed == 1:
            first, second = network.network.layers
            first.weights[...], second.weights[...] = 1e-2, 2e19

    found = both(
        (3, 4, 1),
        task="regression",
        activation="identity",
        loss="squared_error",
        optimizer="sgd",
        batch_size="full",
        learning_rates=[1e-4] * MEMBERS,
        dtype="float32",
        change=sharpen,
    )
    assert_alike(*found, tolerance=1e-5)
    assert [error is None for error in found[1]] == [True, False, True, True, True]
    assert "the gradient became inf in epoch 1, batch 1" in str(found[1][1])


def test_ctrl_c_keeps_what_was_learned():
    data = [problem("binary", seed) for seed in range(MEMBERS)]
    together, alone = networks(), networks()
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    errors = train_stacked(
        together,
        [rows for rows, _ in data],
        epochs=1_000_000,
        batch_size=8,
        learning_rates=[None] * MEMBERS,
        schedule="constant",
    )
    timer.join()
    assert errors == [None] * MEMBERS
    assert {network.history.interrupted for network in together} == {True}
    (epochs,) = set(learned(together))
    assert 1 < epochs < 1_000_000
    whole = epochs - (not together[0].history[-1].layers)
    for network, ((X, y), _) in zip(alone, data, strict=True):
        network.train(X, y, whole, batch_size=8, schedule="constant", verbose=False)
    for ours, own in zip(together, alone, strict=True):
        assert ours.history.loss[:whole] == pytest.approx(own.history.loss, rel=1e-9)


def test_the_epoch_that_ctrl_c_ends_is_noted_as_far_as_it_came():
    answers = iter([False, False, False, True, True, True, True, True])
    (X, y), watched = problem("binary", 0)
    network = NeuralNetwork([3, 4, 1], seed=0)
    run = network.prepare(X, y, 9, None, 8, validation=watched)
    Stack([run], network.head).train(lambda: next(answers))
    assert len(network.history) == 1
    assert network.history.interrupted
    epoch = network.history[0]
    assert epoch.layers == ()
    assert epoch.validation_loss is not None
    assert epoch.gradient_norm == pytest.approx(np.linalg.norm(network.network.gradient))


def test_stacks_that_ctrl_c_kept_from_beginning_say_so(monkeypatch):
    monkeypatch.setattr(stacked, "members_at_once", lambda *given: 2)
    together = networks()
    before = [network.network.vector.copy() for network in together]
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    rows = [problem("binary", seed)[0] for seed in range(MEMBERS)]
    train_stacked(
        together, rows, epochs=1_000_000, batch_size=8, learning_rates=[None] * MEMBERS, schedule=None
    )
    timer.join()
    counts = learned(together)
    assert all(network.history.interrupted for network in together)
    assert min(counts[:2]) > 0
    assert counts[2:] == [0, 0, 0]
    assert all(np.array_equal(n.network.vector, b) for n, b in list(zip(together, before, strict=True))[2:])


# ---------------------------------------------------------------------------------------------------------
# What may go together
# ---------------------------------------------------------------------------------------------------------

ROWS, WATCHED = problem("binary", 0)
COMMON = {"epochs": 2, "batch_size": 8, "schedule": "constant"}


class OwnLoss(Loss):
    def __init__(self):
        super().__init__(LOSSES["mse"]().op)


def normalised():
    network = NeuralNetwork([3, 4, 1], seed=0)
    network.network = Sequential([network.network.layers[0], BatchNorm(4), *network.network.layers[1:]])
    return network


def seen():
    network = NeuralNetwork([3, 4, 1], seed=0)
    network.train(*ROWS, epochs=1, verbose=False)
    return network


ALONE = [
    (lambda: NeuralNetwork([3, 4, 1], dropout=0.5, seed=0), {}, "Dropout"),
    (normalised, {}, "BatchNorm"),
    (seen, {}, "seen targets"),
    (lambda: NeuralNetwork([3, 4, 1], optimizer=Momentum(0.1), seed=0), {}, "Momentum"),
    (lambda: NeuralNetwork([3, 4, 1], loss=OwnLoss(), output="sigmoid", seed=0), {}, "OwnLoss"),
    (lambda: NeuralNetwork([3, 4, 1], seed=0), {"patience": 3}, "patience=3"),
    (lambda: NeuralNetwork([3, 4, 1], seed=0), {"callbacks": [print]}, "callbacks"),
    (lambda: NeuralNetwork([3, 4, 1], seed=0), {"checkpoint": "file"}, "checkpoint"),
    (lambda: NeuralNetwork([3, 4, 1], seed=0), {"resume": True}, "resume"),
    (lambda: NeuralNetwork([3, 4, 1], seed=0), {"validation": 0.1}, "watched"),
]


@pytest.mark.parametrize(("make", "others", "said"), ALONE, ids=[said for _, _, said in ALONE])
def test_what_can_only_train_alone_is_refused(make, others, said):
    first, second = NeuralNetwork([3, 4, 1], seed=1), make()
    vectors = [network.network.vector.copy() for network in (first, second)]
    with pytest.raises(SettingError, match="cannot be trained in a stack") as error:
        train_stacked([first, second], [ROWS, ROWS], learning_rates=[None, None], **COMMON, **others)
    assert said in str(error.value)
    assert "network.train" in str(error.value)
    assert first.head is None
    for network, vector in zip((first, second), vectors, strict=True):
        assert np.array_equal(network.network.vector, vector)
    assert stacking_key(second, ROWS, **others) is None


@pytest.mark.parametrize("name", ["epoch", "learning_rate"])
def test_unknown_settings_are_refused(name):
    network = NeuralNetwork([3, 4, 1], seed=0)
    with pytest.raises(SettingError, match="has no setting"):
        train_stacked([network], [ROWS], learning_rates=[None], **COMMON, **{name: 3})
    if name == "epoch":
        with pytest.raises(SettingError, match='did you mean "epochs"'):
            stacking_key(network, ROWS, epoch=3)


def test_what_says_nothing_is_not_refused():
    network = NeuralNetwork([3, 4, 1], seed=0)
    others = {"patience": None, "callbacks": (), "checkpoint": None, "resume": False, "validation": None}
    assert stacking_key(network, ROWS, **others) is not None
    assert train_stacked([network], [ROWS], learning_rates=[None], **COMMON, **others) == [None]


DIFFERENT = {
    "layers": NeuralNetwork([3, 5, 1], seed=9),
    "activation": NeuralNetwork([3, 4, 1], activation="tanh", seed=9),
    "optimizer": NeuralNetwork([3, 4, 1], optimizer="sgd", seed=9),
    "dtype": NeuralNetwork([3, 4, 1], dtype="float32", seed=9),
    "loss": NeuralNetwork([3, 4, 1], loss="mse", output="sigmoid", seed=9),
    "task": NeuralNetwork([3, 4, 1], task="regression", seed=9),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_networks_that_differ_in_more_have_another_key_and_are_refused(what):
    first, other = NeuralNetwork([3, 4, 1], seed=1), DIFFERENT[what]
    assert stacking_key(first, ROWS) != stacking_key(other, ROWS)
    with pytest.raises(SettingError, match="they differ in"):
        train_stacked([first, other], [ROWS, ROWS], learning_rates=[None, None], **COMMON)
    assert first.head is None
    assert other.head is None
    assert not len(first.history)


def test_rows_of_another_shape_have_another_key_and_are_refused():
    a, b = NeuralNetwork([3, 4, 1], seed=1), NeuralNetwork([3, 4, 1], seed=2)
    fewer = ROWS[0][:-1], ROWS[1][:-1]
    assert stacking_key(a, ROWS) != stacking_key(b, fewer)
    assert stacking_key(a, ROWS, WATCHED) not in (stacking_key(b, ROWS), stacking_key(b, ROWS, fewer))
    with pytest.raises(SettingError, match="they differ in rows"):
        train_stacked([a, b], [ROWS, fewer], learning_rates=[None, None], **COMMON)


def test_seed_and_strengths_leave_the_key_as_it_is():
    plain = NeuralNetwork([3, 4, 1], seed=1)
    other = NeuralNetwork(
        [3, 4, 1], seed=2, l1=0.1, l2=0.2, weight_decay=0.3, scale=True, initializer="he_normal"
    )
    key = stacking_key(plain, ROWS, WATCHED, learning_rate=0.1, **COMMON)
    assert {key: 1}[stacking_key(other, WATCHED_AS_MANY, WATCHED, learning_rate=0.2, **COMMON)] == 1
    assert plain.head is None
    for name, value in {"epochs": 3, "batch_size": "full", "schedule": None, "clip": 1.0}.items():
        changed = {**COMMON, name: value}
        assert stacking_key(plain, ROWS, WATCHED, **changed) != key


WATCHED_AS_MANY = ROWS[0] + 1, 1 - ROWS[1]


def test_counts_that_do_not_fit_and_shared_generators_are_refused():
    a, b = NeuralNetwork([3, 4, 1], seed=1), NeuralNetwork([3, 4, 1], seed=2)
    with pytest.raises(ShapeError, match="rows needs one for each network"):
        train_stacked([a, b], [ROWS], learning_rates=[None, None], **COMMON)
    with pytest.raises(ShapeError, match="learning_rates needs one for each network"):
        train_stacked([a, b], [ROWS, ROWS], learning_rates=[None], **COMMON)
    with pytest.raises(ShapeError, match="watched needs one for each network"):
        train_stacked([a, b], [ROWS, ROWS], [WATCHED], learning_rates=[None, None], **COMMON)
    rng = np.random.default_rng(0)
    shared = [NeuralNetwork([3, 4, 1], seed=rng) for _ in range(2)]
    for pair in (shared, [a, a]):
        with pytest.raises(SettingError, match="draw from one generator"):
            train_stacked(pair, [ROWS, ROWS], learning_rates=[None, None], **COMMON)


def test_rows_that_cannot_be_learned_from_leave_every_network_as_it_was():
    together = networks((3, 4, 1), 3)
    bad = ROWS[0].copy(), ROWS[1]
    bad[0][3, 1] = np.nan
    state = together[0].rng.bit_generator.state
    with pytest.raises(ValueError, match="holds nan in row 3"):
        train_stacked(together, [ROWS, ROWS, bad], learning_rates=[None] * 3, **COMMON)
    assert [network.head for network in together] == [None] * 3
    assert together[0].rng.bit_generator.state == state


def test_it_pays_for_small_networks_and_batches_only():
    assert stacking_pays([2, 16, 16, 1], 32, 200)
    assert stacking_pays([2, 4, 1], 4, 2)
    assert not stacking_pays([2, 4, 1], 4, 1)
    assert not stacking_pays([2, 4, 1], 129, 200)  # rows
    assert not stacking_pays([2, 16, 16, 1], 70, 200)  # outputs
    assert not stacking_pays([300, 4, 1], 4, 200)  # inputs
    assert stacking_pays([2, 64, 64, 1], 8, 200)
    assert not stacking_pays([2, 64, 64, 1], 16, 200)  # outputs and parameters
