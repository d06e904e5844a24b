"""The languages a result can be said in: the sentence and the word for each level, and the percent.

The developers of wince translated them, and no clinician has reviewed the translations; how to
correct one stands in docs/speech.md. No wording may say that there is no pain: the lowest level
says that no expression of pain was seen. The advice is in English only.

Arabic is written with its vowel signs, because voices need them to know how a word sounds. Arabic
is shown without them, as it usually is.
"""

import unicodedata
from dataclasses import dataclass
from typing import Literal

from wince.errors import SpeechError
from wince.scale import Level


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its code, names, direction of writing, voice of espeak-ng, and the texts.

    titles: each level in a word or a few. sentences: what is said about each level. percent: said
    on demand, with `{percent}` in the place of a whole number. refused: said in place of a level
    when the picture cannot be judged. All four are written as they are spoken;
    `without_vowel_signs` gives them as they are read.
    """

    code: str
    name: str
    english_name: str
    direction: Literal["ltr", "rtl"]
    espeak_voice: str
    titles: dict[Level, str]
    sentences: dict[Level, str]
    percent_sentence: str
    refusal: str


def _language(
    code: str,
    name: str,
    english_name: str,
    espeak_voice: str,
    none: str,
    of: str,
    words: str,
    percent_sentence: str,
    refusal: str,
) -> Language:
    """Return a language. of: the sentence with `{level}`; words: mild, moderate, severe."""
    levels = dict(zip((Level.MILD, Level.MODERATE, Level.SEVERE), words.split(", "), strict=True))
    titles = {level: word[0].upper() + word[1:] for level, word in levels.items()}
    sentences = {level: of.format(level=word) for level, word in levels.items()}
    return Language(
        code,
        name,
        english_name,
        "rtl" if code == "ar" else "ltr",
        espeak_voice,
        {Level.NONE: none, **titles},
        {Level.NONE: f"{none}.", **sentences},
        percent_sentence,
        refusal,
    )


LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (
        _language(
            "en",
            "English",
            "English",
            "en-gb",
            none="No pain expression seen",
            of="This person has pain level: {level}.",
            words="mild, moderate, severe",
            percent_sentence="Pain score: {percent} percent of the scale.",
            refusal="This picture cannot be judged.",
        ),
        _language(
            "ar",
            "العربية",
            "Arabic",
            "ar",
            none="لَمْ يُلاحَظْ تَعْبِيرٌ عَنِ الأَلَمِ عَلَى الوَجْهِ",
            of="مُسْتَوَى الأَلَمِ لَدَى هَذَا الشَّخْصِ: {level}.",
            words="خَفِيف, مُتَوَسِّط, شَدِيد",
            percent_sentence="دَرَجَةُ الأَلَمِ: {percent} بِالمِئَةِ مِنَ المِقْيَاسِ.",
            refusal="لَا يُمْكِنُ تَقْيِيمُ هَذِهِ الصُّورَةِ.",
        ),
        _language(
            "es",
            "Español",
            "Spanish",
            "es",
            none="No se observa expresión de dolor",
            of="Nivel de dolor de esta persona: {level}.",
            words="leve, moderado, intenso",
            percent_sentence="Puntuación de dolor: {percent} por ciento de la escala.",
            refusal="Esta imagen no se puede valorar.",
        ),
        _language(
            "de",
            "Deutsch",
            "German",
            "de",
            none="Kein Schmerzausdruck zu sehen",
            of="Schmerzniveau dieser Person: {level}.",
            words="leicht, mäßig, stark",
            percent_sentence="Schmerzwert: {percent} Prozent der Skala.",
            refusal="Dieses Bild kann nicht beurteilt werden.",
        ),
        _language(
            "fr",
            "Français",
            "French",
            "fr-fr",
            none="Aucune expression de douleur observée",
            of="Niveau de douleur de cette personne : {level}.",
            words="léger, modéré, sévère",
            percent_sentence="Score de douleur : {percent} pour cent de l’échelle.",
            refusal="Cette image ne peut pas être évaluée.",
        ),
    )
}
"""The languages by code (ISO 639-1), English first."""

ENGLISH = LANGUAGES["en"]


def language(code: str) -> Language:
    """Return a language by its code; raise SpeechError, which names all, for an unknown one."""
    if code not in LANGUAGES:
        known = ", ".join(f"{one.code} ({one.english_name})" for one in LANGUAGES.values())
        raise SpeechError(f"wince speaks {known}; found the language {code[:40]!r}.")
    return LANGUAGES[code]


def without_vowel_signs(text: str) -> str:
    """Return a text as it is read: without the vowel signs of Arabic (U+064B to U+0652)."""
    return "".join(
        letter
        for letter in unicodedata.normalize("NFC", text)
        if not "\u064b" <= letter <= "\u0652"
    )
