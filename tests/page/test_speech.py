"""Spoken results: what is spoken, and by which voice."""

import json

import pytest

from tests.support.browser import (
    DRAWN,
    NO_VOICE,
    SPEECH,
    change_answers,
    set_up,
    spoken,
    until,
    upload,
)
from tests.support.media import measure_wav, needs_espeak
from wince.speech import sentences, voices
from wince.speech.languages import ENGLISH


def test_percent_and_advice_are_spoken_when_switched_on(open_page, photo):
    page = open_page()
    change_answers(page, level="moderate", score=8.0)
    set_up(page, sayPercent=True, sayAdvice=True)
    upload(page, photo)
    (text,) = spoken(page)
    level, percent = "pain level: moderate. ", "Pain score: 50 percent of the scale. "
    assert text.startswith(f"This person has {level}{percent}Tell the nurse or carer in charge.")
    assert text.endswith(ENGLISH.caution)


def test_spoken_text_is_that_of_the_library(open_page, photo, assessor):
    page = open_page()
    set_up(page, sayPercent=True, sayAdvice=True)
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
    assert "has no voice for English. The machine that runs wince speaks" in hint
    upload(page, photo)
    until(page, "window.heard.length === 1")
    (heard,) = page.evaluate("window.heard")
    assessment = assessor.assess(photo["buffer"])
    text = sentences.spoken_text(assessment.level)
    assert heard == pytest.approx(seconds_of(text), abs=0.05)
    until(page, "document.getElementById('voice').currentTime > 0.3")
    assert spoken(page) == []
    assert page.locator("#voice-hint").inner_text() == hint
    set_up(page, sayPercent=True, sayAdvice=True)
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
    assert len(spoken(page)) == 2
    assert [url for url in urls if url.endswith("/v1/speech")] == []
    assert page.evaluate("window.heard") == []
    assert page.locator("#voice-hint").is_hidden()


@needs_espeak
def test_mute_stops_the_host_voice(open_page, photo):
    page = open_page(speech=NO_VOICE)
    set_up(page, sayAdvice=True)
    upload(page, photo)
    until(page, "window.heard.length === 1")
    assert page.evaluate(PLAYING)
    page.click("#mute")
    assert not page.evaluate(PLAYING)
    page.click("#upload-result .say-again")
    page.evaluate(DRAWN)
    assert len(page.evaluate("window.heard")) == 1
    page.click("#mute")
    page.click("#upload-result .say-again")
    until(page, PLAYING)
    page.click("#tab-live")  # as with the browser's own voice, leaving the tab ends it
    assert not page.evaluate(PLAYING)


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
      String(given[0]).endsWith("v1/speech") ? Promise.resolve(new Response({answer}))
        : ask(...given);"""
    page = open_page(speech=NO_VOICE + deaf)
    upload(page, photo)
    page.wait_for_selector("#voice-hint:not([hidden])")
    hint = page.locator("#voice-hint").inner_text()
    assert hint.startswith("This browser has no voice for English, and the machine that runs wince")
    assert "Install espeak-ng" in hint
    page.click("#upload-result .say-again")
    page.evaluate(DRAWN)
    assert spoken(page) == page.evaluate("window.heard") == []
    assert page.locator("#announcer").inner_text().count("ain expression")


@needs_espeak
def test_failing_host_voice_is_explained_in_the_language_of_the_page(open_page, address, photo):
    page = open_page(f"{address}/?language=de", speech=NO_VOICE)
    refusal = {"type": "/problems/hoarse", "title": "", "status": 503, "detail": "It is hoarse."}
    page.wait_for_selector("#voice-hint:not([hidden])")
    page.route("**/v1/speech", lambda route: route.fulfill(status=503, json=refusal))
    upload(page, photo)
    failure = "Das Gerät, auf dem wince läuft, konnte nicht sprechen (hoarse)."
    until(page, f"document.getElementById('voice-hint').textContent === {failure!r}")


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


def test_screen_readers_are_told_when_the_voice_has_ended(open_page, photo):
    page = open_page(
        speech=f"{SPEECH} speechSynthesis.speak = (text) => {{ window.last = text; }};"
    )
    announcer = "document.getElementById('announcer').textContent"
    upload(page, photo)
    until(page, "window.last !== undefined")
    page.evaluate(DRAWN)
    assert page.evaluate(announcer) == ""  # it would talk over the voice
    page.evaluate("window.last.onend()")
    until(page, f"{announcer}.includes('ain expression')")
    upload(page, photo)
    page.click("#clear")
    page.evaluate("window.last.onend()")
    page.evaluate(DRAWN)
    assert page.evaluate(announcer) == ""  # what was spoken is no longer shown
