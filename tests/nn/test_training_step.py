"""Steps that are laid out: the same numbers as layer by layer, whatever happens between, and no arrays."""

import copy
import pickle
import tracemalloc

import numpy as np
import pytest

from whygrad import Tensor, nn
from whygrad.autodiff.ops import arrays, elementwise
from whygrad.autodiff.ops import losses as loss_rows
from whygrad.autodiff.table import TABLE
from whygrad.errors import DataError, GraphError, ShapeError
from whygrad.nn.training_step import KEPT, GeneralLayer, GeneralLoss
from whygrad.optim import GradientDescent, Momentum
from whygrad.training.history import History
from whygrad.training.loop import fit

from .cases import LAYERS, LOSSES
from .numeric import error, errors

ROWS, PENALTY = 9, nn.Regularizer()


def data(rows=ROWS, columns=4, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(dtype)


def labels(rows=ROWS, seed=0):
    return np.random.default_rng(seed).integers(3, size=rows)


def small(dtype=np.float64, *extra):
    return nn.Sequential(
        [nn.Dense(4, 6, rng=0, dtype=dtype), nn.Tanh(), *extra, nn.Dense(6, 3, rng=1, dtype=dtype)]
    )


def plain_step(network, x, t, loss, regularizer=PENALTY, training=True):
    """The same step, layer by layer, with new arrays."""
    return network._general_step(x, t, loss, regularizer, training)


def laid_out(network):
    """The step that the network takes; its layers all have calls of their own."""
    step = network._steps.last
    assert step is not None
    return step


def general_parts(network):
    owners = [getattr(function, "__self__", None) for function, _ in laid_out(network).calls]
    return [owner for owner in owners if isinstance(owner, (GeneralLayer, GeneralLoss))]


def held(network):
    """What the layers hold after a step, by name."""
    names = ("x", "z", "a", "delta", "dW", "db", "upstream", "output", "mask")
    return {
        f"{place} {name}": np.array(getattr(layer, name))
        for place, layer in enumerate(network.layers)
        for name in names
        if getattr(layer, name, None) is not None
    } | {
        f"{p} input {i}": np.array(x)
        for p, layer in enumerate(network.layers)
        for i, x in enumerate(layer.inputs)
    }


def follow(network, twin, batches, loss, twin_loss, regularizer=PENALTY, training=True):
    """Steps of both, laid out and layer by layer: losses, gradients and what layers hold are the same."""
    for x, t in batches:
        value = network.loss_and_gradient(x, t, loss, regularizer, training)
        expected = plain_step(twin, x, t, twin_loss, regularizer, training)
        assert error(value, expected) <= 1e-12
        assert error(network.gradient, twin.gradient) <= 1e-12
        ours, theirs = held(network), held(twin)
        assert ours.keys() == theirs.keys()
        assert max(errors([*ours.values()], [*theirs.values()])) <= 1e-11
        assert error(loss.inputs[0], twin_loss.inputs[0]) <= 1e-12
        assert float(loss.value) == pytest.approx(float(twin_loss.value), rel=1e-12)
        assert loss.ran is twin_loss.ran
        network.vector -= 0.05 * network.gradient
        twin.vector[...] = network.vector


# --- the same numbers --------------------------------------------------------------------------------
@pytest.mark.parametrize("rows", [ROWS, 400])  # a small input is copied, a large one is not
@pytest.mark.parametrize("case", LAYERS, ids=str)
def test_every_layer_is_laid_out_and_computes_the_same(case, rows):
    def make():
        width = case.columns
        return nn.Sequential(
            [nn.Dense(4, width, rng=0), case.layer(), nn.Dense(case.layer().outputs(width), 3)]
        )

    network, twin = make(), make()
    twin.vector[...] = network.vector
    follow(
        network,
        twin,
        [(data(rows, seed=i), labels(rows, seed=i)) for i in range(5)],
        nn.CrossEntropy(),
        nn.CrossEntropy(),
        training=case.training,
    )
    assert not general_parts(network)


@pytest.mark.parametrize("case", LAYERS, ids=str)
def test_every_layer_can_be_the_first(case):
    network, twin = (
        nn.Sequential([case.layer(), nn.Dense(case.layer().outputs(4), 3, rng=1)]) for _ in range(2)
    )
    batches = [(data(seed=i), labels()) for i in range(4)]
    follow(network, twin, batches, nn.CrossEntropy(), nn.CrossEntropy(), training=case.training)
    assert not general_parts(network)


@pytest.mark.parametrize("regularizer", [PENALTY, nn.L1(0.1), nn.L1L2(0.1, 0.2)], ids=repr)
@pytest.mark.parametrize("case", LOSSES, ids=str)
def test_every_loss_is_laid_out_and_computes_the_same(case, regularizer):
    def make():
        last = [nn.Sigmoid()] if case.probabilities else []
        return nn.Sequential([nn.Dense(4, 5, rng=0), nn.SiLU(), nn.Dense(5, 3, rng=1), *last])

    _, targets = case.data()
    batches = [(data(len(targets), seed=i), targets) for i in range(5)]
    network = make()
    follow(network, make(), batches, case.make(), case.make(), regularizer)
    assert not general_parts(network)


def test_single_precision_stays():
    network, loss = (
        small(np.float32, nn.Dropout(0.2, rng=0), nn.BatchNorm(6, dtype=np.float32)),
        nn.CrossEntropy(),
    )
    for _ in range(3):
        network.loss_and_gradient(data(dtype=np.float32), labels(), loss, nn.L1L2(0.1, 0.1))
    found = [*held(network).values(), network.gradient, loss.value]
    assert {array.dtype for array in found} == {np.dtype(np.float32)}
    assert not general_parts(network)


def test_the_same_seed_gives_the_same_losses_as_layer_by_layer():
    """Large enough for the order of summation to be the same: the same bits."""

    def train(step):
        network, loss, optimizer = small(np.float64, nn.Dropout(0.2, rng=3)), nn.CrossEntropy(), Momentum(0.1)
        values = []
        for i in range(30):
            values.append(step(network, data(300, seed=i), labels(300, seed=i), loss))
            optimizer.step(network.vector, network.gradient)
        return values

    assert train(nn.Sequential.loss_and_gradient) == train(plain_step)


# --- whatever happens in between ---------------------------------------------------------------------
LARGE = {np.float64: 3e3, np.float32: 3e2}  # of such numbers exp is infinite


def guarded(network):
    """The bounds that the network's step has."""
    return [function for function, _ in laid_out(network).calls if function.__name__ == "_minimum"]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("activation", [nn.Sigmoid, nn.SiLU, nn.GELU, nn.Softplus, nn.Tanh])
@pytest.mark.parametrize("rows", [4, 400])
def test_what_guards_against_overflow_is_left_out_until_it_is_needed(activation, dtype, rows):
    x, t = data(rows, dtype=dtype), labels(rows)
    networks = [small(dtype, nn.Dense(6, 6, rng=2, dtype=dtype), activation()) for _ in range(2)]
    networks[0].lay_out(x, t, nn.CrossEntropy(), careful=False)
    networks[1].lay_out(x, t, nn.CrossEntropy())
    losses = [nn.CrossEntropy(), nn.CrossEntropy()]
    bounds = [1, 0] if activation in (nn.Sigmoid, nn.SiLU) else [0, 0]
    with np.errstate(all="ignore"):
        for number in range(4):
            if number == 2:
                for network in networks:  # the activation's input becomes as large as that
                    network.layers[2].weights *= LARGE[dtype]
            values = [
                network.loss_and_gradient(x, t, loss) for network, loss in zip(networks, losses, strict=True)
            ]
            assert np.isfinite(values[0])
            assert values[0] == values[1]
            np.testing.assert_array_equal(networks[0].gradient, networks[1].gradient)
            for name, array in held(networks[0]).items():
                np.testing.assert_array_equal(array, held(networks[1])[name], name)
            fewer = len(guarded(networks[1])) - len(guarded(networks[0]))
            assert fewer == bounds[number >= 2]


def test_a_step_that_is_laid_out_without_being_asked_for_is_careful():
    """Who calls it does not expect NumPy to warn of overflow: here warnings are errors."""
    network = nn.Sequential([nn.Dense(4, 6, rng=0), nn.Sigmoid(), nn.Dense(6, 3, rng=1)])
    network.layers[0].weights *= 1e4
    for _ in range(4):
        assert np.isfinite(network.loss_and_gradient(data(), labels(), nn.CrossEntropy()))
    assert guarded(network)


def test_with_dropout_a_step_keeps_its_guards():
    """It could not be taken again: the mask would be another one."""
    network = nn.Sequential(
        [nn.Dense(4, 6, rng=0), nn.Sigmoid(), nn.Dropout(0.5, rng=0), nn.Dense(6, 3, rng=1)]
    )
    network.lay_out(data(), labels(), nn.CrossEntropy(), careful=False)
    network.loss_and_gradient(data(), labels(), nn.CrossEntropy())
    assert guarded(network)


def test_a_row_of_a_user_keeps_the_guards_before_it():
    """It may make a number of NaN, and the loss would not show that something was left out."""
    gate = elementwise.elementwise(
        "gate_of_a_user", lambda xp, a: xp.where(a > 0.5, a, 0), d_a=lambda xp, y, a: xp.where(a > 0.5, 1, 0)
    )

    class Gate(nn.Layer):
        op = gate

    try:
        network = nn.Sequential([nn.Dense(4, 6, rng=0), nn.Sigmoid(), Gate(), nn.Dense(6, 3, rng=1)])
        network.lay_out(data(), labels(), nn.CrossEntropy(), careful=False)
        network.loss_and_gradient(data(), labels(), nn.CrossEntropy())
        assert guarded(network)
    finally:
        del TABLE["gate_of_a_user"]


def test_hurry_ends_with_training():
    """Whoever takes a step afterwards does not expect warnings: here they are errors."""
    network, x, t = small(np.float64, nn.Dense(6, 6, rng=2), nn.Sigmoid()), data(), labels()
    network.lay_out(x, t, nn.CrossEntropy(), careful=False)
    network.lay_out(x, t, nn.CrossEntropy())  # more careful than before
    network.layers[2].weights *= 1e4
    assert np.isfinite(network.loss_and_gradient(x, t, nn.CrossEntropy()))
    fit(
        network,
        nn.CrossEntropy(),
        GradientDescent(1e-9),
        x,
        t,
        epochs=2,
        batch_size=len(x),
        rng=np.random.default_rng(0),
        regularizer=PENALTY,
        history=History(),
    )
    for _ in range(3):
        assert np.isfinite(network.loss_and_gradient(x, t, nn.CrossEntropy()))


def test_a_loss_that_is_not_finite_by_itself_stays_so():
    network = nn.Sequential([nn.Dense(4, 6, rng=0), nn.Sigmoid(), nn.Dense(6, 3, rng=1)])
    network.lay_out(data(), labels(), nn.CrossEntropy(), careful=False)
    network.layers[0].weights[0, 0] = np.nan
    with np.errstate(all="ignore"):
        for _ in range(2):
            assert np.isnan(network.loss_and_gradient(data(), labels(), nn.CrossEntropy()))


def test_batches_of_several_sizes():
    network, twin = small(), small()
    sizes = [ROWS, ROWS, 4] * 3 + [1, 2, 3, 5, 6, 7] + [ROWS] * 3
    batches = [(data(n, seed=i), labels(n, seed=i)) for i, n in enumerate(sizes)]
    follow(network, twin, batches, nn.CrossEntropy(), nn.CrossEntropy())
    assert len(network._steps.known) <= KEPT


@pytest.mark.parametrize("rows", [ROWS, 400])
def test_an_input_changed_in_place_counts(rows):
    network, twin, x, t = small(), small(), data(rows), labels(rows)
    for _ in range(4):
        follow(network, twin, [(x, t)], nn.CrossEntropy(), nn.CrossEntropy())
        assert network.layers[0].x is x
        x *= 1.1
        t[:] = (t + 1) % 3


def test_targets_changed_in_place_count():
    network, twin, t = small(), small(), data(columns=3)
    for _ in range(4):
        follow(network, twin, [(data(), t)], nn.Huber(), nn.Huber())
        t += 0.1


def test_evaluation_between_steps():
    network, twin, x, t = small(), small(), data(), labels()
    for i in range(4):
        follow(network, twin, [(x, t)], nn.CrossEntropy(), nn.CrossEntropy())
        shown = network.forward(data(20, seed=9)), network.evaluate(x), network.layers[1].forward(data(3, 6))
        copies = [array.copy() for array in shown]
        follow(network, twin, [(data(seed=i), t)], nn.CrossEntropy(), nn.CrossEntropy())
        for array, same in zip(shown, copies, strict=True):
            np.testing.assert_array_equal(array, same)


def test_what_forward_and_backward_gave_is_not_overwritten():
    network, x, t = small(), data(), labels()
    loss = nn.CrossEntropy()
    for _ in range(3):
        network.loss_and_gradient(x, t, loss)
    loss.forward(network.forward(x), t)
    upstream = loss.backward()
    given = [network.layers[0].z, network.layers[-1].z, upstream, network.backward(upstream)]
    copies = [array.copy() for array in given]
    for i in range(3):
        network.loss_and_gradient(data(seed=i), t, loss)
    for array, same in zip(given, copies, strict=True):
        np.testing.assert_array_equal(array, same)


def test_backward_needs_forward_after_a_step():
    network, loss = small(), nn.CrossEntropy()
    network.forward(data())
    for _ in range(3):
        network.loss_and_gradient(data(), labels(), loss)
    with pytest.raises(GraphError, match="call forward"):
        network.backward(np.ones((ROWS, 3)))
    with pytest.raises(GraphError, match="call forward"):
        loss.backward()


def test_tensors_between_steps():
    network, twin, x, t = small(), small(), data(), labels()
    for _ in range(3):
        follow(network, twin, [(x, t)], nn.CrossEntropy(), nn.CrossEntropy())
        expected = network.gradient.copy()
        plain_step(twin, x, t, nn.CrossEntropy())
        network.zero_grad()
        nn.CrossEntropy()(network(Tensor(x), training=True), t).backward()
        assert error(network.gradient, twin.gradient) <= 1e-12
        assert not np.array_equal(network.gradient, expected)  # of the parameters before the update


def test_two_networks_do_not_meddle():
    pairs = [(small(), small()) for _ in range(2)]
    loss, twin_loss = nn.CrossEntropy(), nn.CrossEntropy()
    for i in range(4):
        for number, (network, twin) in enumerate(pairs):
            follow(network, twin, [(data(seed=10 * i + number), labels())], loss, twin_loss)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))])
