"""Films: as long as they should be, with the colours they should have, and only what moves drawn anew."""

import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image, ImageSequence

from whygrad.errors import DataError, SettingError
from whygrad.plots import class_grid, landscape, layer_flow
from whygrad.plots.film import (
    HOLD,
    Backdrop,
    Film,
    Lid,
    _cells,
    _places,
    _stretched,
    encode,
    pictures,
    shared_palette,
)
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


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="MP4 needs ffmpeg")
def test_mp4_has_every_frame_and_holds_the_last(tmp_path):
    path = walking_dot().save(tmp_path / "a.mp4", dpi=50.5)  # 101 pixels: H.264 takes 100
    decode = ["ffmpeg", "-loglevel", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    data = subprocess.run(decode, capture_output=True, check=True).stdout
    films = list(pictures(walking_dot(), dpi=50.5))
    height, width = (size - size % 2 for size in films[0].shape[:2])
    decoded = np.frombuffer(data, np.uint8).reshape(-1, height, width, 3).astype(int)
    assert len(decoded) == 6 + round(HOLD * 10)
    for k, frame in enumerate(films):
        assert np.abs(decoded[k] - frame[:height, :width, :3]).mean() < 6
    assert np.abs(decoded[-1] - decoded[5]).mean() < 2
    assert (
        np.abs(decoded[0] - decoded[5]).mean() > 2 * np.abs(decoded[0] - films[0][:height, :width, :3]).mean()
    )


@pytest.mark.parametrize("name", ["a.avi", "a", "a.png", "a.gif.txt"])
def test_a_wrong_suffix_says_which_there_are(tmp_path, name):
    with pytest.raises(SettingError) as caught:
        walking_dot().save(tmp_path / name)
    assert ".gif, .webp, .mp4" in str(caught.value)
    assert (name[1:] or "no suffix") in str(caught.value) or ".txt" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_missing_encoder_and_a_film_without_frames_are_refused(tmp_path, monkeypatch):
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


def test_places_in_the_palette_are_those_of_whole_frames():
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (9, 7, 4), np.uint8)]
    for k in range(4):  # a few pixels change, then none
        frames.append(frames[-1].copy())
        frames[-1][k : k + 3, :k] = rng.integers(0, 256, (3, k, 4), np.uint8)
    frames += [frames[-1][:5].copy(), frames[0][..., :3].copy()]
    table = rng.integers(0, 48, 32**3).astype(np.uint8)
    for frame, places in zip(frames, _places(frames, table), strict=True):
        assert np.array_equal(places, table[_cells(frame)])


def test_a_lid_is_laid_over_as_opacity_has_it():
    rng = np.random.default_rng(0)
    image, frame = rng.integers(0, 256, (2, 40, 30, 4), np.uint8)
    frame[..., 3] = 255
    image[:10, :, 3], image[10:20, :, 3] = 0, 255
    share = image[..., 3:] / 255
    expected = image[..., :3] * share + frame[..., :3] * (1 - share)
    Lid(image).put_on(frame)
    assert np.abs(frame[..., :3] - expected).max() <= 0.51
    assert (frame[..., 3] == 255).all()


@pytest.mark.parametrize(("shape", "width", "height"), [((5, 4), 40, 33), ((2, 1), 3, 9), ((7, 7, 3), 7, 20)])
def test_grids_are_stretched_linearly(shape, width, height):
    grid = np.random.default_rng(0).random(shape)
    down, across = np.linspace(0, shape[0] - 1, height), np.linspace(0, shape[1] - 1, width)
    middle = np.stack(
        [np.interp(down, np.arange(shape[0]), column) for column in grid.T.reshape(-1, shape[0])]
    )
    middle = middle.reshape(*grid.T.shape[:-1], height).T
    rows = np.moveaxis(middle, 1, -1)
    flat = rows.reshape(-1, shape[1])
    expected = np.stack([np.interp(across, np.arange(shape[1]), row) for row in flat])
    expected = np.moveaxis(expected.reshape(*rows.shape[:-1], width), -1, 1)
    np.testing.assert_allclose(_stretched(grid, width, height), expected, atol=1e-6)


def test_a_backdrop_is_the_same_in_a_film_and_in_a_vector_file(tmp_path):
    whole = figure(2, 2)
    whole.set_dpi(50)
    whole.set_layout_engine("none")
    ax = whole.add_axes((0.1, 0.2, 0.5, 0.6))
    ax.set_axis_off()
    grid = np.zeros((2, 2, 3))
    grid[1, :, 0] = 1.0  # red above, black below: rows begin at the bottom
    backdrop = Backdrop(ax, grid)
    (frame,) = pictures(Film(whole, 1, lambda k: [backdrop]))
    assert frame[20, 30, :3].tolist() == [255, 0, 0]
    assert frame[79, 30, :3].tolist() == [0, 0, 0]
    assert (frame[:20] == 255).all()
    assert (frame[80:] == 255).all()
    whole.savefig(tmp_path / "a.svg")
    assert "<image" in (tmp_path / "a.svg").read_text(encoding="utf-8")
    ax.set_position((-0.3, -0.2, 1.6, 1.4))  # beyond the figure on all sides
    (frame,) = pictures(Film(whole, 1, lambda k: [backdrop]))
    assert frame[0, :, 0].min() > 200 > 60 > frame[-1, :, 0].max()


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
