"""The person's neutral face, and the comparison with it."""

import re

import numpy as np

from tests.support.browser import DRAWN, spoken, unfold, until, upload
from tests.support.media import encode_image
from tests.support.page_constants import RESULT

STATE = "document.querySelector('#upload-result .neutral-state').textContent"
CHANGE = "document.querySelector('#upload-result .change-number').textContent"


def test_neutral_face_is_set_from_photos_shown_and_cleared(open_page, frames, assessor):
    page = open_page()
    at_rest, in_pain = (
        [frame.path for frame in frames if frame.subject == "011-kk011" and keep(frame.pspi)]
        for keep in (lambda pspi: pspi < 1, lambda pspi: pspi >= 6)
    )
    upload(page, in_pain[0])
    unfold(page, "compare", "numbers")
    lines = page.locator(f"{RESULT} .result-lines")
    absolute = lines.inner_text()
    assert page.evaluate(CHANGE) == ""
    page.set_input_files("#upload-result .neutral-files", at_rest)
    neutral = assessor.neutral_face(at_rest)
    change = assessor.assess(in_pain[0], neutral=neutral).change
    until(page, f"{CHANGE} === '+{change.pspi:.1f}'")
    comparison = page.locator("#upload-result .neutral-face").inner_text()
    assert f"{change.pspi:.1f} points above the neutral face" in comparison
    assert "of 16" not in comparison  # that is the other scale
    images = "1 image" if len(at_rest) == 1 else f"{len(at_rest)} images"
    assert f"is set, from {images}" in page.evaluate(STATE)
    numbers = page.locator(f"{RESULT} .numbers-list").inner_text()
    assert re.search(rf"neutral face\s+{neutral.raw_score:.1f}\b", numbers)
    assert lines.inner_text() == absolute
    page.click("#upload-result .neutral-clear")
    until(page, f"{CHANGE} === ''")
    assert page.evaluate(STATE) == "No neutral face is set."
    assert page.locator("#upload-result .neutral-clear").is_hidden()
    assert page.evaluate("document.activeElement.className").endswith("neutral-set")
    assert len(spoken(page)) == 1  # only the first, absolute result was spoken


def test_photo_in_view_becomes_the_neutral_face(open_page, frames):
    page = open_page()
    upload(page, frames[0].path)
    unfold(page, "compare")
    page.click("#upload-result .neutral-set")
    until(page, f"{CHANGE} === '+0.0'")
    upload(page, frames[1].path)
    assert float(page.evaluate(CHANGE)) > 0


def test_photo_at_rest_that_cannot_be_used_is_explained(open_page, photo, astronaut):
    page = open_page()
    upload(page, photo)
    unfold(page, "compare")
    dark = encode_image((astronaut * 0.1).astype(np.uint8), "PNG")
    page.set_input_files(
        "#upload-result .neutral-files", {"name": "d.png", "mimeType": "image/png", "buffer": dark}
    )
    until(page, f"{STATE}.includes('too dark')")
    assert page.evaluate(CHANGE) == ""


def test_a_grimace_becomes_the_neutral_face_only_on_demand(open_page, frames):
    page = open_page()
    grimace = frames[1].path
    upload(page, grimace)
    unfold(page, "compare")
    anyway = page.locator("#upload-result .neutral-anyway")
    assert anyway.is_hidden()
    page.click("#upload-result .neutral-set")
    until(page, f"{STATE}.startsWith('The face at rest is rated')")
    assert page.evaluate(CHANGE) == ""
    page.set_input_files("#upload-result .neutral-files", [grimace])
    until(page, f"{STATE}.startsWith('The photos at rest show an expression')")
    anyway.click()
    until(page, f"{CHANGE} === '+0.0'")
    assert "is set, from 1 image" in page.evaluate(STATE)
    page.evaluate(DRAWN)
    assert anyway.is_hidden()
