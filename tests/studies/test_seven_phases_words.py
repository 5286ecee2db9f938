"""What the study says follows from its numbers: planted ones, odd ones among them, and what must be said."""

import math

import numpy as np
import pytest

from whygrad.studies.results import Standing
from whygrad.studies.seven_phases import words
from whygrad.studies.seven_phases.contest import contest, sentences, sign_flip, table, to_csv
from whygrad.studies.seven_phases.curves import bend

FALLING = np.geomspace(0.7, 0.1, 500)
JUMPING = 0.4 + 0.2 * np.cos(np.arange(500)) - 0.0002 * np.arange(500)


@pytest.mark.parametrize(
    ("losses", "planned", "expected"),
    [
        (FALLING, 500, "fell"),
        (FALLING[:300], 500, "diverged"),
        ([0.7, np.inf, 0.2], 3, "diverged"),
        ([], 500, "diverged"),
        (JUMPING, 500, "oscillated"),
        (np.linspace(0.7, 0.71, 500), 500, "above its start"),
        (np.linspace(0.7, 0.6931, 500), 500, "learned nothing"),
        (np.full(500, 0.7), 500, "learned nothing"),
        (0.7 + 1e-4 * np.cos(np.arange(500)) * np.linspace(1, 0, 500), 500, "learned nothing"),
        ([0.7], 1, "learned nothing"),
    ],
)
def test_a_curve_is_what_the_tests_say(losses, planned, expected):
    assert bend(losses, planned) == expected


def test_the_bounds_of_the_tests():
    # rises of 0.099 after falls of 0.4 are just below a quarter, 0.101 just above
    assert bend([0.7, 0.4, 0.4 + 0.099, 0.4 + 0.099 - 0.1], 4) == "fell"
    assert bend([0.7, 0.4, 0.4 + 0.101, 0.4 + 0.101 - 0.1], 4) == "oscillated"
    assert bend([1.0, 0.991], 2) == "learned nothing"
    assert bend([1.0, 0.989], 2) == "fell"


@pytest.mark.parametrize(
    ("loss", "classes", "expected"),
    [
        (math.log(2), [150, 150], "It is the same to five digits: the untrained network is about as good as"),
        (0.6945, [150, 150], "It is 0.00135 above that: the untrained network is about as good as guessing"),
        (0.8, [150, 150], "It is 0.10685 above that: the random weights make it sure of answers that are wr"),
        (0.5, [150, 150], "It is 0.19315 below that: the random weights happen to lean the right way"),
        (0.5004, [80, 20], "the classes' shares for every row would cost 0.50040. It is the same to five"),
        (1.0986, [5, 5, 5], "the classes' shares for every row would cost 1.09861"),
    ],
)
def test_the_first_loss_beside_guessing(loss, classes, expected):
    said = words.first_loss(loss, classes)
    assert expected in said
    assert ("ln 2" in said) == (classes == [150, 150])


@pytest.mark.parametrize(
    ("before", "after", "rate", "norm", "expected", "why"),
    [
        (0.7, 0.6, 1.0, math.sqrt(0.1), "lowered the loss from 0.700000 to 0.600000, by 0.100", "straight"),
        (0.7, 0.65, 1.0, math.sqrt(0.1), "lowered the loss", "flattens"),
        (0.7, 0.5, 1.0, math.sqrt(0.1), "lowered the loss", "steeper"),
        (
            0.7,
            0.8,
            1.0,
            math.sqrt(0.1),
            "did not lower the loss: it rose from 0.700000 to 0.800000",
            "too long",
        ),
        (0.7, 0.7, 1.0, math.sqrt(0.1), "left the loss as it was", "too long"),
    ],
)
def test_one_step_beside_the_slope(before, after, rate, norm, expected, why):
    first, second = words.one_step(before, after, rate, norm)
    assert expected in first
    assert why in second
    assert f"−{rate:g} · 0.316² = −0.100" in second
    assert f"{100 * (before - after) / 0.1:z.0f} % of that" in second


def test_a_step_that_changes_the_last_digits_is_seen():
    (first, _) = words.one_step(0.6931538403054052, 0.6931522900226582, 0.01, 0.0125)
    assert "from 0.693154 to 0.693152" in first
    (first, _) = words.one_step(0.69315384, 0.69315383, 0.01, 0.001)
    assert "from 0.69315384 to 0.69315383" in first


