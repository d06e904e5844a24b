"""The live tab: aiming, checking, watching, several persons, cameras and settings."""

import json
import re

import pytest

from tests.support.browser import (
    DRAWN_AREA,
    LIVE_PROBLEM,
    SHIFTS,
    SPEECH,
    TIMEOUT,
    aim,
    live_title,
    set_up,
    spoken,
    start_watching,
    until,
    wait_for,
    wait_for_focus,
)
from tests.support.live_answers import BUSY, FACE, NO_FACE, answer_all
from tests.support.page_constants import ARGUMENTS, CHROMIUM, LIVE_RESULT
from wince.scale import Level
from wince.speech.languages import ENGLISH

MILD, SEVERE = (ENGLISH.spoken_sentences[level] for level in (Level.MILD, Level.SEVERE))


def answers_of(page):
    """Return the list that gets each answer to the page's frames."""
    answers = []

    def listen(socket):
        socket.on("framereceived", lambda text: answers.append(json.loads(text)))

    page.on("websocket", listen)
    return answers


def test_watching_follows_a_face_and_speaks_when_a_level_has_lasted(open_page):
    page = open_page()
    answers = answers_of(page)
    start_watching(page)
    until(page, "/frames a second/.test(document.getElementById('rate').textContent)")
    until(page, "window.spoken.length > 0")

    def distance():
        """Return how far the face has moved, of 640 pixels; in the film it moves by 180."""
        boxes = [
            answer["assessment"]["face"]["box"] for answer in answers if "assessment" in answer
        ]
        middles = [(box[0] + box[2]) / 2 for box in boxes]
        return max(middles, default=0) - min(middles, default=0)

    wait_for(page, lambda: distance() > 80)
    assert set(spoken(page)) <= set(ENGLISH.spoken_sentences.values())
    assert len(spoken(page)) < 4


def test_check_takes_a_sample_and_gives_one_result_with_its_picture(open_page):
    page = open_page()
    answers = answers_of(page)
    aim(page, "check")
    assert page.locator("#watch-setup").is_hidden()
    page.click("#begin")
    page.wait_for_selector("#check-progress:not([hidden])")
    page.wait_for_selector(LIVE_RESULT)
    page.wait_for_selector("#check-image:not([hidden])")
    assert page.evaluate("document.getElementById('video').srcObject") is None
    judged = [
        answer["assessment"] for answer in answers if answer.get("assessment", {}).get("level")
    ]
    assert {round(each["pspi"]) for each in judged}  # the result is one of them
    until(page, "document.getElementById('check-image').naturalWidth > 0")
    assert page.evaluate(DRAWN_AREA, "#live-overlay")["right"] > 0
    assert len(spoken(page)) == 1
    wait_for_focus(page, "check-again")
    page.wait_for_timeout(300)  # the answers to the last frames may still come
    count = len(answers)
    page.wait_for_timeout(200)
    assert len(answers) == count, "nothing is sent any more"
    page.click("#check-again")
    page.wait_for_selector("#begin:not([disabled])")


def test_check_of_an_absent_person_tells_so(open_page):
    level = ["mild"]
    page = open_page(
        answer_socket=lambda route: route.on_message(answer_all(route, lambda: level[0]))
    )
    aim(page, "check")
    level[0] = None
    page.click("#begin")
    page.wait_for_selector(LIVE_PROBLEM)
    assert "not in view for most of the sample" in page.locator("#live-result").inner_text()
    assert spoken(page) == []


def test_nothing_can_begin_until_the_face_can_be_judged(open_page):
    quality = {"usable": False, "warnings": [], "warning_codes": [], "reasons": {"small": "…"}}
    values = {"small": {"width": 27, "needed": 32}}

    def answer_frames(route):
        def answer(message):
            if isinstance(message, str):
                return
            answer.count += 1
            assessment = {"level": None, "score": None, "face": FACE, "faces": [FACE]}
            assessment["quality"] = {**quality, "values": values}
            persons = [{"number": 1, "box": FACE["box"]}]
            part = {"assessment": assessment, "track": None, "person": 1, "persons": persons}
            route.send(json.dumps({"frame": answer.count, **part}))

        answer.count = 0
        route.on_message(answer)

    page = open_page(answer_socket=answer_frames)
    page.click("#tab-live")
    page.click("#check-now")
    page.wait_for_selector(".tick[data-kind=unmet]")
    assert page.locator(".tick").all_inner_texts() == [
        "Too far: the face is 27 pixels wide, 32 are needed. Move closer or zoom.",
        "Enough light",
        "Facing the camera",
    ]
    assert page.locator("#begin").is_disabled()
    values["small"]["width"] = 40
    quality.update(usable=True, reasons={})
    page.wait_for_selector("#begin:not([disabled])")
    assert page.locator(".tick[data-kind=met]").count() == 3


