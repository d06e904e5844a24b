"""A face over time: scores smoothed, levels that hold, blinks left out.

One frame's score trembles; what is shown and said should not. A `Track` takes the assessments of
one face with their times and says what stands:

- **Score.** Exponential smoothing with a time constant tau, for frames at any distance dt:
  s <- s + (1 - exp(-dt / tau)) * (x - s). After one tau a step has come through by 63 %.
- **Level.** Each cut between two levels is a switch: on at the cut, off again only below the cut
  less the margin (a Schmitt trigger). A level is announced once it has held for `hold` seconds. A
  score that swings between levels which lie all above, or all below, the announced one gets there
  after twice that time, by the switches that have not moved meanwhile.
- **Eyes.** AU43 is closed eyes and not a blink: a closure counts when it has lasted half a second,
  then from its beginning; until then AU43 stays where it was before the lids fell.
- **No face.** Frames without a face, or with one that cannot be judged, change nothing, and their
  time counts neither for nor against a level. After `away` seconds of them the track begins anew.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from wince import scale
from wince.errors import ScaleError
from wince.runtime.assessment import Assessment
from wince.runtime.calibration import Calibration
from wince.speech import sentences

BLINK = 0.5
"""Seconds; eyes closed for less are a blink. A blink takes 0.1 to 0.4 s."""

CLOSED = 0.5
"""AU43 from which on eyes count as closed; it runs from 0 to 1."""

AWAY = 3.0
"""Seconds without a face after which the track begins anew."""

EYES = "AU43"
MOST_SECONDS = 60.0  # for each setting that is a time
MOST_MARGIN = 2.5  # half of what every level but the lowest is wide
_TINY = 1e-9  # seconds; times are sums of floats


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """How calm a track is.

    smoothing: time constant in seconds, 0 to 60; 0 takes each frame as it is. hold: seconds that a
    level must hold to be announced, 0 to 60. margin: points of PSPI by which the score must fall
    below a cut for the level to fall, 0 to 2.5; the level "none" is only half a point wide, so at
    its cut the margin is at most half of that. away: seconds without a face after which the track
    begins anew, above 0 to 60.

    Raises ScaleError for anything else.
    """

    smoothing: float = 1.0
    hold: float = 2.0
    margin: float = 0.5
    away: float = AWAY

    def __post_init__(self) -> None:
        for field in fields(self):
            most = MOST_MARGIN if field.name == "margin" else MOST_SECONDS
            value = getattr(self, field.name)
            object.__setattr__(self, field.name, scale.check_range(value, 0.0, most, field.name))
        if self.away == 0:
            raise ScaleError("away must be above 0 seconds.")


@dataclass(frozen=True, slots=True)
class TrackState:
    """What a track says after a frame.

    seconds: the frame's time. pspi, raw_score, action_units: smoothed, blinks left out. level: the
    announced one; before the first has been announced, the one that the score is in. announced:
    whether this frame made it so, the moment to say it. steady: whether a level has been announced.
    interval, level_probabilities, confidence, sentence, advice: as in an assessment, for the
    smoothed score and for `level`; they were measured on single pictures. eyes: open, blink (closed
    for less than half a second, not counted) or closed; None for a model without action units.
    away: seconds since a face that could be judged was last seen, 0 with this frame.
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
        """Return the reading as plain data, the field `track` of the live socket's answers."""
        return {**asdict(self), "level": str(self.level)}


@dataclass(frozen=True, slots=True)
class _Filter:
    """What is remembered from frame to frame.

    raw, units: smoothed. on: for each cut, whether the score is above it. since: for each cut, when
    that last changed.
    """

    seconds: float
    raw: float
    units: dict[str, float] | None
    on: tuple[bool, ...]
    since: tuple[float, ...]


