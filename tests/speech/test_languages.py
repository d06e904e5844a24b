"""Each of the five languages is complete and never says that there is no pain."""

import json
import unicodedata

import pytest

from tests.support.catalogues import DENIALS
from tests.support.frames import ROOT
from wince.errors import DataError, SpeechError
from wince.scale import LEVEL_PAIRS, LEVELS, Level, LevelPair
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


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_level_has_a_title_and_sentences_of_its_own(code: str) -> None:
    texts = LANGUAGES[code]
    keys = [*LEVELS, *LEVEL_PAIRS]
    assert set(texts.titles) == set(keys)
    assert len(set(texts.titles.values())) == len(keys)
    for by_level in (texts.sentences, texts.spoken_sentences):
        assert set(by_level) == set(keys)
        assert len(set(by_level.values())) == len(keys)
        for level in keys:
            title, sentence = (
                languages.without_vowel_signs(values[level]) for values in (texts.titles, by_level)
            )
            assert title.casefold() in sentence.casefold()
            assert sentence.endswith(".")
            assert PAIN[code] in sentence.casefold()


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_sentence_that_is_shown_is_of_the_expression(code: str) -> None:
    for sentence in LANGUAGES[code].sentences.values():
        assert EXPRESSION[code] in languages.without_vowel_signs(sentence).casefold()


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_score_between_two_levels_is_worded_with_both(code: str) -> None:
    texts = LANGUAGES[code]
    for lower, upper in LEVEL_PAIRS:
        title = texts.titles[lower, upper].casefold()
        assert texts.titles[upper].casefold() in title
        if lower != Level.NONE:
            assert title.index(texts.titles[lower].casefold()) < title.index(
                texts.titles[upper].casefold()
            )
        assert sentences.sentence(
            lower, code, between=(lower, upper)
        ) == languages.without_vowel_signs(texts.sentences[lower, upper])


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_lowest_level_names_the_expression_and_never_denies_pain(code: str) -> None:
    for between in (None, (Level.NONE, Level.MILD)):
        spoken = sentences.spoken_text(
            Level.NONE, 0.0, between=between, with_percent=True, language=code
        )
        title = LANGUAGES[code].titles[between or Level.NONE]
        text = languages.without_vowel_signs(f"{title}. {spoken}").casefold()
        assert EXPRESSION[code] in text
        assert not DENIALS[code].search(text)


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_percentage_is_added_in_each_language(code: str) -> None:
    sentence = sentences.spoken_text(Level.MILD, 4.0, language=code)
    text = sentences.spoken_text(Level.MILD, 4.0, with_percent=True, language=code)
    assert text.startswith(sentence + " ")
    assert "25" in text.removeprefix(sentence)
    assert "{" not in text


def test_arabic_is_right_to_left_and_displayed_without_vowel_signs() -> None:
    arabic = LANGUAGES["ar"]
    assert {code for code in LANGUAGES if LANGUAGES[code].direction == "rtl"} == {"ar"}
    for level in LEVELS:
        spoken = sentences.spoken_text(level, 0.0, language="ar")
        shown = sentences.sentence(level, "ar")
        assert any(unicodedata.combining(letter) for letter in spoken)
        assert not any(unicodedata.combining(letter) for letter in shown)
        assert {unicodedata.bidirectional(letter) for letter in shown if letter.isalpha()} == {"AL"}
        spoken_letters = languages.without_vowel_signs(spoken)
        assert spoken_letters == languages.without_vowel_signs(spoken_letters) != spoken
    assert arabic.name == languages.without_vowel_signs(arabic.name)


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "ar"])
def test_removing_vowel_signs_changes_no_other_language(code: str) -> None:
    for text in (*LANGUAGES[code].sentences.values(), *LANGUAGES[code].titles.values()):
        assert languages.without_vowel_signs(text) == text


@pytest.mark.parametrize("code", LANGUAGES)
def test_advice_is_that_of_the_higher_level_and_ends_with_the_caution(code: str) -> None:
    texts = LANGUAGES[code]
    text = sentences.advice(Level.MILD, (Level.MILD, Level.MODERATE), code)
    first, rest = text.split(texts.advice[Level.MODERATE])
    assert texts.titles[Level.MODERATE].lower() in first
    assert rest == f" {texts.caution}"
    spoken = sentences.spoken_text(None, with_advice=True, language=code)
    assert spoken == f"{texts.refusal} {texts.refusal_advice}"


