"""Planted histories yield what was planted and nothing else; healthy ones yield nothing."""

import json
from dataclasses import replace

import numpy as np
import pytest

from whygrad.errors import DataError
from whygrad.studies.findings.courses import overfitting
from whygrad.studies.findings.find import Finding, describe, find, said
from whygrad.studies.results import curves

from .planting import START, falling, planted, planted_curves, score_of

DRAWS = range(12)


def kinds(results, settings=None):
    return [finding.kind for finding in find(curves(results), settings)]


def swinging(size, epochs=40):
    """Up and down by this share of the start, every epoch."""
    return lambda t: falling(0.2)(t) + START * size * np.cos(np.pi * t * epochs)


def overfitted(rise, at=0.4):
    """A test loss that turns where training still goes on, and rises by this share of the start."""
    return lambda t: falling()(t) + START * rise * np.clip((t - at) / (1 - at), 0, None)


def stuck(t):
    return np.full_like(t, START * 0.97)


def half_stuck(rng, good=3, bad=2):
    """Some seeds learn, the others stay halfway."""
    learned = planted("a", rng, seeds=good)
    stayed = planted("a", rng, falling(0.5 * START, 8.0), seeds=bad)
    return learned + [replace(result, seed=good + result.seed) for result in stayed]


PLANTED = {
    "nothing": (lambda rng: planted("a", rng), []),
    "nothing, one seed": (lambda rng: planted("a", rng, seeds=1), []),
    "nothing, a flat end with noise": (
        lambda rng: planted("a", rng, falling(0.3, 20.0), seeds=5, memory=0.8),
        [],
    ),
    "no learning": (lambda rng: planted("a", rng, stuck), ["no learning"]),
    "no learning, one seed": (lambda rng: planted("a", rng, stuck, seeds=1), ["no learning"]),
    "oscillation": (lambda rng: planted("a", rng, swinging(0.06), falling(0.2)), ["oscillation"]),
    "oscillation, one seed": (
        lambda rng: planted("a", rng, swinging(0.06), falling(0.2), seeds=1),
        ["oscillation"],
    ),
    "divergence to NaN": (lambda rng: planted("a", rng, until={1: 3, 4: 7}), ["divergence"]),
    "divergence of all": (lambda rng: planted("a", rng, until=dict.fromkeys(range(5), 0)), ["divergence"]),
    "divergence upwards": (lambda rng: planted("a", rng, lambda t: START * (1 + 2 * t)), ["divergence"]),
    "overfitting": (lambda rng: planted("a", rng, falling(pace=4.0), overfitted(0.3)), ["overfitting"]),
    "overfitting, three seeds": (
        lambda rng: planted("a", rng, falling(pace=4.0), overfitted(0.3), seeds=3),
        ["overfitting"],
    ),
    "overfitting, one seed": (
        lambda rng: planted("a", rng, falling(pace=4.0), overfitted(0.5), seeds=1),
        ["overfitting"],
    ),
    "test loss rises, training loss too": (
        lambda rng: planted("a", rng, overfitted(0.2), overfitted(0.3)),
        [],
    ),
    "not finished": (lambda rng: planted("a", rng, lambda t: START * (1 - 0.6 * t)), ["not finished"]),
    "varies with the seed": (half_stuck, ["varies with the seed"]),
}


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("draw", DRAWS)
def test_one_variant_has_exactly_what_was_planted(name, draw):
    make, expected = PLANTED[name]
    assert kinds(make(np.random.default_rng(draw))) == expected


def together(rng, *shifts, seeds=5, **kwargs):
    """Variants a, b, c … whose test scores are shifted by so much."""
    return [
        result
        for name, shift in zip("abcdefghijk", shifts, strict=False)
        for result in planted(name, rng, seeds=seeds, shift=shift, **kwargs)
    ]


def paced(rng, *paces):
    return [
        result
        for name, pace in zip("abcdefghijk", paces, strict=False)
        for result in planted(name, rng, falling(pace=pace), noise=0.002, spread=0.005)
    ]


