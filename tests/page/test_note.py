"""The note that an observer saves from the live view."""

import csv
import io
import re

from PIL import Image

from tests.support.browser import until


def saved(page, button):
    with page.expect_download() as download:
        page.click(button)
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_note_is_saved_as_csv_text_and_picture_and_nowhere_else(live):
    page, _ = live("mild")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_selector(".note-save button:enabled")
    page.fill("[name=person]", '=HYPERLINK("x"), bed 4')
    page.fill("[name=observer]", "AB")
    page.check("[name=judgement][value=higher]")
    page.click(".note-take")

    name, data = saved(page, ".note-save button[value=csv]")
    assert re.fullmatch(r"wince-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d\.csv", name)
    (row,) = csv.DictReader(io.StringIO(data.decode(), newline=""))
    assert row["person"] == '\'=HYPERLINK("x"), bed 4', "a text and no formula"
    assert (row["observer"], row["observer_judgement"]) == ("AB", "higher")
    assert (row["pspi"], row["level"], row["model"]) == ("3.0", "mild", "m 1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", row["time"])
    assert float(row["interval_low"]) <= 3 <= float(row["interval_high"])

    name, data = saved(page, ".note-save button[value=text]")
    assert name.endswith(".txt")
    text = data.decode()
    for words in ("Observer: AB", "The observer: judges it higher", "PSPI: 3.0 of 16"):
        assert words in text
    assert "not a medical device" in text

    name, data = saved(page, ".note-save button[value=png]")
    assert name.endswith(".png")
    picture = Image.open(io.BytesIO(data)).convert("L")
    assert picture.width == 1280
    dark = sum(picture.histogram()[:128]) / (picture.width * picture.height)
    assert 0.005 < dark < 0.2, "dark letters on a light ground"

    assert [url for url in asked if not url.startswith("blob:")] == []
    kept = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == [0, 0, ""]


def test_note_keeps_the_score_of_its_moment(live):
    page, now = live("mild")
    page.wait_for_selector(".note-save button:enabled")
    first = page.locator(".note-score").inner_text()
    assert "Mild, PSPI 3.0 of 16" in first
    now[0] = "severe"
    until(page, "document.querySelector('#live-result .level-name').textContent === 'Severe'")
    assert page.locator(".note-score").inner_text() == first
    page.click(".note-take")
    assert "Severe" in page.locator(".note-score").inner_text()
