"""Accessibility: axe-core in every state, focus, size of targets, motion, forced colours."""

import io

import pytest
from PIL import Image

from tests.support.barriers import DISPLAYS, find_barriers
from tests.support.browser import DRAWN, start_watching, unfold, upload
from tests.support.live_answers import answer_all

pytest.importorskip("axe_playwright_python", reason="needs axe-core")


@pytest.mark.parametrize("display", DISPLAYS)
def test_axe_finds_no_barrier_from_the_start_to_a_result(open_page, photo, display):
    page = open_page(**DISPLAYS[display])
    assert find_barriers(page) == [], "start"
    page.evaluate(
        "document.querySelectorAll('details').forEach((element) => (element.open = true))"
    )
    assert find_barriers(page) == [], "all help opened"
    upload(page, photo)
    page.check("#upload-result .map-on")
    page.click("#upload-result .unit >> nth=0")
    assert find_barriers(page) == [], "result"
    upload(page, {"name": "x", "mimeType": "image/jpeg", "buffer": b"none"}, "problem")
    assert find_barriers(page) == [], "problem"


@pytest.mark.parametrize("display", DISPLAYS)
def test_axe_finds_no_barrier_in_the_colours_of_a_level(open_page, photo, display):
    page = open_page(**DISPLAYS[display])
    upload(page, photo)
    for level in ("none", "mild", "moderate", "severe"):
        page.evaluate(
            "(level) => (document.querySelector('#upload-result .result').dataset.level = level)",
            level,
        )
        assert find_barriers(page, "#upload-result") == [], level


def test_axe_finds_a_barrier_that_is_there(open_page):
    page = open_page()
    page.evaluate("document.getElementById('choose').textContent = ''")
    assert "button-name" in [rule for rule, *_ in find_barriers(page, "#drop")]


@pytest.mark.parametrize("display", DISPLAYS)
def test_axe_finds_no_barrier_in_the_live_view(open_page, display):
    page = open_page(
        answer_socket=lambda route: route.on_message(answer_all(route)), **DISPLAYS[display]
    )
    page.click("#tab-live")
    assert find_barriers(page) == [], "before the camera"
    page.click("#check-now")
    page.wait_for_selector("#begin:enabled")
    assert find_barriers(page) == [], "aim"
    page.click("#leave")
    start_watching(page)
    page.evaluate(
        "document.querySelectorAll('details').forEach((element) => (element.open = true))"
    )
    assert find_barriers(page) == [], "watch"
    page.click("#night")
    page.wait_for_selector("#night-screen[open]")
    assert find_barriers(page, "#night-screen") == [], "night screen"


# Controls with their size. The label of a control counts as the control.
TARGETS = """() => [...document.querySelectorAll(
  "button, input, select, summary, a[href], [role=tab]")]
  .filter((element) => element.checkVisibility({visibilityProperty: true}))
  .map((element) => element.closest("label") ?? element)
  .filter((element) => !element.matches("p a"))
  .map((element) => {
    const {width, height} = element.getBoundingClientRect();
    return [element.outerHTML.slice(0, 80), width, height];
  })"""


def test_targets_are_large_enough_to_hit(open_page, photo):
    page = open_page(width=360)
    upload(page, photo)
    unfold(page, "why", "numbers", "compare", "advice")
    page.check("#upload-result .map-on")
    page.evaluate(DRAWN)
    targets = page.evaluate(TARGETS)
    assert len(targets) > 15
    assert [target for target in targets if target[2] < 44 or target[1] < 24] == []


# The outline of the focused element, and whether another element covers it.
FOCUSED = """() => {
  const element = document.activeElement;
  const {left, top, width, height} = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  const over = document.elementFromPoint(left + width / 2, top + Math.min(height / 2, 20));
  return {
    name: element.id || element.className || element.tagName,
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    covered: !(over && (element.contains(over) || over.contains(element))),
  };
}"""


@pytest.mark.parametrize("display", DISPLAYS)
def test_focus_is_visible_on_every_control(open_page, photo, display):
    page = open_page(**DISPLAYS[display])
    upload(page, photo)
    page.evaluate("document.activeElement.blur()")
    stops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        stops.append(page.evaluate(FOCUSED))
    assert len(stops) > 15
    assert [stop for stop in stops if stop["outline"] < 2 or stop["covered"]] == []


def test_nothing_moves_with_reduced_motion(open_page, photo):
    page = open_page(reduced_motion="reduce")
    upload(page, photo)
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((element) => {
          const style = getComputedStyle(element);
          return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
        }).length"""
    )
    assert moving == 0


def picture(page, selector):
    return Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("RGB")


def test_level_and_bars_are_visible_in_forced_colours(open_page, photo):
    page = open_page(forced_colors="active")
    upload(page, photo)
    unfold(page, "why")
    for selector in (".shape", ".scale", ".units .meter >> nth=0"):
        light = picture(page, f"#upload-result {selector}").convert("L").getextrema()
        assert light[1] - light[0] > 100, f"{selector} has hardly any contrast"
    chosen, other = (
        page.evaluate("(id) => getComputedStyle(document.getElementById(id)).borderStyle", name)
        + page.evaluate("(id) => getComputedStyle(document.getElementById(id)).borderWidth", name)
        + page.evaluate("(id) => getComputedStyle(document.getElementById(id)).borderColor", name)
        for name in ("tab-upload", "tab-live")
    )
    assert chosen != other


def test_privacy_is_stated_beside_the_buttons_that_start_the_camera(open_page):
    page = open_page(width=360, height=780)
    page.click("#tab-live")
    button, note = (
        page.locator(name).bounding_box() for name in ("#watch-over-time", "#live-choose .privacy")
    )
    assert "nothing is stored" in page.locator("#live-choose .privacy").inner_text()
    assert 0 <= note["y"] - (button["y"] + button["height"]) < 40
