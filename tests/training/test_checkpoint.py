"""Checkpoints: a killed and resumed run equals an unbroken one, bit for bit; anything else is refused."""

import errno
import json
import math
import os
import random
import signal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save as to_bytes

from whygrad.errors import DataError, SettingError, TrainingError
from whygrad.nn import Huber
from whygrad.optim import OPTIMIZERS, AdamW, Optimizer, ReduceOnPlateau
from whygrad.training import NeuralNetwork, checkpoint
from whygrad.training.checkpoint import Checkpoint

from .problems import LARGEST, SUM, X

NUMBERS = 3 * SUM + 10
# 25 rows in batches of 10 for 4 epochs: 12 steps, so 13 states, of which number 1, 4, 7, 10 and 13 lie
# between two epochs.
RUN = {"epochs": 4, "batch_size": 10}
STATES = 13


class Killed(BaseException):
    """In place of a signal that no process survives."""


@pytest.fixture(autouse=True)
def _written_at_every_step(monkeypatch):
    monkeypatch.setattr(checkpoint, "SHARE", math.inf)
    monkeypatch.setattr(checkpoint, "PAUSE", 0.0)


def train(file, y=NUMBERS, kill_after=None, resume=False, made=None, **settings):
    """A new network and a run of it; it may be killed once it has written so many states."""
    network = made() if made is not None else NeuralNetwork([3, 6, 1], seed=3)
    with pytest.MonkeyPatch.context() as patch:
        write, written = Checkpoint.write, []

        def counted(self, run):
            write(self, run)
            written.append(self)
            if len(written) == kill_after:
                raise Killed

        patch.setattr(Checkpoint, "write", counted)
        try:
            network.train(X, y, checkpoint=file, resume=resume, verbose=False, **{**RUN, **settings})
        except Killed:
            assert kill_after is not None
        else:
            assert kill_after is None, f"only {len(written)} states were written"
    return network


def result(network):
    """All that a run leaves, but the seconds it took."""
    columns = network.history.columns()
    del columns["seconds"]
    return {
        "weights": network.network.vector.tobytes(),
        "history": columns,
        "metric": network.history.metric,
        "best": network.history.best_epoch,
        "interrupted": network.history.interrupted,
        "predictions": network.predict(X).tobytes(),
        "generator": network.rng.bit_generator.state,
    }


def check_resumed(tmp_path, stops, **settings):
    """Kill a run after each of the stops, go on, and compare with an unbroken one."""
    file = tmp_path / "run.safetensors"
    unbroken = train(None, **settings)
    for number, stop in enumerate(stops):
        train(file, kill_after=stop, resume=number > 0, **settings)
    resumed = train(file, resume=True, **settings)
    assert result(resumed) == result(unbroken)
    assert os.listdir(tmp_path) == [file.name]  # noqa: PTH208 - hidden files too
    return unbroken


# --- the same bits -----------------------------------------------------------------------------------
@pytest.mark.parametrize("stops", [(5, 3), (7,)], ids=["within an epoch", "between epochs"])
@pytest.mark.parametrize("schedule", ["cosine", "reduce-on-plateau"])
@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_every_optimizer_goes_on(tmp_path, name, schedule, stops):
    def made():
        optimizer = name
        if schedule == "reduce-on-plateau":  # lowered after each epoch: no loss is that much better
            optimizer = OPTIMIZERS[name](ReduceOnPlateau(0.02, patience=0, threshold=0.99))
        return NeuralNetwork([3, 6, 1], optimizer=optimizer, dropout=0.2, seed=3, scale=True)

    settings = {"schedule": "cosine"} if schedule == "cosine" else {}
    unbroken = check_resumed(tmp_path, stops, made=made, **settings)
    assert len({epoch.learning_rate for epoch in unbroken.history}) > 2


@pytest.mark.parametrize("stop", range(1, STATES + 1))
def test_it_goes_on_from_every_state(tmp_path, stop):
    def made():
        return NeuralNetwork([3, 6, 1], dropout=0.3, scale=True, seed=3)

    check_resumed(tmp_path, (stop,), made=made, validation=(X[:7], NUMBERS[:7]))


def network(**settings):
    """What makes such a network."""
    return lambda: NeuralNetwork([3, 6, 1], **{"seed": 3, **settings})


