"""How notebooks are stored and compared. That they run is for `make notebooks`, which needs a kernel."""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))

spec = importlib.util.spec_from_file_location("notebooks_run", ROOT / "notebooks" / "run.py")
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)


def png(width, height):
    out = io.BytesIO()
    Image.effect_noise((width, height), 40).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def display(**data):
    kinds = {"text": "text/plain", "png": "image/png", "html": "text/html", "svg": "image/svg+xml"}
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {kinds[name]: content for name, content in data.items()},
    }


def notebook(*outputs):
    """A notebook as a kernel leaves it, with one cell."""
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {"execution": {"iopub.execute_input": "2026-01-01T00:00:00"}, "tags": ["long"]},
        "source": "x = 1\nx",
        "execution_count": 7,
        "outputs": list(outputs),
    }
    text = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": ["# One\n", "two"]}
    metadata = {"kernelspec": {"name": "mine"}, "language_info": {"name": "python", "version": "3.11.7"}}
    return {"cells": [text, cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}


# --- storing -----------------------------------------------------------------------------------------
def test_what_differs_from_run_to_run_is_not_stored():
    result = {"output_type": "execute_result", "execution_count": 7, "metadata": {}, "data": {}}
    kept = json.loads(run.stored(notebook({**result, "transient": {"display_id": "x"}})))
    _, cell = kept["cells"]
    assert cell["metadata"] == {"tags": ["long"]}
    assert cell["execution_count"] == 1
    assert cell["outputs"] == [{**result, "execution_count": 1}]
    assert kept["metadata"] == run.METADATA
    assert "3.11.7" not in run.stored(notebook())


def test_storing_twice_changes_nothing():
    once = run.stored(notebook(stream("a\nb"), display(text="1", png=png(9, 9), svg="<svg>\n</svg>")))
    assert run.stored(json.loads(once)) == once


def test_a_stream_is_one_piece_wherever_it_was_cut():
    whole = run.stored(notebook(stream("one\ntwo\n"), stream("!", "stderr"), stream("three\n")))
    cut = run.stored(notebook(stream("on"), stream("e\ntwo\n"), stream(["!"], "stderr"), stream("three\n")))
    assert cut == whole
    assert [item["name"] for item in json.loads(whole)["cells"][1]["outputs"]] == [
        "stdout",
        "stderr",
        "stdout",
    ]


# --- comparing ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loss 0.1234", "loss 0.1235"),
        ("−0.10 and 1,234.5", "−0.11 and 1,234.6"),
        ("2.07e-05", "2.08e-05"),
        ("0.000", "-0.000"),
        (" 9.99 |  x", "10.00 | x"),
        ('title="0.12345678901234567"', 'title="0.12345678901239999"'),
    ],
)
def test_the_last_digit_may_differ(old, new):
    assert run.same(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loss 0.1234", "loss 0.1236"),
        ("351 of 360", "350 of 360"),
        ("True", "False"),
        ("2.07e-05", "2.07e-06"),
        ("1.5 2.5", "1.5"),
        ("1.5", "−1.5"),
        ("a 1.5", "b 1.5"),
        ("", "something"),
    ],
)
def test_nothing_else_may(old, new):
    assert not run.same(old, new)


PNG = png(60, 40)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ([stream("right 96 %\n"), display(png=PNG)], None),
        ([stream("right 96 %\n"), display(png=png(61, 41))], None),
        ([stream("right 95 %\n"), display(png=PNG)], "right 96 %\n  is now\n    right 95 %"),
        ([stream("right 96 %\nmore\n"), display(png=PNG)], "is now\n    more"),
        ([stream("right 96 %\n"), display(png=png(60, 80))], "another size"),
        ([stream("right 96 %\n"), display(png=png(120, 80))], "another size"),
        ([stream("right 96 %\n")], "image/png is now nothing"),
        ([stream("right 96 %\n"), display(png=PNG), stream("!", "stderr")], "nothing is now stderr"),
        ([stream("right 96 %\n"), display(png=PNG, text="x")], "image/png is now image/png and text/plain"),
    ],
)
def test_what_is_new_is_said(now, said):
    found = run.differences(notebook(stream("right 96 %\n"), display(png=PNG)), notebook(*now))
    assert len(found) == (said is not None)
    if said:
        assert found[0].startswith("cell 2, ")
        assert said in found[0]


# --- what is stored here -----------------------------------------------------------------------------
@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def stored(request):
    return request.param


def test_there_are_lessons_and_each_is_listed():
    assert {"NN-from-Scratch", "backpropagation_implementation", "micrograd-to-matrices"} <= {
        path.stem for path in PATHS
    }
    for page in ("docs/lessons.md", "notebooks/README.md"):
        listed = set(re.findall(r"[\w.-]+\.ipynb", (ROOT / page).read_text(encoding="utf-8")))
        assert listed == {path.name for path in PATHS}, page


def test_a_lesson_is_small_and_stored_as_the_runner_stores_it(stored):
    text = stored.read_text(encoding="utf-8")
    assert len(text.encode()) <= run.MOST_BYTES
    assert run.stored(json.loads(text)) == text


def test_a_lesson_has_outputs_and_no_warning_error_or_address(stored):
    cells = json.loads(stored.read_text(encoding="utf-8"))["cells"]
    outputs = [item for cell in cells for item in cell.get("outputs", [])]
    assert len(outputs) >= 10
    assert {item["output_type"] for item in outputs} <= {"stream", "display_data", "execute_result"}
    for item in outputs:
        assert item.get("name") != "stderr"
        for kind, data in run.shown(item).items():
            assert kind.startswith("image/") or not re.search(r"\b0x[0-9a-f]{6,}", data)


def test_a_lesson_asks_and_its_links_lead_somewhere(stored):
    cells = json.loads(stored.read_text(encoding="utf-8"))["cells"]
    text = "".join(["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"])
    assert "?" in text
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (stored.parent / target).exists(), target


def test_pictures_have_words(stored):
    cells = json.loads(stored.read_text(encoding="utf-8"))["cells"]
    for item in (item for cell in cells for item in cell.get("outputs", [])):
        if "image/png" in item.get("data", {}):
            assert item["metadata"].get("image/png", {}).get("alt")
