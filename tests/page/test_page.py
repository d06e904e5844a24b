"""The page in a real browser: Debian's Chromium, driven by Playwright."""

import base64
import json
import re
import time

import numpy as np
import pytest
from PIL import Image

from tests.support.browser import (
    ARGUMENTS,
    CHROMIUM,
    NO_VOICE,
    PATIENCE,
    SPEECH,
    changed,
    free_port,
    serve,
    spoken,
    until,
    upload,
)
from tests.support.live_answers import KEYPOINTS, answer_all
from tests.support.media import encode_image, measure_wav, needs_espeak
from wince.speech import sentences, voices


def test_uploaded_photo_gives_a_level_that_is_shown_and_spoken(open_page, photo, assessor):
    page = open_page()
    upload(page, photo)
    expected = assessor.assess(photo["buffer"])
    card = page.locator("#upload-result")
    assert card.locator(".sentence").inner_text() == expected.sentence
    assert card.locator(".score-number").inner_text() == f"{expected.pspi:.1f}"
    assert card.locator(".confidence-number").inner_text() == f"{100 * expected.confidence:.0f} %"
    low, high = expected.interval
    assert card.locator(".interval-text").inner_text() == f"90 % interval: {low:.1f} to {high:.1f}"
    assert card.locator(".advice").inner_text() == expected.advice
    assert card.locator(".units li").count() == 6
    values = [float(text.split()[0]) for text in card.locator(".unit-value").all_inner_texts()]
    assert values == pytest.approx(list(expected.action_units.values()), abs=0.051)
    assert page.evaluate("window.spoken") == [{"text": expected.sentence, "voice": "Near"}]
    assert page.locator("#announcer").inner_text() == expected.sentence


def test_probability_of_each_level_is_shown_and_read(open_page, photo, assessor):
    page = open_page()
    upload(page, photo)
    expected = assessor.assess(photo["buffer"])
    rows = page.locator("#upload-result .shares li")
    assert rows.count() == 4
    for name, text in zip(expected.level_probabilities, rows.all_inner_texts(), strict=True):
        share = 100 * expected.level_probabilities[name]
        words = "None seen" if name == "none" else name.capitalize()
        assert text.split("\n")[0] == words
        assert text.split("\n")[-1] == ("< 1 %" if 0 < share < 1 else f"{share:.0f} %")
    assert page.locator("#upload-result .shares li.current").count() == 1


def test_picture_that_cannot_be_judged_shows_the_reason_and_no_number(open_page, astronaut):
    page = open_page()
    dark = encode_image((astronaut * 0.1).astype(np.uint8), "PNG")
    page.set_input_files("#file", {"name": "d.png", "mimeType": "image/png", "buffer": dark})
    page.wait_for_selector("#upload-result .refused:not([hidden])")
    card = page.locator("#upload-result")
    assert "cannot be judged" in card.locator(".refused h2").inner_text()
    assert "is dark" in card.locator(".reasons li").inner_text()
    assert card.locator(".found").is_hidden()
    assert "PSPI" not in card.inner_text()
    assert spoken(page) == ["This picture cannot be judged: it is too dark."]
    assert "too dark" in page.locator("#announcer").inner_text()
    assert page.locator("#upload-where").is_hidden()
    page.click("#upload-neutral .neutral-set")
    assert (
        "cannot be the neutral face" in page.locator("#upload-neutral .neutral-state").inner_text()
    )