CASES = {
    "as it comes": {},
    "dropout": {"made": network(dropout=0.5)},
    "patience": {"patience": 2, "epochs": 30, "learning_rate": 0.3, "validation": 0.3},
    "patience with a share of its own": {"patience": 1, "epochs": 30, "learning_rate": 0.5},
    "validation": {"validation": (X[::3], NUMBERS[::3])},
    "a share for validation": {"validation": 0.4, "made": network(scale=True)},
    "float32": {"made": network(dtype="float32", scale=True)},
    "float32, patience": {"made": network(dtype="float32"), "patience": 2, "validation": 0.3, "epochs": 9},
    "full batch": {"batch_size": "full", "epochs": 12},
    "batches of one": {"batch_size": 1},
    "batches that fit": {"batch_size": 5},
    "classes": {"made": lambda: NeuralNetwork([3, 4, 3], seed=0), "y": LARGEST},
    "words": {"made": lambda: NeuralNetwork([3, 4, 3], seed=0), "y": np.array(["a", "b", "c"])[LARGEST]},
    "an output activation": {"made": network(output="softplus"), "y": np.exp(SUM / 5)},
    "penalties and a bound": {"made": network(l1=0.01, l2=0.02), "clip": 0.5},
    "a loss with a setting": {"made": network(loss=Huber(0.3))},
    "a generator for a seed": {"made": lambda: network(seed=np.random.default_rng(9))()},
    "an optimizer of one's own": {"made": lambda: network(optimizer=AdamW(0.02, weight_decay=0.1))()},
}


@pytest.mark.parametrize(
    "stops",
    [(1,), (3,), (4,), (1, 1, 2, 1, 3)],
    ids=["before the first step", "within", "between", "several stops"],
)
@pytest.mark.parametrize("name", CASES)
def test_whatever_is_trained_goes_on(tmp_path, name, stops):
    check_resumed(tmp_path, stops, **CASES[name])


def test_the_cases_with_patience_do_end_early():
    for name, case in CASES.items():
        if name.startswith("patience"):
            assert len(train(None, **case).history) < case["epochs"]


@pytest.mark.parametrize("name", ["as it comes", "patience", "full batch"])
def test_a_finished_run_is_finished(tmp_path, name):
    file, settings = tmp_path / "run", CASES[name]
    finished = train(file, **settings)
    steps = []
    again = train(file, resume=True, callbacks=[steps.append], **settings)
    assert result(again) == result(finished)
    assert len(steps) == (1 if name == "patience" else 0)  # it is the epoch that says that it is over


def test_the_best_weights_are_in_the_file(tmp_path):
    settings = CASES["patience"]
    unbroken = train(None, **settings)
    best, last = unbroken.history.best_epoch, len(unbroken.history)
    assert best < last - 1
    train(tmp_path / "run", kill_after=1 + 2 * (last - 1), **settings)  # 17 rows: two steps an epoch
    resumed = train(tmp_path / "run", resume=True, **settings)
    assert len(resumed.history) == last
    assert np.array_equal(resumed.network.vector, unbroken.network.vector)


# --- several calls of train --------------------------------------------------------------------------
@pytest.mark.parametrize("second", [{}, {"validation": 0.3}, {"patience": 2, "validation": 0.3}], ids=str)
@pytest.mark.parametrize("stop", [1, 3, 5])
def test_a_second_call_goes_on(tmp_path, second, stop):
    def made():
        network = NeuralNetwork([3, 6, 1], dropout=0.1, scale=True, seed=3)
        network.train(X, NUMBERS, epochs=3, batch_size=10, verbose=False)
        return network

    unbroken = check_resumed(tmp_path, (stop,), made=made, **second)
    assert [epoch.epoch for epoch in unbroken.history] == list(range(1, len(unbroken.history) + 1))
    assert len(unbroken.history) > 3
    assert unbroken.history[0].validation_loss is None


def test_a_second_call_goes_on_with_a_network_from_a_file(tmp_path):
    def first():
        network = NeuralNetwork([3, 6, 1], scale=True, seed=3)
        network.train(X, NUMBERS, epochs=3, batch_size=10, validation=0.2, verbose=False)
        return network

    first().save(tmp_path / "model")
    settings = {"validation": 0.4}
    unbroken = train(None, made=first, **settings)
    train(tmp_path / "run", made=first, kill_after=4, **settings)
    loaded = train(
        tmp_path / "run", made=lambda: NeuralNetwork.load(tmp_path / "model"), resume=True, **settings
    )
    assert result(loaded) == result(unbroken)


