"""Everything on the page that is shown or read aloud is from the catalogue of its language."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.support.browser import TIMEOUT, until
from tests.support.text_walk import LETTER, serve_other_letters, texts_from_elsewhere


@pytest.fixture
def other_letters(context, address):
    """A page whose catalogue has no Latin letters."""
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    serve_other_letters(page)
    page.goto(f"{address}/?language=de")
    page.wait_for_selector("html[data-ready]")
    yield page
    page.close()


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return {"name": "face.png", "mimeType": "image/png", "buffer": file.getvalue()}


def upload(page, photo):
    page.set_input_files("#file", photo)
    until(page, "document.getElementById('busy').textContent === ''")


def unfold(page, root):
    for summary in page.query_selector_all(f"{root} summary"):
        summary.click()


def test_start_settings_and_about_are_from_the_catalogue(other_letters):
    page = other_letters
    assert LETTER in page.locator("#tab-live").inner_text()
    page.click("#open-settings")
    assert texts_from_elsewhere(page) == ""
    page.click(".settings-close")
    unfold(page, "#about")
    page.wait_for_selector("#about .model-card h1")
    assert texts_from_elsewhere(page) == ""


def test_the_result_of_a_photo_is_from_the_catalogue(other_letters, photo):
    page = other_letters
    upload(page, photo)
    unfold(page, "#upload-result")
    page.check("#upload-result .map-on")
    assert LETTER in page.locator("#upload-result .result-title").inner_text()
    assert texts_from_elsewhere(page) == ""


@pytest.mark.parametrize("defect", ["dark", "small", "empty", "no image"])
def test_refusals_and_problems_are_from_the_catalogue(other_letters, astronaut, defect):
    page = other_letters
    small = np.asarray(Image.fromarray(astronaut).resize((100, 100)))
    file = {
        "dark": lambda: png(astronaut // 24),
        "small": lambda: png(small),
        "empty": lambda: png(np.full((200, 200, 3), 128, np.uint8)),
        "no image": lambda: {"name": "face.jpg", "mimeType": "image/jpeg", "buffer": b"text"},
    }[defect]()
    upload(page, file)
    title = page.locator("#upload-result .result-title")
    assert LETTER in title.inner_text()
    unfold(page, "#upload-result")
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
    unfold(page, "#live-result")
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
