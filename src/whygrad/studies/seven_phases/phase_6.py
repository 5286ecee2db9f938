"""Phase 6: loss and boundary in one film; activations and learning rates compared; spirals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...data.splitting import Split
from ...evaluation.rounding import counted
from ...plots.boundary import boundary_snapshots
from ...plots.curves import learning_rates
from ...plots.films import loss_and_boundary_film
from ...plots.grids import class_grid
from ...training.history import History
from ...training.neural_network import NeuralNetwork
from ..results import Standing
from .contest import LEVEL, contest, sentences, table, to_csv
from .course import Course, standing, trained
from .phase_3 import read_course, read_vectors
from .phase_5 import frames
from .plan import EPOCHS, Plan, Recipe
from .report import PhaseReport, Picture
from .study import Study, drawn, untrained
from .words import share

TITLE = "Variations"
QUESTION = "What changes with another activation, another learning rate, or harder data?"
FOLDER = "plots/phase_6_variations"
SPIRAL_NOISE = 0.1
NAMES = {"relu": "ReLU"}


@dataclass(frozen=True)
class Match:
    """Settings that are compared.

    Attributes
    ----------
    name
        Of its files.
    source
        Name of the data set.
    what
        What the settings differ in.
    title
        Of its table and curves.
    prefix
        Before the name of a setting in a sentence.
    recipes
        Name -> setting.
    data
        A data set for each seed.
    """

    name: str
    source: str
    what: str
    title: str
    prefix: str
    recipes: Mapping[str, Recipe]
    data: Sequence[Split]


@dataclass(frozen=True)
class Played:
    """What came of a setting.

    Attributes
    ----------
    found
        How the network stands after training, for each seed; None where it diverged.
    first
        The network of the first seed.
    """

    found: list[Standing | None]
    first: NeuralNetwork


def matches(plan: Plan) -> tuple[Match, Match, Match]:
    """Activations and learning rates on moons, and a larger network on spirals."""
    seeds = seeds_of(plan)
    moons = [drawn("moons", plan, seed) for seed in seeds]
    spirals = [drawn("spirals", plan, seed, SPIRAL_NOISE) for seed in seeds]
    recipe = plan.recipe
    activations = {NAMES.get(name, name): replace(recipe, activation=name) for name in plan.activations}
    rates = {f"{rate:g}": replace(recipe, learning_rate=rate) for rate in plan.seeded_rates}
    networks = {f"{each.shape} with {_optimizer(each)}": each for each in (recipe, plan.larger)}
    return (
        Match("activations", "moons", "activation", "Activations on moons", "", activations, moons),
        Match(
            "learning_rates",
            "moons",
            "learning rate",
            "Learning rates on moons",
            "learning rate ",
            rates,
            moons,
        ),
        Match("spirals", "spirals", "network", "Networks on spirals", "", networks, spirals),
    )


def _optimizer(recipe: Recipe) -> str:
    """As one writes it."""
    return "Adam" if recipe.optimizer == "adam" else recipe.optimizer.replace("_", " ")


def seeds_of(plan: Plan) -> range:
    """The seeds that comparisons are made on."""
    return range(plan.seed, plan.seed + plan.seeds)


def play(recipe: Recipe, data: Sequence[Split], plan: Plan) -> Played:
    """Train one setting on every seed."""
    found, networks = [], []
    for seed, rows in zip(seeds_of(plan), data, strict=True):
        network = untrained(recipe, seed, rows)
        failure = trained(network, rows, recipe.learning_rate, EPOCHS)
        found.append(standing(network, rows) if failure is None else None)
        networks.append(network)
    return Played(found, networks[0])


def run(study: Study) -> PhaseReport:
    """Compare settings on several seeds, and draw those of the first."""
    plan = study.plan
    pictures, tables, findings = [_film(study)], [], []
    known: dict[tuple[str, Recipe], Played] = {}
    for match in matches(plan):
        study.say(f"comparing {len(match.recipes)} settings on {plan.seeds} seeds: {match.title}")
        for recipe in match.recipes.values():
            if (match.source, recipe) not in known:
                known[match.source, recipe] = play(recipe, match.data, plan)
        played = {name: known[match.source, recipe] for name, recipe in match.recipes.items()}
        found = {name: result.found for name, result in played.items()}
        study.write(f"data/{match.name}.csv", to_csv(found, seeds_of(plan), match.what))
        pictures += _pictures(study, match, played)
        tables.append(table(found, match.title, match.what))
        said = sentences(contest(found), plan.seeds, match.what, match.prefix)
        findings.append(f"{match.title}. {' '.join(said)}")
    findings += _harder(plan, known)
    did = (
        (
            "Put the loss of phase 3 and the boundary of phase 5 side by side, in step:"
            f" {FOLDER}/loss_and_boundary.gif."
        ),
        (
            f"Trained each setting on {counted(plan.seeds, 'seed')}, {plan.seed} to {seeds_of(plan)[-1]}:"
            f" each draws its own data, split and first weights. Every run has {EPOCHS} steps, each on all"
            " training rows, and what is not compared is as in phase 3. The figures show the first seed."
        ),
        (
            "The setting with the lowest mean test loss leads. It has won if its lead over each of the"
            f" others, seed by seed, is larger than what chance gives once in {1 / LEVEL:.0f} times"
            f" (p < {LEVEL:g}, exact sign-flip test)."
        ),
        (
            "Spirals, two arms that wind around each other one and a half times, are the harder data; there a"
            f" network {plan.larger.shape} with {_optimizer(plan.larger)}, learning rate"
            f" {plan.larger.learning_rate:g}, is set against the one of phase 3."
        ),
    )
    return PhaseReport(
        6, TITLE, QUESTION, did, tuple(findings), tuple(pictures), tuple(tables), tuple(study.written)
    )


def _film(study: Study) -> Picture:
    course, network = read_course(study), study.network()
    study.say("drawing the film of loss and boundary")
    shown, grids = frames(network, study.data, read_vectors(study, len(course)))
    film = loss_and_boundary_film(course.history(), grids, study.data.y_train, shown)
    words = f"Loss and decision boundary side by side, from epoch {shown[0]} to {shown[-1]}."
    return study.film(film, f"{FOLDER}/loss_and_boundary.gif", words)


def _pictures(study: Study, match: Match, played: Mapping[str, Played]) -> list[Picture]:
    """Curves and boundaries of the first seed; phase 4 has drawn the curves of learning rates."""
    data, seed, drawn_now = match.data[0], study.plan.seed, []
    if match.name != "learning_rates":
        histories: dict[float | str, History] = {
            name: Course.of_losses(result.first.history.loss).history() for name, result in played.items()
        }
        curves = learning_rates(histories, title=f"{match.title}, seed {seed}")
        drawn_now.append(study.picture(curves, f"{FOLDER}/main/{match.name}_loss.png"))
    grids, titles = [], []
    for name, result in played.items():
        if result.found[0] is not None:
            grids.append(class_grid(result.first, data.X_train))
            titles.append(f"{name.partition(' with ')[0]}: test {share(result.found[0].test_score)}")
    if grids:
        words = (
            f"Decision boundaries after training, seed {seed}, with the share of test rows that are right:"
        )
        boundaries = boundary_snapshots(grids, data.y_train, titles)
        path = f"{FOLDER}/main/{match.name}_boundaries.png"
        drawn_now.append(study.picture(boundaries, path, f"{words} {', '.join(titles)}."))
    return drawn_now


def _harder(plan: Plan, known: Mapping[tuple[str, Recipe], Played]) -> list[str]:
    """Whether spirals are harder than moons for the network of phase 3."""
    moons, spirals = [_mean_score(known.get((source, plan.recipe))) for source in ("moons", "spirals")]
    if moons is None or spirals is None:
        return []
    verdict = "are harder for it" if spirals < moons else "are no harder for it"
    right = f"{share(moons)} of the test rows right on moons, and {share(spirals)} on spirals"
    over = f"means over {counted(plan.seeds, 'seed')}"
    return [f"The network of phase 3 gets {right}, {over}: spirals {verdict}."]


def _mean_score(result: Played | None) -> float | None:
    """Its mean test accuracy; None where it was not tried, or diverged."""
    if result is None or None in result.found:
        return None
    return float(np.mean([item.test_score for item in result.found if item is not None]))
