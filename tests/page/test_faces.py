"""Choosing one of several faces in a photo."""

from tests.support.browser import until, upload
from tests.support.media import encode_image
from tests.support.page_constants import RESULT
from tests.support.portraits import two_faces


def test_another_face_is_chosen_on_the_photo_by_keyboard(open_page, astronaut):
    page = open_page()
    both = two_faces(astronaut)
    upload(page, {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": encode_image(both)})
    faces = page.locator("#faces button")
    assert faces.evaluate_all("(buttons) => buttons.map((button) => button.ariaPressed)") == [
        "true",
        "false",
    ]
    until(page, "document.getElementById('announcer').textContent.endsWith('2 faces were found.')")
    page.focus("#faces button >> nth=1")
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('#faces button')[1].ariaPressed === 'true'")
    assert page.evaluate("document.activeElement.textContent") == "Face 2"
    assert faces.nth(1).get_attribute("aria-label") == "Face 2, assessed"


def test_a_face_that_cannot_be_judged_is_named_as_such_and_shows_why(open_page, astronaut):
    page = open_page()
    both = two_faces(astronaut, covered=True)
    image = encode_image(both, "PNG")
    upload(page, {"name": "b.png", "mimeType": "image/png", "buffer": image})
    covered = page.locator("#faces button").nth(1)
    assert covered.get_attribute("aria-label") == "Face 2, cannot be judged: show why"
    covered.click()
    page.wait_for_selector(f'{RESULT}[data-kind="cannot-tell"]')
    assert page.locator(f"{RESULT} .result-title").inner_text() == "Cannot tell: mouth covered"
    assert covered.get_attribute("aria-label") == "Face 2, cannot be judged"


def test_one_face_needs_no_choice(open_page, photo):
    page = open_page()
    upload(page, photo)
    assert page.locator("#faces").is_hidden()
