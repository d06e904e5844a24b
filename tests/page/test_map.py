"""The map of where in the face a score comes from."""

import numpy as np

from tests.support.browser import DRAWN, change_answers, unfold, upload
from tests.support.live_answers import KEYPOINTS

# The overlay's colour at a point, given in shares of its width and height: red, green, blue, alpha.
COLOUR_AT = """([selector, x, y]) => {
  const canvas = document.querySelector(selector);
  const {width, height} = canvas;
  const at = [Math.floor(x * width), Math.floor(y * height)];
  return [...canvas.getContext("2d").getImageData(...at, 1, 1).data];
}"""


# Size and corners of the maps that are drawn.
ROWS, COLUMNS = 8, 8


QUAD = [[100, 100], [400, 100], [400, 400], [100, 400]]


def grid(**cells):
    """Return rows of zeros with some cells set: r5c3=0.7."""
    rows = [[0.0] * COLUMNS for _ in range(ROWS)]
    for name, value in cells.items():
        row, column = map(int, name[1:].split("c"))
        rows[row][column] = value
    return rows


def with_map(page, assessor, photo, pspi, units=None):
    """Let the page receive a given map over an image of 512 x 512 pixels."""
    face = {**assessor.assess(photo["buffer"]).to_dict()["face"], "keypoints": KEYPOINTS}
    heatmap = {"quad": QUAD, "score": pspi, "action_units": units, "counted": None, "note": "Note."}
    change_answers(page, heatmap=heatmap, face={**face, "box": [10, 450, 60, 500]})


def test_map_is_drawn_over_the_face_only_when_asked_for(open_page, photo, assessor):
    page = open_page()
    upload(page, photo)
    unfold(page, "why")
    heatmap = assessor.assess(photo["buffer"], heatmap=True).heatmap
    rows, columns = len(heatmap.pspi), len(heatmap.pspi[0])
    row, column = divmod(int(np.argmax(heatmap.pspi)), columns)
    corner, right, _, below = (np.array(point) for point in heatmap.quad)
    point = corner + (right - corner) * (column + 0.5) / columns
    point = (point + (below - corner) * (row + 0.5) / rows) / 512
    # The box and its label may cover that place, so use one beside them.
    beside = [point + np.array([x, y]) for x in (0, 0.02, -0.02) for y in (0, 0.02, -0.02)]
    places = [["#upload-overlay", *offset] for offset in beside]
    place = next(place for place in places if page.evaluate(COLOUR_AT, place)[3] == 0)
    assert page.locator("#photo.mapped").count() == 0
    page.check("#panel-upload .map-on")
    page.evaluate(DRAWN)
    red, _, blue, alpha = page.evaluate(COLOUR_AT, place)
    assert red > 200 > 100 > blue  # orange: it raises the score
    assert 90 < alpha < 220
    assert page.evaluate(COLOUR_AT, ["#upload-overlay", 0.02, 0.98])[3] == 0
    assert page.locator("#photo.mapped").count() == 1
    assert "not proof" in page.locator("#panel-upload .map-details").inner_text()
    page.uncheck("#panel-upload .map-on")
    page.evaluate(DRAWN)
    assert page.evaluate(COLOUR_AT, place)[3] == 0
    assert page.locator("#photo.mapped").count() == 0


def test_map_shows_raising_and_lowering_by_colour_strength_and_text(open_page, photo, assessor):
    page = open_page()
    with_map(page, assessor, photo, grid(r5c3=0.8, r5c4=0.8, r0c4=-0.6, r2c1=0.2))
    upload(page, photo)
    unfold(page, "why")
    page.check("#panel-upload .map-on")
    page.evaluate(DRAWN)
    page.fill("#panel-upload .map-opacity", "100")
    page.evaluate(DRAWN)

    def at(row, column):
        x, y = (100 + 300 * (cell + 0.5) / 8 for cell in (column, row))
        return page.evaluate(COLOUR_AT, ["#upload-overlay", x / 512, y / 512])

    red, _, blue, alpha = at(5, 3)
    assert red > 200 > 100 > blue
    assert alpha > 225
    red, _, blue, alpha = at(0, 4)
    assert blue > 200 > 100 > red
    assert 140 < alpha < 190  # 0.75 of the strongest, to the power 1.5
    assert 15 < at(2, 1)[3] < 50
    assert at(3, 6)[3] == 0
    text = page.locator("#panel-upload .map-text").inner_text()
    assert text == "PSPI: raised most around the mouth, lowered most at the forehead."
    assert page.locator("#panel-upload .ramp").inner_text().split() == [
        "lowers",
        "−0.80",
        "+0.80",
        "raises",
    ]
    page.fill("#panel-upload .map-opacity", "20")
    page.evaluate(DRAWN)
    assert 35 < at(5, 3)[3] < 60


def test_nearly_empty_map_is_pale_and_described(open_page, photo, assessor):
    page = open_page()
    with_map(page, assessor, photo, grid(r5c3=0.01))
    upload(page, photo)
    unfold(page, "why")
    page.check("#panel-upload .map-on")
    page.evaluate(DRAWN)
    text = page.locator("#panel-upload .map-text").inner_text()
    assert text == "PSPI: no part of the face changes it much."
    x, y = (100 + 300 * (cell + 0.5) / 8 for cell in (3, 5))
    assert page.evaluate(COLOUR_AT, ["#upload-overlay", x / 512, y / 512])[3] < 60


def test_bar_of_an_action_unit_shows_where_it_comes_from(open_page, photo, assessor):
    page = open_page()
    units = {name: grid() for name in ("AU4", "AU6", "AU7", "AU9", "AU10", "AU43")}
    units["AU9"] = grid(r4c3=0.5, r4c4=0.5)
    with_map(page, assessor, photo, grid(r5c3=0.8), units)
    upload(page, photo)
    unfold(page, "why")
    bar = page.get_by_role("button", name="Skin of the nose wrinkled upwards AU9")
    assert bar.get_attribute("aria-pressed") == "false"
    bar.focus()
    page.keyboard.press("Enter")
    page.evaluate(DRAWN)
    assert bar.get_attribute("aria-pressed") == "true"
    assert page.locator("#panel-upload .unit[aria-pressed='true']").count() == 1
    assert page.locator("#panel-upload .map-on").is_checked()
    assert page.locator("#panel-upload .map-name").input_value() == "AU9"
    text = page.locator("#panel-upload .map-text")
    assert text.inner_text() == "AU9: raised most at the nose."
    page.select_option("#panel-upload .map-name", "AU4")
    page.evaluate(DRAWN)
    assert page.locator("#panel-upload .unit[aria-pressed='true'] .unit-code").inner_text() == "AU4"
    page.get_by_role("button", name="Brows pulled down and together AU4").click()
    page.evaluate(DRAWN)
    assert not page.locator("#panel-upload .map-on").is_checked()
    assert page.locator("#panel-upload .unit[aria-pressed='true']").count() == 0


def test_model_that_gives_the_score_alone_offers_its_one_map(open_page, photo, assessor):
    page = open_page()
    with_map(page, assessor, photo, grid(r5c3=0.8))
    upload(page, photo)
    unfold(page, "why")
    page.check("#panel-upload .map-on")
    page.evaluate(DRAWN)
    options = page.locator("#panel-upload .map-name option:not([disabled])")
    assert options.all_inner_texts() == ["PSPI"]
