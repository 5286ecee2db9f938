"""Every picture of the table, and those of awkward data, can be read: in colour, in grey, and in words."""

import itertools
import re
from functools import cache

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.contour import ContourSet
from matplotlib.patches import FancyBboxPatch

from whygrad.plots import (
    alt_text,
    gradient_norms,
    layer_flow,
    learning_rates,
    loss_curve,
    style,
    trajectories,
)
from whygrad.plots.boundary import decision_boundary
from whygrad.plots.film import Film
from whygrad.plots.flows import layer_gradients
from whygrad.plots.legends import legend
from whygrad.plots.registry import CLASSES, NOTHING, NUMBERS, PLOTS
from whygrad.plots.style import figure_of, short

from .awkward import AWKWARD, Always, Sectors, points
from .colour_vision import SIMULATIONS, distance, seen
from .looks import faults
from .subjects_for_tests import Halves, history, subject

DATA = {NOTHING: None, CLASSES: "moons", NUMBERS: "sine"}
IMAGES = ("mistakes", "first-layer", "confusion")


def of(name):
    """The subject that a picture of the table is drawn of here."""
    data = "digits" if name in IMAGES else DATA.get(PLOTS[name].needs, "moons")
    return None if data is None else subject(data, samples=None if data == "digits" else 80)


@cache
def drawn(name):
    return PLOTS[name].draw(of(name))


def words_of(made):
    return alt_text(made.whole if isinstance(made, Film) else made)


# --- what can be measured of looks -------------------------------------------------------------------
@pytest.mark.parametrize("name", PLOTS)
def test_every_picture_can_be_read(name):
    assert faults(drawn(name)) == []


@pytest.mark.parametrize("name", AWKWARD)
def test_a_picture_of_awkward_data_can_be_read(name):
    made = AWKWARD[name]()
    assert faults(made) == []
    assert re.search(r"\d", words_of(made))
    assert words_of(made).endswith(".")
    assert not re.search(r"\bnan\b|\binf\b", words_of(made))


def test_what_is_wrong_is_found():
    ax = style.axes()
    ax.scatter(*np.random.default_rng(0).uniform(size=(2, 300)), label="points")
    ax.legend(loc="center")
    ax.text(0.2, 0.2, "one text")
    ax.text(0.21, 0.2, "another")
    ax.text(0.5, 0.9, "small", fontsize=8)
    ax.figure.text(0.9, 0.1, "far too long to stay in the figure")
    ax.add_patch(FancyBboxPatch((0.3, 0.6), 0.05, 0.05, boxstyle="round,pad=0"))
    ax.text(0.325, 0.62, "bursts", ha="center")
    found = " ".join(faults(ax))
    for fault in (
        "lies on 'another'",
        "has 8 points",
        "is cut off",
        "touches its box",
        "legend of '' lies on",
    ):
        assert fault in found


# --- without colour ----------------------------------------------------------------------------------
@pytest.mark.parametrize("simulation", SIMULATIONS)
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_classes_are_drawn_in_colours_that_everybody_can_tell_apart(classes, simulation):
    network = Sectors(range(classes))
    ax = decision_boundary(network, points(200), network.predict(points(200)))
    dots = [part for part in ax.collections if isinstance(part, PathCollection)]
    colours = [seen(to_hex(part.get_facecolor()[0]), simulation) for part in dots]
    assert len(colours) == classes
    assert min(distance(one, other) for one, other in itertools.combinations(colours, 2)) >= 15


def boundaries(ax):
    return [part for part in ax.collections if isinstance(part, ContourSet)]


@pytest.mark.parametrize("classes", [2, 3, 4, 10])
def test_in_grey_classes_have_markers_and_a_line_between_them(classes):
    network = Sectors(range(classes))
    ax = decision_boundary(network, points(200), network.predict(points(200)))
    shapes = [part.get_paths()[0].vertices for part in ax.collections if isinstance(part, PathCollection)]
    assert len(shapes) == classes
    for one, other in itertools.combinations(shapes, 2):
        assert one.shape != other.shape or not np.allclose(one, other)
    lines = [path.vertices for part in boundaries(ax) for path in part.get_paths() if len(path.vertices)]
    inside = np.concatenate(lines)
    near = network.predict_proba(inside[np.hypot(*inside.T) > 0.3])
    first, second = np.sort(near, axis=1)[:, -2:].T
    assert np.abs(np.log(first / second)).max() < 0.3  # on the line two classes are equally probable
    assert "boundary" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_network_that_never_decides_otherwise_has_no_line():
    ax = decision_boundary(Always(), points(), np.arange(80) % 2)
    assert not boundaries(ax)
    assert "The decision is the same everywhere." in alt_text(ax)
    assert "class 0 on 100 % of the area" in alt_text(ax)


