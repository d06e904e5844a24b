"""Everything on the page that is shown or read aloud is from the catalogue of its language."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.support.browser import until
from tests.support.text_walk import LETTER, other_letters_script, texts_from_elsewhere


@pytest.fixture
def other_letters(open_page, address):
    """A page whose catalogue has no Latin letters."""
    return open_page(f"{address}/?language=de", speech=other_letters_script())


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return {"name": "face.png", "mimeType": "image/png", "buffer": file.getvalue()}


def upload(page, photo):
    page.set_input_files("#file", photo)
    until(page, "document.getElementById('busy').textContent === ''")


def open_folds(page, root):
    for summary in page.query_selector_all(f"{root} details:not([open]) > summary"):
        summary.click()


def test_start_settings_and_about_are_from_the_catalogue(other_letters):
    page = other_letters
    assert LETTER in page.locator("#tab-live").inner_text()
    page.click("#open-settings")
    assert texts_from_elsewhere(page) == ""
    page.click(".settings-close")
    open_folds(page, "#about")
    page.wait_for_selector("#about .model-card h1")
    assert texts_from_elsewhere(page) == ""


def test_the_result_of_a_photo_is_from_the_catalogue(other_letters, photo):
    page = other_letters
    upload(page, photo)
    open_folds(page, "#upload-result")
    page.check("#upload-result .map-on")
    assert LETTER in page.locator("#upload-result .result-title").inner_text()
    assert texts_from_elsewhere(page) == ""


def test_refusals_and_problems_are_from_the_catalogue(other_letters, astronaut):
    page = other_letters
    small = np.asarray(Image.fromarray(astronaut).resize((100, 100)))
    for file in (
        png(astronaut // 24),
        png(small),
        png(np.full((200, 200, 3), 128, np.uint8)),
        {"name": "face.jpg", "mimeType": "image/jpeg", "buffer": b"text"},
    ):
        upload(page, file)
        assert LETTER in page.locator("#upload-result .result-title").inner_text()
        open_folds(page, "#upload-result")
        assert texts_from_elsewhere(page) == ""


def test_aiming_and_checking_are_from_the_catalogue(other_letters):
    page = other_letters
    page.click("#tab-live")
    assert texts_from_elsewhere(page) == ""
    page.click("#check-now")
    page.wait_for_selector("#begin:enabled")
    assert texts_from_elsewhere(page) == ""
    page.click("#begin")
    assert texts_from_elsewhere(page) == ""
    page.wait_for_selector("#check-again")
    open_folds(page, "#live-result")
    assert texts_from_elsewhere(page) == ""


def test_watching_and_its_summary_are_from_the_catalogue(other_letters):
    page = other_letters
    page.click("#tab-live")
    page.click("#watch-over-time")
    page.wait_for_selector("#begin:enabled")
    page.click("#begin")
    page.wait_for_selector("#live-result .result[data-kind='level']")
    assert texts_from_elsewhere(page) == ""
    page.click("#mark")
    assert texts_from_elsewhere(page) == ""
    page.keyboard.press("Escape")
    page.click("#finish")
    page.wait_for_selector("#summary:not([hidden])")
    assert texts_from_elsewhere(page) == ""
