"""Choosing one of several faces in a photo."""

import numpy as np
from PIL import Image

from tests.support.browser import until, upload
from tests.support.media import encode_image


def test_another_face_is_chosen_on_the_photo_by_keyboard(open_page, astronaut):
    page = open_page()
    head = Image.fromarray(astronaut[:256, 96:352])
    both = np.zeros((512, 912, 3), np.uint8)
    both[:, :512] = np.asarray(head.resize((512, 512)))
    both[:400, 512:] = np.asarray(head.resize((400, 400)))
    upload(page, {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": encode_image(both)})
    faces = page.locator("#faces button")
    assert faces.evaluate_all("(buttons) => buttons.map((button) => button.ariaPressed)") == [
        "true",
        "false",
    ]
    assert "The largest was assessed" in page.locator("#upload-result .warnings").inner_text()
    page.focus("#faces button >> nth=1")
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('#faces button')[1].ariaPressed === 'true'")
    assert "Number 2 by size" in page.locator("#upload-result .warnings").inner_text()
    assert page.evaluate("document.activeElement.textContent") == "Face 2"
    assert faces.nth(1).get_attribute("aria-label") == "Face 2, assessed"


def test_one_face_needs_no_choice(open_page, photo):
    page = open_page()
    upload(page, photo)
    assert page.locator("#faces").is_hidden()
