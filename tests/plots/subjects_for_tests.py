"""Small things to draw, made once."""

from __future__ import annotations

from functools import cache

import numpy as np

from whygrad import NeuralNetwork
from whygrad.data import load
from whygrad.plots import Recorder
from whygrad.plots.subjects import Subject
from whygrad.runs.settings import TrainSettings
from whygrad.training import Epoch, History
from whygrad.training.history import LayerEpoch


class Halves:
    """A classifier whose boundary is known: class 1 where x₁ > 0, surer farther away."""

    classes = (0, 1)
    gives_probabilities = True

    def predict_proba(self, X):
        right = 1 / (1 + np.exp(-3 * np.asarray(X, float)[:, 0]))
        return np.column_stack([1 - right, right])

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)


def history(loss, validation=None, metric="accuracy", layers=2):
    """A history with these losses."""
    watched = [None] * len(loss) if validation is None else validation
    epochs = []
    for k, (value, other) in enumerate(zip(loss, watched, strict=True), start=1):
        flow = tuple(LayerEpoch(0.5**place / k, 0.001 * place + 1e-4) for place in range(1, layers + 1))
        score = None if value is None else 1 / (1 + value)
        epochs.append(Epoch(k, value, score, 0.01, 1.0 / k, 0.1 * k, other, None, flow))
    return History(metric, epochs)


@cache
def subject(data, epochs=12, samples=None):
    """A network trained on a data set, as the command line has it."""
    return Subject(data, TrainSettings(epochs=epochs, samples=samples, layers=(8, 8)))


@cache
def recorded():
    """A small network on moons, with all its weights over time: (network, recorder, data)."""
    data = load("moons", samples=80)
    network = NeuralNetwork([2, 8, 1], seed=0, scale=True)
    recorder = Recorder(network, every=1)
    network.train(data.X, data.y, epochs=20, callbacks=[recorder], verbose=False)
    return network, recorder, data