def test_the_boundary_of_one_column_is_drawn_wherever_the_winner_changes():
    class Steps:
        classes = (0, 1, 2)
        gives_probabilities = True

        def predict_proba(self, X):
            place = np.digitize(np.asarray(X)[:, 0], [0.0, 1.0])
            return np.eye(3)[place] * 0.7 + 0.1

    X = np.linspace(-1, 2, 50)
    ax = decision_boundary(Steps(), X, np.digitize(X, [0.0, 1.0]))
    upright = [line.get_xdata()[0] for line in ax.get_lines() if line.get_transform() != ax.transData]
    assert upright == pytest.approx([0.0, 1.0], abs=0.02)
    assert len({str(line.get_linestyle()) + str(line._dash_pattern) for line in ax.get_lines()[:3]}) == 3


@pytest.mark.parametrize(
    "draw",
    [
        lambda: loss_curve(history([3.0, 2.0], [4.0, 3.0])),
        lambda: learning_rates({rate: history([rate, 1.0]) for rate in (0.1, 0.2, 0.3, 0.4, 0.5)}),
        lambda: gradient_norms(layer_flow(history([1.0, 2.0], layers=5))),
        lambda: trajectories("beale", steps=3),
    ],
    ids=["loss", "learning rates", "gradients", "optimizers"],
)
def test_in_grey_lines_have_dashes(draw):
    named = [
        line for line in draw().get_lines() if line.get_linestyle() != "None" and len(line.get_xdata()) > 1
    ]
    dashes = [str(line._unscaled_dash_pattern) for line in named]
    assert len(named) >= 2
    assert len(set(dashes)) == len(dashes)


# --- legends -----------------------------------------------------------------------------------------
def where(ax):
    """Whether the legend lies in the axes, below or beside them."""
    figure_of(ax).draw_without_rendering()
    box, area = ax.get_legend().get_window_extent(), ax.get_window_extent()
    return "below" if box.y1 <= area.y0 else "beside" if box.x0 >= area.x1 else "inside"


def test_a_legend_leaves_the_axes_only_where_it_has_to():
    assert where(decision_boundary(Halves(), [[-1, -1], [1, 1], [-1, 0]], [0, 1, 0])) == "inside"
    assert where(decision_boundary(Halves(), points(400), np.arange(400) % 2)) == "below"
    network = Sectors(range(10))
    assert where(decision_boundary(network, points(400), network.predict(points(400)))) == "beside"


def test_a_legend_keeps_off_what_comes_later():
    ax = style.axes()
    ax.plot([0, 1], [0, 0], label="flat")
    ax.set_ylim(0, 1)
    legend(ax)
    assert where(ax) == "inside"
    legend(ax, avoid=[np.random.default_rng(0).uniform(size=(500, 2))])
    assert where(ax) == "below"


# --- the words are true ------------------------------------------------------------------------------
def _finite(values):
    return [value for value in values if value is not None and np.isfinite(value)]


def _right(network, X, y):
    return f"{100 * np.mean(network.predict(X).ravel() == y):.0f} %"


def _wrong(it):
    return int((it.network.predict(it.parts.X_test).ravel() != it.parts.y_test).sum())


def _norms(it, place):
    return [
        f"layer {k + 1} {short(layer[place])}" for k, layer in enumerate(layer_flow(it.history).gradient_norm)
    ]


def _medians(it):
    found = layer_gradients(it.network, it.parts.X_train, it.parts.y_train)
    return [f"layer {k + 1} {short(np.median(np.abs(part)))}" for k, part in enumerate(found)]


def _loss(it):
    return [f"from {short(it.history.loss[0])} to {short(it.history.loss[-1])}"]


