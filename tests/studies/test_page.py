"""The page of a study: complete, self-contained, and true to the findings."""

from html.parser import HTMLParser

import numpy as np
import pytest

from whygrad.plots.report_page import inline
from whygrad.studies.figures import final_scores
from whygrad.studies.findings.find import describe, find
from whygrad.studies.page import page
from whygrad.studies.results import curves

from .planting import falling, planted

SETTINGS = {"<small>": {"layers": (4,), "dropout": 0.0}, "large": {"layers": (64, 64), "dropout": 0.0}}


class Page(HTMLParser):
    """Text by element, links and sources, and whether elements are closed in order."""

    VOID = ("meta", "link", "img")

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.links = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.texts.append((self.open[-1], data))

    def of(self, tag):
        return [text for name, text in self.texts if name == tag]


@pytest.fixture(scope="module")
def made():
    rng = np.random.default_rng(0)
    results = planted("<small>", rng, lambda t: np.full_like(t, 0.68)) + planted("large", rng, falling())
    of = curves(results)
    found = find(of, SETTINGS)
    figures = [("How they end", inline(final_scores(of)))]
    text = page(
        "Width", "Does width matter?", "Moons & noise.", of, found, figures,
        settings=SETTINGS, command="whygrad study width", files=["results.csv"],
    )  # fmt: skip
    return of, found, text


def test_the_parts_stand_in_their_order(made):
    found = Page(made[2])
    assert found.of("h1") == ["Width"]
    assert found.of("strong") == ["Does width matter?"]
    assert found.of("h2") == [
        "Answer", "How they end", "Variants", "What each variant shows", "Tables", "Repeat it",
    ]  # fmt: skip
    assert found.of("pre") == ["whygrad study width"]
    assert "Moons & noise." in found.of("p")


def test_findings_and_paragraphs_are_said_as_they_are(made):
    of, findings, text = made
    found = Page(text)
    paragraphs = found.of("p")
    first = findings[0].sentence
    assert f"{first[0].upper()}{first[1:]}." in paragraphs
    assert found.of("li") == [f"{each.sentence}." for each in findings if len(each.variants) == 1]
    for curve in of:
        assert describe(curve, of) in paragraphs


def test_only_what_varies_has_a_column(made):
    found = Page(made[2])
    headers = found.of("th")
    assert headers[:4] == ["variant", "layers", "seeds", "diverged"]
    assert "dropout" not in headers
    assert found.of("td")[0] == "4"
    assert "<small>" in headers


def test_nothing_is_loaded_from_elsewhere(made):
    links = Page(made[2]).links
    assert [link.split(",")[0] for link in links] == ["data:", "data:image/png;base64", "results.csv"]
    assert "<script" not in made[2]


def test_no_finding_is_said_too():
    of = curves(planted("a", np.random.default_rng(0), metric="r2", seeds=1))
    text = page("One", "Does it learn?", "", of, [])
    assert "Nothing that was looked for was found" in text
    assert " %" not in "".join(Page(text).of("td"))


def test_very_many_variants_are_cut_off_and_it_is_said():
    rng = np.random.default_rng(0)
    of = curves([each for k in range(70) for each in planted(f"v{k}", rng, seeds=1, epochs=3)])
    text = page("Many", "Which?", "", of, [])
    assert "The first 60 of 70." in text
    assert "And 10 more variants" in text
