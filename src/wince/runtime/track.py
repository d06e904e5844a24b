"""One face over time: filtered scores, and one statement for each frame.

A `Track` takes the assessments of one face with their times. docs/live.md describes the rules:

- **Score.** Filtered by `wince.runtime.score_filter`, without blinks.
- **Statement.** A level is announced once it has lasted for `hold` seconds, and stated as long as
  the filtered score is in it. Else the statement is "changing". On a scale without levels each
  frame states its filtered score. See `wince.runtime.statement`.
- **No judged face.** Frames without a face that can be judged change nothing. After GRACE seconds
  the statement is "not in view" or "cannot tell". After `away` seconds the track starts again.
- **No frame.** Time without frames, for example while a server is busy, changes nothing.
"""

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from wince import scale
from wince.errors import ScaleError
from wince.runtime.assessment import Assessment
from wince.runtime.calibration import CalibratedScore, Calibration
from wince.runtime.score_filter import (
    TOLERANCE,
    BlinkFilter,
    ScoreFilter,
    Scores,
    stated_levels,
)
from wince.runtime.statement import LastingLevels, Statement

GRACE = 1.0
"""Seconds without a face that can be judged for which the last statement is kept."""

AWAY = 6.0
"""Seconds without a face after which the track starts again."""

MAX_SECONDS = 60.0
"""Largest value of each setting that is a time."""

MAX_MARGIN = 5.0
"""Largest margin, as a multiple of the model's mean error."""


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """Settings of a track.

    Attributes:
        smoothing: Time constant of the smoothing in seconds, 0 to 60; 0 for none.
        margin: How far a score must move to count as another level at once, 0 to 5, as a multiple
            of the model's mean error. Smaller differences count when they last.
        hold: Seconds for which a level must last before it is announced, 0 to 60.
        away: Seconds without a face that can be judged after which the track starts again, as for
            another person; above 0, up to 60.

    Raises:
        ScaleError: A value is out of its range.
    """

    smoothing: float = 0.05
    margin: float = 1.2
    hold: float = 1.0
    away: float = AWAY

    def __post_init__(self) -> None:
        for field in fields(self):
            largest = MAX_MARGIN if field.name == "margin" else MAX_SECONDS
            value = scale.check_range(getattr(self, field.name), 0.0, largest, field.name)
            object.__setattr__(self, field.name, value)
        if self.away == 0:
            raise ScaleError("away must be above 0 seconds.")


@dataclass(frozen=True, slots=True)
class TrackScore:
    """The filtered score of a frame, without blinks.

    Attributes:
        pspi: `score` of a model of PSPI; None for another scale.
        score: Filtered score.
        interval: Lower and upper end of its 90 % interval, measured on single images.
        level_probabilities: Probability by level, likewise; None on a scale without levels.
        raw_score: Filtered raw score, 0 to 16.
        action_units: Filtered intensities by name. None for a model that gives a score alone.
    """

    pspi: float | None
    score: float
    interval: tuple[float, float]
    level_probabilities: dict[str, float] | None
    raw_score: float
    action_units: dict[str, float] | None


