"""Phase 3: the training loop, with loss and parameters kept for every epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...plots.curves import score_curve
from ...plots.recording import at
from .course import Course, Run, learn, loss_and_score
from .plan import EPOCHS
from .report import PhaseReport
from .scripts import training_loop
from .study import PARAMETERS, Study, unreadable
from .words import apart, overfitting, share, tested, training

Array = np.ndarray[Any, Any]
TITLE = "Training loop"
QUESTION = "What do many such steps add up to?"
LOSSES = "data/loss_per_epoch.csv"
VECTORS = "data/parameters_by_epoch.npy"


def run(study: Study) -> PhaseReport:
    """Train from the parameters of phase 0."""
    network, plan = study.starting(), study.plan
    found = learn(network, study.data, plan.recipe.learning_rate, EPOCHS)
    course = found.course
    study.write(LOSSES, course.to_csv())
    study.write_array(VECTORS, found.vectors)
    study.write_array("data/phase_3_parameters.npy", found.vectors[-1])
    study.write_array(PARAMETERS, found.vectors[-1])
    study.write("code/training_loop.py", training_loop())
    last = len(course) - 1
    for epoch in sorted({*range(0, len(course), 100), last}):
        study.say(f"epoch {epoch}: loss {course.loss[epoch]:.6f}")
    drawn = score_curve(course.history(), title="Share of training rows that are right")
    pictures = (study.picture(drawn, "plots/phase_3_training_loop/main/accuracy_per_epoch.png"),)
    did = (
        (
            f"From the parameters of phase 0, took {EPOCHS} steps of gradient descent, learning rate"
            f" {plan.recipe.learning_rate:g}, each on all {len(study.data.X_train)} training rows. Epochs are"
            " counted from 0: epoch k is the network after k steps."
        ),
        (
            f"Wrote loss and accuracy of every epoch to {LOSSES}, and the parameters to {VECTORS}, row k for"
            f" epoch k; those after the last step are also in {PARAMETERS}."
        ),
    )
    findings = _findings(study, found)
    return PhaseReport(3, TITLE, QUESTION, did, tuple(findings), pictures, (), tuple(study.written))


def _findings(study: Study, found: Run) -> list[str]:
    course, network, data = found.course, study.network(), study.data
    with at(network, found.vectors[-1]):
        loss = loss_and_score(network, data.X_train, data.y_train)[0]
        right = int(np.count_nonzero(network.predict(data.X_test).ravel() == data.y_test))
    moment = "After the last step" if found.failure is None else f"In epoch {len(course) - 1}"
    end = apart(float(course.loss[-1]), loss)[1]
    said = [
        *training(course.loss, EPOCHS),
        (
            f"Of the training rows {share(course.accuracy[0])} were right in epoch 0, and"
            f" {share(course.accuracy[-1])} in epoch {len(course) - 1}."
        ),
        f"{moment} the loss is {end}, and {tested(right, len(data.y_test))}.",
        overfitting(course.loss, course.test_loss),
    ]
    return said if found.failure is None else [*said, f"{found.failure}."]


def read_course(study: Study) -> Course:
    """The table of losses that this phase wrote.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    path = study.path(LOSSES)
    try:
        return Course.from_csv(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None


def read_vectors(study: Study, epochs: int) -> Array:
    """The parameters of so many epochs, and those after the last step.

    Raises
    ------
    DataError
        If they cannot be read.
    """
    return study.read_array(VECTORS, (epochs + 1, len(study.network().network.vector)))
