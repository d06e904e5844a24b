"""The catalogues of texts: complete in every language, translated, and never saying "no pain".

The forms for one, two and more are compared with Intl.PluralRules in tests/page/unit/texts.test.js.
"""

import re
import unicodedata
from string import Formatter

import pytest

from tests.support.catalogues import ALL_CATALOGUES, DENIALS, texts_of
from wince.scale import LEVELS, Level
from wince.speech.languages import CATALOGUES, LANGUAGES

TRANSLATIONS = [code for code in LANGUAGES if code != "en"]

NOT_WORDS = re.compile(r"\{\w+\}|PSPI|\bms\b|[\W\d_]")
"""What is the same in every language: values, the name of the scale, a unit, and punctuation."""

SAME_WORD = {
    ("de", "summary.film"),
    ("de", "summary.person"),
    ("de", "token.token"),
    ("fr", "numbers.pixels"),
}
"""Texts whose translation is the same word as in English."""

COUNTED_FORMS = ("zero", "one", "two")
"""Plural forms that may have their number as a word."""


def forms_of(text: str | dict[str, str]) -> dict[str, str]:
    return {"other": text} if isinstance(text, str) else text


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def unvowelled(text: str) -> str:
    return "".join(letter for letter in text if not unicodedata.combining(letter))


def test_each_language_has_one_catalogue():
    assert {path.name for path in CATALOGUES.iterdir()} == {f"{code}.json" for code in LANGUAGES}


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_every_catalogue_has_the_keys_of_the_english_one_in_the_same_order(code):
    assert list(ALL_CATALOGUES[code]) == list(ALL_CATALOGUES["en"])
    assert list(ALL_CATALOGUES[code]["language"]) == list(ALL_CATALOGUES["en"]["language"])
    assert list(texts_of(code)) == list(texts_of("en"))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_text_has_the_placeholders_of_the_english_one(code):
    english = texts_of("en")
    for key, text in texts_of(code).items():
        expected = placeholders(forms_of(english[key])["other"])
        for form, words in forms_of(text).items():
            optional = {"count"} if form in COUNTED_FORMS else set()
            assert expected - optional <= placeholders(words) <= expected, (key, form)


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_no_text_is_left_in_english(code):
    english = texts_of("en")
    same = {
        key
        for key, text in texts_of(code).items()
        for form, words in forms_of(text).items()
        if NOT_WORDS.sub("", words) and words == forms_of(english[key]).get(form)
    }
    assert same == {("page", key) for language, key in SAME_WORD if language == code}


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_text_is_empty_or_denies_pain(code):
    for key, text in texts_of(code).items():
        for words in forms_of(text).values():
            assert words.strip(), key
            assert not DENIALS[code].search(unvowelled(words)), key


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "No pain was seen."),
        ("ar", "لا ألم"),
        ("es", "No hay dolor."),
        ("de", "Die Person hat keine Schmerzen."),
        ("fr", "Aucune douleur."),
    ],
)
def test_a_text_that_denies_pain_is_recognised(code, text):
    assert DENIALS[code].search(text)


@pytest.mark.parametrize("code", LANGUAGES)
def test_only_spoken_arabic_has_vowel_signs(code):
    for key, text in texts_of(code).items():
        for words in forms_of(text).values():
            assert (unvowelled(words) != words) == (code == "ar" and key[0] != "page"), key


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(
    ("text", "button"),
    [
        ("voice.not-allowed", "result.say-again"),
        ("markers.none", "watch.mark"),
        ("strip.full", "watch.finish"),
        ("strip-spoken.full", "watch.finish"),
    ],
)
def test_a_text_names_a_button_as_it_is_labelled(code, text, button):
    page = ALL_CATALOGUES[code]["page"]
    assert page[button] in page[text]


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_word_for_a_level_is_the_same_everywhere(code):
    page, titles = ALL_CATALOGUES[code]["page"], ALL_CATALOGUES[code]["speech"]["titles"]
    words = {level: unvowelled(titles[level]).lower() for level in LEVELS}
    for level in LEVELS[1:]:
        assert page[f"level.{level}"] == page[f"scale.{level}"] == words[level]
    for level in (Level.MODERATE, Level.SEVERE):
        assert words[level] in page["settings.prompt-note"]
    assert all(word in page["about.levels"].lower() for word in words.values())
