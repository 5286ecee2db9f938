"""whygrad: see where every gradient comes from, and train small networks from scratch on NumPy."""

from __future__ import annotations

from ._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".autodiff.checking": ["gradcheck"],
        ".autodiff.node": ["gradients"],
        ".autodiff.formulas": ["notation"],
        ".autodiff.program.program": ["compile"],
        ".autodiff.tensor": ["Tensor"],
        ".autodiff.value": ["Value"],
        ".nn.scalar": ["ANN", "MLP", "Layer", "Neuron", "SELoss"],
        ".training.neural_network": ["NeuralNetwork"],
        ".training.troubles.diagnosis": ["diagnose"],
        ".trace.explanation": ["Explanation", "explain"],
        ".trace.graphs": ["observe"],
        ".trace.layers": ["observe_step"],
        ".trace.path_search": ["paths"],
        ".trace.record": ["Trace"],
    },
)
