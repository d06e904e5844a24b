"""Text of the page: enlarged, spaced, right to left, and the settings."""

import pytest

from tests.support.barriers import DISPLAYS, find_barriers
from tests.support.browser import SPEECH, unfold, upload

pytest.importorskip("axe_playwright_python", reason="needs axe-core")

SPACED = """() => {
  document.documentElement.style.fontSize = "";
  for (const element of document.querySelectorAll("body *")) {
    element.style.lineHeight = "1.5";
    element.style.letterSpacing = "0.12em";
    element.style.wordSpacing = "0.16em";
  }
}"""
# Visible elements whose text is cut off by their own box.
CUT = """() => [...document.querySelectorAll("main *:not(.visually-hidden, .visually-hidden *)")]
  .filter((element) => element.checkVisibility() && element.children.length === 0)
  .filter((element) => element.textContent.trim())
  .filter((element) => getComputedStyle(element).overflowX === "hidden" && element.clientWidth > 1)
  .filter((element) => element.scrollWidth > element.clientWidth + 1)
  .map((element) => element.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("display", DISPLAYS)
def test_axe_finds_no_barrier_in_the_settings_and_the_hint(open_page, display):
    page = open_page(speech=f"{SPEECH}; window.voices = [];", **DISPLAYS[display])
    page.wait_for_selector("#voice-hint:not([hidden])")
    assert find_barriers(page) == [], "hint"
    page.click("#open-settings")
    assert find_barriers(page) == [], "settings"


@pytest.mark.parametrize("display", DISPLAYS)
def test_axe_finds_no_barrier_in_arabic(open_page, address, photo, display):
    page = open_page(f"{address}/?language=ar", **DISPLAYS[display])
    upload(page, photo)
    unfold(page, "why", "numbers", "compare", "advice")
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert find_barriers(page) == []


def test_page_is_complete_with_larger_and_with_spaced_text(open_page, photo):
    """WCAG 1.4.4 and 1.4.12."""
    page = open_page(width=640)
    upload(page, photo)
    unfold(page, "why", "numbers", "compare", "advice")
    for change in ("() => { document.documentElement.style.fontSize = '200%' }", SPACED):
        page.evaluate(change)
        assert page.evaluate("document.documentElement.scrollWidth") <= 640
        assert page.evaluate(CUT) == []
