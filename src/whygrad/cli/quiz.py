"""The quiz of ``whygrad explain --quiz``: predict the sign, then the rough size, then see."""

from __future__ import annotations

import sys

from ..errors import SettingError
from ..render.numbers import show
from ..trace.quiz import SIZES, Question, questions, read_sign, read_size, why_sign, why_size
from ..trace.record import Trace

COUNT = 5


def run(trace: Trace, seed: int, count: int = COUNT) -> int:
    """Ask, score and explain, until the questions are answered or the input ends."""
    if not sys.stdin.isatty():
        raise SettingError(
            "the quiz needs somebody to answer: standard input is not a terminal",
            hint="run it in a terminal; whygrad explain --weight 1,0,0 shows an answer",
        )
    return ask(trace, seed, count)


def ask(trace: Trace, seed: int, count: int = COUNT) -> int:
    """The questions, one after the other."""
    print(f"{trace.about.get('title', 'One training step')}. The loss is {show(float(trace[trace.root]))}.")
    print("Predict each gradient before it is shown. q or an empty line ends the quiz.\n")
    points = asked = 0
    for number, question in enumerate(questions(trace, seed, count), start=1):
        print(f"{number}. ∂L/∂{question.weight}, with {question.weight} = {show(question.explanation.value)}")
        sign = _answer("   sign, + - or 0? ", read_sign)
        if sign is None:
            break
        points += _judge(sign == question.sign, why_sign(question))
        asked += 1
        letters = "   ".join([f"{letter}: {size}" for letter, size in zip("abcd", SIZES, strict=True)])
        print(f"   size? {letters}")
        size = _answer("   ", read_size)
        if size is None:
            break
        points += _judge(size == question.size, why_size(question))
        asked += 1
        _reveal(question)
    print(f"score: {points} of {asked}" if asked else "no question was answered")
    return 0


def _answer(prompt: str, read: object) -> int | None:
    """An answer that can be understood; None to end."""
    assert callable(read)
    while True:
        print(prompt, end="", flush=True)
        line = sys.stdin.readline()
        if line.strip().lower() in ("", "q", "quit"):
            print()
            return None
        understood: int | None = read(line)
        if understood is not None:
            return understood
        print("   that is none of the answers")


def _judge(right: bool, why: str) -> int:
    print("   right" if right else f"   no. {why}")
    return int(right)


def _reveal(question: Question) -> None:
    e = question.explanation
    layer, index = e.weight.quantity.name[1:], ",".join(map(str, e.weight.index))
    print(f"   it is {show(e.gradient)}; --weight {layer},{index} in place of --quiz explains it\n")
