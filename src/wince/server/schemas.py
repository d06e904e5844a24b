"""Data models of requests and answers that are not an Assessment, for validation and OpenAPI."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field

from wince.scale import ACTION_UNITS, PSPI_TERMS
from wince.score_scale import LevelName, LevelPair, Scale
from wince.speech import languages, sentences, voices


class ProblemDetails(BaseModel):
    """An error, as defined by RFC 9457."""

    type: str = Field(description="Address of the kind of problem.", examples=["/problems/no-face"])
    title: str = Field(description="Short name of the kind of problem.")
    status: int = Field(description="HTTP status.")
    detail: str = Field(description="What was expected, what was found and what to do.")
    code: str = Field(description="The last part of `type`.", examples=["no-face"])
    values: dict[str, float | str] = Field(
        description="Numbers and names in `detail`, for programs that word it themselves."
    )


class AnalyzeRequest(BaseModel):
    """Request of `POST /analyze`."""

    image: str = Field(description="The image as a data URL: data:image/jpeg;base64,...")


class AnalyzeAnswer(BaseModel):
    """Answer of `POST /analyze`."""

    pain_level: int = Field(
        ge=0, le=100, description="The score as percent of its scale, for PSPI of 16 points."
    )
    pain_class: str = Field(
        description="For PSPI one of the seven finer wordings. On another scale its level, or the "
        "name and the score of a scale without levels."
    )
    confidence: int | None = Field(
        ge=0,
        le=100,
        description="Probability of the stated level, percent; null on a scale without levels.",
    )


class AnalyzeError(BaseModel):
    """Error of `POST /analyze`."""

    error: str


class SpeakingRate(BaseModel):
    """Limits and default of the speaking rate, in words per minute."""

    slowest: int = voices.MIN_RATE
    fastest: int = voices.MAX_RATE
    usual: int = voices.DEFAULT_RATE


class SpeechAvailability(BaseModel):
    """Whether the machine that runs wince has a voice, and which voices."""

    available: bool
    detail: str = Field(description="How to install a voice when there is none; else empty.")
    voices: dict[str, list[str]] = Field(
        description="Names of the voices by language, the default one first."
    )
    rate: SpeakingRate


def describe_speech() -> SpeechAvailability:
    """Return which voices this machine has, and what to do when it has none."""
    available = voices.available()
    return SpeechAvailability(
        available=available,
        detail="" if available else voices.NO_VOICE,
        voices={code: list(voices.voice_names(code)) for code in languages.LANGUAGES},
        rate=SpeakingRate(),
    )


class Health(BaseModel):
    """The server is up."""

    status: str = "ok"
    version: str


class Ready(BaseModel):
    """The server would accept an image."""

    status: str = "ready"
    model: str = Field(description="Name of the model in use.")
    running: int = Field(description="Images that are being assessed or waiting.")
    room: int = Field(description="How many there may be before the server is busy.")


class Level(BaseModel):
    """One level and its range on the continuous scale."""

    name: str
    from_score: float
    to_score: float
    sentence: str
    advice: str


class LevelTexts(BaseModel):
    """Name and sentence of a level in one language."""

    name: str
    title: str
    sentence: str
    spoken: str = Field(description="The sentence to speak; in Arabic with vowel signs.")


class PairTexts(BaseModel):
    """Title and sentence, in one language, of a score between two levels of which none is clear."""

    levels: tuple[LevelName, LevelName]
    title: str
    sentence: str
    spoken: str = Field(description="The sentence to speak; in Arabic with vowel signs.")


class Language(BaseModel):
    """One language of the results. No clinician has reviewed the translations."""

    code: str
    name: str = Field(description="In the language itself.")
    english: str
    direction: Literal["ltr", "rtl"]
    levels: list[LevelTexts]
    between: list[PairTexts]
    percent: str = Field(description="Spoken on request; {percent} is replaced by a whole number.")
    states: dict[str, str] = Field(
        description="Titles of what is stated of a face over time instead of a level."
    )
    refused: str = Field(description="Sentence for an image that cannot be judged.")
    refused_spoken: str


class Unit(BaseModel):
    """One action unit: name, title, plain description, highest value."""

    name: str
    title: str
    plain: str
    maximum: float


class ScaleFacts(BaseModel):
    """The scale of the server, so that the page does not repeat it."""

    name: str
    minimum: float
    maximum: float
    unit: str
    decimals: int = Field(description="Decimals of a score as it is shown.")
    levels: list[Level] = Field(description="Empty for a scale without levels.")
    action_units: list[Unit] = Field(description="Empty for another scale than PSPI.")
    terms: list[list[str]] = Field(
        description="PSPI is the sum of the terms; of a term's action units the highest counts. "
        "Empty for another scale."
    )
    caution: str
    languages: list[Language]


class Model(BaseModel):
    """The model in use, from its model.json."""

    name: str
    version: str
    title: str
    head: str = Field(
        description="action-units, pspi for a model that gives PSPI alone, or score for another "
        "scale."
    )
    scale: dict[str, Any] = Field(
        description="What the scores are on: name, low, high, unit, cuts and levels."
    )
    trained_on: dict[str, Any] = Field(description="The data it was trained on.")
    figures: dict[str, Any] = Field(
        description="Metrics on people whose images it was not trained on."
    )


def describe_model(manifest: Mapping[str, Any]) -> Model:
    """Return what a model's manifest (model.json) contains about it."""
    return Model(
        name=str(manifest["name"]),
        version=str(manifest["version"]),
        title=str(manifest["title"]),
        head=str(manifest["head"]),
        scale=Scale.from_dict(manifest.get("scale")).to_dict(),
        trained_on=dict(manifest.get("trained_on") or {}),
        figures=dict(manifest.get("figures") or {}),
    )