def test_steps_that_lead_nowhere():
    assert words.one_step(0.7, 0.7, 1.0, 0.0) == [
        "The gradient is zero: the step moved nothing, and the loss stays 0.700000."
    ]
    assert "far too long" in words.one_step(0.7, math.inf, 1.0, 2.0)[0]


def test_a_wrong_gradient_is_called_wrong():
    assert " agrees with" in words.gradient_check(1e-9, 65)
    assert "does not agree with" in words.gradient_check(0.3, 65)


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        (FALLING, ["from 0.7000 to 0.1000.", "It fell in every step.", "more epochs would lower it further"]),
        (np.r_[FALLING, np.full(500, 0.1)], ["It never rose, but stood still", "it has nearly come to rest"]),
        (np.linspace(0.7, 0.9, 500), ["ended above its start, so these steps did harm", "499 times, of 499"]),
        (JUMPING, ["but in jumps"]),
        (np.full(500, 0.7), ["next to nothing was learned", "It never rose"]),
        (
            np.r_[np.geomspace(0.7, 0.1, 450), np.linspace(0.1, 0.12, 50)],
            ["rose by 20.0 %", "49 times, of 499"],
        ),
    ],
)
def test_what_is_said_of_training(losses, expected):
    said = " ".join(words.training(losses, len(losses)))
    for part in expected:
        assert part in said


def test_training_that_broke_off():
    assert "Over 20 epochs" in words.training(FALLING[:20], 500)[0]
    assert "training diverged" in words.training(FALLING[:20], 500)[0]
    assert words.training(np.array([]), 500) == [
        "Training broke down in its first step: there is no loss to speak of."
    ]


@pytest.mark.parametrize(
    ("loss", "test_loss", "expected"),
    [
        ([0.7, 0.5, 0.3], [0.7, 0.5, 0.4], "lowest in the last epoch, 2, at 0.4000: no overfitting"),
        ([0.7, 0.5, 0.3], [0.7, 0.5, 0.6], "in epoch 1, at 0.5000, and ended at 0.6000, 20 % higher"),
        ([0.7, 0.5, 0.3], [0.7, 0.5, 0.51], "2.0 % higher, too little to call it overfitting"),
        ([0.7, 0.5, 0.8], [0.7, 0.5, 0.9], "that on training rows did not fall since then either"),
    ],
)
def test_overfitting_only_where_training_goes_on(loss, test_loss, expected):
    assert expected in words.overfitting(np.array(loss), np.array(test_loss))


def test_learning_rates_are_told_apart():
    curves = {
        1e-6: np.full(500, 0.7),
        0.1: FALLING,
        10.0: JUMPING,
        30.0: np.linspace(0.7, 5.0, 500),
        1e4: FALLING[:3],
        1e9: np.array([]),
    }
    nothing, fell, jumped, harm, lost, never, best = words.compared_rates(curves, 500)
    assert nothing == "Learning rate 1e-06 learned next to nothing: from 0.7000 to 0.7000."
    assert fell == "Learning rate 0.1 brought the loss from 0.7000 to 0.1000."
    assert jumped.startswith("Learning rate 10 oscillated")
    assert harm == "Learning rate 30 did harm: from 0.7000 the loss went up to 5.0000."
    assert lost == "Learning rate 10000 diverged: no loss after epoch 2."
    assert never == "Learning rate 1e+09 diverged: no loss at all."
    assert best.startswith("In epoch 499 the loss is lowest with 0.1: 0.100. ")


def test_a_tie_of_learning_rates_and_a_best_that_jumps():
    said = words.compared_rates({0.1: FALLING, 0.2: FALLING.copy()}, 500)
    assert "lowest with 0.1 and 0.2" in said[-1]
    assert "another epoch may say otherwise" in words.compared_rates({10.0: JUMPING}, 500)[-1]
    assert words.compared_rates({10.0: FALLING[:1]}, 500)[-1] == "No learning rate came through."