def press(epoch):
    """Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("name", ["as it comes", "a share for validation", "patience", "full batch"])
def test_after_ctrl_c_the_same_network_goes_on(tmp_path, name):
    case = {**CASES[name], "epochs": 9}
    unbroken = result(train(None, **case))
    stopped = case.pop("made", network())()
    y = NUMBERS

    def press_in_third(epoch):
        if epoch.epoch == 3:
            press(epoch)

    settings = {**RUN, **case, "checkpoint": tmp_path / "run", "verbose": False}
    stopped.train(X, y, callbacks=[press_in_third], **settings)
    assert stopped.history.interrupted
    assert 3 <= len(stopped.history) <= 4
    stopped.train(X, y, resume=True, **settings)
    assert result(stopped) == unbroken


def test_an_epoch_broken_off_by_ctrl_c_is_made_whole(tmp_path):
    class Pressing(AdamW):
        def _update(self, parameters, gradient, rate):
            super()._update(parameters, gradient, rate)
            if self.steps_taken == 4 and pressing:
                press(None)

    file, made = tmp_path / "run", lambda: network(optimizer=Pressing(0.02), dropout=0.2)()
    pressing = True
    stopped = train(file, made=made)
    assert stopped.history.interrupted
    assert [epoch.epoch for epoch in stopped.history] == [1, 2]
    pressing = False
    assert result(train(file, made=made, resume=True)) == result(train(None, made=made))


def test_what_a_callback_ended_stays_ended(tmp_path):
    def enough(epoch):
        return epoch.epoch == 2

    stopped = train(tmp_path / "run", callbacks=[enough])
    assert len(stopped.history) == 2
    assert result(train(tmp_path / "run", callbacks=[enough], resume=True)) == result(stopped)


def test_the_history_goes_on_counting_seconds(tmp_path):
    killed = train(tmp_path / "run", kill_after=7)
    earlier = [epoch.seconds for epoch in killed.history]
    resumed = train(tmp_path / "run", resume=True)
    seconds = [epoch.seconds for epoch in resumed.history]
    assert seconds[:2] == earlier
    assert seconds == sorted(seconds)


# --- what is refused ---------------------------------------------------------------------------------
def snapshot(network):
    """All that a refused call must leave as it was."""
    return {
        "weights": network.network.vector.tobytes(),
        "layers": repr(network.network),
        "decided": (network.head, network.column, network.scaling),
        "history": network.history.columns(),
        "metric": network.history.metric,
        "generator": network.rng.bit_generator.state,
    }


def refused(kind, file, made=None, **settings):
    """The error of a run that does not go on; the network must be as it was, and of use."""
    made = made or network()
    tried, untouched = made(), made()
    before = snapshot(tried)
    with pytest.raises(kind) as caught:
        tried.train(X, settings.pop("y", NUMBERS), checkpoint=file, resume=True, **{**RUN, **settings})
    assert snapshot(tried) == before
    for one in (tried, untouched):
        one.train(X, NUMBERS, epochs=1, validation=0.2, verbose=False)
    assert np.array_equal(tried.network.vector, untouched.network.vector)
    return caught.value


OTHERS = {
    "epochs": {"epochs": 5},
    "batch_size": {"batch_size": 11},
    "optimizer": {"learning_rate": 0.02},
    "optimizer, schedule": {"schedule": "constant"},
    "optimizer, kind": {"made": network(optimizer="adam")},
    "optimizer, decay": {"made": network(weight_decay=0.02)},
    "clip": {"clip": 1.0},
    "patience": {"patience": 3},
    "layers": {"made": lambda: NeuralNetwork([3, 7, 1], seed=3)},
    "layers, activation": {"made": network(activation="tanh")},
    "dropout": {"made": network(dropout=0.1000001)},
    "loss": {"made": network(loss="mae")},
    "output": {"made": network(output="softplus")},
    "task": {"made": network(loss="mse", output="identity"), "y": (SUM > 0).astype(int)},
    "penalty": {"made": network(l2=0.1)},
    "seed": {"made": network(seed=4)},
    "dtype": {"made": network(dtype="float32")},
    "data": {"y": NUMBERS + np.eye(25)[3] * 1e-13},
    "data, scaled": {"made": network(scale=True)},
    "validation": {"validation": 0.1},
    "validation, given": {"validation": (X[:3], NUMBERS[:3])},
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_run_is_refused(tmp_path, name, capsys):
    train(tmp_path / "run", kill_after=5)
    before = (tmp_path / "run").read_bytes()
    error = refused(SettingError, tmp_path / "run", **OTHERS[name])
    found = error.problem.partition("not the same ")[2].split(", ")
    assert name.partition(",")[0] in found
    assert error.problem.startswith(f"{tmp_path / 'run'} is a checkpoint of another run")
    assert "as it was" in error.expected
    assert (tmp_path / "run").read_bytes() == before
    assert capsys.readouterr() == ("", "")  # nothing is announced that does not happen


def test_the_refusal_says_what_was_and_what_is(tmp_path):
    train(tmp_path / "run", kill_after=5)
    error = refused(SettingError, tmp_path / "run", made=network(seed=4), epochs=8)
    assert error.problem.endswith("not the same seed, epochs, optimizer")  # whose cosine is longer
    assert (error.expected, error.received) == ("seed 3, as it was", "4")


def test_a_mask_of_decay_belongs_to_the_optimizer(tmp_path):
    layers, size = [3, 400, 1], 2001
    masks = [np.ones(size), np.r_[np.ones(1000), 0, np.ones(1000)]]
    makers = [
        lambda mask=mask: NeuralNetwork(layers, optimizer=AdamW(decay_mask=mask), seed=3) for mask in masks
    ]
    train(tmp_path / "run", made=makers[0], kill_after=5)
    error = refused(SettingError, tmp_path / "run", made=makers[1])
    assert "not the same optimizer" in error.problem


def test_a_file_that_is_there_is_not_overwritten(tmp_path):
    (tmp_path / "run").write_text("precious")
    with pytest.raises(DataError, match=r"run exists already\n  hint: resume=True"):
        train(tmp_path / "run")
    assert (tmp_path / "run").read_text() == "precious"


def test_without_a_file_nothing_can_be_resumed():
    with pytest.raises(SettingError, match="resume=True needs a checkpoint"):
        train(None, resume=True)


def test_another_generator_cannot_be_written(tmp_path):
    made = network(seed=np.random.Generator(np.random.MT19937(1)))
    with pytest.raises(SettingError, match="cannot hold the state of this random generator") as caught:
        train(tmp_path / "run", made=made)
    assert caught.value.received == "MT19937"
    assert list(tmp_path.iterdir()) == []


# --- files that are no checkpoints -------------------------------------------------------------------
def damaged(tmp_path, content, name="run"):
    """The error for a file with this content."""
    (tmp_path / name).write_bytes(content)
    error = refused(DataError, tmp_path / name)
    assert str(tmp_path / name) in error.problem
    return error


@pytest.mark.parametrize("content", [b"", b"\0", b"{}", b"epoch,loss\n1,2\n", b"PK\x03\x04", b"\xff" * 100])
def test_other_files_are_refused(tmp_path, content):
    assert "cannot read a checkpoint from" in damaged(tmp_path, content).problem


def test_networks_and_files_of_other_programs_are_refused(tmp_path):
    error = damaged(tmp_path, to_bytes({"x": np.ones(3)}))
    assert error.problem.endswith("run is no checkpoint")
    trained = train(None)
    trained.save(tmp_path / "model")
    error = damaged(tmp_path, (tmp_path / "model").read_bytes())
    assert error.expected == "whygrad-checkpoint-1"


def test_nothing_and_folders_are_refused(tmp_path):
    assert refused(DataError, tmp_path / "nothing").received == "no such file"
    assert refused(DataError, tmp_path).received == "a folder"


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "random"
    file.write_bytes(content)
    with pytest.raises(DataError, match="random"):
        Checkpoint(file, resume=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a checkpoint within an epoch, with everything that one can hold."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "SHARE", math.inf)
        patch.setattr(checkpoint, "PAUSE", 0.0)
        train(folder / "run", kill_after=6, patience=2, validation=0.3)
    return (folder / "run").read_bytes()


def content(file):
    """What a checkpoint says, in a form that can be compared."""
    saved, tensors = Checkpoint(file, resume=True).found
    return saved, {name: (array.dtype, array.shape, array.tobytes()) for name, array in tensors.items()}


def content_or_refusal(file):
    """What it says, or the problem of the error, which has to name it."""
    try:
        return content(file)
    except DataError as error:
        problem = error.problem
    assert str(file) in problem
    return problem


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_truncated_files_are_refused(tmp_path, whole, share):
    damaged(tmp_path, whole[: int(share * len(whole))])


def test_a_flipped_bit_anywhere_is_noticed(tmp_path, whole):
    file = tmp_path / "run"
    file.write_bytes(whole)
    expected, draw, harmless = content(file), random.Random(0), []
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << draw.randrange(8)
        file.write_bytes(flipped)
        found = content_or_refusal(file)
        if not isinstance(found, str):
            assert found == expected
            harmless.append(place)
    assert len(harmless) < 20  # such as a tab for a space between two parts of the file


@given(st.data())
def test_several_changed_bytes_are_noticed(tmp_path_factory, whole, data):
    folder = tmp_path_factory.getbasetemp()
    (folder / "whole").write_bytes(whole)
    changed = bytearray(whole)
    places = st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255))
    for place, value in data.draw(st.lists(places, min_size=1, max_size=5)):
        changed[place] = value
    (folder / "changed").write_bytes(changed)
    found = content_or_refusal(folder / "changed")
    assert isinstance(found, str) or found == content(folder / "whole")


def test_a_damaged_file_leaves_the_network_unchanged(tmp_path, whole):
    draw = random.Random(1)
    for _ in range(10):
        changed = bytearray(whole)
        changed[draw.randrange(len(whole) // 2, len(whole))] ^= 255
        damaged(tmp_path, bytes(changed))


def resealed(whole, change):
    """A checkpoint whose digest is right, but that no run wrote."""
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, item in header.items():
        begin, end = item["data_offsets"]
        dtype = {"F64": "<f8", "I64": "<i8", "BOOL": "?"}[item["dtype"]]
        array = np.frombuffer(whole[8 + length + begin : 8 + length + end], dtype)
        tensors[name] = array.reshape(item["shape"])
    saved = json.loads(metadata[checkpoint.FORMAT])
    change(saved, tensors)
    text = json.dumps(saved)
    digest = checkpoint._digest_of(text, tensors)
    return to_bytes(tensors, {checkpoint.FORMAT: text, checkpoint.DIGEST: digest})


@pytest.mark.parametrize(
    "change",
    [
        lambda saved, tensors: tensors.pop("vector"),
        lambda saved, tensors: tensors.pop("best"),
        lambda saved, tensors: tensors.update(vector=np.ones(3)),
        lambda saved, tensors: tensors.update(best=np.ones(31, np.float32)),
        lambda saved, tensors: tensors.pop("history.loss"),
        lambda saved, tensors: tensors.pop("optimizer.steps_taken"),
        lambda saved, tensors: tensors.update({"optimizer.other": np.ones(31)}),
        lambda saved, tensors: tensors.update({"optimizer.steps_taken": np.array(-1)}),
        lambda saved, tensors: saved["now"]["state"].clear(),
        lambda saved, tensors: saved["now"]["state"].update(state=2**200),
        lambda saved, tensors: saved["begun"].update(bit_generator="MT19937"),
        lambda saved, tensors: saved.pop("done"),
        lambda saved, tensors: saved.update(done="many"),
        lambda saved, tensors: saved.update(more=1),
    ],
)
def test_what_no_run_writes_is_refused(tmp_path, whole, change):
    (tmp_path / "run").write_bytes(resealed(whole, change))
    error = refused(DataError, tmp_path / "run", patience=2, validation=0.3)
    assert error.problem == f"{tmp_path / 'run'} is damaged"


def test_resealed_without_a_change_it_is_taken(tmp_path, whole):
    (tmp_path / "run").write_bytes(resealed(whole, lambda saved, tensors: None))
    settings = {"patience": 2, "validation": 0.3}
    assert result(train(tmp_path / "run", resume=True, **settings)) == result(train(None, **settings))


# --- files that cannot be written --------------------------------------------------------------------
@pytest.mark.parametrize("after", [0, 1, 4])
def test_a_full_disk_is_told_and_the_file_before_kept(tmp_path, monkeypatch, after):
    file, sync, synced = tmp_path / "run", os.fsync, []

    def full(handle):
        if len(synced) == after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        synced.append(sync(handle))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=r"cannot write .*run\n  received: No space left on device"):
        train(file)
    monkeypatch.undo()
    assert [item.name for item in tmp_path.iterdir()] == ([file.name] if after else [])
    if after:
        assert result(train(file, resume=True)) == result(train(None))


def test_a_folder_that_is_not_there_is_told_before_training(tmp_path):
    made = network()()
    before = snapshot(made)
    with pytest.raises(DataError, match=r"cannot write .*\n  received: No such file or directory"):
        train(tmp_path / "no" / "run", made=lambda: made)
    assert snapshot(made) == before


class Spoiling(Optimizer):
    """Spoils the weights at its sixth step."""

    def __init__(self, value):
        super().__init__(0.001)
        self.value = value

    def _update(self, parameters, gradient, rate):
        parameters -= rate * gradient
        if self.steps_taken == 5:
            parameters[2] = self.value


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_not_finite_are_never_written(tmp_path, value, monkeypatch):
    seen, write = [], checkpoint.write_whole
    monkeypatch.setattr(
        checkpoint, "write_whole", lambda *given: write(*given) or seen.append(content(given[0]))
    )
    with pytest.raises(TrainingError):
        train(tmp_path / "run", made=network(optimizer=Spoiling(value)))
    assert len(seen) == 6
    assert all(np.isfinite(np.frombuffer(tensors["vector"][2])).all() for _, tensors in seen)
    assert [saved.done for saved, _ in seen] == [0, 10, 20, 0, 10, 20]
    assert content(tmp_path / "run") == seen[-1]


def test_what_a_killed_write_left_behind_is_removed(tmp_path):
    others = [".run.abc", ".run.abcdefgh2", ".runs.abcdefgh", "run.abcdefgh", ".run.ABCDEFGH"]
    for name in (".run.abcdefgh", ".run.a_3defg0", *others):
        (tmp_path / name).write_text("half")
    train(tmp_path / "run", kill_after=5)
    assert sorted(item.name for item in tmp_path.iterdir()) == sorted([*others, "run"])
    (tmp_path / ".run.abcdefgh").write_text("half")
    train(tmp_path / "run", resume=True)
    assert sorted(item.name for item in tmp_path.iterdir()) == sorted([*others, "run"])


def test_a_temporary_file_is_named_as_what_is_removed(tmp_path, monkeypatch):
    named = []
    monkeypatch.setattr(Path, "replace", lambda self, target: named.append(self.name))
    checkpoint.write_whole(tmp_path / "run", b"")
    (tmp_path / named[0]).write_text("half")
    checkpoint.remove_leftovers(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


# --- how often ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("pause", "between"), [(0.0, 0.1 / 0.02), (1.0, 0.1 / 0.02), (7.5, 7.5)])  # seconds
def test_writing_takes_two_per_cent_of_the_time_and_comes_now_and_then(pause, between, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SHARE", 0.02)
    monkeypatch.setattr(checkpoint, "PAUSE", pause)
    now, written = [0.0], []

    class Clock:
        """Each step takes a hundredth of a second, and each file a tenth."""

        @staticmethod
        def perf_counter():
            return now[0]

    write = checkpoint.write_whole

    def slow(path, data):
        write(path, data)
        now[0] += 0.1
        written.append(round(now[0], 6))

    class Timed(AdamW):
        def _update(self, parameters, gradient, rate):
            super()._update(parameters, gradient, rate)
            now[0] += 0.01

    for name in ("checkpoint", "loop", "watching"):
        monkeypatch.setattr(f"whygrad.training.{name}.time", Clock)
    monkeypatch.setattr(checkpoint, "write_whole", slow)
    train(tmp_path / "run", made=network(optimizer=Timed(0.01)), epochs=900)
    gaps = np.diff(written)
    assert len(gaps) >= 3
    assert gaps == pytest.approx(between + 0.1, abs=0.011)
