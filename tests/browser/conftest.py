"""A browser, and the pages that whygrad writes, opened from files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DOCS = Path(__file__).parents[2] / "docs" / "_build" / "html" / "index.html"


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium. Without one the suite is skipped, but not where changes are judged."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        reason = f"there is no Chromium here: none of {', '.join(NAMES)}"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    if "CI" not in os.environ:
        pytest.importorskip("playwright", reason="playwright is not installed: make test-browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield made
        made.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Name -> file: what the command line writes."""
    from whygrad.cli import main

    folder = tmp_path_factory.mktemp("pages")
    here = Path.cwd()
    os.chdir(folder)
    try:
        for data, epochs in (("moons", 5), ("digits", 2), ("sine", 5)):
            assert main(["train", data, "--epochs", str(epochs), "--report"]) == 0
        written = {
            "step": ["explain"],
            "batch": ["explain", "iris"],
            "weight": ["explain", "--weight", "1,0,1"],
            "paths": ["explain", "--weight", "1,0,1", "--paths", "5"],
            "lesson": ["explain", "--lesson", "vanishing"],
        }
        for name, command in written.items():
            assert main([*command, "--output", f"{name}.html"]) == 0
    finally:
        os.chdir(here)
    found = {f"report of {path.parent.name}": path for path in folder.glob("runs/*/report.html")}
    found |= {name: folder / f"{name}.html" for name in written}
    return found | ({"documentation": DOCS} if DOCS.is_file() else {})
