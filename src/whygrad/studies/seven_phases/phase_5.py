"""Phase 5: which points go to which class, epoch by epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...data.splitting import Split
from ...evaluation.rounding import amount
from ...plots.boundary import decision_boundary
from ...plots.films import boundary_film
from ...plots.grids import ClassGrid, class_grid
from ...plots.legends import legend
from ...plots.recording import at, spaced
from ...plots.style import INK
from ...training.neural_network import NeuralNetwork
from .phase_3 import read_course, read_vectors
from .plan import BOUNDARY_EPOCHS
from .report import PhaseReport
from .study import Study
from .words import moments, share, tested

Array = np.ndarray[Any, Any]
TITLE = "Decision boundary"
QUESTION = "Which points does the network give to which class, and when does it find out?"
FOLDER = "plots/phase_5_decision_boundary"
FRAMES = 100
POINTS = 100  # along each side of the grid of a frame


def run(study: Study) -> PhaseReport:
    """Draw what the networks of phase 3 decide."""
    course, data, network = read_course(study), study.data, study.network()
    vectors = read_vectors(study, len(course))
    last = len(course) - 1
    epochs = [epoch for epoch in BOUNDARY_EPOCHS if epoch <= last]
    pictures, one_sided = [], []
    for epoch in epochs:
        with at(network, vectors[epoch]):
            grid = class_grid(network, data.X_train)
        if len(np.unique(grid.winner)) == 1:
            one_sided.append(epoch)
        title = f"Epoch {epoch}: loss {course.loss[epoch]:.4f}, {share(course.accuracy[epoch])} right"
        drawn = decision_boundary(network, data.X_train, data.y_train, title=title, grid=grid)
        words = f"{title} of the training rows. {_area(grid)}"
        pictures.append(study.picture(drawn, f"{FOLDER}/main/decision_boundary_epoch_{epoch}.png", words))
    network.load_parameters(study.path("data/phase_3_parameters.npy"))
    wrong = network.predict(data.X_test).ravel() != data.y_test
    words = (
        f"The {len(wrong)} test rows over the trained network's areas; {int(wrong.sum())} in the wrong one."
    )
    pictures.append(
        study.picture(_final(network, data, wrong), f"{FOLDER}/main/final_predictions.png", words)
    )
    study.say("drawing the film of the boundary")
    shown, grids = frames(network, data, vectors)
    film = boundary_film(grids, data.y_train, shown)
    words = f"The decision boundary over the training rows, from epoch {shown[0]} to {shown[-1]}."
    pictures.append(study.film(film, f"{FOLDER}/decision_boundary.gif", words))
    right = int(np.count_nonzero(~wrong))
    did = (
        (
            "Asked the network of phase 3, as it was in some epochs, for the class of every point of a grid:"
            " shades say how sure it is, and the line is where both classes are equally likely."
        ),
        (
            f"Let the trained network decide on the {len(wrong)} test rows, which it has never seen; the film"
            f" is {FOLDER}/decision_boundary.gif."
        ),
    )
    findings = moments(epochs, course.loss[epochs].tolist(), course.accuracy[epochs].tolist())
    findings += [f"In epoch {epoch} the decision is the same everywhere." for epoch in one_sided]
    findings += [f"Of the trained network, {tested(right, len(wrong))}.", *_mistakes(network, data, wrong)]
    return PhaseReport(5, TITLE, QUESTION, did, tuple(findings), tuple(pictures), (), tuple(study.written))


def frames(network: NeuralNetwork, data: Split, vectors: Array) -> tuple[list[int], list[ClassGrid]]:
    """Epochs to show in a film, evenly spaced, and what the network said in each."""
    shown, grids = spaced(len(vectors) - 1, FRAMES), []
    for epoch in shown:
        with at(network, vectors[epoch]):
            grids.append(class_grid(network, data.X_train, points=POINTS))
    return shown, grids


def _area(grid: ClassGrid) -> str:
    return f"Class 1 has {share(float((grid.winner == 1).mean()))} of the area."


def _final(network: NeuralNetwork, data: Split, wrong: Array) -> Any:
    right = len(wrong) - int(wrong.sum())
    title = f"Test rows: {right} of {len(wrong)} right"
    ax = decision_boundary(network, data.X_test, data.y_test, title=title)
    if wrong.any():
        x, y = data.X_test[wrong].T
        ax.scatter(x, y, s=130, facecolors="none", edgecolors=INK, linewidths=1.6, label="wrong", zorder=4)
        legend(ax)
    return ax


def _mistakes(network: NeuralNetwork, data: Split, wrong: Array) -> list[str]:
    """How sure it was where it was wrong, and where it was right."""
    sure = network.predict_proba(data.X_test).max(axis=1)
    if not wrong.any():
        return [f"None of the test rows is wrong; on average it is {100 * sure.mean():.0f} % sure of them."]
    mean, worst = float(sure[wrong].mean()), float(sure[wrong].max())
    rest = f", and of those it got right {share(float(sure[~wrong].mean()))}" if (~wrong).any() else ""
    return [
        (
            f"Of the rows it got wrong it was {share(mean)} sure on average{rest}; the surest mistake had"
            f" {share(worst)}, which alone cost {amount(-float(np.log(max(1 - worst, 1e-300))))}."
        )
    ]
