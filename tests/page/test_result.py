"""The result card: level, probabilities, warnings, and images that cannot be judged."""

import numpy as np
import pytest

from tests.support.browser import DRAWN_AREA, change_answers, spoken, until, upload
from tests.support.media import encode_image
from wince import scale
from wince.scale import Level
from wince.speech import sentences


def test_probability_of_each_level_is_shown_and_read(open_page, photo, assessor):
    page = open_page()
    upload(page, photo)
    expected = assessor.assess(photo["buffer"])
    rows = page.locator("#upload-result .shares li")
    assert rows.count() == 4
    for name, text in zip(expected.level_probabilities, rows.all_inner_texts(), strict=True):
        share = 100 * expected.level_probabilities[name]
        name_shown = "None seen" if name == "none" else name.capitalize()
        assert text.split("\n")[0] == name_shown
        assert text.split("\n")[-1] == ("< 1 %" if 0 < share < 1 else f"{share:.0f} %")
    assert page.locator("#upload-result .shares li.current").count() == 1


def test_image_that_cannot_be_judged_shows_the_reason_and_no_number(open_page, astronaut):
    page = open_page()
    dark = encode_image((astronaut * 0.1).astype(np.uint8), "PNG")
    page.set_input_files("#file", {"name": "d.png", "mimeType": "image/png", "buffer": dark})
    page.wait_for_selector("#upload-result .unjudged:not([hidden])")
    card = page.locator("#upload-result")
    assert "cannot be judged" in card.locator(".unjudged h2").inner_text()
    assert "is dark" in card.locator(".reasons li").inner_text()
    assert card.locator(".assessed").is_hidden()
    assert "PSPI" not in card.inner_text()
    assert spoken(page) == ["This image cannot be judged: it is too dark."]
    assert "too dark" in page.locator("#announcer").inner_text()
    assert page.locator("#upload-map").is_hidden()
    page.click("#upload-neutral .neutral-set")
    assert (
        "cannot be the neutral face" in page.locator("#upload-neutral .neutral-state").inner_text()
    )


def test_face_box_is_drawn_where_the_face_is(open_page, photo, assessor):
    page = open_page()
    upload(page, photo)
    page.wait_for_timeout(200)
    drawn = page.evaluate(DRAWN_AREA, "#upload-overlay")
    x0, y0, x1, y1 = (value / 512 for value in assessor.assess(photo["buffer"]).face.box)
    assert drawn["right"] == pytest.approx(x1, abs=0.15)  # the label may reach further
    assert drawn["bottom"] == pytest.approx(y1, abs=0.02)
    assert drawn["left"] == pytest.approx(x0, abs=0.02)
    assert drawn["top"] < y0


TITLES_AND_SENTENCES = {
    "none": ("No pain expression seen", "No pain expression seen."),
    "mild": ("Mild", "Pain expression: mild."),
    "moderate": ("Moderate", "Pain expression: moderate."),
    "severe": ("Severe", "Pain expression: severe."),
}


def test_each_level_has_its_word_shape_and_sentence(open_page, photo):
    page = open_page()
    shapes = page.evaluate("import('/static/levels.js').then(({SHAPES}) => SHAPES)")
    assert len(set(shapes.values())) == 4
    colours = set()
    for level, (title, sentence) in TITLES_AND_SENTENCES.items():
        change_answers(page, level=level, sentence=sentence)
        upload(page, photo)
        card = page.locator("#upload-result")
        assert card.locator(".level-name").inner_text() == title
        assert card.locator(".sentence").inner_text() == sentence
        assert card.locator(".shape path").get_attribute("d") == shapes[level]
        colours.add(card.locator(".shape").evaluate("(element) => getComputedStyle(element).fill"))
        page.unroute_all()
    assert len(colours) == 4
    assert spoken(page) == [
        "No pain expression seen.",
        "This person has pain level: mild.",
        "This person has pain level: moderate.",
        "This person has pain level: severe.",
    ]


