"""The quiet mode of the live view."""

import re

from tests.support.browser import spoken, until


def test_quiet_mode_shows_the_level_and_speaks_nothing(live):
    page, level = live("mild")
    until(page, "window.spoken.length === 1")
    page.click("#track-options summary")
    assert "speaks nothing" in page.locator("#quiet-mode-help").inner_text()
    page.click("#quiet-mode")
    dialog = page.locator("#bedside")
    assert dialog.is_visible()
    assert dialog.locator(".bedside-word").inner_text() == "Mild"
    level[0] = "severe"
    until(page, "document.getElementById('bedside-word').textContent === 'Severe'")
    page.wait_for_timeout(300)
    assert spoken(page) == ["Level mild."]
    paper = page.evaluate("getComputedStyle(document.getElementById('bedside')).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", paper)) < 20
    level[0] = None
    until(page, "document.getElementById('bedside-word').textContent === 'Not in view'")
    assert "Last seen 0:0" in dialog.locator(".bedside-note").inner_text()
    assert dialog.locator(".bedside-score").inner_text() == ""
    page.keyboard.press("Escape")
    assert dialog.is_hidden()
    level[0] = "moderate"
    until(page, "window.spoken.length === 2")
    assert spoken(page)[-1] == "Level moderate."


def test_quiet_mode_uses_the_chosen_language(live):
    page, _ = live("mild")
    page.click("#voice-settings")
    page.select_option("#language", "ar")
    page.click("#quiet-mode")
    word = page.locator("#bedside-word")
    assert word.get_attribute("dir") == "rtl"
    assert word.get_attribute("lang") == "ar"
    assert re.search("[\u0600-\u06ff]", word.inner_text())


def test_quiet_mode_leaves_a_muted_page_muted(live):
    page, level = live("mild")
    page.click("#mute")
    page.click("#quiet-mode")
    page.click(".bedside-end")
    before = len(spoken(page))
    level[0] = "severe"
    until(page, "document.querySelector('#live-result .level-name').textContent === 'Severe'")
    page.wait_for_timeout(300)
    assert len(spoken(page)) == before