def _sizes(it):
    return [" → ".join(map(str, it.network.sizes))]


def _deviations(it):
    vectors = it.recorder.vectors[0], it.recorder.vectors[-1]
    first, last = (short(float(np.std(vector[: 2 * 8]))) for vector in vectors)  # 2 inputs, 8 neurons
    return [f"Weights, layer 1 over 12 moments: standard deviation {first} at epoch 0, {last} at epoch 12"]


def _largest(it):
    weights = [p.data for name, p in it.network.parameters().items() if name.endswith(".weights")]
    return f"largest weight is {short(max(np.abs(part).max() for part in weights))}"


TRUE = {  # name of a picture -> what its words have to say, worked out here from the subject
    "activations": lambda it: [
        "sigmoid: slope at most 0.25",
        "from -6.0 to -2.9",
        "tanh: slope at most 1.00",
    ],
    "optimizers": lambda it: ["after 600 steps", "after 400 steps", "SGD at", "RMSProp at"],
    "loss": _loss,
    "score": lambda it: [f"from {short(100 * it.history.score[0])} to {short(100 * it.history.score[-1])}"],
    "learning-rates": lambda it: [
        f"{it.prepared.settings.learning_rate:g} ends at {short(it.history.loss[-1])}",
        "5 runs",
    ],
    "architecture": lambda it: [
        *_sizes(it),
        f"{len(it.network.network.vector):,} parameters",
        _largest(it),
    ],
    "backward": _sizes,
    "landscape": lambda it: [f"The path has {len(it.recorder.vectors)} points"],
    "random-landscape": lambda it: ["two random directions", "61 × 61 points"],
    "gradient-flow": lambda it: [*_norms(it, -1), *_medians(it), f"{len(it.history)} epochs"],
    "histograms": _deviations,
    "boundary": lambda it: [
        f"{len(it.parts.X_train)} points",
        _right(it.network, it.parts.X_train, it.parts.y_train),
    ],
    "boundary-snapshots": lambda it: [
        "6 moments",
        f"epoch 12 {_right(it.network, it.parts.X_train, it.parts.y_train)}",
    ],
    "classification-results": lambda it: [*_loss(it), _right(it.network, it.parts.X_train, it.parts.y_train)],
    "confusion": lambda it: [f"{len(it.parts.X_test) - _wrong(it)} of {len(it.parts.X_test)} rows are right"],
    "mistakes": lambda it: [f"{_wrong(it)} of {len(it.parts.X_test)} images are mistaken"],
    "first-layer": lambda it: ["8 neurons", "8 × 8 images"],
    "fit": lambda it: [
        *_loss(it),
        f"{len(it.parts.X_test)} rows, R² {it.network.score(it.parts.X_test, it.parts.y_test):.3f}",
    ],
    "loss-film": _loss,
    "boundary-film": lambda it: [
        "epoch 0 to 12",
        f"{_right(it.network, it.parts.X_train, it.parts.y_train)} at last",
    ],
    "loss-boundary-film": lambda it: [
        "epoch 0 to 12",
        f"{_right(it.network, it.parts.X_train, it.parts.y_train)} at last",
    ],
    "landscape-film": lambda it: [f"{len(it.recorder.vectors)} points"],
    "hidden-film": lambda it: [f"{len(it.parts.X_train)} points of 2 classes"],
    "compiled": lambda it: [  # 2-4-1 on the four rows of XOR
        f"{4 * 2 * 4} multiplications are one (4 × 2)(2 × 4) product",
        f"{4 * 4} tanh at once",
        f"{4 * 4 * 1} multiplications are one (4 × 4)(4 × 1) product",
        f"{4} subtractions at once",
    ],
    "gradient-film": lambda it: [
        f"{len(it.network.sizes) - 1} layers over {len(it.history)} epochs",
        f"to {short(layer_flow(it.history).gradient_norm.max())}",
    ],
}


def test_the_words_of_every_picture_are_checked():
    assert TRUE.keys() == PLOTS.keys()


@pytest.mark.parametrize("name", PLOTS)
def test_the_numbers_in_the_words_are_true(name):
    words = words_of(drawn(name))
    for said in TRUE[name](of(name)):
        assert said in words
