"""Predictions as a table: the label or number of each row, and the probability of each class."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np

from ..training.neural_network import NeuralNetwork

Array = np.ndarray[Any, Any]


def predictions(network: NeuralNetwork, X: Array) -> dict[str, list[Any]]:
    """Name -> a value for each row: ``row`` from 1, the target, and for classes ``p(class)``.

    Examples
    --------
    >>> network = NeuralNetwork([1, 4, 1], seed=0)
    >>> X = np.linspace(-1, 1, 20)[:, None]
    >>> _ = network.train(X, np.where(X[:, 0] > 0, "plus", "minus"), epochs=100, verbose=False)
    >>> found = predictions(network, np.array([[-0.9], [0.9]]))
    >>> list(found), found["prediction"]
    (['row', 'prediction', 'p(minus)', 'p(plus)'], ['minus', 'plus'])
    """
    found: dict[str, list[Any]] = {"row": list(range(1, len(X) + 1))}
    shares = [f"p({label})" for label in network.classes] if network.gives_probabilities else []
    clear = network.target is not None and network.target not in ("row", *shares)
    found[str(network.target) if clear else "prediction"] = network.predict(X).tolist()
    if shares:
        found |= dict(zip(shares, network.predict_proba(X).T.tolist(), strict=True))
    return found


def as_text(columns: dict[str, list[Any]], separator: str) -> str:
    """A table with names in its first line; numbers are written so that they read back the same."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


def as_json(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """A dict for each row."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
