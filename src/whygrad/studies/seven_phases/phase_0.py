"""Phase 0: the rows, and the parameters that training starts with."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...data.splitting import Split
from ...evaluation.rounding import amount, counted
from ...nn.layers import Dense
from ...plots.architecture import network_architecture
from ...plots.boundary import scatter
from ...plots.legends import legend
from ...plots.style import axes, name
from .report import PhaseReport
from .scripts import setup_dataset
from .study import PARAMETERS, Study
from .words import signed

TITLE = "Data and first parameters"
QUESTION = "What does a network learn from, and what does it start with?"
FOLDER = "plots/phase_0_setup/main"
NEURONS = 6  # of a layer that are drawn


def run(study: Study) -> PhaseReport:
    """Draw the data, make the network, save its parameters."""
    plan, data, network = study.plan, study.data, study.network()
    vector = network.network.vector
    study.write("data/dataset.csv", _table(data))
    study.write_array("data/phase_0_parameters.npy", vector)
    study.write_array(PARAMETERS, vector)
    study.write("code/setup_dataset.py", setup_dataset(plan))
    pictures = (
        study.picture(_rows(data), f"{FOLDER}/dataset.png", _in_words(data)),
        study.picture(
            network_architecture(
                network,
                most=NEURONS,
                inputs=("x₁", "x₂"),
                outputs=("P(1)",),
                title="Before training: random weights",
            ),
            f"{FOLDER}/network.png",
        ),
    )
    rows, rest = len(data.X_train), len(data.X_test)
    recipe = plan.recipe
    did = (
        (
            f"Drew {counted(rows + rest, 'point')} of the data set moons, noise {plan.noise:g}, seed"
            f" {plan.seed}. {rest} of them are set aside: training never sees them."
        ),
        (
            f"Made a network {recipe.shape} ({recipe.activation}, then sigmoid) and drew its weights from the"
            f" seed ({network.initializer}); biases start at 0."
        ),
        f"Saved its {counted(len(vector), 'parameter')} as one vector in {PARAMETERS}.",
    )
    findings = tuple(_findings(data, network))
    return PhaseReport(0, TITLE, QUESTION, did, findings, pictures, (), tuple(study.written))


def _findings(data: Split, network: Any) -> list[str]:
    ones = [int(np.count_nonzero(y == 1)) for y in (data.y_train, data.y_test)]
    rows = [len(data.y_train), len(data.y_test)]
    even = all([2 * count == total for count, total in zip(ones, rows, strict=True)])
    said = [
        (
            f"X has the shape {data.X_train.shape}, y {data.y_train.shape}: a row of two numbers for each"
            " point, and its class."
        ),
        "Both classes are equally frequent, among training and test rows."
        if even
        else f"Class 1 has {ones[0]} of {rows[0]} training rows and {ones[1]} of {rows[1]} test rows.",
    ]
    for place, layer in enumerate([item for item in network.network.layers if isinstance(item, Dense)], 1):
        weights = layer.parameters["weights"].data
        said.append(
            f"Layer {place} starts with {counted(weights.size, 'weight')} from {signed(weights.min())} to"
            f" {signed(weights.max())}, standard deviation {amount(float(weights.std()))}."
        )
    return said


def _rows(data: Split) -> Any:
    ax = axes(None, 5.8, 5.0)
    scatter(ax, data.X_train, data.y_train, (0, 1))
    name(ax, "The rows to learn from", "x₁", "x₂")
    legend(ax)
    return ax


def _in_words(data: Split) -> str:
    (left, low), (right, high) = data.X_train.min(axis=0), data.X_train.max(axis=0)
    return (
        f"{len(data.X_train)} points of two classes, each a half circle; x₁ from {left:.2f} to {right:.2f},"
        f" x₂ from {low:.2f} to {high:.2f}."
    )


def _table(data: Split) -> str:
    lines = ["x1,x2,class,part"]
    for part, X, y in (("train", data.X_train, data.y_train), ("test", data.X_test, data.y_test)):
        rows = zip(X.tolist(), y.tolist(), strict=True)
        lines += [f"{x1!r},{x2!r},{label},{part}" for (x1, x2), label in rows]
    return "\n".join(lines) + "\n"
