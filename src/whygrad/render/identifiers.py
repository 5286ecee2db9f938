"""Names of a trace as names of a Python program."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

SPELLED = {"δ": "delta", "γ": "gamma", "β": "beta", "Σ": "sum", "∂": "d", "′": "_2", "√": "sqrt"}


def identifiers(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """A valid, unique Python name for each.

    Examples
    --------
    >>> identifiers(["W1", "δ1", "m̂(W1)", "W1 after", "lambda"])
    {'W1': 'W1', 'δ1': 'delta1', 'm̂(W1)': 'm_hat_W1', 'W1 after': 'W1_after', 'lambda': 'lambda_'}
    """
    found: dict[str, str] = {}
    used = set(taken)
    for name in names:
        word = "".join([SPELLED.get(mark, mark) for mark in name]).replace("\u0302", "_hat")
        word = re.sub(r"\W+", "_", word, flags=re.ASCII).strip("_") or "value"
        if word[0].isdigit() or keyword.iskeyword(word):
            word = f"v{word}" if word[0].isdigit() else f"{word}_"
        free, number = word, 2
        while free in used:
            free, number = f"{word}_{number}", number + 1
        used.add(free)
        found[name] = free
    return found
