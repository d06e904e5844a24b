"""The body of `POST /v1/speech`: what to speak about a result, validated by the scale in use."""

from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, create_model, model_validator

from wince.score_scale import PSPI, LevelName, Scale
from wince.speech import languages, voices
from wince.speech.sentences import spoken_text

_LanguageCode = Literal["en", "ar", "es", "de", "fr"]
assert get_args(_LanguageCode) == tuple(languages.LANGUAGES)


class SpeechRequest(BaseModel):
    """What to speak about a result: the sentence for its level, and more on request.

    Attributes:
        scale: The scale of `level` and `score`.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    scale: ClassVar[Scale] = PSPI

    level: LevelName | None = Field(
        description="null: the image cannot be judged, or the scale has no levels."
    )
    between: tuple[LevelName, LevelName] | None = Field(
        None, description="`between` of the result: the two levels that are named in its place."
    )
    score: float | None = None
    pspi: float | None = None
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
        if self.percent and self._score is None:
            raise ValueError("score is needed when percent is true")
        levels = self.scale.levels
        if self.level is not None and self.level not in levels:
            raise ValueError(f"level must be null or one of {', '.join(levels) or 'no levels'}")
        if self.between is not None and (
            self.between not in self.scale.level_pairs or self.level not in self.between
        ):
            raise ValueError("between has level and a neighbouring level, the lower one first")
        return self

    @property
    def _score(self) -> float | None:
        return self.pspi if self.score is None else self.score

    def text(self) -> str:
        """Return the text to speak, as worded in `wince.speech.sentences`."""
        return spoken_text(
            self.level,
            self._score,
            between=self.between,
            with_percent=self.percent,
            with_advice=self.advice,
            language=self.language,
            scale=self.scale,
        )


def request_model(scale: Scale) -> type[SpeechRequest]:
    """Return the model of requests about results on a scale."""
    names = [str(level) for level in scale.levels]
    level = {"type": ["string", "null"], "enum": [*names, None]} if names else {"type": "null"}
    one_level: Any = Literal[tuple(names)] if names else None
    pair: Any = tuple[one_level, one_level] | None if names else None
    fields: dict[str, Any] = {
        "level": (
            Annotated[one_level | None if names else None, WithJsonSchema(level)],
            SpeechRequest.model_fields["level"],
        ),
        "between": (pair, SpeechRequest.model_fields["between"]),
        "score": (float | None, _score_field(scale, "The score; required when percent is true.")),
        "pspi": (
            float | None if scale.is_pspi else None,
            _score_field(scale, "Old name of score, for PSPI only."),
        ),
    }
    model = create_model("SpeechRequest", __base__=SpeechRequest, **fields)
    model.scale = scale
    return model


def _score_field(scale: Scale, description: str) -> Any:
    return Field(None, ge=scale.low, le=scale.high, allow_inf_nan=False, description=description)