def test_another_of_several_faces_is_picked_on_the_picture_by_keyboard(open_page, astronaut):
    page = open_page()
    head = Image.fromarray(astronaut[:256, 96:352])
    both = np.zeros((512, 912, 3), np.uint8)
    both[:, :512] = np.asarray(head.resize((512, 512)))
    both[:400, 512:] = np.asarray(head.resize((400, 400)))
    upload(page, {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": encode_image(both)})
    faces = page.locator("#faces button")
    assert faces.evaluate_all("(all) => all.map((one) => one.ariaPressed)") == ["true", "false"]
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


# The person's neutral face.


def test_neutral_face_is_set_from_photos_shown_and_cleared(open_page, frames, assessor):
    page = open_page()
    at_rest, strong = (
        [one.path for one in frames if one.subject == "011-kk011" and keep(one.pspi)]
        for keep in (lambda pspi: pspi < 1, lambda pspi: pspi >= 6)
    )
    upload(page, strong[0])
    card = page.locator("#upload-result")
    assert card.locator(".change").is_hidden()
    page.set_input_files("#upload-neutral .neutral-files", at_rest)
    card.locator(".change").wait_for()
    neutral = assessor.neutral_face(at_rest)
    change = assessor.assess(strong[0], neutral=neutral).change
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
    assert len(spoken(page)) == 1  # the absolute result was said once, at first


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
    page.wait_for_selector("#live-result .found:not([hidden])")
    page.click("#live-neutral .neutral-set")
    page.wait_for_selector("#live-result .change:not([hidden])")
    assert "Neutral face set from" in page.locator("#live-neutral .neutral-state").inner_text()
    page.click("#live-neutral .neutral-clear")
    page.locator("#live-result .change").wait_for(state="hidden")


def test_face_box_is_drawn_where_the_face_is(open_page, photo, assessor):
    page = open_page()
    upload(page, photo)
    page.wait_for_timeout(200)
    drawn = page.evaluate(DRAWN, "#upload-overlay")
    x0, y0, x1, y1 = (value / 512 for value in assessor.assess(photo["buffer"]).face.box)
    assert drawn["right"] == pytest.approx(x1, abs=0.15)  # the label may reach further
    assert drawn["bottom"] == pytest.approx(y1, abs=0.02)
    assert drawn["left"] == pytest.approx(x0, abs=0.02)
    assert drawn["top"] < y0


DRAWN = """(selector) => {
  const canvas = document.querySelector(selector);
  const {width, height} = canvas;
  const {data} = canvas.getContext("2d").getImageData(0, 0, width, height);
  const box = {left: 1, top: 1, right: 0, bottom: 0};
  for (let i = 3; i < data.length; i += 4) {
    if (!data[i]) continue;
    const [x, y] = [((i - 3) / 4) % width, Math.floor((i - 3) / 4 / width)];
    box.left = Math.min(box.left, x / width);
    box.right = Math.max(box.right, x / width);
    box.top = Math.min(box.top, y / height);
    box.bottom = Math.max(box.bottom, y / height);
  }
  return box;
}"""


def transfer(page, data, kind="image/jpeg"):
    """Return a DataTransfer that holds one file, as a drop or a paste brings it."""
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
    page.wait_for_selector("#upload-result .found:not([hidden])")
    assert page.locator("#drop.over").count() == 0
    assert len(spoken(page)) == 1


def test_photo_dropped_while_the_camera_tab_is_open_is_shown(open_page, portrait_jpeg):
    page = open_page()
    page.click("#tab-live")
    page.dispatch_event("body", "drop", {"dataTransfer": transfer(page, portrait_jpeg)})
    page.wait_for_selector("#upload-result .found:not([hidden])")
    assert page.locator("#tab-upload").get_attribute("aria-selected") == "true"


def test_something_else_dropped_is_explained(open_page):
    page = open_page()
    data = page.evaluate_handle("new DataTransfer()")
    page.dispatch_event("#drop", "drop", {"dataTransfer": data})
    assert "not a picture file" in page.locator("#upload-result .problem").inner_text()


def test_pasted_photo_is_assessed(open_page, portrait_jpeg):
    page = open_page()
    page.evaluate(
        """(data) => document.body.dispatchEvent(
          new ClipboardEvent("paste", {clipboardData: data, bubbles: true}))""",
        transfer(page, portrait_jpeg),
    )
    page.wait_for_selector("#upload-result .found:not([hidden])")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"hello", "not a JPEG, PNG or WebP"),
        (encode_image(np.full((99, 99, 3), 128, np.uint8)), "No face was found"),
    ],
)
def test_picture_that_cannot_be_assessed_is_explained_and_not_spoken(open_page, data, words):
    page = open_page()
    page.set_input_files("#file", {"name": "x", "mimeType": "image/jpeg", "buffer": data})
    problem = page.locator("#upload-result .problem")
    problem.wait_for()
    assert words in problem.inner_text()
    assert problem.get_attribute("role") == "alert"
    assert spoken(page) == []


