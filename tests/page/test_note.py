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


def test_note_is_saved_as_csv_text_and_image_and_nowhere_else(live):
    page, _ = live("mild")
    urls = []
    page.on("request", lambda request: urls.append(request.url))
    page.wait_for_selector(".note-save button:enabled")
    page.fill("[name=person]", '=HYPERLINK("x"), bed 4')
    page.fill("[name=observer]", "AB")
    page.check("[name=judgement][value=higher]")

    name, data = saved(page, ".note-save button[value=csv]")
    assert re.fullmatch(r"wince-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d\.csv", name)
    (row,) = csv.DictReader(io.StringIO(data.decode(), newline=""))
    assert row["person"] == '\'=HYPERLINK("x"), bed 4', "a text, not a formula"
    assert (row["observer"], row["observer_judgement"]) == ("AB", "higher")
    assert (row["pspi"], row["level"], row["model"]) == ("3.0", "mild", "m 1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", row["time"])
    assert float(row["interval_low"]) <= 3 <= float(row["interval_high"])

    name, data = saved(page, ".note-save button[value=text]")
    assert name.endswith(".txt")
    text = data.decode()
    for line in ("Observer: AB", "The observer: judges it higher", "PSPI: 3.0 of 16"):
        assert line in text
    assert "not a medical device" in text

    name, data = saved(page, ".note-save button[value=png]")
    assert name.endswith(".png")
    image = Image.open(io.BytesIO(data)).convert("L")
    assert image.width == 1280
    dark = sum(image.histogram()[:128]) / (image.width * image.height)
    assert 0.005 < dark < 0.2, "dark letters on a light background"

    assert [url for url in urls if not url.startswith("blob:")] == []
    stored = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    assert stored == [0, 0, ""]


def test_note_has_the_score_that_is_on_the_screen(live):
    page, level = live("mild")
    page.wait_for_selector(".note-save button:enabled")
    assert "Mild, PSPI 3.0 of 16" in page.locator(".note-score").inner_text()
    level[0] = "severe"
    until(page, "document.querySelector('#live-result .level-name').textContent === 'Severe'")
    shown = page.locator(".note-score").inner_text()
    assert "Severe, PSPI " in shown
    _, data = saved(page, ".note-save button[value=csv]")
    (row,) = csv.DictReader(io.StringIO(data.decode(), newline=""))
    assert row["level"] == "severe"
    assert f"PSPI {row['pspi']} of 16" in shown
