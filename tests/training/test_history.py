"""What happened in each epoch, and the table of it."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whygrad.training import Epoch, History
from whygrad.training.history import LayerEpoch

floats = st.floats(allow_nan=False)
numbers = (st.integers(1, 10**6), floats, st.none() | floats, floats, floats, floats)
layers = st.lists(st.builds(LayerEpoch, floats, floats), max_size=3).map(tuple)
epochs = st.builds(Epoch, *numbers, st.none() | floats, st.none() | floats, layers)


def two():
    return History("accuracy", [Epoch(1, 0.75, 0.5, 0.1, 2.0, 0.5), Epoch(2, 0.25, 0.875, 0.05, 1.0, 1.0)])


@given(st.lists(epochs, max_size=5), st.sampled_from(["accuracy", "r2"]))
def test_the_table_reads_back_the_same_numbers(items, metric):
    history = History(metric, items)
    rows = list(csv.DictReader(io.StringIO(history.to_csv())))
    assert len(rows) == len(items)
    for row, item in zip(rows, items, strict=True):
        expected = {name: value for name, value in item._asdict().items() if name != "layers"}
        for place, layer in enumerate(item.layers, start=1):
            expected |= {f"{name}_{place}": value for name, value in layer._asdict().items()}
        known = {
            name.replace("score", metric): value for name, value in expected.items() if value is not None
        }
        assert {name: float(text) for name, text in row.items() if text} == known


@given(st.lists(epochs, max_size=5), st.sampled_from(["accuracy", "r2"]))
def test_columns_make_the_same_history_again(items, metric):
    history = History(metric, items)
    assert History.from_columns(metric, history.columns()) == history


def test_the_table_has_numbers_only_whatever_kind_they_were():
    text = History("r2", [Epoch(np.int64(1), np.float64(0.1), None, np.float64(1e-17), 2.0, 3.5)]).to_csv()
    assert text == "epoch,loss,r2,learning_rate,gradient_norm,seconds\n1,0.1,,1e-17,2.0,3.5\n"


def test_no_epochs_are_a_table_without_rows():
    assert History().to_csv() == "epoch,loss,accuracy,learning_rate,gradient_norm,seconds\n"


def test_a_history_is_a_sequence_of_epochs():
    history = two()
    assert len(history) == 2
    assert [epoch.epoch for epoch in history] == [1, 2]
    assert history[-1] is history.epochs[1]
    assert history.loss == [0.75, 0.25]
    assert history.score == [0.5, 0.875]


def test_an_epoch_does_not_change():
    with pytest.raises(AttributeError):
        two()[0].loss = 0.0


def test_repr_tells_how_it_went():
    history = two()
    assert repr(history) == "<History: 2 epochs, loss 0.75 → 0.25, accuracy 0.8750>"
    history.interrupted = True
    assert repr(history) == "<History: 2 epochs, loss 0.75 → 0.25, accuracy 0.8750, interrupted>"
    assert repr(History("r2", [Epoch(1, 1.5, None, 0.1, 2.0, 0.5)])) == "<History: 1 epochs, loss 1.5 → 1.5>"
    assert repr(History()) == "<History: no epochs>"
