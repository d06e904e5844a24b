"""The five languages: complete, faithful to the English, and never saying that there is no pain."""

import unicodedata

import pytest

from tests.support.frames import ROOT
from wince.errors import SpeechError
from wince.scale import LEVELS, Level
from wince.speech import languages, sentences
from wince.speech.languages import LANGUAGES

PAIN = {"en": "pain", "ar": "ألم", "es": "dolor", "de": "schmerz", "fr": "douleur"}
EXPRESSION = {
    "en": "expression",
    "ar": "تعبير",
    "es": "expresión",
    "de": "ausdruck",
    "fr": "expression",
}
# What a low score must never be worded as: that there is no pain, or that the person is free of it.
DENIALS = {
    "en": ("no pain.", "pain-free", "free of pain", "not in pain", "painless"),
    "ar": ("لا ألم", "لا يوجد ألم", "بلا ألم", "بدون ألم", "لا يتألم"),
    "es": ("sin dolor", "no hay dolor", "no tiene dolor", "ningún dolor", "ausencia de dolor"),
    "de": ("keine schmerzen", "kein schmerz ", "kein schmerz.", "schmerzfrei", "ohne schmerz"),
    "fr": ("pas de douleur", "aucune douleur", "sans douleur", "absence de douleur"),
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_level_has_a_title_and_a_sentence_of_its_own(code: str) -> None:
    found = LANGUAGES[code]
    assert set(found.titles) == set(found.sentences) == set(LEVELS)
    assert len(set(found.titles.values())) == len(set(found.sentences.values())) == len(LEVELS)
    for level in LEVELS:
        title, sentence = (
            languages.without_vowel_signs(text[level]) for text in (found.titles, found.sentences)
        )
        assert title.casefold() in sentence.casefold()
        assert sentence.endswith(".")
        assert PAIN[code] in sentence.casefold()


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_lowest_level_speaks_of_the_expression_and_never_of_no_pain(code: str) -> None:
    words = languages.without_vowel_signs(
        f"{LANGUAGES[code].titles[Level.NONE]}. "
        + sentences.spoken_text(Level.NONE, 0.0, with_percent=True, language=code)
    ).casefold()
    assert EXPRESSION[code] in words
    for denial in DENIALS[code]:
        assert denial not in words


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_percent_is_said_in_the_language(code: str) -> None:
    plain = sentences.spoken_text(Level.MILD, 4.0, language=code)
    words = sentences.spoken_text(Level.MILD, 4.0, with_percent=True, language=code)
    assert words.startswith(plain + " ")
    assert "25" in words.removeprefix(plain)
    assert "{" not in words


def test_arabic_runs_from_the_right_and_is_shown_without_the_vowel_signs_it_is_spoken_with() -> (
    None
):
    arabic = LANGUAGES["ar"]
    assert [one.code for one in LANGUAGES.values() if one.direction == "rtl"] == ["ar"]
    for level in LEVELS:
        spoken, shown = (
            sentences.spoken_text(level, 0.0, language="ar"),
            sentences.sentence(level, "ar"),
        )
        assert any(unicodedata.combining(letter) for letter in spoken)
        assert not any(unicodedata.combining(letter) for letter in shown)
        assert {unicodedata.bidirectional(letter) for letter in shown if letter.isalpha()} == {"AL"}
        assert languages.without_vowel_signs(spoken) == shown
    assert arabic.name == languages.without_vowel_signs(arabic.name)


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "ar"])
def test_what_is_shown_keeps_the_letters_of_the_other_languages(code: str) -> None:
    for text in (*LANGUAGES[code].sentences.values(), *LANGUAGES[code].titles.values()):
        assert languages.without_vowel_signs(text) == text


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_advice_is_refused_in_a_language_that_no_clinician_has_reviewed(code: str) -> None:
    with pytest.raises(SpeechError, match="English only, until a clinician has reviewed"):
        sentences.spoken_text(Level.MILD, 3.0, with_advice=True, language=code)


def test_an_unknown_language_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(SpeechError, match=r"de \(German\).*found the language 'xx'"):
        sentences.sentence(Level.MILD, "xx")


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_documentation_shows_the_texts_as_they_are(code: str) -> None:
    document = (ROOT / "docs" / "speech.md").read_text(encoding="utf-8")
    found = LANGUAGES[code]
    for level in LEVELS:
        title = languages.without_vowel_signs(found.titles[level])
        assert f"{level} | {title} | {sentences.sentence(level, code)} |" in document


def test_a_refusal_is_said_in_every_language_and_listed_in_the_documentation() -> None:
    document = (ROOT / "docs" / "speech.md").read_text(encoding="utf-8")
    for code, found in LANGUAGES.items():
        said = sentences.spoken_text(None, 0.0, with_percent=True, language=code)
        assert said == found.refusal
        assert f"| {found.english_name} | {languages.without_vowel_signs(said)} |" in document
    assert len({found.refusal for found in LANGUAGES.values()}) == len(LANGUAGES)
    advised = sentences.spoken_text(None, 0.0, with_advice=True)
    assert advised == f"{sentences.REFUSAL} {sentences.REFUSAL_ADVICE}"
