"""The study in seven phases: every file is there and right, phases run alone, and odd results are said."""

import json
import math
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image, ImageSequence

from whygrad import NeuralNetwork
from whygrad.data import load, split
from whygrad.errors import DataError, SettingError
from whygrad.plots.film import HOLD
from whygrad.studies.seven_phases import PhaseReport, run_seven_phases
from whygrad.studies.seven_phases.course import Course, learn
from whygrad.studies.seven_phases.phase_4 import snapshot
from whygrad.studies.seven_phases.plan import Plan, Recipe
from whygrad.studies.seven_phases.running import run_plan
from whygrad.studies.seven_phases.study import Study, untrained

DYNAMICS, BOUNDARY = "plots/phase_4_training_dynamics", "plots/phase_5_decision_boundary"
LISTED = [
    "index.html",
    "data/parameters.npy",
    "data/loss_per_epoch.csv",
    "code/setup_dataset.py",
    "code/forward_pass.py",
    "code/backprop.py",
    "code/training_loop.py",
    f"{DYNAMICS}/main/loss_curve.png",
    f"{DYNAMICS}/all_epochs/epoch_000_loss.png",
    f"{DYNAMICS}/all_epochs/epoch_240_loss.png",
    f"{DYNAMICS}/all_epochs/epoch_499_loss.png",
    f"{DYNAMICS}/loss_evolution.gif",
    f"{BOUNDARY}/main/decision_boundary_epoch_0.png",
    f"{BOUNDARY}/main/decision_boundary_epoch_240.png",
    f"{BOUNDARY}/main/decision_boundary_epoch_340.png",
    f"{BOUNDARY}/main/decision_boundary_epoch_499.png",
    f"{BOUNDARY}/main/final_predictions.png",
    f"{BOUNDARY}/decision_boundary.gif",
    "plots/phase_6_variations/loss_and_boundary.gif",
    "plots/phase_6_variations/main/activations_loss.png",
    "plots/phase_6_variations/main/learning_rates_boundaries.png",
    "plots/phase_6_variations/main/spirals_boundaries.png",
]
DATA = split(load("moons", samples=400, noise=0.2, seed=0), test_size=0.25, seed=0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All phases, run once, with comparisons on fewer seeds."""
    folder = tmp_path_factory.mktemp("study") / "seven"
    heard = []
    reports = run_plan(folder, None, Plan(seeds=3), heard.append)
    return folder, reports, heard


@pytest.fixture
def begun(whole, tmp_path):
    """A copy of it, to do harm to."""
    return shutil.copytree(whole[0], tmp_path / "copy")


def forward(vector, X):
    """The network 2-16-1 once more, in plain NumPy: logits and hidden activations."""
    hidden = np.tanh(X @ vector[:32].reshape(2, 16) + vector[32:48])
    return hidden @ vector[48:64] + vector[64], hidden


def loss_of(vector, X=DATA.X_train, y=DATA.y_train):
    z = forward(vector, X)[0]
    return float(np.mean(np.logaddexp(0, z) - y * z))


def right_of(vector, X, y):
    return int(np.count_nonzero((forward(vector, X)[0] > 0) == (y == 1)))


def gradient_of(vector):
    z, hidden = forward(vector, DATA.X_train)
    dz = ((1 / (1 + np.exp(-z)) - DATA.y_train) / len(z))[:, None]
    dhidden = dz @ vector[None, 48:64] * (1 - hidden**2)
    parts = DATA.X_train.T @ dhidden, dhidden.sum(0), hidden.T @ dz, dz.sum(0)
    return np.concatenate([part.ravel() for part in parts])


def description(path):
    with Image.open(path) as image:
        return image.info["Description"]


# ---------------------------------------------------------------------------------------------------------
# Every file, and the numbers in it
# ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", LISTED)
def test_every_file_is_where_it_is_looked_for(whole, name):
    path = whole[0] / name
    assert path.stat().st_size > 100
    if path.suffix in (".png", ".gif"):
        with Image.open(path) as image:
            image.load()


@pytest.mark.slow
def test_reports_list_what_is_there(whole):
    folder, reports, _ = whole
    assert [report.number for report in reports] == list(range(7))
    listed = {name for report in reports for name in report.files}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    cards = {f"data/phase_{k}.json" for k in range(7)}
    assert there - listed == {"index.html", "seven_phases.json", *cards}
    assert not listed - there
    for report in reports:
        assert report.did
        assert report.findings
        assert report.question.endswith("?")
        assert all([sentence.endswith(".") for sentence in (*report.did, *report.findings)])
        assert {picture.path for picture in report.pictures} == {
            name for name in report.files if name.startswith("plots/")
        }


@pytest.mark.slow
def test_parameters_of_each_phase(whole):
    data = whole[0] / "data"
    start, stepped, last = [np.load(data / f"phase_{k}_parameters.npy") for k in (0, 2, 3)]
    assert np.array_equal(start, NeuralNetwork([2, 16, 1], activation="tanh", seed=0).network.vector)
    gradient = gradient_of(start)
    np.testing.assert_allclose(np.load(data / "gradient.npy"), gradient, rtol=0, atol=1e-14)
    np.testing.assert_allclose(stepped, start - 1.0 * gradient, rtol=0, atol=1e-14)
    vectors = np.load(data / "parameters_by_epoch.npy")
    assert vectors.shape == (501, 65)
    assert np.array_equal(vectors[0], start)
    np.testing.assert_allclose(vectors[1], stepped, rtol=0, atol=1e-14)
    np.testing.assert_allclose(vectors[340], vectors[339] - gradient_of(vectors[339]), rtol=0, atol=1e-13)
    assert np.array_equal(vectors[500], last)
    assert np.array_equal(np.load(data / "parameters.npy"), last)


@pytest.mark.slow
def test_losses_of_each_epoch(whole):
    data = whole[0] / "data"
    course = Course.from_csv((data / "loss_per_epoch.csv").read_text())
    vectors = np.load(data / "parameters_by_epoch.npy")
    assert len(course) == 500
    for epoch in (0, 1, 240, 340, 499):
        vector = vectors[epoch]
        assert course.loss[epoch] == pytest.approx(loss_of(vector), abs=1e-13)
        assert course.test_loss[epoch] == pytest.approx(loss_of(vector, DATA.X_test, DATA.y_test), abs=1e-13)
        assert course.accuracy[epoch] == right_of(vector, DATA.X_train, DATA.y_train) / 300
        assert course.test_accuracy[epoch] == right_of(vector, DATA.X_test, DATA.y_test) / 100
        assert course.gradient_norm[epoch] == pytest.approx(np.linalg.norm(gradient_of(vector)), abs=1e-13)
    before, after = re.findall(r": ([\d.]+)$", (data / "backpropagation.txt").read_text(), re.MULTILINE)
    assert [float(before), float(after)] == pytest.approx(course.loss[:2].tolist(), abs=1e-15)


@pytest.mark.slow
def test_the_forward_pass_is_written_out_and_said(whole):
    folder, _, heard = whole
    text = (folder / "data" / "forward_pass.txt").read_text()
    vector = np.load(folder / "data" / "phase_0_parameters.npy")
    z, hidden = forward(vector, DATA.X_train)
    blocks = re.findall(r"rows:\n(\[\[.*?\]\])", text, re.DOTALL)
    found = [np.array(block.replace("[", " ").replace("]", " ").split(), float) for block in blocks]
    first = DATA.X_train[:4] @ vector[:32].reshape(2, 16) + vector[32:48]
    for values, expected in zip(found, (first, hidden[:4], z[:4], 1 / (1 + np.exp(-z[:4]))), strict=True):
        np.testing.assert_allclose(values, expected.ravel(), rtol=0, atol=6e-9)
    assert float(text.split()[-1]) == pytest.approx(loss_of(vector), abs=1e-14)
    assert all([line in heard for line in text.splitlines()])


@pytest.mark.slow
def test_the_data_are_kept(whole):
    rows = [line.split(",") for line in (whole[0] / "data" / "dataset.csv").read_text().splitlines()[1:]]
    train = [row for row in rows if row[3] == "train"]
    assert np.array_equal(np.array([row[:2] for row in train], float), DATA.X_train)
    assert [int(row[2]) for row in train] == DATA.y_train.tolist()
    assert len(rows) == 400


@pytest.mark.slow
@pytest.mark.parametrize("epoch", [0, 240, 499])
def test_snapshots_show_their_epoch_and_its_loss(whole, epoch):
    folder = whole[0]
    course = Course.from_csv((folder / "data" / "loss_per_epoch.csv").read_text())
    title = f"Epoch {epoch}: loss {course.loss[epoch]:.4f}"
    ax = snapshot(course, epoch)
    assert ax.get_title(loc="left") == title
    line, _, dot = ax.get_lines()
    assert len(line.get_xdata()) == epoch + 1
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (epoch, course.loss[epoch])
    assert description(folder / f"{DYNAMICS}/all_epochs/epoch_{epoch:03d}_loss.png").startswith(title)
    boundary = description(folder / f"{BOUNDARY}/main/decision_boundary_epoch_{epoch}.png")
    assert boundary.startswith(f"{title}, {100 * course.accuracy[epoch]:.1f} % right of the training rows.")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        f"{DYNAMICS}/loss_evolution.gif",
        f"{BOUNDARY}/decision_boundary.gif",
        "plots/phase_6_variations/loss_and_boundary.gif",
    ],
)
def test_films_have_their_frames(whole, name):
    with Image.open(whole[0] / name) as image:
        frames = [
            (frame.info["duration"], np.array(frame.convert("RGB")))
            for frame in ImageSequence.Iterator(image)
        ]
    # a hundred frames at 20 a second, the last one held; frames that are alike are stored once
    assert sum([duration for duration, _ in frames]) == pytest.approx(99 * 50 + 1000 * HOLD)
    assert 90 <= len(frames) <= 100
    assert (frames[0][1] != frames[-1][1]).any(axis=2).mean() > 0.005


@pytest.mark.slow
def test_the_final_predictions_are_counted(whole):
    vector = np.load(whole[0] / "data" / "parameters.npy")
    right = right_of(vector, DATA.X_test, DATA.y_test)
    said = " ".join(whole[1][5].findings)
    assert f"{right} of 100 test rows are right: {right:.1f} %" in said
    assert f"{100 - right} in the wrong one" in description(
        whole[0] / f"{BOUNDARY}/main/final_predictions.png"
    )


@pytest.mark.slow
def test_comparisons_follow_from_their_files(whole):
    folder, reports, _ = whole
    for name, start in (
        ("activations", "Activations"),
        ("learning_rates", "Learning"),
        ("spirals", "Networks"),
    ):
        lines = [line.split(",") for line in (folder / f"data/{name}.csv").read_text().splitlines()[1:]]
        assert {int(line[1]) for line in lines} == set(range(3))
        losses = {}
        for setting, _, _, _, test_loss, _ in lines:
            losses.setdefault(setting, []).append(float(test_loss))
        best = min(losses, key=lambda setting: np.mean(losses[setting]))
        (said,) = [sentence for sentence in reports[6].findings if sentence.startswith(start)]
        assert re.search(rf"{best} has the lowest mean test loss", said)
        for setting, values in losses.items():
            if setting != best:
                lead = float(re.search(rf"{setting} \(([\d.]+) behind", said)[1])
                assert lead == pytest.approx(np.mean(values) - np.mean(losses[best]), rel=5e-3)


@pytest.mark.slow
def test_the_first_trial_of_a_comparison_is_the_network_of_phase_3(whole):
    # the same data, the same weights, the same steps
    vector = np.load(whole[0] / "data" / "parameters.npy")
    for name, setting in (("activations", "tanh"), ("learning_rates", "1")):
        text = (whole[0] / f"data/{name}.csv").read_text()
        (line,) = [line for line in text.splitlines() if line.startswith(f"{setting},0,")]
        assert float(line.split(",")[4]) == pytest.approx(
            loss_of(vector, DATA.X_test, DATA.y_test), abs=1e-13
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["setup_dataset", "forward_pass", "backprop", "training_loop"])
def test_scripts_run_alone_and_give_the_same_numbers(whole, begun, tmp_path, name):
    command = [sys.executable, "-W", "error", str(begun / "code" / f"{name}.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert not done.stderr
    data = whole[0] / "data"
    vectors = np.load(data / "parameters_by_epoch.npy")
    losses = [float(text) for text in re.findall(r"loss[^:\n]*?:? (\d\.\d+)$", done.stdout, re.MULTILINE)]
    if name == "setup_dataset":
        weights = re.findall(r"-?\d+\.\d+", done.stdout.split("W2")[1].split("b2")[0])
        np.testing.assert_allclose(np.array(weights, float), vectors[0][48:64], atol=5e-9)
        assert "300 rows to learn from, 100 for tests" in done.stdout
    elif name == "forward_pass":
        assert losses == pytest.approx([loss_of(vectors[0])], abs=1e-12)
    elif name == "backprop":
        assert losses == pytest.approx([loss_of(vectors[0]), loss_of(vectors[1])], abs=1e-12)
    else:
        shown = [0, 100, 200, 240, 300, 400, 499, 500]
        assert losses == pytest.approx([loss_of(vectors[epoch]) for epoch in shown], abs=1e-10)
        assert f"right: {right_of(vectors[500], DATA.X_test, DATA.y_test)} of 100" in done.stdout


# ---------------------------------------------------------------------------------------------------------
# The page
# ---------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Headings, list items, sources of images; and whether every element that opens is closed."""

    EMPTY = frozenset(["meta", "link", "img"])

    def __init__(self, text):
        super().__init__()
        self.open, self.headings, self.items, self.images = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag in self.EMPTY:
            if tag == "img":
                self.images.append(dict(attrs))
            return
        self.open.append(tag)
        if tag in ("h2", "li"):
            (self.headings if tag == "h2" else self.items).append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "h2" in self.open:
            self.headings[-1] += data
        elif "li" in self.open:
            self.items[-1] += data


@pytest.mark.slow
def test_the_page_holds_all_phases_in_order(whole):
    folder, reports, _ = whole
    text = (folder / "index.html").read_text()
    page = Page(text)
    assert not page.open
    assert page.headings == [f"Phase {report.number}: {report.title}" for report in reports]
    for report in reports:
        assert set(report.findings) | set(report.did) <= set(page.items)
    assert len(page.images) == sum([len(report.pictures) for report in reports])
    assert all([image["alt"] and image["src"].startswith("data:image/") for image in page.images])
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", text)
    assert "holds the parameters as phase 3 left them" in text


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(whole, tmp_path):
    run_plan(tmp_path / "again", [2, 4, 5], Plan(seeds=3))
    for path in sorted((tmp_path / "again").rglob("*")):
        name = path.relative_to(tmp_path / "again")
        if path.is_file() and name.as_posix() != "index.html":
            assert path.read_bytes() == (whole[0] / name).read_bytes(), name


# ---------------------------------------------------------------------------------------------------------
# Phases alone
# ---------------------------------------------------------------------------------------------------------


def test_a_phase_runs_what_it_needs_first_and_says_so(tmp_path):
    heard = []
    reports = run_seven_phases(tmp_path / "new" / "study", [1], say=heard.append)
    assert [report.number for report in reports] == [0, 1]
    assert "phase 1 needs phase 0, which has not been run here: it comes first" in heard
    page = Page((tmp_path / "new" / "study" / "index.html").read_text())
    assert page.headings == ["Phase 0: Data and first parameters", "Phase 1: Forward pass"]
    assert "Training dynamics: not run yet" in page.items
    again = run_seven_phases(tmp_path / "new" / "study", [2], say=heard.append)
    assert [report.number for report in again] == [2]
    assert heard.count("phase 0: Data and first parameters") == 1
    text = (tmp_path / "new" / "study" / "index.html").read_text()
    assert "holds the parameters as phase 2 left them" in text


def test_phases_run_in_order_and_once(tmp_path):
    reports = run_seven_phases(str(tmp_path), [2, 1, 0, 2])
    assert [report.number for report in reports] == [0, 1, 2]


def test_another_seed_gives_other_numbers(tmp_path):
    for seed in (0, 7):
        run_seven_phases(tmp_path / str(seed), [0], seed=seed)
    first, second = [np.load(tmp_path / name / "data/parameters.npy") for name in ("0", "7")]
    assert not np.array_equal(first, second)
    assert "SEED = 7" in (tmp_path / "7" / "code/setup_dataset.py").read_text()


@pytest.mark.slow
def test_what_is_missing_is_made_again(begun):
    (begun / "data/parameters_by_epoch.npy").unlink()
    (begun / "data/phase_0.json").unlink()
    (begun / "data/phase_0_parameters.npy").unlink()
    reports = run_plan(begun, [5], Plan(seeds=3))
    assert [report.number for report in reports] == [0, 3, 5]
    assert (begun / "data/parameters_by_epoch.npy").exists()


@pytest.mark.slow
def test_a_damaged_report_is_as_none(begun):
    (begun / "data/phase_6.json").write_text('{"number": 6')
    run_plan(begun, [1], Plan(seeds=3))
    assert "Variations: not run yet" in Page((begun / "index.html").read_text()).items


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content", "received"),
    [
        ("data/loss_per_epoch.csv", b"epoch,loss\n0,1\n", "the first line"),
        ("data/parameters_by_epoch.npy", b"\x93NUMPY", "EOF|magic|header"),
        ("data/phase_3_parameters.npy", b"", "EOF|No data|magic"),
    ],
)
def test_a_damaged_file_is_named(begun, name, content, received):
    (begun / name).write_bytes(content)
    with pytest.raises(DataError, match=name.rpartition("/")[2]) as caught:
        run_plan(begun, [5], Plan(seeds=3))
    assert re.search(received, str(caught.value))