def test_newest_photo_wins(open_page, photo, frames):
    page = open_page()
    held = []

    def hold_the_first(route):
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/v1/assessments*", hold_the_first)
    page.set_input_files("#file", photo)
    page.wait_for_selector("#busy:not([hidden])")
    while not held:
        page.wait_for_timeout(20)
    second = frames[0].path.read_bytes()
    upload(page, {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": second})
    shown = page.locator("#upload-result .score-number").inner_text()
    held[0].abort()
    page.wait_for_timeout(300)
    assert page.locator("#upload-result .score-number").inner_text() == shown
    assert page.locator("#upload-result .problem").is_hidden()
    assert len(spoken(page)) == 1


LEVELS = {
    "none": ("No pain expression seen", "No pain expression seen."),
    "mild": ("Mild", "This person has pain level: mild."),
    "moderate": ("Moderate", "This person has pain level: moderate."),
    "severe": ("Severe", "This person has pain level: severe."),
}


def test_each_level_has_its_word_shape_and_sentence(open_page, photo):
    page = open_page()
    shapes = page.evaluate("import('/static/shapes.js').then(({SHAPES}) => SHAPES)")
    assert len(set(shapes.values())) == 4
    colours = set()
    for level, (title, sentence) in LEVELS.items():
        changed(page, level=level, sentence=sentence)
        upload(page, photo)
        card = page.locator("#upload-result")
        assert card.locator(".level-name").inner_text() == title
        assert card.locator(".shape path").get_attribute("d") == shapes[level]
        colours.add(card.locator(".shape").evaluate("(one) => getComputedStyle(one).fill"))
        page.unroute_all()
    assert len(colours) == 4
    assert spoken(page) == [sentence for _, sentence in LEVELS.values()]


def test_percent_and_advice_are_spoken_when_switched_on(open_page, photo):
    page = open_page()
    changed(page, pspi=8.0, sentence="One.", advice="Two.")
    page.check("#say-percent")
    page.check("#say-advice")
    upload(page, photo)
    assert spoken(page) == ["One. Pain score: 50 percent of the scale. Two."]


def test_spoken_words_are_those_of_the_library(open_page, photo, assessor):
    page = open_page()
    page.check("#say-percent")
    page.check("#say-advice")
    upload(page, photo)
    found = assessor.assess(photo["buffer"])
    said = sentences.spoken_text(found.level, found.pspi, with_percent=True, with_advice=True)
    assert spoken(page) == [said]


def test_muted_page_stays_silent_and_says_again_when_unmuted(open_page, photo):
    page = open_page()
    page.click("#mute")
    assert page.locator("#mute").get_attribute("aria-pressed") == "true"
    upload(page, photo)
    page.click("#upload-result .say-again")
    assert spoken(page) == []
    page.click("#mute")
    page.click("#upload-result .say-again")
    assert len(spoken(page)) == 1


def seconds_of(words):
    return measure_wav(voices.speak_to_wav(words))[0]


PLAYING = "!document.getElementById('voice').paused"


@needs_espeak
@pytest.mark.parametrize("voices", ["[]", "[window.distant]"])
def test_without_a_local_voice_the_machine_that_runs_wince_speaks(
    open_page, photo, assessor, voices
):
    page = open_page(
        speech=f"{NO_VOICE} window.distant = "
        "{name: 'Distant', lang: 'en-GB', localService: false};"
        f"window.voices = {voices};"
    )
    page.wait_for_selector("#voice-hint:not([hidden])")
    hint = page.locator("#voice-hint").inner_text()
    assert "no voice of its own. The machine that runs wince speaks" in hint
    upload(page, photo)
    until(page, "window.heard.length === 1")
    (heard,) = page.evaluate("window.heard")
    found = assessor.assess(photo["buffer"])
    assert heard == pytest.approx(seconds_of(found.sentence), abs=0.05)
    until(page, "document.getElementById('voice').currentTime > 0.3")
    assert spoken(page) == []
    assert page.locator("#voice-hint").inner_text() == hint
    page.check("#say-percent")
    page.check("#say-advice")
    page.click("#upload-result .say-again")
    until(page, "window.heard.length === 2")
    words = sentences.spoken_text(found.level, found.pspi, with_percent=True, with_advice=True)
    assert page.evaluate("window.heard")[1] == pytest.approx(seconds_of(words), abs=0.05)


def test_with_a_local_voice_the_machine_that_runs_wince_is_not_asked(open_page, photo):
    page = open_page(speech=NO_VOICE.replace("window.voices = [];", ""))
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    upload(page, photo)
    page.click("#upload-result .say-again")
    page.wait_for_timeout(500)
    assert len(spoken(page)) == 2
    assert [url for url in asked if url.endswith("/v1/speech")] == []
    assert page.evaluate("window.heard") == []
    assert page.locator("#voice-hint").is_hidden()


@needs_espeak
def test_mute_stops_the_voice_of_the_machine_and_keeps_it_quiet(open_page, photo):
    page = open_page(speech=NO_VOICE)
    page.check("#say-advice")
    upload(page, photo)
    until(page, "window.heard.length === 1")
    assert page.evaluate(PLAYING)
    page.click("#mute")
    assert not page.evaluate(PLAYING)
    page.click("#upload-result .say-again")
    page.wait_for_timeout(500)
    assert len(page.evaluate("window.heard")) == 1
    page.click("#mute")
    page.click("#upload-result .say-again")
    until(page, PLAYING)
    page.click("#tab-live")  # as with the browser's own voice, leaving the tab ends it
    assert not page.evaluate(PLAYING)


@needs_espeak
def test_live_view_speaks_through_the_machine_by_the_same_rule(open_page):
    page = open_page(speech=NO_VOICE)
    now = ["mild"]
    page.route_web_socket(
        "**/v1/live*", lambda route: route.on_message(answer_all(route, lambda: now[0]))
    )
    wanted = []
    page.on(
        "request",
        lambda request: (
            wanted.append(request.post_data_json)
            if request.url.endswith("/v1/speech") and request.method == "POST"
            else None
        ),
    )
    page.click("#tab-live")
    page.click("#start")
    until(page, "window.heard.length === 1")
    now[0] = "severe"
    page.wait_for_timeout(300)  # too short to be worth saying
    now[0] = "mild"
    page.wait_for_timeout(2500)
    assert len(wanted) == 1
    now[0] = "severe"
    until(page, "window.heard.length === 2")
    plain = {"pspi": 3, "percent": False, "advice": False, "language": "en", "rate": 150}
    assert wanted == [{"level": "mild", **plain}, {"level": "severe", **plain}]
    expected = [seconds_of(sentences.sentence(level)) for level in ("mild", "severe")]
    assert page.evaluate("window.heard") == pytest.approx(expected, abs=0.05)


@needs_espeak
def test_browser_that_wants_a_click_before_sound_is_explained(open_page, photo):
    once = """const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function () {
      HTMLMediaElement.prototype.play = play;
      return Promise.reject(new DOMException("no", "NotAllowedError"));
    };"""
    page = open_page(speech=NO_VOICE + once)
    upload(page, photo)
    hint = page.locator("#voice-hint")
    until(page, "document.getElementById('voice-hint').textContent.includes('wants a click')")
    assert page.evaluate("window.heard") == []
    page.click("#upload-result .say-again")
    until(page, "window.heard.length === 1")
    until(page, "document.getElementById('voice-hint').classList.contains('calm')")
    assert "wants a click" not in hint.inner_text()


def test_without_any_voice_nothing_is_spoken_and_the_page_says_so(open_page, photo):
    answer = json.dumps(json.dumps({"available": False, "detail": voices.NO_VOICE}))
    deaf = f"""const ask = window.fetch;
    window.fetch = (...given) =>
      given[0] === "/v1/speech" ? Promise.resolve(new Response({answer})) : ask(...given);"""
    page = open_page(speech=NO_VOICE + deaf)
    upload(page, photo)
    page.wait_for_selector("#voice-hint:not([hidden])")
    hint = page.locator("#voice-hint").inner_text()
    assert hint == f"This browser has no voice of its own. {voices.NO_VOICE}"
    page.click("#upload-result .say-again")
    page.wait_for_timeout(300)
    assert spoken(page) == page.evaluate("window.heard") == []
    assert page.locator("#upload-result .sentence").inner_text() != ""


@needs_espeak
def test_voice_that_fails_is_told_in_the_servers_own_sentence(open_page, photo):
    page = open_page(speech=NO_VOICE)
    refusal = {"type": "/problems/no-voice", "title": "", "status": 503, "detail": "It is hoarse."}
    page.wait_for_selector("#voice-hint:not([hidden])")
    page.route("**/v1/speech", lambda route: route.fulfill(status=503, json=refusal))
    upload(page, photo)
    until(page, "document.getElementById('voice-hint').textContent === 'It is hoarse.'")


def test_voices_that_come_late_still_speak(open_page, photo):
    patient = """const plain = window.setTimeout;
    window.setTimeout = (call, wait) => plain(call, wait === 1500 ? 60_000 : wait);"""
    late = "window.late = window.voices; window.voices = [];"
    page = open_page(speech=f"{SPEECH} {late} {patient}")
    upload(page, photo)
    assert spoken(page) == []
    page.evaluate("window.voices = window.late")
    page.evaluate("speechSynthesis.dispatchEvent(new Event('voiceschanged'))")
    assert len(spoken(page)) == 1
    assert page.locator("#voice-hint").is_hidden()


def test_warnings_are_shown_as_text(open_page, photo):
    page = open_page()
    warning = "2 faces were found. <b>The largest</b> was assessed."
    changed(page, quality={"usable": True, "warnings": [warning]}, action_units=None)
    upload(page, photo)
    assert page.locator("#upload-result .warnings li").all_inner_texts() == [warning]
    assert page.locator("#upload-result .units-section").is_hidden()


# Where the score comes from.

# The overlay's colour at a point, given in shares of its width and height: red, green, blue, alpha.
COLOUR_AT = """([selector, x, y]) => {
  const canvas = document.querySelector(selector);
  const {width, height} = canvas;
  const at = [Math.floor(x * width), Math.floor(y * height)];
  return [...canvas.getContext("2d").getImageData(...at, 1, 1).data];
}"""
# A face's map whose strongest cell raises at the mouth, with one that lowers at the forehead.
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
    """Let the page receive a map of our own over a picture of 512 x 512 pixels."""
    face = {**assessor.assess(photo["buffer"]).to_dict()["face"], "keypoints": KEYPOINTS}
    heatmap = {"quad": QUAD, "pspi": pspi, "action_units": units, "counted": None, "note": "Note."}
    changed(page, heatmap=heatmap, face={**face, "box": [10, 450, 60, 500]})


def test_map_is_drawn_over_the_face_only_when_asked_for(open_page, photo, assessor):
    page = open_page()
    upload(page, photo)
    heatmap = assessor.assess(photo["buffer"], heatmap=True).heatmap
    rows, columns = len(heatmap.pspi), len(heatmap.pspi[0])
    row, column = divmod(int(np.argmax(heatmap.pspi)), columns)
    corner, right, _, below = (np.array(point) for point in heatmap.quad)
    point = corner + (right - corner) * (column + 0.5) / columns
    point = (point + (below - corner) * (row + 0.5) / rows) / 512
    # The box and its label may cross that place, so look beside them.
    beside = [point + np.array([x, y]) for x in (0, 0.02, -0.02) for y in (0, 0.02, -0.02)]
    places = [["#upload-overlay", *one] for one in beside]
    place = next(one for one in places if page.evaluate(COLOUR_AT, one)[3] == 0)
    assert page.locator("#picture.mapped").count() == 0
    page.check("#panel-upload .where-on")
    red, _, blue, alpha = page.evaluate(COLOUR_AT, place)
    assert red > 200 > 100 > blue  # orange: it raises the score
    assert 90 < alpha < 220
    assert page.evaluate(COLOUR_AT, ["#upload-overlay", 0.02, 0.98])[3] == 0
    assert page.locator("#picture.mapped").count() == 1
    assert "not proof" in page.locator("#panel-upload .where-note").inner_text()
    page.uncheck("#panel-upload .where-on")
    assert page.evaluate(COLOUR_AT, place)[3] == 0
    assert page.locator("#picture.mapped").count() == 0


def test_map_tells_raising_from_lowering_by_colour_strength_and_words(open_page, photo, assessor):
    page = open_page()
    with_map(page, assessor, photo, grid(r5c3=0.8, r5c4=0.8, r0c4=-0.6, r2c1=0.2))
    upload(page, photo)
    page.check("#panel-upload .where-on")
    page.fill("#panel-upload .where-opacity", "100")

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
    text = page.locator("#panel-upload .where-text").inner_text()
    assert text == "PSPI: raised most around the mouth, lowered most at the forehead."
    assert page.locator("#panel-upload .ramp").inner_text().split() == [
        "lowers",
        "−0.80",
        "+0.80",
        "raises",
    ]
    page.fill("#panel-upload .where-opacity", "20")
    assert 35 < at(5, 3)[3] < 60


def test_map_of_next_to_nothing_is_pale_and_said_to_be(open_page, photo, assessor):
    page = open_page()
    with_map(page, assessor, photo, grid(r5c3=0.01))
    upload(page, photo)
    page.check("#panel-upload .where-on")
    text = page.locator("#panel-upload .where-text").inner_text()
    assert text == "PSPI: no part of the face moves it by much."
    x, y = (100 + 300 * (cell + 0.5) / 8 for cell in (3, 5))
    assert page.evaluate(COLOUR_AT, ["#upload-overlay", x / 512, y / 512])[3] < 60


def test_bar_of_an_action_unit_shows_where_it_comes_from(open_page, photo, assessor):
    page = open_page()
    units = {name: grid() for name in ("AU4", "AU6", "AU7", "AU9", "AU10", "AU43")}
    units["AU9"] = grid(r4c3=0.5, r4c4=0.5)
    with_map(page, assessor, photo, grid(r5c3=0.8), units)
    upload(page, photo)
    bar = page.get_by_role("button", name="Skin of the nose wrinkled upwards AU9")
    assert bar.get_attribute("aria-pressed") == "false"
    bar.focus()
    page.keyboard.press("Enter")
    assert bar.get_attribute("aria-pressed") == "true"
    assert page.locator("#panel-upload .unit[aria-pressed='true']").count() == 1
    assert page.locator("#panel-upload .where-on").is_checked()
    assert page.locator("#panel-upload .where-name").input_value() == "AU9"
    words = page.locator("#panel-upload .where-text")
    assert words.inner_text() == "AU9: raised most at the nose."
    page.select_option("#panel-upload .where-name", "AU4")
    assert page.locator("#panel-upload .unit[aria-pressed='true'] .unit-code").inner_text() == "AU4"
    page.get_by_role("button", name="Brows pulled down and together AU4").click()
    assert not page.locator("#panel-upload .where-on").is_checked()
    assert page.locator("#panel-upload .unit[aria-pressed='true']").count() == 0


def test_model_that_gives_the_score_alone_offers_its_one_map(open_page, photo, assessor):
    page = open_page()
    with_map(page, assessor, photo, grid(r5c3=0.8))
    upload(page, photo)
    page.check("#panel-upload .where-on")
    options = page.locator("#panel-upload .where-name option:not([disabled])")
    assert options.all_inner_texts() == ["PSPI"]


def test_formula_is_shown_with_its_terms_and_read_in_plain_words(open_page, photo, assessor):
    page = open_page()
    units = {"AU4": 3.1, "AU6": 2.0, "AU7": 2.6, "AU9": 1.0, "AU10": 0.4, "AU43": 1.0}
    changed(page, action_units=units, raw_score=7.7, pspi=7.7)
    upload(page, photo)
    formula = page.locator("#upload-result .formula")
    seen = formula.evaluate(
        """(line) => {
          const copy = line.cloneNode(true);
          for (const one of copy.querySelectorAll(".visually-hidden")) one.remove();
          return copy.textContent;
        }"""
    )
    assert re.sub(r"\s+", " ", seen) == (
        "AU4 3.1 + max(AU6 2.0, AU7 2.6) + max(AU9 1.0, AU10 0.4) + AU43 1.0 = PSPI 7.7"
    )
    read = formula.evaluate(
        """(line) => {
          const copy = line.cloneNode(true);
          for (const one of copy.querySelectorAll("[aria-hidden]")) one.remove();
          return copy.textContent;
        }"""
    )
    assert re.sub(r"\s+", " ", read).startswith(
        "brow lowerer, brows pulled down and together, 3.1 + the higher of cheek raiser, "
    )
    assert formula.get_by_title("Eye closure: eyes closed", exact=True).inner_text().endswith("1.0")
    faded = formula.locator(".term.uncounted [aria-hidden]").all_inner_texts()
    assert faded == ["AU6", "AU10"]


def test_formula_says_when_the_calibration_reads_the_sum_as_another_score(open_page, photo):
    page = open_page()
    changed(page, raw_score=2.1, pspi=0.4)
    upload(page, photo)
    text = page.locator("#upload-result .formula-result").inner_text()
    assert text == "= 2.1, which the model’s calibration reads as PSPI 0.4"


def test_live_view_asks_for_the_map_only_while_it_is_shown(open_page):
    page = open_page()
    asked = []
    page.on("websocket", lambda opened: asked.append(opened.url.partition("/v1/live")[2]))
    page.click("#tab-live")
    page.click("#start")
    page.wait_for_selector("#live-result .found:not([hidden])")
    assert page.locator("#live-picture.mapped").count() == 0
    page.check("#panel-live .where-on")
    page.wait_for_selector("#live-picture.mapped")
    until(page, "document.querySelector('#panel-live .where-text').textContent !== ''")
    page.uncheck("#panel-live .where-on")
    page.wait_for_selector("#live-picture:not(.mapped)")
    page.get_by_role("button", name="Eyelids tightened").click()
    page.wait_for_selector("#live-picture.mapped")
    assert ["explain=heatmap" in query for query in asked] == [False, True, False, True]
    assert page.locator("#live-result .problem").is_hidden()


def test_live_map_is_mirrored_with_the_picture(open_page):
    page = open_page()
    quad = [[300, 100], [500, 100], [500, 300], [300, 300]]
    heatmap = {"quad": quad, "pspi": [[0.9, 0.0]], "action_units": None, "counted": None}
    more = {"heatmap": {**heatmap, "note": "Note."}}
    page.route_web_socket(
        "**/v1/live*", lambda route: route.on_message(answer_all(route, more=more))
    )
    page.click("#tab-live")
    page.click("#start")
    page.check("#panel-live .where-on")
    page.wait_for_selector("#live-picture.mapped")
    page.wait_for_timeout(200)
    strong, weak = (["#live-overlay", x / 640, 200 / 480] for x in (320, 490))
    mirrored = [["#live-overlay", 1 - x, y] for _, x, y in (strong, weak)]
    alphas = [page.evaluate(COLOUR_AT, place)[3] for place in mirrored]
    assert alphas[0] > 150 > 30 > alphas[1]
    page.uncheck("#mirror")
    page.wait_for_timeout(300)
    alphas = [page.evaluate(COLOUR_AT, place)[3] for place in (strong, weak)]
    assert alphas[0] > 150 > 30 > alphas[1]


def test_everything_can_be_done_by_keyboard(open_page, photo):
    page = open_page()
    page.on("filechooser", lambda chooser: chooser.set_files(photo))
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
        if reached[-1] == "choose":
            break
    assert {"tab-upload", "mute", "say-percent", "say-advice", "choose"} <= set(reached)
    page.keyboard.press("Enter")
    page.wait_for_selector("#upload-result .found:not([hidden])")
    page.focus("#tab-upload")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-live"
    assert page.locator("#panel-live").is_visible()
    assert page.locator("#panel-upload").is_hidden()
    page.focus("#start")
    page.keyboard.press("Enter")
    page.wait_for_selector("#live-result .found:not([hidden])")
    assert page.evaluate("document.activeElement.id") == "stop"
    page.keyboard.press("Space")
    assert page.evaluate("document.activeElement.id") == "start"


def test_no_width_needs_sideways_scrolling(open_page, photo):
    page = open_page(speech=f"{SPEECH}; window.voices = [];")

    def check():
        for width in (320, 375, 768, 900):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.wait_for_selector("#voice-hint:not([hidden])")
    check()
    upload(page, photo)
    page.check("#panel-upload .where-on")
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    check()
    page.click("#tab-live")
    page.click("#start")
    page.wait_for_selector("#live-result .found:not([hidden])")
    check()


def test_page_tells_what_it_is_and_what_it_keeps(open_page):
    page = open_page()
    text = page.locator("body").inner_text()
    assert "Research software, not a medical device" in text
    assert "cannot tell what a person feels" in text
    assert "Pictures never leave this machine, and nothing is stored." in text
    page.click("text=What the model is")
    about = page.locator(".about").inner_text()
    assert "not on the UNBC-McMaster archive" in about
    assert page.evaluate("fetch('/v1/model').then((answer) => answer.json())")["title"] in about


def test_nothing_is_stored_in_the_browser(open_page, photo):
    page = open_page()
    upload(page, photo)
    kept = page.evaluate(
        """async () => [localStorage.length, sessionStorage.length, document.cookie,
          (await indexedDB.databases()).length, (await caches.keys()).length]"""
    )
    assert kept == [0, 0, "", 0, 0]


def test_live_view_follows_a_face_and_speaks_once_when_the_level_has_held(open_page):
    page = open_page()
    answers = []

    def listen(opened):
        opened.on("framereceived", lambda text: answers.append(json.loads(text)))

    page.on("websocket", listen)
    page.click("#tab-live")
    assert "nothing is stored" in page.locator("#live-empty").inner_text()
    page.click("#start")
    until(page, "/frames/.test(document.getElementById('rate').textContent)")
    until(page, "window.spoken.length > 0")
    deadline = time.monotonic() + PATIENCE / 1000
    while len(answers) < 40 and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert len(answers) >= 40
    boxes = [answer["face"]["box"] for answer in answers if "face" in answer]
    middles = [(box[0] + box[2]) / 2 for box in boxes]
    assert max(middles) - min(middles) > 80  # pixels of 640; the face in the film moves by 180
    assert re.fullmatch(r"\d+ frames/s, \d+ ms", page.locator("#rate").inner_text())
    sentence = page.locator("#live-result .sentence").inner_text()
    said = spoken(page)
    assert said[-1] == sentence
    assert len(said) < 4


def test_live_overlay_is_mirrored_with_the_picture(open_page):
    page = open_page()
    page.route_web_socket("**/v1/live*", lambda route: route.on_message(answer_all(route)))
    page.click("#tab-live")
    page.click("#start")
    page.wait_for_selector("#live-result .found:not([hidden])")
    page.wait_for_timeout(200)
    assert page.locator("#video.mirrored").count() == 1
    mirrored = page.evaluate(DRAWN, "#live-overlay")
    assert mirrored["right"] == pytest.approx(1 - 20 / 640, abs=0.02)
    page.uncheck("#mirror")
    page.wait_for_timeout(300)
    plain = page.evaluate(DRAWN, "#live-overlay")
    assert plain["left"] == pytest.approx(20 / 640, abs=0.02)
    assert page.locator("#video.mirrored").count() == 0


def test_level_that_changes_and_holds_is_spoken_once_each(open_page):
    page = open_page()
    now = ["mild"]
    page.route_web_socket(
        "**/v1/live*", lambda route: route.on_message(answer_all(route, lambda: now[0]))
    )
    page.click("#tab-live")
    page.click("#start")
    until(page, "window.spoken.length === 1")
    now[0] = "severe"
    page.wait_for_timeout(300)  # too short to be worth saying
    now[0] = "mild"
    page.wait_for_timeout(2500)
    assert spoken(page) == ["Level mild."]
    now[0] = "severe"
    until(page, "window.spoken.length === 2")
    page.wait_for_timeout(500)
    assert spoken(page) == ["Level mild.", "Level severe."]


def test_face_that_goes_away_leaves_the_last_result_marked_as_such(open_page):
    page = open_page()
    now = ["mild"]
    page.route_web_socket(
        "**/v1/live*", lambda route: route.on_message(answer_all(route, lambda: now[0]))
    )
    page.click("#tab-live")
    page.click("#start")
    page.wait_for_selector("#live-result .found:not([hidden])")
    assert page.locator("#live-result .away").is_hidden()
    now[0] = None
    page.wait_for_selector("#live-result .away:not([hidden])")
    assert "No face in view" in page.locator("#live-result .away").inner_text()
    assert page.locator("#live-result .level-name").inner_text() == "Mild"
    assert page.evaluate(DRAWN, "#live-overlay")["right"] == 0  # the box is gone


def test_server_that_does_not_answer_is_not_flooded_with_frames(open_page):
    page = open_page()
    sent = []
    page.route_web_socket(
        "**/v1/live*", lambda route: route.on_message(lambda frame: sent.append(frame))
    )
    page.click("#tab-live")
    page.click("#start")
    page.wait_for_selector("#live-controls:not([hidden])")
    page.wait_for_timeout(1500)
    assert len(sent) == 2
    assert all(frame[:3] == b"\xff\xd8\xff" and len(frame) < 200_000 for frame in sent)


def test_camera_can_be_chosen_and_stops_when_the_tab_is_left(browser, address):
    two = "--use-fake-device-for-media-stream=device-count=2"
    chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, two])
    try:
        page = chromium.new_page()
        page.route_web_socket("**/v1/live*", lambda route: route.on_message(answer_all(route)))
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        page.click("#tab-live")
        page.click("#start")
        page.wait_for_selector("#live-result .found:not([hidden])")
        names = page.locator("#camera option").all_inner_texts()
        assert len(set(names)) == 2
        label = "document.getElementById('video').srcObject?.getVideoTracks()[0].label"
        assert page.evaluate(label) == names[0]
        page.select_option("#camera", index=1)
        until(page, f"{label} === {names[1]!r}")
        page.wait_for_selector("#live-controls:not([hidden])")
        assert page.locator("#camera option:checked").inner_text() == names[1]
        page.click("#tab-upload")
        until(page, "document.getElementById('video').srcObject === null")
    finally:
        chromium.close()


