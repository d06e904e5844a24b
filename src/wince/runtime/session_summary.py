"""Summary of a session: seconds in each level, peaks, and the announced levels."""

from dataclasses import dataclass, field

from wince.runtime.track import TrackState
from wince.scale import LEVELS, Level

LONGEST_STEP = 2.0
"""Seconds between two frames that still count as watched; a longer pause counts for nothing."""


@dataclass
class SessionSummary:
    """Totals of a session. Call `add` for each frame, in order of time.

    Attributes:
        seconds: Seconds in each level.
        absent: Seconds without a face that can be judged.
        frames: Number of frames.
        peaks: For each level above "none" that was reached, the highest filtered PSPI in it and its
            time in seconds.
        announced: Time in seconds and level of each announcement.
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
        """Add a frame. The time since the previous frame counts for this frame's level.

        Args:
            seconds: Time of the frame.
            state: State of the track after the frame.
            longest: Seconds between two frames that still count as watched.
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
        """Seconds with a face that can be judged."""
        return sum(self.seconds.values())

    @property
    def peak(self) -> tuple[float, float] | None:
        """Highest filtered PSPI and its time; None if the level was always "none"."""
        return max(self.peaks.values(), default=None)
