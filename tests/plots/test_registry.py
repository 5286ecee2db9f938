"""The table of pictures: what it says, draws and refuses. How pictures look: see test_looks."""

from importlib import import_module

import pytest

from whygrad.errors import SettingError
from whygrad.plots.registry import PLOTS, listing, plot_named

from .subjects_for_tests import subject


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