def test_a_person_is_chosen_by_tapping_the_face(open_page):
    chosen = []

    def answer_frames(route):
        def answer(message):
            if isinstance(message, str):
                if "person" in json.loads(message):
                    chosen.append(json.loads(message))
                return
            answer.count += 1
            persons = [
                {"number": 3, "box": [400, 60, 560, 220]},
                {"number": 1, "box": [20, 60, 180, 220]},
            ]
            followed = chosen[-1]["person"] if chosen else 1
            part = {"problem": NO_FACE, "track": None, "person": followed, "persons": persons}
            route.send(json.dumps({"frame": answer.count, **part}))

        answer.count = 0
        route.on_message(answer)

    page = open_page(answer_socket=answer_frames)
    page.click("#tab-live")
    page.click("#watch-over-time")
    other = page.locator("#live-faces button[aria-pressed=false]")
    other.wait_for()
    assert page.locator("#aim-how").inner_text() == "2 faces are seen. Tap the person."
    other.click()
    until(page, "document.querySelector('#live-faces button').ariaPressed === 'true'")
    assert chosen == [{"person": 3}]
    assert page.locator("#live-faces button").count() == 2


def test_overlay_and_faces_are_mirrored_with_the_video(live):
    page, _ = live()
    page.wait_for_selector("#video.mirrored")
    until(page, "document.getElementById('live-frame').style.transform.includes('scale')")
    assert page.evaluate(DRAWN_AREA, "#live-overlay")["right"] == 0  # the person alone is shown
    page.click("#whole-image")
    until(page, "document.getElementById('live-frame').style.transform === ''")
    mirrored = page.evaluate(DRAWN_AREA, "#live-overlay")
    assert mirrored["right"] == pytest.approx(1 - 20 / 640, abs=0.02)
    set_up(page, mirrored=False)
    page.wait_for_selector("#video:not(.mirrored)")
    page.wait_for_timeout(300)
    plain = page.evaluate(DRAWN_AREA, "#live-overlay")
    assert plain["left"] == pytest.approx(20 / 640, abs=0.02)


def test_each_level_that_lasts_is_spoken_once(live):
    page, level = live("mild")
    until(page, "window.spoken.length === 1")
    level[0] = "severe"
    page.wait_for_timeout(300)  # too short to be worth saying
    level[0] = "mild"
    page.wait_for_timeout(1500)
    assert spoken(page) == [MILD]
    level[0] = "severe"
    score = "document.querySelector('#live-result .result-score').textContent"
    until(page, f"{live_title('Changing')} && {score} === 'No score'")
    until(page, live_title("Severe"))
    until(page, "window.spoken.length === 2")
    page.wait_for_timeout(300)
    assert spoken(page) == [MILD, SEVERE]


def test_a_level_that_has_lasted_while_aiming_is_spoken_when_the_session_begins(open_page):
    page = open_page(answer_socket=lambda route: route.on_message(answer_all(route)))
    aim(page)
    page.wait_for_timeout(4000)  # longer than a level must last
    assert spoken(page) == []
    page.click("#begin")
    until(page, "window.spoken.length === 1")
    page.wait_for_timeout(300)
    assert spoken(page) == [MILD]


def test_without_a_face_the_result_says_so_and_shows_no_level(live):
    page, level = live("mild")
    until(page, live_title("Mild"))
    level[0] = None
    until(page, live_title("Not in view"))
    text = page.locator("#live-result .result-lines").inner_text()
    assert re.search(r"0:(0[1-9]|[1-5]\d) ago", text)  # a busy machine is late
    assert page.evaluate(DRAWN_AREA, "#live-overlay")["right"] == 0  # the box is gone


def test_a_busy_server_is_no_absence(live):
    page, level = live("mild")
    until(page, "window.spoken.length === 1")
    level[0] = BUSY
    page.wait_for_selector(LIVE_PROBLEM)
    page.wait_for_timeout(1000)
    assert "NOT IN VIEW" not in page.locator("#status-strip").inner_text()
    level[0] = "mild"
    until(page, live_title("Mild"))
    assert spoken(page) == [MILD], "the track has not started again"


