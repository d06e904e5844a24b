"""Five languages: the words and sentences for each pain level, the percentage and the refusal.

The texts are in the catalogues of wince/texts, one file for each language, in the section "speech".
The developers of wince translated them, and no clinician has reviewed the translations;
docs/speech.md describes how to correct one. No wording may say that there is no pain: the lowest
level says that no expression of pain was seen.

What is shown names the expression of pain. What is spoken is the sentence of the project's report.

Arabic is stored with its vowel signs, because voices need them for the pronunciation. It is
displayed without them, as is usual.
"""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any, Literal

from wince.errors import DataError, SpeechError
from wince.score_scale import LEVEL_PAIRS, LEVELS, LevelName, LevelPair


@dataclass(frozen=True, slots=True)
class Language:
    """One language and its texts, with the vowel signs that voices need.

    `without_vowel_signs` returns a text as it is displayed.

    Attributes:
        code: ISO 639-1 code.
        name: Name of the language in itself.
        english_name: Name of the language in English.
        direction: Direction of writing.
        espeak_voice: The usual voice of espeak-ng.
        decimal_mark: What precedes the decimals of a number.
        titles: A word or a few for each level of PSPI, and for each pair of neighbouring levels.
        sentences: A sentence to show for each level and each pair.
        spoken_sentences: A sentence to speak for each level and each pair.
        percent_sentence: The score as a percentage, with `{percent}` for a whole number.
        refusal: Spoken instead of a level if the photo cannot be judged.
        advice: General advice for each level.
        advice_between: What precedes the advice if neither of two levels is clear, with `{level}`
            for the higher one.
        refusal_advice: What is said instead of advice if the photo cannot be judged.
        caution: What ends every advice.
        states: A word or a few for each statement over time that is not a level, by the names in
            STATES.
        other_scale: Patterns for levels and scores on another scale than PSPI, by the names in
            OTHER_SCALE, with the placeholders there.
    """

    code: str
    name: str
    english_name: str
    direction: Literal["ltr", "rtl"]
    espeak_voice: str
    decimal_mark: str
    titles: dict[LevelName | LevelPair, str]
    sentences: dict[LevelName | LevelPair, str]
    spoken_sentences: dict[LevelName | LevelPair, str]
    percent_sentence: str
    refusal: str
    advice: dict[LevelName, str]
    advice_between: str
    refusal_advice: str
    caution: str
    states: dict[str, str]
    other_scale: dict[str, str]


STATES = ("changing", "not-in-view", "cannot-tell")
"""What may be stated of a face over time instead of a level."""

OTHER_SCALE: Mapping[str, frozenset[str]] = {
    "title-between": frozenset({"lower", "higher"}),
    "level": frozenset({"scale", "level"}),
    "between": frozenset({"scale", "lower", "higher"}),
    "score": frozenset({"scale", "score", "low", "high"}),
    "spoken-level": frozenset({"scale", "level"}),
    "spoken-between": frozenset({"scale", "lower", "higher"}),
    "spoken-score": frozenset({"scale", "score", "low", "high"}),
    "advice": frozenset({"scale"}),
}
"""Patterns for another scale than PSPI, shown and spoken, with their placeholders."""


def read_language(path: Path) -> Language:
    """Return a language from its catalogue.

    Args:
        path: A file of CATALOGUES, named after the language's code.

    Raises:
        DataError: The file is missing or broken, or a text is missing, misspelt, empty, or without
            its placeholders.
    """
    facts = _read_section(path, "language", dict.fromkeys(_FACTS, frozenset()))
    if facts["code"] != path.stem or facts["direction"] not in ("ltr", "rtl"):
        raise DataError(
            f"{path}: expected language.code {path.stem!r}, and language.direction 'ltr' or 'rtl'; "
            f"found {facts['code']!r} and {facts['direction']!r}."
        )
    texts = _read_section(path, "speech", _PLACEHOLDERS)

    def by_level(group: str) -> dict[LevelName | LevelPair, str]:
        return {key: texts[f"{group}.{name}"] for key, name in _LEVEL_NAMES.items()}

    return Language(
        **facts,
        titles=by_level("titles"),
        sentences=by_level("sentences"),
        spoken_sentences=by_level("spoken"),
        percent_sentence=texts["percent"],
        refusal=texts["refusal"],
        advice={level: texts[f"advice.{level}"] for level in LEVELS},
        advice_between=texts["advice.between"],
        refusal_advice=texts["advice.refusal"],
        caution=texts["advice.caution"],
        states={name: texts[f"titles.{name}"] for name in STATES},
        other_scale={name: texts[f"other-scale.{name}"] for name in OTHER_SCALE},
    )