def test_accuracy_that_falls_is_said_to_fall():
    rose = words.moments([0, 240, 499], [0.7, 0.2, 0.1], [0.5, 0.92, 0.95])
    assert rose[1] == "Epoch 240: loss 0.200, 92.0 % of the training rows right."
    assert rose[-1] == "Accuracy rose most from epoch 0 to 240, by 42.0 percentage points."
    mixed = words.moments([0, 240, 499], [0.7, 0.2, 0.3], [0.5, 0.92, 0.9])
    assert mixed[-1].endswith("by 42.0 percentage points; it fell from epoch 240 to 499.")
    fell = words.moments([0, 240, 499], [0.7, 0.8, 0.9], [0.5, 0.4, 0.4])
    assert fell[-1] == "Accuracy rose in none of these intervals; it fell from epoch 0 to 240."
    assert len(words.moments([0], [0.7], [0.5])) == 1


# ---------------------------------------------------------------------------------------------------------
# Several settings on several seeds
# ---------------------------------------------------------------------------------------------------------


def standings(losses):
    return [None if loss is None else Standing(loss / 2, 0.9, loss, 0.8) for loss in losses]


def said_of(found):
    count = len(next(iter(found.values())))
    return " ".join(sentences(contest(found), count, "setting"))


def test_sign_flips_are_counted_exactly():
    assert sign_flip(np.ones(10)) == 2 / 1024
    assert sign_flip(np.r_[np.ones(9), -1]) == (2 + 2 * 10) / 1024
    assert sign_flip([3.0, -1.0, -1.0, -1.0]) == 1.0
    assert sign_flip([0.1, 0.2, 0.3]) == 2 / 8  # 0.1 + 0.2 + 0.3 in another order is another float


def test_a_clear_winner_has_won():
    base = np.linspace(0.1, 0.3, 10)
    said = said_of({"a": standings(base + 0.1), "b": standings(base), "c": standings(base + 0.2)})
    assert said == (
        "Over 10 seeds b has the lowest mean test loss, and beats a (0.100 behind, p = 0.002),"
        " c (0.200 behind, p = 0.002): b won, with these settings."
    )


def test_nobody_wins_where_the_lead_may_be_chance():
    base = np.linspace(0.1, 0.3, 10)
    swaying = base + 0.01 * np.r_[1, -1, 1, -1, 1, -1, 1, -1, 1, 1]
    said = said_of({"a": standings(base), "b": standings(swaying), "c": standings(base + 1)})
    assert "a has the lowest mean test loss, but it cannot be told from b (0.00200 behind" in said
    assert "no setting won, though it does beat c (1.00 behind, p = 0.002)." in said


def test_equals_are_not_told_apart():
    same = standings(np.linspace(0.1, 0.3, 10))
    assert "it cannot be told from b (0 behind, p = 1.000): no setting won." in said_of(
        {"a": same, "b": same}
    )


def test_what_diverged_is_out():
    fine = standings(np.linspace(0.1, 0.3, 10))
    lost = standings([None, *np.full(9, 0.01)])
    said = said_of({"lost": lost, "fine": fine})
    assert said == (
        "lost diverged on 1 of 10 seeds, and is not compared."
        " Only fine came through, so there is nothing to compare it with."
    )
    assert "Nothing came through" in said_of({"lost": standings([None] * 10)})


def test_a_winner_among_equals_is_rare():
    rng, named = np.random.default_rng(0), 0
    for _ in range(400):
        drawn = rng.exponential(size=(3, 8)) + rng.normal(size=8)
        result = contest({str(k): standings(row) for k, row in enumerate(drawn)})
        named += all(rival.clear for rival in result.rivals)
    assert named <= 30  # 20 are 5 %; three standard deviations more


def test_the_table_and_the_file_hold_the_same_numbers():
    found = {"a": standings([0.1, 0.2, 0.3]), "b": standings([0.4, None, 0.6])}
    rows = table(found, "Settings", "setting").rows
    assert rows[0] == ("a", "0.100 ± 0.0289", "0.200 ± 0.0577", "80.0 ± 0.0 %", "0 of 3")
    assert rows[1][-1] == "1 of 3"
    assert table({"a": standings([None])}, "Settings", "setting").rows[0][1] == "none"
    lines = to_csv(found, [5, 6, 7], "setting").splitlines()
    assert lines[1] == "a,5,0.05,0.9,0.1,0.8"
    assert lines[5] == "b,6,,,,"
