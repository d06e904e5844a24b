"""What is said about a level: the sentence that is spoken, and general advice.

The sentence comes in any language of `wince.speech.languages`, the advice in English only. The
advice was written by the developers of wince from the rules in docs/speech.md. No clinician has
reviewed it.
"""

from wince.errors import SpeechError
from wince.scale import Level, percent
from wince.speech import languages

SENTENCES: dict[Level, str] = languages.ENGLISH.sentences

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
REFUSAL_ADVICE = "A picture that cannot be judged says nothing about pain."

NO_ADVICE = (
    "The advice is spoken in English only, until a clinician has reviewed a translation; "
    "ask for it in English, or for {language} without advice."
)
CAUTION = "This reads an expression; it is not a diagnosis."


def sentence(level: Level, language: str = "en") -> str:
    """Return the sentence for a level, such as "This person has pain level: moderate.".

    language: a code of `wince.speech.languages`; Arabic comes without its vowel signs. Raises
    SpeechError for an unknown one.
    """
    return languages.without_vowel_signs(languages.language(language).sentences[level])


def advice(level: Level) -> str:
    """Return general advice for a level, the caution included, in English."""
    return f"{ADVICE[level]} {CAUTION}"


def spoken_text(
    level: Level | None,
    pspi: float,
    *,
    with_percent: bool = False,
    with_advice: bool = False,
    language: str = "en",
) -> str:
    """Return everything that is spoken: the sentence, and on demand percent of scale and advice.

    level: None when the picture cannot be judged; then there is no percent either. pspi: 0 to 16.
    language: a code of `wince.speech.languages`; Arabic comes with its vowel signs, as voices need.
    Raises SpeechError for an unknown language, and for advice in another than English.
    """
    said = languages.language(language)
    parts = [said.refusal if level is None else said.sentences[level]]
    if with_percent and level is not None:
        parts.append(said.percent_sentence.format(percent=f"{percent(pspi):.0f}"))
    if with_advice:
        if said is not languages.ENGLISH:
            raise SpeechError(NO_ADVICE.format(language=said.english_name))
        parts.append(REFUSAL_ADVICE if level is None else advice(level))
    return " ".join(parts)