COMPARED = {
    "two, one better": (lambda rng: together(rng, -0.2, 0.0), [("clear winner", "b")]),
    "five, one better": (lambda rng: together(rng, -0.2, 0.0, -0.2, -0.3, -0.2), [("clear winner", "b")]),
    "one learns, one does not": (
        lambda rng: planted("a", rng, stuck) + planted("b", rng),
        [("clear winner", "b"), ("no learning", "a")],
    ),
    "two lead": (lambda rng: together(rng, -0.2, 0.0, 0.0), [("no clear winner", None)]),
    "one seed": (lambda rng: together(rng, -0.2, 0.0, seeds=1), [("cannot be judged", "b")]),
    "one in twice the epochs": (
        lambda rng: paced(rng, 8.0, 20.0, 8.0),
        [("no difference", None), ("faster", "b")],
    ),
    "better by its loss alone": (
        lambda rng: (
            planted("a", rng, score=lambda _: 1.0)
            + planted("b", rng, test=lambda t: falling(0.3)(t), score=lambda _: 1.0)
        ),
        [("clear winner", "a")],
    ),
}


@pytest.mark.parametrize("name", COMPARED)
@pytest.mark.parametrize("draw", DRAWS)
def test_variants_compared_have_exactly_what_was_planted(name, draw):
    make, expected = COMPARED[name]
    found = find(curves(make(np.random.default_rng([17, draw]))))
    assert [finding.kind for finding in found] == [kind for kind, _ in expected]
    for finding, (_, first) in zip(found, expected, strict=True):
        assert first in (None, finding.variants[0])


def test_equal_variants_are_told_apart_no_more_often_than_chance_has_it():
    # Scores and losses: 2.5 % each. Of 200 studies about 5 at most, and 14 with a probability of 0.001.
    names = []
    for draw in range(200):
        rng = np.random.default_rng([11, draw])
        names += [
            kind for kind in kinds(together(rng, 0.0, 0.0, 0.0)) if kind not in ("faster", "overfitting")
        ]
    assert len(names) == 200
    assert names.count("no difference") >= 186


def test_healthy_courses_raise_few_false_alarms():
    found = []
    for draw in range(200):
        rng = np.random.default_rng([13, draw])
        floor, pace = rng.uniform(0, 0.3), rng.uniform(4, 12)
        noise, memory = rng.choice([0.0, 0.002, 0.01]), rng.choice([0.0, 0.8])
        epochs, seeds = int(rng.choice([15, 40, 100])), int(rng.choice([1, 2, 3, 5]))
        found += kinds(
            planted("a", rng, falling(floor, pace), epochs=epochs, seeds=seeds, noise=noise, memory=memory)
        )
    assert len(found) <= 6, found


# --- near the thresholds, without noise ----------------------------------------------------------------
def exact(train, test=None, **more):
    return planted("a", np.random.default_rng(0), train, test, noise=0.0, spread=0.0, **more)


@pytest.mark.parametrize(("left", "found"), [(0.83, ["no learning"]), (0.74, [])])
def test_a_fall_by_a_fifth_is_learning(left, found):
    results = exact(lambda t: START * (left + (1 - left) * np.exp(-20 * t)))
    flat = [replace(each, after=replace(each.after, train_score=each.before.train_score)) for each in results]
    assert kinds(flat) == found


@pytest.mark.parametrize(("gain", "found"), [(0.04, ["no learning"]), (0.06, [])])
def test_a_score_that_rises_is_learning(gain, found):
    results = exact(stuck)
    better = [
        replace(each, after=replace(each.after, train_score=each.before.train_score + gain))
        for each in results
    ]
    assert kinds(better) == found


@pytest.mark.parametrize(("size", "found"), [(0.03, ["oscillation"]), (0.016, [])])
def test_how_large_an_oscillation_is(size, found):
    assert kinds(exact(swinging(size), falling(0.2))) == found


def test_steps_up_that_do_not_turn_back_often_are_no_oscillation():
    slow = lambda t: falling(0.2)(t) + START * 0.3 * np.cos(2 * np.pi * 4 * t)  # noqa: E731
    assert "oscillation" not in kinds(exact(slow, falling(0.2)))


@pytest.mark.parametrize(("times", "found"), [(1.6, ["divergence"]), (1.4, ["no learning"])])
def test_how_far_above_its_start_a_loss_ends(times, found):
    assert kinds(exact(lambda t: START * (1 + (times - 1) * np.minimum(1, 3 * t)))) == found