def test_a_copy_goes_its_own_way(duplicate):
    network, loss = small(), nn.CrossEntropy()
    for _ in range(3):
        network.loss_and_gradient(data(), labels(), loss)
    twin, vector, gradient = duplicate(network), network.vector.copy(), network.gradient.copy()
    follow(twin, small(), [], loss, nn.CrossEntropy())
    reference = small()
    reference.vector[...] = twin.vector
    follow(
        twin, reference, [(data(seed=i), labels()) for i in range(4)], nn.CrossEntropy(), nn.CrossEntropy()
    )
    np.testing.assert_array_equal(network.vector, vector)
    np.testing.assert_array_equal(network.gradient, gradient)
    assert laid_out(twin) is not laid_out(network)


def test_other_settings_take_other_steps():
    network, twin = small(np.float64, nn.Dropout(0.5, rng=0)), small(np.float64, nn.Dropout(0.5, rng=0))
    x, t = data(), np.eye(3)[labels()]
    kinds = [
        (nn.CrossEntropy, PENALTY, True),
        (nn.MeanSquaredError, PENALTY, True),
        (nn.CrossEntropy, nn.L2(0.3), True),
        (nn.CrossEntropy, nn.L2(0.3), False),
    ]
    for make, regularizer, training in kinds * 4:  # a loss made anew each time
        follow(network, twin, [(x, t)], make(), make(), regularizer, training)
    assert len(network._steps.known) == len(kinds)


