"""The result: four lines that never move, and the folded parts that explain them."""

import numpy as np
import pytest

from tests.support.browser import DRAWN_AREA, change_answers, spoken, unfold, until, upload
from tests.support.media import encode_image
from tests.support.page_constants import RESULT
from wince import scale
from wince.scale import Level
from wince.speech import sentences

FACE = {
    "box": [27, 48, 158, 179],
    "keypoints": {},
    "score": 0.9,
    "yaw": -7.0,
    "usable": True,
    "index": 0,
}
UNITS = {"AU4": 2.7, "AU6": 2.2, "AU7": 2.9, "AU9": 1.2, "AU10": 1.8, "AU43": 0.9}
SHARES = {"none": 0.02, "mild": 0.1, "moderate": 0.8, "severe": 0.08}


def assessment(level="moderate", score=8.2, between=None, reasons=(), warning_codes=(), **changes):
    """Return an assessment as the server sends it."""
    judged = level is not None
    return {
        "level": level,
        "score": score if judged else None,
        "between": between,
        "interval": [max(0, score - 3), min(16, score + 3)] if judged else None,
        "confidence": SHARES[level] if judged else None,
        "level_probabilities": SHARES if judged else None,
        "action_units": UNITS if judged else None,
        "raw_score": score,
        "face": FACE,
        "faces": [FACE],
        "quality": {
            "usable": judged,
            "reasons": dict.fromkeys(reasons, "English."),
            "warnings": ["English."] * len(warning_codes),
            "warning_codes": list(warning_codes),
        },
        "advice": "Advice.",
        "model": {"name": "model", "version": "1"},
        "milliseconds": {"total": 20},
        **changes,
    }


def state(kind, age=None, reasons=()):
    """Return a track that states something else than a level."""
    statement = {"kind": kind, "age": age, "reasons": dict.fromkeys(reasons, "English.")}
    return {
        "statement": {"level": None, "between": None, "score": None, **statement},
        "score": None,
    }


UNJUDGED = {"level": None, "score": None}
PAIRS = (["none", "mild"], ["mild", "moderate"], ["moderate", "severe"])
ALL_REASONS = (
    "small turned cut dark flat blurred doubtful eyes-covered mouth-covered".split()  # noqa: SIM905 (one line)
)
VIEWS = [
    {"assessment": None},
    *({"assessment": assessment(level)} for level in SHARES),
    *({"assessment": assessment(pair[0], 5.0, pair)} for pair in PAIRS),
    {"assessment": assessment(warning_codes=["mouth-covered", "cut"])},
    {"assessment": assessment(**UNJUDGED, reasons=["mouth-covered", "dark", "small"])},
    *(
        {"assessment": None, "track": state("cannot-tell", 4000.0, [reason])}
        for reason in ALL_REASONS
    ),
    {"assessment": assessment(), "track": state("changing")},
    {"assessment": None, "track": state("not-in-view", 31.0)},
    {"assessment": None, "track": state("not-in-view")},
    {"assessment": None, "problem": {"code": "no-face", "values": {}, "detail": ""}},
]
# A result of its own in the page, drawn from views.
PREPARE = """async () => {
  const [{createResult}, texts] = await Promise.all(
    [import("/static/parts/result.js"), import("/static/texts.js")]);
  const scale = await (await fetch("/v1/scale")).json();
  const root = document.createElement("div");
  root.id = "own";
  document.querySelector("main").replaceChildren(root);
  const neutral = {take() {}, collect() {}, read() {}, takeAnyway() {}, clear() {}};
  const draw = createResult(root, scale, {sayAgain() {}, setMap() {}, neutral});
  texts.applyTexts(document);
  const rest = {map: {isOn: false, unit: null, opacity: 0.8}, neutral: null, neutralTask: null,
    hasFrames: false};
  window.drawn = (view) => draw({...rest, ...view});
  window.choose = async (code) => texts.setCatalogue(await texts.fetchCatalogue(code));
}"""
# Where each line and each folded part lies after each view has been drawn.
POSITIONS = """(views) => views.map((view) => {
  window.drawn(view);
  const parts = document.querySelectorAll("#own .result > *, #own .result-rest > *");
  return [...parts].map((part) => {
    const {top, height} = part.getBoundingClientRect();
    return [part.className.split(" ")[0], Math.round(top), Math.round(height)];
  });
})"""
OVERFLOW = """() => [...document.querySelectorAll("#own .result-lines *")]
  .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
  .map((element) => element.outerHTML.slice(0, 120))"""