def test_an_unknown_language_is_refused_and_the_known_ones_are_listed() -> None:
    with pytest.raises(SpeechError, match=r"de \(German\).*found the language 'xx'"):
        sentences.sentence(Level.MILD, "xx")


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_documentation_lists_the_texts(code: str) -> None:
    document = (ROOT / "docs" / "speech.md").read_text(encoding="utf-8")
    texts = LANGUAGES[code]
    levels: dict[Level | LevelPair, str] = {level: str(level) for level in LEVELS}
    levels |= {(lower, upper): f"{lower}, {upper}" for lower, upper in LEVEL_PAIRS}
    for key, name in levels.items():
        columns = (
            languages.without_vowel_signs(by_level[key])
            for by_level in (texts.titles, texts.sentences, texts.spoken_sentences)
        )
        assert f"{name} | {' | '.join(columns)} |" in document


def test_each_language_has_a_refusal_which_the_documentation_lists() -> None:
    document = (ROOT / "docs" / "speech.md").read_text(encoding="utf-8")
    for code, language in LANGUAGES.items():
        text = sentences.spoken_text(None, 0.0, with_percent=True, language=code)
        assert text == language.refusal
        assert f"| {language.english_name} | {languages.without_vowel_signs(text)} |" in document
    assert len({language.refusal for language in LANGUAGES.values()}) == len(LANGUAGES)
    text = sentences.spoken_text(None, 0.0, with_advice=True)
    assert text == f"{sentences.REFUSAL} {sentences.REFUSAL_ADVICE}"


def drop(section: str, key: str):
    return lambda catalogue: catalogue[section].pop(key)


def change(section: str, key: str, value: object):
    return lambda catalogue: catalogue[section].update({key: value})


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda catalogue: catalogue.pop("speech"), "section 'speech'"),
        (lambda catalogue: catalogue.update(speech=3), "section 'speech'"),
        (drop("speech", "refusal"), r"speech\.refusal is missing"),
        (drop("language", "espeak_voice"), r"language\.espeak_voice is missing"),
        (change("speech", "refusl", "Nein."), r"speech\.refusl is not a known key"),
        (change("speech", "refusal", ""), r"speech\.refusal to be a text; found ''"),
        (
            lambda catalogue: catalogue["speech"]["titles"].update(mild=None),
            r"titles\.mild to be a text; found None",
        ),
        (change("speech", "percent", "{prozent} %"), r"speech\.percent .*with {percent}; found"),
        (change("speech", "refusal", "Bild {name}"), r"speech\.refusal .*found 'Bild {name}'"),
        (change("speech", "percent", "{percent"), r"speech\.percent .*found '{percent'"),
        (change("speech", "spoken", {}), r"speech\.spoken\.mild is missing"),
        (change("speech", "titles", "Leicht"), r"speech\.titles is not a known key"),
        (change("language", "direction", "left"), r"language\.direction .*found 'de' and 'left'"),
        (change("language", "code", "en"), r"language\.code 'de'.*found 'en'"),
    ],
)
def test_a_damaged_catalogue_is_an_error_with_its_file_and_key(tmp_path, damage, message) -> None:
    catalogue = json.loads((languages.CATALOGUES / "de.json").read_text("utf-8"))
    path = tmp_path / "de.json"
    path.write_text(json.dumps(catalogue), "utf-8")
    assert languages.read_language(path) == LANGUAGES["de"]
    damage(catalogue)
    path.write_text(json.dumps(catalogue), "utf-8")
    with pytest.raises(DataError, match=message) as error:
        languages.read_language(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"\xff"])
def test_a_catalogue_that_is_no_json_object_is_an_error_with_its_file(tmp_path, content) -> None:
    path = tmp_path / "de.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match="expected JSON with texts") as error:
        languages.read_language(path)
    assert str(path) in str(error.value)