def test_a_dtype_that_is_not_the_networks_is_taken():
    network, twin, x = small(np.float32), small(np.float32), data()
    for _ in range(3):
        value, expected = (
            step(n, x, labels(), nn.CrossEntropy())
            for step, n in ((nn.Sequential.loss_and_gradient, network), (plain_step, twin))
        )
        assert value == expected
        np.testing.assert_array_equal(network.gradient, twin.gradient)
    assert network._steps.last is None


def test_layers_changed_after_steps_are_noticed():
    network, twin = small(), small()
    for change in (
        lambda n: setattr(n.layers[1], "op", elementwise.relu),
        lambda n: n.layers.insert(2, nn.Sigmoid()),
        lambda n: n.layers.pop(1),
    ):
        for _ in range(2):
            follow(network, twin, [(data(), labels())] * 3, nn.CrossEntropy(), nn.CrossEntropy())
            change(network)
            change(twin)
            break
    follow(network, twin, [(data(), labels())] * 3, nn.CrossEntropy(), nn.CrossEntropy())


def test_layers_that_moved_to_another_network_are_noticed():
    network, loss = small(), nn.CrossEntropy()
    for _ in range(3):
        network.loss_and_gradient(data(), labels(), loss)
    nn.Sequential(network.layers[:1])  # takes over the parameters
    network.layers[0].weights = 2 * network.layers[0].weights
    expected = loss.forward(network.forward(data(), training=True), labels())
    for _ in range(3):
        assert network.loss_and_gradient(data(), labels(), loss) == expected


