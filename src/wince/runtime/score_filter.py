"""Filter for scores over time, which keeps a score on its side of a cut between levels under noise.

1. Smoothing: s <- s + w * (x - s) with w = 1 - exp(-dt / smoothing), for the time dt since the
   previous frame. It is short, because smoothing over a second costs accuracy.
2. A slow reference follows s with the time constant REFERENCE_SECONDS. It moves to s at once when
   they differ by two margins, or when s has been a margin from where the reference was for
   CONFIRMATION seconds. For the first seconds after that it is the mean of s.
3. The reference decides in which range of equal levels the score is. Once it has settled, it must
   leave a range by SLACK margins, or by more with fewer than 16 frames a second. The filtered score
   is s, moved to the end of this range if it is outside.

So an expression counts at once, and a still face keeps its level although its score varies from
frame to frame. The smoothing does not depend on the frame rate; with few frames a second a level
needs longer to last. The margin is a multiple of the model's mean error at the score. docs/live.md
compares the filter with others.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from wince.runtime.calibration import CalibratedScore, Calibration
from wince.score_scale import RAW_MAXIMUM, LevelName

REFERENCE_SECONDS = 1.0
"""Time constant of the reference, and the time after which it has settled."""

LONGEST_STEP = 0.2
"""Seconds that count, at most, between two frames. With fewer than five frames a second it takes
longer until something has lasted, because noise is averaged over frames and not over time."""

CONFIRMATION = 0.25
"""Seconds for which a score must be beyond one margin to count."""

SLACK = 0.4
"""Margins, at least, by which a settled reference must leave a range of levels."""

SLACK_OF_STEP = 1.6
"""Margins for a second between two frames. They increase with the square root of that time, as the
error of a mean does over fewer frames. At 16 frames a second they are SLACK."""

BLINK = 0.5
"""Seconds below which a closure of the eyes is a blink. Blinks last 0.1 to 0.4 s."""

CLOSED = 0.5
"""AU43 from which the eyes count as closed; AU43 is between 0 and 1."""

EYES = "AU43"

TOLERANCE = 1e-9
"""Seconds; times are sums of floats."""

_GRID_STEP, _PRECISION = 0.05, 1e-4  # points of the raw score

StatedLevels: TypeAlias = tuple[LevelName, ...]
"""A level, or the two levels that a score lies between; empty on a scale without levels."""


def stated_levels(score: CalibratedScore) -> StatedLevels:
    """Return the level of a score, or the two levels that it lies between."""
    return () if score.level is None else score.between or (score.level,)


@lru_cache(maxsize=8)
def level_ranges(calibration: Calibration) -> tuple[tuple[float, float], ...]:
    """Return the ranges of the raw score in which the stated levels are the same.

    Args:
        calibration: Calibration of a model.

    Returns:
        Lowest and highest raw score of each range, in ascending order.
    """

    def levels(raw: float) -> StatedLevels:
        return stated_levels(calibration(raw).rounded())

    count = round(RAW_MAXIMUM / _GRID_STEP)
    grid = [RAW_MAXIMUM * number / count for number in range(count + 1)]
    ranges, start = [], -math.inf
    for low, high in pairwise(grid):
        while levels(low) != levels(high):  # twice if a range lies between the two
            end, next_start = low, high
            while next_start - end > _PRECISION:
                middle = (end + next_start) / 2
                if levels(middle) == levels(low):
                    end = middle
                else:
                    next_start = middle
            ranges.append((start, end))
            start = low = next_start
    return (*ranges, (start, math.inf))


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of a frame.

    Attributes:
        raw: Raw score, 0 to 16.
        units: Intensities of action units by name; None for a model that gives a score alone.
    """

    raw: float
    units: Mapping[str, float] | None

    def moved(self, other: "Scores", weight: float) -> "Scores":
        """Return these scores moved towards others by a weight, 0 to 1."""
        units = None
        if self.units is not None and other.units is not None:
            target = other.units
            units = {
                name: value + weight * (target[name] - value) for name, value in self.units.items()
            }
        return Scores(self.raw + weight * (other.raw - self.raw), units)


@dataclass(frozen=True, slots=True)
class FilterState:
    """The filter after a frame.

    Attributes:
        seconds: Time of the frame.
        smooth: Smoothed scores.
        reference: Slow reference, in points of the raw score.
        age: Seconds since the reference last moved at once; of each frame LONGEST_STEP at most.
        beyond: On which side of `start` the smoothed score is beyond the margin: -1, 0 or 1.
        beyond_age: Seconds for which it has been there, likewise.
        start: The reference when the smoothed score went beyond the margin; else the reference.
        range_index: Position of the range of equal levels in `level_ranges`.
        filtered: The filter's output.
    """

    seconds: float
    smooth: Scores
    reference: float
    age: float
    beyond: int
    beyond_age: float
    start: float
    range_index: int
    filtered: Scores


