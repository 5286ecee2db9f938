"""What a diagnosis consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Trouble:
    """Something that keeps a network from learning well.

    Attributes
    ----------
    name
        As textbooks call it, such as ``"vanishing gradients"``.
    evidence
        What was seen, with its numbers.
    figures
        The numbers behind it, JSON-ready. Under ``"explains"`` stand the names of signs that were seen too
        and are its consequences.
    advice
        What to try next.
    """

    name: str
    evidence: str
    figures: dict[str, Any]
    advice: str

    def __str__(self) -> str:
        return f"{self.name}: {self.evidence}\n  try: {self.advice}"
