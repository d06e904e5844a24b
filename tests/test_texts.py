"""The catalogues of texts: complete in every language, translated, and never saying "no pain"."""

import unicodedata
from string import Formatter

import pytest

from tests.support.catalogues import ALL_CATALOGUES, DENIALS
from wince.speech.languages import CATALOGUES, LANGUAGES

TRANSLATIONS = [code for code in LANGUAGES if code != "en"]


def texts_of(code: str) -> dict[tuple[str, str], str]:
    """Return every spoken text and title by group and name."""
    return {
        (group, name): text
        for group, value in ALL_CATALOGUES[code]["speech"].items()
        for name, text in (value.items() if isinstance(value, dict) else [("", value)])
    }


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_each_language_has_one_catalogue():
    assert {path.name for path in CATALOGUES.iterdir()} == {f"{code}.json" for code in LANGUAGES}


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_every_catalogue_has_the_keys_of_the_english_one_in_the_same_order(code):
    assert list(ALL_CATALOGUES[code]["language"]) == list(ALL_CATALOGUES["en"]["language"])
    assert list(texts_of(code)) == list(texts_of("en"))


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_every_text_has_the_placeholders_of_the_english_one(code):
    expected = {key: placeholders(text) for key, text in texts_of("en").items()}
    assert {key: placeholders(text) for key, text in texts_of(code).items()} == expected


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_no_text_is_left_in_english(code):
    english = texts_of("en")
    assert [key for key, text in texts_of(code).items() if text == english[key]] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_text_denies_pain(code):
    assert [
        text for text in texts_of(code).values() if DENIALS[code].search(unvowelled(text))
    ] == []


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


def unvowelled(text: str) -> str:
    return "".join(letter for letter in text if not unicodedata.combining(letter))


@pytest.mark.parametrize("code", LANGUAGES)
def test_only_spoken_arabic_has_vowel_signs(code):
    for key, text in texts_of(code).items():
        assert (unvowelled(text) != text) == (code == "ar"), key