def test_nothing_moves_whatever_the_result_says(open_page):
    page = open_page()
    page.evaluate(PREPARE)
    for width in (320, 390, 860, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        share = "44%" if width > 800 else "auto"  # beside the photo
        page.evaluate("(share) => (document.getElementById('own').style.width = share)", share)
        for code in ("en", "de", "fr", "es", "ar"):
            page.evaluate("window.choose", code)
            first, *others = page.evaluate(POSITIONS, VIEWS)
            for view, positions in zip(VIEWS[1:], others, strict=True):
                assert positions == first, (width, code, view)
            assert page.evaluate(OVERFLOW) == [], (width, code)
            assert page.evaluate("document.documentElement.scrollWidth") == width, code


def test_folded_parts_stay_as_the_reader_left_them(open_page):
    page = open_page()
    page.evaluate(PREPARE)
    page.evaluate("window.drawn", VIEWS[1])
    unfold(page, "numbers", root="#own")
    page.locator("#own .fold-numbers summary").focus()
    for view in VIEWS:
        page.evaluate("window.drawn", view)
    opened = "[...document.querySelectorAll('#own details')].map(({open}) => open)"
    assert page.evaluate(opened) == [False, True, False, False]
    assert page.evaluate("document.activeElement.parentElement.className") == "fold fold-numbers"
    page.evaluate("window.drawn", {"assessment": assessment("severe", 12.3)})
    assert "12.3 of 16" in page.locator("#own .numbers-body").inner_text()
    unfold(page, "why", root="#own")  # it was not drawn while it was closed
    assert "2.7 of 5" in page.locator("#own .units").inner_text()


def test_each_level_has_its_word_shape_and_colour(open_page):
    page = open_page()
    page.evaluate(PREPARE)
    shapes = page.evaluate("import('/static/levels.js').then(({SHAPES}) => SHAPES)")
    assert len(set(shapes.values())) == 4
    titles, colours = [], set()
    card = page.locator("#own .result")
    for level in SHARES:
        page.evaluate("window.drawn", {"assessment": assessment(level)})
        titles.append(card.locator(".result-title").inner_text())
        assert card.locator(".shape path").get_attribute("d") == shapes[level]
        colours.add(card.locator(".shape").evaluate("(element) => getComputedStyle(element).fill"))
    assert titles == ["No pain expression seen", "Mild", "Moderate", "Severe"]
    assert len(colours) == 4
    states = set()
    for view in VIEWS:
        page.evaluate("window.drawn", view)
        states.add(card.locator(".shape path").get_attribute("d"))
    assert len(states) == 8  # no state looks like a level


def test_image_that_cannot_be_judged_shows_the_reason_and_no_number(open_page, astronaut):
    page = open_page()
    dark = encode_image((astronaut * 0.1).astype(np.uint8), "PNG")
    upload(page, {"name": "d.png", "mimeType": "image/png", "buffer": dark}, "cannot-tell")
    card = page.locator(RESULT)
    assert card.locator(".result-title").inner_text() == "Cannot tell: too dark"
    assert card.locator(".result-next").inner_text() == "Put light on the face."
    assert "PSPI" not in card.locator(".result-lines").inner_text()
    unfold(page, "numbers", "advice", "compare")
    assert card.locator(".share-number").all_inner_texts() == ["–"] * 4
    assert "The face is dark" in card.locator(".remarks").inner_text()
    assert spoken(page) == ["This image cannot be judged. Too dark."]
    assert page.locator("#announcer").inner_text() == "Cannot tell: too dark"
    page.click("#upload-result .neutral-set")
    until(page, "document.querySelector('.neutral-state').textContent.includes('cannot be the')")


def test_face_box_is_drawn_where_the_face_is(open_page, photo, assessor):
    page = open_page()
    upload(page, photo)
    drawn = page.evaluate(DRAWN_AREA, "#upload-overlay")
    x0, y0, x1, y1 = (value / 512 for value in assessor.assess(photo["buffer"]).face.box)
    assert drawn["right"] == pytest.approx(x1, abs=0.15)  # the label may reach further
    assert drawn["bottom"] == pytest.approx(y1, abs=0.02)
    assert drawn["left"] == pytest.approx(x0, abs=0.02)
    assert drawn["top"] < y0


def test_a_level_that_is_not_clear_is_shown_and_spoken_with_its_neighbour(open_page, photo):
    page = open_page()
    pair = (Level.NONE, Level.MILD)
    change_answers(
        page,
        level="none",
        between=["none", "mild"],
        level_probabilities={"none": 0.48, "mild": 0.46, "moderate": 0.04, "severe": 0.02},
        confidence=0.48,
        score=0.48,
        interval=[0.0, 2.4],
        advice=sentences.advice(Level.NONE, pair),
    )
    page.click("#open-settings")
    page.check("[name=sayAdvice]")
    page.check("[name=sayPercent]")
    page.click(".settings-close")
    upload(page, photo)
    card = page.locator(RESULT)
    assert card.locator(".result-title").inner_text() == "Between no pain expression and mild"
    assert card.locator(".result-score").inner_text() == "PSPI 0 of 16"  # 0.5 would be mild
    assert card.locator(".result-certainty").inner_text() == "Unsure (48%): could also be mild"
    assert card.locator(".scale").get_attribute("aria-label") == (
        "PSPI 0 of 16: Between no pain expression and mild. Probably 0 to 2."
    )
    assert card.locator(".band.current").count() == 2
    unfold(page, "numbers", "advice")
    assert "0.4 of 16" in card.locator(".numbers-list").inner_text()
    assert card.locator(".shares li.current").count() == 2
    assert card.locator(".advice").inner_text() == sentences.advice(Level.NONE, pair)
    assert spoken(page) == [
        sentences.spoken_text(Level.NONE, 0.48, between=pair, with_percent=True, with_advice=True)
    ]
    sentence = sentences.sentence(Level.NONE, between=pair)
    until(page, f"document.getElementById('announcer').textContent === {sentence!r}")


def test_numbers_lie_in_the_level_beside_them_as_in_the_library(open_page):
    page = open_page()
    scores = [number / 1000 for number in range(1, 16_001, 13)]
    scores += [0.46, 0.499, 0.5, 5.46, 5.499, 5.5, 10.46, 10.499, 10.5, 2.0, 2.25, 0.75]
    shown = page.evaluate(
        """async (scores) => {
          const {shownScore, wholePercent} = await import("/static/levels.js");
          const scale = await (await fetch("/v1/scale")).json();
          return scores.map((score) => [shownScore(scale, score), wholePercent(scale, score)]);
        }""",
        scores,
    )
    assert shown == [[scale.PSPI.shown(score), scale.PSPI.percent(score)] for score in scores]


def test_clearing_or_failing_takes_back_what_screen_readers_could_read(open_page, photo):
    page = open_page()
    announcer = "document.getElementById('announcer').textContent"
    upload(page, photo)
    until(page, f"{announcer} !== ''")
    page.click("#clear")
    until(page, f"{announcer} === ''")
    until(page, "document.activeElement.id === 'choose'")
    upload(page, photo)
    until(page, f"{announcer}.includes('ain expression')")
    upload(page, {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": b"no image"}, "problem")
    until(page, f"{announcer}.startsWith('This file is not')")


def test_warnings_are_shown_as_text(open_page, photo):
    page = open_page()
    warning = "<b>Something</b> is unusual."
    quality = {"usable": True, "warnings": [warning], "reasons": {}}
    change_answers(page, quality=quality, action_units=None)
    upload(page, photo)
    unfold(page, "why", "advice")
    assert page.locator(f"{RESULT} .remarks li").all_inner_texts() == [warning]
    assert page.locator(f"{RESULT} .why-units").is_hidden()
