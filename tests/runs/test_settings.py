"""The settings of a run: what they are by default, as a file, and what is said of those that cannot be."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from whygrad.errors import SettingError
from whygrad.nn.activations import ACTIVATIONS
from whygrad.nn.losses import LOSSES
from whygrad.optim import OPTIMIZERS, SCHEDULES
from whygrad.runs.settings import TrainSettings, explain, from_toml, make_settings, to_toml
from whygrad.training.defaults import DEFAULTS

positive = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
not_negative = st.floats(min_value=0, allow_infinity=False)
every_setting = st.fixed_dictionaries(
    {},
    optional={
        "layers": st.lists(st.integers(1, 1000), max_size=4).map(tuple),
        "activation": st.sampled_from([*ACTIVATIONS]),
        "loss": st.sampled_from([*LOSSES]),
        "optimizer": st.sampled_from([*OPTIMIZERS]),
        "schedule": st.sampled_from([*SCHEDULES]),
        "learning_rate": positive,
        "batch_size": st.integers(1, 10**6),
        "epochs": st.integers(1, 10**6),
        "l1": not_negative,
        "l2": not_negative,
        "weight_decay": not_negative,
        "dropout": st.floats(0, 1, exclude_max=True),
        "clip": positive,
        "seed": st.integers(0, 2**32 - 1),
        "test_size": st.floats(0.01, 0.99),
        "samples": st.integers(4, 10**6),
        "noise": st.floats(0, 1e6),
        "dtype": st.sampled_from(["float64", "float32"]),
    },
)


def test_defaults_are_those_of_a_network():
    settings = TrainSettings()
    for name in ("activation", "optimizer", "learning_rate", "schedule", "epochs", "batch_size"):
        assert getattr(settings, name) == getattr(DEFAULTS, name)
    assert (settings.seed, settings.test_size, settings.dtype) == (0, 0.2, "float64")
    assert settings.layers is settings.loss is settings.weight_decay is settings.clip is None


def test_every_setting_has_a_description():
    assert all(field.description for field in TrainSettings.model_fields.values())


@settings(deadline=None)
@given(every_setting, st.sampled_from(["digits", "iris"]))
def test_settings_come_back_from_their_file(tmp_path_factory, values, data):
    path = tmp_path_factory.getbasetemp() / "settings.toml"
    settings = make_settings(values)
    path.write_text(to_toml(data, settings), encoding="utf-8")
    assert from_toml(path) == (data, settings)


@pytest.mark.parametrize("written", ["64,32", "64, 32", "64 32", [64, 32], (64, 32), ["64,32"], ["64", "32"]])
def test_layers_can_be_written_in_many_ways(written):
    assert make_settings({"layers": written}).layers == (64, 32)


@pytest.mark.parametrize("written", ["", [], ()])
def test_no_hidden_layer_is_not_the_default(written):
    assert make_settings({"layers": written}).layers == ()


def test_settings_do_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        TrainSettings().epochs = 3


@pytest.mark.parametrize(
    ("name", "near"), [("epoch", "epochs"), ("learning-rate", "learning_rate"), ("bath_size", "batch_size")]
)
def test_an_unknown_setting_is_refused_with_the_nearest(name, near):
    with pytest.raises(SettingError, match=f"unknown setting '{name}'\n  hint: did you mean \"{near}\"[?]"):
        make_settings({name: 3})


BAD = {
    "layers": ["64,y", [0], [2.5], -1],
    "learning_rate": [0, -1, math.nan, "fast"],
    "batch_size": [0, 2.5, "x"],
    "epochs": [0, -3, 2.5, None],
    "l1": [-0.1, math.nan],
    "l2": [-0.1, "x"],
    "weight_decay": [-0.1],
    "dropout": [-0.1, 1],
    "clip": [0, -1],
    "seed": [-1, 2**32, 0.5],
    "test_size": [0, 1, 1.5],
    "samples": [3, 10.5],
    "noise": [-1, 1e7, math.inf],
    "activation": [5],
    "dtype": [None],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD.items() for value in values]
)
def test_a_value_that_cannot_work_is_named(name, value):
    with pytest.raises(SettingError, match=f"^{name}: ") as caught:
        make_settings({name: value})
    assert f"{name} = " in caught.value.received
    flag = "--" + name.replace("_", "-")
    assert caught.value.hint == f"{flag}: {TrainSettings.model_fields[name].description}"


def test_all_values_that_cannot_work_are_named():
    with pytest.raises(SettingError) as caught:
        make_settings({"epochs": 0, "dropout": 2, "seed": 5})
    assert sorted(caught.value.problem.split("; ")) == [
        "dropout: input should be less than 1",
        "epochs: input should be greater than or equal to 1",
    ]
    assert "epochs = 0" in caught.value.received
    assert "dropout = 2" in caught.value.received


def test_what_is_no_table_of_settings_is_explained():
    with pytest.raises(ValidationError) as caught:
        TrainSettings.model_validate(5)
    assert str(explain(caught.value)).startswith("settings: input should be a valid dictionary")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"epochs = ", "cannot read settings from .*settings.toml\n  received: Invalid value"),
        (b"\xff\xfe", "cannot read settings from .*settings.toml\n  received: 'utf-8' codec"),
        (b"epoch = 3", "unknown setting 'epoch'\n  hint: did you mean \"epochs\""),
        (b"epochs = 0", "epochs: input should be greater than or equal to 1\n  received: epochs = 0"),
    ],
)
def test_a_file_that_cannot_work_is_refused(content, message, tmp_path):
    (tmp_path / "settings.toml").write_bytes(content)
    with pytest.raises(SettingError, match=message):
        from_toml(tmp_path / "settings.toml")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingError, match=f"cannot read settings from {tmp_path}/none.toml\n.*No such file"):
        from_toml(tmp_path / "none.toml")


def test_a_file_may_leave_things_open(tmp_path):
    (tmp_path / "settings.toml").write_text("epochs = 3\n")
    assert from_toml(tmp_path / "settings.toml") == (None, TrainSettings(epochs=3))
