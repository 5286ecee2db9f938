"""Networks: layers as rows of the op table with parameters, losses, and the scalar networks."""

from __future__ import annotations

from .._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".initializers": ["Initializer", "make_initializer"],
        ".layer": ["Layer"],
        ".activations": [
            "ELU",
            "GELU",
            "Activation",
            "LeakyReLU",
            "ReLU",
            "SiLU",
            "Sigmoid",
            "Softmax",
            "Softplus",
            "Tanh",
            "make_activation",
        ],
        ".batches": ["Batches"],
        ".layers": ["Dense", "Dropout"],
        ".normalization": ["BatchNorm", "LayerNorm"],
        ".losses": [
            "BinaryCrossEntropy",
            "CrossEntropy",
            "Hinge",
            "Huber",
            "Loss",
            "MeanAbsoluteError",
            "MeanSquaredError",
            "SquaredError",
            "make_loss",
        ],
        ".parameter": ["Parameter", "ParameterVector"],
        ".regularizers": ["L1", "L2", "L1L2", "Regularizer"],
        ".sequential": ["Sequential"],
        ".threads": ["blas_threads"],
    },
)