@pytest.mark.parametrize(("errors", "found"), [(2.5, ["overfitting"]), (1.7, [])])
def test_a_rise_of_two_standard_errors_is_overfitting(errors, found):
    seeds, rise = 10, 0.1 * START
    pattern = np.array([-1, 1] * (seeds // 2)) * rise / errors * np.sqrt(seeds - 1)
    results = []
    for seed in range(seeds):
        test = lambda t, e=pattern[seed]: falling(pace=30.0)(t) + (rise + e) * np.clip((t - 0.5) / 0.4, 0, 1)  # noqa: E731
        (made,) = exact(falling(pace=4.0), test, seeds=1)
        results.append(replace(made, seed=seed))
    assert kinds(results) == found
    numbers = overfitting(curves(results)[0]).numbers
    assert numbers["rise"] / numbers["rise_error"] == pytest.approx(errors, rel=0.05)


@pytest.mark.parametrize(("late", "found"), [(0.2, ["not finished"]), (0.1, [])])
def test_how_much_of_the_fall_may_be_in_the_last_third(late, found):
    course = lambda t: START - 0.8 * START * np.interp(t, [0, 2 / 3, 1], [0, 1 - late, 1])  # noqa: E731
    assert kinds(exact(course)) == found


@pytest.mark.parametrize(("shift", "kind"), [(0.06, "clear winner"), (0.02, "no difference")])
def test_how_clear_a_winner_is(shift, kind):
    # Differences of shift ± 0.02 over 5 seeds: t = shift / 0.01; p < 0.025 asks for 3.5
    scores = {
        name: [0.8 + add + 0.02 * k for k in (-1, 1, -1, 1, 0)] for name, add in (("a", shift), ("b", 0))
    }
    scores["b"] = [0.8] * 5
    rng = np.random.default_rng(3)
    results = [each for name in "ab" for each in planted(name, rng, score=scores[name].__getitem__)]
    assert kinds(results)[0] == kind


# --- what is said --------------------------------------------------------------------------------------
def test_each_sentence_has_its_numbers_and_says_how_many_seeds():
    rng = np.random.default_rng(2)
    for make, expected in [*PLANTED.values(), *COMPARED.values()]:
        found = find(curves(make(rng)))
        assert not expected or found
        for finding in found:
            assert "seed" in finding.sentence
            assert any(letter.isdigit() for letter in finding.sentence)
            assert json.loads(json.dumps(finding.numbers, allow_nan=False)) == finding.numbers
            assert "seeds" in finding.numbers


def test_the_words_of_a_winner():
    rng = np.random.default_rng(0)
    scores = {"one layer": [0.86, 0.84, 0.85], "two layers": [0.97, 0.97, 0.98]}
    results = [
        each for name in scores for each in planted(name, rng, seeds=3, score=scores[name].__getitem__)
    ]
    finding = find(curves(results))[0]
    assert finding.sentence == (
        "clear winner: two layers, with 97.3 ± 0.6 % test accuracy; next is one layer with 85.0 ± 1.0 %; "
        "difference 12.3 points (97.5 % interval 7.9 to 16.7 points, paired over 3 seeds)"
    )
    assert finding.numbers["difference"] == pytest.approx(0.37 / 3)


def test_networks_that_diverged_count_as_untrained():
    rng = np.random.default_rng(0)
    results = planted("a", rng, until=dict.fromkeys(range(4), 2)) + planted("b", rng)
    first = find(curves(results))[0]
    assert (first.kind, first.variants[0]) == ("clear winner", "b")
    assert first.sentence.endswith("networks that diverged count with what they had before training")


def test_losses_are_not_compared_where_the_loss_varies():
    rng = np.random.default_rng(0)
    results = planted("a", rng, score=lambda _: 0.9) + planted(
        "b", rng, test=lambda t: 10 * falling()(t), score=lambda _: 0.9
    )
    settings = {"a": {"loss": "bce"}, "b": {"loss": "mse"}}
    assert kinds(results)[0] == "clear winner"
    assert kinds(results, settings)[0] == "no difference"


def test_a_trend_along_a_setting():
    rates = {"a": 0.001, "b": 0.01, "c": 0.1, "d": 1.0}
    settings = {name: {"learning_rate": rate} for name, rate in rates.items()}
    for draw in DRAWS:
        rng = np.random.default_rng([5, draw])
        results = together(rng, -0.3, -0.2, -0.1, 0.0)
        trend = next(each for each in find(curves(results), settings) if each.kind == "trend")
        assert trend.sentence.startswith("test accuracy rises with learning_rate: from ")
        assert trend.numbers["levels"] == [0.001, 0.01, 0.1, 1.0]
        assert "trend" not in kinds(together(rng, 0.0, -0.3, -0.3, 0.0), settings)


def test_a_trend_in_a_grid_is_over_the_other_setting():
    rng = np.random.default_rng(1)
    settings, results = {}, []
    for width, up in ((4, -0.2), (8, -0.1), (16, 0.0)):
        for activation in ("tanh", "relu"):
            name = f"{activation} {width}"
            settings[name] = {"layers": (width,), "activation": activation}
            results += planted(name, rng, shift=up)
    trends = [each for each in find(curves(results), settings) if each.kind == "trend"]
    assert [each.numbers["setting"] for each in trends] == ["units in a layer"]
    settings.popitem()
    partial = [each for each in results if each.variant in settings]
    assert "trend" not in kinds(partial, settings)


def test_the_paragraph_of_a_healthy_variant_says_what_it_does_not_show():
    text = describe(planted_curves("a", np.random.default_rng(0)))
    assert text.startswith("Before training, test accuracy was 50.")
    assert "Loss went from 0.7" in text
    assert "No oscillation: " in text
    assert "No sign of overfitting: the test loss ends" in text
    assert (
        "standard errors (5 seeds; it takes 2.87 and 1 % of the minimum)" in text or "at its minimum" in text
    )


def test_the_paragraph_of_a_variant_that_overfits_says_so():
    curve = planted_curves("a", np.random.default_rng(0), falling(pace=4.0), overfitted(0.3))
    text = describe(curve)
    assert "Overfits: the test loss was lowest, " in text
    assert "while the training loss fell from" in text
    single = planted_curves("a", np.random.default_rng(0), seeds=1)
    assert "1 seed has no standard error" in describe(single)


def test_the_paragraph_of_what_diverged_has_no_end():
    text = describe(planted_curves("a", np.random.default_rng(0), until={0: 3}, seeds=1))
    assert text.endswith("Diverges: in 1 of 1 seed the loss became NaN or infinite after 3 epochs.")
    assert "went from" not in text


def test_r2_is_not_written_in_percent():
    rng = np.random.default_rng(0)
    text = describe(planted_curves("a", rng, metric="r2"))
    assert "test R² was 0.5" in text
    assert "R² went from 0." in text
    assert "accuracy" not in text


def test_what_cannot_be_spoken_of_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="no result"):
        find([])
    with pytest.raises(DataError, match="different kinds"):
        find(curves(planted("a", rng) + planted("b", rng, metric="r2")))


def test_the_order_of_results_does_not_matter():
    rng = np.random.default_rng(0)
    results = together(rng, -0.2, 0.0, 0.0)
    shuffled = [results[k] for k in rng.permutation(len(results))]
    named = {curve.variant: curve for curve in curves(shuffled)}
    assert find(curves(results)) == find([named[name] for name in "abc"])


@pytest.mark.parametrize("epochs", range(6))
def test_short_runs_are_spoken_of(epochs):
    rng = np.random.default_rng(0)
    results = planted("a", rng, epochs=5, seeds=2)
    cut = [
        replace(each, columns={name: line[:epochs] for name, line in each.columns.items()})
        for each in results
    ]
    assert kinds(cut) == []
    assert describe(curves(cut)[0])


def test_many_variants_alike_take_one_line():
    many = [Finding("oscillation", (name,), f"{name}: oscillates") for name in "abcdefgh"]
    assert said(many) == ["oscillation: a, b, c, d, e, f and 2 more"]
    assert said(many[:2]) == ["a: oscillates", "b: oscillates"]


def test_scores_of_planting_are_those_of_the_loss():
    assert score_of(START) == 0.5
    assert score_of(0.0) == 1.0
