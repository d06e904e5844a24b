"""Languages, voices and speed of the spoken results."""

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
from tests.support.media import measure_wav, needs_espeak
from wince.scale import LEVELS
from wince.speech import languages, sentences, voices

# Local voices in each language, and one voice that would send the text to its vendor.
VOICES = f"""{SPEECH}
window.voices = [
  {{name: "Near", lang: "en-GB", localService: true, default: true}},
  {{name: "Anna", lang: "de-DE", localService: true}},
  {{name: "Berta", lang: "de-AT", localService: true}},
  {{name: "Ferne", lang: "de-DE", localService: false, default: true}},
  {{name: "Maged", lang: "ar-001", localService: true}},
  {{name: "Léa", lang: "fr-FR", localService: true}},
  {{name: "Mónica", lang: "es-ES", localService: true}},
];
speechSynthesis.speak = ({{text, voice, lang, rate}}) =>
  window.spoken.push({{text, voice: voice.name, lang, rate}});
"""


def choose(page, code):
    if page.locator("#voice-panel").is_hidden():
        page.click("#voice-settings")
    page.select_option("#language", code)


def level_is(page, level):
    change_answers(page, level=level, sentence=sentences.sentence(level), pspi=8.0)


@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_result_is_shown_and_spoken_in_the_chosen_language(open_page, photo, code):
    page = open_page(speech=VOICES)
    choose(page, code)
    language = languages.LANGUAGES[code]
    page.check("#say-percent")
    for level in LEVELS:
        level_is(page, level)
        upload(page, photo)
        page.unroute_all()
        title, sentence = (
            page.locator(f"#upload-result {selector}") for selector in (".level-name", ".sentence")
        )
        assert title.inner_text() == languages.without_vowel_signs(language.titles[level])
        assert sentence.inner_text() == sentences.sentence(level, code)
        announcer = page.locator("#announcer")
        for shown in (title, sentence, announcer):
            assert shown.get_attribute("lang") == (None if code == "en" else code)
            assert (
                shown.evaluate("(element) => getComputedStyle(element).direction")
                == language.direction
            )
        until(page, "document.getElementById('announcer').textContent !== ''")
        assert announcer.inner_text() == sentences.sentence(level, code)
    expected = [
        sentences.spoken_text(level, 8.0, with_percent=True, language=code) for level in LEVELS
    ]
    assert spoken(page) == expected
    spoken_values = page.evaluate("window.spoken.map(({lang}) => lang.slice(0, 2))")
    assert set(spoken_values) == {code}
    assert page.locator("html").get_attribute("lang") == "en"
    texts = page.locator("#upload-result .legend .word").all_text_contents()
    assert texts == [languages.without_vowel_signs(language.titles[level]) for level in LEVELS]


def test_result_in_view_changes_with_the_language(open_page, photo):
    page = open_page(speech=VOICES)
    level_is(page, "severe")
    upload(page, photo)
    choose(page, "ar")
    name = page.locator("#upload-result .level-name")
    assert (name.inner_text(), name.get_attribute("dir")) == ("شديد", "rtl")
    choose(page, "en")
    assert (name.inner_text(), name.get_attribute("dir")) == ("Severe", None)
    assert len(spoken(page)) == 1  # choosing a language says nothing by itself


def test_address_can_choose_the_language(open_page, address, photo):
    page = open_page(f"{address}/?language=de", speech=VOICES)
    level_is(page, "moderate")
    upload(page, photo)
    assert spoken(page) == ["Schmerzniveau dieser Person: mäßig."]
    assert page.locator("#language").input_value() == "de"


