"""The person's neutral face, and the comparison with it."""

import numpy as np

from tests.support.browser import spoken, until, upload
from tests.support.media import encode_image


def test_neutral_face_is_set_from_photos_shown_and_cleared(open_page, frames, assessor):
    page = open_page()
    at_rest, in_pain = (
        [frame.path for frame in frames if frame.subject == "011-kk011" and keep(frame.pspi)]
        for keep in (lambda pspi: pspi < 1, lambda pspi: pspi >= 6)
    )
    upload(page, in_pain[0])
    card = page.locator("#upload-result")
    assert card.locator(".change").is_hidden()
    page.set_input_files("#upload-neutral .neutral-files", at_rest)
    card.locator(".change").wait_for()
    neutral = assessor.neutral_face(at_rest)
    change = assessor.assess(in_pain[0], neutral=neutral).change
    assert card.locator(".change-number").inner_text() == f"+{change.pspi:.1f}"
    assert (
        f"the neutral face’s score is {neutral.raw_score:.1f}"
        in card.locator(".change-text").inner_text()
    )
    state = page.locator("#upload-neutral .neutral-state")
    images = "1 image" if len(at_rest) == 1 else f"{len(at_rest)} images"
    assert f"Neutral face set from {images}" in state.inner_text()
    score = card.locator(".score-number").inner_text()
    page.click("#upload-neutral .neutral-clear")
    card.locator(".change").wait_for(state="hidden")
    assert state.inner_text() == "No neutral face is set."
    assert card.locator(".score-number").inner_text() == score
    assert page.locator("#upload-neutral .neutral-clear").is_hidden()
    assert len(spoken(page)) == 1  # only the first, absolute result was spoken


def test_photo_in_view_becomes_the_neutral_face(open_page, frames):
    page = open_page()
    upload(page, frames[0].path)
    page.click("#upload-neutral .neutral-set")
    page.wait_for_selector("#upload-result .change:not([hidden])")
    assert page.locator("#upload-result .change-number").inner_text() == "+0.0"
    upload(page, frames[1].path)
    assert page.locator("#upload-result .change").is_visible()


def test_photo_at_rest_that_cannot_be_used_is_explained(open_page, photo, astronaut):
    page = open_page()
    upload(page, photo)
    dark = encode_image((astronaut * 0.1).astype(np.uint8), "PNG")
    page.set_input_files(
        "#upload-neutral .neutral-files", {"name": "d.png", "mimeType": "image/png", "buffer": dark}
    )
    until(
        page,
        "/too dark/.test(document.querySelector('#upload-neutral .neutral-state').textContent)",
    )
    assert page.locator("#upload-result .change").is_hidden()


def test_live_view_sets_the_neutral_face_from_its_frames_and_compares_with_it(open_page):
    page = open_page()
    page.click("#tab-live")
    page.click("#start")
    page.wait_for_selector("#live-result .assessed:not([hidden])")
    page.click("#live-neutral .neutral-set")
    page.wait_for_selector("#live-result .change:not([hidden])")
    assert "Neutral face set from" in page.locator("#live-neutral .neutral-state").inner_text()
    page.click("#live-neutral .neutral-clear")
    page.locator("#live-result .change").wait_for(state="hidden")


def test_a_grimace_becomes_the_neutral_face_only_on_demand(open_page, frames):
    page = open_page()
    grimace = frames[1].path
    upload(page, grimace)
    state = page.locator("#upload-neutral .neutral-state")
    anyway = page.locator("#upload-neutral .neutral-anyway")
    assert anyway.is_hidden()
    page.click("#upload-neutral .neutral-set")
    assert "The face at rest is rated" in state.inner_text()
    assert page.locator("#upload-result .change").is_hidden()
    page.set_input_files("#upload-neutral .neutral-files", [grimace])
    until(page, "/PSPI/.test(document.querySelector('#upload-neutral .neutral-state').textContent)")
    assert "expected no pain expression" in state.inner_text()
    anyway.click()
    page.wait_for_selector("#upload-result .change:not([hidden])")
    assert "Neutral face set from 1 image" in state.inner_text()
    assert anyway.is_hidden()
