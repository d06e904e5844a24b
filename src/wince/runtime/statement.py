"""What is stated about a face over time, and which level has lasted.

A `Statement` is a level, two levels that the score lies between, or the reason why there is
neither. Its level, number, interval and confidence come from one calibrated score, so they cannot
disagree. A level is stated once it has lasted; while the score is elsewhere the statement is
"changing".

On a scale without levels nothing can last: each frame with a judged face states its score, and
nothing is announced.
"""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from wince.runtime.assessment import Quality
from wince.runtime.calibration import CalibratedScore
from wince.runtime.score_filter import LONGEST_STEP, TOLERANCE, StatedLevels
from wince.score_scale import PSPI, LevelName, LevelPair, Scale
from wince.speech import languages, sentences

CHANGING = "The expression is changing."
NOT_IN_VIEW = "No face is in view."
SHOW_FACE = "Point the camera at the face, from the front."


class Kind(StrEnum):
    """Kinds of statement."""

    LEVEL = "level"
    BETWEEN = "between"
    SCORE = "score"
    CHANGING = "changing"
    NOT_IN_VIEW = "not-in-view"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated about a face, with the number that belongs to it.

    Make one with `of_score`, `changing`, `not_in_view` or `cannot_tell`.

    Attributes:
        kind: Kind of statement.
        level: The level of `score`. This and the next seven are None unless the kind is "level" or
            "between", or "score": then `level`, `between`, `level_probabilities` and `confidence`
            are, because the scale has no levels.
        between: The two levels that are stated instead of `level`, the lower first; None for the
            kind "level".
        pspi: `score` of a model of PSPI; None for another scale.
        score: Filtered score.
        interval: Lower and upper end of the 90 % interval of `score`.
        level_probabilities: Probability by level. They were measured on single images.
        confidence: Probability of `level`.
        reasons: Why the face cannot be judged, sentence by name, for the kind "cannot-tell".
        values: Numbers in each of these sentences, by the same names.
        age: Seconds since the last frame with a face that can be judged; None before the first.
        announced: Whether this frame announces the statement: speak it now.
        sentence: The statement as a sentence.
        advice: General advice, or what to do to get a face that can be judged.
        scale: What `score` is on.
    """

    kind: Kind
    level: LevelName | None = None
    between: LevelPair | None = None
    pspi: float | None = field(init=False)
    score: float | None = None
    interval: tuple[float, float] | None = None
    level_probabilities: dict[str, float] | None = None
    confidence: float | None = None
    reasons: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, float]] = field(default_factory=dict)
    age: float | None = 0.0
    announced: bool = False
    sentence: str = ""
    advice: str = ""
    scale: Scale = PSPI

    def __post_init__(self) -> None:
        object.__setattr__(self, "pspi", self.score if self.scale.is_pspi else None)

    @classmethod
    def of_score(
        cls, score: CalibratedScore, between: LevelPair | None, *, announced: bool
    ) -> "Statement":
        """Return the statement of a level, of two levels, or of a score without levels.

        Args:
            score: The rounded score.
            between: Two levels, one of them that of the score; None to state its level alone.
            announced: Whether it is announced now.
        """
        kind = Kind.LEVEL if between is None else Kind.BETWEEN
        return cls(
            Kind.SCORE if score.level is None else kind,
            score.level,
            between,
            score=score.score,
            interval=score.interval,
            level_probabilities=score.level_probabilities or None,
            confidence=score.confidence,
            announced=announced,
            sentence=sentences.sentence_of(score, between),
            advice=sentences.advice_of(score, between),
            scale=score.scale,
        )

    @classmethod
    def changing(cls) -> "Statement":
        """Return the statement that no level has lasted yet, or that the score has left it."""
        return cls(Kind.CHANGING, sentence=CHANGING)

    @classmethod
    def not_in_view(cls, age: float | None) -> "Statement":
        """Return the statement that no face is in view; age: as in the attribute."""
        return cls(Kind.NOT_IN_VIEW, age=age, sentence=NOT_IN_VIEW, advice=SHOW_FACE)

    @classmethod
    def cannot_tell(
        cls, quality: Quality, age: float | None, *, sentence: str, advice: str
    ) -> "Statement":
        """Return the statement that the face cannot be judged.

        Args:
            quality: Has the reasons and their values.
            age: As in the attribute.
            sentence: As in the attribute.
            advice: As in the attribute.
        """
        return cls(
            Kind.CANNOT_TELL,
            reasons=dict(quality.reasons),
            values={name: quality.values.get(name, {}) for name in quality.reasons},
            age=age,
            sentence=sentence,
            advice=advice,
        )

    @property
    def title(self) -> str:
        """The statement in a few words, such as "Mild" or "Not in view"."""
        if self.level is not None:
            return sentences.title(self.level, self.between, self.scale)
        if self.score is not None:
            return self.scale.name
        title = languages.ENGLISH.states[self.kind]
        if not self.reasons:
            return title
        return f"{title}: {', '.join(self.reasons).replace('-', ' ')}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: the member `statement` of a track."""
        pair = None if self.between is None else [str(level) for level in self.between]
        level = None if self.level is None else str(self.level)
        data = {**asdict(self), "kind": str(self.kind), "level": level, "between": pair}
        del data["scale"]
        return data


class LastingLevels:
    """Which level, or which two neighbouring levels, have lasted for `hold` seconds.

    Two levels have lasted when both were stated together for that time, or when the score has
    swung between them for twice that time.

    Attributes:
        lasting: The levels that lasted most recently; empty at first.
    """

    def __init__(self, hold: float, scale: Scale) -> None:
        """Begin without frames.

        Args:
            hold: Seconds for which levels must last.
            scale: Has the levels.
        """
        self._scale = scale
        self._hold = hold - TOLERANCE
        self._clock = 0.0
        self._levels: StatedLevels = ()  # of the last frame
        self._since = 0.0  # when `_levels` began
        self._last_frame = dict.fromkeys(scale.levels, 0.0)  # time of each level's last frame
        self._recent: StatedLevels = scale.levels  # the levels of the last `hold` seconds
        self._recent_since = 0.0
        self.lasting: StatedLevels = ()

    def add(self, elapsed: float, levels: StatedLevels) -> bool:
        """Add a frame; return whether other levels than before have lasted now.

        Args:
            elapsed: Seconds since the previous frame of this face.
            levels: The levels of the frame.
        """
        self._clock += min(elapsed, LONGEST_STEP)
        for level in (*self._levels, *levels):  # a level lasts until the next frame
            self._last_frame[level] = self._clock
        if levels != self._levels:
            self._levels, self._since = levels, self._clock
        recent = tuple(
            level
            for level in self._scale.levels
            if level in levels or self._clock - self._last_frame[level] < self._hold
        )
        if recent != self._recent:
            self._recent, self._recent_since = recent, self._clock
        before = self.lasting
        if self._clock - self._since >= self._hold:
            self.lasting = levels
        elif recent in self._scale.level_pairs and self._clock - self._recent_since >= self._hold:
            self.lasting = recent
        return self.lasting != before
