"""Predict first: what counts as which answer, and reasons that follow from the numbers."""

from __future__ import annotations

import math

import pytest

from whygrad.runs.step import StepSettings, open_session
from whygrad.trace.quiz import BOUNDS, questions, read_sign, read_size, size_class, why_sign, why_size


def test_answers_are_read_as_people_give_them():
    assert [read_sign(a) for a in ("+", " - ", "−", "0", "Plus", "minus", "maybe", "")] == [
        1, -1, -1, 0, 1, -1, None, None,
    ]  # fmt: skip
    assert [read_size(a) for a in ("a", "D", "0.00001", "−0.005", "0.5", "7", "x", "nan")] == [
        0, 3, 0, 1, 2, 3, None, None,
    ]  # fmt: skip


def test_classes_meet_at_their_bounds():
    for k, bound in enumerate(BOUNDS):
        assert size_class(bound) == k + 1
        assert size_class(math.nextafter(bound, 0)) == k
        assert size_class(-bound) == k + 1


@pytest.mark.parametrize("seed", range(5))
def test_questions_know_their_answers(seed):
    trace = open_session("iris", StepSettings(activation="relu", seed=seed)).observe()
    asked = list(questions(trace, seed, 6))
    assert len({question.weight for question in asked}) == 6
    assert [q.weight for q in questions(trace, seed, 6)] == [q.weight for q in asked]
    for question in asked:
        gradient = question.explanation.gradient
        assert question.sign == (gradient > 0) - (gradient < 0)
        assert question.size == size_class(gradient)
        why = why_sign(question)
        assert why
        if question.sign:
            count = sum(1 for s in question.explanation.shares if s.value * question.sign > 0)
            assert f"{count} of 4 shares" in why
        assert "in size" in why_size(question)