def describe_scale(scale: Scale) -> ScaleFacts:
    """Return a scale with the sentence and advice for each level, in every language."""
    edges = (scale.low, *scale.cuts, scale.high)
    levels = [
        Level(
            name=str(level),
            from_score=low,
            to_score=high,
            sentence=sentences.sentence(level, scale=scale),
            advice=_advice(level, scale),
        )
        for level, low, high in zip(scale.levels, edges, edges[1:], strict=False)
    ]
    units = [
        Unit(name=unit.name, title=unit.title, plain=unit.plain, maximum=unit.maximum)
        for unit in ACTION_UNITS.values()
    ]
    return ScaleFacts(
        name=scale.name,
        minimum=scale.low,
        maximum=scale.high,
        unit=scale.unit,
        decimals=scale.decimals,
        levels=levels,
        action_units=units if scale.is_pspi else [],
        terms=[list(term) for term in PSPI_TERMS] if scale.is_pspi else [],
        caution=sentences.CAUTION,
        languages=[_describe_language(code, scale) for code in languages.LANGUAGES],
    )


def _advice(level: LevelName, scale: Scale) -> str:
    """Return the advice for a level without the caution, which all levels share."""
    return sentences.advice(level, scale=scale).removesuffix(f" {sentences.CAUTION}")


def _describe_language(code: str, scale: Scale) -> Language:
    language = languages.LANGUAGES[code]

    def texts(level: LevelName, pair: LevelPair | None) -> dict[str, str]:
        return {
            "title": sentences.title(level, pair, scale, code),
            "sentence": sentences.sentence(level, code, between=pair, scale=scale),
            "spoken": sentences.spoken_text(level, between=pair, language=code, scale=scale),
        }

    return Language(
        code=code,
        name=language.name,
        english=language.english_name,
        direction=language.direction,
        levels=[LevelTexts(name=str(level), **texts(level, None)) for level in scale.levels],
        between=[PairTexts(levels=pair, **texts(pair[0], pair)) for pair in scale.level_pairs],
        percent=language.percent_sentence,
        states={
            name: languages.without_vowel_signs(title) for name, title in language.states.items()
        },
        refused=languages.without_vowel_signs(language.refusal),
        refused_spoken=language.refusal,
    )
