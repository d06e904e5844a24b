"""What is stated about a face over time, and which level has lasted.

A `Statement` is a level, two levels that the score lies between, or the reason why there is
neither. Its level, number, interval and confidence come from one calibrated score, so they cannot
disagree. A level is stated once it has lasted; while the score is elsewhere the statement is
"changing".
"""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from wince.runtime.assessment import Quality
from wince.runtime.calibration import CalibratedScore
from wince.runtime.score_filter import LONGEST_STEP, TOLERANCE, StatedLevels
from wince.scale import LEVEL_PAIRS, LEVELS, Level, LevelPair
from wince.speech import languages, sentences

CHANGING = "The expression is changing."
NOT_IN_VIEW = "No face is in view."
SHOW_FACE = "Point the camera at the face, from the front."


class Kind(StrEnum):
    """Kinds of statement."""

    LEVEL = "level"
    BETWEEN = "between"
    CHANGING = "changing"
    NOT_IN_VIEW = "not-in-view"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated about a face, with the number that belongs to it.

    Make one with `of_score`, `changing`, `not_in_view` or `cannot_tell`.

    Attributes:
        kind: Kind of statement.
        level: The level of `pspi`. This and the next five are None unless the kind is "level" or
            "between".
        between: The two levels that are stated instead of `level`, the lower first; None for the
            kind "level".
        pspi: Filtered PSPI, 0 to 16.
        interval: Lower and upper end of the 90 % interval of `pspi`.
        level_probabilities: Probability by level. They were measured on single images.
        confidence: Probability of `level`.
        reasons: Why the face cannot be judged, sentence by name, for the kind "cannot-tell".
        values: Numbers in each of these sentences, by the same names.
        age: Seconds since the last frame with a face that can be judged; None before the first.
        announced: Whether this frame announces the statement: speak it now.
        sentence: The statement as a sentence.
        advice: General advice, or what to do to get a face that can be judged.
    """

    kind: Kind
    level: Level | None = None
    between: LevelPair | None = None
    pspi: float | None = None
    interval: tuple[float, float] | None = None
    level_probabilities: dict[str, float] | None = None
    confidence: float | None = None
    reasons: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, float]] = field(default_factory=dict)
    age: float | None = 0.0
    announced: bool = False
    sentence: str = ""
    advice: str = ""

    @classmethod
    def of_score(
        cls, score: CalibratedScore, between: LevelPair | None, *, announced: bool
    ) -> "Statement":
        """Return the statement of a level, or of two levels.

        Args:
            score: The rounded score.
            between: Two levels, one of them that of the score; None to state its level alone.
            announced: Whether it is announced now.
        """
        return cls(
            Kind.LEVEL if between is None else Kind.BETWEEN,
            score.level,
            between,
            score.pspi,
            score.interval,
            score.level_probabilities,
            score.confidence,
            announced=announced,
            sentence=sentences.sentence(score.level, between=between),
            advice=sentences.advice(score.level, between),
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
            return languages.ENGLISH.titles[self.between or self.level]
        title = languages.ENGLISH.states[self.kind]
        if not self.reasons:
            return title
        return f"{title}: {', '.join(self.reasons).replace('-', ' ')}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: the member `statement` of a track."""
        pair = None if self.between is None else [str(level) for level in self.between]
        level = None if self.level is None else str(self.level)
        return {**asdict(self), "kind": str(self.kind), "level": level, "between": pair}


class LastingLevels:
    """Which level, or which two neighbouring levels, have lasted for `hold` seconds.

    Two levels have lasted when both were stated together for that time, or when the score has
    swung between them for twice that time.

    Attributes:
        lasting: The levels that lasted most recently; empty at first.
    """

    def __init__(self, hold: float) -> None:
        """Begin without frames.

        Args:
            hold: Seconds for which levels must last.
        """
        self._hold = hold - TOLERANCE
        self._clock = 0.0
        self._levels: tuple[Level, ...] = ()  # of the last frame
        self._since = 0.0  # when `_levels` began
        self._last_frame = dict.fromkeys(LEVELS, 0.0)  # time of each level's last frame
        self._recent: tuple[Level, ...] = LEVELS  # the levels of the last `hold` seconds
        self._recent_since = 0.0
        self.lasting: tuple[Level, ...] = ()

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
            for level in LEVELS
            if level in levels or self._clock - self._last_frame[level] < self._hold
        )
        if recent != self._recent:
            self._recent, self._recent_since = recent, self._clock
        before = self.lasting
        if self._clock - self._since >= self._hold:
            self.lasting = levels
        elif recent in LEVEL_PAIRS and self._clock - self._recent_since >= self._hold:
            self.lasting = recent
        return self.lasting != before
