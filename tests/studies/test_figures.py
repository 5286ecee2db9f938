"""Pictures of studies: what is drawn is what the numbers are, and all of it can be read."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from whygrad.errors import DataError
from whygrad.plots.style import alt_text, figure_of
from whygrad.studies.figures import (
    along_setting,
    by_settings,
    final_scores,
    gradients_by_layer,
    gradients_over_time,
    learning_curves,
    score_map,
)
from whygrad.studies.figures.gradients import layer_norms
from whygrad.studies.figures.parts import apart
from whygrad.studies.findings.varied import varied
from whygrad.studies.results import curves

from .planting import falling, planted

SETTINGS = {
    f"rate {rate:g}, {width} units": {"learning_rate": rate, "layers": (width,)}
    for rate in (0.001, 0.01, 0.1)
    for width in (4, 8, 16)
}


def study(names=None, **more):
    rng = np.random.default_rng(0)
    chosen = list(SETTINGS) if names is None else names
    return [each for k, name in enumerate(chosen) for each in planted(name, rng, falling(0.02 * k), **more)]


FEW, MANY = study(["one", "two", "a name that is so long that it is cut"]), study()
DIVERGED = study(["one", "two"], until={0: 3, 2: 5}) + study(["three"], until=dict.fromkeys(range(5), 0))
VARIED = varied(SETTINGS)
DRAWN = {
    "curves": lambda: learning_curves(curves(FEW)),
    "scores over time": lambda: learning_curves(curves(FEW), measure="score"),
    "panels": lambda: learning_curves(curves(MANY)),
    "curves that end": lambda: learning_curves(curves(DIVERGED)),
    "one seed": lambda: learning_curves(curves(study(["one"], seeds=1))),
    "one epoch": lambda: learning_curves(curves(study(["one"], epochs=1))),
    "final": lambda: final_scores(curves(MANY)),
    "final losses": lambda: final_scores(curves(FEW), measure="test_loss"),
    "final, diverged": lambda: final_scores(curves(DIVERGED)),
    "along": lambda: along_setting(curves(MANY), VARIED[0]),
    "losses along": lambda: along_setting(curves(MANY), VARIED[1], measure="test_loss"),
    "map": lambda: score_map(curves(MANY), *VARIED),
    "layers": lambda: gradients_by_layer(FEW),
    "layers over time": lambda: gradients_over_time(MANY),
}


@pytest.fixture(scope="module")
def drawn():
    return {name: make() for name, make in DRAWN.items()}


def shown_texts(whole):
    """Each text that is seen, with where it is; ticks beyond the ends of their axes are not."""
    canvas = FigureCanvasAgg(whole)
    canvas.draw()
    hidden = {id(text) for ax in whole.axes for text in _beyond(ax)}
    found = []
    for text in whole.findobj(Text):
        if text.get_text().strip() and text.get_visible() and id(text) not in hidden:
            box = Text.get_window_extent(text, canvas.get_renderer())  # of an annotation, without its arrow
            found.append((text, box))
    return found


def _beyond(ax):
    """Labels of ticks that are not drawn."""
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks() + axis.get_minor_ticks():
            inside = ax.axison and low - 1e-9 <= tick.get_loc() <= high + 1e-9
            yield from () if inside and tick.label1.get_visible() else (tick.label1,)
            yield tick.label2


@pytest.mark.parametrize("name", DRAWN)
def test_text_can_be_read_and_does_not_overlap(drawn, name):
    whole = figure_of(drawn[name])
    texts = shown_texts(whole)
    assert texts
    inside = [(text.get_text(), box) for text, box in texts]
    assert min(text.get_fontsize() for text, _ in texts) >= 9
    for k, (text, box) in enumerate(inside):
        assert box.x0 >= -1, text
        assert box.x1 <= whole.bbox.width + 1, text
        for other, its in inside[k + 1 :]:
            across = min(box.x1, its.x1) - max(box.x0, its.x0)
            down = min(box.y1, its.y1) - max(box.y0, its.y0)
            assert across <= 1 or down <= 1, (text, other)


@pytest.mark.parametrize("name", DRAWN)
def test_each_picture_is_described_by_its_numbers(drawn, name):
    words = alt_text(drawn[name])
    assert sum(letter.isdigit() for letter in words) >= 2
    assert "nan" not in words


def test_lines_are_the_means_over_seeds(drawn):
    whole = drawn["curves"]
    first, second = whole.axes
    (curve, *_) = curves(FEW)
    assert first.get_lines()[0].get_ydata() == pytest.approx(curve.loss.mean(axis=0))
    assert second.get_lines()[0].get_ydata() == pytest.approx(curve.watched_loss.mean(axis=0))
    assert first.get_lines()[0].get_linestyle() == "-"
    assert second.get_lines()[0].get_linestyle() != "-"
    vertices = first.collections[0].get_paths()[0].vertices
    upper = (curve.loss.mean(axis=0) + curve.loss.std(axis=0, ddof=1)).max()
    assert vertices[:, 1].max() == pytest.approx(upper)


def test_lines_differ_without_colour(drawn):
    markers = [line.get_marker() for line in drawn["curves"].axes[0].get_lines()]
    assert len(set(markers)) == 3
    names = {text.get_text() for text in drawn["curves"].axes[0].texts}
    assert {"one", "two"} < names


def test_beyond_six_variants_each_has_its_own_axes(drawn):
    shown = [ax for ax in drawn["panels"].axes if ax.axison]
    assert [ax.get_title(loc="left") for ax in shown] == list(SETTINGS)
    assert len({ax.get_ylim() for ax in shown}) == 1


def test_of_very_many_variants_the_first_are_drawn():
    many = [each for k in range(30) for each in planted(f"v{k}", np.random.default_rng(k), seeds=1, epochs=6)]
    whole = learning_curves(curves(many))
    assert len([ax for ax in whole.axes if ax.axison]) == 24
    assert "the first 24 of 30 variants" in alt_text(whole)


def test_rows_are_in_the_order_given_and_say_what_diverged(drawn):
    ax = drawn["final, diverged"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two", "three"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    notes = [text.get_text() for text in ax.texts]
    assert notes == ["2 of 5 diverged", "2 of 5 diverged", "5 of 5 diverged"]
    assert "three diverged in all 5 seeds" in alt_text(ax)
    dots = [line for line in drawn["final"].get_lines() if line.get_marker() == "D"]
    means = [100 * np.mean([each.after.test_score for each in MANY[5 * k : 5 * k + 5]]) for k in range(9)]
    assert [line.get_xdata()[0] for line in dots] == pytest.approx(means)


def test_along_a_setting_is_the_mean_over_the_other(drawn):
    ax = drawn["along"]
    assert ax.get_xscale() == "log"
    expected = []
    for rate in (0.001, 0.01, 0.1):
        of = [each.after.test_score for each in MANY if SETTINGS[each.variant]["learning_rate"] == rate]
        expected.append(100 * np.mean(of))
    line = next(line for line in ax.get_lines() if line.get_linestyle() == "-" and len(line.get_xdata()) == 3)
    assert line.get_xdata().tolist() == [0.001, 0.01, 0.1]
    assert line.get_ydata() == pytest.approx(expected)


def test_a_map_has_the_mean_of_each_pair_and_gaps():
    some = [each for each in MANY if each.variant != "rate 0.1, 16 units"]
    ax = score_map(curves(some), *VARIED)
    cells = ax.images[0].get_array()
    assert cells.shape == (3, 3)
    assert np.isnan(np.asarray(cells.filled(np.nan))[2, 2])
    first = [each.after.test_score for each in MANY if each.variant == "rate 0.001, 4 units"]
    assert cells[0, 0] == pytest.approx(100 * np.mean(first))
    assert len(ax.texts) == 8


def test_which_pictures_suit_the_settings():
    (ax,) = by_settings(curves(MANY), VARIED)
    assert len(ax.images) == 1
    rates = {name: {"learning_rate": changed["learning_rate"]} for name, changed in SETTINGS.items()}
    (ax,) = by_settings(curves(MANY), varied(rates))
    assert not ax.images
    named = varied({"one": {"activation": "tanh"}, "two": {"activation": "relu"}})
    assert by_settings(curves(FEW), named) == []
    with pytest.raises(DataError, match="have no order"):
        along_setting(curves(FEW), named[0])


def test_gradients_are_geometric_means_over_seeds():
    results = study(["one"], seeds=2)
    results[0].columns["gradient_norm_1"][0], results[1].columns["gradient_norm_1"][0] = 1.0, 100.0
    results[1].columns["gradient_norm_1"][1] = 0.0
    norms = layer_norms(results)["one"]
    assert norms.shape == (2, 40)
    assert norms[0, 0] == pytest.approx(10.0)
    assert norms[0, 1] == pytest.approx(results[0].columns["gradient_norm_1"][1])
    for each in results:
        del each.columns["gradient_norm_1"]
    with pytest.raises(DataError, match="anything of single layers"):
        layer_norms(results)


def test_nothing_to_draw_is_said():
    lost = study(["one"], until=dict.fromkeys(range(5), 0))
    with pytest.raises(DataError, match="no epoch to draw"):
        learning_curves(curves(lost))
    with pytest.raises(DataError, match="no variant"):
        final_scores([])
    assert "one diverged in all 5 seeds" in alt_text(final_scores(curves(lost)))


@pytest.mark.parametrize("seed", range(20))
def test_names_are_moved_apart_and_keep_their_order(seed):
    rng = np.random.default_rng(seed)
    places = rng.random(rng.integers(1, 7)).round(1).tolist()
    moved = apart(places, 0.1)
    order = np.argsort(places, kind="stable")
    gaps = np.diff(np.array(moved)[order])
    assert (gaps >= 0.1 - 1e-9).all()
    if (np.diff(np.sort(places)) >= 0.1).all():
        assert moved == pytest.approx(places)


def test_names_that_begin_alike_are_told_apart():
    names = [f"tanh, cross-entropy, layers {k}, learning rate {r}" for k in (2, 4) for r in (0.1, 1)]
    shown = [label.get_text() for label in final_scores(curves(study(names))).get_yticklabels()]
    assert shown == [name.replace("entropy, ", "entropy,\n") for name in names]
    whole = learning_curves(curves(study([f"{'x' * 60} {k}" for k in range(9)])))
    titles = [ax.get_title(loc="left") for ax in whole.axes]
    assert len(set(titles)) == len(titles) == 9