def _read_section(path: Path, section: str, keys: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    """Return the texts of one section of a catalogue by key, "titles.mild" for one in a group.

    Args:
        path: The catalogue.
        section: Name of the section.
        keys: The keys that it must have, each with the placeholders of its text.

    Raises:
        DataError: As for `read_language`.
    """
    remedy = "Correct the file, or install wince again."
    try:
        texts = _flatten(json.loads(path.read_text("utf-8"))[section])
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise DataError(
            f"{path}: expected JSON with texts in the section {section!r}; found {error!r:.200}. "
            f"{remedy}"
        ) from error
    for key in sorted(texts.keys() ^ keys.keys()):
        problem = "is missing" if key in keys else "is not a known key"
        raise DataError(f"{path}: {section}.{key} {problem}. {remedy}")
    for key, placeholders in keys.items():
        if _placeholders(texts[key]) != placeholders:
            expected = "".join(f" with {{{name}}}" for name in sorted(placeholders))
            raise DataError(
                f"{path}: expected {section}.{key} to be a text{expected}; "
                f"found {texts[key]!r:.200}. {remedy}"
            )
    return texts


def _flatten(section: dict[str, Any]) -> dict[str, Any]:
    """Return a section whose groups of texts are replaced by their texts."""
    return {
        f"{key}.{name}" if name else key: text
        for key, value in section.items()
        for name, text in (value.items() if isinstance(value, dict) else [("", value)])
    }


def _placeholders(text: object) -> frozenset[str] | None:
    """Return the names of a text's placeholders; None if it is no text or not well-formed."""
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
    except ValueError:
        return None


CATALOGUES = Path(__file__).parent.parent / "texts"
"""The folder of the catalogues: one JSON file for each language, named after its code."""

_CODES = ("en", "ar", "es", "de", "fr")
_FACTS = ("code", "name", "english_name", "direction", "espeak_voice", "decimal_mark")
_LEVEL_NAMES: dict[LevelName | LevelPair, str] = {level: level.value for level in LEVELS}
_LEVEL_NAMES |= {pair: "/".join(pair) for pair in LEVEL_PAIRS}
# The keys of the section "speech" with the placeholders of each text.
_PLACEHOLDERS: dict[str, frozenset[str]] = {
    **{f"titles.{name}": frozenset() for name in (*_LEVEL_NAMES.values(), *STATES)},
    **{f"sentences.{name}": frozenset() for name in _LEVEL_NAMES.values()},
    **{f"spoken.{name}": frozenset() for name in _LEVEL_NAMES.values()},
    "percent": frozenset({"percent"}),
    "refusal": frozenset(),
    **{f"advice.{name}": frozenset() for name in (*LEVELS, "refusal", "caution")},
    "advice.between": frozenset({"level"}),
    **{f"other-scale.{name}": placeholders for name, placeholders in OTHER_SCALE.items()},
}

LANGUAGES: dict[str, Language] = {
    code: read_language(CATALOGUES / f"{code}.json") for code in _CODES
}
"""The languages by code (ISO 639-1), English first."""

ENGLISH = LANGUAGES["en"]


def language(code: str) -> Language:
    """Return a language by its code; raise SpeechError if it is unknown."""
    if code not in LANGUAGES:
        known = ", ".join(f"{entry.code} ({entry.english_name})" for entry in LANGUAGES.values())
        raise SpeechError(f"wince speaks {known}; found the language {code[:40]!r}.")
    return LANGUAGES[code]


def missing_voice(code: str) -> str:
    """Return the message for a machine that has no voice in a language."""
    return (
        f"This machine has no {language(code).english_name} voice. Add one in the system's speech "
        "settings, or install espeak-ng, which has one."
    )


def without_vowel_signs(text: str) -> str:
    """Return a text as it is displayed: without Arabic vowel signs (U+064B to U+0652)."""
    return "".join(
        letter
        for letter in unicodedata.normalize("NFC", text)
        if not "\u064b" <= letter <= "\u0652"
    )