def test_wrong_labels_in_a_later_batch_are_refused():
    network, loss = small(), nn.CrossEntropy()
    for _ in range(3):
        network.loss_and_gradient(data(), labels(), loss)
    with pytest.raises(DataError, match="label 3 is out of range"):
        network.loss_and_gradient(data(), labels() + 1, loss)
    with pytest.raises(ShapeError, match="one label for each row"):
        network.loss_and_gradient(data(), labels(4), loss)


# --- layers and losses of one's own ------------------------------------------------------------------
class Gain(nn.Layer):
    op = elementwise.multiply

    def __init__(self):
        super().__init__()
        self.parameters = {"gain": nn.Parameter(np.linspace(0.5, 1.5, 6), "gain")}


class Mixing(nn.Layer):
    """Its row is not laid out."""

    op = arrays.matmul

    def __init__(self):
        super().__init__()
        self.parameters = {"w": nn.Parameter(np.random.default_rng(5).normal(size=(6, 6)), "w")}


class Moody(nn.Layer):
    """Another row every time."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def call(self, x, training):
        self.calls += 1
        return (elementwise.tanh if self.calls % 2 else elementwise.sigmoid), ()


class Doubled(nn.Layer):
    """With an evaluate of its own."""

    op = elementwise.tanh

    def evaluate(self, x, training=False):
        return super().evaluate(2 * x, training)

    def pull_input(self):
        return 2 * super().pull_input()


class Halving(nn.Layer):
    """With a number beside x."""

    op, same_row = elementwise.multiply, True

    def call(self, x, training):
        return self.op, (0.5,)


@pytest.mark.parametrize(
    ("make", "general"), [(Gain, 0), (Mixing, 2), (Moody, 2), (Doubled, 2), (Halving, 2)]
)
def test_a_layer_of_ones_own(make, general):
    network, twin = small(np.float64, make()), small(np.float64, make())
    batches = [(data(seed=i), labels()) for i in range(6)]
    loss, twin_loss = nn.CrossEntropy(), nn.CrossEntropy()
    for x, t in batches:
        assert error(network.loss_and_gradient(x, t, loss), plain_step(twin, x, t, twin_loss)) <= 1e-12
        assert error(network.gradient, twin.gradient) <= 1e-12
        assert network.layers[2].output.shape == twin.layers[2].output.shape
    assert len(general_parts(network)) == general


class Weighted(nn.MeanSquaredError):
    """With an evaluate and a pull of its own."""

    weight = 3.0

    def evaluate(self, predictions, targets):
        return self.weight * super().evaluate(predictions, targets)

    def pull(self, upstream=1.0):
        return super().pull(self.weight * upstream)


class Centred(nn.Loss):
    """With a row that is not a kernel's."""

    def __init__(self):
        super().__init__(loss_rows.squared_error)