OVERLAPS = """() => {
  const shown = (selector) => [...document.querySelectorAll(`#upload-result ${selector}`)]
    .filter((element) => element.getClientRects().length);
  const overlap = (a, b) => {
    const [p, q] = [a, b].map((element) => element.getBoundingClientRect());
    return p.left < q.right && q.left < p.right && p.top < q.bottom && q.top < p.bottom;
  };
  const apart = [shown(".band-name"), shown(".level-name, .score"), shown(".sentence, .say-again"),
    shown(".shares li > *")];
  return apart.flatMap((elements) => elements.flatMap((a, i) => elements.slice(i + 1)
    .filter((b) => overlap(a, b)).map((b) => `${a.textContent} / ${b.textContent}`)));
}"""


# At 860 and 960 pixels the card is beside the photo, and narrower than on a large phone.
@pytest.mark.parametrize("width", [320, 360, 390, 860, 960])
@pytest.mark.parametrize("language", ["en", "de"])  # German has the longest word
def test_nothing_overlaps_on_a_narrow_card(open_page, address, photo, width, language):
    page = open_page(f"{address}/?language={language}", width=width)
    change_answers(
        page, level="none", pspi=0.0, confidence=1.0, sentence="No pain expression seen."
    )
    upload(page, photo)
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_level_that_is_not_clear_is_shown_and_spoken_with_its_neighbour(open_page, photo):
    page = open_page()
    sentence = sentences.sentence(Level.NONE, between=(Level.NONE, Level.MILD))
    advice = sentences.advice(Level.NONE, (Level.NONE, Level.MILD))
    change_answers(
        page,
        level="none",
        between=["none", "mild"],
        level_probabilities={"none": 0.48, "mild": 0.46, "moderate": 0.04, "severe": 0.02},
        confidence=0.48,
        pspi=0.48,
        sentence=sentence,
        advice=advice,
    )
    page.check("#say-advice")
    page.check("#say-percent")
    upload(page, photo)
    card = page.locator("#upload-result")
    assert card.locator(".level-name").inner_text() == "Between no pain expression and mild"
    assert card.locator(".sentence").inner_text() == sentence
    assert card.locator(".advice").inner_text() == advice
    assert card.locator(".score-number").inner_text() == "0.4"  # 0.5 would be mild
    assert card.locator(".shares li.current").count() == 2
    assert "Neither level is clear" in card.locator(".confidence-text").inner_text()
    assert "between none seen and mild" in card.locator(".scale").get_attribute("aria-label")
    assert spoken(page) == [
        sentences.spoken_text(
            Level.NONE,
            0.48,
            between=(Level.NONE, Level.MILD),
            with_percent=True,
            with_advice=True,
        )
    ]
    until(page, "document.getElementById('announcer').textContent !== ''")
    assert page.locator("#announcer").inner_text() == sentence


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
    assert shown == [[scale.shown(score), scale.whole_percent(score)] for score in scores]


def test_clearing_or_failing_takes_back_what_screen_readers_could_read(open_page, photo):
    page = open_page()
    announcer = "document.getElementById('announcer').textContent"
    upload(page, photo)
    until(page, f"{announcer} !== ''")
    page.click("#clear")
    page.wait_for_timeout(100)
    assert page.evaluate(announcer) == ""
    upload(page, photo)
    until(page, f"{announcer} !== ''")
    broken = {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": b"no image"}
    page.set_input_files("#file", broken)
    page.wait_for_selector("#upload-result .problem:not([hidden])")
    assert page.evaluate(announcer) == ""


def test_warnings_are_shown_as_text(open_page, photo):
    page = open_page()
    warning = "2 faces were found. <b>The largest</b> was assessed."
    change_answers(page, quality={"usable": True, "warnings": [warning]}, action_units=None)
    upload(page, photo)
    assert page.locator("#upload-result .warnings li").all_inner_texts() == [warning]
    assert page.locator("#upload-result .units-section").is_hidden()
