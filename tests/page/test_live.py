"""The live view: frames, levels, overlay, cameras and settings."""

import json
import re
import time

import pytest

from tests.support.browser import (
    ARGUMENTS,
    CHROMIUM,
    DRAWN_AREA,
    SPEECH,
    TIMEOUT,
    spoken,
    until,
)
from tests.support.live_answers import BUSY, NO_FACE, answer_all


def test_live_view_follows_a_face_and_speaks_when_a_level_has_lasted(open_page):
    page = open_page()
    answers = []

    def listen(socket):
        socket.on("framereceived", lambda text: answers.append(json.loads(text)))

    page.on("websocket", listen)
    page.click("#tab-live")
    assert "nothing is stored" in page.locator("#live-empty").inner_text()
    page.click("#start")
    until(page, "/frames/.test(document.getElementById('rate').textContent)")
    until(page, "window.spoken.length > 0")
    deadline = time.monotonic() + TIMEOUT / 1000
    while len(answers) < 40 and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert len(answers) >= 40
    boxes = [answer["assessment"]["face"]["box"] for answer in answers if "assessment" in answer]
    middles = [(box[0] + box[2]) / 2 for box in boxes]
    assert max(middles) - min(middles) > 80  # pixels of 640; the face in the film moves by 180
    assert re.fullmatch(r"\d+ frames/s, \d+ ms", page.locator("#rate").inner_text())
    sentence = page.locator("#live-result .sentence").inner_text()
    sentences = spoken(page)
    assert sentences[-1] == sentence
    assert len(sentences) < 4


def test_another_person_in_view_can_be_followed(open_page):
    page = open_page()
    chosen = []

    def answer_frames(route):
        count = 0

        def answer(message):
            nonlocal count
            if isinstance(message, str):
                chosen.append(json.loads(message))
                return
            count += 1
            persons = [{"number": number, "box": [0, 0, 9, 9]} for number in (3, 1)]
            followed = chosen[-1]["person"] if chosen else 1
            answer = {"frame": count, "problem": NO_FACE, "track": None}
            route.send(json.dumps({**answer, "person": followed, "persons": persons}))

        route.on_message(answer)

    page.route_web_socket("**/v1/live*", answer_frames)
    page.click("#tab-live")
    page.click("#start")
    others = page.locator("#live-persons")
    page.get_by_role("button", name="Follow person 3").wait_for()
    assert others.inner_text().startswith("Person 1 is followed. In view too:")
    page.click("text=Follow person 3")
    page.get_by_role("button", name="Follow person 1").wait_for()
    assert chosen == [{"person": 3}]
    assert others.locator("button").count() == 1
    page.click("#stop")
    assert others.is_hidden()


def test_live_overlay_is_mirrored_with_the_video(live):
    page, _ = live()
    page.wait_for_timeout(200)
    assert page.locator("#video.mirrored").count() == 1
    mirrored = page.evaluate(DRAWN_AREA, "#live-overlay")
    assert mirrored["right"] == pytest.approx(1 - 20 / 640, abs=0.02)
    page.uncheck("#mirror")
    page.wait_for_timeout(300)
    plain = page.evaluate(DRAWN_AREA, "#live-overlay")
    assert plain["left"] == pytest.approx(20 / 640, abs=0.02)
    assert page.locator("#video.mirrored").count() == 0


def test_each_level_that_lasts_is_spoken_once(live):
    page, level = live("mild")
    until(page, "window.spoken.length === 1")
    level[0] = "severe"
    page.wait_for_timeout(300)  # too short to be worth saying
    level[0] = "mild"
    page.wait_for_timeout(1500)
    assert spoken(page) == ["Level mild."]
    level[0] = "severe"
    until(page, "window.spoken.length === 2")
    page.wait_for_timeout(500)
    assert spoken(page) == ["Level mild.", "Level severe."]


def test_without_a_face_the_card_says_so_and_shows_no_level(live):
    page, level = live("mild")
    until(page, "document.querySelector('#live-result .level-name').textContent === 'Mild'")
    level[0] = None
    page.wait_for_selector("#live-result .state:not([hidden])")
    assert page.locator("#live-result .state-title").inner_text() == "Not in view"
    text = page.locator("#live-result .state-text").inner_text()
    assert re.search(r"Last seen 0:0[1-5] ago\.", text)  # a busy machine is late
    assert page.locator("#live-result .assessed").is_hidden()
    assert page.evaluate(DRAWN_AREA, "#live-overlay")["right"] == 0  # the box is gone


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
        page.wait_for_selector("#live-result .assessed:not([hidden])")
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


def test_card_shows_the_level_of_the_track_and_not_of_a_frame(live):
    page, level = live("mild")
    until(page, "window.spoken.length === 1")
    level[0] = "severe"
    until(page, "document.querySelector('#live-result .level-name').textContent === 'Changing'")
    assert page.locator("#live-result .score-number").text_content() == ""
    assert page.locator("#live-result .shape").is_hidden()
    until(page, "document.querySelector('#live-result .level-name').textContent === 'Severe'")
    until(page, "window.spoken.length === 2")
    assert spoken(page) == ["Level mild.", "Level severe."]


def test_track_settings_are_sent_to_the_server(live):
    page, _ = live()
    urls = []
    page.route_web_socket(
        "**/v1/live*",
        lambda route: (urls.append(route.url), route.on_message(answer_all(route))),
    )
    page.click("#track-options summary")
    page.fill("[name=hold]", "5")
    page.press("[name=hold]", "Tab")
    until(page, "document.querySelector('#live-result .assessed').hidden === false")
    for _ in range(100):
        if urls:
            break
        page.wait_for_timeout(50)
    assert urls[-1].endswith("?smoothing=0.05&hold=5&margin=1.2")
    count = len(urls)
    page.fill("[name=margin]", "9")
    page.press("[name=margin]", "Tab")
    page.wait_for_timeout(300)
    assert len(urls) == count, "a value out of range is not sent"


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 800), (320, 640)])
def test_live_tab_fits_its_window(live, width, height):
    page, _ = live("mild", width=width, height=height)
    page.click("#track-options summary")
    page.fill(".marker-text", "turned in bed")
    page.click(".marker-form button")
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0
    page.locator(".note-save").scroll_into_view_if_needed()


def test_a_busy_server_is_no_absence(live):
    page, level = live("mild")
    until(page, "document.querySelector('#live-result .level-name').textContent === 'Mild'")
    level[0] = BUSY
    page.wait_for_selector("#live-result .problem:not([hidden])")
    assert "Try again." in page.locator("#live-result .problem-text").inner_text()
    page.wait_for_timeout(3500)
    assert page.locator(".level-times [data-state=not-in-view]").count() == 0
    level[0] = "mild"
    until(page, "document.querySelector('#live-result .level-name').textContent === 'Mild'")
    until(page, "document.querySelector('.level-times [data-state=not-connected]') !== null")
    assert spoken(page) == ["Level mild."], "the track has not started again"


def test_stopping_the_live_view_takes_back_what_screen_readers_could_read(live):
    page, _ = live("mild")
    until(page, "document.getElementById('announcer').textContent !== ''")
    page.click("#stop")
    until(page, "document.getElementById('announcer').textContent === ''")
