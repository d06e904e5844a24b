"""Photos that are chosen, dropped or pasted on the upload tab."""

import base64

import numpy as np
import pytest

from tests.support.browser import DRAWN, spoken, unfold, until, upload
from tests.support.media import encode_image
from tests.support.page_constants import RESULT
from wince.speech.languages import ENGLISH

LEVEL = f'{RESULT}[data-kind="level"]'


def test_uploaded_photo_is_assessed_shown_and_spoken(open_page, photo, assessor):
    page = open_page()
    upload(page, photo)
    unfold(page, "why", "numbers", "advice")
    expected = assessor.assess(photo["buffer"])
    card = page.locator(RESULT)
    assert card.locator(".result-title").inner_text() == ENGLISH.titles[expected.level]
    assert card.locator(".result-score").inner_text() == f"PSPI {round(expected.pspi)} of 16"
    shares = card.locator(".share-number").all_inner_texts()
    for share, text in zip(expected.level_probabilities.values(), shares, strict=True):
        assert text in (f"{share:.0%}", "< 1%", "> 99%")
    numbers = card.locator(".numbers-list").inner_text()
    low, high = expected.interval
    assert f"{expected.pspi:.1f} of 16" in numbers
    assert f"{low:.1f} to {high:.1f}" in numbers
    assert f"{expected.model['name']} {expected.model['version']}" in numbers
    assert card.locator(".advice").inner_text() == expected.advice
    values = [float(text.split()[0]) for text in card.locator(".unit-value").all_inner_texts()]
    assert values == pytest.approx(list(expected.action_units.values()), abs=0.051)
    assert page.evaluate("window.spoken") == [
        {"text": ENGLISH.spoken_sentences[expected.level], "voice": "Near"}
    ]
    until(page, "document.getElementById('announcer').textContent !== ''")
    assert page.locator("#announcer").inner_text() == expected.sentence
    page.click(f"{RESULT} .say-again")
    assert len(spoken(page)) == 2


def transfer(page, data, kind="image/jpeg"):
    """Return a DataTransfer with one file, as in a drop or a paste."""
    return page.evaluate_handle(
        """([text, type]) => {
          const data = new DataTransfer();
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          data.items.add(new File([bytes], "file", {type}));
          return data;
        }""",
        [base64.b64encode(data).decode(), kind],
    )


@pytest.mark.parametrize("target", ["#drop", "footer"])
def test_photo_dropped_on_the_page_is_assessed(open_page, portrait_jpeg, target):
    page = open_page()
    data = transfer(page, portrait_jpeg)
    page.dispatch_event(target, "dragenter", {"dataTransfer": data})
    assert page.locator("#drop.over").count() == 1
    page.dispatch_event(target, "drop", {"dataTransfer": data})
    page.wait_for_selector(LEVEL)
    assert page.locator("#drop.over").count() == 0
    assert len(spoken(page)) == 1


def test_photo_dropped_while_the_camera_tab_is_open_is_shown(open_page, portrait_jpeg):
    page = open_page()
    page.click("#tab-live")
    page.dispatch_event("body", "drop", {"dataTransfer": transfer(page, portrait_jpeg)})
    page.wait_for_selector(LEVEL)
    assert page.locator("#tab-upload").get_attribute("aria-selected") == "true"


def test_something_else_dropped_is_explained(open_page):
    page = open_page()
    data = page.evaluate_handle("new DataTransfer()")
    page.dispatch_event("#drop", "drop", {"dataTransfer": data})
    page.wait_for_selector(f'{RESULT}[data-kind="problem"]')
    assert "was not a file" in page.locator(f"{RESULT} .result-problem").inner_text()


def test_pasted_photo_is_assessed(open_page, portrait_jpeg):
    page = open_page()
    page.evaluate(
        """(data) => document.body.dispatchEvent(
          new ClipboardEvent("paste", {clipboardData: data, bubbles: true}))""",
        transfer(page, portrait_jpeg),
    )
    page.wait_for_selector(LEVEL)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"hello", "not a JPEG, PNG, WebP, AVIF or HEIC"),
        (encode_image(np.full((99, 99, 3), 128, np.uint8)), "No face was found"),
    ],
)
def test_file_that_cannot_be_assessed_is_explained_and_not_spoken(open_page, data, message):
    page = open_page()
    upload(page, {"name": "x", "mimeType": "image/jpeg", "buffer": data}, "problem")
    assert message in page.locator(f"{RESULT} .result-problem").inner_text()
    until(page, f"document.getElementById('announcer').textContent.includes({message!r})")
    assert spoken(page) == []


def test_newest_photo_wins(open_page, photo, frames):
    page = open_page()
    routes = []

    def hold_the_first(route):
        if routes:
            route.continue_()
        else:
            routes.append(route)

    page.route("**/v1/assessments*", hold_the_first)
    with page.expect_request("**/v1/assessments*"):
        page.set_input_files("#file", photo)
    second = frames[0].path.read_bytes()
    upload(page, {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": second})
    shown = page.locator(f"{RESULT} .result-lines").inner_text()
    routes[0].abort()
    page.evaluate(DRAWN)
    assert page.locator(f"{RESULT} .result-lines").inner_text() == shown
    assert len(spoken(page)) == 1
