"""A study is what its file says: every combination once, and everything that cannot be is refused by name."""

import itertools
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whygrad.errors import DataError, SettingError
from whygrad.studies import make_study, read_study
from whygrad.studies.library import find, listing, names, shipped
from whygrad.studies.running import check, plan
from whygrad.studies.specification import PARTS, described

GRID = """
data = "moons"
seeds = [3, 1]
[settings]
epochs = 2
[vary]
learning_rate = [0.01, 0.1]
layers = [[4], [8, 8]]
"""


def test_a_grid_is_every_combination_once_for_each_seed():
    study = make_study(GRID, "grid")
    trials = list(study.trials())
    seen = [(t.settings.learning_rate, t.settings.layers, t.settings.seed) for t in trials]
    assert seen == list(itertools.product([0.01, 0.1], [(4,), (8, 8)], [3, 1]))
    assert {t.settings.epochs for t in trials} == {2}
    assert study.count == len(trials) == len({t.key for t in trials}) == 8
    assert trials[0].variant == "learning rate 0.01, layers 4"
    assert study.varied == ("learning_rate", "layers")


sizes = st.dictionaries(
    st.sampled_from(["learning_rate", "l2", "dropout", "noise"]), st.integers(1, 4), min_size=1
)


@given(sizes, st.integers(1, 5))
def test_count_is_the_number_of_trials(sizes, seeds):
    lists = "\n".join(f"{name} = {[(k + 1) / 10 for k in range(size)]}" for name, size in sizes.items())
    study = make_study(f'data = "moons"\nseeds = {seeds}\n[vary]\n{lists}', "any")
    trials = list(study.trials())
    assert study.count == len(trials) == seeds * math.prod(sizes.values())
    assert len({trial.key for trial in trials}) == len(trials)
    assert len({trial.variant for trial in trials}) == len(trials) // seeds


def test_a_million_are_counted_without_being_made():
    values = ", ".join(f"{(k + 1) / 1000}" for k in range(1000))
    study = make_study(f'data = "moons"\nseeds = 1000\n[vary]\nl2 = [{values}]\nl1 = [0.1]', "x")
    assert study.count == 1_000_000


def test_variants_have_settings_of_their_own():
    text = """
    data = "moons"
    seeds = 1
    [[variants]]
    name = "small"
    layers = [4]
    [[variants]]
    name = "other data"
    data = "Circles"
    [vary]
    l2 = [0.0, 0.1]
    """
    trials = list(make_study(text, "x").trials())
    assert [(t.variant, t.data, t.settings.layers, t.settings.l2) for t in trials] == [
        ("small, l2 0", "moons", (4,), 0.0),
        ("small, l2 0.1", "moons", (4,), 0.1),
        ("other data, l2 0", "circles", None, 0.0),
        ("other data, l2 0.1", "circles", None, 0.1),
    ]


RANDOM = """
data = "moons"
seeds = 1
[random]
count = 40
seed = {seed}
learning_rate = {{ low = 1e-4, high = 1.0, log = true }}
batch_size = {{ low = 1, high = 64 }}
dropout = {{ low = 0.0, high = 0.5 }}
activation = ["relu", "tanh"]
"""


def test_draws_are_in_their_ranges_and_the_same_for_the_same_seed():
    first, again, other = (make_study(RANDOM.format(seed=seed), "x") for seed in (0, 0, 1))
    settings = [t.settings for t in first.trials()]
    assert first.count == len(settings) == 40
    assert [t.key for t in first.trials()] == [t.key for t in again.trials()]
    assert [t.key for t in first.trials()] != [t.key for t in other.trials()]
    assert all(1e-4 <= s.learning_rate <= 1 and 0 <= s.dropout <= 0.5 for s in settings)
    assert all(isinstance(s.batch_size, int) and 1 <= s.batch_size <= 64 for s in settings)
    assert 8 <= sum(s.learning_rate < 0.01 for s in settings) <= 32  # half of the decades, not a hundredth
    assert {s.activation for s in settings} == {"relu", "tanh"}