class ScoreFilter:
    """Filter with fixed settings. It has no state of its own."""

    def __init__(self, calibration: Calibration, smoothing: float, margin: float) -> None:
        """Prepare the filter.

        Args:
            calibration: Calibration of the model.
            smoothing: Time constant of the smoothing in seconds; 0 for none.
            margin: Multiple of the model's mean error.
        """
        self._calibration = calibration
        self._smoothing = smoothing
        self._margin = margin
        self._ranges = level_ranges(calibration)
        self._starts = [low for low, _ in self._ranges]

    def step(self, previous: FilterState | None, seconds: float, scores: Scores) -> FilterState:
        """Return the state after a frame.

        Args:
            previous: State after the previous frame; None for the first one.
            seconds: Time of the frame.
            scores: Scores of the frame.
        """
        if previous is None:
            index = self._range_index(scores.raw)
            return FilterState(seconds, scores, scores.raw, 0.0, 0, 0.0, scores.raw, index, scores)
        elapsed = seconds - previous.seconds
        smooth = previous.smooth.moved(scores, _weight(elapsed, self._smoothing))
        step = min(elapsed, LONGEST_STEP)
        beyond = self._side(smooth.raw, previous.start)
        beyond_age = previous.beyond_age + step if beyond == previous.beyond else 0.0
        lasts = beyond != 0 and beyond_age >= CONFIRMATION - TOLERANCE
        margin = self._margin * self._calibration.spread(previous.reference)
        difference = smooth.raw - previous.reference
        if lasts or abs(difference) > 2 * margin:
            reference, age, beyond = smooth.raw, 0.0, 0
        else:
            age = previous.age + step
            weight = max(_weight(step, REFERENCE_SECONDS), step / (age + step))
            reference = previous.reference + weight * min(max(difference, -margin), margin)
        start = previous.start if beyond else reference
        slack = margin * max(SLACK, SLACK_OF_STEP * math.sqrt(step))
        index = self._next_range(previous.range_index, reference, age, slack)
        low, high = self._ranges[index]
        filtered = Scores(min(max(smooth.raw, low), high), smooth.units)
        return FilterState(
            seconds, smooth, reference, age, beyond, beyond_age, start, index, filtered
        )

    def _side(self, raw: float, reference: float) -> int:
        """Return on which side of a reference a score is beyond the margin: -1, 0 or 1."""
        margin = self._margin * self._calibration.spread(reference)
        return (raw > reference + margin) - (raw < reference - margin)

    def _next_range(self, index: int, reference: float, age: float, slack: float) -> int:
        """Return the range of the score.

        Args:
            index: The range before.
            reference: The reference.
            age: Seconds since the reference moved at once.
            slack: Points of the raw score by which a settled reference must leave the range.
        """
        low, high = self._ranges[index]
        if age < REFERENCE_SECONDS - TOLERANCE:
            slack = 0.0
        if low - slack <= reference <= high + slack:
            return index
        return self._range_index(reference)

    def _range_index(self, raw: float) -> int:
        return bisect_right(self._starts, raw) - 1


def _weight(elapsed: float, time_constant: float) -> float:
    """Return the weight of a new value after so many seconds, 0 to 1."""
    return 1.0 if time_constant == 0 else -math.expm1(-elapsed / time_constant)


class BlinkFilter:
    """A score filter that does not count blinks.

    A closure of the eyes counts once it has lasted for BLINK seconds, and then from its beginning.
    Until then AU43 keeps its value from before.

    Attributes:
        eyes: "open", "blink" (closed for less than BLINK seconds) or "closed"; None before the
            first frame and for a model without action units.
    """

    def __init__(self, score_filter: ScoreFilter) -> None:
        """Begin without frames."""
        self._filter = score_filter
        self._state: FilterState | None = None
        self._if_closed: FilterState | None = None  # during a blink: if it is a closure
        self._closed_since = 0.0
        self._open_eyes = 0.0  # AU43 before the eyes closed
        self.eyes: str | None = None

    def add(self, seconds: float, scores: Scores) -> Scores:
        """Add the scores of a frame and return the filtered ones.

        Args:
            seconds: Time of the frame.
            scores: Scores of the frame.
        """
        self._state = self._step(seconds, scores)
        return self._state.filtered

    def interrupt(self) -> None:
        """Forget a blink that has begun: the next frame comes after an absence of the face."""
        self._if_closed = None

    def _step(self, seconds: float, scores: Scores) -> FilterState:
        if scores.units is None:
            return self._filter.step(self._state, seconds, scores)
        eyes = scores.units[EYES]
        if eyes < CLOSED:
            self._open_eyes, self._if_closed, self.eyes = eyes, None, "open"
            return self._filter.step(self._state, seconds, scores)
        if self.eyes != "closed" and self._if_closed is None:
            self._closed_since = seconds
        if_closed = self._filter.step(self._if_closed or self._state, seconds, scores)
        if self.eyes == "closed" or seconds - self._closed_since >= BLINK - TOLERANCE:
            self._if_closed, self.eyes = None, "closed"
            return if_closed
        self._if_closed, self.eyes = if_closed, "blink"
        open_eyes = {**scores.units, EYES: self._open_eyes}
        raw = scores.raw - eyes + self._open_eyes
        return self._filter.step(self._state, seconds, Scores(raw, open_eyes))
