"""A few pictures as they should look: small, and with room for another version of matplotlib.

To make them anew after a change that is wanted: python -m tests.plots.test_references
"""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from whygrad.nn import Dense, Sequential, Tanh
from whygrad.plots import activation_functions, decision_boundary, loss_curve, network_architecture, picture

from .subjects_for_tests import Halves, history

FOLDER = Path(__file__).parent / "reference"
TOLERANCE = 6.0  # mean difference of a pixel, of 255


def _network():
    network = Sequential([Dense(2, 3, rng=0), Tanh(), Dense(3, 1, rng=1)])
    network.vector = np.linspace(-2, 2, len(network.vector))
    return network


def _boundary():
    points = np.random.default_rng(0).normal(size=(60, 2))
    return decision_boundary(Halves(), points, points[:, 0] > 0.2)


PICTURES = {
    "activations": lambda: activation_functions(["tanh", "relu"]),
    "architecture": lambda: network_architecture(_network()),
    "boundary": _boundary,
    "loss": lambda: loss_curve(history([4 / k for k in range(1, 30)], [5 / k for k in range(1, 30)])),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_look_as_they_should(name):
    with Image.open(io.BytesIO(picture(PICTURES[name](), dpi=50))) as image:
        now = np.asarray(image.convert("RGB"), float)
    with Image.open(FOLDER / f"{name}.png") as image:
        then = np.asarray(image.convert("RGB"), float)
    assert np.abs(np.subtract(now.shape, then.shape)).max() <= 2
    height, width = (min(a, b) for a, b in zip(now.shape[:2], then.shape[:2], strict=True))
    assert np.abs(now[:height, :width] - then[:height, :width]).mean() < TOLERANCE


if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (FOLDER / f"{name}.png").write_bytes(picture(draw(), dpi=50))
