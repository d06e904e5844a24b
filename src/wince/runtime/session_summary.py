"""A session: for how long a track was in each level, and how high it went."""

from dataclasses import dataclass, field

from wince.runtime.track import TrackState
from wince.scale import LEVELS, Level

LONGEST_STEP = 2.0
"""Seconds between two frames that still count as watched; after a longer pause none do."""


@dataclass
class SessionSummary:
    """What a session comes to; `add` each frame in the order of their times.

    seconds: watched in each level. absent: seconds without a face that could be judged. frames:
    how many there were. peaks: for each level above "none" that was reached, the highest smoothed
    score in it and when. announced: when each level was announced.
    """

    seconds: dict[Level, float] = field(default_factory=lambda: dict.fromkeys(LEVELS, 0.0))
    absent: float = 0.0
    frames: int = 0
    peaks: dict[Level, tuple[float, float]] = field(default_factory=dict)
    announced: list[tuple[float, Level]] = field(default_factory=list)
    _last: float | None = None

    def add(
        self, seconds: float, state: TrackState | None, *, longest: float = LONGEST_STEP
    ) -> None:
        """Count a frame: the time since the one before goes to the level that stands with it.

        longest: seconds between two frames that still count as watched.
        """
        step = 0.0 if self._last is None else seconds - self._last
        step = step if step <= longest else 0.0
        self._last = seconds
        self.frames += 1
        if state is None or state.away > 0:
            self.absent += step
            return
        level = state.level
        self.seconds[level] += step
        if level is not Level.NONE and state.pspi > self.peaks.get(level, (-1.0, 0.0))[0]:
            self.peaks[level] = (state.pspi, seconds)
        if state.announced:
            self.announced.append((seconds, level))

    @property
    def watched(self) -> float:
        """Seconds in which a face was seen."""
        return sum(self.seconds.values())

    @property
    def peak(self) -> tuple[float, float] | None:
        """The highest smoothed score and when it was; None when it never left "none"."""
        return max(self.peaks.values(), default=None)
