"""Pages in a real browser: they ask nothing of the network, fit their window, print, and need no mouse."""

from __future__ import annotations

import re
from contextlib import contextmanager

import pytest

pytestmark = pytest.mark.browser

REPORTS = ["report of moons-1", "report of digits-1", "report of sine-1"]
EXPLANATIONS = ["step", "batch", "weight", "paths", "lesson"]
OURS = [*REPORTS, *EXPLANATIONS]
EVERY = [*OURS, "documentation"]
WIDTHS = [1100, 420]
PAPER = (718, 1046)  # pixels of an A4 sheet inside margins of 1 cm, at 96 an inch
FOCUSABLE = "a[href], summary, button, input, select, [tabindex='0']"


@contextmanager
def opened(browser, pages, name, width=1100, **options):
    """The page in a window of its own, with all it complained about and asked for."""
    if name not in pages:
        pytest.skip("the documentation is not built: make docs")
    context = browser.new_context(viewport={"width": width, "height": 800}, **options)
    page = context.new_page()
    page.complaints, page.asked = [], []
    page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(pages[name].as_uri())
    page.wait_for_load_state("load")
    try:
        yield page
    finally:
        context.close()


@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_complained_about_nor_asked_of_the_network(browser, pages, name):
    with opened(browser, pages, name) as page:
        page.mouse.wheel(0, 5000)
        assert page.complaints == []
        assert [url[:80] for url in page.asked if not url.startswith(("file:", "data:"))] == []


def test_a_page_that_asks_and_complains_is_noticed(browser, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text("<img src='http://127.0.0.1:9/a.png'><script>throw Error('no')</script>", encoding="utf-8")
    with opened(browser, {"bad": bad}, "bad") as page:
        page.wait_for_timeout(100)
        assert any("no" in text for text in page.complaints)
        assert "http://127.0.0.1:9/a.png" in page.asked


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", EVERY)
def test_a_page_is_no_wider_than_its_window(browser, pages, name, width):
    with opened(browser, pages, name, width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.body.scrollWidth") <= width
        assert page.evaluate("document.querySelectorAll('meta[name=viewport]').length") >= 1


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", REPORTS)
def test_images_are_there_and_have_words(browser, pages, name, width):
    with opened(browser, pages, name, width) as page:
        images = page.evaluate(
            "[...document.images].map(i => [i.naturalWidth, i.getBoundingClientRect().right, i.alt])"
        )
        assert len(images) >= 4
        for natural, right, words in images:
            assert natural > 100
            assert right <= width
            assert re.search(r"\d", words)
            assert len(words) > 30


def contrast(page, selector):
    """Between the letters of an element and what is behind them (WCAG 2.2); 4.5 is enough to read."""
    return page.evaluate(
        """selector => {
          const lit = text => { const [r, g, b] = text.match(/[\\d.]+/g).map(Number)
            .map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05 };
          const clear = c => c === 'transparent' || /, 0\\)$/.test(c);
          return [...document.querySelectorAll(selector)].map(element => {
            let behind = element;
            while (behind && clear(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
            const scheme = getComputedStyle(document.documentElement).colorScheme;
            const dark = scheme.includes('dark') && matchMedia('(prefers-color-scheme: dark)').matches;
            const paper = behind ? getComputedStyle(behind).backgroundColor
              : dark ? 'rgb(18, 18, 18)' : 'rgb(255, 255, 255)';
            const a = lit(getComputedStyle(element).color), b = lit(paper);
            return [Math.max(a, b) / Math.min(a, b), lit(paper)] }) }""",
        selector,
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", OURS)
def test_letters_stand_out_by_day_and_by_night(browser, pages, name, scheme):
    with opened(browser, pages, name, color_scheme=scheme) as page:
        found = contrast(page, "h1, h2, h3, p, li, th, td, pre, summary, figcaption, .eq, .names")
        assert len(found) > 5
        assert min(ratio for ratio, _ in found) >= 4.5
        paper = contrast(page, "h1")[0][1]
        assert paper > 0.8 if scheme == "light" else paper < 0.2


@pytest.mark.parametrize("name", OURS)
def test_figures_and_tables_are_not_cut_by_the_edge_of_the_paper(browser, pages, name):
    with opened(browser, pages, name, PAPER[0]) as page:
        page.emulate_media(media="print")
        kept = page.evaluate(
            """[...document.querySelectorAll('figure, .eq')].map(part => [part.getBoundingClientRect().height,
            part.getBoundingClientRect().right, getComputedStyle(part).breakInside])"""
        )
        assert kept
        for height, right, inside in kept:
            assert height < PAPER[1]
            assert right <= PAPER[0]
            assert inside == "avoid"
        wide = page.evaluate(
            """[...document.querySelectorAll('table, pre')].map(part => [part.scrollWidth,
            part.parentElement.clientWidth])"""
        )
        for needed, room in wide:
            assert needed <= room + 1
        written = page.pdf(format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "1cm"))
        sheets = len(re.findall(rb"/Type\s*/Page\b", written))
        assert sheets >= page.evaluate("document.documentElement.scrollHeight") // PAPER[1]


@pytest.mark.parametrize("name", EVERY)
def test_the_keyboard_reaches_all_that_can_be_opened(browser, pages, name):
    with opened(browser, pages, name, 420) as page:
        wanted = page.evaluate(
            """selector => {
              window.reached = new Set();
              const parts = [...document.querySelectorAll(selector)];
              const seen = it => it.checkVisibility({visibilityProperty: true}) && it.tabIndex >= 0;
              const wanted = parts.filter(seen);
              document.addEventListener('focusin', e => reached.add(e.target));
              window.missed = () => wanted.filter(it => !reached.has(it)).map(it => it.outerHTML);
              return wanted.length }""",
            FOCUSABLE,
        )
        for _ in range(wanted + 20):  # and a few places that the browser adds by itself
            page.keyboard.press("Tab")
        assert page.evaluate("missed()") == []


@pytest.mark.parametrize("name", EXPLANATIONS)
def test_the_keyboard_opens_and_closes(browser, pages, name):
    with opened(browser, pages, name) as page:
        for part in page.query_selector_all("details"):
            summary, before = part.query_selector("summary"), part.evaluate("it => it.open")
            summary.focus()
            page.keyboard.press("Enter")
            assert part.evaluate("it => it.open") is not before
            assert summary.evaluate("it => getComputedStyle(it).outlineStyle") != "none"  # focus is seen
            page.keyboard.press("Enter")
            assert part.evaluate("it => it.open") is before


def test_some_explanation_can_be_opened(browser, pages):
    with opened(browser, pages, "weight") as page:
        assert page.query_selector_all("details")


@pytest.mark.parametrize("name", OURS)
def test_what_scrolls_can_be_scrolled_by_the_keyboard(browser, pages, name):
    with opened(browser, pages, name, 420) as page:
        stuck = page.evaluate(
            """[...document.querySelectorAll('pre, .scroll')].filter(it => it.scrollWidth > it.clientWidth + 1
            && it.tabIndex < 0 && !it.querySelector('[tabindex="0"]')).map(it => it.innerText.slice(0, 40))"""
        )
        assert stuck == []


@pytest.mark.parametrize("name", ["step", "weight"])
def test_all_digits_are_shown_on_focus(browser, pages, name):
    with opened(browser, pages, name) as page:
        part = page.query_selector(".n[data-full]")
        part.focus()
        shown = part.evaluate("it => getComputedStyle(it, '::after').content")
        assert shown.strip('"') == part.get_attribute("data-full")