def test_server_that_does_not_answer_is_not_flooded_with_frames(open_page):
    sent = []

    def keep_frame(message):
        if isinstance(message, bytes):
            sent.append(message)

    page = open_page(answer_socket=lambda route: route.on_message(keep_frame))
    page.click("#tab-live")
    page.click("#check-now")
    until(page, "document.getElementById('video').readyState >= 2")
    wait_for(page, lambda: len(sent) == 2)
    page.wait_for_timeout(1000)
    assert len(sent) == 2
    assert all(frame[:3] == b"\xff\xd8\xff" and len(frame) < 200_000 for frame in sent)


LIST_THE_OPENED_CAMERA_LAST = """
const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
let first = "";
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await open(wanted);
  first ||= stream.getVideoTracks()[0].label;
  return stream;
};
navigator.mediaDevices.enumerateDevices = async () =>
  (await list()).sort((a, b) => (a.label === first) - (b.label === first));
"""


def test_camera_can_be_chosen_and_stops_when_the_way_is_left(browser, address):
    """Browsers list cameras in any order: the selected one is the one that runs."""
    two = "--use-fake-device-for-media-stream=device-count=2"
    chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, two])
    try:
        page = chromium.new_page()
        page.set_default_timeout(TIMEOUT)
        page.add_init_script(LIST_THE_OPENED_CAMERA_LAST)
        page.route_web_socket("**/v1/live*", lambda route: route.on_message(answer_all(route)))
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        aim(page)
        until(page, "document.querySelectorAll('#camera option').length === 2")
        running = "document.getElementById('video').srcObject?.getVideoTracks()[0].label"
        selected = "document.getElementById('camera').selectedOptions[0]?.label"
        until(page, f"{selected} === {running}")
        other, opened = page.locator("#camera option").all_inner_texts()
        assert page.evaluate(running) == opened != other
        page.select_option("#camera", label=other)
        until(page, f"{running} === {other!r}")
        until(page, f"{selected} === {running}")
        page.wait_for_selector("#begin:not([disabled])")
        assert page.evaluate(selected) == other
        page.click("#tab-upload")
        until(page, "document.getElementById('video').srcObject === null")
    finally:
        chromium.close()


def test_camera_that_is_refused_is_explained(open_page):
    refuse = """navigator.mediaDevices.getUserMedia =
      () => Promise.reject(new DOMException("no", "NotAllowedError"));"""
    page = open_page(speech=SPEECH + refuse)
    page.click("#tab-live")
    page.click("#check-now")
    until(page, "document.getElementById('aim-how').textContent.includes('Allow it')")
    assert page.locator("#begin").is_disabled()
    page.click("#leave")
    assert page.locator("#check-now").is_visible()


def test_the_whole_frame_of_the_camera_is_asked_for(open_page):
    look = """window.asked = [];
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = (wanted) => {
        window.asked.push(wanted);
        return open(wanted);
      };"""
    page = open_page(speech=SPEECH + look)
    aim(page)
    (asked,) = page.evaluate("window.asked")
    assert (asked["video"]["width"], asked["video"]["height"]) == ({"ideal": 1920}, {"ideal": 1080})
    assert asked["video"]["facingMode"] == {"ideal": "user"}
    assert asked["audio"] is False


def test_track_settings_are_sent_to_the_server(open_page):
    urls = []

    def answer(route):
        urls.append(route.url)
        route.on_message(answer_all(route))

    page = open_page(answer_socket=answer)
    start_watching(page)
    before = len(urls)
    set_up(page, hold=5)
    wait_for(page, lambda: len(urls) > before)
    assert urls[-1].endswith("?smoothing=0.05&hold=5&margin=1.2")


def test_leaving_takes_back_what_screen_readers_could_read(live):
    page, _ = live("mild")
    until(page, "document.getElementById('announcer').textContent !== ''")
    page.click("#finish")
    until(page, "document.getElementById('announcer').textContent === ''")
    assert page.locator("#summary").is_visible()
    assert page.evaluate("document.getElementById('video').srcObject") is None


def test_nothing_moves_while_statements_change(live):
    page, level = live("mild")
    page.wait_for_timeout(600)
    page.evaluate(SHIFTS)
    for current in ("severe", None, "none", BUSY, "moderate"):
        level[0] = current
        page.wait_for_timeout(1600)
    assert page.evaluate("window.shifts") == []