def test_no_draw_comes_twice_and_too_many_are_refused():
    text = 'data = "moons"\n[random]\ncount = {}\nbatch_size = {{ low = 1, high = 3 }}'
    drawn = [variant.changes["batch_size"] for variant in make_study(text.format(3), "x").variants()]
    assert sorted(drawn) == [1, 2, 3]
    with pytest.raises(SettingError, match="not 4 different draws"):
        list(make_study(text.format(4), "x").variants())


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("data =", "x is not TOML", None),
        ('dta = "moons"', "unknown entry 'dta'", "data"),
        ('data = "moons"\nlearning_rate = 0.1', "unknown entry 'learning_rate'", r"under \[settings\]"),
        ('data = "mons"', "'mons' is neither a data set nor a file", "moons"),
        ("seeds = 2", "there is nothing to learn from", "data"),
        ("data = 3", "data is a text", None),
        ('data = "moons"\nseeds = 0', "seeds must be from 1", None),
        ('data = "moons"\nseeds = []', "seeds is how many, or a list", None),
        ('data = "moons"\nseeds = [1, 1]', "seeds has 1 twice", None),
        ('data = "moons"\nseeds = [-1]', "seeds is how many", None),
        ('data = "moons"\nseeds = true', "seeds is how many", None),
        ('data = "moons"\nmeasure = "speed"', "cannot measure 'speed'", "test_score"),
        ('data = "moons"\nhold_out = 1', "hold_out is true or false", None),
        ('data = "moons"\nrecord_every = 0', "record_every", None),
        ('data = "moons"\nformat = "whygrad-study-9"', "another version", None),
        ('data = "moons"\nsettings = 1', "settings is a table", None),
        (
            'data = "moons"\n[settings]\nlearning_rat = 1',
            "settings: unknown setting 'learning_rat'",
            "learning_rate",
        ),
        ('data = "moons"\n[settings]\nlearning_rate = -1', "learning_rate", None),
        ('data = "moons"\n[settings]\nseed = 1', "a study has seeds", "seeds"),
        ('data = "moons"\n[settings]\nfolds = 3', "not folds", None),
        (
            'data = "moons"\n[vary]\nlearnin_rate = [1]',
            "vary: unknown setting 'learnin_rate'",
            "learning_rate",
        ),
        ('data = "moons"\n[vary]\nlearning_rate = []', "learning_rate has no values", None),
        ('data = "moons"\n[vary]\nlearning_rate = 0.1', "learning_rate is a list", r"\[0.1\]"),
        ('data = "moons"\n[vary]\nlearning_rate = [0.1, -1]', "vary: learning_rate", None),
        ('data = "moons"\n[vary]\nlearning_rate = [0.1, "fast"]', "vary: learning_rate", None),
        ('data = "moons"\n[vary]\nlayers = [[4], [4]]', "vary: layers has .* twice", None),
        ('data = "moons"\n[vary]\nepochs = [5, 0]', "vary: epochs", None),
        ('data = "moons"\nvariants = 1', "variants are tables", None),
        ('data = "moons"\n[[variants]]\nl2 = 1', "variant 1 needs a name", None),
        ('data = "moons"\n[[variants]]\nname = "a"\nl3 = 1', "variant 'a': unknown setting 'l3'", None),
        ('data = "moons"\n[[variants]]\nname = "a"\n[[variants]]\nname = "a"', "'a' twice", None),
        (
            'data = "moons"\n[[variants]]\nname = "a"\nl2 = 1\n[vary]\nl2 = [1]',
            "l2 is varied in two places",
            None,
        ),
        ('data = "moons"\n[[variants]]\nname = "a"\n[random]\ncount = 1\nl2 = [1]', "not both", None),
        ('data = "moons"\n[random]\nl2 = [1]', "random needs a count", None),
        ('data = "moons"\n[random]\ncount = 2', "random draws nothing", "learning_rate"),
        ('data = "moons"\n[random]\ncount = 2\nl3 = [1]', "random: unknown setting 'l3'", None),
        ('data = "moons"\n[random]\ncount = 2\nl2 = 1', "l2 is a range or a list", None),
        ('data = "moons"\n[random]\ncount = 2\nl2 = {low = 2, high = 1}', "no such range", None),
        ('data = "moons"\n[random]\ncount = 2\nl2 = {low = 0, high = 1, log = true}', "no such range", None),
        ('data = "moons"\n[random]\ncount = 2\nl2 = {low = 0, hi = 1}', "unknown entry 'hi'", "high"),
        ('data = "moons"\n[random]\ncount = 2\nl2 = {low = -1, high = 1}', "random: l2", None),
        ('data = "moons"\n[random]\ncount = 2\nseed = -1\nl2 = [1]', "seed must be", None),
    ],
)
def test_what_cannot_be_is_said(text, problem, hint):
    with pytest.raises(SettingError, match=problem) as error:
        make_study(text, "x")
    if hint:
        assert re.search(hint, error.value.hint)


def test_files(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n" + "\n".join(f"{k},{k % 2}" for k in range(20)))
    path = tmp_path / "mine.toml"
    path.write_text('data = "rows.csv"\nseeds = 1')
    study = find(str(path))
    (trial,) = study.trials()
    assert trial.data == str(tmp_path / "rows.csv")  # from where the file is
    (tmp_path / "rows.csv").write_text("a,b\n" + "\n".join(f"{k},{k % 3}" for k in range(20)))
    assert next(study.trials()).key != trial.key  # other rows are another trial
    path.write_bytes(b"\xff")
    with pytest.raises(DataError, match="cannot read the study"):
        read_study(path)
    with pytest.raises(DataError, match="No such file"):
        find("nowhere.toml")
    with pytest.raises(SettingError, match="neither a study nor"):
        find("learning-rats")


def test_described_settings_differ_as_the_settings_do():
    assert described({"layers": (8,) * 4, "fill": False, "batch_size": "full"}) == (
        "layers 4 × 8, not fill, batch size full"
    )
    assert described({"layers": (), "activation": "relu"}) == "no hidden layer, relu"


@pytest.mark.parametrize("name", names())
def test_studies_that_come_along_can_be_trained(name, tmp_path):
    study = shipped(name)
    assert study.question.endswith("?")
    assert study.title
    assert study.about
    check(plan(study, tmp_path))
    assert len({trial.key for trial in study.trials()}) == study.count
    assert any(line.split()[:2] == [name, f"{study.count:,}"] for line in listing())


def test_every_part_of_a_file_is_explained():
    assert all(PARTS.values())
