"""One face over time: filtered scores, announced levels, blinks.

The score of a single frame is noisy. A `Track` takes the assessments of one face with their times
and returns a steady state:

- **Score.** Exponential smoothing, see `wince.runtime.score_filter`. After one time constant the
  score has made 63 % of a step.
- **Level.** Each cut between two levels is a Schmitt trigger. A level is announced when all cuts
  have kept their state for `hold` seconds. If the score swings between levels that are all above,
  or all below, the announced level, the cuts that have kept their state for twice that time decide.
- **Eyes.** A blink does not count as AU43, closed eyes. A closure counts once it has lasted for
  BLINK seconds, and then from its beginning. Until then AU43 keeps its value from before.
- **No face.** Frames without a face that can be judged change nothing, and their time counts
  neither for nor against a level. After `away` seconds of them the track starts again.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from wince import scale
from wince.errors import ScaleError
from wince.runtime.assessment import Assessment
from wince.runtime.calibration import Calibration
from wince.runtime.score_filter import FilteredScores, ScoreFilter
from wince.speech import sentences

BLINK = 0.5
"""Seconds below which a closure of the eyes is a blink. Blinks last 0.1 to 0.4 s."""

CLOSED = 0.5
"""AU43 from which the eyes count as closed; AU43 is between 0 and 1."""

AWAY = 3.0
"""Seconds without a face after which the track starts again."""

EYES = "AU43"

MAX_SECONDS = 60.0
"""Largest value of each setting that is a time."""

MAX_MARGIN = 2.5
"""Largest margin: half the width of each level above "none"."""

_TOLERANCE = 1e-9  # seconds; times are sums of floats


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """Settings of a track.

    Attributes:
        smoothing: Time constant of the filter in seconds, 0 to 60. At 0 scores are not filtered.
        hold: Seconds for which a level must last before it is announced, 0 to 60.
        margin: Points of PSPI below a cut at which the level falls, 0 to 2.5. At the upper cut of
            "none", half a point wide, the margin is at most half that width.
        away: Seconds without a face after which the track starts again, above 0, up to 60.

    Raises:
        ScaleError: A value is out of its range.
    """

    smoothing: float = 1.0
    hold: float = 2.0
    margin: float = 0.5
    away: float = AWAY

    def __post_init__(self) -> None:
        for field in fields(self):
            largest = MAX_MARGIN if field.name == "margin" else MAX_SECONDS
            value = scale.check_range(getattr(self, field.name), 0.0, largest, field.name)
            object.__setattr__(self, field.name, value)
        if self.away == 0:
            raise ScaleError("away must be above 0 seconds.")


@dataclass(frozen=True, slots=True)
class TrackState:
    """State of a track after a frame.

    Attributes:
        seconds: Time of the frame.
        pspi: Filtered PSPI without blinks, 0 to 16.
        interval: 90 % interval of `pspi`. Like the probabilities it was measured on single images.
        level: The announced level. Before the first announcement, the level of the filtered score.
        announced: Whether this frame announces `level`.
        steady: Whether a level has been announced.
        level_probabilities: Probability by level for the filtered score.
        confidence: Probability of `level`.
        action_units: Filtered intensities by name. None for a model that gives PSPI alone.
        raw_score: Filtered raw score, 0 to 16.
        eyes: "open", "blink" (closed for less than BLINK seconds, not counted) or "closed". None
            for a model without action units.
        away: Seconds since the last face that can be judged; 0 if this frame has one.
        sentence: Sentence for `level`.
        advice: General advice for `level`.
    """

    seconds: float
    pspi: float
    interval: tuple[float, float]
    level: scale.Level
    announced: bool
    steady: bool
    level_probabilities: dict[str, float]
    confidence: float
    action_units: dict[str, float] | None
    raw_score: float
    eyes: str | None
    away: float
    sentence: str
    advice: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: the member `track` of the answers of the live socket."""
        return {**asdict(self), "level": str(self.level)}


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
        self._filter = ScoreFilter(
            calibration.score_map, self.settings.smoothing, self.settings.margin
        )
        self.reset()

    def reset(self) -> None:
        """Start again, for example for another person."""
        self._filtered: FilteredScores | None = None
        self._if_closed: FilteredScores | None = None  # during a blink: if it is a closure
        self._closed_since = 0.0
        self._open_eyes = 0.0  # AU43 before the eyes closed
        self._level: scale.Level | None = None  # the announced level
        self._announced_at = -math.inf
        self._face_at: float | None = None  # time of the last face that can be judged
        self._is_away = False
        self._seconds = -math.inf
        self._eyes: str | None = None

    def update(self, seconds: float, assessment: Assessment | None) -> TrackState | None:
        """Add a frame.

        Args:
            seconds: Time of the frame on any clock that does not run backwards.
            assessment: Assessment of the face, or None for a frame without a face. A face that
                cannot be judged counts as no face.

        Returns:
            The state after the frame; None before the first face, and again when the face has been
            away for `settings.away` seconds.

        Raises:
            ScaleError: The time is not later than that of the previous frame.
        """
        if not math.isfinite(seconds) or seconds <= self._seconds:
            raise ScaleError(
                f"A frame's time must be later than that of the one before ({self._seconds:g} s), "
                f"not {seconds:g} s."
            )
        if self._face_at is not None and self._is_away:
            absence = seconds - self._face_at
            if absence >= self.settings.away:
                self.reset()
        self._seconds = seconds
        if assessment is None or not assessment.quality.usable:
            self._is_away = True
            return self._state(announced=False)
        assert assessment.raw_score is not None  # a usable face has a score
        self._end_absence(seconds)
        self._add_scores(seconds, assessment.raw_score, assessment.action_units)
        self._face_at = seconds
        return self._state(announced=self._announce(seconds))

    def _end_absence(self, seconds: float) -> None:
        """Leave the time of an absence out of the time that cuts and closures have lasted."""
        if self._is_away and self._filtered is not None and self._face_at is not None:
            absence = seconds - self._face_at
            since = tuple(time + absence for time in self._filtered.since)
            self._filtered = replace(self._filtered, since=since)
            self._if_closed = None
        self._is_away = False

    def _add_scores(self, seconds: float, raw: float, units: Mapping[str, float] | None) -> None:
        """Filter the scores of a frame, with AU43 of a blink replaced by that of open eyes."""
        if units is None:
            self._filtered = self._step(self._filtered, seconds, raw, None)
            return
        eyes = units[EYES]
        if eyes < CLOSED:
            self._open_eyes, self._if_closed, self._eyes = eyes, None, "open"
            self._filtered = self._step(self._filtered, seconds, raw, units)
            return
        if self._eyes != "closed" and self._if_closed is None:
            self._closed_since = seconds
        if_closed = self._step(self._if_closed or self._filtered, seconds, raw, units)
        if self._eyes == "closed" or seconds - self._closed_since >= BLINK - _TOLERANCE:
            self._filtered, self._if_closed, self._eyes = if_closed, None, "closed"
            return
        self._if_closed, self._eyes = if_closed, "blink"
        without_blink = {**units, EYES: self._open_eyes}
        raw_without_blink = raw - eyes + self._open_eyes
        self._filtered = self._step(self._filtered, seconds, raw_without_blink, without_blink)

    def _step(
        self,
        previous: FilteredScores | None,
        seconds: float,
        raw: float,
        units: Mapping[str, float] | None,
    ) -> FilteredScores:
        if previous is None:
            return self._filter.start(seconds, raw, units)
        return self._filter.step(previous, seconds, raw, units)

    def _announce(self, seconds: float) -> bool:
        """Set the announced level if a new one has lasted long enough; return whether it did."""
        if seconds - self._announced_at < self.settings.hold - _TOLERANCE:
            return False
        level = self._lasting_level(seconds)
        if level is None or level == self._level:
            return False
        self._level, self._announced_at = level, seconds
        return True

    def _lasting_level(self, seconds: float) -> scale.Level | None:
        """Return the level that has lasted for `hold` seconds, or None."""
        assert self._filtered is not None
        hold = self.settings.hold - _TOLERANCE
        above, since = self._filtered.above, self._filtered.since
        if all(seconds - time >= hold for time in since):
            return scale.LEVELS[sum(above)]
        # The score swings: cuts that have kept their state for twice as long decide, and the others
        # keep the side of the announced level.
        settled = [seconds - time >= 2 * hold for time in since]
        if self._level is None and not any(settled):
            return None
        announced = 0 if self._level is None else scale.LEVELS.index(self._level)
        sides = [
            is_above if is_settled else announced > cut
            for cut, (is_above, is_settled) in enumerate(zip(above, settled, strict=True))
        ]
        return scale.LEVELS[sum(sides)]

    def _state(self, *, announced: bool) -> TrackState | None:
        """Return the state after the last frame; None before the first face."""
        filtered = self._filtered
        if filtered is None or self._face_at is None:
            return None
        score = self._calibration(filtered.raw)
        low, high = score.interval
        level = self._level if self._level is not None else scale.LEVELS[sum(filtered.above)]
        units = filtered.units and {name: round(v, 3) for name, v in filtered.units.items()}
        return TrackState(
            seconds=round(self._seconds, 3),
            pspi=round(score.pspi, 3),
            interval=(round(low, 3), round(high, 3)),
            level=level,
            announced=announced,
            steady=self._level is not None,
            level_probabilities={k: round(v, 4) for k, v in score.level_probabilities.items()},
            confidence=round(score.level_probabilities[level], 4),
            action_units=units,
            raw_score=round(filtered.raw, 3),
            eyes=self._eyes,
            away=round(self._seconds - self._face_at, 3) if self._is_away else 0.0,
            sentence=sentences.sentence(level),
            advice=sentences.advice(level),
        )
