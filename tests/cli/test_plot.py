"""``whygrad plot``, ``demo`` and ``train --report``: what they write, and what is said of what cannot be."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from whygrad.cli import main
from whygrad.plots.registry import PLOTS
from whygrad.plots.subjects import Subject, read_history
from whygrad.runs import run
from whygrad.runs.settings import TrainSettings

SMALL = ["--samples", "60", "--epochs", "4", "--layers", "6"]


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def moons():
    """A run folder."""
    settings = TrainSettings(samples=60, epochs=4, layers=(6,), validation_size=0.2)
    run.train("moons", settings, Path("run"))
    return Path("run")


def test_without_a_name_all_are_listed(capsys):
    assert main(["plot"]) == 0
    out = capsys.readouterr().out
    for row in PLOTS.values():
        assert f"  {row.name} " in out
        assert row.about in out


@pytest.mark.parametrize("command", ["plot", "demo"])
def test_help_has_examples(command, capsys):
    assert main([command, "--help"]) == 0
    assert f"whygrad {command}" in capsys.readouterr().out.split("Examples")[1]


def test_a_picture_of_a_run_goes_into_its_folder(moons, capsys):
    assert main(["plot", "loss", "run"]) == 0
    out, err = capsys.readouterr()
    assert out == "run/loss.png\n"
    assert "Loss over 4 epochs" in err
    assert Image.open("run/loss.png").text["Description"] in err


def test_the_history_of_a_run_reads_back(moons):
    history = read_history(moons / "history.csv", "accuracy")
    network = run.train("moons", Subject.of("run").settings).network
    assert history.loss == network.history.loss
    assert history.validation_score == network.history.validation_score


def test_weights_over_time_come_from_the_same_run_again(moons, capsys):
    said = []
    subject = Subject.of("run", say=said.append)
    assert np.array_equal(subject.recorder.vectors[-1], subject.network.network.vector)
    assert len(said) == 1
    assert said[0].startswith("training the same run again")
    assert main(["plot", "boundary-film", "run", "--output", "film.webp"]) == 0
    with Image.open("film.webp") as image:
        assert image.n_frames == 5


def test_weights_that_are_others_are_said(moons):
    said = []
    network = Subject.of("run").network
    network.network.vector = network.network.vector + 1
    network.save(moons / "model.safetensors")
    Subject.of("run", say=said.append).recorder  # noqa: B018 - for what it says
    assert "differ" in said[-1]


def test_a_data_set_is_learned_for_the_picture(capsys):
    assert main(["plot", "landscape", "moons", *SMALL, "--output", "a.svg"]) == 0
    assert "of its variance" in capsys.readouterr().err
    assert Path("a.svg").read_text(encoding="utf-8").startswith("<?xml")


WRONG = {
    "bondary run": (2, 'did you mean "boundary"'),
    "boundary": (2, "boundary needs a run or data with classes"),
    "activations moons": (2, "activations needs nothing"),
    "loss nowhere": (2, "neither a data set nor a file"),
    "loss nowhere.csv": (1, "no file nowhere.csv"),
    "boundary sine --epochs 2": (2, "is for classes"),
    "fit moons --epochs 2": (2, "is for numbers"),
    "loss moons --output a.txt": (2, "cannot be written as a.txt"),
    "loss-film moons --output a.png": (2, "cannot be written as a.png"),
    "activations --dpi 5": (2, "dpi must be"),
    "mistakes moons --epochs 1 --samples 40": (1, "no square images"),
    "hidden-film iris --epochs 1": (1, "a plane is bent"),
    "loss moons --epochs 1 --samples 40 --output no/a.png": (1, "cannot write no/a.png"),
}


@pytest.mark.parametrize("line", WRONG)
def test_what_cannot_be_is_said(line, capsys):
    code, text = WRONG[line]
    assert main(["plot", *line.split()]) == code
    out, err = capsys.readouterr()
    assert text in err
    assert "Traceback" not in err
    assert out == ""


def test_settings_do_not_go_with_a_run(moons, capsys):
    assert main(["plot", "loss", "run", "--epochs", "9"]) == 2
    assert "a run has its own settings" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("history.csv", "", "no epochs"),
        ("history.csv", "epoch,loss\n1,x\n", "damaged"),
        ("model.safetensors", "", "model.safetensors"),
    ],
)
def test_damaged_runs_are_said(moons, capsys, name, text, said):
    (moons / name).write_text(text)
    assert main(["plot", "gradient-flow" if name.startswith("model") else "loss", "run"]) == 1
    assert said in capsys.readouterr().err


class Page(HTMLParser):
    """Images and links of a page."""

    def __init__(self):
        super().__init__()
        self.images, self.others = [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "img":
            self.images.append(given)
        self.others += [given[key] for key in ("src", "href") if key in given]


@pytest.mark.parametrize(("data", "least"), [("moons", 6), ("sine", 4)])
def test_a_report_is_one_page_that_needs_nothing_else(data, least, capsys):
    flags = ["--samples", "60", "--epochs", "4", "--layers", "6", "--report", "--output", "run"]
    assert main(["train", data, *flags]) == 0
    out, err = capsys.readouterr()
    assert "report: run/report.html" in err
    page = Page()
    text = Path("run/report.html").read_text(encoding="utf-8")
    page.feed(text)
    assert len(page.images) == least
    assert all(len(image["alt"]) > 30 for image in page.images)
    assert all(link.startswith("data:") for link in page.others)
    assert not re.search(r"https?://", text)
    assert out.splitlines()[0] in text.replace("&#x27;", "'").replace("&quot;", '"')
    assert "learning rate" in text
    assert "Not drawn" not in text


def test_without_the_flag_there_is_no_report():
    assert main(["train", "moons", *SMALL, "--output", "run"]) == 0
    assert not Path("run/report.html").exists()


@pytest.mark.slow
def test_the_demo_writes_every_file_within_a_minute(capsys):
    assert main(["demo"]) == 0
    out, err = capsys.readouterr()
    expected = {
        "training_results.png",
        "classification_results.png",
        "network_architecture.png",
        "activation_functions.png",
        "loss_landscape.png",
        "gradient_flow.png",
        "figs/backprop_algo_backward.png",
        "loss_evolution.gif",
        "decision_boundary.gif",
        "landscape_walk.gif",
        "hidden_layer.gif",
        "report.html",
    }
    assert {
        path.relative_to("demo").as_posix() for path in Path("demo").rglob("*") if path.is_file()
    } == expected
    assert set(out.split()) == {f"demo/{name}" for name in expected}
    assert int(re.search(r"(\d+) s$", err.strip()).group(1)) < 60


def test_a_demo_that_cannot_be_written_says_so(capsys):
    Path("file").touch()
    assert main(["demo", "--output", "file/demo"]) == 1
    assert "cannot make the folder" in capsys.readouterr().err
