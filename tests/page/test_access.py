"""The page for everybody: axe-core in every state, focus, targets, motion, forced colours."""

import io
import re

import pytest
from PIL import Image

from tests.support.barriers import LOOKS, barriers
from tests.support.browser import upload
from tests.support.live_answers import answer_all

pytest.importorskip("axe_playwright_python", reason="needs axe-core")

LIVE = "#live-result .assessed:not([hidden])"


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_no_barrier_from_the_start_to_a_result(open_page, photo, look):
    page = open_page(**LOOKS[look])
    assert barriers(page) == [], "start"
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert barriers(page) == [], "all help opened"
    upload(page, photo)
    page.check("#panel-upload .map-on")
    page.click("#upload-result .unit >> nth=0")
    assert barriers(page) == [], "result"
    page.set_input_files("#file", {"name": "x", "mimeType": "image/jpeg", "buffer": b"none"})
    page.wait_for_selector("#upload-result .problem:not([hidden])")
    assert barriers(page) == [], "problem"


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_no_barrier_in_the_colours_of_a_level(open_page, photo, look):
    page = open_page(**LOOKS[look])
    upload(page, photo)
    for level in ("none", "mild", "moderate", "severe"):
        page.evaluate(
            "(level) => (document.querySelector('#upload-result .result').dataset.level = level)",
            level,
        )
        assert barriers(page) == [], level


def test_axe_does_find_a_barrier_where_there_is_one(open_page):
    page = open_page()
    page.evaluate("document.getElementById('choose').textContent = ''")
    assert "button-name" in [rule for rule, *_ in barriers(page)]


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_no_barrier_in_the_live_view(open_page, look):
    page = open_page(**LOOKS[look])
    page.route_web_socket("**/v1/live*", lambda route: route.on_message(answer_all(route)))
    page.click("#tab-live")
    assert barriers(page) == [], "before the camera"
    page.click("#start")
    page.wait_for_selector(LIVE)
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert barriers(page) == [], "live"
    page.click("#quiet-mode")
    page.wait_for_selector("dialog.bedside[open]")
    assert barriers(page) == [], "quiet mode"


# What can be pressed, with its size; a label that is pressed in its place counts with it.
TARGETS = """() => [...document.querySelectorAll(
  "button, input, select, summary, a[href], [role=tab]")]
  .filter((one) => one.checkVisibility({visibilityProperty: true}))
  .map((one) => one.closest("label") ?? one)
  .filter((one) => !one.matches("p a"))
  .map((one) => {
    const {width, height} = one.getBoundingClientRect();
    return [one.outerHTML.slice(0, 80), width, height];
  })"""


def test_targets_are_large_enough_to_hit(open_page, photo):
    page = open_page(width=360)
    upload(page, photo)
    page.check("#panel-upload .map-on")
    found = page.evaluate(TARGETS)
    assert len(found) > 15
    assert [one for one in found if min(one[1:]) < 24] == []


# The outline of what has the focus, and whether something that stays in view lies over it.
FOCUSED = """() => {
  const one = document.activeElement;
  const {left, top, width, height} = one.getBoundingClientRect();
  const style = getComputedStyle(one);
  const over = document.elementFromPoint(left + width / 2, top + Math.min(height / 2, 20));
  return {
    name: one.id || one.className || one.tagName,
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    covered: !(over && (one.contains(over) || over.contains(one))),
  };
}"""


@pytest.mark.parametrize("look", LOOKS)
def test_focus_is_seen_wherever_it_goes(open_page, photo, look):
    page = open_page(**LOOKS[look])
    upload(page, photo)
    page.evaluate("document.activeElement.blur()")
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        seen.append(page.evaluate(FOCUSED))
    assert len(seen) > 15
    assert [one for one in seen if one["outline"] < 2 or one["covered"]] == []


def test_nothing_moves_for_those_who_asked_for_stillness(open_page, photo):
    page = open_page(reduced_motion="reduce")
    upload(page, photo)
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((one) => {
          const style = getComputedStyle(one);
          return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
        }).length"""
    )
    assert moving == 0


def picture(page, selector):
    return Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("RGB")


def test_level_and_bars_are_seen_in_forced_colours(open_page, photo):
    page = open_page(forced_colors="active")
    upload(page, photo)
    for selector in (".shape", ".scale", ".units .meter >> nth=0"):
        light = picture(page, f"#upload-result {selector}").convert("L").getextrema()
        assert light[1] - light[0] > 100, f"{selector} is nearly one plain patch"
    chosen, other = (
        page.evaluate("(id) => getComputedStyle(document.getElementById(id)).borderStyle", name)
        + page.evaluate("(id) => getComputedStyle(document.getElementById(id)).borderWidth", name)
        + page.evaluate("(id) => getComputedStyle(document.getElementById(id)).borderColor", name)
        for name in ("tab-upload", "tab-live")
    )
    assert chosen != other


def test_help_explains_pspi_in_three_sentences(open_page):
    page = open_page()
    page.click("summary:has-text('What the numbers mean')")
    text = page.locator("details:has-text('What the numbers mean') p").first.inner_text()
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z])", text)
    assert len(sentences) == 3
    for words in ("PSPI", "0 to 16", "expression and not the experience"):
        assert words in text


def test_privacy_is_stated_beside_the_button_that_starts_the_camera(open_page):
    page = open_page(width=360, height=780)
    page.click("#tab-live")
    button, words = (page.locator(one).bounding_box() for one in ("#start", "#live-empty .privacy"))
    assert "nothing is stored" in page.locator("#live-empty .privacy").inner_text()
    assert 0 <= words["y"] - (button["y"] + button["height"]) < 40
