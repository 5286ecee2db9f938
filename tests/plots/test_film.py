"""Films: as long as they should be, with the colours they should have, and only what moves drawn anew."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from whygrad.errors import DataError, SettingError
from whygrad.plots import class_grid, landscape, layer_flow
from whygrad.plots.film import HOLD, Film, _cells, encode, pictures, shared_palette
from whygrad.plots.films import boundary_film, flow_film, landscape_film, loss_film
from whygrad.plots.hidden import bent
from whygrad.plots.style import axes, figure

from .subjects_for_tests import Halves, history, recorded

SQUARE = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]])


def seconds(path):
    with Image.open(path) as image:
        return sum(frame.info["duration"] for frame in ImageSequence.Iterator(image)) / 1000


def walking_dot(frames=6):
    whole = figure(2, 2)
    whole.set_dpi(50)
    ax = axes(whole.add_subplot())
    (dot,) = ax.plot([0], [0], "o", color="#D55E00", markersize=12)
    ax.set_xlim(-1, frames)

    def show(k):
        dot.set_data([k], [0])
        return [dot]

    return Film(whole, frames, show, fps=10)


def test_a_gif_lasts_as_long_as_its_frames_and_holds_the_last(tmp_path):
    film = walking_dot()
    path = film.save(tmp_path / "a.gif")
    assert seconds(path) == pytest.approx(5 * 0.1 + HOLD) == film.seconds
    with Image.open(path) as image:
        assert image.size == (100, 100)
        assert image.info["loop"] == 0


def test_frames_that_are_alike_still_take_their_time(tmp_path):
    film = walking_dot()
    still = Film(film.whole, 6, lambda k: film.show(0), fps=10)
    assert seconds(still.save(tmp_path / "a.gif")) == pytest.approx(5 * 0.1 + HOLD)


def test_each_frame_is_what_a_whole_drawing_would_be():
    film = walking_dot()
    frames = list(pictures(film))
    assert len(frames) == 6
    for k in (0, 3, 5):
        other = walking_dot()
        alone = Film(other.whole, 1, lambda _, k=k, other=other: other.show(k))
        assert np.array_equal(frames[k], next(iter(pictures(alone))))
    assert not np.array_equal(frames[0], frames[3])


def test_webp_has_every_frame_as_it_was(tmp_path):
    film = walking_dot()
    path = film.save(tmp_path / "a.webp")
    with Image.open(path) as image:
        image.seek(3)
        shown = np.asarray(image.convert("RGB"))
    assert np.array_equal(shown, list(pictures(walking_dot()))[3][..., :3])


def test_unknown_formats_and_missing_encoders_are_refused(tmp_path, monkeypatch):
    with pytest.raises(SettingError, match="cannot be written"):
        walking_dot().save(tmp_path / "a.avi")
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(SettingError, match="no encoder for MP4"):
        walking_dot().save(tmp_path / "a.mp4")
    assert not list(tmp_path.iterdir())
    with pytest.raises(DataError):
        encode([], 10)


def test_a_frame_may_not_bring_new_artists():
    film = walking_dot()
    ax = film.whole.axes[0]
    bad = Film(film.whole, 2, lambda k: film.show(k) if k == 0 else [ax.plot([0], [0])[0]])
    with pytest.raises(DataError, match="the same artists"):
        list(pictures(bad))


def test_few_colours_are_kept_exactly_and_rare_ones_are_not_lost():
    frame = np.full((60, 60, 3), 255, np.uint8)
    frame[:, 30:] = (0, 114, 178)
    frame[5:8, 5:8] = (213, 94, 0)
    palette = shared_palette([frame])[0]
    colours = {tuple(colour) for colour in palette.tolist()}
    assert {(255, 255, 255), (0, 114, 178), (213, 94, 0)} <= colours
    data = encode([frame, frame[::-1]], 10)
    import io

    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), frame)


def test_cells_are_the_same_with_opacity_and_without():
    frame = np.random.default_rng(0).integers(0, 256, (9, 7, 4), np.uint8)
    assert np.array_equal(_cells(frame), _cells(frame[..., :3]))


def test_the_boundary_moves_and_classes_keep_their_colours():
    class Moving(Halves):
        shift = 0.0

        def predict_proba(self, X):
            return super().predict_proba(np.asarray(X) - self.shift)

    network, grids = Moving(), []
    for network.shift in (-0.5, 0.0, 0.5):
        grids.append(class_grid(network, SQUARE, points=30))
    film = boundary_film(grids, [0, 0, 1, 1], [0, 1, 2])
    frames = [frame[..., :3].astype(int) for frame in pictures(film)]
    blue = [int((np.abs(f - (113, 176, 211)).sum(axis=2) < 40).sum()) for f in frames]
    assert blue[0] < blue[1] < blue[2]
    for colour in ((0, 114, 178), (213, 94, 0)):
        assert all((np.abs(f - colour).sum(axis=2) < 40).any() for f in frames)


def test_other_films_have_the_frames_they_should():
    network, recorder, data = recorded()
    assert loss_film(network.history).frames == 20
    assert loss_film(history([1.0] * 500)).frames == 100
    found = landscape(network, data.X, data.y, recorder.path, points=9)
    assert landscape_film(found).frames == 21
    assert flow_film(layer_flow(network.history)).frames == 20
    with pytest.raises(DataError, match="no path"):
        landscape_film(landscape(network, data.X, data.y, points=5))


def test_the_plane_in_a_hidden_layer_is_seen_from_one_side():
    _, recorder, data = recorded()
    found = bent(recorder, data.X, data.y, side=5)
    assert len(found.rows) == len(found.mesh) == len(found.epochs) == 21
    assert found.rows[0].shape == (80, 2)
    assert found.mesh[0].shape == (25, 2)
    with pytest.raises(DataError, match="a plane is bent"):
        bent(recorder, np.ones((3, 5)), [0, 1, 0])