class Choosy(nn.MeanSquaredError):
    """With a row that depends on the numbers."""

    def row(self, targets):
        return self.op if targets[0, 0] > 0 else loss_rows.mean_absolute_error


@pytest.mark.parametrize(("make", "general"), [(Weighted, 1), (Centred, 0), (Choosy, 1)])
def test_a_loss_of_ones_own(make, general):
    network, twin, loss, t = small(), small(), make(), data(columns=3)
    for i in range(5):
        if i == 3:
            loss = make()
            loss.weight = 5.0
        t = -t
        assert (
            error(network.loss_and_gradient(data(seed=i), t, loss), plain_step(twin, data(seed=i), t, loss))
            <= 1e-12
        )
        assert error(network.gradient, twin.gradient) <= 1e-12
    assert len(general_parts(network)) == general


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.uint64])
def test_labels_of_any_kind_of_whole_number(kind):
    network, twin = small(), small()
    batches = [(data(seed=i), labels(seed=i).astype(kind)) for i in range(4)]
    follow(network, twin, batches, nn.CrossEntropy(), nn.CrossEntropy())


# --- counts ------------------------------------------------------------------------------------------
COLUMN = (data(columns=1) > 0).astype(float)


@pytest.mark.parametrize(
    ("rows", "layers", "loss", "t", "count"),
    [
        # forward 2 for the first layer, 1 for ReLU, 1 for the second; the loss 17; backward 2, 3, 1
        (ROWS, [nn.ReLU(), nn.Dense(6, 3, rng=1)], nn.CrossEntropy(), labels(), 27),
        # 3, 1, 3; 19; 3, 3, 2: a large input is used as it is, and a bias is added by itself
        (400, [nn.ReLU(), nn.Dense(6, 3, rng=1)], nn.CrossEntropy(), labels(400), 34),
        # 2, 1, 1; 8; 2, 3, 1
        (ROWS, [nn.Tanh(), nn.Dense(6, 1, rng=1)], nn.BinaryCrossEntropy(), COLUMN, 18),
        # 2, 4, 1, 4; 4; 3, 2, 3, 1
        (ROWS, [nn.Sigmoid(), nn.Dense(6, 1, rng=1), nn.Sigmoid()], nn.MeanSquaredError(), COLUMN, 24),
    ],
)
def test_how_many_calls_a_step_takes(rows, layers, loss, t, count):
    network = nn.Sequential([nn.Dense(4, 6, rng=0), *layers])
    for _ in range(3):
        network.loss_and_gradient(data(rows), t, loss)
    assert len(laid_out(network).calls) == count


