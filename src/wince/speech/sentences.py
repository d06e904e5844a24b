"""The sentences for a pain level or score, the advice for it, and the full text that is spoken.

All exist in every language of `wince.speech.languages`. The developers of wince wrote the advice by
the rules in docs/speech.md. No clinician has reviewed it.

PSPI has a sentence and advice of its own for each level. Other scales have one pattern each for a
level, for two levels and for a score: the name of the scale and of its levels are as the scale
gives them.
"""

from typing import Protocol

from wince.score_scale import PSPI, LevelName, LevelPair, Scale
from wince.speech import languages
from wince.speech.languages import Language

ADVICE = languages.ENGLISH.advice
REFUSAL = languages.without_vowel_signs(languages.ENGLISH.refusal)
REFUSAL_ADVICE = languages.ENGLISH.refusal_advice
CAUTION = languages.ENGLISH.caution


class LevelledScore(Protocol):
    """A score with its level, such as a calibrated score or a statement over time."""

    @property
    def score(self) -> float | None:
        """The score; None without a face that can be judged."""

    @property
    def level(self) -> LevelName | None:
        """Its level; None on a scale without levels."""

    @property
    def scale(self) -> Scale:
        """Its scale."""


def title(level: LevelName, between: LevelPair | None, scale: Scale, language: str = "en") -> str:
    """Return a level, or two levels, in a few words, such as "Mild".

    Args:
        level: The level.
        between: The two levels that are named if neither is clear.
        scale: Has the levels.
        language: A code of `wince.speech.languages`. Arabic is without its vowel signs.
    """
    texts = languages.language(language)
    if scale.is_pspi:
        return languages.without_vowel_signs(texts.titles[between or level])
    if between is None:
        return level.capitalize()
    pattern = languages.without_vowel_signs(texts.other_scale["title-between"])
    return pattern.format(lower=between[0], higher=between[1])


def sentence(
    level: LevelName | None,
    language: str = "en",
    *,
    between: LevelPair | None = None,
    score: float | None = None,
    scale: Scale = PSPI,
) -> str:
    """Return the sentence to show for a level, such as "Pain expression: moderate.".

    Args:
        level: The level; None on a scale without levels.
        language: A code of `wince.speech.languages`. Arabic is without its vowel signs.
        between: The two levels that the sentence names if neither is clear.
        score: The score; needed on a scale without levels only.
        scale: The scale of level and score.

    Raises:
        SpeechError: The language is unknown.
    """
    texts = languages.language(language)
    if scale.is_pspi and level is not None:
        text = texts.sentences[between or level]
    else:
        text = _on_other_scale(texts, "", level, between, score, scale)
    return languages.without_vowel_signs(text)


def sentence_of(score: LevelledScore, between: LevelPair | None) -> str:
    """Return the English sentence to show for a score.

    Args:
        score: The score.
        between: The two levels that the sentence names if neither is clear.
    """
    return sentence(score.level, between=between, score=score.score, scale=score.scale)


def advice(
    level: LevelName | None,
    between: LevelPair | None = None,
    language: str = "en",
    *,
    scale: Scale = PSPI,
) -> str:
    """Return general advice for a level, with the caution.

    Other scales than PSPI have one advice for all levels: what their levels ask for is not known.

    Args:
        level: The level; None on a scale without levels.
        between: Two levels of which neither is clear; the advice is that for the higher one.
        language: A code of `wince.speech.languages`. Arabic is with its vowel signs.
        scale: The scale of the level.

    Raises:
        SpeechError: The language is unknown.
    """
    texts = languages.language(language)
    if not scale.is_pspi or level is None:
        return f"{texts.other_scale['advice'].format(scale=scale.name)} {texts.caution}"
    if between is None:
        return f"{texts.advice[level]} {texts.caution}"
    higher = between[1]
    first = texts.advice_between.format(level=texts.titles[higher].lower())
    return f"{first} {texts.advice[higher]} {texts.caution}"


def advice_of(score: LevelledScore, between: LevelPair | None) -> str:
    """Return general English advice for a score; `between` is as for `advice`."""
    return advice(score.level, between, scale=score.scale)


def spoken_text(
    level: LevelName | None,
    score: float | None = None,
    *,
    between: LevelPair | None = None,
    with_percent: bool = False,
    with_advice: bool = False,
    language: str = "en",
    scale: Scale = PSPI,
) -> str:
    """Return the text that is spoken: the sentence, then the percentage and advice if asked for.

    Args:
        level: The level; None on a scale without levels, and if the photo cannot be judged, which
            has no percentage either.
        score: On the scale; needed for the percentage, and on a scale without levels.
        between: The two levels that the text names if neither is clear.
        with_percent: Whether to add the score as a percentage of the scale.
        with_advice: Whether to add the advice.
        language: A code of `wince.speech.languages`. Arabic is with its vowel signs, which voices
            need.
        scale: The scale of level and score.

    Raises:
        SpeechError: The language is unknown.
        ValueError: The percentage is asked for without a score.
    """
    texts = languages.language(language)
    if level is None and (scale.levels or score is None):
        return f"{texts.refusal} {texts.refusal_advice}" if with_advice else texts.refusal
    if scale.is_pspi and level is not None:
        parts = [texts.spoken_sentences[between or level]]
    else:
        parts = [_on_other_scale(texts, "spoken-", level, between, score, scale)]
    if with_percent:
        if score is None:
            raise ValueError("expected the score for its percentage, found None")
        parts.append(texts.percent_sentence.format(percent=scale.percent(score)))
    if with_advice:
        parts.append(advice(level, between, language, scale=scale))
    return " ".join(parts)


def _on_other_scale(
    texts: Language,
    prefix: str,
    level: LevelName | None,
    between: LevelPair | None,
    score: float | None,
    scale: Scale,
) -> str:
    """Return a sentence about a score on another scale than PSPI.

    Args:
        texts: The language.
        prefix: "spoken-" for the sentence to speak, "" for the one to show.
        level: As for `sentence`, like the following.
        between: Two levels.
        score: The score.
        scale: The scale.
    """
    if between is not None:
        values = {"lower": between[0], "higher": between[1]}
        return texts.other_scale[f"{prefix}between"].format(scale=scale.name, **values)
    if level is not None:
        return texts.other_scale[f"{prefix}level"].format(scale=scale.name, level=level)
    if score is None:
        raise ValueError("expected the score of a scale without levels, found None")
    numbers = {"score": scale.shown(score), "low": f"{scale.low:g}", "high": f"{scale.high:g}"}
    written = {name: text.replace(".", texts.decimal_mark) for name, text in numbers.items()}
    return texts.other_scale[f"{prefix}score"].format(scale=scale.name, **written)
