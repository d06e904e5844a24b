"""Data models of requests and answers that are not an Assessment, for validation and OpenAPI."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from wince import scale
from wince.speech import languages, voices
from wince.speech.sentences import ADVICE, CAUTION, sentence, spoken_text


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

    pain_level: int = Field(ge=0, le=100, description="PSPI as percent of the scale's 16 points.")
    pain_class: str = Field(description="One of the seven finer wordings.")
    confidence: int = Field(ge=0, le=100, description="Probability of the stated level, percent.")


class AnalyzeError(BaseModel):
    """Error of `POST /analyze`."""

    error: str


# Written out, because OpenAPI would take a reference to its name for the Level below.
_NAMES = [str(level) for level in scale.LEVELS]
_LevelName = Annotated[scale.Level, WithJsonSchema({"type": "string", "enum": _NAMES})]
_LevelOrNull = Annotated[
    scale.Level | None, WithJsonSchema({"type": ["string", "null"], "enum": [*_NAMES, None]})
]


_LanguageCode = Literal["en", "ar", "es", "de", "fr"]
assert get_args(_LanguageCode) == tuple(languages.LANGUAGES)


class SpeechRequest(BaseModel):
    """What to speak about a result: the sentence for its level, and more on request."""

    model_config = ConfigDict(extra="forbid", strict=True)

    level: _LevelOrNull = Field(description="null: the image cannot be judged.")
    between: tuple[_LevelName, _LevelName] | None = Field(
        None, description="`between` of the result: the two levels that are named in its place."
    )
    pspi: float | None = Field(
        None,
        ge=0,
        le=scale.PSPI_MAXIMUM,
        allow_inf_nan=False,
        description="The score; required when percent is true.",
    )
    percent: bool = Field(False, description="Also speak the score as percent of the scale.")
    advice: bool = Field(False, description="Also speak the general advice for the level.")
    language: _LanguageCode = Field("en", description="Language of the speech.")
    rate: int = Field(
        voices.DEFAULT_RATE, ge=voices.MIN_RATE, le=voices.MAX_RATE, description="Words per minute."
    )
    voice: str | None = Field(
        None, max_length=200, description="One of the voices that GET /v1/speech lists."
    )

    @model_validator(mode="after")
    def _check_combination(self) -> Self:
        if self.percent and self.pspi is None:
            raise ValueError("pspi is needed when percent is true")
        if self.between is not None and (
            self.between not in scale.LEVEL_PAIRS or self.level not in self.between
        ):
            raise ValueError("between has level and a neighbouring level, the lower one first")
        return self

    def text(self) -> str:
        """Return the text to speak, as worded in `wince.speech.sentences`."""
        return spoken_text(
            self.level,
            self.pspi,
            between=self.between,
            with_percent=self.percent,
            with_advice=self.advice,
            language=self.language,
        )


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
    """One pain level and its range on the continuous scale."""

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

    levels: tuple[_LevelName, _LevelName]
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


class Scale(BaseModel):
    """The scale of the server, so that the page does not repeat it."""

    maximum: float
    levels: list[Level]
    action_units: list[Unit]
    terms: list[list[str]] = Field(
        description="PSPI is the sum of the terms; of a term's action units the highest counts."
    )
    caution: str
    languages: list[Language]


class Model(BaseModel):
    """The model in use, from its model.json."""

    name: str
    version: str
    title: str
    head: str = Field(description="action-units, or pspi for a model that gives the score alone.")
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
        trained_on=dict(manifest.get("trained_on") or {}),
        figures=dict(manifest.get("figures") or {}),
    )


def describe_scale() -> Scale:
    """Return the scale with the sentence and advice for each level, in every language."""
    edges = (0.0, *scale.LEVEL_CUTS, scale.PSPI_MAXIMUM)
    levels = [
        Level(
            name=level.value,
            from_score=low,
            to_score=high,
            sentence=sentence(level),
            advice=ADVICE[level],
        )
        for level, low, high in zip(scale.LEVELS, edges, edges[1:], strict=False)
    ]
    units = [
        Unit(name=unit.name, title=unit.title, plain=unit.plain, maximum=unit.maximum)
        for unit in scale.ACTION_UNITS.values()
    ]
    return Scale(
        maximum=scale.PSPI_MAXIMUM,
        levels=levels,
        action_units=units,
        terms=[list(term) for term in scale.PSPI_TERMS],
        caution=CAUTION,
        languages=[_describe_language(language) for language in languages.LANGUAGES.values()],
    )


def _describe_language(language: languages.Language) -> Language:
    levels = [
        LevelTexts(
            name=level.value,
            title=languages.without_vowel_signs(language.titles[level]),
            sentence=languages.without_vowel_signs(language.sentences[level]),
            spoken=language.spoken_sentences[level],
        )
        for level in scale.LEVELS
    ]
    between = [
        PairTexts(
            levels=pair,
            title=languages.without_vowel_signs(language.titles[pair]),
            sentence=languages.without_vowel_signs(language.sentences[pair]),
            spoken=language.spoken_sentences[pair],
        )
        for pair in scale.LEVEL_PAIRS
    ]
    return Language(
        code=language.code,
        name=language.name,
        english=language.english_name,
        direction=language.direction,
        levels=levels,
        between=between,
        percent=language.percent_sentence,
        states={
            name: languages.without_vowel_signs(title) for name, title in language.states.items()
        },
        refused=languages.without_vowel_signs(language.refusal),
        refused_spoken=language.refusal,
    )
