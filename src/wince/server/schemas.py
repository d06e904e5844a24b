"""The forms of requests and answers that are not an Assessment, for OpenAPI."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from wince import scale
from wince.speech import languages, voices
from wince.speech.sentences import ADVICE, CAUTION, NO_ADVICE, SENTENCES, spoken_text


class Problem(BaseModel):
    """An error, after RFC 9457."""

    type: str = Field(description="Address of the kind of problem.", examples=["/problems/no-face"])
    title: str = Field(description="The kind of problem in a few words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="A sentence: what was expected, what was found, what to do.")


class AnalyzeRequest(BaseModel):
    """The small contract's request."""

    image: str = Field(description="The picture as a data URL: data:image/jpeg;base64,...")


class AnalyzeAnswer(BaseModel):
    """The small contract's answer."""

    pain_level: int = Field(ge=0, le=100, description="PSPI as percent of the scale's 16 points.")
    pain_class: str = Field(description="One of the seven finer wordings.")
    confidence: int = Field(ge=0, le=100, description="Probability of the stated level, percent.")


class AnalyzeError(BaseModel):
    """The small contract's error."""

    error: str


# Spelled out in place: under its own name OpenAPI would take it for the Level below.
_LevelName = Annotated[
    scale.Level | None,
    WithJsonSchema(
        {"type": ["string", "null"], "enum": [*(str(level) for level in scale.LEVELS), None]}
    ),
]


_LanguageCode = Literal["en", "ar", "es", "de", "fr"]
assert get_args(_LanguageCode) == tuple(languages.LANGUAGES)


class SpeechRequest(BaseModel):
    """What is to be spoken about a result: the level's sentence, and on demand more."""

    model_config = ConfigDict(extra="forbid", strict=True)

    level: _LevelName = Field(description="null: the picture cannot be judged.")
    pspi: float | None = Field(
        None,
        ge=0,
        le=scale.PSPI_MAXIMUM,
        allow_inf_nan=False,
        description="The score; needed when percent is true.",
    )
    percent: bool = Field(False, description="Also speak the score as percent of the scale.")
    advice: bool = Field(
        False, description="Also speak the general advice for the level; in English only."
    )
    language: _LanguageCode = Field("en", description="The language to speak.")
    rate: int = Field(
        voices.DEFAULT_RATE, ge=voices.MIN_RATE, le=voices.MAX_RATE, description="Words per minute."
    )
    voice: str | None = Field(
        None, max_length=200, description="One of the voices that GET /v1/speech lists."
    )

    @model_validator(mode="after")
    def _values_fit_together(self) -> Self:
        if self.percent and self.pspi is None:
            raise ValueError("pspi is needed when percent is true")
        if self.advice and self.language != "en":
            english = languages.LANGUAGES[self.language].english_name
            raise ValueError(NO_ADVICE.format(language=english).removesuffix("."))
        return self

    def text(self) -> str:
        """Return the words to speak, in the one wording of `wince.speech.sentences`."""
        return spoken_text(
            self.level,
            self.pspi or 0.0,
            with_percent=self.percent,
            with_advice=self.advice,
            language=self.language,
        )


class Rate(BaseModel):
    """How fast a voice may speak, in words per minute, and how fast it does unless asked."""

    slowest: int = voices.MIN_RATE
    fastest: int = voices.MAX_RATE
    usual: int = voices.DEFAULT_RATE


class Voice(BaseModel):
    """Whether the machine that runs wince has a voice, and which."""

    available: bool
    detail: str = Field(description="A sentence: how to give it one, when it has none.")
    voices: dict[str, list[str]] = Field(
        description="The names of its voices by language, the usual one first."
    )
    rate: Rate


def the_voice() -> Voice:
    """Return which voices there are here, and what to do when there is none."""
    found = {code: list(voices.voice_names(code)) for code in languages.LANGUAGES}
    available = voices.available()
    return Voice(
        available=available, detail="" if available else voices.NO_VOICE, voices=found, rate=Rate()
    )


class Health(BaseModel):
    """The server is up."""

    status: str = "ok"
    version: str


class Ready(BaseModel):
    """The server would take on a picture: the model in use, and how much it has to do."""

    status: str = "ready"
    model: str
    running: int = Field(description="Pictures being assessed or waiting.")
    room: int = Field(description="How many may be at the same time, before it answers busy.")


class Level(BaseModel):
    """One pain level. from_score, to_score: where it begins and ends on the continuous scale."""

    name: str
    from_score: float
    to_score: float
    sentence: str
    advice: str


class LevelWords(BaseModel):
    """What one level is called and what is said about it; `spoken` has Arabic's vowel signs."""

    name: str
    title: str
    sentence: str
    spoken: str


class Language(BaseModel):
    """One language that a result can be said in. No clinician has reviewed the translations."""

    code: str
    name: str = Field(description="In the language itself.")
    english: str
    direction: Literal["ltr", "rtl"]
    levels: list[LevelWords]
    percent: str = Field(description="Spoken on demand, {percent} standing for a whole number.")
    refused: str = Field(description="In place of a level, when the picture cannot be judged.")
    refused_spoken: str
    advice: bool = Field(description="Whether there is advice in this language.")


class Unit(BaseModel):
    """One action unit: name, title, plain words, highest value."""

    name: str
    title: str
    plain: str
    maximum: float


class Scale(BaseModel):
    """The scale as the server knows it, so that the page need not repeat it."""

    maximum: float
    levels: list[Level]
    action_units: list[Unit]
    terms: list[list[str]] = Field(
        description="PSPI is the sum of the terms; of a term's action units the highest counts."
    )
    caution: str
    languages: list[Language]


class Model(BaseModel):
    """The model in use, by its own card (model.json)."""

    name: str
    version: str
    title: str
    head: str = Field(description="action-units, or pspi for a model that gives the score alone.")
    trained_on: dict[str, Any] = Field(description="The data it was trained on, as its card says.")
    figures: dict[str, Any] = Field(description="What was measured on people it had never seen.")


def the_model(card: Mapping[str, Any]) -> Model:
    """Return what a model's card says about it."""
    return Model(
        name=str(card["name"]),
        version=str(card["version"]),
        title=str(card["title"]),
        head=str(card["head"]),
        trained_on=dict(card.get("trained_on") or {}),
        figures=dict(card.get("figures") or {}),
    )


def the_scale() -> Scale:
    """Return the scale with the sentence and advice for each level."""
    edges = (0.0, *scale.LEVEL_CUTS, scale.PSPI_MAXIMUM)
    levels = [
        Level(
            name=level.value,
            from_score=low,
            to_score=high,
            sentence=SENTENCES[level],
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
        languages=[_language(one) for one in languages.LANGUAGES.values()],
    )


def _language(found: languages.Language) -> Language:
    levels = [
        LevelWords(
            name=level.value,
            title=languages.without_vowel_signs(found.titles[level]),
            sentence=languages.without_vowel_signs(found.sentences[level]),
            spoken=found.sentences[level],
        )
        for level in scale.LEVELS
    ]
    return Language(
        code=found.code,
        name=found.name,
        english=found.english_name,
        direction=found.direction,
        levels=levels,
        percent=found.percent_sentence,
        refused=languages.without_vowel_signs(found.refusal),
        refused_spoken=found.refusal,
        advice=found is languages.ENGLISH,
    )
