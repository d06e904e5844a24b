"""Video files on the upload tab: assessed frame by frame, with trend and summary."""

import numpy as np
import pytest
from PIL import Image

from tests.support.browser import DRAWN_AREA, spoken, until, wait_for_focus
from tests.support.page_constants import RESULT
from tests.support.portraits import two_faces
from tests.support.video_sample import write_video

pytest.importorskip("av", reason="needs av")

TIME = "document.getElementById('film-time').textContent"
RATE = 5


def film(path, image, seconds):
    """Write a video of a still image and return its path."""
    return write_video(path, [image] * (RATE * seconds), rate=RATE, codec="libvpx")


def test_video_is_assessed_and_its_summary_is_not_lost_without_asking(open_page, frames, tmp_path):
    page = open_page()
    pain = np.asarray(Image.open(frames[1].path).resize((320, 320)).convert("RGB"))
    page.set_input_files("#file", film(tmp_path / "pain.webm", pain, 3))
    page.wait_for_selector("#film-trend:not([hidden]) svg")
    assert page.locator("#film-progress").is_visible()
    until(page, f"{TIME}.startsWith('Finished')")
    assert page.evaluate(TIME) == "Finished: 0:03 of 0:03"
    assert page.locator(RESULT).get_attribute("data-kind") == "level"
    assert page.locator("#film-cancel").is_hidden()
    page.wait_for_selector("#film-summary:not([hidden])")
    summary = page.locator("#film-summary").inner_text()
    assert "pain.webm" in summary
    assert f"{3 * RATE} frames were assessed" in summary
    assert page.locator("#announcer").inner_text() == "The video is assessed."
    assert spoken(page) == []
    page.set_input_files("#file", film(tmp_path / "other.webm", pain, 1))
    page.click("#discard-dialog [value=stay]")
    assert "pain.webm" in page.locator("#film-summary").inner_text()
    page.click("#clear")
    page.click("#discard-dialog [value=discard]")
    page.wait_for_selector("#film-summary", state="hidden")
    until(page, "document.activeElement.id === 'choose'")


def test_video_that_is_stopped_has_a_summary_of_what_was_seen(open_page, frames, tmp_path):
    page = open_page()
    calm = np.asarray(Image.open(frames[0].path).resize((320, 320)).convert("RGB"))
    page.set_input_files("#file", film(tmp_path / "calm.webm", calm, 20))
    until(page, "document.getElementById('film-bar').value > 0.5")
    page.click("#film-cancel")
    page.wait_for_selector("#film-summary:not([hidden])")
    assert page.evaluate(TIME).startswith("Finished: 0:0")
    wait_for_focus(page, "choose-another")


def test_several_people_wait_until_one_is_tapped(open_page, astronaut, tmp_path):
    page = open_page()
    path = film(tmp_path / "two.webm", two_faces(astronaut), 2)
    page.set_input_files("#file", path)
    until(page, f"{TIME}.startsWith('Several people')")
    page.locator("#faces button").nth(1).click()
    until(page, f"{TIME}.startsWith('Finished')")
    box = page.evaluate(DRAWN_AREA, "#upload-overlay")
    assert box["left"] > 0.5  # the person on the right


@pytest.mark.parametrize("name", ["ward 3.mkv", "ward 3.avi"])
def test_video_that_the_browser_cannot_play_is_explained(open_page, name):
    page = open_page()
    page.set_input_files(
        "#file", {"name": name, "mimeType": "video/x-unknown", "buffer": b"no video"}
    )
    page.wait_for_selector(f'{RESULT}[data-kind="problem"]')
    problem = page.locator(f"{RESULT} .result-problem").inner_text()
    assert problem.endswith(f'wince watch "{name}"')
    assert page.locator("#choose").is_visible()
