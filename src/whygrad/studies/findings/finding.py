"""What a finding is: a kind, the variants it is about, a sentence, and the numbers that the sentence says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """Something that the numbers of a study show.

    Attributes
    ----------
    kind
        Such as ``"overfitting"`` or ``"clear winner"``; those that there are stand in the documentation.
    variants
        Whom it is about, the first named first.
    sentence
        With its numbers, their spread over seeds, and how many seeds there are.
    numbers
        The same numbers unrounded, JSON-ready.
    """

    kind: str
    variants: tuple[str, ...]
    sentence: str
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Judgement:
    """Whether one thing that may happen to a variant did.

    Attributes
    ----------
    kind
        What was looked for.
    found
        None where it cannot be judged.
    sentence
        What was measured, either way; empty where it is of no interest.
    numbers
        What was measured, unrounded, JSON-ready.
    """

    kind: str
    found: bool | None
    sentence: str
    numbers: dict[str, Any] = field(default_factory=dict)

    def of(self, variant: str) -> Finding:
        """The finding that this variant has it."""
        return Finding(self.kind, (variant,), f"{variant}: {self.sentence}", self.numbers)