def test_camera_that_is_refused_is_explained(open_page):
    refuse = """navigator.mediaDevices.getUserMedia =
      () => Promise.reject(new DOMException("no", "NotAllowedError"));"""
    page = open_page(speech=SPEECH + refuse)
    page.click("#tab-live")
    page.click("#start")
    page.wait_for_selector("#live-result .problem:not([hidden])")
    assert "The live view is off" in page.locator("#live-result .problem").inner_text()
    assert "Allow it" in page.locator("#live-result .problem").inner_text()
    assert page.locator("#start").is_enabled()


def test_server_that_goes_away_is_told(open_page, photo):
    process, address = serve(free_port())
    try:
        page = open_page(address)
        page.click("#tab-live")
        page.click("#start")
        page.wait_for_selector("#live-result .found:not([hidden])")
    finally:
        process.terminate()
        process.wait(20)
    page.wait_for_selector("#live-result .problem:not([hidden])")
    assert "The connection is lost" in page.locator("#live-result .problem").inner_text()
    assert "connection" in page.locator("#live-result .problem").inner_text()
    page.click("#tab-upload")
    page.set_input_files("#file", photo)
    page.wait_for_selector("#upload-result .problem:not([hidden])")
    assert "does not answer" in page.locator("#upload-result .problem").inner_text()
