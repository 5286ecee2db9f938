"""The table of pictures: what ``whygrad plot`` knows, and the documentation lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import SettingError, nearest

if TYPE_CHECKING:
    from .subjects import Subject

NOTHING, SOURCE, CLASSES, NUMBERS = (
    "nothing",
    "a run or data",
    "a run or data with classes",
    "a run or data with numbers",
)
FILM = ".gif"


@dataclass(frozen=True)
class Plot:
    """A row of the table.

    Attributes
    ----------
    name
        On the command line.
    function
        The public function that draws it, in ``whygrad.plots``.
    needs
        What has to be given.
    about
        One line.
    draw
        Draws it from a subject (None where nothing is needed): axes, a figure or a film.
    suffix
        Of the file it is written to by default.
    """

    name: str
    function: str
    needs: str
    about: str
    draw: Callable[[Any], Any]
    suffix: str = ".png"


def _activations(subject: Any) -> Any:
    from .activations import activation_functions

    return activation_functions()


def _optimizers(subject: Any) -> Any:
    from .descents import optimizer_paths

    return optimizer_paths()


def _compiled(subject: Any) -> Any:
    import random

    from ..autodiff.program.program import compile
    from ..drawing import draw
    from ..nn.scalar import MLP
    from .graph_drawing import graph_picture

    network = MLP(2, [4, 1], rng=random.Random(0))
    errors = [network([a, b]) - (a != b) for a in (0, 1) for b in (0, 1)]
    program = compile(sum(error**2 for error in errors) / 4, parameters=network.parameters())
    for _ in range(100):
        program.step(0.2)
    return graph_picture(draw(program))


def _loss(subject: Subject) -> Any:
    from .curves import loss_curve

    return loss_curve(subject.history, about=subject.title)


def _score(subject: Subject) -> Any:
    from .curves import score_curve

    return score_curve(subject.history, about=subject.title)


def _rates(subject: Subject) -> Any:
    from ..errors import TrainingError
    from ..runs import run
    from .curves import learning_rates

    histories = {}
    base = subject.prepared.settings
    for factor in (0.01, 0.1, 1.0, 10.0, 100.0):
        settings = base.model_copy(update={"learning_rate": base.learning_rate * factor})
        subject.say(f"training with learning rate {settings.learning_rate:g}")
        prepared = run.prepare(subject.data, settings)
        try:
            run.learn(prepared.parts, prepared.network, settings, bar=False)
        except TrainingError as error:
            subject.say(str(error).splitlines()[0])
        histories[settings.learning_rate] = prepared.network.history
    return learning_rates({rate: history for rate, history in histories.items() if len(history)})


def _architecture(subject: Subject) -> Any:
    from .architecture import network_architecture

    outputs = [str(label) for label in subject.problem.classes] if subject.problem.outputs > 1 else []
    short_names = subject.features if max(map(len, subject.features), default=99) <= 14 else ()
    return network_architecture(subject.network, inputs=short_names, outputs=outputs)


def _backward(subject: Subject) -> Any:
    from .backward_drawing import backward_pass

    return backward_pass(subject.network, subject.parts.X_train, subject.parts.y_train)


def _landscape(subject: Subject) -> Any:
    from .landscape_drawing import loss_landscape
    from .landscapes import landscape

    parts, recorder = subject.parts, subject.recorder
    return loss_landscape(landscape(recorder.network, *_some(parts.X_train, parts.y_train), recorder.path))


def _random_landscape(subject: Subject) -> Any:
    from .landscape_drawing import loss_landscape
    from .landscapes import landscape

    return loss_landscape(landscape(subject.network, *_some(subject.parts.X_train, subject.parts.y_train)))


def _some(X: Any, y: Any, most: int = 300) -> tuple[Any, Any]:
    """A sample of rows: a landscape is evaluated thousands of times."""
    import numpy as np

    if len(X) <= most:
        return X, y
    rows = np.sort(np.random.default_rng(0).permutation(len(X))[:most])
    return X[rows], y[rows]


def _flow(subject: Subject) -> Any:
    from .flows import layer_flow, layer_gradients
    from .gradient_drawing import gradient_flow

    gradients = layer_gradients(subject.network, subject.parts.X_train, subject.parts.y_train)
    return gradient_flow(layer_flow(subject.history), gradients)


def _boundary(subject: Subject) -> Any:
    from .boundary import decision_boundary

    subject.need_classes("a boundary")
    parts = subject.parts
    return decision_boundary(
        subject.network,
        parts.X_train,
        parts.y_train,
        title=f"Decision boundary: {subject.title}",
        feature_names=subject.features,
    )


def _snapshots(subject: Subject) -> Any:
    from .boundary import boundary_snapshots
    from .recording import spaced

    subject.need_classes("a boundary")
    chosen = spaced(len(subject.grids), 6)
    epochs = subject.recorder.epochs
    return boundary_snapshots(
        [subject.grids[k] for k in chosen],
        subject.parts.y_train,
        [f"epoch {epochs[k]}" for k in chosen],
        title=f"Decision boundary during training: {subject.title}",
        feature_names=subject.features,
    )


def _fit(subject: Subject) -> Any:
    from .fits import training_results

    subject.need_numbers("a fit")
    parts = subject.parts
    return training_results(
        subject.history,
        subject.network,
        parts.X_test,
        parts.y_test,
        title=f"Regression: {subject.title}, test rows",
    )


def _confusion(subject: Subject) -> Any:
    from .tables import confusion_matrix

    return confusion_matrix(subject.confused, title=f"Confusion matrix: {subject.title}, test rows")


def _results(subject: Subject) -> Any:
    from .tables import classification_results

    subject.need_classes("classification-results")
    parts = subject.parts
    flat = parts.X_train.shape[1] == 2
    return classification_results(
        subject.history,
        subject.network,
        parts.X_train,
        parts.y_train,
        None if flat else subject.confused,
        title=f"Classification: {subject.title}",
        feature_names=subject.features,
    )


def _mistakes(subject: Subject) -> Any:
    from .tables import misclassified

    subject.need_classes("a picture of mistakes")
    return misclassified(subject.network, subject.parts.X_test, subject.parts.y_test)


def _first(subject: Subject) -> Any:
    from .tables import first_layer

    return first_layer(subject.network)


def _histograms(subject: Subject) -> Any:
    from .flows import layer_activations, layer_weights
    from .histogram_drawing import histograms

    X = _some(subject.parts.X_train, subject.parts.y_train)[0]
    epochs, weights, activations = [], [], []
    for epoch, network in subject.recorder.moments(12):
        epochs.append(epoch)
        weights.append(layer_weights(network))
        activations.append(layer_activations(network, X))
    return histograms(epochs, weights, activations)


def _loss_film(subject: Subject) -> Any:
    from .films import loss_film

    return loss_film(subject.history)


def _boundary_film(subject: Subject) -> Any:
    from .films import boundary_film

    subject.need_classes("a boundary")
    return boundary_film(
        subject.grids, subject.parts.y_train, subject.recorder.epochs, feature_names=subject.features
    )


def _both_film(subject: Subject) -> Any:
    from .films import loss_and_boundary_film

    subject.need_classes("a boundary")
    recorder = subject.recorder
    return loss_and_boundary_film(
        recorder.network.history, subject.grids, subject.parts.y_train, recorder.epochs
    )


def _landscape_film(subject: Subject) -> Any:
    from .films import landscape_film
    from .landscapes import landscape

    parts, recorder = subject.parts, subject.recorder
    return landscape_film(landscape(recorder.network, *_some(parts.X_train, parts.y_train), recorder.path))


def _hidden_film(subject: Subject) -> Any:
    from .films import hidden_film
    from .hidden import bent

    subject.need_classes("a hidden layer's film")
    found = bent(subject.recorder, subject.parts.X_train, subject.parts.y_train)
    return hidden_film(
        found.rows, found.labels, found.mesh, found.side, found.epochs, classes=subject.network.classes
    )


def _flow_film(subject: Subject) -> Any:
    from .films import flow_film
    from .flows import layer_flow

    return flow_film(layer_flow(subject.history))


PLOTS: dict[str, Plot] = {
    row.name: row
    for row in (
        Plot(
            "activations",
            "activation_functions",
            NOTHING,
            "activations with derivatives, and where gradients vanish",
            _activations,
        ),
        Plot(
            "optimizers",
            "optimizer_paths",
            NOTHING,
            "paths of optimizers on Rosenbrock, Beale and a saddle",
            _optimizers,
        ),
        Plot(
            "compiled",
            "graph_picture",
            NOTHING,
            "a graph of scalars, a 2-4-1 network on XOR, beside the matrices that it is",
            _compiled,
        ),
        Plot("loss", "loss_curve", SOURCE, "loss of each epoch, training and validation", _loss),
        Plot("score", "score_curve", SOURCE, "accuracy or R² of each epoch", _score),
        Plot(
            "learning-rates",
            "learning_rates",
            SOURCE,
            "five learning rates compared; trains five times",
            _rates,
        ),
        Plot(
            "architecture",
            "network_architecture",
            SOURCE,
            "neurons and weights, by width, colour and dashes",
            _architecture,
        ),
        Plot(
            "backward",
            "backward_pass",
            SOURCE,
            "the backward pass as a diagram, with formulas and norms",
            _backward,
        ),
        Plot(
            "landscape",
            "loss_landscape",
            SOURCE,
            "loss around the path that training took, 3-D and contours",
            _landscape,
        ),
        Plot(
            "random-landscape",
            "loss_landscape",
            SOURCE,
            "loss along two filter-normalised random directions",
            _random_landscape,
        ),
        Plot(
            "gradient-flow",
            "gradient_flow",
            SOURCE,
            "gradients and steps of each layer, over time and at the end",
            _flow,
        ),
        Plot(
            "histograms",
            "histograms",
            SOURCE,
            "weights and activations of each layer over the epochs",
            _histograms,
        ),
        Plot("boundary", "decision_boundary", CLASSES, "what is decided where, with the data", _boundary),
        Plot("boundary-snapshots", "boundary_snapshots", CLASSES, "the boundary at six moments", _snapshots),
        Plot(
            "classification-results",
            "classification_results",
            CLASSES,
            "loss, accuracy, and boundary or confusion matrix",
            _results,
        ),
        Plot("confusion", "confusion_matrix", CLASSES, "which classes are taken for which", _confusion),
        Plot(
            "mistakes",
            "misclassified",
            CLASSES,
            "images that were mistaken, the surest mistakes first",
            _mistakes,
        ),
        Plot("first-layer", "first_layer", SOURCE, "first-layer weights as images", _first),
        Plot("fit", "training_results", NUMBERS, "loss, predictions beside data, and residuals", _fit),
        Plot("loss-film", "loss_film", SOURCE, "the loss curve as it grows", _loss_film, FILM),
        Plot("boundary-film", "boundary_film", CLASSES, "the boundary as it forms", _boundary_film, FILM),
        Plot("loss-boundary-film", "loss_and_boundary_film", CLASSES, "both side by side", _both_film, FILM),
        Plot(
            "landscape-film", "landscape_film", SOURCE, "the walk down the landscape", _landscape_film, FILM
        ),
        Plot("hidden-film", "hidden_film", CLASSES, "a hidden layer bending the plane", _hidden_film, FILM),
        Plot(
            "gradient-film",
            "flow_film",
            SOURCE,
            "the gradient of each layer, epoch by epoch",
            _flow_film,
            FILM,
        ),
    )
}


def plot_named(name: str) -> Plot:
    """A row of the table.

    Raises
    ------
    SettingError
        If there is none of that name; suggests the nearest.

    Examples
    --------
    >>> plot_named("loss").about
    'loss of each epoch, training and validation'
    """
    key = name.lower().replace("_", "-")
    if key not in PLOTS:
        raise SettingError(f"unknown picture {name!r}", hint=nearest(key, PLOTS))
    return PLOTS[key]


def listing() -> list[str]:
    """The table as lines of text, for the command line."""
    wide = max(map(len, PLOTS))
    lines = []
    for needs in (NOTHING, SOURCE, CLASSES, NUMBERS):
        lines += ["", f"from {needs}:"]
        lines += [f"  {row.name:<{wide}}  {row.about}" for row in PLOTS.values() if row.needs == needs]
    return lines[1:]
