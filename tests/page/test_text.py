"""The page's text for everybody: enlarged, spaced, right to left, with the voice settings."""

import pytest

from tests.support.barriers import LOOKS, barriers
from tests.support.browser import SPEECH, upload

pytest.importorskip("axe_playwright_python", reason="needs axe-core")

SPACED = """() => {
  document.documentElement.style.fontSize = "";
  for (const one of document.querySelectorAll("body *")) {
    one.style.lineHeight = "1.5";
    one.style.letterSpacing = "0.12em";
    one.style.wordSpacing = "0.16em";
  }
}"""
# Visible elements whose text is cut off by their own box.
CUT = """() => [...document.querySelectorAll("main *:not(.visually-hidden, .visually-hidden *)")]
  .filter((one) => one.checkVisibility() && one.children.length === 0 && one.textContent.trim())
  .filter((one) => getComputedStyle(one).overflowX === "hidden" && one.clientWidth > 1)
  .filter((one) => one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_no_barrier_in_the_voice_settings_and_the_hint(open_page, look):
    page = open_page(speech=f"{SPEECH}; window.voices = [];", **LOOKS[look])
    page.wait_for_selector("#voice-hint:not([hidden])")
    page.click("#voice-settings")
    page.wait_for_selector("#voice-panel:not([hidden])")
    assert barriers(page) == [], "settings"
    page.select_option("#language", "de")
    assert page.locator("#say-advice").is_disabled()
    assert barriers(page) == [], "no advice in this language"


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_no_barrier_in_arabic(open_page, address, photo, look):
    page = open_page(f"{address}/?language=ar", **LOOKS[look])
    upload(page, photo)
    assert page.locator("#upload-result .sentence").get_attribute("dir") == "rtl"
    assert barriers(page) == []


def test_page_is_whole_with_larger_and_with_spaced_text(open_page, photo):
    """WCAG 1.4.4 and 1.4.12."""
    page = open_page(width=640)
    upload(page, photo)
    page.click("#voice-settings")
    for change in ("() => { document.documentElement.style.fontSize = '200%' }", SPACED):
        page.evaluate(change)
        assert page.evaluate("document.documentElement.scrollWidth") <= 640
        assert page.evaluate(CUT) == []
