"""Spoken results: what is spoken, and by which voice."""

import json

import pytest

from tests.support.browser import (
    NO_VOICE,
    SPEECH,
    change_answers,
    speech_requests,
    spoken,
    until,
    upload,
)
from tests.support.live_answers import answer_all
from tests.support.media import measure_wav, needs_espeak
from wince.speech import sentences, voices


def test_percent_and_advice_are_spoken_when_switched_on(open_page, photo):
    page = open_page()
    change_answers(page, pspi=8.0, sentence="One.", advice="Two.")
    page.check("#say-percent")
    page.check("#say-advice")
    upload(page, photo)
    assert spoken(page) == ["One. Pain score: 50 percent of the scale. Two."]


def test_spoken_text_is_that_of_the_library(open_page, photo, assessor):
    page = open_page()
    page.check("#say-percent")
    page.check("#say-advice")
    upload(page, photo)
    assessment = assessor.assess(photo["buffer"])
    text = sentences.spoken_text(
        assessment.level, assessment.pspi, with_percent=True, with_advice=True
    )
    assert spoken(page) == [text]


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


def seconds_of(text):
    return measure_wav(voices.speak_to_wav(text))[0]


PLAYING = "!document.getElementById('voice').paused"


@needs_espeak
@pytest.mark.parametrize("voices", ["[]", "[window.distant]"])
def test_host_speaks_without_a_local_voice(open_page, photo, assessor, voices):
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
    assessment = assessor.assess(photo["buffer"])
    assert heard == pytest.approx(seconds_of(assessment.sentence), abs=0.05)
    until(page, "document.getElementById('voice').currentTime > 0.3")
    assert spoken(page) == []
    assert page.locator("#voice-hint").inner_text() == hint
    page.check("#say-percent")
    page.check("#say-advice")
    page.click("#upload-result .say-again")
    until(page, "window.heard.length === 2")
    text = sentences.spoken_text(
        assessment.level, assessment.pspi, with_percent=True, with_advice=True
    )
    assert page.evaluate("window.heard")[1] == pytest.approx(seconds_of(text), abs=0.05)


def test_host_is_not_asked_with_a_local_voice(open_page, photo):
    page = open_page(speech=NO_VOICE.replace("window.voices = [];", ""))
    urls = []
    page.on("request", lambda request: urls.append(request.url))
    upload(page, photo)
    page.click("#upload-result .say-again")
    page.wait_for_timeout(500)
    assert len(spoken(page)) == 2
    assert [url for url in urls if url.endswith("/v1/speech")] == []
    assert page.evaluate("window.heard") == []
    assert page.locator("#voice-hint").is_hidden()


@needs_espeak
def test_mute_stops_the_host_voice(open_page, photo):
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
def test_live_view_speaks_through_the_host_by_the_same_rule(open_page):
    page = open_page(speech=NO_VOICE)
    level = ["mild"]
    page.route_web_socket(
        "**/v1/live*", lambda route: route.on_message(answer_all(route, lambda: level[0]))
    )
    requests = speech_requests(page)
    page.click("#tab-live")
    page.click("#start")
    until(page, "window.heard.length === 1")
    level[0] = "severe"
    page.wait_for_timeout(300)  # too short to be worth saying
    level[0] = "mild"
    page.wait_for_timeout(2500)
    assert len(requests) == 1
    level[0] = "severe"
    until(page, "window.heard.length === 2")
    plain = {"pspi": 3, "percent": False, "advice": False, "language": "en", "rate": 150}
    severe = {**plain, "level": "severe", "pspi": 13}
    assert requests == [{"level": "mild", **plain}, severe]
    expected = [seconds_of(sentences.spoken_text(level)) for level in ("mild", "severe")]
    assert page.evaluate("window.heard") == pytest.approx(expected, abs=0.05)


@needs_espeak
def test_browser_that_needs_a_click_before_sound_is_explained(open_page, photo):
    once = """const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function () {
      HTMLMediaElement.prototype.play = play;
      return Promise.reject(new DOMException("no", "NotAllowedError"));
    };"""
    page = open_page(speech=NO_VOICE + once)
    upload(page, photo)
    hint = page.locator("#voice-hint")
    until(page, "document.getElementById('voice-hint').textContent.includes('needs a click')")
    assert page.evaluate("window.heard") == []
    page.click("#upload-result .say-again")
    until(page, "window.heard.length === 1")
    until(page, "document.getElementById('voice-hint').classList.contains('info')")
    assert "needs a click" not in hint.inner_text()


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
def test_failing_host_voice_is_explained_by_the_server(open_page, photo):
    page = open_page(speech=NO_VOICE)
    refusal = {"type": "/problems/no-voice", "title": "", "status": 503, "detail": "It is hoarse."}
    page.wait_for_selector("#voice-hint:not([hidden])")
    page.route("**/v1/speech", lambda route: route.fulfill(status=503, json=refusal))
    upload(page, photo)
    until(page, "document.getElementById('voice-hint').textContent === 'It is hoarse.'")


def test_voices_that_are_listed_late_still_speak(open_page, photo):
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
