"""Reports in a browser: every figure is drawn, nothing is fetched, no console message, the rules of axe-core hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from modelwright.report.browser import Browser
from reports import AXE, KINDS, NASTY, browser_or_skip, made

WIDTHS = (1280, 768, 390)
DRAWN = "document.documentElement.dataset.figures"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_or_skip() as opened:
        yield opened


def opened(browser: Browser, kind: str, width: int = 1280) -> None:
    browser.events.clear()
    browser.size(width, 900)
    browser.open(made(kind).path / "report.html")
    browser.wait_until(DRAWN)


def messages(browser: Browser) -> list[Any]:
    """Return what the page said on its console, what went wrong in it, and what its policy refused."""
    wanted = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
    return [event["params"] for event in browser.events if event.get("method") in wanted]


def requests(browser: Browser) -> list[str]:
    """Return what the page asked the network for, beside itself; data: addresses are part of it."""
    sent = [e["params"]["request"]["url"] for e in browser.events if e.get("method") == "Network.requestWillBeSent"]
    return [url for url in sent if not url.startswith("data:")][1:]


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_is_drawn_and_nothing_is_fetched(browser: Browser, kind: str) -> None:
    opened(browser, kind)
    assert browser.evaluate(DRAWN) == "drawn"
    places = browser.evaluate("document.querySelectorAll('[data-plot]').length")
    blank = "[...document.images].filter((one) => !one.complete || !one.naturalWidth).length"
    assert browser.evaluate(blank) == 0
    marks = "place.querySelector('svg.main-svg path, svg.main-svg image, svg.main-svg .point')"
    drawn = browser.evaluate(f"[...document.querySelectorAll('[data-plot]')].filter((place) => {marks}).length")
    assert (places, messages(browser), requests(browser)) == (drawn, [], [])
    assert places >= (1 if kind == "few" else 4)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ("nasty", "colours", "texts"))
def test_no_width_needs_scrolling_sideways(browser: Browser, kind: str, width: int) -> None:
    opened(browser, kind, width)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    wide = "[...document.querySelectorAll('main *')].filter((one) => !one.closest('.scroll, pre, svg, nav') &&"
    wide += " one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 90))"
    assert browser.evaluate(wide) == []


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [
        *((kind, scheme) for kind in ("multiclass", "nasty", "colours", "texts") for scheme in ("light", "dark")),
        *((kind, "light") for kind in ("pictures", "windows", "sequences")),
        *((kind, "dark") for kind in ("regression", "cohort")),
    ],
)
def test_the_rules_of_axe_hold(browser: Browser, kind: str, scheme: str) -> None:
    if not AXE.exists():
        if os.environ.get("MODELWRIGHT_BROWSER") == "required":
            pytest.fail(f"there is no {AXE}")
        pytest.skip("needs axe-core: npm install --prefix .venv/axe axe-core@4")
    browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    try:
        opened(browser, kind, 1280 if scheme == "light" else 390)
        browser.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        browser.evaluate(f"{AXE.read_text('utf-8')}; 0")
        found = browser.evaluate(
            "axe.run().then((found) => ({passes: found.passes.length, violations: found.violations.map((one) =>"
            " `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html)}`)}))"
        )
    finally:
        browser.send("Emulation.setEmulatedMedia", features=[])
    assert found["violations"] == []
    assert found["passes"] > 20


def test_names_that_are_code_are_shown_as_text(browser: Browser) -> None:
    opened(browser, "nasty")
    assert NASTY in browser.evaluate("document.body.innerText")
    assert browser.evaluate("document.querySelectorAll('main script, main img, main h1, main i').length") == 0
    inputs = browser.evaluate("document.querySelector('#importance .ytick text, #importance').textContent")
    assert "<script>" in inputs
    ticks = browser.evaluate("[...document.querySelectorAll('#importance .ytick')].map((one) => one.textContent)")
    assert any(tick.startswith("<script>") for tick in ticks)
    assert any(tick.replace("\u200b", "") == "--pink" for tick in ticks)


def test_light_dark_and_print_have_their_own_colours(browser: Browser) -> None:
    opened(browser, "binary")
    ink = "getComputedStyle(document.querySelector('#loss .xtick text')).fill"
    light = browser.evaluate(ink)
    browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    browser.wait_until(f"{ink} !== {light!r}")
    browser.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert browser.evaluate(ink) == light
    browser.evaluate("dispatchEvent(new Event('afterprint'))")
    assert browser.evaluate(ink) != light
    browser.send("Emulation.setEmulatedMedia", features=[])


@pytest.mark.parametrize("kind", ("multiclass", "nasty"))
def test_paper_holds_all_of_the_page(browser: Browser, kind: str) -> None:
    opened(browser, kind)
    browser.evaluate("dispatchEvent(new Event('beforeprint'))")
    browser.send("Emulation.setEmulatedMedia", media="print")
    try:
        browser.size(718, 900)  # A4 within the margins that browsers leave
        assert browser.evaluate("document.documentElement.scrollWidth") <= 718
        drawn = "[...document.querySelectorAll('[data-plot]')].filter((one) => one.querySelector('svg.main-svg')"
        drawn += ".getBoundingClientRect().width > one.clientWidth + 1).map((one) => one.dataset.plot)"
        assert browser.evaluate(drawn) == []
    finally:
        browser.send("Emulation.setEmulatedMedia", media="")
        browser.evaluate("dispatchEvent(new Event('afterprint'))")


def test_all_of_the_page_can_be_reached_by_keyboard(browser: Browser) -> None:
    opened(browser, "multiclass")
    hidden = "[...document.querySelectorAll('.scroll, pre')].filter((one) => one.tabIndex !== 0).length"
    assert browser.evaluate(hidden) == 0
    browser.send("Input.dispatchKeyEvent", type="keyDown", key="Tab", windowsVirtualKeyCode=9)
    assert browser.evaluate("document.activeElement.className") == "skip"


def test_the_numbers_that_are_drawn_are_those_of_the_files(browser: Browser) -> None:
    opened(browser, "multiclass")
    history = made("multiclass").history
    for at, name in enumerate(("loss", "validation_loss")):
        drawn = browser.evaluate(f"document.querySelector('[data-plot=\"loss#0\"]').data[{at}].y")
        assert drawn == [record[name] for record in history]
    shown = browser.evaluate("document.querySelector('.headline .value').textContent")
    assert shown == f"{100 * made('multiclass').score.value:.1f} %"
