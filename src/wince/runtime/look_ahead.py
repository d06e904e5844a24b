"""Look-ahead for recordings: the score of a frame is averaged over the frames around it.

A live filter only knows the past, so its scores are late. The frames of a recording wait until
those after them are known.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Generic, TypeVar

from wince.runtime.assessment import Assessment
from wince.runtime.score_filter import EYES, TOLERANCE

HALF_WIDTH = 0.2
"""Usual half width of the window in seconds, by the table in docs/live.md."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class RecordedFrame(Generic[Item]):
    """A frame of a recording.

    Attributes:
        seconds: Its time.
        assessment: Assessment of its face; None if there is none.
        item: Whatever belongs to it.
    """

    seconds: float
    assessment: Assessment | None
    item: Item


class LookAhead(Generic[Item]):
    """Averages the scores of frames over a centred window; AU43, closed eyes, is not averaged.

    AU43 is left to the rule for blinks, which needs to know when the eyes closed.
    """

    def __init__(self, half_width: float) -> None:
        """Begin without frames.

        Args:
            half_width: Seconds before and after a frame that belong to its window.
        """
        self._half_width = half_width + TOLERANCE
        self._frames: deque[RecordedFrame[Item]] = deque()  # past ones, then those that wait
        self._waiting = 0  # how many of them wait

    def add(self, frame: RecordedFrame[Item]) -> Iterator[RecordedFrame[Item]]:
        """Add a frame; yield the frames whose window is complete, with averaged scores."""
        self._frames.append(frame)
        self._waiting += 1
        yield from self._complete(frame.seconds - self._half_width + 2 * TOLERANCE)

    def finish(self) -> Iterator[RecordedFrame[Item]]:
        """Yield the frames that still wait; their windows end with the recording."""
        if self._frames:
            yield from self._complete(self._frames[-1].seconds)

    def _complete(self, until: float) -> Iterator[RecordedFrame[Item]]:
        """Yield the waiting frames up to a time, and drop what no window needs any more."""
        while self._waiting and self._frames[-self._waiting].seconds <= until:
            frame = self._frames[-self._waiting]
            while frame.seconds - self._frames[0].seconds > self._half_width:
                self._frames.popleft()
            self._waiting -= 1
            yield replace(frame, assessment=self._averaged(frame))

    def _averaged(self, frame: RecordedFrame[Item]) -> Assessment | None:
        """Return the assessment of a frame with the mean scores of its window."""
        assessment = frame.assessment
        if assessment is None or assessment.raw_score is None:
            return assessment
        window = [
            (other.assessment.raw_score, other.assessment.action_units)
            for other in self._frames
            if abs(other.seconds - frame.seconds) <= self._half_width
            and other.assessment is not None
            and other.assessment.raw_score is not None
        ]
        raw = fmean(raw - _eye_closure(units) for raw, units in window) + _eye_closure(
            assessment.action_units
        )
        units = None
        if assessment.action_units is not None:
            every = [units for _, units in window if units is not None]
            units = {name: fmean(other[name] for other in every) for name in every[0]}
            units[EYES] = assessment.action_units[EYES]
        return replace(assessment, raw_score=raw, action_units=units)


def _eye_closure(units: Mapping[str, float] | None) -> float:
    """Return AU43; 0 without action units."""
    return 0.0 if units is None else units[EYES]
