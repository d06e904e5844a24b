"""Summary of a session: time in each state, peaks, announcements and the trend.

`SessionSummary.to_dict` returns the form that docs/live.md describes.
"""

from dataclasses import dataclass, field
from typing import Any

from wince.runtime.statement import Kind
from wince.runtime.track import TrackState
from wince.score_scale import PSPI, LevelName, LevelPair, Scale

SCHEMA = "1"
"""Version of the JSON form. It increases when a field changes its meaning or is removed."""

LONGEST_STEP = 2.0
"""Seconds between two frames that still count as watched; a longer pause is "not connected"."""

TREND_POINTS = 600
"""Most points of a trend. When it has more, the length of its steps is doubled."""


@dataclass(slots=True)
class TrendPoint:
    """Filtered scores in one step of the trend: how many, their sum and the highest."""

    frames: int = 0
    total: float = 0.0
    highest: float = 0.0

    def add(self, other: "TrendPoint") -> None:
        """Add the scores of another point."""
        self.frames += other.frames
        self.total += other.total
        self.highest = max(self.highest, other.highest)


@dataclass
class Trend:
    """Filtered scores over time in steps of equal length.

    Attributes:
        step: Length of a step in seconds.
        points: Points by the number of their step from 0. Steps without a score are missing.
    """

    step: float = 1.0
    points: dict[int, TrendPoint] = field(default_factory=dict)

    def add(self, seconds: float, score: float) -> None:
        """Add the score of a frame."""
        self._point(int(seconds // self.step)).add(TrendPoint(1, score, score))
        while len(self.points) > TREND_POINTS:
            points, self.points, self.step = self.points, {}, 2 * self.step
            for number, point in points.items():
                self._point(number // 2).add(point)

    def _point(self, number: int) -> TrendPoint:
        return self.points.setdefault(number, TrendPoint())

    def to_dict(self, scale: Scale) -> dict[str, Any]:
        """Return plain data; the mean score is under the name of the scale's column."""
        points = [
            {
                "seconds": round(number * self.step, 3),
                scale.column: scale.rounded(point.total / point.frames),
                "highest": point.highest,
            }
            for number, point in self.points.items()
        ]
        return {"step": self.step, "points": points}


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest stated score of a level or of a session, and its time in seconds."""

    score: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announced level, with its time in seconds and the score beside it."""

    seconds: float
    level: LevelName
    between: LevelPair | None
    score: float


@dataclass
class SessionSummary:
    """Totals of a session. Call `add` for each frame, in order of time.

    Attributes:
        scale: What the scores are on.
        levels: Seconds in which each level was stated.
        scored: Seconds in which a score was stated, on a scale without levels.
        between: Seconds in which two levels were stated, by both.
        changing: Seconds in which the score was changing.
        cannot_tell: Seconds in which the face could not be judged, by reason.
        not_in_view: Seconds without a face.
        not_connected: Seconds without frames.
        frames: Number of frames.
        frames_without_face: Number of frames in which no face was found.
        frames_not_judged: Number of frames with a face that could not be judged.
        peaks: For each level that was stated alone, the highest score beside it.
        peak: The highest score that was stated with a level alone, or on a scale without levels;
            None if there was none.
        announced: The announcements in order.
        trend: Filtered scores over time.
    """

    scale: Scale = PSPI
    levels: dict[LevelName, float] = field(init=False)
    scored: float = 0.0
    between: dict[LevelPair, float] = field(default_factory=dict)
    changing: float = 0.0
    cannot_tell: dict[str, float] = field(default_factory=dict)
    not_in_view: float = 0.0
    not_connected: float = 0.0
    frames: int = 0
    frames_without_face: int = 0
    frames_not_judged: int = 0
    peaks: dict[LevelName, Peak] = field(default_factory=dict)
    announced: list[Announcement] = field(default_factory=list)
    trend: Trend = field(default_factory=Trend)
    peak: Peak | None = None
    _last: float | None = None

    def __post_init__(self) -> None:
        self.levels = dict.fromkeys(self.scale.levels, 0.0)

    def add(
        self,
        seconds: float,
        state: TrackState,
        *,
        face_found: bool,
        longest: float = LONGEST_STEP,
    ) -> None:
        """Add a frame. The time since the previous frame counts for this frame's statement.

        Args:
            seconds: Time of the frame since the beginning.
            state: State of the track after the frame.
            face_found: Whether a face was found, which may be one that cannot be judged.
            longest: Seconds between two frames that still count as watched.
        """
        step = 0.0 if self._last is None else seconds - self._last
        self._last = seconds
        self.frames += 1
        if state.score is not None:
            self.trend.add(seconds, state.score.score)
        elif face_found:
            self.frames_not_judged += 1
        else:
            self.frames_without_face += 1
        if step > longest:
            self.not_connected += step
        else:
            self._add_time(step, state)
        self._add_statement(seconds, state)

    def _add_time(self, step: float, state: TrackState) -> None:
        statement = state.statement
        if statement.between is not None:
            self.between[statement.between] = self.between.get(statement.between, 0.0) + step
        elif statement.level is not None:
            self.levels[statement.level] += step
        elif statement.kind is Kind.SCORE:
            self.scored += step
        elif statement.kind is Kind.CHANGING:
            self.changing += step
        elif statement.kind is Kind.NOT_IN_VIEW:
            self.not_in_view += step
        for name in statement.reasons:
            share = step / len(statement.reasons)
            self.cannot_tell[name] = self.cannot_tell.get(name, 0.0) + share

    def _add_statement(self, seconds: float, state: TrackState) -> None:
        """Add the peak and the announcement of a frame with a score."""
        statement = state.statement
        level, score = statement.level, statement.score
        if state.score is None or score is None:
            return
        peak = Peak(score, round(seconds, 3))
        if statement.between is None and (self.peak is None or score > self.peak.score):
            self.peak = peak
        if level is None:
            return
        is_highest = level not in self.peaks or score > self.peaks[level].score
        if statement.between is None and is_highest:
            self.peaks[level] = peak
        if statement.announced:
            announcement = Announcement(round(seconds, 3), level, statement.between, score)
            self.announced.append(announcement)

    @property
    def total(self) -> float:
        """Seconds of the session."""
        by_kind = (self.levels, self.between, self.cannot_tell)
        return (
            sum(sum(times.values()) for times in by_kind)
            + self.scored
            + self.changing
            + self.not_in_view
            + self.not_connected
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: the form that docs/live.md describes."""
        column = self.scale.column
        return {
            "schema": SCHEMA,
            "scale": self.scale.to_dict(),
            "seconds": {
                "levels": {str(level): round(time, 3) for level, time in self.levels.items()},
                "between": {"-".join(pair): round(time, 3) for pair, time in self.between.items()},
                "scored": round(self.scored, 3),
                "changing": round(self.changing, 3),
                "cannot_tell": {name: round(time, 3) for name, time in self.cannot_tell.items()},
                "not_in_view": round(self.not_in_view, 3),
                "not_connected": round(self.not_connected, 3),
            },
            "frames": {
                "all": self.frames,
                "without_face": self.frames_without_face,
                "not_judged": self.frames_not_judged,
            },
            "peaks": {
                str(level): {column: peak.score, "seconds": peak.seconds}
                for level, peak in self.peaks.items()
            },
            "peak": self.peak and {column: self.peak.score, "seconds": self.peak.seconds},
            "announced": [
                {
                    "seconds": item.seconds,
                    "level": str(item.level),
                    "between": item.between and [str(level) for level in item.between],
                    column: item.score,
                }
                for item in self.announced
            ],
            "trend": self.trend.to_dict(self.scale),
        }
