"""Training: the loop, its history, and the network that people use."""

from __future__ import annotations

from .._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".history": ["Epoch", "History"],
        ".loop": ["fit"],
        ".troubles": ["Trouble", "diagnose"],
        ".neural_network": ["NeuralNetwork"],
        ".stacked": ["stacking_key", "stacking_pays", "train_stacked"],
    },
)
