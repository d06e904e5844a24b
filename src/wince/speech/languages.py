"""Five languages: the words and sentences for each pain level, the percentage and the refusal.

The developers of wince translated them, and no clinician has reviewed the translations;
docs/speech.md describes how to correct one. No wording may say that there is no pain: the lowest
level says that no expression of pain was seen. Advice exists in English only.

What is shown names the expression of pain. What is spoken is the sentence of the project's report.

Arabic is stored with its vowel signs, because voices need them for the pronunciation. It is
displayed without them, as is usual.
"""

import unicodedata
from dataclasses import dataclass
from typing import Literal

from wince.errors import SpeechError
from wince.scale import LEVEL_PAIRS, Level, LevelPair


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
        titles: A word or a few for each level, and for each pair of neighbouring levels.
        sentences: A sentence to show for each level and each pair.
        spoken_sentences: A sentence to speak for each level and each pair.
        percent_sentence: The score as a percentage, with `{percent}` for a whole number.
        refusal: Spoken instead of a level if the photo cannot be judged.
        states: A word or a few for each statement over time that is not a level, by the names in
            STATES.
    """

    code: str
    name: str
    english_name: str
    direction: Literal["ltr", "rtl"]
    espeak_voice: str
    titles: dict[Level | LevelPair, str]
    sentences: dict[Level | LevelPair, str]
    spoken_sentences: dict[Level | LevelPair, str]
    percent_sentence: str
    refusal: str
    states: dict[str, str]


STATES = ("changing", "not-in-view", "cannot-tell")
"""What may be stated of a face over time instead of a level."""


def _make_language(
    code: str,
    name: str,
    english_name: str,
    espeak_voice: str,
    none_title: str,
    level_sentence: str,
    spoken_sentence: str,
    level_words: str,
    between: str,
    none_word: str,
    percent_sentence: str,
    refusal: str,
    states: str,
) -> Language:
    """Return a language.

    Args:
        code: As in `Language`.
        name: As in `Language`.
        english_name: As in `Language`.
        espeak_voice: As in `Language`.
        none_title: Title of the lowest level.
        level_sentence: Sentence to show for the other levels, with `{level}` for the level's word.
        spoken_sentence: Sentence to speak for the other levels, in the same form.
        level_words: Words for mild, moderate and severe, separated by commas.
        between: Words for a score between `{lower}` and `{upper}`.
        none_word: Word for the lowest level in `between`.
        percent_sentence: As in `Language`.
        refusal: As in `Language`.
        states: Titles of STATES in their order, separated by commas.
    """
    levels = (Level.MILD, Level.MODERATE, Level.SEVERE)
    words: dict[Level | LevelPair, str] = dict(zip(levels, level_words.split(", "), strict=True))
    lower_words = {Level.NONE: none_word, **words}
    words |= {
        pair: between.format(lower=lower_words[pair[0]], upper=words[pair[1]])
        for pair in LEVEL_PAIRS
    }
    titles = {key: word[0].upper() + word[1:] for key, word in words.items()}

    def sentences(template: str) -> dict[Level | LevelPair, str]:
        by_level = {key: template.format(level=word) for key, word in words.items()}
        return {Level.NONE: f"{none_title}.", **by_level}

    return Language(
        code,
        name,
        english_name,
        "rtl" if code == "ar" else "ltr",
        espeak_voice,
        {Level.NONE: none_title, **titles},
        sentences(level_sentence),
        sentences(spoken_sentence),
        percent_sentence,
        refusal,
        dict(zip(STATES, states.split(", "), strict=True)),
    )


LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (
        _make_language(
            "en",
            "English",
            "English",
            "en-gb",
            none_title="No pain expression seen",
            level_sentence="Pain expression: {level}.",
            spoken_sentence="This person has pain level: {level}.",
            level_words="mild, moderate, severe",
            between="between {lower} and {upper}",
            none_word="no pain expression",
            percent_sentence="Pain score: {percent} percent of the scale.",
            refusal="This image cannot be judged.",
            states="Changing, Not in view, Cannot tell",
        ),
        _make_language(
            "ar",
            "العربية",
            "Arabic",
            "ar",
            none_title="لَمْ يُلاحَظْ تَعْبِيرٌ عَنِ الأَلَمِ عَلَى الوَجْهِ",
            level_sentence="مُسْتَوَى تَعْبِيرِ الوَجْهِ عَنِ الأَلَمِ: {level}.",
            spoken_sentence="مُسْتَوَى الأَلَمِ لَدَى هَذَا الشَّخْصِ: {level}.",
            level_words="خَفِيف, مُتَوَسِّط, شَدِيد",
            between="بَيْنَ {lower} وَ{upper}",
            none_word="عَدَمِ التَّعْبِيرِ عَنِ الأَلَمِ",
            percent_sentence="دَرَجَةُ الأَلَمِ: {percent} بِالمِئَةِ مِنَ المِقْيَاسِ.",
            refusal="لَا يُمْكِنُ تَقْيِيمُ هَذِهِ الصُّورَةِ.",
            states="يَتَغَيَّرُ, الوَجْهُ غَيْرُ ظَاهِرٍ, لَا يُمْكِنُ التَّقْيِيمُ",
        ),
        _make_language(
            "es",
            "Español",
            "Spanish",
            "es",
            none_title="No se observa expresión de dolor",
            level_sentence="Nivel de expresión de dolor: {level}.",
            spoken_sentence="Nivel de dolor de esta persona: {level}.",
            level_words="leve, moderado, intenso",
            between="de {lower} a {upper}",
            none_word="ninguna expresión de dolor",
            percent_sentence="Puntuación de dolor: {percent} por ciento de la escala.",
            refusal="Esta imagen no se puede valorar.",
            states="Cambiando, No se ve la cara, No se puede valorar",
        ),
        _make_language(
            "de",
            "Deutsch",
            "German",
            "de",
            none_title="Kein Schmerzausdruck zu sehen",
            level_sentence="Schmerzausdruck: {level}.",
            spoken_sentence="Schmerzniveau dieser Person: {level}.",
            level_words="leicht, mäßig, stark",
            between="zwischen {lower} und {upper}",
            none_word="keinem Schmerzausdruck",
            percent_sentence="Schmerzwert: {percent} Prozent der Skala.",
            refusal="Dieses Bild kann nicht beurteilt werden.",
            states="Ändert sich, Nicht im Bild, Nicht zu beurteilen",
        ),
        _make_language(
            "fr",
            "Français",
            "French",
            "fr-fr",
            none_title="Aucune expression de douleur observée",
            level_sentence="Niveau d’expression de la douleur : {level}.",
            spoken_sentence="Niveau de douleur de cette personne : {level}.",
            level_words="léger, modéré, sévère",
            between="entre {lower} et {upper}",
            none_word="aucune expression de douleur",
            percent_sentence="Score de douleur : {percent} pour cent de l’échelle.",
            refusal="Cette image ne peut pas être évaluée.",
            states="En changement, Hors du champ, Ne peut être évalué",
        ),
    )
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
