"""One look for all: colours that everybody can tell apart, text that can be read, nothing of pyplot."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from whygrad.errors import SettingError
from whygrad.plots import style
from whygrad.plots.style import CLASS_COLOURS, DASHES, MARKERS

from .colour_vision import SIMULATIONS, distance, seen


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [  # from the test data of Sharma, Wu and Dalal
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ],
)
def test_the_distance_is_that_of_its_authors(one, other, expected):
    assert distance(one, other) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("simulation", SIMULATIONS)
def test_class_colours_can_be_told_apart(simulation):
    apart = [
        distance(seen(a, simulation), seen(b, simulation))
        for a, b in itertools.combinations(CLASS_COLOURS, 2)
    ]
    assert min(apart) >= 15


def test_without_colour_markers_and_dashes_differ():
    styles = [style.class_style(k)["marker"] for k in range(len(MARKERS))]
    assert len(set(styles)) == len(styles) >= 10
    assert len({str(dash) for dash in DASHES}) == len(DASHES) >= 4


def test_numbers_are_gaps_where_they_are_none():
    assert np.array_equal(style.numbers([1, None, np.inf, 2]), [1, np.nan, np.nan, 2], equal_nan=True)


def test_words_are_in_the_file(tmp_path):
    ax = style.axes()
    style.describe(ax, "two  points")
    path = style.save(ax, tmp_path / "a.png")
    assert Image.open(path).text["Description"] == "two points"
    assert "two points" in style.save(ax, tmp_path / "a.svg").read_text()


def test_the_same_picture_is_the_same_file():
    pictures = [style.picture(style.axes(), "png") for _ in range(2)]
    assert pictures[0] == pictures[1]


def test_unknown_formats_are_refused(tmp_path):
    with pytest.raises(SettingError, match=r"cannot be written as a\.txt"):
        style.save(style.axes(), tmp_path / "a.txt")
    assert not list(tmp_path.iterdir())


def test_pyplot_is_never_loaded_and_no_display_is_needed(tmp_path):
    program = (
        "import sys, os; os.environ.pop('DISPLAY', None)\n"
        "from whygrad.cli import main\n"
        "assert main(['plot', 'activations', '--output', 'a.png']) == 0\n"
        "assert main(['plot', 'boundary-film', 'moons', '--samples', '40', '--epochs', '3']) == 0\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True)
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "boundary-film.gif"}