@pytest.mark.parametrize(
    "loss", [nn.CrossEntropy(), nn.MeanSquaredError(), nn.BinaryCrossEntropy()], ids=repr
)
@pytest.mark.parametrize(
    "layer",
    [nn.ReLU(), nn.SiLU(), nn.Tanh(), nn.GELU(), nn.Dropout(0.3, rng=0), nn.LayerNorm(64)],
    ids=repr,
)
def test_a_step_makes_no_array(layer, loss):
    """With the same two buffers for each batch, as a training loop has them."""
    network = nn.Sequential([nn.Dense(50, 64, rng=0), layer, nn.Dense(64, 3, rng=1)])
    X, size, optimizer = data(8000, 50), 2000, Momentum(0.01)
    with_labels = loss.activation == "softmax"
    batches = nn.Batches(X, labels(8000) if with_labels else (data(8000, 3) > 0).astype(float), size)
    order = np.random.default_rng(0).permutation(8000).reshape(4, size)

    def epoch():
        for rows in order:
            x, t = batches.take(rows)
            network.loss_and_gradient(x, t, loss, nn.L2(0.01))
            optimizer.step(network.vector, network.gradient)

    epoch()
    tracemalloc.start()
    epoch()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # NumPy itself copies an index three times to write by it, and has buffers of fixed sizes to cast and sum.
    indices, sums = 3 * 8 * size * with_labels, 66_000 * isinstance(layer, nn.LayerNorm)
    assert peak < 12_000 + indices + sums  # one number for each row of the batch has 16,000 bytes
