"""Languages, voices and speed of the spoken results."""

import json

import pytest

from tests.support.browser import (
    DRAWN,
    NO_VOICE,
    SPEECH,
    change_answers,
    set_up,
    speech_requests,
    spoken,
    unfold,
    until,
    upload,
)
from tests.support.media import measure_wav, needs_espeak
from wince.scale import LEVELS, Level
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
speechSynthesis.speak = (utterance) => {{
  const {{text, voice, lang, rate}} = utterance;
  window.spoken.push({{text, voice: voice.name, lang, rate}});
  utterance.onend?.();
}};
"""


def choose(page, code):
    page.select_option("#language", code)
    until(page, f"document.documentElement.lang === '{code}'")
    page.evaluate(DRAWN)


def level_is(page, level):
    change_answers(page, level=level, score=8.0)


def test_results_are_shown_and_spoken_in_the_chosen_language(open_page, photo):
    page = open_page(speech=VOICES)
    set_up(page, sayPercent=True)
    for code, language in languages.LANGUAGES.items():
        choose(page, code)
        page.evaluate("window.spoken.length = 0")
        for level in LEVELS:
            level_is(page, level)
            upload(page, photo)
            page.unroute_all()
            title = page.locator("#upload-result .result-title").inner_text()
            assert title == languages.without_vowel_signs(language.titles[level])
            sentence = sentences.sentence(level, code)
            until(page, f"document.getElementById('announcer').textContent === {sentence!r}")
        expected = [
            sentences.spoken_text(level, 8.0, with_percent=True, language=code) for level in LEVELS
        ]
        assert spoken(page) == expected
        spoken_values = page.evaluate("window.spoken.map(({lang}) => lang.slice(0, 2))")
        assert set(spoken_values) == {code}
        html = page.locator("html")
        assert html.get_attribute("lang") == code
        assert html.get_attribute("dir") == language.direction


# Texts in view that another language has too, or that are no words.
WORDS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const {parentElement, textContent} = walker.currentNode;
    if (parentElement.closest("template, script, [lang], .numbers-list dd")) continue;
    if (/[a-z]{3}/i.test(textContent)) texts.push(textContent.trim());
  }
  return texts;
}"""


def test_nothing_stays_in_the_former_language(open_page, photo):
    page = open_page(speech=VOICES)
    upload(page, photo)
    unfold(page, "why", "numbers", "compare", "advice")
    english = set(page.evaluate(WORDS))
    choose(page, "de")
    same = {text for text in page.evaluate(WORDS) if text in english}
    assert same <= {"wince", "PSPI", "HTTP API", "PSPI 8"} | {
        text for text in same if text.startswith(("AU", "max("))
    }


def test_result_in_view_changes_with_the_language(open_page, photo):
    page = open_page(speech=VOICES)
    level_is(page, "severe")
    upload(page, photo)
    choose(page, "ar")
    title = page.locator("#upload-result .result-title")
    assert title.inner_text() == "شديد"
    assert title.evaluate("(element) => getComputedStyle(element).direction") == "rtl"
    choose(page, "en")
    assert title.inner_text() == "Severe"
    assert len(spoken(page)) == 1  # choosing a language says nothing by itself
    assert page.locator("#announcer").inner_text() == ""  # nor leaves a sentence in another one


def test_address_can_choose_the_language(open_page, address, photo):
    page = open_page(f"{address}/?language=de", speech=VOICES)
    level_is(page, "moderate")
    upload(page, photo)
    assert spoken(page) == ["Schmerzniveau dieser Person: mäßig."]
    assert page.locator("#language").input_value() == "de"


def test_only_local_voices_are_offered_and_the_chosen_one_speaks(open_page, photo):
    page = open_page(speech=VOICES)
    choose(page, "de")
    upload(page, photo)
    page.click("#open-settings")
    until(page, "document.querySelectorAll('#settings optgroup').length > 0")
    choices = page.locator("#settings optgroup >> nth=0").locator("option")
    assert choices.all_text_contents() == ["Anna", "Berta"]
    page.click(".settings-close")
    set_up(page, voice="browser:Berta", speed=1.5)
    page.click("#upload-result .say-again")
    spoken_values = page.evaluate("window.spoken.map(({voice, lang, rate}) => [voice, lang, rate])")
    assert spoken_values == [["Anna", "de-DE", 1], ["Berta", "de-AT", 1.5]]
    assert page.locator("#settings output").text_content() == "1,5 ×"
    choose(page, "ar")  # a voice belongs to one language
    page.click("#upload-result .say-again")
    assert page.evaluate("window.spoken.at(-1).voice") == "Maged"


def test_advice_is_shown_and_spoken_in_the_chosen_language(open_page, photo):
    page = open_page(speech=VOICES)
    set_up(page, sayAdvice=True)
    pair = (Level.MODERATE, Level.SEVERE)
    change_answers(page, level="moderate", between=pair, score=8.0)
    for code in languages.LANGUAGES:
        choose(page, code)
        page.evaluate("window.spoken.length = 0")
        upload(page, photo)
        unfold(page, "advice")
        assert spoken(page) == [
            sentences.spoken_text(Level.MODERATE, between=pair, with_advice=True, language=code)
        ]
        advice = sentences.advice(Level.MODERATE, pair, code)
        shown = page.locator("#upload-result .advice").inner_text()
        assert shown == languages.without_vowel_signs(advice)


@needs_espeak
def test_host_speaks_languages_that_the_browser_does_not_have(open_page, photo):
    page = open_page(speech=NO_VOICE)
    requests = speech_requests(page)
    level_is(page, "moderate")
    for count, (code, language) in enumerate(languages.LANGUAGES.items(), 1):
        choose(page, code)
        upload(page, photo)
        until(page, f"window.heard.length === {count}")
        text = sentences.spoken_text("moderate", 8.0, language=code)
        expected, _ = measure_wav(voices.speak_to_wav(text, language=code))
        assert page.evaluate("window.heard.at(-1)") == pytest.approx(expected, abs=0.05)
        until(page, f"document.getElementById('voice-hint').innerText.includes({language.name!r})")
    assert [request["language"] for request in requests] == list(languages.LANGUAGES)


@needs_espeak
def test_host_voice_can_be_chosen_although_the_browser_has_one(open_page, photo):
    page = open_page(speech=f"{NO_VOICE} {VOICES.removeprefix(SPEECH)}")
    requests = speech_requests(page)
    choose(page, "de")
    set_up(page, voice="host:de+f3", speed=2)
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
      String(given[0]).endsWith("v1/speech") ? Promise.resolve(new Response({answer}))
        : ask(...given);"""
    page = open_page(speech=f"{VOICES} window.voices.pop(); {deaf}")
    choose(page, "es")
    page.wait_for_selector("#voice-hint:not([hidden])")
    assert "Español" in page.locator("#voice-hint").inner_text()
    upload(page, photo)
    assert spoken(page) == []
    choose(page, "de")
    assert page.locator("#voice-hint").is_hidden()
    page.click("#upload-result .say-again")
    assert len(spoken(page)) == 1
