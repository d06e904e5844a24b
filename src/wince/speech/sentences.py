"""The sentences for a pain level, the advice for it, and the full text that is spoken.

Sentences exist in every language of `wince.speech.languages`, advice in English only. The
developers of wince wrote the advice by the rules in docs/speech.md. No clinician has reviewed it.
"""

from wince.errors import SpeechError
from wince.scale import Level, LevelPair, whole_percent
from wince.speech import languages

ADVICE: dict[Level, str] = {
    Level.NONE: (
        "A calm face does not rule pain out: many people in pain show nothing. "
        "If the person can answer, ask them, and go on watching for other signs."
    ),
    Level.MILD: (
        "Ask the person how they feel, check their position and comfort, and look again in a "
        "while. Tell whoever cares for them if it goes on or grows."
    ),
    Level.MODERATE: (
        "Tell the nurse or carer in charge. Ask the person where it hurts, and check for a cause "
        "that can be put right now: position, pressure, a tube, a full bladder."
    ),
    Level.SEVERE: (
        "Tell the nurse or doctor in charge now and stay with the person. If they are hard to "
        "wake, short of breath, or have chest pain, call for emergency help."
    ),
}

REFUSAL = languages.without_vowel_signs(languages.ENGLISH.refusal)
REFUSAL_ADVICE = "An image that cannot be judged says nothing about pain."

NO_ADVICE = (
    "The advice is spoken in English only, until a clinician has reviewed a translation; "
    "ask for it in English, or for {language} without advice."
)
CAUTION = "This reads an expression; it is not a diagnosis."


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


def advice(level: Level, between: LevelPair | None = None) -> str:
    """Return general advice for a level in English, with the caution.

    Args:
        level: The pain level.
        between: Two levels of which neither is clear; the advice is that for the higher one.
    """
    if between is not None:
        return f"It may be {between[1]}; act as for that level. {ADVICE[between[1]]} {CAUTION}"
    return f"{ADVICE[level]} {CAUTION}"


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
        SpeechError: The language is unknown, or advice is asked for in another one than English.
        ValueError: The percentage is asked for without a score.
    """
    texts = languages.language(language)
    parts = [texts.refusal if level is None else texts.spoken_sentences[between or level]]
    if with_percent and level is not None:
        if pspi is None:
            raise ValueError("expected the score for its percentage, found None")
        parts.append(texts.percent_sentence.format(percent=whole_percent(pspi)))
    if with_advice:
        if texts is not languages.ENGLISH:
            raise SpeechError(NO_ADVICE.format(language=texts.english_name))
        parts.append(REFUSAL_ADVICE if level is None else advice(level, between))
    return " ".join(parts)