def test_only_local_voices_are_offered_and_the_chosen_one_speaks(open_page, photo):
    page = open_page(speech=VOICES)
    choose(page, "de")
    choices = page.locator("#voice-choice optgroup[label='This browser'] option")
    until(page, "document.querySelectorAll('#voice-choice optgroup').length > 0")
    assert choices.all_text_contents() == ["Anna", "Berta"]
    upload(page, photo)
    page.select_option("#voice-choice", "browser:Berta")
    page.fill("#speed", "1.5")
    page.click("#upload-result .say-again")
    spoken_values = page.evaluate("window.spoken.map(({voice, lang, rate}) => [voice, lang, rate])")
    assert spoken_values == [["Anna", "de-DE", 1], ["Berta", "de-AT", 1.5]]
    assert page.locator("#speed-value").inner_text() == "1.5 ×"
    choose(page, "ar")  # a voice belongs to one language
    page.click("#upload-result .say-again")
    assert page.evaluate("window.spoken.at(-1).voice") == "Maged"


def test_advice_is_offered_only_in_english(open_page, photo):
    page = open_page(speech=VOICES)
    page.check("#say-advice")
    choose(page, "de")
    assert page.locator("#say-advice").is_disabled()
    assert page.locator("#advice-language").is_visible()
    level_is(page, "mild")
    upload(page, photo)
    assert spoken(page) == ["Schmerzniveau dieser Person: leicht."]
    assert page.locator("#upload-result .advice").get_attribute("lang") is None
    choose(page, "en")
    assert page.locator("#say-advice").is_enabled()
    page.click("#upload-result .say-again")
    assert len(spoken(page)[-1]) > 50


@needs_espeak
@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_host_speaks_languages_that_the_browser_does_not_have(open_page, photo, code):
    page = open_page(speech=NO_VOICE)
    requests = speech_requests(page)
    choose(page, code)
    level_is(page, "moderate")
    upload(page, photo)
    until(page, "window.heard.length === 1")
    text = sentences.spoken_text("moderate", 8.0, language=code)
    expected, _ = measure_wav(voices.speak_to_wav(text, language=code))
    assert page.evaluate("window.heard[0]") == pytest.approx(expected, abs=0.05)
    assert [request["language"] for request in requests] == [code]
    assert "The machine that runs wince speaks" in page.locator("#voice-hint").inner_text()


@needs_espeak
def test_host_voice_can_be_chosen_although_the_browser_has_one(open_page, photo):
    page = open_page(speech=f"{NO_VOICE} {VOICES.removeprefix(SPEECH)}")
    requests = speech_requests(page)
    choose(page, "de")
    until(page, "document.querySelectorAll('#voice-choice optgroup').length === 2")
    page.select_option("#voice-choice", "host:de+f3")
    page.fill("#speed", "2")
    upload(page, photo)
    until(page, "window.heard.length === 1")
    assert [(request["voice"], request["rate"]) for request in requests] == [("de+f3", 300)]
    assert spoken(page) == []


def test_language_without_any_voice_is_explained(open_page, photo):
    availability = {
        "available": True,
        "detail": "",
        "voices": {code: [] for code in languages.LANGUAGES},
    }
    answer = json.dumps(json.dumps(availability))
    deaf = f"""const ask = window.fetch;
    window.fetch = (...given) =>
      given[0] === "/v1/speech" ? Promise.resolve(new Response({answer})) : ask(...given);"""
    page = open_page(speech=f"{VOICES} window.voices.pop(); {deaf}")
    choose(page, "es")
    page.wait_for_selector("#voice-hint:not([hidden])")
    assert page.locator("#voice-hint").inner_text() == (
        "This browser has no Spanish voice of its own. The machine that runs wince has none either."
    )
    upload(page, photo)
    assert spoken(page) == []
    choose(page, "de")
    assert page.locator("#voice-hint").is_hidden()
    page.click("#upload-result .say-again")
    assert len(spoken(page)) == 1


def test_english_titles_are_those_of_the_library(open_page):
    page = open_page()
    for level in LEVELS:
        title = page.evaluate(
            "(name) => import('/static/levels.js').then(({levelTitle}) => levelTitle(name))", level
        )
        assert title == languages.ENGLISH.titles[level]
