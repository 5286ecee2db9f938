"""Phase 4: the loss over the epochs, as pictures and a film, and what the learning rate does to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...plots.curves import learning_rates, loss_curve
from ...plots.films import loss_film
from ...plots.legends import legend
from ...plots.recording import spaced
from ...plots.style import BLUE, GRID, describe
from ...training.history import History
from .course import Course, trained
from .curves import TESTS
from .phase_3 import read_course
from .plan import EPOCHS, LOSS_EPOCHS
from .report import PhaseReport
from .study import Study
from .words import apart, compared_rates, moments

Array = np.ndarray[Any, Any]
TITLE = "Training dynamics"
QUESTION = "How does the loss move from epoch to epoch, and what does the learning rate change about it?"
FOLDER = "plots/phase_4_training_dynamics"
FRAMES = 100


def run(study: Study) -> PhaseReport:
    """Draw the losses of phase 3, and train again with other learning rates."""
    course, plan = read_course(study), study.plan
    last = len(course) - 1
    epochs = [epoch for epoch in LOSS_EPOCHS if epoch <= last]
    history = course.history()
    first, end = apart(float(course.loss[0]), float(course.loss[-1]))
    pictures = [
        study.picture(
            loss_curve(history, snapshots=epochs, title=f"Loss, learning rate {plan.recipe.learning_rate:g}"),
            f"{FOLDER}/main/loss_curve.png",
            f"Loss of epochs 0 to {last}, from {first} to {end}; marked are epochs {_listed(epochs)}.",
        )
    ]
    for epoch in epochs:
        drawn = snapshot(course, epoch)
        pictures.append(study.picture(drawn, f"{FOLDER}/all_epochs/epoch_{epoch:03d}_loss.png"))
    study.say(f"training with {len(plan.rates)} learning rates")
    curves = {rate: _losses(study, rate) for rate in plan.rates}
    known: dict[float | str, History] = {
        rate: Course.of_losses(losses).history() for rate, losses in curves.items() if len(losses)
    }
    pictures.append(study.picture(beside(learning_rates(known)), f"{FOLDER}/main/learning_rates.png"))
    study.say("drawing the film of the loss")
    pictures.append(
        study.film(
            loss_film(history, moments=spaced(len(course), FRAMES)),
            f"{FOLDER}/loss_evolution.gif",
            f"The loss from epoch 0 to {last}, drawn as it comes about: from {first} to {end}.",
        )
    )
    did = (
        (
            "Drew the losses of phase 3, and once more as they stood in epochs"
            f" {_listed(epochs)}; the film is {FOLDER}/loss_evolution.gif."
        ),
        (
            f"Trained the network of phase 0 again with {len(plan.rates)} learning rates, from the same"
            f" parameters, on the same rows, for {EPOCHS} epochs each."
        ),
        TESTS,
    )
    findings = [
        *moments(epochs, course.loss[epochs].tolist(), course.accuracy[epochs].tolist()),
        *compared_rates(curves, EPOCHS),
    ]
    return PhaseReport(4, TITLE, QUESTION, did, tuple(findings), tuple(pictures), (), tuple(study.written))


def snapshot(course: Course, epoch: int) -> Any:
    """The losses up to an epoch; those to come are pale, so that snapshots can be laid side by side."""
    title = f"Epoch {epoch}: loss {course.loss[epoch]:.4f}"
    ax = loss_curve(course.history(epoch), log=False, title=title)
    ax.plot(course.loss, color=GRID, linewidth=1.9, zorder=1)
    ax.plot([epoch], [course.loss[epoch]], "o", color=BLUE, markersize=7, markeredgecolor="white", zorder=4)
    room = 0.02 * len(course)
    ax.set_xlim(-room, len(course) - 1 + room)
    ax.set_ylim(0.0, 1.12 * float(course.loss.max()))
    describe(ax, f"{title}. The curve up to there, and pale what follows.")
    return ax


def beside(ax: Any) -> Any:
    """The axes with their legend at the right, where it hides no curve."""
    legend(ax, outside=True)
    return ax


def _losses(study: Study, rate: float) -> Array:
    network = study.starting()
    trained(network, study.data, rate, EPOCHS)
    return np.array(network.history.loss, float)


def _listed(epochs: list[int]) -> str:
    return ", ".join(map(str, epochs))
