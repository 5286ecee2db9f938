"""Tables: every number reads back the same, and the order in which results arrive leaves no trace."""

import csv
import io
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from whygrad.studies.results import Standing, TrialResult
from whygrad.studies.tables import tables

from .planting import planted

SETTINGS = {"wide, b": {"layers": (16, 16), "epochs": 40}, "a": {"layers": (4,), "epochs": 20}}


def study():
    rng = np.random.default_rng(0)
    return planted("wide, b", rng, seeds=3, until={2: 4}) + planted("a", rng, seeds=3, epochs=20)


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


@given(order=st.permutations(range(6)))
def test_bytes_do_not_depend_on_the_order_of_results(order):
    results = study()
    assert tables([results[k] for k in order], SETTINGS) == tables(results, SETTINGS)
    unnamed = tables([results[k] for k in order])
    assert unnamed == tables(results)


@given(
    values=st.lists(st.floats(allow_nan=False), min_size=4, max_size=4),
    losses=st.lists(st.one_of(st.none(), st.floats(allow_nan=False)), min_size=1, max_size=5),
)
@example(values=[0.0] * 4, losses=[8.988465674311579e307, 8.98846567431158e307])
def test_numbers_read_back_the_same(values, losses):
    base = study()[0]
    after = Standing(*values)
    result = replace(base, after=after, columns={"loss": losses})
    found = tables([result])
    (row,) = rows(found["results.csv"])
    names = ("after_train_loss", "after_train_score", "after_test_loss", "after_test_score")
    assert [float(row[name]) for name in names] == values
    read = [float(row["loss"]) if row["loss"] else None for row in rows(found["epochs.csv"])]
    assert read == losses


def test_a_row_for_each_trial_in_the_order_of_the_settings():
    found = rows(tables(study(), SETTINGS)["results.csv"])
    assert [(row["variant"], row["seed"]) for row in found] == [
        (name, str(seed)) for name in ("wide, b", "a") for seed in range(3)
    ]
    assert [row["layers"] for row in found] == ["[16, 16]"] * 3 + ["[4]"] * 3
    assert [row["setting_epochs"] for row in found] == ["40"] * 3 + ["20"] * 3
    assert [row["epochs"] for row in found] == ["40", "40", "4", "20", "20", "20"]
    assert (found[2]["state"], found[2]["after_test_loss"], found[2]["failure"]) == (
        "diverged",
        "",
        "the loss is NaN",
    )
    assert found[0]["parameters"] == "65"


def test_variants_without_settings_stand_by_name():
    found = rows(tables(study())["results.csv"])
    assert [row["variant"] for row in found] == ["a"] * 3 + ["wide, b"] * 3


def test_a_row_for_each_epoch():
    results = study()
    found = rows(tables(results, SETTINGS)["epochs.csv"])
    assert len(found) == sum(each.epochs for each in results)
    assert [row["epoch"] for row in found[80:84]] == ["1", "2", "3", "4"]
    assert found[3]["gradient_norm_2"] == repr(results[0].columns["gradient_norm_2"][3])


def test_epochs_that_were_not_kept_have_no_row():
    kept = {"epoch": [1, 100, 200], "loss": [0.5, 0.25, 0.125]}
    found = rows(tables([replace(study()[0], columns=kept)])["epochs.csv"])
    assert [(row["epoch"], row["loss"]) for row in found] == [("1", "0.5"), ("100", "0.25"), ("200", "0.125")]
    assert list(found[0]) == ["variant", "seed", "epoch", "loss"]


def test_layers_are_in_the_order_of_their_numbers():
    columns = {f"gradient_norm_{k}": [1.0] for k in (10, 9, 1)} | {"loss": [1.0], "update_ratio_2": [0.1]}
    (header, _) = tables([replace(study()[0], columns=columns)])["epochs.csv"].splitlines()
    assert header.split(",")[3:] == [
        "loss", "gradient_norm_1", "gradient_norm_9", "gradient_norm_10", "update_ratio_2",
    ]  # fmt: skip


def test_a_row_for_each_variant_over_the_seeds_that_ended():
    results = study()
    first, second = rows(tables(results, SETTINGS)["summary.csv"])
    assert (first["seeds"], first["diverged"], first["learned"]) == ("3", "1", "2")
    assert second["learned"] == "3"
    scores = [each.after.test_score for each in results[:2]]
    assert float(first["test_score_mean"]) == pytest.approx(np.mean(scores), rel=1e-15)
    deviation = np.std(scores, ddof=1)
    assert float(first["test_score_standard_deviation"]) == pytest.approx(deviation)
    half = 12.7062 * deviation / math.sqrt(2)
    assert float(first["test_score_interval_low"]) == pytest.approx(np.mean(scores) - half, rel=1e-5)
    assert float(first["test_score_interval_high"]) <= 1.0


def test_one_seed_has_no_spread_and_what_diverged_no_mean():
    rng = np.random.default_rng(0)
    alone, lost = planted("a", rng, seeds=1), planted("b", rng, seeds=1, until={0: 0})
    first, second = rows(tables(alone + lost)["summary.csv"])
    assert first["test_loss_mean"]
    assert first["test_loss_standard_deviation"] == first["test_loss_interval_low"] == ""
    assert second["test_loss_mean"] == ""
    assert len(rows(tables(lost)["epochs.csv"])) == 0


def test_a_result_survives_json():
    result = study()[2]
    assert TrialResult.from_json(result.to_json()) == result