@pytest.mark.slow
def test_parameters_of_another_shape_are_refused(begun):
    np.save(begun / "data/parameters_by_epoch.npy", np.zeros((3, 65)))
    with pytest.raises(DataError, match=r"shape \(501, 65\)"):
        run_plan(begun, [5], Plan(seeds=3))
    wrong = np.zeros((501, 65))
    wrong[3, 3] = np.nan
    np.save(begun / "data/parameters_by_epoch.npy", wrong)
    with pytest.raises(DataError, match="finite numbers"):
        run_plan(begun, [5], Plan(seeds=3))


# ---------------------------------------------------------------------------------------------------------
# Folders and settings that cannot be
# ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phases", [[7], [-1], [], [True], ["4"], [0, 2.5]])
def test_phases_that_are_none(tmp_path, phases):
    with pytest.raises(SettingError, match=r"there is no phase.*\n.*0 \(data and first parameters\)"):
        run_seven_phases(tmp_path / "study", phases)
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize("seed", [-1, 0.5, "1", None])
def test_seeds_that_are_none(tmp_path, seed):
    with pytest.raises(SettingError, match="seed"):
        run_seven_phases(tmp_path / "study", seed=seed)


def test_a_folder_holds_one_seed(tmp_path):
    run_seven_phases(tmp_path, [0])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(SettingError, match=r"another seed\n  expected: seed 0\n  received: 1"):
        run_seven_phases(tmp_path, [0], seed=1)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(DataError, match=r"is not empty\n.*\n  received: index.html"):
        run_seven_phases(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    assert (tmp_path / "index.html").read_text() == "mine"


@pytest.mark.parametrize("place", ["study", "study/below"])
def test_a_file_in_place_of_the_folder(tmp_path, place):
    (tmp_path / "study").write_text("a file")
    with pytest.raises(DataError, match="cannot make the folder"):
        run_seven_phases(tmp_path / place)


def test_a_file_in_place_of_a_folder_within(tmp_path):
    run_seven_phases(tmp_path, [0])
    shutil.rmtree(tmp_path / "plots")
    (tmp_path / "plots").write_text("a file")
    with pytest.raises(DataError, match=r"cannot make the folder .*plots/phase_0_setup/main"):
        run_seven_phases(tmp_path, [0])


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    with pytest.raises(
        DataError, match=r"cannot write .*seven_phases\.json\n  received: No space left on device"
    ):
        run_seven_phases(tmp_path / "study")


def test_a_card_that_is_no_card(tmp_path):
    (tmp_path / "seven_phases.json").write_text("[1, 2")
    with pytest.raises(DataError, match=r"cannot read .*seven_phases\.json"):
        run_seven_phases(tmp_path)
    (tmp_path / "seven_phases.json").write_text("[1, 2]")
    with pytest.raises(DataError, match=r"cannot read .*seven_phases\.json"):
        run_seven_phases(tmp_path)


def test_ctrl_c_ends_the_study(tmp_path, monkeypatch):
    def pressed(*args):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("whygrad.plots.recording.Recorder.__call__", pressed)
    with pytest.raises(KeyboardInterrupt):
        run_seven_phases(tmp_path, [3])
    assert not (tmp_path / "data/phase_3.json").exists()
    assert not (tmp_path / "data/loss_per_epoch.csv").exists()


# ---------------------------------------------------------------------------------------------------------
# Odd results
# ---------------------------------------------------------------------------------------------------------


def planted(**settings):
    return Plan(recipe=replace(Recipe(), **settings), rates=(1.0,), seeded_rates=(1.0,), seeds=2)


def test_a_step_that_raises_the_loss_is_said_to(tmp_path):
    (report,) = run_plan(tmp_path, [2], planted(learning_rate=300.0))[1:]
    start = np.load(tmp_path / "data/phase_0_parameters.npy")
    before, after = loss_of(start), loss_of(start - 300.0 * gradient_of(start))
    assert after > before  # as planted
    said = " ".join(report.findings)
    assert f"did not lower the loss: it rose from {before:.6f} to {after:.6f}" in said
    assert "the step was too long" in said
    assert "lowered the loss" not in said


def test_a_step_that_is_short_follows_the_slope(tmp_path):
    (report,) = run_plan(tmp_path, [2], planted(learning_rate=1e-3))[1:]
    assert any(["nearly a straight line" in sentence for sentence in report.findings])


@pytest.mark.slow
def test_training_that_learns_nothing_is_said_to(tmp_path):
    reports = run_plan(tmp_path, [3, 4, 5], planted(learning_rate=1e-7))
    said = {report.number: " ".join(report.findings) for report in reports}
    assert "next to nothing was learned" in said[3]
    assert "Accuracy rose in none of these intervals." in said[4]
    assert "Accuracy rose in none of these intervals." in said[5]


@pytest.mark.slow
def test_training_that_diverges_ends_where_it_does(tmp_path):
    rates = (1.0, 1e160)
    recipe = Recipe(activation="relu", learning_rate=1e160)
    plan = Plan(recipe=recipe, rates=rates, seeded_rates=rates, seeds=2)
    reports = run_plan(tmp_path, None, plan)
    said = {report.number: " ".join(report.findings) for report in reports}
    epochs = len(Course.from_csv((tmp_path / "data/loss_per_epoch.csv").read_text()))
    assert epochs < 240  # as planted
    assert "training diverged" in said[3]
    assert f"Learning rate 1e+160 diverged: no loss after epoch {epochs - 1}." in said[4]
    assert not (tmp_path / f"{DYNAMICS}/all_epochs/epoch_240_loss.png").exists()
    assert "learning rate 1e+160 diverged on 2 of 2 seeds, and is not compared." in said[6]
    Page((tmp_path / "index.html").read_text())


@pytest.mark.slow
def test_a_start_that_is_no_guess_is_said_to_be(tmp_path):
    for seed in (1, 2):
        first, report = run_seven_phases(tmp_path / str(seed), [1], seed=seed)
        assert first.number == 0
        data = split(load("moons", samples=400, noise=0.2, seed=seed), test_size=0.25, seed=seed)
        vector = np.load(tmp_path / str(seed) / "data/parameters.npy")
        loss = loss_of(vector, data.X_train, data.y_train)
        side = "above" if loss > math.log(2) else "below"
        assert f"It is {abs(loss - math.log(2)):.5f} {side} that" in report.findings[0]
        assert ("as good as guessing" in report.findings[0]) == (abs(loss - math.log(2)) <= 0.01)


def test_a_run_that_breaks_off_keeps_what_it_has():
    plan = planted(activation="relu", learning_rate=1e160)
    network = untrained(plan.recipe, 0, DATA)
    found = learn(network, DATA, 1e160, 500)
    assert found.failure is not None
    assert len(found.vectors) == len(found.course) + 1


def test_reports_read_back(tmp_path):
    for report in run_seven_phases(tmp_path, [0, 2]):
        text = (tmp_path / f"data/phase_{report.number}.json").read_text()
        assert PhaseReport.from_json(text) == report
    settings = json.loads((tmp_path / "seven_phases.json").read_text())
    assert settings["seed"] == 0
    assert settings["recipe.layers"] == [2, 16, 1]


def test_courses_are_kept_whole():
    with pytest.raises(ValueError, match="first line"):
        Course.from_csv("")
    good = Course.of_losses([0.7, 0.6]).to_csv()
    assert Course.from_csv(good).loss.tolist() == [0.7, 0.6]
    with pytest.raises(ValueError, match="lines are missing"):
        Course.from_csv("\n".join([line for line in good.splitlines() if not line.startswith("0,")]))


def test_a_study_says_nothing_of_its_own(capsys, tmp_path):
    study = Study(tmp_path, Plan(), lambda text: None)
    assert len(study.data.X_train) == 300
    run_seven_phases(tmp_path, [1])
    assert capsys.readouterr() == ("", "")
