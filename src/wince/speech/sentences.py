"""The sentences for a pain level, the advice for it, and the full text that is spoken.

All exist in every language of `wince.speech.languages`. The developers of wince wrote the advice by
the rules in docs/speech.md. No clinician has reviewed it.
"""

from wince.scale import Level, LevelPair, whole_percent
from wince.speech import languages

ADVICE = languages.ENGLISH.advice
REFUSAL = languages.without_vowel_signs(languages.ENGLISH.refusal)
REFUSAL_ADVICE = languages.ENGLISH.refusal_advice
CAUTION = languages.ENGLISH.caution


def sentence(level: Level, language: str = "en", *, between: LevelPair | None = None) -> str:
    """Return the sentence to show for a level, such as "Pain expression: moderate.".

    Args:
        level: The pain level.
        language: A code of `wince.speech.languages`. Arabic is without its vowel signs.
        between: The two levels that the sentence names if neither is clear.

    Raises:
        SpeechError: The language is unknown.
    """
    return languages.without_vowel_signs(languages.language(language).sentences[between or level])


def advice(level: Level, between: LevelPair | None = None, language: str = "en") -> str:
    """Return general advice for a level, with the caution.

    Args:
        level: The pain level.
        between: Two levels of which neither is clear; the advice is that for the higher one.
        language: A code of `wince.speech.languages`. Arabic is with its vowel signs.

    Raises:
        SpeechError: The language is unknown.
    """
    texts = languages.language(language)
    if between is None:
        return f"{texts.advice[level]} {texts.caution}"
    higher = between[1]
    first = texts.advice_between.format(level=texts.titles[higher].lower())
    return f"{first} {texts.advice[higher]} {texts.caution}"


def spoken_text(
    level: Level | None,
    pspi: float | None = None,
    *,
    between: LevelPair | None = None,
    with_percent: bool = False,
    with_advice: bool = False,
    language: str = "en",
) -> str:
    """Return the text that is spoken: the sentence, then the percentage and advice if asked for.

    Args:
        level: The pain level; None if the photo cannot be judged, which has no percentage either.
        pspi: 0 to 16; needed for the percentage only.
        between: The two levels that the text names if neither is clear.
        with_percent: Whether to add the score as a percentage of the scale.
        with_advice: Whether to add the advice.
        language: A code of `wince.speech.languages`. Arabic is with its vowel signs, which voices
            need.

    Raises:
        SpeechError: The language is unknown.
        ValueError: The percentage is asked for without a score.
    """
    texts = languages.language(language)
    parts = [texts.refusal if level is None else texts.spoken_sentences[between or level]]
    if with_percent and level is not None:
        if pspi is None:
            raise ValueError("expected the score for its percentage, found None")
        parts.append(texts.percent_sentence.format(percent=whole_percent(pspi)))
    if with_advice:
        parts.append(texts.refusal_advice if level is None else advice(level, between, language))
    return " ".join(parts)