class Track:
    """One face over time. Feed it with `update`, frame after frame, in the order of their times."""

    def __init__(self, calibration: Calibration, settings: TrackSettings | None = None) -> None:
        """Begin. calibration: of the model that the assessments come from."""
        self.settings = settings or TrackSettings()
        self._calibration = calibration
        self.reset()

    def reset(self) -> None:
        """Forget everything, as for another person."""
        self._state: _Filter | None = None
        self._closing: _Filter | None = (
            None  # the same with the present closure of the eyes counted
        )
        self._closed_since = 0.0
        self._open_eyes = 0.0  # AU43 before they closed
        self._level: scale.Level | None = None
        self._announced_at = -math.inf
        self._seen: float | None = None  # when a face was last seen
        self._away = False  # whether a frame without a face has come since
        self._seconds = -math.inf
        self._eyes: str | None = None

    def update(self, seconds: float, assessment: Assessment | None) -> TrackState | None:
        """Take what a frame shows; return what stands now, None when nothing does.

        seconds: the frame's time on any clock that does not run backwards. assessment: None for a
        frame without a face; one that cannot be judged counts as such.

        Raises ScaleError for a time that is not later than the one before.
        """
        if not math.isfinite(seconds) or seconds <= self._seconds:
            raise ScaleError(
                f"A frame's time must be later than that of the one before ({self._seconds:g} s), "
                f"not {seconds:g} s."
            )
        lost = self._seen is not None and self._away and seconds - self._seen >= self.settings.away
        if lost:
            self.reset()
        self._seconds = seconds
        if assessment is None or not assessment.quality.usable:
            self._away = True
            return self._reading(announced=False)
        self._come_back(seconds)
        self._take(seconds, assessment.raw_score, assessment.action_units)
        self._seen = seconds
        return self._reading(announced=self._announce(seconds))

    def _come_back(self, seconds: float) -> None:
        """Let the time without a face count neither for nor against a level, nor a closure."""
        if self._away and self._state is not None and self._seen is not None:
            gap = seconds - self._seen
            since = tuple(time + gap for time in self._state.since)
            self._state = replace(self._state, since=since)
            self._closing = None
        self._away = False

    def _take(self, seconds: float, raw: float, units: Mapping[str, float] | None) -> None:
        if units is None:
            self._state = self._step(self._state, seconds, raw, None)
            return
        eyes = units[EYES]
        if eyes < CLOSED:
            self._open_eyes, self._closing, self._eyes = eyes, None, "open"
            self._state = self._step(self._state, seconds, raw, units)
            return
        if self._eyes != "closed" and self._closing is None:
            self._closed_since = seconds
        counted = self._step(self._closing or self._state, seconds, raw, units)
        if self._eyes == "closed" or seconds - self._closed_since >= BLINK - _TINY:
            self._state, self._closing, self._eyes = counted, None, "closed"
            return
        self._closing, self._eyes = counted, "blink"
        held = {**units, EYES: self._open_eyes}
        self._state = self._step(self._state, seconds, raw - eyes + self._open_eyes, held)

    def _step(
        self, past: _Filter | None, seconds: float, raw: float, units: Mapping[str, float] | None
    ) -> _Filter:
        if past is None:
            state = _Filter(seconds, raw, None if units is None else dict(units), (), ())
            on = tuple(self._calibration.score_map(raw) >= cut for cut in scale.LEVEL_CUTS)
            return replace(state, on=on, since=(seconds,) * len(on))
        share = self._share(seconds - past.seconds)
        raw = past.raw + share * (raw - past.raw)
        smooth = units and {
            name: old + share * (units[name] - old) for name, old in (past.units or {}).items()
        }
        pspi = self._calibration.score_map(raw)
        on = tuple(
            pspi >= (_off(index, self.settings.margin) if was else cut)
            for index, (cut, was) in enumerate(zip(scale.LEVEL_CUTS, past.on, strict=True))
        )
        since = tuple(
            time if was is now else seconds
            for time, was, now in zip(past.since, past.on, on, strict=True)
        )
        return _Filter(seconds, raw, dict(smooth) if smooth else None, on, since)

    def _share(self, elapsed: float) -> float:
        """Return how much of a new value is taken over after so many seconds."""
        if self.settings.smoothing == 0:
            return 1.0
        return -math.expm1(-elapsed / self.settings.smoothing)

    def _announce(self, seconds: float) -> bool:
        """Move to the level that has held; return whether there was one to move to."""
        assert self._state is not None
        hold = self.settings.hold - _TINY
        if seconds - self._announced_at < hold:
            return False
        on, since = self._state.on, self._state.since
        if all(seconds - time >= hold for time in since):
            level = scale.LEVELS[sum(on)]
        else:  # it swings: the cuts that have not moved for twice as long decide
            before = 0 if self._level is None else scale.LEVELS.index(self._level)
            settled = [seconds - time >= 2 * hold for time in since]
            if self._level is None and not any(settled):
                return False
            level = scale.LEVELS[
                sum(
                    now if still else before > cut
                    for cut, (now, still) in enumerate(zip(on, settled, strict=True))
                )
            ]
        if level == self._level:
            return False
        self._level, self._announced_at = level, seconds
        return True

    def _reading(self, *, announced: bool) -> TrackState | None:
        state = self._state
        if state is None or self._seen is None:
            return None
        verdict = self._calibration(state.raw)
        level = self._level if self._level is not None else scale.LEVELS[sum(state.on)]
        units = state.units and {name: round(value, 3) for name, value in state.units.items()}
        return TrackState(
            seconds=round(self._seconds, 3),
            pspi=round(verdict.pspi, 3),
            interval=(round(verdict.interval[0], 3), round(verdict.interval[1], 3)),
            level=level,
            announced=announced,
            steady=self._level is not None,
            level_probabilities={k: round(v, 4) for k, v in verdict.level_probabilities.items()},
            confidence=round(verdict.level_probabilities[level], 4),
            action_units=units,
            raw_score=round(state.raw, 3),
            eyes=self._eyes,
            away=round(self._seconds - self._seen, 3) if self._away else 0.0,
            sentence=sentences.sentence(level),
            advice=sentences.advice(level),
        )


def _off(cut: int, margin: float) -> float:
    """Return the PSPI below which the switch at a cut goes off again.

    The margin is at most half as wide as the level below, which could else never be reached again:
    a quarter of a point for "none".
    """
    here = scale.LEVEL_CUTS[cut]
    below = scale.LEVEL_CUTS[cut - 1] if cut else 0.0
    return here - min(margin, (here - below) / 2)