@dataclass(frozen=True, slots=True)
class TrackState:
    """State of a track after a frame.

    Attributes:
        seconds: Time of the frame.
        statement: What is stated.
        score: The filtered score; None for a frame without a face that can be judged.
        eyes: "open", "blink" (closed for less than half a second, not counted) or "closed". None
            without a score and for a model without action units.
    """

    seconds: float
    statement: Statement
    score: TrackScore | None
    eyes: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: the member `track` of the answers of the live socket."""
        return {**asdict(self), "statement": self.statement.to_dict()}


class Track:
    """One face over time. Call `update` for each frame, in order of time."""

    def __init__(self, calibration: Calibration, settings: TrackSettings | None = None) -> None:
        """Start a track.

        Args:
            calibration: Calibration of the model that makes the assessments.
            settings: Settings; the defaults if None.
        """
        self.settings = settings or TrackSettings()
        self._calibration = calibration
        self._seconds = -math.inf
        self._judged_at: float | None = None
        self._refused: tuple[float, Assessment] | None = None  # the last refusal and its time
        self._state: TrackState | None = None
        self.reset()

    def reset(self) -> None:
        """Start again, for example for another person. The age of the last face is kept."""
        settings = self.settings
        score_filter = ScoreFilter(self._calibration, settings.smoothing, settings.margin)
        self._filter = BlinkFilter(score_filter)
        self._lasting = LastingLevels(self.settings.hold, self._calibration.scale)
        self._statement: Statement | None = None  # of the last face that was judged
        self._absent = True

    def update(self, seconds: float, assessment: Assessment | None) -> TrackState:
        """Add a frame.

        Do not add frames that were not assessed, for example because a server was busy.

        Args:
            seconds: Time of the frame on any clock that does not run backwards.
            assessment: Assessment of the face, which may be one that cannot be judged; None for a
                frame without a face.

        Returns:
            The state after the frame.

        Raises:
            ScaleError: The time is not later than that of the previous frame.
        """
        if not math.isfinite(seconds) or seconds <= self._seconds:
            raise ScaleError(
                f"A frame's time must be later than that of the one before ({self._seconds:g} s), "
                f"not {seconds:g} s."
            )
        if self._absent and self._age(seconds, math.inf) >= self.settings.away:
            self.reset()
        self._seconds = seconds
        if assessment is None or assessment.raw_score is None:
            self._state = self._not_judged(seconds, assessment)
        else:
            self._state = self._judged(
                seconds, Scores(assessment.raw_score, assessment.action_units)
            )
        return self._state

    def current(self, seconds: float) -> TrackState | None:
        """Return the last state at a later time, for a frame that was not assessed.

        Args:
            seconds: Time, on the clock of `update`.
        """
        if self._state is None:
            return None
        statement = replace(self._state.statement, age=self._rounded_age(seconds), announced=False)
        return TrackState(round(seconds, 3), statement, None, None)

    def _age(self, seconds: float, before_first: float) -> float:
        """Return the seconds since the last judged face."""
        return before_first if self._judged_at is None else seconds - self._judged_at

    def _rounded_age(self, seconds: float) -> float | None:
        return None if self._judged_at is None else round(seconds - self._judged_at, 3)

    def _judged(self, seconds: float, scores: Scores) -> TrackState:
        """Return the state after a frame with a face that was judged."""
        if self._absent:
            self._filter.interrupt()
        elapsed = 0.0 if self._absent else self._age(seconds, 0.0)
        filtered = self._filter.add(seconds, scores)
        score = self._calibration(filtered.raw).rounded()
        levels = stated_levels(score)
        announced = self._lasting.add(elapsed, levels)
        lasting = self._lasting.lasting
        if set(levels) <= set(lasting):
            between = (lasting[0], lasting[1]) if len(lasting) == 2 else None
            self._statement = Statement.of_score(score, between, announced=announced)
        else:
            self._statement = Statement.changing()
        self._judged_at, self._absent = seconds, False
        track_score = _rounded_score(score, filtered)
        return TrackState(round(seconds, 3), self._statement, track_score, self._filter.eyes)

    def _not_judged(self, seconds: float, assessment: Assessment | None) -> TrackState:
        """Return the state after a frame without a face, or with one that cannot be judged."""
        self._absent = True
        if assessment is not None:
            self._refused = (seconds, assessment)
        age = self._rounded_age(seconds)
        if self._statement is not None and self._age(seconds, math.inf) < GRACE - TOLERANCE:
            statement = replace(self._statement, age=age, announced=False)
        elif self._refused is not None and seconds - self._refused[0] < GRACE - TOLERANCE:
            refusal = self._refused[1]
            statement = Statement.cannot_tell(
                refusal.quality, age, sentence=refusal.sentence, advice=refusal.advice
            )
        else:
            statement = Statement.not_in_view(age)
        return TrackState(round(seconds, 3), statement, None, None)


def _rounded_score(score: CalibratedScore, filtered: Scores) -> TrackScore:
    """Return a filtered score with its rounded components."""
    units = None
    if filtered.units is not None:
        units = {name: round(value, 3) for name, value in filtered.units.items()}
    return TrackScore(
        score.score if score.scale.is_pspi else None,
        score.score,
        score.interval,
        score.level_probabilities or None,
        round(filtered.raw, 3),
        units,
    )
