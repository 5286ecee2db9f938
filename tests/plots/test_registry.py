"""Every picture of the table: it is drawn, its text fits and can be read, and its words are there."""

import itertools
from importlib import import_module

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from whygrad.errors import SettingError
from whygrad.plots.film import Film
from whygrad.plots.registry import CLASSES, NOTHING, NUMBERS, PLOTS, listing, plot_named
from whygrad.plots.style import SMALL, alt_text, figure_of

from .subjects_for_tests import subject

DATA = {NOTHING: None, CLASSES: "moons", NUMBERS: "sine"}
IMAGES = ("mistakes", "first-layer", "confusion")


def drawn(name):
    row = PLOTS[name]
    data = "digits" if name in IMAGES else DATA.get(row.needs, "moons")
    return row.draw(None if data is None else subject(data, samples=None if data == "digits" else 80))


def texts(whole):
    """Every text that is seen, with its box in pixels."""
    canvas = FigureCanvasAgg(whole)
    canvas.draw()
    renderer = canvas.get_renderer()
    found = []
    for text in whole.findobj(Text):
        if text.get_text().strip() and text.get_visible():
            box = text.get_window_extent(renderer)
            found.append((text, box))
    return found


@pytest.mark.parametrize("name", PLOTS)
def test_text_fits_and_can_be_read(name):
    made = drawn(name)
    whole = made.whole if isinstance(made, Film) else figure_of(made)
    if isinstance(made, Film):
        list(made.show(made.frames - 1))
    found = texts(whole)
    assert found
    hidden = set()
    for ax in whole.findobj(lambda artist: hasattr(artist, "xaxis")):
        axes = (ax.xaxis, ax.yaxis, getattr(ax, "zaxis", None))
        for axis in filter(None, axes):  # ticks beyond the limits, or of axes that are switched off
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                outside = not low <= tick.get_loc() <= high
                if outside or not ax.axison or ax.name == "3d":
                    hidden.update([tick.label1, tick.label2])
            if not ax.axison or ax.name == "3d":
                hidden.update([axis.label, axis.get_offset_text()])
    width, height = whole.get_size_inches() * whole.dpi
    seen = [(text, box) for text, box in found if text not in hidden]
    for text, box in seen:
        assert text.get_fontsize() >= SMALL, text.get_text()
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
        assert inside, f"{text.get_text()!r} is cut off at {box}"
    for (one, a), (other, b) in itertools.combinations(seen, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        along = min(a.y1, b.y1) - max(a.y0, b.y0)
        touching = across > 2 and along > 0.3 * min(a.height, b.height)
        assert not touching, f"{one.get_text()!r} lies on {other.get_text()!r}"


@pytest.mark.parametrize("name", PLOTS)
def test_every_picture_has_its_words(name):
    made = drawn(name)
    words = alt_text(made.whole if isinstance(made, Film) else made)
    assert len(words) > 30
    assert words.endswith(".")
    assert any(letter.isdigit() for letter in words)


def test_every_row_names_a_public_function():
    plots = import_module("whygrad.plots")
    for row in PLOTS.values():
        assert callable(getattr(plots, row.function)), row.name
        assert len(row.about) < 80


def test_the_listing_has_every_row_once():
    lines = [line.split()[0] for line in listing() if line.startswith("  ")]
    assert sorted(lines) == sorted(PLOTS)


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(SettingError, match='did you mean "boundary"'):
        plot_named("bondary")


@pytest.mark.parametrize("name", ["boundary", "confusion", "mistakes", "hidden-film", "boundary-film"])
def test_pictures_of_classes_refuse_numbers(name):
    with pytest.raises(SettingError, match="is for classes"):
        PLOTS[name].draw(subject("sine", samples=80))


def test_a_fit_refuses_classes():
    with pytest.raises(SettingError, match="is for numbers"):
        PLOTS["fit"].draw(subject("moons", samples=80))
