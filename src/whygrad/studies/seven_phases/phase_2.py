"""Phase 2: one backward pass, its gradient checked, and one step of gradient descent."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...evaluation.rounding import amount, counted
from ...plots.backward_drawing import backward_pass
from ...plots.recording import at
from ...training.neural_network import NeuralNetwork
from .course import loss_and_score, trained
from .report import PhaseReport, Table
from .scripts import BACKPROP
from .study import PARAMETERS, Study
from .words import gradient_check, one_step, signed

Array = np.ndarray[Any, Any]
TITLE = "Backpropagation"
QUESTION = "Which way should each parameter go, and does one step that way help?"
WIDTH = 1e-5  # of a nudge: truncation and rounding balance in float64


def run(study: Study) -> PhaseReport:
    """Compute the gradient, and take one step against it."""
    network, data = study.starting(), study.data
    X, y, rate = data.X_train, data.y_train, study.plan.recipe.learning_rate
    network.forward(X)
    parts = network.backward(y)
    gradient = network.network.gradient.copy()
    error = _error(network, X, y, gradient)
    drawn = backward_pass(network, X, y)
    before = loss_and_score(network, X, y)[0]
    failure = trained(network, data, rate, epochs=1)
    after = loss_and_score(network, X, y)[0]
    vector = network.network.vector
    study.write_array("data/gradient.npy", gradient)
    study.write_array("data/phase_2_parameters.npy", vector)
    study.write_array(PARAMETERS, vector)
    log = (
        f"loss before the step: {before!r}\nloss after one step of {rate:g} against the gradient: {after!r}\n"
    )
    study.write("data/backpropagation.txt", log)
    study.write("code/backprop.py", BACKPROP)
    for line in log.splitlines():
        study.say(line)
    pictures = (study.picture(drawn, "plots/phase_2_backpropagation/main/backward_pass.png"),)
    did = (
        (
            "Sent the gradient of the loss back through the network of phase 0:"
            f" {counted(len(gradient), 'number')}, one for each parameter (data/gradient.npy)."
        ),
        f"Nudged each parameter by ±{WIDTH:g} and compared the slope of the loss with its gradient.",
        f"Took one step, parameters − {rate:g} · gradient, and saved the result in {PARAMETERS}.",
    )
    norm = float(np.linalg.norm(gradient))
    findings = [gradient_check(error, len(gradient)), *one_step(before, after, rate, norm), _largest(parts)]
    if failure is not None:
        findings.append(f"{failure}.")
    tables = (_norms(parts),)
    return PhaseReport(2, TITLE, QUESTION, did, tuple(findings), pictures, tables, tuple(study.written))


def _error(network: NeuralNetwork, X: Array, y: Array, gradient: Array) -> float:
    """The largest difference from central differences of the loss, relative to the largest gradient."""
    start = network.network.vector.copy()
    slopes = np.empty_like(gradient)
    for place in range(len(start)):
        sides = []
        for sign in (1, -1):
            nudged = start.copy()
            nudged[place] += sign * WIDTH
            with at(network, nudged):
                sides.append(loss_and_score(network, X, y)[0])
        slopes[place] = (sides[0] - sides[1]) / (2 * WIDTH)
    return float(np.abs(gradient - slopes).max() / max(np.abs(slopes).max(), WIDTH))


def _largest(parts: dict[str, Array]) -> str:
    largest = {name: float(np.abs(values).max()) for name, values in parts.items()}
    steepest = max(largest, key=lambda name: largest[name])
    place = np.unravel_index(int(np.abs(parts[steepest]).argmax()), parts[steepest].shape)
    value = float(parts[steepest][place])
    way = "raising" if value < 0 else "lowering"
    at_place = ", ".join(map(str, place))
    if value == 0:
        return "Every gradient is zero."
    return (
        f"The loss is most sensitive to {steepest}[{at_place}], gradient {signed(value)}: {way} it lowers the"
        " loss."
    )


def _norms(parts: dict[str, Array]) -> Table:
    rows = [
        (name, str(values.shape), amount(float(np.linalg.norm(values))), amount(float(np.abs(values).max())))
        for name, values in parts.items()
    ]
    return Table("Gradients", ("parameter", "shape", "norm", "largest"), tuple(rows))
