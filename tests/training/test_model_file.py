"""A network and its file: the same network comes back, and no file makes trouble of another kind."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from whygrad.data.column_encoding import Column
from whygrad.data.encoding import Encoding
from whygrad.errors import DataError, SettingError
from whygrad.nn import BinaryCrossEntropy, Huber, Loss, MeanSquaredError
from whygrad.nn.initializers import ones
from whygrad.optim import Adam, Momentum, Optimizer
from whygrad.training import NeuralNetwork

from .problems import PROBLEMS, X

every_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=str)
PATH = "network.safetensors"
FORMAT = "whygrad-network-1"


def again(network, folder):
    """The network, saved and loaded."""
    network.save(folder / PATH)
    return NeuralNetwork.load(folder / PATH)


# --- the same network --------------------------------------------------------------------------------
@every_problem
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_comes_back_predicts_the_same_bits(problem, dtype, tmp_path):
    network = problem.trained(dtype=dtype)
    loaded = again(network, tmp_path)
    assert repr(loaded.network) == repr(network.network)
    assert np.array_equal(loaded.network.vector, network.network.vector)
    for result, expected in [
        (loaded.forward(X), network.forward(X)),
        (loaded.predict(X), network.predict(X)),
        (loaded.network.evaluate(loaded._rows(X)), network.network.evaluate(network._rows(X))),
    ]:
        assert result.dtype == expected.dtype
        assert np.array_equal(result, expected)
    assert loaded.evaluate(X, problem.y) == network.evaluate(X, problem.y)
    assert [(type(label), label) for label in loaded.classes] == [
        (type(label), label) for label in network.classes
    ]


@every_problem
def test_what_comes_back_learns_the_same(problem, tmp_path):
    network = problem.trained()
    loaded = again(network, tmp_path)
    assert loaded.head.sentence == network.head.sentence
    for name, gradient in gradients(network, problem.y).items():
        assert np.array_equal(gradients(loaded, problem.y)[name], gradient)


def gradients(network, y):
    network.forward(X)
    return network.backward(y)


@every_problem
def test_saved_again_it_is_the_same_file(problem, tmp_path):
    loaded = again(problem.trained(), tmp_path)
    first = (tmp_path / PATH).read_bytes()
    loaded.save(tmp_path / PATH)
    assert (tmp_path / PATH).read_bytes() == first


def test_settings_come_back(tmp_path):
    given = {"l1": 0.1, "l2": 0.2, "weight_decay": 0.3, "dropout": 0.4, "scale": True, "seed": np.int64(5)}
    loaded = again(NeuralNetwork([3, 4, 2], "Tanh", None, None, "AdamW", "xavier_normal", **given), tmp_path)
    assert (loaded.sizes, loaded.activation, loaded.optimizer) == ((3, 4, 2), "Tanh", "AdamW")
    assert (loaded.initializer, loaded.regularizer.l1, loaded.regularizer.l2) == ("xavier_normal", 0.1, 0.2)
    assert (loaded.weight_decay, loaded.dropout, loaded.scale, loaded.seed) == (0.3, 0.4, True, 5)


@pytest.mark.parametrize("loss", ["mse", Huber(0.25), BinaryCrossEntropy(False)])
def test_choices_of_a_network_that_has_not_learned_come_back(loss, tmp_path):
    loaded = again(NeuralNetwork([3, 1], output="sigmoid", loss=loss, task="binary"), tmp_path)
    assert loaded.head is None
    loaded.forward(X)
    loaded.backward([0, 1] * 12 + [0])
    expected = loss if isinstance(loss, Loss) else MeanSquaredError()
    assert (loaded.head.targets.kind, loaded.head.output) == ("binary", "sigmoid")
    assert repr(loaded.head.loss) == repr(expected)


def test_how_columns_became_numbers_comes_back(tmp_path):
    network = PROBLEMS[0].trained()
    network.encoding = Encoding((Column("town", "category", ("Łódź", "a,b", '"')),))
    network.target = "ja oder nein"
    loaded = again(network, tmp_path)
    assert (loaded.encoding, loaded.target) == (network.encoding, network.target)
    assert again(PROBLEMS[0].trained(), tmp_path).encoding is None


def test_columns_for_another_number_of_inputs_are_refused(tmp_path):
    network = PROBLEMS[0].trained()
    network.encoding = Encoding((Column("age", "number"),))
    network.save(tmp_path / PATH)
    with pytest.raises(DataError, match="is damaged\n  received: 1 encoded columns for 3 inputs"):
        NeuralNetwork.load(tmp_path / PATH)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_weights_alone_come_back(dtype, tmp_path):
    network, other = PROBLEMS[0].trained(dtype=dtype), PROBLEMS[0].network(dtype=dtype, seed=9)
    network.save_parameters(tmp_path / "weights.npy")
    other.load_parameters(tmp_path / "weights.npy")
    assert np.array_equal(other.network.vector, network.network.vector)
    assert np.array_equal(other.forward(X), network.network.forward(X))


OTHERS = {
    "no such file": (None, "cannot read parameters from .*\n  received: No such file"),
    "random bytes": (b"\x93NUMPY\x01\x00nonsense", "cannot read parameters from"),
    "a damaged archive": (b"PK\x03\x04nonsense", "cannot read parameters from"),
    "empty": (b"", "cannot read parameters from"),
    "of another size": (np.zeros(3), r"expected: float64 \(26,\)\n  received: float64 \(3,\)"),
    "of another dtype": (np.zeros(26, int), r"received: int64 \(26,\)"),
    "not finite": (np.full(26, np.nan), "parameters that are not finite"),
    "objects": (np.array([{}]), "cannot read parameters from .*\n  received: .*allow_pickle"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_weights_are_refused_and_the_network_kept(name, tmp_path):
    network, (content, message) = PROBLEMS[0].trained(), OTHERS[name]
    before, path = network.network.vector.copy(), tmp_path / "weights.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.save(path, content)
    with pytest.raises(DataError, match=message):
        network.load_parameters(path)
    assert np.array_equal(network.network.vector, before)


class Signs(Optimizer):
    def _update(self, parameters, gradient, rate):
        parameters -= rate * np.sign(gradient)


@pytest.mark.parametrize(
    ("optimizer", "name"),
    [("rmsprop", "rmsprop"), (Momentum(0.1), "momentum"), (Adam(), "adam"), (Signs(), "adamw")],
)
def test_of_an_optimizer_its_kind_comes_back(optimizer, name, tmp_path):
    network = PROBLEMS[0].trained(optimizer=optimizer)
    loaded = again(network, tmp_path)
    assert loaded.optimizer == name
    assert np.array_equal(loaded.predict(X), network.predict(X))
    loaded.train(X, PROBLEMS[0].y, epochs=1, verbose=False)


class Own(MeanSquaredError):
    pass


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": Own()}, r"a loss of your own cannot be saved\n  received: Own\(\)"),
        ({"initializer": ones}, "this network cannot be saved\n  received: initializer: "),
        ({"seed": np.random.default_rng(0)}, "this network cannot be saved\n  received: seed: "),
    ],
)
def test_what_a_file_cannot_hold_is_refused_before_writing(settings, message, tmp_path):
    network = PROBLEMS[0].trained(**settings)
    with pytest.raises(SettingError, match=message):
        network.save(tmp_path / PATH)
    assert not list(tmp_path.iterdir())


def test_the_file_is_a_header_and_numbers(tmp_path):
    network = PROBLEMS[0].trained()
    network.save(tmp_path / PATH)
    data = (tmp_path / PATH).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    assert list(header.pop("__metadata__")) == ["whygrad-network-1"]
    for name, parameter in network.parameters().items():
        begin, end = header.pop(name)["data_offsets"]
        assert data[8 + length :][begin:end] == parameter.data.tobytes()
    assert header == {}


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(DataError, match=f"cannot write {tmp_path}/nowhere/x"):
        PROBLEMS[0].network().save(tmp_path / "nowhere" / "x")


# --- files that hold no network ----------------------------------------------------------------------
def test_what_is_no_file_of_ours_is_named(tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("weights: 1 2 3")
    (tmp_path / "zeros").write_bytes(bytes(1000))
    save_file({"a": np.zeros(2)}, tmp_path / "foreign")
    save_file({"a": np.zeros(2)}, tmp_path / "later", {"whygrad-network-2": "{}"})
    for name, received in [
        ("nowhere", "no such file"),
        ("text/inner", "no such file"),
        ("", "a folder"),
        ("empty", "Error while deserializing header: header too small"),
        ("text", "Error while deserializing header"),
        ("zeros", "Error while deserializing header"),
        ("foreign", "a safetensors file of another program"),
        ("later", "whygrad-network-2"),
    ]:
        with pytest.raises(DataError, match=str(tmp_path / name)) as caught:
            NeuralNetwork.load(tmp_path / name)
        assert caught.value.received.startswith(received)
        assert caught.value.expected in ("a file that save() wrote", "whygrad-network-1")


def sound():
    """The bytes of a network's file, its header's length, its settings and its tensors."""
    if not SOUND:
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / PATH
            PROBLEMS[-1].trained().save(path)
            data = path.read_bytes()
            with safe_open(path, framework="np") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
                SOUND.extend([data, struct.unpack("<Q", data[:8])[0], file.metadata()[FORMAT], tensors])
    return SOUND


SOUND = []


def refusal(path):
    """What is wrong with the file, or None after having used it; no error but a DataError may come."""
    try:
        network = NeuralNetwork.load(path)
    except DataError as error:
        return error.problem
    if network.head is not None:
        network.predict(X)
    return None


def test_a_truncated_file_is_refused(tmp_path):
    data, path = sound()[0], tmp_path / PATH
    for length in [*range(40), *range(40, len(data), 13), len(data) - 1]:
        path.write_bytes(data[:length])
        assert str(path) in refusal(path)
    path.write_bytes(data + b"more")
    assert str(path) in refusal(path)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_damaged_header_gives_a_network_or_a_data_error(tmp_path_factory, data):
    content, length = bytearray(sound()[0]), sound()[1]
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, length + 7))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / PATH
    path.write_bytes(content)
    assert str(path) in (refusal(path) or str(path))


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**13),
    st.floats(),
    st.sampled_from(["", "relu", "mse", "softmax", "binary", "[", "\x00"]),
    st.lists(st.integers(-1, 10**9), max_size=4),
    st.dictionaries(st.sampled_from(["name", "settings", "kind", "output"]), st.just("mse"), max_size=2),
)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_other_settings_give_a_network_or_a_data_error(tmp_path_factory, data):
    _, _, text, tensors = sound()
    found = json.loads(text)
    inside = found["head"] if data.draw(st.booleans()) else found
    inside[data.draw(st.sampled_from([*inside, "more"]))] = data.draw(values)
    path = tmp_path_factory.getbasetemp() / PATH
    save_file(tensors, path, {FORMAT: json.dumps(found)})
    assert str(path) in (refusal(path) or str(path))


@pytest.mark.parametrize(
    "settings", ["", "null", "[]", "{", '"x"', "[" * 100000, "{}", '{"layers": [3, 5, 3]}']
)
def test_settings_that_are_none_are_refused(settings, tmp_path):
    save_file(sound()[3], tmp_path / PATH, {FORMAT: settings})
    with pytest.raises(DataError, match=f"{tmp_path / PATH} is damaged\n  received: .+: "):
        NeuralNetwork.load(tmp_path / PATH)


@pytest.mark.parametrize(
    ("change", "received"),
    [
        ({"1.weights": np.zeros((3, 4))}, "tensor '1.weights' is F64 [3, 4]"),
        ({"1.weights": np.zeros((3, 5), np.float32)}, "tensor '1.weights' is F32 [3, 5]"),
        ({"2.bias": np.zeros(3, int)}, "tensor '2.bias' is I64 [3]"),
        ({"2.bias": None}, "tensor '2.bias' is missing"),
        ({"3.bias": np.zeros(3)}, "tensor '3.bias' is not of this network"),
        ({"scaling.inputs.mean": np.zeros(4)}, "tensor 'scaling.inputs.mean' is F64 [4]"),
        ({"scaling.inputs.std": None}, "tensor 'scaling.inputs.std' is missing"),
    ],
)
def test_tensors_that_do_not_go_with_the_settings_are_named(change, received, tmp_path):
    _, _, text, tensors = sound()
    kept = {name: value for name, value in {**tensors, **change}.items() if value is not None}
    save_file(kept, tmp_path / PATH, {FORMAT: text})
    with pytest.raises(DataError, match="is damaged") as caught:
        NeuralNetwork.load(tmp_path / PATH)
    assert caught.value.received == received


@pytest.mark.parametrize(
    ("change", "received"),
    [
        ({"kind": "binary"}, "3 classes and 3 outputs are not binary"),
        ({"kind": "regression"}, "3 classes and 3 outputs are not regression"),
        ({"classes": [0, 1]}, "2 classes and 3 outputs are not multiclass"),
        ({"kind": "ternary"}, "head.kind: Input should be 'binary', 'multiclass'"),
        ({"output": "silu"}, "CrossEntropy() goes with output='softmax'"),
        ({"loss": {"name": "msee", "settings": {}}}, "unknown loss 'msee'"),
        ({"loss": {"name": "huber", "settings": {"beta": 1}}}, "Huber.__init__() got an unexpected"),
        ({"loss": {"name": "mse", "settings": {}}, "output": "silux"}, "unknown activation 'silux'"),
    ],
)
def test_a_head_that_makes_no_sense_is_refused(change, received, tmp_path):
    _, _, text, tensors = sound()
    found = json.loads(text)
    found["head"] |= change
    save_file(tensors, tmp_path / PATH, {FORMAT: json.dumps(found)})
    with pytest.raises(DataError, match=f"{tmp_path / PATH} is damaged") as caught:
        NeuralNetwork.load(tmp_path / PATH)
    assert caught.value.received.startswith(received)
