"""Phase 1: the forward pass, layer by layer, and the first loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...evaluation.rounding import counted
from ...nn.layers import Dense
from ...plots.architecture import network_architecture
from ...training.neural_network import NeuralNetwork
from .course import loss_and_score
from .phase_0 import NEURONS
from .report import PhaseReport
from .scripts import FORWARD
from .study import Study
from .words import first_loss, share

Array = np.ndarray[Any, Any]
TITLE = "Forward pass"
QUESTION = "What happens to a row on its way through the network, and how wrong is the outcome?"
SHOWN = 4  # rows that are written out
FLAT = 0.9  # tanh beyond this passes on less than a fifth of a gradient


def run(study: Study) -> PhaseReport:
    """Send all rows through the untrained network."""
    network, data = study.starting(), study.data
    outputs = network.forward(data.X_train)
    loss, right = loss_and_score(network, data.X_train, data.y_train)
    log = _log(network, outputs, loss)
    study.write("data/forward_pass.txt", log)
    study.write("code/forward_pass.py", FORWARD)
    for line in log.splitlines():
        study.say(line)
    row, target = data.X_train[0], data.y_train[:1]
    pictures = (
        study.picture(
            network_architecture(
                network,
                row=(row, target),
                most=NEURONS,
                inputs=("x₁", "x₂"),
                outputs=("P(1)",),
                title=f"The first row on its way through: class {target[0]}",
            ),
            "plots/phase_1_forward_pass/main/forward_pass.png",
        ),
    )
    did = (
        (
            f"Sent all {counted(len(outputs), 'training row')} through the network of phase 0, layer by"
            " layer: weighted sums z, activations a, and at the end a probability for each row."
        ),
        (
            f"Wrote the values of the first {SHOWN} rows to data/forward_pass.txt; code/forward_pass.py"
            " computes them in a dozen lines."
        ),
    )
    classes = np.unique(data.y_train, return_counts=True)[1].tolist()
    findings = (
        first_loss(loss, classes),
        (
            f"The probabilities reach from {outputs.min():.3f} to {outputs.max():.3f}, {outputs.mean():.3f}"
            f" on average; with 0.5 as the border, {share(right)} of the training rows are right."
        ),
        *_saturation(network),
    )
    return PhaseReport(1, TITLE, QUESTION, did, findings, pictures, (), tuple(study.written))


def _saturation(network: NeuralNetwork) -> list[str]:
    if network.activation != "tanh":
        return []
    hidden = np.concatenate([layer.output.ravel() for layer in network.network.layers[1:-1:2]])
    flat = float((np.abs(hidden) > FLAT).mean())
    beyond = "None" if flat == 0 else share(flat)
    return [f"{beyond} of the hidden activations lie beyond ±{FLAT:g}, where tanh is nearly flat."]


def _log(network: NeuralNetwork, outputs: Array, loss: float) -> str:
    """Every value of the first rows."""
    sizes = "-".join(map(str, network.sizes))
    lines = [f"Forward pass of {len(outputs)} rows through {sizes} ({network.activation}, then sigmoid)", ""]
    number = 0
    for layer in network.network.layers:
        number += isinstance(layer, Dense)
        before = f"a{number - 1}" if number > 1 else "X"
        what = (
            f"z{number} = {before} W{number} + b{number}"
            if isinstance(layer, Dense)
            else f"a{number} = {network.activation}(z{number})"
        )
        lines += [f"{what}, shape {layer.output.shape}; the first {SHOWN} rows:", _rows(layer.output), ""]
    lines += [f"p = sigmoid(z{number}), the first {SHOWN} rows:", _rows(outputs), ""]
    lines.append(f"Loss, binary cross-entropy, mean over {len(outputs)} rows: {loss!r}")
    return "\n".join(lines) + "\n"


def _rows(values: Array) -> str:
    return np.array2string(values[:SHOWN], precision=8, floatmode="fixed", max_line_width=110)
